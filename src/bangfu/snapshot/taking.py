"""Takes a snapshot of the live database: makes the order out of the fact tables, and has `copying` carry it out."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection

from bangfu.common import duck
from bangfu.common.facts import Schema
from bangfu.common.places import Level, span
from bangfu.snapshot import asking, drafting, postgresql
from bangfu.snapshot.errors import ReadingFailed, TakingBroken
from bangfu.snapshot.orders import Order
from bangfu.snapshot.store import Snapshot

READERS = 2  # the machine also serves pages
# Of the copying process: threads of linear algebra, which it has no use for, start by spinning; memory that is given
# back is handed out again rather than returned to the system and cleared anew.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
}
PACKAGES = Path(__file__).resolve().parents[2]

Progress = Callable[[int, int], None]


def take(target: Path, as_of: date, schema: Schema, progress: Progress) -> Snapshot:
    """The database as it is now, as the snapshot `target` (or, when that exists, `target-2` …). What is not yet
    committed, also by the caller, is not in it. Raises ReadingFailed, TakingBroken, DiskRefused;
    then nothing is left behind."""

    with connection.cursor() as cursor:  # a house that is not prepared, or a server that is away, says so itself
        cursor.execute(f"SELECT county FROM ({_counties(schema, as_of)}) c WHERE 1 = 0")

    def fill(draft: drafting.Draft) -> list[list[str]]:
        with _address(draft.spill) as address:
            parts = _run(lambda: _order(draft, address, as_of, schema), progress)
        with duck.within(draft.folder) as reading:
            return [
                drafting.counties(reading, [draft.path(table, part) for table in schema.tables])
                for part in range(parts)
            ]

    name = Path(str(connection.settings_dict["NAME"])).name
    return drafting.write(target, as_of, f"{connection.vendor} {name}", schema, fill, numbered=True)


@contextmanager
def _address(spill: Path) -> Iterator[str]:
    """Where the copying process finds the database. One that lives in this process's memory (tests) is copied to a
    file first."""
    if connection.vendor == "postgresql":
        yield postgresql.address(connection.get_connection_params())
    elif not connection.is_in_memory_db():  # type: ignore[attr-defined]
        yield str(connection.settings_dict["NAME"])
    else:
        connection.ensure_connection()
        file = spill / "memory.sqlite3"
        with closing(sqlite3.connect(file)) as copy:
            connection.connection.backup(copy)
        yield str(file)
        file.unlink()


def _order(draft: drafting.Draft, address: str, as_of: date, schema: Schema) -> Order:
    return Order(
        kind=connection.vendor,
        address=address,
        folder=str(draft.folder),
        readers=READERS,
        span=span(Level.COUNTY),
        counties=_counties(schema, as_of),
        tables=[asking.live_order(table, as_of) for table in schema.tables.values()],
    )


def _counties(schema: Schema, as_of: date) -> str:
    """A SELECT of every county with the number of its households, ended ones among them (an index knows it); 0 for one
    that is only known by its villages."""
    counted = []
    for table in schema.tables.values():
        place = drafting.sources(table).get("place", "")
        if place.startswith("t.") and (table.key == ("household_id",) or not table.get("household_id")):
            households = "count(*)" if table.get("household_id") else "0"
            counted.append(
                f"SELECT {place} / {span(Level.COUNTY)} AS county, {households} AS households "
                f"FROM {asking.main_table(table, as_of)} t GROUP BY 1"
            )
    return f"SELECT county, sum(households) FROM ({' UNION ALL '.join(counted)}) c GROUP BY county ORDER BY county"


def _run(order: Callable[[], Order], progress: Progress) -> int:
    """Has an order carried out, which is made while the copying process starts; the number of parts."""
    path = os.pathsep.join(filter(None, (str(PACKAGES), os.environ.get("PYTHONPATH"))))
    with subprocess.Popen(
        [sys.executable, "-m", "bangfu.snapshot.copying"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**ENVIRONMENT, **os.environ, "PYTHONPATH": path},
    ) as process:
        try:
            assert process.stdin and process.stdout and process.stderr
            process.stdin.write(order().to_json())
            process.stdin.close()
            parts, said = 0, dict[str, Any]()
            for line in process.stdout:
                said = json.loads(line)
                if "error" not in said:
                    parts = said["parts"]
                    progress(said["done"], said["files"])
            complaint = process.stderr.read().strip()
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        reason = said.get("error") or (complaint.splitlines() or [f"exit {process.returncode}"])[-1]
        table = said.get("table")
        raise ReadingFailed(table=table, reason=reason) if table else TakingBroken(reason=reason)
    return parts
