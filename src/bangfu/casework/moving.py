"""Moving cases: the only code that writes where a case stands. One case or thousands go the same way: locked, asked for
everything that stands in the way, then moved together, each with its transition and its entry in the trail."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.audit.services import record_many
from bangfu.casework import checks, clocks, errors, freezing, obstacles, recognising
from bangfu.casework.acting import post_for
from bangfu.casework.courses import Course, Passed, courses, read_versions
from bangfu.casework.deadlines import Deadlines, deadlines
from bangfu.casework.freezing import Difference
from bangfu.casework.models import Case, CaseTransition, ProcedureVersion
from bangfu.casework.obstacles import Press
from bangfu.casework.procedures import Move, MoveKind, Step
from bangfu.casework.texts import plain
from bangfu.common.errors import BangfuError

REASON_LIMIT = 400
BATCH = 500


@dataclass
class MoveReport:
    """The cases that went on, and those that did not with everything that stood in the way."""

    moved: list[int] = field(default_factory=list)
    refused: dict[int, Sequence[BangfuError]] = field(default_factory=dict)


@dataclass(frozen=True)
class Possible:
    """A move of the step where a case stands, and what stands against it today. What the officer has yet to type
    (answers, a reason, that changes were noted) is no obstacle."""

    move: Move
    obstacles: Sequence[BangfuError]

    @property
    def allowed(self) -> bool:
        return not self.obstacles


@dataclass
class Ready:
    """Cases of one step for which nothing stands in the way of a move, with what is kept of it."""

    press: Press
    cases: list[Case]
    answers: dict[str, Any]
    changed: Mapping[int, Sequence[Difference]]
    deadlines: Mapping[int, Deadlines]


def move(
    *,
    case_id: int,
    move: str,
    by: Officer,
    on: date | None = None,
    reason: str = "",
    answers: Mapping[str, Any] | None = None,
    seen: int | None = None,
    noted: bool = False,
) -> Case:
    """Take a case along a move of the step where it stands, dated `on` (today). `seen` is `case.moves` when the officer
    opened the form; `noted`: the officer has seen what changed since the case was handed in.

    Raises the first thing that stands in the way: CaseMoved when somebody else was first, MoveNotThere, NotYourStep …
    """
    report = move_many(
        case_ids=[case_id],
        move=move,
        by=by,
        on=on,
        reason=reason,
        answers=answers,
        seen=None if seen is None else {case_id: seen},
        noted=noted,
    )
    for faults in report.refused.values():
        raise faults[0]
    moved: Case = Case.objects.select_related("version", "household", "village").get(pk=case_id)
    return moved


@transaction.atomic
def move_many(
    *,
    case_ids: Sequence[int],
    move: str,
    by: Officer,
    on: date | None = None,
    reason: str = "",
    answers: Mapping[str, Any] | None = None,
    seen: Mapping[int, int] | None = None,
    noted: bool = False,
) -> MoveReport:
    """The same for many cases: those for which nothing stands in the way go on, the others stay and the report says
    why. Raises TextTooLong for a reason that is too long for all."""
    on = on or timezone.localdate()
    reason = plain(reason, REASON_LIMIT, _("说明"))
    report = MoveReport()
    held = _held(case_ids)
    report.refused.update({pk: [errors.CaseUnknown(case=pk)] for pk in case_ids if pk not in held})
    told = courses(held)
    ready = []
    for (version, step_id), cases in _grouped(held.values()).items():
        step = version.read.step(step_id)
        going = _still_there(cases, step, move, seen or {}, report)
        wanted = step.move(move)
        if not going or wanted is None:
            continue
        press = Press(version.read, step, wanted, by, on, reason, answers or {})
        ready.append(_asked(going, press, told, noted, report))
    for each in ready:
        _go(each, report)
    return report


def possible(case: Case, officer: Officer) -> list[Possible]:
    """Every move of the step where the case stands, with what stands against it for this officer today."""
    procedure = case.version.read
    step = procedure.step(case.step)
    today = timezone.localdate()
    told = courses([case.pk])
    found = []
    for each in step.moves:
        press = Press(procedure, step, each, officer, today)
        found.append(Possible(each, obstacles.standing([case], press, told)[case.pk]))
    return found


# --- asking ----------------------------------------------------------------------------------------------------------


def _held(case_ids: Iterable[int]) -> dict[int, Case]:
    """The cases as they are now, nobody else moving them until the end; locked in one order, so that two who press
    for the same cases wait for each other instead of for ever."""
    rows = Case.objects.select_for_update(of=("self",)).select_related("household", "village", "round")
    held = {case.pk: case for case in rows.filter(pk__in=set(case_ids)).order_by("pk")}
    versions = read_versions(case.version_id for case in held.values())
    for case in held.values():
        case.version = versions[case.version_id]
    return held


def _grouped(cases: Iterable[Case]) -> Mapping[tuple[ProcedureVersion, str], list[Case]]:
    found: dict[tuple[ProcedureVersion, str], list[Case]] = defaultdict(list)
    for case in cases:
        found[case.version, case.step].append(case)
    return found


def _still_there(
    cases: Iterable[Case], step: Step, move: str, seen: Mapping[int, int], report: MoveReport
) -> list[Case]:
    """The cases that still stand where the officer saw them and from where the move leads on."""
    going = []
    for case in cases:
        if seen.get(case.pk, case.moves) != case.moves:
            report.refused[case.pk] = [errors.CaseMoved(case_no=case.case_no, step=step.label)]
        elif case.closed_on is not None:
            report.refused[case.pk] = [errors.CaseClosed(case_no=case.case_no, day=case.closed_on, step=step.label)]
        elif step.move(move) is None:
            moves = "、".join(str(each.label) for each in step.moves)
            fault = errors.MoveNotThere(case_no=case.case_no, step=step.label, move=move, moves=moves)
            report.refused[case.pk] = [fault]
        else:
            going.append(case)
    return going


def _asked(cases: Sequence[Case], press: Press, told: Mapping[int, Course], noted: bool, report: MoveReport) -> Ready:
    """Those of the cases for which nothing stands in the way; what does goes to the report."""
    reckon = Reckoner(press)
    kept, faults = obstacles.typed(press)
    found = obstacles.standing(cases, press, told)
    changed = freezing.changes_of(cases) if press.move.approves else {}
    going = []
    for case in cases:
        against = [*obstacles.day_before_last(case, press, told[case.pk]), *found[case.pk], *faults]
        if case.pk in changed and not noted:
            against.append(obstacles.facts_changed(case, changed[case.pk]))
        if not against:
            against = reckon.faults(case, told[case.pk])
        if against:
            report.refused[case.pk] = against
        else:
            going.append(case)
    return Ready(press, going, kept, changed, reckon.found)


class Reckoner:
    """The days of cases at the step they are about to come to. Thousands of cases share a few courses' days."""

    def __init__(self, press: Press) -> None:
        self.press = press
        self.calendar = clocks.calendar()
        self.found: dict[int, Deadlines] = {}

    def faults(self, case: Case, course: Course) -> list[BangfuError]:
        """Reckons the days of a case; what is needed for it and not known (the holidays of a year) is its fault."""
        press = self.press
        last = Passed(
            case.moves + 1,
            press.move.id,
            press.move.kind,
            press.step.id,
            press.move.to,
            press.step.level,
            press.by.pk,
            press.on,
        )
        round_due = case.round.due_on if case.round else None
        try:
            self.found[case.pk] = deadlines(
                press.procedure, press.target, [*course, last], self.calendar, round_due=round_due
            )
        except BangfuError as error:
            return [error]
        return []


