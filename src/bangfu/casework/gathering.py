"""Cases taken up together, by a meeting, a posting or a sample: that they belong together, and where."""

from collections.abc import Sequence

from bangfu.areas.models import Area
from bangfu.casework.meeting_errors import CasesNotTogether
from bangfu.casework.models import Case
from bangfu.casework.procedures import Step
from bangfu.common.places import span


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
