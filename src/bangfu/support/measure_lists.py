"""Lists of measures: what may be asked for, ordered and paged. Every list starts at `visible_to`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from bangfu.areas.models import Area
from bangfu.common.paging import columns_of, cut
from bangfu.common.places import Viewer
from bangfu.registry.lists import people
from bangfu.support.models import Measure, State
from bangfu.support.models.measures import MeasureQuerySet

LATE, NO_RESULT, NO_PROOF = "late", "no_result", "no_proof"
ORDERS = ("start", "place", "money", "kind")
FALLING = frozenset({"start", "money"})
_COLUMNS = {
    "start": ("-starts_on", "-pk"),
    "place": ("household__place", "household__household_no", "-pk"),
    "money": ("-money", "-pk"),
    "kind": ("kind", "-pk"),
}


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for; "" and None: not asked. `area` None is everything that the viewer may see.

    wanting: LATE (not begun or not done though the day has passed), NO_RESULT or NO_PROOF (of those done)."""

    area: Area | None = None
    q: str = ""
    year: int | None = None
    measure_class: str = ""
    kind: str = ""
    state: str = ""
    wanting: str = ""
    order: str = "start"

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self) if f.name not in ("order", "area", "year"))


def measures(viewer: Viewer, wanted: Wanted, day: date) -> MeasureQuerySet:
    """The measures that the viewer may see and that answer to `wanted` on `day`, without an order."""
    rows: MeasureQuerySet = Measure.objects.visible_to(viewer)
    if wanted.area is not None:
        rows = rows.inside(wanted.area)
    if wanted.year is not None:
        rows = rows.in_year(wanted.year)
    for name in ("measure_class", "kind", "state"):
        if asked := getattr(wanted, name):
            rows = rows.filter(**{name: asked})
    if wanted.wanting:
        rows = rows.filter(_wanting(wanted.wanting, day))
    if not wanted.q.strip():
        return rows
    found: MeasureQuerySet = rows.filter(household__in=people(viewer, wanted.q).order_by().values("household"))
    return found


def measures_of(household_ids: Collection[int]) -> dict[int, list[Measure]]:
    """What stands for these households now, the latest first; households without any are left out. Whoever asks has
    made sure that the viewer may see the households."""
    found: dict[int, list[Measure]] = {}
    rows = Measure.objects.filter(household_id__in=household_ids).standing()
    for row in rows.order_by("-starts_on", "-pk"):
        found.setdefault(row.household_id, []).append(row)
    return found


def _wanting(asked: str, day: date) -> Q:
    late = Q(state=State.PLANNED, starts_on__lt=day) | Q(state=State.UNDER_WAY, ends_on__lt=day)
    return {LATE: late, NO_RESULT: Q(state=State.DONE, result=""), NO_PROOF: Q(state=State.DONE, proof=None)}[asked]


def in_order(rows: MeasureQuerySet, order: str) -> MeasureQuerySet:
    """start: the latest first; place: as the villages lie; money: most first; kind. With `REVERSED` before it the other
    way round."""
    ordered: MeasureQuerySet = rows.order_by(*columns_of(_COLUMNS, order))
    return ordered


def rows_of_page(rows: MeasureQuerySet, order: str, page: int) -> Sequence[Measure]:
    """The rows of a page (from 1), and one more when another page follows. What is put in order are bare ids: whole
    rows with their households, of a county, are more than PostgreSQL sorts in its memory."""
    ids: Sequence[int] = cut(in_order(rows, order).values_list("pk", flat=True), page)
    found = rows.order_by().select_related("household__village__parent", "member").in_bulk(ids)
    return [found[pk] for pk in ids]


@dataclass(frozen=True)
class ClassSum:
    """What is done in a class of help: measures, households, money."""

    measure_class: str
    measures: int
    households: int
    money: Decimal


def sums(rows: QuerySet[Measure]) -> list[ClassSum]:
    """The rows summed up by class of help, in the order of the classes; those given up are left out."""
    counted_rows = (
        rows.exclude(state=State.GIVEN_UP)
        .order_by()
        .values("measure_class")
        .annotate(number=Count("pk"), houses=Count("household", distinct=True), paid=Sum("money"))
    )
    found = [ClassSum(r["measure_class"], r["number"], r["houses"], r["paid"] or Decimal(0)) for r in counted_rows]
    return sorted(found, key=lambda each: each.measure_class)
