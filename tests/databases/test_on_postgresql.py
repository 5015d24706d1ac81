"""What must hold on both databases is run once more, on PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases.server import database_url

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"


@pytest.mark.req("H9")
def test_everything_that_must_hold_on_both_databases_holds_on_postgresql(_postgres_server: str, tmp_path: Path) -> None:
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        return  # this run is the one on PostgreSQL
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment = {
        **kept,
        "DATABASE_URL": database_url(_postgres_server, "inner"),
        "BANGFU_HOME": str(tmp_path),
        "PYTHONUTF8": "1",
    }
    words = [
        "-m",
        "pytest",
        "-m",
        "databases",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        "--basetemp",
        str(tmp_path / "tmp"),
    ]
    marked = [file for file in TESTS.rglob("test_*.py") if "mark.databases" in file.read_text(encoding="utf-8")]
    done = subprocess.run(
        [sys.executable, *words, *sorted(map(str, marked))],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        pytest.fail(f"on PostgreSQL:\n{done.stdout[-12000:]}\n{done.stderr[-2000:]}", pytrace=False)
    assert " passed" in done.stdout
