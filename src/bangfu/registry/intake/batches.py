"""Import batches: a file comes in, is rehearsed, confirmed or discarded, and may be undone. The only writer of
`ImportBatch.state`.

    waiting -> reading -> checking -> writing -> rehearsed -> waiting to be confirmed -> writing -> done -> undone
                       (any of them) -> refused

A rehearsal is the real work in a transaction that is taken back, so its counts can be believed. The rows of a batch,
its history, its audit entry and the state `done` are one transaction: whatever happens, all of it stands or none.
"""

import hashlib
import logging
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from bangfu.accounts.models import Officer
from bangfu.audit.services import record
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.common.locks import held
from bangfu.registry.errors import HeadMissing, HeadRefused, HouseholdRefused, HouseholdUnknown, Problem
from bangfu.registry.file_errors import BatchFailed, BatchInterrupted, BatchNotReady, FileGone, NoGoodRows
from bangfu.registry.intake import completing, report
from bangfu.registry.intake.checking import check
from bangfu.registry.intake.reading import ReadFile, read_file
from bangfu.registry.intake.remembering import pack
from bangfu.registry.intake.workbooks import MAX_BYTES, bundle, check_file
from bangfu.registry.ledger.trail import ChangeInfo
from bangfu.registry.ledger.writing import Written, taking_in, write
from bangfu.registry.models import Change, ImportBatch

State = ImportBatch.State
logger = logging.getLogger(__name__)

MAY_GO: dict[str, set[str]] = {
    State.WAITING: {State.READING, State.REFUSED},
    State.READING: {State.CHECKING, State.REFUSED},
    State.CHECKING: {State.WRITING, State.REHEARSED, State.REFUSED},
    State.REHEARSED: {State.WAITING, State.READING, State.REFUSED},
    State.WRITING: {State.DONE, State.REHEARSED, State.REFUSED},
    State.DONE: {State.UNDONE},
    State.REFUSED: set(),
    State.UNDONE: set(),
}
BUSY = (State.READING, State.CHECKING, State.WRITING)
# How far a batch is when it enters a state; the page's bar moves at these.
PROGRESS = {
    State.WAITING: 0,
    State.READING: 5,
    State.CHECKING: 40,
    State.WRITING: 60,
    State.REHEARSED: 100,
    State.DONE: 100,
    State.REFUSED: 100,
}
# Problems kept with the batch for its page; the report workbook has them all.
FIRST_PROBLEMS = 100


@dataclass
class Outcome:
    """What became of a file: what was read, found wrong and (would be) written."""

    read: ReadFile
    problems: list[Problem] = field(default_factory=list)
    written: Written = field(default_factory=Written)
    more: int = 0

    def counts(self) -> dict[str, Any]:
        """As kept with the batch. `refused` counts rows, by table, whoever refused them."""
        tables: dict[str, dict[str, int]] = {}
        for name, rows in self.read.rows.items():
            done = self.written.counts.get(name)
            tables[name] = {
                "rows": rows,
                "added": done.added if done else 0,
                "changed": done.changed if done else 0,
                "unchanged": done.unchanged if done else 0,
            }
            taken = tables[name]["added"] + tables[name]["changed"] + tables[name]["unchanged"]
            tables[name]["refused"] = max(rows - taken, 0)
        return {
            "tables": tables,
            "refusals": dict(Counter(p.code for p in self.problems if p.refuses)),
            "warnings": dict(Counter(p.code for p in self.problems if not p.refuses)),
            "more": self.more,
            "first": [self._kept(p) for p in _worst_first(self.problems)[:FIRST_PROBLEMS]],
        }

    def _kept(self, problem: Problem) -> dict[str, Any]:
        sheet, row = self.read.origin(problem.row) if problem.row is not None else (None, None)
        return {
            "sheet": sheet.name if sheet else "",
            "row": row,
            "table": problem.table,
            "column": problem.column,
            "severity": str(problem.severity),
            "code": problem.code,
            "facts": pack(problem.fault.facts),
        }

    @property
    def taken(self) -> int:
        return sum(c.added + c.changed + c.unchanged for c in self.written.counts.values())


def _worst_first(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda p: (not p.refuses, p.row is None, p.row or 0))


# --- files -----------------------------------------------------------------------------------------------------------


def folder() -> Path:
    return Path(settings.HOME) / "imports"


def file_of(batch: ImportBatch) -> Path:
    return folder() / batch.file_sha256


def report_of(batch: ImportBatch) -> Path:
    return folder() / f"report-{batch.pk}.xlsx"


