"""Rows that a database hands over as one text each, and how Arrow takes them apart.

Columns that repeat together (flags, codes, days that few have) stand in one field of the text. Arrow finds each
different field once; what stands in it is taken apart afterwards, for a few thousand fields instead of all rows.
Which columns go together is seen from the first rows. A wrong guess costs time, never a value.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from bangfu.common.facts import FactKind
from bangfu.snapshot.orders import ColumnOrder

Values = Any  # a column in one piece, of whatever type: the stubs of Arrow know too few
Bundle = tuple[ColumnOrder, ...]  # columns that share a field of the text

FIELD, WITHIN, ROW = "\x1f", "\x1e", "\n"
BLOCK = 4 << 20
SAMPLE = 4096  # rows by which bundles are chosen
REPEATED = SAMPLE // 32  # a column, or the columns of a bundle together, with more different values there go alone
PLACE = ("village_code", "place")  # the same in neighbouring rows, and so never among the first rows what it is in all
CODES = pa.dictionary(pa.int32(), pa.string())
BOM = "\ufeff".encode()
RETURN = re.compile(b"\r")

# How a live database hands over each kind of value: amounts are whole hundredths, days are dates.
LIVE_TYPES: Mapping[FactKind, pa.DataType] = {
    FactKind.KEY: pa.int64(),
    FactKind.TEXT: pa.string(),
    FactKind.CODE: pa.string(),
    FactKind.FLAG: pa.bool_(),
    FactKind.WHOLE: pa.int32(),
    FactKind.AMOUNT: pa.int64(),
    FactKind.DAY: pa.date32(),
}


class Indivisible(Exception):
    """A value that cannot be told from the signs around it, or is not of its kind."""


def line_sql(bundles: Sequence[Bundle]) -> str:
    """The text of a row, for SQLite: unknown is blank."""
    fields = [f", '{WITHIN}', ".join(column.name for column in bundle) for bundle in bundles]
    listed = f", '{FIELD}', ".join(fields)
    return f"concat({listed}, '{ROW}')"


def alone(columns: Sequence[ColumnOrder]) -> list[Bundle]:
    return [(column,) for column in columns]


def bundled(rows: pa.Table, columns: Sequence[ColumnOrder]) -> list[Bundle]:
    """Columns that repeat together, by some rows in which every column is a text of few."""
    together: list[tuple[list[ColumnOrder], Any]] = []
    others = [column for column in columns if column.name not in PLACE]
    numbers = {column.name: _numbers(rows[column.name]) for column in others}
    for column in sorted(others, key=lambda c: int(numbers[c.name].max(initial=0))):
        own = numbers[column.name]
        if own.max(initial=0) > REPEATED:
            together.append(([column], None))
            continue
        for at, (bundle, joint) in enumerate(together):
            if joint is not None:
                both = _renumbered(joint * (REPEATED + 1) + own)
                if both.max(initial=0) <= REPEATED:
                    together[at] = ([*bundle, column], both)
                    break
        else:
            together.append(([column], own))
    place = tuple(column for column in columns if column.name in PLACE)
    return [tuple(bundle) for bundle, _joint in together] + ([place] if place else [])


def _numbers(values: "pa.ChunkedArray[Any]") -> Any:
    listed: Values = values.combine_chunks()
    return pc.fill_null(listed.indices, -1).to_numpy().astype(np.int64) + 1


def _renumbered(numbers: Any) -> Any:
    """Without gaps."""
    occurs = np.bincount(numbers) > 0
    return (np.cumsum(occurs) - 1)[numbers]


def taken_apart(text: pa.Buffer, rows: int, bundles: Sequence[Bundle]) -> pa.Table:
    """A table of fields, one for each bundle, called by its first column. Raises Indivisible when a value holds one of
    the signs by which fields and rows are told apart: there are more rows then, or not as many fields in each."""
    fields = {bundle[0].name: _type(bundle[0]) if len(bundle) == 1 else CODES for bundle in bundles}
    return _fields(text, rows, fields, FIELD)


def opened(fields: pa.Table, bundles: Sequence[Bundle]) -> pa.Table:
    """The columns of a table of fields, each in one piece. Raises Indivisible."""
    columns: dict[str, Values] = {}
    for bundle in bundles:
        field: Values = fields[bundle[0].name].combine_chunks()
        if len(bundle) == 1:
            columns[bundle[0].name] = field
            continue
        lines: Values = pc.binary_join_element_wise(field.dictionary, "", ROW)
        values = _fields(lines.buffers()[2], len(lines), {c.name: _type(c) for c in bundle}, WITHIN)
        for column in bundle:
            columns[column.name] = values[column.name].combine_chunks().take(field.indices)
    return pa.table(columns)


def _type(column: ColumnOrder) -> pa.DataType:
    return CODES if column.coded else LIVE_TYPES[column.kind]


def _fields(text: pa.Buffer, rows: int, types: Mapping[str, pa.DataType], delimiter: str) -> pa.Table:
    source: Any = pa.BufferReader(text)
    # Arrow would take the one for a mark of the encoding, the other at the end of a row for a part of the line break.
    content: Any = memoryview(text)  # of a buffer, which is not copied to be searched
    if content[: len(BOM)] == BOM or RETURN.search(content):
        raise Indivisible
    try:
        table: pa.Table = csv.read_csv(
            source,
            csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=list(types)),
            csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            csv.ConvertOptions(
                column_types=dict(types),
                null_values=[""],
                strings_can_be_null=True,
                true_values=["1"],
                false_values=["0"],
            ),
        )
    except pa.ArrowInvalid as error:
        raise Indivisible from error
    if len(table) != rows:
        raise Indivisible
    return table
