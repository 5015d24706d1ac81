"""The rules of a screening as a plain Python program has them: a function a rule, called for one row after the other.

Rows are dictionaries that lie in memory already, those of a household at hand; every expression is a closure, made
once. What is unknown is None, as in SQL. A feature is worked out when a rule first asks for it and kept with its row.
Only hits are kept and nothing is written: the least that such a program would do. What it takes to read the rows is
measured apart from what it takes to judge them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from sqlglot import exp

Row = dict[Any, Any]  # by column; the row above under its table, rows below under (table,), features under (name,)
Function = Callable[[Row], Any]
KEYS = {"household": "household_id", "member": "member_id", "work_record": "record_id"}
ABOVE = {"member": ("household",), "work_record": ("member", "household"), "household": ()}


def rows_of(part: Any, columns: dict[str, set[str]], households: int) -> dict[str, list[Row]]:
    """The rows of the first households of a part, linked."""
    import pyarrow.parquet as pq

    first = pq.read_table(part.path("household"), columns=["household_id"])["household_id"][:households]
    found: dict[str, list[Row]] = {}
    for table in ("household", "member", "work_record"):
        held = set(pq.read_schema(part.path(table)).names)
        wanted = {*columns.get(table, ()), *(KEYS[above] for above in ABOVE[table]), KEYS[table], "present"}
        every = _of_households(part.path(table), sorted(wanted & held | {"household_id", "village_code"}), first)
        found[table] = [{**dict.fromkeys(wanted - held), **row} for row in every]
    for table, aboves in ABOVE.items():
        for above in aboves:
            index = {row[KEYS[above]]: row for row in found[above]}
            for row in found[above]:
                row[(table,)] = []
            for row in found[table]:
                row[above] = index[row[KEYS[above]]]
                row[above][(table,)].append(row)
    return found


def _of_households(path: Any, columns: list[str], households: Any) -> list[Row]:
    """The rows of some households; of the file only what holds any of them is read."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    found: list[Row] = []
    for group in range(file.num_row_groups):
        own = pc.is_in(file.read_row_group(group, columns=["household_id"])["household_id"], households)
        if pc.any(own).as_py():
            found += file.read_row_group(group, columns=columns).filter(own).to_pylist()
    return found


