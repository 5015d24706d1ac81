"""The pairing board: how many households need a helper and have one, area by area; a village's households one by one;
who lacks a helper and who has too many."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bangfu.areas.models import Area
from bangfu.common.places import Level
from bangfu.support import selectors
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import neighbours, without
from bangfu.web.registry.rows import tags_of
from bangfu.web.scope import Scope, scope_of
from bangfu.web.support.rows import loaded_row, pairing_row

ROWS = 50


@needs("support.view")
@require_safe
def pairing_board(request: HttpRequest) -> HttpResponse:
    """A line for every area below; of a village its households with their helpers, who is in charge, and the team."""
    officer, today = officer_of(request), timezone.localdate()
    scope = scope_of(request, "support.view")
    area = scope.here
    context: dict[str, Any] = {"scope": scope, "elsewhere": without(request, "page", "area").urlencode()}
    if area is not None and area.level >= Level.VILLAGE:
        return _village(request, scope, area, context)
    below = [each for each in scope.below if each.level <= Level.VILLAGE]
    lines = selectors.board(officer, [each for each in below if each.level == below[0].level], today, area)
    context |= {
        "lines": lines,
        "needing": sum(line.needing for line in lines),
        "lacking": sum(line.without for line in lines),
        "over": len(selectors.over_limit(officer, today, area)),
        "teamless": selectors.villages_without_team(officer, area, today),
    }
    return render(request, "support/board.html", context)


def _village(request: HttpRequest, scope: Scope, area: Area, context: dict[str, Any]) -> HttpResponse:
    officer, today = officer_of(request), timezone.localdate()
    village = area if area.level == Level.VILLAGE else area.parent
    assert village is not None, "a group lies in a village"
    wanted = selectors.needing(officer, area).select_related("village", "group").order_by("place", "household_no")
    page = Paginator(wanted, ROWS).get_page(request.GET.get("page"))
    paired = selectors.pairings_of([each.pk for each in page.object_list], today)
    context |= {
        "village": village,
        "number": page.paginator.count,
        "lacking": selectors.without_helper(officer, today, area).count(),
        "rows": [
            {"household": each, "tags": tags_of(each), "pairings": [pairing_row(p) for p in paired.get(each.pk, [])]}
            for each in page.object_list
        ],
        "page": neighbours(request, page),
        "charges": selectors.charges_in(officer, village, today),
        "team": selectors.team_of(village.pk, today),
        "may_edit": officer.may("support.edit", village.place),
    }
    return render(request, "support/village_board.html", context)


@needs("support.view")
@require_safe
def without_helper(request: HttpRequest) -> HttpResponse:
    """Households that need a main helper and have none."""
    officer, today = officer_of(request), timezone.localdate()
    scope = scope_of(request, "support.view")
    found = selectors.without_helper(officer, today, scope.here).select_related("village__parent", "group")
    page = Paginator(found.order_by("place", "household_no"), ROWS).get_page(request.GET.get("page"))
    context = {
        "scope": scope,
        "elsewhere": without(request, "page", "area").urlencode(),
        "number": page.paginator.count,
        "rows": [
            {"household": each, "tags": tags_of(each), "may_edit": officer.may("support.edit", each.place)}
            for each in page.object_list
        ],
        "page": neighbours(request, page),
    }
    return render(request, "support/without.html", context)


@needs("support.view")
@require_safe
def over_limit(request: HttpRequest) -> HttpResponse:
    """Helpers with more households than their rank allows."""
    officer, today = officer_of(request), timezone.localdate()
    scope = scope_of(request, "support.view")
    found = selectors.over_limit(officer, today, scope.area)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context = {
        "scope": scope,
        "elsewhere": without(request, "page", "area").urlencode(),
        "rows": [loaded_row(each) for each in page.object_list],
        "page": neighbours(request, page),
    }
    return render(request, "support/over.html", context)
