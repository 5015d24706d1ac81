"""Values as live tables hold them become facts: blank texts are unknown, hundredths amounts, dates whole numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangfu.common.facts import FactKind
from bangfu.snapshot.orders import ColumnOrder
from bangfu.snapshot.texts import LIVE_TYPES, Values

LARGEST_AMOUNT = 10**14 - 1  # hundredths: what DECIMAL(14,2) holds


def facts(table: pa.Table, columns: Sequence[ColumnOrder]) -> pa.Table:
    """The columns of a table of live values as facts, each in one piece. Raises ArrowInvalid."""
    return pa.table({column.name: fact(table[column.name], column) for column in columns})


def fact(values: "pa.ChunkedArray[Any]", column: ColumnOrder) -> Values:
    """A column of live values as facts, in one piece; a day like 20200930. Raises ArrowInvalid."""
    array: Values = values.combine_chunks()
    if column.coded:
        return _without_blanks(array)
    match column.kind:
        case FactKind.TEXT | FactKind.CODE:
            array = array.cast(pa.string())
            blank = pc.equal(array, pa.scalar(""))
            return pc.if_else(blank, pa.scalar(None, pa.string()), array) if pc.any(blank).as_py() else array
        case FactKind.AMOUNT:
            return _amounts(array.cast(pa.int64()))
        case FactKind.DAY:
            return _days(array.cast(pa.date32()))
    return array.cast(LIVE_TYPES[column.kind])


def _without_blanks(array: Values) -> Values:
    """Texts of which few are different, as numbers of a list of them; "" is unknown."""
    if not pa.types.is_dictionary(array.type):
        array = array.cast(pa.string()).dictionary_encode()
    blank = array.dictionary.index("").as_py()
    if blank < 0:
        return array
    numbers = pc.if_else(pc.equal(array.indices, blank), pa.scalar(None, array.indices.type), array.indices)
    return pa.DictionaryArray.from_arrays(numbers, array.dictionary)


def _amounts(hundredths: Values) -> Values:
    """A decimal of Arrow is a whole number of 128 bits: the 64 of the hundredths, and their sign 64 times."""
    known = hundredths.drop_null()
    if len(known) and pc.max(pc.abs_checked(known)).as_py() > LARGEST_AMOUNT:
        raise pa.ArrowInvalid(f"an amount of more than {LARGEST_AMOUNT} hundredths")
    low = hundredths.fill_null(0).to_numpy(zero_copy_only=False)
    both = np.empty((len(low), 2), np.int64)
    both[:, 0] = low
    both[:, 1] = low >> 63
    present = hundredths.is_valid().buffers()[1]
    return pa.Array.from_buffers(pa.decimal128(14, 2), len(low), [present, pa.py_buffer(both.tobytes())])


def _days(dates: Values) -> Values:
    """Few days are different: those are worked out, the others follow."""
    listed = dates.dictionary_encode()
    days = listed.dictionary
    year, month, day = (part(days).cast(pa.int32()) for part in (pc.year, pc.month, pc.day))
    numbers = pc.add(pc.add(pc.multiply(year, 10_000), pc.multiply(month, 100)), day)
    return numbers.cast(pa.int32()).take(listed.indices)