class Functions:
    """The rules of a plan as functions of a row."""

    def __init__(self, plan: Any, compiler: Any, rows: dict[str, list[Row]]) -> None:
        self.plan, self.compiler, self.rows = plan, compiler, rows
        self._features: dict[Any, Function] = {}

    def rule(self, rule: Any) -> Function:
        tree = self.compiler.outcome_tree(rule)
        return self.of(tree, rule.rule.grain) if tree is not None else lambda row: False

    def of(self, node: Any, table: str) -> Function:
        match node:
            case exp.Paren() | exp.Cast():
                return self.of(node.this, table)
            case exp.Column():
                return self._named(node, table)
            case exp.Literal():
                value = node.name if node.is_string else (float(node.name) if "." in node.name else int(node.name))
                return lambda row: value
            case exp.Boolean():
                truth = bool(node.this)
                return lambda row: truth
            case exp.Null():
                return lambda row: None
            case exp.Is():
                return _is(
                    self.of(node.this, table), None if type(node.expression) is exp.Null else node.expression.this
                )
            case exp.In():
                return _among(self.of(node.this, table), [self.of(each, table)({}) for each in node.expressions])
            case exp.Between():
                low, high = self.of(node.args["low"], table), self.of(node.args["high"], table)
                value = self.of(node.this, table)
                return _and(_strict(value, low, lambda a, b: a >= b), _strict(value, high, lambda a, b: a <= b))
            case exp.Not():
                value = self.of(node.this, table)
                return lambda row: None if (found := value(row)) is None else not found
            case exp.Neg():
                value = self.of(node.this, table)
                return lambda row: None if (found := value(row)) is None else -found
            case exp.Coalesce():
                parts = [self.of(each, table) for each in (node.this, *node.expressions)]
                return lambda row: next((found for part in parts if (found := part(row)) is not None), None)
            case exp.Substring():
                text, start = self.of(node.this, table), int(node.args["start"].name) - 1
                stop = start + int(node.args["length"].name)
                return lambda row: None if (found := text(row)) is None else found[start:stop]
            case exp.Case():
                pairs = [(self.of(each.this, table), self.of(each.args["true"], table)) for each in node.args["ifs"]]
                default = self.of(node.args["default"], table)
                return lambda row: (
                    next((value(row) for when, value in pairs if when(row)), None)
                    if any(when(row) for when, _value in pairs)
                    else default(row)
                )
        left, right = self.of(node.this, table), self.of(node.expression, table)
        match node:
            case exp.And():
                return _and(left, right)
            case exp.Or():
                return _or(left, right)
            case exp.NullSafeEQ():
                return lambda row: left(row) == right(row)
        return _strict(left, right, SIGNS[type(node)])

    def _named(self, node: Any, table: str) -> Function:
        owner, name = node.table, node.name
        feature = self.plan.features.get((owner, name))
        if feature is None:
            return (lambda row: row[name]) if owner == table else lambda row: row[owner][name]
        key, work_out = (name,), self._feature(feature)

        def kept(row: Row) -> Any:
            own = row if owner == table else row[owner]
            if key not in own:
                own[key] = work_out(own)
            return own[key]

        return kept

    def _feature(self, plan: Any) -> Function:
        if plan.key not in self._features:
            self._features[plan.key] = self._met(plan) if plan.cross else self._summed(plan)
        return self._features[plan.key]

    def _part(self, expression: Any, table: str) -> Function:
        return (lambda row: True) if expression is None else self.of(self.compiler.tree(expression, table), table)

    def _here(self, plan: Any, to: str) -> Function:
        if not self.compiler.who(plan.over, everyone=plan.feature.everyone, to=to)[1]:
            return lambda row: True
        return (lambda row: row["present"]) if plan.over == "member" else (lambda row: row["member"]["present"])

    def _summed(self, plan: Any) -> Function:
        where, value = self._part(plan.where, plan.over), self._part(plan.value, plan.over)
        here, below, kind = self._here(plan, plan.feature.grain), (plan.over,), plan.feature.aggregate.value

        def work_out(row: Row) -> Any:
            own = [each for each in row[below] if here(each)]
            counts = [where(each) for each in own]
            if kind == "any":
                return True if True in counts else (None if None in counts else False)
            if kind == "every":
                return False if False in counts else (None if None in counts else True)
            if kind == "count":
                return None if None in counts else counts.count(True)
            values = [found for each, counted in zip(own, counts, strict=True) if counted
                      and (found := value(each)) is not None]  # fmt: skip
            return (min if kind == "min" else max)(values, default=None)

        return work_out

    def _met(self, plan: Any) -> Function:
        """In how many rows a value stands, by an index of all rows that is made once."""
        where, here = self._part(plan.where, plan.over), self._here(plan, "")
        near = plan.feature.aggregate.value == "near"
        value, distinct = self._part(plan.value, plan.over), self._part(plan.distinct, plan.over)
        keys = [self._part(each, plan.over) for each in plan.same] + ([] if near or plan.value is None else [value])
        apart = self._part(plan.within, plan.over)
        index: dict[Any, list[tuple[Any, Any, Any]]] = defaultdict(list)

        def key_of(row: Row) -> Any:
            found = tuple(key(row) for key in keys)
            return None if None in found else found

        def work_out(row: Row) -> Any:
            if not index:
                for each in self.rows[plan.over]:
                    counted = _both(where(each), here(each))
                    index[key_of(each)].append((counted, distinct(each), value(each)))
            key, own = key_of(row), value(row)
            if key is None or (near and own is None):
                return None
            met = index[key]
            if near:
                met = [each for each in met if each[2] is not None and _near(str(own), str(each[2]), apart(row))]
            if any(counted is None for counted, _what, _value in met):
                return None
            if near or plan.distinct is None:
                return sum(1 for counted, _what, _value in met if counted)
            return len({what for counted, what, _value in met if counted})

        return work_out


def _near(one: str, other: str, apart: int) -> bool:
    return len(one) == len(other) and 0 < sum(a != b for a, b in zip(one, other, strict=True)) <= apart


def _is(value: Function, wanted: Any) -> Function:
    return lambda row: value(row) is wanted


def _among(value: Function, listed: Iterable[Any]) -> Function:
    words = frozenset(listed)
    return lambda row: None if (found := value(row)) is None else found in words


def _both(one: Any, other: Any) -> Any:
    return False if one is False or other is False else (None if one is None or other is None else True)


def _and(left: Function, right: Function) -> Function:
    def both(row: Row) -> Any:
        one = left(row)
        return False if one is False else _both(one, right(row))

    return both


def _or(left: Function, right: Function) -> Function:
    def either(row: Row) -> Any:
        one = left(row)
        if one is True:
            return True
        other = right(row)
        return True if other is True else (None if one is None or other is None else False)

    return either


def _strict(left: Function, right: Function, sign: Callable[[Any, Any], Any]) -> Function:
    """Unknown where a side is."""

    def found(row: Row) -> Any:
        one = left(row)
        if one is None:
            return None
        other = right(row)
        return None if other is None else sign(one, other)

    return found


SIGNS: dict[type[Any], Callable[[Any, Any], Any]] = {
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
    exp.Add: lambda a, b: a + b,
    exp.Sub: lambda a, b: a - b,
    exp.Mul: lambda a, b: a * b,
    exp.IntDiv: lambda a, b: None if b == 0 else int(a / b) if a < 0 else a // b,
    exp.Mod: lambda a, b: None if b == 0 else a % b,
}


def hits(functions: list[tuple[str, str, Function]], rows: dict[str, list[Row]]) -> dict[str, set[int]]:
    """The rows that each rule finds, by their numbers; only people who are there, and their records."""
    found: dict[str, set[int]] = {}
    for rule, grain, function in functions:
        key = KEYS[grain]
        found[rule] = {row[key] for row in rows[grain] if _there(row, grain) and function(row)}
    return found


def _there(row: Row, grain: str) -> Any:
    return grain == "household" or (row if grain == "member" else row["member"])["present"]
