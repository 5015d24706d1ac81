"""One writer for one row and for a million: what it writes, what it keeps out, and that size makes no difference."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bangfu.audit.models import Entry
from bangfu.common.places import PlaceRange
from bangfu.registry import errors
from bangfu.registry.ledger import bulk, writing
from bangfu.registry.ledger.writing import Written, write
from bangfu.registry.models import Change, Dwelling, Household, IncomeItem, IncomeYear, Member, WorkRecord
from tests.conftest import House
from tests.registry.making import info, person, table

pytestmark = pytest.mark.databases

TRACKED: tuple[Any, ...] = (Household, Dwelling, Member, WorkRecord, IncomeYear, IncomeItem)


def many(house: House, number: int, start: int = 0) -> dict[str, pa.Table]:
    """`number` households of two people, with a year's income of two lines and one stretch of work."""
    span = range(start, start + number)
    no = [f"H{i:06d}" for i in span]
    return {
        "household": table(
            [
                {
                    "household_no": n,
                    "village_id": house.village.pk,
                    "group_name": "一组",
                    "phone": f"1380000{i:04d}"[:11],
                    "cultivated_land_mu": 1 + i % 9,
                    "house_area_m2": 80,
                    "house_grade": "01",
                    "household_type": "02",
                }
                for i, n in zip(span, no, strict=True)
            ],
            "household",
        ),
        "member": table(
            [
                person(2 * i + k, household_no=n, person_no=f"{n}-{k}", relation_to_head="02" if k else "01")
                for i, n in zip(span, no, strict=True)
                for k in (0, 1)
            ],
            "member",
        ),
        "work_record": table(
            [
                {"person_no": f"{n}-0", "start_month": date(2024, 3, 1), "employer": "某厂", "monthly_income": 3000}
                for n in no
            ],
            "work_record",
        ),
        "income_year": table(
            [
                {"household_no": n, "year": 2025, "window_start": date(2024, 10, 1), "window_end": date(2025, 9, 30)}
                for n in no
            ],
            "income_year",
        ),
        "income_item": table(
            [
                {
                    "household_no": n,
                    "year": 2025,
                    "line": k + 1,
                    "code": code,
                    "amount": 1000 + i % 7,
                    "person_no": None if k else f"{n}-0",
                }
                for i, n in zip(span, no, strict=True)
                for k, code in enumerate(("wage.migrant", "production_expense.crops"))
            ],
            "income_item",
        ),
    }


def put(tables: dict[str, pa.Table], **how: Any) -> Written:
    with transaction.atomic():
        return write(tables, change=info(), **how)


def content() -> dict[str, list[dict[str, Any]]]:
    """Everything on file and its history, without the numbers that the database gives."""
    found = {}
    for model in TRACKED:
        for kind, name in ((model, model.__name__), (model.history.model, f"{model.__name__} history")):
            rows = []
            for row in kind._base_manager.all():
                values = {
                    f.name: getattr(row, f.attname)
                    for f in kind._meta.concrete_fields
                    if not f.primary_key and f.name not in ("id", "change", "history_date") and not f.is_relation
                }
                rows.append(values)
            found[name] = sorted(rows, key=repr)
    return found


