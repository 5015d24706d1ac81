"""Recognitions on other pages: as what a household was recognised from when to when and by which case, and how many
households of an area are watched."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.areas.models import Area
from bangfu.casework import counting
from bangfu.casework.models import Case, Recognition
from bangfu.common.policy import code_list
from bangfu.registry.models import Household
from bangfu.web.guard import officer_of

COLOURS = {"poor": "red", "returned": "red", "exited": "green", "watched": "orange"}


@dataclass(frozen=True)
class Line:
    """A recognition as it is read. `case` and `ended_by` None: taken over from older files, or still in force;
    `watched` its id when it is a watch, else None."""

    label: str
    colour: str
    starts_on: date | None
    ends_on: date | None
    case: Case | None
    ended_by: Case | None
    risks: str
    watched: int | None


def recognitions_of(request: HttpRequest, household: Household) -> list[Line]:
    """The recognitions of a household, the latest first; those found wrong are left out. Nothing for an officer who may
    see no cases."""
    officer = officer_of(request)
    if not officer.has_perm("cases.view"):
        return []
    rows = (
        Recognition.objects.visible_to(officer)
        .filter(household=household, void=False)
        .select_related("case", "ended_by")
        .prefetch_related("risks")
    )
    lines = [_line(row) for row in rows]
    return sorted(lines, key=lambda line: (line.ends_on is None, line.starts_on or date.min), reverse=True)


def _line(row: Recognition) -> Line:
    named = str(Recognition.Kind(row.kind).label)
    category = code_list("monitor_category").label_of(row.monitor_category)
    return Line(
        label=category or named,
        colour=COLOURS.get(row.kind, ""),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        case=row.case,
        ended_by=row.ended_by,
        risks=_("、").join(code_list("monitor_risk").label_of(risk.code) for risk in row.risks.all()),
        watched=row.pk if row.kind == Recognition.Kind.WATCHED else None,
    )


@dataclass(frozen=True)
class WatchedLine:
    """How many households of a class are watched today, and the people in them."""

    category: str
    label: str
    households: int
    people: int


def watched_in(request: HttpRequest, area: Area) -> list[WatchedLine]:
    """The watched households of an area by class; nothing for an officer who may see no cases."""
    officer = officer_of(request)
    if not officer.has_perm("cases.view"):
        return []
    classes = code_list("monitor_category")
    return [
        WatchedLine(row.category, classes.label_of(row.category), row.households, row.people)
        for row in counting.watched_counts(officer, area, timezone.localdate())
    ]
