"""Features that sum up rows below: how many members, the eldest, whether any … of every household.

The same as `Compiler.steps` says in SQL. Each row knows where its row above stands, so nothing is grouped or joined:
what a row adds is put where it belongs.
"""

from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangfu.common.facts import FactKind
from bangfu.rulebook.expressions import Expression
from bangfu.rulebook.models import Aggregate
from bangfu.screening.compiling import LARGEST_WHOLE
from bangfu.screening.plan import FeaturePlan
from bangfu.screening.values import LARGEST, Bools, Flags, Numbers, Rows, Texts, Value, unknown_in

LARGEST_HUNDREDTHS = 99_999_999_999_999


class Below(Protocol):
    """The rows of a part, see `JudgedRows`."""

    def size(self, table: str) -> int: ...
    def positions(self, table: str, above: str) -> Rows: ...
    def of(self, expression: Expression, table: str) -> Value: ...
    def flags(self, expression: Expression | None, table: str) -> Flags: ...
    def here(self, table: str, *, everyone: bool, to: str = "") -> Flags | None: ...


def summed(rows: Below, feature: FeaturePlan) -> Value:
    """A feature in every row of its grain."""
    table, grain = feature.over, feature.feature.grain
    at, size = rows.positions(table, grain), rows.size(grain)
    where = rows.flags(feature.where, table)
    here = rows.here(table, everyone=feature.feature.everyone, to=grain)
    counted = at >= 0 if here is None else here.true & (at >= 0)
    sure, unsure = where.true & counted, None if where.null is None else where.null & counted
    match feature.feature.aggregate:
        case Aggregate.COUNT:
            return Numbers(np.bincount(at[sure], minlength=size), _any(at, unsure, size))
        case Aggregate.ANY:
            found = _somewhere(at, sure, size)
            return Flags(found, found if unsure is None else found | _somewhere(at, unsure, size))
        case Aggregate.EVERY:
            may = ~_somewhere(at, counted & ~where.may, size)
            return Flags(may if unsure is None else may & ~_somewhere(at, unsure, size), may)
    assert feature.value is not None
    value = rows.of(feature.value, table)
    match feature.feature.aggregate:
        case Aggregate.SUM:
            assert isinstance(value, Numbers)
            return _sum(at, sure, unsure, value, size, amounts=feature.value.kind is FactKind.AMOUNT)
        case Aggregate.DISTINCT:
            return _distinct(at, sure, value, size)
        case _:
            return _extreme(at, sure, value, size, largest=feature.feature.aggregate is Aggregate.MAX)


def _somewhere(at: Rows, chosen: Bools, size: int) -> Bools:
    """Above which rows any chosen one lies."""
    found = np.zeros(size, np.bool_)
    found[at[chosen]] = True
    return found


def _any(at: Rows, chosen: Bools | None, size: int) -> Bools | None:
    return None if chosen is None else _somewhere(at, chosen, size)


def _sum(at: Rows, sure: Bools, unsure: Bools | None, value: Numbers, size: int, *, amounts: bool) -> Numbers:
    """Unknown when a row that counts has no value, or one that may count has another than 0. Held within the range of
    its kind, as in SQL; an amount is rounded to hundredths."""
    missing = None if value.null is None else sure & value.null
    if unsure is not None:
        perhaps = unsure & (value.values != 0 if value.null is None else (value.values != 0) | value.null)
        missing = unknown_in(missing, perhaps)
    known = sure if value.null is None else sure & ~value.null
    fits = value.farthest * max(len(at), 1) <= LARGEST
    found: Any = np.zeros(size, np.int64 if fits else object)
    np.add.at(found, at[known], value.values[known])
    largest = LARGEST_WHOLE
    if amounts:
        found, largest = _hundredths(found, value.scale), LARGEST_HUNDREDTHS
    held = np.clip(found, -largest, largest).astype(np.int64)
    return Numbers(held, _any(at, missing, size), 2 if amounts else 0)


def _hundredths(units: Any, scale: int) -> Any:
    """Units of 10^-scale as hundredths, halves away from zero."""
    if scale <= 2:
        return units * 10 ** (2 - scale)
    step = 10 ** (scale - 2)
    rounded = (np.abs(units) + step // 2) // step
    return np.where(units < 0, -rounded, rounded)


def _distinct(at: Rows, sure: Bools, value: Value, size: int) -> Numbers:
    """How many different known values."""
    known = sure if value.null is None else sure & ~value.null
    _different, code = np.unique(_ordered(value)[known], return_inverse=True)
    pairs = np.unique(at[known] * max(len(_different), 1) + code)
    return Numbers(np.bincount(pairs // max(len(_different), 1), minlength=size))


def _extreme(at: Rows, sure: Bools, value: Value, size: int, *, largest: bool) -> Value:
    """The least or largest known value; unknown where there is none."""
    known = sure if value.null is None else sure & ~value.null
    ordered = _ordered(value)[known]
    where = at[known]
    found: Any = np.zeros(size, ordered.dtype)
    there = _somewhere(at, known, size)
    found[where] = ordered  # one of them, to begin with
    (np.maximum if largest else np.minimum).at(found, where, ordered)
    null = None if bool(there.all()) else ~there
    if isinstance(value, Numbers):
        return Numbers(found, null, value.scale)
    if isinstance(value, Flags):
        return Flags.of(found.astype(np.bool_), null)
    words = value.words.take(pc.sort_indices(value.words))
    return Texts(pa.DictionaryArray.from_arrays(pa.array(found.astype(np.int32), mask=null), words))


def _ordered(value: Value) -> Any:
    """Whole numbers in the order of the values: of texts their places in the dictionary, sorted by its bytes."""
    if isinstance(value, Numbers):
        return value.values
    if isinstance(value, Flags):
        return value.true.astype(np.int64)
    order = pc.sort_indices(value.words).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[value.at] if len(rank) else np.zeros(len(value.at), np.int64)
