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

from django.utils.translation import gettext as _
from sqlglot import exp

from bangfu.common.facts import FactColumn, FactKind, Schema
from bangfu.common.policy import CodeList
from bangfu.rulebook import kinds, language
from bangfu.rulebook.errors import FigureOutOfRange
from bangfu.rulebook.kinds import Typed
from bangfu.rulebook.language import NAME, wrong
from bangfu.rulebook.models import GRAINS, Aggregate, Feature, Figure
from bangfu.rulebook.nulls import may_be_null

# Days that the screening itself knows, and how they are shown to a reader.
BUILT_IN: Mapping[str, FactKind] = {
    "as_of_ymd": FactKind.DAY,
    "as_of_year": FactKind.WHOLE,
    "school_day_ymd": FactKind.DAY,
}
FIGURE_KINDS: Mapping[str, FactKind] = {"whole": FactKind.WHOLE, "amount": FactKind.AMOUNT, "day": FactKind.DAY}
LARGEST_FIGURE = 10**9
Key = tuple[str, str]  # (table, column) or (grain, feature)
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


@dataclass
class _Found:
    """What one walk met on its way."""

    columns: set[Key] = field(default_factory=set)
    named: set[Key] = field(default_factory=set)
    features: set[Key] = field(default_factory=set)
    figures: set[str] = field(default_factory=set)
    days: set[str] = field(default_factory=set)


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
        self._computed: dict[Key, tuple[Typed, _Found]] = {}
        self._checked: dict[tuple[str, str, str], Expression] = {}  # a book names the same columns again and again

    def assume(self, feature: Feature, kind: FactKind) -> None:
        """Take a feature that could not be checked for what it would probably have been."""
        self._kinds[feature.grain, feature.name] = kind

    def check(self, sql: str, grain: str, *, want: str = "flag") -> Expression:
        """The expression, of kind `want` (a FactKind's value; "number" for whole or amount; "any"). Raises
        ConditionWrong with the reason and a proposal."""
        key = (sql, grain, want)
        if key not in self._checked:
            self._checked[key] = self._check(sql, grain, want)
        return self._checked[key]

    def _check(self, sql: str, grain: str, want: str) -> Expression:
        tree = language.parse(sql)
        found = _Found()
        try:
            run = _Walk(self, grain, found, expand=True).value(tree)
            written = _Walk(self, grain, _Found(), expand=False).value(tree)
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

    def computed(self, table: str, column: FactColumn) -> tuple[Typed, _Found]:
        """What stands for a column that depends on the day, and what that needs. Worked out once."""
        key = (table, column.name)
        if key not in self._computed:
            needs = _Found()
            made = _Walk(self, table, needs, expand=True).value(language.parse(column.computed))
            self._computed[key] = (made, needs)
        return self._computed[key]

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


