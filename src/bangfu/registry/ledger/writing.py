"""The registry's one writer: one row from a form and a million from a file go through the same statements.

`write` takes Arrow tables as `registry.columns` describes them and, in the caller's transaction, brings the files in
line with them: plans which row is whose (`planning`), writes the rows (`merging`), what follows from them (`deriving`),
the history of every row (`trail`), the villages' counts (`counting`), and last one entry in the audit trail.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.apps import apps
from django.db import DatabaseError, IntegrityError, OperationalError, connection, models, transaction
from django.utils import timezone

from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.common.carriers import carriers
from bangfu.common.errors import BangfuError
from bangfu.common.names import initials
from bangfu.common.places import PlaceRange
from bangfu.common.staging import stage
from bangfu.registry import errors
from bangfu.registry.columns import tables as catalogue
from bangfu.registry.errors import Problem
from bangfu.registry.ledger import aside, bulk, sql
from bangfu.registry.ledger.counting import Counts as VillageCounts
from bangfu.registry.ledger.counting import counted_aside, recount
from bangfu.registry.ledger.deriving import write_events, write_households
from bangfu.registry.ledger.merging import MODELS, merge
from bangfu.registry.ledger.planning import TEXTS, VERB_COLUMNS, Job, Move, allot_numbers, lock, plan
from bangfu.registry.ledger.trail import ChangeInfo, history_of, write_beginnings, write_history, write_removals
from bangfu.registry.models import Change, Household, Member
from bangfu.registry.standing_errors import StatusByCases

__all__ = ["ChangeInfo", "Counts", "Move", "Written", "taking_in", "write"]

ORDER = ("household", "member", "work_record", "income_year", "income_item")
# By which plan the new rows of a table are known: a household's comes with its dwelling.
PLANS = {name: "household" if name == "dwelling" else name for name in MODELS}


@dataclass(frozen=True)
class Counts:
    """What became of a table's rows."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    removed: int = 0


@dataclass
class Written:
    """What a write did. `change` is None when nothing differed; `problems` names every row that stayed out;
    `first` holds the id of the first row of every table (a form's one row)."""

    counts: dict[str, Counts] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    change: Change | None = None
    first: dict[str, int] = field(default_factory=dict)


