"""The list of households."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from bangfu.registry import lists
from bangfu.web.guard import asked_by_htmx, needs, officer_of
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
    page = _page_number(request)
    shown = lists.rows_of_page(rows, wanted, page)
    more, shown = len(shown) > lists.ROWS, shown[: lists.ROWS]
    # A list that ends on its first page needs no second question for its count.
    count = lists.Counted(len(shown), False) if page == 1 and not more else lists.counted(rows, wanted)
    found = lists.names_found(officer_of(request), shown, wanted.q)
    first = (page - 1) * lists.ROWS
    context = {
        "scope": scope,
        "form": form,
        "wanted": wanted,
        "count": count,
        "rows": [row_of(household, found.get(household.pk, ())) for household in shown],
        "first": first + 1,
        "last": first + len(shown),
        "page": {
            "previous_url": _address(request, page - 1) if page > 1 else "",
            "next_url": _address(request, page + 1) if more and page < LAST_PAGE else "",
            "end": more and page >= LAST_PAGE,
        },
        "heads": _heads(request, wanted.order),
        "query": _without(request, "page").urlencode(),
        "elsewhere": _without(request, "page", "area").urlencode(),
    }
    part = "#rows" if asked_by_htmx(request, "rows") else ""
    return render(request, f"registry/household_list.html{part}", context)


@dataclass(frozen=True)
class Head:
    """The heading of a column by which the list can be ordered: a click orders by it, another turns the order round.
    `sort` says which way it is ordered now, as `aria-sort` wants it; "" when by another column."""

    url: str
    sort: str


def _heads(request: HttpRequest, order: str) -> dict[str, Head]:
    heads = {}
    for name in lists.ORDERS:
        other = f"{lists.REVERSED}{name}"
        query = _without(request, "page", "order")
        query["order"] = other if order == name else name
        # Most people come first, the lowest income does.
        rising = (order == name) != (name == "members")
        heads[name] = Head(
            f"{request.path}?{query.urlencode()}",
            ("ascending" if rising else "descending") if order in (name, other) else "",
        )
    return heads


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _without(request: HttpRequest, *names: str) -> QueryDict:
    """The query as it was asked, without `names` and without questions that were left empty."""
    query = request.GET.copy()
    for name in [name for name, value in query.items() if not value or name in names]:
        query.pop(name)
    return query


def _address(request: HttpRequest, page: int) -> str:
    query = _without(request, "page")
    if page > 1:
        query["page"] = str(page)
    return f"{request.path}?{query.urlencode()}" if query else request.path
