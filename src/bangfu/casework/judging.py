"""Rules asked of households (or villages) as they stand in the registry at this moment, not of a snapshot.

Each becomes a small world of its own, the way the rulebook's examples are, and goes through the very SQL that screens a
nation: no rule is read a second time. What a rule counts across households (the same number on two files) cannot be
told this way and counts as unknown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from django.db import connection

from bangfu.areas.models import Area
from bangfu.common.facts import FactColumn, FactKind, FactTable, schema
from bangfu.registry.models import Member
from bangfu.rulebook import services as rulebook
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import Case as Example
from bangfu.rulebook.models import Rule
from bangfu.screening.cases import run_cases
from bangfu.screening.plan import Plan

HIT, CLEAR, UNKNOWN = "hit", "clear", "unknown"
# Why a rule could not be asked: it counts across households; it is not in force there that day; "figure:<name>".
ACROSS, NOT_IN_FORCE, FIGURE = "across", "period", "figure:"
# Worlds of one run: the more at once, the fewer compilations; the engine's ground grows with their square.
TOGETHER = 40
# What the ground of examples gives every row itself.
GIVEN_THERE = frozenset({"village_code", "household_no", "members_count", "person_no", "place"})


class Asked(Protocol):
    """Of whom rules are asked: a case, or whoever else names a household (or none: the village alone)."""

    @property
    def pk(self) -> int: ...
    @property
    def household_id(self) -> int | None: ...
    @property
    def village_id(self) -> int: ...
    @property
    def village(self) -> Area: ...


@dataclass(frozen=True)
class Judged:
    """What a rule says of a household now. `outcome` is HIT, CLEAR or UNKNOWN; `why` says why it is unknown when the
    rule could not be asked at all (a figure that is not known there); `values` are the recorded values it rests on."""

    rule: Rule
    outcome: str
    why: str
    values: Mapping[str, Any]


def judge(cases: Sequence[Asked], rule_ids: Iterable[str], on: date) -> dict[int, dict[str, Judged]]:
    """The outcome of each rule for the household (or village) of each case on a day, by case and rule. A rule that the
    book does not hold, or that is not in force there on that day, is left out: it asks nothing."""
    book = rulebook.book()
    rules = {id: book.rules[id] for id in dict.fromkeys(rule_ids) if id in book.rules}
    if not rules or not cases:
        return {case.pk: {} for case in cases}
    asked = {id: rule for id, rule in rules.items() if not _across(book, rule)}
    found: dict[int, dict[str, Judged]] = {}
    for first in range(0, len(cases), TOGETHER):
        part = cases[first : first + TOGETHER]
        worlds = dict(zip([case.pk for case in part], _worlds(part, on), strict=True))
        outcomes = _outcomes(book, list(asked.values()), worlds, on)
        for pk, world in worlds.items():
            found[pk] = {
                id: _judged(rule, outcomes.get((pk, id), ACROSS), world)
                for id, rule in rules.items()
                if outcomes.get((pk, id)) != NOT_IN_FORCE
            }
    return found


def _across(book: RuleBook, rule: Rule) -> bool:
    """Whether a rule counts across households or asks outside lists: one household alone cannot answer it."""
    return bool(Plan(book, [rule]).cross)


@dataclass(frozen=True)
class World:
    """A household with its people and their work, and its village; or a village alone."""

    place: str
    village: Mapping[str, Any]
    household: Mapping[str, Any] | None

    def of(self, grain: str) -> Mapping[str, Any]:
        return self.village if grain == "village" else self.household or {}


def _outcomes(
    book: RuleBook, rules: Sequence[Rule], worlds: Mapping[int, World], on: date
) -> dict[tuple[int, str], str]:
    expect: Mapping[str, Any] = {rule.id: CLEAR for rule in rules}
    examples = {
        str(pk): Example(
            name=str(pk), as_of=on, place=world.place, village=world.village, household=world.household, expect=expect
        )
        for pk, world in worlds.items()
    }
    if not expect:
        return {}
    return {(int(done.case.name), done.rule): done.got for done in run_cases(book, examples.values())}


def _judged(rule: Rule, got: str, world: World) -> Judged:
    values = {name: value for name, value in world.of(str(rule.grain)).items() if name in rule.evidence}
    if got in (HIT, CLEAR, UNKNOWN):
        return Judged(rule, got, "", values)
    return Judged(rule, UNKNOWN, got, values)


# --- rows as the database has them -----------------------------------------------------------------------------------


def _worlds(cases: Sequence[Asked], on: date) -> Iterator[World]:
    households = [case.household_id for case in cases if case.household_id]
    homes = dict(_rows("household", "household_id", households, on))
    people: dict[int, list[dict[str, Any]]] = {}
    work: dict[int, list[dict[str, Any]]] = {}
    for member, row in _rows("work_record", "member_id", _member_ids(households), on):
        work.setdefault(member, []).append(row)
    for household, row in _rows("member", "household_id", households, on, "member_id"):
        member = row.pop("member_id")
        people.setdefault(household, []).append({**row, "work": tuple(work.get(member, ()))})
    villages = dict(_rows("village", "village_id", [case.village_id for case in cases], on))
    for case in cases:
        home = None
        if case.household_id:
            home = {**homes.get(case.household_id, {}), "members": people.get(case.household_id, [])}
        yield World(case.village.code, villages.get(case.village_id, {}), home)


def _member_ids(households: Sequence[int]) -> list[int]:
    return list(Member.objects.filter(household__in=households).values_list("pk", flat=True))


def _plain(table: FactTable) -> list[FactColumn]:
    """The columns that people fill in: everything else follows from them."""
    return [
        column
        for column in table.columns
        if column.stored and not column.derived and column.kind is not FactKind.KEY and column.name not in GIVEN_THERE
    ]


def _rows(table: str, key: str, ids: Sequence[int], on: date, *more: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of these keys, by key, with the values that are known; `more` are further keys to be told."""
    facts = schema().table(table)
    columns = _plain(facts)
    wanted = [_source(facts, name) + f" AS {name}" for name in (key, *more)]
    wanted += [f"{column.source or f't.{column.name}'} AS {column.name}" for column in columns]
    listed = ", ".join(str(int(each)) for each in sorted(set(ids))) or "NULL"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM (SELECT {', '.join(wanted)} FROM {facts.source(on)}) given WHERE {key} IN ({listed})"
        )
        for first, *rest in cursor.fetchall():
            row = dict(zip(more, rest, strict=False))
            for column, value in zip(columns, rest[len(more) :], strict=True):
                if value is not None and value != "":
                    row[column.name] = _value(column.kind, value)
            yield first, row


def _source(table: FactTable, name: str) -> str:
    column = table.get(name)
    return (column.source if column else "") or f"t.{name}"


def _value(kind: FactKind, value: Any) -> Any:
    """A value as an example writes it: hundredths as amounts, days as days."""
    match kind:
        case FactKind.FLAG:
            return bool(value)
        case FactKind.WHOLE:
            return int(value)
        case FactKind.AMOUNT:
            return Decimal(int(value)).scaleb(-2)
        case FactKind.DAY:
            return date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return str(value)
