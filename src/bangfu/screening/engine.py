"""Screening: the rules of a book over a snapshot, batch by batch, each batch a few counties.

    keys of all rows -> keys that meet -> for every batch: features, then the bits of every grain -> files

Memory is bounded by a batch and 8 bytes a person. Nothing but the snapshot and the outside lists is read.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangfu.common import duck
from bangfu.common.facts import day_numbers
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import GRAINS, Aggregate, Rule
from bangfu.screening import crossing, lists
from bangfu.screening.compiling import Compiler
from bangfu.screening.crossing import KeyGroup, KeyStore
from bangfu.screening.errors import EngineUnknown, NotReplaceable, RuleNotInForce, WorkerFailed
from bangfu.screening.outcomes import Outcomes
from bangfu.screening.plan import FeaturePlan, Plan
from bangfu.screening.regions import COUNTY, Regions
from bangfu.screening.running import RuleRun, Run, drafted
from bangfu.screening.tabling import SnapshotGround, in_place
from bangfu.screening.writing import OutcomeWriter
from bangfu.snapshot.store import Part, Snapshot

ROWS_A_BATCH = 1_200_000
MEMORY = "1300MB"
Progress = Callable[[int, int], None]


class Screening:
    """One screening under way: what is asked, of which rows, with which lists."""

    def __init__(
        self,
        snapshot: Snapshot,
        book: RuleBook,
        as_of: date,
        place: str,
        rules: Sequence[str] | None,
        listed: Mapping[str, lists.Stored],
    ) -> None:
        self.snapshot, self.book, self.as_of, self.place = snapshot, book, as_of, place
        self.regions = Regions(book, as_of)
        self.listed = listed
        self.parts = snapshot.parts(place)
        self.counties = sorted(
            {c for part in self.parts for c in part.counties if not place or not c or _meet(c, place)}
        )
        self.plan = Plan(book, self._rules(rules))
        self.days = day_numbers(as_of)

    def _rules(self, asked: Sequence[str] | None) -> list[Rule]:
        """The rules asked for, by default all that hold somewhere in the place on the day. Raises RuleNotInForce."""
        classes = self.regions.classes(self.counties) or {"": [""]}
        held = {rule.id for places in classes.values() for rule in self.book.in_force(self.as_of, places[0])}
        for id in asked or ():
            if id not in held:
                raise RuleNotInForce(rule=id, day=self.as_of.isoformat())
        return [self.book.rules[id] for id in sorted(held if asked is None else set(asked))]

    def ground(self, parts: Sequence[Part], where: str = "", counties: Sequence[str] | None = None) -> SnapshotGround:
        own = sorted({county for part in parts for county in part.counties}) if counties is None else counties
        return SnapshotGround(self.snapshot, parts, self.plan.schema, own, where)

    def compiler(self, ground: SnapshotGround) -> Compiler:
        return Compiler(self.plan, ground, self.regions, self.days, self.listed)

    def batches(self, parts: Sequence[Part]) -> Iterator[list[Part]]:
        """Parts in their order, together as many as fit into memory."""
        batch: list[Part] = []
        rows = 0
        for part in parts:
            size = max((part.rows[table] for table in part.rows if table != "income_year"), default=0)
            if batch and rows + size > ROWS_A_BATCH:
                yield batch
                batch, rows = [], 0
            batch.append(part)
            rows += size
        if batch:
            yield batch


def _meet(county: str, place: str) -> bool:
    return county.startswith(place[:COUNTY]) or place.startswith(county)


class Worker(Protocol):
    """What turns SQL in DuckDB's dialect into rows."""

    def put(self, name: str, rows: pa.Table) -> None: ...
    def make(self, name: str, sql: str) -> None: ...
    def rows(self, sql: str) -> pa.Table: ...


