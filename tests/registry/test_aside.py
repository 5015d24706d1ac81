"""A first filling is worked out beside the database: what then stands in it is what the database itself works out."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.db import IntegrityError, connection, transaction

from bangfu.common import staging
from bangfu.registry.intake import batches
from bangfu.registry.ledger import aside, bulk, writing
from bangfu.registry.ledger.writing import Written, taking_in, write
from bangfu.registry.models import (
    Change,
    Household,
    IncomeItem,
    IncomeYear,
    Member,
    MemberEvent,
    WorkRecord,
    YearCount,
)
from tests.conftest import House
from tests.registry.making import id_no, info, person, table
from tests.registry.sheets import households, workbook
from tests.registry.test_writing import content, many

pytestmark = [pytest.mark.databases, pytest.mark.req("H4")]

OWNERS: dict[Any, tuple[str, ...]] = {
    Household: ("household_no", "village__code", "group__name", "place", "latest_income_year"),
    Member: ("person_no", "household__household_no", "place", "id_key", "id_tail", "name_initials"),
    WorkRecord: ("member__person_no", "start_month"),
    IncomeYear: ("household__household_no", "year"),
    IncomeItem: ("income_year__household__household_no", "income_year__year", "line", "member__person_no"),
    MemberEvent: ("member__person_no", "household__household_no", "joined", "kind", "on"),
}


class Enough(Exception):
    """Takes a write back."""


def hard_cases(house: House) -> dict[str, pa.Table]:
    """Good households, and one for everything that may be wrong or unusual."""
    homes: list[dict[str, Any]] = [
        {"household_no": f"H{n:03d}", "village_id": house.village.pk, "group_name": "没有的组" if n % 2 else "一组"}
        for n in range(12)
    ]
    homes[3] |= {"village_id": house.county.pk}
    homes[4] |= {"village_id": house.neighbour_village.pk}
    homes[5] |= {"first_identified": date(2014, 1, 1), "exited_on": date(2018, 1, 1), "returned_on": date(2021, 1, 1)}
    people = [person(n, household_no=f"H{n:03d}", person_no=f"P{n}", relation_to_head="01") for n in range(12)]
    people[6] |= {"relation_to_head": "02"}  # no head
    people[8] |= {"dibao_status": "01", "joined_by": "01", "joined_on": date(2020, 5, 1)}
    people[9] |= {"id_no": "", "person_no": None}
    people += [
        person(20, household_no="H007", person_no="P20", relation_to_head="01"),  # two heads
        person(
            21, household_no="H001", person_no="P21", relation_to_head="03", id_no=id_no(1)
        ),  # twice the same number
        person(22, household_no="H002", person_no="P22", relation_to_head="03", left_on=date(2022, 2, 2), left_by="02"),
        person(23, household_no="H404", person_no="P23", relation_to_head="01"),
        person(24, household_no="H000", person_no="P24", relation_to_head="03", living_together=False),
    ]
    work = [
        {"person_no": person_no, "start_month": date(2024, 3, 1), "monthly_income": 300_000}
        for person_no in ("P0", "P6", "P404")
    ]
    window = {"year": 2025, "window_start": date(2024, 10, 1), "window_end": date(2025, 9, 30)}
    years = [{"household_no": f"H{n:03d}", **window} for n in (*range(11), 404)]
    years[2] |= {"members_counted": 0}
    years[10] |= {"window_start": None}
    lines = [
        ("H000", "wage.migrant"),
        ("H000", "production_expense.crops"),
        ("H001", "transfer.temporary_relief"),
        ("H005", "wage.migrant"),
        ("H010", "wage.migrant"),
        ("H011", "wage.migrant"),
    ]
    items = [
        {"household_no": no, "year": 2025, "line": n + 1, "code": code, "amount": 1000_01 + 777 * n, "person_no": None}
        for n, (no, code) in enumerate(lines)
    ]
    items[3] |= {"person_no": "P0"}  # not of this household
    items[0] |= {"person_no": "P24"}
    return {
        name: table(rows, name)
        for name, rows in (
            ("household", homes), ("member", people), ("work_record", work), ("income_year", years),
            ("income_item", items),
        )
    }  # fmt: skip


def _kept(tables: dict[str, pa.Table], folder: Path | None = None, **how: Any) -> tuple[Written, dict[str, Any]]:
    """What a write says and leaves; the write is taken back."""
    written, found = Written(), {}
    try:
        with taking_in(tables, folder) if folder else transaction.atomic():
            written = write(tables, change=info(), **how)
            found: dict[str, Any] = content()
            for model, names in OWNERS.items():
                found[f"owners of {model.__name__}"] = sorted(model._base_manager.values_list(*names), key=repr)
            counted = [f.attname for f in YearCount._meta.concrete_fields if not f.primary_key]
            found["counts"] = list(YearCount.objects.order_by("village", "year").values_list(*counted))
            raise Enough
    except Enough:
        return written, found


def _both(monkeypatch: pytest.MonkeyPatch, tables: dict[str, pa.Table], **how: Any) -> dict[str, Any]:
    used: list[int] = []
    spoken = aside.Aside.spoken
    monkeypatch.setattr(bulk, "BULK", 1)
    with monkeypatch.context() as patch:
        patch.setattr(aside.Aside, "spoken", lambda self: used.append(1) or spoken(self))
        beside, beside_left = _kept(tables, **how)
    assert used, "the bench beside the database was not used"
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "from_nothing", lambda *_args: False)
        within, within_left = _kept(tables, **how)
    # Who came without a number is called after an id, and PostgreSQL takes back no ids.
    one, other = (re.sub(r"'R\d+'", "'R'", repr(left)) for left in (beside_left, within_left))
    assert one == other
    assert beside.counts == within.counts
    assert [(p.table, p.row, p.column, p.code, p.fault.facts) for p in beside.problems] == [
        (p.table, p.row, p.column, p.code, p.fault.facts) for p in within.problems
    ]
    assert beside.first.keys() == within.first.keys()
    if connection.vendor == "sqlite":
        assert beside.first == within.first
    return {**beside_left, "problems": beside.problems}


@pytest.mark.parametrize("takeover", [False, True])
def test_hard_cases_end_the_same(house: House, monkeypatch: pytest.MonkeyPatch, takeover: bool) -> None:
    left = _both(monkeypatch, hard_cases(house), takeover=takeover, blank_keeps=True)
    assert {p.code for p in left["problems"]} >= {"REG-100", "REG-140"}
    assert left["Member"] and left["IncomeItem"] and left["owners of MemberEvent"]


def test_places_out_of_reach_end_the_same(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    reach = house.officer("township_station").places_for("registry.import")
    _both(monkeypatch, hard_cases(house), within=tuple(reach), blank_keeps=True)


@pytest.mark.parametrize("piece", [aside.PIECE, 7])
def test_a_bulk_of_good_rows_ends_the_same(house: House, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(aside, "PIECE", piece)  # many more pieces than are made ahead
    assert len(_both(monkeypatch, many(house, 300))["Member"]) == 600


@pytest.mark.parametrize("left_out", ["household", "member", "income_year"])
def test_files_without_one_of_the_sheets_end_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    tables = many(house, 20)
    del tables[left_out]
    _both(monkeypatch, tables, takeover=True)


@pytest.mark.django_db(transaction=True)
def test_rows_that_come_in_carriers_end_the_same(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bulk, "BULK", 1)
    _written, carried = _kept(hard_cases(house), tmp_path, takeover=True)
    monkeypatch.setattr(bulk, "from_nothing", lambda *_args: False)
    _written, plain = _kept(hard_cases(house), takeover=True)
    one, other = (re.sub(r"'R\d+'", "'R'", repr(left)) for left in (carried, plain))
    assert one == other and carried["Member history"]


@pytest.mark.django_db(transaction=True)
def test_carriers_leave_nothing_behind_but_their_rows(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bulk, "BULK", 100)
    for start in (0, 300):  # the second meets the first on file
        tables = many(house, 300, start)
        with taking_in(tables, tmp_path):
            write(tables, change=info())
    assert Member.history.count() == Member.objects.count() == 1200
    beginnings = sorted(Member.history.values_list("history_id", "id"))
    assert sorted(id for _beginning, id in beginnings) == sorted(Member.objects.values_list("id", flat=True))
    assert list(tmp_path.iterdir()) == []
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() "
                "AND table_name LIKE 'registry_%%' AND column_default IS NOT NULL"
            )
            assert cursor.fetchall() == []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            assert cursor.fetchall() == [("ok",)]
            cursor.execute("PRAGMA database_list")
            assert {name for _n, name, _file in cursor.fetchall()} <= {"main", "temp"}
            name = Member.history.model._meta.db_table
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [name])
            assert cursor.fetchall() == [(beginnings[-1][0],)]


def _keys_are_checked_row_by_row() -> bool:
    """Whether the database refuses a row without its owner where nobody checks at the end."""
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        return bool(cursor.execute("PRAGMA foreign_keys").fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_rows_that_cannot_be_handed_over_leave_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_args: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(bulk, "BULK", 1)
    if connection.vendor == "sqlite":
        monkeypatch.setattr(aside, "_freight", fail)
    else:
        monkeypatch.setattr(staging, "_text", fail)
    tables = many(house, 20)
    with pytest.raises(OSError, match="disk"), taking_in(tables, tmp_path):
        write(tables, change=info())
    assert not Household.objects.exists() and not Household.history.exists()
    assert list(tmp_path.iterdir()) == []
    assert _keys_are_checked_row_by_row()


@pytest.mark.django_db(transaction=True)
def test_rows_that_cannot_be_worked_out_to_the_end_leave_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The first tables are being handed over by then."""

    def fail(*_args: Any) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(bulk, "BULK", 1)
    monkeypatch.setattr(writing, "write_households", fail)
    tables = many(house, 20)
    with pytest.raises(MemoryError), taking_in(tables, tmp_path):
        write(tables, change=info())
    assert not Member.objects.exists() and not Member.history.exists() and not Change.objects.exists()
    assert list(tmp_path.iterdir()) == []
    assert _keys_are_checked_row_by_row()


