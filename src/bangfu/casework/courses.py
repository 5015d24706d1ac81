"""The course a case has run: its transitions, read for many cases at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from bangfu.casework.models import CaseTransition, ProcedureVersion
from bangfu.casework.procedures import MoveKind, Procedure

# The kind of the first transition, which no procedure names: the opening.
OPENED = "open"


class Passed(NamedTuple):
    """One transition. `level` is that of the step it left; of the opening, that of the post."""

    number: int
    move: str
    kind: str
    from_step: str
    to_step: str
    level: int
    actor_id: int | None
    on: date


Course = Sequence[Passed]


def courses(case_ids: Iterable[int]) -> Mapping[int, Course]:
    """The transitions of these cases, each in order. A case always has its opening."""
    found: dict[int, list[Passed]] = defaultdict(list)
    rows = (
        CaseTransition.objects.filter(case_id__in=list(case_ids))
        .order_by("case_id", "number")
        .values_list("case_id", *Passed._fields)
    )
    for case_id, *row in rows:
        found[case_id].append(Passed(*row))
    return found


def handed_in_by(procedure: Procedure, course: Course) -> set[int]:
    """Who proposed: whoever opened the case and whoever handed it in."""
    return {
        passed.actor_id
        for passed in course
        if passed.actor_id is not None and (passed.kind == OPENED or _marked(procedure, passed, "hands_in"))
    }


def approved_by(procedure: Procedure, course: Course) -> Mapping[int, set[int]]:
    """The levels at which each officer approved."""
    return _levels(p for p in course if _marked(procedure, p, "approves"))


def forwarded_by(course: Course) -> Mapping[int, set[int]]:
    """The levels at which each officer moved the case forward."""
    return _levels(p for p in course if p.kind == MoveKind.FORWARD)


def _levels(course: Iterable[Passed]) -> Mapping[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for passed in course:
        if passed.actor_id is not None:
            found[passed.actor_id].add(passed.level)
    return found


def _marked(procedure: Procedure, passed: Passed, mark: str) -> bool:
    step = procedure.by_id.get(passed.from_step)
    move = step.move(passed.move) if step else None
    return move is not None and bool(getattr(move, mark))


def read_versions(ids: Iterable[int]) -> Mapping[int, ProcedureVersion]:
    """Versions by id, each parsed at most once however many cases began with it."""
    return ProcedureVersion.objects.in_bulk(set(ids))
