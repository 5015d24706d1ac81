"""Opening cases, one or thousands by the same code: who may, of whom, numbered without gaps."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer, Post
from bangfu.accounts.roles import roles
from bangfu.areas.models import Area
from bangfu.audit.services import record_many
from bangfu.casework import clocks, errors
from bangfu.casework.acting import opening_post
from bangfu.casework.courses import OPENED, Passed
from bangfu.casework.deadlines import Deadlines, deadlines
from bangfu.casework.loading import version_of
from bangfu.casework.models import (
    Application,
    Case,
    CaseSequence,
    CaseTransition,
    ProcedureVersion,
    Round,
)
from bangfu.casework.procedures import Channel, Procedure, Subject
from bangfu.casework.recognising import As, as_recognised
from bangfu.casework.texts import plain
from bangfu.casework.words import channel_label, recognised_label
from bangfu.common.errors import BangfuError
from bangfu.common.places import Level, span
from bangfu.findings.models import Finding
from bangfu.registry.models import Household

NOTE_LIMIT = 400
BATCH = 500


@dataclass(frozen=True)
class Candidate:
    """Of whom a case is to be opened, and from what it comes."""

    village: Area
    household: Household | None = None
    finding: Finding | None = None
    application: Application | None = None
    note: str = ""

    @property
    def place(self) -> int:
        return int(self.household.place if self.household else self.village.place)

    @property
    def name(self) -> str:
        return str(self.household.head_name or self.household.household_no) if self.household else self.village.name


@dataclass
class Opened:
    """The cases that were opened, and of whom none was, with the reason."""

    cases: list[Case] = field(default_factory=list)
    left_out: list[tuple[Candidate, BangfuError]] = field(default_factory=list)


@transaction.atomic
def open_many(
    *,
    by: Officer | None,
    procedure: Procedure,
    candidates: Sequence[Candidate],
    channel: Channel,
    on: date | None = None,
    round: Round | None = None,
) -> Opened:
    """Open a case for each candidate that fits; the others are left out with the reason. `by` None is the house itself.

    Raises ChannelClosed, DayInFuture, TextTooLong, HolidaysUnknown: what is wrong with all of them.
    """
    on = on or timezone.localdate()
    if on > timezone.localdate():
        raise errors.DayInFuture(day=on)
    if channel not in procedure.opening.channels:
        raise errors.ChannelClosed(
            procedure=procedure.label,
            channel=channel_label(channel),
            channels="、".join(channel_label(each) for each in procedure.opening.channels),
        )
    # Queue before looking: two openers would otherwise both find no running case.
    sequences = _queue(candidates, on)
    done = Opened()
    fitting, posts = [], {}
    obstacles = _obstacles(by, procedure, candidates, on)
    for candidate, post, obstacle in obstacles:
        if obstacle is not None:
            done.left_out.append((candidate, obstacle))
        else:
            fitting.append(candidate)
            posts[id(candidate)] = post
    version = keep_version(procedure)
    level = procedure.first.level
    days = _first_days(procedure, by, on, round)
    done.cases = Case.objects.bulk_create(
        [
            Case(
                case_no=number,
                procedure=procedure.id,
                version=version,
                household=candidate.household,
                village=candidate.village,
                place=candidate.place,
                subject_name=candidate.name[:60],
                step=procedure.first.id,
                step_since=on,
                level=level,
                channel=channel,
                finding=candidate.finding,
                application=candidate.application,
                round=round,
                note=plain(candidate.note, NOTE_LIMIT, _("事由")),
                opened_on=on,
                opened_by=by,
                not_before=days.not_before,
                due_on=days.due_on,
            )
            for candidate, number in zip(fitting, _numbers(sequences, fitting), strict=True)
        ],
        batch_size=BATCH,
    )
    _first_steps(done.cases, [posts[id(candidate)] for candidate in fitting], by, on)
    record_many(
        actor=by,
        action="case.opened",
        deeds=[
            (case, {"case_no": case.case_no, "procedure": procedure.id, "channel": str(channel)}) for case in done.cases
        ],
    )
    return done


def _first_steps(cases: Sequence[Case], posts: Sequence[Post | None], by: Officer | None, on: date) -> None:
    at = timezone.now()
    CaseTransition.objects.bulk_create(
        [
            CaseTransition(
                case=case,
                number=0,
                move=OPENED,
                kind=OPENED,
                from_step="",
                to_step=case.step,
                level=post.area.level if post else case.level,
                role=post.role_id if post else "",
                actor=by,
                on=on,
                at=at,
                reason=case.note,
            )
            for case, post in zip(cases, posts, strict=True)
        ],
        batch_size=BATCH,
    )


def _first_days(procedure: Procedure, by: Officer | None, on: date, round: Round | None) -> Deadlines:
    first = procedure.first
    opening = Passed(0, OPENED, OPENED, "", first.id, first.level, by.pk if by else None, on)
    return deadlines(procedure, first, [opening], clocks.calendar(), round_due=round.due_on if round else None)


# --- who may, and of whom --------------------------------------------------------------------------------------------


def _obstacles(
    by: Officer | None, procedure: Procedure, candidates: Sequence[Candidate], on: date
) -> Iterable[tuple[Candidate, Post | None, BangfuError | None]]:
    """For each candidate the post by which it is opened, and what stands in the way."""
    households = [c.household.pk for c in candidates if c.household]
    running = _running(procedure, candidates)
    recognised = as_recognised(households, on)
    seen: set[tuple[str, int]] = set()
    for candidate in candidates:
        post = opening_post(by, procedure, candidate.place) if by else None
        key = _key(candidate)
        if by is not None and post is None:
            names = "、".join(str(roles()[role].label) for role in procedure.opening.roles)
            yield candidate, None, errors.NotYourOpening(procedure=procedure.label, roles=names)
        elif fault := _unfit(procedure, candidate, on):
            yield candidate, post, fault
        elif key in running or key in seen:
            number = running.get(key, "")
            yield (
                candidate,
                post,
                errors.AlreadyRunning(name=candidate.name, procedure=procedure.label, case_no=number),
            )
        elif candidate.household and (fault := _unrecognised(procedure, candidate, recognised[candidate.household.pk])):
            yield candidate, post, fault
        else:
            seen.add(key)
            yield candidate, post, None


def _key(candidate: Candidate) -> tuple[str, int]:
    if candidate.household:
        return Subject.HOUSEHOLD, candidate.household.pk
    return Subject.VILLAGE, candidate.village.pk


def _unfit(procedure: Procedure, candidate: Candidate, on: date) -> BangfuError | None:
    household = candidate.household
    if (household is None) != (procedure.of is Subject.VILLAGE) or candidate.village.level != Level.VILLAGE:
        subject = _("户") if procedure.of is Subject.HOUSEHOLD else _("村")
        return errors.SubjectWrong(procedure=procedure.label, subject=subject)
    if household and household.ended_on is not None:
        return errors.HouseholdEnded(name=candidate.name, day=household.ended_on)
    cause = None
    if candidate.finding:
        cause = candidate.finding.found_on
    elif candidate.application:
        cause = timezone.localdate(candidate.application.received_at)
    if cause and on < cause:
        return errors.OpenedBeforeCause(day=on, cause=cause)
    return None


def _unrecognised(procedure: Procedure, candidate: Candidate, now: As) -> BangfuError | None:
    opening = procedure.opening
    if now.recognised not in opening.recognised:
        return errors.RecognitionUnfit(
            name=candidate.name,
            recognised=recognised_label(now.recognised),
            procedure=procedure.label,
            wanted="、".join(recognised_label(each) for each in opening.recognised),
        )
    if opening.watched is not None and opening.watched is not now.watched:
        said = _("现为监测对象") if now.watched else _("现不是监测对象")
        return errors.WatchUnfit(name=candidate.name, watched=said, procedure=procedure.label)
    return None


def _running(procedure: Procedure, candidates: Sequence[Candidate]) -> Mapping[tuple[str, int], str]:
    """The running cases of the procedure among the candidates: their numbers."""
    households = [c.household.pk for c in candidates if c.household]
    villages = [c.village.pk for c in candidates if not c.household]
    running = Case.objects.running().filter(procedure=procedure.id)
    found: dict[tuple[str, int], str] = {}
    if households:
        rows = running.filter(household_id__in=households).values_list("household_id", "case_no")
        found.update({(Subject.HOUSEHOLD, pk): number for pk, number in rows})
    if villages:
        rows = running.filter(household=None, village_id__in=villages).values_list("village_id", "case_no")
        found.update({(Subject.VILLAGE, pk): number for pk, number in rows})
    return found


# --- versions and numbers --------------------------------------------------------------------------------------------


def keep_version(procedure: Procedure) -> ProcedureVersion:
    """The procedure as it reads now, on file once: a running case keeps the version it began with."""
    content = procedure.model_dump(mode="json")
    digest = version_of(procedure)
    kept, _new = ProcedureVersion.objects.get_or_create(
        sha256=digest, defaults={"procedure": procedure.id, "version": procedure.version, "content": content}
    )
    return kept


def _queue(candidates: Sequence[Candidate], on: date) -> Mapping[int, CaseSequence]:
    """The sequences of the counties concerned, by the county's place, ours until the transaction ends."""
    places = {_county(c.place) for c in candidates}
    counties = {area.place: area for area in Area.objects.filter(place__in=places)}
    prefixes = {}
    for place in sorted(places):
        area = counties.get(place)
        code = (area.code[:6] if area else "") or f"{place // span(Level.COUNTY):07d}"
        prefixes[place] = f"{on.year}-{code}"
    held = {}
    for prefix in sorted(set(prefixes.values())):
        CaseSequence.objects.get_or_create(prefix=prefix)
        held[prefix] = CaseSequence.objects.select_for_update().get(prefix=prefix)
    return {place: held[prefix] for place, prefix in prefixes.items()}


def _county(place: int) -> int:
    return place - place % span(Level.COUNTY)


def _numbers(sequences: Mapping[int, CaseSequence], candidates: Sequence[Candidate]) -> list[str]:
    """A number for each case: year, county code, and which case of that year and county it is."""
    given, touched = [], defaultdict[str, list[CaseSequence]](list)
    for candidate in candidates:
        sequence = sequences[_county(candidate.place)]
        sequence.last += 1
        given.append(f"{sequence.prefix}-{sequence.last:05d}")
        touched[sequence.prefix] = [sequence]
    for (sequence,) in touched.values():
        sequence.save(update_fields=["last"])
    return given
