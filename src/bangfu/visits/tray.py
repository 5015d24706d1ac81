"""What could not be taken as a visit, until a person settles it: verbs of `visits.services` in a file of their own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.audit.services import record as note
from bangfu.common.errors import NotAllowed
from bangfu.visits import errors, recording, suspecting
from bangfu.visits.models import Channel, Photo, Submission, Visit
from bangfu.visits.payloads import read_payload
from bangfu.visits.policy import RIGHT
from bangfu.visits.recording import Recorded

State = Submission.State


@transaction.atomic
def settle(*, submission: Submission, by: Officer, payload: Mapping[str, Any], words: str = "") -> Recorded:
    """The entry becomes a visit, as corrected by `payload`. Its photos pass to the visit; the entry stays on file and
    points to it.

    Raises NotAllowed, SubmissionDecided, StillRefused (with what is left to be corrected)."""
    held = _held(submission, by)
    given = read_payload({**payload, "uuid": str(held.uuid)})
    ours = set(held.photos.values_list("uuid", flat=True))
    given = replace(given, photos=tuple(photo for photo in given.photos if photo.uuid in ours))
    judged = recording.judge(by, given, timezone.now())
    # Its own number is taken by the entry itself, and the sender's clock was judged when it came.
    judged.problems = [each for each in judged.problems if each.code != errors.UuidTaken.code]
    judged.skew = None
    if judged.refused:
        raise errors.StillRefused([each for each in judged.problems if each.refuses])
    judged.officer = judged.officer if given.officer else held.sent_by or by
    done = recording.take(by, judged, Channel(held.channel))
    assert done.visit is not None
    _hand_over_photos(held, done.visit)
    held.state, held.visit = State.SETTLED, done.visit
    _decided(held, by, words)
    note(actor=by, action="visit.settled", subject=held, visit=done.visit.pk)
    return done


@transaction.atomic
def drop(*, submission: Submission, by: Officer, reason: str) -> Submission:
    """Nothing comes of the entry: it stays on file with the reason. Raises NotAllowed, SubmissionDecided,
    ReasonMissing."""
    held = _held(submission, by)
    if not reason.strip():
        raise errors.ReasonMissing()
    held.state = State.DROPPED
    _decided(held, by, reason)
    note(actor=by, action="visit.dropped", subject=held, reason=held.note)
    return held


def _held(submission: Submission, by: Officer) -> Submission:
    held: Submission = (
        Submission.objects.select_for_update(of=("self",)).select_related("settled_by", "sent_by").get(pk=submission.pk)
    )
    if not by.may(RIGHT, held.place):
        raise NotAllowed(right=rights()[RIGHT].label)
    if held.state != State.OPEN:
        raise errors.SubmissionDecided(name=held.settled_by.name if held.settled_by else "")
    return held


def _decided(held: Submission, by: Officer, words: str) -> None:
    held.settled_by, held.settled_at, held.note = by, timezone.now(), words.strip()[:200]
    held.save(update_fields=["state", "visit", "settled_by", "settled_at", "note"])


def _hand_over_photos(held: Submission, visit: Visit) -> None:
    """All photos of the entry belong to the visit now, also those that nobody named again."""
    Photo.objects.filter(submission=held).update(visit=visit, place=visit.place)
    for photo in Photo.objects.filter(visit=visit, state=Photo.State.KEPT).select_related("visit"):
        suspecting.look_at_photo(photo)