def start(
    *, by: Officer | None, files: Sequence[tuple[str, Path]], takeover: bool = False, at_once: bool = False
) -> ImportBatch:
    """Take files (name, path) in as one batch, kept under its SHA-256, and queue its rehearsal (`at_once`: the caller
    goes on itself). `by` None is the system: every place is open to it.

    Raises NotAllowed without the right to import (or to take over), and REG-002 … REG-019 for files that cannot be any.
    """
    place = _place(by, takeover)
    for name, path in files:
        check_file(path, name)
    folder().mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder(), prefix="incoming-", delete=False) as stream:
        incoming = Path(stream.name)
    try:
        if len(files) == 1:
            shutil.copyfile(files[0][1], incoming)
        else:
            bundle(list(files), incoming)
        name = "、".join(name for name, _path in files)
        check_file(incoming, name)
        digest = _sha256(incoming)
        incoming.replace(folder() / digest)
    finally:
        incoming.unlink(missing_ok=True)
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            place=place, file_name=name[:255], file_sha256=digest, takeover=takeover, started_by=by
        )
        record(actor=by, action="registry.batch_started", subject=batch, takeover=takeover, sha256=digest)
    if not at_once:
        _queue(rehearse_in_background, batch)
    return batch


def _place(by: Officer | None, takeover: bool) -> int:
    """Where the batch belongs: the first of the officer's own places."""
    if by is None:
        return 0
    for right in ("registry.import", *(["registry.takeover"] if takeover else [])):
        places = by.places_for(right)
        if not places:
            raise NotAllowed(right=_right_label(right))
    return places[0].first


def _right_label(right: str) -> Any:
    from bangfu.accounts.roles import rights

    return rights()[right].label


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _queue(function: Any, batch: ImportBatch) -> None:
    """After the transaction: a worker must not look for a batch that is not there yet."""
    transaction.on_commit(lambda: function.enqueue(batch.pk))


# --- states ----------------------------------------------------------------------------------------------------------


def _move(batch: ImportBatch, to: str, **values: Any) -> None:
    """The only code that writes a state. Refuses a step that is not allowed, whoever asks first."""
    with transaction.atomic():
        # Lock before reading: two clicks on 确认 would otherwise both pass.
        now = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        if to not in MAY_GO[now.state]:
            raise BatchNotReady(state=State(now.state).label)
        batch.state, batch.progress = to, PROGRESS.get(State(to), now.progress)
        if to in (State.REHEARSED, State.DONE, State.REFUSED, State.UNDONE):
            batch.finished_at = timezone.now()
        for name, value in values.items():
            setattr(batch, name, value)
        batch.save(update_fields=["state", "progress", "finished_at", *values])


def rehearse(batch: ImportBatch) -> ImportBatch:
    """Do everything but keep it: the batch ends `rehearsed` with counts and report, or `refused` with the reason."""
    _work(batch, keep=False)
    return batch


def commit(batch: ImportBatch) -> ImportBatch:
    """Take the good rows in and leave the bad. The batch ends `done`, or `refused` with the reason."""
    _work(batch, keep=True)
    return batch


def confirm(batch: ImportBatch, *, by: Officer) -> None:
    """The officer has seen the report: queue the real import. Raises NotAllowed, BatchNotReady, FileGone."""
    _require(batch, by)
    if not file_of(batch).exists():
        raise FileGone()
    if batch.state != State.REHEARSED:
        raise BatchNotReady(state=State(batch.state).label)
    _move(batch, State.WAITING)
    with transaction.atomic():
        record(actor=by, action="registry.batch_confirmed", subject=batch)
        _queue(commit_in_background, batch)


def discard(batch: ImportBatch, *, by: Officer) -> None:
    """The officer does not want it: nothing was written, nothing will be."""
    _require(batch, by)
    _move(batch, State.REFUSED)
    with transaction.atomic():
        record(actor=by, action="registry.batch_discarded", subject=batch)


def set_undone(batch: ImportBatch) -> None:
    """Called by `services.undo_batch` in its transaction, after the rows were brought back."""
    _move(batch, State.UNDONE)


def _require(batch: ImportBatch, by: Officer) -> None:
    right = "registry.takeover" if batch.takeover else "registry.import"
    if not by.may(right, batch.place):
        raise NotAllowed(right=_right_label(right))


@task()
def rehearse_in_background(batch_id: int) -> None:
    _in_background(batch_id, keep=False)


@task()
def commit_in_background(batch_id: int) -> None:
    _in_background(batch_id, keep=True)


def _in_background(batch_id: int, *, keep: bool) -> None:
    batch = ImportBatch.objects.select_related("started_by").get(pk=batch_id)
    language = batch.started_by.language if batch.started_by else settings.LANGUAGE_CODE
    with translation.override(language):
        try:
            _work(batch, keep=keep)
        except BangfuError:
            logger.info("batch %s was refused", batch_id)  # the batch itself says why


def _work(batch: ImportBatch, *, keep: bool) -> None:
    """The whole way of a file. Whatever is refused is said by the batch and raised."""
    with _held(batch):
        _move(batch, State.READING)
        try:
            outcome = _take(batch, keep=keep)
        except BangfuError as error:
            _refuse(batch, error)
            raise
        except Exception as error:
            logger.exception("batch %s failed", batch.pk)
            failure = BatchFailed(file=batch.file_name, batch=batch.pk)
            _refuse(batch, failure)
            raise failure from error
        if not outcome.taken:
            _refuse(batch, NoGoodRows(file=batch.file_name), counts=outcome.counts())
        elif not keep:
            _move(batch, State.REHEARSED, counts=outcome.counts())


