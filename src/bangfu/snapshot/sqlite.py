"""Readers of SQLite, by ADBC: one text for each row, and where a value holds one of the signs that part the fields,
JSON arrays, which Arrow takes apart as if they were CSV."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import adbc_driver_sqlite.dbapi as adbc
import pyarrow as pa
import pyarrow.csv as csv

from bangfu.snapshot.orders import ColumnOrder
from bangfu.snapshot.reading import DatabaseFailed
from bangfu.snapshot.texts import BLOCK, CODES, FIELD, LIVE_TYPES, ROW, Indivisible, Values, joined, of_lines
from bangfu.snapshot.values import facts, without_blanks

Cursor = Any  # of ADBC, which tells no types

ATTEMPTS = 100
ROWS_A_BATCH = "65536"  # some 20 MB of text
_FIRST, _LAST = "first_", "last_"  # stand beside the brackets of a row


@dataclass(frozen=True)
class Reader:
    """See `reading.Reader`."""

    cursor: Cursor

    def pairs(self, sql: str) -> list[tuple[int, int]]:
        with _said():
            self.cursor.execute(sql)
            return [(int(first), int(second)) for first, second in self.cursor.fetchall()]

    def facts(self, live: str, columns: Sequence[ColumnOrder]) -> pa.Table:
        with _said():
            try:
                table = self._in_fields(live, columns)
            except Indivisible:
                table = self._in_json(live, columns)
        return facts(table, columns)

    def _in_fields(self, live: str, columns: Sequence[ColumnOrder]) -> pa.Table:
        """Raises Indivisible."""
        listed = f", '{FIELD}', ".join(column.name for column in columns)
        lines = self._lines(live, f"concat({listed}, '{ROW}')")
        return joined([of_lines(each, columns) for each in lines], columns)

    def _in_json(self, live: str, columns: Sequence[ColumnOrder]) -> pa.Table:
        listed = ", ".join(column.name for column in columns)
        lines = self._lines(live, f"json_array(0, {listed}, 0) || char(10)")
        table = joined([_taken_apart(each, columns) for each in lines], columns)
        return pa.table({name: without_blanks(table[name].combine_chunks()) for name in table.column_names})

    def _lines(self, live: str, line: str) -> Iterator[Values]:
        self.cursor.execute(f"SELECT {line} AS line FROM ({live}) rows_")
        with self.cursor.fetch_record_batch() as batches:
            for batch in batches:
                if len(batch):
                    yield batch.column(0)


@contextmanager
def readers(address: str, count: int) -> Iterator[list[Reader]]:
    """See `reading.readers`.

    What a transaction sees is settled by its first read. An onlooker's `data_version` changes whenever another
    connection commits: as long as it stays, all have begun in the same state. Where somebody commits without a pause,
    one reader has to do.
    """
    with ExitStack() as stack:
        with _said():
            cursors = [stack.enter_context(_cursor(address)) for _ in range(count + 1)]
            begun = _begun(cursors[:-1], onlooker=cursors[-1])
        yield [Reader(cursor) for cursor in begun]


def _begun(cursors: list[Cursor], onlooker: Cursor) -> list[Cursor]:
    for _attempt in range(ATTEMPTS):
        before = _one(onlooker, "PRAGMA data_version")
        for cursor in cursors:
            cursor.execute("BEGIN")
            _one(cursor, "SELECT count(*) FROM sqlite_schema")
        if _one(onlooker, "PRAGMA data_version") == before:
            return cursors
        for cursor in cursors:
            cursor.execute("ROLLBACK")
    cursors[0].execute("BEGIN")
    return cursors[:1]


@contextmanager
def _cursor(address: str) -> Iterator[Cursor]:
    with adbc.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size = -65536")
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": ROWS_A_BATCH})
        yield cursor


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except adbc.Error as error:
        raise DatabaseFailed(str(error)) from error


def _one(cursor: Cursor, sql: str) -> Any:
    cursor.execute(sql)
    ((value,),) = cursor.fetchall()
    return value


def _taken_apart(lines: Values, columns: Sequence[ColumnOrder]) -> pa.Table:
    """Rows that came as JSON arrays, each with its end of line. In what CSV understands otherwise than JSON there is
    always a backslash."""
    text = lines.buffers()[2]
    if b"\\" in text.to_pybytes():
        return _taken_apart_slowly(lines, columns)
    names = [column.name for column in columns]
    source: Any = pa.BufferReader(text)
    return csv.read_csv(
        source,
        csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=[_FIRST, *names, _LAST]),
        csv.ParseOptions(double_quote=False),
        csv.ConvertOptions(
            include_columns=names,
            column_types={column.name: CODES if column.coded else LIVE_TYPES[column.kind] for column in columns},
            null_values=["null"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["1"],
            false_values=["0"],
        ),
    )


def _taken_apart_slowly(lines: Values, columns: Sequence[ColumnOrder]) -> pa.Table:
    rows = zip(*(json.loads(line.as_py())[1:-1] for line in lines), strict=True)
    arrays = {}
    for column, values in zip(columns, rows, strict=True):
        kind = LIVE_TYPES[column.kind]
        array = pa.array(values, pa.string() if pa.types.is_date(kind) or kind == pa.string() else pa.int64())
        arrays[column.name] = array.dictionary_encode() if column.coded else array.cast(kind)
    return pa.table(arrays)