@pytest.mark.req("H4")
@pytest.mark.parametrize("number", [1, 199, 200, 201])
def test_one_by_one_and_all_at_once_leave_the_same_files_and_history(house: House, number: int) -> None:
    tables = many(house, number)
    put(tables)
    at_once = content()
    for model in (IncomeItem, IncomeYear, WorkRecord, Member, Dwelling, Household):
        model.objects.all()._raw_delete("default")
        model.history.model.objects.all()._raw_delete("default")
    step = max(number // 5, 1)  # in five parts and one by one would be the same
    for start in range(0, number, step):
        put(many(house, min(step, number - start), start))
    assert content() == at_once
    assert len(at_once["Household"]) == number
    assert len(at_once["Member history"]) == 2 * number


def _upkeep(statement: str) -> bool:
    """Whether a statement is about a table's indexes, keys or statistics, of which there are as many for one row as for
    a million."""
    about = (" INDEX ", " CONSTRAINT", "sqlite_master", "pg_index", "pg_constraint", "max(rowid)", "PRAGMA", "ANALYZE")
    return any(word in statement for word in about)


@pytest.mark.req("H4")
def test_ten_thousand_households_take_as_many_statements_as_one(house: House) -> None:
    with CaptureQueriesContext(
        connection,
    ) as one:
        put(many(house, 1))
    with CaptureQueriesContext(connection) as all_of_them:
        written = put(many(house, 10_000, 1))
    assert written.counts["member"].added == 20_000
    # Rows travel to SQLite and PostgreSQL in batches of many thousands; everything else is one statement.
    few, many_more = (sum(not _upkeep(q["sql"]) for q in queries) for queries in (one, all_of_them))
    assert many_more <= few + 16
    assert Household.objects.filter(members_count=2, latest_income_year=2025).count() == 10_001
    assert IncomeItem.history.model.objects.count() == 20_002


def _definitions() -> list[tuple[Any, ...]]:
    """Every index, key and foreign key of the registry's tables, as the database defines it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'registry%%' UNION ALL "
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) || convalidated::text "
                "FROM pg_constraint WHERE conrelid::regclass::text LIKE 'registry%%' ORDER BY 1, 2"
            )
        else:
            cursor.execute(
                "SELECT tbl_name, name, sql FROM sqlite_master WHERE tbl_name LIKE 'registry%%' ORDER BY 1, 2"
            )
        return list(cursor.fetchall())


def test_a_bulk_leaves_every_index_and_key_as_it_was(house: House) -> None:
    before = _definitions()
    written = put(many(house, bulk.BULK))
    assert written.counts["household"].added == bulk.BULK
    assert _definitions() == before
    assert any("member_by_name" in row for row in before)


def test_a_bulk_that_fails_leaves_every_index_and_key_as_it_was(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_words: Any) -> None:
        raise RuntimeError("the power went")

    before = _definitions()
    monkeypatch.setattr(writing, "record", fail)
    with pytest.raises(RuntimeError):
        put(many(house, bulk.BULK))
    assert _definitions() == before
    assert not Household.objects.exists()


def test_a_bulk_into_tables_that_are_kept_leaves_the_same_as_into_tables_of_its_own(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(many(house, bulk.BULK))
    alone = content()
    for model in (IncomeItem, IncomeYear, WorkRecord, Member, Dwelling, Household):
        model.objects.all()._raw_delete("default")
        model.history.model.objects.all()._raw_delete("default")
    monkeypatch.setattr(bulk, "_hold", lambda *_args: [])
    put(many(house, bulk.BULK))
    assert content() == alone


@pytest.mark.django_db(transaction=True)
def test_a_bulk_does_not_wait_for_somebody_who_is_reading(house: House) -> None:
    if connection.vendor != "postgresql":
        return  # a writer on SQLite never needs a table for itself
    reader = connection.copy()
    try:
        reader.set_autocommit(False)
        with reader.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM registry_member")
            put(many(house, bulk.BULK))
            cursor.execute("SELECT count(*) FROM registry_household")
    finally:
        reader.rollback()
        reader.close()
    assert Household.objects.count() == bulk.BULK


def test_writing_the_same_again_changes_nothing_and_leaves_no_trace(house: House) -> None:
    put(many(house, 3))
    changes, entries = Change.objects.count(), Entry.objects.count()
    again = put(many(house, 3), blank_keeps=True)
    assert again.change is None
    assert {name: c.unchanged for name, c in again.counts.items()} == {
        "household": 3,
        "member": 6,
        "work_record": 3,
        "income_year": 3,
        "income_item": 6,
    }
    assert (Change.objects.count(), Entry.objects.count()) == (changes, entries)


@pytest.mark.req("A3")
def test_only_rows_that_differ_are_changed_and_get_history(house: House) -> None:
    put(many(house, 3))
    rows = [{"person_no": f"H00000{i}-0", "education_level": "04" if i == 1 else "03"} for i in range(3)]
    written = put({"member": table(rows, "member")}, blank_keeps=True)
    assert (written.counts["member"].changed, written.counts["member"].unchanged) == (1, 2)
    (row,) = Member.history.filter(change=written.change)
    assert (row.person_no, row.history_type, row.education_level) == ("H000001-0", "~", "04")
    assert not Household.history.filter(change=written.change).exists()


@pytest.mark.req("H4")
def test_a_blank_cell_keeps_and_a_cleared_cell_empties(house: House) -> None:
    put(many(house, 2))
    blank = table(
        [
            {"household_no": "H000000", "phone": None, "cultivated_land_mu": None},
            {"household_no": "H000001", "phone": "", "cultivated_land_mu": 5},
        ],
        "household",
    )
    put({"household": blank}, blank_keeps=True, clears={"household": {"phone": [2]}})
    first, second = Household.objects.order_by("household_no")
    assert first.phone == "13800000000" and first.cultivated_land_mu == 1
    assert second.phone == "" and second.cultivated_land_mu == 5
    put({"household": blank})
    assert Household.objects.get(household_no="H000000").phone == ""


def test_head_size_initials_place_and_latest_income_follow(house: House) -> None:
    put(many(house, 1))
    found = Household.objects.get()
    assert (found.head_name, found.head_initials, found.members_count) == ("张春梅", "zcm", 2)
    assert found.group == house.group and found.place == house.group.place
    assert set(Member.objects.values_list("place", flat=True)) == {house.group.place}
    head = Member.objects.get(relation_to_head="01")
    assert head.id_key == head.id_no[:18] and head.id_tail == head.id_no[-6:] and head.name_initials == "zcm"
    statement = IncomeYear.objects.get()
    assert (statement.members_counted, statement.net_income) == (2, 0)
    assert (found.latest_income_year, found.latest_per_capita_net_income) == (2025, 0)


def test_people_follow_a_household_to_another_village(house: House) -> None:
    put(many(house, 2))
    moved = table([{"household_no": "H000000", "village_id": house.other_village.pk, "group_name": None}], "household")
    written = put({"household": moved})
    assert set(Member.objects.filter(household__household_no="H000000").values_list("place", flat=True)) == {
        house.other_village.place
    }
    assert Member.history.filter(change=written.change).count() == 2


def test_numbers_are_allotted_by_village_and_never_twice(house: House) -> None:
    rows = [{"village_id": house.village.pk}, {"village_id": house.other_village.pk}, {"village_id": house.village.pk}]
    put({"household": table(rows, "household")})
    assert list(Household.objects.order_by("household_no").values_list("household_no", flat=True)) == [
        "99012120020100001",
        "99012120020100002",
        "99012120020200001",
    ]
    Dwelling.objects.all()._raw_delete("default")
    Household.objects.all()._raw_delete("default")
    put({"household": table(rows[:1], "household")})
    assert Household.objects.get().household_no == "99012120020100003"


def test_a_person_without_a_number_is_known_by_the_id_number(house: House) -> None:
    put(many(house, 1))
    known = Member.objects.get(person_no="H000000-0")
    rows = [
        {"household_no": "H000000", "id_no": known.id_no, "education_level": "04"},
        person(77, household_no="H000000", relation_to_head="03"),
    ]
    written = put({"member": table(rows, "member")}, blank_keeps=True)
    assert (written.counts["member"].changed, written.counts["member"].added) == (1, 1)
    assert Member.objects.get(pk=known.pk).education_level == "04"
    assert Member.objects.latest("pk").person_no.startswith("R")


# --- what stays out --------------------------------------------------------------------------------------------------


def said(written: Written) -> list[tuple[str, int | None, str]]:
    return [(p.table, p.row, p.code) for p in written.problems]


@pytest.mark.req("A3")
def test_the_id_number_of_a_living_person_stands_once(house: House) -> None:
    put(many(house, 2))
    taken = Member.objects.get(person_no="H000001-0").id_no
    rows = [
        person(50, household_no="H000000", person_no="X1", relation_to_head="03"),
        person(51, household_no="H000000", person_no="X2", relation_to_head="03", id_no=taken),
    ]
    written = put({"member": table(rows, "member")}, within=(house.county.reach,))
    assert said(written) == [("member", 2, "REG-207")]
    assert "H000001" in written.problems[0].message
    assert Member.objects.filter(person_no="X1").exists() and not Member.objects.filter(person_no="X2").exists()


def test_whose_number_it_is_is_not_told_beyond_the_own_area(house: House) -> None:
    put(many(house, 1))
    taken = Member.objects.get(person_no="H000000-0").id_no
    rows = {
        "household": table([{"household_no": "Z1", "village_id": house.neighbour_village.pk}], "household"),
        "member": table([person(60, household_no="Z1", relation_to_head="01", id_no=taken)], "member"),
    }
    written = put(rows, within=(house.neighbour_township.reach,))
    # The head cannot stand, so the new household cannot either.
    assert said(written) == [("household", 1, "REG-130"), ("member", 1, "REG-208")] or said(written) == [
        ("member", 1, "REG-208")
    ]
    assert "H000000" not in "".join(p.message for p in written.problems)


def test_a_number_is_free_again_when_its_bearer_has_left(house: House) -> None:
    put(many(house, 2))
    leaver = Member.objects.get(person_no="H000001-1")
    rows = [
        person(9, household_no="H000000", person_no="N1", relation_to_head="03", id_no=leaver.id_no),
        {"person_no": "H000001-1", "left_on": date(2024, 5, 1), "left_by": "02"},
    ]
    written = put({"member": table(rows, "member")}, blank_keeps=True)
    assert written.problems == []
    assert Member.objects.filter(id_no=leaver.id_no).count() == 2


def test_two_rows_with_one_number_do_not_both_come_in(house: House) -> None:
    tables = many(house, 2)
    numbers = tables["member"]["id_no"].to_pylist()
    numbers[3] = numbers[1]
    tables["member"] = tables["member"].set_column(
        tables["member"].column_names.index("id_no"), "id_no", pa.array(numbers)
    )
    written = put({"household": tables["household"], "member": tables["member"]}, takeover=True)
    assert said(written) == [("member", 4, "REG-207")]


def test_rows_of_unknown_ended_or_foreign_households_stay_out(house: House) -> None:
    put(many(house, 2))
    Household.objects.filter(household_no="H000001").update(ended_on=date(2024, 1, 1))
    rows = [
        person(80, household_no="NO", person_no="A", relation_to_head="01"),
        {"person_no": "H000001-0", "household_no": "H000001", "name": "张春梅"},
        {"person_no": "H000000-1", "household_no": "H000001", "name": "李国强"},
        {"person_no": "GONE", "household_no": None, "name": "王小明"},
    ]
    written = put({"member": table(rows, "member")}, blank_keeps=True)
    assert [p.code for p in written.problems] == ["REG-200", "REG-202", "REG-202", "REG-205"]
    outside = put(
        {"household": table([{"household_no": "H000000", "address": "x"}], "household")},
        blank_keeps=True,
        within=(house.neighbour_township.reach,),
    )
    assert said(outside) == [("household", 1, "REG-201")]
    foreign = put(
        {"household": table([{"household_no": "Q", "village_id": house.village.pk}], "household")},
        within=(PlaceRange(1, 2),),
    )
    assert said(foreign) == [("household", 1, "REG-204")]


def test_people_do_not_change_households_by_a_new_number_in_a_file(house: House) -> None:
    put(many(house, 2))
    written = put(
        {"member": table([{"person_no": "H000000-1", "household_no": "H000001"}], "member")}, blank_keeps=True
    )
    assert said(written) == [("member", 1, "REG-206")]


def test_a_household_that_would_lose_its_head_or_get_two_is_left_as_it_was(house: House) -> None:
    put(many(house, 2))
    rows = [{"person_no": "H000000-0", "relation_to_head": "11"}, {"person_no": "H000001-1", "relation_to_head": "01"}]
    written = put({"member": table(rows, "member")}, blank_keeps=True)
    assert said(written) == [("member", 1, "REG-130"), ("member", 2, "REG-131")]
    swap = [{"person_no": "H000000-0", "relation_to_head": "02"}, {"person_no": "H000000-1", "relation_to_head": "01"}]
    assert put({"member": table(swap, "member")}, blank_keeps=True).problems == []
    assert Household.objects.get(household_no="H000000").head_name == "李国强"


def test_data_taken_over_without_a_head_come_in_and_can_be_mended_bit_by_bit(house: House) -> None:
    tables = many(house, 1)
    relations = pa.array(["03", "04"])
    people = tables["member"]
    tables["member"] = people.set_column(people.column_names.index("relation_to_head"), "relation_to_head", relations)
    assert [p.code for p in put({k: tables[k] for k in ("household", "member")}).problems] == ["REG-130"] * 3
    assert put({k: tables[k] for k in ("household", "member")}, takeover=True).problems == []
    assert Household.objects.get().head_name == ""
    edit = table([{"person_no": "H000000-0", "education_level": "02"}], "member")
    assert put({"member": edit}, blank_keeps=True).problems == []


def test_a_bad_line_keeps_the_whole_ledger_of_that_year_out(house: House) -> None:
    tables = many(house, 2)
    items = tables["income_item"].to_pylist()
    items[1]["person_no"] = "H000001-0"  # of another household
    tables["income_item"] = table([{**i, "amount": 10} for i in items], "income_item")
    written = put(tables)
    assert {p.code for p in written.problems} == {"REG-210", "REG-149"}
    assert list(IncomeYear.objects.values_list("household__household_no", flat=True)) == ["H000001"]
    assert IncomeItem.objects.count() == 2


def test_lines_given_take_the_place_of_those_on_file(house: House) -> None:
    put(many(house, 1))
    rows = [{"household_no": "H000000", "year": 2025, "line": 1, "code": "transfer.pension", "amount": 7}]
    written = put({"income_item": table(rows, "income_item")}, blank_keeps=True)
    (line,) = IncomeItem.objects.all()
    assert (line.code, line.amount, line.member) == ("transfer.pension", 7, None)
    assert written.counts["income_item"].removed == 1
    assert [h.history_type for h in IncomeItem.history.filter(change=written.change).order_by("history_type")] == [
        "-",
        "~",
    ]
    assert Household.objects.get().latest_per_capita_net_income == 3.5


def test_a_statement_of_nobody_is_refused(house: House) -> None:
    tables = many(house, 1)
    written = put({k: tables[k] for k in ("household", "income_year")})
    assert said(written) == [("income_year", 1, "REG-209")]


def test_a_failure_half_way_leaves_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("bangfu.registry.ledger.writing.record", broken)
    with pytest.raises(RuntimeError):
        put(many(house, 2))
    assert not Household.objects.exists() and not Member.history.exists() and not Change.objects.exists()


def test_every_trouble_has_its_words() -> None:
    codes = [
        errors.HouseholdUnknown(household_no="1"),
        errors.IdTaken(household_no="2"),
        errors.NobodyCounted(household_no="", year=1),
    ]
    assert all("{" not in e.message for e in codes)
