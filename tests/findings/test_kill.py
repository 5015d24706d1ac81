"""Nothing half-absorbed: whenever the process is killed, all of a run is on file or none of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.req("B5"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be killed so on this system"),
]

ROOT = Path(__file__).resolve().parents[2]
KILLS = 12


def killed_at_random(folder: Path, seed: int, **more: str) -> None:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BANGFU_HOME")}
    environment = {
        **kept,
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        "DJANGO_SETTINGS_MODULE": "bangfu.settings",
        "BANGFU_HOME": str(folder),
        "PYTHONUTF8": "1",
        **more,
    }
    words = [sys.executable, "-m", "tests.findings.killing", str(seed), str(KILLS)]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == KILLS + 1
    for line in lines:
        assert line["unfinished"] == line["without_step"] == 0
        assert line["absorbed"] == line["runs"]
        assert line["counted"] == line["of_last"] == line["open"]
    assert lines[-1]["runs"] == lines[-2]["runs"] + 1, "after all those kills a run is no longer absorbed"
    # Otherwise every kill came too late, and the test would prove nothing.
    assert lines[-2]["runs"] < KILLS + 2


def test_killed_at_random_on_sqlite_all_of_a_run_is_absorbed_or_nothing(tmp_path: Path) -> None:
    killed_at_random(tmp_path, seed=1)


def test_killed_at_random_on_postgresql_all_of_a_run_is_absorbed_or_nothing(tmp_path: Path, postgres_url: str) -> None:
    killed_at_random(tmp_path, seed=2, DATABASE_URL=postgres_url)
