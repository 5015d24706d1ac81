"""Questions about the trail."""

from dataclasses import dataclass

from bangfu.audit.models import ChainHead, Entry
from bangfu.audit.services import BEFORE_THE_FIRST, digest_of

_COLUMNS = (
    "number", "at", "actor_id", "actor_name", "action", "subject_type", "subject_id", "place", "address", "detail",
    "previous_hash",
)  # fmt: skip


@dataclass(frozen=True)
class ChainState:
    """`entries` is how many are whole from the first on; `broken_at` the number of the first entry that is missing,
    altered or slipped in, None when the chain is whole. `number` and `hash` are those of the last whole entry: written
    down elsewhere, they prove later that nothing before them was changed (`entry_has_hash`)."""

    entries: int
    broken_at: int | None
    hash: str = BEFORE_THE_FIRST


def chain_state() -> ChainState:
    """Walk the whole chain from the first entry, in constant memory; about 50,000 entries a second."""
    previous, expected = BEFORE_THE_FIRST, 1
    rows = Entry.objects.order_by("number").values_list(*_COLUMNS, "hash").iterator(chunk_size=5000)
    for *content, hash in rows:
        if content[0] != expected or content[-1] != previous or hash != digest_of(content):
            return ChainState(expected - 1, expected, previous)
        previous, expected = hash, expected + 1
    head = ChainHead.objects.first()
    end = (head.number, head.hash) if head else (expected - 1, "" if expected > 1 else previous)
    # Entries cut off the end leave no gap; only the head remembers them. A head gone or put back is a break too.
    broken_at = None if end == (expected - 1, previous) else min(expected, end[0] + 1)
    return ChainState(expected - 1, broken_at, previous)


def entry_has_hash(number: int, beginning: str) -> bool:
    """Whether the entry of that number still bears the hash that somebody wrote down (at least its first 12 signs)."""
    beginning = beginning.strip().lower()
    return len(beginning) >= 12 and Entry.objects.filter(number=number, hash__startswith=beginning).exists()
