"""The list of findings."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bangfu.common.paging import counted
from bangfu.findings import lists
from bangfu.rulebook import services as rulebook
from bangfu.web.findings.filters import read_filter
from bangfu.web.findings.rows import row_of
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.listing import heads, page_of
from bangfu.web.scope import scope_of


@needs("findings.view")
@require_safe
def finding_list(request: HttpRequest) -> HttpResponse:
    """Findings by area, rule, severity, state and age, found by person or number; htmx gets the rows alone."""
    scope = scope_of(request, "findings.view")
    book, today = rulebook.book(), timezone.localdate()
    form = read_filter(request, book)
    wanted = form.wanted(scope.area)
    rows = lists.findings(officer_of(request), wanted, today)
    shown, context = page_of(request, lambda page: lists.rows_of_page(rows, wanted.order, page), lambda: counted(rows))
    context |= {
        "scope": scope,
        "form": form,
        "wanted": wanted,
        "rows": [row_of(finding, book, today) for finding in shown],
        "heads": heads(request, lists.ORDERS, wanted.order),
    }
    part = "#rows" if asked_by_htmx(request, "rows") else ""
    return render(request, f"findings/finding_list.html{part}", context)
