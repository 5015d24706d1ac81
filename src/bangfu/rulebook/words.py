"""Conditions in words: what a rule looks for, as a sentence that can be read aloud to people who know no SQL.

"周岁小于16，且劳动技能不是无劳动力". The words are those of columns, features, figures and code labels; every pattern
of a sentence is a text of the catalogue. Traditional Chinese follows from the Simplified.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from sqlglot import exp

from bangfu.common.facts import FactKind
from bangfu.common.policy import CodeList, traditional
from bangfu.rulebook.expressions import Expression, Figured

_A_YEAR = "10000"  # in days written like 20200930
SIMPLIFIED, TRADITIONAL = "zh-hans", "zh-hant"


def in_words(expression: Expression, language: str = "", figures: Figured | None = None) -> str:
    """The condition as a sentence (without a full stop) in `language`, by default that of the reader. `figures` may
    give the values of figures, which are then said with them."""
    language = language or get_language() or SIMPLIFIED
    with translation.override(SIMPLIFIED if language == TRADITIONAL else language):
        tree = expression.written.copy()
        for cast in list(tree.find_all(exp.Cast)):  # in how many bits something is computed nobody need hear of
            cast.replace(cast.this)
        said = _Speaker(expression, figures or {}).condition(tree)
    return traditional(said) if language == TRADITIONAL else said


def fill(template: str, values: Mapping[str, Any]) -> str:
    """A rule's message with its values: `{income_net_pc}`, `{household.phone}`; a value that is None is said to be
    unknown. Names that are not there stay as they are; nothing of the template is ever evaluated."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name is None:
            return found.group(0)[0]
        if name not in values:
            return found.group(0)
        return _("（未知）") if values[name] is None else str(values[name])

    return re.sub(r"\{\{|\}\}|\{([a-z0-9_.]+)\}", value, template)


