"""Questions about visits: who was visited when, by whom how often, where visits are due. What pages show starts at
`visible_to`; what other rooms ask for by ids is theirs to narrow."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Value

from bangfu.accounts.models import Officer, Post
from bangfu.areas.models import Area
from bangfu.common.places import Level, Viewer, span
from bangfu.common.policy import code_list
from bangfu.registry.models import Household
from bangfu.visits.models import Correction, Photo, Submission, Suspicion, Visit, VisitsQuerySet
from bangfu.visits.versions import with_forms

CONFLICT = Correction.State.CONFLICT
OPEN = (Correction.State.WAITING, CONFLICT)


def visits(viewer: Viewer) -> VisitsQuerySet:
    """The visits that the viewer may see, the latest first."""
    return Visit.objects.visible_to(viewer)


def of_household(viewer: Viewer, household_id: int, number: int = 20) -> list[Visit]:
    """The latest visits to a household."""
    rows = visits(viewer).filter(household_id=household_id)
    return with_forms(rows.select_related("officer").order_by("-visited_on", "-pk")[:number])


def about(viewer: Viewer, key: str) -> list[Visit]:
    """The visits made about something, by its key ("finding:12")."""
    return with_forms(visits(viewer).filter(about=key).select_related("officer").order_by("-visited_on", "-pk"))


def last_visits(household_ids: Collection[int]) -> dict[int, date]:
    """When each of these households was last visited; those never visited are left out."""
    rows = Visit.objects.filter(household_id__in=household_ids).order_by().values("household_id")
    return {row["household_id"]: row["last"] for row in rows.annotate(last=Max("visited_on"))}


@dataclass(frozen=True)
class Visited:
    """What somebody did between two days: visits (to households and villages), households called on, days out."""

    visits: int = 0
    households: int = 0
    days: int = 0


def visits_by(officer_ids: Collection[int], since: date, until: date) -> dict[int, Visited]:
    """The visits of these officers from a day to a day, both included; everybody asked for is in the answer."""
    rows = (
        Visit.objects.filter(officer_id__in=officer_ids, visited_on__gte=since, visited_on__lte=until)
        .order_by()
        .values("officer_id")
        .annotate(
            number=Count("pk"), homes=Count("household_id", distinct=True), days=Count("visited_on", distinct=True)
        )
    )
    found = {row["officer_id"]: Visited(row["number"], row["homes"], row["days"]) for row in rows}
    return {pk: found.get(pk, Visited()) for pk in officer_ids}


def days_of(officer_id: int, since: date, until: date) -> list[date]:
    """The days on which an officer made a visit, the first first."""
    rows = Visit.objects.filter(officer_id=officer_id, visited_on__gte=since, visited_on__lte=until)
    return sorted(set(rows.values_list("visited_on", flat=True)))


def households_visited(officer_id: int, household_ids: Collection[int], since: date, until: date) -> dict[int, int]:
    """How often an officer visited each of these households from a day to a day; those not visited are left out."""
    rows = Visit.objects.filter(
        officer_id=officer_id, household_id__in=household_ids, visited_on__gte=since, visited_on__lte=until
    )
    return dict(rows.order_by().values_list("household_id").annotate(number=Count("pk")))


@cache
def _registered() -> tuple[str, ...]:
    return tuple(c.code for c in code_list("household_type").codes if c.attributes.get("registered"))


def to_be_visited() -> Q:
    """Households that visits are owed to: registered ones, and those that are watched."""
    return Q(household_type__in=_registered()) | ~Q(monitor_category="")


@dataclass(frozen=True)
class VillageVisits:
    """A village between two days: households to be visited and visited among them, all visits to households, walks
    through the village, and the last day anybody came."""

    village: Area
    owed: int
    visited: int
    visits: int
    walks: int
    last: date | None

    @property
    def due(self) -> int:
        """Households to be visited where nobody was."""
        return self.owed - self.visited

    @property
    def percent(self) -> int | None:
        """The visited among the households to be visited, rounded down; None where there are none."""
        return self.visited * 100 // self.owed if self.owed else None


def counts_by_village(viewer: Viewer, area: Area | None, since: date, until: date) -> list[VillageVisits]:
    """How far the visits of a period have come, village by village as they lie; two queries however many there are.
    `area` None is everything that the viewer may see."""
    homes = Household.objects.visible_to(viewer).living().filter(to_be_visited())
    made = visits(viewer).filter(visited_on__gte=since, visited_on__lte=until)
    if area is not None:
        homes, made = homes.inside(area), made.inside(area)
    seen = Exists(made.filter(household=OuterRef("pk")).order_by())
    asked = homes.order_by().values_list("village_id").annotate(number=Count("pk"), seen=Count("pk", filter=seen))
    owed = {village: (number, seen) for village, number, seen in asked}
    # By place, which an index holds together with the day and the household.
    rows = made.order_by().annotate(part=F("place") / span(Level.VILLAGE)).values("part")
    counted = {
        int(row["part"]) * span(Level.VILLAGE): row
        for row in rows.annotate(
            number=Count("pk", filter=Q(household__isnull=False)),
            walks=Count("pk", filter=Q(household=None)),
            last=Max("visited_on"),
        )
    }
    villages = Area.objects.filter(Q(pk__in=owed) | Q(place__in=counted), level=Level.VILLAGE).select_related("parent")
    return [
        VillageVisits(
            village,
            *owed.get(village.pk, (0, 0)),
            counted.get(village.place, {}).get("number", 0),
            counted.get(village.place, {}).get("walks", 0),
            counted.get(village.place, {}).get("last"),
        )
        for village in villages.order_by("place")
    ]


def suspicions_of(visit_ids: Iterable[int]) -> Mapping[int, Sequence[Suspicion]]:
    """What makes these visits look made up, by visit."""
    found: dict[int, list[Suspicion]] = defaultdict(list)
    for each in Suspicion.objects.filter(visit_id__in=list(visit_ids)).select_related("explained_by").order_by("pk"):
        found[each.visit_id].append(each)
    return found


def corrections(viewer: Viewer, *, open_only: bool = True) -> Any:
    """The corrections that visits proposed; those that somebody must decide on first."""
    rows = Correction.objects.visible_to(viewer).select_related(
        "household__dwelling", "household__village", "member", "visit__officer", "decided_by"
    )
    return (rows.filter(state__in=OPEN) if open_only else rows).order_by("place", "household_id", "pk")


def tray(viewer: Viewer, *, open_only: bool = True) -> Any:
    """What could not be taken as a visit, the latest first."""
    rows = Submission.objects.visible_to(viewer).select_related("sent_by", "settled_by", "visit")
    return (rows.open() if open_only else rows).order_by("-pk")


def photos_not_taken(viewer: Viewer) -> Any:
    """Photos that were refused, the latest first."""
    rows = Photo.objects.visible_to(viewer).filter(state=Photo.State.REFUSED, visit__isnull=False)
    return rows.select_related("visit__household", "visit__village").order_by("-pk")


def visitors_at(place: int, day: date) -> list[Officer]:
    """Who may record visits at a place on a day, those nearest to it first; at most a hundred."""
    above = [place - place % span(level) for level in Level]
    posts = Post.objects.filter(area__place__in=above, officer__is_active=True).select_related("officer", "area")
    found: dict[int, Officer] = {}
    for post in sorted(posts, key=lambda post: (-post.area.level, post.officer.name, post.pk)):
        if post.in_force(day) and "visits.record" in post.rights and post.area.reach.holds(place):
            found.setdefault(post.officer_id, post.officer)
    return list(found.values())[:100]


@dataclass(frozen=True)
class Waiting:
    """What waits for an officer in this room: corrections (conflicts among them), entries of the tray, suspicions that
    nobody has explained."""

    corrections: int = 0
    conflicts: int = 0
    tray: int = 0
    suspicions: int = 0

    def __bool__(self) -> bool:
        return any((self.corrections, self.tray, self.suspicions))


def waiting_for(viewer: Any) -> Waiting:
    """Counts of what waits where the viewer may act, in one question."""
    asked: list[Any] = []
    if viewer.may("visits.confirm"):
        corrections = Correction.objects.visible_to(viewer).filter(state__in=OPEN)
        asked += [_counted("corrections", corrections), _counted("conflicts", corrections.filter(state=CONFLICT))]
        asked.append(_counted("suspicions", Suspicion.objects.visible_to(viewer).filter(explained_at=None)))
    if viewer.may("visits.record"):
        asked.append(_counted("tray", Submission.objects.visible_to(viewer).open()))
    return Waiting(**dict(asked[0].union(*asked[1:], all=True))) if asked else Waiting()


def _counted(name: str, rows: Any) -> Any:
    """One row: a name, and how many there are."""
    return rows.order_by().values_list(Value(name)).annotate(Count("pk"))


def a_year_before(day: date) -> date:
    """The first day of the twelve months that end with `day`."""
    try:
        return day.replace(year=day.year - 1) + timedelta(days=1)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year - 1, day=28) + timedelta(days=1)
