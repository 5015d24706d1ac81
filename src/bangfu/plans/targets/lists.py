"""The list of targets: what may be asked for, found, counted, ordered and paged; the parts and the households of one.
Every answer starts at `visible_to`."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Prefetch, Q, Value, When
from django.db.models.functions import Coalesce

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.paging import columns_of, cut
from bangfu.common.places import Level, span
from bangfu.plans.models import Across, Report, Stage, Standing, Target
from bangfu.plans.models.targets import TargetQuerySet
from bangfu.plans.targets.catalogue import catalogue
from bangfu.plans.targets.measuring import TABLES, households, value
from bangfu.plans.targets.values import counted_until, course_of, rounded
from bangfu.registry.models import Household
from bangfu.support.models import Helper, Unit

MINE, PARTS_TOO = "mine", "all"
ORDERS = ("standing", "deadline", "title", "place", "value")
FALLING = frozenset({"value"})
_COLUMNS = {
    "standing": ("urgency", "-behind_days", "due", "pk"),
    "deadline": ("due", "pk"),
    "title": ("title", "place", "pk"),
    "place": ("place", "due", "pk"),
    "value": ("-value", "pk"),
}
URGENCY = {Standing.LATE: 0, Standing.AT_RISK: 1, Standing.ON_COURSE: 2, Standing.UNKNOWN: 3, Standing.REACHED: 4}
PEOPLE = ("area", "owner_unit", "owner")


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for; "" and None: not asked. whose: MINE (the viewer's, or their unit's). parts: PARTS_TOO
    (else those that are part of no other in the list). `until`: with a deadline by then."""

    area: Area | None = None
    q: str = ""
    whose: str = ""
    standing: str = ""
    measure: str = ""
    unit: int | None = None
    until: date | None = None
    parts: str = ""
    order: str = "standing"

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self) if f.name not in ("order", "area"))


def targets(viewer: Officer, wanted: Wanted) -> TargetQuerySet:
    """The live targets that the viewer may see and that answer to `wanted`, without an order."""
    seen = _seen(viewer, wanted.area)
    rows = seen
    if wanted.parts != PARTS_TOO:
        rows = rows.filter(~Exists(seen.filter(pk=OuterRef("parent_id"))))
    if wanted.whose == MINE:
        rows = rows.filter(owned_by(viewer))
    for name, field in (("standing", "standing"), ("measure", "measure"), ("unit", "owner_unit")):
        if asked := getattr(wanted, name):
            rows = rows.filter(**{field: asked})
    if wanted.until:
        rows = rows.filter(deadline__lte=wanted.until)
    words = wanted.q.strip()[:60]
    if words:
        rows = rows.filter(
            Q(title__icontains=words) | Q(owner_unit__name__icontains=words) | Q(owner_name__icontains=words)
        )
    return rows


def _seen(viewer: Officer, area: Area | None) -> TargetQuerySet:
    rows: TargetQuerySet = Target.objects.visible_to(viewer).live()
    if area:
        rows = rows.inside(area)
    return rows


def owned_by(viewer: Officer) -> Q:
    """Those for which an officer answers, or their unit."""
    units = Helper.objects.filter(officer=viewer, left_on=None).values("unit_id")
    return Q(owner=viewer) | Q(owner_unit__in=units)


def in_order(rows: TargetQuerySet, order: str) -> TargetQuerySet:
    """standing: late ones first; deadline: none comes last; place: as the areas lie; value: the highest first."""
    ranks = Case(
        *(When(standing=standing, then=Value(rank)) for standing, rank in URGENCY.items()),
        output_field=IntegerField(),
    )
    last: Any = Coalesce("deadline", Value(date.max))
    found: TargetQuerySet = rows.annotate(urgency=ranks, due=last).order_by(*columns_of(_COLUMNS, order))
    return found


def rows_of_page(rows: TargetQuerySet, order: str, page: int) -> Sequence[Target]:
    """The rows of a page (from 1), with their stages, and one more when another page follows."""
    return cut(in_order(rows, order).select_related(*PEOPLE).prefetch_related("stages"), page)


def most_urgent(rows: TargetQuerySet, number: int) -> list[Target]:
    """The most urgent of these, with their stages."""
    return list(in_order(rows, "standing").select_related(*PEOPLE).prefetch_related("stages")[:number])


def by_standing(rows: TargetQuerySet) -> dict[str, int]:
    """How many of these stand how."""
    found: Any = rows.order_by().values_list("standing").annotate(number=Count("pk"))
    return dict(found)


def parts_of(viewer: Officer, wholes: Collection[Target]) -> dict[int, list[Target]]:
    """The live parts of these targets that the viewer may see, by the target, in the order of the tree and of years."""
    rows = Target.objects.visible_to(viewer).live().filter(parent__in=[each.pk for each in wholes])
    found: dict[int, list[Target]] = {}
    ordered = rows.select_related(*PEOPLE).prefetch_related("stages").order_by("part_year", "place", "pk")
    for part in ordered:
        found.setdefault(part.parent_id or 0, []).append(part)
    return found


def wholes_of(viewer: Officer, target: Target) -> list[Target]:
    """What a target is a part of, the highest first, as far as the viewer may see it."""
    found: list[Target] = []
    up = target.parent_id
    while up is not None:
        whole = Target.objects.visible_to(viewer).select_related("area").filter(pk=up).first()
        if whole is None:
            break
        found.insert(0, whole)
        up = whole.parent_id
    return found


