"""The outcomes of a screening as others read them: counts, and rows with their evidence.

On disk a row holds only bits. Which values a rule saw, and what was missing, is read from the snapshot again when
somebody asks: most rows are never asked for.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangfu.common import duck
from bangfu.common.errors import BangfuError
from bangfu.common.facts import day_numbers, schema
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import Aggregate
from bangfu.screening import crossing
from bangfu.screening.compiling import Compiler
from bangfu.screening.errors import OutcomesDamaged, SnapshotChanged
from bangfu.screening.plan import A_WORD, ROW_KEYS, Plan, RulePlan
from bangfu.screening.regions import COUNTY, Regions
from bangfu.screening.running import Run
from bangfu.screening.tabling import SnapshotGround
from bangfu.snapshot.store import Part, Snapshot

FEW_VILLAGES = 500
# The numbers by which people know a row.
NUMBERS = {
    "work_record": ("household_no", "person_no"),
    "member": ("household_no", "person_no"),
    "household": ("household_no",),
    "village": (),
}

COLUMNS: list[tuple[str, pa.DataType]] = [
    ("rule", pa.string()),
    ("outcome", pa.string()),
    ("grain", pa.string()),
    ("village_code", pa.string()),
    ("place", pa.int64()),
    ("household_id", pa.int64()),
    ("household_no", pa.string()),
    ("member_id", pa.int64()),
    ("person_no", pa.string()),
    ("record_id", pa.int64()),
    ("evidence", pa.string()),
    ("missing", pa.string()),
]
ROWS = pa.schema(COLUMNS)


class Outcomes:
    """The outcomes in a folder. Make one with `open`."""

    def __init__(self, folder: Path, run: Run, snapshot: Snapshot | None = None, book: RuleBook | None = None) -> None:
        self.folder, self.run = folder, run
        self._snapshot, self._book = snapshot, book

    @classmethod
    def open(cls, folder: Path, *, snapshot: Snapshot | None = None, book: RuleBook | None = None) -> "Outcomes":
        """The outcomes in `folder`. `book` is the rulebook by which they were found, needed for rows; by default that
        of the house. Raises OutcomesNotFound, OutcomesDamaged."""
        run = Run.read(folder)
        for file in ("counts.parquet", *(f"outcomes/{grain}.parquet" for grain in run.bits)):
            if not (folder / file).is_file():
                raise OutcomesDamaged(folder=folder, reason=file)
        return cls(folder, run, snapshot, book)

    def counts(self) -> pa.Table:
        """rule, village_code, hits, unknown: only villages that have any."""
        return pq.read_table(self.folder / "counts.parquet")

    @property
    def bytes(self) -> int:
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    def rows(
        self,
        rules: Sequence[str] | None = None,
        place: str = "",
        outcome: str = "hit",
        limit: int | None = None,
    ) -> pa.Table:
        """The rows with an outcome ("hit" or "unknown"), see ROWS: by rule, then by the number of the row.

        `evidence` is a JSON object of the rule's evidence columns; `missing` names the inputs that are NULL in the row
        of an unknown outcome, as `table.column`. Both are NULL when the outcomes were opened without their book. Rules
        that did not run are left out. Raises SnapshotChanged when the snapshot is no longer what was screened.
        """
        wanted = list(self._wanted(rules, place, outcome, limit))
        if not wanted:
            return ROWS.empty_table()
        snapshot = self._opened()
        found: list[pa.Table] = []
        with duck.within(snapshot.folder) as connection:
            reader = _Reader(self, snapshot, connection, [rule for rule, _grain, _rows in wanted])
            for parts, own in reader.batches(wanted):
                found += reader.read(parts, own, outcome)
        rows = pa.concat_tables([table.cast(ROWS) for table in found]) if found else ROWS.empty_table()
        return _ordered(rows)

    def keys(
        self, rules: Sequence[str] | None = None, place: str = "", outcome: str = "hit"
    ) -> Iterator[tuple[str, pa.Table]]:
        """Each rule with the keys (`ROW_KEYS` of its grain) of its rows; the snapshot is not read again."""
        return ((rule, rows) for rule, _grain, rows in self._wanted(rules, place, outcome, None))

    def _wanted(
        self, rules: Sequence[str] | None, place: str, outcome: str, limit: int | None
    ) -> Iterator[tuple[str, str, pa.Table]]:
        """Rule, grain, and the keys of the rows with that outcome, not more than `limit` in all."""
        left = limit
        read: dict[str, pa.Table] = {}
        grains = {rule: (grain, bit) for grain, listed in self.run.bits.items() for bit, rule in enumerate(listed)}
        for rule in sorted(grains if rules is None else grains.keys() & set(rules)):
            grain, at = grains[rule]
            if grain not in read:
                read[grain] = self._bits(grain, place)
            word, bit = divmod(at, A_WORD)
            words: Any = read[grain][f"{outcome}{word}"].to_numpy()
            rows = read[grain].select(list(ROW_KEYS[grain])).take(np.flatnonzero(words >> bit & 1))
            if left is not None:
                rows = rows.slice(0, left)
                left -= len(rows)
            if len(rows):
                yield rule, grain, rows

    def _bits(self, grain: str, place: str) -> pa.Table:
        rows = pq.read_table(self.folder / "outcomes" / f"{grain}.parquet")
        return rows.filter(pc.starts_with(rows["village_code"], place)) if place else rows

    def _opened(self) -> Snapshot:
        """The snapshot that was screened: where it lay, or in this house under its name. Raises SnapshotChanged."""
        if self._snapshot is None:
            name = Path(self.run.snapshot).name
            for folder in (Path(self.run.snapshot), self.folder.parent.parent / "snapshots" / name):
                try:
                    self._snapshot = Snapshot.open(folder, verify=False)
                    break
                except BangfuError:
                    continue
        if self._snapshot is None or self._snapshot.sha256 != self.run.snapshot_sha256:
            raise SnapshotChanged(folder=self.run.snapshot)
        return self._snapshot

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that was screened. Raises SnapshotChanged."""
        return self._opened()

    @property
    def book(self) -> RuleBook | None:
        """The book by which the rows were found; None when it is not known (any more)."""
        return self._book if self._book is not None and self._book.sha256 == self.run.book_sha256 else None


