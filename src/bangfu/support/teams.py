"""Resident teams: verbs of `support.services` in a file of their own. Who belongs to a team from when to when, on which
days they were in the village, their leave. What is too little or too much is shown (`attendance`), not refused: that is
for the unit that sent them to decide."""

from calendar import monthrange
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.common.places import Level
from bangfu.common.policy import code_list
from bangfu.support import errors
from bangfu.support.acting import require
from bangfu.support.models import DayInVillage, Helper, Leave, Team, TeamMember, Unit
from bangfu.support.policy import policy
from bangfu.support.texts import REASON_LIMIT, not_ahead, plain, reason_of

Role = TeamMember.Role


@transaction.atomic
def form_team(*, by: Officer | None, village: Area, starts_on: date, unit: Unit | None = None) -> Team:
    """Register the team that moves into a village. Raises NotAllowed, NotInYourPlace, NoVillage, DayAhead,
    TeamThere."""
    require(by, village.place, village.name)
    if village.level != Level.VILLAGE or village.valid_to is not None:
        raise errors.NoVillage(name=village.name)
    not_ahead(starts_on)
    there = Team.objects.select_for_update().filter(village=village, ended_on=None).first()
    if there is not None:
        raise errors.TeamThere(village=village.name, since=there.starts_on)
    made: Team = Team.objects.create(village=village, unit=unit, starts_on=starts_on, entered_by=by)
    record(actor=by, action="support.team_formed", subject=made, place=village.place, on=starts_on)
    return made


@transaction.atomic
def end_team(*, by: Officer | None, team: Team, on: date, reason: str) -> Team:
    """The whole team leaves; its members with it. Raises NotAllowed, NotInYourPlace, DayAhead, ReasonNeeded, TeamOver,
    DaysTurned."""
    now = _held(by, team)
    why = reason_of(reason)
    not_ahead(on)
    members = TeamMember.objects.filter(team=now, ended_on=None)
    first = max([now.starts_on, *members.values_list("starts_on", flat=True)])
    if on < first:
        raise errors.DaysTurned(first=first, last=on)
    members.update(ended_on=on, ended_why=why)
    now.ended_on = on
    now.save(update_fields=["ended_on"])
    record(actor=by, action="support.team_ended", subject=now, place=now.village.place, on=on, reason=why)
    return now


def _held(by: Officer | None, team: Team) -> Team:
    """The team, not changing until the end. Raises NotAllowed, NotInYourPlace, TeamOver."""
    now: Team = Team.objects.select_for_update(of=("self",)).select_related("village").get(pk=team.pk)
    require(by, now.village.place, now.village.name)
    if now.ended_on is not None:
        raise errors.TeamOver(village=now.village.name, day=now.ended_on)
    return now


@transaction.atomic
def join_team(
    *, by: Officer | None, team: Team, helper: Helper, role: str, starts_on: date, term_ends_on: date
) -> TeamMember:
    """Somebody joins a team for a term. Raises NotAllowed, NotInYourPlace, TeamOver, HelperLeft, DayAhead, DaysTurned,
    TermTooShort, FirstSecretaryThere, InATeam."""
    now = _held(by, team)
    person: Helper = Helper.objects.select_for_update().get(pk=helper.pk)
    if person.left_on is not None:
        raise errors.HelperLeft(helper=person.name, day=person.left_on)
    if not_ahead(starts_on) < now.starts_on:
        raise errors.DaysTurned(first=now.starts_on, last=starts_on)
    months = policy(now.village.code).team.term_months.at_least
    earliest = months_after(starts_on, months) - timedelta(days=1)
    if term_ends_on < earliest:
        raise errors.TermTooShort(since=starts_on, until=term_ends_on, months=months, earliest=earliest)
    members = TeamMember.objects.filter(ended_on=None).select_related("helper", "team__village")
    if role == Role.FIRST_SECRETARY and (there := members.filter(team=now, role=role).first()):
        raise errors.FirstSecretaryThere(village=now.village.name, helper=there.helper.name, since=there.starts_on)
    if there := members.filter(helper=person).first():
        raise errors.InATeam(helper=person.name, village=there.team.village.name, since=there.starts_on)
    made: TeamMember = TeamMember.objects.create(
        team=now,
        helper=person,
        role=Role(role),
        starts_on=starts_on,
        term_ends_on=term_ends_on,
        entered_by=by,
    )
    record(
        actor=by,
        action="support.member_joined",
        subject=made,
        place=now.village.place,
        helper=person.pk,
        role=role,
        on=starts_on,
    )
    return made


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of that month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@transaction.atomic
def leave_team(*, by: Officer | None, member: TeamMember, on: date, reason: str) -> TeamMember:
    """Somebody leaves a team; `on` is the first day on which they no longer belong to it. Raises NotAllowed,
    NotInYourPlace, DayAhead, DaysTurned, ReasonNeeded, MemberLeft."""
    now = _member(by, member)
    why = reason_of(reason)
    if not_ahead(on) < now.starts_on:
        raise errors.DaysTurned(first=now.starts_on, last=on)
    now.ended_on, now.ended_why = on, why
    now.save(update_fields=["ended_on", "ended_why"])
    record(
        actor=by,
        action="support.member_left",
        subject=now,
        place=now.team.village.place,
        helper=now.helper_id,
        on=on,
        reason=why,
    )
    return now


