"""The one door to DuckDB: an engine in memory for columnar work, which reads only what it is handed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

Connection = duckdb.DuckDBPyConnection
Error = duckdb.Error

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


@contextmanager
def within(
    *folders: Path, memory: str = "1GB", threads: int = 2, spill: Path | None = None, whole_division: bool = False
) -> Iterator[Connection]:
    """A database of its own in memory whose statements reach files in `folders` (and below) and nothing else: no other
    file, no network, no extension, no change of settings. Symbolic links lead nowhere.

    Sorts larger than `memory` go to the folder `spill`; without one they fail. With `whole_division` the `/` of two
    whole numbers is whole, as it is on SQLite and PostgreSQL.
    """
    connection = duckdb.connect(":memory:", config={"memory_limit": memory, "threads": str(threads)})
    try:
        allowed = ", ".join(text(f"{folder.resolve()}{os.sep}") for folder in (*folders, *([spill] if spill else [])))
        connection.execute(f"SET temp_directory = {text(str(spill.resolve()) if spill else '')}")
        connection.execute(f"SET integer_division = {whole_division}")
        connection.execute(f"SET allowed_directories = [{allowed}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def text(value: str) -> str:
    """A text as it stands in a statement."""
    return "'" + value.replace("'", "''") + "'"


def in_pieces(connection: Connection, sql: str, rows: int) -> pa.RecordBatchReader:
    """The answer in pieces of so many rows, each made when it is asked for."""
    answer: pa.RecordBatchReader = connection.sql(sql).to_arrow_reader(rows)
    return answer


def arrow(connection: Connection, sql: str) -> pa.Table:
    """The whole answer as an Arrow table."""
    answer = connection.sql(sql).arrow()
    return answer.read_all() if isinstance(answer, pa.RecordBatchReader) else answer
