"""Targets: tracked, broken down, measured, reported, changed; with what stands in the way of each."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed, NumberWrong
from bangfu.plans import services
from bangfu.plans.models import Across, DailyValue, Pace, Standing, Target, Way
from bangfu.plans.services import StageGiven
from bangfu.plans.targets import errors as target_errors
from bangfu.plans.targets.catalogue import catalogue, our_word
from bangfu.plans.targets.measuring import check_file, households, value
from bangfu.plans.targets.setting import last_day
from bangfu.plans.targets.sharing import shared
from bangfu.registry.models import Dwelling, Household, Member
from tests.plans.making import helper, household, officer, pair, picture, unit

pytestmark = [pytest.mark.req("E2"), pytest.mark.req("E3")]
TODAY = timezone.localdate()
ENDS = TODAY + timedelta(days=200)


def tracked(area, **given):
    usual = {
        "by": None, "area": area, "title": "建设产业路", "amount": 100, "unit": "公里", "comparison": "ge",
        "deadline": ENDS,
        "starts_on": TODAY - timedelta(days=100),
    }  # fmt: skip
    return services.track(**(usual | given))


def parts_of(target):
    return list(Target.objects.live().filter(parent=target).order_by("part_year", "place"))


@pytest.fixture
def homes(house):
    """Three households in one village, one in another, one with the neighbours; five people, two of them insured."""
    made = [household(house.village, str(n)) for n in range(3)]
    made += [household(house.other_village), household(house.neighbour_village)]
    for number, home in enumerate(made):
        person = Member(
            household=home, place=home.place, person_no=f"P{number}", name=f"人{number}",
            birth_date=date(1980, 5, number + 1),
            resident_medical_insurance=number < 2 or None, employee_medical_insurance=False,
        )  # fmt: skip
        Member.objects.bulk_create([person])
    return made


@pytest.mark.databases
def test_every_measure_of_the_catalogue_counts(house, homes):
    check_file()
    for measure in catalogue().measures:
        found = value(measure, house.county, date(2020, 1, 1), TODAY)
        assert measure.is_share or found is not None
        assert households(house.officer("county_office"), measure, house.county, date(2020, 1, 1), TODAY).count() < 6
    share = catalogue()["insured_share"]
    assert value(share, house.county, TODAY, TODAY) == 40
    assert value(share, house.village, TODAY, TODAY) == pytest.approx(200 / 3)
    assert value(share, house.neighbour_county, TODAY, TODAY) is None
    assert value(catalogue()["people_on_file"], house.neighbour_county, TODAY, TODAY) == 0


@pytest.mark.databases
def test_a_figure_leads_to_the_households_behind_it_and_to_those_still_lacking(house, homes):
    office, share = house.officer("county_office"), catalogue()["insured_share"]
    assert set(households(office, share, house.county, TODAY, TODAY)) == set(homes[:2])
    assert set(households(office, share, house.county, TODAY, TODAY, lacking=True)) == set(homes[2:])
    village = house.officer("village_committee", house.village)
    assert set(households(village, share, house.county, TODAY, TODAY, lacking=True)) == {homes[2]}
    Dwelling.objects.bulk_create([Dwelling(household=homes[0], safe_water_solved=True)])
    water = catalogue()["safe_water_share"]
    assert set(households(office, water, house.township, TODAY, TODAY, lacking=True)) == set(homes[1:4])
    pair(helper(unit(house.county), "张帮扶"), homes[3])
    assert set(households(office, catalogue()["households_with_helper"], house.county, TODAY, TODAY)) == {homes[3]}


def test_a_measured_target_begins_where_it_is_and_follows_the_registry(house, homes):
    target = tracked(house.county, title="参保率", measure="insured_share", amount=95, unit="％", starts_on=TODAY)
    assert (target.base, target.value, target.unit) == (40, 40, "%")
    Member.objects.filter(person_no="P2").update(resident_medical_insurance=True)
    assert services.keep_day() == 1
    target.refresh_from_db()
    assert target.value == 60
    assert target.standing == Standing.ON_COURSE
    assert list(target.days.values_list("day", "value")) == [(TODAY, 60)]
    assert Entry.objects.filter(action="target.tracked", subject_id=str(target.pk)).count() == 1


@pytest.mark.databases
def test_what_happened_by_dates_can_be_told_of_earlier_days_and_nothing_else(house, homes):
    began = TODAY - timedelta(days=90)
    state = tracked(house.county, title="参保", measure="insured_people", unit="人", starts_on=began)
    left = tracked(
        house.county, title="脱贫", measure="households_out_of_poverty", unit="户", amount=4, starts_on=began
    )
    Household.objects.filter(pk=homes[0].pk).update(exited_on=TODAY - timedelta(days=60))
    Household.objects.filter(pk=homes[1].pk).update(exited_on=TODAY)
    for days in (80, 30):
        services.keep_day(TODAY - timedelta(days=days))
    services.keep_day(TODAY)
    assert [number for _day, number in left.days.values_list("day", "value")] == [0, 1, 2]
    assert state.days.count() == 1


def test_a_target_is_shared_out_by_a_figure_of_the_registry_and_adds_up(house, homes):
    target = tracked(house.county, title="改厕", amount=101, unit="户")
    made = services.break_down(
        target=target, by=None, across=Across.AREAS, way=Way.SHARE, figure="people_on_file", reason="按人口"
    )
    assert [(part.area, part.amount) for part in made] == [(house.township, 81), (house.neighbour_township, 20)]
    villages = services.break_down(
        target=made[0], by=None, across=Across.AREAS, way=Way.SHARE, figure="people_on_file", reason="按人口"
    )
    assert [part.amount for part in villages] == [61, 20]
    services.amend(target=target, by=None, values={"amount": 50, "title": "改厕户数"}, reason="指标调减")
    assert [part.amount for part in parts_of(target)] == [40, 10]
    assert [part.amount for part in parts_of(made[0])] == [30, 10]
    assert parts_of(made[0])[0].title == "改厕户数"
    assert [line.reason for line in parts_of(made[0])[0].history.all()] == ["指标调减"]
    with pytest.raises(target_errors.PartFollowsWhole):
        services.amend(target=made[0], by=None, values={"amount": 7}, reason="改")
    with pytest.raises(target_errors.PartFollowsWhole):
        services.withdraw_target(target=made[0], by=None, reason="不要了")
    services.break_down(
        target=target, by=None, across=Across.AREAS, way=Way.HAND, areas=[house.township],
        amounts={house.township.pk: Decimal(50)}, reason="只在一个乡做",
    )  # fmt: skip
    assert [part.amount for part in parts_of(target)] == [50]
    assert sum(part.amount for part in parts_of(made[0])) == 50
    services.withdraw_target(target=target, by=None, reason="任务取消")
    assert not Target.objects.live().exists()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 300_000), st.booleans()), min_size=1, max_size=2))
def test_whatever_is_changed_the_parts_add_up_at_every_level(house, changes):
    target = tracked(house.county, amount=10, unit="户")
    services.break_down(
        target=target, by=None, across=Across.AREAS, way=Way.HAND, reason="分",
        amounts={house.township.pk: Decimal(7), house.neighbour_township.pk: Decimal(3)},
    )  # fmt: skip
    first = parts_of(target)[0]
    services.break_down(
        target=first, by=None, across=Across.AREAS, way=Way.HAND, reason="分",
        amounts={house.village.pk: Decimal(2), house.other_village.pk: Decimal(5)},
    )  # fmt: skip
    for amount, halves in changes:
        given = Decimal(amount) / (100 if halves else 1)
        services.amend(target=target, by=None, values={"amount": given}, reason="调整")
        target.refresh_from_db()
        first.refresh_from_db()
        assert sum(part.amount for part in parts_of(target)) == target.amount == given
        assert sum(part.amount for part in parts_of(first)) == first.amount
    services.withdraw_target(target=target, by=None, reason="试完")


def test_years_share_by_days_and_rates_lead_year_by_year_to_the_end(house, homes):
    long = {"starts_on": date(2026, 7, 1), "deadline": date(2028, 12, 31)}
    target = tracked(house.county, amount=914, unit="户", **long)
    made = services.break_down(target=target, by=None, across=Across.YEARS, way=Way.SHARE, reason="分年")
    assert [(part.part_year, part.amount) for part in made] == [(2026, 184), (2027, 365), (2028, 366 - 1)]
    assert [(part.starts_on, part.deadline) for part in made][1] == (date(2027, 1, 1), date(2027, 12, 31))
    rate = tracked(house.county, measure="insured_share", amount=100, unit="%", comparison="all", base=40, **long)
    assert [each.amount for each in shared(rate, Across.YEARS, Way.RATE)] == [60, 80, 100]
    assert [each.amount for each in shared(rate, Across.AREAS, Way.RATE)] == [100, 100]
    with pytest.raises(target_errors.WayNotForRates):
        shared(rate, Across.AREAS, Way.HAND)
    services.amend(target=target, by=None, values={"deadline": date(2028, 6, 30)}, reason="提前")
    assert parts_of(target)[-1].deadline == date(2028, 6, 30)
    with pytest.raises(target_errors.DeadlineBeforeParts):
        services.amend(target=target, by=None, values={"deadline": date(2027, 6, 30)}, reason="再提前")


@pytest.mark.databases
def test_history_shares_by_what_each_brought_before(house, homes):
    before = TODAY - timedelta(days=150)
    Household.objects.filter(pk__in=[home.pk for home in homes[:3]]).update(exited_on=before)
    Household.objects.filter(pk=homes[4].pk).update(exited_on=before)
    target = tracked(house.county, measure="households_out_of_poverty", unit="户", amount=8, starts_on=TODAY)
    parts = shared(target, Across.AREAS, Way.HISTORY)
    assert [(part.area, part.weight, part.amount) for part in parts] == [
        (house.township, 3, 6), (house.neighbour_township, 1, 2),
    ]  # fmt: skip
    with pytest.raises(target_errors.NoHistory):
        shared(tracked(house.county), Across.AREAS, Way.HISTORY)


def test_reports_come_with_evidence_and_sum_up_to_the_whole(house):
    target = tracked(house.county)
    one, other = services.break_down(
        target=target, by=None, across=Across.AREAS, way=Way.HAND, reason="分",
        amounts={house.township.pk: Decimal(60), house.neighbour_township.pk: Decimal(40)},
    )  # fmt: skip
    first, second = TODAY - timedelta(days=20), TODAY - timedelta(days=10)
    services.report(target=one, by=None, day=first, value=30, upload=picture(), reason="已验收")
    services.report(target=other, by=None, day=second, value="10.5", upload=picture(1))
    wrong = services.report(target=one, by=None, day=second, value=300, upload=picture(2))
    target.refresh_from_db()
    assert (target.value, target.standing) == (Decimal("310.50"), Standing.REACHED)
    services.withdraw_report(report=wrong, by=None)
    target.refresh_from_db()
    assert list(target.days.values_list("day", "value")) == [(first, 30), (second, Decimal("40.50"))]
    assert (target.value, target.valued_on) == (Decimal("40.50"), second)
    with pytest.raises(target_errors.ReportWithdrawn):
        services.withdraw_report(report=wrong, by=None)
    for error, entered in (
        (target_errors.EvidenceMissing, {"value": 5}),
        (target_errors.ReportEmpty, {}),
        (target_errors.ReportInFuture, {"reason": "x", "day": TODAY + timedelta(days=1)}),
        (target_errors.ReportBeforeStart, {"reason": "x", "day": TODAY - timedelta(days=101)}),
        (target_errors.AmountNegative, {"value": -1, "upload": picture()}),
        (NumberWrong, {"value": "一半", "upload": picture()}),
    ):
        with pytest.raises(error):
            services.report(**{"target": one, "by": None, "day": TODAY, **entered})
    measured = tracked(house.county, measure="insured_people", unit="名")
    with pytest.raises(target_errors.ValueIsMeasured):
        services.report(target=measured, by=None, day=TODAY, value=5, upload=picture())
    services.report(target=measured, by=None, day=TODAY, reason="缴费期未到")


def test_stages_follow_each_other_and_plans_by_nodes_want_them(house):
    target = tracked(house.county)
    with pytest.raises(target_errors.NodesWanted):
        services.amend(target=target, by=None, values={"pace": Pace.NODE}, reason="倒排")
    good = [StageGiven("动员", TODAY), StageGiven("开工", TODAY + timedelta(days=50), Decimal(40))]
    made = services.set_stages(target=target, by=None, stages=good, reason="倒排工期")
    services.amend(target=target, by=None, values={"pace": Pace.NODE}, reason="倒排")
    services.finish_stage(stage=made[0], by=None, on=TODAY)
    assert target.stages.first().done_on == TODAY
    for error, stages in (
        (target_errors.StageWrong, [StageGiven("", TODAY)]),
        (target_errors.StageWrong, [*reversed(good)]),
        (target_errors.StageWrong, [StageGiven("过期", ENDS + timedelta(days=1))]),
        (target_errors.StageAmountsWrong, [StageGiven("多了", TODAY, Decimal(101))]),
    ):
        with pytest.raises(error):
            services.set_stages(target=target, by=None, stages=stages, reason="改")
    services.set_stages(target=target, by=None, stages=[], reason="不分阶段")
    target.refresh_from_db()
    assert target.pace == Pace.DAY


@pytest.mark.parametrize(
    ("error", "given"),
    [
        (target_errors.TargetTitleMissing, {"title": " "}),
        (target_errors.AmountNegative, {"amount": -1}),
        (NumberWrong, {"amount": "0.001"}),
        (target_errors.RangeUpsideDown, {"comparison": "range"}),
        (target_errors.RangeUpsideDown, {"comparison": "range", "amount_to": 99}),
        (target_errors.RangeUpsideDown, {"amount_to": 200}),
        (target_errors.DeadlineBeforeStart, {"deadline": TODAY - timedelta(days=100)}),
        (target_errors.MeasureUnknown, {"measure": "cake"}),
        (target_errors.UnitsDiffer, {"measure": "insured_people"}),
    ],
)
def test_what_cannot_be_a_target_is_refused(house, error, given):
    with pytest.raises(error):
        tracked(house.county, **given)
    assert not Target.objects.exists()


@pytest.mark.parametrize(
    ("error", "given"),
    [
        (target_errors.PartsDoNotAddUp, {"way": Way.HAND, "amounts": {}}),
        (target_errors.NoWeights, {"way": Way.SHARE, "figure": "poor_people"}),
        (target_errors.MeasureUnknown, {"way": Way.SHARE, "figure": "insured_people"}),
        (target_errors.NoParts, {"way": Way.HAND, "areas": []}),
        (target_errors.WayNotForRates, {"way": Way.RATE}),
        (target_errors.YearsNotWithin, {"way": Way.SHARE, "across": Across.YEARS, "deadline": None}),
        (target_errors.TargetReasonMissing, {"way": Way.HAND, "reason": " "}),
        (target_errors.TargetChangedMeanwhile, {"way": Way.HAND, "seen": 7}),
    ],
)
def test_what_cannot_be_broken_down_so_is_refused(house, error, given):
    target = tracked(house.county, **({"deadline": given.pop("deadline")} if "deadline" in given else {}))
    with pytest.raises(error):
        services.break_down(**{"target": target, "by": None, "across": Across.AREAS, "reason": "分", **given})
    with pytest.raises(target_errors.AreaNotBelow):
        shared(target, Across.AREAS, Way.HAND, areas=[house.village])


def test_only_who_maintains_plans_there_sets_targets_and_owners_report(house):
    county, township = house.officer("county_office"), house.officer("township_station", house.township)
    target = tracked(house.county, by=county)
    with pytest.raises(NotAllowed):
        tracked(house.county, by=township)
    assert tracked(house.township, by=township).made_by == township
    bureau = unit(house.county)
    clerk = officer("ma", "department", house.neighbour_county)
    helper(bureau, "马", account=clerk)
    with pytest.raises(NotAllowed):
        services.report(target=target, by=clerk, day=TODAY, reason="x")
    assert target not in Target.objects.visible_to(clerk)
    services.amend(target=target, by=county, values={"owner_unit": bureau}, reason="定责任")
    services.report(target=target, by=clerk, day=TODAY, reason="正在招标")
    assert target in Target.objects.visible_to(clerk)
    with pytest.raises(NotAllowed):
        services.withdraw_target(target=target, by=clerk, reason="x")
    assert not Target.objects.visible_to(house.officer("system_administrator")).exists()


def test_deadlines_of_readings_mean_their_last_day():
    assert last_day("2026") == date(2026, 12, 31)
    assert last_day("2026-02") == date(2026, 2, 28)
    assert last_day("2026-12") == date(2026, 12, 31)
    assert last_day("2026-03-05") == date(2026, 3, 5)
    assert [last_day(odd) for odd in ("", "x", "2026-13", "2026-02-30", "1-2-3-4")] == [None] * 5
    assert [our_word(word) for word in ("名", " 户 ", "％", "亩")] == ["人", "户", "%", "亩"]


@pytest.mark.databases
def test_the_days_work_of_many_targets_does_not_ask_more_questions(house, homes, django_assert_max_num_queries):
    target = tracked(house.county, measure="insured_people", unit="人", starts_on=TODAY)
    for level in (target, None):
        whole = level or parts_of(target)[0]
        services.break_down(
            target=whole, by=None, across=Across.AREAS, way=Way.SHARE, figure="people_on_file", reason="按人口"
        )
    assert Target.objects.count() == 5
    with django_assert_max_num_queries(24):
        assert services.keep_day() == 5
    assert DailyValue.objects.count() == 5