class _Speaker:
    """Says the parts of one expression. `condition` and `opposite` give clauses, `value` what stands in them."""

    def __init__(self, expression: Expression, figures: Figured) -> None:
        self.expression = expression
        self.checker = expression.checker
        self.figures = figures

    # Clauses

    def condition(self, node: exp.Expr) -> str:
        node = node.unnest()
        if isinstance(node, exp.And | exp.Or):
            return self._chain(node)
        if isinstance(node, exp.Not):
            return self.opposite(node.this)
        if isinstance(node, exp.Boolean):
            return _("不论其他") if node.this else _("从不")
        if isinstance(node, exp.Column):
            return self._flag(node, true=True)
        if isinstance(node, exp.Is):
            return self._state(node, stated=True)
        if isinstance(node, exp.Coalesce):
            return self._in_doubt(node, self.condition)
        if isinstance(node, exp.Case):
            return self._cases(node, self.condition)
        return self._compared(node, stated=True)

    def opposite(self, node: exp.Expr) -> str:
        node = node.unnest()
        if isinstance(node, exp.Not):
            return self.condition(node.this)
        if isinstance(node, exp.Boolean):
            return _("从不") if node.this else _("不论其他")
        if isinstance(node, exp.Column):
            return self._flag(node, true=False)
        if isinstance(node, exp.Is):
            return self._state(node, stated=False)
        if isinstance(node, exp.Coalesce) and isinstance(node.expressions[-1], exp.Boolean):
            return self._in_doubt(node, self.opposite, turned=True)
        if type(node) in _SAID or isinstance(node, exp.In | exp.Between):
            return self._compared(node, stated=False)
        return _("并非（{clause}）").format(clause=self.condition(node))

    def _chain(self, node: exp.And | exp.Or) -> str:
        parts: list[exp.Expr] = []
        rest: exp.Expr = node
        while type(rest) is type(node):
            parts.append(rest.expression)
            rest = rest.this
        clauses = [self._inner(part, node) for part in (rest, *reversed(parts))]
        return (_("，且") if isinstance(node, exp.And) else _("，或")).join(clauses)

    def _inner(self, part: exp.Expr, around: exp.Expr) -> str:
        inside = part.unnest()
        mixed = isinstance(inside, exp.And | exp.Or) and type(inside) is not type(around)
        said = self.condition(part)
        return _("（{clause}）").format(clause=said) if mixed else said

    def _flag(self, node: exp.Expr, *, true: bool) -> str:
        name = self.value(node)
        if re.match("(本人|本户|本村)?(是否|有无)", name):
            return (_("{name}为“是”") if true else _("{name}为“否”")).format(name=name)
        return (_("符合“{name}”") if true else _("不符合“{name}”")).format(name=name)

    def _state(self, node: exp.Is, *, stated: bool) -> str:
        what = node.expression
        if isinstance(what, exp.Null) and isinstance(node.this.unnest(), exp.Coalesce):
            inner = node.this.unnest()
            names = _("、").join(self.value(part) for part in (inner.this, *inner.expressions))
            return (_("{names}都未知") if stated else _("{names}至少一项已知")).format(names=names)
        if isinstance(what, exp.Null):
            given = self._is_given(node.this)
            if stated:
                text = _("{name}未填写") if given else _("{name}未知")
            else:
                text = _("{name}已填写") if given else _("{name}已知")
            return text.format(name=self.value(node.this))
        said = self.condition(node.this) if bool(what.this) is stated else self.opposite(node.this)
        return said if stated else _("{clause}（未知也算）").format(clause=said)

    def _is_given(self, node: exp.Expr) -> bool:
        """Whether people fill it in, or it follows from what they fill in."""
        node = node.unnest()
        column = self.checker.column(node.table, node.name) if isinstance(node, exp.Column) else None
        return column is not None and not (column.derived or column.computed)

    def _in_doubt(self, node: exp.Coalesce, say: Callable[[exp.Expr], str], *, turned: bool = False) -> str:
        """What is taken for what is unknown; `turned` says the opposite of a condition."""
        last = node.expressions[-1]
        said = say(node.this)
        for other in node.expressions[:-1]:
            said = _("{value}（未知时看：{other}）").format(value=said, other=say(other))
        if isinstance(last, exp.Boolean):
            counts = bool(last.this) is not turned
            return (_("{clause}（未知也算）") if counts else _("{clause}（未知不算）")).format(clause=said)
        return _("{value}（未知视为{other}）").format(value=said, other=say(last))

    def _cases(self, node: exp.Case, say: Callable[[exp.Expr], str]) -> str:
        said = [
            _("若{condition}，则{value}").format(condition=self.condition(branch.this), value=say(branch.args["true"]))
            for branch in node.args["ifs"]
        ]
        default = node.args.get("default")
        if default is None or isinstance(default, exp.Null):
            said.append(_("否则未知"))
        else:
            said.append(_("否则{value}").format(value=say(default)))
        return _("；").join(said)

    def _compared(self, node: exp.Expr, *, stated: bool) -> str:
        if isinstance(node, exp.Between):
            text = _("{left}在{low}至{high}之间（含两端）") if stated else _("{left}不在{low}至{high}之间（含两端）")
            return text.format(
                left=self.value(node.this),
                low=self.value(node.args["low"], node.this),
                high=self.value(node.args["high"], node.this),
            )
        if isinstance(node, exp.In):
            return self._among(node, stated=stated)
        if isinstance(node, exp.Contains | exp.StartsWith | exp.RegexpLike):
            text = _SAID[type(node)][0 if stated else 1]()
            return text.format(left=self.value(node.this), right=self.value(node.expression, node.this))
        if type(node) in _SAID and self._is_flag(node.this):
            return self._flags_compared(node, stated=stated)
        if type(node) in _SAID:
            texts = _SAID[type(node)]
            if self._two_columns(node):
                texts = _SAID_OF_COLUMNS.get(type(node), texts)
            elif self._is_day(node.this) or self._is_day(node.expression):
                texts = _SAID_OF_DAYS.get(type(node), texts)
            elif self._is_text(node.this):
                texts = _SAID_OF_TEXTS.get(type(node), texts)
            left, right = node.this, node.expression
            said = texts[0 if stated else 1]()
            return said.format(left=self.value(left, right), right=self.value(right, left))
        raise ValueError(f"no words for {type(node).__name__}")  # an expression is made of what is said here

    def _among(self, node: exp.In, *, stated: bool) -> str:
        items = [self.value(item, node.this) for item in node.expressions]
        text = _("{left}是{items}之一") if stated else _("{left}不是{items}中的任何一个")
        if len(items) == 1:
            text = _("{left}是{items}") if stated else _("{left}不是{items}")
        return text.format(left=self.value(node.this), items=_("、").join(items))

    def _flags_compared(self, node: exp.Expr, *, stated: bool) -> str:
        left, right = node.this, node.expression
        equal = stated is isinstance(node, exp.EQ | exp.NullSafeEQ)
        if isinstance(right, exp.Boolean):
            return self.condition(left) if bool(right.this) is equal else self.opposite(left)
        text = _("“{left}”与“{right}”一致") if equal else _("“{left}”与“{right}”不一致")
        return text.format(left=self._topic(left), right=self._topic(right))

    def _topic(self, node: exp.Expr) -> str:
        node = node.unnest()
        if isinstance(node, exp.Coalesce) and isinstance(node.expressions[-1], exp.Boolean):
            return self._in_doubt(node, self._topic)
        return self.value(node) if isinstance(node, exp.Column) else self.condition(node)

    # Values

    def value(self, node: exp.Expr, beside: exp.Expr | None = None) -> str:
        """What stands in a clause; a literal is said as what stands `beside` it: a code by its label, a day as one."""
        if isinstance(node, exp.Paren):
            inner = node.unnest()
            said = self.value(inner, beside)
            return _("（{clause}）").format(clause=said) if isinstance(inner, exp.Binary) else said
        if isinstance(node, exp.Literal):
            return self._literal(node, beside)
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Placeholder):
            return self._figure(node.name)
        if isinstance(node, exp.Coalesce):
            return self._in_doubt(node, lambda part: self.value(part, node.this))
        if isinstance(node, exp.Case):
            return _("（{clause}）").format(clause=self._cases(node, self.value))
        if isinstance(node, exp.Anonymous):
            text = (
                _("从{earlier}到{later}的足月数")
                if node.name == "months_between"
                else _("从{earlier}到{later}的周年数")
            )
            return text.format(earlier=self.value(node.expressions[0]), later=self.value(node.expressions[1]))
        if isinstance(node, exp.Substring):
            first, length = int(node.args["start"].name), int(node.args["length"].name)
            return _("{text}的第{first}至{last}位").format(
                text=self.value(node.this), first=first, last=first + length - 1
            )
        if isinstance(node, exp.Least | exp.Greatest):
            text = _("{items}中最小的") if isinstance(node, exp.Least) else _("{items}中最大的")
            return text.format(items=_("、").join(self.value(part) for part in (node.this, *node.expressions)))
        if type(node) in _VALUES_OF_ONE:
            return _VALUES_OF_ONE[type(node)]().format(value=self.value(node.this))
        if years := self._of_years(node):
            return years
        if type(node) in _VALUES_OF_TWO:
            said = _VALUES_OF_TWO[type(node)]()
            return said.format(left=self.value(node.this), right=self.value(node.expression))
        return self.condition(node)

    def _literal(self, node: exp.Literal, beside: exp.Expr | None) -> str:
        if node.is_string:
            codes = self._codes(beside)
            entry = next((c for c in codes.codes if c.code == node.name), None) if codes else None
            return str(entry.label) if entry else _("“{text}”").format(text=node.name)
        if beside is not None and self._is_day(beside) and len(node.name) == 8:
            year, month, day = int(node.name[:4]), int(node.name[4:6]), int(node.name[6:])
            return _("{year}年{month}月{day}日").format(year=year, month=month, day=day)
        return str(node.name)

    def _column(self, node: exp.Column) -> str:
        key = (node.table, node.name)
        feature = self.checker.features.get(key)
        column = self.checker.column(*key)
        name = str(feature.meaning) if feature else str(column.meaning) if column else node.name
        name = re.split("[；;]", name)[0].strip()
        if node.table == self.expression.grain:
            return name
        return _OF_TABLE[node.table]().format(name=name)

    def _figure(self, name: str) -> str:
        if name in _DAYS:
            return _DAYS[name]()
        figure = self.checker.figures[name]
        if name not in self.figures:
            return str(figure.label)
        return _("{figure}（{value} {unit}）").format(
            figure=figure.label, value=f"{Decimal(self.figures[name]):f}", unit=figure.unit
        )

    def _of_years(self, node: exp.Expr) -> str:
        """10000 is a year of days written like 20200930; "" where it is none."""
        if not isinstance(node, exp.IntDiv | exp.Mul | exp.Add | exp.Sub):
            return ""
        left, right = node.this.unnest(), node.expression.unnest()
        if isinstance(node, exp.IntDiv) and self._is_day(left) and right.name == _A_YEAR:
            return _("{day}所在年份").format(day=self.value(left))
        if isinstance(node, exp.Mul) and isinstance(right, exp.Literal) and right.name == _A_YEAR:
            return _("{year}年初").format(year=self.value(node.this))
        if isinstance(node, exp.Add | exp.Sub) and self._is_day(left):
            years = self._years(right)
            text = _("{day}加{years}年") if isinstance(node, exp.Add) else _("{day}减{years}年")
            return text.format(day=self.value(left), years=years) if years else ""
        return ""

    def _years(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Mul) and isinstance(node.expression, exp.Literal) and node.expression.name == _A_YEAR:
            return self.value(node.this)
        return ""

    # What things are

    def _two_columns(self, node: exp.Expr) -> bool:
        return isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Column)

    def _codes(self, node: exp.Expr | None) -> CodeList | None:
        for part in node.find_all(exp.Column) if node is not None else ():
            column = self.checker.column(part.table, part.name)
            if column and column.codes:
                return self.checker.code_lists.get(column.codes)
        return None

    def _kind(self, node: exp.Expr) -> FactKind | None:
        node = node.unnest()
        if isinstance(node, exp.Coalesce):
            return self._kind(node.this)
        if isinstance(node, exp.Placeholder):
            figure = self.checker.figures.get(node.name)
            return FactKind.DAY if node.name.endswith("_ymd") or (figure and figure.type == "day") else FactKind.WHOLE
        if isinstance(node, exp.Column):
            key = (node.table, node.name)
            if key in self.checker.features:
                return self.checker.kind_of_feature(*key)
            column = self.checker.column(*key)
            return column.kind if column else None
        if isinstance(node, exp.Boolean | exp.Predicate | exp.Connector | exp.Not):
            return FactKind.FLAG
        if isinstance(node, exp.Substring | exp.Upper | exp.Lower):
            return FactKind.TEXT
        return None

    def _is_day(self, node: exp.Expr) -> bool:
        return self._kind(node) is FactKind.DAY

    def _is_text(self, node: exp.Expr) -> bool:
        return self._kind(node) in (FactKind.TEXT, FactKind.CODE)

    def _is_flag(self, node: exp.Expr) -> bool:
        return self._kind(node) is FactKind.FLAG


