"""Reads the rows of a live database as Arrow tables of facts: by ADBC, by several readers that all see the database as
it was in one moment, while writers go on.

SQLite hands over a value at a time, and asks for each of them what it is. So it is asked for one text a row instead
(`texts`): no type is guessed, and codes come as numbers of a list. Where a value holds one of the signs that part the
fields, the rows come as JSON arrays, which Arrow takes apart as if they were CSV.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv

from bangfu.snapshot import texts
from bangfu.snapshot.orders import ColumnOrder
from bangfu.snapshot.texts import BLOCK, CODES, LIVE_TYPES, Values
from bangfu.snapshot.values import fact

Cursor = Any  # of ADBC, which tells no types

ATTEMPTS = 100
ROWS_A_BATCH = "65536"  # of SQLite's rows, some 20 MB of text
_FIRST, _LAST = "first_", "last_"  # stand beside the brackets of a row


@dataclass(frozen=True)
class Reader:
    """A connection in a transaction that only reads."""

    kind: str
    cursor: Cursor

    def pairs(self, sql: str) -> list[tuple[int, int]]:
        """The answer to a SELECT of two whole numbers."""
        self.cursor.execute(sql)
        return [(int(first), int(second)) for first, second in self.cursor.fetchall()]

    def facts(self, live: str, columns: Sequence[ColumnOrder]) -> pa.Table:
        """The rows of a SELECT of `columns`, each column in one piece, in the type and meaning of its kind."""
        read = self._texts if self.kind == "sqlite" else self._values
        table = read(live, columns)
        return pa.table({column.name: fact(table[column.name], column) for column in columns})

    def _values(self, live: str, columns: Sequence[ColumnOrder]) -> pa.Table:
        self.cursor.execute(live)
        table: pa.Table = self.cursor.fetch_arrow_table()
        return table

    def _texts(self, live: str, columns: Sequence[ColumnOrder]) -> pa.Table:
        try:
            return self._bundled(live, columns)
        except texts.Indivisible:
            return self._spelled(live, columns)

    def _bundled(self, live: str, columns: Sequence[ColumnOrder]) -> pa.Table:
        """Raises Indivisible."""
        single = texts.alone(columns)
        first = list(self._lines(f"SELECT * FROM ({live}) few_ LIMIT {texts.SAMPLE}", texts.line_sql(single)))
        if sum(map(len, first)) < texts.SAMPLE:
            return texts.opened(_joined([_fields(lines, single) for lines in first], columns), single)
        codes = texts.alone([replace(column, coded=True) for column in columns])
        bundles = texts.bundled(_joined([_fields(lines, codes) for lines in first], columns), columns)
        lines = self._lines(live, texts.line_sql(bundles))
        return texts.opened(_joined([_fields(each, bundles) for each in lines], columns), bundles)

    def _lines(self, live: str, line: str) -> Iterator[Values]:
        self.cursor.execute(f"SELECT {line} AS line FROM ({live}) rows_")
        with self.cursor.fetch_record_batch() as batches:
            for batch in batches:
                if len(batch):
                    yield batch.column(0)

    def _spelled(self, live: str, columns: Sequence[ColumnOrder]) -> pa.Table:
        listed = ", ".join(column.name for column in columns)
        lines = self._lines(live, f"json_array(0, {listed}, 0) || char(10)")
        return _joined([_taken_apart(each, columns) for each in lines], columns)


@contextmanager
def readers(kind: str, address: str, count: int) -> Iterator[list[Reader]]:
    """At most `count` readers, at least one, that see the same state of the database until the block ends. Nobody waits
    for them: readers of SQLite's write-ahead log stop no writer, PostgreSQL keeps versions."""
    begin = {"sqlite": _begin_on_sqlite, "postgresql": _begin_on_postgresql}[kind]
    with ExitStack() as stack:
        cursors = begin(lambda: stack.enter_context(_cursor(kind, address)), count)
        yield [Reader(kind, cursor) for cursor in cursors]


@contextmanager
def _cursor(kind: str, address: str) -> Iterator[Cursor]:
    driver = import_module(f"adbc_driver_{kind}.dbapi")
    with driver.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        if kind == "sqlite":
            cursor.execute("PRAGMA cache_size = -65536")
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": ROWS_A_BATCH})
        yield cursor


def _begin_on_postgresql(connect: Callable[[], Cursor], count: int) -> list[Cursor]:
    cursors = [connect() for _ in range(count)]
    for cursor in cursors:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    state = _one(cursors[0], "SELECT pg_export_snapshot()")
    for cursor in cursors[1:]:
        cursor.execute(f"SET TRANSACTION SNAPSHOT '{state}'")
    return cursors


def _begin_on_sqlite(connect: Callable[[], Cursor], count: int) -> list[Cursor]:
    """What a transaction sees is settled by its first read. An onlooker's `data_version` changes whenever another
    connection commits: as long as it stays, all have begun in the same state. Where somebody commits without a pause,
    one reader has to do."""
    cursors = [connect() for _ in range(count)]
    onlooker = connect()
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


def _fields(lines: Values, bundles: Sequence[texts.Bundle]) -> pa.Table:
    return texts.taken_apart(lines.buffers()[2], len(lines), bundles)


def _joined(tables: Sequence[pa.Table], columns: Sequence[ColumnOrder]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries() if tables else _nothing(columns)


def _nothing(columns: Sequence[ColumnOrder]) -> pa.Table:
    return pa.table({column.name: pa.array([], LIVE_TYPES[column.kind]) for column in columns})
