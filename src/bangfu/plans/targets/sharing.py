"""How a target is shared out to areas below or to years: the parts, what each weighs, and what each gets.

Amounts add up: the parts of 1,000 households are households. Rates do not, nor do states over years (so many households
with safe water at the end of each year): there every area bears the rate itself, and the years lead step by step to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from django.utils import timezone

from bangfu.areas.models import Area
from bangfu.plans.models import Across, DailyValue, Target, Way
from bangfu.plans.targets import errors
from bangfu.plans.targets.apportioning import apportion, path
from bangfu.plans.targets.catalogue import catalogue, is_rate, quantum, terms
from bangfu.plans.targets.measuring import value, values, years_before

Key = int  # of a part: the id of its area, or the year


@dataclass(frozen=True)
class Part:
    """A part that is to be: `key` is the area's id or the year; `weight` is what it was shared out by, if anything."""

    key: Key
    label: str
    weight: Decimal | None
    amount: Decimal
    area: Area | None = None


def adds_up(target: Target, across: str) -> bool:
    """Whether the parts in this direction add up to the whole."""
    measure = catalogue().get(target.measure)
    state = measure is not None and not measure.dated
    return not is_rate(target.unit) and not (across == Across.YEARS and state)


def ways(target: Target, across: str) -> list[Way]:
    """By what a target can be broken down in a direction."""
    return [Way.SHARE, Way.HISTORY, Way.HAND] if adds_up(target, across) else [Way.RATE]


def years_of(target: Target) -> list[int]:
    """The years over which a target goes; empty without a deadline or within one year."""
    if target.deadline is None or target.deadline.year == target.starts_on.year:
        return []
    return list(range(target.starts_on.year, target.deadline.year + 1))


def areas_below(target: Target) -> list[Area]:
    """The areas directly below that exist today, in the order of the tree."""
    return list(Area.objects.current(timezone.localdate()).filter(parent=target.area_id).order_by("place"))


def span_of_year(target: Target, year: int) -> tuple[date, date]:
    """The days of a target that lie in a year, as first and last."""
    deadline = target.deadline or date(year, 12, 31)
    first, last = max(target.starts_on, date(year, 1, 1)), min(deadline, date(year, 12, 31))
    return first, max(last, first + timedelta(days=1))


def shared(
    target: Target,
    across: str,
    way: str,
    *,
    areas: Sequence[Area] | None = None,
    figure: str = "",
    given: Mapping[Key, Decimal] | None = None,
) -> list[Part]:
    """What each part gets. `areas` None: all directly below; of a breakdown by HAND `given` says it.

    Raises NoParts, TooManyParts, AreaNotBelow, YearsNotWithin, WayNotForRates, MeasureUnknown, NoWeights, NoHistory,
    PartsDoNotAddUp.
    """
    if way not in ways(target, across):
        raise errors.WayNotForRates(unit=target.unit, way=Way(way).label)
    below = _areas(target, areas) if across == Across.AREAS else []
    years = _years(target) if across == Across.YEARS else []
    labels = {each.pk: each.name for each in below} if below else {year: str(year) for year in years}
    keys = list(labels)
    if len(keys) > terms().most_parts:
        raise errors.TooManyParts(number=len(keys), limit=terms().most_parts)
    weights: dict[Key, Fraction] | None = None
    if way == Way.RATE:
        amounts = rates(target, across, len(keys))
    elif way == Way.HAND:
        amounts = [(given or {}).get(key, Decimal(0)) for key in keys]
        _add_up(target.amount, amounts)
    else:
        weights = _by_areas(target, below, way, figure) if below else _by_years(target, years, way)
        amounts = apportion(target.amount, _decimals(weights, keys), quantum(target.unit, target.amount))
    in_tree = {each.pk: each for each in below}
    shown = dict(zip(keys, _decimals(weights, keys), strict=True)) if weights is not None else {}
    return [
        Part(key, labels[key], shown.get(key), amount, in_tree.get(key))
        for key, amount in zip(keys, amounts, strict=True)
    ]


