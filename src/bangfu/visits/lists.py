"""The list of visits: what may be asked for, found, counted, ordered and paged. It starts at `visible_to`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

from django.db.models import Exists, OuterRef, Q

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.paging import columns_of, cut
from bangfu.registry.lists import of_those_meant
from bangfu.visits.models import Photo, Suspicion, Visit, VisitsQuerySet
from bangfu.visits.versions import with_forms

MINE = "mine"
SUSPECT, UNEXPLAINED = "suspect", "unexplained"
ORDERS = ("day", "place", "officer", "received")
# Highest first: the latest visit leads.
FALLING = frozenset({"day", "received"})
_COLUMNS = {
    "day": ("-visited_on", "-pk"),
    "place": ("place", "visited_on", "pk"),
    "officer": ("officer__name", "visited_on", "pk"),
    "received": ("-received_at", "-pk"),
}


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for; "" and None: not asked. whose: MINE (the viewer's own). doubt: SUSPECT (something makes
    it look made up) or UNEXPLAINED (and nobody has said what it was). `since` and `until` are both included."""

    area: Area | None = None
    q: str = ""
    checklist: str = ""
    channel: str = ""
    whose: str = ""
    doubt: str = ""
    since: date | None = None
    until: date | None = None
    household: int | None = None
    order: str = "day"

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self) if f.name not in ("order", "area"))


def visits(viewer: Officer, wanted: Wanted) -> VisitsQuerySet:
    """The visits that the viewer may see and that answer to `wanted`, without an order."""
    rows: VisitsQuerySet = Visit.objects.visible_to(viewer)
    if wanted.area:
        rows = rows.inside(wanted.area)
    for name in ("checklist", "channel"):
        if asked := getattr(wanted, name):
            rows = rows.filter(**{name: asked})
    if wanted.whose == MINE:
        rows = rows.filter(officer=viewer)
    if wanted.since:
        rows = rows.filter(visited_on__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(visited_on__lte=wanted.until)
    if wanted.household is not None:
        rows = rows.filter(household=wanted.household)
    if wanted.doubt:
        doubts = Suspicion.objects.filter(visit=OuterRef("pk"))
        rows = rows.filter(Exists(doubts if wanted.doubt == SUSPECT else doubts.filter(explained_at=None)))
    return _found(rows, wanted.q) if wanted.q.strip() else rows


def _found(rows: VisitsQuerySet, q: str) -> VisitsQuerySet:
    """Those to households in which a person is meant by the search, whose number begins so, or made by an officer of
    that name."""
    return rows.filter(of_those_meant(q) | Q(officer__name__startswith=q.strip()[:60]))


def in_order(rows: VisitsQuerySet, order: str) -> VisitsQuerySet:
    """day: the latest first; place: as the villages lie; officer: by name; received: the last received first. With
    `REVERSED` before it the other way round."""
    return rows.order_by(*columns_of(_COLUMNS, order))


def rows_of_page(rows: VisitsQuerySet, order: str, page: int) -> Sequence[Visit]:
    """The rows of a page (from 1), and one more when another page follows."""
    # Ordered by what an index holds, and only then read whole: a county has tens of thousands to put in order.
    ids = cut(in_order(rows, order).values_list("pk", flat=True), page)
    whole = Visit.objects.filter(pk__in=ids).select_related("village__parent", "household", "officer").in_bulk()
    return with_forms(whole[pk] for pk in ids)


def photos_of(visit: Visit) -> list[Photo]:
    """The photos of a visit that came out of `visible_to`, in the order of its announcement."""
    return list(visit.photos.order_by("pk"))
