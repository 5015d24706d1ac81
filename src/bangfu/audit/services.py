"""The only writer of the trail."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
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
    if subject is not None:
        subject_type = subject_type or type(subject).__name__.lower()
        subject_id = subject_id or str(subject.pk)
        place = place if place is not None else getattr(subject, "place", None)
    deed = Deed(subject_type, subject_id, place, detail)
    return _append(actor, action, [deed], actor_name=actor_name, at=at)[0]


@transaction.atomic
def record_many(*, actor: Actor | None, action: str, deeds: Sequence[tuple[Subject, Mapping[str, Any]]]) -> None:
    """The same deed done to many subjects at once: an entry for each, with its detail, in this order. For thousands of
    rows of one transaction; what is said of `record` holds here too."""
    _append(
        actor,
        action,
        [
            Deed(type(subject).__name__.lower(), str(subject.pk), getattr(subject, "place", None), detail)
            for subject, detail in deeds
        ],
    )


@dataclass(frozen=True)
class Deed:
    """What was done to whom, as it will stand in the trail."""

    subject_type: str
    subject_id: str
    place: int | None
    detail: Mapping[str, Any]


def _append(
    actor: Actor | None, action: str, deeds: Sequence[Deed], *, actor_name: str = "", at: datetime | None = None
) -> list[Entry]:
    """The only code that adds to the chain."""
    # Lock before reading: two writers would otherwise both chain to the same entry.
    head, _created = ChainHead.objects.select_for_update().get_or_create(id=1, defaults={"hash": BEFORE_THE_FIRST})
    # Asked only when needed: an officer's place may cost a query.
    home = getattr(actor, "place", None) if actor and any(deed.place is None for deed in deeds) else None
    number, before, entries = head.number, head.hash, []
    for deed in deeds:
        number += 1
        entry = Entry(
            number=number,
            at=at or datetime.now(UTC),
            actor_id=actor.pk if actor else None,
            actor_name=(actor_name or (actor.name if actor else "系统"))[:60],
            action=action,
            subject_type=deed.subject_type,
            subject_id=deed.subject_id,
            place=deed.place if deed.place is not None else home,
            address=address_now.get(),
            detail=json.dumps(deed.detail, ensure_ascii=False, sort_keys=True, default=_plain),
            previous_hash=before,
        )
        before = entry.hash = digest(entry)
        entries.append(entry)
    Entry.objects.bulk_create(entries, batch_size=500)
    ChainHead.objects.filter(id=1).update(number=number, hash=before)
    return entries
