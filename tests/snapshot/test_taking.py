"""The live database as a snapshot: in one consistent read, in the types of the facts, and with a trail."""

import asyncio
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

import bangfu
from bangfu.audit.models import Entry
from bangfu.common import duck
from bangfu.common.facts import AddedColumns, FactColumn, FactKind, FactTable, Schema, schema
from bangfu.registry.models import Dwelling, Household, IncomeYear, Member, WorkRecord
from bangfu.snapshot import asking, copying, errors, postgresql, reading, services, sharing, taking, texts
from bangfu.snapshot.orders import ColumnOrder, Copied, Order, TableOrder
from bangfu.snapshot.store import Snapshot
from tests.conftest import House, make_area
from tests.snapshot.at_hand import copied_here

AS_OF = date(2020, 9, 30)


def home_of(village: Any, number: int, **more: Any) -> Household:
    values = {"village": village, "place": village.place, "household_no": f"{number:012d}", **more}
    return made(Household(**values))


def person_of(home: Household, number: int, **more: Any) -> Member:
    values = {"household": home, "place": home.place, "person_no": f"{number:014d}", "name": "张三", **more}
    return made(Member(**values))


def made(row: Any) -> Any:
    """On file as it is, past the registry's writer and its history."""
    [row] = type(row).objects.bulk_create([row])
    return row


def repeated(home: Household, number: int) -> None:
    """So many households like this one, itself among them."""
    table = connection.ops.quote_name(Household._meta.db_table)
    names = [field.column for field in Household._meta.concrete_fields if not field.unique]
    columns = ", ".join(map(connection.ops.quote_name, names))
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < %s) "
            f"INSERT INTO {table} (household_no, {columns}) "
            f"SELECT CAST(100000000000 + i AS text), {columns} FROM {table}, n WHERE id = %s",
            [number, home.pk],
        )


def facts_of(snapshot: Snapshot, table: str, *columns: str, order: str = "") -> list[tuple[Any, ...]]:
    sql = snapshot.source_sql(snapshot.parts(), table, schema(), columns)
    with duck.within(snapshot.folder) as reading:
        return reading.sql(f"{sql} ORDER BY {order or columns[0]}").fetchall()


@pytest.mark.databases
@pytest.mark.req("A7")
@pytest.mark.django_db(transaction=True)
def test_every_kind_of_value_arrives_as_what_it_means(house: House) -> None:
    full = home_of(
        house.village, 1, cultivated_land_mu="12.34", first_identified=date(2014, 3, 1), in_cooperative=False,
        planned_exit_year=2020, household_type="01", bank_account="62170012345678901", head_name="张三",
    )  # fmt: skip
    bare = home_of(house.neighbour_village, 2)
    made(Dwelling(household=full, house_area_m2="98.50", dangerous_house=True))
    person_of(full, 1, id_no="110101199003077758", birth_date=date(1990, 3, 7), living_together=True, sex="1")
    person_of(bare, 2, left_on=date(2019, 1, 1))
    snapshot = services.take(AS_OF)
    columns = ("household_no", "cultivated_land_mu", "first_identified_ymd", "in_cooperative", "planned_exit_year")
    assert facts_of(snapshot, "household", *columns, "household_type", "house_area_m2", "dangerous_house") == [
        ("000000000001", Decimal("12.34"), 20140301, False, 2020, "01", Decimal("98.50"), True),
        ("000000000002", None, None, None, None, None, None, None),
    ]
    assert facts_of(snapshot, "household", "household_no", "bank_key", "registered", "village_code", "head_name") == [
        ("000000000001", 62170012345678901, True, "990121200201", "张三"),
        ("000000000002", None, None, "990121100201", None),
    ]
    assert facts_of(
        snapshot,
        "member",
        "person_no",
        "birth_ymd",
        "id_key",
        "id_check_ok",
        "id_sex",
        "id_birth_ymd",
        "age",
        "present",
    ) == [
        ("00000000000001", 19900307, 11010119900307775 * 11 + 8, True, "1", 19900307, 30, True),
        ("00000000000002", None, None, None, None, None, None, False),
    ]


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_texts_that_come_after_thousands_of_unknowns_are_read(house: House) -> None:
    """ADBC's SQLite guesses types from the first rows; a village begins where another's columns were empty."""
    repeated(home_of(house.village, 1), 20000)
    last = 999999999999
    home_of(
        house.village, last, phone="13800000000", exited_on=date(2019, 12, 1), forest_mu="1.50", led_by_pioneer=True
    )
    snapshot = services.take(AS_OF)
    found = facts_of(snapshot, "household", "household_no", "phone", "exited_ymd", "forest_mu", "led_by_pioneer")
    assert len(found) == 20001
    assert found[-1] == (f"{last}", "13800000000", 20191201, Decimal("1.50"), True)


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_a_household_stays_in_one_part_and_counties_are_shared_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    township = make_area(house.neighbour_county, 1, "东乡", "990122100000")
    other = make_area(township, 1, "东村", "990122100201")
    for number, village in enumerate((house.village, house.other_village, other, other), start=1):
        home = home_of(village, number)
        person_of(home, number * 2)
        person_of(home, number * 2 + 1)
    monkeypatch.setattr(taking, "_copier", lambda: nullcontext(partial(run_here, 2)))
    snapshot = services.take(AS_OF)
    assert [(part.counties, part.rows["household"], part.rows["member"]) for part in snapshot.parts()] == [
        (("990121",), 2, 4),
        (("990122",), 2, 4),
    ]
    assert [part.number for part in snapshot.parts("990122100201")] == [1]
    assert sum(part.rows["village"] for part in snapshot.parts()) == 4


