"""What every list has in common, whatever its rows: how many stand on a page, up to where they are counted, and an
order turned round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

ROWS = 30
# Beyond so many rows a list says "more than": nobody reads on to there, and counting a million costs a second.
COUNT_UP_TO = 10_000
LAST_PAGE = COUNT_UP_TO // ROWS
# Before an order: the same from its end.
REVERSED = "-"


@dataclass(frozen=True)
class Counted:
    """How many rows there are; with `more`, at least so many."""

    number: int
    more: bool


def counted(rows: QuerySet[Any], up_to: int | None = None) -> Counted:
    """The exact number of rows while it is cheap to know, "so many and more" beyond; `up_to` None is COUNT_UP_TO."""
    limit = COUNT_UP_TO if up_to is None else up_to
    number = rows.order_by().values("pk")[: limit + 1].count()
    return Counted(min(number, limit), number > limit)


def cut(rows: QuerySet[Any], page: int) -> list[Any]:
    """The rows of a page (from 1), and one more when another page follows."""
    first = (page - 1) * ROWS
    return list(rows[first : first + ROWS + 1])


def columns_of(orders: Mapping[str, Sequence[str]], order: str) -> list[str]:
    """The columns of an order as `order_by` wants them, turned round where REVERSED stands before its name."""
    columns = orders[order.removeprefix(REVERSED)]
    if not order.startswith(REVERSED):
        return list(columns)
    return [column.removeprefix("-") if column.startswith("-") else f"-{column}" for column in columns]
