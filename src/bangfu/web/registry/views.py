"""The list of households."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bangfu.registry import lists
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.listing import heads, page_number, window
from bangfu.web.registry.filters import read_filter
from bangfu.web.registry.rows import row_of
from bangfu.web.scope import scope_of

LAST_PAGE = lists.COUNT_UP_TO // lists.ROWS


@needs("registry.view")
def household_list(request: HttpRequest) -> HttpResponse:
    """Households by area, kind and trouble, found by person or number; htmx gets the rows alone."""
    scope = scope_of(request)
    form = read_filter(request)
    wanted = form.wanted(scope.area)
    rows = lists.households(officer_of(request), wanted)
    page = page_number(request, LAST_PAGE)
    shown = lists.rows_of_page(rows, wanted, page)
    more, shown = len(shown) > lists.ROWS, shown[: lists.ROWS]
    # A list that ends on its first page needs no second question for its count.
    count = lists.Counted(len(shown), False) if page == 1 and not more else lists.counted(rows, wanted)
    found = lists.names_found(officer_of(request), shown, wanted.q)
    context = {
        "scope": scope,
        "form": form,
        "wanted": wanted,
        "count": count,
        "rows": [row_of(household, found.get(household.pk, ())) for household in shown],
        "heads": heads(request, lists.ORDERS, wanted.order, falling={"members"}),
    } | window(request, page, LAST_PAGE, shown, lists.ROWS, more)
    part = "#rows" if asked_by_htmx(request, "rows") else ""
    return render(request, f"registry/household_list.html{part}", context)
