"""Pages of lists: which rows, how many there are, where the neighbouring pages lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

PAGE_SIZE = 30


@dataclass(frozen=True)
class Page:
    """`rows` of this page; `total` of all, None when nobody counted; addresses of the pages before and after."""

    rows: Sequence[Any]
    total: int | None
    first: int
    previous_url: str | None
    next_url: str | None

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def with_words(request: HttpRequest, **words: Any) -> str:
    """The address shown with some of its words changed; None takes a word away."""
    query = request.GET.copy()
    for word, value in words.items():
        query.pop(word, None)
        if value is not None:
            query[word] = str(value)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def page_of(request: HttpRequest, found: Any, size: int = PAGE_SIZE) -> Page:
    """The page that `?page=` asks for; anything but a page that exists is the first."""
    total = found.count()
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    if not 1 <= number <= max(1, -(-total // size)):
        number = 1
    start = (number - 1) * size
    return Page(
        rows=list(found[start : start + size]),
        total=total,
        first=start + 1,
        previous_url=with_words(request, page=number - 1 if number > 2 else None) if number > 1 else None,
        next_url=with_words(request, page=number + 1) if start + size < total else None,
    )
