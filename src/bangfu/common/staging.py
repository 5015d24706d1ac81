"""Staging: a columnar table becomes a temporary table of the database, so that one statement can merge all its rows.

The temporary table lives on Django's own connection, in the caller's transaction: what is staged is merged or undone
together with everything else, and no second connection can disturb the first.
"""

import io
import mmap
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db import OperationalError, connection, transaction
from pyarrow import csv

# Rows handed to the driver at a time: as fast as more, and small in memory.
_BATCH = 50_000
_LITE_BATCH = 5_000
# From so many rows on a carrier is worth its file; SQLite allows ten attached databases, `carriers` takes eight.
_CARRIED = 10_000
_CARRIERS = 8

# Where carriers are written, and the schemas of those that are attached; None outside of `carriers`.
_open: ContextVar[tuple[Path, list[str]] | None] = ContextVar("carriers", default=None)


@contextmanager
def carriers(folder: Path) -> Iterator[None]:
    """Around a transaction that stages many rows. SQLite: big tables of it are not handed over row by row, but written
    in one go as a small database of their own, which is then read into memory and attached: a third of the work.

    It must be around, because what a transaction has read cannot be detached before it ends. Within a transaction, and
    on PostgreSQL, it does nothing. A carrier lies in `folder` for as long as it is being written.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    attached: list[str] = []
    token = _open.set((folder, attached))
    try:
        yield
    finally:
        _open.reset(token)
        for schema in attached:
            # A connection that was closed meanwhile has let go of them by itself.
            with connection.cursor() as cursor, suppress(OperationalError):
                cursor.execute(f"DETACH DATABASE {schema}")


@contextmanager
def stage(name: str, table: pa.Table, *, key: str = "", index: Sequence[Sequence[str]] = ()) -> Iterator[str]:
    """A TEMP table `name` holding the rows of `table`; yields its quoted name for use in SQL, drops it afterwards.

    Arrow types become: string -> text, whole numbers -> bigint, bool -> boolean, date -> date, timestamp -> timestamp
    with time zone, floats -> double precision; null stays NULL and "" stays "". On SQLite dates and times are ISO text
    and booleans 0/1, as Django keeps them. `key` is a column of unique whole numbers, by which SQLite keeps the rows
    themselves; `index` names groups of columns to be indexed after the rows are in.
    Must be called inside a transaction; a table of that name left by an earlier failure is replaced.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("stage() belongs inside transaction.atomic()")
    quote = connection.ops.quote_name
    quoted = quote(name)
    lite = connection.vendor == "sqlite"
    columns = ", ".join(
        f"{quote(field.name)} " + ("integer PRIMARY KEY" if lite and field.name == key else _sql_type(field.type))
        for field in table.schema
    )
    groups = [*index, *([[key]] if key and not lite else [])]
    # A column in which nothing stands (a template has many that nobody fills in) need not travel.
    filled = [name for name in table.column_names if table[name].null_count < len(table)] or table.column_names
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_temp(name)}")
        schema = _carry(f"{quoted} ({columns})", name, table.select(filled))
        if not schema:
            cursor.execute(f"CREATE TEMP TABLE {quoted} ({columns})")
            fill(f"{quoted} ({', '.join(map(quote, filled))})", table.select(filled))
        for number, group in enumerate(groups):
            names = ", ".join(quote(column) for column in group)
            beside = f"{schema}." if schema else ""
            cursor.execute(f"CREATE INDEX {beside}{quote(f'{name}_{number}')} ON {quoted} ({names})")
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {quoted}")  # without it the planner takes a new table for a small one
    yield quoted
    # Only when all went well: after an error the transaction takes the table back, and on PostgreSQL could do no more.
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {f'{schema}.{quoted}' if schema else _temp(name)}")


def _carry(definition: str, name: str, table: pa.Table) -> str:
    """The schema in which the table, made as `definition` says, now stands beside the others; "" if it was not carried.

    Its name is found without the schema, as that of a temporary table is, while no other table bears it.
    """
    place = _open.get()
    if connection.vendor != "sqlite" or not place or len(table) < _CARRIED or len(place[1]) >= _CARRIERS:
        return ""
    folder, attached = place
    file = _loaded(folder, Freight([f"CREATE TABLE {definition}"], name, table.to_reader(_BATCH)))
    try:
        schema = f"carrier_{len(attached)}"
        with connection.cursor() as cursor:
            cursor.execute(f"ATTACH DATABASE ':memory:' AS {schema}")
        attached.append(schema)
        with file.open("rb") as written, mmap.mmap(written.fileno(), 0, access=mmap.ACCESS_READ) as content:
            connection.connection.deserialize(content, name=schema)
    finally:
        file.unlink(missing_ok=True)
    return schema


@dataclass(frozen=True)
class Freight:
    """What a carrier brings: the statements that make its tables; the rows of one of them, by name, read piece by
    piece; and the statements that follow when these rows are in."""

    made_by: Sequence[str]
    name: str
    rows: pa.RecordBatchReader
    followed_by: Sequence[tuple[str, Sequence[Any]]] = ()


