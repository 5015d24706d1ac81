"""One household, one plan: what the household needs, what is done for it, what is lacking and what does not fit.

What a household needs is its causes of poverty while it is poor, and the open risks while it is watched
(`help_measures.yaml`, `needed_by`). A need is met by a measure of a kind that is for it and that runs in the year.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet

from bangfu.areas.models import Area
from bangfu.casework.judging import HIT, Judged, judge
from bangfu.casework.models import Recognition, Risk
from bangfu.common.places import Viewer, within
from bangfu.common.policy import code_list
from bangfu.registry.models import Household
from bangfu.support.catalogue import Catalogue, Need, catalogue
from bangfu.support.models import Commitment, Measure, State

CAUSES = ("main_cause", "other_cause_1", "other_cause_2")
Row = TypeVar("Row", Measure, Commitment)
LISTS = {"cause": "poverty_cause", "risk": "monitor_risk"}


@dataclass(frozen=True)
class NeedLine:
    """A cause or an open risk of a household, and the measures of the year that are for it."""

    need: Need
    measures: tuple[Measure, ...]

    @property
    def label(self) -> str:
        sort, code = self.need
        return code_list(LISTS[sort]).label_of(code)

    @property
    def is_risk(self) -> bool:
        return self.need[0] == "risk"


@dataclass(frozen=True)
class HouseholdPlan:
    """A household's plan of a year. `unfit` are measures that are for none of its needs; a household without known
    needs has none of these: nothing says what would fit it."""

    household: Household
    year: int
    needs: tuple[NeedLine, ...]
    measures: tuple[Measure, ...]
    unfit: tuple[Measure, ...]
    commitments: tuple[Commitment, ...]

    @property
    def unmet(self) -> tuple[NeedLine, ...]:
        return tuple(line for line in self.needs if not line.measures)

    @property
    def money(self) -> Decimal:
        """What the standing measures of the year give; those without an amount add nothing."""
        return sum((m.money for m in self.measures if m.money is not None), Decimal(0))

    @property
    def done(self) -> int:
        return sum(1 for measure in self.measures if measure.state == State.DONE)


def plan_of(viewer: Viewer, household: Household, year: int, on: date) -> HouseholdPlan:
    """The plan of one household of a year, with its needs as of a day."""
    return plans_of(viewer, [household], year, on)[household.pk]


def plans_of(viewer: Viewer, households: Sequence[Household], year: int, on: date) -> dict[int, HouseholdPlan]:
    """The plans of many households by their ids: four queries, however many there are. Households come with their
    village."""
    ids = [household.pk for household in households]
    needs = needs_of(households, on)
    measures = _by_household(
        Measure.objects.visible_to(viewer)
        .filter(household__in=ids)
        .standing()
        .in_year(year)
        .select_related("member", "helper", "proof", "household__village")
        .order_by("measure_class", "starts_on", "pk")
    )
    promises = _by_household(
        Commitment.objects.visible_to(viewer).filter(household__in=ids, year=year).select_related("paper", "helper")
    )
    found = {}
    for household in households:
        book = catalogue(household.village.code)
        own = measures.get(household.pk, [])
        lines = tuple(NeedLine(need, _answering(book, own, need)) for need in needs[household.pk])
        useful = {measure.pk for line in lines for measure in line.measures}
        unfit = tuple(measure for measure in own if measure.pk not in useful) if lines else ()
        found[household.pk] = HouseholdPlan(
            household, year, lines, tuple(own), unfit, tuple(promises.get(household.pk, []))
        )
    return found


def needs_of(households: Iterable[Household], on: date) -> dict[int, list[Need]]:
    """What each household needs help for on a day, in the order of the file: causes first, then risks."""
    asked = {household.pk: household for household in households}
    rule = catalogue().needed_by
    found: dict[int, list[Need]] = {}
    for household in asked.values():
        causes = (
            [getattr(household, name) for name in CAUSES] if household.poverty_status in rule.poverty_status else []
        )
        found[household.pk] = [("cause", code) for code in dict.fromkeys(causes) if code]
    if rule.watched:
        for risk in _open_risks(on).filter(recognition__household__in=asked).order_by("code"):
            found[risk.recognition.household_id].append(("risk", risk.code))
    return found


def lacking(household: Household, on: date) -> list[Judged]:
    """What the household should have and has not, by the rules of `should_have`, asked of its file as it stands now.
    What a rule cannot tell is left out here; the findings show it."""
    book = catalogue(household.village.code)
    asked = _Asked(household.pk, household.pk, household.village_id, household.village)
    judged = judge([asked], book.should_have, on)[household.pk]
    return [each for each in judged.values() if each.outcome == HIT]


@dataclass(frozen=True)
class _Asked:
    """A household by itself, of which rules are asked."""

    pk: int
    household_id: int
    village_id: int
    village: Area


def without_measure(viewer: Viewer, area: Area | None, year: int, on: date) -> QuerySet[Household]:
    """Households with a cause or an open risk for which no measure of the year is. Area None: all that the viewer
    may see."""
    rows = Household.objects.visible_to(viewer).filter(within(viewer.places_for(Measure.objects.all().view_right)))
    rows = rows.living().select_related("village", "group")
    if area is not None:
        rows = rows.inside(area)
    book = catalogue(area.code if area is not None else "")
    running = Measure.objects.standing().in_year(year)
    unmet = _unmet_risk(book, running, on) if book.needed_by.watched else Q(pk__in=())
    poor = Q(poverty_status__in=book.needed_by.poverty_status)
    for cause in CAUSES:
        met = running.filter(_for_causes(book, cause), household=OuterRef("pk"))
        unmet |= poor & ~Q(Q(**{cause: ""}) | Q(Exists(met)))
    return rows.filter(unmet)


def _unmet_risk(book: Catalogue, running: QuerySet[Measure], on: date) -> Q:
    """Whether any open risk of a watched household is without a measure."""
    met = Q(pk__in=())
    for entry in code_list(LISTS["risk"]).codes:
        fitting = running.filter(_for(book, ("risk", entry.code)), household=OuterRef("recognition__household"))
        met |= Q(Exists(fitting), code=entry.code)
    return ~Q(monitor_category="") & Q(
        Exists(_open_risks(on).filter(recognition__household=OuterRef("pk")).filter(~met))
    )


def _for_causes(book: Catalogue, column: str) -> Q:
    """Measures whose kind is for the cause that stands in a column of their household."""
    fitting = Q(pk__in=())
    for entry in code_list(LISTS["cause"]).codes:
        fitting |= Q(**{f"household__{column}": entry.code}) & _for(book, ("cause", entry.code))
    return fitting


def _for(book: Catalogue, need: Need) -> Q:
    """Measures whose kind is for a need. Classes of which every kind is are named as such: a question of fourteen
    classes is put in a tenth of the time of one of all their kinds."""
    kinds = set(book.answering(need))
    whole = [each for each, of_class in book.by_class.items() if of_class <= kinds]
    rest = sorted(kind for kind in kinds if book.kinds[kind].measure_class not in whole)
    return Q(measure_class__in=whole) | Q(kind__in=rest) if rest else Q(measure_class__in=whole)


def _open_risks(on: date) -> QuerySet[Risk]:
    """Open risks of the recognitions by which households are watched on a day."""
    watched = Recognition.objects.on(on).filter(kind=Recognition.Kind.WATCHED, void=False)
    open_still = Q(cleared_on=None) | Q(cleared_on__gt=on)
    return Risk.objects.filter(open_still, recognition__in=watched).select_related("recognition")


def _answering(book: Catalogue, measures: Iterable[Measure], need: Need) -> tuple[Measure, ...]:
    return tuple(m for m in measures if m.kind in book.kinds and book.kinds[m.kind].answers([need]))


def _by_household(rows: Iterable[Row]) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.household_id, []).append(row)
    return found
