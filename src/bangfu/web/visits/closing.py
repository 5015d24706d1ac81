"""Where a visit leads back to: the finding it looked into, the case whose checks it answers."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bangfu.accounts.models import Officer
from bangfu.casework import visited as of_cases
from bangfu.casework.models import Case
from bangfu.findings import visited as of_findings
from bangfu.visits.models import Visit
from bangfu.visits.policy import RIGHT
from bangfu.web.guard import needs, officer_of


def back_from(officer: Officer, visit: Visit) -> dict[str, str] | None:
    """The page that a visit was made for, with what is to be done there; None for none, or none that may be seen."""
    if finding := of_findings.finding_of(officer, visit.about):
        return {"url": f"{reverse('finding', args=[finding.pk])}#visits", "label": _("回到疑点，登记核实结果")}
    if case := of_cases.case_of(officer, visit.about):
        return {"url": f"{reverse('case', args=[case.pk])}#act", "label": _("回到案卷，采用核查答复")}
    return None


def of_case(officer: Officer, case: Case) -> dict[str, Any] | None:
    """For the page of a case: where its checks are looked at in the home, and what the latest visit answers; None at
    a step that nobody visits for."""
    checklist = of_cases.checklist_for(case)
    if not checklist or not officer.has_perm("visits.view"):
        return None
    url = ""
    if officer.may(RIGHT, case.place):
        query = {"household": case.household_id, "checklist": checklist, "about": of_cases.key_of(case)}
        url = f"{reverse('visit-new')}?{urlencode(query)}"
    return {"offer": of_cases.offer(officer, case), "visit_url": url}


@needs("visits.view")
@require_POST
def take_for_case(request: HttpRequest, case: int) -> HttpResponse:
    """What the latest visit answers becomes what the case's checks rest on, in the name of the officer who says so."""
    officer = officer_of(request)
    rows = Case.objects.visible_to(officer).select_related("version", "village", "household")
    found = get_object_or_404(rows, pk=case)
    taken = of_cases.take(case=found, by=officer)
    if taken:
        messages.success(request, _("已采用入户核实的 {number} 项答复。").format(number=len(taken)))
    else:
        messages.info(request, _("没有可采用的答复。"))
    return redirect(f"{reverse('case', args=[found.pk])}#act")
