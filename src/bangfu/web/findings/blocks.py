"""What other pages say of findings: the home page of an officer, the page of a household."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from bangfu.findings import selectors
from bangfu.registry.models import Household
from bangfu.rulebook import services as rulebook
from bangfu.web.findings.rows import row_of
from bangfu.web.guard import officer_of


def my_findings(request: HttpRequest) -> str:
    """The findings that lie with the officer, what is due first; "" when there is nothing to do."""
    officer = officer_of(request)
    if not officer.has_perm("findings.view"):
        return ""
    today = timezone.localdate()
    work = selectors.work_of(officer, today)
    if not (work.assigned or work.with_nobody or work.rule_wrong):
        return ""
    book = rulebook.book() if work.urgent else None
    rows = [row_of(finding, book, today) for finding in work.urgent] if book else []
    return render_to_string("findings/parts/home.html", {"work": work, "rows": rows}, request)


def findings_of(request: HttpRequest, household: Household) -> list[Any]:
    """The live findings of a household as rows, for its page."""
    officer = officer_of(request)
    if not officer.has_perm("findings.view"):
        return []
    found = selectors.of_household(officer, household.pk)
    return [row_of(finding, rulebook.book(), timezone.localdate()) for finding in found]
