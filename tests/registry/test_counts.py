"""Counts of villages for every year, and the incidence drawn from them."""

from datetime import date
from fractions import Fraction

import pytest
from django.utils import timezone

from bangfu.registry import selectors, services
from bangfu.registry.models import Member, YearCount
from tests.conftest import House
from tests.registry.making import household, person

pytestmark = pytest.mark.databases
POOR = {"household_type": "01", "main_cause": "01", "household_class": "01"}


@pytest.fixture
def counted(house: House) -> House:
    """Registered 2014 and out 2016; registered 2015, out 2017, back 2019; registered 2020; never registered."""
    by = house.officer("county_office")
    spans = [("2014", "2016", None), ("2015", "2017", "2019"), ("2020", None, None), (None, None, None)]
    for number, (first, out, back) in enumerate(spans):
        days = dict(zip(("first_identified", "exited_on", "returned_on"), (first, out, back), strict=True))
        values = {k: date(int(y), 6, 1) for k, y in days.items() if y}
        household(
            by,
            house.village,
            person(2 * number),
            person(2 * number + 1, relation_to_head="02"),
            **(POOR if first else {}),
            **values,
            **({"return_cause": "01"} if back else {}),
        )
    return house


@pytest.mark.req("A7")
def test_in_out_and_back_are_counted_by_year(counted: House) -> None:
    viewer = counted.officer("county_office")
    found = {c.year: c for c in selectors.counts_for(viewer, counted.county, range(2014, 2021))}
    assert [found[y].poor_households for y in range(2014, 2021)] == [1, 2, 1, 0, 0, 1, 2]
    assert [found[y].in_people for y in range(2014, 2021)] == [2, 2, 0, 0, 0, 0, 2]
    assert [found[y].out_households for y in range(2014, 2021)] == [0, 0, 1, 1, 0, 0, 0]
    assert found[2019].returned_people == 2 and found[2018].registered_households == 2
    assert found[2020].people == 8 and found[2020].incidence == Fraction(4, 8)
    assert str(found[2020].incidence_percent) == "50"


@pytest.mark.req("A7")
def test_who_left_counts_until_then(counted: House) -> None:
    by = counted.officer("county_office")
    poor = Member.objects.get(household__first_identified=date(2020, 6, 1), relation_to_head="02")
    services.member_leaves(by=by, member=poor, kind="01", on=date(2022, 3, 1), reason="去世")
    found = {c.year: c.poor_people for c in selectors.counts_for(by, counted.village, (2021, 2022))}
    assert found == {2021: 4, 2022: 3}
    assert selectors.counts_differ() == []


def test_counts_stop_at_the_viewers_area(counted: House) -> None:
    this_year = timezone.localdate().year
    neighbour = counted.officer("township_station", counted.neighbour_township)
    assert selectors.counts_for(neighbour, counted.county, [this_year])[0].households == 0
    below = selectors.counts_below(counted.officer("county_office"), counted.county, this_year)
    assert [(c.area.name if c.area else "", c.households) for c in below] == [("青禾乡", 4), ("白水镇", 0)]


def test_a_new_year_stands_as_the_last_ended(counted: House) -> None:
    this_year = timezone.localdate().year
    YearCount.objects.filter(year=this_year).delete()
    (now,) = selectors.counts_for(counted.officer("county_office"), counted.county, [this_year])
    assert (now.households, now.poor_households, now.in_households) == (4, 2, 0)


def test_a_tampered_count_is_found(counted: House) -> None:
    assert selectors.counts_differ() == []
    YearCount.objects.filter(year=2016).update(poor_people=99)
    assert selectors.counts_differ() == [(counted.village, 2016)]


def test_in_a_new_year_a_village_saved_first_does_not_stand_for_the_county(counted: House) -> None:
    """One village is counted this year, the other as last year ended; nobody was registered there this year."""
    this_year = timezone.localdate().year
    neighbour = counted.neighbour_village
    standing = {"households": 7, "people": 30, "poor_people": 3, "in_people": 3, "out_households": 1, "dibao_people": 2}
    YearCount.objects.create(village=neighbour, place=neighbour.place, year=this_year - 2, **standing)
    viewer = counted.officer("county_office")
    [before, now] = selectors.counts_for(viewer, counted.county, [this_year - 2, this_year])
    assert (before.households, before.in_people, before.out_households, before.dibao_people) == (11, 3, 1, 2)
    assert (now.households, now.people, now.poor_people) == (11, 38, 7)
    assert (now.in_people, now.out_households, now.dibao_people) == (0, 0, 2)
    below = selectors.counts_below(viewer, counted.county, this_year)
    assert [(c.area.name if c.area else "", c.households, c.in_people) for c in below] == [
        ("青禾乡", 4, 0),
        ("白水镇", 7, 0),
    ]
    townships = [c.area for c in below if c.area]
    around = selectors.counts_around(viewer, counted.county, townships, this_year)
    assert (around, [c.area for c in around[1]]) == ((now, below), townships)
    part = selectors.counts_around(viewer, None, townships[:1], this_year)
    assert (part[0].households, [c.households for c in part[1]]) == (11, [4]), "what is not listed counts all the same"
    uneven = selectors.counts_around(viewer, None, [counted.neighbour_village, counted.township], this_year)
    assert (uneven[0].households, [c.households for c in uneven[1]]) == (11, [7, 4])
    mixed = selectors.counts_of(viewer, [counted.neighbour_village, counted.township], this_year)
    assert [c.households for c in mixed] == [7, 4]
    assert [c.households for c in selectors.counts_for(viewer, None, [this_year, this_year + 1])] == [11, 0]


def test_years_counted_run_from_the_first_registration_to_now(counted: House) -> None:
    viewer = counted.officer("county_office")
    assert selectors.years_counted(viewer, counted.county) == range(2014, timezone.localdate().year + 1)
    assert not selectors.years_counted(viewer, counted.neighbour_village)


def test_who_had_the_allowance_in_years_before_ours_is_not_known(counted: House) -> None:
    this_year = timezone.localdate().year
    viewer = counted.officer("county_office")
    before, now = selectors.counts_for(viewer, counted.village, (2016, this_year))
    assert (before.dibao_households, before.dibao_people) == (None, None)
    assert (now.dibao_households, now.dibao_people) == (0, 0)
