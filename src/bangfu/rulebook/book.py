"""The rulebook: everything that policy files say, checked, and what of it holds on a day in a place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from bangfu.common.policy import Label, Source
from bangfu.rulebook.building import Key
from bangfu.rulebook.errors import FigureUnknown, RuleUnknown
from bangfu.rulebook.expressions import Checker, Expression
from bangfu.rulebook.models import (
    Aggregate,
    Case,
    Feature,
    Figure,
    FigureValue,
    OutsideList,
    Rule,
    Topic,
    Waiting,
)
from bangfu.rulebook.nulls import Made, may_be_null


@dataclass(frozen=True)
class RuleParts:
    """A rule's checked expressions. `outcome` is `applies AND condition`: TRUE is a hit, FALSE clear, NULL unknown.
    `evidence` gives each evidence column by the name under which the rule lists it."""

    outcome: Expression
    condition: Expression
    applies: Expression | None
    evidence: Mapping[str, Expression]


@dataclass(frozen=True)
class FeatureParts:
    """A feature's checked expressions: `where` and `value` over rows of `over`, `distinct` and `same` in its own
    grain, `within` a whole number or a figure."""

    where: Expression | None = None
    value: Expression | None = None
    within: Expression | None = None
    distinct: Expression | None = None
    same: tuple[Expression, ...] = ()

    def all(self) -> tuple[Expression, ...]:
        given = (self.where, self.value, self.within, self.distinct, *self.same)
        return tuple(each for each in given if each is not None)


@dataclass(frozen=True)
class Ending:
    """A figure or rule that no longer holds from `on` in the places whose code begins with `region`."""

    id: str
    region: str
    on: date
    source: Source

    def ends(self, id: str, place: str, day: date) -> bool:
        return self.id == id and place.startswith(self.region) and day >= self.on


@dataclass(frozen=True)
class Overlay:
    """The files of one place that were laid over the nation's."""

    code: str
    label: Label
    folder: str


@dataclass(frozen=True)
class Difference:
    """One thing in which a place differs from what holds around it: a figure's own `value` there, a `rule` added (or
    put in the stead of `replaced`), or an `ending`."""

    subject: str  # the figure's or rule's id
    region: str
    value: FigureValue | None = None
    rule: Rule | None = None
    replaced: Rule | None = None
    ending: Ending | None = None


