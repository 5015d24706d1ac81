"""What the models of a target mean: its course, and what its measure comes to on a day."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from fractions import Fraction

from bangfu.plans.models import Stage, Target
from bangfu.plans.targets.catalogue import catalogue, has_no_halves
from bangfu.plans.targets.courses import Course
from bangfu.plans.targets.measuring import value


def course_of(target: Target, stages: Iterable[Stage] = ()) -> Course:
    """The course of a target with its stages that have an amount."""
    nodes = sorted((each.ends_on, each.amount) for each in stages if each.amount is not None)
    return Course(
        starts_on=target.starts_on,
        base=target.base or Decimal(0),
        amount=target.amount,
        amount_to=target.amount_to,
        deadline=target.deadline,
        comparison=target.comparison,
        pace=target.pace,
        nodes=tuple(nodes),
        whole=has_no_halves(target.unit),
    )


def rounded(exact: Fraction, *, falling: bool) -> Decimal:
    """To two decimals, never to the side of having reached what was not: down, of what should fall up."""
    hundredths = exact * 100
    whole = Decimal(hundredths.numerator) / Decimal(hundredths.denominator)
    return whole.to_integral_value(ROUND_UP if falling else ROUND_DOWN) / 100


def measured(target: Target, day: date) -> Decimal | None:
    """What the target's measure comes to on a day; None: unknown, or nothing measures it."""
    measure = catalogue().get(target.measure)
    exact = value(measure, target.area, target.starts_on, counted_until(target, day)) if measure else None
    return None if exact is None else rounded(exact, falling=course_of(target).falling)


def counted_until(target: Target, day: date) -> date:
    """Up to when events count: a part of one year counts nothing of the next."""
    return min(day, target.deadline) if target.part_year is not None and target.deadline else day
