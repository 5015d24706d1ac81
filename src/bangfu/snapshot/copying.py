"""Copies fact tables out of a live database into the files of a draft, all in one consistent read: a process of its
own, started by `taking` with an order on its standard input, answering in lines of JSON.

A process of its own because ADBC brings its own copy of SQLite: when one of two copies in a process closes the
database, the locks of the other are gone. It needs neither Django nor its settings, and its memory ends with it.
"""

import gc
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any

import pyarrow as pa

from bangfu.snapshot.finding import completed
from bangfu.snapshot.memory import kept_at_hand
from bangfu.snapshot.orders import Copied, Order, TableOrder, Underivable
from bangfu.snapshot.reading import DatabaseFailed, Reader, readers
from bangfu.snapshot.sharing import cut_off, depth, in_vain, parts, selects
from bangfu.snapshot.shelf import Shelf


class CopyingFailed(Exception):
    """What went wrong, in the words of the database; the first argument is the table."""


@dataclass(frozen=True)
class _File:
    """A file to be written: the rows of `table` in a part, whose places fit the condition `inside`."""

    table: TableOrder
    part: int
    inside: str
    path: Path


_Step = Callable[[], _File | None]  # the file that is written now


def copy(order: Order) -> Iterator[Copied]:
    """Writes every file of the order, in transactions that all see the database as it was in one moment; yields after
    each file. As many files are worked on at a time as there are readers, each in a thread."""
    with (
        kept_at_hand(),
        readers(order.kind, order.address, order.readers) as opened,
        ThreadPoolExecutor(len(opened)) as pool,
        _Writer() as writer,
    ):
        ranges = parts(opened[0].pairs(order.counties), order.span)
        tables = [_as_it_is_now(opened[0], table) for table in order.tables]
        files = [
            [_File(table, part, inside, order.path(table, part)) for table in tables]
            for part, inside in enumerate(ranges)
        ]
        steps = _Copying(opened, tables, writer).steps(files)
        written = filter(None, _in_turn(pool, len(opened), steps))
        for done, file in enumerate(written, start=1):
            yield Copied(file.table.name, file.part, done, len(ranges) * len(tables))


class _Copying:
    """The steps by which files come to be. A step waits for nothing but what steps before it have read, and holds no
    reader while it waits."""

    def __init__(self, opened: Sequence[Reader], tables: Sequence[TableOrder], writer: "_Writer") -> None:
        self._orders = {table.name: table for table in tables}
        self._shelf = Shelf(tables)
        self._writer = writer
        self._scattered = set[str]()  # tables of which much was read in vain
        self._idle = SimpleQueue[Reader]()
        for reader in opened:
            self._idle.put(reader)

    def steps(self, parts: Sequence[Sequence[_File]]) -> Iterator[_Step]:
        """What rows of the next part hang on is read before the others of this one: nobody waits for it then."""
        yield from self._leading(parts[0])
        for files, following in zip_longest(parts, parts[1:], fillvalue=()):
            yield from self._leading(following)
            yield from self._rest(files)

    def _leading(self, files: Sequence[_File]) -> Iterator[_Step]:
        return (partial(self._lay, file) for file in files if self._leads(file))

    def _rest(self, files: Sequence[_File]) -> Iterator[_Step]:
        held = [file for file in files if self._shelf.holds(file.table.name)]
        hanging = sorted(held, key=lambda file: depth(file.table, self._orders))
        yield from (partial(self._lay, file) for file in hanging if not self._leads(file))
        yield from (partial(self._write, file) for file in held)
        yield from (partial(self._write, file) for file in files if file not in held)

    def _leads(self, file: _File) -> bool:
        return self._shelf.holds(file.table.name) and not file.table.leader

    def _lay(self, file: _File) -> None:
        try:
            self._shelf.lay(file.table.name, file.part, self._read(file))
        except Exception as error:
            self._shelf.fail(file.table.name, file.part, error)
            raise

    def _write(self, file: _File) -> _File:
        table = file.table
        held = self._shelf.holds(table.name)
        rows = self._shelf.take(table.name, file.part) if held else self._read(file)
        there = {name: self._shelf.take(name, file.part) for name in {found.table for found in table.others}}
        with _said_of(table):
            for found in table.others:
                rows = completed(rows, found, there[found.table])
            self._writer(rows, table, file.path)
        return file

    def _read(self, file: _File) -> pa.Table:
        """Its rows, with what they hang on."""
        table, leader = file.table, file.table.leader
        if not leader:
            return self._answer(table, selects(table, file.inside))
        (key,), there = leader.key, self._shelf.take(leader.table, file.part)
        scattered = table.name in self._scattered
        rows = self._answer(table, selects(table, file.inside, there[key], scattered=scattered))
        if not scattered and cut_off(file.inside, len(rows), len(there)):
            rows = self._answer(table, selects(table, file.inside, there[key], scattered=True))
            self._scattered.add(table.name)
        kept = completed(rows, leader, there)
        if in_vain(len(rows), len(kept)):
            self._scattered.add(table.name)
        return kept

    def _answer(self, table: TableOrder, asked: Sequence[str]) -> pa.Table:
        with _said_of(table), self._reader() as reader:
            rows = [reader.facts(select, table.read) for select in asked]
        return rows[0] if len(rows) == 1 else pa.concat_tables(rows).unify_dictionaries().combine_chunks()

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


def _in_turn(pool: ThreadPoolExecutor, at_a_time: int, steps: Iterable[_Step]) -> Iterator[_File | None]:
    """The answers of the steps, as they come; no more is begun than `at_a_time`, and nothing after a failure."""
    running = set[Future[_File | None]]()
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


def main() -> int:
    """Carries out the order on the standard input; the process's code: 0, or 1 when the last line tells an error."""
    gc.disable()  # nothing that goes in circles grows large before the process ends
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
    code = main()
    sys.stdout.flush()
    os._exit(code)  # everything is closed already; to take a process apart piece by piece takes a tenth of a second