# --- going -----------------------------------------------------------------------------------------------------------


def _go(ready: Ready, report: MoveReport) -> None:
    """Moves the cases together. Should the end of one of them turn out impossible, the rest go on without it."""
    if not ready.cases:
        return
    try:
        with transaction.atomic():
            _write(ready)
    except BangfuError as error:
        if len(ready.cases) == 1:
            report.refused[ready.cases[0].pk] = [error]
            return
        half = len(ready.cases) // 2
        for part in (ready.cases[:half], ready.cases[half:]):
            again = _held(case.pk for case in part)
            _go(replace(ready, cases=list(again.values())), report)
    else:
        report.moved += [case.pk for case in ready.cases]


def _write(ready: Ready) -> None:
    """Everything that a move is: the case, its transition, what the end makes of the household, the trail."""
    press, target = ready.press, ready.press.target
    if press.move.kind is MoveKind.FORWARD:
        checks.keep(ready.cases, press.step, press.on, press.by)
    _advance(ready)
    _leave_transitions(ready)
    if target.is_end:
        recognising.apply_effects([(case, target) for case in ready.cases], on=press.on, by=press.by)
    record_many(
        actor=press.by,
        action="case.moved",
        deeds=[
            (
                case,
                {
                    "case_no": case.case_no,
                    "move": press.move.id,
                    "from_step": press.step.id,
                    "to_step": target.id,
                    "on": press.on,
                    "reason": press.reason,
                },
            )
            for case in ready.cases
        ],
    )


def _advance(ready: Ready) -> None:
    press, target = ready.press, ready.press.target
    values: dict[str, Any] = {"step": target.id, "step_since": press.on, "level": target.level}
    if target.is_end:
        values |= {"closed_on": press.on, "granted": target.granted, "effect": target.effect}
    by_days: dict[Deadlines, list[int]] = defaultdict(list)
    for case in ready.cases:
        by_days[ready.deadlines[case.pk]].append(case.pk)
    for days, ids in by_days.items():
        values_of_days = {"not_before": days.not_before, "due_on": days.due_on}
        Case.objects.filter(pk__in=ids).update(**values, **values_of_days, moves=F("moves") + 1)
    if press.move.hands_in:
        freezing.freeze(ready.cases, press.on)
        Case.objects.bulk_update(ready.cases, ["facts", "facts_hash", "facts_on"], batch_size=BATCH)
    for case in ready.cases:
        case.moves += 1
        case.not_before, case.due_on = ready.deadlines[case.pk].not_before, ready.deadlines[case.pk].due_on
        for name, value in values.items():
            setattr(case, name, value)


def _leave_transitions(ready: Ready) -> None:
    press, at = ready.press, timezone.now()
    rows = []
    for case in ready.cases:
        post = post_for(press.by, press.step, case.place)
        rows.append(
            CaseTransition(
                case=case,
                number=case.moves,
                move=press.move.id,
                kind=press.move.kind,
                from_step=press.step.id,
                to_step=press.target.id,
                level=press.step.level,
                role=post.role_id if post else "",
                actor=press.by,
                on=press.on,
                at=at,
                reason=press.reason,
                answers=ready.answers,
                noted=[each.packed() for each in ready.changed.get(case.pk, ())],
            )
        )
    CaseTransition.objects.bulk_create(rows, batch_size=BATCH)
