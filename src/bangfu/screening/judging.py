"""Works checked expressions out for all rows of a table at once, as arrays, each part of an expression once.

The same answers as DuckDB gives, at a tenth of the cost: flags are joined sixty-four bytes at a time, and a condition
on a column of codes looks at each code once. What is said of texts beyond equality is put to DuckDB itself, and only
for the different texts, not for every row.
"""

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from bangfu.common import duck
from bangfu.screening.plan import Key
from bangfu.screening.values import (
    NOTHING,
    UNKNOWN,
    Bools,
    Flags,
    Numbers,
    Rows,
    Texts,
    Value,
    both,
    broad,
    chosen,
    divided,
    either,
    from_arrow,
    negated,
    times,
    to_arrow,
    total,
    unknown_in,
)


class Columns(Protocol):
    """The rows that an expression is about: the columns and features of a table and of the rows above."""

    def value(self, table: str, key: Key) -> Value: ...
    def null(self, table: str, key: Key) -> Bools | None:
        """Where a column is unknown; it need not be read where its file says that it is known everywhere."""
        ...


class Judge:
    """Expressions over the rows of one table. What several rules ask for (`shared`, how often) is worked out once and
    kept until the last has asked."""

    def __init__(
        self,
        columns: Columns,
        table: str,
        rows: int,
        connection: duck.Connection,
        shared: Mapping[exp.Expr, int] = MappingProxyType({}),
    ) -> None:
        self.columns, self.table, self.rows, self.connection = columns, table, rows, connection
        self.shared = shared
        self._found: dict[exp.Expr, tuple[Value, int]] = {}

    def value(self, node: exp.Expr) -> Value:
        while type(node) is exp.Paren:
            node = node.this
        if type(node) is exp.Column:
            return self._column(node)
        work_out = _HANDLERS.get(type(node), Judge._asked)
        if node not in self.shared:
            return work_out(self, node)
        found, left = self._found.pop(node) if node in self._found else (work_out(self, node), self.shared[node])
        if left > 1:
            self._found[node] = (found, left - 1)
        return found

    @property
    def kept(self) -> Collection[exp.Expr]:
        """The parts that were worked out and for which somebody is still to ask."""
        return self._found.keys()

    def flags(self, node: exp.Expr) -> Flags:
        value = UNKNOWN if type(node) is exp.Null else self.value(node)
        assert isinstance(value, Flags)
        return value

    def numbers(self, node: exp.Expr) -> Numbers:
        value = self.value(node)
        assert isinstance(value, Numbers)
        return value

    # Names and constants

    def _column(self, node: Any) -> Value:
        return self.columns.value(self.table, (node.table, node.name))

    def _literal(self, node: exp.Expr) -> Value:
        if node.is_string:
            return self._asked(node)
        return _number(node.name)

    def _boolean(self, node: exp.Expr) -> Value:
        flag = np.array(bool(node.this))
        return Flags(flag, flag)

    def _null(self, node: exp.Expr) -> Value:
        return NOTHING

    # Logic

    def _and(self, node: exp.Expr) -> Value:
        return self._joined(node, both, lambda found: not found.may.any())

    def _or(self, node: exp.Expr) -> Value:
        return self._joined(node, either, lambda found: bool(found.true.all()))

    def _joined(self, node: exp.Expr, join: Callable[[Flags, Flags], Flags], decided: Callable[[Flags], bool]) -> Flags:
        """Until it is `decided` in every row: what comes after that is not even read."""
        first, *others = reversed(list(_chain(node, self.shared)))
        found = self.flags(first)
        for part in others:
            if decided(found):
                break
            found = join(found, self.flags(part))
        return found

    def _not(self, node: exp.Expr) -> Value:
        return negated(self.flags(node.this))

    def _is(self, node: exp.Expr) -> Value:
        if isinstance(node.expression, exp.Null):
            null = self.null_of(node.this)
            null = np.zeros((), np.bool_) if null is None else null
            return Flags(null, null)
        flags = self.flags(node.this)
        found = flags.true if node.expression.this else ~flags.may
        return Flags(found, found)

    def null_of(self, node: exp.Expr) -> Bools | None:
        """Where an expression is unknown: a part of a text is where the text is."""
        while isinstance(node, _AS_KNOWN_AS_ITS_TEXT):
            node = node.this
        if isinstance(node, exp.Column):
            return self.columns.null(self.table, (node.table, node.name))
        return self.value(node).null

    # Comparisons

    def _compared(self, node: exp.Expr) -> Value:
        if type(node.this) is exp.Literal and node.this.is_string:
            return self._asked(node)
        if type(node.expression) is exp.Literal and node.expression.is_string:
            return self._compared_with_word(node)
        one, other = self.value(node.this), self.value(node.expression)
        if isinstance(one, Texts) and isinstance(other, Texts) and type(node) in (exp.EQ, exp.NEQ):
            return _same_text(one, other, differ=type(node) is exp.NEQ)
        if isinstance(one, Texts) or isinstance(other, Texts):
            return self._asked(node)
        return _comparison(type(node), _as_numbers(one), _as_numbers(other))

    def _compared_with_word(self, node: exp.Expr) -> Value:
        value = self.value(node.this)
        if not isinstance(value, Texts) or type(node) not in _EQUALITIES:
            return self._asked(node)
        found = _among(value, [node.expression.name])
        if type(node) in (exp.NullSafeEQ, exp.NullSafeNEQ):
            found = Flags(found.true, found.true)
        return negated(found) if type(node) in (exp.NEQ, exp.NullSafeNEQ) else found

    def _between(self, node: exp.Expr) -> Value:
        value, low, high = (self.value(part) for part in (node.this, node.args["low"], node.args["high"]))
        if any(isinstance(each, Texts) for each in (value, low, high)):
            return self._asked(node)
        one, other = _as_numbers(low), _as_numbers(high)
        return both(_comparison(exp.GTE, _as_numbers(value), one), _comparison(exp.LTE, _as_numbers(value), other))

    def _in(self, node: exp.Expr) -> Value:
        value = self.value(node.this)
        if isinstance(value, Texts):
            return _among(value, [item.name for item in node.expressions])
        found = [_comparison(exp.EQ, _as_numbers(value), _as_numbers(self.value(item))) for item in node.expressions]
        return Flags.of(np.any([each.true for each in found], axis=0), value.null)

    # Arithmetic

    def _sum(self, node: exp.Expr) -> Value:
        return total(self.numbers(node.this), self.numbers(node.expression))

    def _difference(self, node: exp.Expr) -> Value:
        return total(self.numbers(node.this), self.numbers(node.expression), -1)

    def _product(self, node: exp.Expr) -> Value:
        return times(self.numbers(node.this), self.numbers(node.expression))

    def _quotient(self, node: exp.Expr) -> Value:
        return divided(self.numbers(node.this), self.numbers(node.expression), rest=False)

    def _rest(self, node: exp.Expr) -> Value:
        return divided(self.numbers(node.this), self.numbers(node.expression), rest=True)

    def _negative(self, node: exp.Expr) -> Value:
        number = self.numbers(node.this)
        return Numbers(-number.values, number.null, number.scale)

    def _absolute(self, node: exp.Expr) -> Value:
        number = self.numbers(node.this)
        return Numbers(np.abs(number.values), number.null, number.scale)

    def _cast(self, node: exp.Expr) -> Value:
        """Casts of the rulebook only widen: a whole number to 64 bits, a decimal to more digits."""
        number = self.numbers(node.this)
        digits = node.args["to"].expressions
        scale = int(digits[1].name) if len(digits) > 1 else 0
        return number if scale >= number.scale else self._asked(node)

    def _piece(self, node: exp.Expr) -> Value:
        """A piece of a text, cut out of the different words only where the file holds these."""
        value, first, length = self.value(node.this), _whole(node.args.get("start")), _whole(node.args.get("length"))
        if not isinstance(value, Texts) or not first or length is None:
            return self._asked(node)
        start, stop = first - 1, first - 1 + length
        if not value.coded:
            return Texts(pc.utf8_slice_codeunits(value.array, start, stop))
        pieces = pc.utf8_slice_codeunits(value.words, start, stop).dictionary_encode()
        return Texts(pieces).taken(value.at, value.null)

    # Choices

    def _coalesced(self, node: exp.Expr) -> Value:
        parts = [self.value(part) for part in (node.this, *node.expressions) if not _is_text_literal(part)]
        if len(parts) <= len(node.expressions) or any(isinstance(part, Texts) for part in parts):
            return self._asked(node)
        found, *others = reversed(_alike(parts))
        for part in others:
            null = part.null
            found = part if null is None else chosen(null, found, part)
        return found

    def _case(self, node: exp.Expr) -> Value:
        branches = [(each.this, each.args["true"]) for each in node.args["ifs"]]
        results = [result for _condition, result in branches] + [node.args["default"]]
        if any(_is_text_literal(result) for result in results):
            return self._asked(node)
        values = [self.value(result) for result in results]
        if any(isinstance(value, Texts) for value in values):
            return self._asked(node)
        found, *others = reversed(_alike(values))
        for (condition, _result), value in zip(reversed(branches), others, strict=True):
            found = chosen(self.flags(condition).true, value, found)
        return found

    def _least(self, node: exp.Expr) -> Value:
        return self._extreme(node, np.less)

    def _greatest(self, node: exp.Expr) -> Value:
        return self._extreme(node, np.greater)

    def _extreme(self, node: exp.Expr, better: Callable[..., Any]) -> Numbers:
        """Unknown only where all are."""
        found = self.numbers(node.this)
        for part in node.expressions:
            other = self.numbers(part)
            scale = max(found.scale, other.scale)
            taken = np.asarray(better(other.scaled(scale), found.scaled(scale)), np.bool_)
            if found.null is not None:
                taken = taken | found.null
            if other.null is not None:
                taken = taken & ~other.null
            made = chosen(taken, other, found)
            assert isinstance(made, Numbers)
            found = made
        return found

    # What only the engine can say

    def _asked(self, node: exp.Expr) -> Value:
        """Put to DuckDB: for the different texts of the one column that it looks at, or else row by row."""
        names = list(dict.fromkeys((c.table, c.name) for c in node.find_all(exp.Column)))
        given = {f"c{at}": broad(self.columns.value(self.table, key), self.rows) for at, key in enumerate(names)}

        def named(part: exp.Expr) -> exp.Expr:
            if type(part) is exp.Column:
                return exp.column(f"c{names.index((part.table, part.name))}")
            return part

        sql = node.copy().transform(named).sql(dialect="duckdb", comments=False)
        if not given:
            answer = self._answer(sql, pa.table({"c": [0]}))
            return answer.taken(np.zeros(self.rows, np.int64), None)
        [first, *others] = given.values()
        if others or not isinstance(first, Texts):
            return self._answer(sql, pa.table({name: to_arrow(value) for name, value in given.items()}))
        words = pa.concat_arrays([first.words.cast(pa.string()), pa.nulls(1, pa.string())])
        at: Rows = first.at.astype(np.int64)
        if first.null is not None:
            at[first.null] = len(words) - 1
        answer = self._answer(sql, pa.table({"c0": words}))
        return (Texts(answer.array.dictionary_encode()) if isinstance(answer, Texts) else answer).taken(at, None)

    def _answer(self, sql: str, rows: pa.Table) -> Value:
        self.connection.register("asked", rows)
        found = duck.arrow(self.connection, f"SELECT {sql} AS answer FROM asked")["answer"]
        self.connection.unregister("asked")
        return from_arrow(found.combine_chunks())


