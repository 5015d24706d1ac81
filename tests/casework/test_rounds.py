"""Rounds: a case for everybody of an area whom the procedure is for."""

from typing import Any

import pytest

from bangfu.casework import errors, loading, selectors, services
from bangfu.casework.models import Case, Recognition
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
    made = services.start_round(by=people.county, area=house.county, procedure="small", title="回头看")
    assert subjects(made) == {poor.pk, exited.pk}
    assert never.pk not in subjects(made)
    assert made.opened == 2


def test_a_round_stays_within_its_area(house, people, homes, round_of):
    (here,) = homes(1)
    household(house.officer("county_office"), house.neighbour_village, person(300))
    round_of()
    made = services.start_round(by=people.township, area=house.township, procedure="small", title="排查")
    assert subjects(made) == {here.pk}


def test_a_round_for_watched_households_takes_only_them(house, people, homes, round_of):
    watched, _other = homes(2)
    recognise(watched, "watched", "01")
    round_of(opening={"watched": True})
    made = services.start_round(by=people.county, area=house.county, procedure="small", title="风险消除排查")
    assert subjects(made) == {watched.pk}


def test_a_household_whose_case_is_running_is_left_out_with_the_reason(house, people, homes, round_of):
    first, second = homes(2)
    opened(people.village, first)
    round_of()
    made = services.start_round(by=people.county, area=house.county, procedure="small", title="排查")
    assert subjects(made) == {second.pk}
    ((name, why),) = selectors.left_out(made)
    assert name == first.head_name
    assert "正在办理" in why


def test_what_was_recognised_wrongly_counts_for_nothing(house, people, homes, round_of):
    (home,) = homes(1)
    Recognition.objects.create(household=home, place=home.place, kind="poor", starts_on=days_ago(500), void=True)
    round_of(opening={"recognised": ["poor"]})
    made = services.start_round(by=people.county, area=house.county, procedure="small", title="排查")
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
    made = services.start_round(by=people.county, area=house.county, procedure="small", title="两项制度比对")
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
    made = services.start_round(
        by=people.county, area=house.county, procedure="small", title="排查", on=days_ago(9), due_on=days_ago(1)
    )
    assert made.cases.get().due_on == days_ago(1)


class TestRefused:
    def test_a_round_beyond_ones_own_area(self, house, people, round_of):
        round_of()
        with pytest.raises(errors.RoundElsewhere):
            services.start_round(by=people.township, area=house.county, procedure="small", title="排查")

    def test_a_round_by_a_village(self, house, people, round_of):
        round_of()
        with pytest.raises(errors.RoundElsewhere):
            services.start_round(by=people.village, area=house.village, procedure="small", title="排查")

    def test_a_round_without_a_name(self, house, people, round_of):
        round_of()
        with pytest.raises(errors.RoundUntitled):
            services.start_round(by=people.county, area=house.county, procedure="small", title=" ")

    def test_a_round_that_is_due_before_it_starts(self, house, people, round_of):
        round_of()
        with pytest.raises(errors.RoundDueBefore):
            services.start_round(
                by=people.county, area=house.county, procedure="small", title="排查", due_on=days_ago(1)
            )


def test_a_round_of_villages_opens_one_for_each(house, people, round_of):
    round_of(of="village")
    made = services.start_round(by=people.county, area=house.township, procedure="small", title="出列核查")
    assert set(made.cases.values_list("village_id", flat=True)) == {house.village.pk, house.other_village.pk}


def test_a_round_of_many_costs_no_more_statements_than_one_of_a_few(house, people, homes, round_of):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def statements(title: str, id: str) -> int:
        round_of(id=id)
        with CaptureQueriesContext(connection) as asked:
            services.start_round(by=people.county, area=house.county, procedure=id, title=title)
        return len(asked)

    homes(2)
    statements("先", "first")  # what is read once a process is read now
    few = statements("少", "few")
    for number in range(10):
        household(house.officer("county_office"), house.village, person(400 + number))
    assert statements("多", "many") == few
