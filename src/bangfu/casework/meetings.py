"""Meetings: verbs of `casework.services` in a file of their own. Who should attend, who was there, who stood aside, and
what the meeting said of each case; whether that counts follows from the procedure's meeting rule.

`by` is the officer who acts; None is the house itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.audit.services import record
from bangfu.casework import meeting_errors as errors
from bangfu.casework.acting import require_post
from bangfu.casework.gathering import step_of, together
from bangfu.casework.models import Attendance, Case, Meeting, MeetingPaper, Vote
from bangfu.casework.procedures import MeetingRule, Move, MoveKind, StandAside, Step, StepKind, VoteOf
from bangfu.common.errors import BangfuError
from bangfu.registry import papers
from bangfu.registry.models import Household, Member


@dataclass(frozen=True)
class Tally:
    """What the numbers of a vote amount to under a rule."""

    quorum: bool
    majority: bool

    @property
    def passed(self) -> bool:
        return self.quorum and self.majority


def tally(
    rule: MeetingRule, *, expected: int, present: int, voters: int, in_favour: int, against: int, aside: int = 0
) -> Tally:
    """Whether a meeting was valid and has said yes.

    `expected` and `present` are of all who have a vote; `aside` of them stood aside: `voters` = present − aside.
    The quorum counts who came, also those who then stood aside; the majority is of `rule.of`, never of those aside.
    """
    whole = {VoteOf.EXPECTED: expected - aside, VoteOf.PRESENT: voters, VoteOf.CAST: in_favour + against}[rule.of]
    enough = rule.quorum.reached(present, expected) and present >= rule.minimum_present
    return Tally(enough, rule.majority.reached(in_favour, whole))


@dataclass(frozen=True)
class Expected:
    """Somebody who should attend; `member` when it is a villager of the registry."""

    name: str
    capacity: str = ""
    member: int | None = None
    votes: bool = True


# --- before and during -----------------------------------------------------------------------------------------------


@transaction.atomic
def call_meeting(
    *,
    by: Officer | None,
    cases: Sequence[Case],
    held_on: date,
    chair: str,
    recorder: str,
    held_at: str = "",
    title: str = "",
) -> Meeting:
    """A meeting over cases of one village that stand at a meeting step. Raises CasesNotTogether, MeetingNotPossible,
    NotAllowed, DayWrong (before a case came to the step)."""
    step, area = together(cases)
    _is_meeting(step)
    require_post(by, step, area.place)
    earliest = max(case.step_since for case in cases)
    if held_on < earliest:
        raise errors.DayWrong(day=held_on, first=earliest, last=_("今后"))
    meeting: Meeting = Meeting.objects.create(
        area=area,
        place=area.place,
        procedure=cases[0].procedure,
        step=step.id,
        title=title or _("{area}{step}会议").format(area=area.name, step=step.label),
        held_on=held_on,
        held_at=held_at,
        chair=chair,
        recorder=recorder,
        called_by=by,
    )
    Vote.objects.bulk_create(
        Vote(meeting=meeting, case=case, number=number) for number, case in enumerate(cases, start=1)
    )
    record(actor=by, action="cases.meeting_called", subject=meeting, cases=len(cases), held_on=held_on)
    return meeting


@transaction.atomic
def expect(*, meeting: Meeting, by: Officer | None, people: Iterable[Expected]) -> None:
    """Who should attend, instead of whoever was named before. Raises MeetingClosed, NobodyExpected, NotAllowed."""
    step = _open(meeting, by)
    named = [person for person in people if person.name.strip()]
    if not any(person.votes for person in named):
        raise errors.NobodyExpected()
    known = set(
        Member.objects.filter(pk__in=[p.member for p in named if p.member])
        .inside(meeting.area)
        .values_list("pk", flat=True)
    )
    meeting.attendance.all().delete()
    meeting.votes.update(aside=[], in_favour=None, against=None, abstained=None)
    Attendance.objects.bulk_create(
        Attendance(
            meeting=meeting,
            name=person.name.strip(),
            capacity=person.capacity.strip(),
            member_id=person.member if person.member in known else None,
            votes=person.votes,
        )
        for person in named
    )
    record(actor=by, action="cases.meeting_expected", subject=meeting, step=str(step.label), people=len(named))


@transaction.atomic
def attend(*, meeting: Meeting, by: Officer | None, present: Iterable[int]) -> None:
    """Who of those expected was there (ids of Attendance); everybody else was not. Votes already taken are dropped."""
    _open(meeting, by)
    _over(meeting)
    here = set(present)
    everybody = list(meeting.attendance.all())
    if not everybody:
        raise errors.NobodyExpected()
    for person in everybody:
        person.present = person.pk in here
    Attendance.objects.bulk_update(everybody, ["present"])
    meeting.votes.update(aside=[], in_favour=None, against=None, abstained=None)
    record(actor=by, action="cases.meeting_attended", subject=meeting, present=len(here), expected=len(everybody))


def proposed_aside(meeting: Meeting, case: Case) -> list[tuple[Attendance, str]]:
    """Who should stand aside when the case is voted on, and why: people of the household itself, kin as far as the
    files show it (somebody once of one household and now of the other), and people at the same address. It is a
    proposal: kinship that no file shows is known in the village."""
    step = case.version.read.step(meeting.step)
    wanted = set(step.meeting.stand_aside) if step.meeting else set()
    if case.household_id is None or not wanted:
        return []
    people = [p for p in meeting.attendance.select_related("member__household").order_by("pk") if p.member]
    kin = _kin_households(case.household_id)
    found = []
    for person in people:
        reason = _why_aside(person.member, case, kin, wanted)
        if reason:
            found.append((person, reason))
    return found


@transaction.atomic
def vote(
    *,
    meeting: Meeting,
    case: Case,
    by: Officer | None,
    in_favour: int,
    against: int,
    abstained: int,
    aside: Mapping[int, str] | None = None,
    note: str = "",
) -> Vote:
    """What the meeting said of a case. `aside`: ids of Attendance with the reason. The three numbers add up to those
    who were there, have a vote and did not stand aside. Raises VotesDoNotAddUp, AsideUnknown, MeetingClosed."""
    _open(meeting, by)
    _over(meeting)
    row: Vote | None = meeting.votes.select_for_update().filter(case=case).first()
    if row is None:
        raise errors.CaseNotOnSheet()
    here = {p.pk: p for p in meeting.attendance.filter(present=True)}
    given = dict(aside or {})
    if set(given) - set(here):
        raise errors.AsideUnknown()
    voters = sum(1 for p in here.values() if p.votes and p.pk not in given)
    if min(in_favour, against, abstained) < 0 or in_favour + against + abstained != voters:
        raise errors.VotesDoNotAddUp(
            case=case.subject_name,
            in_favour=in_favour,
            against=against,
            abstained=abstained,
            total=in_favour + against + abstained,
            voters=voters,
        )
    row.in_favour, row.against, row.abstained = in_favour, against, abstained
    row.aside = [{"person": pk, "reason": reason} for pk, reason in sorted(given.items())]
    row.note = note
    row.save(update_fields=["in_favour", "against", "abstained", "aside", "note"])
    return row


@transaction.atomic
def close_meeting(*, meeting: Meeting, by: Officer | None, minutes: str) -> Meeting:
    """The record is final. Every case has a vote, there are minutes; what passed follows from the rule.
    Raises VoteMissing, MinutesMissing, NobodyExpected, MeetingInFuture, MeetingClosed."""
    _open(meeting, by)
    _over(meeting)
    if not minutes.strip():
        raise errors.MinutesMissing()
    with_vote = [p for p in meeting.attendance.all() if p.votes]
    if not with_vote:
        raise errors.NobodyExpected()
    rows = list(meeting.votes.select_related("case__version"))
    silent = [row.case.subject_name for row in rows if row.in_favour is None]
    if silent:
        raise errors.VoteMissing(count=len(silent), cases="、".join(silent[:5]))
    meeting.expected, meeting.present = len(with_vote), sum(1 for p in with_vote if p.present)
    voting = {p.pk for p in with_vote}
    for row in rows:
        rule = row.case.version.read.step(meeting.step).meeting
        aside = sum(1 for each in row.aside if each["person"] in voting)
        row.passed = rule is not None and (
            tally(
                rule,
                expected=meeting.expected,
                present=meeting.present,
                voters=meeting.present - aside,
                in_favour=row.in_favour,
                against=row.against,
                aside=aside,
            ).passed
        )
    Vote.objects.bulk_update(rows, ["passed"])
    meeting.minutes, meeting.closed_at = minutes, timezone.now()
    meeting.save(update_fields=["expected", "present", "minutes", "closed_at"])
    passed = sum(1 for row in rows if row.passed)
    record(actor=by, action="cases.meeting_closed", subject=meeting, cases=len(rows), passed=passed)
    return meeting


@transaction.atomic
def add_meeting_paper(*, meeting: Meeting, by: Officer | None, kind: str, title: str, upload: Any) -> MeetingPaper:
    """A photo or the signed sheet. Raises MeetingClosed and what `registry.papers.keep` raises."""
    _open(meeting, by)
    kept = papers.keep(upload)
    paper: MeetingPaper = MeetingPaper.objects.create(
        meeting=meeting, kind=kind, title=title, sha256=kept.sha256, size=kept.size, media_type=kept.media_type
    )
    record(actor=by, action="cases.meeting_paper", subject=meeting, title=title)
    return paper


# --- what a move asks ------------------------------------------------------------------------------------------------


def obstacles(cases: Sequence[Case], step: Step, move: Move, on: date) -> dict[int, list[BangfuError]]:
    """What of meetings stands against a forward move from a meeting step on a day, by case; the last closed meeting
    since the case came to the step counts."""
    if step.kind is not StepKind.MEETING or move.kind is not MoveKind.FORWARD:
        return {}
    last: dict[int, Vote] = {}
    rows = Vote.objects.filter(
        case__in=cases, meeting__step=step.id, meeting__closed_at__isnull=False, meeting__held_on__lte=on
    )
    for row in rows.select_related("meeting").order_by("meeting__held_on", "meeting_id"):
        last[row.case_id] = row
    found: dict[int, list[BangfuError]] = {}
    for case in cases:
        row = last.get(case.pk)
        if row is None or row.meeting.held_on < case.step_since:
            found[case.pk] = [errors.NotMet()]
        elif not row.passed:
            found[case.pk] = [_why_not(row, case)]
    return found


def _why_not(row: Vote, case: Case) -> BangfuError:
    rule = step_of(case).meeting
    meeting = row.meeting
    expected, present = meeting.expected or 0, meeting.present or 0
    if rule and not (rule.quorum.reached(present, expected) and present >= rule.minimum_present):
        return errors.NoQuorum(held_on=meeting.held_on, expected=expected, present=present)
    return errors.VotedDown(
        held_on=meeting.held_on, in_favour=row.in_favour, against=row.against, abstained=row.abstained
    )


# --- small things ----------------------------------------------------------------------------------------------------


def _is_meeting(step: Step) -> None:
    if step.kind is not StepKind.MEETING:
        raise errors.MeetingNotPossible(step=step.label)


def _open(meeting: Meeting, by: Officer | None) -> Step:
    """The step of a meeting that is not yet final, which the officer may act at; locked until the transaction ends."""
    held = Meeting.objects.select_for_update().get(pk=meeting.pk)
    if held.closed_at:
        raise errors.MeetingClosed(title=held.title)
    first = Case.objects.select_related("version").filter(votes__meeting=meeting).order_by("pk").first()
    assert first is not None  # a meeting is called over at least one case
    step: Step = first.version.read.step(meeting.step)
    require_post(by, step, meeting.place)
    return step


def _over(meeting: Meeting) -> None:
    if meeting.held_on > timezone.localdate():
        raise errors.MeetingInFuture(day=meeting.held_on)


def _kin_households(household: int) -> set[int]:
    """Households that share a person with this one, now or once: children who married out, parents after a split."""
    keys = Member.objects.filter(household=household).exclude(id_key="").values("id_key")
    return set(Member.objects.filter(id_key__in=keys).exclude(household=household).values_list("household", flat=True))


def _why_aside(member: Member, case: Case, kin: set[int], wanted: set[StandAside]) -> str:
    if StandAside.SELF in wanted and member.household_id == case.household_id:
        return _("本户成员")
    if StandAside.KIN in wanted and member.household_id in kin:
        return _("户档显示曾为一家人")
    if StandAside.SAME_ADDRESS in wanted and _same_address(member.household, case.household):
        return _("与该户同一住址")
    return ""


def _same_address(one: Household, other: Household | None) -> bool:
    return (
        other is not None
        and bool(one.address)
        and (one.village_id, one.group_id, one.address) == (other.village_id, other.group_id, other.address)
    )
