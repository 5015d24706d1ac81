"""Places: where an area stands in the tree, as one whole number, and who may look where.

An area's official 12-digit code may change; its `place` says only where it hangs in our tree. Each level gets a fixed
number of decimal digits below its parent's, so that everything inside an area is one unbroken range:

    province 52        -> 52_00_000_000_0000_000
    ... its village    -> 52_03_001_007_0012_000      all of its groups lie between it and ..._999

A subtree is then `place BETWEEN first AND last`, which every database answers from an index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Any, Protocol, Self

from django.db import models
from django.db.models import Q

from bangfu.common import lookups  # noqa: F401  (whoever has a queryset has `__prefix` too)

PLACE_DIGITS = (2, 2, 3, 3, 4, 3)


class Level(IntEnum):
    """The six levels, from province to villagers' group."""

    PROVINCE = 1
    PREFECTURE = 2
    COUNTY = 3
    TOWNSHIP = 4
    VILLAGE = 5
    GROUP = 6


@dataclass(frozen=True, order=True)
class PlaceRange:
    """All places from `first` to `last`, both included."""

    first: int
    last: int

    def holds(self, place: int) -> bool:
        return self.first <= place <= self.last


def span(level: int) -> int:
    """How many places an area of `level` spans: itself and everything that may ever hang below it."""
    return int(10 ** sum(PLACE_DIGITS[level:]))


def room_below(level: int) -> int:
    """How many children an area of `level` may have over all time; ordinals are never used twice. A group has none."""
    return span(level) // span(level + 1) - 1 if level < Level.GROUP else 0


def range_of(place: int, level: int) -> PlaceRange:
    return PlaceRange(place, place + span(level) - 1)


def within(ranges: Sequence[PlaceRange], field: str = "place") -> Q:
    """Rows whose `field` lies in any of the ranges; no range at all means no row."""
    if not ranges:
        return Q(pk__in=())
    condition = Q()
    for each in ranges:
        condition |= Q(**{f"{field}__gte": each.first, f"{field}__lte": each.last})
    return condition


class Viewer(Protocol):
    """Whoever looks: an officer. `places_for` answers where a right holds on a day (today when None)."""

    def places_for(self, right: str, day: date | None = None) -> tuple[PlaceRange, ...]: ...


class ScopedQuerySet(models.QuerySet[Any]):
    """A queryset of rows that belong to a place. Every list, count, sum, export and print starts at `visible_to`."""

    place_field = "place"
    view_right = "registry.view"

    def visible_to(self, viewer: Viewer) -> Self:
        """The rows inside the areas where the viewer's posts of today carry the right to see them."""
        return self.filter(within(viewer.places_for(self.view_right), self.place_field))

    def inside(self, area: Any) -> Self:
        """Rows inside one area (with a `place` and a `level`), whoever asks; narrows, never widens."""
        reach = range_of(area.place, area.level)
        return self.filter(**{f"{self.place_field}__gte": reach.first, f"{self.place_field}__lte": reach.last})