class _Walk:
    """One walk over one tree: each kind of node has a method, and a node without one is refused."""

    def __init__(self, checker: Checker, grain: str, found: _Found, *, expand: bool) -> None:
        self.checker = checker
        self.grain = grain
        self.found = found
        self.expand = expand

    def value(self, node: exp.Expr) -> Typed:
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise wrong(_("不能用“{text}”").format(text=_shown(node)))
        method, parts = handler
        if extra := [name for name, part in node.args.items() if name not in parts and part]:
            raise wrong(_("不能用“{text}”（{extra}）").format(text=_shown(node), extra="、".join(extra)))
        if node.comments:
            raise wrong(_("条件里有注释"), _("说明请写在规则的 note 里"))
        made: Typed = getattr(self, method)(node)
        return made

    def flag(self, node: exp.Expr) -> exp.Expr:
        made = self.value(node)
        kinds.expect(made, "flag")
        return made.node

    # Names

    def column(self, node: exp.Column) -> Typed:
        for identifier in (node.this, node.args.get("table")):
            if identifier is not None and (type(identifier) is not exp.Identifier or identifier.args.get("quoted")):
                raise wrong(_("不能用“{text}”").format(text=_shown(node)))
        table, name = node.table or self.grain, node.name
        written = f"{node.table}.{name}" if node.table else name
        if table not in GRAINS[GRAINS.index(self.grain) :]:
            raise self._unknown(f"{table}.{name}")
        if (table, name) in self.checker.features:
            kind = self.checker.kind_of_feature(table, name)
            self.found.features.add((table, name))
            self.found.named.add((table, name))
            return kinds.leaf(exp.column(name, table=table), kind, shown=written)
        column = self.checker.column(table, name)
        if column is None:
            raise self._unknown(written)
        self.found.named.add((table, name))
        if column.computed and self.expand:
            inner, needs = self.checker.computed(table, column)
            self.found.columns |= needs.columns
            self.found.days |= needs.days
            made = replace(inner, node=exp.Paren(this=inner.node.copy()), kind=column.kind, shown=column.name)
        else:
            self.found.columns.add((table, name))
            made = kinds.leaf(exp.column(name, table=table), column.kind, shown=written)
        return made.of_codes(self.checker.code_lists.get(column.codes))

    def _unknown(self, name: str) -> Exception:
        known = list(self.checker.names(self.grain))
        elsewhere = [each for each in known if each.endswith(f".{name.split('.')[-1]}")]
        found = language.nearest(name, known) or language.nearest(name.split(".")[-1], known)
        found = elsewhere[0] if elsewhere else found
        return wrong(
            _("没有“{name}”这一列").format(name=name[:60]),
            _("是否应为“{name}”").format(name=found) if found else "",
        )

    def figure(self, node: exp.Placeholder) -> Typed:
        name = str(node.this or "")
        if name in BUILT_IN:
            self.found.days.add(name)
            return kinds.day(name, BUILT_IN[name])
        figure = self.checker.figures.get(name)
        if figure is None:
            raise wrong(
                _("没有政策数值“${name}”").format(name=name[:60]),
                language.proposal(name, [*self.checker.figures, *BUILT_IN])
                or _("请先在 figures 中写明这一数值及其依据"),
            )
        self.found.figures.add(name)
        return kinds.figure(exp.Placeholder(this=name), FIGURE_KINDS[figure.type], LARGEST_FIGURE)

    # Constants

    def literal(self, node: exp.Literal) -> Typed:
        return kinds.text(node.name) if node.is_string else kinds.number(node.name)

    def boolean(self, node: exp.Boolean) -> Typed:
        return kinds.leaf(exp.Boolean(this=bool(node.this)), FactKind.FLAG)

    def null(self, node: exp.Null) -> Typed:
        return Typed(exp.Null(), None)

    # Logic

    def paren(self, node: exp.Paren) -> Typed:
        return self.value(node.this).in_brackets()

    def connector(self, node: exp.And | exp.Or) -> Typed:
        """A chain of any length in one go: a level of recursion for each AND would soon be too many."""
        operands: list[exp.Expr] = []
        rest: exp.Expr = node
        while type(rest) is type(node):
            _only(rest, "this", "expression")
            operands.append(rest.args["expression"])
            rest = rest.this
        made = self.flag(rest)
        for operand in reversed(operands):
            made = type(node)(this=made, expression=self.flag(operand))
        return kinds.leaf(made, FactKind.FLAG)

    def negation(self, node: exp.Not) -> Typed:
        return kinds.leaf(exp.Not(this=self.flag(node.this)), FactKind.FLAG)

    def _side(self, node: exp.Expr) -> Typed:
        """A side of a comparison. `a = b IS NULL` is read in two ways by two engines: brackets are asked for."""
        if type(node) in _UNCLEAR:
            raise wrong(_("“{text}”与比较连在一起，先后不清").format(text=_shown(node)), _("请用括号分开"))
        return self.value(node)

    def comparison(self, node: exp.Binary) -> Typed:
        left, right = self._side(node.this), self._side(node.expression)
        ordered = type(node) not in (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ)
        kinds.comparable(left, right, ordered=ordered)
        return kinds.leaf(type(node)(this=left.node, expression=right.node), FactKind.FLAG)

    def between(self, node: exp.Between) -> Typed:
        this, low, high = (self._side(node.args[part]) for part in ("this", "low", "high"))
        kinds.comparable(this, low, ordered=True)
        kinds.comparable(this, high, ordered=True)
        return kinds.leaf(exp.Between(this=this.node, low=low.node, high=high.node), FactKind.FLAG)

    def among(self, node: exp.In) -> Typed:
        this = self._side(node.this)
        items = [self.value(item) for item in node.expressions]
        if not items:
            raise wrong(_("IN 后面的括号里什么也没有"), _("请列出各值"))
        for item in items:
            if not item.constant:
                raise wrong(_("IN 的括号里只能写具体的值"), _("与列或政策数值比较请用 = 和 OR"))
            kinds.comparable(this, item, ordered=False)
        return kinds.leaf(exp.In(this=this.node, expressions=[item.node for item in items]), FactKind.FLAG)

    def state(self, node: exp.Is) -> Typed:
        """IS NULL, IS TRUE, IS FALSE; with NOT before them, they come as Not(Is(…))."""
        this, what = self._side(node.this), node.expression
        if type(what) is exp.Null:
            if this.kind is None:
                raise wrong(_("NULL 与自己比较"))
            return kinds.leaf(exp.Is(this=this.node, expression=exp.Null()), FactKind.FLAG)
        if type(what) is exp.Boolean:
            kinds.expect(this, "flag")
            return kinds.leaf(exp.Is(this=this.node, expression=exp.Boolean(this=bool(what.this))), FactKind.FLAG)
        raise wrong(_("IS 后面只能是 NULL、TRUE、FALSE 或 DISTINCT FROM"), _("比较请用 ="))

    def case(self, node: exp.Case) -> Typed:
        subject = self._side(node.this) if node.this else None
        made, branches = [], []
        for branch in node.args["ifs"]:
            if type(branch) is not exp.If:
                raise wrong(_("CASE 写得不完整"))
            _only(branch, "this", "true")
            if subject:
                when = self._side(branch.this)
                kinds.comparable(subject, when, ordered=False)
                condition: exp.Expr = exp.EQ(this=subject.node.copy(), expression=when.node)
            else:
                condition = self.flag(branch.this)
            then = self.value(branch.args["true"])
            branches.append(then)
            made.append((condition, then))
        otherwise = node.args.get("default")
        last = self.value(otherwise) if otherwise is not None else Typed(exp.Null(), None)
        common = kinds.common([*branches, last], _("CASE 的各种结果"))
        ifs = [exp.If(this=condition, true=then.node) for condition, then in made]
        # Without ELSE the answer is NULL; said in so many words, both engines and every reader agree.
        return common.with_node(exp.Case(ifs=ifs, default=last.node))

    # Arithmetic

    def minus(self, node: exp.Neg) -> Typed:
        return kinds.negative(self.value(node.this))

    def arithmetic(self, node: exp.Binary) -> Typed:
        return kinds.arithmetic(type(node), self.value(node.this), self.value(node.expression))

    # Functions

    def coalesced(self, node: exp.Coalesce) -> Typed:
        given = self._arguments(node, least=2)
        common = kinds.common(given, "coalesce")
        return common.with_node(exp.Coalesce(this=given[0].node, expressions=[each.node for each in given[1:]]))

    def extreme(self, node: exp.Least | exp.Greatest) -> Typed:
        given = self._arguments(node, least=2)
        for each in given:
            kinds.expect(each, "number")
        common = kinds.common(given, _function_name(node))
        made = type(node)(this=given[0].node, expressions=[each.node for each in given[1:]], ignore_nulls=True)
        return common.with_node(made)

    def _arguments(self, node: exp.Expr, *, least: int) -> list[Typed]:
        given = [self.value(each) for each in (node.this, *node.expressions)]
        if len(given) < least:
            raise wrong(_("{function} 至少要有 {count} 项").format(function=_function_name(node), count=least))
        return given

    def absolute(self, node: exp.Abs) -> Typed:
        return kinds.absolute(self.value(node.this))

    def length(self, node: exp.Length) -> Typed:
        return kinds.whole(exp.Length(this=self._text(node.this)), 0, 10**6)

    def cased(self, node: exp.Upper | exp.Lower) -> Typed:
        return kinds.leaf(type(node)(this=self._text(node.this)), FactKind.TEXT)

    def part(self, node: exp.Substring) -> Typed:
        numbers = []
        for name in ("start", "length"):
            given = node.args.get(name)
            if type(given) is not exp.Literal or given.is_string or not given.name.isdigit() or int(given.name) < 1:
                raise wrong(_("substr 的起点和长度应是从1起的整数"), _("写作 substr(列, 1, 6)"))
            numbers.append(exp.Literal.number(int(given.name)))
        return kinds.leaf(exp.Substring(this=self._text(node.this), start=numbers[0], length=numbers[1]), FactKind.TEXT)

    def search(self, node: exp.Contains | exp.StartsWith) -> Typed:
        inside, sought = self.value(node.this), self.value(node.expression)
        kinds.expect(inside, "text")
        kinds.expect(sought, "text")
        if type(node) is exp.Contains and sought.constant:
            inside.check_code(sought)
        return kinds.leaf(type(node)(this=inside.node, expression=sought.node), FactKind.FLAG)

    def pattern(self, node: exp.RegexpLike) -> Typed:
        pattern = node.expression
        if type(pattern) is not exp.Literal or not pattern.is_string:
            raise wrong(_("regexp_matches 的第二项应是写明的模式"), _("写作 regexp_matches(列, '^[0-9]{6}$')"))
        kinds.check_pattern(pattern.name)
        made = exp.RegexpLike(this=self._text(node.this), expression=exp.Literal.string(pattern.name))
        return kinds.leaf(made, FactKind.FLAG)

    def _text(self, node: exp.Expr) -> exp.Expr:
        made = self.value(node)
        kinds.expect(made, "text")
        return made.node

    # Macros

    def months(self, node: exp.MonthsBetween) -> Typed:
        return self._span("months_between", node.this, node.expression)

    def years(self, node: exp.Anonymous) -> Typed:
        if str(node.this).lower() != "years_between":
            raise wrong(_("不能用函数“{name}”").format(name=str(node.this)[:40]))
        if len(node.expressions) != 2:
            raise wrong(_("years_between 要两个日期"), _("写作 years_between(较早的日期, 较晚的日期)"))
        return self._span("years_between", *node.expressions)

    def _span(self, name: str, earlier: exp.Expr, later: exp.Expr) -> Typed:
        days = [self.value(earlier), self.value(later)]
        for day in days:
            if day.kind is not FactKind.DAY:
                raise wrong(
                    _("{name} 要的是日期，“{text}”不是").format(name=name, text=_shown(day.node)),
                    _("写作 {name}(较早的日期, 较晚的日期)").format(name=name),
                )
        first, second = (day.node for day in days)
        if not self.expand:
            return kinds.leaf(exp.Anonymous(this=name, expressions=[first, second]), FactKind.WHOLE)
        # A sum of whole numbers below 120,000: 32 bits are plenty.
        return kinds.whole(_MACROS[name](first, second), -120_000, 120_000)


