"""What other pages say of cases: the home page of an officer, the pages of a household and of a finding."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from bangfu.casework import lists, selectors
from bangfu.casework.procedures import Channel, Procedure
from bangfu.casework.sources import confirmed
from bangfu.findings.models import Finding
from bangfu.registry.models import Household
from bangfu.web.casework.rows import rows_of
from bangfu.web.guard import officer_of


def my_cases(request: HttpRequest) -> str:
    """What the officer must do today, what is late below them, and applications nobody took up; "" for nothing."""
    officer, today = officer_of(request), timezone.localdate()
    if not officer.has_perm("cases.act"):
        return ""
    work = lists.lying_with(officer, today)
    if not work:
        return ""
    context = {"cases": work, "applications": work.applications, "rows": rows_of(work.urgent, today)}
    return render_to_string("casework/parts/home.html", context, request)


def cases_of(request: HttpRequest, household: Household) -> list[Any]:
    """The cases of a household as rows, for its page."""
    officer = officer_of(request)
    if not officer.has_perm("cases.view"):
        return []
    return rows_of(selectors.of_household(officer, household.pk), timezone.localdate())


def cases_of_finding(request: HttpRequest, finding: Finding) -> tuple[list[Any], list[Procedure]]:
    """The cases that came of a finding, and the procedures by which the officer may open one from it."""
    officer = officer_of(request)
    if not officer.has_perm("cases.view"):
        return [], []
    rows = rows_of(selectors.of_finding(officer, finding), timezone.localdate())
    if not officer.has_perm("cases.act") or any(row["case"].running for row in rows) or not confirmed(finding):
        return rows, []
    return rows, selectors.may_open(officer, finding.village, Channel.FINDING, finding=finding)
