"""Cases taken up together: the page from which a meeting, a posting or a sample begins."""

from django.http import Http404, HttpRequest

from bangfu.casework.gathering import Group, cases_at, groups_for
from bangfu.casework.models import Case
from bangfu.casework.procedures import StepKind
from bangfu.web.guard import officer_of


def group_of(request: HttpRequest, kind: StepKind) -> tuple[Group, list[Case]]:
    """The group that `?procedure=&step=&area=` names, and its cases; anything else is no page."""
    asked = (request.GET.get("procedure", ""), request.GET.get("step", ""), request.GET.get("area", ""))
    for group in groups_for(officer_of(request), kind):
        if (group.procedure.id, group.step.id, str(group.area.pk)) == asked:
            return group, cases_at(officer_of(request), group.procedure.id, group.step.id, group.area)
    raise Http404


def chosen(request: HttpRequest, cases: list[Case]) -> list[Case]:
    """The cases that were ticked; all of them before anything was sent."""
    if request.method != "POST":
        return cases
    ticked = set(request.POST.getlist("case"))
    return [case for case in cases if str(case.pk) in ticked]
