"""The proposal: exact, against trying everything out on small cases; and what it does where helpers do not suffice."""

from collections import Counter
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bangfu.common.places import Level, span
from bangfu.support.matching import Candidate, Matching, Needy, Pair, match, steps_between

COUNTY, NEXT_COUNTY = 52_01_001 * span(3), 52_01_002 * span(3)
TOWN, NEXT_TOWN = COUNTY + span(4), COUNTY + 2 * span(4)
VILLAGES = (TOWN + span(5), TOWN + 2 * span(5), NEXT_TOWN + span(5), NEXT_COUNTY + span(4) + span(5))
HOMES = (*VILLAGES, TOWN, NEXT_TOWN, COUNTY, NEXT_COUNTY, VILLAGES[0] + span(6))


def measured(pairs: list[Pair], needy: list[Needy]) -> tuple[int, int, int]:
    """Households without a helper, pairs kept (below zero), steps."""
    return len(needy) - len(pairs), -sum(p.kept for p in pairs), sum(p.steps for p in pairs)


def beyond(pairs: list[Pair], needy: list[Needy], helpers: list[Candidate]) -> int:
    """New households of helpers above the usual number of their rank."""
    held, new = Counter(n.helper for n in needy), Counter(p.helper for p in pairs if not p.kept)
    return sum(max(new[h.id] - max(min(h.least, h.room) - held[h.id], 0), 0) for h in helpers)


def every_way(needy: list[Needy], helpers: list[Candidate], farthest: int) -> list[list[Pair]]:
    """All pairings that keep to the limits, by trying."""
    found = []
    for chosen in product([None, *helpers], repeat=len(needy)):
        load = Counter(h.id for h in chosen if h)
        if any(load[h.id] > h.room for h in helpers):
            continue
        pairs = [Pair(n.id, h.id, steps_between(n.village, h.places), n.helper == h.id)
                 for n, h in zip(needy, chosen, strict=True) if h]  # fmt: skip
        if all(p.kept or p.steps <= Level.VILLAGE - farthest for p in pairs):
            found.append(pairs)
    return found


candidates = st.lists(
    st.tuples(
        st.integers(1, 2),
        st.integers(0, 3),
        st.integers(0, 2),
        st.frozensets(st.sampled_from(HOMES), min_size=1, max_size=2),
    ),
    max_size=4,
).map(lambda rows: [Candidate(number, *row) for number, row in enumerate(rows, start=10)])
households = st.lists(
    st.tuples(st.sampled_from(VILLAGES), st.one_of(st.none(), st.integers(10, 14))), min_size=1, max_size=5
).map(lambda rows: [Needy(number, *row) for number, row in enumerate(rows, start=1)])


@pytest.mark.req("C1")
@settings(max_examples=150, deadline=None)
@given(households, candidates, st.sampled_from([3, 4]))
@example([Needy(1, VILLAGES[0], 10), Needy(2, VILLAGES[1], 10)], [Candidate(10, 1, 1, 1, frozenset({VILLAGES[1]}))], 3)
def test_no_other_pairing_is_better_than_the_proposed_one(needy, helpers, farthest):
    proposed = match(needy, helpers, farthest)
    assert_lawful(proposed, needy, helpers, farthest)
    ways = every_way(needy, helpers, farthest)
    best = min(measured(pairs, needy) for pairs in ways)
    assert measured(proposed.pairs, needy) == best
    if -best[1] == sum(n.helper in {h.id for h in helpers} for n in needy):  # all old pairs are kept
        alike = [pairs for pairs in ways if measured(pairs, needy) == best]
        assert beyond(proposed.pairs, needy, helpers) == min(beyond(pairs, needy, helpers) for pairs in alike)


def assert_lawful(proposed: Matching, needy: list[Needy], helpers: list[Candidate], farthest: int) -> None:
    """Each household at most once, nobody above the limit, steps and kept as they are, and who lacks is counted."""
    homes, rooms = {n.id: n for n in needy}, {h.id: h for h in helpers}
    assert len({p.household for p in proposed.pairs}) == len(proposed.pairs)
    load = Counter(p.helper for p in proposed.pairs)
    assert all(number <= rooms[id].room for id, number in load.items())
    for pair in proposed.pairs:
        home = homes[pair.household]
        assert pair.steps == steps_between(home.village, rooms[pair.helper].places)
        assert pair.kept == (home.helper == pair.helper)
        assert pair.kept or pair.steps <= Level.VILLAGE - farthest
    without = Counter(homes[id].village for id in homes.keys() - {p.household for p in proposed.pairs})
    assert proposed.lacking == dict(without)


def test_where_helpers_do_not_suffice_the_villages_that_lack_are_named_with_how_many():
    needy = [Needy(n, VILLAGES[n % 2]) for n in range(10)] + [Needy(99, VILLAGES[3])]
    proposed = match(needy, [Candidate(1, 1, 4, 1, frozenset({VILLAGES[0]}))])
    assert proposed.lacking == {VILLAGES[0]: 1, VILLAGES[1]: 5, VILLAGES[3]: 1}


def test_a_unit_works_together_in_the_village_it_is_in_charge_of():
    needy = [Needy(n, VILLAGES[n % 3]) for n in range(9)]
    helpers = [
        Candidate(unit * 10 + n, unit, 1, 1, frozenset({COUNTY, VILLAGES[unit]})) for unit in range(3) for n in range(3)
    ]
    proposed = match(needy, helpers)
    assert proposed.steps == 0
    assert {(p.helper // 10, p.household % 3) for p in proposed.pairs} == {(0, 0), (1, 1), (2, 2)}


def test_everybody_gets_the_usual_number_before_anybody_gets_more():
    needy = [Needy(n, VILLAGES[0]) for n in range(6)]
    helpers = [Candidate(n, n, 5, 2, frozenset({TOWN})) for n in range(3)]
    assert set(Counter(p.helper for p in match(needy, helpers).pairs).values()) == {2}


def test_a_helper_with_too_many_keeps_the_first_and_those_nearest():
    far, near = NEXT_TOWN + span(5), VILLAGES[0]
    needy = [Needy(1, far, 7), Needy(2, near, 7), Needy(3, near, 7), Needy(4, near, 7)]
    helpers = [Candidate(7, 1, 2, 1, frozenset({near})), Candidate(8, 2, 9, 1, frozenset({TOWN}))]
    kept = [p.household for p in match(needy, helpers).pairs if p.kept]
    assert kept == [2, 3]


def test_nobody_to_pair_is_no_pairing():
    assert match([], []).pairs == []
    assert match([Needy(1, VILLAGES[0])], []).lacking == {VILLAGES[0]: 1}
