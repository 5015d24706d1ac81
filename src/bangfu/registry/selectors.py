"""Questions about the registry: a household as it was on a day, who changed what, counts of an area, the papers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, BinaryIO

from django.db.models import F, Max, Q, Sum
from django.utils import timezone

from bangfu.areas.models import Area
from bangfu.common.places import Level, Viewer, span
from bangfu.registry import papers
from bangfu.registry.ledger import sql
from bangfu.registry.ledger.counting import FIGURES, count_villages
from bangfu.registry.ledger.history import CHANGES, Told, tell
from bangfu.registry.models import (
    Dwelling,
    Household,
    IncomeItem,
    IncomeYear,
    Member,
    Paper,
    WorkRecord,
    YearCount,
)


def last_change(record: Any) -> int | None:
    """The id of the change that a record stands at; a form carries it, so that nobody overwrites what they have not
    seen."""
    found: int | None = (
        type(record).history.filter(**{record._meta.pk.attname: record.pk}).aggregate(last=Max("change_id"))["last"]
    )
    return found


def history_lines(viewer: Viewer, household: Household, number: int = CHANGES) -> list[Told]:
    """Who changed what, when and why, newest first; nothing when the viewer may not see the household."""
    seen = Household.objects.visible_to(viewer).filter(pk=household.pk).first()
    return tell(seen, number) if seen else []


def history_of(household: Household, number: int = CHANGES) -> list[Told]:
    """The same for a household that came out of `Household.objects.visible_to`."""
    return tell(household, number)


def open_paper(paper: Paper) -> BinaryIO:
    """The file of a paper that came out of `Paper.objects.visible_to`. Raises PaperGone when it is not on disk."""
    return papers.open_file(paper)


# --- a household as it was -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Past:
    """A household as it stood on record. `household` None: it was not yet there, or had been taken back."""

    household: Household | None
    dwelling: Dwelling | None = None
    members: Sequence[Member] = ()
    work_records: Sequence[WorkRecord] = ()
    income_years: Sequence[IncomeYear] = ()
    items: Sequence[IncomeItem] = ()
    papers: Sequence[Paper] = ()


def as_of(household: Household, when: date | datetime) -> Past:
    """The household at that moment, or at the end of that day, as model instances that must not be saved.

    Seven queries, however long the history is. The household comes from `Household.objects.visible_to`: who may see it
    today may see how it was.
    """
    moment = _end_of(when)
    (found,) = _stood(Household, Q(id=household.pk), moment) or [None]
    if found is None:
        return Past(None)
    members = [m for m in _stood(Member, Q(household_id=household.pk), moment) if m.household_id == household.pk]
    years = _stood(IncomeYear, Q(household_id=household.pk), moment)
    kept = _stood(Paper, Q(household_id=household.pk), moment)
    return Past(
        household=found,
        dwelling=next(iter(_stood(Dwelling, Q(household_id=household.pk), moment)), None),
        members=sorted(members, key=lambda m: (m.relation_to_head, m.birth_date or date.min, m.pk)),
        work_records=_stood(WorkRecord, Q(member_id__in=[m.pk for m in members]), moment),
        income_years=sorted(years, key=lambda y: -y.year),
        items=sorted(_stood(IncomeItem, Q(income_year_id__in=[y.pk for y in years]), moment), key=lambda i: i.line),
        papers=[p for p in kept if p.removed_on is None],
    )


def _end_of(when: date | datetime) -> datetime:
    if isinstance(when, datetime):
        return when
    return timezone.make_aware(datetime.combine(when + timedelta(days=1), time.min)) - timedelta(microseconds=1)


def _stood(model: Any, which: Q, moment: datetime) -> list[Any]:
    """The rows that stood at that moment, each from its last history row by then; removed rows left out.

    A row that once belonged here and has moved since is looked up by its id, so that its later rows count as well.
    """
    history = model.history.model.objects
    pk = model._meta.pk.attname
    ids = history.filter(which, history_date__lte=moment).values(pk)
    latest = (
        history.filter(history_date__lte=moment, **{f"{pk}__in": ids})
        .values(pk)
        .annotate(at=Max("history_id"))
        .values("at")
    )
    names = [f.attname for f in model._meta.concrete_fields]
    rows = history.filter(history_id__in=latest).exclude(history_type="-")
    return [model(**{name: getattr(row, name) for name in names}) for row in rows]


# --- counts ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AreaCounts:
    """Counts of an area for a year (`YearCount` says what each means), and what follows from them."""

    year: int
    households: int = 0
    people: int = 0
    registered_households: int = 0
    registered_people: int = 0
    poor_households: int = 0
    poor_people: int = 0
    in_households: int = 0
    in_people: int = 0
    out_households: int = 0
    out_people: int = 0
    returned_households: int = 0
    returned_people: int = 0
    dibao_households: int = 0
    dibao_people: int = 0
    area: Area | None = field(default=None, compare=False)

    @property
    def incidence(self) -> Fraction | None:
        """Poor people / rural people, exactly; None when nobody is on file."""
        return Fraction(self.poor_people, self.people) if self.people else None

    @property
    def incidence_percent(self) -> Decimal | None:
        """The incidence in percent, rounded half up to two places for reading; never for comparing."""
        if not self.people:
            return None
        return Decimal((self.poor_people * 20_000 + self.people) // (2 * self.people)) / 100


def counts_for(viewer: Viewer, area: Area, years: Iterable[int]) -> list[AreaCounts]:
    """The area's counts for each of these years, in their order; only villages that the viewer may see are in them.

    A year not yet counted (nobody wrote since New Year) stands as the last counted one ended.
    """
    wanted = list(years)
    seen = YearCount.objects.visible_to(viewer).inside(area)
    summed = {row["year"]: row for row in seen.values("year").annotate(**_sums()).order_by("year")}
    return [_counts(year, summed) for year in wanted]


def counts_below(viewer: Viewer, area: Area, year: int) -> list[AreaCounts]:
    """The counts of each area directly below, in the order of the tree, in two queries. A village has none below."""
    if area.level >= Level.VILLAGE:
        return []
    width = span(area.level + 1)
    seen = YearCount.objects.visible_to(viewer).inside(area).annotate(child=F("place") / width)
    by_child: dict[int, dict[int, Any]] = defaultdict(dict)
    for row in seen.values("child", "year").annotate(**_sums()).order_by("child", "year"):
        by_child[int(row.pop("child")) * width][row["year"]] = row
    children = Area.objects.filter(parent=area).inside(area).order_by("place")
    return [
        AreaCounts(**{**_counts(year, by_child[child.place]).__dict__, "area": child})
        for child in children
        if child.place in by_child or child.valid_to is None
    ]


def _sums() -> dict[str, Any]:
    return {f"sum_{figure}": Sum(figure) for figure in FIGURES}


def _counts(year: int, summed: dict[int, Any]) -> AreaCounts:
    if year in summed:
        return AreaCounts(year, **{figure: summed[year][f"sum_{figure}"] for figure in FIGURES})
    before = [counted for counted in summed if counted < year <= timezone.localdate().year]
    if not before:
        return AreaCounts(year)
    last = summed[max(before)]
    states = [f for f in FIGURES if not f.startswith(("in_", "out_", "returned_"))]
    return AreaCounts(year, **{figure: last[f"sum_{figure}"] for figure in states})


def counts_differ() -> list[tuple[Area, int]]:
    """Villages and years whose counts on file are not what a recount gives; empty when all is well. For `check`."""
    today = timezone.localdate()
    kept = sql.table(YearCount)
    with sql.workbench() as bench:
        bench.make(
            "every_village",
            f"SELECT DISTINCT village_id AS id FROM {sql.table(Household)} UNION SELECT village_id FROM {kept}",
            key="id",
        )
        count_villages(bench, "every_village", today)
        figures = [f for f in FIGURES if not f.startswith("dibao")]
        differs = " OR ".join(sql.differs(f"c.{f}", f"k.{f}") for f in figures)
        dibao = " OR ".join(sql.differs(f"c.{f}", f"k.{f}") for f in ("dibao_households", "dibao_people"))
        # A new year that nobody has written in yet is not counted and not wrong.
        found = bench.rows(
            f"SELECT c.village_id, c.year FROM counted_year c JOIN {kept} k ON k.village_id = c.village_id "
            f"AND k.year = c.year WHERE {differs} OR (c.year = {today.year} AND ({dibao})) UNION "
            f"SELECT c.village_id, c.year FROM counted_year c LEFT JOIN {kept} k ON k.village_id = c.village_id "
            f"AND k.year = c.year WHERE k.id IS NULL AND c.year < {today.year} AND c.households > 0 UNION "
            f"SELECT k.village_id, k.year FROM {kept} k LEFT JOIN counted_year c ON k.village_id = c.village_id "
            "AND k.year = c.year WHERE c.village_id IS NULL AND (k.households > 0 OR k.people > 0) ORDER BY 1, 2"
        )
    areas = Area.objects.in_bulk({int(village) for village, _year in found})
    return [(areas[int(village)], int(year)) for village, year in found]
