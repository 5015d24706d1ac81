"""A snapshot appears whole or not at all."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from bangfu.snapshot import drafting, errors
from bangfu.snapshot.store import Snapshot
from tests.snapshot.conftest import AS_OF, fill_small, small_schema


def write(target: Path, numbered: bool = False) -> Snapshot:
    schema = small_schema()
    return drafting.write(target, AS_OF, "test", schema, fill_small(schema), numbered=numbered)


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def fill(draft: drafting.Draft) -> None:
        draft.path("member", 0).write_bytes(b"half")
        raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError):
        drafting.write(tmp_path / "new", AS_OF, "test", small_schema(), fill)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_wrong_shape_leaves_nothing(tmp_path: Path) -> None:
    def fill(draft: drafting.Draft) -> None:
        for table in draft.schema.tables:
            draft.path(table, 0).write_bytes(b"half")
            draft.wrote(table, 0)

    with pytest.raises(errors.FileDamaged):
        drafting.write(tmp_path / "new", AS_OF, "test", small_schema(), fill)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, sys, time, django
from pathlib import Path
from typing import IO
os.environ["DJANGO_SETTINGS_MODULE"] = "bangfu.settings"
django.setup()
from bangfu.snapshot import drafting
from tests.snapshot.conftest import AS_OF, small_schema
def fill(draft):
    draft.path("member", 0).write_bytes(b"half")
    print("half", flush=True)
    time.sleep(60)
drafting.write(Path(sys.argv[1]) / "new", AS_OF, "test", small_schema(), fill)
"""


def test_a_killed_writer_leaves_no_snapshot_and_the_next_one_tidies_up(tmp_path: Path) -> None:
    words = [sys.executable, "-c", KILLED, str(tmp_path)]
    path = os.pathsep.join(["src", "."])
    environment = {**os.environ, "PYTHONPATH": path, "BANGFU_HOME": str(tmp_path / "home")}
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environment) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"half\n"
        write(tmp_path / "beside")
        assert len(list(tmp_path.glob(".draft-*/member"))) == 1, "a writer at work is left alone"
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert not (tmp_path / "new").exists()
    write(tmp_path / "new")
    assert list(tmp_path.glob(".draft-*")) == []
    Snapshot.open(tmp_path / "new")


def test_two_writers_of_the_same_second_both_get_a_place(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: write(tmp_path / "2020-09-30-120000", numbered=True), range(4)))
    names = sorted(snapshot.folder.name for snapshot in found)
    assert names == ["2020-09-30-120000", *(f"2020-09-30-120000-{n}" for n in (2, 3, 4))]
    for snapshot in found:
        Snapshot.open(snapshot.folder)


def test_a_writer_who_has_only_just_begun_is_not_taken_for_a_killed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, begun = drafting._lock, []

    def lock_late(stream: IO[str]) -> bool:
        """The first writer is overtaken by a second one between its lock file and its lock."""
        begun.append(stream)
        if len(begun) == 1:
            write(tmp_path / "second")
        return lock(stream)

    monkeypatch.setattr(drafting, "_lock", lock_late)
    Snapshot.open(write(tmp_path / "first").folder)
    Snapshot.open(tmp_path / "second")


def test_a_draft_that_is_gone_when_one_looks_closer_is_no_fault(tmp_path: Path) -> None:
    assert not drafting._abandoned(tmp_path / ".draft-gone")


def test_what_stands_already_is_never_replaced(tmp_path: Path) -> None:
    first = write(tmp_path / "new")
    with pytest.raises(errors.FolderTaken):
        write(tmp_path / "new")
    assert Snapshot.open(tmp_path / "new").sha256 == first.sha256
    (tmp_path / "file").write_text("mine")
    with pytest.raises(errors.FolderTaken):
        write(tmp_path / "file")
    assert sorted(f.name for f in tmp_path.iterdir()) == ["file", "new"]


def test_an_empty_folder_may_be_written_into(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    Snapshot.open(write(tmp_path / "new").folder)


def test_a_place_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(errors.DiskRefused):
        write(tmp_path / "file" / "new")
