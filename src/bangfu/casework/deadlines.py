"""The days of a case: from which a forward move is lawful, and by which it is due. Worked out from the procedure's
clocks and the course the case has run, at every move."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bangfu.casework import clocks
from bangfu.casework.clocks import Calendar
from bangfu.casework.courses import Course
from bangfu.casework.procedures import MoveKind, Procedure, Span, Step

OPENED = "opened"


@dataclass(frozen=True)
class Deadlines:
    """`not_before` is the last of the minima that run, `due_on` the first of the maxima; None: there is none."""

    not_before: date | None = None
    due_on: date | None = None


def deadlines(
    procedure: Procedure, step: Step, course: Course, calendar: Calendar, *, round_due: date | None = None
) -> Deadlines:
    """Of a case that has come to `step` by `course` (its last transition leads there). An end has none. `round_due` is
    the day that was set to the round the case belongs to. Raises HolidaysUnknown."""
    if step.is_end:
        return Deadlines()
    earliest, latest = [], [round_due] if round_due else []
    for span, since in _running(step, course):
        if (day := clocks.not_before(span, since, calendar)) is not None:
            earliest.append(day)
        if (day := clocks.due(span, since, calendar)) is not None:
            latest.append(day)
    latest += [
        clocks.add(course[0].on, whole.maximum, whole.unit, calendar)
        for whole in procedure.whole
        if completed_on(procedure, course, whole.to) is None
    ]
    return Deadlines(max(earliest, default=None), min(latest, default=None))


def _running(step: Step, course: Course) -> Iterator[tuple[Span, date]]:
    """The clocks of the step, each with the day it started; one whose step was never completed does not run."""
    for span in step.clocks:
        if span.since == OPENED:
            yield span, course[0].on
        elif not span.since:
            yield span, course[-1].on
        elif (day := _left_on(course, span.since)) is not None:
            yield span, day


def _left_on(course: Course, step_id: str) -> date | None:
    """The day on which the case last went forward from a step."""
    days = [passed.on for passed in course if passed.from_step == step_id and passed.kind == MoveKind.FORWARD]
    return days[-1] if days else None


def completed_on(procedure: Procedure, course: Course, step_id: str) -> date | None:
    """The day on which a step was completed for good: went forward, and was not sent back to it or before it since."""
    order = {step.id: number for number, step in enumerate(procedure.steps)}
    done: date | None = None
    for passed in course:
        if passed.kind == MoveKind.FORWARD:
            if passed.from_step == step_id:
                done = passed.on
        elif order.get(passed.to_step, len(order)) <= order.get(step_id, -1):
            done = None
    return done
