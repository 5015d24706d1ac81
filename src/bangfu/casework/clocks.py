"""How days are counted: calendar days, working days with China's holidays and shifted weekends, days of a posting.

    a clock      the day it starts is not counted: three days from Monday are over on Thursday
    a posting    its first day counts: five days from Monday end on Friday, and on Saturday the case may go on
    signatures   seven days after the 1st is the 8th, and the 8th is long enough

Working days need to know the year's holidays. The library `chinesecalendar` has them up to the last year published when
it was made; later ones are entered by the county as published (`holidays.enter_holidays`). Of any other year nothing is
guessed: HolidaysUnknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Literal

import chinese_calendar

from bangfu.casework.models import HolidayYear
from bangfu.casework.procedure_errors import DaysNegative, HolidaysUnknown
from bangfu.casework.procedures import Span, Unit

Standing = Literal["on_time", "due_soon", "late"]
ONE_DAY = timedelta(days=1)
SATURDAY = 5


@cache
def library_years() -> range:
    """The years whose holidays the library knows."""
    days = chinese_calendar.holidays
    return range(min(days).year, max(days).year + 1)


@dataclass(frozen=True)
class Year:
    """The holidays of a year, and the Saturdays and Sundays on which people work instead."""

    holidays: frozenset[date]
    working_weekends: frozenset[date]


@dataclass(frozen=True)
class Calendar:
    """Which days are working days. `entered` are the years that the county entered itself; one the library knows by
    now is read from the library."""

    entered: Mapping[int, Year] = field(default_factory=dict)

    def knows(self, year: int) -> bool:
        return year in library_years() or year in self.entered

    def is_working(self, day: date) -> bool:
        """Whether people work on that day. Raises HolidaysUnknown for a year that nobody has entered."""
        if day.year in library_years():
            return bool(chinese_calendar.is_workday(day))
        known = self.entered.get(day.year)
        if known is None:
            raise HolidaysUnknown(year=day.year)
        return day in known.working_weekends or (day.weekday() < SATURDAY and day not in known.holidays)


def calendar() -> Calendar:
    """The calendar of this house: the library's, and the years that were entered."""
    entered = {row.year: Year(_days(row.holidays), _days(row.working_weekends)) for row in HolidayYear.objects.all()}
    return Calendar(entered)


def _days(kept: list[str]) -> frozenset[date]:
    return frozenset(map(date.fromisoformat, kept))


def add(day: date, days: int, unit: Unit, calendar: Calendar) -> date:
    """The day on which `days` days after `day` are over; `day` itself is not counted. Zero days are over at once.
    Raises DaysNegative, HolidaysUnknown."""
    if days < 0:
        raise DaysNegative(days=days)
    if unit is Unit.CALENDAR:
        return day + days * ONE_DAY
    while days:
        day += ONE_DAY
        days -= calendar.is_working(day)
    return day


def days_between(first: date, second: date, unit: Unit, calendar: Calendar) -> int:
    """How many days of the unit lie after `first` up to and with `second`; less than zero when `second` is earlier.
    Raises HolidaysUnknown."""
    if second < first:
        return -days_between(second, first, unit, calendar)
    whole = (second - first).days
    if unit is Unit.CALENDAR:
        return whole
    return sum(calendar.is_working(first + passed * ONE_DAY) for passed in range(1, whole + 1))


def last_day(starts_on: date, days: int, unit: Unit, calendar: Calendar) -> date:
    """The last day of a posting of `days` days; the first day counts, of working days if it is one. Raises
    DaysNegative for less than one day, HolidaysUnknown."""
    if days < 1:
        raise DaysNegative(days=days)
    return add(starts_on - ONE_DAY, days, unit, calendar)


def next_day(day: date) -> date:
    """The day after the last one: the first on which a case may go on."""
    return day + ONE_DAY


def not_before(span: Span, since: date, calendar: Calendar) -> date | None:
    """The first day that a clock started on `since` allows; None when it has no minimum."""
    return None if span.minimum is None else add(since, span.minimum, span.unit, calendar)


def due(span: Span, since: date, calendar: Calendar) -> date | None:
    """The last day that a clock started on `since` allows; None when it has no maximum."""
    return None if span.maximum is None else add(since, span.maximum, span.unit, calendar)


def standing(due_on: date | None, today: date, soon: int) -> Standing:
    """Whether a legal time is on time, due within `soon` calendar days (its last day included), or run out. What has
    no legal time is on time."""
    if due_on is None or due_on > today + soon * ONE_DAY:
        return "on_time"
    return "due_soon" if due_on >= today else "late"
