"""What long lists have in common: the query that was asked, the page shown, and the headings by which to order."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.http import HttpRequest, QueryDict

from bangfu.common import paging
from bangfu.common.paging import LAST_PAGE, REVERSED, Counted


@dataclass(frozen=True)
class Head:
    """The heading of a column by which the list can be ordered: a click orders by it, another turns the order round.
    `sort` says which way it is ordered now, as `aria-sort` wants it; "" when by another column."""

    url: str
    sort: str


def without(request: HttpRequest, *names: str) -> QueryDict:
    """The query as it was asked, without `names` and without questions that were left empty."""
    query = request.GET.copy()
    for name in [name for name, value in query.items() if not value or name in names]:
        query.pop(name)
    return query


def page_number(request: HttpRequest, last: int) -> int:
    """The page that `?page=` asks for, between 1 and `last`; 1 when it is no number."""
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), last) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def page_of(
    request: HttpRequest, rows_of_page: Callable[[int], Sequence[Any]], count: Callable[[], Counted]
) -> tuple[list[Any], dict[str, Any]]:
    """The rows of the page that is asked for, and what a template needs to say which of how many they are and where the
    neighbouring pages lie. `rows_of_page` gives one row more when another page follows; the list ends at LAST_PAGE all
    the same. A list that ends on its first page is not asked for its count."""
    page = page_number(request, LAST_PAGE)
    shown = list(rows_of_page(page))
    more, shown = len(shown) > paging.ROWS, shown[: paging.ROWS]
    first = (page - 1) * paging.ROWS
    return shown, {
        "count": Counted(len(shown), False) if page == 1 and not more else count(),
        "first": first + 1,
        "last": first + len(shown),
        "page": {
            "previous_url": _address(request, page - 1) if page > 1 else "",
            "next_url": _address(request, page + 1) if more and page < LAST_PAGE else "",
            "end": more and page >= LAST_PAGE,
        },
        "query": without(request, "page").urlencode(),
        "elsewhere": without(request, "page", "area").urlencode(),
    }


def neighbours(request: HttpRequest, page: Page[Any]) -> dict[str, str]:
    """Where the pages before and after a page of a counted list lie; "" where there is none."""
    return {
        "previous_url": _address(request, page.previous_page_number()) if page.has_previous() else "",
        "next_url": _address(request, page.next_page_number()) if page.has_next() else "",
    }


def _address(request: HttpRequest, page: int) -> str:
    query = without(request, "page")
    if page > 1:
        query["page"] = str(page)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def heads(
    request: HttpRequest, names: Iterable[str], order: str, falling: Collection[str] = frozenset()
) -> dict[str, Head]:
    """A heading for each order of the list; `order` is the one in force (with REVERSED before it when turned round),
    `falling` are those whose own direction is the highest first."""
    found = {}
    for name in names:
        other = f"{REVERSED}{name}"
        query = without(request, "page", "order")
        query["order"] = other if order == name else name
        rising = (order == name) != (name in falling)
        sort = ("ascending" if rising else "descending") if order in (name, other) else ""
        found[name] = Head(f"{request.path}?{query.urlencode()}", sort)
    return found
