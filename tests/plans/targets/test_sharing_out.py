"""Amounts that are shared out always add up."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.plans.targets.apportioning import apportion, path

pytestmark = pytest.mark.req("E2")
WEIGHTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=40).filter(any)
STEPS = st.sampled_from([Decimal(1), Decimal("0.01")])


@given(st.integers(0, 10**9), WEIGHTS, STEPS)
def test_the_parts_add_up_and_each_is_less_than_a_step_from_its_share(number, weights, step):
    amount = number * step
    parts = apportion(amount, weights, step)
    assert sum(parts) == amount
    total = sum(weights)
    for weight, part in zip(weights, parts, strict=True):
        assert abs(Fraction(part) - Fraction(amount) * weight / total) < Fraction(step)
        assert part >= 0
        assert weight or not part


@given(st.integers(0, 10**6), WEIGHTS)
def test_whoever_weighs_more_never_gets_less(number, weights):
    parts = apportion(Decimal(number), weights, Decimal(1))
    pairs = sorted(zip(weights, parts, strict=True))
    assert all(low <= high for (light, low), (heavy, high) in pairwise(pairs) if light < heavy)


def test_the_step_left_over_goes_to_the_largest_remainder():
    assert apportion(Decimal(100), [1, 1, 1], Decimal(1)) == [34, 33, 33]
    assert apportion(Decimal(10), [5, 3, 2, 0], Decimal(1)) == [5, 3, 2, 0]
    assert apportion(Decimal("0.05"), [2, 1], Decimal("0.01")) == [Decimal("0.03"), Decimal("0.02")]


@pytest.mark.parametrize(
    ("amount", "weights", "step"),
    [("1", [0, 0], "1"), ("1", [], "1"), ("1", [2, -1], "1"), ("-1", [1], "1"), ("0.5", [1], "1")],
)
def test_what_cannot_be_shared_out_is_refused(amount, weights, step):
    with pytest.raises(ValueError, match=r"weights|amount"):
        apportion(Decimal(amount), weights, Decimal(step))


def test_a_rate_goes_step_by_step_and_ends_where_it_should():
    assert path(Decimal(80), Decimal(95), 3) == [Decimal("85.00"), Decimal("90.00"), Decimal(95)]
    assert path(Decimal(0), Decimal("99.99"), 1) == [Decimal("99.99")]
