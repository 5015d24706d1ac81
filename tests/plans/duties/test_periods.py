"""Periods: they cover the calendar without a gap and without overlap, whatever the kind."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.plans.duties.periods import Every, following, over_before, period_of, periods_of, preceding

DAYS = st.dates(date(1950, 1, 1), date(2150, 12, 31))
KINDS = st.sampled_from(list(Every))
DAY = timedelta(days=1)


@given(KINDS, DAYS)
def test_a_day_lies_in_the_period_it_gives_and_in_no_neighbour(every, day):
    period = period_of(every, day)
    before, after = preceding(period), following(period)
    assert period.holds(day)
    assert not before.holds(day)
    assert not after.holds(day)
    assert before.last + DAY == period.first
    assert period.last + DAY == after.first
    assert preceding(after) == period == following(before)


@given(KINDS, DAYS, DAYS)
def test_every_day_of_a_period_gives_the_same_period(every, day, other):
    period = period_of(every, day)
    assert (period_of(every, other) == period) == period.holds(other)


@given(KINDS, DAYS, st.integers(0, 800))
def test_the_periods_of_a_span_cover_it_once(every, since, length):
    until = since + length * DAY
    found = list(periods_of(every, since, until))
    assert found[0].holds(since)
    assert found[-1].holds(until)
    assert sum(period.days for period in found) == (found[-1].last - found[0].first).days + 1
    assert found == sorted(set(found))


@given(DAYS)
def test_shorter_periods_of_months_nest_in_longer_ones(day):
    nested = [Every.HALF_MONTH, Every.MONTH, Every.QUARTER, Every.HALF_YEAR, Every.YEAR]
    for short, long in [*pairwise(nested), (Every.MONTH, Every.TWO_MONTHS), (Every.TWO_MONTHS, Every.YEAR)]:
        assert period_of(long, day).holds(period_of(short, day).first)
        assert period_of(long, day).holds(period_of(short, day).last)


@given(KINDS, DAYS, st.integers(1, 6))
def test_the_periods_that_are_over_end_before_the_day(every, day, number):
    found = over_before(every, day, number)
    assert len(found) == number
    assert found[-1].last < day <= following(found[-1]).last
    assert all(following(one) == other for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("every", "day", "first", "last", "number"),
    [
        (Every.WEEK, date(2026, 1, 1), date(2025, 12, 29), date(2026, 1, 4), 1),
        (Every.HALF_MONTH, date(2024, 2, 29), date(2024, 2, 16), date(2024, 2, 29), 2),
        (Every.HALF_MONTH, date(2026, 3, 15), date(2026, 3, 1), date(2026, 3, 15), 1),
        (Every.TWO_MONTHS, date(2026, 11, 22), date(2026, 11, 1), date(2026, 12, 31), 6),
        (Every.QUARTER, date(2026, 3, 31), date(2026, 1, 1), date(2026, 3, 31), 1),
        (Every.YEAR, date(2026, 6, 1), date(2026, 1, 1), date(2026, 12, 31), 1),
    ],
)
def test_periods_are_those_of_the_calendar(every, day, first, last, number):
    period = period_of(every, day)
    assert (period.first, period.last, period.number) == (first, last, number)
