"""What stands against a move, for one case or thousands: every condition of a step is asked here and nowhere else.

who       the role and level of the step; the proposer never approves; nobody acts at two levels of a case
when      not in the future, not before the last move; not before a legal minimum is over
what      answers, papers; meetings, postings, samples, exit checks, recognition, by their modules (`OBSTACLES`)
frozen    an approval rests on the facts that were handed in; what changed since must be taken note of
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import roles
from bangfu.areas.models import LEVEL_NAMES
from bangfu.casework import answers, checks, errors, freezing, meetings, postings, recognising, sampling
from bangfu.casework.acting import post_for
from bangfu.casework.courses import Course, approved_by, forwarded_by, handed_in_by
from bangfu.casework.freezing import Difference
from bangfu.casework.models import Case, CasePaper
from bangfu.casework.procedures import Move, MoveKind, Procedure, Step, Subject
from bangfu.common.errors import BangfuError

Found = Mapping[int, Sequence[BangfuError]]
Asked = Callable[[Sequence[Case], Step, Move, date], Found]

# How many changes a refusal names.
FEW = 5
# What each module of the room holds against moves, by case; nothing for a case that may go on.
OBSTACLES: tuple[Asked, ...] = (
    meetings.obstacles,
    postings.obstacles,
    sampling.obstacles,
    recognising.obstacles,
    checks.obstacles,
)


@dataclass(frozen=True)
class Press:
    """A move that somebody wants of cases which stand at the same step of the same procedure version."""

    procedure: Procedure
    step: Step
    move: Move
    by: Officer
    on: date
    reason: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> Step:
        return self.procedure.step(self.move.to)

    @property
    def forward(self) -> bool:
        return self.move.kind is MoveKind.FORWARD


def standing(cases: Sequence[Case], press: Press, courses: Mapping[int, Course]) -> dict[int, list[BangfuError]]:
    """What holds whatever the officer types: who, the minimum, papers, and what the modules say; by case."""
    found: dict[int, list[BangfuError]] = defaultdict(list)
    papers = _papers(cases, press) if press.forward else {}
    for case in cases:
        found[case.pk] += _who(case, press, courses[case.pk])
        if press.forward:
            found[case.pk] += _when(case, press)
            found[case.pk] += _of_household(case, press)
            found[case.pk] += papers.get(case.pk, ())
        if press.move.approves:
            found[case.pk] += _frozen(case)
    for ask in OBSTACLES:
        for pk, faults in ask(cases, press.step, press.move, press.on).items():
            found[pk] += faults
    return found


def typed(press: Press) -> tuple[dict[str, Any], list[BangfuError]]:
    """What is wrong with what the officer typed, for all of the cases alike; and the answers as they are kept."""
    kept, faults = answers.read(press.step, press.answers)
    if press.on > timezone.localdate():
        faults.append(errors.DayInFuture(day=press.on))
    if press.move.needs_reason and not press.reason:
        faults.append(errors.ReasonMissing(move=press.move.label))
    faults += answers.against(press.step, press.move, kept)
    return kept, faults


def day_before_last(case: Case, press: Press, course: Course) -> Iterable[BangfuError]:
    """A move is never dated before the one that it follows."""
    last = course[-1].on
    if press.on < last:
        yield errors.DayBeforeLast(day=press.on, case_no=case.case_no, last=last)


def _who(case: Case, press: Press, course: Course) -> Iterable[BangfuError]:
    if post_for(press.by, press.step, case.place) is None:
        yield not_your_step(press.step)
    by = press.by.pk
    if press.move.approves and by in handed_in_by(press.procedure, course):
        yield errors.ProposerApproves(case_no=case.case_no)
    if press.forward:
        elsewhere = approved_by(press.procedure, course).get(by, set())
        if press.move.approves:
            elsewhere = elsewhere | forwarded_by(course).get(by, set())
        if others := elsewhere - {press.step.level}:
            level = LEVEL_NAMES[min(others)]
            yield errors.ActedElsewhere(case_no=case.case_no, level=level)


def not_your_step(step: Step) -> BangfuError:
    return errors.NotYourStep(
        step=step.label,
        level=LEVEL_NAMES.get(step.level, step.level),
        roles="、".join(str(roles()[role].label) for role in step.roles if role in roles()),
    )


def _when(case: Case, press: Press) -> Iterable[BangfuError]:
    if case.not_before is not None and press.on < case.not_before:
        yield errors.TooEarly(case_no=case.case_no, step=press.step.label, day=case.not_before, on=press.on)


def _frozen(case: Case) -> Iterable[BangfuError]:
    if not case.facts_hash:
        yield errors.NotHandedIn(case_no=case.case_no)
    elif not freezing.intact(case):
        yield errors.FactsBroken(case_no=case.case_no)


def facts_changed(case: Case, differences: Sequence[Difference]) -> BangfuError:
    """What has changed since the case was handed in; the first few by name."""
    labels = "、".join(each.label for each in differences[:FEW])
    if len(differences) > FEW:
        labels = gettext("{labels}等 {number} 项").format(labels=labels, number=len(differences))
    return errors.FactsChanged(case_no=case.case_no, labels=labels)


def _of_household(case: Case, press: Press) -> Iterable[BangfuError]:
    """A household that no longer exists goes no further; its case can be withdrawn."""
    if press.procedure.of is Subject.HOUSEHOLD and case.household and case.household.ended_on is not None:
        yield errors.HouseholdEnded(name=case.subject_name, day=case.household.ended_on)


def _papers(cases: Sequence[Case], press: Press) -> Found:
    """Papers that the step wants and that are not there."""
    if not press.step.papers:
        return {}
    rows = (
        CasePaper.objects.filter(case__in=[case.pk for case in cases], step=press.step.id, removed_at=None)
        .order_by()
        .values_list("case_id", "wanted")
        .annotate(number=Count("pk"))
    )
    there = {(pk, wanted): number for pk, wanted, number in rows}
    return {
        case.pk: [
            errors.PaperMissing(paper=wanted.label, minimum=wanted.minimum, found=number)
            for wanted in press.step.papers
            if (number := there.get((case.pk, wanted.id), 0)) < wanted.minimum
        ]
        for case in cases
    }