def _full_years(earlier: exp.Expr, later: exp.Expr) -> exp.Expr:
    """Birthdays that have come: (later - earlier) // 10000 on days like 20200930. Rounds towards zero."""
    return exp.paren(exp.IntDiv(this=exp.paren(exp.Sub(this=later, expression=earlier)), expression=_n(10000)))


def _full_months(earlier: exp.Expr, later: exp.Expr) -> exp.Expr:
    """Calendar months between two days, one less while the day of the month has not come. Rounds down."""

    def year(day: exp.Expr) -> exp.Expr:
        return exp.IntDiv(this=exp.paren(day.copy()), expression=_n(10000))

    def month(day: exp.Expr) -> exp.Expr:
        return exp.Mod(this=exp.IntDiv(this=exp.paren(day.copy()), expression=_n(100)), expression=_n(100))

    def day_of_month(day: exp.Expr) -> exp.Expr:
        return exp.Mod(this=exp.paren(day.copy()), expression=_n(100))

    years = exp.Mul(this=exp.paren(exp.Sub(this=year(later), expression=year(earlier))), expression=_n(12))
    months = exp.paren(exp.Sub(this=month(later), expression=month(earlier)))
    not_yet = exp.LT(this=day_of_month(later), expression=day_of_month(earlier))
    short = exp.Case(ifs=[exp.If(this=not_yet, true=_n(1))], default=_n(0))
    return exp.paren(exp.Sub(this=exp.Add(this=years, expression=months), expression=short))


