"""In which colour an area is drawn, and what the colours mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext as _

from bangfu.plans.models import Standing
from bangfu.plans.targets.words import number_text, standing_label, with_unit
from bangfu.plans.warroom.boards import Board, Figure
from bangfu.plans.warroom.terms import war_room_terms

UNKNOWN = "#e9edf2"
# On these, letters are white.
DARK = ("#2f76d2", "#1257b8", "#0b3d87")
SHADES = ("#e3eefc", "#bcd7fb", "#8fbbf5", "#5b9aec", "#2f76d2", "#1257b8", "#0b3d87")
STANDINGS = {
    Standing.LATE: "#f0a3a3",
    Standing.AT_RISK: "#ffcf8f",
    Standing.ON_COURSE: "#a9cdf8",
    Standing.REACHED: "#9fd6ad",
    Standing.UNKNOWN: UNKNOWN,
}


@dataclass(frozen=True)
class Shading:
    """`limits`: the lowest value of each shade, rising; `standings`: by how targets stand instead. `legend`: colour and
    meaning."""

    limits: Sequence[Decimal]
    colours: Sequence[str]
    legend: Sequence[tuple[str, str]]
    standings: bool = False

    def of(self, figure: Figure) -> str:
        if self.standings:
            return STANDINGS[Standing(figure.standing)] if figure.standing else UNKNOWN
        if figure.value is None or not self.limits:
            return UNKNOWN
        reached = [colour for limit, colour in zip(self.limits, self.colours, strict=True) if figure.value >= limit]
        return reached[-1] if reached else self.colours[0]


def shading(board: Board) -> Shading:
    """By how the targets stand where areas have some; else shades with about as many areas in each."""
    figures = board.shown
    if board.by_standing:
        seen = [each for each in Standing if any(figure.standing == each for figure in figures)]
        legend = [(STANDINGS[each], standing_label(each)) for each in seen]
        if any(not figure.standing for figure in figures):
            legend.append((UNKNOWN, _("没有分解目标")))
        return Shading((), (), legend, standings=True)
    values = sorted({each.value for each in figures if each.value is not None})
    limits = _limits(values)
    colours = _spread(len(limits))
    legend = [
        (
            colour,
            _range(board.subject.unit, low, [each for each in values if each >= low and (high is None or each < high)]),
        )
        for colour, (low, high) in zip(colours, pairwise([*limits, None]), strict=True)
        if low is not None
    ]
    if any(each.value is None for each in figures):
        legend.append((UNKNOWN, _("没有数据")))
    return Shading(limits, colours, legend)


def _limits(values: Sequence[Decimal]) -> list[Decimal]:
    """The lowest value of each shade: every value its own where there are few."""
    number = war_room_terms().shades
    if len(values) <= number:
        return list(values)
    return sorted({values[len(values) * place // number] for place in range(number)})


def _spread(number: int) -> list[str]:
    """So many shades, as far from each other as there are."""
    if number <= 1:
        return [SHADES[3]] * number
    return [SHADES[round(place * (len(SHADES) - 2) / (number - 1))] for place in range(number)]


def _range(unit: str, low: Decimal, inside: Sequence[Decimal]) -> str:
    high = inside[-1] if inside else low
    if high == low:
        return with_unit(low, unit)
    return _("{low} 至 {high}").format(low=number_text(low), high=with_unit(high, unit))