@dataclass(frozen=True)
class RuleBook:
    """Everything in force or not, of the nation and of the places whose overlays were laid over it.

    Features are named `grain.name`. `sha256` is that of the content: of figures, features, lists and rules, without
    comments, order of files or cases. Whoever computes for many places asks for each region of `regions`.
    """

    figures: Mapping[str, Figure]
    features: Mapping[str, Feature]
    rules: Mapping[str, Rule]
    waiting: Mapping[str, Waiting]
    topics: Mapping[str, Topic]
    lists: Mapping[str, OutsideList]
    cases: tuple[Case, ...]
    endings: tuple[Ending, ...]
    overlays: tuple[Overlay, ...]
    sha256: str
    checker: Checker = field(repr=False, compare=False)
    rule_parts: Mapping[str, RuleParts] = field(repr=False, compare=False)
    feature_parts: Mapping[str, FeatureParts] = field(repr=False, compare=False)
    _order: tuple[str, ...] = ()

    # Rules

    def rule(self, id: str) -> Rule:
        """Raises RuleUnknown."""
        if id not in self.rules:
            raise RuleUnknown(rule=id)
        return self.rules[id]

    def _parts(self, id: str) -> RuleParts:
        self.rule(id)
        return self.rule_parts[id]

    def expression(self, id: str) -> Expression:
        """The rule's outcome for a row: TRUE is a hit, FALSE clear, NULL unknown (it is `applies AND condition`)."""
        return self._parts(id).outcome

    def condition(self, id: str) -> Expression:
        return self._parts(id).condition

    def applies(self, id: str) -> Expression:
        """Whom the rule is about; TRUE for everybody where it does not say."""
        return self._parts(id).applies or self.checker.check("TRUE", self.rules[id].grain)

    def evidence(self, id: str) -> Mapping[str, Expression]:
        return self._parts(id).evidence

    def may_be_unknown(self, id: str) -> bool:
        """Whether any row could make the rule's outcome unknown, as far as can be known without looking at rows."""
        return may_be_null(self.expression(id).ast, self.never_null, self._made)

    @cached_property
    def _made(self) -> Made:
        """What derived columns are made of, and features that are unknown only where the value they look for is."""
        found = dict(self.checker.derivations)
        for feature in self.features.values():
            parts = self.parts_of_feature(feature)
            if feature.aggregate is Aggregate.SHARED and parts.value and not parts.same and not parts.where:
                found[feature.grain, feature.name] = parts.value.ast
        return found

    @cached_property
    def never_null(self) -> frozenset[Key]:
        """Columns that are declared to be always there, and features that are whatever the rows."""
        known = {
            (table.name, column.name)
            for table in self.checker.schema.tables.values()
            for column in table.columns
            if column.required
        }
        for feature in self.order_of_features():
            if not _may_be_null(feature, self.parts_of_feature(feature), frozenset(known)):
                known.add((feature.grain, feature.name))
        return frozenset(known)

    def in_force(self, day: date, place: str = "") -> tuple[Rule, ...]:
        """The rules that hold on `day` in all of `place` (an area code or its beginning, "" the nation): neither
        ended there nor replaced there by another that holds."""
        holding = [
            rule
            for rule in self.rules.values()
            if rule.in_force.holds(day)
            and place.startswith(rule.region)
            and not any(ending.ends(rule.id, place, day) for ending in self.endings)
        ]
        replaced = {rule.replaces for rule in holding if rule.replaces}
        return tuple(rule for rule in holding if rule.id not in replaced)

    def figures_used(self, id: str) -> frozenset[str]:
        """Every figure that the rule needs: its own, and those of the features on which it rests."""
        parts = self._parts(id)
        named = set(parts.outcome.figures)
        for key in self._features_below(_features_of(parts)):
            for expression in self.feature_parts[key].all():
                named |= expression.figures
        return frozenset(named)

    def features_used(self, id: str) -> tuple[Feature, ...]:
        """Every feature on which the rule rests, each after those it rests on itself."""
        below = self._features_below(_features_of(self._parts(id)))
        return tuple(self.features[key] for key in self._order if key in below)

    def lists_used(self, id: str) -> frozenset[str]:
        return frozenset(feature.on_list for feature in self.features_used(id) if feature.on_list)

    # Features

    def order_of_features(self, grain: str = "") -> tuple[Feature, ...]:
        """All features (of a grain), each after those it rests on."""
        return tuple(f for f in map(self.features.__getitem__, self._order) if not grain or f.grain == grain)

    def parts_of_feature(self, feature: Feature) -> FeatureParts:
        return self.feature_parts[f"{feature.grain}.{feature.name}"]

    def features_under(self, feature: Feature) -> frozenset[str]:
        """The features on which one rests directly, as `grain.name`."""
        return _named(self.parts_of_feature(feature).all())

    def _features_below(self, first: Iterable[str]) -> frozenset[str]:
        found: set[str] = set()
        waiting = list(first)
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                waiting += _named(self.feature_parts[key].all())
        return frozenset(found)

    # Names

    def meaning_of(self, grain: str, name: str) -> str:
        """What a column or feature, as a condition of that grain names it, is called in the reader's language."""
        table, _dot, column = name.rpartition(".")
        return self.meaning((table or grain, column))

    def meaning(self, key: Key) -> str:
        feature = self.checker.features.get(key)
        if feature is not None:
            return str(feature.meaning)
        column = self.checker.column(*key)
        return str(column.meaning) if column else ".".join(key)

    # Figures

    def value_in_force(self, id: str, place: str, day: date) -> FigureValue | None:
        """What a figure is in a place on a day: the value of the longest region in which the place lies. None when
        nobody has said."""
        if id not in self.figures:
            return None
        ended = [e.on for e in self.endings if e.ends(id, place, day)]
        best: FigureValue | None = None
        for value in self.figures[id].values:
            if value.start > day or not place.startswith(value.region) or any(value.start < on for on in ended):
                continue
            later = best is None or (len(value.region), value.start) > (len(best.region), best.start)
            if later and self._still_holds(id, value, day):
                best = value
        return best

    def _still_holds(self, id: str, value: FigureValue, day: date) -> bool:
        """Until its end, or until the next value of the same region, even if that one has ended in its turn."""
        if value.end is not None and day > value.end:
            return False
        return not any(
            other.region == value.region and value.start < other.start <= day for other in self.figures[id].values
        )

    def figure(self, id: str, place: str, day: date) -> Decimal:
        """The figure's value. Raises FigureUnknown, which names figure, place and day: there is no default."""
        value = self.value_in_force(id, place, day)
        if value is None:
            label = self.figures[id].label if id in self.figures else id
            raise FigureUnknown(figure=id, label=label, place=place or "—", day=day.isoformat())
        return value.value

    # Places

    @property
    def regions(self) -> frozenset[str]:
        """Every region in which something differs from its surroundings, as beginnings of area codes."""
        named = {value.region for figure in self.figures.values() for value in figure.values}
        named |= {rule.region for rule in self.rules.values()} | {ending.region for ending in self.endings}
        return frozenset(named - {""})

    def differences(self, place: str) -> tuple[Difference, ...]:
        """In what a place differs from the nation: values, rules and endings of regions in which it lies."""

        def here(region: str) -> bool:
            return region != "" and place.startswith(region)

        values = [
            Difference(figure.id, value.region, value=value)
            for figure in self.figures.values()
            for value in figure.values
            if here(value.region)
        ]
        rules = [
            Difference(rule.id, rule.region, rule=rule, replaced=self.rules.get(rule.replaces))
            for rule in self.rules.values()
            if here(rule.region)
        ]
        endings = [
            Difference(ending.id, ending.region, ending=ending) for ending in self.endings if here(ending.region)
        ]
        return (*values, *rules, *endings)


def _may_be_null(feature: Feature, parts: FeatureParts, known: frozenset[Key]) -> bool:
    where = parts.where is not None and parts.where.nullable(known)
    match feature.aggregate:
        case Aggregate.COUNT | Aggregate.ANY | Aggregate.EVERY | Aggregate.DISTINCT:
            return where
        case Aggregate.SUM:
            return where or parts.value is None or parts.value.nullable(known)
        case _:  # no row to take the least of, no value to look for, no list
            return True


def _features_of(parts: RuleParts) -> frozenset[str]:
    return _named((parts.outcome, *parts.evidence.values()))


def _named(expressions: Iterable[Expression]) -> frozenset[str]:
    return frozenset(".".join(key) for expression in expressions for key in expression.features)
