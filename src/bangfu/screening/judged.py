"""The rows of a part with all that a plan asks of them: features of rows below and across the snapshot, and outcomes.

Everything is worked out when it is first asked for, so that features find those on which they rest.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol
from weakref import proxy

import numpy as np
import pyarrow as pa

from bangfu.common import duck
from bangfu.rulebook.expressions import Expression
from bangfu.rulebook.models import Aggregate
from bangfu.screening import summing
from bangfu.screening.compiling import Compiler
from bangfu.screening.judging import Judge
from bangfu.screening.plan import A_WORD, ROW_KEYS, FeaturePlan, Key
from bangfu.screening.reading import NOWHERE, Area, Kept, StoredRows
from bangfu.screening.values import (
    Bools,
    Flags,
    Ints,
    Numbers,
    Rows,
    Value,
    both,
    broad,
    from_arrow,
    to_arrow,
    unknown_in,
)
from bangfu.screening.writing import schema_of
from bangfu.snapshot.store import Part, Snapshot


class Counted(Protocol):
    """What is known of rows that meet others across the snapshot."""

    def counted(self, rows: "JudgedRows", feature: FeaturePlan) -> pa.Table | None:
        """What those of these rows count that are not alone with their value: r (the number of the row), n."""
        ...


class JudgedRows(StoredRows):
    """`listed` gives the people of outside lists, ascending."""

    def __init__(
        self,
        snapshot: Snapshot,
        part: Part,
        area: Area,
        compiler: Compiler,
        connection: duck.Connection,
        crossed: Counted,
        listed: Mapping[str, Ints],
        kept: Kept | None = None,
        again: bool = False,
    ) -> None:
        super().__init__(snapshot, part, compiler.plan.schema, area, kept, again)
        self.compiler, self.plan, self.connection = compiler, compiler.plan, connection
        self.crossed, self.listed = crossed, listed
        self._judges: dict[str, Judge] = {}
        self._features: dict[Key, Value] = {}
        self._above: dict[tuple[str, Key], Value] = {}
        self._groups: dict[tuple[str, str], summing.Groups] = {}

    # Values

    def value(self, table: str, key: Key) -> Value:
        """A column or feature of a table, or of the row above to which each of its rows belongs."""
        owner, _name = key
        if owner == table:
            return self._own(key)
        if (table, key) not in self._above:
            at = self.positions(table, owner)
            lost = at == NOWHERE
            self._above[table, key] = self._own(key).taken(at, lost if bool(lost.any()) else None)
        return self._above[table, key]

    def null(self, table: str, key: Key) -> Bools | None:
        if key[0] == table and key not in self.plan.features:
            return self.column_null(*key)
        return self.value(table, key).null

    def _own(self, key: Key) -> Value:
        feature = self.plan.features.get(key)
        if feature is None:
            return self.column(*key)
        if key not in self._features:
            self._features[key] = self.crossing(feature) if feature.cross else summing.summed(self, feature)
        return self._features[key]

    def judge(self, table: str) -> Judge:
        if table not in self._judges:
            # Not `self`: in a circle the arrays of every part would stay until somebody looks for circles.
            shared = self.compiler.shared[table]
            self._judges[table] = Judge(proxy(self), table, self.size(table), self.connection, shared)
        return self._judges[table]

    def of(self, expression: Expression, table: str) -> Value:
        """The value of an expression in every row."""
        return broad(self.judge(table).value(self.compiler.tree(expression, table)), self.size(table))

    def flags(self, expression: Expression | None, table: str) -> Flags:
        """The value of a condition in every row; TRUE when there is none."""
        if expression is None:
            every = np.ones(self.size(table), np.bool_)
            return Flags(every, every)
        found = self.of(expression, table)
        assert isinstance(found, Flags)
        return found

    def here(self, table: str, *, everyone: bool, to: str = "") -> Flags | None:
        """Rows of people who are there, see `Compiler.who`; None for all."""
        if not self.compiler.who(table, everyone=everyone, to=to)[1]:
            return None
        found = self.value(table, ("member", "present"))
        assert isinstance(found, Flags)
        return found

    def groups(self, table: str, above: str) -> summing.Groups:
        """The rows of a table by their rows above."""
        if (table, above) not in self._groups:
            self._groups[table, above] = summing.Groups(self.positions(table, above), self.size(above))
        return self._groups[table, above]

    # Features across the snapshot

    def counts(self, feature: FeaturePlan) -> Flags:
        """Whether a row counts in a cross-record feature."""
        found = self.flags(feature.where, feature.over)
        here = self.here(feature.over, everyone=feature.feature.everyone)
        return found if here is None else both(found, here)

    def shared(self, feature: FeaturePlan) -> Sequence[Expression]:
        """What rows must have in common to meet in a feature that counts, see `Compiler.key_columns`."""
        first = [feature.value] if feature.feature.aggregate is Aggregate.SHARED and feature.value is not None else []
        return [*first, *feature.same]

    def crossing(self, feature: FeaturePlan) -> Value:
        """What a row counts that is alone with its value, but where it is known not to be."""
        table = feature.over
        if feature.feature.aggregate is Aggregate.LISTED:
            return self._on_list(feature)
        unknown = None
        for expression in (feature.value, *feature.same):
            if expression is not None:
                unknown = unknown_in(unknown, self.null_of(expression, table))
        alone = self.counts(feature)
        near = feature.feature.aggregate is Aggregate.NEAR
        values = np.zeros(self.size(table), np.int64) if near else alone.true.astype(np.int64)
        null = None if near else alone.null
        met = self.crossed.counted(self, feature)
        if met is not None and len(met):
            values, null = self._with_counts(table, values, null, met)
        return Numbers(values, unknown_in(null, unknown))

    def null_of(self, expression: Expression, table: str) -> Bools | None:
        """Where an expression is unknown."""
        return self.judge(table).null_of(self.compiler.tree(expression, table))

    def _with_counts(self, table: str, values: Rows, null: Bools | None, met: pa.Table) -> tuple[Rows, Bools | None]:
        rows, counted = from_arrow(met["r"].combine_chunks()), from_arrow(met["n"].combine_chunks())
        assert isinstance(rows, Numbers)
        assert isinstance(counted, Numbers)
        at = self.found(table, rows)
        there = at != NOWHERE
        values[at[there]] = counted.values[there]
        if null is not None or counted.null is not None:
            null = np.zeros(len(values), np.bool_) if null is None else null.copy()
            null[at[there]] = False if counted.null is None else counted.null[there]
        return values, null

    def _on_list(self, feature: FeaturePlan) -> Flags:
        people = self.listed.get(feature.feature.on_list)
        own = self._numbers(feature.over, "id_key")
        if people is None:
            nowhere = np.zeros(len(own.values), np.bool_)
            return Flags(nowhere, ~nowhere)
        at = np.minimum(np.searchsorted(people, own.values), max(len(people) - 1, 0))
        there = people[at] == own.values if len(people) else np.zeros(len(own.values), np.bool_)
        return Flags.of(there, own.null)

    # Outcomes

    @cached_property
    def _words(self) -> Mapping[str, int]:
        return {grain: len(self.plan.words(grain)) for grain in ROW_KEYS}

    def outcomes(self, grain: str) -> pa.Table:
        """The rows of a grain that have a bit: ROW_KEYS, then hit0, unknown0, hit1, unknown1 …"""
        found = list(self._judged(grain))
        some = np.zeros(self.size(grain), np.bool_)
        for _bit, rows, _hit in found:
            some[rows] = True
        at = np.flatnonzero(some)
        place = np.cumsum(some) - 1
        words = [[np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)] for _word in range(self._words[grain])]
        for bit, rows, hit in found:
            word, shift = divmod(bit, A_WORD)
            words[word][0][place[rows[hit]]] |= 1 << shift
            words[word][1][place[rows[~hit]]] |= 1 << shift
        named = (broad(self.column(grain, key), len(some)) for key in ROW_KEYS[grain])
        keys = [to_arrow(each.taken(at, None)) for each in named]
        bits = [pa.array(word) for pair in words for word in pair]
        return pa.table([*keys, *bits], schema=schema_of(grain, self._words[grain]))

    def _judged(self, grain: str) -> Iterator[tuple[int, Rows, Bools]]:
        """The bit of every rule, the rows in which its outcome is not clear, and which of these are hits."""
        here = self.here(grain, everyone=False)
        for bit, rule in enumerate(self.plan.of_grain(grain)):
            tree = self.compiler.outcome_tree(rule)
            if tree is not None:
                flags = broad(self.judge(grain).flags(tree), self.size(grain))
                assert isinstance(flags, Flags)
                rows = np.flatnonzero(flags.may if here is None else flags.may & here.true)
                if len(rows):
                    yield bit, rows, flags.true[rows]
            self.forget(self.plan.done_with[rule.rule.id])

    def forget(self, keys: Iterable[Key]) -> None:
        super().forget(keys)
        for key in keys:
            self._features.pop(key, None)
            for table in ROW_KEYS:
                self._above.pop((table, key), None)
