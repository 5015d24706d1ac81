"""What a screening has to work out: the rules asked for, the features they rest on, and in which order.

Nothing here knows of places or files; `compiling` turns a plan into SQL for one batch of rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bangfu.common.facts import Schema
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.expressions import Expression
from bangfu.rulebook.models import GRAINS, Aggregate, Feature, Rule

Key = tuple[str, str]  # (table, column) or (grain, feature)
CROSS = frozenset({Aggregate.SHARED, Aggregate.NEAR, Aggregate.LISTED})
A_WORD = 62  # rules whose outcomes share one BIGINT

# The columns that name a row, in the order in which outcomes are sorted.
ROW_KEYS: Mapping[str, tuple[str, ...]] = {
    "work_record": ("village_code", "place", "household_id", "member_id", "record_id"),
    "member": ("village_code", "place", "household_id", "member_id"),
    "household": ("village_code", "place", "household_id"),
    "village": ("village_code", "place", "village_id"),
}
# The column by which the row of a grain is found from the rows below; a village is found by its place.
LINK: Mapping[str, str] = {
    "member": "member_id",
    "household": "household_id",
    "village": "place",
    "work_record": "record_id",
}


@dataclass(frozen=True)
class RulePlan:
    """A rule with its outcome as one three-valued expression (`applies AND condition`): TRUE is a hit, NULL unknown.
    `evidence` gives the values that it shows, by the names under which the rule lists them."""

    rule: Rule
    outcome: Expression
    evidence: Mapping[str, Expression]

    @property
    def inputs(self) -> frozenset[Key]:
        return self.outcome.inputs


@dataclass(frozen=True)
class FeaturePlan:
    """A feature with its checked expressions. `round` says after how many passes over the whole snapshot it can be
    worked out, `layer` after how many groups of features of a batch."""

    feature: Feature
    where: Expression | None
    value: Expression | None
    distinct: Expression | None
    within: Expression | None
    same: tuple[Expression, ...]
    round: int
    layer: int

    @property
    def key(self) -> Key:
        return (self.feature.grain, self.feature.name)

    @property
    def cross(self) -> bool:
        return self.feature.aggregate in CROSS

    @property
    def over(self) -> str:
        """The table whose rows it sums up."""
        return self.feature.grain if self.cross else (self.feature.over or self.feature.grain)

    @property
    def group(self) -> str:
        """Features that one GROUP BY works out together share this name of a table."""
        who = "all" if self.feature.everyone else "present"
        return f"f_{self.feature.grain}_{self.over}_{who}_{self.round}_{self.layer}"

    @property
    def table(self) -> str:
        """Where the rows of a cross-record feature stand that are not alone with their value."""
        return f"x_{self.feature.grain}_{self.feature.name}"

    @property
    def parts(self) -> tuple[Expression, ...]:
        given = (self.where, self.value, self.distinct, self.within, *self.same)
        return tuple(part for part in given if part is not None)

    @cached_property
    def inputs(self) -> frozenset[Key]:
        found: frozenset[Key] = frozenset().union(*(part.inputs for part in self.parts))
        if self.feature.aggregate is Aggregate.LISTED:
            found |= {(self.over, "id_key")}
        return found


class Plan:
    """The rules, by grain and in a fixed order, and the features that they need, each after those it rests on; with
    `evidence` also those that are only shown."""

    def __init__(self, book: RuleBook, rules: Iterable[Rule], evidence: bool = False) -> None:
        self.book = book
        self.schema: Schema = book.checker.schema
        self.rules: dict[str, RulePlan] = {rule.id: _planned(book, rule) for rule in sorted(rules, key=lambda r: r.id)}
        self.features: dict[Key, FeaturePlan] = {}
        self._under_way: set[Key] = set()
        self._needed: set[Key] = set()
        for rule in self.rules.values():
            self._take(rule.outcome.features)
        needed = {key for rule in self.rules.values() for key in rule.inputs}
        # Whoever asks for evidence later reads a few rows again, but what stands elsewhere must be known from the run.
        for rule in self.rules.values():
            for shown in rule.evidence.values():
                self._take(shown.features)
                needed |= shown.inputs if evidence else {key for key in shown.features if self.features[key].cross}
        self._needed = self.closure(needed)

    def of_grain(self, grain: str) -> list[RulePlan]:
        """In the order of their bits."""
        return [rule for rule in self.rules.values() if rule.rule.grain == grain]

    def words(self, grain: str) -> list[list[RulePlan]]:
        rules = self.of_grain(grain)
        return [rules[at : at + A_WORD] for at in range(0, len(rules), A_WORD)]

    def bit_of(self, rule: str) -> tuple[str, int, int]:
        """Grain, word and bit in which the outcome of a rule stands."""
        grain = self.rules[rule].rule.grain
        at = [each.rule.id for each in self.of_grain(grain)].index(rule)
        return grain, at // A_WORD, at % A_WORD

    @cached_property
    def cross(self) -> list[FeaturePlan]:
        return [feature for feature in self.features.values() if feature.cross and feature.key in self._needed]

    @property
    def lists(self) -> list[str]:
        """The outside lists that the rules ask for."""
        return sorted({feature.feature.on_list for feature in self.cross if feature.feature.on_list})

    @cached_property
    def done_with(self) -> Mapping[str, frozenset[Key]]:
        """By rule the columns and features for which no later one asks, when rules are judged grain by grain in the
        order of their bits. What names, links or counts rows is asked for to the end."""
        last: dict[Key, str] = {}
        worked_out: set[Key] = set()
        for rule in (rule for grain in GRAINS for rule in self.of_grain(grain)):
            asked: set[Key] = set()
            todo = list(rule.inputs)
            while todo:
                key = todo.pop()
                if key not in asked:
                    asked.add(key)
                    if key in self.features and key not in worked_out:
                        todo.extend(self.features[key].inputs)
            worked_out |= asked & self.features.keys()
            last.update(dict.fromkeys(asked, rule.rule.id))
        found: dict[str, set[Key]] = {id: set() for id in self.rules}
        for (table, name), id in last.items():
            if name not in (*ROW_KEYS[table], LINK[table], "present"):
                found[id].add((table, name))
        return {id: frozenset(keys) for id, keys in found.items()}

    def groups(self, round: int) -> Iterator[tuple[str, list[FeaturePlan]]]:
        """Features of rows below, those of one GROUP BY together, each group after those it rests on."""
        found: dict[str, list[FeaturePlan]] = {}
        own = (f for f in self.features.values() if not f.cross and f.round == round and f.key in self._needed)
        for feature in sorted(own, key=_depth):
            found.setdefault(feature.group, []).append(feature)
        yield from found.items()

    @property
    def rounds(self) -> range:
        return range(max((feature.round for feature in self.features.values()), default=0) + 1)

    def closure(self, keys: Iterable[Key]) -> set[Key]:
        """Columns and features, and all on which these features rest."""
        found: set[Key] = set()
        todo = list(keys)
        while todo:
            key = todo.pop()
            if key not in found:
                found.add(key)
                if key in self.features:
                    todo.extend(self.features[key].inputs)
        return found

    def figures_of(self, rule: RulePlan) -> frozenset[str]:
        """Every figure on which the outcome of a rule may depend."""
        features = [self.features[key] for key in self.closure(rule.inputs) if key in self.features]
        parts = [rule.outcome, *(part for feature in features for part in feature.parts)]
        return frozenset(name for part in parts for name in part.figures)

    def lists_of(self, rule: RulePlan) -> frozenset[str]:
        keys = self.closure(rule.inputs)
        return frozenset(f.feature.on_list for f in self.cross if f.key in keys and f.feature.on_list)

    def columns_of(self, rule: RulePlan) -> frozenset[Key]:
        """Every stored column on which the outcome of a rule may depend."""
        return frozenset(key for key in self.closure(rule.inputs) if key not in self.features)

    def columns(self) -> dict[str, set[str]]:
        """Every stored column that is read, by table."""
        found: dict[str, set[str]] = {}
        keys = self.closure(key for rule in self.rules.values() for key in rule.inputs)
        for table, name in keys - self.features.keys():
            found.setdefault(table, set()).add(name)
        return found

    def _take(self, keys: Iterable[Key]) -> None:
        for key in sorted(keys):
            if key in self.features:
                continue
            if key in self._under_way:
                raise ValueError(f"a feature rests on itself: {key}")  # the rulebook refuses such a book
            self._under_way.add(key)
            self.features[key] = self._planned_feature(self.book.checker.features[key])
            self._under_way.discard(key)

    def _planned_feature(self, feature: Feature) -> FeaturePlan:
        parts = self.book.parts_of_feature(feature)
        inputs = {key for part in parts.all() for key in part.features}
        self._take(inputs)
        below = [self.features[key] for key in inputs]
        return FeaturePlan(
            feature=feature,
            where=parts.where,
            value=parts.value,
            distinct=parts.distinct,
            within=parts.within,
            same=parts.same,
            round=max((each.round + each.cross for each in below), default=0),
            layer=max((each.layer + (not each.cross) for each in below), default=0),
        )


def _depth(feature: FeaturePlan) -> tuple[int, int, int, str]:
    return feature.round, feature.layer, GRAINS.index(feature.feature.grain), feature.group


def _planned(book: RuleBook, rule: Rule) -> RulePlan:
    return RulePlan(rule, book.expression(rule.id), book.evidence(rule.id))


def grains_of(rules: Sequence[RulePlan]) -> list[str]:
    held = {rule.rule.grain for rule in rules}
    return [grain for grain in GRAINS if grain in held]
