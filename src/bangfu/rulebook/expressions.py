"""Conditions: one SQL expression over one row, checked word by word and built anew from what is allowed.

`Checker.check` parses a text (`language.parse`), walks the tree and makes another one, of its own nodes only, with
every name resolved and every type known. Whatever the walk does not know by its node type is refused; nothing of the
given tree is handed on. So an `Expression` touches declared columns, features and figures, and nothing else.

Whole numbers are computed in 32 bits where declared ranges show that this suffices, else in 64; what could overflow
even those is refused. Thus no value in a snapshot can stop a screening.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext as _
from sqlglot import exp, parse_one

from bangfu.common.facts import FactColumn, FactKind, Schema
from bangfu.common.policy import CodeList
from bangfu.rulebook import kinds, language
from bangfu.rulebook.building import LARGEST_FIGURE, Found, Key, Walk
from bangfu.rulebook.errors import FigureOutOfRange
from bangfu.rulebook.kinds import Typed
from bangfu.rulebook.language import NAME, wrong
from bangfu.rulebook.models import GRAINS, Aggregate, Feature, Figure
from bangfu.rulebook.nulls import may_be_null

Figured = Mapping[str, Decimal | int]


@dataclass(frozen=True)
class Expression:
    """A checked expression.

    `columns` are the stored columns it needs, as (table, name); `named` those that its writer named, which differ
    where a column is computed on the day (`age` needs `birth_ymd`). `features` are (grain, name), `figures` names of
    figures of policy, `days` those of BUILT_IN. `written` is the tree as the writer meant it, `ast` the one to run:
    computed columns and macros expanded, every column as `table.column`, features as `grain.feature`.
    """

    text: str
    grain: str
    kind: FactKind
    ast: exp.Expr = field(repr=False, compare=False)
    written: exp.Expr = field(repr=False, compare=False)
    columns: frozenset[Key]
    named: frozenset[Key]
    features: frozenset[Key]
    figures: frozenset[str]
    days: frozenset[str]
    checker: "Checker" = field(repr=False, compare=False)  # knows what its names mean

    @property
    def inputs(self) -> frozenset[Key]:
        """All that may be missing in a row."""
        return self.columns | self.features

    def nullable(self, not_null: Iterable[Key] = ()) -> bool:
        """Whether a row could make it NULL, when the columns and features `not_null` are never NULL."""
        return may_be_null(self.ast, frozenset(not_null))

    def sql(
        self,
        dialect: str = "duckdb",
        bind: Figured | None = None,
        names: Callable[[str, str], str] | None = None,
    ) -> str:
        """The expression in SQL of `dialect` ("duckdb" or "spark"). Every AND and OR chain stands in brackets of its
        own where it must; the whole does not.

        `bind` gives figures and days their values, each written as a number literal made from a Decimal or int (never
        from text); without it they stay parameters. `names(table, column)` says under which name a column or feature
        is found, "t.column" or "column"; by default `table.column`. Raises FigureOutOfRange for a value that the
        arithmetic was not checked for, KeyError for a figure that `bind` lacks.
        """
        tree = self.ast.copy()
        if bind is not None:
            tree = tree.transform(lambda node: self._bound(node, bind), copy=False)
        if names is not None:
            tree = tree.transform(lambda node: _renamed(node, names), copy=False)
        if dialect == "spark":
            tree = tree.transform(_end_of_text, copy=False)
        return tree.sql(dialect=dialect, comments=False)

    def _bound(self, node: exp.Expr, bind: Figured) -> exp.Expr:
        if type(node) is not exp.Placeholder:
            return node
        return literal(bind[node.name], node.name)


def both(one: Expression, other: Expression) -> Expression:
    """`one AND other`, of two conditions of the same grain."""

    def joined(left: exp.Expr, right: exp.Expr) -> exp.Expr:
        return exp.And(this=exp.Paren(this=left.copy()), expression=exp.Paren(this=right.copy()))

    return replace(
        one,
        text=f"({one.text}) AND ({other.text})",
        ast=joined(one.ast, other.ast),
        written=joined(one.written, other.written),
        columns=one.columns | other.columns,
        named=one.named | other.named,
        features=one.features | other.features,
        figures=one.figures | other.figures,
        days=one.days | other.days,
    )


def literal(value: Decimal | int, figure: str) -> exp.Expr:
    """A number as a literal of SQL: exact, without an exponent. Raises FigureOutOfRange."""
    if not isinstance(value, Decimal | int):
        raise FigureOutOfRange(figure=figure, value=value)
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    if not number.is_finite() or abs(number) > LARGEST_FIGURE or not isinstance(exponent, int) or exponent < -4:
        raise FigureOutOfRange(figure=figure, value=value)
    written = exp.Literal.number(f"{abs(number):f}")
    return exp.Paren(this=exp.Neg(this=written)) if number < 0 else written


def _renamed(node: exp.Expr, names: Callable[[str, str], str]) -> exp.Expr:
    if type(node) is not exp.Column:
        return node
    parts = names(node.table, node.name).split(".")
    if not all(NAME.fullmatch(part) for part in parts) or len(parts) > 2:
        raise ValueError(f"not a name: {parts}")
    return exp.column(parts[-1], table=parts[0] if len(parts) == 2 else None)


def _end_of_text(node: exp.Expr) -> exp.Expr:
    """Java's `$` also stands before a last line break, that of DuckDB only at the very end: `\\z` in Java."""
    if type(node) is exp.RegexpLike:
        node.expression.set("this", node.expression.name.replace("$", r"\z"))
    return node


