"""What was seen when a case was handed in: the household and its people (or the village) as the files had them, kept
with the case under its SHA-256; and what has changed since.

The columns are those that registry and areas declare as facts. Bank accounts and phones decide nothing and stay where
they are; of an identity number a masked form and a short mark are kept, by which a changed one shows.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.areas.facts import TABLES as OF_AREAS
from bangfu.casework.models import Case
from bangfu.common.facts import FactColumn, FactKind, FactTable
from bangfu.common.masking import mask_id
from bangfu.common.policy import code_list
from bangfu.registry.facts import TABLES as OF_REGISTRY

Facts = dict[str, Any]
LEFT_OUT = frozenset({"phone", "bank_name", "bank_account", "household_no", "village_code", "person_no"})
ID_NUMBER = "id_no"
# Households of one statement: SQLite and PostgreSQL take far more, but memory need not.
PART = 500


@dataclass(frozen=True)
class Difference:
    """One thing that is no longer as it was when the case was handed in, in words."""

    label: str
    then: str
    now: str

    def packed(self) -> dict[str, str]:
        return {"label": self.label, "then": self.then, "now": self.now}


# --- reading ---------------------------------------------------------------------------------------------------------


def facts_now(case: Case) -> Facts:
    """What would be frozen if the case were handed in now."""
    return facts_of([case])[case.pk]


def facts_of(cases: Sequence[Case]) -> dict[int, Facts]:
    """The facts of many cases, by case: {"household": {…}, "members": {person number: {…}}} or {"village": {…}}. Of a
    household that no longer exists both are empty."""
    today = timezone.localdate()
    households = _rows("household", [c.household_id for c in cases if c.household_id], today)
    people: dict[int, dict[str, Facts]] = defaultdict(dict)
    for key, rows in _people([c.household_id for c in cases if c.household_id], today):
        people[key].update(rows)
    villages = _rows("village", [c.village_id for c in cases if not c.household_id], today)
    return {
        case.pk: {"household": households.get(case.household_id, {}), "members": people.get(case.household_id, {})}
        if case.household_id
        else {"village": villages.get(case.village_id, {})}
        for case in cases
    }


def mark(facts: Facts) -> str:
    """SHA-256 of the facts as canonical JSON."""
    plain = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def freeze(cases: Sequence[Case], on: date) -> None:
    """Puts the facts of now into the cases, which the caller writes."""
    found = facts_of(cases)
    for case in cases:
        case.facts = found[case.pk]
        case.facts_hash = mark(case.facts)
        case.facts_on = on


def intact(case: Case) -> bool:
    """Whether what was frozen is still what was frozen."""
    return mark(case.facts) == case.facts_hash


@cache
def _table(name: str) -> FactTable:
    """A table as its own room declares it: what casework itself adds to it changes with every case."""
    return next(table for table in (*OF_REGISTRY(), *OF_AREAS()) if table.name == name)


@cache
def columns_of(table: str) -> tuple[FactColumn, ...]:
    """The columns of a table that are frozen: everything that people fill in, without what decides nothing."""
    return tuple(
        column
        for column in _table(table).columns
        if column.stored and not column.derived and column.kind is not FactKind.KEY and column.name not in LEFT_OUT
    )


def _rows(table: str, ids: Iterable[int | None], day: date) -> dict[int, Facts]:
    """Rows of a table of facts by household (or village)."""
    return {row[0]: _facts(table, row[1:]) for row in _read(table, f"{table}_id", ids, day)}


def _people(ids: Iterable[int | None], day: date) -> Iterator[tuple[int, dict[str, Facts]]]:
    """Those who belong to these households now, by household and person number."""
    for key, number, *row in _read("member", "household_id", ids, day, "person_no"):
        facts = _facts("member", row)
        if facts["left_ymd"] is None:
            yield key, {number: facts}


def _read(table: str, key: str, ids: Iterable[int | None], day: date, *more: str) -> Iterator[tuple[Any, ...]]:
    """Rows of these keys: key, `more`, then the frozen columns, as the database has them."""
    wanted = sorted({int(each) for each in ids if each is not None})
    facts = _table(table)
    names = [key, *more, *(column.name for column in columns_of(table))]
    listed = ", ".join(f"{_source(facts, name)} AS {name}" for name in names)
    for first in range(0, len(wanted), PART):
        part = ", ".join(map(str, wanted[first : first + PART]))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT * FROM (SELECT {listed} FROM {facts.source(day)}) given WHERE {key} IN ({part}) ORDER BY {key}"
            )
            yield from cursor.fetchall()


def _source(table: FactTable, name: str) -> str:
    column = table.get(name)
    assert column is not None
    return column.source or f"t.{name}"


def _facts(table: str, row: Sequence[Any]) -> Facts:
    """Values as JSON has them; None is unknown. Whole hundredths become amounts, days 2016-04-05."""
    facts: Facts = {}
    for column, value in zip(columns_of(table), row, strict=True):
        facts[column.name] = _plain(column, value)
    if facts.get(ID_NUMBER):
        number = facts[ID_NUMBER]
        facts[ID_NUMBER] = f"{mask_id(number)} #{hashlib.sha256(number.encode()).hexdigest()[:8]}"
    return facts


def _plain(column: FactColumn, value: Any) -> Any:
    if value is None or value == "":
        return None
    match column.kind:
        case FactKind.FLAG:
            return bool(value)
        case FactKind.WHOLE:
            return int(value)
        case FactKind.AMOUNT:
            return str(Decimal(int(value)).scaleb(-2))
    return value.isoformat() if isinstance(value, date) else str(value)


# --- comparing -------------------------------------------------------------------------------------------------------


def changes_since(case: Case) -> list[Difference]:
    """What has changed since the case was handed in; nothing for one that never was."""
    return changes_of([case]).get(case.pk, [])


def changes_of(cases: Sequence[Case]) -> dict[int, list[Difference]]:
    """The same for many cases; only those with changes. A column that was not yet kept then is not compared."""
    frozen = [case for case in cases if case.facts_hash]
    now = facts_of(frozen)
    found = {}
    for case in frozen:
        if now[case.pk] != case.facts and (differences := list(_compare(case.facts, now[case.pk]))):
            found[case.pk] = differences
    return found


def _compare(then: Facts, now: Facts) -> Iterator[Difference]:
    for table in ("household", "village"):
        if table in then:
            if then[table] and not now.get(table):
                yield Difference(_("户档") if table == "household" else _("村"), _("存在"), _("已不存在"))
            else:
                yield from _columns(table, "", then[table], now.get(table, {}))
    before, after = then.get("members", {}), now.get("members", {})
    for number in sorted(before.keys() | after.keys()):
        name = str((after.get(number) or before[number]).get("name") or number)
        if number not in before:
            yield Difference(_("成员 {name}").format(name=name), _("不在本户"), _("在本户"))
        elif number not in after:
            yield Difference(_("成员 {name}").format(name=name), _("在本户"), _("不在本户"))
        else:
            yield from _columns("member", name, before[number], after[number])


def _columns(table: str, name: str, then: Facts, now: Facts) -> Iterator[Difference]:
    for column in columns_of(table):
        if column.name in then and then[column.name] != now.get(column.name):
            label = str(column.meaning)
            if name:
                label = _("成员 {name}：{label}").format(name=name, label=label)
            yield Difference(label, in_words(column, then[column.name]), in_words(column, now.get(column.name)))


def in_words(column: FactColumn, value: Any) -> str:
    """A frozen value as it is read."""
    if value is None:
        return _("未登记")
    if column.kind is FactKind.FLAG:
        return _("是") if value else _("否")
    if column.codes:
        listed = code_list(column.codes)
        return "、".join(listed.label_of(code) for code in str(value).split(","))
    if column.name == ID_NUMBER:
        return str(value).partition(" ")[0]
    return str(value)


def shown(facts: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The frozen facts for reading: of the household (or the village) and of each person what is known, by label."""
    found = []
    for table, title in (("household", _("户")), ("village", _("村"))):
        if facts.get(table):
            found.append((title, _known(table, facts[table])))
    for number, person in sorted(facts.get("members", {}).items()):
        found.append((str(person.get("name") or number), _known("member", person)))
    return found


def _known(table: str, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (str(column.meaning), in_words(column, facts[column.name]))
        for column in columns_of(table)
        if facts.get(column.name) is not None
    ]
