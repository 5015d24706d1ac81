"""The one door to DuckDB: an engine in memory for columnar work, which reads only what it is handed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import duckdb
import pyarrow as pa

Connection = duckdb.DuckDBPyConnection

# Two threads: the machine also serves pages. Large sorts spill rather than take the memory of the database.
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": "2",
    "memory_limit": "1GB",
    "enable_external_access": "false",
    "preserve_insertion_order": "true",
}


@cache
def _database(process: int) -> Connection:
    """One empty database a process: opening one takes longer than checking a form."""
    return duckdb.connect(":memory:", config=_SETTINGS)


@contextmanager
def engine(**tables: pa.Table) -> Iterator[Connection]:
    """A connection of its own that sees `tables` under their names, and no file, no network and no other variable."""
    connection = _database(os.getpid()).cursor()
    try:
        for name, table in tables.items():
            connection.register(name, table)
        yield connection
    finally:
        connection.close()


@contextmanager
def workbench() -> Iterator[Connection]:
    """A database of its own in memory, closed with the block, for work that leaves tables on the way."""
    connection = duckdb.connect(":memory:")
    try:
        yield connection
    finally:
        connection.close()


def arrow(connection: Connection, sql: str) -> pa.Table:
    """The whole answer as an Arrow table."""
    answer = connection.sql(sql).arrow()
    return answer.read_all() if isinstance(answer, pa.RecordBatchReader) else answer
