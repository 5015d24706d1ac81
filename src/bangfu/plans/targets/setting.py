"""The verbs of targets: track, change, put into stages, withdraw. Verbs of `plans.services` in a file of their own.

Each leaves an entry in the trail and, where something changes, a line in the target's history with the reason. `by` is
the officer who acts; None is the house itself.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.casework.texts import plain
from bangfu.common.fields import from_hundredths, to_hundredths
from bangfu.plans.models import Pace, Proposal, Stage, Target
from bangfu.plans.reading.found import Comparison
from bangfu.plans.targets import errors
from bangfu.plans.targets.acting import require_editor
from bangfu.plans.targets.catalogue import catalogue, our_word
from bangfu.plans.targets.keeping import held, note, refresh, told
from bangfu.plans.targets.settling import settle
from bangfu.plans.targets.values import course_of, measured
from bangfu.support.models import Unit

TITLE_LIMIT, SOURCE_LIMIT, UNIT_LIMIT, REASON_LIMIT, STAGE_LIMIT = 200, 4000, 40, 200, 120
# What an officer may change of a target; of a part, only what the whole leaves open.
OF_WHOLE = ("title", "measure", "amount", "amount_to", "unit", "comparison")
CHANGEABLE = (*OF_WHOLE, "starts_on", "base", "deadline", "pace", "owner_unit", "owner")


@transaction.atomic
def track(
    *,
    by: Officer | None,
    area: Area,
    title: str,
    amount: Decimal | int | str,
    unit: str,
    comparison: str,
    deadline: date | None,
    measure: str = "",
    amount_to: Decimal | int | str | None = None,
    starts_on: date | None = None,
    base: Decimal | int | str | None = None,
    pace: str = Pace.DAY,
    owner: Officer | None = None,
    owner_unit: Unit | None = None,
    owner_name: str = "",
    source_text: str = "",
    proposal: Proposal | None = None,
) -> Target:
    """Track a target of an area from `starts_on` (today) to the deadline. `measure` is one of the catalogue, "" when
    the owner reports. `base` None: of a measured state what it is now, else zero. `owner_name`: whom a document names.

    Raises NotAllowed, TargetTitleMissing, NumberWrong, AmountNegative, RangeUpsideDown, MeasureUnknown, UnitsDiffer,
    DeadlineBeforeStart, TextTooLong.
    """
    require_editor(by, area.place)
    numbers: dict[str, Any] = {
        name: from_hundredths(to_hundredths(each))
        for name, each in (("amount", amount), ("amount_to", amount_to), ("base", base))
    }
    made = Target(
        area=area,
        place=area.place,
        title=title,
        measure=measure,
        **numbers,
        unit=unit,
        comparison=comparison,
        starts_on=starts_on or timezone.localdate(),
        deadline=deadline,
        pace=pace if pace != Pace.NODE else Pace.DAY,
        owner=owner,
        owner_unit=owner_unit,
        owner_name=plain(owner_name, TITLE_LIMIT, _("责任单位（人）")),
        source_text=plain(source_text, SOURCE_LIMIT, _("原文")),
        proposal=proposal,
        made_by=by,
    )
    check(made)
    if made.base is None:
        made.base = first_base(made)
    made.save()
    told(made, by, "target.tracked", measure=made.measure, amount=made.amount, unit=made.unit, until=made.deadline)
    refresh([made], timezone.localdate())
    return made


def first_base(target: Target) -> Decimal | None:
    """Where a target starts from when nobody says so: a measured state where it is now, what happens at nothing."""
    found = catalogue().get(target.measure)
    return measured(target, timezone.localdate()) if found is not None and not found.dated else None


def check(target: Target) -> None:
    """Put texts in order and refuse what cannot be. Raises what `track` raises."""
    target.title = plain(target.title, TITLE_LIMIT, _("目标名称"))
    if not target.title:
        raise errors.TargetTitleMissing()
    target.unit = our_word(plain(target.unit, UNIT_LIMIT, _("计量单位")))
    if target.amount is None or target.amount < 0:
        raise errors.AmountNegative(amount=target.amount if target.amount is not None else "")
    is_range = target.comparison == Comparison.RANGE
    if is_range != (target.amount_to is not None) or (is_range and target.amount_to < target.amount):
        raise errors.RangeUpsideDown(amount=target.amount, amount_to=target.amount_to or "")
    if target.deadline is not None and target.deadline <= target.starts_on:
        raise errors.DeadlineBeforeStart(deadline=target.deadline, start=target.starts_on)
    if target.measure:
        found = catalogue().get(target.measure)
        if found is None:
            raise errors.MeasureUnknown(measure=target.measure)
        if found.unit != target.unit:
            raise errors.UnitsDiffer(unit=target.unit, measure=found.label, other=found.unit)


def last_day(text: str) -> date | None:
    """The last day that a deadline of a reading means: "2026-06-30", "2026-06", "2026"; None for "" or no date."""
    try:
        match [int(each) for each in text.split("-")]:
            case [year]:
                return date(year, 12, 31)
            case [year, month]:
                return date(year, month, monthrange(year, month)[1])
            case [year, month, day]:
                return date(year, month, day)
    except ValueError:  # of which a month that does not exist is one
        pass
    return None


# --- changing --------------------------------------------------------------------------------------------------------


@transaction.atomic
def amend(
    *, target: Target, by: Officer | None, values: Mapping[str, Any], reason: str, seen: int | None = None
) -> Target:
    """Change what is in `values` (of CHANGEABLE); its parts follow, so that they add up to it as before.

    Raises NotAllowed, TargetWithdrawn, TargetChangedMeanwhile, TargetReasonMissing, PartFollowsWhole, NodesWanted,
    DeadlineBeforeParts, and what `track` raises.
    """
    now = held(target.pk, seen)
    require_editor(by, now.place)
    changed = {
        name: (getattr(now, name), _clean(name, given))
        for name, given in values.items()
        if name in CHANGEABLE and getattr(now, name) != _clean(name, given)
    }
    if not changed:
        return now
    why = explained(reason)
    if now.parent_id is not None and set(changed) & set(OF_WHOLE):
        raise errors.PartFollowsWhole(title=now.title)
    for name, (_before, after) in changed.items():
        setattr(now, name, after)
    check(now)
    if now.pace == Pace.NODE and not now.stages.exclude(amount=None).exists():
        raise errors.NodesWanted()
    note(now, by, changed, why)
    now.save()
    told(now, by, "target.amended", fields=sorted(changed), reason=why)
    touched = [now, *settle(now, by, why, changed)]
    refresh(touched, timezone.localdate())
    return now


def _clean(name: str, given: Any) -> Any:
    if name in ("amount", "amount_to", "base"):
        return from_hundredths(to_hundredths(given))
    if name == "unit":
        return our_word(str(given))
    return given.strip() if isinstance(given, str) else given


def explained(reason: str) -> str:
    """The reason as it is kept. Raises TargetReasonMissing, TextTooLong."""
    why = plain(reason, REASON_LIMIT, _("理由"))
    if not why:
        raise errors.TargetReasonMissing()
    return why


@transaction.atomic
def withdraw_target(*, target: Target, by: Officer | None, reason: str) -> None:
    """Take a target out of what is followed up, with all of its parts; it stays on file.

    Raises NotAllowed, TargetWithdrawn, TargetReasonMissing, PartFollowsWhole."""
    now = held(target.pk)
    require_editor(by, now.place)
    why = explained(reason)
    if now.parent_id is not None:
        raise errors.PartFollowsWhole(title=now.title)
    number = take_out(now, by, why)
    told(now, by, "target.withdrawn", reason=why, number=number)


def take_out(target: Target, by: Officer | None, why: str) -> int:
    """Withdraw a target and everything that it was broken down to; how many."""
    number = 1
    for part in target.parts.live():
        number += take_out(part, by, why)
    target.withdrawn_at, target.withdrawn_why = timezone.now(), why
    note(target, by, {"withdrawn_at": (None, target.withdrawn_at)}, why)
    target.save()
    return number


# --- stages ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StageGiven:
    """A stage as it is entered; `amount` is what is to be reached in all by its end."""

    title: str
    ends_on: date
    amount: Any = None  # Decimal, or None: no figure
    done_on: date | None = None


@transaction.atomic
def set_stages(
    *, target: Target, by: Officer | None, stages: Sequence[StageGiven], reason: str, seen: int | None = None
) -> list[Stage]:
    """Put a target into these stages instead of those it had.

    Raises NotAllowed, TargetWithdrawn, TargetChangedMeanwhile, TargetReasonMissing, StageWrong, StageAmountsWrong."""
    now = held(target.pk, seen)
    require_editor(by, now.place)
    why = explained(reason)
    _check_stages(now, stages)
    before = [_told_stage(each) for each in now.stages.all()]
    now.stages.all().delete()
    rows = [
        Stage(
            target=now, number=number, title=plain(each.title, STAGE_LIMIT, _("阶段名称")), ends_on=each.ends_on,
            amount=each.amount, done_on=each.done_on,
        )
        for number, each in enumerate(stages, start=1)
    ]  # fmt: skip
    made: list[Stage] = Stage.objects.bulk_create(rows)
    if now.pace == Pace.NODE and all(each.amount is None for each in made):
        now.pace = Pace.DAY
    note(now, by, {"stages": ("；".join(before), "；".join(_told_stage(each) for each in made))}, why)
    now.save()
    told(now, by, "target.staged", number=len(made), reason=why)
    refresh([now], timezone.localdate())
    return made


def _told_stage(stage: Stage) -> str:
    return f"{stage.title} {stage.ends_on}" + (f" {stage.amount}" if stage.amount is not None else "")


def _check_stages(target: Target, stages: Sequence[StageGiven]) -> None:
    """In their order of time, within the target's; their amounts on the way from its base to its amount."""
    course = course_of(target)
    on, reached = target.starts_on, course.base
    for number, each in enumerate(stages, start=1):
        late = target.deadline is not None and each.ends_on > target.deadline
        if not each.title.strip() or each.ends_on <= on or late:
            raise errors.StageWrong(number=number, start=target.starts_on, deadline=target.deadline or "—")
        if each.amount is not None:
            low, high = sorted((reached, course.amount))
            if not low <= each.amount <= high:
                raise errors.StageAmountsWrong(number=number, amount=each.amount)
            reached = each.amount
        on = each.ends_on


@transaction.atomic
def finish_stage(*, stage: Stage, by: Officer | None, on: date | None) -> None:
    """Say on which day a stage was done, or (None) that it was not.

    Raises NotAllowed, TargetWithdrawn, ReportInFuture."""
    now = held(stage.target_id)
    require_editor(by, now.place)
    if on is not None and on > timezone.localdate():
        raise errors.ReportInFuture(day=on)
    row = Stage.objects.select_for_update().get(pk=stage.pk)
    note(now, by, {"stage": (f"{row.title} {row.done_on or '—'}", f"{row.title} {on or '—'}")}, row.title)
    row.done_on = on
    row.save(update_fields=["done_on"])
    now.save(update_fields=["changes"])
    told(now, by, "target.stage_done", on=on)


def follow_targets() -> int:
    """Read the places of targets again after areas moved; how many stand elsewhere now."""
    home = Area.objects.filter(pk=OuterRef("area_id")).values("place")[:1]
    elsewhere = Target.objects.filter(~Q(place=F("area__place")))
    return int(Target.objects.filter(pk__in=elsewhere.values("pk")).update(place=Subquery(home)))
