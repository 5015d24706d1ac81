"""The curve planned backwards from the deadline, and how a target stands against it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.plans.models import Pace, Standing
from bangfu.plans.targets.catalogue import terms
from bangfu.plans.targets.courses import Course, outlook
from bangfu.plans.targets.words import limit_text, way_text

pytestmark = pytest.mark.req("E3")
START, END = date(2026, 1, 1), date(2026, 4, 11)  # 100 days


def course(**given):
    usual = {"starts_on": START, "base": Decimal(0), "amount": Decimal(100), "deadline": END, "comparison": "ge"}
    return Course(**(usual | given))


def on(days):
    return START + timedelta(days=days)


def stands(which, past, day):
    return outlook(which, past, on(day), terms())


def test_by_days_the_plan_is_a_line_to_the_deadline():
    plan = course()
    assert [plan.planned(on(day)) for day in (-5, 0, 25, 50, 100, 300)] == [0, 0, 25, 50, 100, 100]
    assert course(deadline=None).planned(on(3)) is None


def test_how_much_of_the_way_is_done_is_told_with_where_it_began():
    told = [way_text(course(), Decimal(value), "户") for value in (0, 40, 100)]
    assert told == ["完成 0%", "完成 40%", "完成 100%"]
    share = course(base=Decimal("99.9"))
    told = [way_text(share, Decimal(value), "%") for value in ("99.9", "99.95", "100")]
    assert told == ["从 99.9% 算起完成 0%", "从 99.9% 算起完成 50%", "已达到要求"]
    assert way_text(course(base=Decimal(3), comparison="le"), Decimal(40), "户") == "守住，离限值还有 60 户"
    assert way_text(share, None, "%") == ""


def test_by_weeks_it_rises_at_the_ends_of_weeks_counted_back_from_the_deadline():
    plan = course(pace=Pace.WEEK)
    assert plan.planned(END - timedelta(days=7)) == 93
    assert plan.planned(END - timedelta(days=1)) == 93
    assert plan.planned(END) == 100
    assert plan.planned(on(1)) == 0  # the first days are no whole week


def test_by_nodes_it_rises_when_each_has_come():
    plan = course(pace=Pace.NODE, nodes=((on(30), Decimal(20)), (on(60), Decimal(70))))
    assert [plan.planned(on(day)) for day in (0, 29, 30, 59, 60, 99, 100)] == [0, 0, 20, 20, 70, 70, 100]
    assert plan.curve(1000)[:4] == [(START, 0), (on(30), 0), (on(30), 20), (on(60), 20)]


@given(
    st.integers(0, 1000), st.integers(0, 1000), st.sampled_from(["ge", "le", "eq"]), st.sampled_from(list(Pace)),
    st.integers(1, 900), st.integers(-10, 1000),
)  # fmt: skip
def test_the_plan_never_turns_back_and_never_leaves_its_ends(base, amount, comparison, pace, days, day):
    plan = course(base=Decimal(base), amount=Decimal(amount), comparison=comparison, pace=pace, deadline=on(days))
    before, after = plan.planned(on(day)), plan.planned(on(day + 1))
    assert before is not None
    assert plan.reaches(after, before) or plan.amount <= plan.base
    assert min(base, amount) <= before <= max(base, amount)
    assert plan.planned(on(days)) == amount
    assert plan.satisfied(plan.amount)


def test_whoever_keeps_up_is_on_course_and_is_told_when_it_will_be_done():
    found = stands(course(), [(on(20), Decimal(20)), (on(40), Decimal(42))], 40)
    assert found.standing == Standing.ON_COURSE
    assert found.behind_days == 0
    assert found.forecast == Decimal("108.00")
    assert found.forecast_on == on(93)


def test_a_few_days_behind_is_a_risk_and_many_are_late():
    assert stands(course(), [(on(50), Decimal(45))], 50).behind_days == 5
    risk = stands(course(), [(on(50), Decimal(35))], 50)
    assert (risk.standing, risk.behind_days) == (Standing.AT_RISK, 15)
    assert stands(course(), [(on(50), Decimal(15))], 50).standing == Standing.LATE
    assert stands(course(), [(on(90), Decimal(99))], 101).standing == Standing.LATE


def test_a_pace_that_will_not_do_is_a_risk_before_anybody_is_behind():
    found = stands(course(), [(on(10), Decimal(50)), (on(60), Decimal(60))], 60)
    assert found.behind_days == 0
    assert found.forecast == Decimal("68.00")
    assert found.standing == Standing.AT_RISK


def test_without_a_value_nobody_knows_and_what_is_reached_is_reached():
    assert stands(course(), [], 50).standing == Standing.UNKNOWN
    assert stands(course(), [(on(60), Decimal(99))], 50).standing == Standing.UNKNOWN
    assert stands(course(deadline=None), [(on(5), Decimal(5))], 50).standing == Standing.UNKNOWN
    assert stands(course(), [(on(50), Decimal(100))], 50).standing == Standing.REACHED


def test_a_limit_is_kept_to_its_end_and_what_should_fall_falls():
    limit = course(base=Decimal(2), amount=Decimal(2), comparison="le")
    rises = course(base=Decimal(1), amount=Decimal(2), comparison="le")
    assert stands(rises, [(on(50), Decimal(2))], 50).standing == Standing.AT_RISK  # it will pass the limit at this pace
    assert stands(limit, [(on(50), Decimal(2))], 50).standing == Standing.ON_COURSE
    assert stands(limit, [(on(50), Decimal(2))], 100).standing == Standing.REACHED
    assert stands(limit, [(on(50), Decimal(3))], 50).standing == Standing.LATE
    falls = course(base=Decimal(200), amount=Decimal(0), comparison="eq")
    assert falls.planned(on(50)) == 100
    assert falls.percent(Decimal(150)) == 25
    assert stands(falls, [(on(50), Decimal(0))], 50).standing == Standing.REACHED


def test_a_limit_is_kept_or_broken_and_has_no_way_to_go():
    limit, nothing = course(amount=Decimal(5), comparison="le"), course(amount=Decimal(0), comparison="le")
    assert [limit.percent(Decimal(each)) for each in (0, 4, 5, 9)] == [None] * 4
    assert [limit.kept(each) for each in (None, Decimal(0), Decimal(5), Decimal("5.01"))] == [None, True, True, False]
    assert [limit.used(Decimal(each)) for each in (0, 4, 5, 9)] == [0, 80, 100, 100]
    assert [nothing.used(Decimal(each)) for each in (0, 1)] == [0, 100]
    assert [nothing.kept(Decimal(each)) for each in (0, 1)] == [True, False]
    down = course(base=Decimal(8), amount=Decimal(2), comparison="le")  # on the way down there is a way to go
    assert [(down.percent(Decimal(each)), down.kept(Decimal(each))) for each in (8, 5, 2)] == [
        (0, None), (50, None), (100, True),
    ]  # fmt: skip
    assert course().kept(Decimal(5)) is None


@given(
    st.decimals(-1000, 1000, places=2), st.decimals(-1000, 1000, places=2), st.decimals(-1000, 1000, places=2),
    st.sampled_from(["ge", "le", "eq", "range", "all"]),
)  # fmt: skip
def test_no_figure_is_too_odd_to_be_told_how_far_it_is(base, amount, value, comparison):
    plan = course(base=base, amount=amount, comparison=comparison, amount_to=amount if comparison == "range" else None)
    percent, said = plan.percent(value), limit_text(plan, value, "%")
    assert percent is None if plan.is_limit else 0 <= percent <= 100
    assert 0 <= plan.used(value) <= 100
    assert (plan.kept(value) is None) == (said == "")


def test_ninety_nine_point_nine_is_not_a_hundred_percent():
    assert course().percent(Decimal("99.99")) == 99
    assert course().percent(None) is None
    within = course(comparison="range", amount_to=Decimal(120))
    assert within.percent(Decimal(130)) == 92
    assert within.percent(Decimal(110)) == 100