class DuckWorker:
    def __init__(self, connection: duck.Connection) -> None:
        self.connection = connection

    def put(self, name: str, rows: pa.Table) -> None:
        self.connection.register(name, rows)

    def make(self, name: str, sql: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")

    def rows(self, sql: str) -> pa.Table:
        return duck.arrow(self.connection, sql)


def screen(
    snapshot: Snapshot,
    book: RuleBook,
    *,
    as_of: date,
    place: str = "",
    engine: str = "duckdb",
    out: Path,
    lists: Path | None = None,
    rules: Sequence[str] | None = None,
    replacing: Path | None = None,
    progress: Progress = lambda done, all: None,
) -> Outcomes:
    """The outcomes of the rules (all that hold on the day, or those named) for the rows of a place, written to `out`.

    `lists` is the folder of outside lists; a rule that needs one which is not there does not run. With `replacing`,
    the outcomes of an earlier run of all places with the same book on the same day, the rows of `place` alone are
    screened, and take the place of the old ones; people elsewhere are remembered by their keys.

    Raises EngineUnknown, EngineMissing, RuleNotInForce, NotReplaceable, FolderTaken, WorkerFailed; then nothing is
    written.
    """
    if engine not in ("duckdb", "spark"):
        raise EngineUnknown(engine=engine)
    started = Screening(snapshot, book, as_of, place, rules, _stored(book, lists, as_of))
    former = _former(started, replacing) if replacing is not None else None
    try:
        with drafted(out) as folder:
            if engine == "spark":
                from bangfu.screening import spark

                spark.run(started, folder, former)
            else:
                _run(started, folder, former, progress)
    except (duck.Error, pa.ArrowException, OSError) as error:
        raise WorkerFailed(reason=str(error).strip().splitlines()[0]) from error
    return Outcomes.open(out, snapshot=snapshot, book=book)


def _stored(book: RuleBook, folder: Path | None, as_of: date) -> Mapping[str, lists.Stored]:
    return lists.latest(folder, book.lists, as_of) if folder is not None else {}


def _former(started: Screening, folder: Path) -> Outcomes:
    """The earlier outcomes in which a place is to be replaced. Raises NotReplaceable."""
    former = Outcomes.open(folder)
    run, reason = former.run, ""
    if run.place:
        reason = "place"
    elif not started.place:
        reason = "everywhere"
    elif (run.as_of, run.book_sha256) != (started.as_of, started.book.sha256):
        reason = "day or rules"
    elif run.bits != _bits(started.plan):
        reason = "rules"
    if reason:
        raise NotReplaceable(folder=folder, place=started.place, reason=reason)
    return former


def _bits(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {grain: tuple(rule.rule.id for rule in plan.of_grain(grain)) for grain in GRAINS if plan.of_grain(grain)}


def _run(started: Screening, folder: Path, former: Outcomes | None, progress: Progress) -> None:
    with duck.within(started.snapshot.folder, memory=MEMORY) as connection:
        worker = DuckWorker(connection)
        crossed = Crossing(started, worker, KeyStore(folder / "keys"), former)
        for round in started.plan.rounds:
            crossed.go(round)
        crossed.keep(folder)
        batches = list(started.batches(started.parts))
        with OutcomeWriter(folder, started.plan) as writer:
            if former is not None:
                _take_over(writer, former, started.place)
            for done, parts in enumerate(batches):
                progress(done, len(batches))
                compiler = started.compiler(started.ground(parts, in_place(started.place)))
                crossed.prepare(compiler, parts)
                for grain in _bits(started.plan):
                    writer.write(grain, worker.rows(compiler.masks(grain)))
            finish(started, writer, folder, "duckdb", former)
        progress(len(batches), len(batches))


def _take_over(writer: OutcomeWriter, former: Outcomes, place: str) -> None:
    """The rows of all other places as they were."""
    for grain in former.run.bits:
        file = pq.ParquetFile(former.folder / "outcomes" / f"{grain}.parquet")
        for group in file.iter_batches(batch_size=1_000_000):
            rows = pa.Table.from_batches([group])
            code: Any = rows["village_code"]
            here: Any = pc.fill_null(pc.starts_with(code, place), False)
            writer.write(grain, rows.filter(pc.invert(here)))


def finish(started: Screening, writer: OutcomeWriter, folder: Path, engine: str, former: Outcomes | None) -> None:
    """Writes the counts and what the run says of itself."""
    pq.write_table(writer.counts(), folder / "counts.parquet", compression="zstd")
    totals = writer.totals()
    compiler = started.compiler(started.ground(started.parts, counties=started.counties))
    nulls = _nulls(started)
    rules = {}
    for id, rule in started.plan.rules.items():
        hits, unknown = totals.get(id, (0, 0))
        used = started.plan.figures_of(rule)
        rules[id] = RuleRun(
            grain=rule.rule.grain,
            hits=hits,
            unknown=unknown,
            figures={name: _by_place(started, partial(_written, started, name)) for name in sorted(used)},
            not_run=_by_place(started, partial(compiler.runs, rule)),
            missing={
                f"{table}.{name}": nulls[(table, name)]
                for table, name in sorted(started.plan.columns_of(rule))
                if nulls.get((table, name))
            },
            lists={
                name: started.listed[name].day.isoformat()
                for name in sorted(started.plan.lists_of(rule))
                if name in started.listed
            },
        )
    run = Run(
        as_of=started.as_of,
        place="" if former is not None else started.place,
        engine=engine,
        snapshot=str(started.snapshot.folder.resolve()),
        snapshot_sha256=started.snapshot.sha256,
        book_sha256=started.book.sha256,
        bits=_bits(started.plan),
        rules=rules,
        rows={table: sum(part.rows[table] for part in started.parts) for table in started.snapshot.tables},
        replaced={"place": started.place, "run": former.folder.name} if former is not None else {},
    )
    run.write(folder)


def _written(started: Screening, name: str, place: str) -> str:
    value = started.regions.figure(name, place)
    return "" if value is None else f"{value.normalize():f}"


def _by_place(started: Screening, look_up: Callable[[str], str]) -> dict[str, str]:
    """What is not "" by place; under "" when it is the same in every place that was screened."""
    found = {}
    for places in (started.regions.classes(started.counties) or {"": [""]}).values():
        answer = look_up(places[0])
        found.update(dict.fromkeys(places, answer))
    if len(set(found.values())) == 1:
        found = {"": next(iter(found.values()))}
    return {place: answer for place, answer in found.items() if answer}


def _nulls(started: Screening) -> dict[tuple[str, str], int]:
    """How often each column that was needed is NULL in the files that were read; all rows of one that is not there."""
    found: dict[tuple[str, str], int] = {}
    for table, names in started.plan.columns().items():
        for part in started.parts:
            if table not in started.snapshot.tables:
                continue
            counts = started.snapshot.null_counts(part, table)
            for name in names:
                nulls = counts.get(name, part.rows[table])
                found[(table, name)] = found.get((table, name), 0) + nulls
    return found


class Crossing:
    """The features across the whole snapshot, round after round, and the tables of them that each batch is given."""

    def __init__(self, started: Screening, worker: Worker, store: KeyStore, former: Outcomes | None) -> None:
        self.started, self.worker, self.store, self.former = started, worker, store, former
        self.everything = started.snapshot.parts()
        self.counted: dict[str, pa.Table] = {}  # by table x_…, with the number of the part in column b
        self.whole: dict[str, pa.Table] = {}

    def go(self, round: int) -> None:
        """Finds the keys that meet in this round and counts them."""
        groups = crossing.key_groups(self.started.plan, round)
        for _table, same in crossing.by_table(groups):
            self._collect(same, round)
        for group in groups:
            self._count(group, self._meeting(group), round)

    def _fresh(self, county: str) -> bool:
        """Whether the keys of a county are to be read from the snapshot, not taken from the earlier run."""
        return self.former is None or _meet(county, self.started.place) or not county

    def _collect(self, groups: list[KeyGroup], round: int) -> None:
        for part in self.everything:
            for county in part.counties:
                if not self._fresh(county):
                    self._borrow(groups, county)
                    continue
                where = in_place(county) if county else "village_code IS NULL"
                ground = self.started.ground([part], where, [county])
                compiler = self.started.compiler(ground)
                self._steps(compiler, [part], round)
                found = self.worker.rows(crossing.keys_sql(compiler, groups))
                for group in groups:
                    self.store.write(group.name, county, crossing.key_column(found, group.name))

    def _borrow(self, groups: list[KeyGroup], county: str) -> None:
        assert self.former is not None
        for group in groups:
            own = self.former.folder / "keys" / group.name / f"{county}.npy"
            new = self.store.folder / group.name / own.name
            new.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(own, new)
            except FileNotFoundError:
                raise NotReplaceable(
                    folder=self.former.folder, place=self.started.place, reason=f"keys/{group.name}/{own.name}"
                ) from None
            except OSError:
                shutil.copyfile(own, new)

    def _meeting(self, group: KeyGroup) -> crossing.Keys:
        """The keys that more than one row has; when only a place is screened again, those of them that it has."""
        counties = self.store.counties(group.name)
        if self.former is None:
            return crossing.twice((self.store.read(group.name, c) for c in counties), self.store.size(group.name))
        own = [self.store.read(group.name, c) for c in counties if self._fresh(c)]
        keys = np.concatenate(own) if own else np.empty(0, np.int64)
        sieve = crossing.Sieve(np.unique(keys))
        others = (self.store.read(group.name, c) for c in counties if not self._fresh(c))
        return np.union1d(
            crossing.twice(own, len(keys)), np.concatenate([np.empty(0, np.int64), *map(sieve.found_in, others)])
        )

    def _count(self, group: KeyGroup, meeting: crossing.Keys, round: int) -> None:
        """Reads the rows that meet in full, and counts them by their true values."""
        sieve = crossing.Sieve(meeting)
        met: dict[str, list[pa.Table]] = {}
        for part in self.everything:
            keys = np.unique(np.concatenate([sieve.found_in(self.store.read(group.name, c)) for c in part.counties]))
            if not len(keys):
                continue
            compiler = self.started.compiler(self.started.ground([part]))
            self._steps(compiler, [part], round)
            self.worker.put("meeting", crossing.as_table(keys))
            only = ("meeting", crossing.hash_sql(compiler, group))
            for feature in _counted(group.features):
                rows = self.worker.rows(crossing.rows_sql(compiler, feature, only))
                number = pa.array(np.full(len(rows), part.number, np.int32))
                met.setdefault(feature.table, []).append(rows.append_column("b", number))
        for feature in _counted(group.features):
            self._finish(feature, met.get(feature.table))

    def _finish(self, feature: FeaturePlan, met: list[pa.Table] | None) -> None:
        keys = crossing.keys_of(feature)
        if not met:
            return
        self.worker.put("met", pa.concat_tables(met))
        self.worker.make(feature.table, crossing.counted_sql(feature, "met", keys))
        self.whole[feature.table] = self.worker.rows(f"SELECT * FROM {feature.table}")
        listed = [f"k{at}" for at in range(keys)]
        where = f"JOIN {feature.table} AS x USING ({', '.join(listed)})"
        value = ", x.* EXCLUDE " + f"({', '.join(listed)})"
        self.counted[feature.table] = self.worker.rows(
            f"SELECT DISTINCT m.b, {', '.join(f'm.{k}' for k in listed)}{value} FROM met AS m {where}"
        )

    def keep(self, folder: Path) -> None:
        """Writes what was counted, for whoever asks for the evidence later."""
        (folder / "crossed").mkdir()
        for feature in self.started.plan.cross:
            stored = self.started.listed.get(feature.feature.on_list)
            if stored is not None:
                self.whole[feature.table] = stored.keys()
        for name, rows in self.whole.items():
            pq.write_table(rows, folder / "crossed" / f"{name}.parquet", compression="zstd")

    def _steps(self, compiler: Compiler, parts: Sequence[Part], round: int) -> None:
        """The features on which the keys of a round rest."""
        cross = (f for f in self.started.plan.cross if f.round == round and not crossing.is_local(f))
        if not any(key in self.started.plan.features for feature in cross for key in feature.inputs):
            return
        self.prepare(compiler, parts, round)

    def prepare(self, compiler: Compiler, parts: Sequence[Part], before: int | None = None) -> None:
        """Makes every table of features of a batch; with `before`, those that the cross-record features of that round
        rest on."""
        numbers = [part.number for part in parts]
        for round in self.started.plan.rounds:
            for step in compiler.steps(round):
                self.worker.make(step.table, step.sql)
            if round == before:
                return
            for feature in self.started.plan.cross:
                if feature.round == round:
                    self._put(compiler, feature, numbers)

    def _put(self, compiler: Compiler, feature: FeaturePlan, numbers: list[int]) -> None:
        if feature.feature.aggregate is Aggregate.LISTED:
            stored = self.started.listed.get(feature.feature.on_list)
            if stored is not None:
                self.worker.put(feature.table, stored.keys())
        elif crossing.is_local(feature):
            keys = crossing.keys_of(feature)
            self.worker.make(
                feature.table, crossing.counted_sql(feature, f"({crossing.rows_sql(compiler, feature)})", keys)
            )
        else:
            self.worker.make(feature.table, self._of_batch(compiler, feature, numbers))

    def _of_batch(self, compiler: Compiler, feature: FeaturePlan, numbers: list[int]) -> str:
        """The counted keys that occur in a batch: to join those of the whole nation every time would cost too much."""
        rows = self.counted.get(feature.table)
        if rows is None:
            empty = crossing.counted_sql(
                feature, f"({crossing.rows_sql(compiler, feature)})", crossing.keys_of(feature)
            )
            return f"SELECT * FROM ({empty}) AS none WHERE FALSE"
        chosen = rows.filter(pc.is_in(rows["b"], pa.array(numbers, pa.int32()))).drop_columns(["b"])
        self.worker.put("of_batch", chosen)
        return "SELECT DISTINCT * FROM of_batch"


def _counted(features: Iterable[FeaturePlan]) -> list[FeaturePlan]:
    return [feature for feature in features if feature.feature.aggregate is not Aggregate.LISTED]
