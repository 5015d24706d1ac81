"""Nothing half-imported: whenever the process is killed, all of a batch is on file or none of it."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.registry.sheets import VILLAGE, households, workbook

pytestmark = pytest.mark.req("H4")

SOURCE = Path(__file__).resolve().parents[2] / "src"
KILLS = 20
ROWS = 300

# A house of one village, made without the program's own commands so that it takes a moment only.
PREPARE = f"""
import django; django.setup()
from datetime import date
from django.core.management import call_command
from bangfu.areas.models import Area
from bangfu.common.places import span
call_command("migrate", verbosity=0)
above = None
names = [("样省", "99"), ("样州", "9901"), ("云岭县", "990121"), ("青禾乡", "990121200"), ("石桥村", "{VILLAGE}")]
for level, (name, code) in enumerate(names, 1):
    place = (above.place if above else 0) + span(level)
    above = Area.objects.create(parent=above, place=place, level=level, name=name, code=code.ljust(12, "0"), valid_from=date(2014, 1, 1))
"""
# Imports a batch again and again in one process, telling when each begins: the killer strikes within one of them.
IMPORT = """
import sys
import django; django.setup()
from pathlib import Path
from bangfu.registry import batches, checking
batches.recover()
for file in sys.argv[1:]:
    batch = batches.start(by=None, files=[(Path(file).name, Path(file))], at_once=True)
    print("begin", flush=True)
    batches.commit(batch)
    print("end", flush=True)
"""
COUNT = """
import json
import django; django.setup()
from bangfu.audit.models import Entry
from bangfu.audit.selectors import chain_state
from bangfu.registry import batches
from bangfu.registry.models import Change, Household, ImportBatch, Member
batches.recover()
print(json.dumps({
    "households": Household.objects.count(), "members": Member.objects.count(),
    "history": [Household.history.count(), Member.history.count()],
    "changes": Change.objects.count(), "taken": Entry.objects.filter(action="registry.batch_taken").count(),
    "done": ImportBatch.objects.filter(state="done").count(),
    "open": ImportBatch.objects.exclude(state__in=["done", "refused", "waiting"]).count(),
    "broken": chain_state().broken_at,
}))
"""


def run(code: str, environment: Mapping[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env=dict(environment), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def strike(environment: Mapping[str, str], files: list[Path], longest: float, dice: random.Random) -> None:
    """Start importing and kill the process at a random moment of its work."""
    process = subprocess.Popen(
        [sys.executable, "-c", IMPORT, *map(str, files)], env=dict(environment), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    for _skip in range(dice.randrange(len(files))):
        for _line in range(2):
            process.stdout.readline()
    process.stdout.readline()
    time.sleep(dice.random() * longest)
    process.send_signal(signal.SIGKILL)
    process.wait()


def all_or_nothing(environment: Mapping[str, str], folder: Path, dice: random.Random) -> None:
    import json

    run(PREPARE, environment)
    files = [workbook(folder / f"{n}.xlsx", households(ROWS, first=n * ROWS + 1)) for n in range(3 * KILLS + 1)]
    began = time.monotonic()
    run(IMPORT, environment, str(files[-1]))
    # The moments to strike at: from the first to a little after the last of one import, warm or cold.
    longest = (time.monotonic() - began) * 0.5
    killed_between = 0
    for number in range(KILLS):
        before = json.loads(run(COUNT, environment)) if number % 5 == 0 else None
        strike(environment, files[3 * number : 3 * number + 3], longest, dice)
        after = json.loads(run(COUNT, environment))
        assert after["households"] == after["members"] == ROWS * after["done"]
        assert after["history"] == [ROWS * after["done"]] * 2
        assert after["changes"] == after["taken"] == after["done"]
        assert (after["open"], after["broken"]) == (0, None)
        if before and before["done"] == after["done"]:
            killed_between += 1
    refused = _refused(environment)
    assert refused > 0, "no kill struck within an import: the test proves nothing"


def _refused(environment: Mapping[str, str]) -> int:
    code = (
        "import django; django.setup()\n"
        "from bangfu.registry.models import ImportBatch\n"
        "print(ImportBatch.objects.filter(error_code='REG-400').count())"
    )
    return int(run(code, environment))


def surroundings(home: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BANGFU_HOME")}
    home.mkdir(parents=True)
    return {
        **kept,
        "PYTHONPATH": str(SOURCE),
        "DJANGO_SETTINGS_MODULE": "bangfu.settings",
        "BANGFU_HOME": str(home),
        "PYTHONUTF8": "1",
        **more,
    }


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes cannot be killed so on this system")
def test_killed_at_random_on_sqlite_all_of_a_batch_is_there_or_none(tmp_path: Path) -> None:
    environment = surroundings(tmp_path / "home")
    all_or_nothing(environment, tmp_path, random.Random(1))
    with sqlite3.connect(tmp_path / "home" / "bangfu.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes cannot be killed so on this system")
def test_killed_at_random_on_postgresql_all_of_a_batch_is_there_or_none(tmp_path: Path, postgres_url: str) -> None:
    environment = surroundings(tmp_path / "home", DATABASE_URL=postgres_url)
    all_or_nothing(environment, tmp_path, random.Random(2))
