"""The cases of the rulebook: small made-up rows, taken through the very SQL that screens a nation.

All cases of one day are rows of the same tables, each case a village of its own, so that four hundred take seconds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from bangfu.common import duck
from bangfu.common.facts import FactColumn, FactKind, FactTable, Schema, day_numbers, ymd
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import Aggregate, Case
from bangfu.screening import crossing
from bangfu.screening.compiling import VILLAGE, Compiler
from bangfu.screening.errors import CaseWrong
from bangfu.screening.plan import LINK, Plan
from bangfu.screening.regions import COUNTY, Regions
from bangfu.snapshot.writing import FACT_TYPES

LISTED: list[tuple[str, pa.DataType]] = [("list", pa.string()), ("id_no", pa.string()), ("world", pa.int64())]
TABLES = ("village", "household", "member", "work_record")
FIRST = 1_000  # rows of case 7 have the numbers 7000, 7001 …


@dataclass(frozen=True)
class CaseResult:
    """What came out for one rule of a case: hit, clear or unknown; "none" when the case has no row of the rule's
    grain; else why the rule does not run on that day in that place ("period", "figure:<name>")."""

    case: Case
    rule: str
    expected: str
    got: str

    @property
    def passed(self) -> bool:
        return self.got == self.expected


def run_cases(book: RuleBook, cases: Iterable[Case] | None = None) -> list[CaseResult]:
    """The outcome of every rule that each case expects something of, in the order of the cases.

    Raises CaseWrong for a column that does not exist or a value that it cannot hold.
    """
    given = list(book.cases if cases is None else cases)
    batches: dict[tuple[date, frozenset[str]], list[int]] = {}
    for number, case in enumerate(given):
        batches.setdefault((case.as_of, frozenset(case.lists)), []).append(number)
    found: dict[tuple[int, str], str] = {}
    for (day, lists), numbers in batches.items():
        found.update(_run(book, day, lists, {number: given[number] for number in numbers}))
    return [
        CaseResult(case, rule, expected, found[(number, rule)])
        for number, case in enumerate(given)
        for rule, expected in case.expect.items()
    ]


def _run(book: RuleBook, day: date, lists: frozenset[str], cases: Mapping[int, Case]) -> dict[tuple[int, str], str]:
    """The outcomes of cases of one day that know the same outside lists: (case, rule) -> outcome."""
    plan = Plan(book, [book.rule(id) for id in sorted({id for case in cases.values() for id in case.expect})])
    ground = CaseGround(plan.schema, cases)
    compiler = Compiler(plan, ground, Regions(book, day), day_numbers(day), lists, worlds=True)
    found: dict[tuple[int, str], str] = {}
    with duck.engine(**ground.given) as connection:
        for table in TABLES:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE case_{table} AS {ground.filled(table)}")
        _prepare(connection, compiler, ground)
        for grain in {rule.rule.grain for rule in plan.rules.values()}:
            key = LINK[grain] if grain != "village" else "village_id"
            rows = {row[key]: row for row in duck.arrow(connection, compiler.masks(grain)).to_pylist()}
            there = {row[key] for row in ground.rows[grain]}
            for number, case in cases.items():
                for rule in (plan.rules[id] for id in case.expect if plan.rules[id].rule.grain == grain):
                    id = rule.rule.id
                    first = number * FIRST
                    if reason := compiler.runs(rule, case.place):
                        found[(number, id)] = reason
                    elif first not in there:
                        found[(number, id)] = "none"
                    else:
                        found[(number, id)] = _outcome(plan, id, rows.get(first))
    return found


def _outcome(plan: Plan, rule: str, row: Mapping[str, Any] | None) -> str:
    _grain, word, bit = plan.bit_of(rule)
    if row is not None and row[f"hit{word}"] >> bit & 1:
        return "hit"
    return "unknown" if row is not None and row[f"unknown{word}"] >> bit & 1 else "clear"


def _prepare(connection: duck.Connection, compiler: Compiler, ground: "CaseGround") -> None:
    """Makes the tables of features. Every case is a world of its own: nobody in another meets its people."""
    for round in compiler.plan.rounds:
        for step in compiler.steps(round):
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {step.table} AS {step.sql}")
        for feature in compiler.plan.cross:
            if feature.round != round:
                continue
            if feature.feature.aggregate is Aggregate.LISTED:
                sql = ground.listed(feature.feature.on_list)
            else:
                keys = len(compiler.key_columns(feature))
                sql = crossing.counted_sql(feature, f"({crossing.rows_sql(compiler, feature)})", keys)
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {feature.table} AS {sql}")


class CaseGround:
    """The rows of cases as tables. What a case does not say is unknown; what follows from what it says, follows."""

    def __init__(self, schema: Schema, cases: Mapping[int, Case]) -> None:
        self.schema = schema
        self.counties: Sequence[str] = sorted({case.place[:COUNTY] for case in cases.values()})
        self.rows: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
        self.lists: list[dict[str, Any]] = []
        for number, case in cases.items():
            _Writer(self, number, case).write()
        self.given = {f"given_{table}": self._arrow(schema.table(table)) for table in TABLES}
        self.given["given_list"] = pa.Table.from_pylist(
            self.lists,
            schema=pa.schema(LISTED),
        )

    def sql(self, table: str, columns: Iterable[str]) -> str:
        return f"SELECT {', '.join(sorted(set(columns)))} FROM case_{table}"

    def not_null(self, table: str) -> frozenset[str]:
        return frozenset()

    def _arrow(self, table: FactTable) -> pa.Table:
        """The rows as given, and for every derived column whether it was."""
        fields, columns = [], []
        for column in (c for c in table.columns if c.stored):
            values = [self._value(table, column, row) for row in self.rows[table.name]]
            # Under its own name a derived column is what follows: later ones rest on that.
            fields.append(f"{column.name}__value" if column.derived else column.name)
            columns.append(pa.array(values, FACT_TYPES[column.kind]))
            if column.derived:
                fields.append(f"{column.name}__given")
                columns.append(pa.array([column.name in row for row in self.rows[table.name]], pa.bool_()))
        return pa.table(dict(zip(fields, columns, strict=True)))

    def _value(self, table: FactTable, column: FactColumn, row: Mapping[str, Any]) -> Any:
        try:
            return _typed(column.kind, row.get(column.name))
        except (ValueError, TypeError, InvalidOperation):
            raise CaseWrong(
                name=row.get("__case", ""), column=f"{table.name}.{column.name}", value=row.get(column.name)
            ) from None

    def filled(self, table: str) -> str:
        """A SELECT of every stored column: derived ones from those before them, unless they are given."""
        columns = [column for column in self.schema.table(table).columns if column.stored]
        plain = [column.name for column in columns if not column.derived]
        shown = [
            f"CAST(CASE WHEN {c.name}__given THEN {c.name}__value ELSE ({c.derived}) END AS {c.sql_type}) AS {c.name}"
            for c in columns
            if c.derived
        ]
        return (
            f"SELECT {', '.join([*plain, *shown])} FROM given_{table} AS g"
            if shown
            else (f"SELECT {', '.join(plain)} FROM given_{table}")
        )

    def listed(self, list: str) -> str:
        """The people of an outside list by case: k0 their key, k1 their world."""
        key = next(c.derived for c in self.schema.table("member").columns if c.name == "id_key")
        return f"SELECT DISTINCT {key} AS k0, world AS k1 FROM given_list WHERE list = '{list}'"


def _typed(kind: FactKind, value: Any) -> Any:
    """A value as people write it in YAML, as its column holds it."""
    if value is None:
        return None
    match kind:
        case FactKind.FLAG:
            if not isinstance(value, bool):
                raise ValueError
            return value
        case FactKind.DAY:
            return ymd(value) if isinstance(value, date) else int(value)
        case FactKind.AMOUNT:
            return Decimal(str(value)).quantize(Decimal("0.01"))
        case FactKind.WHOLE | FactKind.KEY:
            if isinstance(value, bool):
                raise ValueError
            return int(value)
        case _:
            return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


class _Writer:
    """Writes the rows of one case."""

    def __init__(self, ground: CaseGround, number: int, case: Case) -> None:
        self.ground, self.case = ground, case
        self.first = number * FIRST
        self.place = (number + 1) * VILLAGE

    def write(self) -> None:
        case = self.case
        self._row("village", {"village_id": self.first, "village_name": "村", **case.village})
        homes = list(case.households)
        if case.household is not None:
            homes.insert(0, case.household)
        if case.member is not None:
            homes.insert(0, {"members": [case.member]})
        for home in homes:
            self._household(dict(home))
        for name, people in case.lists.items():
            for person in people:
                row = {"list": name, "id_no": str(person.get("id_no", "")), "world": self.place // VILLAGE}
                self.ground.lists.append(row)

    def _household(self, home: dict[str, Any]) -> None:
        members = home.pop("members", None)
        number = self._next("household")
        own = {"household_id": number, "household_no": str(number)}
        people = [dict(person) for person in members or ()]
        count = sum(1 for p in people if p.get("present", p.get("left_ymd") is None))
        self._row("household", {**own, "members_count": count, **home})
        code = {"village_code": home["village_code"]} if "village_code" in home else {}
        for person in people:
            work = person.pop("work", ())
            member = self._next("member")
            names = {"member_id": member, "person_no": str(member)}
            self._row("member", {**own, **names, **code, **person})
            for record in work:
                row = {**own, **names, **code, "record_id": self._next("work_record"), **record}
                self._row("work_record", row)

    def _next(self, table: str) -> int:
        rows = self.ground.rows[table]
        own = sum(1 for row in reversed(rows) if row["__first"] == self.first)
        return self.first + own

    def _row(self, table: str, row: dict[str, Any]) -> None:
        known = self.ground.schema.table(table)
        row = {"village_code": self.case.place or None, "place": self.place, **row}
        for name in row:
            column = known.get(name)
            if column is None or not column.stored:
                raise CaseWrong(name=self.case.name, column=f"{table}.{name}", value=row[name])
        self.ground.rows[table].append({**row, "__first": self.first, "__case": self.case.name})