# The program is found wherever the tests were started from.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(bangfu.__file__).parents[1])}


def run_here(households_a_part: int, order: Order) -> list[Copied]:
    """The order carried out by a process of its own, with smaller parts."""
    program = (
        "import sys\nfrom bangfu.snapshot import copying, sharing\n"
        f"sharing.HOUSEHOLDS_A_PART = {households_a_part}\nsys.exit(copying.main())"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, input=order.to_json(), capture_output=True, text=True, env=ENVIRONMENT)
    assert done.returncode == 0, done.stdout + done.stderr
    return [Copied(**json.loads(line)) for line in done.stdout.splitlines()]


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_ended_households_are_left_out_and_those_who_left_stay_in(house: House) -> None:
    person_of(home_of(house.village, 1, ended_on=date(2020, 1, 1)), 1)
    home = home_of(house.village, 2)
    person_of(home, 2)
    gone = person_of(home, 3, left_on=date(2020, 2, 1))
    made(WorkRecord(member=gone, start_month=date(2019, 1, 1), monthly_income="3000"))
    year = {"year": 2020, "window_start": date(2019, 10, 1), "window_end": AS_OF, "members_counted": 1}
    made(IncomeYear(household=home, **year))
    snapshot = services.take(AS_OF)
    assert {name: number for name, number in snapshot.rows.items() if number and name != "village"} == {
        "household": 1,
        "member": 2,
        "work_record": 1,
        "income_year": 1,
    }
    assert facts_of(snapshot, "member", "person_no", "present") == [
        ("00000000000002", True),
        ("00000000000003", False),
    ]


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_people_are_where_their_household_is_and_gone_with_it_when_it_has_ended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those whom somebody moved past the registry, into the rows of another part."""
    township = make_area(house.neighbour_county, 1, "东乡", "990122100000")
    here, there = home_of(house.village, 1), home_of(make_area(township, 1, "东村", "990122100201"), 2)
    ended = home_of(house.village, 3, ended_on=date(2020, 1, 1))
    moved = person_of(there, 2, place=house.village.place)
    for number, home in enumerate((here, there, ended), start=4):
        made(WorkRecord(member=person_of(home, number), start_month=date(2020, 3, 1)))
    made(WorkRecord(member=moved, start_month=date(2020, 3, 1)))
    monkeypatch.setattr(taking, "_copier", lambda: nullcontext(partial(run_here, 1)))
    snapshot = services.take(AS_OF)
    assert len(snapshot.parts()) == 2
    columns = ("person_no", "household_no", "village_code", "place")
    people = [
        ("00000000000002", "000000000002", "990122100201", there.place),
        ("00000000000004", "000000000001", "990121200201", here.place),
        ("00000000000005", "000000000002", "990122100201", there.place),
    ]
    assert facts_of(snapshot, "member", *columns) == people
    assert facts_of(snapshot, "work_record", *columns) == people


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("most", [1, 20])
def test_numbers_that_do_not_tell_where_rows_are_are_noticed(
    house: House, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Households of three counties came in turn: what hangs on a stretch of numbers lies mostly elsewhere, perhaps more
    than memory holds."""
    last = make_area(house.county.parent, 3, "远县", "990123000000")
    villages = [house.village]
    for county, code in ((house.neighbour_county, "990122100"), (last, "990123100")):
        villages.append(make_area(make_area(county, 1, "东乡", f"{code}000"), 1, "东村", f"{code}201"))
    for number in range(30):
        home = home_of(villages[number % 3], number)
        made(WorkRecord(member=person_of(home, number), start_month=date(2020, 3, 1)))
        window = {"window_start": date(2019, 10, 1), "window_end": AS_OF}
        made(IncomeYear(household=home, year=2020, members_counted=1, **window))
    asked = list[tuple[str, bool]]()

    def noted(table: TableOrder, inside: str, leading: Any = None, *, scattered: bool = False) -> list[str]:
        asked.append((table.name, scattered))
        return sharing.selects(table, inside, leading, scattered=scattered)

    monkeypatch.setattr(copying, "selects", noted)
    monkeypatch.setattr(sharing, "HOUSEHOLDS_A_PART", 10)
    monkeypatch.setattr(sharing, "MOST", most)
    monkeypatch.setattr(taking, "_copier", copied_here)
    snapshot = services.take(AS_OF)
    assert [part.rows["work_record"] for part in snapshot.parts()] == [10] * 3
    for table in ("member", "work_record"):
        found = facts_of(snapshot, table, "person_no", "village_code")
        assert found == [(f"{number:014d}", villages[number % 3].code) for number in range(30)]
    found = facts_of(snapshot, "income_year", "household_no", "village_code")
    assert found == [(f"{number:012d}", villages[number % 3].code) for number in range(30)]
    for table in ("member", "income_year", "work_record"):
        assert {scattered for name, scattered in asked if name == table} == {False, True}


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_a_room_may_put_columns_to_every_table_of_the_registry(house: House) -> None:
    """Whatever of a table's source is read without what is joined only to be said again."""
    home = home_of(house.village, 1)
    made(WorkRecord(member=person_of(home, 1), start_month=date(2020, 3, 1)))
    known = FactColumn("known_as", FactKind.TEXT, "另名", source="k.name")
    joins = "LEFT JOIN (SELECT 1 AS one, 'x' AS name WHERE 1 = 1) k ON k.one = 1"
    for name in ("household", "member", "work_record", "income_year"):
        table = AddedColumns(name, (known,), lambda day: joins).to(schema().table(name))
        order = asking.live_order(table, AS_OF)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT known_as FROM ({order.live}) rows_")
            assert cursor.fetchall() == [("x",)] * (name != "income_year"), name


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_ordinary_rows_are_asked_for_only_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never a second time within quotation marks or brackets, which takes several times as long."""
    home = home_of(house.village, 1, first_identified=date(2014, 3, 1), in_cooperative=False, forest_mu="1.50")
    made(Dwelling(household=home, house_area_m2="98.50", dangerous_house=True))
    made(WorkRecord(member=person_of(home, 1, birth_date=date(1990, 3, 7)), start_month=date(2020, 3, 1)))

    def again(_self: Exception) -> None:
        raise AssertionError("a table is asked for once more")

    monkeypatch.setattr(texts.Indivisible, "__init__", again)
    monkeypatch.setattr(taking, "_copier", copied_here)
    assert services.take(AS_OF).rows["work_record"] == 1


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_a_household_has_the_sums_of_its_latest_year_and_of_the_one_before(house: House) -> None:
    for number, years in enumerate(((2019, 2020), (2018, 2020), (2020,), ()), start=1):
        home = home_of(house.village, number, latest_income_year=max(years, default=None))
        person_of(home, number)
        for year in years:
            window = {"window_start": date(year - 1, 10, 1), "window_end": date(year, 9, 30)}
            made(IncomeYear(household=home, year=year, wage_income=f"{number}{year}.50", members_counted=2, **window))
    snapshot = services.take(AS_OF)
    columns = ("household_no", "income_year", "members_counted", "wage_income")
    assert facts_of(snapshot, "household", *columns, "previous_income_year", "previous_wage_income") == [
        ("000000000001", 2020, 2, Decimal("12020.50"), 2019, Decimal("12019.50")),
        ("000000000002", 2020, 2, Decimal("22020.50"), None, None),
        ("000000000003", 2020, 2, Decimal("32020.50"), None, None),
        ("000000000004", None, None, None, None, None),
    ]


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_what_upper_rooms_do_not_say_is_the_same_as_if_they_had_been_asked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        person_of(home_of(house.village, number, head_name="张三"), number)
    unasked = services.take(AS_OF)
    ordered = asking.live_order
    monkeypatch.setattr(asking, "live_order", lambda table, day: replace(ordered(table, day), silence=None))
    asked = services.take(AS_OF)
    columns = [column.name for column in schema().table("household").columns if column.stored]
    assert facts_of(unasked, "household", *columns) == facts_of(asked, "household", *columns)


@pytest.mark.databases
@pytest.mark.req("H2")
@pytest.mark.django_db(transaction=True)
def test_taking_leaves_a_trail_and_is_listed(house: House) -> None:
    officer = house.officer("county_office")
    before = Entry.objects.count()
    snapshot = services.take(AS_OF, by=officer)
    entry = Entry.objects.latest("number")
    assert Entry.objects.count() == before + 1
    assert (entry.action, entry.subject_id, entry.actor_id) == ("snapshot.taken", snapshot.folder.name, officer.pk)
    assert json.loads(entry.detail)["sha256"] == snapshot.sha256
    assert snapshot.folder.parent == services.home()
    assert snapshot.folder.name.startswith("2020-09-30-")
    again = services.take(date(2020, 10, 1))
    assert [s.sha256 for s in services.listed()] == [again.sha256, snapshot.sha256]
    assert services.latest().folder == again.folder


@pytest.mark.django_db(transaction=True)
def test_without_its_trail_a_snapshot_did_not_happen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_given: Any) -> None:
        raise RuntimeError("the trail is full")

    monkeypatch.setattr(services, "record", broken)
    with pytest.raises(RuntimeError):
        services.take(AS_OF)
    assert list(services.home().iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_there_is_no_latest_snapshot_before_the_first(db: None) -> None:
    with pytest.raises(errors.NoSnapshotYet):
        services.latest()


@pytest.mark.req("H2")
@pytest.mark.django_db(transaction=True)
def test_only_the_owner_sees_the_folder_and_no_address_leads_there(house: House) -> None:
    home_of(house.village, 1)
    snapshot = services.take(AS_OF)
    assert stat.S_IMODE(services.home().stat().st_mode) == 0o700
    assert stat.S_IMODE(snapshot.folder.stat().st_mode) == 0o700
    client = house.client("county_office")
    for path in (
        f"/snapshots/{snapshot.folder.name}/manifest.json",
        f"/static/snapshots/{snapshot.folder.name}/manifest.json",
        f"/static/../snapshots/{snapshot.folder.name}/household/0000.parquet",
        f"/uploads/snapshots/{snapshot.folder.name}/manifest.json",
    ):
        assert client.get(path).status_code == 404, path


# --- one consistent read, on a database of its own ---


def small() -> Schema:
    columns = (
        FactColumn("household_id", FactKind.KEY, "户", required=True, source="t.id"),
        FactColumn("village_code", FactKind.TEXT, "村", source="t.village"),
        FactColumn("place", FactKind.KEY, "位置", required=True, source="t.place"),
        FactColumn("note", FactKind.TEXT, "备注", source="t.note"),
    )
    return Schema(
        {
            name: FactTable(name, name, ("household_id",), columns, lambda day, name=name: f"{name}s t WHERE t.id > 0")
            for name in ("first", "second")
        }
    )


WRITER = """
import sys, time
from contextlib import closing
address, began = sys.argv[1], time.perf_counter()
if "=" in address or "://" in address:
    import psycopg
    with psycopg.connect(address) as db:
        db.execute("SET lock_timeout = '2s'")
        db.execute("INSERT INTO seconds VALUES (100001, '', 0, 'late')")
        db.execute("UPDATE firsts SET note = 'changed'")
