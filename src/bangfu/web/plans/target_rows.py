"""A target as a row of a page: everything a template shows of it, in words, and its bar."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bangfu.plans.models import Target
from bangfu.plans.targets.values import course_of
from bangfu.plans.targets.words import (
    amount_text,
    limit_text,
    number_text,
    owner_label,
    part_label,
    standing_colour,
    standing_label,
    way_text,
    with_unit,
)


@dataclass(frozen=True)
class Bar:
    """How far a target is, in percent of its way; `planned` where the plan is; None: not known. Of a limit that is kept
    from the start there is no way: `used` says how much of it is used up, and its end is the limit."""

    percent: int | None
    planned: int | None
    colour: str
    used: int | None = None

    @property
    def width(self) -> int:
        return (self.percent if self.used is None else self.used) or 0


def row_of(target: Target, day: date, parts: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """`target` comes with its stages, area, unit and person."""
    course = course_of(target, target.stages.all())
    planned = course.planned(day)
    colour, value = standing_colour(target.standing), target.value
    used = course.used(value) if course.is_limit and value is not None else None
    part = None if planned is None else _part(course, planned)
    return {
        "target": target,
        "amount": amount_text(target),
        "value": with_unit(value, target.unit),
        "limit": limit_text(course, value, target.unit),
        "way": way_text(course, value, target.unit),
        "planned": "" if course.is_limit else with_unit(planned, target.unit),  # the limit itself, which is told
        "owner": owner_label(target),
        "part": part_label(target) if target.parent_id is not None else "",
        "label": standing_label(target.standing),
        "colour": colour,
        "bar": Bar(course.percent(value), part, colour, used),
        "parts": parts,
    }


def _part(course: Any, planned: Decimal) -> int:
    """Where the plan stands on the bar."""
    return 100 if course.is_limit else course.percent(planned) or 0


def rows_of(
    targets: Iterable[Target], day: date, parts: Mapping[int, Sequence[Target]] | None = None
) -> list[dict[str, Any]]:
    """With the parts of each, where these are given."""
    below = parts or {}
    return [row_of(each, day, [row_of(part, day) for part in below.get(each.pk, ())]) for each in targets]


def adding_up(parts: Sequence[Target], target: Target, *, adds: bool) -> dict[str, str]:
    """The foot of a table of parts: their amounts and values together; only where these add up."""
    if not adds:
        return {}
    amounts = sum((each.amount for each in parts), Decimal(0))
    known = [each.value for each in parts if each.value is not None]
    return {
        "amount": with_unit(amounts, target.unit),
        "value": with_unit(sum(known, Decimal(0)), target.unit) if known else "",
        "gap": number_text(target.amount - amounts) if amounts != target.amount else "",
    }
