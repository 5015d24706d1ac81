"""Breaking a target down to the areas below, or to years. A verb of `plans.services` in a file of its own.

The parts are targets of their own, with owners, stages and reports; their amounts add up to the whole at any time.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.plans.models import Across, Pace, Target, Way
from bangfu.plans.targets.acting import require_editor
from bangfu.plans.targets.catalogue import catalogue
from bangfu.plans.targets.keeping import held, note, refresh, told
from bangfu.plans.targets.setting import explained, first_base, take_out
from bangfu.plans.targets.settling import settle, upper_ends
from bangfu.plans.targets.sharing import Key, Part, adds_up, shared, span_of_year


@transaction.atomic
def break_down(
    *,
    target: Target,
    by: Officer | None,
    across: str,
    way: str,
    reason: str,
    areas: Sequence[Area] | None = None,
    figure: str = "",
    amounts: Mapping[Key, Decimal] | None = None,
    seen: int | None = None,
) -> list[Target]:
    """Break a target down, or down anew: parts that stay are changed (what they were broken down to follows), others
    come and go. `amounts` are those of a breakdown by HAND, by area id or year.

    Raises NotAllowed, TargetWithdrawn, TargetChangedMeanwhile, TargetReasonMissing, and what `sharing.shared` raises.
    """
    now = held(target.pk, seen)
    require_editor(by, now.place)
    why = explained(reason)
    wanted = shared(now, across, way, areas=areas, figure=figure, given=amounts)
    there = {_key(each): each for each in now.parts.live().select_related("area")}
    if now.broken_across != across:
        gone, there = list(there.values()), {}
    else:
        keys = {each.key for each in wanted}
        gone = [part for key, part in there.items() if key not in keys]
    for part in gone:
        take_out(part, by, why)
    before = (now.broken_across, now.broken_way, now.broken_figure)
    now.broken_across, now.broken_way = across, way
    now.broken_figure = figure if way == Way.SHARE and across == Across.AREAS else ""
    uppers = _uppers(now, wanted)
    touched: list[Target] = []
    made: list[Target] = []
    for each, upper in zip(wanted, uppers, strict=True):
        part = there.get(each.key)
        if part is None:
            part = _new(now, each, upper, by)
            touched.append(part)
        else:
            touched += _changed(part, each, upper, by, why)
        made.append(part)
    told_parts = "；".join(f"{each.label} {each.amount}" for each in wanted)
    after = (now.broken_across, now.broken_way, now.broken_figure)
    note(now, by, {"broken": ("/".join(before).strip("/"), "/".join(after).strip("/")), "parts": ("", told_parts)}, why)
    now.save()
    told(now, by, "target.broken_down", number=len(made), way=way, reason=why)
    refresh([*touched, now], timezone.localdate())
    return made


def _key(part: Target) -> Key:
    return part.part_year if part.part_year is not None else part.area_id


def _uppers(target: Target, wanted: Sequence[Part]) -> Sequence[Decimal | None]:
    if target.amount_to is None:
        return [None] * len(wanted)
    if not adds_up(target, target.broken_across):
        return [target.amount_to] * len(wanted)
    return upper_ends(target, [each.amount for each in wanted])


def _new(whole: Target, part: Part, upper: Decimal | None, by: Officer | None) -> Target:
    area = part.area or whole.area
    starts_on, deadline = whole.starts_on, whole.deadline
    amounts: dict[str, Any] = {"amount": part.amount, "amount_to": upper}
    if part.area is None:
        starts_on, deadline = span_of_year(whole, part.key)
    made = Target(
        title=whole.title,
        measure=whole.measure,
        **amounts,
        unit=whole.unit,
        comparison=whole.comparison,
        starts_on=starts_on,
        deadline=deadline,
        pace=Pace.DAY,
        area=area,
        place=area.place,
        owner_unit=whole.owner_unit if part.area is None else None,
        owner=whole.owner if part.area is None else None,
        source_text=whole.source_text,
        proposal=whole.proposal,
        parent=whole,
        part_year=part.key if part.area is None else None,
        made_by=by,
    )
    made.base = first_base(made)
    if made.base is None and catalogue().get(whole.measure) is None and not adds_up(whole, whole.broken_across):
        made.base = whole.base
    made.save()
    return made


def _changed(part: Target, wanted: Part, upper: Decimal | None, by: Officer | None, why: str) -> list[Target]:
    """A part that stays, with a new amount; everything below it follows."""
    own = {
        name: (getattr(part, name), now)
        for name, now in (("amount", wanted.amount), ("amount_to", upper))
        if getattr(part, name) != now
    }
    if not own:
        return []
    part.amount, part.amount_to = wanted.amount, upper
    note(part, by, own, why)
    part.save()
    return [part, *settle(part, by, why, own)]
