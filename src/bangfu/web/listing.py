"""What long lists have in common: the query that was asked, the page shown, and the headings by which to order."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict

REVERSED = "-"


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


def window(request: HttpRequest, page: int, last: int, rows: Sequence[Any], size: int, more: bool) -> dict[str, Any]:
    """What a template needs to say which rows it shows and where the neighbouring pages lie. `more`: there are rows
    after these; the list ends at page `last` all the same."""
    first = (page - 1) * size
    return {
        "first": first + 1,
        "last": first + len(rows),
        "page": {
            "previous_url": _address(request, page - 1) if page > 1 else "",
            "next_url": _address(request, page + 1) if more and page < last else "",
            "end": more and page >= last,
        },
        "query": without(request, "page").urlencode(),
        "elsewhere": without(request, "page", "area").urlencode(),
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
