"""Values as live tables hold them become facts: blank texts are unknown, hundredths amounts, dates whole numbers."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bangfu.common.facts import FactKind
from bangfu.snapshot.orders import ColumnOrder
from bangfu.snapshot.texts import LIVE_TYPES, Values

LARGEST_AMOUNT = 10**14 - 1  # hundredths: what DECIMAL(14,2) holds


def facts(table: pa.Table, columns: Sequence[ColumnOrder]) -> pa.Table:
    """The columns of a table of live values as facts, each in one piece. Raises ArrowInvalid."""
    return pa.table({column.name: fact(table[column.name].combine_chunks(), column) for column in columns})


def fact(values: Values, column: ColumnOrder) -> Values:
    """A column of live values, in which no text is blank, as facts; a day like 20200930. Raises ArrowInvalid."""
    if column.coded:
        return values if pa.types.is_dictionary(values.type) else values.cast(pa.string()).dictionary_encode()
    match column.kind:
        case FactKind.AMOUNT:
            return _amounts(values.cast(pa.int64()))
        case FactKind.DAY:
            return _days(values.cast(pa.date32()))
    return values.cast(LIVE_TYPES[column.kind])


def without_blanks(values: Values) -> Values:
    """The same with blank texts unknown."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        blank = values.dictionary.cast(pa.string()).index("").as_py()
        numbers = pc.if_else(pc.equal(values.indices, blank), pa.scalar(None, values.indices.type), values.indices)
        return pa.DictionaryArray.from_arrays(numbers, values.dictionary)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pc.if_else(pc.equal(values, pa.scalar("", kind)), pa.scalar(None, kind), values)
    return values


def _amounts(hundredths: Values) -> Values:
    """A decimal of Arrow of so few digits is the whole number of its hundredths."""
    bounds: Any = pc.min_max(hundredths)
    if max(-(bounds["min"].as_py() or 0), bounds["max"].as_py() or 0) > LARGEST_AMOUNT:
        raise pa.ArrowInvalid(f"an amount of more than {LARGEST_AMOUNT} hundredths")
    return pa.Array.from_buffers(pa.decimal64(14, 2), len(hundredths), hundredths.buffers(), offset=hundredths.offset)


def _days(dates: Values) -> Values:
    """Few days are different: those are worked out, the others follow."""
    listed = dates.dictionary_encode()
    days = listed.dictionary
    year, month, day = (part(days).cast(pa.int32()) for part in (pc.year, pc.month, pc.day))
    numbers = pc.add(pc.add(pc.multiply(year, 10_000), pc.multiply(month, 100)), day)
    return numbers.cast(pa.int32()).take(listed.indices)
