"""From a plan to SQL for one batch of rows, in DuckDB's dialect; `spark` says the same in its own.

For every group of features a table of one row a subject (`f_…`), for every grain one SELECT in which each rule has a
bit: `hit0` and `unknown0` hold the first 62 rules, `hit1` and `unknown1` the next. Only rows with a bit come out.

    work_record -> f_member_… -> member -> f_household_… -> household -> f_village_… -> village

Features across the whole snapshot stand in tables `x_…`, of which `crossing` fills only the rows that are not alone
with their value; all other rows follow from the row itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import sqlglot
from sqlglot import exp

from bangfu.common.facts import FactKind
from bangfu.common.places import Level, span
from bangfu.rulebook.expressions import Expression
from bangfu.rulebook.models import GRAINS, Aggregate
from bangfu.screening.judging import shared_parts
from bangfu.screening.plan import LINK, ROW_KEYS, FeaturePlan, Key, Plan, RulePlan
from bangfu.screening.regions import Regions, Split, number
from bangfu.screening.sifting import not_false

VILLAGE = span(Level.VILLAGE)  # places within a village share place // VILLAGE
LARGEST_WHOLE = 2**31 - 1
LARGEST_AMOUNT = "999999999999.99"


class Ground(Protocol):
    """The rows of a batch. `counties` are the beginnings of their village codes."""

    counties: Sequence[str]

    def sql(self, table: str, columns: Iterable[str]) -> str:
        """A SELECT of stored columns of a table."""
        ...

    def not_null(self, table: str) -> frozenset[str]:
        """Columns that are NULL in no row of the batch."""
        ...


@dataclass(frozen=True)
class Step:
    """A table to be made on the way: its name and the SELECT that fills it."""

    table: str
    sql: str


class Compiler:
    """Turns a plan into SQL over one batch. `lists` are the outside lists that are there; a feature on another list is
    NULL. `crossed` are the tables x_… that exist; without its table a feature counts only the row itself."""

    def __init__(
        self,
        plan: Plan,
        ground: Ground,
        regions: Regions,
        days: Mapping[str, int],
        lists: Iterable[str] = (),
        worlds: bool = False,
    ) -> None:
        self.plan, self.ground, self.regions, self.days = plan, ground, regions, days
        self.lists = frozenset(lists)
        self.worlds = worlds
        self._never_null: dict[Key, bool] = {}
        self._trees: dict[tuple[Expression, str], exp.Expr] = {}
        self._outcomes: dict[str, exp.Expr | None] = {}

    # Expressions

    def tree(self, expression: Expression, table: str) -> exp.Expr:
        """An expression with its figures as literals. Not to be changed: it is made once."""
        key = (expression, table)
        if key not in self._trees:
            self._trees[key] = self._bound(expression, table)
        return self._trees[key]

    def render(self, expression: Expression, table: str) -> str:
        """An expression over the relation of its grain, in which every table has its own name."""
        return self._bound(expression, table).sql(dialect="duckdb", comments=False)

    def _bound(self, expression: Expression, table: str) -> exp.Expr:
        def bind(node: exp.Expr) -> exp.Expr:
            if type(node) is exp.Placeholder:
                return self._figure(node.name, table)
            return node

        return expression.ast.copy().transform(bind, copy=False)

    def _figure(self, name: str, table: str) -> exp.Expr:
        if name in self.days:
            return exp.Literal.number(self.days[name])
        split = self.regions.split(self.ground.counties, lambda place: self.regions.figure(name, place))
        if not split.cases:
            return number(split.elsewhere)
        shown = split.choose(f"{table}.village_code", lambda value: number(value).sql(dialect="duckdb"))
        return sqlglot.parse_one(shown, read="duckdb")

    @cached_property
    def shared(self) -> Mapping[str, Mapping[exp.Expr, int]]:
        """By table the parts of expressions that rules and features have in common, see `shared_parts`."""
        trees: dict[str, list[exp.Expr]] = {grain: [] for grain in GRAINS}
        for rule in self.plan.rules.values():
            tree = self.outcome_tree(rule)
            if tree is not None:
                trees[rule.rule.grain].append(tree)
        for feature in self.plan.features.values():
            trees[feature.over].extend(self.tree(part, feature.over) for part in feature.parts)
        return {table: shared_parts(own) for table, own in trees.items()}

    def outcome_tree(self, rule: RulePlan) -> exp.Expr | None:
        """The outcome of a rule, see `outcome`; None where it runs nowhere. Not to be changed: it is made once."""
        id = rule.rule.id
        if id not in self._outcomes:
            self._outcomes[id] = self._outcome_tree(rule)
        return self._outcomes[id]

    def _outcome_tree(self, rule: RulePlan) -> exp.Expr | None:
        grain = rule.rule.grain
        runs = self._runs_in(rule)
        if not any(runs.values()):
            return None
        tree = self.tree(rule.outcome, grain)
        if not runs.cases:
            return tree
        here = sqlglot.parse_one(runs.choose(f"{grain}.village_code", _flag), read="duckdb")
        return exp.And(this=here, expression=exp.Paren(this=tree.copy()))

    def _runs_in(self, rule: RulePlan) -> Split[bool]:
        return self.regions.split(self.ground.counties, lambda place: self.runs(rule, place) == "")

    def outcome(self, rule: RulePlan) -> tuple[str, bool]:
        """The outcome of a rule as an expression (TRUE hit, NULL unknown), and whether it may be NULL. FALSE wherever
        the rule does not run."""
        grain = rule.rule.grain
        runs = self._runs_in(rule)
        if not any(runs.values()):
            return "FALSE", False
        shown = self.render(rule.outcome, grain)
        if runs.cases:
            shown = f"{runs.choose(f'{grain}.village_code', _flag)} AND ({shown})"
        return shown, rule.outcome.nullable(self.known(grain))

    def sieve(self, rule: RulePlan) -> str:
        """A test that holds wherever the rule may be a hit or unknown, for a filter; see `sifting`."""
        if self.outcome(rule)[0] == "FALSE":
            return "FALSE"
        grain = rule.rule.grain
        return not_false(self._bound(rule.outcome, grain), self.known(grain)).sql(dialect="duckdb", comments=False)

    def runs(self, rule: RulePlan, place: str) -> str:
        """Why a rule does not run in a place, "" when it does: "period", "figure:<name>" or "list:<id>"."""
        if not self.regions.in_force(rule.rule.id, place):
            return "period"
        for name in sorted(self.plan.figures_of(rule)):
            if self.regions.figure(name, place) is None:
                return f"figure:{name}"
        if not self.worlds:
            for name in sorted(self.plan.lists_of(rule) - self.lists):
                return f"list:{name}"
        return ""

    def known(self, table: str) -> frozenset[Key]:
        """What is never NULL in a row of a table: columns of its own, and features that rest on such only. Columns of
        the row above may always be NULL: it may be missing."""
        own = {(table, name) for name in self.ground.not_null(table)}
        return frozenset(own | {key for key in self.plan.features if key[0] == table and self._sure(key)})

    def _sure(self, key: Key) -> bool:
        """Whether a feature is known in every row."""
        if key not in self._never_null:
            feature = self.plan.features[key]
            self._never_null[key] = False  # while looking: features do not rest on themselves
            known = self.known(feature.over)
            asked = (feature.where, feature.value, *feature.same)
            sure = all(not part.nullable(known) for part in asked if part is not None)
            match feature.feature.aggregate:
                case Aggregate.MIN | Aggregate.MAX:
                    sure = False
                case Aggregate.DISTINCT:
                    sure = True
                case Aggregate.LISTED:
                    sure = (
                        (feature.over, "id_key") in known and feature.feature.on_list in self.lists and not self.worlds
                    )
            self._never_null[key] = sure
        return self._never_null[key]

    # Relations

    def enriched(self, table: str, names: Iterable[str]) -> str:
        """A SELECT of columns and features of a table."""
        names = sorted(set(names))
        features = [self.plan.features[(table, name)] for name in names if (table, name) in self.plan.features]
        columns = [name for name in names if (table, name) not in self.plan.features]
        crossed = [feature for feature in features if feature.cross]
        if crossed:
            return self._with_cross(table, columns, [f for f in features if not f.cross], crossed)
        if not features:
            return self.ground.sql(table, columns)
        return self._with_groups(table, columns, features)

    def _with_groups(self, table: str, columns: list[str], features: list[FeaturePlan]) -> str:
        link = LINK[table]
        base = self.ground.sql(table, {*columns, link})
        groups = sorted({feature.group for feature in features})
        joins = " ".join(f"LEFT JOIN {g} ON {g}.{link} = {_link(table, table)}" for g in groups)
        shown = [f"{table}.{name}" for name in columns]
        for feature in features:
            default = _NO_ROWS.get(feature.feature.aggregate)
            value = f"{feature.group}.{feature.feature.name}"
            if default is not None:
                value = f"CASE WHEN {feature.group}.{link} IS NULL THEN {default} ELSE {value} END"
            shown.append(f"{value} AS {feature.feature.name}")
        return f"SELECT {', '.join(shown)} FROM ({base}) AS {table} {joins}"

    def _with_cross(self, table: str, columns: list[str], groups: list[FeaturePlan], crossed: list[FeaturePlan]) -> str:
        inner = [*columns, *(feature.feature.name for feature in groups)]
        needs = {(table, name) for name in inner}
        for feature in crossed:
            needs |= self.cross_inputs(feature)
        joins, shown = [], [f"{table}.{name}" for name in inner]
        for feature in crossed:
            join, value = self._cross(feature)
            joins.append(join)
            shown.append(f"{value} AS {feature.feature.name}")
        return f"SELECT {', '.join(shown)} FROM {self.relation(table, needs)} {' '.join(joins)}"

    def cross_inputs(self, feature: FeaturePlan) -> set[Key]:
        """The columns and features that tell a row's value of a cross-record feature."""
        found = set(feature.inputs)
        if feature.feature.aggregate is not Aggregate.LISTED:
            found |= self.who(feature.over, everyone=feature.feature.everyone)[1]
        return found | ({(feature.over, "place")} if self.worlds else set())

    def counts(self, feature: FeaturePlan) -> str:
        """Whether a row counts in a cross-record feature: TRUE, FALSE, or NULL when nobody knows."""
        where = self.render(feature.where, feature.over) if feature.where is not None else "TRUE"
        here = self.who(feature.over, everyone=feature.feature.everyone)[1]
        return f"({where}) AND member.present" if here else f"({where})"

    def key_columns(self, feature: FeaturePlan) -> list[str]:
        """The expressions whose values rows must share to meet in a cross-record feature."""
        table = feature.over
        keys = [self.render(same, table) for same in feature.same]
        if feature.feature.aggregate is Aggregate.LISTED:
            keys.append(f"{table}.id_key")
        elif feature.feature.aggregate is Aggregate.SHARED and feature.value is not None:
            keys.insert(0, self.render(feature.value, table))
        if self.worlds:
            keys.append(f"{table}.place // {VILLAGE}")
        return keys

    def _cross(self, feature: FeaturePlan) -> tuple[str, str]:
        """The join with the table of a cross-record feature, and the value of a row."""
        table, name = feature.over, feature.table
        keys = self.key_columns(feature)
        whole = feature.feature.aggregate
        if whole is Aggregate.NEAR and feature.value is not None:
            keys.append(self.render(feature.value, table))
        on = " AND ".join(f"{name}.k{at} = {key}" for at, key in enumerate(keys))
        join = f"LEFT JOIN {name} ON {on}"
        empty = " OR ".join(f"({key}) IS NULL" for key in keys)
        if whole is Aggregate.LISTED:
            if feature.feature.on_list not in self.lists:
                return "", "CAST(NULL AS BOOLEAN)"
            return join, f"CASE WHEN {empty} THEN NULL ELSE {name}.k0 IS NOT NULL END"
        alone = "0" if whole is Aggregate.NEAR else self._one_if(feature)
        return join, f"CASE WHEN {empty} THEN NULL WHEN {name}.k0 IS NOT NULL THEN {name}.n ELSE {alone} END"

    def _one_if(self, feature: FeaturePlan) -> str:
        """What a row counts that is alone with its value."""
        counts = self.counts(feature)
        return f"CASE WHEN {counts} THEN 1 WHEN NOT ({counts}) THEN 0 END"

    def relation(self, table: str, keys: Iterable[Key]) -> str:
        """What stands after FROM: a table with the rows above it, each under its own name, holding these columns and
        features."""
        needs: dict[str, set[str]] = {}
        for above, name in keys:
            needs.setdefault(above, set()).add(name)
        above_all = [above for above in GRAINS if above in needs and above != table]
        own = needs.get(table, set()) | {LINK[above] for above in above_all}
        found = f"({self.enriched(table, own or {LINK[table]})}) AS {table}"
        for above in above_all:
            rows = self.enriched(above, needs[above] | {LINK[above]})
            found += f" LEFT JOIN ({rows}) AS {above} ON {_link(above, above)} = {_link(table, above)}"
        return found

    # Features of rows below

    def steps(self, round: int) -> list[Step]:
        """The tables of features of rows below that can be made in a round, in order."""
        return [Step(name, self._group(features)) for name, features in self.plan.groups(round)]

    def _group(self, features: list[FeaturePlan]) -> str:
        first = features[0]
        table, link = first.over, LINK[first.feature.grain]
        needs: set[Key] = {(table, link)}
        for feature in features:
            needs |= feature.inputs
        where, more = self.who(table, everyone=first.feature.everyone, to=first.feature.grain)
        needs |= more
        shown = ", ".join(f"{self._aggregate(feature)} AS {feature.feature.name}" for feature in features)
        key = _link(table, first.feature.grain)
        return f"SELECT {key} AS {link}, {shown} FROM {self.relation(table, needs)}{where} GROUP BY {key}"

    def who(self, table: str, *, everyone: bool, to: str = "") -> tuple[str, set[Key]]:
        """WHERE, and what it needs: rows of people who are there, unless those who left count as well. Records that
        are summed up to their own person need not ask."""
        if everyone or table not in ("member", "work_record") or to == "member":
            return "", set()
        return " WHERE member.present", {("member", "present")}

    def _aggregate(self, feature: FeaturePlan) -> str:
        table, kind = feature.over, feature.feature.aggregate
        where = self.render(feature.where, table) if feature.where is not None else "TRUE"
        value = self.render(feature.value, table) if feature.value is not None else "NULL"
        known = self.known(table)
        unsure = feature.where is not None and feature.where.nullable(known)
        some_unknown = f"count(*) FILTER (WHERE ({where}) IS NULL) > 0"
        match kind:
            case Aggregate.COUNT:
                count = "count(*)" if feature.where is None else f"count(*) FILTER (WHERE {where})"
                counted = f"CAST({count} AS INTEGER)"
                return f"CASE WHEN {some_unknown} THEN NULL ELSE {counted} END" if unsure else counted
            case Aggregate.ANY:
                found = f"coalesce(bool_or({where}), FALSE)"
                return f"CASE WHEN {found} THEN TRUE WHEN {some_unknown} THEN NULL ELSE FALSE END" if unsure else found
            case Aggregate.EVERY:
                found = f"coalesce(bool_and({where}), TRUE)"
                return (
                    f"CASE WHEN NOT {found} THEN FALSE WHEN {some_unknown} THEN NULL ELSE TRUE END" if unsure else found
                )
            case Aggregate.SUM:
                return self._sum(feature, where, value)
            case Aggregate.DISTINCT:
                return f"CAST(count(DISTINCT {value}) FILTER (WHERE {where}) AS INTEGER)"
            case _:
                function = "min" if kind is Aggregate.MIN else "max"
                return f"{function}({value}) FILTER (WHERE {where})"

    def _sum(self, feature: FeaturePlan, where: str, value: str) -> str:
        """Unknown when a row that counts has no value, or one that may count has another than 0. Held within the range
        of its kind, which no true sum leaves."""
        largest, kind = str(LARGEST_WHOLE), "INTEGER"
        if feature.value is not None and feature.value.kind is FactKind.AMOUNT:
            largest, kind = LARGEST_AMOUNT, "DECIMAL(14,2)"
        total = f"coalesce(sum({value}) FILTER (WHERE {where}), 0)"
        total = f"CAST(least(greatest({total}, -{largest}), {largest}) AS {kind})"
        unsure = f"(({where}) AND ({value}) IS NULL) OR (({where}) IS NULL AND coalesce(({value}) <> 0, TRUE))"
        return f"CASE WHEN count(*) FILTER (WHERE {unsure}) > 0 THEN NULL ELSE {total} END"

    # Outcomes

    def masks(self, grain: str) -> str:
        """The rows of a grain that may have a bit: ROW_KEYS, then hit0, unknown0, hit1, unknown1 … Few have none."""
        keys = ROW_KEYS[grain]
        needs: set[Key] = {(grain, key) for key in keys}
        words = self.plan.words(grain)
        for rule in self.plan.of_grain(grain):
            needs |= rule.inputs
        where, more = self.who(grain, everyone=False)
        shown = [f"{grain}.{key} AS {key}" for key in keys]
        for at, rules in enumerate(words):
            outcomes = [self.outcome(rule) for rule in rules]
            shown.append(f"{_word(outcomes, _hit)} AS hit{at}")
            shown.append(f"{_word(outcomes, _unknown)} AS unknown{at}")
        sieve = " OR ".join(f"({self.sieve(rule)})" for rule in self.plan.of_grain(grain)) or "FALSE"
        where = f"{where} AND ({sieve})" if where else f" WHERE {sieve}"
        return f"SELECT {', '.join(shown)} FROM {self.relation(grain, needs | more)}{where}"


