"""Rounds: a case for everybody of an area whom the procedure is for."""

from typing import Any

import pytest

from bangfu.audit.models import Entry
from bangfu.casework import errors, loading, opening, rounds, selectors, services
from bangfu.casework.models import Case, Recognition, Round
from bangfu.registry.models import Household
from tests.casework.making import days_ago, opened, procedure
from tests.registry.making import household, person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture
def round_of(monkeypatch):
    """Procedures of these rules are in force everywhere."""

    def known(**changes: Any):
        made = procedure(**changes)
        monkeypatch.setattr(loading, "procedure", lambda _id, _place="": made)
        return made

    return known


def held(**given: Any) -> Round:
    """A round from its beginning to its end."""
    return services.run_round(services.start_round(**given).pk)


def recognise(home: Household, kind: str, category: str = "") -> Household:
    Recognition.objects.create(
        household=home, place=home.place, kind=kind, monitor_category=category, starts_on=days_ago(500)
    )
    return home


def subjects(made: Any) -> set[int | None]:
    return set(Case.objects.filter(round=made).values_list("household_id", flat=True))


@pytest.mark.req("B1")
def test_one_round_opens_a_case_for_every_household_it_is_for(house, people, homes, round_of):
    poor, exited, never = homes(3)
    recognise(poor, "poor")
    recognise(exited, "exited")
    round_of(opening={"round_of": ["poor", "exited"]})
    made = held(by=people.county, area=house.county, procedure="small", title="回头看")
    assert subjects(made) == {poor.pk, exited.pk}
    assert never.pk not in subjects(made)
    assert made.opened == 2


def test_a_round_stays_within_its_area(house, people, homes, round_of):
    (here,) = homes(1)
    household(house.officer("county_office"), house.neighbour_village, person(300))
    round_of()
    made = held(by=people.township, area=house.township, procedure="small", title="排查")
    assert subjects(made) == {here.pk}


def test_a_round_for_watched_households_takes_only_them(house, people, homes, round_of):
    watched, _other = homes(2)
    recognise(watched, "watched", "01")
    round_of(opening={"watched": True})
    made = held(by=people.county, area=house.county, procedure="small", title="风险消除排查")
    assert subjects(made) == {watched.pk}


def test_a_household_whose_case_is_running_is_left_out_with_the_reason(house, people, homes, round_of):
    first, second = homes(2)
    opened(people.village, first)
    round_of()
    made = held(by=people.county, area=house.county, procedure="small", title="排查")
    assert subjects(made) == {second.pk}
    ((name, why),) = selectors.left_out(made)
    assert name == first.head_name
    assert "正在办理" in why


def test_what_was_recognised_wrongly_counts_for_nothing(house, people, homes, round_of):
    (home,) = homes(1)
    Recognition.objects.create(household=home, place=home.place, kind="poor", starts_on=days_ago(500), void=True)
    round_of(opening={"recognised": ["poor"]})
    made = held(by=people.county, area=house.county, procedure="small", title="排查")
    assert subjects(made) == set()


@pytest.mark.req("B6")
def test_the_two_lists_are_matched_both_ways_and_the_difference_is_named(house, people, homes, round_of):
    agreed, filed_only, unasked, allowance_only, neither = homes(5)
    for home in (agreed, filed_only, unasked):
        recognise(home, "poor")
    for home in (agreed, allowance_only):
        Household.objects.filter(pk=home.pk).update(anyone_on_dibao=True)
    filed_only.members.update(dibao_status="02")
    round_of(opening={"channels": ["linkage"]})
    made = held(by=people.county, area=house.county, procedure="small", title="两项制度比对")
    told = dict(Case.objects.filter(round=made).values_list("household_id", "note"))
    assert told == {
        filed_only.pk: "已建档或监测，成员均未享受低保",
        unasked.pk: "已建档或监测，低保情况没有登记",
        allowance_only.pk: "享受低保，未建档也未监测",
    }
    assert set(Case.objects.filter(round=made).values_list("channel", flat=True)) == {"linkage"}
    assert neither.pk not in told


def test_the_day_set_to_a_round_is_due_for_its_cases(house, people, homes, round_of):
    homes(1)
    round_of()
    made = held(
        by=people.county, area=house.county, procedure="small", title="排查", on=days_ago(9), due_on=days_ago(1)
    )
    assert made.cases.get().due_on == days_ago(1)


