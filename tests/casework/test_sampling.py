"""The level above looks into a share of what comes up, drawn so that anybody can draw it again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.casework import meeting_errors as errors
from bangfu.casework import services
from bangfu.casework.models import Case, SampledCase
from bangfu.casework.procedures import SampleRule
from bangfu.casework.sampling import drawn_from, how_many
from bangfu.common.errors import NotAllowed
from tests.casework.making import days_ago, opened, procedure

SAMPLE = {"kind": "sample", "sample": {"share": {"numerator": 1, "denominator": 5}, "minimum": 2}}
SAMPLED = procedure(id="sampled", more={"township": SAMPLE})


@pytest.fixture
def cases(db, people, homes):
    found = [opened(people.village, home, SAMPLED) for home in homes(6)]
    for case in found:
        services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(3))
    return list(Case.objects.order_by("pk"))


def drawn(people, house, seed="种子"):
    return services.draw(by=people.township, area=house.township, procedure="sampled", step="township", seed=seed)


def test_nothing_goes_on_that_took_part_in_no_draw(people, cases):
    with pytest.raises(errors.NotSampled):
        services.move(case_id=cases[0].pk, move="pass", by=people.township)


def test_who_was_not_drawn_goes_on_and_who_was_waits_for_the_check(people, house, cases):
    made = drawn(people, house)
    chosen = list(made.cases.filter(drawn=True))
    spared = made.cases.filter(drawn=False).first()
    assert len(chosen) == 2
    services.move(case_id=spared.case_id, move="pass", by=people.township)
    with pytest.raises(errors.SampleOpen):
        services.move(case_id=chosen[0].case_id, move="pass", by=people.township)
    services.look_into(sampled=chosen[0], by=people.township, right=True, note="入户看过", on=made.drawn_on)
    services.move(case_id=chosen[0].case_id, move="pass", by=people.township)
    services.look_into(sampled=chosen[1], by=people.township, right=False, note="收入不实", on=made.drawn_on)
    with pytest.raises(errors.SampleWrong):
        services.move(case_id=chosen[1].case_id, move="pass", by=people.township)
    services.move(case_id=chosen[1].case_id, move="refuse", by=people.township, reason="抽查不实")


def test_a_draw_can_be_drawn_again_by_anybody(people, house, cases):
    made = drawn(people, house, "2020-石桥")
    again = drawn_from(made.among, 2, made.seed)
    assert sorted(made.cases.filter(drawn=True).values_list("case", flat=True)) == again
    assert sorted(case.pk for case in cases) == made.among


def test_nobody_draws_twice_from_the_same_cases(people, house, cases):
    drawn(people, house)
    with pytest.raises(errors.SampleNotPossible):
        drawn(people, house)


def test_only_the_level_of_the_step_draws_and_looks(people, house, cases):
    with pytest.raises(NotAllowed):
        services.draw(by=people.village, area=house.village, procedure="sampled", step="township")
    made = drawn(people, house)
    with pytest.raises(NotAllowed):
        one = made.cases.filter(drawn=True).first()
        services.look_into(sampled=one, by=people.neighbour, right=True, note="看过", on=made.drawn_on)


def test_a_check_is_entered_once_for_a_drawn_case_with_what_was_seen(people, house, cases):
    made = drawn(people, house)
    one, spared = made.cases.filter(drawn=True).first(), made.cases.filter(drawn=False).first()
    with pytest.raises(errors.NotDrawn):
        services.look_into(sampled=spared, by=people.township, right=True, note="看过", on=made.drawn_on)
    with pytest.raises(errors.NoReason):
        services.look_into(sampled=one, by=people.township, right=True, note=" ", on=made.drawn_on)
    with pytest.raises(errors.DayWrong):
        services.look_into(sampled=one, by=people.township, right=True, note="看过", on=days_ago(9))
    services.look_into(sampled=one, by=people.township, right=True, note="看过", on=made.drawn_on)
    with pytest.raises(errors.SampleDone):
        services.look_into(sampled=one, by=people.township, right=False, note="再看", on=made.drawn_on)
    assert SampledCase.objects.get(pk=one.pk).right is True


@given(st.integers(1, 500), st.integers(1, 20), st.integers(1, 20), st.integers(0, 30))
def test_a_sample_is_never_smaller_than_its_share_nor_larger_than_all(among, part, whole, least):
    rule = SampleRule.model_validate({"share": {"numerator": min(part, whole), "denominator": whole}, "minimum": least})
    number = how_many(rule, among)
    assert number <= among
    assert number == among or (number * whole >= among * min(part, whole) and number >= least)


@given(st.lists(st.integers(1, 10_000), unique=True, max_size=60), st.integers(0, 60), st.text(max_size=8))
def test_a_draw_depends_on_nothing_but_the_ids_and_the_seed(ids, number, seed):
    found = drawn_from(ids, number, seed)
    assert found == drawn_from(sorted(ids, reverse=True), number, seed)
    assert len(found) == min(number, len(ids))
    assert set(found) <= set(ids)
