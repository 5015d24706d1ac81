"""What every change of areas begins with: who may, and that nobody else changes them meanwhile."""

from datetime import date
from typing import Any, Protocol

from django.db import connection
from django.utils.translation import gettext as _

from bangfu.common.errors import NotAllowed


class Manager(Protocol):
    """Whoever changes areas: an officer with posts, asked where a right is held."""

    @property
    def pk(self) -> Any: ...
    @property
    def name(self) -> str: ...
    def may(self, right: str, place: int | None = None, day: date | None = None) -> bool: ...


def allow(by: Manager | None, right: str, place: int) -> None:
    """Raises NotAllowed unless `by` holds the right at the place; the system itself (None) may."""
    if by is not None and not by.may(right, place):
        named = {"areas.manage": _("维护区划"), "areas.profile": _("填报村情指标与村级标准")}
        raise NotAllowed(right=named[right])


def one_change_at_a_time() -> None:
    """Changes of areas queue: two of them allotting places at once would collide. Readers are not held up.

    SQLite's transactions are immediate, so there the whole database queues already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE areas_area IN SHARE ROW EXCLUSIVE MODE")
