"""What the registry takes for possible: `policy/china/limits/registry.yaml`, read once."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from django.conf import settings

from bangfu.common.policy import Source, Strict, read_yaml


class Range(Strict):
    """Lowest and highest value of a column in its own unit, both included."""

    low: int
    high: int


class YearlyWindow(Strict):
    """The twelve months that a yearly collection counts; `*_year` are added to the year of the statement."""

    start_year: int
    start: str
    end_year: int
    end: str

    def of(self, year: int) -> tuple[date, date]:
        """First and last day of the statement of `year`."""
        return (
            date.fromisoformat(f"{year + self.start_year:04d}-{self.start}"),
            date.fromisoformat(f"{year + self.end_year:04d}-{self.end}"),
        )


class Limits(Strict):
    source: Source
    ranges: Mapping[str, Mapping[str, Range]]
    may_lie_ahead: Mapping[str, tuple[str, ...]]
    earliest_birth_year: int
    other_causes: int
    bank_account_digits: Range
    phone_pattern: str
    income_window_months: Range
    yearly_window: YearlyWindow
    taken_over: frozenset[str]


@cache
def limits() -> Limits:
    return read_yaml(Path(settings.POLICY) / "china" / "limits" / "registry.yaml", Limits)
