"""Homes for the tests of the house: each with its own folder and database, and commands run as a clerk runs them."""

import atexit
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Home:
    """A data folder, and the database that belongs to it (SQLite in the folder when `url` is empty)."""

    folder: Path
    url: str = ""

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("BANGFU_", "DATABASE_URL", "PYTEST_", "COV_"))}
        more = {"BANGFU_HOME": str(self.folder), "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "PYTHONUTF8": "1"}
        return {**kept, **more, **({"DATABASE_URL": self.url} if self.url else {})}

    def bangfu(self, *words: Any) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "bangfu", *words)

    def facts(self, *words: Any) -> dict[str, Any]:
        """What a command answers with --json; it must have succeeded."""
        done = self.bangfu(*words, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def faults(self, check: str) -> list[str]:
        """What one of the checks of `bangfu check` finds wrong."""
        found: list[str] = json.loads(self.bangfu("check", "--json").stdout)["checks"][check]
        return found

    def python(self, *words: Any) -> subprocess.CompletedProcess[str]:
        """`python WORDS…` in this home, by the forking helper where processes can fork."""
        asked = [str(word) for word in words]
        if hasattr(os, "fork"):
            return _forker().run(asked, self.environment)
        return subprocess.run(
            [sys.executable, *asked],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
        )

    def filled(self) -> "Home":
        """Prepared, and with rows in every table."""
        done = self.python("-m", "tests.house.fill")
        assert done.returncode == 0, done.stdout + done.stderr
        return self

    def copied(self, folder: Path) -> "Home":
        shutil.copytree(self.folder, folder)
        return Home(folder)

    def sql(self, statement: str) -> list[Any]:
        """Straight to the database, past every rule of the program; nothing for a database that is not there."""
        if self.url:
            with psycopg.connect(self.url) as connection:
                cursor = connection.execute(statement)  # type: ignore[call-overload]
                return cursor.fetchall() if cursor.description else []
        file = self.folder / "bangfu.sqlite3"
        if not file.exists():
            return []
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()


class Forker:
    """The program `tests.house.forking`, which runs commands for all tests of this process."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "PYTHONUTF8": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.house.forking"],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.end)

    def run(self, words: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        assert self.process.stdin
        assert self.process.stdout
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder) / "out", Path(folder) / "err"
            asked = {
                "words": words,
                "environment": environment,
                "folder": str(ROOT),
                "out": str(out),
                "err": str(err),
            }
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            status = int(self.process.stdout.readline())
            return subprocess.CompletedProcess(
                words, status, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
            )

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


@cache
def _forker() -> Forker:
    return Forker()