Wanted = list[tuple[str, str, pa.Table]]


class _Reader:
    """Reads chosen rows of a snapshot again, with everything on which their rules looked."""

    def __init__(
        self, outcomes: Outcomes, snapshot: Snapshot, connection: duck.Connection, rules: Sequence[str]
    ) -> None:
        self.run, self.snapshot, self.connection = outcomes.run, snapshot, connection
        self.book = outcomes.book
        self.folder = outcomes.folder
        if self.book is not None:
            self.plan = Plan(self.book, [self.book.rules[rule] for rule in rules], evidence=True)
            self.regions = Regions(self.book, self.run.as_of)
            self.schema = self.plan.schema
        else:
            self.schema = schema()

    def batches(self, wanted: Wanted) -> Iterator[tuple[list[Part], Wanted]]:
        """The wanted rows with the parts in which they lie, a few parts at a time."""
        for part in self.snapshot.parts():
            own = [(rule, grain, _in_counties(rows, part.counties)) for rule, grain, rows in wanted]
            own = [(rule, grain, rows) for rule, grain, rows in own if len(rows)]
            if own:
                yield [part], own

    def read(self, parts: list[Part], wanted: Wanted, outcome: str) -> Iterator[pa.Table]:
        counties = sorted({county for part in parts for county in part.counties})
        ground = SnapshotGround(self.snapshot, parts, self.schema, counties, _in_villages(wanted))
        if self.book is None:
            for rule, grain, rows in wanted:
                yield self._select(ground, rule, grain, rows, outcome, None)
            return
        used = {name for rule in self.plan.rules for name in self.run.rules[rule].lists}
        compiler = Compiler(self.plan, ground, self.regions, day_numbers(self.run.as_of), used)
        self._prepare(compiler)
        for rule, grain, rows in wanted:
            yield self._select(ground, rule, grain, rows, outcome, compiler)

    def _prepare(self, compiler: Compiler) -> None:
        for round in self.plan.rounds:
            for step in compiler.steps(round):
                self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {step.table} AS {step.sql}")
            for feature in self.plan.cross:
                file = self.folder / "crossed" / f"{feature.table}.parquet"
                if feature.round != round:
                    continue
                if file.is_file():
                    self.connection.register(feature.table, pq.read_table(file))
                elif feature.feature.aggregate is not Aggregate.LISTED:
                    rows = f"({crossing.rows_sql(compiler, feature)})"
                    sql = crossing.counted_sql(feature, rows, crossing.keys_of(feature))
                    # Of a whole nation without a file, nobody met; rows of a household or village are here together.
                    none = "" if crossing.is_local(feature) else " WHERE FALSE"
                    sql = f"SELECT * FROM ({sql}) AS met{none}"
                    self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {feature.table} AS {sql}")

    def _select(
        self,
        ground: SnapshotGround,
        rule: str,
        grain: str,
        rows: pa.Table,
        outcome: str,
        compiler: Compiler | None,
    ) -> pa.Table:
        key = ROW_KEYS[grain][-1]
        own = [name for name in NUMBERS[grain] if self.schema.table(grain).get(name)]
        keys = {(grain, name) for name in (*ROW_KEYS[grain], *own)}
        evidence = missing = "CAST(NULL AS VARCHAR)"
        if compiler is not None:
            planned = self.plan.rules[rule]
            keys |= {key for shown in planned.evidence.values() for key in shown.inputs} | planned.inputs
            evidence = _evidence(compiler, planned)
            if outcome == "unknown":
                missing = _missing(planned)
            relation = compiler.relation(grain, keys)
        else:
            relation = f"({ground.sql(grain, {name for _table, name in keys})}) AS {grain}"
        self.connection.register("wanted", rows.select([key]).rename_columns(["wanted_key"]))
        values = {
            "rule": duck.text(rule),
            "outcome": duck.text(outcome),
            "grain": duck.text(grain),
            **{name: f"{grain}.{name}" for _grain, name in keys if _grain == grain and name in ROWS.names},
            "evidence": evidence,
            "missing": missing,
        }
        shown = ", ".join(f"{values.get(name, 'NULL')} AS {name}" for name in ROWS.names)
        sql = f"SELECT {shown} FROM {relation} JOIN wanted ON wanted.wanted_key = {grain}.{key}"
        return duck.arrow(self.connection, sql)


