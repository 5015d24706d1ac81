"""A part of the writer of targets: what is measured and reported becomes values by day, and how each target stands.

The value of a target is, by what it has: what its measure of the catalogue comes to; what its owner reported; the sum
of what its parts came to. Values are kept by day and are never entered.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.audit.services import record
from bangfu.plans.models import DailyValue, Report, Stage, Target, TargetChange
from bangfu.plans.targets import errors
from bangfu.plans.targets.catalogue import Measure, catalogue, is_rate, terms
from bangfu.plans.targets.courses import Point, outlook
from bangfu.plans.targets.measuring import values
from bangfu.plans.targets.values import counted_until, course_of, measured, rounded

CHUNK = 2000
KEPT = ("value", "valued_on", "standing", "behind_days", "forecast", "forecast_on")


# --- holding, noting -------------------------------------------------------------------------------------------------


def held(pk: int, seen: int | None = None) -> Target:
    """The target, not moving until the end. Raises TargetWithdrawn, and TargetChangedMeanwhile when it has been changed
    since `seen` changes."""
    found: Target = (
        Target.objects.select_for_update(of=("self",)).select_related("area", "owner_unit", "owner").get(pk=pk)
    )
    if found.withdrawn_at is not None:
        raise errors.TargetWithdrawn(title=found.title, day=timezone.localdate(found.withdrawn_at))
    if seen is not None and seen != found.changes:
        raise errors.TargetChangedMeanwhile(title=found.title)
    return found


def note(target: Target, by: Officer | None, changed: Mapping[str, Sequence[Any]], reason: str) -> None:
    """Add a line to the history of a target (held, saved by whoever calls with its `changes`)."""
    plain = {name: [_plain(each) for each in pair] for name, pair in changed.items()}
    TargetChange.objects.create(target=target, number=target.changes, actor=by, values=plain, reason=reason)
    target.changes += 1


def _plain(given: Any) -> Any:
    if given is None or isinstance(given, bool | int):
        return given
    return str(given)


# --- values by day ---------------------------------------------------------------------------------------------------


def refresh(targets: Sequence[Target], day: date) -> None:
    """Measure or sum up these targets for a day, and judge how they stand; then everything above them that is summed
    up from its parts."""
    bound = [each for each in targets if catalogue().get(each.measure)]
    for each in bound:
        now: Any = measured(each, day)
        if now is not None:
            DailyValue.objects.update_or_create(target=each, day=day, defaults={"value": now})
    for each in targets:
        if not catalogue().get(each.measure):
            _rebuild(each)
    judge(targets, day)
    above = Target.objects.live().filter(pk__in={each.parent_id for each in targets if each.parent_id}, measure="")
    if rows := list(above.select_related("area")):
        refresh(rows, day)


def _rebuild(target: Target) -> None:
    """The values of a target that nobody measures, anew from what was reported of it and of its parts."""
    series: list[Any] = list(series_of(target))
    DailyValue.objects.filter(target=target).delete()
    DailyValue.objects.bulk_create(DailyValue(target=target, day=day, value=number) for day, number in series)


def series_of(target: Target) -> list[Point]:
    """What was reported of a target by day, the last word of a day counting; of one without own reports that was broken
    down, the sum of what its parts had come to by each day. Rates are not summed up."""
    own = Report.objects.filter(target=target, withdrawn_at=None, value__isnull=False).order_by("day", "pk")
    reported = dict(own.values_list("day", "value"))
    if reported or is_rate(target.unit):
        return sorted(reported.items())
    parts = DailyValue.objects.filter(target__parent=target, target__withdrawn_at=None).order_by("day", "target")
    latest: dict[int, Decimal] = {}
    summed: dict[date, Decimal] = {}
    for part, day, number in parts.values_list("target_id", "day", "value"):
        latest[part] = number
        summed[day] = sum(latest.values(), Decimal(0))
    return sorted(summed.items())


def judge(targets: Sequence[Target], day: date) -> None:
    """How these targets stand on a day by their values; keeps it with them."""
    rules = terms()
    since = day - timedelta(days=rules.forecast_from_days)
    pks = [each.pk for each in targets]
    past: dict[int, list[Point]] = defaultdict(list)
    known = DailyValue.objects.filter(target__in=pks, day__gte=since, day__lte=day).order_by("target", "day")
    for pk, on, number in known.values_list("target_id", "day", "value"):
        past[pk].append((on, number))
    older = [each.pk for each in targets if each.pk not in past]
    before = DailyValue.objects.filter(target__in=older, day__lte=day).order_by("target", "day")
    for pk, on, number in before.values_list("target_id", "day", "value"):
        past[pk] = [(on, number)]
    stages: dict[int, list[Stage]] = defaultdict(list)
    for stage in Stage.objects.filter(target__in=pks):
        stages[stage.target_id].append(stage)
    changed: list[Target] = []
    for each in targets:
        stood = [getattr(each, name) for name in KEPT]
        found = outlook(course_of(each, stages[each.pk]), past[each.pk], day, rules)
        last = past[each.pk][-1] if past[each.pk] else None
        each.value, each.valued_on = (last[1], last[0]) if last else (None, None)
        each.standing, each.behind_days = found.standing, found.behind_days
        each.forecast, each.forecast_on = found.forecast, found.forecast_on
        if stood != [getattr(each, name) for name in KEPT]:
            changed.append(each)
    _keep_with(changed)


def _keep_with(targets: Sequence[Target]) -> None:
    """What stands with these targets, a row at a time in one call: `bulk_update` builds one long expression a column,
    which takes some times as long."""
    fields: list[Any] = [Target._meta.get_field(name) for name in KEPT]
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(each.column)} = %s" for each in fields)
    statement = f"UPDATE {quote(Target._meta.db_table)} SET {columns} WHERE {quote('id')} = %s"
    rows = [
        (*(each.get_db_prep_save(getattr(target, each.attname), connection) for each in fields), target.pk)
        for target in targets
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)


# --- the day's work --------------------------------------------------------------------------------------------------


def keep_day(day: date | None = None) -> int:
    """The value of every live target for a day (today), and how each stands; how many were measured. Safe to repeat.

    For an earlier day only what happened by dates is told: nobody knows any more how the rest stood. Targets of one
    measure, start and level of area are counted together."""
    today = timezone.localdate()
    on = day or today
    number = 0
    live = Target.objects.live().filter(starts_on__lte=on)
    together: dict[tuple[str, date, int, date], list[Target]] = defaultdict(list)
    for target in live.exclude(measure="").select_related("area"):
        measure = catalogue().get(target.measure)
        if measure is not None and (on == today or measure.dated):
            together[measure.id, target.starts_on, target.area.level, counted_until(target, on)].append(target)
    for (id, start, level, until), targets in together.items():
        number += _keep(catalogue()[id], targets, level, start, until, on)
    if on == today:
        _judge_all(today)
    return number


def _keep(measure: Measure, targets: Sequence[Target], level: int, start: date, until: date, on: date) -> int:
    with transaction.atomic():
        found = values(measure, level, start, until, targets[0].area if len(targets) == 1 else None)
        rows = []
        for each in targets:
            exact = found.get(each.area.place, None if measure.is_share else Fraction(0))
            if exact is not None:
                now: Any = rounded(exact, falling=course_of(each).falling)
                rows.append(DailyValue(target=each, day=on, value=now))
        DailyValue.objects.bulk_create(
            rows, batch_size=500, update_conflicts=True, unique_fields=["target", "day"], update_fields=["value"]
        )
    return len(rows)


def _judge_all(day: date) -> None:
    """Everything that lives, some at a time."""
    last = 0
    while True:
        rows = list(Target.objects.live().filter(pk__gt=last).order_by("pk")[:CHUNK])
        if not rows:
            return
        with transaction.atomic():
            judge(rows, day)
        last = rows[-1].pk


def told(target: Target, by: Officer | None, action: str, **detail: Any) -> None:
    """An entry in the trail."""
    record(actor=by, action=action, subject=target, **detail)
