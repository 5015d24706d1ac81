"""A visit is taken, once, or kept whole in the tray: verbs of `visits.services` in a file of their own."""

import hashlib
import uuid as uuids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.areas.models import Area
from bangfu.audit.services import record as note
from bangfu.common.errors import NotAllowed
from bangfu.common.places import Level
from bangfu.common.policy import matching_key
from bangfu.registry.intake.remembering import pack
from bangfu.registry.models import Household, Member
from bangfu.visits import corrections, errors, photographs, suspecting
from bangfu.visits.answers import Around, Person, read
from bangfu.visits.checklists import Checklist, Kind
from bangfu.visits.errors import Problem, Severity, unpacked
from bangfu.visits.loading import checklists
from bangfu.visits.models import Channel, ChecklistVersion, Correction, Photo, Submission, Visit
from bangfu.visits.payloads import PhotoNote, VisitPayload, uuid_of
from bangfu.visits.policy import RIGHT, policy
from bangfu.visits.saying import told


@dataclass(frozen=True)
class Recorded:
    """What became of a visit that was sent: the visit and whether it is new, or (`refused`) its place in the tray.
    `photos_wanted` says of each announced photo how many of its bytes are here."""

    visit: Visit | None
    created: bool = False
    refused: Submission | None = None
    corrections: Sequence[Correction] = ()
    photos_wanted: Mapping[str, int] = field(default_factory=dict)
    problems: Sequence[Problem] = ()

    @property
    def state(self) -> str:
        if self.visit is None:
            return "tray"
        return "recorded" if self.created else "known"


@dataclass
class Judged:
    """A payload held against the house: where it belongs, by which form it was filled, and what is wrong with it."""

    payload: VisitPayload
    household: Household | None = None
    village: Area | None = None
    people: Sequence[Member] = ()
    form: ChecklistVersion | None = None
    officer: Officer | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    skew: int | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return any(problem.refuses for problem in self.problems)


def keep_version(checklist: Checklist) -> ChecklistVersion:
    """The row of a checklist's version, made when it is first used."""
    found, _new = ChecklistVersion.objects.get_or_create(
        checklist=checklist.id,
        version=checklist.version,
        defaults={"content": checklist.model_dump(mode="json", by_alias=True, exclude_none=True)},
    )
    return found


def record(*, by: Officer, payload: VisitPayload, channel: Channel, more: Sequence[Problem] = ()) -> Recorded:
    """Take a visit, or keep it whole in the tray with the reasons. The same uuid again gives what is there: nothing is
    recorded twice, however often it is sent. `more` is what its way here found wrong with it. Raises NotAllowed for
    somebody who may record no visit anywhere."""
    if not by.may(RIGHT):
        raise NotAllowed(right=rights()[RIGHT].label)
    if known := already(by, payload):
        return known
    try:
        with transaction.atomic():
            judged = judge(by, payload, timezone.now())
            judged.problems += more
            if judged.refused:
                return _to_tray(by, judged, channel)
            return take(by, judged, channel)
    except IntegrityError:
        # The same visit came by another connection at the same moment, and was first.
        if known := already(by, payload):
            return known
        raise


def already(by: Officer, payload: VisitPayload) -> Recorded | None:
    """What is there under the payload's uuid, if this officer sent it; None when there is nothing."""
    visit = Visit.objects.filter(uuid=payload.uuid, entered_by=by).first()
    if visit is not None:
        return Recorded(visit, photos_wanted=_wanted(visit.photos.all()), problems=told(visit.notices))
    numbers = [payload.uuid, other_uuid(by, payload)]
    sent = Submission.objects.filter(uuid__in=numbers, sent_by=by).select_related("visit").first()
    if sent is None:
        return None
    if sent.visit is not None:
        return Recorded(sent.visit, photos_wanted=_wanted(sent.visit.photos.all()))
    return Recorded(None, refused=sent, photos_wanted=_wanted(sent.photos.all()), problems=told(sent.problems))


