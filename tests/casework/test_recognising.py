"""The ends of cases make households poor, exited, returned or watched; files and counts follow at once."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bangfu.casework import counting, recognising
from bangfu.casework.models import Case, CaseTransition, Recognition, Risk
from bangfu.casework.opening import keep_version
from bangfu.casework.procedures import Effect, Procedure, Recognised, Step
from bangfu.casework.recognising import As, OldRisk
from bangfu.common.errors import BangfuError
from bangfu.registry import selectors, services
from bangfu.registry.models import Household
from tests.casework.conftest import People
from tests.casework.making import procedure
from tests.conftest import House
from tests.registry.making import household, person

pytestmark = [pytest.mark.django_db]
QUESTIONS = [
    {"id": "class", "kind": "code", "code_list": "monitor_category"},
    {"id": "risks", "kind": "code", "code_list": "monitor_risk", "several": True},
    {"id": "disaster", "kind": "code", "code_list": "disaster_kind", "required": False},
    {"id": "risk_note", "kind": "text", "required": False},
    {"id": "fully_supported", "required": False},
    {"id": "cause", "kind": "code", "code_list": "poverty_cause", "required": False},
    {"id": "merge_into", "kind": "text", "required": False},
]
WATCH = {"class": "02", "risks": ["01", "04", "99"], "disaster": "01", "risk_note": "家中有两名大学生"}


def of(effect: Effect, questions: bool = True) -> Procedure:
    """A procedure that leads to `effect`; at its first step everything is asked that an end may need."""
    asked = [{"label": {"zh": q["id"], "en": q["id"]}, **q} for q in QUESTIONS] if questions else []
    return procedure(id=f"small_{effect.value}", effect=effect.value, more={"propose": {"questions": asked}})


def case_of(home: Household, effect: Effect, answers: dict[str, Any] | None = None) -> tuple[Case, Step]:
    """A case that has come to the end of its procedure, with these answers, and that end."""
    read = of(effect, questions=answers is not None)
    number = Case.objects.count() + 1
    case = Case.objects.create(
        case_no=f"测-{number:05d}",
        procedure=read.id,
        version=keep_version(read),
        household=home,
        village=home.village,
        place=home.place,
        subject_name=home.head_name,
        step="done",
        step_since=date(2014, 1, 1),
        level=3,
        channel="sweep",
        opened_on=date(2014, 1, 1),
        closed_on=date(2026, 1, 1),
    )
    CaseTransition.objects.create(
        case=case, number=1, move="hand_in", kind="forward", from_step="propose", to_step="done", level=5,
        on=date(2014, 1, 1), at=timezone.now(), answers=answers or {},
    )  # fmt: skip
    return case, read.step("done")


def come_to(home: Household, effect: Effect, on: date, answers: dict[str, Any] | None = None) -> Case:
    case, end = case_of(home, effect, answers)
    recognising.apply_effects([(case, end)], on=on, by=None)
    home.refresh_from_db()
    return case


def told(home: Household) -> list[tuple[str, date | None, date | None]]:
    rows = Recognition.objects.filter(household=home, void=False).order_by("starts_on", "pk")
    return [(r.kind, r.starts_on, r.ends_on) for r in rows]


def agree(area: Any, years: range, viewer: Any) -> None:
    """The registry's counts are what the recognitions add up to."""
    counted = selectors.counts_for(viewer, area, years)
    for kept, summed in zip(counted, counting.year_counts(area, years), strict=True):
        for what in ("in", "out", "returned", "poor"):
            for who in ("households", "people"):
                name = f"{what}_{who}"
                assert getattr(kept, name) == getattr(summed, name), (kept.year, name)
    assert selectors.counts_differ() == []
    assert counting.disagreements() == []


@pytest.mark.databases
@pytest.mark.req("B7")
def test_a_household_goes_in_out_back_and_out_again(house: House, people: People, home: Household) -> None:
    come_to(home, Effect.IDENTIFY, date(2014, 3, 10), {"cause": "01"})
    assert (home.poverty_status, home.first_identified, home.main_cause) == ("0", date(2014, 3, 1), "01")
    come_to(home, Effect.EXIT, date(2016, 12, 1))
    assert (home.poverty_status, home.exited_on, home.household_type) == ("1", date(2016, 12, 1), "01")
    back = come_to(home, Effect.RETURN, date(2018, 5, 5), {"cause": "01"})
    assert (home.poverty_status, home.returned_on, home.return_cause) == ("3", date(2018, 5, 1), "01")
    out = come_to(home, Effect.EXIT, date(2020, 11, 20))
    assert (home.exited_on, home.returned_on) == (date(2020, 11, 1), None)
    assert told(home) == [
        ("poor", date(2014, 3, 10), date(2016, 11, 30)),
        ("exited", date(2016, 12, 1), date(2018, 5, 4)),
        ("returned", date(2018, 5, 5), date(2020, 11, 19)),
        ("exited", date(2020, 11, 20), None),
    ]
    ended = Recognition.objects.get(household=home, kind="returned")
    assert (ended.case, ended.ended_by) == (back, out)
    agree(house.village, range(2013, 2022), people.county)
    years = counting.year_counts(house.county, range(2014, 2021))
    assert [y.out_households for y in years] == [0, 0, 1, 0, 0, 0, 1]
    assert [y.poor_people for y in years] == [2, 2, 0, 0, 2, 2, 0]
    assert [y.returned_people for y in years] == [0, 0, 0, 0, 2, 0, 0]


