"""Sharing an amount out so that the parts always add up to it: the method of the largest remainder. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction


def apportion(amount: Decimal, weights: Sequence[Decimal | int], step: Decimal) -> list[Decimal]:
    """`amount` (≥ 0, a multiple of `step`) shared out by the weights (≥ 0, one of them > 0) in steps.

    Each part is its exact share rounded down to a step; the steps left over go to the largest remainders, of equal ones
    to the earlier. The parts add up to the amount exactly, no part is negative, none is a step or more away from its
    exact share, and whoever weighs nothing gets nothing. Raises ValueError when these conditions are not met.
    """
    total = sum((Fraction(weight) for weight in weights), Fraction(0))
    units = Fraction(amount) / Fraction(step)
    if total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights are not negative, and one of them is more than zero")
    if amount < 0 or units.denominator != 1:
        raise ValueError("the amount is a multiple of the step and not negative")
    exact = [units * Fraction(weight) / total for weight in weights]
    floors = [int(each) for each in exact]
    left = int(units) - sum(floors)
    order = sorted(range(len(exact)), key=lambda index: (floors[index] - exact[index], index))
    for index in order[:left]:
        floors[index] += 1
    return [step * each for each in floors]


def path(base: Decimal, amount: Decimal, steps: int) -> list[Decimal]:
    """A rate from `base` to `amount` in even steps, to two decimals; the last one is the amount."""
    found = [base + (amount - base) * number / steps for number in range(1, steps)]
    return [*(each.quantize(Decimal("0.01")) for each in found), amount]
