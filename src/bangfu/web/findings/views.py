"""The list of findings."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone

from bangfu.findings import lists
from bangfu.rulebook import services as rulebook
from bangfu.web.findings.filters import read_filter
from bangfu.web.findings.rows import row_of
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.scope import scope_of

LAST_PAGE = lists.COUNT_UP_TO // lists.ROWS


@needs("findings.view")
def finding_list(request: HttpRequest) -> HttpResponse:
    """Findings by area, rule, severity, state and age, found by person or number; htmx gets the rows alone."""
    scope = scope_of(request, "findings.view")
    book, today = rulebook.book(), timezone.localdate()
    form = read_filter(request, book)
    wanted = form.wanted(scope.area)
    rows = lists.findings(officer_of(request), wanted, today)
    page = _page_number(request)
    shown = lists.rows_of_page(rows, wanted.order, page)
    more, shown = len(shown) > lists.ROWS, shown[: lists.ROWS]
    count = lists.Counted(len(shown), False) if page == 1 and not more else lists.counted(rows)
    first = (page - 1) * lists.ROWS
    context = {
        "scope": scope,
        "form": form,
        "wanted": wanted,
        "count": count,
        "rows": [row_of(finding, book, today) for finding in shown],
        "first": first + 1,
        "last": first + len(shown),
        "page": {
            "previous_url": _address(request, page - 1) if page > 1 else "",
            "next_url": _address(request, page + 1) if more and page < LAST_PAGE else "",
            "end": more and page >= LAST_PAGE,
        },
        "heads": _heads(request, wanted.order),
        "query": without(request, "page").urlencode(),
        "elsewhere": without(request, "page", "area").urlencode(),
    }
    part = "#rows" if asked_by_htmx(request, "rows") else ""
    return render(request, f"findings/finding_list.html{part}", context)


@dataclass(frozen=True)
class Head:
    """The heading of a column by which the list can be ordered: a click orders by it, another turns the order round."""

    url: str
    sort: str


def _heads(request: HttpRequest, order: str) -> dict[str, Head]:
    heads = {}
    for name in lists.ORDERS:
        other = f"{lists.REVERSED}{name}"
        query = without(request, "page", "order")
        query["order"] = other if order == name else name
        sort = {name: "ascending", other: "descending"}.get(order, "")
        heads[name] = Head(f"{request.path}?{query.urlencode()}", sort)
    return heads


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def without(request: HttpRequest, *names: str) -> QueryDict:
    """The query as it was asked, without `names` and without questions that were left empty."""
    query = request.GET.copy()
    for name in [name for name, value in query.items() if not value or name in names]:
        query.pop(name)
    return query


def _address(request: HttpRequest, page: int) -> str:
    query = without(request, "page")
    if page > 1:
        query["page"] = str(page)
    return f"{request.path}?{query.urlencode()}" if query else request.path