def reports_of(viewer: Officer, target: Target, number: int) -> list[Report]:
    """The latest reports on a target and on its parts that the viewer may see."""
    parts = Target.objects.visible_to(viewer).live().filter(parent=target).values("pk")
    rows = Report.objects.visible_to(viewer).filter(Q(target=target) | Q(target__in=parts), withdrawn_at=None)
    return list(rows.select_related("target__area", "reported_by").order_by("-day", "-pk")[:number])


# --- the households behind a figure ----------------------------------------------------------------------------------


def has_households(target: Target) -> bool:
    """Whether the figure of a target leads to households."""
    measure = catalogue().get(target.measure)
    return measure is not None and bool(TABLES[measure.rows].household)


def is_share(target: Target) -> bool:
    measure = catalogue().get(target.measure)
    return measure is not None and measure.is_share


def households_behind(viewer: Officer, target: Target, day: date, *, lacking: bool) -> Any:
    """The households that a target counts (`lacking`: that a share is still missing), which the viewer may see."""
    measure = catalogue()[target.measure]
    rows = households(viewer, measure, target.area, target.starts_on, counted_until(target, day), lacking=lacking)
    return rows.select_related("village__parent").order_by("place", "household_no")


@dataclass(frozen=True)
class OfHousehold:
    """A target to which a household belongs; `counts`: it counts already (else the share still lacks it)."""

    target: Target
    counts: bool


def of_household(viewer: Officer, household: Household, day: date) -> list[OfHousehold]:
    """The targets of the household's village, township … in which it counts, or which still lack it; of each measure
    the one of the smallest area. One or two questions for each measure that is in use."""
    above = _around(viewer, household.place).exclude(measure="").order_by("-area__level", "deadline")
    closest: dict[str, Target] = {}
    for target in above.select_related(*PEOPLE):
        if has_households(target):
            closest.setdefault(target.measure, target)
    found = []
    for target in closest.values():
        measure, until = catalogue()[target.measure], counted_until(target, day)
        rising = measure.is_share and not course_of(target).falling  # of what should fall nobody is missing
        for lacking in (False, True) if rising else (False,):
            rows = households(viewer, measure, target.area, target.starts_on, until, lacking=lacking)
            if rows.filter(pk=household.pk).exists():
                found.append(OfHousehold(target, not lacking))
                break
    return found


def _around(viewer: Officer, place: int) -> TargetQuerySet:
    """The live targets of all areas around a place that the viewer may see."""
    firsts = {place - place % span(level) for level in range(1, 7)}
    rows: TargetQuerySet = Target.objects.visible_to(viewer).live().filter(place__in=firsts)
    return rows


def of_area(viewer: Officer, area: Area, number: int) -> list[Target]:
    """The targets of an area, the most urgent first; then those of the areas around it that were not broken down as far
    as here, of which the area is a part all the same."""
    found = most_urgent(Target.objects.visible_to(viewer).live().filter(area=area), number)
    if len(found) >= number:
        return found
    around = _around(viewer, area.place).filter(place__lt=area.place).exclude(broken_across=Across.YEARS)
    firsts = [area.place - area.place % span(level) for level in range(1, area.level + 1)]
    closer = Target.objects.live().filter(parent=OuterRef("pk"), part_year=None, place__in=firsts)
    return found + most_urgent(around.exclude(Exists(closer)), number - len(found))


def came_to_here(target: Target, area: Area, day: date) -> Decimal | None:
    """What a target of a larger area comes to in one of its townships or villages; None: nobody measures it, or it is
    unknown. Larger areas are counted by the day's work only."""
    measure = catalogue().get(target.measure)
    if measure is None or area.level < Level.TOWNSHIP:
        return None
    exact = value(measure, area, target.starts_on, counted_until(target, day))
    return None if exact is None else rounded(exact, falling=course_of(target).falling)


def of_unit(viewer: Officer, unit: Unit, number: int) -> list[Target]:
    """The targets that a unit answers for, the most urgent first."""
    return most_urgent(Target.objects.visible_to(viewer).live().filter(owner_unit=unit), number)


def of_officer(viewer: Officer) -> TargetQuerySet:
    """The targets that an officer or their unit answers for."""
    rows: TargetQuerySet = Target.objects.visible_to(viewer).live().filter(owned_by(viewer))
    return rows


def due_of(targets: Iterable[Target], until: date) -> list[Stage]:
    """Undone stages of targets that were read with their stages, that end by a day, the earliest first."""
    stages = (stage for each in targets for stage in each.stages.all())
    due = [stage for stage in stages if stage.done_on is None and stage.ends_on <= until]
    return sorted(due, key=lambda stage: (stage.ends_on, stage.pk))


def stages_due(viewer: Officer, until: date) -> list[Stage]:
    """Undone stages of the officer's own targets that end by a day, the earliest first."""
    own = of_officer(viewer).values("pk")
    rows = Stage.objects.visible_to(viewer).filter(target__in=own, done_on=None, ends_on__lte=until)
    return list(rows.select_related("target__area").order_by("ends_on", "pk"))


def chart_rows(viewer: Officer, wanted: Wanted, number: int) -> list[Target]:
    """For the Gantt chart: targets that have a deadline, by who answers for them, then by time."""
    rows = targets(viewer, wanted).exclude(deadline=None).select_related(*PEOPLE)
    ordered = rows.order_by(F("owner_unit__name").asc(nulls_last=True), "place", "starts_on", "deadline", "pk")
    return list(ordered.prefetch_related(Prefetch("stages", Stage.objects.order_by("number")))[: number + 1])
