"""Many phones come down from the hills at once and send their visits with photos: errors, losses, p95.

    python benchmarks/phones.py [--phones 300] [--visits 2] [--photos 2] [--line 2000] [--venv DIR]

`bangfu serve` runs on PostgreSQL (DATABASE_URL, an empty database, or the server of the development lock), with an
officer, a session and households for each phone. Locust, in an environment of its own, plays the phones as the page for
the field behaves: a token, each visit, each photo in parts of 256 kB; between two parts passes the time that a mobile
line of `--line` kbit/s needs for one (0: none). All phones begin within the same second.

Prints a Markdown table of the requests (those told to come later in a row of their own: the phones come again by
themselves), how long it took until all was sent and until the worker had looked at every photo, and what is in the
database afterwards beside what was sent. Exit status 1 when a request failed, something is missing, or something is
there twice.
"""

import argparse
import csv
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
VILLAGES = 30
HOUSEHOLDS_A_VILLAGE = 10
LIMIT_MS = 1000
LATER = "told to come later"


def officers_and_households(phones: int) -> list[dict[str, Any]]:
    """A county of `VILLAGES` villages; for each phone a helper who has signed in, and the households of a village."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from tests.conftest import made_house, make_area

    from bangfu.accounts.models import Officer, Post
    from bangfu.registry import services

    house = made_house()
    office = house.officer("county_office")
    township = make_area(house.county, 9, "压测乡", "990121900000")
    villages = [make_area(township, n + 1, f"压测{n:02d}村", f"990121900{n + 201:03d}") for n in range(VILLAGES)]
    homes: dict[int, list[int]] = {
        village.pk: [
            services.save_household(
                by=office, household=None, values={"household_type": "02"}, reason="压测", village=village
            ).pk
            for _ in range(HOUSEHOLDS_A_VILLAGE)
        ]
        for village in villages
    }
    made = []
    for number in range(phones):
        village = villages[number % VILLAGES]
        officer = Officer.objects.create(
            username=f"phone{number}", name=f"干部{number}", password_changed_on=date.today()
        )
        Post.objects.create(officer=officer, role_id="first_secretary", area=village, starts_on=date(2015, 1, 1))
        session = SessionStore()
        session[SESSION_KEY] = str(officer.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = officer.get_session_auth_hash()
        session.create()
        made.append({"session": session.session_key, "households": homes[village.pk]})
    return made


def pictures(folder: Path, number: int) -> list[str]:
    """Some photos as a phone makes them, 1600 pixels and some 300 kB each."""
    from PIL import Image

    names = []
    for each in range(number):
        out = io.BytesIO()
        Image.effect_noise((400, 300), 30 + each).resize((1600, 1200)).convert("RGB").save(out, "JPEG", quality=78)
        file = folder / f"{each}.jpg"
        file.write_bytes(out.getvalue())
        names.append(str(file))
    return names


@contextmanager
def database() -> Iterator[str]:
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    from tests.databases.server import database_url, postgres_server

    with postgres_server() as server:
        yield database_url(server, "phones")


@contextmanager
def served(home: Path, port: int) -> Iterator[str]:
    """`bangfu serve` as anybody starts it."""
    url = f"http://127.0.0.1:{port}"
    words = [sys.executable, "-m", "bangfu", "serve", "--port", str(port), "--home", str(home)]
    log = (home / "serve.log").open("wb")
    server = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, stdout=log, stderr=log)
    try:
        for _ in range(240):
            with suppress(OSError), urllib.request.urlopen(f"{url}/sign-in/", timeout=5):
                break
            if server.poll() is not None:
                sys.exit((home / "serve.log").read_text())
            time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def locust(folder: Path) -> Path:
    """Locust in an environment of its own: a tool for measuring, no part of the program."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=True)
    known = subprocess.run([python, "-c", "import locust"], capture_output=True, check=False)
    if known.returncode:
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "locust"], check=True)
    return python


