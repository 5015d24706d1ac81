"""Locks of long work: a file that is locked while somebody works, freed by the system however the process dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold the lock file `path` as long as the block runs; yields whether it could be had (else somebody works)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        if not _lock(stream):
            yield False
            return
        try:
            yield True
        finally:
            path.unlink(missing_ok=True)


def _lock(stream: Any) -> bool:
    """Whether the lock could be taken. Where files cannot be locked all work counts as unattended."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
