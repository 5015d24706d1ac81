"""Snapshots for tests of other rooms: copied in the process of the tests, and made once for tests that only look.

A snapshot is copied by a process of its own, which takes longer to start than a few households take to copy. That it is
so, and what becomes of it when it dies, is tested in this room; whoever needs a snapshot to test something else may
have it copied by the same code without a process. It is safe there: a database in memory is copied to a file first,
which nobody else has open.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from bangfu.snapshot import copying, taking
from bangfu.snapshot import services as snapshots
from bangfu.snapshot.orders import Copied, Order
from bangfu.snapshot.store import Snapshot
from tests.conftest import House, made_house


@pytest.fixture(scope="module", autouse=True)
def _copied_in_this_process() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taking, "_copier", copied_here)
        yield


def copied_here() -> AbstractContextManager[Callable[[Order], Iterator[Copied]]]:
    """What the process would do."""
    return nullcontext(copying.copy)


@dataclass(frozen=True)
class Standing:
    """A house with its households in the database, and the home in which a snapshot of it lies."""

    house: House
    home: Path

    def handed_out(self) -> Snapshot:
        """The snapshot, in the home of the test itself, which may do with it what it wants."""
        shutil.copytree(snapshots_of(self.home), snapshots_of(Path(settings.HOME)))
        return snapshots.latest()


def snapshots_of(home: Path) -> Path:
    return home / "snapshots"


@contextmanager
def standing(blocker: Any, home: Path, fill: Callable[[House], None], as_of: date) -> Iterator[Standing]:
    """A house filled by `fill` and a snapshot of it, for all tests of a module: each takes back what it does itself."""
    with blocker.unblock():
        try:
            with override_settings(HOME=home):
                house = made_house()
                fill(house)
                snapshots.take(as_of)
        except BaseException:
            call_command("flush", interactive=False, verbosity=0)
            raise
    yield Standing(house, home)
    with blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)
