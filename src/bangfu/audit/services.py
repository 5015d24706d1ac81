"""The only writer of the trail."""

import hashlib
import json
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from django.db import transaction

from bangfu.audit.models import ChainHead, Entry

BEFORE_THE_FIRST = "0" * 64

# The network address of the request being served; set by the web's middleware, empty for commands.
address_now: ContextVar[str] = ContextVar("address_now", default="")


class Actor(Protocol):
    """Whoever acts: an officer."""

    @property
    def pk(self) -> Any: ...
    @property
    def name(self) -> str: ...


class Subject(Protocol):
    """What is acted upon: any model; `place` is taken along when it has one."""

    @property
    def pk(self) -> Any: ...


def digest_of(content: Sequence[Any]) -> str:
    """SHA-256 over an entry's columns in the order of the model, the hash before it last. Times count in UTC to the
    microsecond, which both databases keep exactly."""
    number, at, *rest = content
    plain = [number, at.astimezone(UTC).isoformat(timespec="microseconds"), *rest]
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()


def digest(entry: Entry) -> str:
    """The hash that this entry should bear."""
    return digest_of(
        (
            entry.number,
            entry.at,
            entry.actor_id,
            entry.actor_name,
            entry.action,
            entry.subject_type,
            entry.subject_id,
            entry.place,
            entry.address,
            entry.detail,
            entry.previous_hash,
        )
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else getattr(value, "isoformat", lambda: str(value))()


@transaction.atomic
def record(
    *,
    actor: Actor | None,
    action: str,
    actor_name: str = "",
    subject: Subject | None = None,
    subject_type: str = "",
    subject_id: str = "",
    place: int | None = None,
    at: datetime | None = None,
    **detail: Any,
) -> Entry:
    """Add one entry to the end of the chain, in the caller's transaction: deed and trail stand or fall together.

    `actor` None is the system itself, or somebody unknown whom `actor_name` describes. The entry belongs to `place`,
    else to the subject's place, else to the actor's. Call it last in a transaction: from here to its end other writers
    of the trail wait. Personal data does not belong in `detail`; say which fields changed, the history keeps their
    values.
    """
    # Lock before reading: two writers would otherwise both chain to the same entry.
    head, _created = ChainHead.objects.select_for_update().get_or_create(id=1, defaults={"hash": BEFORE_THE_FIRST})
    if subject is not None:
        subject_type = subject_type or type(subject).__name__.lower()
        subject_id = subject_id or str(subject.pk)
        place = place if place is not None else getattr(subject, "place", None)
    if place is None and actor is not None:
        place = getattr(actor, "place", None)
    entry = Entry(
        number=head.number + 1,
        at=at or datetime.now(UTC),
        actor_id=actor.pk if actor else None,
        actor_name=(actor_name or (actor.name if actor else "系统"))[:60],
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        place=place,
        address=address_now.get(),
        detail=json.dumps(detail, ensure_ascii=False, sort_keys=True, default=_plain),
        previous_hash=head.hash,
    )
    entry.hash = digest(entry)
    entry.save(force_insert=True)
    ChainHead.objects.filter(id=1).update(number=entry.number, hash=entry.hash)
    return entry