def play(python: Path, url: str, work: Path, phones: int) -> list[dict[str, str]]:
    """The phones; a row for each kind of request and one of all, as locust counts them."""
    words = [python, "-m", "locust", "-f", Path(__file__).with_name("phones_played.py"), "--headless", "--host", url]
    words += ["--users", str(phones), "--spawn-rate", str(phones), "--csv", work / "said", "--only-summary"]
    environment = {**os.environ, "PHONES": str(work / "phones.json")}
    done = subprocess.run([str(word) for word in words], env=environment, capture_output=True, text=True, check=False)
    said = work / "said_stats.csv"
    if not said.exists():
        sys.exit(done.stdout + done.stderr)
    if failures := (work / "said_failures.csv").read_text().splitlines()[1:]:
        print("\n".join(failures[:10]), file=sys.stderr)
    with said.open(newline="") as file:
        return list(csv.DictReader(file))


def looked_at(patience: float = 600) -> float:
    """Seconds until the worker has looked at every photo that is here."""
    from bangfu.visits.models import Photo

    began = time.perf_counter()
    while Photo.objects.filter(state=Photo.State.ARRIVED).exists() and time.perf_counter() - began < patience:
        time.sleep(1)
    return time.perf_counter() - began


def found() -> dict[str, int]:
    from bangfu.visits.models import Photo, Submission, Visit

    return {
        "visits": Visit.objects.count(),
        "photos": Photo.objects.filter(state=Photo.State.KEPT).count(),
        "in the tray": Submission.objects.count(),
        "photos not whole": Photo.objects.exclude(state=Photo.State.KEPT).count(),
    }


def told(rows: list[dict[str, str]], seconds: float) -> bool:
    """The table; whether no request failed."""
    print(f"| request | number | failed | p50 ms | p95 ms | p99 ms | most ms | a second |\n|{' --- |' * 8}")
    for row in rows:
        name = row["Name"]
        figures = (row["50%"], row["95%"], row["99%"], f"{float(row['Max Response Time']):.0f}")
        rate = float(row["Request Count"]) / seconds
        print(f"| {name} | {row['Request Count']} | {row['Failure Count']} | {' | '.join(figures)} | {rate:.0f} |")
    everything = next(row for row in rows if row["Name"] == "Aggregated")
    taken = max(float(row["95%"]) for row in rows if row["Name"] not in ("Aggregated", LATER))
    if taken > LIMIT_MS:
        print(f"p95 {taken:.0f} ms is above {LIMIT_MS} ms", file=sys.stderr)
    return int(everything["Failure Count"]) == 0


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--phones", type=int, default=300)
    words.add_argument("--visits", type=int, default=2, help="visits a phone")
    words.add_argument("--photos", type=int, default=2, help="photos a visit")
    words.add_argument("--line", type=int, default=2000, help="kbit/s upwards; 0: no limit")
    words.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "bangfu-locust")
    given = words.parse_args()
    python = locust(given.venv)
    home = Path(tempfile.mkdtemp(prefix="bangfu-phones-"))
    try:
        with database() as url:
            os.environ.update(DATABASE_URL=url, BANGFU_HOME=str(home), DJANGO_SETTINGS_MODULE="bangfu.settings")
            return measured(given, python, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def measured(given: argparse.Namespace, python: Path, home: Path) -> int:
    import django

    django.setup()
    from bangfu.keeping.preparing import prepare
    from bangfu.visits.loading import checklists

    prepare()
    made = officers_and_households(given.phones)
    plan = {
        "phones": made,
        "checklist": {"id": "four_ones", "version": checklists()["four_ones"].version},
        "pictures": pictures(home, 8),
        "visits": given.visits,
        "photos": given.photos,
        "line": given.line,
        "day": date.today().isoformat(),
    }
    (home / "phones.json").write_text(json.dumps(plan))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with served(home, port) as url:
        began = time.perf_counter()
        rows = play(python, url, home, given.phones)
        seconds = time.perf_counter() - began
        looked = looked_at()
    sound = told(rows, seconds)
    here, sent = found(), given.phones * given.visits
    wanted = {"visits": sent, "photos": sent * given.photos, "in the tray": 0, "photos not whole": 0}
    print(
        f"\nsent: {wanted}\nfound: {here}\n{seconds:.0f} s with the start of locust, then {looked:.0f} s for the photos"
    )
    return 0 if sound and here == wanted else 1


if __name__ == "__main__":
    sys.exit(main())
