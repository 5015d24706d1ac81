"""Copies fact tables out of a live database into the files of a draft, all in one consistent read: a process of its
own, started by `taking` with an order on its standard input, answering in lines of JSON.

A process of its own because ADBC brings its own copy of SQLite: when one of two copies in a process closes the
database, the locks of the other are gone. It needs neither Django nor its settings, and its memory ends with it.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue

import pyarrow as pa
from adbc_driver_manager import Error as DatabaseError

from bangfu.common import duck
from bangfu.snapshot.memory import kept_at_hand
from bangfu.snapshot.orders import Order, TableOrder
from bangfu.snapshot.reading import Reader, readers
from bangfu.snapshot.shelf import Shelf
from bangfu.snapshot.writing import write

# A few counties: large enough to read and write fast, small enough for the memory of a small machine.
HOUSEHOLDS_A_PART = 80_000


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
    ):
        ranges = _parts(opened[0].pairs(order.counties), order.span)
        tables = [_as_it_is_now(opened[0], table) for table in order.tables]
        shelf = Shelf(tables)
        files = [
            _File(table, part, inside, Path(order.folder) / table.name / f"{part:04d}.parquet")
            for part, inside in enumerate(ranges)
            for table in shelf.in_turn(tables)
        ]
        idle = SimpleQueue[Reader]()
        for reader in opened:
            idle.put(reader)
        written = _in_turn(pool, len(opened), lambda file: _write(file, idle, shelf), files)
        for done, table in enumerate(written, start=1):
            yield Copied(table, len(ranges), done, len(files))


def _in_turn(
    pool: ThreadPoolExecutor, at_a_time: int, work: Callable[[_File], str], files: Sequence[_File]
) -> Iterator[str]:
    """The answers of `work`, as they come; no more is begun than `at_a_time`, and nothing after a failure."""
    running = set[Future[str]]()
    for file in files:
        running.add(pool.submit(work, file))
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


def _write(file: _File, idle: SimpleQueue[Reader], shelf: Shelf) -> str:
    """Reads and writes a file by whichever reader is idle; the name of the table."""
    table, reader = file.table, idle.get()
    try:
        given = reader.facts(file.live, table.read)
        shelf.lay(table.name, file.part, given)
        write(shelf.completed(given, table.found, file.part), table, file.path)
    except (DatabaseError, duck.Error, pa.ArrowException) as error:
        failure = CopyingFailed(table.name, str(error).strip().splitlines()[0])
        shelf.fail(table.name, file.part, failure)
        raise failure from error
    except Exception as error:
        shelf.fail(table.name, file.part, error)
        raise
    finally:
        idle.put(reader)
    return table.name


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
        print(json.dumps({"table": table, "error": reason}), flush=True)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
