"""The verbs of visits: the front door. Each leaves an entry in the trail; what it does stands or falls as a whole.

Long verbs have files of their own and are named here: `recording`, `photos`, `corrections`, `tray`, `keys`.
"""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.audit.services import record as note
from bangfu.common.errors import NotAllowed
from bangfu.visits import errors
from bangfu.visits.checklists import Checklist
from bangfu.visits.corrections import confirm, refuse, value_now
from bangfu.visits.following import follow_areas
from bangfu.visits.keys import end_key, keys_of, make_key, officer_of_key
from bangfu.visits.models import Channel, Suspicion
from bangfu.visits.payloads import PhotoNote, VisitPayload, read_payload
from bangfu.visits.photos import add_photo_part, look_at_arrived, received, recover, take_whole
from bangfu.visits.policy import RIGHT
from bangfu.visits.recording import Recorded, already, judge, keep_version, record
from bangfu.visits.tray import drop, settle

__all__ = [
    "RIGHT",
    "PhotoNote",
    "Recorded",
    "VisitPayload",
    "add_photo_part",
    "already",
    "confirm",
    "drop",
    "end_key",
    "explain",
    "follow_areas",
    "hand_out",
    "judge",
    "keys_of",
    "look_at_arrived",
    "make_key",
    "officer_of_key",
    "read_payload",
    "received",
    "record",
    "recover",
    "refuse",
    "settle",
    "take_whole",
    "value_now",
]


@transaction.atomic
def explain(*, suspicion: Suspicion, by: Officer, words: str) -> Suspicion:
    """Somebody looked into a suspicion and says what it was; a visitor does not explain their own. Raises NotAllowed,
    ReasonMissing."""
    held: Suspicion = Suspicion.objects.select_for_update(of=("self",)).select_related("visit").get(pk=suspicion.pk)
    own = by.pk in (held.visit.officer_id, held.visit.entered_by_id)
    if own or not by.may("visits.confirm", held.visit.place):
        raise NotAllowed(right=rights()["visits.confirm"].label)
    if not words.strip():
        raise errors.ReasonMissing()
    held.explained_by, held.explained_at, held.explanation = by, timezone.now(), words.strip()[:200]
    held.save(update_fields=["explained_by", "explained_at", "explanation"])
    note(actor=by, action="visit.explained", subject=held, place=held.visit.place, kind=held.kind)
    return held


@transaction.atomic
def hand_out(*, by: Officer, checklists: Iterable[Checklist], households: int, channel: Channel) -> None:
    """A phone takes checklists and households along: their versions are kept, for the visits that will come back by
    them, and the trail says who took how many along."""
    for checklist in checklists:
        keep_version(checklist)
    places = by.places_for(RIGHT)
    note(
        actor=by,
        action="visit.taken_along",
        subject_type="visit",
        subject_id="pack",
        place=places[0].first if places else None,
        households=households,
        channel=channel,
    )
