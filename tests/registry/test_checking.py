"""What may not stand in the registry, each said with the row and the column; many rows in seconds."""

import sys
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.common.identity import check_digit
from bangfu.common.identity import read as read_one
from bangfu.registry.columns import tables
from bangfu.registry.errors import Severity
from bangfu.registry.intake import identities
from bangfu.registry.intake.checking import Checked, check
from tests.registry.sheets import id_no

PERSON = {"household_no": "1", "person_no": "1", "name": "张三丰", "education_level": "02"}


def table(name: str, *rows: dict[str, Any]) -> pa.Table:
    columns = tables()[name].columns
    return pa.table({c: pa.array([r.get(c) for r in rows], columns[c].arrow) for c in {k: 0 for r in rows for k in r}})


def member(**values: Any) -> Checked:
    return check({"member": table("member", {**PERSON, **values})})


def codes(checked: Checked) -> dict[str, str]:
    return {p.column: p.code for p in checked.problems if p.refuses}


@pytest.mark.req("A3")
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"id_no": "110105491231002"}, {"id_no": "REG-114"}),
        ({"id_no": "11010519491231002"}, {"id_no": "REG-115"}),
        ({"id_no": "1101051949123100A2"}, {"id_no": "REG-116"}),
        ({"id_no": "110105194913310021"}, {"id_no": "REG-117"}),
        ({"id_no": "110105194912310021"}, {"id_no": "REG-118"}),
        ({"id_no": "11010519491231002X99"}, {"id_no": "REG-119"}),
        ({"id_no": "5.22E+17"}, {"id_no": "REG-113"}),
        ({"id_no": "11010519491231002X", "birth_date": date(1949, 12, 30)}, {"birth_date": "REG-120"}),
        ({"id_no": "11010519491231002X", "sex": "1"}, {"sex": "REG-121"}),
        ({"id_no": "11010519491231002X43", "id_type": "01"}, {"id_type": "REG-151"}),
        ({"id_no": "11010519491231002X43", "disability_grade": "1"}, {"disability_grade": "REG-125"}),
        ({"name": "A"}, {"name": "REG-122"}),
        ({"phone": "12"}, {"phone": "REG-123"}),
        ({"public_job_months": 13}, {"public_job_months": "REG-110"}),
        ({"health_status": "01,04"}, {"health_status": "REG-126"}),
        ({"health_status": "77"}, {"health_status": "REG-103"}),
        ({"student_status": "04"}, {"student_status": "REG-127"}),
        ({"education_level": None}, {"education_level": "REG-128"}),
        ({"relation_to_head": "03", "sex": "2"}, {"relation_to_head": "REG-129"}),
        ({"relation_to_head": "22", "sex": "1"}, {}),
        ({"relation_to_head": "88"}, {"relation_to_head": "REG-103"}),
        ({"birth_date": date.today() + timedelta(1)}, {"birth_date": "REG-135"}),
        ({"birth_date": date(1899, 1, 1)}, {"birth_date": "REG-110"}),
        ({"joined_on": date(2020, 1, 1), "birth_date": date(2021, 1, 1)}, {"joined_on": "REG-136"}),
        ({"left_on": date(2020, 1, 1)}, {"left_by": "REG-148"}),
        ({"school_name": "校" * 61}, {"school_name": "REG-101"}),
    ],
)
def test_a_person_with_one_fault_is_refused_for_it(values: dict[str, Any], expected: dict[str, str]) -> None:
    checked = member(**values)
    assert codes(checked) == expected
    assert checked.tables["member"].num_rows == (0 if expected else 1)
    assert all(p.message for p in checked.problems)


@pytest.mark.req("A3")
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"household_type": "01"}, {"main_cause": "REG-132"}),
        ({"household_type": "02"}, {}),
        ({"household_type": "01", "main_cause": "01", "other_cause_1": "01"}, {"other_cause_1": "REG-133"}),
        ({"main_cause": "01", "other_cause_1": "02", "other_cause_2": "02"}, {"other_cause_2": "REG-133"}),
        ({"cultivated_land_mu": -1}, {"cultivated_land_mu": "REG-110"}),
        ({"bank_account": "12"}, {"bank_account": "REG-124"}),
        ({"first_identified": date(2015, 1, 1), "exited_on": date(2014, 1, 1)}, {"exited_on": "REG-136"}),
        ({"water_reliability_percent": 101}, {"water_reliability_percent": "REG-110"}),
    ],
)
def test_a_household_with_one_fault_is_refused_for_it(values: dict[str, Any], expected: dict[str, str]) -> None:
    assert codes(check({"household": table("household", {"household_no": "1", **values})})) == expected


@pytest.mark.req("A4")
def test_one_bad_ledger_line_keeps_its_whole_year_out_and_no_other() -> None:
    years = table("income_year", {"household_no": "1", "year": 2024}, {"household_no": "1", "year": 2025})
    items = table(
        "income_item",
        {"household_no": "1", "year": 2024, "line": 1, "code": "wage.other", "amount": 100},
        {"household_no": "1", "year": 2025, "line": 1, "code": "wage.other", "amount": 100},
        {"household_no": "1", "year": 2025, "line": 2, "code": "no.such", "amount": 100},
    )
    checked = check({"income_year": years, "income_item": items})
    assert checked.tables["income_year"]["year"].to_pylist() == [2024]
    assert checked.tables["income_item"]["year"].to_pylist() == [2024]
    assert {p.code for p in checked.problems} == {"REG-141", "REG-149"}


