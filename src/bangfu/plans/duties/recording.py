"""The verbs of duties. Each leaves an entry in the trail; what it does stands or falls as a whole.

Only what no visit and no attendance shows is recorded here: meetings, inspections, reports, studies, news items. `by`
is the officer who acts; None is the house itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.casework.texts import plain
from bangfu.plans.duties import errors
from bangfu.plans.duties.acting import require_recorder
from bangfu.plans.duties.loading import Regimes
from bangfu.plans.duties.shapes import Duty, What
from bangfu.plans.duties.words import evidence_of
from bangfu.plans.models import DutyPaper, DutyRecord, Served, TookPart
from bangfu.registry import papers
from bangfu.support.models import Team, Unit

TITLE_LIMIT = 120
NAME_LIMIT = 60
REASON_LIMIT = 200
SUMMARY_LIMIT = 20_000
# Kinds of records in which somebody took part.
GATHERINGS = (What.MEETING, What.INSPECTION, What.STUDY)


@dataclass(frozen=True)
class Person:
    """Somebody who took part; `officer` when it is somebody with an account."""

    name: str
    capacity: str = ""
    officer: int | None = None


@transaction.atomic
def record_duty(
    *,
    by: Officer | None,
    duties: Sequence[str],
    done_on: date,
    title: str,
    unit: Unit | None = None,
    team: Team | None = None,
    about_on: date | None = None,
    held_at: str = "",
    summary: str = "",
    people: Iterable[Person] = (),
) -> DutyRecord:
    """Record a meeting, an inspection, a report … of one unit or team. It may serve several duties of one kind: a
    meeting is entered once. `about_on` is a day of the period that it counts for (None: that of `done_on`).

    Raises NotAllowed, UnitOrTeamWanted, DutyMissing, DutyNotHere, DutiesNotAlike, DayInFuture, AboutWrong,
    TitleMissing, NobodyTookPart, RecordedTwice, TextTooLong.
    """
    if (unit is None) == (team is None):
        raise errors.UnitOrTeamWanted()
    require_recorder(by, unit=unit, team=team)
    about = about_on or done_on
    if done_on > timezone.localdate():
        raise errors.DayInFuture(day=done_on)
    if about > done_on:
        raise errors.AboutWrong(about=about, day=done_on)
    area = unit.area if unit else team.village  # type: ignore[union-attr]
    served = _served(duties, unit, area, about)
    name = plain(title, TITLE_LIMIT, _("名称"))
    if not name:
        raise errors.TitleMissing()
    there = [each for each in people if each.name.strip()]
    if served[0].what in GATHERINGS and not there:
        raise errors.NobodyTookPart()
    _only_once(DutyRecord(what=served[0].what, unit=unit, team=team, done_on=done_on, title=name), area)
    made: DutyRecord = DutyRecord.objects.create(
        what=served[0].what,
        unit=unit,
        team=team,
        area=area,
        place=area.place,
        done_on=done_on,
        title=name,
        held_at=plain(held_at, TITLE_LIMIT, _("地点或刊播媒体")),
        summary=plain(summary, SUMMARY_LIMIT, _("内容")),
        recorded_by=by,
    )
    Served.objects.bulk_create(
        Served(record=made, duty=duty.id, about_on=about, complete=_complete(duty, {})) for duty in served
    )
    TookPart.objects.bulk_create(
        TookPart(
            record=made,
            name=plain(each.name, NAME_LIMIT, _("姓名")),
            capacity=plain(each.capacity, NAME_LIMIT, _("身份")),
            officer_id=each.officer,
        )
        for each in there
    )
    record(
        actor=by,
        action="duty.recorded",
        subject=made,
        kind=str(made.what),
        duties=[duty.id for duty in served],
        on=done_on,
        people=len(there),
    )
    return made


def _served(wanted: Sequence[str], unit: Unit | None, area: Area, about: date) -> list[Duty]:
    """The duties that hold for the unit (None: for the team of the village) on the day."""
    if not wanted:
        raise errors.DutyMissing()
    here = Regimes.now().at(area.place, about)
    found = []
    for id in dict.fromkeys(wanted):
        duty = here.get(id)
        if duty is None or not duty.recorded or not _is_for(duty, unit):
            raise errors.DutyNotHere(doer=str(unit or area), day=about, duty=str(duty.title) if duty else id)
        found.append(duty)
    other = next((duty for duty in found if duty.what is not found[0].what), None)
    if other is not None:
        raise errors.DutiesNotAlike(first=str(found[0].title), second=str(other.title))
    return found


def _is_for(duty: Duty, unit: Unit | None) -> bool:
    if unit is None:
        return duty.who.teams
    return duty.who.means_unit(unit.level, unit.name)


def _only_once(new: DutyRecord, area: Area) -> None:
    same = DutyRecord.objects.valid().filter(
        what=new.what, unit=new.unit, team=new.team, done_on=new.done_on, title=new.title
    )
    if same.exists():
        raise errors.RecordedTwice(doer=str(new.unit or area), day=new.done_on, title=new.title)


# --- papers ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_paper(*, duty_record: DutyRecord, by: Officer | None, wanted: str, upload: Any, title: str = "") -> DutyPaper:
    """A plan, sign-in sheet, minutes, photo … With the last one that is asked for the record counts.

    Raises NotAllowed, RecordWithdrawn, PaperNotWanted, TextTooLong, and what `registry.papers.keep` raises.
    """
    now = _held(duty_record.pk, by)
    kinds = {evidence.id: evidence for evidence in evidence_of(now)}
    if wanted not in kinds:
        raise errors.PaperNotWanted(title=now.title, paper=wanted)
    kept = papers.keep(upload)
    made: DutyPaper = DutyPaper.objects.create(
        record=now,
        wanted=wanted,
        title=plain(title, TITLE_LIMIT, _("名称")) or str(kinds[wanted].label),
        sha256=kept.sha256,
        size=kept.size,
        media_type=kept.media_type,
        added_by=by,
    )
    _judge(now)
    record(actor=by, action="duty.paper_added", subject=now, paper=wanted)
    return made


@transaction.atomic
def remove_paper(*, paper: DutyPaper, by: Officer | None) -> None:
    """Take a wrong paper away; row and file stay on file. Raises NotAllowed, RecordWithdrawn, PaperGone."""
    now = _held(paper.record_id, by)
    row = DutyPaper.objects.select_for_update().get(pk=paper.pk)
    if row.removed_at is not None:
        raise errors.PaperGone(paper=row.title)
    row.removed_at = timezone.now()
    row.save(update_fields=["removed_at"])
    _judge(now)
    record(actor=by, action="duty.paper_removed", subject=now, paper=row.wanted)


def _judge(now: DutyRecord) -> None:
    """Whether the papers that each duty asks for are there now."""
    there = dict(now.papers.filter(removed_at=None).order_by().values_list("wanted").annotate(number=Count("pk")))
    here = Regimes.now()
    for served in now.served.all():
        duty = here.at(now.place, served.about_on).get(served.duty)
        complete = duty is not None and _complete(duty, there)
        if served.complete != complete:
            served.complete = complete
            served.save(update_fields=["complete"])


def _complete(duty: Duty, there: dict[str, int]) -> bool:
    return all(there.get(each.id, 0) >= each.minimum for each in duty.evidence)


# --- taking back, and following areas --------------------------------------------------------------------------------


@transaction.atomic
def withdraw(*, duty_record: DutyRecord, by: Officer | None, reason: str) -> None:
    """Say that a record was made by mistake: it counts no longer, and stays on file.

    Raises NotAllowed, RecordWithdrawn, ReasonMissing, TextTooLong."""
    now = _held(duty_record.pk, by)
    why = plain(reason, REASON_LIMIT, _("理由"))
    if not why:
        raise errors.ReasonMissing()
    now.withdrawn_at, now.withdrawn_why = timezone.now(), why
    now.save(update_fields=["withdrawn_at", "withdrawn_why"])
    record(actor=by, action="duty.withdrawn", subject=now, reason=why)


def _held(pk: int, by: Officer | None) -> DutyRecord:
    """The record, not moving until the end, by somebody who may record for its unit or team."""
    held: DutyRecord = (
        DutyRecord.objects.select_for_update(of=("self",))
        .select_related("unit__area", "team__village", "area")
        .get(pk=pk)
    )
    require_recorder(by, unit=held.unit, team=held.team)
    if held.withdrawn_at is not None:
        raise errors.RecordWithdrawn(title=held.title, day=timezone.localdate(held.withdrawn_at))
    return held
