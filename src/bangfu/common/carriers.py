"""Carriers: how many rows come into SQLite at once. They are written in one go as a small database of their own, which
is attached beside the main one: a third of the work of handing them over row by row, and it can be done on other
threads.
"""

import mmap
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock
from typing import Any, TypeVar

import pyarrow as pa
from django.db import OperationalError, connection, transaction

Key = TypeVar("Key")

# Rows handed to the driver at a time: as fast as more, and small in memory.
BATCH = 50_000
# From so many rows on a carrier is worth its file; SQLite allows ten attached databases, `carriers` takes eight.
_CARRIED = 10_000
_CARRIERS = 8
# Carriers that are loaded at a time.
_LOADING = 2
# Nobody else knows the file of a carrier, and what is not finished is thrown away: it need not wait for the disk. Sorts
# of its indexes need no files of their own.
_SETTINGS = ("journal_mode = OFF", "synchronous = OFF", "temp_store = MEMORY", "cache_size = -32768")

# Where carriers are written, and the schemas of those that are attached; None outside of `carriers`.
_open: ContextVar[tuple[Path, list[str]] | None] = ContextVar("carriers", default=None)


@contextmanager
def carriers(folder: Path, checked_at_end: Sequence[str] = ()) -> Iterator[None]:
    """A transaction in which many rows come in. SQLite: big tables of it travel by carriers, each of which lies in
    `folder` for as long as it is being written.

    `checked_at_end` names the tables that the transaction writes, if SQLite is to check their foreign keys once at its
    end, table by table, and not row by row: only then does it take tables over as they lie in a carrier. It must be all
    that have any, and nothing may be removed that others point to.

    Both must be around the whole transaction: what it has read cannot be detached before it ends, and how keys are
    checked cannot change within. Inside another one, and on PostgreSQL, this is a transaction like any other.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    attached: list[str] = []
    token = _open.set((folder, attached))
    unchecked = bool(checked_at_end) and connection.disable_constraint_checking()
    try:
        with transaction.atomic():
            yield
            # What is taken back anyway leaves nothing behind that could be wrong.
            if unchecked and not transaction.get_rollback():
                connection.check_constraints(checked_at_end)
    finally:
        _open.reset(token)
        if unchecked:
            connection.enable_constraint_checking()
        for schema in attached:
            # A connection that was closed meanwhile has let go of them by itself.
            with connection.cursor() as cursor, suppress(OperationalError):
                cursor.execute(f"DETACH DATABASE {schema}")


def may_carry() -> bool:
    """Whether `freights` may be used: on SQLite, within `carriers`."""
    return connection.vendor == "sqlite" and _open.get() is not None


# A statement with its parameters.
Statement = tuple[str, Sequence[Any]]


@dataclass(frozen=True)
class Freight:
    """What a carrier brings: the statements that make its tables; the rows of one of them, by name, read piece by
    piece; and the statements that follow when these rows are in. `onward` are the name and the statements of a second
    carrier, made from what the first one brings, which goes its way meanwhile."""

    made_by: Sequence[str]
    name: str
    rows: pa.RecordBatchReader
    followed_by: Sequence[Statement] = ()
    onward: tuple[Any, Sequence[Statement]] | None = None


def carry(definition: str, name: str, table: pa.Table) -> str:
    """The schema in which the table, made as `definition` says, now stands beside the others; "" if it was not carried.

    It lies in memory. Its name is found without the schema, as that of a temporary table is, while no other table bears
    it.
    """
    place = _open.get()
    if connection.vendor != "sqlite" or not place or len(table) < _CARRIED or len(place[1]) >= _CARRIERS:
        return ""
    folder, attached = place
    file = _empty(folder)
    try:
        with _made(file) as made:
            _pour(made, Freight([f"CREATE TABLE {definition}"], name, table.to_reader(BATCH)))
        schema = _attach(":memory:", attached)
        with file.open("rb") as written, mmap.mmap(written.fileno(), 0, access=mmap.ACCESS_READ) as content:
            connection.connection.deserialize(content, name=schema)
    finally:
        file.unlink(missing_ok=True)
    return schema


@contextmanager
def freights(loads: Iterable[tuple[Key, Callable[[], Freight]]]) -> Iterator[Iterator[tuple[Key, str]]]:
    """SQLite, within `carriers`: which of these freights (each under a name of the caller's) arrived, and in which
    schema, one after the other as they are ready. The next ones are loaded on two other threads meanwhile: a carrier is
    a database of its own, which no lock keeps waiting. Loads are asked for when a thread is free, and may have to be
    waited for. The tables stay on the disk."""
    place = _open.get()
    if place is None:
        raise transaction.TransactionManagementError("freights() belongs inside carriers()")
    folder, attached = place
    files: list[Path] = []
    coming = iter(loads)
    one, enough = Lock(), Event()
    arrived: SimpleQueue[tuple[Key, Path] | Future[None]] = SimpleQueue()

    def load() -> None:
        while not enough.is_set():
            with one:
                if (due := next(coming, None)) is None:
                    return
                file = _empty(folder)
                files.append(file)
            key, make = due
            freight = make()
            with _made(file) as made:
                _pour(made, freight)
                _follow(made, freight.followed_by)
            if freight.onward is None:
                arrived.put((key, file))
                continue
            second = _empty(folder)
            files.append(second)
            onward, statements = freight.onward
            with _made(second) as made:
                # Looked into, it stays open, whatever becomes of its name.
                made.execute("ATTACH DATABASE ? AS first", [str(file)])
                made.execute("SELECT count(*) FROM first.sqlite_master")
                made.fetchall()
                arrived.put((key, file))
                _follow(made, statements)
            arrived.put((onward, second))

    def arrivals() -> Iterator[tuple[Key, str]]:
        # The context says in which language and for whom a thread works.
        loading = {pool.submit(copy_context().run, load) for _thread in range(_LOADING)}
        for each in loading:
            each.add_done_callback(arrived.put)
        while loading:
            match arrived.get():
                case Future() as ended:
                    ended.result()
                    loading.remove(ended)
                case key, file:
                    yield key, _taken_on(file, attached)

    pool = ThreadPoolExecutor(max_workers=_LOADING)
    try:
        yield arrivals()
    finally:
        enough.set()
        pool.shutdown(cancel_futures=True)
        for file in files:
            with suppress(OSError):  # where even that is refused, the next start of the site removes it
                file.unlink(missing_ok=True)


def _taken_on(file: Path, attached: list[str]) -> str:
    """The schema in which a loaded carrier now stands."""
    schema = _attach(str(file), attached)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {schema}.sqlite_master")
        # It is read once, from one end to the other: its pages need not count as our memory until the end.
        cursor.execute(f"PRAGMA {schema}.mmap_size = 0")
    # An open file keeps its content where it can be removed; elsewhere that waits.
    with suppress(OSError):
        file.unlink()
    return schema


def _attach(database: str, attached: list[str]) -> str:
    schema = f"carrier_{len(attached)}"
    with connection.cursor() as cursor:
        cursor.execute(f"ATTACH DATABASE %s AS {schema}", [database])
    attached.append(schema)
    return schema


def _empty(folder: Path) -> Path:
    with tempfile.NamedTemporaryFile(prefix="incoming-", dir=folder, delete=False) as stream:
        return Path(stream.name)


@contextmanager
def _made(file: Path) -> Iterator[Any]:
    """A carrier that is still being made. The driver for Arrow brings an SQLite of its own, which also makes indexes in
    five sixths of the time that the system's takes."""
    import adbc_driver_sqlite.dbapi as adbc

    with adbc.connect(str(file), autocommit=True) as carrier, carrier.cursor() as made:
        for setting in _SETTINGS:
            made.execute(f"PRAGMA {setting}")
        yield made


def _pour(made: Any, freight: Freight) -> None:
    """The tables of a carrier, and the rows of its freight in them."""
    for statement in freight.made_by:
        made.execute(statement)
    made.adbc_ingest(freight.name, _reader_for_sqlite(freight.rows), mode="append")


def _follow(made: Any, statements: Sequence[Statement]) -> None:
    made.execute("BEGIN")
    for statement, parameters in statements:
        made.execute(statement, parameters)
    made.execute("COMMIT")


def _reader_for_sqlite(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """The same rows as SQLite keeps them."""

    def kept(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [for_sqlite(column) for column in batch.columns]
        return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)

    return pa.RecordBatchReader.from_batches(kept(_nothing(rows.schema)).schema, map(kept, rows))


def _nothing(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def for_sqlite(column: Any) -> Any:
    """A column as SQLite keeps it: days and times as ISO text, yes and no as 1 and 0."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_date(column.type):
        return column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        # Django keeps times in UTC as text, microseconds only when there are any.
        naive = column.cast(pa.timestamp("us"))
        return pa.array([None if at is None else str(at) for at in naive.to_pylist()], pa.string())
    if pa.types.is_boolean(column.type):
        return column.cast(pa.int8())
    return column