@pytest.mark.databases
@pytest.mark.req("B7")
def test_a_watched_household_has_its_class_and_risks_until_they_are_gone(
    house: House, people: People, home: Household
) -> None:
    come_to(home, Effect.WATCH, date(2021, 6, 1), WATCH | {"fully_supported": "no"})
    watched = Recognition.objects.get(household=home)
    assert (home.monitor_category, watched.monitor_category, watched.fully_supported) == ("02", "02", False)
    assert [(r.code, r.disaster, r.note) for r in watched.risks.order_by("code")] == [
        ("01", "", ""),
        ("04", "01", ""),
        ("99", "", "家中有两名大学生"),
    ]
    [row] = counting.watched_counts(people.county, house.county, date(2021, 6, 1))
    assert (row.category, row.households, row.people) == ("02", 1, 2)
    assert counting.watched_counts(people.neighbour, None, date(2021, 6, 1)) == []
    come_to(home, Effect.UNWATCH, date(2022, 3, 1))
    watched.refresh_from_db()
    assert (home.monitor_category, watched.ends_on, watched.removal_way) == ("", date(2022, 2, 28), "01")
    assert set(Risk.objects.values_list("cleared_on", flat=True)) == {date(2022, 3, 1)}
    agree(house.village, range(2020, 2024), people.county)


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        ({**WATCH, "risks": []}, ["CAS-308"]),
        ({**WATCH, "risks": ["21", "23"]}, ["CAS-308"]),
        ({**WATCH, "disaster": ""}, ["CAS-309"]),
        ({**WATCH, "risk_note": ""}, ["CAS-309"]),
        ({**WATCH, "class": "01"}, ["CAS-307"]),
        ({**WATCH, "class": ""}, ["CAS-306"]),
        (WATCH, []),
    ],
)
@pytest.mark.req("B7")
def test_a_watch_without_class_or_risk_is_refused_before_and_at_the_end(
    home: Household, answers: dict[str, Any], codes: list[str]
) -> None:
    case, end = case_of(home, Effect.WATCH, answers)
    read = case.version.read
    step = read.step("county")
    move = step.move("approve")
    assert move is not None
    faults = recognising.obstacles([case], step, move, date(2021, 6, 1)).get(case.pk, [])
    assert [fault.code for fault in faults] == codes
    if codes:
        with pytest.raises(BangfuError) as refused:
            recognising.apply_effects([(case, end)], on=date(2021, 6, 1), by=None)
        assert refused.value.code == codes[0]
        assert not Recognition.objects.exists()


def test_a_case_that_cannot_end_well_is_not_even_handed_in(home: Household) -> None:
    case, _end = case_of(home, Effect.EXIT)
    step = case.version.read.step("propose")
    hand_in, withdraw = step.move("hand_in"), step.move("withdraw")
    assert hand_in and withdraw
    assert [f.code for f in recognising.obstacles([case], step, hand_in, date(2020, 1, 1))[case.pk]] == ["CAS-301"]
    assert recognising.obstacles([case], step, withdraw, date(2020, 1, 1)) == {}


@pytest.mark.databases
@pytest.mark.req("B7")
def test_a_cancelled_identification_leaves_files_and_counts_as_if_it_never_was(
    house: House, people: People, home: Household
) -> None:
    come_to(home, Effect.IDENTIFY, date(2014, 3, 10), {})
    come_to(home, Effect.CANCEL, date(2015, 8, 1))
    assert (home.poverty_status, home.first_identified, home.household_type) == ("", None, "02")
    assert told(home) == []
    agree(house.village, range(2013, 2017), people.county)
    come_to(home, Effect.IDENTIFY, date(2016, 1, 5), {})
    assert told(home) == [("poor", date(2016, 1, 5), None)]
    agree(house.village, range(2013, 2018), people.county)


@pytest.mark.req("B7")
def test_two_files_of_one_household_become_one(house: House, people: People, home: Household) -> None:
    other = household(people.county, house.village, person(50), person(51))
    come_to(other, Effect.IDENTIFY, date(2014, 3, 10), {})
    case, end = case_of(other, Effect.MERGE, {"merge_into": home.household_no})
    recognising.apply_effects([(case, end)], on=date(2015, 8, 1), by=people.county)
    other.refresh_from_db()
    home.refresh_from_db()
    assert (other.merged_into, other.ended_on, home.members_count) == (home, date(2015, 8, 1), 4)
    assert told(other) == [("poor", date(2014, 3, 10), date(2015, 7, 31))]


