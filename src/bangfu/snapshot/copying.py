"""Copies fact tables out of a live database into the files of a draft, all in one consistent read: a process of its
own, started by `taking` with an order on its standard input, answering in lines of JSON.

A process of its own because ADBC brings its own copy of SQLite: when one of two copies in a process closes the
database, the locks of the other are gone. It needs neither Django nor its settings, and its memory ends with it.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any

import pyarrow as pa

from bangfu.snapshot.finding import completed
from bangfu.snapshot.memory import kept_at_hand
from bangfu.snapshot.orders import Found, Order, TableOrder, Underivable
from bangfu.snapshot.reading import DatabaseFailed, Reader, readers
from bangfu.snapshot.shelf import Shelf

# A few counties: large enough to read and write fast, small enough for the memory of a small machine.
HOUSEHOLDS_A_PART = 60_000
ASKED = 5_000  # numbers in one question to the database

_Step = Callable[[], str | None]


@dataclass(frozen=True)
class Copied:
    """A table of a part is on disk: `done` files of `files` are."""

    table: str
    parts: int
    done: int
    files: int


class CopyingFailed(Exception):
    """What went wrong, in the words of the database; the first argument is the table."""


@dataclass(frozen=True)
class _File:
    """A file to be written: the rows of `table` whose place fits the condition `inside`."""

    table: TableOrder
    part: int
    inside: str
    path: Path

    @property
    def live(self) -> str:
        return f"SELECT * FROM ({self.table.live}) rows_ WHERE {self.inside}" if self.inside else self.table.live


def copy(order: Order) -> Iterator[Copied]:
    """Writes every file of the order, in transactions that all see the database as it was in one moment; yields after
    each file. As many files are worked on at a time as there are readers, each in a thread."""
    with (
        kept_at_hand(),
        readers(order.kind, order.address, order.readers) as opened,
        ThreadPoolExecutor(len(opened)) as pool,
        _Writer() as writer,
    ):
        ranges = _parts(opened[0].pairs(order.counties), order.span)
        tables = [_as_it_is_now(opened[0], table) for table in order.tables]
        copying = _Copying(opened, tables, writer)
        steps = [
            step
            for part, inside in enumerate(ranges)
            for step in copying.steps([_File(table, part, inside, order.path(table, part)) for table in tables])
        ]
        written = filter(None, _in_turn(pool, len(opened), steps))
        for done, table in enumerate(written, start=1):
            yield Copied(table, len(ranges), done, len(ranges) * len(tables))


class _Copying:
    """The steps by which files come to be. A step waits for nothing but what steps before it have read, and holds no
    reader while it waits."""

    def __init__(self, opened: Sequence[Reader], tables: Sequence[TableOrder], writer: "_Writer") -> None:
        self._orders = {table.name: table for table in tables}
        self._shelf = Shelf(tables)
        self._writer = writer
        self._idle = SimpleQueue[Reader]()
        for reader in opened:
            self._idle.put(reader)

    def steps(self, files: Sequence[_File]) -> list[_Step]:
        """The files of a part: first those are read in which others find something."""
        first = [file for file in files if self._shelf.holds(file.table.name)]
        return [
            *(partial(self._lay, file) for file in first),
            *(partial(self._write, file) for file in first),
            *(partial(self._write, file) for file in files if file not in first),
        ]

    def _lay(self, file: _File) -> None:
        try:
            self._shelf.lay(file.table.name, file.part, self._read(file))
        except Exception as error:
            self._shelf.fail(file.table.name, file.part, error)
            raise

    def _write(self, file: _File) -> str:
        """The name of the table."""
        table = file.table
        held = self._shelf.holds(table.name)
        rows = self._shelf.take(table.name, file.part) if held else self._read(file)
        there = {name: self._shelf.take(name, file.part) for name in {found.table for found in table.found}}
        with _said_of(table):
            for found in table.found:
                rows = completed(rows, found, there[found.table], self._asked)
            self._writer(rows, table, file.path)
        return table.name

    def _read(self, file: _File) -> pa.Table:
        with _said_of(file.table), self._reader() as reader:
            return reader.facts(file.live, file.table.read)

    def _asked(self, found: Found, numbers: Sequence[int]) -> pa.Table:
        """Rows of the table in which something is found, wherever they lie."""
        order, (key,) = self._orders[found.table], found.key
        wanted = [column for column in order.read if column.name in {key, *found.columns.values()}]
        listed = ", ".join(column.name for column in wanted)
        with self._reader() as reader:
            return pa.concat_tables(
                reader.facts(f"SELECT {listed} FROM ({order.live}) rows_ WHERE {key} IN ({some})", wanted)
                for some in _listed(numbers)
            ).unify_dictionaries()

    @contextmanager
    def _reader(self) -> Iterator[Reader]:
        reader = self._idle.get()
        try:
            yield reader
        finally:
            self._idle.put(reader)


class _Writer(ExitStack):
    """Writes files. What that takes is loaded when it is first needed: by then the other thread is reading."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._engine: Any = None  # of DuckDB, one for all threads

    def __call__(self, rows: pa.Table, table: TableOrder, path: Path) -> None:
        from bangfu.snapshot.writing import engine, write

        with self._lock:
            if self._engine is None:
                self._engine = self.enter_context(engine())
        with self._engine.cursor() as connection:
            write(rows, table, path, connection)


@contextmanager
def _said_of(table: TableOrder) -> Iterator[None]:
    """Raises CopyingFailed for what a database or a file says."""
    try:
        yield
    except (DatabaseFailed, Underivable, pa.ArrowException) as error:
        raise CopyingFailed(table.name, _first_line(error)) from error


def _listed(numbers: Sequence[int]) -> Iterator[str]:
    for at in range(0, max(1, len(numbers)), ASKED):
        yield ", ".join(map(str, numbers[at : at + ASKED])) or "NULL"


def _in_turn(pool: ThreadPoolExecutor, at_a_time: int, steps: Sequence[_Step]) -> Iterator[str | None]:
    """The answers of the steps, as they come; no more is begun than `at_a_time`, and nothing after a failure."""
    running = set[Future[str | None]]()
    for step in steps:
        running.add(pool.submit(step))
        if len(running) == at_a_time:
            ready, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (each.result() for each in ready)
    yield from (each.result() for each in running)


def _as_it_is_now(reader: Reader, table: TableOrder) -> TableOrder:
    """What is to be read of a table, as long as the rooms above say nothing, or of what they say."""
    if table.silence is None:
        return table
    looked = (f"SELECT 1, count(*) FROM (SELECT 1 AS n FROM {name} LIMIT 1) x" for name in table.silence.tables)
    return table if any(found for sql in looked for _one, found in reader.pairs(sql)) else table.silent()


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


def main() -> int:
    order = Order.from_json(sys.stdin.read())
    try:
        for copied in copy(order):
            print(json.dumps(asdict(copied)), flush=True)  # noqa: T201
    except CopyingFailed as error:
        table, reason = error.args
        return _failed(reason, table)
    except DatabaseFailed as error:
        return _failed(_first_line(error))
    return 0


def _failed(reason: str, table: str = "") -> int:
    print(json.dumps({"table": table, "error": reason}), flush=True)  # noqa: T201
    return 1


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
