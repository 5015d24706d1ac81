"""Checks every expression of the rulebook: of features, in the order in which they rest on one another; of rules."""

import string
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from bangfu.common.facts import FactKind, Schema
from bangfu.common.policy import CodeList, Label
from bangfu.rulebook import language
from bangfu.rulebook.book import FeatureParts, RuleParts
from bangfu.rulebook.errors import ConditionWrong
from bangfu.rulebook.expressions import Checker, Expression, both
from bangfu.rulebook.gathering import Gathered, Item
from bangfu.rulebook.models import GRAINS, Aggregate, Feature, Rule

A = Aggregate
# What each way of summing up needs, and what it may have besides.
NEEDS: Mapping[Aggregate, tuple[frozenset[str], frozenset[str]]] = {
    A.COUNT: (frozenset({"over"}), frozenset({"where", "everyone"})),
    A.SUM: (frozenset({"over", "value"}), frozenset({"where", "everyone"})),
    A.MIN: (frozenset({"over", "value"}), frozenset({"where", "everyone"})),
    A.MAX: (frozenset({"over", "value"}), frozenset({"where", "everyone"})),
    A.DISTINCT: (frozenset({"over", "value"}), frozenset({"where", "everyone"})),
    A.ANY: (frozenset({"over", "where"}), frozenset({"everyone"})),
    A.EVERY: (frozenset({"over", "where"}), frozenset({"everyone"})),
    A.SHARED: (frozenset({"value"}), frozenset({"over", "where", "distinct", "same", "everyone"})),
    A.NEAR: (frozenset({"value", "same", "within"}), frozenset({"over", "where", "everyone"})),
    A.LISTED: (frozenset({"on_list"}), frozenset({"over"})),
}
PARTS = ("over", "where", "value", "distinct", "same", "within", "on_list", "everyone")
ACROSS = (A.SHARED, A.NEAR)