@contextmanager
def freights(loads: Sequence[Callable[[], Freight]]) -> Iterator[Iterator[str]]:
    """SQLite, within `carriers`: the schemas in which these freights arrive, one after the other. While the caller
    works on one, the next is loaded on another thread: a carrier is a database of its own, which no lock keeps waiting.
    A freight is made when its turn comes, so that no more than two lie in memory. The tables stay on the disk."""
    place = _open.get()
    if place is None:
        raise transaction.TransactionManagementError("freights() belongs inside carriers()")
    folder, attached = place
    files: list[Path] = []

    def load(make: Callable[[], Freight]) -> Path:
        files.append(_loaded(folder, make()))
        return files[-1]

    def arrivals() -> Iterator[str]:
        # The context says in which language and for whom the thread works.
        for future in [pool.submit(copy_context().run, load, make) for make in loads]:
            file = future.result()
            schema = f"carrier_{len(attached)}"
            with connection.cursor() as cursor:
                cursor.execute(f"ATTACH DATABASE %s AS {schema}", [str(file)])
                attached.append(schema)
                cursor.execute(f"SELECT count(*) FROM {schema}.sqlite_master")
            # An open file keeps its content where it can be removed; elsewhere that waits.
            with suppress(OSError):
                file.unlink()
            yield schema

    pool = ThreadPoolExecutor(max_workers=1)
    try:
        yield arrivals()
    finally:
        pool.shutdown(cancel_futures=True)
        for file in files:
            with suppress(OSError):  # where even that is refused, the next start of the site removes it
                file.unlink(missing_ok=True)


def may_carry() -> bool:
    """Whether `freights` may be used: on SQLite, within `carriers`."""
    return connection.vendor == "sqlite" and _open.get() is not None


def _loaded(folder: Path, freight: Freight) -> Path:
    """The file of a carrier with its freight."""
    import adbc_driver_sqlite.dbapi as adbc

    with tempfile.NamedTemporaryFile(prefix="incoming-", dir=folder, delete=False) as stream:
        file = Path(stream.name)
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as made:
            for statement in freight.made_by:
                made.execute(statement)
        with adbc.connect(str(file)) as carrier, carrier.cursor() as cursor:
            cursor.adbc_ingest(freight.name, _reader_for_sqlite(freight.rows), mode="append")
            carrier.commit()
        if freight.followed_by:
            with closing(sqlite3.connect(file, isolation_level=None)) as made:
                # Nobody else knows the file: what is not finished is thrown away.
                made.execute("PRAGMA journal_mode = OFF")
                made.execute("PRAGMA synchronous = OFF")
                made.execute("BEGIN")
                for statement, parameters in freight.followed_by:
                    made.execute(statement, list(parameters))
                made.execute("COMMIT")
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return file


def fill(target: str, table: pa.Table) -> None:
    """Add the rows of `table` to `target`: a quoted table name, with its quoted columns in brackets if needed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            _copy(cursor, target, table)
    else:
        _insert(target, table)


def columns_of(schema: pa.Schema) -> str:
    """The columns of a table made for rows of this schema, with their types."""
    return ", ".join(f"{connection.ops.quote_name(field.name)} {_sql_type(field.type)}" for field in schema)


def _temp(name: str) -> str:
    """The name with its schema, so that a DROP can never reach a lasting table of the same name."""
    return f"{'pg_temp' if connection.vendor == 'postgresql' else 'temp'}.{connection.ops.quote_name(name)}"


def _sql_type(kind: pa.DataType) -> str:
    postgresql = connection.vendor == "postgresql"
    if pa.types.is_boolean(kind):
        return "boolean" if postgresql else "bool"
    if pa.types.is_integer(kind):
        return "bigint"
    if pa.types.is_floating(kind):
        return "double precision" if postgresql else "real"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_timestamp(kind):
        return "timestamp with time zone" if postgresql else "datetime"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return "text"
    if pa.types.is_dictionary(kind):
        return _sql_type(kind.value_type)
    raise TypeError(f"a column of type {kind} cannot be staged")


def _copy(cursor: Any, quoted: str, table: pa.Table) -> None:
    """PostgreSQL: COPY from CSV written by Arrow, which quotes every text: "" is empty, nothing at all is NULL."""
    with cursor.copy(f"COPY {quoted} FROM STDIN (FORMAT csv)") as copy:
        for batch in table.to_batches(max_chunksize=_BATCH):
            buffer = io.BytesIO()
            csv.write_csv(pa.Table.from_batches([batch]), buffer, csv.WriteOptions(include_header=False))
            copy.write(buffer.getbuffer())


def _insert(quoted: str, table: pa.Table) -> None:
    """SQLite: the driver's own executemany, with dates and times as ISO text."""
    marks = ", ".join("?" * table.num_columns)
    for batch in table.to_batches(max_chunksize=_LITE_BATCH):
        columns = [_for_sqlite(column).to_pylist() for column in batch.columns]
        connection.connection.executemany(f"INSERT INTO {quoted} VALUES ({marks})", zip(*columns, strict=True))


def _reader_for_sqlite(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """The same rows as SQLite keeps them."""

    def kept(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [_for_sqlite(column) for column in batch.columns]
        return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)

    return pa.RecordBatchReader.from_batches(kept(_nothing(rows.schema)).schema, map(kept, rows))


def _nothing(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _for_sqlite(column: Any) -> Any:
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
