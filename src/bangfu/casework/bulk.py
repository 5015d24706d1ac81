"""Many cases through one step in one go, in the background: verbs of `casework.services` in a file of their own.

    waiting -> running -> done
             (a fault of the system) -> failed; what was moved before stays moved

Slice by slice: the moves of a slice and the progress are one transaction, so that nothing is lost or done twice when
the machine goes out; `recover` then goes on where it stopped. Every case is asked for everything, like a single one.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_tasks import task

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.audit.services import record
from bangfu.casework import errors, moving
from bangfu.casework.background import ours, queue_again
from bangfu.casework.courses import read_versions
from bangfu.casework.models import BulkMove, Case
from bangfu.casework.policy import policy
from bangfu.casework.texts import plain
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.registry.intake.remembering import pack

State = BulkMove.State
KIND = "bulk"
PART = 250
logger = logging.getLogger(__name__)


def start_bulk(
    *,
    by: Officer,
    case_ids: Sequence[int],
    move: str,
    on: date | None = None,
    reason: str = "",
    answers: Mapping[str, Any] | None = None,
) -> BulkMove:
    """Move these cases in the background. Raises BulkEmpty, BulkTooMany, BulkMixed, NotAllowed, MoveNotThere,
    DayInFuture, TextTooLong; what stands against single cases is said by the bulk move when it is done."""
    ids = sorted(set(case_ids))
    if not ids:
        raise errors.BulkEmpty()
    if len(ids) > policy().most_at_once:
        raise errors.BulkTooMany(number=len(ids), limit=policy().most_at_once)
    on = on or timezone.localdate()
    if on > timezone.localdate():
        raise errors.DayInFuture(day=on)
    with transaction.atomic():
        procedure, step, place = _together(by, ids, move)
        made: BulkMove = BulkMove.objects.create(
            procedure=procedure,
            step=step,
            move=move,
            place=place,
            case_ids=ids,
            on=on,
            reason=plain(reason, moving.REASON_LIMIT, _("说明")),
            answers=dict(answers or {}),
            started_by=by,
        )
        record(actor=by, action="cases.bulk_started", subject=made, procedure=procedure, step=step, count=len(ids))
        # After the transaction: a worker must not look for what is not there yet.
        transaction.on_commit(lambda: run_in_background.enqueue(made.pk))
    return made


def _together(by: Officer, ids: Sequence[int], move: str) -> tuple[str, str, int]:
    """Procedure and step that all of the cases share, and the place under which the bulk move is kept: that of the
    officer's area. Raises BulkMixed, NotAllowed, MoveNotThere."""
    rows = list(Case.objects.filter(pk__in=ids).values_list("procedure", "step", "place", "version_id", "case_no"))
    if not rows:
        raise errors.BulkEmpty()
    if len({row[:2] for row in rows}) > 1:
        raise errors.BulkMixed()
    areas = [post.area for post in by.posts_on() if "cases.bulk" in post.rights] if by.is_active else []
    if not all(any(area.reach.holds(row[2]) for area in areas) for row in rows):
        raise NotAllowed(right=rights()["cases.bulk"].label)
    procedure, step_id, place, version_id, case_no = rows[0]
    step = read_versions([version_id])[version_id].read.step(step_id)
    if step.move(move) is None:
        moves = "、".join(str(each.label) for each in step.moves)
        raise errors.MoveNotThere(case_no=case_no, step=step.label, move=move, moves=moves)
    return procedure, step_id, next(area.place for area in areas if area.reach.holds(place))


@task()
def run_in_background(pk: int) -> None:
    bulk = BulkMove.objects.select_related("started_by").get(pk=pk)
    with translation.override(bulk.started_by.language):
        try:
            run_bulk(pk)
        except BangfuError:
            logger.info("bulk move %s was refused", pk)  # it says itself why


def run_bulk(pk: int) -> BulkMove:
    """Work through a bulk move, from where it stands to its end. Raises BulkBusy, BulkFailed."""
    with ours(KIND, pk) as free:
        if not free:
            raise errors.BulkBusy(bulk=pk)
        bulk: BulkMove = BulkMove.objects.select_related("started_by").get(pk=pk)
        if bulk.state not in (State.WAITING, State.RUNNING):
            raise errors.BulkBusy(bulk=pk)
        _enter(bulk, State.RUNNING)
        try:
            while bulk.done < len(bulk.case_ids):
                _slice(bulk)
        except Exception as error:
            logger.exception("bulk move %s failed", pk)
            bulk.refresh_from_db()  # the slice was taken back, and with it what we counted of it
            _end(bulk, State.FAILED)
            raise errors.BulkFailed(bulk=pk, moved=bulk.moved) from error
        _end(bulk, State.DONE)
    return bulk


@transaction.atomic
def _slice(bulk: BulkMove) -> None:
    first = bulk.done
    report = moving.move_many(
        case_ids=bulk.case_ids[first : first + PART],
        move=bulk.move,
        by=bulk.started_by,
        on=bulk.on,
        reason=bulk.reason,
        answers=bulk.answers,
    )
    bulk.moved += len(report.moved)
    bulk.refused = [
        *bulk.refused,
        *(
            {"case": pk, "code": faults[0].code, "facts": pack(faults[0].facts)}
            for pk, faults in report.refused.items()
        ),
    ]
    bulk.save(update_fields=["moved", "refused"])


def _enter(bulk: BulkMove, state: State) -> None:
    bulk.state = state
    bulk.save(update_fields=["state"])


@transaction.atomic
def _end(bulk: BulkMove, state: State) -> None:
    bulk.state, bulk.finished_at = state, timezone.now()
    bulk.save(update_fields=["state", "finished_at"])
    record(
        actor=bulk.started_by,
        action="cases.bulk_finished",
        subject=bulk,
        result=str(state),
        moved=bulk.moved,
        refused=len(bulk.refused),
    )


def recover() -> int:
    """Bulk moves that a crash left in the middle are queued again and go on where they stopped; how many. One that
    another process is working on, or that is queued, is left alone. Called when the worker starts."""
    return queue_again(run_in_background, BulkMove.objects.filter(state__in=(State.WAITING, State.RUNNING)), KIND)
