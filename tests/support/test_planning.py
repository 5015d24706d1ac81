"""One household, one plan: needs without a measure, measures for no need, what is lacking; for one as for all."""

import random
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bangfu.accounts.models import Officer
from bangfu.casework.models import Risk
from bangfu.common.paging import counted
from bangfu.common.policy import code_list
from bangfu.registry.models import Household
from bangfu.support import services
from bangfu.support.measure_lists import LATE, NO_PROOF, Wanted, in_order, measures, sums
from bangfu.support.models import Measure, State
from bangfu.support.planning import lacking, needs_of, plan_of, plans_of, without_measure
from bangfu.support.selectors import measures_of
from tests.conftest import House
from tests.registry.making import household, person
from tests.support.giving import TODAY, days, given, poor, under_way, watched

pytestmark = pytest.mark.django_db
YEAR = TODAY.year


@pytest.fixture
def clerk(house: House) -> Officer:
    return house.officer("village_committee")


@pytest.fixture
def home(house: House) -> Household:
    return household(house.officer("county_office"), house.village, person(1), person(2))


@pytest.mark.req("C5")
def test_a_plan_goes_from_causes_and_risks_to_measures_and_shows_what_is_missing(home, clerk):
    poor(home, "01", "07")
    watched(home, "01", "10")
    treated = given(home, "0903", starts_on=date(YEAR, 1, 5))
    built = given(home, "0501", starts_on=date(YEAR, 1, 5))
    plan = plan_of(clerk, home, YEAR, TODAY)
    lines = [(line.need, [m.pk for m in line.measures]) for line in plan.needs]
    assert lines == [
        (("cause", "01"), [treated.pk]),
        (("cause", "07"), []),
        (("risk", "01"), [treated.pk]),
        (("risk", "10"), []),
    ]
    assert [line.label for line in plan.unmet] == ["缺技术", "因安全饮水"]
    assert [m.pk for m in plan.unfit] == [built.pk]


def test_causes_of_a_household_out_of_poverty_and_risks_that_are_gone_want_nothing(home, clerk):
    poor(home, "01")
    recognition = watched(home, "01", "03")
    Household.objects.filter(pk=home.pk).update(poverty_status="1")
    Risk.objects.filter(code="03").update(cleared_on=days(-1))
    home.refresh_from_db()
    assert needs_of([home], TODAY)[home.pk] == [("risk", "01")]
    assert needs_of([home], days(-2))[home.pk] == [("risk", "01"), ("risk", "03")]
    recognition.void = True
    recognition.save()
    assert needs_of([home], TODAY)[home.pk] == []
    given(home, "0501", starts_on=date(YEAR, 1, 5))
    assert plan_of(clerk, home, YEAR, TODAY).unfit == ()  # nothing says what would fit


def test_a_plan_of_a_year_holds_what_runs_in_it_and_not_what_was_given_up(home, clerk):
    poor(home, "07")
    long = under_way(home, starts_on=date(2024, 3, 1), ends_on=date(2025, 2, 1), content="长")
    open_still = under_way(home, starts_on=date(2024, 3, 1), content="无期")
    gone = given(home, starts_on=date(2025, 3, 1), content="取消")
    services.move_measure(by=clerk, measure=gone, to=State.GIVEN_UP, reason="不做了")
    found = {year: {m.pk for m in plan_of(clerk, home, year, TODAY).measures} for year in (2023, 2024, 2025, 2026)}
    assert found == {2023: set(), 2024: {long.pk, open_still.pk}, 2025: {long.pk, open_still.pk}, 2026: {open_still.pk}}


def test_an_officer_elsewhere_sees_an_empty_plan(home, house):
    poor(home, "07")
    given(home, starts_on=date(YEAR, 1, 5))
    neighbour = house.officer("village_committee", house.neighbour_village)
    assert plan_of(neighbour, home, YEAR, TODAY).measures == ()
    assert not without_measure(neighbour, None, YEAR, TODAY).exists()


