"""Measures of poverty and inequality against figures worked out by hand, and against repeated sampling."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.screening.measures import NAMES, Rows, measure, standard_error
from bangfu.screening.multidimensional import multidimensional


def rows(income, weight=None, line=100.0, **how):
    count = len(income)
    return Rows(
        income=np.array(income, dtype=float),
        line=np.full(count, float(line)),
        weight=np.ones(count) if weight is None else np.array(weight, dtype=float),
        group=how.pop("group", np.zeros(count, dtype=np.int64)),
        names=how.pop("names", ["all"]),
        **how,
    )


def test_the_measures_of_four_people_are_those_worked_out_by_hand():
    (found,) = measure(rows([50, 80, 100, 200]))
    assert found["headcount_ratio"] == 0.5
    assert found["poverty_gap"] == pytest.approx((0.5 + 0.2) / 4)
    assert found["squared_gap"] == pytest.approx((0.25 + 0.04) / 4)
    assert found["watts"] == pytest.approx((np.log(2) + np.log(1.25)) / 4)
    gap_of_poor, gini_of_poor = 0.35, 30 * 2 / (2 * 4 * 65)  # mean difference of 50 and 80 over twice their mean
    assert found["sen"] == pytest.approx(0.5 * (gap_of_poor + (1 - gap_of_poor) * gini_of_poor))
    gini_of_gaps = (0.3 + 0.5 + 0.5 + 0.2 + 0.2 + 0) * 2 / (2 * 16 * 0.175)
    assert found["sst"] == pytest.approx(0.175 * (1 + gini_of_gaps))
    assert found["gini"] == pytest.approx((30 + 50 + 150 + 20 + 120 + 100) * 2 / (2 * 16 * 107.5))


def test_an_income_equal_to_the_line_is_not_below_it():
    (found,) = measure(rows([100.0, 99.99]))
    assert (found.people, found.poor_people) == (2, 1)


def test_a_household_of_three_counts_as_three_people():
    (whole,) = measure(rows([50, 80, 100, 200], weight=[3, 1, 2, 1]))
    (apart,) = measure(rows([50, 50, 50, 80, 100, 100, 200]))
    for name in NAMES:
        assert whole[name] == pytest.approx(apart[name])


def test_unknown_incomes_are_counted_and_left_out():
    (found,) = measure(rows([50, float("nan"), 200], weight=[1, 4, 1]))
    assert (found.people, found.unknown_people, found["headcount_ratio"]) == (2, 4, 0.5)


def test_nobody_poor_is_no_poverty_and_nobody_known_is_no_measure():
    (rich,) = measure(rows([150, 200]))
    assert [rich[name] for name in NAMES[:6]] == [0, 0, 0, 0, 0, 0]
    (none,) = measure(rows([float("nan")]))
    assert none.people == 0
    assert set(none.values.values()) == {None}


def test_an_income_at_or_below_nothing_is_left_out_of_the_watts_measure_and_said():
    (found,) = measure(rows([-10, 50, 200]))
    assert found.not_positive_people == 1
    assert found["watts"] == pytest.approx(np.log(2) / 2)
    assert found["poverty_gap"] == pytest.approx((1.1 + 0.5) / 3)


def test_the_gini_is_unknown_where_the_mean_is_not_above_nothing():
    (found,) = measure(rows([-10, 5]))
    assert found["gini"] is None


def test_every_group_is_measured_by_itself():
    group = np.array([1, 0, 1, 0])
    first, second = measure(rows([50, 150, 60, 160], group=group, names=["甲", "乙"]))
    assert (first.name, first["headcount_ratio"], second.name, second["headcount_ratio"]) == ("甲", 0, "乙", 1)


def test_lines_may_differ_between_regions():
    given = rows([50, 50])
    (found,) = measure(Rows(given.income, np.array([40.0, 60.0]), given.weight, given.group, given.names))
    assert found["headcount_ratio"] == 0.5


@pytest.mark.parametrize("weight", [0, -1])
def test_a_weight_that_is_not_above_nothing_is_refused(weight):
    with pytest.raises(ValueError, match="above 0"):
        measure(rows([50], weight=[weight]))


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=40), st.integers(2, 9))
def test_money_counted_in_other_units_changes_no_measure(incomes, times):
    (plain,) = measure(rows(incomes, line=5000))
    (scaled,) = measure(rows([i * times for i in incomes], line=5000 * times))
    for name in NAMES:
        assert scaled[name] == pytest.approx(plain[name], abs=1e-9)


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=40))
def test_the_deeper_measures_never_exceed_the_share_of_the_poor(incomes):
    (found,) = measure(rows(incomes, line=5000))
    assert 0 <= found["squared_gap"] <= found["poverty_gap"] + 1e-12 <= found["headcount_ratio"] + 2e-12 <= 1 + 2e-12
    assert found["poverty_gap"] - 1e-12 <= found["sst"] <= 2 * found["poverty_gap"] + 1e-12
    assert found["sen"] <= found["headcount_ratio"] + 1e-12
    assert -1e-12 <= found["gini"] < 1


def test_standard_errors_are_those_that_repeated_sampling_shows():
    dice = np.random.default_rng(11)
    everybody = dice.lognormal(9, 0.7, 20_000)
    line = float(np.quantile(everybody, 0.3))
    drawn = [measure(rows(dice.choice(everybody, 400), line=line), sample=True)[0] for _ in range(600)]
    for name in NAMES:
        spread = np.std([d[name] for d in drawn])
        told = np.mean([d.standard_errors[name] for d in drawn])
        assert told == pytest.approx(spread, rel=0.1), name


def test_households_drawn_by_village_have_a_larger_error_than_by_themselves():
    dice = np.random.default_rng(5)
    village = np.repeat(np.arange(40), 25)
    incomes = dice.lognormal(9, 0.3, 1000) * np.repeat(dice.lognormal(0, 0.5, 40), 25)
    (alone,) = measure(rows(incomes, line=8000), sample=True)
    (together,) = measure(rows(incomes, line=8000, cluster=village), sample=True)
    assert together.standard_errors["headcount_ratio"] > 2 * alone.standard_errors["headcount_ratio"]


def test_a_stratum_of_one_cluster_tells_no_error():
    assert standard_error(np.array([0.1, -0.1]), np.array([0, 0]), np.array([3, 3])) is None


# The worked example of four people and four dimensions in Alkire and Foster's paper.
DEPRIVED = np.array([[0, 0, 0, 0], [0, 1, 0, 1], [1, 1, 1, 1], [0, 1, 0, 0]], dtype=np.int8)
QUARTERS = {name: Fraction(1, 4) for name in "甲乙丙丁"}


def af(deprived=DEPRIVED, indicators=QUARTERS, cutoff=Fraction(1, 2), weight=(1, 1, 1, 1), **how):
    group = how.pop("group", np.zeros(len(deprived), dtype=np.int64))
    return multidimensional(
        deprived, indicators, cutoff, np.array(weight, dtype=float), group, how.pop("names", ["all"]), **how
    )


@pytest.mark.req("B4")
def test_the_example_of_alkire_and_foster_comes_out():
    (found,) = af()
    assert (found.headcount_ratio, found.intensity, found.index) == (0.5, 0.75, 0.375)
    assert found.headcounts == {"甲": 0.25, "乙": 0.75, "丙": 0.25, "丁": 0.5}
    assert found.censored == {"甲": 0.25, "乙": 0.5, "丙": 0.25, "丁": 0.5}
    assert found.contributions == pytest.approx({"甲": 1 / 6, "乙": 1 / 3, "丙": 1 / 6, "丁": 1 / 3})


def test_a_score_equal_to_the_cutoff_is_poor_whatever_the_weights():
    thirds = {"甲": Fraction(1, 3), "乙": Fraction(1, 3), "丙": Fraction(1, 3)}
    (found,) = af(np.array([[1, 0, 0]], dtype=np.int8), thirds, Fraction(1, 3), weight=[1])
    assert found.headcount_ratio == 1


def test_a_household_with_an_unknown_indicator_is_counted_and_left_out():
    deprived = DEPRIVED.copy()
    deprived[2, 0] = -1
    (found,) = af(deprived, weight=[1, 1, 5, 1])
    assert (found.people, found.unknown_people, found.poor_people) == (3, 5, 1)


def test_where_nobody_is_poor_nothing_contributes():
    (found,) = af(np.zeros((2, 4), dtype=np.int8), weight=[1, 1])
    assert (found.index, found.intensity, found.contributions["甲"]) == (0, None, None)


def test_weights_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="add up"):
        af(indicators={"甲": Fraction(1, 4), "乙": Fraction(1, 4), "丙": Fraction(1, 4), "丁": Fraction(1, 8)})
