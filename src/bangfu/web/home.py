"""The home page, and the pages for addresses that lead nowhere.

The home page answers "what must I do today". Every room adds a block to BLOCKS: a function that takes the request and
gives rendered text, or "" when it has nothing to say to this officer.
"""

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import F, Max, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from bangfu.common.places import Level, span
from bangfu.registry import recent
from bangfu.registry.models import YearCount
from bangfu.web.guard import officer_of
from bangfu.web.scope import Scope, scope_of

FIGURES = (
    "households",
    "people",
    "registered_households",
    "registered_people",
    "poor_households",
    "poor_people",
    "dibao_households",
    "dibao_people",
)


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"blocks": [block for each in BLOCKS if (block := each(request))]})


def incidence(part: int | None, whole: int | None) -> Decimal | None:
    """Poor people in a hundred, one decimal; unknown when nobody is counted."""
    if not whole:
        return None
    return (Decimal(part or 0) * 100 / whole).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def area_counts(request: HttpRequest) -> str:
    """The counts of the officer's area, and of the areas directly below it, for the latest year counted."""
    if not officer_of(request).has_perm("registry.view"):
        return ""
    scope = scope_of(request)
    counts: Any = YearCount.objects.visible_to(officer_of(request))
    if scope.area:
        counts = counts.inside(scope.area)
    # In January most villages still stand as last year ended: each is taken as it was last counted.
    by_now = YearCount.objects.visible_to(officer_of(request)).filter(
        village=OuterRef("village"), year__lte=date.today().year
    )
    counts = counts.filter(year=Subquery(by_now.order_by("-year").values("year")[:1]))
    year = counts.aggregate(year=Max("year"))["year"]
    total = counts.aggregate(**{name: Sum(name) for name in FIGURES})
    context = {
        "scope": scope,
        "year": year,
        "total": total,
        "incidence": incidence(total["poor_people"], total["people"]),
        "rows": _below(scope, counts) if year else [],
        "elsewhere": "",
    }
    return render_to_string("parts/home_counts.html", context, request)


def _below(scope: Scope, counts: QuerySet[Any]) -> list[dict[str, Any]]:
    """One line for each area below that may be chosen next, all from one query per level among them."""
    sums: dict[tuple[int, int], dict[str, Any]] = {}
    levels = {area.level for area in scope.below if area.level <= Level.VILLAGE}
    for level in levels:
        found = counts.annotate(part=F("place") / span(level)).order_by().values("part")
        for row in found.annotate(**{f"sum_{name}": Sum(name) for name in FIGURES}):
            sums[level, row["part"]] = {name: row[f"sum_{name}"] for name in FIGURES}
    lines = []
    for area in scope.below:
        figures = sums.get((area.level, area.place // span(area.level)))
        if area.level <= Level.VILLAGE:
            lines.append(
                {
                    "area": area,
                    "figures": figures,
                    "incidence": incidence(figures["poor_people"], figures["people"]) if figures else None,
                }
            )
    return lines


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


BLOCKS: list[Callable[[HttpRequest], str]] = [area_counts, my_work, other_work]


def refused(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "error.html", {"status": 403}, status=403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "error.html", {"status": 404}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    return render(request, "error.html", {"status": 500}, status=500)