@pytest.mark.req("C6")
@pytest.mark.databases
def test_the_list_of_households_whose_cause_has_no_measure_is_what_their_plans_say(house, clerk):
    """Fifty households with causes, risks and measures by chance: the set-based question agrees with each plan."""
    chance = random.Random(7)
    causes, risks = (["", *(c.code for c in code_list(name).codes)] for name in ("poverty_cause", "monitor_risk"))
    kinds = [c.code for c in code_list("measure_kind").codes]
    villages = (house.village, house.other_village)
    homes = Household.objects.bulk_create(
        Household(household_no=f"随机{n}", village=village, place=village.place)
        for n in range(50)
        for village in [chance.choice(villages)]
    )
    for home in homes:
        columns = {c: chance.choice(causes) for c in ("main_cause", "other_cause_1", "other_cause_2")}
        Household.objects.filter(pk=home.pk).update(poverty_status=chance.choice("0123"), **columns)
        if chance.random() < 0.5:
            watched(home, *{code for code in chance.choices(risks, k=3) if code})
        for kind in chance.choices(kinds, k=chance.randrange(4)):
            Measure.objects.create(
                household=home, kind=kind, measure_class=kind[:2], owner="村", starts_on=date(YEAR - 1, 3, 1),
                ends_on=chance.choice((None, date(YEAR, 4, 1), date(YEAR - 1, 4, 1))),
                state=chance.choice(("planned", "under_way", "given_up")),
            )  # fmt: skip
    county = house.officer("county_office")
    everybody = list(Household.objects.filter(pk__in=[home.pk for home in homes]).select_related("village"))
    expected = {pk for pk, plan in plans_of(county, everybody, YEAR, TODAY).items() if plan.unmet}
    assert 10 < len(expected) < 45
    assert set(without_measure(county, None, YEAR, TODAY).values_list("pk", flat=True)) == expected
    mine = set(without_measure(clerk, house.village, YEAR, TODAY).values_list("pk", flat=True))
    assert mine == {home.pk for home in everybody if home.pk in expected and home.village_id == house.village.pk}


def test_plans_of_many_take_as_many_queries_as_of_one(house, clerk):
    by = house.officer("county_office")
    homes = [poor(household(by, house.village, person(300 + each)), "07") for each in range(8)]
    for each in homes:
        given(each, starts_on=date(YEAR, 1, 5))
    rows = list(Household.objects.filter(pk__in=[h.pk for h in homes]).select_related("village"))

    def queries(number: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            plans_of(clerk, rows[:number], YEAR, TODAY)
        return len(asked)

    queries(1)  # the officer's posts are known from now on
    assert queries(8) == queries(1) <= 4


@pytest.mark.req("C5")
def test_rules_say_what_a_household_should_have_and_has_not(home, clerk):
    watched(home, "01", "10", since=days(-400))
    assert lacking(home, TODAY) == []  # nobody in the village has entered a measure: unknown, not lacking
    given(home, "0601", quantity=None)
    told = {judged.rule.id for judged in lacking(home, TODAY)}
    assert {"MON-13", "Q134"} <= told and not {"Q129", "Q139"} & told
    under_way(home)
    given(home, "0903")
    assert not {"MON-13", "Q134"} & {judged.rule.id for judged in lacking(home, TODAY)}


def test_lists_of_measures_answer_to_area_class_state_year_and_what_is_wanting(home, house, clerk):
    by = house.officer("county_office")
    other = household(by, house.neighbour_village, person(50))
    late = given(home, content="迟")
    running = under_way(home, "0903", ends_on=days(30))
    done = given(home, "1102", state=State.DONE, ends_on=days(-1), result="好")
    elsewhere = given(other)

    def found(viewer: Officer = clerk, **asked: object) -> set[int]:
        return set(measures(viewer, Wanted(**asked), TODAY).values_list("pk", flat=True))

    assert found() == {late.pk, running.pk, done.pk}
    assert found(by) == found() | {elsewhere.pk}
    assert found(by, area=house.neighbour_township) == {elsewhere.pk}
    assert found(measure_class="09") == found(state="under_way") == {running.pk}
    assert found(wanting=LATE) == {late.pk} and found(wanting=NO_PROOF) == {done.pk}
    assert found(year=days(-30).year) == found() and found(year=2019) == set()
    assert found(q=home.head_name) == found() and found(by, q=other.head_name[:1] + "某") == set()
    ordered = [m.pk for m in in_order(measures(by, Wanted(), TODAY), "-kind")]
    assert ordered[0] == done.pk
    assert counted(measures(by, Wanted(), TODAY)).number == 4
    assert [(s.measure_class, s.measures, s.households) for s in sums(measures(by, Wanted(), TODAY))] == [
        ("01", 2, 2), ("09", 1, 1), ("11", 1, 1),
    ]  # fmt: skip


def test_other_rooms_ask_for_the_standing_measures_of_households(home, house, clerk):
    kept, gone = given(home), given(home, "0903")
    services.move_measure(by=clerk, measure=gone, to=State.GIVEN_UP, reason="不做了")
    assert {pk: [m.pk for m in rows] for pk, rows in measures_of([home.pk]).items()} == {home.pk: [kept.pk]}
