"""From a folder of the registry's tables straight to a snapshot, without any database: how a province works."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyarrow as pa

from bangfu.common import duck
from bangfu.common.facts import Schema
from bangfu.snapshot import drafting
from bangfu.snapshot.errors import ReadingFailed
from bangfu.snapshot.livetables import Folder, LiveTables
from bangfu.snapshot.memory import kept_at_hand
from bangfu.snapshot.orders import TableOrder, Underivable
from bangfu.snapshot.store import Snapshot
from bangfu.snapshot.writing import engine, write

MEMORY = "600MB"  # more goes to disk; besides it a process needs some 200 MB for itself


def from_folder(
    source: Path,
    out: Path,
    as_of: date,
    schema: Schema,
    *,
    progress: Callable[[int, int], None] = lambda done, all: None,
) -> Snapshot:
    """The snapshot `out` of the tables in `source`, file by file: memory does not grow with their number. `progress`
    is told how many files of how many are done.

    Ids are the numbers of households and people where these are whole numbers. Raises SourceTableMissing,
    SourceColumnWrong, SourceRowsWrong, ReadingFailed, FolderTaken, DiskRefused; then nothing is left behind.
    """
    folder = Folder(source)
    names = folder.files

    def fill(draft: drafting.Draft) -> None:
        with (
            kept_at_hand(),
            duck.within(source, draft.folder, memory=MEMORY, spill=draft.spill, whole_division=True) as connection,
            engine() as deriving,
            ThreadPoolExecutor(1) as writer,
        ):
            with _told_of("areas"):
                live = LiveTables(connection, folder, schema, as_of)
            written = Future[None]()
            written.set_result(None)
            for number, name in enumerate(names):
                with _told_of(name):
                    live.show(number, name)
                for table, facts in schema.tables.items():
                    with _told_of(table):
                        given = live.given(facts, number)
                    written.result()  # one table is written while the next is made, and no more than that are in memory
                    written = writer.submit(_write, draft, number, given, live.orders[table], deriving)
                progress(number + 1, len(names))
            written.result()

    return drafting.write(out, as_of, f"folder {source.name}", schema, fill)


def _write(draft: drafting.Draft, part: int, given: pa.Table, order: TableOrder, deriving: duck.Connection) -> None:
    with _told_of(order.name):
        write(given, order, draft.path(order.name, part), deriving)
    draft.wrote(order.name, part)


@contextmanager
def _told_of(table: str) -> Iterator[None]:
    """What goes wrong with the rows of a table is told as ReadingFailed."""
    try:
        yield
    except (duck.Error, Underivable, pa.ArrowException) as error:
        raise ReadingFailed(table=table, reason=str(error).splitlines()[0]) from error