def _n(number: int) -> exp.Expr:
    return exp.Literal.number(number)


_MACROS = {"years_between": _full_years, "months_between": _full_months}
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_UNCLEAR = frozenset({*_COMPARISONS, exp.Is, exp.In, exp.Between, exp.Not, exp.And, exp.Or})
_BOTH = frozenset({"this", "expression"})
_LIST = frozenset({"this", "expressions"})
_ONE = frozenset({"this"})
_HANDLERS: Mapping[type[exp.Expr], tuple[str, frozenset[str]]] = {
    exp.Column: ("column", frozenset({"this", "table"})),
    exp.Placeholder: ("figure", _ONE),
    exp.Literal: ("literal", frozenset({"this", "is_string"})),
    exp.Boolean: ("boolean", _ONE),
    exp.Null: ("null", frozenset()),
    exp.Paren: ("paren", _ONE),
    exp.And: ("connector", _BOTH),
    exp.Or: ("connector", _BOTH),
    exp.Not: ("negation", _ONE),
    **dict.fromkeys(_COMPARISONS, ("comparison", _BOTH)),
    exp.Between: ("between", frozenset({"this", "low", "high"})),
    exp.In: ("among", _LIST),
    exp.Is: ("state", _BOTH),
    exp.Case: ("case", frozenset({"this", "ifs", "default"})),
    exp.Neg: ("minus", _ONE),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.IntDiv, exp.Mod), ("arithmetic", _BOTH)),
    exp.Coalesce: ("coalesced", _LIST),
    exp.Least: ("extreme", frozenset({"this", "expressions", "ignore_nulls"})),
    exp.Greatest: ("extreme", frozenset({"this", "expressions", "ignore_nulls"})),
    exp.Abs: ("absolute", _ONE),
    exp.Length: ("length", _ONE),
    exp.Upper: ("cased", _ONE),
    exp.Lower: ("cased", _ONE),
    exp.Substring: ("part", frozenset({"this", "start", "length"})),
    exp.Contains: ("search", _BOTH),
    exp.StartsWith: ("search", _BOTH),
    exp.RegexpLike: ("pattern", _BOTH),
    exp.MonthsBetween: ("months", _BOTH),
    exp.Anonymous: ("years", _LIST),
}


def _only(node: exp.Expr, *parts: str) -> None:
    if node.comments or any(part for name, part in node.args.items() if name not in parts):
        raise wrong(_("不能用“{text}”").format(text=_shown(node)))


def _function_name(node: exp.Expr) -> str:
    return next((name for name, kind in language.FUNCTIONS.items() if kind is type(node)), "")


def _shown(node: exp.Expr) -> str:
    """A piece of the text for a message, never for an engine."""
    try:
        return node.sql(dialect="duckdb", comments=False)[:60]
    except Exception:  # the tree may be anything at all here
        return type(node).__name__
