"""Nothing half-imported: whenever the process is killed, all of a batch is on file or none of it."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.registry.sheets import households, workbook

pytestmark = [
    pytest.mark.req("H4"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be killed so on this system"),
]

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20
ROWS = 60


def killed_at_random(folder: Path, seed: int, where: str, **more: str) -> None:
    """After every kill rows, history, changes, trail and batches agree; the last import then still succeeds."""
    home = folder / "home"
    home.mkdir()
    files = [workbook(folder / f"{n}.xlsx", households(ROWS, first=n * ROWS + 1)) for n in range(KILLS + 3)]
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BANGFU_HOME")}
    environment = {
        **kept,
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        "DJANGO_SETTINGS_MODULE": "bangfu.settings",
        "BANGFU_HOME": str(home),
        "PYTHONUTF8": "1",
        **more,
    }
    words = [sys.executable, "-m", "tests.registry.killing", str(seed), str(KILLS), where, *map(str, files)]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == KILLS + 1
    for line in lines:
        assert line["households"] == line["members"] == ROWS * line["done"]
        assert line["history"] == [ROWS * line["done"]] * 2
        assert line["changes"] == line["taken"] == line["done"]
        assert line["unsettled"] == []
        assert line["left"] == 0
    assert lines[-1]["broken_at"] is None
    if where == "onto":
        assert lines[-1]["done"] > lines[-2]["done"], "after all those kills an import no longer works"
        interrupted = lines[-1]["interrupted"]
    else:
        assert lines[-1]["done"] == 1, "after all those kills an import no longer works"
        interrupted = sum(line["interrupted"] for line in lines)
    # Otherwise every kill came too early or too late, and the test would prove nothing.
    assert interrupted >= KILLS // 8


@pytest.mark.parametrize("where", ["onto", "beside"])
def test_killed_at_random_on_sqlite_all_of_a_batch_is_there_or_none(tmp_path: Path, where: str) -> None:
    killed_at_random(tmp_path, 1, where)
    with sqlite3.connect(tmp_path / "home" / "bangfu.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("where", ["onto", "beside"])
def test_killed_at_random_on_postgresql_all_of_a_batch_is_there_or_none(
    tmp_path: Path, postgres_url: str, where: str
) -> None:
    killed_at_random(tmp_path, 2, where, DATABASE_URL=postgres_url)
