"""Headers in every language of the field, found where people put them; several sheets and files as one."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bangfu.registry.columns import tables
from bangfu.registry.file_errors import NothingToImport
from bangfu.registry.income_items import items
from bangfu.registry.intake.headers import Use, candidates, header_file, mapped
from bangfu.registry.intake.reading import read_file
from bangfu.registry.intake.templates import ASKED, write_template
from tests.registry.sheets import HOUSEHOLD, households, workbook

pytestmark = pytest.mark.req("H4")

# Fields of the national system as the field's standards list them: household, person, income.
FIELDS = {
    "AAC001": "household_no", "AAR007": "group_name", "AAR012": "phone", "AAC005": "identification_standard",
    "AAC006": "household_class", "AAR010": "poverty_status", "AAC007": "main_cause", "AAC008": "other_causes",
    "AAC012": "is_martyr_family", "AAC009": "only_child_household", "AAC301": "cultivated_land_mu",
    "AAC302": "irrigated_land_mu", "AAC303": "forest_mu", "AAC304": "returned_forest_mu", "AAC305": "orchard_mu",
    "AAC306": "pasture_mu", "AAC307": "water_mu", "AAC084": "in_cooperative", "AAC308": "production_power",
    "AAC313": "living_power", "AAC314": "broadcast_tv", "AAC311": "water_difficult", "AAC312": "safe_water_solved",
    "AAC315": "distance_to_main_road_km", "AAC316": "access_road_type", "AAC317": "house_area_m2",
    "AAC318": "dangerous_house", "AAC322": "house_grade", "AAC319": "sanitary_toilet", "AAC320": "main_fuel",
    "ACR077": "relocation_willing", "ACR075": "relocation_way", "AAD001": "division_code",
    "AAB001": "person_no", "AAB002": "name", "AAB003": "sex", "AAB018": "id_type", "AAB004": "id_no",
    "AAB005": "birth_date", "AAB006": "relation_to_head", "AAB007": "ethnicity", "AAB008": "education_level",
    "AAB009": "student_status", "AAB010": "labor_capacity", "AAB011": "work_place", "AAB017": "health_status",
    "AAB013": "resident_medical_insurance", "AAB022": "serious_illness_insurance", "AAB014": "resident_pension",
    "AAB021": "employee_pension", "AAB030": "dibao_status", "AAB019": "active_soldier", "AAK033": "political_status",
    "AAB031": "phone", "AAR040": "year", "AAC073": "wage.other", "AAC071": "production.other",
    "AAC074": "production_expense.other", "AAC072": "property.other", "AAC085": "transfer.other",
    "AAC076": "transfer.family_planning_award", "AAC077": "transfer.dibao", "AAC086": "transfer.tekun",
    "AAC087": "transfer.pension", "AAC078": "transfer.ecological_compensation", "AAC083": "transfer.other",
}  # fmt: skip


@pytest.mark.parametrize(("field", "column"), FIELDS.items())
def test_every_national_field_is_known_in_either_case(field: str, column: str) -> None:
    assert column in {t.column for t in candidates(field)}
    assert candidates(field) == candidates(field.lower())


@pytest.mark.parametrize("field", ["AAC029", "AAC031", "AAC079", "AAC081", "AAC082", "AAB012"])
def test_what_is_worked_out_is_known_and_left_alone(field: str) -> None:
    assert {t.use for t in candidates(field)} == {Use.DERIVED}


def test_every_column_answers_to_its_identifier_and_label() -> None:
    for name, table in tables().items():
        for column in table.columns.values():
            if column.name != "village_id":
                for header in (column.name, str(column.label)):
                    assert any(t.column == column.name and t.table in (name, "") for t in candidates(header)), header


def test_aliases_name_only_what_there_is() -> None:
    for name, columns in header_file().columns.items():
        pseudo = {"division_code", "county_name", "township_name", "village_name", "other_causes"}
        assert set(columns) <= {*tables()[name].columns, *pseudo}
    assert set(header_file().totals) <= set(items())


@pytest.mark.parametrize(
    "header", ["*耕地面积（亩）", "耕地面积(亩)", " 耕地 面积 ", "1.耕地面积", "耕地面积：", "耕地面積"]
)
def test_marks_units_blanks_and_traditional_characters_do_not_matter(header: str) -> None:
    assert [t.column for t in candidates(header)] == ["cultivated_land_mu"]


def test_a_sum_stands_for_an_item_only_without_finer_ones() -> None:
    alone = mapped(["AAC001", "AAR040", "AAC085"]).targets[2]
    beside = mapped(["AAC001", "AAR040", "AAC085", "AAC077"]).targets[2]
    assert (alone.use, beside.use) == (Use.ITEM, Use.DERIVED)


def test_rows_lead_back_to_their_sheet(tmp_path: Path) -> None:
    sheets = households(3)
    read = read_file(workbook(tmp_path / "a.xlsx", sheets), "a.xlsx")
    for row, place in zip(read.tables["member"]["row"].to_pylist(), (2, 3, 4), strict=True):
        sheet, number = read.origin(row)
        assert (sheet.name, number) == ("家庭成员", place)


def test_unknown_columns_and_sheets_are_named_and_nothing_else_is_lost(tmp_path: Path) -> None:
    sheets: dict[str, list[list[Any]]] = households(1)
    sheets["户"][0].append("天气")
    sheets["户"][1].append("晴")
    sheets["会议"] = [["议题", "时间"], ["一", "二"]]
    read = read_file(workbook(tmp_path / "a.xlsx", sheets), "a.xlsx")
    assert [(p.code, p.refuses) for p in read.problems] == [("REG-015", False), ("REG-014", False)]
    assert read.rows == {"household": 1, "member": 1}


def test_rows_of_one_household_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    rows = [[*HOUSEHOLD, "耕地面积"], ["1", "2", "普通农户", 3.5], ["1", "2", "普通农户", 4], ["2", "2", "普通农户", 1]]
    read = read_file(workbook(tmp_path / "a.xlsx", {"户": rows}), "a.xlsx")
    [problem] = read.problems
    assert (problem.row, problem.column, problem.code) == (3, "cultivated_land_mu", "REG-139")
    assert "3.50" in problem.message and "4.00" in problem.message
    assert read.tables["household"]["household_no"].to_pylist() == ["2"]


def test_lines_of_sums_and_empty_lines_are_no_data(tmp_path: Path) -> None:
    rows = [HOUSEHOLD, ["1", "2", "普通农户"], [None, None, None], ["合计", None, "1"]]
    read = read_file(workbook(tmp_path / "a.xlsx", {"户": rows}), "a.xlsx")
    assert read.tables["household"]["household_no"].to_pylist() == ["1"]


def test_a_table_that_begins_in_the_middle_of_a_sheet_keeps_its_row_numbers(tmp_path: Path) -> None:
    rows = [[None] * 4, [None] * 4, *[[None, *row] for row in households(2)["户"]]]
    read = read_file(workbook(tmp_path / "a.xlsx", {"户": rows}), "a.xlsx")
    assert read.tables["household"]["row"].to_pylist() == [4, 5]


def test_the_template_is_read_by_its_own_headers_and_its_examples_are_no_data(tmp_path: Path) -> None:
    path = tmp_path / "模板.xlsx"
    write_template(path)
    with pytest.raises(NothingToImport):
        read_file(path, path.name)
    book = openpyxl.load_workbook(path)
    assert book["户"].data_validations.count > 5
    assert book["字典"].sheet_state == "hidden"
    for name, columns in ASKED.items():
        page = book[str(tables()[name].label)]
        assert page.max_column == len(columns)
        page["A2"].value = str(page["A2"].value).removeprefix("示例")
    book.save(path)
    assert set(read_file(path, path.name).tables) >= {"household", "work_record", "income_year"}