# What a subject without any row below has; min and max are unknown then.
_NO_ROWS = {
    Aggregate.COUNT: "0",
    Aggregate.SUM: "0",
    Aggregate.DISTINCT: "0",
    Aggregate.ANY: "FALSE",
    Aggregate.EVERY: "TRUE",
}


def _link(table: str, above: str) -> str:
    """The value in a row of `table` by which it finds its row `above`."""
    return f"{table}.place // {VILLAGE}" if above == "village" else f"{table}.{LINK[above]}"


def _flag(value: bool) -> str:
    return "TRUE" if value else "FALSE"


def _hit(outcome: str, nullable: bool) -> str:
    """1 for a hit, else 0; NULL never, or one unknown outcome would empty the whole word."""
    if outcome == "FALSE":
        return ""
    return f"CAST({f'coalesce({outcome}, FALSE)' if nullable else f'({outcome})'} AS BIGINT)"


def _unknown(outcome: str, nullable: bool) -> str:
    return f"CAST(({outcome}) IS NULL AS BIGINT)" if nullable else ""


def _word(outcomes: list[tuple[str, bool]], show: Callable[[str, bool], str]) -> str:
    bits = [(show(outcome, nullable), at) for at, (outcome, nullable) in enumerate(outcomes)]
    terms = [f"{bit} * {1 << at}" if at else bit for bit, at in bits if bit]
    return f"({' | '.join(terms)})" if terms else "CAST(0 AS BIGINT)"
