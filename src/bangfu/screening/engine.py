"""Screening: the rules of a book over a snapshot, part by part, each part a few counties.

    keys of all rows -> keys that meet -> for every part: features, then the bits of every grain -> files

Memory is bounded by a part and 8 bytes a person. Nothing but the snapshot and the outside lists is read.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangfu.common import duck
from bangfu.common.facts import day_numbers
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import GRAINS, Rule
from bangfu.screening import lists
from bangfu.screening.compiling import Compiler
from bangfu.screening.crossing import KeyStore
from bangfu.screening.errors import EngineUnknown, NotReplaceable, RuleNotInForce, WorkerFailed
from bangfu.screening.judged import Counted, JudgedRows
from bangfu.screening.meeting import Crossing, meet
from bangfu.screening.outcomes import Outcomes
from bangfu.screening.plan import Plan
from bangfu.screening.reading import Area, Kept
from bangfu.screening.regions import Regions
from bangfu.screening.running import RuleRun, Run, drafted
from bangfu.screening.tabling import SnapshotGround
from bangfu.screening.values import Ints
from bangfu.screening.writing import OutcomeWriter
from bangfu.snapshot.store import Part, Snapshot

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
            {c for part in self.parts for c in part.counties if not place or not c or meet(c, place)}
        )
        self.plan = Plan(book, self._rules(rules))
        self.days = day_numbers(as_of)
        self.kept = Kept()

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

    def rows(
        self, part: Part, area: Area, connection: duck.Connection, crossed: Counted, *, again: bool = False
    ) -> JudgedRows:
        """The rows of a part that lie in an area, with all that is asked of them; `again` when more will be asked of
        them later."""
        asked = self.everywhere, connection, crossed, self.people
        return JudgedRows(self.snapshot, part, area, *asked, self.kept, again and not self.place)

    @cached_property
    def everywhere(self) -> Compiler:
        """Figures and rules of every county of the snapshot. Raises ColumnOfAnotherType."""
        counties = sorted({county for part in self.snapshot.parts() for county in part.counties})
        ground = self.ground(self.snapshot.parts(), counties=counties)
        for table, columns in self.plan.columns().items():
            ground.sql(table, columns)
        return self.compiler(ground)

    @cached_property
    def people(self) -> Mapping[str, Ints]:
        """The people of each outside list by their `id_key`, ascending."""
        return {
            name: np.unique(self.listed[name].keys()["k0"].drop_null().to_numpy())
            for name in self.plan.lists
            if name in self.listed
        }


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
    with duck.engine() as connection:
        crossed = Crossing(started, KeyStore(folder / "keys"), connection, former)
        for round in started.plan.rounds:
            crossed.go(round)
        crossed.keep(folder)
        with OutcomeWriter(folder, started.plan) as writer:
            if former is not None:
                _take_over(writer, former, started.place)
            for done, part in enumerate(started.parts):
                progress(done, len(started.parts))
                rows = started.rows(part, Area(started.place), connection, crossed)
                for grain in _bits(started.plan):
                    writer.write(grain, rows.outcomes(grain))
            finish(started, writer, folder, "duckdb", former)
        progress(len(started.parts), len(started.parts))


def _take_over(writer: OutcomeWriter, former: Outcomes, place: str) -> None:
    """The rows of all other places as they were, and how many there are."""
    counts = former.counts()
    counted_code: Any = counts["village_code"]
    known: Any = pc.fill_null(pc.starts_with(counted_code, place), False)
    writer.carry(counts.filter(pc.invert(known)))
    for grain in former.run.bits:
        file = pq.ParquetFile(former.folder / "outcomes" / f"{grain}.parquet")
        for group in file.iter_batches(batch_size=1_000_000):
            rows = pa.Table.from_batches([group])
            code: Any = rows["village_code"]
            here: Any = pc.fill_null(pc.starts_with(code, place), False)
            writer.write(grain, rows.filter(pc.invert(here)), counted=True)


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
