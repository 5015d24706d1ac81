"""What one table says and another says again is found by its key, whoever is read first."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest

from bangfu.snapshot.orders import Found, TableOrder
from bangfu.snapshot.shelf import Shelf, places

FOUND = Found("years", ("home", "year"), ("id", "latest"), {"sum": "net"})
HOMES = TableOrder("homes", ("id",), [], "", "", found=[FOUND])
YEARS = TableOrder("years", ("home", "year"), [], "", "")


def whole(*numbers: int | None) -> "pa.ChunkedArray[Any]":
    return pa.chunked_array([pa.array(numbers, pa.int64())])


def test_a_row_is_found_by_all_columns_of_its_key() -> None:
    keys = [whole(7, 5, 7, 10**17), whole(2020, 2020, 2019, 1)]
    rows = [whole(7, 5, 7, 10**17, 5, 6, None, 8), whole(2019, 2020, 2020, 1, 2019, 2020, 2020, None)]
    assert places(rows, keys).to_pylist() == [2, 1, 0, 3, None, None, None, None]


@pytest.mark.parametrize("rows", [0, 2])
def test_where_nothing_stands_nothing_is_found(rows: int) -> None:
    assert places([whole(*range(rows))], [whole()]).to_pylist() == [None] * rows


def test_who_needs_a_table_waits_for_it() -> None:
    shelf = Shelf([HOMES, YEARS])
    assert [order.name for order in shelf.in_turn([HOMES, YEARS])] == ["years", "homes"]
    homes = pa.table({"id": whole(1, 2), "latest": whole(2020, None)})
    years = pa.table({"home": whole(2, 1), "year": whole(2020, 2020), "net": whole(20, 10)})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(shelf.completed, homes, HOMES.found, 3)
        shelf.lay("years", 2, years.slice(0, 0))
        shelf.lay("years", 3, years)
        assert waiting.result(60)["sum"].to_pylist() == [10, None]


def test_nobody_waits_for_a_table_that_cannot_be_read() -> None:
    shelf = Shelf([HOMES, YEARS])
    shelf.fail("years", 0, ValueError("the database broke off"))
    with pytest.raises(ValueError, match="broke off"):
        shelf.completed(pa.table({"id": whole(1), "latest": whole(2020)}), HOMES.found, 0)
