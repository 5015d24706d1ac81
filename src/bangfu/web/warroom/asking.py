"""What a page of the war room is asked for by its address, and the addresses that lead from it to others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.areas.outlines.drawing import Drawing, drawing
from bangfu.common.places import Level
from bangfu.plans.targets.catalogue import catalogue
from bangfu.plans.warroom.boards import RIGHT, Board, Figure, Subject, below, board, places_by_visits, subject_of
from bangfu.plans.warroom.terms import war_room_terms
from bangfu.web.guard import officer_of
from bangfu.web.scope import Scope, scope_of

ALL_TIME = "all"
DEEPER = "deeper"


@dataclass(frozen=True)
class Asked:
    """A board as it was asked for, with its map and what is written in addresses."""

    officer: Officer
    scope: Scope
    board: Board
    drawing: Drawing
    deeper: bool
    since: str
    today: date

    def query(self, **changed: Any) -> str:
        """The same board with something changed, as an address writes it; None takes a question out."""
        asked: dict[str, Any] = {
            "m": self.board.subject.key,
            "area": self.scope.area.pk if self.scope.area else None,
            "day": self.board.day if self.board.day != self.today else None,
            "since": self.since or None,
            "level": DEEPER if self.deeper else None,
        }
        return urlencode({name: value for name, value in {**asked, **changed}.items() if value is not None})

    def link(self, figure: Figure) -> str:
        """Where an area on the map leads: into it; from a village to the households behind its figure."""
        if figure.target is not None and figure.area.level < Level.VILLAGE:
            return f"{reverse('war-room')}?{self.query(m=f't{figure.target.pk}', area=None, since=None, level=None)}"
        if figure.area.level >= Level.VILLAGE or figure.area == self.board.area:
            return self.households(figure.area)
        return f"{reverse('war-room')}?{self.query(area=figure.area.pk, level=None)}"

    def households(self, area: Area) -> str:
        """The households behind a figure; "" where it counts none, or the officer may not see them."""
        if not self.board.subject.leads_to_households or not self.officer.has_perm("registry.view"):
            return ""
        return f"{reverse('war-room-households')}?{self.query(area=area.pk, level=None)}"


def asked_for(request: HttpRequest, *, key: str = "", figures: bool = True) -> Asked:
    """What the address asks for, as far as the officer may see it; `key` instead of what it says of the subject.
    Without `figures` nothing is counted and nothing drawn."""
    officer, scope, today = officer_of(request), scope_of(request, RIGHT), timezone.localdate()
    since, since_day = _since(request, today)
    subject = subject_of(officer, key or request.GET.get("m", ""), since_day) or _usual(officer, since_day)
    area, units = _where(officer, scope, subject)
    if not figures:
        units = ()
    deeper = request.GET.get("level") == DEEPER and may_go_deeper(area, units)
    made = board(officer, subject, area, units, _day(request, today), today, deeper=deeper)
    walked = places_by_visits(officer, [*units, *made.inner])
    drawn = drawing(units, area, made.inner, scope.tops, walked)
    return Asked(officer, scope, made, drawn, deeper, since, today)


def may_go_deeper(area: Area | None, units: Sequence[Area]) -> bool:
    """Whether the areas of a map have living areas below them that may be shown inside them."""
    return area is not None and bool(units) and units[0] != area and units[0].level < Level.VILLAGE


def _usual(officer: Officer, since: date) -> Subject:
    """What is shown to somebody who has not chosen."""
    first = war_room_terms().wall.measures[0]
    return subject_of(officer, first, since) or Subject(catalogue().measures[0], since)


def _where(officer: Officer, scope: Scope, subject: Subject) -> tuple[Area | None, Sequence[Area]]:
    """The area of the map and those on it. A target is shown where it holds, or in an area inside that."""
    area = scope.here
    if (target := subject.target) is not None:
        inside = scope.area is not None and target.area.reach.holds(scope.area.place)
        area = scope.area if inside else target.area
        if area is not None and not any(reach.holds(area.place) for reach in officer.places_for(RIGHT)):
            return None, ()  # one that the officer answers for elsewhere
    if area is None:
        return None, [each for each in scope.tops if each.valid_to is None]
    units = below(officer, [area]) if area.level < Level.VILLAGE else []
    return area, units or [area]


def _day(request: HttpRequest, today: date) -> date:
    try:
        return parse_date(request.GET.get("day", "")) or today
    except ValueError:
        return today


def _since(request: HttpRequest, today: date) -> tuple[str, date]:
    """From when events count: this year, or ever since; as written in addresses, and as a day."""
    if request.GET.get("since") == ALL_TIME:
        return ALL_TIME, war_room_terms().earliest
    return "", date(today.year, 1, 1)
