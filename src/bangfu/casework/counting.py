"""How many households and people came in, left and came back in a year, straight from the recognitions.

Pages show the registry's yearly counts, which are quick; these sums are what they must agree with (`bangfu check`,
the tests). A household counts where it lies now, with the people who were on its file at the end of the year.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q
from django.utils import timezone

from bangfu.areas.models import Area
from bangfu.casework.models import Recognition
from bangfu.casework.models.recognitions import RecognitionQuerySet
from bangfu.common.places import Viewer
from bangfu.common.policy import code_list
from bangfu.registry.models import Household

Kind = Recognition.Kind
IN_POVERTY = (Kind.POOR, Kind.RETURNED)


@dataclass(frozen=True)
class YearOf:
    """What happened in a year, and what stood at its end. Recognitions of which nobody knows since when they hold are
    counted in no year; they count as watched."""

    year: int
    in_households: int = 0
    in_people: int = 0
    out_households: int = 0
    out_people: int = 0
    returned_households: int = 0
    returned_people: int = 0
    poor_households: int = 0
    poor_people: int = 0
    watched_households: int = 0
    watched_people: int = 0


def year_counts(area: Area | None, years: Iterable[int], viewer: Viewer | None = None) -> list[YearOf]:
    """The counts of an area (None: everywhere) for each of these years. `viewer` None is the house itself."""
    rows = Recognition.objects.visible_to(viewer) if viewer else Recognition.objects.all()
    rows = rows.filter(void=False)
    rows = rows.inside(area) if area else rows
    return [_year(rows, year) for year in years]


def _year(rows: RecognitionQuerySet, year: int) -> YearOf:
    end = date(year, 12, 31)
    began, known = rows.filter(starts_on__year=year), rows.on(end)
    figures: dict[str, int] = {}
    for what, some in (
        ("in", began.filter(kind=Kind.POOR)),
        ("out", began.filter(kind=Kind.EXITED)),
        ("returned", began.filter(kind=Kind.RETURNED)),
        ("poor", known.filter(kind__in=IN_POVERTY).exclude(starts_on=None)),
        ("watched", known.filter(kind=Kind.WATCHED)),
    ):
        # Who is no longer there at the end of the year is no longer counted, as in the registry's own counts.
        there = some.filter(Q(household__ended_on=None) | Q(household__ended_on__gt=end))
        figures[f"{what}_households"] = there.count()
        figures[f"{what}_people"] = _people(there, end)
    return YearOf(year, **figures)


def _people(rows: RecognitionQuerySet, end: date) -> int:
    """The people of these recognitions' households at the end of a year: not left by then, and not come later, unless
    they were entered when the file was begun."""
    first = [c.code for c in code_list("member_increase").codes if c.attributes.get("event") == "first"]
    here = Q(household__members__left_on=None) | Q(household__members__left_on__gt=end)
    came = (
        Q(household__members__joined_on=None)
        | Q(household__members__joined_by__in=first)
        | Q(household__members__joined_on__lte=end)
    )
    return int(rows.aggregate(people=Count("household__members", filter=here & came))["people"] or 0)


@dataclass(frozen=True)
class Watched:
    """Watched households of an area on a day, by class; people on their files today."""

    category: str
    households: int
    people: int


def watched_counts(viewer: Viewer, area: Area | None, day: date) -> list[Watched]:
    """How many households are watched on a day, by class, in the order of the classes."""
    rows = Recognition.objects.visible_to(viewer).on(day).filter(kind=Kind.WATCHED, void=False)
    rows = rows.filter(household__ended_on=None)
    rows = rows.inside(area) if area else rows
    present = Q(household__members__left_on=None)
    counted = (
        rows.order_by()
        .values("monitor_category")
        .annotate(
            households=Count("household", distinct=True),
            people=Count("household__members", filter=present),
        )
    )
    return sorted(
        (Watched(row["monitor_category"], row["households"], row["people"]) for row in counted),
        key=lambda watched: watched.category,
    )


@dataclass(frozen=True)
class Disagreement:
    """A household of which the file says something else than its recognitions."""

    household: Household
    on_file: str
    recognised: str


def disagreements(limit: int = 100) -> list[Disagreement]:
    """Households whose class of monitoring, exit or return on file is not what their recognitions say; the first so
    many. For `bangfu check`; households that nothing was ever recognised of are no disagreement."""
    today = timezone.localdate()
    current = Recognition.objects.on(today).filter(void=False, household__ended_on=None)
    poor = {c.code for c in code_list("poverty_status").codes if c.attributes.get("poor")}
    watched = current.filter(kind=Kind.WATCHED).exclude(monitor_category=F("household__monitor_category"))
    found = [
        Disagreement(row.household, row.household.monitor_category, row.monitor_category)
        for row in watched.select_related("household").order_by("pk")[:limit]
    ]
    by_case = current.exclude(case=None).exclude(kind=Kind.WATCHED)
    wrong = by_case.filter(
        Q(kind=Kind.EXITED, household__poverty_status__in=poor)
        | Q(kind__in=IN_POVERTY) & ~Q(household__poverty_status__in=poor)
    )
    found += [
        Disagreement(row.household, row.household.poverty_status, row.kind)
        for row in wrong.select_related("household").order_by("pk")[: limit - len(found)]
    ]
    return found
