"""The verbs of snapshots: make one from a folder of tables, find those there are."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from django.conf import settings

from bangfu.common.errors import BangfuError
from bangfu.common.facts import schema
from bangfu.snapshot import folders
from bangfu.snapshot.errors import NoSnapshotYet
from bangfu.snapshot.store import MANIFEST, Snapshot


def home() -> Path:
    """Where the snapshots of this house lie; no address of the site leads there."""
    return Path(settings.HOME) / "snapshots"


def listed() -> list[Snapshot]:
    """Every snapshot of the house, the latest day first, of one day the latest taken. Their files are not read; one
    whose manifest is damaged raises its error when it is opened by name, and is left out here."""
    found = [_opened(folder) for folder in home().glob("*/") if (folder / MANIFEST).is_file()]
    return sorted(
        (snapshot for snapshot in found if snapshot),
        key=lambda s: (s.as_of, s.manifest.taken_at, s.folder.name),
        reverse=True,
    )


def _opened(folder: Path) -> Snapshot | None:
    try:
        return Snapshot.open(folder, verify=False)
    except BangfuError:
        return None


def latest() -> Snapshot:
    """The snapshot of the latest day. Raises NoSnapshotYet."""
    found = listed()
    if not found:
        raise NoSnapshotYet()
    return found[0]


def from_folder(
    source: Path, out: Path, as_of: date, *, progress: Callable[[int, int], None] = lambda done, all: None
) -> Snapshot:
    """A snapshot of the tables that `bangfu generate` (or another system) wrote, without the database: see `folders`."""
    return folders.from_folder(source, out, as_of, schema(), progress=progress)
