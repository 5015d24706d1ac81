"""Promises signed by both sides, and the plan of a village as the sum of its projects and measures."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bangfu.accounts.models import Officer
from bangfu.common.errors import NotAllowed
from bangfu.registry.models import Household
from bangfu.support import measure_errors as errors
from bangfu.support import services
from bangfu.support.errors import DayAhead, ReasonNeeded
from bangfu.support.models import State, VillageProject
from bangfu.support.projects import ProjectEntry
from bangfu.support.services import Promise
from bangfu.support.village_plan import village_plan, years_with_projects
from tests.conftest import House
from tests.registry.making import household, person
from tests.support.giving import TODAY, days, given

pytestmark = pytest.mark.django_db
PROMISE = Promise(
    year=TODAY.year,
    helper_promise="联系养殖培训，帮助销售。",
    household_promise="养好两头猪，孩子不辍学。",
    helper_signed_on=TODAY,
    household_signed_on=TODAY,
    signer="",
    helper_name="赵帮扶",
)
ROAD = ProjectEntry(kind="02", name="6组通7组道路硬化", year=TODAY.year, quantity=Decimal("1.6"), unit="km")


@pytest.fixture
def clerk(house: House) -> Officer:
    return house.officer("village_committee")


@pytest.fixture
def home(house: House) -> Household:
    return household(house.officer("county_office"), house.village, person(1), person(2))


def scan() -> Any:
    return SimpleUploadedFile("promise.pdf", b"%PDF-1.4 promise %%EOF", "application/pdf")


@pytest.mark.req("C5")
def test_both_sides_promise_sign_and_are_asked_what_came_of_it(home, clerk):
    made = services.sign_commitment(by=clerk, household=home, promise=PROMISE, upload=scan())
    assert (made.signer, made.helper_name, made.paper.kind) == (home.head_name, "赵帮扶", "46")
    assert made.paper.household_id == home.pk
    with pytest.raises(errors.OutcomeMissing):  # what was not kept is put into words
        services.settle_commitment(by=clerk, commitment=made, helper_kept="kept", household_kept="partly", outcome=" ")
    with pytest.raises(errors.OutcomeMissing):
        services.settle_commitment(by=clerk, commitment=made, helper_kept="", household_kept="kept", outcome="好")
    done = services.settle_commitment(
        by=clerk, commitment=made, helper_kept="kept", household_kept="partly", outcome="卖了一头"
    )
    assert (done.settled_on, done.settled_by) == (TODAY, clerk)
    with pytest.raises(errors.CommitmentSettled):
        services.settle_commitment(by=clerk, commitment=made, helper_kept="kept", household_kept="kept", outcome="")


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"helper_promise": " "}, errors.PromiseMissing),
        ({"household_promise": ""}, errors.PromiseMissing),
        ({"helper_name": ""}, errors.NoHelper),
        ({"helper_signed_on": days(1)}, DayAhead),
        ({"household_signed_on": date(TODAY.year - 2, 12, 31)}, errors.SignedOtherYear),
    ],
)
def test_a_promise_that_is_not_whole_is_refused(home, clerk, values, error):
    with pytest.raises(error):
        services.sign_commitment(by=clerk, household=home, promise=replace(PROMISE, **values), upload=scan())


def test_a_promise_wants_its_own_paper_once_and_an_officer_of_the_place(home, house, clerk):
    with pytest.raises(errors.ProofElsewhere):
        services.sign_commitment(by=clerk, household=home, promise=PROMISE)
    first = services.sign_commitment(by=clerk, household=home, promise=PROMISE, upload=scan())
    with pytest.raises(errors.CommitmentTwice):
        services.sign_commitment(by=clerk, household=home, promise=PROMISE, paper=first.paper)
    other = household(house.officer("county_office"), house.village, person(9))
    with pytest.raises(errors.ProofElsewhere):
        services.sign_commitment(by=clerk, household=other, promise=PROMISE, paper=first.paper)
    neighbour = house.officer("village_committee", house.neighbour_village)
    with pytest.raises(NotAllowed):
        services.sign_commitment(by=neighbour, household=home, promise=PROMISE, paper=first.paper)
    Household.objects.filter(pk=home.pk).update(ended_on=TODAY)
    with pytest.raises(errors.HouseholdLeft):
        services.sign_commitment(
            by=clerk, household=home, promise=replace(PROMISE, helper_name="钱"), paper=first.paper
        )


@pytest.mark.req("C6")
def test_the_plan_of_a_village_adds_up_five_years_of_projects_and_measures(house, clerk, home):
    """The plan of a village in the mountains: 12 groups, a road a year, 455 households."""
    first = TODAY.year - 2
    Household.objects.bulk_create(
        Household(household_no=f"盘石{n}", village=house.village, place=house.village.place) for n in range(16)
    )
    for year, name, km, households, people in (
        (first, "中心村公路（12组）", "1.3", 10, 35),
        (first + 1, "6组通7组公路", "1.6", 16, 130),
        (first + 3, "8组公路", "1.2", 12, 89),
        (first + 4, "10组公路", "1.5", 12, 73),
    ):
        road = ProjectEntry("02", name, year, Decimal(km), "km", Decimal("300000.50"), households, people)
        services.save_project(by=clerk, village=house.village, entry=road)
    dam = ProjectEntry("05", "马井栏水坝加固", first, Decimal(500), "metre")
    services.save_project(by=clerk, village=house.village, entry=dam)
    path = ProjectEntry("03", "茶园产业路", first, Decimal(250), "metre")
    services.save_project(by=clerk, village=house.village, entry=path)
    given(home, starts_on=date(first, 4, 1), money=Decimal(1000))
    given(home, "0903", starts_on=date(first, 6, 1), money=Decimal("0.50"))
    given(home, starts_on=date(first + 1, 4, 1))
    plan = village_plan(clerk, house.village, first)
    assert [(year.year, year.sums.projects, year.sums.road_km) for year in plan.years] == [
        (first, 3, Decimal("1.55")),
        (first + 1, 1, Decimal("1.6")),
        (first + 2, 0, 0),
        (first + 3, 1, Decimal("1.2")),
        (first + 4, 1, Decimal("1.5")),
    ]
    total = plan.total
    assert (total.road_km, total.households, total.people) == (Decimal("5.85"), 50, 327)
    assert (total.measures, total.helped_households, total.helped_people) == (3, 1, 2)
    assert (total.project_money, total.measure_money) == (Decimal("1200002.00"), Decimal("1000.50"))
    assert plan.years[0].classes == {"01": 1, "09": 1}
    assert list(years_with_projects(clerk, house.village)) == [first, first + 1, first + 3, first + 4]
    neighbour = house.officer("village_committee", house.neighbour_village)
    assert village_plan(neighbour, house.village, first).total.projects == 0


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"kind": "77"}, errors.ProjectKindUnknown),
        ({"name": " "}, errors.ProjectNameMissing),
        ({"year": TODAY.year + 6}, errors.ProjectYearWrong),
        ({"year": 2013}, errors.ProjectYearWrong),
        ({"unit": ""}, errors.QuantityWithoutUnit),
        ({"quantity": Decimal(-1)}, errors.NumberNegative),
        ({"money": Decimal("-0.01")}, errors.NumberNegative),
        ({"households": 10, "people": 9}, errors.FewerPeopleThanHouseholds),
        ({"households": 2, "people": 9}, errors.MoreThanInVillage),
        ({"state": State.GIVEN_UP}, ReasonNeeded),
    ],
)
def test_a_project_that_cannot_be_is_refused(house, clerk, home, values, error):
    with pytest.raises(error):
        services.save_project(by=clerk, village=house.village, entry=replace(ROAD, **values))
    assert not VillageProject.objects.exists()


def test_a_project_is_changed_by_who_saw_it_last_and_given_up_for_a_reason(house, clerk):
    made = services.save_project(by=clerk, village=house.village, entry=ROAD)
    with pytest.raises(errors.ProjectTwice):
        services.save_project(by=clerk, village=house.village, entry=ROAD)
    seen = VillageProject.objects.get(pk=made.pk)
    services.save_project(by=clerk, village=house.village, entry=replace(ROAD, money=Decimal(5)), project=made)
    with pytest.raises(errors.ProjectChanged):
        services.save_project(by=clerk, village=house.village, entry=ROAD, project=seen)
    again = VillageProject.objects.get(pk=made.pk)
    gone = replace(ROAD, state=State.GIVEN_UP)
    services.save_project(by=clerk, village=house.village, entry=gone, project=again, reason="改道")
    plan = village_plan(clerk, house.village, TODAY.year)
    assert (plan.total.projects, [p.name for p in plan.given_up]) == (0, [ROAD.name])
    with pytest.raises(errors.NotAVillage):
        services.save_project(by=house.officer("county_office"), village=house.township, entry=ROAD)
    with pytest.raises(NotAllowed):
        services.save_project(by=clerk, village=house.other_village, entry=ROAD)