MOST_CHECKED = 20_000


def _without_values(figure: Figure) -> Figure:
    return figure.model_copy(update={"values": ()})


class Checker:
    """Checks expressions against what is declared: tables of facts, features, figures and code lists."""

    def __init__(
        self,
        schema: Schema,
        features: Iterable[Feature],
        figures: Mapping[str, Figure],
        code_lists: Mapping[str, CodeList],
    ) -> None:
        self.schema = schema
        self.features: dict[Key, Feature] = {(feature.grain, feature.name): feature for feature in features}
        self.figures = figures
        self.code_lists = code_lists
        self._kinds: dict[Key, FactKind] = {}
        self._under_way: list[Key] = []
        self._computed: dict[Key, tuple[Typed, Found]] = {}
        self._checked: dict[tuple[str, str, str], Expression] = {}  # a book names the same columns again and again

    def knows_the_same(self, other: "Checker") -> bool:
        """Whether every expression means to both the same: values of figures do not matter."""
        return (
            self.schema == other.schema
            and self.features == other.features
            and self.code_lists == other.code_lists
            and self.figures.keys() == other.figures.keys()
            and all(_without_values(self.figures[id]) == _without_values(other.figures[id]) for id in self.figures)
        )

    def assume(self, feature: Feature, kind: FactKind) -> None:
        """Take a feature that could not be checked for what it would probably have been."""
        self._kinds[feature.grain, feature.name] = kind

    def check(self, sql: str, grain: str, *, want: str = "flag") -> Expression:
        """The expression, of kind `want` (a FactKind's value; "number" for whole or amount; "any"). Raises
        ConditionWrong with the reason and a proposal."""
        key = (sql, grain, want)
        known = self._checked.get(key)
        if known is None:
            known = self._check(sql, grain, want)
            if len(self._checked) >= MOST_CHECKED:  # drafts come and go, and each leaves its own
                self._checked.clear()
            self._checked[key] = known
        return known

    def _check(self, sql: str, grain: str, want: str) -> Expression:
        tree = language.parse(sql)
        found = Found()
        try:
            run = Walk(self, grain, found, expand=True).value(tree)
            written = Walk(self, grain, Found(), expand=False).value(tree)
        except RecursionError:
            raise wrong(_("条件的括号或函数套得太深"), _("请拆成几条规则，或把一部分写成指标")) from None
        if run.kind is None:
            raise wrong(_("整个条件就是 NULL"))
        kinds.expect(run, want)
        return Expression(
            text=sql,
            grain=grain,
            kind=run.kind,
            ast=run.node,
            written=written.node,
            columns=frozenset(found.columns),
            named=frozenset(found.named),
            features=frozenset(found.features),
            figures=frozenset(found.figures),
            days=frozenset(found.days),
            checker=self,
        )

    def names(self, grain: str) -> Iterator[str]:
        """Every column and feature that a condition of that grain may name, as it is written there."""
        for table in GRAINS[GRAINS.index(grain) :]:
            prefix = "" if table == grain else f"{table}."
            if table in self.schema.tables:
                yield from (f"{prefix}{column.name}" for column in self.schema.table(table).columns)
            yield from (f"{prefix}{name}" for of, name in self.features if of == table)

    def column(self, table: str, name: str) -> FactColumn | None:
        return self.schema.table(table).get(name) if table in self.schema.tables else None

    def computed(self, table: str, column: FactColumn) -> tuple[Typed, Found]:
        """What stands for a column that depends on the day, and what that needs. Worked out once."""
        key = (table, column.name)
        if key not in self._computed:
            needs = Found()
            made = Walk(self, table, needs, expand=True).value(language.parse(column.computed))
            self._computed[key] = (made, needs)
        return self._computed[key]

    @cached_property
    def derivations(self) -> Mapping[Key, exp.Expr]:
        """What derived columns are made of, as the rooms declare it: trusted SQL, read here only to know what can be
        NULL, never run."""
        found: dict[Key, exp.Expr] = {}
        for table in self.schema.tables.values():
            for column in table.columns:
                if column.derived:
                    tree = parse_one(column.derived, dialect="duckdb")
                    for name in tree.find_all(exp.Column):
                        name.set("table", exp.to_identifier(table.name))
                    found[(table.name, column.name)] = tree
        return found

    def kind_of_feature(self, grain: str, name: str) -> FactKind:
        """What a feature is. Raises ConditionWrong for one that in the end rests on itself."""
        key = (grain, name)
        if key in self._kinds:
            return self._kinds[key]
        if key in self._under_way:
            circle = [*self._under_way[self._under_way.index(key) :], key]
            raise wrong(
                _("指标绕成了圈：{circle}").format(circle=" → ".join(".".join(each) for each in circle)),
                _("请让其中一个不再用到另一个"),
            )
        self._under_way.append(key)
        try:
            self._kinds[key] = self._worked_out(self.features[key])
        finally:
            self._under_way.pop()
        return self._kinds[key]

    def _worked_out(self, feature: Feature) -> FactKind:
        match feature.aggregate:
            case Aggregate.ANY | Aggregate.EVERY | Aggregate.LISTED:
                return FactKind.FLAG
            case Aggregate.SUM | Aggregate.MIN | Aggregate.MAX:
                over = feature.over or feature.grain
                want = "number" if feature.aggregate == Aggregate.SUM else "any"
                return self.check(feature.value, over, want=want).kind
            case _:
                return FactKind.WHOLE