def other_uuid(by: Officer, payload: VisitPayload) -> uuids.UUID:
    """The number in the tray of what came under somebody else's number: the same each time it is sent."""
    return uuid_of(f"{by.pk}:{payload.uuid}")


def _wanted(photos: Any) -> dict[str, int]:
    return {str(photo.uuid): photo.received for photo in photos if photo.state != Photo.State.REFUSED}


# Judging


def judge(by: Officer, payload: VisitPayload, now: datetime) -> Judged:
    """Everything that can be said against a payload, without writing anything but the version of its checklist."""
    judged = Judged(payload, problems=list(payload.problems))
    _right_clock(judged, now)
    _find_place(judged, by)
    _find_form(judged)
    _find_officer(judged, by)
    _judge_day(judged)
    _judge_position(judged)
    _judge_uuid(judged)
    if judged.form is not None:
        around = Around(
            judged.payload.visited_on,
            {m.pk: Person(m.name, m.birth_date, m.left_on is None) for m in judged.people},
            payload.photos_by_question,
        )
        judged.answers, problems = read(judged.form.read, payload.answers, around)
        judged.problems += problems
    return judged


def _right_clock(judged: Judged, now: datetime) -> None:
    """Move the times of a phone whose clock is wrong by as much as it is wrong; the day of the visit follows."""
    given = judged.payload
    day = given.visited_on or (timezone.localdate(given.started_at) if given.started_at else None)
    changes: dict[str, Any] = {"visited_on": day}
    if given.sent_at is not None:
        wrong = now - given.sent_at
        judged.skew = round(wrong.total_seconds())
        if abs(judged.skew) > policy().phone.clock_seconds:
            for name in ("started_at", "ended_at"):
                if (moment := getattr(given, name)) is not None:
                    changes[name] = moment + wrong
            if day is not None:
                changes["visited_on"] = day + (timezone.localdate(now) - timezone.localdate(given.sent_at))
    judged.payload = replace(given, **changes)


def _find_place(judged: Judged, by: Officer) -> None:
    given = judged.payload
    if given.household is not None:
        found = (
            Household.objects.visible_to(by).select_related("village", "dwelling").filter(pk=given.household).first()
        )
        if found is None or not by.may(RIGHT, found.place):
            judged.problems.append(Problem(errors.HouseholdUnknown(), "household"))
            return
        judged.household, judged.village = found, found.village
        judged.people = list(Member.objects.filter(household=found).order_by("pk"))
    elif given.village is not None:
        village = Area.objects.visible_to(by).filter(pk=given.village, level=Level.VILLAGE).first()
        if village is None or not by.may(RIGHT, village.place):
            judged.problems.append(Problem(errors.VillageUnknown(), "village"))
            return
        judged.village = village


def _find_form(judged: Judged) -> None:
    """The version by which the form was filled: today's, or one that was used before."""
    given = judged.payload
    place = judged.village.code if judged.village else ""
    today = checklists(place).get(given.checklist)
    if today is not None and given.version in ("", today.version):
        judged.form = keep_version(today)
    else:
        judged.form = ChecklistVersion.objects.filter(checklist=given.checklist, version=given.version).first()
    if judged.form is None:
        unknown = today is None
        judged.problems.append(
            Problem(
                errors.ChecklistUnknown(checklist=given.checklist)
                if unknown
                else errors.VersionUnknown(checklist=today.label if today else "", version=given.version),
                "checklist",
            )
        )
        return
    about = judged.form.read.about
    if about == "household" and judged.household is None and given.household is None:
        judged.problems.append(Problem(errors.HouseholdUnknown(), "household"))
    if about == "village" and judged.village is None and given.village is None:
        judged.problems.append(Problem(errors.VillageUnknown(), "village"))


