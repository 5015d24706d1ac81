"""Questions about cases: how many stand where, what lies with an officer, what may be opened. Every answer starts at
`visible_to`."""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q, QuerySet

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.casework import lists, loading
from bangfu.casework.acting import opening_post
from bangfu.casework.models import BulkMove, Case, CaseTransition, Objection, Round
from bangfu.casework.procedures import Channel, Procedure, Step
from bangfu.casework.sources import takes
from bangfu.common.places import Viewer
from bangfu.findings.models import Finding
from bangfu.registry.intake.remembering import unpack


@dataclass
class AtStep:
    """Running cases at a step of a procedure: how many, due soon and late among them."""

    step: Step
    number: int = 0
    due_soon: int = 0
    late: int = 0


@dataclass
class Board:
    """A procedure with the cases at each of its steps, in the procedure's order; `granted` and `ended` are the closed
    ones. Cases of older versions count at the step of the same id, or stand behind the latest version's steps."""

    procedure: Procedure
    steps: list[AtStep] = field(default_factory=list)
    granted: int = 0
    ended: int = 0

    @property
    def running(self) -> int:
        return sum(each.number for each in self.steps)

    @property
    def late(self) -> int:
        return sum(each.late for each in self.steps)

    @property
    def due_soon(self) -> int:
        return sum(each.due_soon for each in self.steps)


def boards(viewer: Viewer, area: Area | None, day: date) -> list[Board]:
    """Every procedure that has cases in an area (None: all that the viewer may see), with its steps. Three queries,
    however many cases there are."""
    rows = Case.objects.visible_to(viewer)
    if area:
        rows = rows.inside(area)
    running = (
        rows.running()
        .order_by("procedure", "-version_id")
        .values("procedure", "version_id", "step")
        .annotate(
            number=Count("pk"),
            due_soon=Count("pk", filter=lists.by_clock(lists.DUE_SOON, day)),
            late=Count("pk", filter=lists.by_clock(lists.LATE, day)),
        )
    )
    closed = (
        rows.filter(closed_on__isnull=False)
        .order_by("procedure", "-version_id")
        .values("procedure", "version_id")
        .annotate(granted_number=Count("pk", filter=Q(granted=True)), number=Count("pk"))
    )
    read = lists.versions()
    found: dict[str, Board] = {}
    counted, ended = list(running), list(closed)
    for row in sorted([*counted, *ended], key=lambda each: (each["procedure"], -each["version_id"])):
        _add_version(found, read[row["version_id"]])
    for row in ended:
        board = found[row["procedure"]]
        board.granted += row["granted_number"]
        board.ended += row["number"] - row["granted_number"]
    for row in counted:
        at = next(each for each in found[row["procedure"]].steps if each.step.id == row["step"])
        at.number += row["number"]
        at.due_soon += row["due_soon"]
        at.late += row["late"]
    return [found[id] for id in sorted(found)]


def _add_version(found: dict[str, Board], procedure: Procedure) -> None:
    """The steps of a version that its board does not have yet."""
    board = found.setdefault(procedure.id, Board(procedure))
    there = {each.step.id for each in board.steps}
    board.steps += [AtStep(step) for step in procedure.steps if not step.is_end and step.id not in there]


def course_of(viewer: Viewer, case: Case) -> list[CaseTransition]:
    """The transitions of a case, the first first."""
    rows = CaseTransition.objects.visible_to(viewer).filter(case=case).select_related("actor")
    return list(rows.order_by("number"))


def of_household(viewer: Viewer, household_id: int) -> list[Case]:
    """The cases of a household, running ones first, then the latest."""
    rows = Case.objects.visible_to(viewer).filter(household_id=household_id).defer("facts").order_by("-pk")
    return sorted(lists.with_procedures(rows), key=lambda case: not case.running)


def of_finding(viewer: Viewer, finding: Finding) -> list[Case]:
    """The cases that were opened from a finding, the latest first."""
    rows = Case.objects.visible_to(viewer).filter(finding=finding).defer("facts").order_by("-pk")
    return lists.with_procedures(rows)


def may_open(officer: Officer, village: Area, channel: Channel, *, finding: Finding | None = None) -> list[Procedure]:
    """The procedures by which the officer may open a case there, coming by that channel; from a finding those that take
    its rule."""
    return [
        procedure
        for procedure in loading.procedures(village.code).values()
        if channel in procedure.opening.channels
        and opening_post(officer, procedure, village.place) is not None
        and (finding is None or takes(procedure, finding))
    ]


def refusals(bulk: BulkMove) -> list[tuple[int, str]]:
    """The cases that a bulk move did not move, with the reason in the reader's language."""
    found = []
    for each in bulk.refused:
        error = unpack(each["code"], each["facts"])
        found.append((int(each["case"]), error.message if error else each["code"]))
    return found


def left_out(round: Round) -> list[tuple[str, str]]:
    """Of whom a round opened no case, with the reason in the reader's language."""
    found = []
    for each in round.left_out:
        error = unpack(each["code"], each["facts"])
        found.append((str(each["name"]), error.message if error else each["code"]))
    return found


def objections_against(case: Case) -> QuerySet[Objection]:
    """Those against a case that the viewer may see, and those against a whole list on which it stands."""
    against = Q(case=case) | Q(case=None, posting__in=case.postings.all())
    return Objection.objects.filter(against).select_related("posting").order_by("raised_on", "pk")