@pytest.mark.parametrize("number", ["", "没有这个号", "own"])
def test_a_merger_needs_the_file_that_stays(home: Household, number: str) -> None:
    answers = {"merge_into": home.household_no if number == "own" else number}
    case, end = case_of(home, Effect.MERGE, answers)
    with pytest.raises(BangfuError) as refused:
        recognising.apply_effects([(case, end)], on=date(2015, 8, 1), by=None)
    assert refused.value.code == "CAS-310"


@pytest.mark.databases
@pytest.mark.req("B7")
def test_many_cases_come_to_their_end_together(house: House, people: People, homes: Any) -> None:
    made = homes(12)
    counted = []
    for some in (made[:2], made[2:]):
        ended = [case_of(home, Effect.IDENTIFY, {}) for home in some]
        with CaptureQueriesContext(connection) as captured:
            recognising.apply_effects(ended, on=date(2014, 3, 10), by=people.county)
        counted.append(len(captured))
    assert counted[1] <= counted[0]
    assert Recognition.objects.filter(kind="poor").count() == 12
    assert Household.objects.filter(poverty_status="0").count() == 12
    agree(house.village, range(2013, 2016), people.county)


@pytest.mark.req("B7")
def test_as_what_a_household_is_recognised_is_told_for_any_day(people: People, home: Household) -> None:
    come_to(home, Effect.IDENTIFY, date(2014, 3, 10), {})
    come_to(home, Effect.EXIT, date(2016, 12, 1))
    come_to(home, Effect.WATCH, date(2021, 6, 1), WATCH | {"class": "01"})

    def on(day: date) -> As:
        return recognising.as_recognised([home.pk], day)[home.pk]

    assert on(date(2014, 3, 9)) == As()
    assert on(date(2014, 3, 10)) == As(Recognised.POOR, date(2014, 3, 10))
    assert on(date(2016, 11, 30)).recognised == Recognised.POOR
    assert on(date(2016, 12, 1)).recognised == Recognised.EXITED
    assert on(date(2021, 6, 1)) == As(Recognised.EXITED, date(2016, 12, 1), True, "01", date(2021, 6, 1))
    [row] = recognising.recognised_on(date(2021, 6, 1)).visible_to(people.county)
    assert (row.recognised, row.watched_as) == ("exited", "01")
    [row] = recognising.recognised_on(date(2014, 1, 1)).visible_to(people.county)
    assert (row.recognised, row.watched_as) == (None, None)
    assert not recognising.recognised_on(date(2021, 6, 1)).visible_to(people.neighbour)


@pytest.mark.databases
@pytest.mark.req("B7")
def test_files_of_an_older_system_are_taken_over_once(house: House, people: People) -> None:
    by = people.county
    dates = {
        "first_identified": date(2014, 1, 1),
        "exited_on": date(2016, 12, 1),
        "returned_on": date(2019, 1, 1),
        "return_cause": "01",
    }
    registered = {"household_type": "01", "main_cause": "01"}
    returned = household(by, house.village, person(1), poverty_status="3", **registered, **dates)
    watched = household(by, house.village, person(2), monitor_category="02")
    ordinary = household(by, house.village, person(3))
    risk = OldRisk(watched.household_no, "因病")
    assert recognising.take_over(risks=[risk]) == 4
    assert recognising.take_over(village_ids=[house.village.pk], risks=[risk]) == 0
    assert told(returned) == [
        ("poor", date(2014, 1, 1), date(2016, 11, 30)),
        ("exited", date(2016, 12, 1), date(2018, 12, 31)),
        ("returned", date(2019, 1, 1), None),
    ]
    assert told(watched) == [("watched", None, None)] and told(ordinary) == []
    assert Risk.objects.get().code == "01"
    agree(house.village, range(2013, 2021), by)


@pytest.mark.parametrize(("line", "code"), [(OldRisk("没有", "因病"), "CAS-312"), (OldRisk("", "没有这种"), "CAS-313")])
def test_a_list_of_risks_that_does_not_fit_is_refused_whole(
    house: House, people: People, line: OldRisk, code: str
) -> None:
    home = household(people.county, house.village, person(2), monitor_category="02")
    line = OldRisk(line.household_no or home.household_no, line.risk)
    with pytest.raises(BangfuError) as refused:
        recognising.take_over(risks=[OldRisk(home.household_no, "01"), line])
    assert refused.value.code == code
    assert not Recognition.objects.exists()


def test_a_file_that_was_altered_by_hand_is_named(people: People, home: Household) -> None:
    come_to(home, Effect.IDENTIFY, date(2014, 3, 10), {})
    Household.objects.filter(pk=home.pk).update(poverty_status="1")
    [found] = counting.disagreements()
    assert (found.household, found.on_file, found.recognised) == (home, "1", "poor")


def test_a_split_household_is_what_it_was_in_the_old_one(house: House, people: People, home: Household) -> None:
    come_to(home, Effect.IDENTIFY, date(2014, 3, 10), {})
    _head, other = home.members.order_by("pk")
    made = services.split_household(
        by=people.county, household=home, members=[other], head=other, relations={}, on=date(2021, 1, 1), reason="分户"
    )
    recognising.take_over(household_ids=[made.pk])
    assert told(made) == [("poor", date(2014, 3, 1), None)]
