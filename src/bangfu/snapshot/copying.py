"""Copies fact tables out of a live database into the files of a draft, all in one consistent read: a process of its
own, started by `taking` with an order on its standard input, answering in lines of JSON.

A process of its own because ADBC brings its own copy of SQLite: when one of two copies in a process closes the
database, the locks of the other are gone. It needs neither Django nor its settings, and its memory ends with it.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from bangfu.common import duck

# A county of 80,000 people is one or two row groups: small enough to skip what lies outside a village or a county.
ROWS_A_GROUP = 61_440
ORDER = ("village_code", "household_id")
SENTINEL = "first_row_"
# A few counties: large enough to read and write fast, small enough for the memory of a small machine.
HOUSEHOLDS_A_PART = 80_000
SQLITE_BATCH = "adbc.sqlite.query.batch_rows"


@dataclass(frozen=True)
class TableOrder:
    """A table to be copied. `live` is the SELECT over the live database, `facts` the one that makes facts of its rows,
    which it calls `live`; `types` is a row of SQLite literals, one of each column's type."""

    name: str
    columns: Sequence[str]
    key: Sequence[str]
    live: str
    facts: str
    types: str


@dataclass(frozen=True)
class Order:
    """Everything the copying process needs to know. `counties` is a SELECT of (county, households), where a county is
    a place divided by `span`."""

    kind: str
    address: str
    folder: str
    memory: str
    threads: int
    span: int
    counties: str
    tables: Sequence[TableOrder]

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Order":
        facts = json.loads(text)
        return cls(**{**facts, "tables": [TableOrder(**table) for table in facts["tables"]]})


@dataclass(frozen=True)
class Copied:
    """A table of a part is on disk."""

    table: str
    part: int
    parts: int


class CopyingFailed(Exception):
    """What went wrong, in the words of the database; the first argument is the table."""


def copy(order: Order) -> Iterator[Copied]:
    """Writes every file of the order, in one transaction that sees the database as it was at its beginning; yields
    after each. Nobody waits for it: readers of SQLite's write-ahead log stop no writer, PostgreSQL keeps versions."""
    folder = Path(order.folder)
    table = ""
    with (
        _transaction(order) as cursor,
        duck.within(folder, memory=order.memory, threads=order.threads, spill=folder / "spill") as connection,
    ):
        try:
            ranges = _parts(_rows(cursor, order.counties), order.span)
            for number, inside in enumerate(ranges):
                for each in order.tables:
                    table = each.name
                    path = folder / each.name / f"{number:04d}.parquet"
                    with _stream(cursor, order.kind, each, inside) as reader:
                        connection.register("live", reader)
                        connection.execute(copy_sql(each.name, each.columns, each.key, each.facts, path))
                        connection.unregister("live")
                    yield Copied(table, number, len(ranges))
        except (duck.Error, _database_error()) as error:
            raise CopyingFailed(table, str(error).strip().splitlines()[0]) from error


def copy_sql(table: str, columns: Sequence[str], key: Sequence[str], select: str, path: Path) -> str:
    """The statement that writes the rows of a SELECT as a file of a snapshot: sorted, in its order of columns."""
    order = [name for name in ORDER if name in columns]
    order += [name for name in key if name not in order]
    return (
        f"COPY (SELECT {', '.join(columns)} FROM ({select}) {table} ORDER BY {', '.join(order)}) "
        f"TO {duck.text(str(path))} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, "
        f"ROW_GROUP_SIZE {ROWS_A_GROUP})"
    )


@contextmanager
def _transaction(order: Order) -> Iterator[Any]:
    driver = import_module(f"adbc_driver_{order.kind}.dbapi")
    with driver.connect(order.address, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN" if order.kind == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if order.kind == "sqlite":
            cursor.execute("PRAGMA cache_size = -65536")
            cursor.adbc_statement.set_options(**{SQLITE_BATCH: "16384"})
        yield cursor


def _database_error() -> type[Exception]:
    from adbc_driver_manager import Error

    return Error


def _rows(cursor: Any, sql: str) -> list[tuple[int, int]]:
    cursor.execute(sql)
    return [(int(county), int(count)) for county, count in cursor.fetchall()]


def _parts(counties: Sequence[tuple[int, int]], span: int) -> list[str]:
    """Conditions on `place` that share out all places among the parts: whole counties, in the order of places."""
    begins: list[int] = []
    held = 0
    for county, households in sorted(counties):
        if held >= HOUSEHOLDS_A_PART:
            begins.append(county * span)
            held = 0
        held += households
    edges = [None, *begins, None]
    return [
        " AND ".join([f"place >= {first}"] * (first is not None) + [f"place < {last}"] * (last is not None))
        for first, last in pairwise(edges)
    ]


@contextmanager
def _stream(cursor: Any, kind: str, table: TableOrder, inside: str) -> Iterator[Any]:
    """The rows of a table as a stream of Arrow batches.

    ADBC's SQLite takes a column's type from the first rows it sees, and breaks off when a column that began with NULL
    turns out to hold texts. So a row of typed values goes in front, and is left out again by the `facts` SELECT.
    """
    live = f"SELECT * FROM ({table.live}) rows_ WHERE {inside}" if inside else table.live
    if kind == "sqlite":
        live = f"SELECT 1 AS {SENTINEL}, {table.types} UNION ALL SELECT 0, facts_.* FROM ({live}) facts_"
    cursor.execute(live)
    reader = cursor.fetch_record_batch()
    try:
        yield reader
    finally:
        reader.close()


def main() -> int:
    order = Order.from_json(sys.stdin.read())
    try:
        for copied in copy(order):
            print(json.dumps(asdict(copied)), flush=True)  # noqa: T201
    except CopyingFailed as error:
        table, reason = error.args
        print(json.dumps({"table": table, "error": reason}), flush=True)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