def _find_officer(judged: Judged, by: Officer) -> None:
    """Who went: the sender, or somebody who might record a visit there on that day."""
    wanted = judged.payload.officer
    if wanted is None or wanted == by.pk:
        judged.officer = by
        return
    found = Officer.objects.filter(pk=wanted).first()
    if found is None or judged.village is None:
        judged.problems.append(Problem(errors.OfficerUnknown(), "officer"))
        return
    place = judged.household.place if judged.household else judged.village.place
    if not found.may(RIGHT, place, judged.payload.visited_on):
        judged.problems.append(Problem(errors.OfficerUnknown(), "officer"))
        return
    judged.officer = found


def _judge_day(judged: Judged) -> None:
    given, today = judged.payload, timezone.localdate()
    day = given.visited_on
    add = judged.problems.append
    if given.started_at and given.ended_at and given.ended_at < given.started_at:
        add(Problem(errors.TimesReversed(), "ended_at"))
    if day is None:
        add(Problem(errors.DayMissing(), "visited_on"))
        return
    if day > today or (given.started_at and given.started_at > timezone.now() + timedelta(days=1)):
        add(Problem(errors.VisitInFuture(day=day.isoformat()), "visited_on"))
    if day < policy().earliest:
        add(Problem(errors.VisitTooEarly(day=day.isoformat(), earliest=policy().earliest.isoformat()), "visited_on"))
    if judged.household is None:
        return
    first = founded_on(judged.people)
    if first is not None and day < first:
        add(Problem(errors.VisitBeforeHousehold(day=day.isoformat(), first=first.isoformat()), "visited_on"))
    ended = judged.household.ended_on
    if ended is not None and day >= ended:
        number = judged.household.household_no
        add(Problem(errors.VisitAfterEnd(household_no=number, day=ended.isoformat()), "visited_on"))


def founded_on(people: Sequence[Member]) -> date | None:
    """Since when the household is known to exist: the day its first person came; None while anybody's is not known."""
    days = [member.joined_on for member in people]
    return min(days) if days and all(days) else None  # type: ignore[type-var]


def _judge_position(judged: Judged) -> None:
    """A position that cannot be one (0,0 is what a phone says that has none) is left out, with a warning."""
    given = judged.payload
    if given.latitude is None and given.longitude is None:
        return
    if usable(given.latitude, given.longitude):
        return
    error = errors.PositionUnusable(latitude=str(given.latitude), longitude=str(given.longitude))
    judged.problems.append(Problem(error, "latitude", severity=Severity.WARN))
    judged.payload = replace(given, latitude=None, longitude=None, accuracy=None)


def usable(latitude: float | None, longitude: float | None) -> bool:
    if latitude is None or longitude is None:
        return False
    if abs(latitude) < 0.01 and abs(longitude) < 0.01:
        return False
    return -90 <= latitude <= 90 and -180 <= longitude <= 180


def _judge_uuid(judged: Judged) -> None:
    """Somebody else's visit, or photo, under the same number is another visit all the same."""
    given = judged.payload
    if Visit.objects.filter(uuid=given.uuid).exists() or Submission.objects.filter(uuid=given.uuid).exists():
        judged.problems.append(Problem(errors.UuidTaken(), "uuid"))
    ids = [photo.uuid for photo in given.photos]
    if ids and Photo.objects.filter(uuid__in=ids).exclude(submission__uuid=given.uuid).exists():
        judged.problems.append(Problem(errors.UuidTaken(), "photos"))


# Writing