def shared_parts(trees: Iterable[exp.Expr]) -> Mapping[exp.Expr, int]:
    """What is asked for more than once in some expressions, but for names and constants, and how often: what stands
    within a part that has been worked out is not asked for again."""
    plain = (exp.Column, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Identifier)
    seen: Counter[exp.Expr] = Counter()
    todo = list(trees)
    while todo:
        node = todo.pop()
        if not isinstance(node, plain):
            seen[node] += 1
        if seen[node] < 2:
            todo.extend(node.iter_expressions())
    return {node: times for node, times in seen.items() if times > 1}


def _chain(node: exp.Expr, shared: Container[exp.Expr]) -> Iterator[exp.Expr]:
    """The parts of a chain of one connective, last first: a level of recursion for each would soon be too many. What
    stands at its beginning and is `shared` is one part."""
    kind, rest = type(node), node
    while rest is node or (type(rest) is kind and rest not in shared):
        yield rest.args["expression"]
        rest = rest.this
    yield rest


@cache
def _number(written: str) -> Numbers:
    number = Decimal(written)
    scale = max(0, -int(number.as_tuple().exponent))
    return Numbers(np.array(int(number.scaleb(scale)), np.int64), None, scale)


def _whole(node: Any) -> int | None:
    """The whole number that is written there."""
    written = isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit()
    return int(node.name) if written else None