else:
    import sqlite3
    with closing(sqlite3.connect(address, timeout=2)) as db, db:
        db.execute("INSERT INTO seconds VALUES (100001, '', 0, 'late')")
        db.execute("UPDATE firsts SET note = 'changed'")
print(time.perf_counter() - began)
"""
TABLES = ("firsts", "seconds")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A database of two tables of 100,000 rows: its kind and address."""
    numbered = "SELECT {n}, '990121200201', {n}, 'early' FROM {series}"
    if request.param == "sqlite":
        import sqlite3

        address = str(tmp_path / "live.sqlite3")
        series = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n)"
        with sqlite3.connect(address) as db:
            db.execute("PRAGMA journal_mode = WAL")
            for table in TABLES:
                db.execute(f"CREATE TABLE {table} (id integer, village text, place integer, note text)")
                db.execute(f"INSERT INTO {table} {numbered.format(n='i', series=series)}")
        db.close()
    else:
        import psycopg

        address = request.getfixturevalue("postgres_url")
        with psycopg.connect(address) as db:
            for table in TABLES:
                db.execute(f"CREATE TABLE {table} (id bigint, village text, place bigint, note text)")  # type: ignore[arg-type]
                db.execute(f"INSERT INTO {table} {numbered.format(n='i', series='generate_series(1, 100000) i')}")  # type: ignore[arg-type]
    yield request.param, address


