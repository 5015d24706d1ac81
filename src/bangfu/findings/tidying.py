"""Takes away snapshots and outcomes that nobody needs any more, by the rule in `policy/china/findings.yaml`.

What is looked back upon stays: the newest, the last of each month, what the live findings rest on, whatever a run is
working on. Figures, findings and their history are in the database and stay in any case; of a run whose outcomes are
gone it can no longer be listed which rows it found.
"""

import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction

from bangfu.accounts.models import Officer
from bangfu.audit.services import record
from bangfu.common.errors import BangfuError
from bangfu.findings import running, services
from bangfu.findings.models import Finding, Run
from bangfu.findings.policy import Keeping, policy
from bangfu.screening.outcomes import Outcomes
from bangfu.screening.running import Run as Screened
from bangfu.snapshot import services as snapshots

GONE = ".gone-"


@dataclass(frozen=True)
class Tidied:
    """The folders that go (or would go), by name, the bytes in them, and how many stay."""

    snapshots: tuple[str, ...]
    screenings: tuple[str, ...]
    bytes: int
    kept: int


def tidy(*, by: Officer | None = None, commit: bool = False) -> Tidied:
    """Takes away what the rule does not keep; without `commit` it only says what would go. One entry in the trail when
    anything went. A folder disappears in one step; what a crash leaves of it goes the next time."""
    keep = policy().keep
    outcomes, days = _outcomes(), {each.folder.name: each.as_of for each in snapshots.listed()}
    held = _held_outcomes(outcomes, keep)
    needed = {Path(outcomes[name].snapshot).name for name in held}
    screenings = [running.folder() / name for name in sorted(outcomes.keys() - held)]
    shots = [snapshots.home() / name for name in sorted(days.keys() - needed - _held_snapshots(days, keep))]
    gone = [*screenings, *shots]
    tidied = Tidied(
        snapshots=tuple(folder.name for folder in shots),
        screenings=tuple(folder.name for folder in screenings),
        bytes=sum(file.stat().st_size for folder in gone for file in folder.rglob("*") if file.is_file()),
        kept=len(outcomes) + len(days) - len(gone),
    )
    if commit:
        _remove(gone, tidied, by)
    return tidied


def _remove(gone: Sequence[Path], tidied: Tidied, by: Officer | None) -> None:
    """Says so in the trail, then puts the folders out of sight, and takes off the disk what is there, also what a crash
    left: nobody opens half a folder."""
    if gone:
        with transaction.atomic():
            record(actor=by, action="snapshots.tidied", snapshots=tidied.snapshots, screenings=tidied.screenings)
    for folder in gone:
        folder.rename(folder.with_name(f"{GONE}{folder.name}"))
    for home in (snapshots.home(), running.folder()):
        for hidden in home.glob(f"{GONE}*"):
            shutil.rmtree(hidden)


def _outcomes() -> dict[str, Screened]:
    """What is whole, by its folder's name; what is not, somebody may be writing."""
    found = {}
    for folder in running.folder().glob("[!.]*/"):
        with suppress(BangfuError):
            found[folder.name] = Outcomes.open(folder).run
    return found


def _held_outcomes(outcomes: Mapping[str, Screened], keep: Keeping) -> set[str]:
    days = {name: run.as_of for name, run in outcomes.items()}
    fresh = {name for name in outcomes if _fresh(running.folder() / name, keep)}
    return (_kept(days, keep) | _referred_outcomes() | fresh) & outcomes.keys()


def _held_snapshots(days: Mapping[str, date], keep: Keeping) -> set[str]:
    fresh = {name for name in days if _fresh(snapshots.home() / name, keep)}
    busy = Run.objects.filter(state__in=services.BUSY).values_list("snapshot", flat=True)
    return _kept(days, keep) | fresh | set(busy)


def _kept(days: Mapping[str, date], keep: Keeping) -> set[str]:
    """The newest folders, and of each of the latest months the last; of one day the one whose name comes last."""
    newest = sorted(days, key=lambda name: (days[name], name), reverse=True)
    months: dict[tuple[int, int], str] = {}
    for name in newest:
        months.setdefault((days[name].year, days[name].month), name)
    return {*newest[: keep.latest], *list(months.values())[: keep.months]}


def _referred_outcomes() -> set[str]:
    """Those of runs that are at work, of each place's last run, and of those by which a live finding stands."""
    runs = set(Finding.objects.live().order_by().values_list("last_run", flat=True).distinct())
    last: dict[tuple[int, int], int] = {}
    for run, first_place, last_place in Run.objects.done().order_by("pk").values_list("pk", "place", "last_place"):
        last[first_place, last_place] = run
    referred = Run.objects.filter(pk__in={*runs, *last.values()}) | Run.objects.filter(state__in=services.BUSY)
    return set(referred.values_list("outcomes", flat=True))


def _fresh(folder: Path, keep: Keeping) -> bool:
    """Whether somebody may still be reading it: a supposition, a screening by hand."""
    return time.time() - folder.stat().st_mtime < keep.hours * 3600
