"""What a village reports of itself: the indicators of `policy/china/profile/village.yaml`."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

from django.conf import settings
from pydantic import Field, model_validator

from bangfu.common.policy import Label, Source, Strict, read_yaml


class Group(Strict):
    id: str
    label: Label


class Indicator(Strict):
    """A figure of a year. `computed` is the measure that the system counts itself, None when it knows nothing of it;
    the two may differ by `tolerance` (in `unit`) before the difference is flagged."""

    id: str
    group: str
    label: Label
    unit: Label
    decimals: int = Field(ge=0, le=2)
    computed: str | None = None
    tolerance: Decimal = Decimal(0)

    def differs(self, reported: Decimal, computed: Decimal) -> bool:
        """Whether a reported and a computed figure lie further apart than they may."""
        return abs(reported - computed) > self.tolerance


class Profile(Strict):
    source: Source
    groups: tuple[Group, ...]
    indicators: tuple[Indicator, ...]

    @model_validator(mode="after")
    def _every_indicator_once_and_in_a_group(self) -> "Profile":
        if unknown := {i.group for i in self.indicators} - {g.id for g in self.groups}:
            raise ValueError(f"unknown groups {sorted(unknown)}")
        if len({i.id for i in self.indicators}) != len(self.indicators):
            raise ValueError("an indicator stands twice")
        return self


@cache
def village_profile() -> Profile:
    return read_yaml(Path(settings.POLICY) / "china" / "profile" / "village.yaml", Profile)


@cache
def indicators() -> Mapping[str, Indicator]:
    return {indicator.id: indicator for indicator in village_profile().indicators}
