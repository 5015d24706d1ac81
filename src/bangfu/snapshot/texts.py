"""Rows that a database hands over as text, and how Arrow takes them apart."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv

from bangfu.common.facts import FactKind
from bangfu.snapshot.orders import ColumnOrder

Values = Any  # a column in one piece, of whatever type: the stubs of Arrow know too few

FIELD, ROW, RETURN = "\x1f", "\n", "\r"
BLOCK = 4 << 20
CODES = pa.dictionary(pa.int32(), pa.string())
BOM = "\ufeff".encode()

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


def of_lines(lines: Values, columns: Sequence[ColumnOrder]) -> pa.Table:
    """The columns of rows of which each came as a text. Raises Indivisible when a value holds one of the signs by which
    fields and rows are told apart: there are more rows then, or not as many fields in each."""
    text = lines.buffers()[2]
    content = np.frombuffer(text, np.uint8)
    # Arrow would take the one for a mark of the encoding, the other at the end of a row for a part of the line break.
    if content[: len(BOM)].tobytes() == BOM or (content == ord(RETURN)).any():
        raise Indivisible
    table = taken_apart(text, columns)
    if len(table) != len(lines):
        raise Indivisible
    return table


def taken_apart(text: Any, columns: Sequence[ColumnOrder], *, quoted: bool = False) -> pa.Table:
    """The columns of rows that came as one text, in fields; unknown is blank. With `quoted`, values that hold one of
    the signs stand within quotation marks. Raises Indivisible, with `quoted` ArrowInvalid."""
    source: Any = pa.BufferReader(text)
    try:
        return csv.read_csv(
            source,
            csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=[column.name for column in columns]),
            csv.ParseOptions(
                delimiter=FIELD,
                quote_char='"' if quoted else False,
                newlines_in_values=quoted,
                ignore_empty_lines=False,
            ),
            csv.ConvertOptions(
                column_types={column.name: CODES if column.coded else LIVE_TYPES[column.kind] for column in columns},
                null_values=[""],
                strings_can_be_null=True,
                true_values=["1", "t"],
                false_values=["0", "f"],
            ),
        )
    except pa.ArrowInvalid as error:
        if quoted:
            raise
        raise Indivisible from error


def joined(tables: Sequence[pa.Table], columns: Sequence[ColumnOrder]) -> pa.Table:
    """The rows of all tables, with one list for the codes of a column."""
    if not tables:
        return pa.table({column.name: pa.array([], LIVE_TYPES[column.kind]) for column in columns})
    return pa.concat_tables(tables).unify_dictionaries()