def _refuse(batch: ImportBatch, error: BangfuError, **values: Any) -> None:
    _move(batch, State.REFUSED, error_code=error.code, error_facts=pack(error.facts), **values)


def _take(batch: ImportBatch, *, keep: bool) -> Outcome:
    path = file_of(batch)
    if not path.exists():
        raise FileGone()
    read = read_file(path, batch.file_name)
    _move(batch, State.CHECKING)
    by = batch.started_by
    given, found = completing.with_villages(read.tables, by)
    on_file = completing.on_file(given)
    given = completing.with_windows(given, on_file)
    checked = check(given, takeover=batch.takeover, found=[*read.problems, *found], on_file=on_file)
    outcome = Outcome(read, checked.problems, more=checked.more)
    _move(batch, State.WRITING)
    with taking_in(checked.tables, folder()):
        outcome.written = write(
            checked.tables,
            change=ChangeInfo(kind=Change.Kind.IMPORT, by=by, reason=batch.file_name, batch=batch),
            blank_keeps=True,
            clears=read.clears,
            takeover=batch.takeover,
            within=by.places_for("registry.import") if by else None,
            action="registry.batch_taken",
            subject=("importbatch", str(batch.pk), batch.place),
        )
        outcome.problems += _named(outcome.written.problems, read.left_out, given, checked.tables)
        if keep and outcome.taken:
            _move(batch, State.DONE, counts=outcome.counts())
        else:
            transaction.set_rollback(True)
    # After the transaction: a report that cannot be written must not undo an import, nor hold the lock meanwhile.
    report.write_report(report_of(batch), batch, read, outcome.problems, outcome.counts(), kept=keep)
    return outcome


def _named(
    problems: Sequence[Problem], left_out: set[str], given: Mapping[str, pa.Table], good: Mapping[str, pa.Table]
) -> list[Problem]:
    """What the writer finds missing because its row was refused before is neither unknown nor forgotten: say so."""
    homes = left_out | _refused(given, good, "household", "household_no")
    headless = _refused(given, good, "member", "household_no")
    found = []
    for problem in problems:
        number = problem.fault.facts.get("household_no")
        if isinstance(problem.error, HouseholdUnknown) and number in homes:
            problem = replace(problem, error=HouseholdRefused(household_no=number))
        elif isinstance(problem.error, HeadMissing) and number in headless:
            problem = replace(problem, error=HeadRefused(household_no=number))
        found.append(problem)
    return found


def _refused(given: Mapping[str, pa.Table], good: Mapping[str, pa.Table], table: str, column: str) -> set[str]:
    """The values of a column in the rows that the checker left out."""
    if table not in given or len(given[table]) == len(good[table]):
        return set()
    passed = set(good[table]["row"].to_pylist())
    rows = zip(given[table]["row"].to_pylist(), given[table][column].to_pylist(), strict=True)
    return {str(value) for row, value in rows if row not in passed}


# --- after a crash ---------------------------------------------------------------------------------------------------


@contextmanager
def _held(batch: ImportBatch) -> Iterator[None]:
    """Hold the batch's lock file while working on it; the system frees it when the process dies, however it dies."""
    with held(folder() / f"lock-{batch.pk}") as ours:
        if not ours:
            raise BatchNotReady(state=State(batch.state).label)
        yield


def recover() -> int:
    """Batches that a crash left in the middle are marked `refused`, with the sentence that nothing was written; how
    many. A batch that another process is working on is left alone, and so are all files under way as long as there is
    one: any of them may be its. Called when the site starts."""
    marked, at_work = 0, False
    for batch in _interrupted():
        try:
            with _held(batch):
                error = BatchInterrupted(file=batch.file_name)
                with transaction.atomic():
                    _refuse(batch, error)
                    record(actor=None, action="registry.batch_interrupted", subject=batch)
                marked += 1
        except BatchNotReady:
            at_work = True
    if folder().exists() and not at_work:
        for leftover in folder().glob("incoming-*"):
            leftover.unlink(missing_ok=True)
    return marked


def _interrupted() -> Iterable[ImportBatch]:
    """Batches in the middle of their work, and those waiting for a task that nobody holds any more."""
    if "registry_importbatch" not in connection.introspection.table_names():
        return []  # a house that was never prepared
    queued = set()
    ours = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path__startswith=__name__)
    for arguments in ours.values_list("args_kwargs", flat=True):
        queued.update(arguments.get("args", ()))
    open_ones = ImportBatch.objects.filter(state__in=(State.WAITING, *BUSY))
    return [b for b in open_ones if b.state != State.WAITING or b.pk not in queued]


def too_large(size: int) -> bool:
    """Whether an upload of so many bytes is refused before a byte of it is kept."""
    return size > MAX_BYTES
