"""The list of watched households: what may be asked for, ordered and paged. It starts at `visible_to`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from bangfu.areas.models import Area
from bangfu.casework.models import Recognition, Risk
from bangfu.casework.models.recognitions import RecognitionQuerySet
from bangfu.common.paging import columns_of, cut
from bangfu.common.places import Viewer
from bangfu.registry.lists import of_those_meant

NO_RISK, NO_CONTACT = "risk", "contact"
ORDERS = {"since": ("-starts_on", "-pk"), "place": ("place", "pk"), "category": ("monitor_category", "place", "pk")}
FALLING = frozenset({"since"})


@dataclass(frozen=True)
class Wanted:
    """What the list is asked for; "" and None: not asked. lacks: NO_RISK or NO_CONTACT."""

    area: Area | None = None
    q: str = ""
    category: str = ""
    risk: str = ""
    lacks: str = ""
    order: str = "since"

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self) if f.name not in ("order", "area"))


def watched(viewer: Viewer, wanted: Wanted, day: date) -> RecognitionQuerySet:
    """The households that are watched on a day, as far as the viewer may see them, without an order."""
    rows: RecognitionQuerySet = Recognition.objects.visible_to(viewer).on(day)
    rows = rows.filter(kind=Recognition.Kind.WATCHED, void=False, household__ended_on=None)
    if wanted.area:
        rows = rows.inside(wanted.area)
    if wanted.category:
        rows = rows.filter(monitor_category=wanted.category)
    if wanted.risk:
        rows = rows.filter(Exists(_open_risks().filter(code=wanted.risk)))
    if wanted.lacks == NO_RISK:
        rows = rows.filter(~Exists(_open_risks()))
    elif wanted.lacks == NO_CONTACT:
        rows = rows.filter(Q(contact_name="") | Q(contact_phone=""))
    return rows.filter(of_those_meant(wanted.q)) if wanted.q.strip() else rows


def _open_risks() -> QuerySet[Risk]:
    return Risk.objects.filter(recognition=OuterRef("pk"), cleared_on=None)


def rows_of_page(rows: RecognitionQuerySet, order: str, page: int) -> Sequence[Recognition]:
    """The rows of a page (from 1), and one more when another page follows."""
    found = rows.order_by(*columns_of(ORDERS, order))
    return cut(found.select_related("household", "household__village__parent").prefetch_related("risks"), page)
