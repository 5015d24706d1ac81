"""Questions about areas: the tree of any day, who succeeded whom, and finding one by name, initials or code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from bangfu.areas.models import Area, AreaQuerySet, AreaVersion, Succession
from bangfu.common.places import Level, PlaceRange, Viewer, span, within


@dataclass(frozen=True)
class Node:
    """An area as it was on a day, and whether anything lived below it then."""

    area: Area
    name: str
    code: str
    has_children: bool


def tree(viewer: Viewer, *, parent: Area | None = None, on: date | None = None) -> list[Node]:
    """The areas directly below `parent` on a day (today), or, without a parent, the topmost ones that the viewer sees.

    Two statements, however many there are. An area that has since moved is shown to those who see it today.
    """
    day = on or date.today()
    versions = (
        AreaVersion.objects.filter(_in_force(day), area__in=visible_areas(viewer))
        .select_related("area")
        .annotate(has_children=Exists(AreaVersion.objects.filter(_in_force(day), parent=OuterRef("area"))))
    )
    if parent is None:
        versions = versions.filter(area__place__in=root_places(viewer.places_for("areas.view")))
    else:
        versions = versions.filter(parent=parent)
    return [Node(v.area, v.name, v.code, v.has_children) for v in versions.order_by("area__place")]


def visible_areas(viewer: Viewer) -> AreaQuerySet:
    """Every area that the viewer may see, closed ones too."""
    return Area.objects.visible_to(viewer)


def root_places(ranges: Sequence[PlaceRange]) -> list[int]:
    """The places of the topmost areas that lie whole inside the ranges: neighbours whose ranges were joined come apart
    again. May name places at which no area stands."""
    places = []
    for each in ranges:
        place = each.first
        while place <= each.last:
            level = next((n for n in Level if place % span(n) == 0 and place + span(n) - 1 <= each.last), Level.GROUP)
            places.append(place)
            place += span(level)
            if len(places) > 10_000:
                break
    return places


def area_on(area: Area, on: date) -> AreaVersion | None:
    """How the area was called, coded and attached on a day; None when it did not exist then."""
    return AreaVersion.objects.filter(_in_force(on), area=area).select_related("parent").first()


def ancestors(area: Area) -> list[Area]:
    """The areas above, province first. Their names are no secret: everybody knows in which county a village lies."""
    places = [area.place - area.place % span(level) for level in Level if level < area.level]
    return list(Area.objects.filter(place__in=places).order_by("place"))


def history(area: Area) -> list[AreaVersion]:
    """What an area was called, its code and its parent over time, newest first."""
    return list(AreaVersion.objects.filter(area=area).select_related("parent").order_by("-valid_from"))


def successions(area: Area) -> list[Succession]:
    """What happened to an area, newest first: what it went into and what went into it. A renaming, a new code and a
    move are rows in which it succeeds itself."""
    return list(
        Succession.objects.filter(Q(predecessor=area) | Q(successor=area))
        .select_related("predecessor", "successor")
        .order_by("-on", "-pk")
    )


def by_code(code: str, *, on: date | None = None) -> Area | None:
    """The area that bears a code today, or bore it on a day. Without a day an old code finds who bears it no more:
    the area itself under its new code, or, when it was merged, the one it went into, and so on to a living one."""
    if on is not None:
        version = AreaVersion.objects.filter(_in_force(on), code=code).select_related("area").first()
        return version.area if version else None
    found: Area | None = Area.objects.filter(code=code, valid_to=None).first()
    if found:
        return found
    versions = AreaVersion.objects.filter(code=code).select_related("area")
    version = versions.order_by("-valid_from").first()
    return heir(version.area) if version else None


def heir(area: Area) -> Area:
    """The living area that stands for a closed one: where it was merged into, as often as that happened. A closed area
    that was split, or has no successor, stands for itself."""
    seen = {area.pk}
    while area.valid_to is not None:
        step = (
            Succession.objects.filter(predecessor=area, kind=Succession.Kind.MERGED)
            .exclude(successor__in=seen)
            .select_related("successor")
            .order_by("-on")
            .first()
        )
        if step is None:
            return area
        area = step.successor
        seen.add(area.pk)
    return area


def search(viewer: Viewer, text: str, *, limit: int = 20) -> list[Area]:
    """Areas by the beginning of a code, by pinyin initials, or by part of a name, former names and codes included;
    living ones first, higher levels first. Blank finds nothing."""
    text = "".join(text.split())
    if not text:
        return []
    visible = visible_areas(viewer)
    if text.isascii() and text.isdigit():
        now, before = Q(code__prefix=text), Q(code__prefix=text)
    elif text.isascii():
        now, before = Q(initials__prefix=text.lower()), Q(pk__in=())
    else:
        now, before = Q(name__contains=text), Q(name__contains=text)
    former = AreaVersion.objects.filter(before, within(viewer.places_for("areas.view"), "area__place"))
    found = visible.filter(now) | visible.filter(pk__in=former.values("area"))
    return list(found.select_related("parent__parent").order_by("valid_to", "level", "place")[: limit * 5])[:limit]


def mergeable(viewer: Any, area: Area) -> QuerySet[Area]:
    """Living areas of the same level and parent, with which `area` may be merged."""
    return visible_areas(viewer).current().filter(parent=area.parent_id, level=area.level).exclude(pk=area.pk)


def possible_parents(viewer: Any, area: Area) -> QuerySet[Area]:
    """Living areas under which `area` could be moved."""
    return visible_areas(viewer).current().filter(level=area.level - 1).exclude(pk=area.parent_id)


def _in_force(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gt=day))
