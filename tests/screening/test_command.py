"""`bangfu screen` on a bare folder of Parquet, without any database."""

import json
from pathlib import Path

import pytest

from bangfu.__main__ import main
from bangfu.snapshot.store import Snapshot


def test_a_folder_is_screened_without_a_database(
    snapshot: Snapshot, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANGFU_HOME", str(tmp_path / "home"))
    words = ["screen", "--snapshot", str(snapshot.folder), "--out", str(tmp_path / "out"), "--json"]
    main([*words, "--rule", "Q001", "--rule", "Q181", "--rows", str(tmp_path / "rows.parquet")])
    said = json.loads(capsys.readouterr().out)
    assert said["rules"]["Q001"]["hits"] > 0
    assert said["rules"]["Q181"]["not_run"] == {"": "list:vehicle"}
    assert (tmp_path / "out" / "run.json").is_file()
    assert (tmp_path / "rows.parquet").is_file()


def test_what_did_not_run_is_told_with_its_reason(
    snapshot: Snapshot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["screen", "--snapshot", str(snapshot.folder), "--out", str(tmp_path / "out")]
    main([*words, "--rule", "Q109", "--rule", "Q181"])
    said = capsys.readouterr().out
    assert "Q181" in said
    assert "vehicle" in said
    assert "household.house_area_m2" in said
