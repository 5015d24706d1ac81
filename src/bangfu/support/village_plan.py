"""The plan of a village over some years: its projects and the measures for its households, summed up.

A year's households and people are those of its projects as they were entered, and those for whom measures begin in
that year, each household once. The two are told apart: a household may gain from both.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from bangfu.areas.models import Area
from bangfu.common.places import Viewer
from bangfu.common.policy import code_list
from bangfu.support.catalogue import catalogue
from bangfu.support.models import Measure, State, VillageProject

METRES, KILOMETRES = "metre", "km"
METRES_A_KILOMETRE = 1000


@dataclass
class Sums:
    """What a year (or all of them) comes to. Lengths are of roads, in km; money in yuan; unknown adds nothing."""

    projects: int = 0
    done: int = 0
    road_km: Decimal = Decimal(0)
    project_money: Decimal = Decimal(0)
    households: int = 0
    people: int = 0
    measures: int = 0
    measure_money: Decimal = Decimal(0)
    helped: dict[int, int] = field(default_factory=dict)

    @property
    def helped_households(self) -> int:
        return len(self.helped)

    @property
    def helped_people(self) -> int:
        return sum(self.helped.values())

    @property
    def money(self) -> Decimal:
        return self.project_money + self.measure_money


@dataclass
class PlanYear:
    year: int
    projects: list[VillageProject] = field(default_factory=list)
    classes: dict[str, int] = field(default_factory=dict)
    sums: Sums = field(default_factory=Sums)


@dataclass
class VillagePlan:
    """A village's plan. `given_up` are projects that stand in it no more; they count nowhere."""

    village: Area
    years: list[PlanYear]
    total: Sums
    given_up: list[VillageProject]


def village_plan(viewer: Viewer, village: Area, first: int) -> VillagePlan:
    """The plan of a village from the year `first` on, from what the viewer may see."""
    years = catalogue(village.code).limits.plan_years
    found = {year: PlanYear(year) for year in range(first, first + years)}
    total, given_up = Sums(), []
    projects = VillageProject.objects.visible_to(viewer).filter(village=village, year__in=found)
    for project in projects.order_by("year", "kind", "name"):
        if project.state == State.GIVEN_UP:
            given_up.append(project)
            continue
        found[project.year].projects.append(project)
        for sums in (found[project.year].sums, total):
            _add_project(sums, project)
    measures = Measure.objects.visible_to(viewer).inside(village).standing()
    measures = measures.filter(
        starts_on__gte=date(first, 1, 1), starts_on__lt=date(first + years, 1, 1)
    ).select_related("household")
    for measure in measures.order_by("measure_class", "pk"):
        year = found[measure.starts_on.year]
        year.classes[measure.measure_class] = year.classes.get(measure.measure_class, 0) + 1
        for sums in (year.sums, total):
            _add_measure(sums, measure)
    return VillagePlan(village, list(found.values()), total, given_up)


def road_km(project: VillageProject) -> Decimal:
    """The length of road that a project builds; 0 for what is no road or not measured as a length."""
    kind = code_list("project_kind").get(project.kind)
    if kind is None or not kind.attributes.get("road") or project.quantity is None:
        return Decimal(0)
    if project.unit == KILOMETRES:
        return Decimal(project.quantity)
    return Decimal(project.quantity) / METRES_A_KILOMETRE if project.unit == METRES else Decimal(0)


def years_with_projects(viewer: Viewer, village: Area) -> Iterable[int]:
    """The years for which projects of the village are on file."""
    rows = VillageProject.objects.visible_to(viewer).filter(village=village)
    return rows.order_by("year").values_list("year", flat=True).distinct()


def _add_project(sums: Sums, project: VillageProject) -> None:
    sums.projects += 1
    sums.done += project.state == State.DONE
    sums.road_km += road_km(project)
    sums.project_money += project.money or 0
    sums.households += project.households or 0
    sums.people += project.people or 0


def _add_measure(sums: Sums, measure: Measure) -> None:
    sums.measures += 1
    sums.measure_money += measure.money or 0
    sums.helped[measure.household_id] = measure.household.members_count
