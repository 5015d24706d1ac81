"""Questions about the trail."""

from dataclasses import dataclass

from bangfu.audit.models import ChainHead, Entry
from bangfu.audit.services import digest


@dataclass(frozen=True)
class ChainState:
    """`broken_at` is the number of the first entry that is missing or altered; None when the chain is whole."""

    entries: int
    broken_at: int | None


def chain_state() -> ChainState:
    """Walk the whole chain from the first entry, in constant memory."""
    previous, expected = "0" * 64, 1
    for entry in Entry.objects.order_by("number").iterator(chunk_size=5000):
        if entry.number != expected or entry.previous_hash != previous or entry.hash != digest(entry):
            return ChainState(entries=expected - 1, broken_at=expected)
        previous, expected = entry.hash, expected + 1
    head = ChainHead.objects.first()
    if head and (head.number != expected - 1 or head.hash != previous):
        # Entries cut off the end leave no gap; only the head remembers them.
        return ChainState(entries=expected - 1, broken_at=expected)
    return ChainState(entries=expected - 1, broken_at=None)
