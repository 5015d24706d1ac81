"""Keys with which an app on a phone (ODK Collect) speaks for an officer: verbs of `visits.services` in a file of their
own. The secret is shown once, when it is made; afterwards only its mark is known."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.audit.services import record as note
from bangfu.common.errors import NotAllowed
from bangfu.visits import errors
from bangfu.visits.models import FieldKey
from bangfu.visits.policy import RIGHT, policy

# Seen again within so many minutes, a key's last use is not written again.
SEEN_AGAIN = 10


def mark_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def make_key(*, by: Officer, name: str) -> tuple[FieldKey, str]:
    """A new key of an officer, and its secret. Raises NotAllowed."""
    if not by.may(RIGHT):
        raise NotAllowed(right=rights()[RIGHT].label)
    secret = secrets.token_urlsafe(24)
    ends_on = timezone.localdate() + timedelta(days=policy().keys.days)
    key = FieldKey.objects.create(officer=by, name=name.strip()[:60] or "ODK", mark=mark_of(secret), ends_on=ends_on)
    note(actor=by, action="visit.key_made", subject=key, name=key.name)
    return key, secret


@transaction.atomic
def end_key(*, by: Officer, key: FieldKey) -> None:
    """A key is good for nothing from now on. Raises KeyUnknown for somebody else's."""
    held = FieldKey.objects.select_for_update().filter(pk=key.pk, officer=by).first()
    if held is None:
        raise errors.KeyUnknown()
    if held.ended_at is None:
        held.ended_at = timezone.now()
        held.save(update_fields=["ended_at"])
        note(actor=by, action="visit.key_ended", subject=held, name=held.name)


def keys_of(officer: Officer) -> list[FieldKey]:
    """An officer's own keys, the latest first."""
    return list(FieldKey.objects.filter(officer=officer).order_by("-pk"))


def officer_of_key(secret: str) -> Officer | None:
    """For whom a secret speaks today; None for one that is unknown, ended, run out, or of a closed account."""
    if not secret or len(secret) > 100:
        return None
    found = FieldKey.objects.filter(mark=mark_of(secret), ended_at=None).select_related("officer").first()
    if found is None or found.ends_on < timezone.localdate() or not found.officer.is_active:
        return None
    if found.used_at is None or found.used_at < timezone.now() - timedelta(minutes=SEEN_AGAIN):
        FieldKey.objects.filter(pk=found.pk).update(used_at=timezone.now())
    return found.officer
