"""Staging: a columnar table becomes a temporary table of the database, so that one statement can merge all its rows.

The temporary table lives on Django's own connection, in the caller's transaction: what is staged is merged or undone
together with everything else, and no second connection can disturb the first.
"""

import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import pyarrow as pa
from django.db import connection, transaction
from pyarrow import csv

from bangfu.common.carriers import BATCH, carry, for_sqlite

_LITE_BATCH = 5_000
# Pieces of text that are made while the server is busy: of 50,000 people each some 12 MB.
_AHEAD = 8

Key = TypeVar("Key")


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
        schema = carry(f"{quoted} ({columns})", name, table.select(filled))
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


def fill(target: str, table: pa.Table) -> None:
    """Add the rows of `table` to `target`: a quoted table name, with its quoted columns in brackets if needed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            _copy(cursor, target, table)
    else:
        _insert(target, table)


@contextmanager
def fillings(loads: Iterable[tuple[Key, str, Callable[[], pa.RecordBatchReader]]]) -> Iterator[Iterator[Key]]:
    """PostgreSQL: fill these tables (a name of the caller's, the table as in `fill`, its rows), one after the other;
    each is named when its rows are in. Their texts are made on another thread, `_AHEAD` pieces before they are wanted:
    also while the server is busy with what the caller does between two tables. Loads and their rows are asked for when
    their turn comes, always by that thread, and may have to be waited for."""

    def pieces() -> Iterator[tuple[Key, str, memoryview | None]]:
        for key, target, rows in loads:
            yield key, target, None
            for batch in rows():
                yield key, target, _text(batch)
            yield key, target, None

    def arriving() -> Iterator[tuple[Key, str, memoryview | None]]:
        while piece := waiting.popleft().result():
            waiting.append(pool.submit(next, made, None))
            yield piece

    def filled() -> Iterator[Key]:
        texts = arriving()
        for key, target, _begin in texts:
            with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN (FORMAT csv)") as copy:
                while (text := next(texts)[2]) is not None:
                    copy.write(text)
            yield key

    made = pieces()
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        waiting = deque(pool.submit(next, made, None) for _piece in range(_AHEAD))
        yield filled()
    finally:
        pool.shutdown(cancel_futures=True)


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
    """PostgreSQL: COPY from the texts of the rows."""
    with cursor.copy(f"COPY {quoted} FROM STDIN (FORMAT csv)") as copy:
        for batch in table.to_batches(max_chunksize=BATCH):
            copy.write(_text(batch))


def _text(batch: pa.RecordBatch) -> memoryview:
    """The rows as CSV written by Arrow, which quotes every text: "" is empty, nothing at all is NULL."""
    buffer = io.BytesIO()
    csv.write_csv(pa.Table.from_batches([batch]), buffer, csv.WriteOptions(include_header=False))
    return buffer.getbuffer()


def _insert(quoted: str, table: pa.Table) -> None:
    """SQLite: the driver's own executemany, with dates and times as ISO text."""
    marks = ", ".join("?" * table.num_columns)
    for batch in table.to_batches(max_chunksize=_LITE_BATCH):
        columns = [for_sqlite(column).to_pylist() for column in batch.columns]
        connection.connection.executemany(f"INSERT INTO {quoted} VALUES ({marks})", zip(*columns, strict=True))
