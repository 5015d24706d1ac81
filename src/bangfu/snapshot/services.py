"""The verbs of snapshots: take one, make one from a folder of tables, find those there are."""

import shutil
from datetime import date
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from bangfu.audit.services import Actor, record
from bangfu.common.errors import BangfuError
from bangfu.common.facts import schema
from bangfu.snapshot import dictionary as dictionaries
from bangfu.snapshot import folders, taking
from bangfu.snapshot.dictionary import DictionaryTable
from bangfu.snapshot.errors import FolderTaken, NoSnapshotYet
from bangfu.snapshot.store import MANIFEST, Snapshot
from bangfu.snapshot.taking import Progress


def home() -> Path:
    """Where the snapshots of this house lie; no address of the site leads there."""
    return Path(settings.HOME) / "snapshots"


def take(
    as_of: date, *, by: Actor | None = None, out: Path | None = None, progress: Progress = lambda done, all: None
) -> Snapshot:
    """A snapshot of the live database in one consistent read, which keeps no writer waiting; it leaves an entry in the
    trail. `as_of` is the day that rules will take for today. It goes to `out`, by default to `home()`.

    What is not yet committed is not in it. `progress` is told how many files of how many are done. Raises
    ReadingFailed, TakingBroken, DiskRefused, FolderTaken; then nothing is left behind.
    """
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FolderTaken(folder=out)
    target = out or home() / f"{as_of.isoformat()}-{timezone.localtime():%H%M%S}"
    snapshot = taking.take(target, as_of, progress)
    try:
        record(
            actor=by,
            action="snapshot.taken",
            subject_type="snapshot",
            subject_id=snapshot.folder.name,
            on=as_of,
            rows=dict(snapshot.rows),
            sha256=snapshot.sha256,
        )
    except BaseException:
        shutil.rmtree(snapshot.folder)  # a deed without its trail did not happen
        raise
    return snapshot


def listed() -> list[Snapshot]:
    """Every snapshot of the house, the latest day first, of one day the latest taken. Their files are not read; one
    whose manifest is damaged raises its error when it is opened by name, and is left out here."""
    found = [_opened(folder) for folder in home().glob("[!.]*/") if (folder / MANIFEST).is_file()]
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


def dictionary() -> tuple[DictionaryTable, ...]:
    """The data dictionary in the reader's language, with what is unknown in the latest snapshot, where there is one."""
    found = listed()
    return dictionaries.dictionary(schema(), found[0] if found else None)


def from_folder(source: Path, out: Path, as_of: date, *, progress: Progress = lambda done, all: None) -> Snapshot:
    """A snapshot of the tables that `bangfu generate` or another system wrote, without any database: see `folders`."""
    return folders.from_folder(source, out, as_of, schema(), progress=progress)