def _member(by: Officer | None, member: TeamMember, gone_too: bool = False) -> TeamMember:
    """A member, not changing until the end; `gone_too`: also one who has left. Raises NotAllowed, NotInYourPlace,
    MemberLeft."""
    rows = TeamMember.objects.select_for_update(of=("self",)).select_related("team__village", "helper")
    now: TeamMember = rows.get(pk=member.pk)
    require(by, now.team.village.place, now.team.village.name)
    if now.ended_on is not None and not gone_too:
        raise errors.MemberLeft(helper=now.helper.name, day=now.ended_on)
    return now


# --- days and leave --------------------------------------------------------------------------------------------------


def _in_service(member: TeamMember, day: date) -> bool:
    return member.starts_on <= day and (member.ended_on is None or day < member.ended_on)


def _served(member: TeamMember, days: Collection[date]) -> None:
    """Raises OutsideService for the first day on which the member did not belong to the team."""
    for day in sorted(days):
        if not _in_service(member, day):
            until = member.ended_on - timedelta(days=1) if member.ended_on else _("今")
            raise errors.OutsideService(day=day, helper=member.helper.name, since=member.starts_on, until=until)


@transaction.atomic
def enter_days(*, by: Officer | None, member: TeamMember, year: int, month: int, days: Collection[date]) -> int:
    """The days of a month on which a member was in the village, all of them: what was entered before and is not among
    them is taken back. How many there are now.

    Raises NotAllowed, NotInYourPlace, DayAhead, OutsideService, OnLeave.
    """
    now = _member(by, member, gone_too=True)
    first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    wanted = {day for day in days if first <= day <= last}
    for day in wanted:
        not_ahead(day)
    _served(now, wanted)
    for leave in Leave.objects.filter(member=now, withdrawn_at=None, first_day__lte=last, last_day__gte=first):
        if on_leave := [day for day in sorted(wanted) if leave.first_day <= day <= leave.last_day]:
            raise errors.OnLeave(helper=now.helper.name, day=on_leave[0])
    entered = DayInVillage.objects.filter(member=now, day__gte=first, day__lte=last)
    there = set(entered.values_list("day", flat=True))
    gone, new = there - wanted, wanted - there
    if gone:
        entered.filter(day__in=gone).delete()
    DayInVillage.objects.bulk_create(DayInVillage(member=now, day=day, entered_by=by) for day in sorted(new))
    if gone or new:
        about: dict[str, Any] = {"month": f"{year}-{month:02}", "added": len(new), "removed": len(gone)}
        record(actor=by, action="support.days_entered", subject=now, place=now.team.village.place, **about)
    return len(wanted)


@transaction.atomic
def enter_leave(
    *, by: Officer | None, member: TeamMember, first_day: date, last_day: date, kind: str, reason: str = ""
) -> Leave:
    """Leave of a member, also one still to come. Raises NotAllowed, NotInYourPlace, MemberLeft, DaysTurned,
    OutsideService, CodeUnknown, TextTooLong, LeaveOverlaps, InVillageThen."""
    now = _member(by, member, gone_too=True)
    if last_day < first_day:
        raise errors.DaysTurned(first=first_day, last=last_day)
    _served(now, {first_day, last_day})
    choices = dict(code_list("leave_kind").choices())
    if kind not in choices:
        raise errors.CodeUnknown(field=_("请假类别"), value=kind, choices="、".join(choices.values()))
    other = Leave.objects.filter(member=now, withdrawn_at=None, first_day__lte=last_day, last_day__gte=first_day)
    if there := other.first():
        raise errors.LeaveOverlaps(helper=now.helper.name, first=there.first_day, last=there.last_day)
    present = DayInVillage.objects.filter(member=now, day__gte=first_day, day__lte=last_day).order_by("day").first()
    if present is not None:
        raise errors.InVillageThen(helper=now.helper.name, day=present.day)
    made: Leave = Leave.objects.create(
        member=now,
        first_day=first_day,
        last_day=last_day,
        kind=kind,
        reason=plain(reason, REASON_LIMIT, _("事由")),
        entered_by=by,
    )
    about: dict[str, Any] = {"first": first_day, "last": last_day}
    record(actor=by, action="support.leave_entered", subject=made, place=now.team.village.place, **about)
    return made


@transaction.atomic
def withdraw_leave(*, by: Officer | None, leave: Leave) -> Leave:
    """Leave that was not taken, or was entered wrongly, counts no more; its row stays. Raises NotAllowed,
    NotInYourPlace."""
    now: Leave = Leave.objects.select_for_update(of=("self",)).select_related("member__team__village").get(pk=leave.pk)
    village = now.member.team.village
    require(by, village.place, village.name)
    if now.withdrawn_at is None:
        now.withdrawn_at = timezone.now()
        now.save(update_fields=["withdrawn_at"])
        record(actor=by, action="support.leave_withdrawn", subject=now, place=village.place, first=now.first_day)
    return now
