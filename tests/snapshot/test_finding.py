"""What one table says and another says again is found by its key."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.snapshot.finding import completed, places
from bangfu.snapshot.orders import Found

NET = Found("years", ("home", "year"), ("id", "latest"), {"sum": "net"})
HOME = Found("homes", ("id",), ("home",), {"village": "village"}, needed=True)
NUMBERS = st.one_of(st.integers(-2, 9), st.integers(10**17, 10**17 + 9))
KEYS = st.lists(st.tuples(NUMBERS, st.integers(2014, 2020)), unique=True, max_size=12)
ROWS = st.lists(st.tuples(NUMBERS | st.none(), st.integers(2013, 2021) | st.none()), max_size=20)


def whole(*numbers: int | None) -> "pa.ChunkedArray[Any]":
    return pa.chunked_array([pa.array(numbers, pa.int64())])


def coded(*texts: str) -> "pa.ChunkedArray[Any]":
    return pa.chunked_array([pa.array(texts, pa.string()).dictionary_encode()])


@given(KEYS, ROWS)
def test_a_row_is_found_by_all_columns_of_its_key(
    keys: list[tuple[int, int]], rows: list[tuple[int | None, int | None]]
) -> None:
    """Whether numbers lie close together, as ids of one county do, or far apart."""
    listed = [whole(*(row[n] for row in rows)) for n in range(2)]
    there = [whole(*(key[n] for key in keys)) for n in range(2)]
    assert places(listed, there).to_pylist() == [keys.index(row) if row in keys else None for row in rows]


@pytest.mark.parametrize("rows", [0, 2])
def test_where_nothing_stands_nothing_is_found(rows: int) -> None:
    assert places([whole(*range(rows))], [whole()]).to_pylist() == [None] * rows


def test_what_is_not_found_is_unknown() -> None:
    homes = pa.table({"id": whole(1, 2), "latest": whole(2020, None)})
    years = pa.table({"home": whole(2, 1), "year": whole(2020, 2020), "net": whole(20, 10)})
    assert completed(homes, NET, years)["sum"].to_pylist() == [10, None]


def test_where_what_is_needed_is_not_found_a_row_is_none() -> None:
    people = pa.table({"id": whole(1, 2, 3), "home": whole(70, 71, 70)})
    homes = pa.table({"id": whole(70), "village": coded("990121200201"), "head": whole(1)})
    assert completed(people, HOME, homes).to_pydict() == {
        "id": [1, 3],
        "home": [70, 70],
        "village": ["990121200201"] * 2,
    }
