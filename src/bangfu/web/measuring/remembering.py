"""What was computed over a snapshot, kept: neither a snapshot nor a rulebook ever changes under its hash."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar, cast

from bangfu.rulebook.book import RuleBook
from bangfu.snapshot.store import Snapshot

MOST_KEPT = 256

T = TypeVar("T")

_kept: dict[Hashable, object] = {}
_lock = Lock()


def remembered(what: Hashable, snapshot: Snapshot, book: RuleBook, compute: Callable[[], T]) -> T:
    """The answer to `what` over this snapshot with this book: computed once, and whenever it was forgotten since."""
    key = (what, snapshot.folder, snapshot.sha256, book.sha256)
    with _lock:
        if key in _kept:
            _kept[key] = _kept.pop(key)  # asked for last, forgotten last
            return cast(T, _kept[key])
    answer = compute()
    with _lock:
        while len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = answer
    return answer
