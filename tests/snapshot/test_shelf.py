"""Rows that others need wait on a shelf until everybody has taken them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest

from bangfu.snapshot.orders import Found, TableOrder
from bangfu.snapshot.shelf import Shelf

FOUND = Found("years", ("home", "year"), ("id", "latest"), {"sum": "net"})
HOMES = TableOrder("homes", ("id",), [], "", "", found=[FOUND])
YEARS = TableOrder("years", ("home", "year"), [], "", "")


def whole(*numbers: int) -> "pa.ChunkedArray[Any]":
    return pa.chunked_array([pa.array(numbers, pa.int64())])


def test_who_needs_a_table_waits_for_it_and_it_goes_with_the_last_who_does() -> None:
    shelf = Shelf([HOMES, YEARS])
    assert [shelf.holds(name) for name in ("homes", "years")] == [False, True]
    years = pa.table({"home": whole(2, 1)})
    with ThreadPoolExecutor(1) as pool:
        finder = pool.submit(shelf.take, "years", 3)
        shelf.lay("years", 2, years.slice(0, 0))
        shelf.lay("years", 3, years)
        assert finder.result(60).equals(years)
    assert shelf.held == 2
    assert shelf.take("years", 3).equals(years), "who writes it takes it too"
    assert shelf.held == 1


def test_nobody_waits_for_a_table_that_cannot_be_read() -> None:
    shelf = Shelf([HOMES, YEARS])
    shelf.fail("years", 0, ValueError("the database broke off"))
    with pytest.raises(ValueError, match="broke off"):
        shelf.take("years", 0)
