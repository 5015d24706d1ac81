"""The holidays of years that the calendar library does not know yet: entered by the county as published."""

import re
from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.dates import WEEKDAYS

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.audit import services as audit
from bangfu.casework import clocks
from bangfu.casework.models import HolidayYear
from bangfu.casework.procedure_errors import (
    HolidayDocumentMissing,
    HolidayOutside,
    HolidaysEmpty,
    HolidaysKnown,
    HolidayTwice,
    HolidayUnreadable,
    WorkingWeekendWrong,
)
from bangfu.common.errors import NotAllowed
from bangfu.common.places import Level

RIGHT = "cases.bulk"
# A run of days is at most a month long: more is a slip of the pen.
LONGEST_RUN = 31


def may_enter_holidays(officer: Officer) -> bool:
    """Whether an officer may: of a county or above, with the right to move many cases."""
    if not officer.is_active:
        return False
    return any(RIGHT in post.rights and post.area.level <= Level.COUNTY for post in officer.posts_on())


@transaction.atomic
def enter_holidays(
    *,
    by: Officer | None,
    year: int,
    holidays: Iterable[date],
    working_weekends: Iterable[date],
    document: str,
) -> HolidayYear:
    """Keep the holidays of a year, and the Saturdays and Sundays on which people work instead, as the document says.
    What was entered for that year before is replaced. Holidays may fall on weekends.

    Raises NotAllowed, HolidaysKnown, HolidaysEmpty, HolidayOutside, HolidayTwice, WorkingWeekendWrong,
    HolidayDocumentMissing.
    """
    if by is not None and not may_enter_holidays(by):
        raise NotAllowed(right=rights()[RIGHT].label)
    off, worked = sorted(set(holidays)), sorted(set(working_weekends))
    _check(year, off, worked, document.strip())
    row, _new = HolidayYear.objects.update_or_create(
        year=year,
        defaults={
            "holidays": [day.isoformat() for day in off],
            "working_weekends": [day.isoformat() for day in worked],
            "document": document.strip()[:200],
            "entered_by": by,
        },
    )
    audit.record(
        actor=by, action="holidays.entered", subject=row, year=year, holidays=len(off), working_weekends=len(worked)
    )
    return row


def _check(year: int, holidays: list[date], working_weekends: list[date], document: str) -> None:
    if year in clocks.library_years():
        raise HolidaysKnown(year=year)
    if not document:
        raise HolidayDocumentMissing()
    if not holidays:
        raise HolidaysEmpty(year=year)
    for day in (*holidays, *working_weekends):
        if day.year != year:
            raise HolidayOutside(day=day, year=year)
    for day in working_weekends:
        if day in holidays:
            raise HolidayTwice(day=day)
        if day.weekday() < clocks.SATURDAY:
            raise WorkingWeekendWrong(day=day, weekday=WEEKDAYS[day.weekday()])


def read_days(text: str) -> list[date]:
    """Days as people list them: 2027-01-01、2027-02-05至2027-02-11, divided by blanks, commas or line breaks.
    Raises HolidayUnreadable."""
    found: list[date] = []
    for part in re.split(r"[\s,，、;；]+", re.sub(r"\s*至\s*", "至", text.strip())):
        if part:
            found += _run_of_days(part)
    return found


def _run_of_days(part: str) -> list[date]:
    first, _to, last = part.partition("至")
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        raise HolidayUnreadable(text=part) from None
    if not 0 <= (end - start).days <= LONGEST_RUN:
        raise HolidayUnreadable(text=part)
    return [date.fromordinal(day) for day in range(start.toordinal(), end.toordinal() + 1)]
