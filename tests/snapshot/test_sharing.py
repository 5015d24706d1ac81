"""Every row is read for the part in which its household lies, however numbers were given."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.snapshot import sharing
from bangfu.snapshot.finding import completed
from bangfu.snapshot.orders import Found, TableOrder
from bangfu.snapshot.sharing import MOST, STRETCHES, cut_off, depth, in_vain, parts, selects, stretches

HOMES = TableOrder("homes", ("home_id",), [], "SELECT id AS home_id, place FROM homes", "")
PEOPLE = TableOrder(
    "people", ("person_id",), [], "SELECT id AS person_id, home AS home_id FROM people", "",
    found=[Found("homes", ("home_id",), ("home_id",), {"place": "place"}, needed=True)],
)  # fmt: skip
RECORDS = TableOrder(
    "records", ("record_id",), [], "SELECT id AS record_id, person AS person_id FROM records", "",
    found=[Found("people", ("person_id",), ("person_id",), {"home_id": "home_id"}, needed=True)],
)  # fmt: skip
ORDERS = {order.name: order for order in (HOMES, PEOPLE, RECORDS)}
NUMBER = st.integers(0, 10**12) | st.integers(0, 300)


def numbers(*given: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array(given, np.int64)


def test_a_part_holds_whole_counties() -> None:
    assert parts([(3, 50_000), (1, 59_999), (2, 1), (4, 9)], 100) == [
        "place < 300",
        "place >= 300",
    ]
    assert parts([], 100) == [""]


@given(st.lists(NUMBER, unique=True, max_size=80))
def test_stretches_hold_every_number_once(given: list[int]) -> None:
    found = stretches(numbers(*given))
    assert len(found) <= STRETCHES
    assert all(sum(first <= number <= last for first, last in found) == 1 for number in given)
    assert sorted(found) == found


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ([], []),
        ([7], [(7, 7)]),
        ([1, 2, 3, 5], [(1, 5)]),
        ([*range(1, 1000), 5_000_000, 5_000_001], [(1, 999), (5_000_000, 5_000_001)]),
        ([100 * n for n in range(1, 1000)], [(100, 99_900)]),
    ],
)
def test_a_stretch_ends_where_numbers_lie_unusually_far_apart(given: list[int], found: list[tuple[int, int]]) -> None:
    """Also where numbers are made of others, so that they never follow one another."""
    assert stretches(numbers(*given)) == found


def test_what_hangs_on_others_comes_after_them() -> None:
    assert [depth(order, ORDERS) for order in (RECORDS, PEOPLE, HOMES)] == [2, 1, 0]


def test_what_was_cut_off_is_noticed() -> None:
    assert cut_off("place < 10", MOST * 3 + 1, 3)
    assert not cut_off("place < 10", MOST * 3, 3)
    assert not cut_off("", MOST * 3 + 1, 3), "a house of one part is read whole"


def test_it_is_noticed_when_numbers_do_not_tell_where_rows_are() -> None:
    assert in_vain(201, 100)
    assert not in_vain(200, 100)


@given(st.dictionaries(NUMBER, st.sampled_from([5, 15]), max_size=80), st.booleans(), st.integers(1, 90))
def test_every_row_is_read_where_its_household_lies(homes: dict[int, int], scattered: bool, named: int) -> None:
    """By stretches of numbers, or, where these are scattered, by every one."""
    with pytest.MonkeyPatch.context() as patch, closing(sqlite3.connect(":memory:")) as database:
        patch.setattr(sharing, "NAMED", named)
        database.execute("CREATE TABLE homes (id, place)")
        database.execute("CREATE TABLE people (id, home)")
        database.execute("CREATE TABLE records (id, person)")
        database.executemany("INSERT INTO homes VALUES (?, ?)", homes.items())
        database.execute("INSERT INTO people SELECT 2 * id, id FROM homes UNION ALL SELECT -1, -1")
        database.execute("INSERT INTO records SELECT 3 * id, 2 * id FROM homes")
        for inside in ("place < 10", "place >= 10"):
            kept = read(database, selects(HOMES, inside))
            for order in (PEOPLE, RECORDS):
                assert order.leader
                (key,) = order.leader.key
                rows = read(database, selects(order, inside, kept[key], scattered=scattered))
                if scattered:
                    assert len(rows) == len(kept)
                kept = completed(rows, order.leader, kept)
            found = sorted(kept["record_id"].to_pylist())
            wanted = f"SELECT 3 * id FROM homes WHERE {inside} ORDER BY id"
            assert found == [number for (number,) in database.execute(wanted)]


def read(database: sqlite3.Connection, asked: Sequence[str]) -> pa.Table:
    found = [database.execute(sql) for sql in asked]
    names = [name for name, *_ in found[0].description]
    rows = [row for answer in found for row in answer.fetchall()]
    return pa.table({name: pa.array([row[at] for row in rows], pa.int64()) for at, name in enumerate(names)})
