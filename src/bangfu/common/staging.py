"""Staging: a columnar table becomes a temporary table of the database, so that one statement can merge all its rows.

The temporary table lives on Django's own connection, in the caller's transaction: what is staged is merged or undone
together with everything else, and no second connection can disturb the first.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from django.db import connection, transaction
from pyarrow import csv

# Rows handed to the driver at a time: enough to be fast, little enough to stay small in memory.
_BATCH = 50_000


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
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_temp(name)}")
        cursor.execute(f"CREATE TEMP TABLE {quoted} ({columns})")
        # A column in which nothing stands (a template has many that nobody fills in) need not travel.
        filled = [name for name in table.column_names if table[name].null_count < len(table)] or table.column_names
        fill(f"{quoted} ({', '.join(map(quote, filled))})", table.select(filled))
        for number, group in enumerate(groups):
            names = ", ".join(quote(column) for column in group)
            cursor.execute(f"CREATE INDEX {quote(f'{name}_{number}')} ON {quoted} ({names})")
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {quoted}")  # without it the planner takes a new table for a small one
    yield quoted
    # Only when all went well: after an error the transaction takes the table back, and on PostgreSQL could do no more.
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_temp(name)}")


def fill(target: str, table: pa.Table) -> None:
    """Add the rows of `table` to `target`: a quoted table name, with its quoted columns in brackets if needed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            _copy(cursor, target, table)
    else:
        _insert(target, table)


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
    for batch in table.to_batches(max_chunksize=_BATCH):
        columns = [_for_sqlite(column).to_pylist() for column in batch.columns]
        connection.connection.executemany(f"INSERT INTO {quoted} VALUES ({marks})", zip(*columns, strict=True))


def _for_sqlite(column: "pa.Array[Any]") -> "pa.Array[Any]":
    if pa.types.is_date(column.type):
        return column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        # Django keeps times in UTC as text, microseconds only when there are any.
        naive = column.cast(pa.timestamp("us"))
        return pa.array([None if at is None else str(at) for at in naive.to_pylist()], pa.string())
    if pa.types.is_boolean(column.type):
        return column.cast(pa.int8())
    return column
