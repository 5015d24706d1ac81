"""The list of visits: what may be asked for, found, counted, ordered and paged. It starts at `visible_to`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

from django.db.models import Exists, OuterRef, Q

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common import identity
from bangfu.registry.lists import COUNT_UP_TO, REVERSED, ROWS, Counted, conditions
from bangfu.registry.models import Household, Member
from bangfu.visits.models import Photo, Suspicion, Visit, VisitsQuerySet

__all__ = ["COUNT_UP_TO", "ORDERS", "REVERSED", "ROWS", "Counted", "Wanted", "counted", "in_order", "visits"]

MINE = "mine"
SUSPECT, UNEXPLAINED = "suspect", "unexplained"
ORDERS = ("day", "place", "officer", "received")
# Highest first: the latest visit leads.
FALLING = frozenset({"day", "received"})
_COLUMNS = {
    "day": ("visited_on", "pk"),
    "place": ("place", "visited_on", "pk"),
    "officer": ("officer__name", "visited_on", "pk"),
    "received": ("received_at", "pk"),
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
    number, asked = identity.normalise(q), conditions(q)
    ways = Q(officer__name__startswith=q.strip()[:60])
    if asked is not None:
        ways |= Q(household_id__in=Member.objects.filter(asked).values("household_id"))
    if number[:1].isdigit() and number.isascii():
        ways |= Q(household_id__in=Household.objects.filter(household_no__prefix=number).values("pk"))
    return rows.filter(ways)


def in_order(rows: VisitsQuerySet, order: str) -> VisitsQuerySet:
    """day: the latest first; place: as the villages lie; officer: by name; received: the last received first. With
    `REVERSED` before it the other way round."""
    name, turned = order.removeprefix(REVERSED), order.startswith(REVERSED)
    falling = (name in FALLING) != turned
    return rows.order_by(*(f"-{column}" if falling else column for column in _COLUMNS[name]))


def counted(rows: VisitsQuerySet) -> Counted:
    """The exact number of rows while it is cheap to know, "so many and more" beyond."""
    number = rows.order_by().values("pk")[: COUNT_UP_TO + 1].count()
    return Counted(min(number, COUNT_UP_TO), number > COUNT_UP_TO)


def rows_of_page(rows: VisitsQuerySet, order: str, page: int) -> Sequence[Visit]:
    """The rows of a page (from 1), and one more when another page follows."""
    first = (page - 1) * ROWS
    found = in_order(rows, order).select_related("village__parent", "household", "officer", "form")
    return list(found[first : first + ROWS + 1])


def photos_of(visit: Visit) -> list[Photo]:
    """The photos of a visit that came out of `visible_to`, in the order of its announcement."""
    return list(visit.photos.order_by("pk"))