class TestRefused:
    def test_a_round_beyond_ones_own_area(self, house, people, round_of):
        round_of()
        with pytest.raises(errors.RoundElsewhere):
            held(by=people.township, area=house.county, procedure="small", title="排查")

    def test_a_round_by_a_village(self, house, people, round_of):
        round_of()
        with pytest.raises(errors.RoundElsewhere):
            held(by=people.village, area=house.village, procedure="small", title="排查")

    def test_a_round_without_a_name(self, house, people, round_of):
        round_of()
        with pytest.raises(errors.RoundUntitled):
            held(by=people.county, area=house.county, procedure="small", title=" ")

    def test_a_round_that_is_due_before_it_starts(self, house, people, round_of):
        round_of()
        with pytest.raises(errors.RoundDueBefore):
            held(by=people.county, area=house.county, procedure="small", title="排查", due_on=days_ago(1))


def test_a_round_of_villages_opens_one_for_each(house, people, round_of):
    round_of(of="village")
    made = held(by=people.county, area=house.township, procedure="small", title="出列核查")
    assert set(made.cases.values_list("village_id", flat=True)) == {house.village.pk, house.other_village.pk}


def test_a_round_is_worked_through_in_the_background(
    house, people, homes, round_of, django_capture_on_commit_callbacks
):
    homes(3)
    round_of()
    with django_capture_on_commit_callbacks(execute=True):
        made = services.start_round(by=people.county, area=house.county, procedure="small", title="排查")
        assert (made.state, made.opened) == (Round.State.WAITING, 0)
    made.refresh_from_db()
    assert (made.state, made.done, made.opened, len(made.among)) == (Round.State.DONE, 3, 3, 3)
    assert made.finished_at is not None
    assert list(Entry.objects.filter(subject_type="round").order_by("pk").values_list("action", flat=True)) == [
        "cases.round_started",
        "cases.round_finished",
    ]
    with pytest.raises(errors.RoundBusy):
        services.run_round(made.pk)


def test_a_crash_in_the_middle_of_a_round_loses_no_household_and_opens_none_twice(
    house, people, homes, round_of, monkeypatch
):
    monkeypatch.setattr(rounds, "PART", 2)
    ids = {home.pk for home in homes(5)}
    round_of()
    made = services.start_round(by=people.county, area=house.county, procedure="small", title="排查")
    real, calls = opening.open_many, []

    def dying(**given):
        calls.append(given["candidates"])
        done = real(**given)
        if len(calls) == 2:
            raise KeyboardInterrupt  # as when the machine goes out: nothing is caught, nothing is tidied
        return done

    monkeypatch.setattr(rounds.opening, "open_many", dying)
    with pytest.raises(KeyboardInterrupt):
        services.run_round(made.pk)
    made.refresh_from_db()
    assert (made.state, made.done, made.opened, Case.objects.count()) == (Round.State.RUNNING, 2, 2, 2)
    assert services.recover() == 1  # tasks are done at once here
    made.refresh_from_db()
    assert (made.state, made.done, made.opened) == (Round.State.DONE, 5, 5)
    assert subjects(made) == ids


def test_a_fault_of_the_system_ends_a_round_and_says_how_far_it_came(house, people, homes, round_of, monkeypatch):
    monkeypatch.setattr(rounds, "PART", 1)
    homes(2)
    round_of()
    made = services.start_round(by=people.county, area=house.county, procedure="small", title="排查")
    real = opening.open_many

    def failing(**given):
        if Case.objects.exists():
            raise OSError("the disk is full")
        return real(**given)

    monkeypatch.setattr(rounds.opening, "open_many", failing)
    with pytest.raises(errors.RoundFailed, match="已开案 1 件"):
        services.run_round(made.pk)
    made.refresh_from_db()
    assert (made.state, made.done, made.opened) == (Round.State.FAILED, 1, 1)


def test_whoever_ceases_to_be_one_while_the_round_runs_is_passed_over(house, people, homes, round_of, monkeypatch):
    first, second = homes(2)
    for home in (first, second):
        recognise(home, "poor")
    round_of(opening={"recognised": ["poor"]})
    made = services.start_round(by=people.county, area=house.county, procedure="small", title="排查")
    real = rounds.among

    def meanwhile(*given):
        found = list(real(*given))
        Recognition.objects.filter(household=second).update(void=True)
        return found

    monkeypatch.setattr(rounds, "among", meanwhile)
    done = services.run_round(made.pk)
    assert (done.done, done.opened, done.left_out) == (2, 1, [])
    assert subjects(done) == {first.pk}


def test_a_round_of_many_costs_no_more_statements_than_one_of_a_few(house, people, homes, round_of):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def statements(title: str, id: str) -> int:
        round_of(id=id)
        with CaptureQueriesContext(connection) as asked:
            held(by=people.county, area=house.county, procedure=id, title=title)
        return len(asked)

    homes(2)
    statements("先", "first")  # what is read once a process is read now
    few = statements("少", "few")
    for number in range(10):
        household(house.officer("county_office"), house.village, person(400 + number))
    assert statements("多", "many") == few
