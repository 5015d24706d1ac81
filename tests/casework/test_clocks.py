"""How days are counted: against a table of hand-made cases, and what must hold of any days."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bangfu.audit.models import Entry
from bangfu.casework import clocks, holidays, services
from bangfu.casework.clocks import Calendar, Year
from bangfu.casework.models import HolidayYear
from bangfu.casework.procedure_errors import (
    DaysNegative,
    HolidayDocumentMissing,
    HolidayOutside,
    HolidaysEmpty,
    HolidaysKnown,
    HolidaysUnknown,
    HolidayTwice,
    WorkingWeekendWrong,
)
from bangfu.casework.procedures import Span, Unit
from bangfu.common.errors import NotAllowed

CASES = yaml.safe_load((Path(__file__).parent / "clock_cases.yaml").read_text("utf-8"))
ENTERED = Calendar(
    {
        2050: Year(
            frozenset(date(2050, 1, day) for day in range(24, 29)),
            frozenset({date(2050, 1, 23)}),
        ),
        2051: Year(frozenset(date(2051, 1, day) for day in (1, 2, 3)), frozenset()),
    }
)


def unit_of(case: dict[str, Any]) -> Unit:
    return Unit(f"{case['unit']}_days")


def each(kind: str) -> Any:
    return pytest.mark.parametrize("case", CASES[kind], ids=lambda case: str(case["name"]))


def test_there_are_many_cases():
    assert sum(len(cases) for cases in CASES.values()) >= 60


@each("add")
def test_days_are_over_on_the_day_that_the_calendar_on_the_wall_says(case):
    assert clocks.add(case["from"], case["days"], unit_of(case), ENTERED) == case["to"]


@each("between")
def test_days_between_two_signatures(case):
    assert clocks.days_between(case["from"], case["to"], unit_of(case), ENTERED) == case["days"]


@pytest.mark.req("G1")
@each("last_day")
def test_the_last_day_of_a_posting(case):
    assert clocks.last_day(case["from"], case["days"], unit_of(case), ENTERED) == case["to"]


@each("standing")
def test_on_time_due_soon_and_late(case):
    assert clocks.standing(case["due"], case["today"], case["soon"]) == case["is"]


@each("span")
def test_a_clock_says_from_when_and_until_when(case):
    span = Span(minimum=case.get("minimum"), maximum=case.get("maximum"), unit=unit_of(case))
    assert clocks.not_before(span, case["since"], ENTERED) == case["not_before"]
    assert clocks.due(span, case["since"], ENTERED) == case["due"]


# What must hold of any days

DAYS = st.dates(date(2005, 1, 1), date(2026, 6, 30))
UNITS = st.sampled_from(list(Unit))


@given(DAYS, st.integers(0, 60), UNITS)
def test_days_added_are_days_between(day, days, unit):
    assert clocks.days_between(day, clocks.add(day, days, unit, Calendar()), unit, Calendar()) == days


@given(DAYS, st.integers(0, 60), st.integers(0, 60), UNITS)
def test_days_added_in_two_parts_are_the_same(day, first, second, unit):
    half = clocks.add(day, first, unit, Calendar())
    assert clocks.add(half, second, unit, Calendar()) == clocks.add(day, first + second, unit, Calendar())


@given(DAYS, st.integers(0, 60))
def test_working_days_never_pass_faster_than_calendar_days(day, days):
    working, calendar = (clocks.add(day, days, unit, Calendar()) for unit in (Unit.WORKING, Unit.CALENDAR))
    assert working >= calendar


@given(DAYS, st.integers(1, 60), UNITS)
def test_the_day_after_a_posting_is_so_many_days_after_the_day_before_it(day, days, unit):
    assert clocks.last_day(day, days, unit, Calendar()) == clocks.add(day - timedelta(days=1), days, unit, Calendar())


def test_a_working_day_is_worked_and_a_holiday_is_not():
    assert clocks.Calendar().is_working(date(2020, 1, 19))  # a Sunday
    assert not clocks.Calendar().is_working(date(2020, 1, 24))  # a Friday


@pytest.mark.parametrize("days", [-1, -7])
def test_days_below_zero_are_refused(days):
    with pytest.raises(DaysNegative):
        clocks.add(date(2020, 9, 30), days, Unit.CALENDAR, Calendar())


def test_a_posting_of_no_day_is_refused():
    with pytest.raises(DaysNegative):
        clocks.last_day(date(2020, 9, 30), 0, Unit.CALENDAR, Calendar())


# Years that nobody entered


def test_a_year_that_nobody_entered_is_said_with_what_to_do():
    with pytest.raises(HolidaysUnknown) as caught:
        clocks.add(date(2059, 12, 28), 5, Unit.WORKING, ENTERED)
    assert "2059" in caught.value.message
    assert "放假安排" in caught.value.message
    assert not ENTERED.knows(2059)
    assert ENTERED.knows(2050)
    assert ENTERED.knows(2020)


def test_working_days_into_a_year_that_nobody_entered_are_said_too():
    with pytest.raises(HolidaysUnknown) as caught:
        clocks.days_between(date(2051, 12, 28), date(2052, 1, 4), Unit.WORKING, ENTERED)
    assert caught.value.facts["year"] == 2052


def test_what_the_library_knows_by_now_is_read_from_the_library():
    wrong = Calendar({2020: Year(frozenset(), frozenset())})
    assert not wrong.is_working(date(2020, 1, 24))


# Entering them

NEXT = max(clocks.library_years()) + 1
FREE = [date(NEXT, 1, 1), date(NEXT, 10, 1)]


def weekend(number: int = 0) -> date:
    """A Saturday of that year."""
    first = date(NEXT, 3, 1)
    return first + timedelta(days=(5 - first.weekday()) % 7 + 7 * number)


def enter(house: Any, **changes: Any) -> HolidayYear:
    told = {"year": NEXT, "holidays": FREE, "working_weekends": [weekend()], "document": "国务院办公厅通知", **changes}
    return services.enter_holidays(by=house.officer("county_office"), **told)


def test_a_county_enters_the_next_year_and_clocks_go_on(house):
    before = clocks.calendar()
    with pytest.raises(HolidaysUnknown):
        before.is_working(weekend())
    enter(house)
    after = clocks.calendar()
    assert after.is_working(weekend())
    assert not after.is_working(weekend(1))
    assert not after.is_working(FREE[1])
    entry = Entry.objects.latest("pk")
    assert (entry.action, entry.subject_id) == ("holidays.entered", str(NEXT))


def test_what_was_entered_before_is_replaced(house):
    enter(house)
    enter(house, working_weekends=[weekend(1)], document="国务院办公厅更正通知")
    row = HolidayYear.objects.get()
    assert row.working_weekends == [weekend(1).isoformat()]
    assert row.document == "国务院办公厅更正通知"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"year": 2020}, HolidaysKnown),
        ({"holidays": []}, HolidaysEmpty),
        ({"holidays": [*FREE, date(NEXT + 1, 1, 1)]}, HolidayOutside),
        ({"holidays": [*FREE, date(NEXT - 1, 12, 31)]}, HolidayOutside),
        ({"working_weekends": [weekend() + timedelta(days=7 * 60)]}, HolidayOutside),
        ({"working_weekends": [weekend() + timedelta(days=2)]}, WorkingWeekendWrong),
        ({"holidays": [*FREE, weekend()]}, HolidayTwice),
        ({"document": "  "}, HolidayDocumentMissing),
    ],
)
def test_what_cannot_be_the_holidays_of_that_year_is_refused(house, changes, error):
    with pytest.raises(error):
        enter(house, **changes)
    assert not HolidayYear.objects.exists()


@pytest.mark.parametrize("role", ["township_station", "village_committee", "inspector", "system_administrator"])
def test_only_a_county_that_may_move_many_cases_enters_holidays(house, role):
    area = {"township_station": house.township, "village_committee": house.village}.get(role)
    officer = house.officer(role, area)
    assert not holidays.may_enter_holidays(officer)
    with pytest.raises(NotAllowed):
        services.enter_holidays(by=officer, year=NEXT, holidays=FREE, working_weekends=[], document="通知")


def test_an_officer_who_left_enters_nothing(house):
    officer = house.officer("county_office")
    officer.is_active = False
    assert not holidays.may_enter_holidays(officer)
