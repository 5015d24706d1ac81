"""The walk over a parsed condition, which makes another tree of its own nodes only. What it does not know by its node
type, and any part of a node that it does not expect, is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from sqlglot import exp

from bangfu.common.facts import FactKind
from bangfu.rulebook import kinds, language
from bangfu.rulebook.kinds import Typed
from bangfu.rulebook.language import wrong
from bangfu.rulebook.models import GRAINS

if TYPE_CHECKING:
    from bangfu.rulebook.expressions import Checker

# Days that the screening itself knows, and how they are shown to a reader.
BUILT_IN: Mapping[str, FactKind] = {
    "as_of_ymd": FactKind.DAY,
    "as_of_year": FactKind.WHOLE,
    "school_day_ymd": FactKind.DAY,
}
FIGURE_KINDS: Mapping[str, FactKind] = {"whole": FactKind.WHOLE, "amount": FactKind.AMOUNT, "day": FactKind.DAY}
LARGEST_FIGURE = 10**9
Key = tuple[str, str]  # (table, column) or (grain, feature)


@dataclass
class Found:
    """What one walk met on its way."""

    columns: set[Key] = field(default_factory=set)
    named: set[Key] = field(default_factory=set)
    features: set[Key] = field(default_factory=set)
    figures: set[str] = field(default_factory=set)
    days: set[str] = field(default_factory=set)


class Walk:
    """One walk over one tree: each kind of node has a method, and a node without one is refused."""

    def __init__(self, checker: "Checker", grain: str, found: Found, *, expand: bool) -> None:
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
        return replace(made, origin=node)

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
        return kinds.figure(name, FIGURE_KINDS[figure.type], LARGEST_FIGURE)

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
                    _("{name} 要的是日期，“{text}”不是").format(name=name, text=day.named()),
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
