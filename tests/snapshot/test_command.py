"""`bangfu snapshot …` as a clerk of a province types it."""

from pathlib import Path

import pytest

from bangfu.sample import streams
from tests.house.homes import Home


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables") / "out"
    for _done in streams.generate(folder, 40, seed=3, workers=1):
        pass
    return folder


def test_a_folder_becomes_a_snapshot_without_a_database_and_is_verified(tables: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    made = home.facts("snapshot", "from", tables, "--out", tmp_path / "made", "--as-of", "2020-09-30")
    assert made["rows"]["household"] == 40
    assert not (tmp_path / "home" / "bangfu.sqlite3").exists()
    assert home.facts("snapshot", "verify", tmp_path / "made")["sha256"] == made["sha256"]
    again = home.bangfu("snapshot", "from", tables, "--out", tmp_path / "made", "--as-of", "2020-09-30")
    assert again.returncode == 1
    assert "SNA-007" in again.stderr
    damaged = tmp_path / "made" / "member" / "0000.parquet"
    damaged.chmod(0o600)
    damaged.write_bytes(damaged.read_bytes()[:-10])
    told = home.bangfu("snapshot", "verify", tmp_path / "made")
    assert told.returncode == 1
    assert "SNA-005" in told.stderr
    assert "member/0000.parquet" in told.stderr


def test_nothing_to_read_is_said_in_one_sentence(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    told = home.bangfu("snapshot", "from", tmp_path, "--out", tmp_path / "made", "--as-of", "2020-09-30")
    assert told.returncode == 1
    assert told.stderr.startswith("SNA-010")
    assert home.bangfu("snapshot", "verify", tmp_path / "nowhere").stderr.startswith("SNA-001")
    assert home.facts("snapshot", "list")["snapshots"] == []
    assert home.bangfu("snapshot", "from", tmp_path).returncode == 2


def test_a_house_that_is_not_prepared_is_told_so(tmp_path: Path) -> None:
    told = Home(tmp_path / "home").bangfu("snapshot", "take")
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert not list((tmp_path / "home" / "snapshots").glob("*"))


def test_the_house_takes_lists_and_verifies(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    prepared = (
        "import django; django.setup(); from django.core.management import call_command as c; c('migrate', verbosity=0)"
    )
    done = home.python("-c", "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'bangfu.settings'; " + prepared)
    assert done.returncode == 0, done.stderr
    taken = home.facts("snapshot", "take", "--as-of", "2020-09-30")
    [listed] = home.facts("snapshot", "list")["snapshots"]
    assert (listed["folder"], listed["as_of"]) == (taken["folder"], "2020-09-30")
    assert home.facts("snapshot", "verify", Path(taken["folder"]).name)["sha256"] == taken["sha256"]
