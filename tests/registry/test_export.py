"""Lists as files: masked, marked with who and when, harmless in a spreadsheet, and on the trail."""

import csv
import io
from typing import Any

import openpyxl
import pytest

from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed
from bangfu.registry.file_errors import ExportColumnUnknown, ExportFormatUnknown
from bangfu.registry.intake import exporting
from bangfu.registry.models import Household
from tests.conftest import House
from tests.registry.sheets import id_no, workbook
from tests.registry.test_import import take

pytestmark = [pytest.mark.req("H4"), pytest.mark.databases]


@pytest.fixture
def household(house: House, tmp_path: Any) -> Household:
    sheets = {
        "户": [
            ["户编号", "行政村代码", "户类型", "联系电话", "银行账号", "住址", "林地面积"],
            ["000000000000000001", house.village.code, "普通农户", "13812345678", "6222000011112222", "=1+1", 3.5],
        ],
        "家庭成员": [
            ["户编号", "人编号", "姓名", "证件号码", "与户主关系", "文化程度"],
            ["000000000000000001", "1", "张三丰", id_no(1), "户主", "小学"],
        ],
    }
    take(house, workbook(tmp_path / "a.xlsx", sheets))
    return Household.objects.get()


COLUMNS = (
    "household_no",
    "village",
    "head_name",
    "head_id_no",
    "phone",
    "bank_account",
    "address",
    "forest_mu",
)


def rows_of(content: bytes) -> list[list[Any]]:
    page: Any = openpyxl.load_workbook(io.BytesIO(content)).active
    return [[cell.value for cell in row] for row in page.iter_rows()]


def test_an_export_is_masked_and_says_who_took_it_when(house: House, household: Household) -> None:
    officer = house.officer("township_station")
    made = exporting.export_households(officer, Household.objects.visible_to(officer), COLUMNS, filters="青禾乡")
    mark, filters, head, row = rows_of(made.content)
    assert officer.username in mark[0] and "已打码" in mark[0] and "2" in mark[0]
    assert filters[0] == "青禾乡"
    assert head[:3] == ["户编号", "村", "户主姓名"]
    number = id_no(1)
    assert row == [
        "000000000000000001", "石桥村", "张三丰", f"{number[:3]}***********{number[-4:]}", "138****5678",
        "************2222", "=1+1", 3.5,
    ]  # fmt: skip


def test_numbers_are_text_and_every_page_carries_the_mark(house: House, household: Household) -> None:
    officer = house.officer("township_station")
    made = exporting.export_households(officer, Household.objects.visible_to(officer), COLUMNS)
    page: Any = openpyxl.load_workbook(io.BytesIO(made.content)).active
    assert page["A4"].data_type == "s" and page["A4"].number_format == "@"
    assert page["G4"].data_type == "s" and page["G4"].quotePrefix
    assert officer.username in page.oddFooter.left.text


def test_full_numbers_need_the_right_and_are_asked_for(house: House, household: Household) -> None:
    station, prefecture = house.officer("township_station"), house.officer("prefecture_office")
    made = exporting.export_households(
        station, Household.objects.visible_to(station), ("head_id_no", "phone"), full=True
    )
    assert rows_of(made.content)[3] == [id_no(1), "13812345678"]
    with pytest.raises(NotAllowed):
        exporting.export_households(prefecture, Household.objects.visible_to(prefecture), ("phone",), full=True)


def test_text_that_a_spreadsheet_would_run_is_kept_from_it(house: House, household: Household) -> None:
    officer = house.officer("township_station")
    made = exporting.export_households(officer, Household.objects.visible_to(officer), ("address",), fmt="csv")
    lines = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig"))))
    assert lines[3] == ["'=1+1"]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_what_begins_like_a_formula_is_harmless(text: str) -> None:
    assert exporting.harmless(text) == f"'{text}"
    assert exporting.harmless("一组") == "一组"


@pytest.mark.req("H2")
def test_an_export_leaves_an_entry_with_count_and_filter(house: House, household: Household) -> None:
    officer = house.officer("township_station")
    exporting.export_households(
        officer, Household.objects.visible_to(officer), ("phone",), full=True, filters="乡=青禾乡"
    )
    entry = Entry.objects.get(action="registry.exported")
    assert entry.actor_id == officer.pk
    assert '"count": 1' in entry.detail and '"full": true' in entry.detail and "乡=青禾乡" in entry.detail
    assert "13812345678" not in entry.detail


@pytest.mark.req("H3")
def test_only_households_of_the_exporter_go_out(house: House, household: Household) -> None:
    neighbour = house.officer("township_station", house.neighbour_township)
    made = exporting.export_households(neighbour, Household.objects.all(), COLUMNS)
    assert made.count == 0
    with pytest.raises(NotAllowed):
        exporting.export_households(house.officer("helper"), Household.objects.all(), COLUMNS)


def test_unknown_columns_and_formats_are_named(house: House, household: Household) -> None:
    officer = house.officer("township_station")
    with pytest.raises(ExportColumnUnknown):
        exporting.export_households(officer, Household.objects.all(), ("password",))
    with pytest.raises(ExportFormatUnknown):
        exporting.export_households(officer, Household.objects.all(), ("phone",), fmt="pdf")


def test_the_page_hands_out_what_its_filter_shows(house: House, household: Household) -> None:
    client = house.client("township_station")
    response = client.post("/households/export/?household_type=02")
    assert response.status_code == 200
    assert len(rows_of(response.content)) == 4
    assert len(rows_of(client.post("/households/export/?household_type=01").content)) == 3
    assert client.get("/households/export/").status_code == 405
    assert house.client("helper").post("/households/export/").status_code == 403


def test_an_export_can_be_read_back(house: House, household: Household, tmp_path: Any) -> None:
    officer = house.officer("township_station")
    columns = ("household_no", "division_code", "household_type", "forest_mu")
    made = exporting.export_households(officer, Household.objects.visible_to(officer), columns)
    path = tmp_path / "back.xlsx"
    path.write_bytes(made.content)
    batch = take(house, path)
    assert batch.counts["tables"]["household"]["unchanged"] == 1, batch.counts