def test_windows_of_two_years_or_backwards_are_refused() -> None:
    base = {"household_no": "1", "year": 2025}
    longer = {**base, "window_start": date(2023, 1, 1), "window_end": date(2024, 12, 31)}
    backwards = {**base, "window_start": date(2025, 1, 1), "window_end": date(2024, 12, 31)}
    assert codes(check({"income_year": table("income_year", longer)})) == {"window_end": "REG-143"}
    assert codes(check({"income_year": table("income_year", backwards)})) == {"window_end": "REG-136"}


def test_a_person_twice_is_refused_the_second_time() -> None:
    people = table("member", {**PERSON, "id_no": id_no(1)}, {**PERSON, "person_no": "2", "id_no": id_no(1)}, PERSON)
    checked = check({"member": people})
    assert [(p.row, p.column, p.code) for p in checked.problems] == [
        (3, "person_no", "REG-137"),
        (2, "id_no", "REG-138"),
    ]
    assert checked.tables["member"]["row"].to_pylist() == [1]


def test_a_person_in_two_households_is_named_with_both() -> None:
    checked = check({"member": table("member", PERSON, {**PERSON, "household_no": "2"})})
    assert [p.code for p in checked.problems] == ["REG-150"]
    assert checked.problems[0].fault.facts == {"person_no": "1", "first": "1", "second": "2"}


def test_blanks_are_filled_from_the_number() -> None:
    good = member(id_no="11010519491231002X43").tables["member"].to_pylist()[0]
    assert (good["birth_date"], good["sex"]) == (date(1949, 12, 31), "2")
    assert (good["disability_category"], good["disability_grade"]) == ("4", "3")


def test_another_document_is_kept_as_written() -> None:
    assert codes(member(id_no="G12345678", id_type="99")) == {}


def test_a_code_out_of_use_is_taken_with_a_warning() -> None:
    checked = member(education_level="05")
    assert [(p.code, p.severity) for p in checked.problems] == [("REG-104", Severity.WARN)]
    assert checked.tables["member"].num_rows == 1


def test_data_of_an_older_system_speak_of_their_own_time() -> None:
    """A county that stands in 2020 has poor households still, under the codes of the campaign."""
    old = {"household_no": "1", "household_type": "03", "household_class": "01", "main_cause": "01"}
    given = {"household": table("household", old)}
    assert [p.code for p in check(given).problems if p.column == "household_type"] == ["REG-104"]
    assert check(given, takeover=True).problems == []
    unknown = {"household": table("household", {**old, "household_type": "77"})}
    assert [p.code for p in check(unknown, takeover=True).problems] == ["REG-103"]


def test_what_is_on_file_counts_where_the_file_is_blank() -> None:
    on_file = {"member": pa.table({"person_no": ["1"], "student_status": ["04"]})}
    people = {"member": table("member", PERSON)}
    assert codes(check(people)) == {}
    assert codes(check(people, on_file=on_file)) == {"student_status": "REG-127"}


DIGITS = st.text("0123456789Xx", min_size=14, max_size=23)


@given(st.lists(DIGITS | st.integers(0, 10**17 - 1).map(lambda n: f"{n:017d}" + check_digit(f"{n:017d}")), max_size=20))
def test_numbers_by_the_column_are_judged_as_one_by_one(numbers: list[str]) -> None:
    found = identities.read_column(pa.array([n.upper() for n in numbers], pa.string()))
    for position, number in enumerate(numbers):
        one = read_one(number.upper())
        if position in found.faults:
            assert found.faults[position] == one
        else:
            assert (found.birth_date[position].as_py(), found.sex[position].as_py()) == (one.birth_date, one.sex)  # type: ignore[union-attr]


def calls_for(count: int) -> int:
    """How many functions written in Python are entered while so many sound people are checked."""
    serial = np.arange(count)
    first = np.char.add(np.char.zfill((100_000 + serial // 400).astype(str), 6), "19850302")
    numbers = [a + f"{b * 2 + 1:03d}" for a, b in zip(first.tolist(), (serial % 400).tolist(), strict=True)]
    digits = np.array(numbers).view("U1").reshape(count, 17).astype(np.int32)
    numbers = [n + "10X98765432"[c] for n, c in zip(numbers, (digits @ identities.WEIGHTS % 11).tolist(), strict=True)]
    people = pa.table(
        {
            "row": pa.array(range(2, count + 2), pa.int32()),
            "household_no": pa.array((serial // 4).astype(str)),
            "person_no": pa.array(serial.astype(str)),
            "name": pa.array(["张三丰"] * count),
            "id_no": pa.array(numbers),
            "education_level": pa.array(["02"] * count),
        }
    )
    entered = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal entered
        entered += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        checked = check({"member": people})
    finally:
        sys.setprofile(before)
    assert checked.problems == []
    return entered


def test_people_are_judged_by_the_column() -> None:
    """Row by row in Python many take minutes, and this must never become that: more people, not more steps."""
    calls_for(400)  # what is worked out once
    few, many = calls_for(400), calls_for(8_000)
    assert many < few + 400
