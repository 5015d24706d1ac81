"""The area filter of lists: where an officer stands, what lies below, and the trail of names above."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import Level, span


@dataclass(frozen=True)
class Scope:
    """`area` is the one chosen (None: all that the officer may see), `trail` the areas above it that may be chosen,
    `below` what may be chosen next (asked for when a page first looks), `tops` the areas of the officer's own posts."""

    area: Area | None
    trail: Sequence[Area]
    below: Iterable[Area]
    tops: Sequence[Area]

    @property
    def here(self) -> Area | None:
        """The area looked at: the one chosen, or the only one the officer has."""
        return self.area or (self.tops[0] if len(self.tops) == 1 else None)


def tops_of(officer: Officer, right: str) -> list[Area]:
    """The areas of the posts that carry `right`, without those that lie inside another of them."""
    areas = {p.area.pk: p.area for p in officer.posts_on() if right in p.rights}
    highest: list[Area] = []
    for area in sorted(areas.values(), key=lambda a: (a.level, a.place)):
        if not any(h.reach.holds(area.place) for h in highest):
            highest.append(area)
    return highest


def scope_of(request: HttpRequest, right: str = "registry.view") -> Scope:
    """What `?area=` chooses, inside the officer's areas; an area that is not theirs counts as not chosen."""
    officer: Any = request.user
    visible = Area.objects.visible_to(officer)
    tops = tops_of(officer, right)
    wanted = request.GET.get("area", "")
    area = (
        visible.filter(pk=int(wanted)).first() if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None
    )
    if area and not any(t.reach.holds(area.place) for t in tops):
        area = None
    if area is None:
        below = visible.current().filter(parent=tops[0]) if len(tops) == 1 else tops
        return Scope(None, (), below, tops)
    return Scope(area, trail_of(officer, area, tops), visible.current().filter(parent=area), tops)


def trail_of(officer: Officer, area: Area, tops: Sequence[Area]) -> list[Area]:
    """The areas above `area`, highest first, as far as the officer's own areas reach."""
    if any(t.pk == area.pk for t in tops):
        return []
    firsts = [area.place - area.place % span(level) for level in Level if level < area.level]
    above = Area.objects.visible_to(officer).filter(place__in=firsts)
    return [a for a in above.order_by("level") if any(t.reach.holds(a.place) and t.level <= a.level for t in tops)]
