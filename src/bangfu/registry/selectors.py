"""Questions about the registry: a household as it was on a day, who changed what, counts of an area, the papers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, BinaryIO

from django.db.models import F, Max, Min, OuterRef, Q, Subquery, Sum
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
    """The id of the change that a record stands at (a household: together with its dwelling, which is changed with it);
    a form carries it, so that nobody overwrites what they have not seen. Ask before reading the record."""
    histories = [type(record).history.filter(**{record._meta.pk.attname: record.pk})]
    if isinstance(record, Household):
        histories.append(Dwelling.history.filter(household_id=record.pk))
    found = [history.aggregate(last=Max("change_id"))["last"] for history in histories]
    return max((change for change in found if change is not None), default=None)


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
    """Counts of an area for a year (`YearCount` says what each means), and what follows from them. `dibao_*` None:
    not known, as for years before the system was there."""

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
    dibao_households: int | None = 0
    dibao_people: int | None = 0
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


def counts_for(viewer: Viewer, area: Area | None, years: Iterable[int]) -> list[AreaCounts]:
    """The area's counts for each of these years, in their order; only villages that the viewer may see are in them.
    `area` None is everything that the viewer may see.

    In a year that a village was not yet counted in (nobody wrote there since New Year) it stands as its last counted
    year ended, and nobody has been registered, come out or come back.
    """
    wanted = list(years)
    if not wanted:
        return []
    rows = list(_counted(viewer, area, wanted).values("year", "until").annotate(**_sums()))
    return [_counts(year, rows) for year in wanted]


def years_counted(viewer: Viewer, area: Area) -> range:
    """The years that `counts_for` has something to say about, to the present one; empty when nothing was counted."""
    today = timezone.localdate().year
    found = YearCount.objects.visible_to(viewer).inside(area).filter(year__lte=today).aggregate(first=Min("year"))
    return range(today + 1 if found["first"] is None else found["first"], today + 1)


def counts_below(viewer: Viewer, area: Area, year: int) -> list[AreaCounts]:
    """The counts of each area directly below, in the order of the tree, in two queries. A village has none below."""
    if area.level >= Level.VILLAGE:
        return []
    children = Area.objects.filter(parent=area).inside(area).order_by("place")
    counts = counts_of(viewer, children, year, within=area)
    return [c for c in counts if c.households or c.people or (c.area and c.area.valid_to is None)]


def counts_around(
    viewer: Viewer, area: Area | None, below: Sequence[Area], year: int
) -> tuple[AreaCounts, list[AreaCounts]]:
    """The counts of an area (None: of everything that the viewer may see) and of each area directly below it: one
    query where these are of one level, whatever part of the area nobody has divided."""
    levels = {each.level for each in below}
    if len(levels) != 1 or max(levels) > Level.VILLAGE:
        (total,) = counts_for(viewer, area, [year])
        return total, counts_of(viewer, below, year, within=area)
    width = span(levels.pop())
    rows = list(
        _counted(viewer, area, [year])
        .annotate(part=F("place") / width)
        .values("part", "year", "until")
        .annotate(**_sums())
    )
    by_part: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_part[int(row["part"])].append(row)
    parts = [replace(_counts(year, by_part[each.place // width]), area=each) for each in below]
    return _counts(year, rows), parts


def counts_of(viewer: Viewer, areas: Iterable[Area], year: int, within: Area | None = None) -> list[AreaCounts]:
    """The counts of each of these areas, down to villages; one query for every level among them. `within` is an area
    that holds them all."""
    listed = [area for area in areas if area.level <= Level.VILLAGE]
    by_part: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for level in {area.level for area in listed}:
        rows = _counted(viewer, within, [year]).annotate(part=F("place") / span(level))
        for row in rows.values("part", "year", "until").annotate(**_sums()):
            by_part[level, int(row["part"])].append(row)
    return [replace(_counts(year, by_part[area.level, area.place // span(area.level)]), area=area) for area in listed]


def _counted(viewer: Viewer, area: Area | None, years: Sequence[int]) -> Any:
    """The counts up to the last of these years, each with the year `until` which it stands: the village's next counted
    one. Asked for one year, villages counted in it are not asked about earlier ones."""
    last = max(years)
    rows = YearCount.objects.visible_to(viewer).filter(year__lte=last)
    rows = rows.inside(area) if area else rows
    if set(years) == {last}:
        rows = rows.filter(Q(year=last) | ~Q(village__in=YearCount.objects.filter(year=last).values("village")))
    later = YearCount.objects.filter(village=OuterRef("village_id"), year__gt=OuterRef("year"))
    return rows.annotate(until=Subquery(later.order_by("year").values("year")[:1])).order_by()


def _sums() -> dict[str, Any]:
    return {f"sum_{figure}": Sum(figure) for figure in FIGURES}


def _counts(year: int, rows: Sequence[Mapping[str, Any]]) -> AreaCounts:
    """The sum of what was counted in the year and what stands from years before it."""
    today = timezone.localdate().year
    total = dict.fromkeys(FIGURES, 0)
    for row in rows:
        counted = row["year"] == year
        if not counted and not (row["year"] < year <= today and (row["until"] or year + 1) > year):
            continue
        for figure in FIGURES:
            if counted or not figure.startswith(("in_", "out_", "returned_")):
                total[figure] += row[f"sum_{figure}"]
    known: dict[str, Any] = {**total}
    if year < today and not total["dibao_people"]:
        # The registry knows who has the allowance now: of years before its time it says nobody, meaning unknown.
        known |= {"dibao_households": None, "dibao_people": None}
    return AreaCounts(year, **known)


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