Said = Callable[[], str]
# What is said when the comparison holds, and when it does not.
_SAID: dict[type[exp.Expr], tuple[Said, Said]] = {
    exp.EQ: (lambda: _("{left}等于{right}"), lambda: _("{left}不等于{right}")),
    exp.NEQ: (lambda: _("{left}不等于{right}"), lambda: _("{left}等于{right}")),
    exp.LT: (lambda: _("{left}小于{right}"), lambda: _("{left}不小于{right}")),
    exp.LTE: (lambda: _("{left}不超过{right}"), lambda: _("{left}大于{right}")),
    exp.GT: (lambda: _("{left}大于{right}"), lambda: _("{left}不超过{right}")),
    exp.GTE: (lambda: _("{left}不小于{right}"), lambda: _("{left}小于{right}")),
    exp.NullSafeEQ: (lambda: _("{left}是{right}（未知算不是）"), lambda: _("{left}不是{right}（未知也算不是）")),
    exp.NullSafeNEQ: (lambda: _("{left}不是{right}（未知也算不是）"), lambda: _("{left}是{right}（未知算不是）")),
    exp.Contains: (lambda: _("{left}含{right}"), lambda: _("{left}不含{right}")),
    exp.StartsWith: (lambda: _("{left}以{right}开头"), lambda: _("{left}不以{right}开头")),
    exp.RegexpLike: (lambda: _("{left}合乎模式{right}"), lambda: _("{left}不合模式{right}")),
}
_SAID_OF_DAYS: dict[type[exp.Expr], tuple[Said, Said]] = {
    exp.LT: (lambda: _("{left}早于{right}"), lambda: _("{left}不早于{right}")),
    exp.LTE: (lambda: _("{left}不晚于{right}"), lambda: _("{left}晚于{right}")),
    exp.GT: (lambda: _("{left}晚于{right}"), lambda: _("{left}不晚于{right}")),
    exp.GTE: (lambda: _("{left}不早于{right}"), lambda: _("{left}早于{right}")),
}
_SAID_OF_COLUMNS: dict[type[exp.Expr], tuple[Said, Said]] = {
    exp.EQ: (lambda: _("{left}与{right}一致"), lambda: _("{left}与{right}不一致")),
    exp.NEQ: (lambda: _("{left}与{right}不一致"), lambda: _("{left}与{right}一致")),
}
_SAID_OF_TEXTS: dict[type[exp.Expr], tuple[Said, Said]] = {
    exp.EQ: (lambda: _("{left}是{right}"), lambda: _("{left}不是{right}")),
    exp.NEQ: (lambda: _("{left}不是{right}"), lambda: _("{left}是{right}")),
}
_VALUES_OF_ONE: dict[type[exp.Expr], Said] = {
    exp.Neg: lambda: _("负{value}"),
    exp.Abs: lambda: _("{value}的绝对值"),
    exp.Length: lambda: _("{value}的位数"),
    exp.Upper: lambda: _("{value}（大写）"),
    exp.Lower: lambda: _("{value}（小写）"),
}
_VALUES_OF_TWO: dict[type[exp.Expr], Said] = {
    exp.Add: lambda: _("{left}加{right}"),
    exp.Sub: lambda: _("{left}减{right}"),
    exp.Mul: lambda: _("{left}乘以{right}"),
    exp.IntDiv: lambda: _("{left}除以{right}的整数商"),
    exp.Mod: lambda: _("{left}除以{right}的余数"),
}
_OF_TABLE: dict[str, Said] = {
    "member": lambda: _("本人{name}"),
    "household": lambda: _("本户{name}"),
    "village": lambda: _("本村{name}"),
}
_DAYS: dict[str, Said] = {
    "as_of_ymd": lambda: _("筛查日"),
    "as_of_year": lambda: _("筛查年度"),
    "school_day_ymd": lambda: _("学年开始日"),
}
