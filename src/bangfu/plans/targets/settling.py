"""A part of the writer of targets: the parts of a target follow it, so that they always add up to it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from bangfu.accounts.models import Officer
from bangfu.plans.models import Across, Target
from bangfu.plans.targets import errors
from bangfu.plans.targets.apportioning import apportion
from bangfu.plans.targets.catalogue import quantum
from bangfu.plans.targets.keeping import note
from bangfu.plans.targets.sharing import adds_up, rates, span_of_year

FOLLOWED = ("title", "measure", "unit", "comparison")


def settle(target: Target, by: Officer | None, why: str, changed: Mapping[str, tuple[Any, Any]]) -> list[Target]:
    """Bring everything that a target was broken down to in line with it, after `changed` (name -> before, after);
    amounts in the proportions they had. The parts that changed, of parts too.

    Raises DeadlineBeforeParts when the days no longer fit the years of the parts."""
    parts = list(target.parts.live().select_for_update(of=("self",)).select_related("area").order_by("part_year", "pk"))
    if not parts:
        return []
    amounts = _amounts(target, [each.amount for each in parts])
    uppers = _uppers(target, parts)
    touched: list[Target] = []
    for number, part in enumerate(parts):
        wanted: dict[str, Any] = {name: getattr(target, name) for name in FOLLOWED if name in changed}
        wanted |= {"amount": amounts[number], "amount_to": uppers[number]}
        wanted |= _days(target, part, parts, changed)
        own = {name: (getattr(part, name), now) for name, now in wanted.items() if getattr(part, name) != now}
        if not own:
            continue
        for name, (_before, now) in own.items():
            setattr(part, name, now)
        note(part, by, own, why)
        part.save()
        touched += [part, *settle(part, by, why, own)]
    return touched


def _amounts(target: Target, before: Sequence[Decimal]) -> list[Decimal]:
    """The amount of a target shared out in the proportions of `before`, evenly when these are nothing."""
    if not adds_up(target, target.broken_across):
        return rates(target, target.broken_across, len(before))
    if sum(before, Decimal(0)) == target.amount:
        return list(before)
    weights = before if any(before) else [Decimal(1)] * len(before)
    return apportion(target.amount, weights, quantum(target.unit, target.amount))


def _uppers(target: Target, parts: Sequence[Target]) -> list[Decimal | None]:
    """The upper ends of the parts of a range, in the proportions of the lower ones."""
    if target.amount_to is None:
        return [None] * len(parts)
    if not adds_up(target, target.broken_across):
        return [target.amount_to] * len(parts)
    return list(upper_ends(target, [each.amount for each in parts]))


def upper_ends(target: Target, amounts: Sequence[Decimal]) -> list[Decimal]:
    """How far the parts of a range may go: each its amount and its share of what the range leaves open."""
    room = (target.amount_to or target.amount) - target.amount
    weights = amounts if any(amounts) else [Decimal(1)] * len(amounts)
    extra = apportion(room, weights, quantum(target.unit, room))
    return [amount + more for amount, more in zip(amounts, extra, strict=True)]


def _days(
    target: Target, part: Target, parts: Sequence[Target], changed: Mapping[str, tuple[Any, Any]]
) -> dict[str, Any]:
    """The days of a part after those of the whole changed."""
    if target.broken_across == Across.YEARS:
        return _days_of_year(target, part, parts, changed)
    found = {}
    for name in ("starts_on", "deadline"):
        if name in changed and getattr(part, name) == changed[name][0]:
            found[name] = changed[name][1]
    if target.deadline is not None and part.deadline is not None and part.deadline > target.deadline:
        found["deadline"] = target.deadline
    return found


def _days_of_year(
    target: Target, part: Target, parts: Sequence[Target], changed: Mapping[str, tuple[Any, Any]]
) -> dict[str, Any]:
    if not {"starts_on", "deadline"} & set(changed):
        return {}
    first, last = parts[0].part_year, parts[-1].part_year
    if target.deadline is None or target.deadline.year != last or target.starts_on.year != first:
        raise errors.DeadlineBeforeParts(deadline=target.deadline or "—")
    starts_on, deadline = span_of_year(target, part.part_year or last)
    return {"starts_on": starts_on, "deadline": deadline}