@pytest.mark.django_db(transaction=True)
def test_a_first_filling_with_a_row_without_its_owner_is_taken_back(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bulk, "BULK", 1)
    tables = many(house, 20)
    with pytest.raises(IntegrityError), taking_in(tables, tmp_path):
        write(tables, change=info())
        Member.objects.filter(person_no=Member.objects.order_by("pk")[0].person_no).update(household_id=999_999)
    assert not Household.objects.exists() and not Member.history.exists()
    assert _keys_are_checked_row_by_row()
    with taking_in(tables, tmp_path):
        write(tables, change=info())
    assert Household.objects.count() == 20 and _keys_are_checked_row_by_row()


@pytest.mark.django_db(transaction=True)
def test_whatever_a_first_filling_writes_has_its_owners_checked(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bulk, "BULK", 20)
    said: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        said.append(sql)
        return execute(sql, *rest)

    file = workbook(tmp_path / "a.xlsx", households(30))
    batch = batches.start(by=None, files=[(file.name, file)], at_once=True)
    with connection.execute_wrapper(note):
        batches.commit(batch)
    assert Household.objects.count() == 30 == Household.history.count()
    if connection.vendor != "sqlite":
        return  # PostgreSQL checks by itself whatever is written
    off, on = said.index("PRAGMA foreign_keys = OFF"), said.index("PRAGMA foreign_keys = ON")
    written = {
        found[1]
        for sql in said[off:on]
        if (found := re.match(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)', sql)) and "_" in found[1]
    }
    checked = {found[1] for sql in said[off:on] if (found := re.match(r'PRAGMA foreign_key_check\("(\w+)"\)', sql))}
    with connection.cursor() as cursor:
        owned = {name for name in written if cursor.execute(f'PRAGMA foreign_key_list("{name}")').fetchall()}
    assert {"registry_household", "registry_member", "registry_change", "registry_importbatch"} <= owned
    assert owned <= checked


def test_what_is_given_next_has_ids_of_its_own(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BULK", 1)
    for start in (0, 50):
        with transaction.atomic():
            write(many(house, 50, start), change=info())
    assert Household.objects.count() == 100 and Member.objects.count() == 200
    assert IncomeItem.objects.count() == 200