def order_for(kind: str, address: str, folder: Path, tables: Schema, readers: int = 1) -> Order:
    for name in (*tables.tables, "spill"):
        (folder / name).mkdir(parents=True)
    return Order(
        kind=kind,
        address=address,
        folder=str(folder),
        readers=readers,
        span=10**10,
        counties="SELECT 0, 100000",
        tables=[asking.live_order(table, AS_OF) for table in tables.tables.values()],
    )


@pytest.mark.req("A7")
def test_a_writer_commits_meanwhile_without_waiting_and_the_snapshot_does_not_see_it(
    database: tuple[str, str], tmp_path: Path
) -> None:
    kind, address = database
    folder = tmp_path / "draft"
    steps = copying.copy(order_for(kind, address, folder, small()))
    assert next(steps).table == "first"
    written = subprocess.run(
        [sys.executable, "-c", WRITER, address], capture_output=True, text=True, check=False, timeout=60
    )
    assert written.returncode == 0, written.stderr
    assert [step.table for step in steps] == ["second"]
    with duck.within(folder) as reading:
        for table in ("first", "second"):
            files = f"read_parquet('{folder}/{table}/*.parquet')"
            sql = f"SELECT count(*), min(note), max(note), max(household_id) FROM {files}"
            assert reading.sql(sql).fetchall() == [(100_000, "early", "early", 100_000)]