def write(
    tables: Mapping[str, pa.Table],
    *,
    change: ChangeInfo,
    blank_keeps: bool = False,
    clears: Mapping[str, Mapping[str, Any]] | None = None,
    takeover: bool = False,
    within: tuple[PlaceRange, ...] | None = None,
    moves: Move | None = None,
    clear_items: bool = False,
    decided: bool = False,
    action: str = "",
    subject: tuple[str, str, int | None] | None = None,
) -> Written:
    """Bring the registry in line with `tables`; good rows are written, bad ones come back as problems.

    `tables` come checked (`intake.checking`): values are of the right type, keys stand once. With `blank_keeps` NULL
    leaves a cell as it is, and `clears` says which cells become empty all the same: for each table and column the
    `row` numbers meant. Without it NULL empties the cell; a column that is absent is never touched.
    `within` are the places where the actor may write (None: everywhere). `takeover` lets in households without a head,
    or with two. `moves` lets people change households. `clear_items`: statements given without lines lose theirs.
    `decided`: the status of households on file may change, because casework decided it.
    `action` and `subject` (type, id, place) name the deed in the audit trail.

    Raises WrittenMeanwhile when another transaction is writing the same rows. Must be called inside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("write() belongs inside transaction.atomic()")
    given = {name: _prepared(name, tables[name], (clears or {}).get(name, {})) for name in ORDER if name in tables}
    given = {name: table for name, table in given.items() if len(table)}
    if "household" in given:
        given["household"] = allot_numbers(given["household"])
    try:
        with transaction.atomic(), ExitStack() as stack:
            bench = stack.enter_context(sql.workbench())
            job = Job(bench, given, timezone.localdate(), blank_keeps, takeover, decided, moves, clear_items, within)
            coming = _coming(job)
            with bulk.filling(bench, coming | {history_of(model): rows for model, rows in coming.items()}):
                incoming = {name: table.drop_columns(["row"]) for name, table in given.items()}
                beside = bulk.from_nothing(bench, sum(coming.values()), MODELS.values())
                # Finished rows arrive in the order of their keys, and need no room for finding each other.
                stack.enter_context(bulk.room(0 if beside else sum(map(len, given.values()))))
                if beside:
                    job.bench = stack.enter_context(aside.workbench(bench, incoming, coming))
                else:
                    for name, table in incoming.items():
                        stack.enter_context(stage(f"in_{name}", table, key="n"))
                lock(job)
                with job.bench.spoken():
                    plan(job)
                if isinstance(job.bench, aside.Aside):
                    found = _done_aside(job, job.bench, bench, change)
                else:
                    found = _done(job, change)
                return _finish(job, bench, found, action, subject)
    except (IntegrityError, OperationalError) as error:
        if _collided(error):
            raise errors.WrittenMeanwhile() from error
        raise


@contextmanager
def taking_in(tables: Mapping[str, pa.Table], folder: Path) -> Iterator[None]:
    """The transaction of a write of many rows, which on SQLite travel by way of `folder`. In a house that is still
    empty their foreign keys, and those of whatever else the registry writes with them, are checked at its end."""
    with sql.workbench() as bench:
        first = bulk.from_nothing(bench, sum(map(len, tables.values())), MODELS.values())
    ours = [model._meta.db_table for model in apps.get_app_config("registry").get_models()]
    with carriers(folder, checked_at_end=ours if first else []):
        yield


def _coming(job: Job) -> dict[type[models.Model], int]:
    """How many rows this write may bring to each table."""
    rows = {MODELS[name]: len(table) for name, table in job.given.items()}
    if "household" in job.given:
        rows[MODELS["dwelling"]] = len(job.given["household"])
    return rows


@dataclass
class _Found:
    """What was done on the bench: how many rows of each table were added and changed, and the villages they are of."""

    written: Written
    added: dict[str, int]
    changed: dict[str, int]
    removed: bool
    villages: str
    village_counts: VillageCounts | None = None  # where they were counted beside the database

    @property
    def touched(self) -> set[str]:
        return {name for name in MODELS if self.added[name] or self.changed[name]}


def _worked_out(job: Job) -> _Found:
    """What the plans hold, brought into the tables of the bench."""
    merge(job)
    write_households(job)
    return _found(job)


def _done(job: Job, info: ChangeInfo) -> _Found:
    """What the plans hold, in the files: rows, history, events."""
    found = _worked_out(job)
    if found.touched or found.removed:
        found.written.change = change = info.open()
        _write_trail(job, found, change)
    return found


def _done_aside(job: Job, made: aside.Aside, bench: sql.Workbench, info: ChangeInfo) -> _Found:
    """The same, worked out beside the database, which takes the rows over meanwhile."""
    if not (job.has("household") and made.value("SELECT count(*) FROM plan_household WHERE trouble IS NULL")):
        with made.spoken():
            return _worked_out(job)  # nothing: in an empty house everything belongs to a household that comes in
    change = info.open()

    def work() -> _Found:
        with made.spoken():
            found = _worked_out(job)
            found.village_counts = counted_aside(made, found.villages, job.today)
            write_events(job, change.pk)
        made.end()
        return found

    found = aside.hand_over(made, bench, work, change)
    found.written.change = change
    return found


def _found(job: Job) -> _Found:
    bench = job.bench
    written = Written(_counts(job), _problems(job))
    for name in job.given:
        for (id,) in bench.rows(f"SELECT id FROM plan_{name} WHERE trouble IS NULL ORDER BY n LIMIT 1"):
            written.first[name] = int(id)
    removed = "gone_income_item" in bench.made and bool(bench.value("SELECT count(*) FROM gone_income_item"))
    added = {name: written.counts[plan].added if plan in job.given else 0 for name, plan in PLANS.items()}
    changed = {name: int(bench.value(f"SELECT count(*) FROM changed_{name}")) for name in MODELS}
    villages = _touched_villages(job)
    if bench.aside:
        ids = [id for (id,) in bench.rows(villages)]
        villages = f"SELECT id FROM {sql.table(Area)} WHERE id IN ({', '.join(map(str, ids)) or 'NULL'})"
    return _Found(written, added, changed, removed, villages)


def _finish(
    job: Job, bench: sql.Workbench, found: _Found, action: str, subject: tuple[str, str, int | None] | None
) -> Written:
    """The counts that follow from what was done; the audit entry last."""
    written, touched, change = found.written, found.touched, found.written.change
    if change is None:
        return written
    if "household" in touched or "member" in touched:
        recount(bench, found.villages, job.today, found.village_counts)
    kind, id, place = subject or ("change", str(change.pk), None)
    record(
        actor=change.actor,
        action=action or f"registry.{change.kind}",
        subject_type=kind,
        subject_id=id,
        place=place,
        at=change.at,
        change=change.pk,
        reason=change.reason,
        rows={name: [c.added, c.changed, c.removed] for name, c in written.counts.items()},
    )
    return written


def _write_trail(job: Job, found: _Found, change: Change) -> None:
    bench = job.bench
    for name, model in MODELS.items():
        with bulk.indexes_afterwards(bench, history_of(model), found.added[name] + found.changed[name]):
            if found.changed[name]:
                write_history(bench, model, change, f"changed_{name}", "'~'")
            if found.added[name]:
                write_beginnings(bench, model, change, f"plan_{PLANS[name]}")
    if found.removed:
        write_removals(bench, MODELS["income_item"], change, "gone_income_item")
    write_events(job, change.pk)


def _touched_villages(job: Job) -> str:
    household, member = sql.table(Household), sql.table(Member)
    homes = [f"SELECT m.household_id AS id FROM changed_member d JOIN {member} m ON m.id = d.id"]
    if job.has("member"):
        homes.append("SELECT household_id FROM plan_member WHERE is_new AND trouble IS NULL")
    homes.append("SELECT id FROM changed_household")
    villages = [f"SELECT h.village_id FROM ({' UNION '.join(homes)}) t JOIN {household} h ON h.id = t.id"]
    if job.has("household"):
        villages += [
            "SELECT old_village_id FROM plan_household WHERE trouble IS NULL AND old_village_id IS NOT NULL",
            "SELECT village_id FROM plan_household WHERE trouble IS NULL AND is_new",
        ]
    return " UNION ".join(villages)


def _prepared(name: str, table: pa.Table, clears: Mapping[str, Any]) -> pa.Table:
    """The table as it is staged: `n` numbers its rows, empty texts are NULL, cleared cells have a mark beside them,
    and what is derived from a cell alone (initials, the parts of an ID number) is filled in."""
    known = {**catalogue()[name].columns, **{c.name: c for c in VERB_COLUMNS.get(name, ())}}
    columns: dict[str, Any] = {"n": pa.array(np.arange(len(table), dtype=np.int64))}
    columns["row"] = table["row"] if "row" in table.column_names else columns["n"]
    for column in table.column_names:
        if column not in known:
            continue
        values = table[column]
        if known[column].kind in TEXTS:
            values = _no_empty_texts(values)
        columns[column] = values
    for column, rows in clears.items():
        if column in columns and len(rows):
            columns[f"clear_{column}"] = pc.is_in(columns["row"], pa.array(list(rows), columns["row"].type))
    if name == "member":
        columns.setdefault("person_no", pa.nulls(len(table), pa.string()))
        if "name" in columns:
            columns["name_initials"] = _each_once(columns["name"], initials)
        if "id_no" in columns:
            columns["id_key"] = pc.utf8_slice_codeunits(columns["id_no"], 0, 18)
            columns["id_tail"] = pc.utf8_slice_codeunits(columns["id_key"], -6)
            if "clear_id_no" in columns:
                columns["clear_id_key"] = columns["clear_id_tail"] = columns["clear_id_no"]
    return pa.table(columns)


def _no_empty_texts(values: "pa.ChunkedArray[Any]") -> "pa.ChunkedArray[Any]":
    if values.null_count == len(values):
        return values.cast(pa.string())
    empty = pc.equal(values, pa.scalar("", values.type))
    return pc.if_else(empty, pa.scalar(None, values.type), values) if pc.any(empty).as_py() else values


def _each_once(values: "pa.ChunkedArray[Any]", function: Any) -> Any:
    """`function` of every text, computed once for each different one."""
    coded: Any = pc.dictionary_encode(values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values)
    made = pa.array([None if text is None else function(text) for text in coded.dictionary.to_pylist()], pa.string())
    return made.take(coded.indices)


def _counts(job: Job) -> dict[str, Counts]:
    """The household row and its dwelling count as one."""
    counts = {}
    for name in job.given:
        good, new = job.bench.rows(
            f"SELECT count(*), coalesce(sum(CASE WHEN is_new THEN 1 ELSE 0 END), 0) FROM plan_{name} "
            "WHERE trouble IS NULL"
        )[0]
        done = f"SELECT id FROM changed_{name}"
        if name == "household":
            done += " UNION SELECT id FROM changed_dwelling"
        changed = 0
        if good > new:  # what is new cannot have changed
            changed = job.bench.value(f"SELECT count(*) FROM plan_{name} WHERE trouble IS NULL AND id IN ({done})")
        removed = 0
        if name == "income_item":
            removed = job.bench.value("SELECT count(*) FROM gone_income_item")
        counts[name] = Counts(int(new), changed, int(good - new - changed), len(job.given[name]) - int(good), removed)
    return counts


def _problems(job: Job) -> list[Problem]:
    """Every row that stayed out, in the order given, with what is wrong with it."""
    found = []
    for name, table in job.given.items():
        for n, trouble in job.bench.rows(f"SELECT n, trouble FROM plan_{name} WHERE trouble IS NOT NULL ORDER BY n"):
            facts: dict[str, Any] = {
                column: table[column][n].as_py() or ""
                for column in ("household_no", "person_no", "year")
                if column in table.column_names
            }
            column, error = _said(job, name, n, trouble, facts)
            found.append(Problem(name, table["row"][n].as_py(), column, error))
    return found


def _said(job: Job, table: str, n: int, trouble: str, facts: dict[str, Any]) -> tuple[str, BangfuError]:
    """The column that a trouble belongs to, and the error that says it."""
    if trouble.startswith("missing "):
        column = trouble.removeprefix("missing ")
        return column, errors.CellEmpty(label=catalogue()[table].columns[column].label)
    if trouble.startswith("status "):
        column = trouble.removeprefix("status ")
        return column, StatusByCases(label=catalogue()[table].columns[column].label, **facts)
    if trouble == "id_taken":
        household_no, place = job.taken[n]
        # Where somebody else's household is, is told only to those who may see it.
        if job.within is None or any(reach.holds(place) for reach in job.within):
            return "id_no", errors.IdTaken(household_no=household_no)
        return "id_no", errors.IdTakenElsewhere()
    number = {"household_no": "", **facts}
    person = {"person_no": "", **number}
    year = {"year": "", **number}
    return {
        "outside": ("household_no", errors.HouseholdOutside(**number)),
        "ended": ("household_no", errors.HouseholdEnded(**number)),
        "no_village": ("village_id", errors.VillageMissing()),
        "village_outside": ("village_id", errors.VillageOutside()),
        "no_household": ("household_no", errors.HouseholdUnknown(**number)),
        "household_refused": ("household_no", errors.HouseholdRefused(**number)),
        "no_person": ("person_no", errors.PersonUnknown(**person)),
        "person_refused": ("person_no", errors.PersonRefused(**person)),
        "elsewhere": ("person_no", errors.PersonOfOtherHousehold(**person)),
        "heads": ("", errors.HeadMissing(**number)),
        "no_head": ("relation_to_head", errors.HeadMissing(**number)),
        "two_heads": ("relation_to_head", errors.HeadTwice(count=2, **number)),
        "nobody": ("members_counted", errors.NobodyCounted(**year)),
        "no_year": ("year", errors.IncomeYearMissing(**year)),
        "year_refused": ("year", errors.PartlyRefused(**year)),
        "line_refused": ("", errors.PartlyRefused(**year)),
        "not_of_household": ("person_no", errors.PersonNotOfHousehold(**person)),
    }[trouble]


def _collided(error: DatabaseError) -> bool:
    """Whether another transaction got there first: a key it took, a row it holds, a lock it keeps."""
    cause: Any = error.__cause__
    state = getattr(cause, "sqlstate", None)
    if state is None:
        text = str(error)
        return "UNIQUE constraint failed: registry_" in text or "database is locked" in text
    taken = state == "23505" and str(cause.diag.table_name).startswith("registry_")
    return taken or state in ("40P01", "40001", "55P03")
