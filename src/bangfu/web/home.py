"""The home page, and the pages for addresses that lead nowhere.

The home page answers "what must I do today". Every room adds a block to BLOCKS: a function that takes the request and
gives rendered text, or "" when it has nothing to say to this officer.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from bangfu.common.places import Level
from bangfu.registry import recent, selectors
from bangfu.web.casework.blocks import my_cases
from bangfu.web.duties.blocks import my_duties
from bangfu.web.findings.blocks import my_findings
from bangfu.web.guard import officer_of
from bangfu.web.plans.target_blocks import my_targets
from bangfu.web.scope import scope_of
from bangfu.web.visits.blocks import my_visits


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"blocks": [block for each in BLOCKS if (block := each(request))]})


def incidence(part: int | None, whole: int | None) -> Decimal | None:
    """Poor people in a hundred, one decimal; unknown when nobody is counted."""
    if not whole:
        return None
    return (Decimal(part or 0) * 100 / whole).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def area_counts(request: HttpRequest) -> str:
    """The counts of the officer's area as it stands this year, and of the areas directly below it."""
    officer = officer_of(request)
    if not officer.has_perm("registry.view"):
        return ""
    scope = scope_of(request)
    year = timezone.localdate().year
    village = scope.here is not None and scope.here.level >= Level.VILLAGE
    total, below = selectors.counts_around(officer, scope.area, () if village else list(scope.below), year)
    counted = total.households > 0 or total.people > 0
    context = {
        "scope": scope,
        "year": year,
        "counted": counted,
        "total": total,
        "incidence": incidence(total.poor_people, total.people),
        "rows": [(counts, incidence(counts.poor_people, counts.people)) for counts in below] if counted else [],
    }
    return render_to_string("parts/home_counts.html", context, request)


def my_work(request: HttpRequest) -> str:
    """The latest changes and imports of the officer."""
    officer = officer_of(request)
    if not officer.has_perm("registry.view"):
        return ""
    batches = recent.batches_of(officer) if officer.has_perm("registry.import") else []
    context = {"changes": recent.changes_of(officer), "batches": batches}
    return render_to_string("parts/home_work.html", context, request)


def other_work(request: HttpRequest) -> str:
    """For administrators, who have no registry: the pages that are theirs."""
    if officer_of(request).has_perm("registry.view"):
        return ""
    return render_to_string("parts/home_pages.html", {}, request)


BLOCKS: list[Callable[[HttpRequest], str]] = [
    my_cases,
    my_visits,
    my_findings,
    my_duties,
    my_targets,
    area_counts,
    my_work,
    other_work,
]


def refused(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "error.html", {"status": 403}, status=403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "error.html", {"status": 404}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    return render(request, "error.html", {"status": 500}, status=500)
