"""An empty database is made at one go, and is what the migrations, one after the other, would have made of it."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from bangfu.keeping.founding import found
from tests.house.homes import ROOT

# Each step draws up the models anew and drops the old ones: looking for garbage takes a fifth of all that, and the
# program ends before it would lack the room.
STEP_BY_STEP = (
    "import gc; gc.disable()\n"
    "import django; django.setup()\n"
    "from django.core.management import call_command\n"
    "from django.core.management.commands.migrate import Command\n"
    "call_command(Command(), verbosity=0)\n"
)
# That it does not silently go the long way, of half a minute, is asked as well.
AT_ONE_GO = (
    "import django; django.setup()\n"
    "from django.core.management import call_command\n"
    "from django.db import connection\n"
    "from bangfu.keeping.founding import found\n"
    "assert found(connection), 'not made at one go'\n"
    "call_command('migrate', verbosity=0)\n"
)


def made(home: Path, script: str) -> dict[str, Any]:
    """The shape of the database that a script makes in an empty home."""
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "PYTHONPATH": str(ROOT / "src"),
        "DJANGO_SETTINGS_MODULE": "bangfu.settings",
        "BANGFU_HOME": str(home),
    }
    subprocess.run([sys.executable, "-c", script], env=environment, cwd=ROOT, check=True)
    with sqlite3.connect(home / "bangfu.sqlite3") as database:
        return {
            "tables": {name: _table(database, name, sql) for name, sql in _of_kind(database, "table")},
            "indexes": {name: sql for name, sql in _of_kind(database, "index") if sql},
            "triggers": dict(_of_kind(database, "trigger")),
            "migrations": set(database.execute("SELECT app, name FROM django_migrations")),
        }


def _of_kind(database: sqlite3.Connection, kind: str) -> list[tuple[str, str]]:
    return list(database.execute("SELECT name, sql FROM sqlite_master WHERE type = ?", (kind,)))


def _table(database: sqlite3.Connection, name: str, sql: str) -> Any:
    """Columns by name, whither they point, what is checked: their order is nobody's concern."""
    columns = {tuple(row[1:]) for row in database.execute(f'PRAGMA table_info("{name}")')}
    keys = {tuple(row[2:]) for row in database.execute(f'PRAGMA foreign_key_list("{name}")')}
    return columns, keys, sorted(re.findall(r'CONSTRAINT "(\w+)"', sql))


@pytest.mark.req("H8")
def test_at_one_go_the_same_comes_out_as_step_by_step(tmp_path: Path) -> None:
    at_once, in_steps = made(tmp_path / "a", AT_ONE_GO), made(tmp_path / "b", STEP_BY_STEP)
    for part, shape in in_steps.items():
        assert at_once[part] == shape, part
    assert len(at_once["tables"]) > 50
    assert at_once["triggers"] != {}


def test_a_database_that_has_seen_a_migration_is_left_to_the_ordinary_way(db: None) -> None:
    assert found(connection) is False
