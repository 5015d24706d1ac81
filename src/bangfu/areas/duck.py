"""The room's one door to DuckDB, which compares whole division lists by column."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb


@contextmanager
def columns() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own in memory, closed with the block; register Arrow tables in it and ask by SQL."""
    connection = duckdb.connect(":memory:")
    try:
        yield connection
    finally:
        connection.close()
