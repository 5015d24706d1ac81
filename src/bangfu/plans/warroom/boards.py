"""A board of the war room: one measure or target, in every area of a map, on one day.

Every area on it is one that the viewer may see; so are the targets. What a measure comes to on an earlier day is known
of what happens by dates, and of what targets kept day by day; else it is unknown, never guessed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Max, OuterRef, Subquery

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import Level
from bangfu.plans.models import DailyValue, Standing, Target, VillagePlace
from bangfu.plans.targets import lists
from bangfu.plans.targets.catalogue import Measure, catalogue, terms
from bangfu.plans.targets.courses import Point, outlook
from bangfu.plans.targets.measuring import TABLES, happened, share_of
from bangfu.plans.targets.values import counted_until, course_of, rounded
from bangfu.plans.targets.words import limit_text
from bangfu.plans.warroom.counting import tallied
from bangfu.plans.warroom.terms import war_room_terms

RIGHT = "plans.view"


@dataclass(frozen=True)
class Subject:
    """What is looked at: a measure from `since` on, or a target (then `measure` is what it is measured by, if at
    all)."""

    measure: Measure | None
    since: date
    target: Target | None = None

    @property
    def title(self) -> str:
        return self.target.title if self.target else str(self.measure.label) if self.measure else ""

    @property
    def unit(self) -> str:
        return self.target.unit if self.target else self.measure.unit if self.measure else ""

    @property
    def key(self) -> str:
        """As an address writes it: t7 is a target, anything else a measure."""
        return f"t{self.target.pk}" if self.target else self.measure.id if self.measure else ""

    @property
    def leads_to_households(self) -> bool:
        return self.measure is not None and bool(TABLES[self.measure.rows].household)

    @property
    def by_dates(self) -> bool:
        """Whether it can be counted for any earlier day."""
        return self.measure is not None and self.measure.dated


@dataclass(frozen=True)
class Figure:
    """What it comes to in an area; None: unknown. Of a part of a target how it stands; `limit` says of a limit whether
    it is kept, in words."""

    area: Area
    value: Decimal | None
    target: Target | None = None
    standing: str = ""
    limit: str = ""
    planned: Decimal | None = None


@dataclass(frozen=True)
class Board:
    """`units` are the areas of the map, `inner` those one level below when these have the figures; `figures` by area
    id, of all that have one. `whole` is the figure of everything together. `days`: the first and the last day that may
    be chosen; the same when there is only today. `course`: values by day of the whole. `counted_at`: when a measure was
    counted."""

    subject: Subject
    area: Area | None
    day: date
    units: Sequence[Area]
    inner: Sequence[Area]
    figures: Mapping[int, Figure]
    whole: Figure | None
    days: tuple[date, date]
    course: Sequence[Point] = field(default_factory=tuple)
    counted_at: datetime | None = None

    @property
    def shown(self) -> list[Figure]:
        """The figures as the areas lie."""
        return [self.figures[each.pk] for each in self.inner or self.units]

    @property
    def by_standing(self) -> bool:
        """Whether areas have a target of their own, and so stand somehow."""
        return any(each.standing for each in self.figures.values())

    @property
    def ranked(self) -> list[Figure]:
        """The highest first, the unknown last."""
        return sorted(self.shown, key=lambda each: (each.value is None, -(each.value or 0), each.area.place))


def board(
    viewer: Officer, subject: Subject, area: Area | None, units: Sequence[Area], day: date, today: date, *, deeper: bool
) -> Board:
    """`units` are areas that the viewer may see: those below `area`, or, without one, any. `deeper`: figures one level
    further down."""
    inner = below(viewer, units) if deeper else []
    places = viewer.places_for(RIGHT)
    asked = [each for each in inner or units if any(reach.holds(each.place) for reach in places)]
    first, last = _days(viewer, subject, asked, today)
    day = min(max(day, first), last)
    figures, whole, at = _figures(viewer, subject, area, asked, day, today)
    for each in inner or units:
        figures.setdefault(each.pk, Figure(each, None))
    made = Board(subject, area, day, units, inner, figures, whole, (first, last), counted_at=at)
    return replace(made, course=_course(viewer, subject, area, day))


def below(viewer: Officer, areas: Iterable[Area]) -> list[Area]:
    """The living areas right below these that the viewer may see, as they lie."""
    rows = Area.objects.visible_to(viewer).current().filter(parent__in=[each.pk for each in areas])
    return list(rows.order_by("place"))


def places_by_visits(viewer: Officer, areas: Iterable[Area]) -> dict[int, tuple[float, float]]:
    """Longitude and latitude of villages by the visits to them, as `placing` kept them."""
    villages = [each.pk for each in areas if each.level == Level.VILLAGE]
    if not villages:
        return {}
    rows = VillagePlace.objects.visible_to(viewer).filter(area__in=villages)
    return {pk: (x, y) for pk, x, y in rows.values_list("area", "longitude", "latitude")}


# --- figures ---------------------------------------------------------------------------------------------------------


def _figures(
    viewer: Officer, subject: Subject, area: Area | None, asked: Sequence[Area], day: date, today: date
) -> tuple[dict[int, Figure], Figure | None, datetime | None]:
    """By area, of the whole, and when they were counted."""
    target = subject.target
    parts = _parts(viewer, target, asked) if target else {}
    if target and (parts or subject.measure is None):
        return _of_parts(parts, asked, day), _of_target(target, day), None
    found, whole, at = _measured(viewer, subject, asked, day, today)
    if target and (area is None or area.pk == target.area_id):
        return found, _of_target(target, day), at
    return found, Figure(area, whole) if area is not None and asked else None, at


def _measured(
    viewer: Officer, subject: Subject, asked: Sequence[Area], day: date, today: date
) -> tuple[dict[int, Figure], Decimal | None, datetime | None]:
    """By area, of all together, and when it was counted. Without dates an earlier day is known by what targets kept."""
    measure = subject.measure
    if measure is None or not asked:
        return {}, None, None
    if day < today and not measure.dated:
        kept = _kept(viewer, measure, asked, day)
        return {each.pk: Figure(each, kept.get(each.pk)) for each in asked}, None, None
    until = counted_until(subject.target, day) if subject.target else day
    counted, at = tallied(measure, asked, subject.since, until)
    known = {each.pk: counted.get(each.place) for each in asked}
    found = {
        each.pk: Figure(each, _nothing(measure) if (tally := known[each.pk]) is None else _decimal(share_of(*tally)))
        for each in asked
    }
    return found, _together(measure, (each for each in known.values() if each is not None)), at


def _together(measure: Measure, counted: Iterable[tuple[Fraction, Fraction | None]]) -> Decimal | None:
    pairs = list(counted)
    part = sum((each for each, _whole in pairs), Fraction(0))
    if not measure.is_share:
        return _decimal(part)
    whole = sum((each or Fraction(0) for _part, each in pairs), Fraction(0))
    return _decimal(share_of(part, whole)) if whole else None


def _decimal(exact: Fraction) -> Decimal:
    return rounded(exact, falling=False)


def _nothing(measure: Measure) -> Decimal | None:
    """Where there is no row: zero of a number, unknown of a share."""
    return None if measure.is_share else Decimal(0)


def _kept(viewer: Officer, measure: Measure, asked: Sequence[Area], day: date) -> dict[int, Decimal]:
    """What targets of these areas with this measure had come to by the end of a day."""
    rows = _kept_days(viewer, measure, asked).filter(day__lte=day)
    latest = rows.filter(target__area=OuterRef("target__area")).order_by("-day").values("pk")[:1]
    return dict(rows.filter(pk=Subquery(latest)).values_list("target__area", "value"))


def _kept_days(viewer: Officer, measure: Measure, asked: Sequence[Area]) -> Any:
    areas = [each.pk for each in asked]
    return DailyValue.objects.visible_to(viewer).filter(
        target__measure=measure.id, target__area__in=areas, target__withdrawn_at=None, target__part_year=None
    )


def _days(viewer: Officer, subject: Subject, asked: Sequence[Area], today: date) -> tuple[date, date]:
    """Between which days one may choose."""
    earliest = max(subject.since, war_room_terms().earliest, today - timedelta(days=war_room_terms().days))
    if subject.target is not None:
        parts = [each.pk for each in _parts(viewer, subject.target, asked).values()]
        rows = DailyValue.objects.visible_to(viewer).filter(target__in=[subject.target.pk, *parts])
    elif subject.by_dates:
        return min(earliest, today), today
    elif subject.measure is not None:
        rows = _kept_days(viewer, subject.measure, asked)
    first = rows.order_by("day").values_list("day", flat=True).first()
    return (max(first, earliest) if first and first <= today else today), today


# --- targets ---------------------------------------------------------------------------------------------------------


def _parts(viewer: Officer, target: Target, asked: Sequence[Area]) -> dict[int, Target]:
    """The parts of a target by the area that bears them; of two levels below, the parts of its parts."""
    areas = [each.pk for each in asked]
    rows = Target.objects.visible_to(viewer).live().filter(area__in=areas, part_year=None)
    children = rows.filter(parent=target) | rows.filter(parent__parent=target)
    return {each.area_id: each for each in children.select_related("area").prefetch_related("stages")}


def _of_parts(parts: Mapping[int, Target], asked: Sequence[Area], day: date) -> dict[int, Figure]:
    past = _past([each.pk for each in parts.values()], day)
    return {
        each.pk: _stands(each, parts[each.pk], past.get(parts[each.pk].pk, []), day)
        if each.pk in parts
        else Figure(each, None)
        for each in asked
    }


def _of_target(target: Target, day: date) -> Figure:
    return _stands(target.area, target, _past([target.pk], day).get(target.pk, []), day)


def _past(targets: Sequence[int], day: date) -> dict[int, list[Point]]:
    """The values by which somebody judges how targets stood on a day: of the last days of policy, else the latest."""
    since = day - timedelta(days=terms().forecast_from_days)
    rows = DailyValue.objects.filter(target__in=targets, day__lte=day)
    found: dict[int, list[Point]] = {}
    for pk, on, value in rows.filter(day__gte=since).order_by("day").values_list("target", "day", "value"):
        found.setdefault(pk, []).append((on, value))
    older = [pk for pk in targets if pk not in found]
    latest = rows.filter(target=OuterRef("target")).order_by("-day").values("pk")[:1]
    before = rows.filter(target__in=older, pk=Subquery(latest)).values_list("target", "day", "value")
    return found | {pk: [(on, value)] for pk, on, value in before}


def _stands(area: Area, target: Target, past: Sequence[Point], day: date) -> Figure:
    course = course_of(target, target.stages.all())
    value = past[-1][1] if past else None
    standing = outlook(course, past, day, terms()).standing if past else Standing.UNKNOWN
    return Figure(area, value, target, standing, limit_text(course, value, target.unit), course.planned(day))


# --- the course of the whole -----------------------------------------------------------------------------------------


def _course(viewer: Officer, subject: Subject, area: Area | None, day: date) -> list[Point]:
    """Values by day up to `day`: kept ones of the target, what happened month by month and summed up, or what a target
    of the area itself kept. Empty when nobody kept any."""
    if subject.target is None and subject.by_dates and subject.measure is not None:
        return _summed(subject.measure, area, subject.since, day) if area is not None else []
    if subject.target is not None:
        rows = DailyValue.objects.visible_to(viewer).filter(target=subject.target)
    elif subject.measure is not None and area is not None:
        rows = _kept_days(viewer, subject.measure, [area])
        rows = rows.filter(target=rows.aggregate(one=Max("target"))["one"])
    else:
        return []
    latest = rows.filter(day__lte=day).order_by("-day").values_list("day", "value")[: war_room_terms().days]
    return list(latest)[::-1]


def _summed(measure: Measure, area: Area, since: date, day: date) -> list[Point]:
    total, found = Fraction(0), []
    for month, number in happened(measure, area, since, day):
        total += number
        found.append((max(month, since), _decimal(total)))
    if found and found[-1][0] < day:
        found.append((day, _decimal(total)))
    return found[-war_room_terms().months :]


# --- what may be looked at -------------------------------------------------------------------------------------------


def subject_of(viewer: Officer, key: str, since: date) -> Subject | None:
    """The measure or target (t and its number) of an address; None for one that does not exist or is not the
    viewer's."""
    if key[:1] == "t" and key[1:].isascii() and key[1:].isdigit() and len(key) < 19:
        rows = Target.objects.visible_to(viewer).live().select_related(*lists.PEOPLE).prefetch_related("stages")
        target = rows.filter(pk=int(key[1:])).first()
        return Subject(catalogue().get(target.measure), target.starts_on, target) if target else None
    measure = catalogue().get(key)
    return Subject(measure, since) if measure else None


def targets_to_show(viewer: Officer, number: int) -> list[Target]:
    """The whole targets that the viewer may see, the most urgent first."""
    rows = lists.targets(viewer, lists.Wanted())
    return list(lists.in_order(rows, "standing").select_related("area")[:number])
