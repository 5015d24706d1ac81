"""Features that sum up rows below: how many members, the eldest, whether any … of every household.

The same as `Compiler.steps` says in SQL. Each row knows where its row above stands, so nothing is grouped or joined:
what a row adds is put where it belongs.
"""

from functools import cached_property
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
FEW = 8  # one row of so many: fewer are put where they belong, more are counted in passing


class Below(Protocol):
    """The rows of a part, see `JudgedRows`."""

    def size(self, table: str) -> int: ...
    def positions(self, table: str, above: str) -> Rows: ...
    def groups(self, table: str, above: str) -> "Groups": ...
    def of(self, expression: Expression, table: str) -> Value: ...
    def flags(self, expression: Expression | None, table: str) -> Flags: ...
    def here(self, table: str, *, everyone: bool, to: str = "") -> Flags | None: ...


def summed(rows: Below, feature: FeaturePlan) -> Value:
    """A feature in every row of its grain."""
    table, grain = feature.over, feature.feature.grain
    at, size = rows.positions(table, grain), rows.size(grain)
    groups = rows.groups(table, grain)
    where = rows.flags(feature.where, table)
    here = rows.here(table, everyone=feature.feature.everyone, to=grain)
    counted = groups.belong if here is None else here.true & groups.belong
    sure, unsure = where.true & counted, None if where.null is None else where.null & counted
    match feature.feature.aggregate:
        case Aggregate.COUNT:
            return Numbers(groups.count(sure), groups.some_of(unsure))
        case Aggregate.ANY:
            found = groups.some(sure)
            return Flags(found, found if unsure is None else found | groups.some(unsure))
        case Aggregate.EVERY:
            may = ~groups.some(counted & ~where.may)
            return Flags(may if unsure is None else may & ~groups.some(unsure), may)
    assert feature.value is not None
    value = rows.of(feature.value, table)
    match feature.feature.aggregate:
        case Aggregate.SUM:
            assert isinstance(value, Numbers)
            return _sum(groups, sure, unsure, value, amounts=feature.value.kind is FactKind.AMOUNT)
        case Aggregate.DISTINCT:
            return _distinct(at, sure, value, size)
        case _:
            return _extreme(groups, sure, value, largest=feature.feature.aggregate is Aggregate.MAX)


class Groups:
    """Rows by the row above to which each belongs, `at`; NOWHERE for none. Rows mostly stand in the order of the rows
    above: then what a group has is the difference of two running totals, and nothing is put anywhere by chance."""

    def __init__(self, at: Rows, size: int) -> None:
        self.at, self.size = at, size
        self.in_order = bool(len(at) and at[0] >= 0 and np.all(at[1:] >= at[:-1]))

    @cached_property
    def belong(self) -> Bools:
        """Which rows have a row above."""
        return self.at >= 0

    @cached_property
    def _edges(self) -> Rows:
        """Where the rows of each group begin, and where the last ends."""
        edges = np.zeros(self.size + 1, np.int64)
        np.cumsum(np.bincount(self.at, minlength=self.size), out=edges[1:])
        return edges

    def count(self, chosen: Bools) -> Any:
        """How many chosen rows, all of which belong somewhere, each group has."""
        many = np.count_nonzero(chosen)
        if not self.in_order or many < len(chosen) // FEW:
            return np.bincount(self.at.take(np.flatnonzero(chosen)), minlength=self.size)
        running = np.zeros(len(chosen) + 1, np.int32)
        np.cumsum(chosen, out=running[1:])
        return np.diff(running.take(self._edges)).astype(np.int64)

    def some(self, chosen: Bools) -> Bools:
        """Which groups have any chosen row."""
        many = np.count_nonzero(chosen)
        if self.in_order and many >= len(chosen) // FEW:
            found: Bools = self.count(chosen) > 0
            return found
        found = np.zeros(self.size, np.bool_)
        found[self.at.take(np.flatnonzero(chosen))] = True
        return found

    def some_of(self, chosen: Bools | None) -> Bools | None:
        return None if chosen is None else self.some(chosen)

    def together(self, join: Any, rows: Rows, values: Any) -> tuple[Rows, Any]:
        """The groups that have any of some rows, and their values joined by `np.add`, `np.minimum` or `np.maximum`."""
        at = self.at.take(rows)
        if not self.in_order:
            order = np.argsort(at, kind="stable")
            at, values = at.take(order), values.take(order)
        begins = np.flatnonzero(at[1:] != at[:-1]) + 1
        begins = np.concatenate([np.zeros(min(len(at), 1), np.int64), begins])
        return at.take(begins), join.reduceat(values, begins) if len(begins) else values


def _sum(groups: Groups, sure: Bools, unsure: Bools | None, value: Numbers, *, amounts: bool) -> Numbers:
    """Unknown when a row that counts has no value, or one that may count has another than 0. Held within the range of
    its kind, as in SQL; an amount is rounded to hundredths."""
    missing = None if value.null is None else sure & value.null
    if unsure is not None:
        perhaps = unsure & (value.values != 0 if value.null is None else (value.values != 0) | value.null)
        missing = unknown_in(missing, perhaps)
    known = sure if value.null is None else sure & ~value.null
    fits = value.farthest * max(len(sure), 1) <= LARGEST
    found: Any = np.zeros(groups.size, np.int64 if fits else object)
    rows = np.flatnonzero(known)
    where, sums = groups.together(np.add, rows, value.values.take(rows).astype(found.dtype, copy=False))
    found[where] = sums
    largest = LARGEST_WHOLE
    if amounts:
        found, largest = _hundredths(found, value.scale), LARGEST_HUNDREDTHS
    held = np.clip(found, -largest, largest).astype(np.int64)
    return Numbers(held, groups.some_of(missing), 2 if amounts else 0)


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


def _extreme(groups: Groups, sure: Bools, value: Value, *, largest: bool) -> Value:
    """The least or largest known value; unknown where there is none."""
    known = sure if value.null is None else sure & ~value.null
    rows = np.flatnonzero(known)
    where, ends = groups.together(np.maximum if largest else np.minimum, rows, _ordered(value).take(rows))
    found: Any = np.zeros(groups.size, ends.dtype)
    found[where] = ends
    null = None
    if len(where) < groups.size:
        null = np.ones(groups.size, np.bool_)
        null[where] = False
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
