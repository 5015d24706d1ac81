"""What the system counts of an area from its own files, to stand beside what the area reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from bangfu.areas import selectors
from bangfu.areas.models import Area
from bangfu.common.places import Level
from bangfu.common.policy import code_list
from bangfu.registry.models import Member, WorkRecord
from bangfu.registry.selectors import counts_for, years_counted
from bangfu.web.home import incidence

FIGURES = (
    "households",
    "people",
    "registered_households",
    "registered_people",
    "poor_households",
    "poor_people",
    "in_households",
    "in_people",
    "out_households",
    "out_people",
    "returned_households",
    "returned_people",
    "dibao_households",
    "dibao_people",
)


@dataclass(frozen=True)
class Measure:
    """A computed value; a ratio also shows what it is made of."""

    value: Decimal
    numerator: int | None = None
    denominator: int | None = None


def year_counts(officer: Any, area: Area) -> dict[int, dict[str, Any]]:
    """The counts of every year, oldest first, with the incidence (poor people in a hundred; None without people).
    Empty for who may not see the registry of the whole area: part of a sum would be taken for all of it."""
    if not officer.may("registry.view", area.place):
        return {}
    years = {}
    for counted in counts_for(officer, area, years_counted(officer, area)):
        figures: dict[str, Any] = {name: getattr(counted, name) for name in FIGURES}
        figures["incidence"] = incidence(counted.poor_people, counted.people)
        years[counted.year] = figures
    return years


def measures(officer: Any, area: Area, year: int, counts: Mapping[int, Mapping[str, Any]]) -> dict[str, Measure]:
    """Every measure known of the area for a year, by the name that the profile's indicators use.

    People's schooling, labour and work are known as they are now, so they are counted for this year and the last only,
    and not for whole provinces and prefectures, where the counting would take long and nobody reports them.
    """
    if not officer.may("registry.view", area.place):
        return {}
    known: dict[str, Measure] = {}
    if figures := counts.get(year):
        known = {name: Measure(Decimal(figures[name])) for name in FIGURES if figures[name] is not None}
        if figures["people"]:
            exact = Decimal(figures["poor_people"]) * 100 / figures["people"]
            known["poverty_incidence"] = Measure(exact, figures["poor_people"], figures["people"])
    if area.level < Level.COUNTY:
        return known
    end = min(date(year, 12, 31), date.today())
    groups = selectors.visible_areas(officer).current(end).inside(area).of_level(Level.GROUP).count()
    if groups or area.level == Level.VILLAGE:
        known["groups"] = Measure(Decimal(groups))
    if year >= date.today().year - 1:
        known["migrant_workers"] = Measure(Decimal(_migrants(officer, area, year)))
        known |= _present(officer, area)
    return known


def _present(officer: Any, area: Area) -> dict[str, Measure]:
    schooling = code_list("student_status").codes
    able = [c.code for c in code_list("labor_capacity").codes if c.attributes.get("able")]
    junior = [c.code for c in schooling if c.attributes.get("stage") == "junior"]
    senior = [c.code for c in schooling if c.attributes.get("stage") == "senior"]
    people = Member.objects.visible_to(officer).inside(area).present().filter(household__ended_on=None)
    found = people.aggregate(
        labourers=Count("pk", filter=Q(labor_capacity__in=able)),
        junior_students=Count("pk", filter=Q(student_status__in=junior)),
        senior_students=Count("pk", filter=Q(student_status__in=senior)),
    )
    return {name: Measure(Decimal(number)) for name, number in found.items()}


def _migrants(officer: Any, area: Area, year: int) -> int:
    """People who worked outside their county at some time of the year; work without a known place counts as outside."""
    work = WorkRecord.objects.visible_to(officer).inside(area)
    work = work.filter(Q(end_month=None) | Q(end_month__gte=date(year, 1, 1)), start_month__lte=date(year, 12, 31))
    county = next((a.code[:6] for a in (*selectors.ancestors(area), area) if a.level == Level.COUNTY and a.code), "")
    if county:
        work = work.exclude(work_place_code__startswith=county)
    return int(work.values("member").distinct().count())