def _evidence(compiler: Compiler, rule: RulePlan) -> str:
    """The values that the rule shows, as a JSON object."""
    grain = rule.rule.grain
    pairs = ", ".join(f"{duck.text(name)}, {compiler.render(e, grain)}" for name, e in rule.evidence.items())
    return f"CAST(json_object({pairs}) AS VARCHAR)"


def _missing(rule: RulePlan) -> str:
    """The inputs of the rule that are NULL in the row."""
    tests = ", ".join(
        f"CASE WHEN {table}.{name} IS NULL THEN {duck.text(f'{table}.{name}')} END"
        for table, name in sorted(rule.inputs)
    )
    return f"concat_ws(', ', {tests})"


def _ordered(rows: pa.Table) -> pa.Table:
    """By rule, then by the number of the row."""
    keys: Any = [(name, "ascending") for name in ("rule", "record_id", "member_id", "household_id", "place")]
    return rows.sort_by(keys)


def _in_counties(rows: pa.Table, counties: Sequence[str]) -> pa.Table:
    code: Any = rows["village_code"]
    county: Any = pc.fill_null(pc.utf8_slice_codeunits(code, 0, COUNTY), "")
    return rows.filter(pc.is_in(county, pa.array(counties, pa.string())))


def _in_villages(wanted: Wanted) -> str:
    """WHERE for the villages of the wanted rows when they are few, so that not all the rest need be read."""
    villages = {code for _rule, _grain, rows in wanted for code in pc.unique(rows["village_code"]).to_pylist()}
    known = sorted(code for code in villages if code is not None)
    if len(known) < len(villages) or len(known) > FEW_VILLAGES:
        return ""
    return f"village_code IN ({', '.join(duck.text(code) for code in known)})"
