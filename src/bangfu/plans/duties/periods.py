"""The periods in which a duty comes round: weeks, half months, months, two months, quarters, half years, years.

Pure arithmetic of days. The periods of one kind follow each other without a gap and without overlap: every day lies in
exactly one. Weeks run from Monday to Sunday; the first half of a month ends on the 15th; two months are January and
February, March and April …
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

HALF_MONTH = 15
DAY = timedelta(days=1)


class Every(StrEnum):
    """How often a duty comes round."""

    WEEK = "week"
    HALF_MONTH = "half_month"
    MONTH = "month"
    TWO_MONTHS = "two_months"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


# How many months a period of months has.
MONTHS = {Every.MONTH: 1, Every.TWO_MONTHS: 2, Every.QUARTER: 3, Every.HALF_YEAR: 6, Every.YEAR: 12}


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """One period, from its first to its last day, both included."""

    first: date
    last: date
    every: Every

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def number(self) -> int:
        """Which one of its year (a half month: of its month) it is, from 1. A week belongs to the year that its
        Thursday lies in, as ISO 8601 has it."""
        if self.every is Every.WEEK:
            return self.first.isocalendar().week
        if self.every is Every.HALF_MONTH:
            return 1 if self.first.day == 1 else 2
        return (self.first.month - 1) // MONTHS[self.every] + 1

    @property
    def year(self) -> int:
        """The year it belongs to; of a week that of its Thursday."""
        return self.first.isocalendar().year if self.every is Every.WEEK else self.first.year


def period_of(every: Every, day: date) -> Period:
    """The period of a kind that a day lies in."""
    if every is Every.WEEK:
        first = day - timedelta(days=day.weekday())
        return Period(first, first + 6 * DAY, every)
    if every is Every.HALF_MONTH:
        if day.day <= HALF_MONTH:
            return Period(day.replace(day=1), day.replace(day=HALF_MONTH), every)
        return Period(day.replace(day=HALF_MONTH + 1), _last_of_month(day.year, day.month), every)
    length = MONTHS[every]
    month = (day.month - 1) // length * length + 1
    return Period(date(day.year, month, 1), _last_of_month(day.year, month + length - 1), every)


def following(period: Period) -> Period:
    """The period right after this one."""
    return period_of(period.every, period.last + DAY)


def preceding(period: Period) -> Period:
    """The period right before this one."""
    return period_of(period.every, period.first - DAY)


def periods_of(every: Every, since: date, until: date) -> Iterator[Period]:
    """The periods of a kind that hold at least one day from `since` to `until`, the earliest first; none when `until`
    lies before `since`."""
    period = period_of(every, since)
    while period.first <= until:
        yield period
        period = following(period)


def over_before(every: Every, day: date, number: int) -> list[Period]:
    """The last `number` periods of a kind that were over before `day`, the earliest first."""
    found = []
    period = period_of(every, day)
    for _each in range(number):
        period = preceding(period)
        found.append(period)
    return found[::-1]


def _last_of_month(year: int, month: int) -> date:
    return date(year + 1, 1, 1) - DAY if month == 12 else date(year, month + 1, 1) - DAY
