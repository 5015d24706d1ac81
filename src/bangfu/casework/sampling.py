"""Samples: verbs of `casework.services` in a file of their own. The level above looks into a share of what comes up,
drawn so that anybody can draw it again.

`by` is the officer who acts; None is the house itself.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.casework import meeting_errors as errors
from bangfu.casework.acting import require_post
from bangfu.casework.models import Case, SampledCase, SampleDraw
from bangfu.casework.procedures import Move, MoveKind, SampleRule, Step, StepKind
from bangfu.common.errors import BangfuError


def how_many(rule: SampleRule, among: int) -> int:
    """The size of a sample: the share of `among`, rounded up, at least the minimum, never more than there are."""
    share = -(-among * rule.share.numerator // rule.share.denominator)
    return min(among, max(share, rule.minimum))


def drawn_from(ids: Sequence[int], number: int, seed: str) -> list[int]:
    """`number` of the ids, as chance and the seed have it: each id is mixed with the seed by SHA-256, the smallest win.
    The same ids and seed give the same draw on every machine, in whatever order the ids come."""
    return sorted(sorted(ids, key=lambda each: hashlib.sha256(f"{seed}:{each}".encode()).digest())[:number])


@transaction.atomic
def draw(*, by: Officer | None, area: Area, procedure: str, step: str, seed: str = "") -> SampleDraw:
    """Draw from the cases of an area that stand at a sample step and took part in no draw since they came there.
    Raises SampleNotPossible when there are none, NotAllowed."""
    already = SampledCase.objects.filter(
        case=OuterRef("pk"), draw__step=step, draw__drawn_on__gte=OuterRef("step_since")
    )
    here = Case.objects.running().inside(area).filter(procedure=procedure, step=step)
    waiting = list(here.exclude(Exists(already)).select_related("version"))
    if not waiting:
        raise errors.SampleNotPossible(step=step)
    described = waiting[0].version.read.step(step)
    if described.kind is not StepKind.SAMPLE or described.sample is None:
        raise errors.SampleNotPossible(step=described.label)
    require_post(by, described, area.place)
    seed = seed or secrets.token_hex(8)
    among = sorted(case.pk for case in waiting)
    chosen = set(drawn_from(among, how_many(described.sample, len(among)), seed))
    made: SampleDraw = SampleDraw.objects.create(
        area=area,
        place=area.place,
        procedure=procedure,
        step=step,
        seed=seed,
        among=among,
        drawn_on=timezone.localdate(),
        drawn_by=by,
    )
    SampledCase.objects.bulk_create(SampledCase(draw=made, case_id=case, drawn=case in chosen) for case in among)
    record(actor=by, action="cases.sample_drawn", subject=made, seed=seed, among=len(among), drawn=len(chosen))
    return made


@transaction.atomic
def look_into(*, sampled: SampledCase, by: Officer | None, right: bool, note: str, on: date) -> SampledCase:
    """What a check of a drawn case found. Raises NotDrawn, SampleDone, NoReason, DayWrong, NotAllowed."""
    held: SampledCase = (
        SampledCase.objects.select_for_update(of=("self",)).select_related("draw", "case__version").get(pk=sampled.pk)
    )
    require_post(by, held.case.version.read.step(held.draw.step), held.draw.place)
    if not held.drawn:
        raise errors.NotDrawn()
    if held.checked_on:
        raise errors.SampleDone(day=held.checked_on)
    if not note.strip():
        raise errors.NoReason()
    today = timezone.localdate()
    if not held.draw.drawn_on <= on <= today:
        raise errors.DayWrong(day=on, first=held.draw.drawn_on, last=today)
    held.right, held.note, held.checked_on, held.checked_by = right, note.strip(), on, by
    held.save(update_fields=["right", "note", "checked_on", "checked_by"])
    record(actor=by, action="cases.sample_checked", subject=held.case, right=right)
    return held


def obstacles(cases: Sequence[Case], step: Step, move: Move, on: date) -> dict[int, list[BangfuError]]:
    """What of samples stands against a forward move from a sample step, by case."""
    if step.kind is not StepKind.SAMPLE or move.kind is not MoveKind.FORWARD:
        return {}
    last: dict[int, SampledCase] = {}
    rows = SampledCase.objects.filter(case__in=cases, draw__step=step.id).select_related("draw").order_by("draw_id")
    for row in rows:
        last[row.case_id] = row
    found: dict[int, list[BangfuError]] = {}
    for case in cases:
        row = last.get(case.pk)
        if row is None or row.draw.drawn_on < case.step_since:
            found[case.pk] = [errors.NotSampled()]
        elif row.drawn and row.right is None:
            found[case.pk] = [errors.SampleOpen()]
        elif row.drawn and not row.right:
            found[case.pk] = [errors.SampleWrong(note=row.note)]
    return found
