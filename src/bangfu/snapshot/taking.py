"""Takes a snapshot of the live database: makes the order out of the fact tables, and has `copying` carry it out."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection

from bangfu.common.facts import Schema, schema
from bangfu.common.places import Level, span
from bangfu.snapshot import asking, drafting
from bangfu.snapshot.errors import ReadingFailed, TakingBroken
from bangfu.snapshot.orders import Copied, Order
from bangfu.snapshot.reading import DatabaseFailed
from bangfu.snapshot.store import Snapshot

READERS = 2  # the machine also serves pages
# Of the copying process: threads of linear algebra, which it has no use for, start by spinning; memory that is given
# back, by Arrow too, is handed out again rather than returned to the system and cleared anew.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
}
PACKAGES = Path(__file__).resolve().parents[2]

Progress = Callable[[int, int], None]


def take(target: Path, as_of: date, progress: Progress) -> Snapshot:
    """The database as it is now, as the snapshot `target` (or, when that exists, `target-2` …). What is not yet
    committed, also by the caller, is not in it. Raises ReadingFailed, TakingBroken, DiskRefused;
    then nothing is left behind."""
    with _copier() as copied_out:

        def fill(draft: drafting.Draft) -> None:
            _begin(draft.schema, as_of)
            with _address(draft.spill) as address:
                for copied in copied_out(_order(draft.folder, address, as_of, draft.schema)):
                    draft.wrote(copied.table, copied.part)
                    progress(copied.done, copied.files)

        name = Path(str(connection.settings_dict["NAME"])).name
        return drafting.write(target, as_of, f"{connection.vendor} {name}", schema(), fill, numbered=True)


def _begin(schema: Schema, as_of: date) -> None:
    """A house that is not prepared, or a server that is away, says so itself."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT county FROM ({_counties(schema, as_of)}) c WHERE 1 = 0")


@contextmanager
def _address(spill: Path) -> Iterator[str]:
    """Where the copying process finds the database. One that lives in this process's memory (tests) is copied to a
    file first."""
    if connection.vendor == "postgresql":
        from bangfu.snapshot import postgresql  # loads what a house on SQLite has no use for

        try:
            address = postgresql.address(connection.get_connection_params())
        except DatabaseFailed as error:
            raise TakingBroken(reason=error) from error
        yield address
    elif not connection.is_in_memory_db():  # type: ignore[attr-defined]
        yield str(connection.settings_dict["NAME"])
    else:
        connection.ensure_connection()
        file = spill / "memory.sqlite3"
        with closing(sqlite3.connect(file)) as copy:
            connection.connection.backup(copy)
        yield str(file)
        file.unlink()


def _order(folder: Path, address: str, as_of: date, schema: Schema) -> Order:
    return Order(
        kind=connection.vendor,
        address=address,
        folder=str(folder),
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


@contextmanager
def _copier() -> Iterator[Callable[[Order], Iterator[Copied]]]:
    """What carries out an order: a process that starts while the order is made, and does not outlive the block. Raises
    TakingBroken."""
    path = os.pathsep.join(filter(None, (str(PACKAGES), os.environ.get("PYTHONPATH"))))
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "bangfu.snapshot.copying"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**ENVIRONMENT, **os.environ, "PYTHONPATH": path},
        )
    except OSError as error:
        raise TakingBroken(reason=error.strerror or error) from error
    with process:
        try:
            yield partial(_copied, process)
        except BaseException:
            process.kill()
            raise


def _copied(process: "subprocess.Popen[str]", order: Order) -> Iterator[Copied]:
    """What the process tells while it carries out the order. Raises ReadingFailed, TakingBroken."""
    assert process.stdin and process.stdout and process.stderr
    with suppress(BrokenPipeError):  # how it ended is told below
        process.stdin.write(order.to_json())
        process.stdin.close()
    said = dict[str, Any]()
    for line in process.stdout:
        said = json.loads(line)
        if "error" not in said:
            yield Copied(**said)
    complaint = process.stderr.read().strip()
    if process.wait():
        if said.get("error") and said["table"]:
            raise ReadingFailed(table=said["table"], reason=said["error"])
        raise TakingBroken(reason=said.get("error") or (complaint.splitlines() or [f"exit {process.returncode}"])[-1])
