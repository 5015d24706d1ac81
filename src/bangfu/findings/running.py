"""A screening from beginning to end: snapshot, rules, findings. As a background task of a page, as a step of the day,
and at once for the sample county.

    waiting -> snapshot -> screening -> absorbing -> done
                 (any of them) -> failed, with the reason; nothing was registered
"""

import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.errors import BangfuError
from bangfu.common.locks import held
from bangfu.findings import errors, outside, services
from bangfu.findings.models import Run
from bangfu.findings.reading import code_of
from bangfu.rulebook import services as rulebook
from bangfu.screening.engine import screen
from bangfu.snapshot import services as snapshots

State = Run.State
logger = logging.getLogger(__name__)
Progress = Callable[[str], None]


def folder() -> Path:
    return Path(settings.HOME) / "screenings"


def outcomes_of(run: Run) -> Path:
    """Where the rows of a run lie."""
    return folder() / run.outcomes


def start(*, by: Officer, area: Area | None, as_of: date) -> Run:
    """Begin a run in the background. Raises NotAllowed, DayInFuture, RunBusy."""
    with transaction.atomic():
        run = services.open_run(by=by, area=area, as_of=as_of)
        # After the transaction: a worker must not look for a run that is not there yet.
        transaction.on_commit(lambda: run_in_background.enqueue(run.pk))
    return run


def run_now(
    *, by: Officer | None = None, area: Area | None = None, as_of: date, progress: Progress = lambda _step: None
) -> Run:
    """The same at once. Whatever is refused is said by the run and raised."""
    run = services.open_run(by=by, area=area, as_of=as_of)
    _work(run, progress)
    return run


@task()
def run_in_background(run_id: int) -> None:
    run = Run.objects.select_related("started_by", "area").get(pk=run_id)
    language = run.started_by.language if run.started_by else settings.LANGUAGE_CODE
    with translation.override(language):
        try:
            _work(run, lambda _step: None)
        except BangfuError:
            logger.info("run %s was refused", run_id)  # the run itself says why


def _work(run: Run, progress: Progress) -> None:
    with held(folder() / f"lock-{run.pk}") as ours:
        if not ours or run.state != State.WAITING:
            raise errors.RunBusy(area=run.area.name if run.area else translation.gettext("全部区域"))
        try:
            _go(run, progress)
        except BangfuError as error:
            services.fail_run(run, error)
            raise
        except Exception as error:
            logger.exception("run %s failed", run.pk)
            failure = errors.RunFailed(run=run.pk)
            services.fail_run(run, failure)
            raise failure from error


def _go(run: Run, progress: Progress) -> None:
    def enter(state: State) -> None:
        services.move_run(run, state)
        progress(str(state.label))

    enter(State.SNAPSHOT)
    snapshot = snapshots.take(run.as_of, by=run.started_by)
    services.move_run(run, State.SCREENING, snapshot=snapshot.folder.name, taken_at=snapshot.manifest.taken_at)
    progress(str(State.SCREENING.label))
    place = code_of(run.area)
    out = folder() / f"run-{run.pk}-{timezone.localtime():%Y%m%d%H%M%S}"
    with outside.for_run(snapshot, run.as_of, place) as lists:
        outcomes = screen(snapshot, rulebook.book(place), as_of=run.as_of, place=place, out=out, lists=lists)
    enter(State.ABSORBING)
    services.absorb(outcomes, by=run.started_by, run=run)


def recover() -> int:
    """Runs that a crash left in the middle are marked failed, with the sentence that nothing was registered; how many.
    One that another process is working on is left alone. Called when the site starts."""
    if Run._meta.db_table not in connection.introspection.table_names():
        return 0  # a house that was never prepared
    queued = set()
    for arguments in DBTaskResult.objects.filter(
        status=TaskResultStatus.READY, task_path=run_in_background.module_path
    ).values_list("args_kwargs", flat=True):
        queued.update(arguments.get("args", ()))
    marked = 0
    for run in Run.objects.filter(state__in=services.BUSY):
        if run.state == State.WAITING and run.pk in queued:
            continue
        with held(folder() / f"lock-{run.pk}") as ours:
            if ours:
                services.fail_run(run, errors.RunInterrupted(run=run.pk))
                marked += 1
    return marked
