"""How fast a snapshot is taken from the database and from a folder, beside bare readings of the same columns.

python benchmarks/snapshot.py --people 1000000 --runs 5 --database sqlite --database postgresql://…

The databases are filled with generated counties first (a PostgreSQL database is emptied for it). "bare": the same
rows as Arrow tables, which nobody keeps; for the folder, the columns of its tables read by Arrow.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parent.parent / "src"
PEOPLE_PER_HOUSEHOLD = 4
DAY = date(2020, 9, 30)


def set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.settings")
    sys.path.insert(0, str(SOURCE))
    import django

    django.setup()


def fill(folder: Path) -> None:
    """Puts the generated tables into the empty live tables as they are, past the registry's writer: what is measured
    is the reading."""
    from django.core.management import call_command
    from django.db import connection

    from bangfu.areas.models import Area
    from bangfu.common import duck
    from bangfu.common.facts import schema
    from bangfu.registry.models import Household, IncomeItem
    from bangfu.snapshot.livetables import _SHOWN, Folder, LiveTables

    call_command("migrate", verbosity=0)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE registry_household, areas_area CASCADE")
    if Household.objects.exists():
        return
    with (
        tempfile.TemporaryDirectory() as scratch,
        duck.within(folder, Path(scratch), whole_division=True) as engine,
    ):
        source = Folder(folder)
        live = LiveTables(engine, source, schema(), DAY)
        for number, name in enumerate(source.files):
            live.show(number, name)
            for model in _SHOWN:
                if model is IncomeItem or (model is Area and number):
                    continue
                insert(engine, model, Path(scratch) / "rows.csv")
    with connection.cursor() as cursor:  # as after a night: else the server would clean up while it is measured
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def insert(engine: Any, model: Any, file: Path) -> None:
    from django.db import connection, models, transaction

    table = model._meta.db_table
    known = {row[0] for row in engine.sql(f"DESCRIBE {table}").fetchall()}
    fields = [f for f in model._meta.concrete_fields if f.column in known or not f.null]
    if table == "registry_incomeyear":
        known.discard("id")
        fields = [f for f in fields if f.column != "id"]
    texts = (models.CharField, models.TextField)
    blank = {
        f.column: "''" if isinstance(f, texts) else "DATE '2013-01-01'" if isinstance(f, models.DateField) else "0"
        for f in fields
    }
    listed = ", ".join(
        (f"coalesce({f.column}, {blank[f.column]})" if not f.null else f.column)
        if f.column in known
        else blank[f.column]
        for f in fields
    )
    columns = ", ".join(f'"{f.column}"' for f in fields)
    select = f"SELECT {listed} FROM {table}"
    if connection.vendor == "postgresql":
        engine.execute(f"COPY ({select}) TO '{file}' (FORMAT csv, HEADER false, FORCE_QUOTE *, NULLSTR '\\N')")
        into = f"COPY {table} ({columns}) FROM STDIN (FORMAT csv, NULL '\\N')"
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            cursor.cursor.copy(into) as copy,
            file.open("rb") as stream,
        ):
            while block := stream.read(1 << 20):
                copy.write(block)
        return
    statement = f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['?'] * len(fields))})"
    with transaction.atomic():
        rows = engine.cursor().execute(select)
        while batch := rows.fetchmany(50_000):
            connection.connection.executemany(
                statement, [[v.isoformat() if isinstance(v, date) else v for v in row] for row in batch]
            )


def measure(work: str, folder: Path) -> None:
    """One run of `work` in this process, told as JSON."""
    from bangfu.common.facts import schema
    from bangfu.snapshot import reading, services, taking

    began, before = time.perf_counter(), cpu()
    rows = size = 0
    if work == "take":
        snapshot = services.take(DAY)
        rows, size = sum(snapshot.rows.values()), snapshot.bytes
    elif work == "bare":
        order = taking._order(Path(), address(), DAY, schema())
        with reading.readers(order.kind, order.address, 1) as (reader,):
            for table in order.tables:
                rows += len(reader.facts(table.live, table.read))
    elif work == "from":
        snapshot = services.from_folder(folder, services.home() / f"made-{os.getpid()}", DAY)
        rows, size = sum(snapshot.rows.values()), snapshot.bytes
    else:
        import pyarrow.parquet as pq

        for file in sorted(folder.glob("*/*.parquet")):
            rows += sum(len(batch) for batch in pq.ParquetFile(file).iter_batches())
    found = {
        "wall": time.perf_counter() - began,
        "cpu": cpu() - before,
        "rss": max(resource.getrusage(who).ru_maxrss for who in WHO) / 1024,
        "rows": rows,
        "size": size / 1e6,
    }
    print(json.dumps(found))


def address() -> str:
    from django.db import connection

    from bangfu.snapshot import postgresql

    if connection.vendor == "postgresql":
        return postgresql.address(connection.get_connection_params())
    return str(connection.settings_dict["NAME"])


WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def cpu() -> float:
    used = [resource.getrusage(who) for who in WHO]
    return sum(each.ru_utime + each.ru_stime for each in used)


def run(work: str, folder: Path, environment: dict[str, str]) -> dict[str, float]:
    words = [sys.executable, __file__, "--work", work, "--folder", str(folder)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, env={**os.environ, **environment})
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}
    return found


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--people", type=int, default=1_000_000)
    words.add_argument("--runs", type=int, default=5)
    words.add_argument("--database", action="append", default=[], help="sqlite, or the URL of a database to be emptied")
    words.add_argument("--folder", type=Path, help="tables that `bangfu generate` wrote; made when it is absent")
    words.add_argument("--work", choices=["fill", "take", "bare", "from", "bare-folder"], help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.work:
        set_up()
        fill(given.folder) if given.work == "fill" else measure(given.work, given.folder)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch) / "tables"
        home = {"BANGFU_HOME": str(Path(scratch) / "home"), "PYTHONPATH": str(SOURCE)}
        if not folder.exists():
            households = str(given.people // PEOPLE_PER_HOUSEHOLD)
            generate = [sys.executable, "-m", "bangfu", "generate", "--households", households, "--out", str(folder)]
            subprocess.run(generate, check=True, capture_output=True, env={**os.environ, **home})
        print("| from | runs | median s | all s | CPU s | × bare CPU | rows/s | peak MB | Parquet MB | load |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        show("folder", "from", "bare-folder", folder, home, given.runs)
        for database in given.database:
            environment = {**home, **({} if database == "sqlite" else {"DATABASE_URL": database})}
            run("fill", folder, environment)
            show(database.partition(":")[0], "take", "bare", folder, environment, given.runs)


def show(name: str, work: str, bare: str, folder: Path, environment: dict[str, str], runs: int) -> None:
    """A line of the table. CPU seconds of a database server are not among those counted."""
    results = [(run(work, folder, environment), run(bare, folder, environment)) for _ in range(runs)]
    median = {key: statistics.median(result[key] for result, _ in results) for key in results[0][0]}
    reference = statistics.median(result["cpu"] for _, result in results)
    spread = "–".join(f"{pick(result['wall'] for result, _ in results):.1f}" for pick in (min, max))
    print(
        f"| {name} | {runs} | {median['wall']:.1f} | {spread} | {median['cpu']:.1f} | {median['cpu'] / reference:.1f} "
        f"| {median['rows'] / median['wall']:,.0f} | {median['rss']:.0f} | {median['size']:.0f} "
        f"| {os.getloadavg()[0]:.1f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