def rates(target: Target, across: str, number: int) -> list[Decimal]:
    """What does not add up: the same everywhere, or year by year on the way from the base."""
    if across == Across.AREAS:
        return [target.amount] * number
    return path(target.base if target.base is not None else Decimal(0), target.amount, number)


def _decimals(weights: Mapping[Key, Fraction] | None, keys: Sequence[Key]) -> list[Decimal]:
    """Weights to two decimals, as exact as anybody can check them."""
    if weights is None:
        return []
    exact = (weights.get(key, Fraction(0)) for key in keys)
    return [(Decimal(each.numerator) / Decimal(each.denominator)).quantize(Decimal("0.01")) for each in exact]


def _add_up(amount: Decimal, amounts: Sequence[Decimal]) -> None:
    negative = next((each for each in amounts if each < 0), None)
    if negative is not None:
        raise errors.AmountNegative(amount=negative)
    total = sum(amounts, Decimal(0))
    if total != amount:
        raise errors.PartsDoNotAddUp(sum=total, amount=amount, gap=abs(total - amount))


def _areas(target: Target, areas: Sequence[Area] | None) -> list[Area]:
    below = areas_below(target)
    if areas is None:
        wanted = below
    else:
        known = {each.pk for each in below}
        strange = next((each for each in areas if each.pk not in known), None)
        if strange is not None:
            raise errors.AreaNotBelow(area=strange.name, whole=target.area.name)
        asked = {each.pk for each in areas}
        wanted = [each for each in below if each.pk in asked]
    if not wanted:
        raise errors.NoParts()
    return wanted


def _years(target: Target) -> list[int]:
    found = years_of(target)
    if not found:
        raise errors.YearsNotWithin()
    if len(found) > terms().most_years:
        raise errors.TooManyParts(number=len(found), limit=terms().most_years)
    return found


def _by_areas(target: Target, areas: Sequence[Area], way: str, figure: str) -> dict[Key, Fraction]:
    """By a figure of the registry as it is today; or by what each area came to in the same span of time before."""
    today = timezone.localdate()
    if way == Way.SHARE:
        measure = catalogue().get(figure)
        if measure is None or not measure.weighs:
            raise errors.MeasureUnknown(measure=figure)
        found = values(measure, areas[0].level, today, today, target.area)
        weights = {each.pk: found.get(each.place, Fraction(0)) for each in areas}
        if not any(weights.values()):
            raise errors.NoWeights(figure=measure.label)
        return weights
    weights = _history_of_areas(target, areas)
    if not any(weights.values()):
        raise errors.NoHistory(title=target.title)
    return weights


def _history_of_areas(target: Target, areas: Sequence[Area]) -> dict[Key, Fraction]:
    measure = catalogue().get(target.measure)
    if measure is not None and measure.dated:
        days = ((target.deadline or timezone.localdate()) - target.starts_on).days
        last = target.starts_on - timedelta(days=1)
        found = values(measure, areas[0].level, last - timedelta(days=max(days, 1)), last, target.area)
        return {each.pk: found.get(each.place, Fraction(0)) for each in areas}
    before = DailyValue.objects.filter(
        target__area__in=areas,
        target__title=target.title,
        target__unit=target.unit,
        target__deadline__lte=target.starts_on,
    )
    rows = before.order_by("day").values_list("target__area_id", "value")
    return {area: Fraction(number) for area, number in rows}


def _by_years(target: Target, years: Sequence[int], way: str) -> dict[Key, Fraction]:
    """By the days of each year; or by what as many years before brought."""
    if way == Way.SHARE:
        return {
            year: Fraction((last - first).days + 1) for year in years for first, last in [span_of_year(target, year)]
        }
    measure = catalogue().get(target.measure)
    weights = {}
    if measure is not None and measure.dated:
        for year in years:
            first, last = span_of_year(target, year)
            back = len(years)
            came = value(measure, target.area, years_before(first, back), years_before(last, back))
            weights[year] = came or Fraction(0)
    if not any(weights.values()):
        raise errors.NoHistory(title=target.title)
    return weights
