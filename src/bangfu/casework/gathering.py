"""Cases taken up together, by a meeting, a posting or a sample: that they belong together, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from bangfu.areas.models import Area
from bangfu.casework.meeting_errors import CasesNotTogether
from bangfu.casework.models import Case, ProcedureVersion
from bangfu.casework.procedures import Procedure, Step, StepKind
from bangfu.common.places import Viewer, span


def step_of(case: Case) -> Step:
    """The step where a case stands, as the procedure version it began with has it."""
    return case.version.read.step(case.step)


def area_at(place: int, level: int) -> Area:
    """The area of a level that holds a place: the township of a village, the village itself."""
    return Area.objects.get(place=place - place % span(level))


def together(cases: Sequence[Case]) -> tuple[Step, Area]:
    """The step and the area of its level that all of the cases share. Raises CasesNotTogether, also for no case."""
    if not cases:
        raise CasesNotTogether(cases="–")
    first = cases[0]
    step = step_of(first)
    width = span(step.level)
    strange = [
        case
        for case in cases
        if (case.procedure, case.step) != (first.procedure, first.step)
        or case.place // width != first.place // width
        or not case.running
    ]
    if strange:
        raise CasesNotTogether(cases="、".join(case.case_no for case in strange[:5]))
    return step, area_at(first.place, step.level)


@dataclass(frozen=True)
class Group:
    """Cases of one procedure that stand at the same step in the same area, waiting to be taken up together."""

    procedure: Procedure
    step: Step
    area: Area
    number: int


def groups_for(viewer: Viewer, kind: StepKind) -> list[Group]:
    """The groups of running cases at steps of a kind, in the viewer's areas; where different versions of a procedure
    meet, the latest describes them. A handful of queries, however many cases there are."""
    rows = (
        Case.objects.visible_to(viewer)
        .running()
        .values("procedure", "step", "level", "version", "place")
        .annotate(number=Count("pk"))
        .order_by("procedure", "step", "-version")
    )
    versions = {v.pk: v.read for v in ProcedureVersion.objects.filter(pk__in={row["version"] for row in rows})}
    counted: dict[tuple[str, str, int], int] = {}
    described: dict[tuple[str, str, int], tuple[Procedure, Step]] = {}
    for row in rows:
        procedure = versions[row["version"]]
        step = procedure.by_id.get(row["step"])
        if step is None or step.kind is not kind:
            continue
        key = (row["procedure"], row["step"], row["place"] - row["place"] % span(step.level))
        counted[key] = counted.get(key, 0) + row["number"]
        described.setdefault(key, (procedure, step))
    areas = {area.place: area for area in Area.objects.filter(place__in={place for _p, _s, place in counted})}
    return [
        Group(*described[key], area=areas[key[2]], number=number)
        for key, number in sorted(counted.items(), key=lambda each: (each[0][2], each[0][:2]))
    ]


def cases_at(viewer: Viewer, procedure: str, step: str, area: Area) -> list[Case]:
    """The running cases of a procedure at a step inside an area, in the viewer's areas, by group and number."""
    found = Case.objects.visible_to(viewer).running().inside(area).filter(procedure=procedure, step=step)
    return list(found.select_related("version", "household__group", "village").order_by("place", "case_no"))