def _is_text_literal(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and bool(node.is_string)


def _alike(values: list[Value]) -> list[Value]:
    """With NULL written among flags as an unknown flag."""
    if any(isinstance(value, Flags) for value in values):
        return [UNKNOWN if value is NOTHING else value for value in values]
    return values


def _as_numbers(value: Value) -> Numbers:
    if isinstance(value, Flags):
        return Numbers(value.true.astype(np.int64), value.null)
    assert isinstance(value, Numbers)
    return value


def _comparison(kind: type[exp.Expr], one: Numbers, other: Numbers) -> Flags:
    scale = max(one.scale, other.scale)
    found: Bools = np.asarray(_COMPARISONS[kind](one.scaled(scale), other.scaled(scale)), np.bool_)
    if kind not in (exp.NullSafeEQ, exp.NullSafeNEQ):
        return Flags.of(found, unknown_in(one.null, other.null))
    if one.null is None and other.null is None:
        return Flags(found, found)
    left = np.zeros((), np.bool_) if one.null is None else one.null
    right = np.zeros((), np.bool_) if other.null is None else other.null
    differ = kind is exp.NullSafeNEQ
    found = np.where(left | right, (left != right) if differ else (left & right), found)
    return Flags(found, found)


def _among(texts: Texts, words: list[str]) -> Flags:
    """Whether a text is one of these."""
    listed: Any = pc.is_in(texts.words, value_set=pa.array(words, pa.string()))
    return Flags.of(texts.which(listed.to_numpy(zero_copy_only=False)), texts.null)


def _same_text(one: Texts, other: Texts, *, differ: bool) -> Flags:
    where: Any = pc.index_in(other.words, value_set=one.words)
    where = where.fill_null(-1).to_numpy(zero_copy_only=False)
    place = where.take(other.at) if len(where) else np.zeros(len(other.at), np.int32)
    found = one.at != place if differ else one.at == place
    return Flags.of(found, unknown_in(one.null, other.null))


_AS_KNOWN_AS_ITS_TEXT = (exp.Paren, exp.Substring, exp.Upper, exp.Lower, exp.Length)
_EQUALITIES = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ)
_COMPARISONS: Mapping[type[exp.Expr], Callable[..., Any]] = {
    exp.EQ: np.equal,
    exp.NEQ: np.not_equal,
    exp.LT: np.less,
    exp.LTE: np.less_equal,
    exp.GT: np.greater,
    exp.GTE: np.greater_equal,
    exp.NullSafeEQ: np.equal,
    exp.NullSafeNEQ: np.not_equal,
}
_HANDLERS: Mapping[type[exp.Expr], Callable[[Judge, exp.Expr], Value]] = {
    exp.Column: Judge._column,
    exp.Literal: Judge._literal,
    exp.Boolean: Judge._boolean,
    exp.Null: Judge._null,
    exp.And: Judge._and,
    exp.Or: Judge._or,
    exp.Not: Judge._not,
    exp.Is: Judge._is,
    **dict.fromkeys(_COMPARISONS, Judge._compared),
    exp.Between: Judge._between,
    exp.In: Judge._in,
    exp.Add: Judge._sum,
    exp.Sub: Judge._difference,
    exp.Mul: Judge._product,
    exp.IntDiv: Judge._quotient,
    exp.Mod: Judge._rest,
    exp.Neg: Judge._negative,
    exp.Abs: Judge._absolute,
    exp.Cast: Judge._cast,
    exp.Coalesce: Judge._coalesced,
    exp.Case: Judge._case,
    exp.Substring: Judge._piece,
    exp.Least: Judge._least,
    exp.Greatest: Judge._greatest,
}