def take(by: Officer, judged: Judged, channel: Channel) -> Recorded:
    """Write a visit that nothing speaks against, its photos' announcements, corrections and suspicions."""
    given, form, village = judged.payload, judged.form, judged.village
    assert form is not None and village is not None and given.visited_on is not None
    warnings = [problem for problem in judged.problems if not problem.refuses]
    visit = Visit.objects.create(
        uuid=given.uuid,
        household=judged.household,
        village=village,
        place=judged.household.place if judged.household else village.place,
        checklist=form.checklist,
        form=form,
        officer=judged.officer,
        entered_by=by,
        visited_on=given.visited_on,
        received_at=timezone.now(),
        clock_skew=judged.skew,
        channel=channel,
        answers=judged.answers,
        notices=[problem.packed() for problem in warnings],
        text_mark=text_mark(form.read, judged.answers, given.summary),
        **{
            name: getattr(given, name)
            for name in (
                "about", "companions", "met_with", "started_at", "ended_at", "latitude", "longitude", "accuracy",
                "summary", "remarks",
            )
        },
    )  # fmt: skip
    photos = announce(given.photos, by, visit.place, visit=visit)
    proposed = corrections.propose(visit, form.read, judged.people, given.seen)
    suspecting.look_at(visit)
    note(
        actor=by,
        action="visit.recorded",
        subject=visit,
        checklist=visit.checklist,
        household=visit.household_id,
        channel=visit.channel,
        count=len(photos),
    )
    refused = [_refusal_of(photo) for photo in photos if photo.state == Photo.State.REFUSED]
    return Recorded(visit, True, None, proposed, _wanted(photos), [*warnings, *(each for each in refused if each)])


def _refusal_of(photo: Photo) -> Problem | None:
    return unpacked(
        {"code": photo.code, "facts": photo.facts, "question": photo.question, "member": None, "severity": "warn"}
    )


def announce(notes: Sequence[PhotoNote], by: Officer, place: int, **of: Any) -> list[Photo]:
    """Rows for the photos that will follow; one that is too large is refused before it is sent. Photos that were
    announced with the tray's entry pass to the visit."""
    earlier = {photo.uuid: photo for photo in Photo.objects.filter(uuid__in=[each.uuid for each in notes])}
    found = []
    for each in notes:
        photo = earlier.get(each.uuid)
        if photo is None:
            refusal = photographs.too_large(each.name, each.size)
            photo = Photo(
                uuid=each.uuid,
                place=place,
                question=each.question,
                name=each.name,
                sent_sha256=each.sha256,
                size=each.size,
                taken_at=each.taken_at,
                state=Photo.State.REFUSED if refusal else Photo.State.COMING,
                code=refusal.code if refusal else "",
                facts=pack(refusal.facts) if refusal else {},
                sent_by=by,
            )
        photo.place = place
        for name, value in of.items():
            setattr(photo, name, value)
        photo.save()
        found.append(photo)
    return found


def text_mark(checklist: Checklist, answers: Mapping[str, Any], summary: str) -> str:
    """The mark of everything that was written in words; "" when it is too little to tell two visits apart."""
    words = [summary]
    words += [str(answers[q.id]) for q in checklist.questions if q.kind is Kind.TEXT and q.id in answers]
    text = matching_key("".join(words))
    if len(text) < policy().suspicion.text.characters:
        return ""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _to_tray(by: Officer, judged: Judged, channel: Channel) -> Recorded:
    """Keep what was sent whole, at the place it belongs to, or at the sender's."""
    given = judged.payload
    taken = any(problem.code == errors.UuidTaken.code for problem in judged.problems)
    sent = Submission.objects.create(
        uuid=other_uuid(by, given) if taken else given.uuid,
        place=_place_of(judged, by),
        channel=channel,
        sent_by=by,
        received_at=timezone.now(),
        payload=dict(given.plain),
        raw=given.raw,
        problems=[problem.packed() for problem in judged.problems],
    )
    photos = [] if taken else announce(given.photos, by, sent.place, submission=sent)
    note(actor=by, action="visit.to_tray", subject=sent, codes=sorted({p.code for p in judged.problems if p.refuses}))
    return Recorded(None, refused=sent, photos_wanted=_wanted(photos), problems=judged.problems)


def _place_of(judged: Judged, by: Officer) -> int:
    if judged.household is not None:
        return int(judged.household.place)
    if judged.village is not None:
        return int(judged.village.place)
    reach = by.places_for(RIGHT)
    home = by.place
    return home if home is not None and any(each.holds(home) for each in reach) else reach[0].first
