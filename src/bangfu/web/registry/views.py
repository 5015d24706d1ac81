"""The list of households."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bangfu.registry import lists
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.listing import heads, page_of
from bangfu.web.registry.filters import read_filter
from bangfu.web.registry.rows import row_of
from bangfu.web.scope import scope_of


@needs("registry.view")
@require_safe
def household_list(request: HttpRequest) -> HttpResponse:
    """Households by area, kind and trouble, found by person or number; htmx gets the rows alone."""
    scope = scope_of(request)
    form = read_filter(request)
    wanted = form.wanted(scope.area)
    listing = lists.Listing(officer_of(request), wanted)
    shown, context = page_of(request, listing.page, listing.counted)
    found = lists.names_found(officer_of(request), shown, wanted.q)
    context |= {
        "scope": scope,
        "form": form,
        "wanted": wanted,
        "rows": [row_of(household, found.get(household.pk, ())) for household in shown],
        "heads": heads(request, lists.ORDERS, wanted.order, falling={"members"}),
    }
    part = "#rows" if asked_by_htmx(request, "rows") else ""
    return render(request, f"registry/household_list.html{part}", context)