class Compiler:
    """Turns what was gathered into checked expressions; faults go where those of the files went."""

    def __init__(
        self, found: Gathered, schema: Schema, codes: Mapping[str, CodeList], former: Sequence[Checker] = ()
    ) -> None:
        """`former` are checkers of sound books; one that knows the same names remembers what it has checked."""
        self.found = found
        self.schema = schema
        self.figures = found.figures_together()
        fresh = Checker(schema, [item.value for item in found.features.values()], self.figures, codes)
        self.checker = next((each for each in former if each.knows_the_same(fresh)), fresh)

    def has(self, table: str) -> bool:
        return table in self.schema.tables

    # Features

    def features(self) -> tuple[dict[str, FeatureParts], tuple[str, ...]]:
        """Parts of every sound feature, and all of them in an order in which each follows those it rests on."""
        parts: dict[str, FeatureParts] = {}
        for name, item in self.found.features.items():
            if self._sound(item):
                parts[name] = self._parts_of_feature(item)
            else:
                # One fault, not one for every rule that uses it: the rest is checked as if it were a number or a flag.
                flag = item.value.aggregate in (A.ANY, A.EVERY, A.LISTED)
                self.checker.assume(item.value, FactKind.FLAG if flag else FactKind.WHOLE)
        return parts, self._ordered(parts)

    def _sound(self, item: Item[Feature]) -> bool:
        feature, before = item.value, len(self.found.faults.found)
        needed, allowed = NEEDS[feature.aggregate]
        for part in PARTS:
            given = bool(getattr(feature, part))
            if part in needed and not given:
                item.fault((), _("{way} 要写明 {part}").format(way=feature.aggregate.value, part=part), _("请补上"))
            elif given and part not in needed | allowed:
                item.fault(
                    (part,), _("{way} 用不到 {part}").format(way=feature.aggregate.value, part=part), _("请删去")
                )
        if self.checker.column(feature.grain, feature.name):
            item.fault(("name",), _("“{name}”已是一列").format(name=feature.name), _("请换一个名称"))
        over = feature.over
        if over and feature.aggregate in (*ACROSS, A.LISTED) and over != feature.grain:
            item.fault(("over",), _("over 只能是 {grain} 自己").format(grain=feature.grain), _("请删去 over"))
        elif over and feature.aggregate not in ACROSS and GRAINS.index(over) >= GRAINS.index(feature.grain):
            item.fault(
                ("over",),
                _("{grain} 的指标不能汇总 {over}").format(grain=feature.grain, over=over),
                _("只能汇总下级的行，如户汇总 member"),
            )
        if feature.everyone and (over or feature.grain) not in ("member", "work_record"):
            item.fault(("everyone",), _("everyone 只用于成员"), _("请删去"))
        if feature.on_list and feature.on_list not in self.found.lists:
            near = language.nearest(feature.on_list, self.found.lists)
            item.fault(
                ("on_list",),
                _("没有名单 {list}").format(list=feature.on_list),
                _("是否应为“{name}”").format(name=near) if near else _("请在 lists 中写明"),
            )
        if feature.aggregate == A.LISTED and feature.grain != "member":
            item.fault(("grain",), _("名单只与成员比对"), _("请写 grain: member，再由户汇总"))
        return len(self.found.faults.found) == before

    def _parts_of_feature(self, item: Item[Feature]) -> FeatureParts:
        feature = item.value
        over = feature.over or feature.grain
        within = self._expression(item, ("within",), feature.within, feature.grain, "whole")
        if within and within.inputs:
            item.fault(("within",), _("within 应是一个政策数值"), _("写作 $id_digits_apart 这样"))
        value = self._expression(item, ("value",), feature.value, over, self._wanted(feature))
        same = [
            self._expression(item, ("same", at), name, feature.grain, "any") for at, name in enumerate(feature.same)
        ]
        if feature.value and value is None:
            self.checker.assume(feature, FactKind.WHOLE)
        return FeatureParts(
            where=self._expression(item, ("where",), feature.where, over, "flag"),
            value=value,
            within=within,
            distinct=self._expression(item, ("distinct",), feature.distinct, feature.grain, "any"),
            same=tuple(each for each in same if each is not None),
        )

    @staticmethod
    def _wanted(feature: Feature) -> str:
        if feature.aggregate == A.SUM:
            return "number"
        return "text" if feature.aggregate == A.NEAR else "any"

    def _expression(
        self, item: Item[Feature] | Item[Rule], path: tuple[str | int, ...], text: str, grain: str, want: str
    ) -> Expression | None:
        if not text:
            return None
        try:
            return self.checker.check(text, grain, want=want)
        except ConditionWrong as error:
            item.fault(path, error.reason, error.proposal)
            return None

    def _ordered(self, parts: Mapping[str, FeatureParts]) -> tuple[str, ...]:
        """Those that rest on nothing first; a circle is a fault of the first feature in it."""
        order: list[str] = []
        state: dict[str, bool] = {}  # True: in the order; False: on the way

        def visit(name: str, trail: tuple[str, ...]) -> None:
            if state.get(name):
                return
            if name in state:
                circle = (*trail[trail.index(name) :], name)
                self.found.features[name].fault(
                    ("name",),
                    _("指标绕成了圈：{circle}").format(circle=" → ".join(circle)),
                    _("请让其中一个不再用到另一个"),
                )
                state[name] = True
                return
            state[name] = False
            for key in sorted({key for each in parts[name].all() for key in each.features}):
                if ".".join(key) in parts:
                    visit(".".join(key), (*trail, name))
            if not state[name]:
                state[name] = True
                order.append(name)

        for name in parts:
            visit(name, ())
        return tuple(order)

    # Rules

    def rules(self) -> dict[str, RuleParts]:
        found = {}
        for id, item in self.found.rules.items():
            if parts := self._parts_of_rule(item):
                found[id] = parts
        return found

    def _parts_of_rule(self, item: Item[Rule]) -> RuleParts | None:
        rule = item.value
        before = len(self.found.faults.found)
        condition = self._expression(item, ("condition",), rule.condition, rule.grain, "flag")
        applies = self._expression(item, ("applies",), rule.applies, rule.grain, "flag")
        if not rule.condition:
            item.fault(("condition",), _("条件是空的"), _("请写一个条件"))
        evidence = {}
        for at, name in enumerate(rule.evidence):
            if not all(language.NAME.fullmatch(part) for part in name.split(".")):
                item.fault(("evidence", at), _("“{name}”不是列名").format(name=name), _("这里只写列或指标的名称"))
            elif expression := self._expression(item, ("evidence", at), name, rule.grain, "any"):
                evidence[name] = expression
        used = (condition.figures if condition else frozenset()) | (applies.figures if applies else frozenset())
        if condition is not None and (applies is not None or not rule.applies):
            self._check_message(item, used)
        if len(self.found.faults.found) > before or condition is None:
            return None
        return RuleParts(
            outcome=both(applies, condition) if applies else condition,
            condition=condition,
            applies=applies,
            evidence=evidence,
        )

    def _check_message(self, item: Item[Rule], figures: frozenset[str]) -> None:
        known = {*item.value.evidence, *figures}
        by_language = {}
        for code in ("zh", "en"):
            try:
                names = placeholders(getattr(item.value.message, code))
            except ValueError:
                item.fault(("message", code), _("花括号不成对"), _("要显示花括号请写两个"))
                return
            by_language[code] = names
            for name in sorted(names - known):
                near = language.nearest(name, known)
                item.fault(
                    ("message", code),
                    _("“{name}”既不在 evidence 里，也不是条件用到的政策数值").format(name="{" + name + "}"),
                    _("是否应为“{name}”").format(name="{" + near + "}")
                    if near
                    else _("请加进 evidence，或从说明中删去"),
                )
        if by_language["zh"] != by_language["en"] and not (by_language["zh"] | by_language["en"]) - known:
            item.fault(
                ("message", "en"),
                _("中英文说明引用的数据不同：{names}").format(
                    names="、".join(sorted(by_language["zh"] ^ by_language["en"]))
                ),
                _("请让两种文字引用相同的数据"),
            )
        for part in ("title", "message"):
            label: Label = getattr(item.value, part)
            if not label.zh.strip() or not label.en.strip():
                item.fault((part,), _("“{part}”的中文或英文是空的").format(part=part), _("请补上"))


def placeholders(text: str) -> set[str]:
    """The names in braces. Raises ValueError for unpaired ones."""
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}
