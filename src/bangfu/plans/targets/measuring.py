"""What the measures of the catalogue come to: of one area or many at once, and which households are behind it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Count, Exists, F, Min, OuterRef, Q, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from bangfu.areas.models import Area
from bangfu.casework.models import Case
from bangfu.common.errors import PolicyFileWrong
from bangfu.common.places import Viewer, span
from bangfu.common.policy import code_list, policy_file
from bangfu.findings.models import Finding
from bangfu.plans.targets.catalogue import Condition, Measure, Named, Rows, catalogue
from bangfu.registry.columns import CODE_LISTS, MONTHS
from bangfu.registry.models import Household, Member
from bangfu.support.models import Measure as Help
from bangfu.support.models import Pairing, VillageProject
from bangfu.visits.models import Visit


@dataclass(frozen=True)
class Table:
    """Where rows lie: their model, which of them count at all, where they stand, and whose they are ("" nobody's).
    `ended_apart`: those of households that have ended do not count, of which there are few: looking these up is quicker
    than looking up the household of every row."""

    model: type[models.Model]
    there: Q
    place: str
    household: str
    ended_apart: bool = False


_LIVING = Q(household__ended_on=None)
TABLES: Mapping[Rows, Table] = {
    Rows.HOUSEHOLD: Table(Household, Q(ended_on=None), "place", "pk"),
    Rows.PERSON: Table(Member, Q(left_on=None), "place", "household_id", ended_apart=True),
    Rows.HELP: Table(Help, _LIVING, "household__place", "household_id"),
    Rows.PAIRING: Table(Pairing, Q(ended_on=None) & _LIVING, "household__place", "household_id"),
    Rows.VISIT: Table(Visit, Q(household__isnull=False), "place", "household_id"),
    Rows.CASE: Table(Case, Q(), "place", "household_id"),
    Rows.FINDING: Table(Finding, Q(), "place", "household_id"),
    Rows.PROJECT: Table(VillageProject, Q(), "village__place", ""),
}


# --- conditions ------------------------------------------------------------------------------------------------------


def _path(column: str) -> str:
    return column.replace(".", "__")


def _field(model: Any, column: str) -> Any:
    """The field that a column names, through what the row belongs to. Raises FieldDoesNotExist."""
    *steps, name = column.split(".")
    for step in steps:
        model = model._meta.get_field(step).related_model
        if model is None:
            raise FieldDoesNotExist(column)
    return model._meta.get_field(name)


def _with_main_helper(day: date) -> Q:
    return Q(Exists(Pairing.objects.on(day).filter(household=OuterRef("pk"), kind=Pairing.Kind.MAIN)))


_NAMED: Mapping[Named, Callable[[date], Q]] = {Named.WITH_MAIN_HELPER: _with_main_helper}


def _asks(condition: Condition, table: Table, day: date) -> Q:
    """A condition as a question to the database."""
    if condition.any:
        found = Q(pk__in=())
        for each in condition.any:
            found |= _asks(each, table, day)
        return found
    if condition.holds:
        return _NAMED[condition.holds](day)
    path = _path(condition.column)
    if condition.is_:
        return Q(**{f"{path}__in": list(condition.is_)})
    if condition.attribute:
        return Q(**{f"{path}__in": _codes_with(condition)})
    if condition.age is not None:
        oldest, youngest = condition.age.to, condition.age.from_
        found = Q(**{f"{path}__lte": years_before(day, youngest or 0)})
        return found if oldest is None else found & Q(**{f"{path}__gt": years_before(day, oldest + 1)})
    empty = Q(**{path: ""}) if isinstance(_field(table.model, condition.column), models.CharField) else Q()
    unknown = (empty if empty else Q()) | Q(**{f"{path}__isnull": True})
    return ~unknown if condition.known else unknown


def _codes_with(condition: Condition) -> list[str]:
    name = condition.column.split(".")[-1]
    codes = code_list(CODE_LISTS.get(name, name)).codes
    return [each.code for each in codes if each.attributes.get(condition.attribute) is True]


def years_before(day: date, years: int) -> date:
    """The same day so many years earlier; 28 February where there is no 29th."""
    if day.month == 2 and day.day == 29:
        day = day.replace(day=28)
    return day.replace(year=max(day.year - years, 1))


def _there(table: Table, area: Area | None) -> Q:
    """Which rows count at all, of those in an area."""
    if not table.ended_apart:
        return table.there
    ended = Household.objects.exclude(ended_on=None).order_by()
    return table.there & ~Q(household__in=(ended.inside(area) if area else ended).values("pk"))


def _all(conditions: tuple[Condition, ...], table: Table, day: date, area: Area | None) -> Q:
    found = _there(table, area)
    for each in conditions:
        found = found & _asks(each, table, day)
    return found


def _happened(measure: Measure, table: Table, start: date, day: date) -> Q:
    """Those that happened from `start` to `day`, both included; a month counts whole, a year too."""
    if not measure.happens:
        return Q()
    path = _path(measure.happens)
    if not isinstance(_field(table.model, measure.happens), models.DateField):
        return Q(**{f"{path}__gte": start.year, f"{path}__lte": day.year})
    first = start.replace(day=1) if measure.happens.split(".")[-1] in MONTHS else start
    return Q(**{f"{path}__gte": first, f"{path}__lte": day})


# --- counting --------------------------------------------------------------------------------------------------------


def _counted(measure: Measure, start: date, day: date, area: Area | None) -> Q:
    table = TABLES[measure.rows]
    return _all((*measure.where, *(measure.of or ())), table, day, area) & _happened(measure, table, start, day)


def _met(measure: Measure, table: Table, day: date) -> Q:
    """Of rows that a share is of, those that count."""
    found = Q(pk__isnull=False)
    for each in measure.where:
        found &= _asks(each, table, day)
    return found


def _whole(measure: Measure, day: date, area: Area | None) -> Q:
    return _all(measure.of or (), TABLES[measure.rows], day, area)


def _sum_of(measure: Measure, table: Table) -> Any:
    if measure.sum:
        return Sum(_path(measure.sum))
    return Count(table.household, distinct=True) if measure.distinct else Count("pk")


def tallies(
    measure: Measure, level: int, start: date, day: date, area: Area | None = None
) -> dict[int, tuple[Fraction, Fraction | None]]:
    """What counts in every area of a level (inside one area), by the area's place, and of how many that is a share
    (None: of nothing, it is a number). Areas without any row are left out. One query, which reads every row once."""
    table, width = TABLES[measure.rows], span(level)
    found = table.model._default_manager.filter(
        _whole(measure, day, area) if measure.is_share else _counted(measure, start, day, area)
    )
    if area is not None:
        reach = area.reach
        found = found.filter(**{f"{table.place}__gte": reach.first, f"{table.place}__lte": reach.last})
    rows = found.order_by().annotate(part=F(table.place) / width).values("part")
    if not measure.is_share:
        numbers = rows.annotate(number=_sum_of(measure, table))
        return {int(row["part"]) * width: (Fraction(row["number"] or 0), None) for row in numbers}
    shares = rows.annotate(number=Count("pk", filter=_met(measure, table, day)), whole=Count("pk"))
    return {int(row["part"]) * width: (Fraction(row["number"]), Fraction(row["whole"])) for row in shares}


def values(measure: Measure, level: int, start: date, day: date, area: Area | None = None) -> dict[int, Fraction]:
    """What the measure comes to in every area of a level (inside one area), by the area's place: a number, of a share
    percents. Areas without any row are left out: nothing for a number, unknown for a share. One query."""
    found = tallies(measure, level, start, day, area)
    return {place: share_of(*tally) for place, tally in found.items()}


def share_of(counted: Fraction, whole: Fraction | None) -> Fraction:
    """A number as it is; of a share percents."""
    return counted if whole is None else 100 * counted / whole


def value(measure: Measure, area: Area, start: date, day: date) -> Fraction | None:
    """What the measure comes to in one area; a share of nothing is unknown."""
    found = values(measure, area.level, start, day, area).get(area.place)
    return found if found is not None or measure.is_share else Fraction(0)


def happened(measure: Measure, area: Area, start: date, day: date) -> list[tuple[date, Fraction]]:
    """How much happened month by month, the earliest first, by the first day of the month (of a column of years by the
    first day of the year). Of households each counts once, when it first happened. Empty for what has no date."""
    table = TABLES[measure.rows]
    if not measure.happens:
        return []
    reach, path = area.reach, _path(measure.happens)
    rows = table.model._default_manager.filter(_counted(measure, start, day, area)).order_by()
    rows = rows.filter(**{f"{table.place}__gte": reach.first, f"{table.place}__lte": reach.last})
    dated = isinstance(_field(table.model, measure.happens), models.DateField)
    if measure.distinct:
        firsts = rows.values(table.household).annotate(first=Min(path)).values_list("first", flat=True)
        counts = Counter(first.replace(day=1) if dated else date(first, 1, 1) for first in firsts)
        return sorted((on, Fraction(number)) for on, number in counts.items())
    found = rows.annotate(on=TruncMonth(path) if dated else F(path)).values("on")
    return sorted(
        (row["on"] if dated else date(row["on"], 1, 1), Fraction(row["number"] or 0))
        for row in found.annotate(number=_sum_of(measure, table))
    )


# --- the households behind a figure ----------------------------------------------------------------------------------


def households(viewer: Viewer, measure: Measure, area: Area, start: date, day: date, *, lacking: bool = False) -> Any:
    """The households in which something counts; `lacking`: of those that a share is of, the ones in which somebody or
    something does not count (yet). Only what the viewer may see; nothing where rows belong to no household."""
    table = TABLES[measure.rows]
    rows = Household.objects.visible_to(viewer).inside(area)
    if not table.household:
        return rows.none()
    counted, whole = _counted(measure, start, day, area), _whole(measure, day, area)
    reach = area.reach
    here = Q(**{f"{table.place}__gte": reach.first, f"{table.place}__lte": reach.last})
    # Row by row, whether it counts: a list of the few that do not ends long before all that do were looked up. Where a
    # database looks all of them up at once, it needs those of the area alone.
    counts = Exists(table.model._default_manager.filter(counted & here).filter(pk=OuterRef("pk")))
    if measure.rows is Rows.HOUSEHOLD:
        return rows.filter(whole & ~Q(counts)) if lacking else rows.filter(counted)
    of = table.model._default_manager.filter((whole if lacking else counted) & here)
    if lacking:
        of = of.filter(~Q(counts))
    return rows.filter(Exists(of.filter(household_id=OuterRef("pk"))))


# --- the file --------------------------------------------------------------------------------------------------------


def check_file() -> None:
    """Reads the catalogue and looks whether every column and attribute exists, for `bangfu check`. Raises
    PolicyFileWrong."""
    for measure in catalogue().measures:
        model = TABLES[measure.rows].model
        columns = [measure.happens, measure.sum, *_columns((*measure.where, *(measure.of or ())))]
        for column in filter(None, columns):
            try:
                _field(model, column)
            except FieldDoesNotExist:
                raise _wrong(_("“{measure}”里的栏目“{column}”不存在"), measure, column) from None
        for condition in _flat((*measure.where, *(measure.of or ()))):
            if condition.attribute and not _codes_with(condition):
                raise _wrong(_("“{measure}”里没有一个代码有“{column}”这项属性"), measure, condition.attribute)
            if condition.holds and measure.rows is not Rows.HOUSEHOLD:
                raise _wrong(_("“{measure}”里的“{column}”只能用于户"), measure, condition.holds)


def _wrong(reason: str, measure: Measure, column: str) -> PolicyFileWrong:
    return PolicyFileWrong(
        file=policy_file("target_measures.yaml"), reason=reason.format(measure=measure.id, column=column)
    )


def _flat(conditions: tuple[Condition, ...]) -> list[Condition]:
    return [each for one in conditions for each in (one, *_flat(one.any))]


def _columns(conditions: tuple[Condition, ...]) -> list[str]:
    return [each.column for each in _flat(conditions) if each.column]
