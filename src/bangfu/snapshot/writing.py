"""Writes the rows of a part as a file of a snapshot: derived columns worked out, in the order of villages."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangfu.common import duck
from bangfu.common.facts import FactKind
from bangfu.snapshot.orders import ColumnOrder, Fact, TableOrder, Underivable
from bangfu.snapshot.texts import Values

# A county of 80,000 people is one or two row groups: small enough to skip what lies outside a village or a county.
ROWS_A_GROUP = 61_440
ORDER = ("village_code", "household_id")
LAST = 2**63 - 1
FEW = 60  # stretches of rows in order that are put one after the other rather than row by row
# How facts of each kind are held on their way into a file.
FACT_TYPES: Mapping[FactKind, pa.DataType] = {
    FactKind.KEY: pa.int64(),
    FactKind.TEXT: pa.string(),
    FactKind.CODE: pa.string(),
    FactKind.FLAG: pa.bool_(),
    FactKind.WHOLE: pa.int32(),
    FactKind.AMOUNT: pa.decimal128(14, 2),
    FactKind.DAY: pa.int32(),
}


def engine() -> AbstractContextManager[duck.Connection]:
    """What works out derived columns; several threads would answer out of order."""
    return duck.within(threads=1)


def write(given: pa.Table, order: TableOrder, path: Path, connection: duck.Connection) -> None:
    """Writes the given columns of all rows, in whatever order they come, and what is derived from them by a connection
    to an `engine`. Raises Underivable."""
    table = _completed(_sorted(given, [*ORDER, *order.key]), order, connection)
    coded: Any = [column.name for column in order.columns if column.coded]
    pq.write_table(
        table,
        path,
        row_group_size=ROWS_A_GROUP,
        compression="zstd",
        compression_level=1,
        use_dictionary=coded,
        store_decimal_as_integer=True,
        store_schema=False,
    )


def _completed(given: pa.Table, order: TableOrder, connection: duck.Connection) -> pa.Table:
    """With the derived columns, in the file's order of columns."""
    same = {name: _repeated(value, order.column(name), len(given)) for name, value in order.same.items()}
    known = {**{name: given[name] for name in given.column_names}, **same, **_derived(given, order, connection)}
    return pa.table({column.name: _coded(known[column.name], column) for column in order.columns})


def _derived(given: pa.Table, order: TableOrder, connection: duck.Connection) -> dict[str, Values]:
    """The columns that follow from those of a row, but for what is the same in all rows."""
    if not len(given):  # to ask takes longer than to write a file without rows
        return {c.name: pa.array([], FACT_TYPES[c.kind]) for c in order.columns if not c.given}
    if not order.derived:
        return {}
    connection.register("given", given)
    try:
        answer = duck.arrow(connection, order.derived).combine_chunks()
    except duck.Error as error:
        raise Underivable(str(error)) from error
    connection.unregister("given")
    return dict(zip(answer.column_names, answer.columns, strict=True))


def _repeated(value: Fact, column: ColumnOrder, rows: int) -> Values:
    kind = FACT_TYPES[column.kind]
    one: Any = Decimal(value) if isinstance(value, str) and pa.types.is_decimal(kind) else value
    only: Values = pa.array([one], kind)
    return _coded(only.take(pa.array(np.zeros(rows, np.int32))), column)


def _coded(values: Any, column: ColumnOrder) -> Any:
    if not column.coded or pa.types.is_dictionary(values.type):
        return values
    return values.cast(pa.string()).dictionary_encode()


def _sorted(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Sorted by `keys`, unknown comes last; each column in one piece, since the engine may hand on small pieces out of
    order."""
    ranks = [_rank(table[name]) for name in dict.fromkeys(keys) if name in table.column_names]
    order: Any = np.lexsort(ranks[::-1])
    edges = [0, *(np.flatnonzero(np.diff(order) != 1) + 1), len(order)]
    if len(edges) > FEW:
        return table.combine_chunks().take(pa.array(order))
    if len(edges) > 2:
        table = pa.concat_tables(table.slice(order[begin], end - begin) for begin, end in pairwise(edges))
    return table.combine_chunks()


def _rank(values: Any) -> Values:
    """Whole numbers that sort as the values do."""
    if not pa.types.is_integer(values.type):
        coded = values.combine_chunks()
        coded = coded if pa.types.is_dictionary(coded.type) else coded.cast(pa.string()).dictionary_encode()
        values = pc.rank(coded.dictionary, sort_keys="ascending").take(coded.indices)
    return values.cast(pa.int64()).fill_null(LAST).to_numpy()
