"""Findings counted by rule and by area."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bangfu.findings import selectors, wording
from bangfu.findings.selectors import Counts, Totals
from bangfu.rulebook import services as rulebook
from bangfu.web.findings.runs import asks_somebody, missing_of, not_run_of
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import without
from bangfu.web.scope import scope_of


@needs("findings.view")
@require_safe
def by_rule(request: HttpRequest) -> HttpResponse:
    """Every rule that found something or could not judge, and those that were not run, with the reason."""
    officer, book = officer_of(request), rulebook.book()
    scope = scope_of(request, "findings.view")
    totals = selectors.totals_by_rule(officer, scope.here, timezone.localdate())
    run = selectors.latest_run(officer, scope.here)
    counts = selectors.counts_by_rule(officer, run, scope.here) if run else {}
    rows = []
    for rule_id in sorted({*totals, *counts}):
        if not asks_somebody(book, rule_id):
            continue
        rows.append(
            {
                "id": rule_id,
                "rule": book.rules.get(rule_id),
                "title": wording.title_of(book, rule_id),
                "totals": totals.get(rule_id, Totals()),
                "counts": counts.get(rule_id, Counts()),
                "missing": missing_of(run, book, rule_id) if run and counts.get(rule_id, Counts()).unknown else "",
            }
        )
    context = {
        "scope": scope,
        "elsewhere": without(request, "area").urlencode(),
        "rows": rows,
        "run": run,
        "not_run": [line for line in not_run_of(request, run, book) if asks_somebody(book, line["id"])] if run else [],
    }
    return render(request, "findings/by_rule.html", context)


@needs("findings.view")
@require_safe
def by_area(request: HttpRequest) -> HttpResponse:
    """The findings of the areas directly below the chosen one, and all together."""
    officer = officer_of(request)
    scope = scope_of(request, "findings.view")
    areas = list(scope.below) or ([scope.here] if scope.here else [])
    rows, total = selectors.totals_by_area(officer, areas, timezone.localdate())
    whole = selectors.totals_of(officer, scope.here, timezone.localdate())
    context = {
        "scope": scope,
        "elsewhere": without(request, "area").urlencode(),
        "rows": rows,
        "total": whole,
        "rest": whole.live - total.live,
    }
    return render(request, "findings/by_area.html", context)