BUSY = """
import sys
from contextlib import closing
address = sys.argv[1]
if "=" in address or "://" in address:
    import psycopg
    db = psycopg.connect(address)
else:
    import sqlite3
    db = sqlite3.connect(address, timeout=5)
print("begun", flush=True)
with closing(db):
    for number in range(100_000):
        db.execute(f"UPDATE firsts SET place = {number} WHERE id = 1")
        db.execute(f"UPDATE seconds SET place = {number} WHERE id = 1")
        db.commit()
"""


@pytest.mark.req("A7")
def test_readers_see_the_same_moment_while_somebody_writes_without_a_pause(database: tuple[str, str]) -> None:
    kind, address = database
    seen = set[tuple[int, int]]()
    with subprocess.Popen([sys.executable, "-c", BUSY, address], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        writer.stdout.readline()
        try:
            for _attempt in range(20):
                with reading.readers(kind, address, 3) as readers:
                    sql = "SELECT f.place, s.place FROM firsts f, seconds s WHERE f.id = 1 AND s.id = 1"
                    found = [pair for reader in readers for pair in reader.pairs(sql)]
                assert len(set(found)) == 1
                seen.add(found[0])
        finally:
            writer.kill()
    assert len(seen) > 1, "the writer did write meanwhile"
    assert all(first == second for first, second in seen)


TYPED = (
    '逗,号', "null", "NULL", "[0]", "1e5", " 空格 ", "\u2028", "é😀", "NaN", "true",
    '引"号', "反斜\\杠", "换\n行\r\t", "\x1f",
)  # fmt: skip


@pytest.mark.parametrize("typed", [TYPED, TYPED[:10]], ids=["awkward", "plain"])
@pytest.mark.parametrize("coded", [True, False])
def test_a_text_arrives_as_it_was_typed(database: tuple[str, str], typed: tuple[str, ...], coded: bool) -> None:
    """Whether rows are taken apart as CSV or, because of a backslash somewhere among them, as JSON."""
    rows = (
        f"SELECT {n} AS id, CAST({duck.text(text)} AS varchar) AS note, '' AS blank" for n, text in enumerate(typed)
    )
    columns = [
        ColumnOrder("id", FactKind.KEY, coded=False, given=True),
        ColumnOrder("note", FactKind.TEXT, coded=coded, given=True),
        ColumnOrder("blank", FactKind.TEXT, coded=coded, given=True),
    ]
    with reading.readers(*database, 1) as (reader,):
        facts = reader.facts(" UNION ALL ".join(rows), columns)
    assert facts["id"].to_pylist() == list(range(len(typed)))
    assert facts["note"].to_pylist() == list(typed)
    assert facts["blank"].null_count == len(typed)


@pytest.mark.parametrize(
    ("at", "typed"),
    [(90_000, "a\x1eb"), (1, "\ufeffa"), (5, "x\x1fy"), (70_000, "x\ny"), (9, ""), (90_001, "x\r"), (3, "x\r")],
)
def test_columns_that_repeat_together_are_told_apart_again(database: tuple[str, str], at: int, typed: str) -> None:
    """Also where the first thousands of rows gave no hint of what comes later, and of signs that part fields."""
    live = (
        "SELECT id, village, CASE WHEN id % 7 = 0 THEN NULL ELSE id % 7 END AS days, "
        f"CASE WHEN id = {at} THEN {duck.text(typed)} WHEN id > 50000 THEN note ELSE 'few' END AS odd, "
        "CASE WHEN id > 60000 THEN id ELSE 4 END AS later FROM firsts WHERE id > 0"
    )
    columns = [
        ColumnOrder("id", FactKind.KEY, coded=False, given=True),
        ColumnOrder("village", FactKind.TEXT, coded=True, given=True),
        ColumnOrder("days", FactKind.WHOLE, coded=False, given=True),
        ColumnOrder("odd", FactKind.TEXT, coded=False, given=True),
        ColumnOrder("later", FactKind.AMOUNT, coded=False, given=True),
    ]
    with reading.readers(*database, 1) as (reader,):
        facts = reader.facts(live, columns).sort_by("id")
    numbers = range(1, 100_001)
    assert facts["id"].to_pylist() == list(numbers)
    assert set(facts["village"].to_pylist()) == {"990121200201"}
    assert facts["days"].to_pylist() == [n % 7 or None for n in numbers]
    odd = [(typed or None) if n == at else "early" if n > 50_000 else "few" for n in numbers]
    assert facts["odd"].to_pylist() == odd
    assert facts["later"].to_pylist() == [Decimal(n if n > 60_000 else 4) / 100 for n in numbers]


def test_whoever_reads_may_have_an_event_loop_running(database: tuple[str, str]) -> None:
    async def read() -> list[tuple[int, int]]:
        with reading.readers(*database, 2) as opened:
            return [pair for reader in opened for pair in reader.pairs("SELECT 1, 2")]

    with ThreadPoolExecutor(1) as thread:  # where none runs yet
        assert thread.submit(asyncio.run, read()).result() == [(1, 2)] * 2


def test_a_database_that_breaks_off_is_said_with_the_table(database: tuple[str, str], tmp_path: Path) -> None:
    kind, address = database
    order = order_for(kind, address, tmp_path / "draft", small())
    broken = replace(order.tables[1], live="SELECT id FROM nowhere")
    order = replace(order, tables=[order.tables[0], broken])
    with pytest.raises(copying.CopyingFailed) as raised:
        list(copying.copy(order))
    assert raised.value.args[0] == "second"
    assert "nowhere" in raised.value.args[1]


@pytest.mark.django_db(transaction=True)
def test_a_failure_of_the_copying_process_is_said_in_words_and_leaves_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered = asking.live_order

    def spoilt(table: FactTable, day: date) -> TableOrder:
        return replace(ordered(table, day), derived="SELECT nonsense FROM given", silence=None)

    monkeypatch.setattr(asking, "live_order", spoilt)
    with pytest.raises(errors.ReadingFailed, match="nonsense"):
        services.take(AS_OF)
    assert list(services.home().iterdir()) == []


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_a_database_that_cannot_be_opened_is_said_in_words_and_leaves_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    on_postgresql = connection.vendor == "postgresql"
    address = postgresql.address({"host": "/nowhere"}) if on_postgresql else str(tmp_path / "nowhere" / "db")
    monkeypatch.setattr(taking, "_address", lambda spill: nullcontext(address))
    with pytest.raises(errors.TakingBroken, match=r"取快照的进程没有做完：.*(open|such file)"):
        services.take(AS_OF)
    assert list(services.home().iterdir()) == []


@pytest.mark.parametrize("proof", [{"require_auth": "scram-sha-256"}, {"channel_binding": "require"}])
def test_what_a_server_has_to_prove_is_not_passed_over_in_silence(proof: dict[str, str]) -> None:
    with pytest.raises(reading.DatabaseFailed, match=next(iter(proof))):
        postgresql.address({"dbname": "bangfu", **proof})
    given = {"dbname": "a b&c", "channel_binding": "prefer", "connect_timeout": 3, "port": ""}
    assert postgresql.address(given) == "postgresql://?dbname=a%20b%26c"


@pytest.mark.django_db(transaction=True)
def test_a_copying_process_that_is_killed_on_its_way_blames_no_table(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    home_of(house.village, 1)

    def killing(_done: int, _files: int) -> None:
        started[0].kill()

    class Started(subprocess.Popen[str]):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            started.append(self)

    started = list[Started]()
    monkeypatch.setattr(taking.subprocess, "Popen", Started)
    with pytest.raises(errors.TakingBroken, match="exit -9"):
        services.take(AS_OF, progress=killing)
    assert list(services.home().iterdir()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("words", [["/nowhere/python"], ["/bin/false"]])
def test_a_copying_process_that_does_not_start_is_said_in_words(
    house: House, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """Whether there is none at all, or one that ends before it has read what it should do."""
    started = subprocess.Popen
    monkeypatch.setattr(taking.subprocess, "Popen", lambda _words, **given: started(words, **given))
    with pytest.raises(errors.TakingBroken, match=r"No such file|exit 1"):
        services.take(AS_OF)
    assert not services.home().exists() or list(services.home().iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_a_number_too_large_for_an_amount_is_refused(house: House) -> None:
    home_of(house.village, 1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE registry_household SET forest_mu = 999999999999999999")
    with pytest.raises(errors.ReadingFailed, match="household"):
        services.take(AS_OF)
    shutil.rmtree(services.home())


@pytest.mark.django_db(transaction=True)
def test_the_dictionary_tells_what_is_unknown(house: House) -> None:
    assert {table.rows for table in services.dictionary()} == {None}
    home_of(house.village, 1, phone="13800000000")
    home_of(house.village, 2)
    services.take(AS_OF)
    tables = {table.name: table for table in services.dictionary()}
    household = {column.name: column for column in tables["household"].columns}
    assert tables["household"].rows == 2
    assert (household["phone"].unknown, household["household_id"].unknown) == (0.5, 0.0)
    assert (household["phone"].origin, household["phone"].sensitive) == ("given", True)
    assert household["registered"].origin == "derived"
    member = {column.name: column for column in tables["member"].columns}
    assert (member["age"].origin, member["age"].unknown, member["sex"].codes) == ("computed", None, "sex")
    assert all(column.meaning for table in tables.values() for column in table.columns)
