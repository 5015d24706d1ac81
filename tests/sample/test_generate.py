"""`bangfu generate`: many counties in files, the same whatever the workers, in bounded memory."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from bangfu.registry import columns
from bangfu.sample import streams
from bangfu.sample.errors import FolderInUse, TooManyHouseholds
from tests.sample.conftest import truth_of
from tests.sample.oracle import find

ROOT = Path(__file__).resolve().parents[2]


def generate(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bangfu", "generate", *words, "--home", str(home), "--json"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )


def hashes(folder: Path) -> dict[str, str]:
    files: dict[str, str] = streams.manifest(folder)["files"]
    return files


def test_the_bytes_depend_on_the_seed_and_not_on_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "COUNTY_HOUSEHOLDS", 500)
    list(streams.generate(tmp_path / "one", 4100, seed=3, workers=1))
    list(streams.generate(tmp_path / "again", 4100, seed=3, workers=1))
    list(streams.generate(tmp_path / "other", 4100, seed=4, workers=1))
    assert len(list((tmp_path / "one" / "member").iterdir())) == 3
    assert hashes(tmp_path / "one") == hashes(tmp_path / "again")
    assert hashes(tmp_path / "one") != hashes(tmp_path / "other")


def test_the_command_writes_the_same_with_one_and_with_two_workers(tmp_path: Path) -> None:
    for workers in ("1", "2"):
        done = generate(
            "--households", "81000", "--out", str(tmp_path / workers), "--workers", workers, home=tmp_path / "home"
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert answer["rows"]["household"] == 81_000
    assert hashes(tmp_path / "1") == hashes(tmp_path / "2")
    # Ids, and numbers of the certificate, are given out once over all counties.
    member = ds.dataset(tmp_path / "1" / "member")
    numbers = member.to_table(columns=["person_no", "id_no", "left_on"])
    assert len(numbers["person_no"].unique()) == len(numbers)
    living = numbers.filter(ds.field("left_on").is_null() & ds.field("id_no").is_valid())["id_no"]
    assert len(living.unique()) == len(living)


def test_the_files_read_as_plain_columns_of_the_registry(tmp_path: Path) -> None:
    list(streams.generate(tmp_path, 600, seed=1, workers=1))
    for name, table in columns.tables().items():
        found = pq.read_schema(tmp_path / name / "0000.parquet")
        for column in set(found.names) & set(table.columns):
            assert found.field(column).type == table.columns[column].arrow, (name, column)
        assert set(found.names) - set(table.columns) <= {"village_code"}
    areas = pq.read_table(tmp_path / "areas.parquet").to_pylist()
    codes = {area["code"] for area in areas}
    assert all(area["parent_code"] in codes for area in areas if area["level"] > 1)
    village = pq.read_table(tmp_path / "household" / "0000.parquet", columns=["village_code"])["village_code"]
    assert set(village.to_pylist()) <= codes


def test_the_truth_of_the_files_is_exact_too(tmp_path: Path) -> None:
    """Two whole counties of the second file, numbered on."""
    list(streams.generate(tmp_path, 1500, seed=9, workers=1))
    tables: dict[str, pa.Table] = {n: pq.read_table(tmp_path / n / "0000.parquet") for n in columns.tables()}
    household = tables["household"]
    tables["household"] = household.append_column("village_id", household["village_code"])
    found = {rule: rows for rule, rows in find(tables).items() if rows}
    assert found == truth_of(pq.read_table(tmp_path / "truth" / "0000.parquet"))


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep")
    with pytest.raises(FolderInUse):
        list(streams.generate(tmp_path, 10, seed=1))
    done = generate("--households", "10", "--out", str(tmp_path), home=tmp_path / "home")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"] == "SAM-003"
    assert (tmp_path / "letter.txt").read_text() == "keep"


def test_more_households_than_there_are_codes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TooManyHouseholds):
        list(streams.generate(tmp_path, streams.MOST_HOUSEHOLDS + 1, seed=1))
    last = streams.county_code(streams.COUNTIES_A_PREFECTURE * streams.PREFECTURES - 1)
    assert last == "994958"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory of a process from Linux's /proc")
def test_no_process_needs_more_than_600_mb_for_a_million_people(tmp_path: Path) -> None:
    out, home = tmp_path / "out", tmp_path / "home"
    words = ["generate", "--households", "250000", "--out", str(out), "--workers", "1", "--home", str(home), "--json"]
    with (tmp_path / "said").open("w+") as said:
        began = subprocess.Popen(
            [sys.executable, "-m", "bangfu", *words], env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, stdout=said
        )
        most = 0
        while began.poll() is None:
            most = max(most, peak_of(began.pid))
            time.sleep(0.05)
        assert began.returncode == 0
        said.seek(0)
        assert json.loads(said.read())["rows"]["member"] > 1_000_000
    assert 50 * 1024 < most < 600 * 1024


def peak_of(process: int) -> int:
    """The most memory that a process has held since it started its program, in KiB; 0 when it is gone. (What the system
    reports of an ended child counts from before the program was started: the memory of these tests themselves.)"""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0
