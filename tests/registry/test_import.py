"""A file taken in: rehearsed, reported, confirmed, taken back; the same for one row and for ten thousand."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed
from bangfu.registry import services
from bangfu.registry.file_errors import BatchNotReady
from bangfu.registry.intake import batches
from bangfu.registry.models import Change, Household, ImportBatch, IncomeYear, Member
from tests.conftest import House
from tests.registry.sheets import HOUSEHOLD, VILLAGE, households, id_no, workbook

State = ImportBatch.State


def take(
    house: House, path: Path, *, keep: bool = True, role: str = "county_office", takeover: bool = False
) -> ImportBatch:
    batch = batches.start(by=house.officer(role), files=[(path.name, path)], takeover=takeover, at_once=True)
    (batches.commit if keep else batches.rehearse)(batch)
    batch.refresh_from_db()
    return batch


def left_behind() -> tuple[int, int, int, int]:
    return (
        Household.objects.count(),
        Member.objects.count(),
        Household.history.count() + Member.history.count(),
        Change.objects.count(),
    )


@pytest.mark.databases
@pytest.mark.req("H4")
@pytest.mark.parametrize("rows", [1, 199, 200, 201, 10_000])
def test_one_row_and_ten_thousand_leave_the_same_trail(house: House, tmp_path: Path, rows: int) -> None:
    batch = take(house, workbook(tmp_path / "a.xlsx", households(rows)))
    assert batch.state == State.DONE
    assert left_behind() == (rows, rows, 2 * rows, 1)
    assert Household.objects.filter(members_count=1, head_name="张小明").count() == rows
    change = Change.objects.get()
    assert change.batch == batch
    assert Household.history.filter(change=change, history_type="+").count() == rows
    assert Entry.objects.filter(action="registry.batch_taken", subject_id=str(batch.pk)).count() == 1


@pytest.mark.databases
@pytest.mark.req("H4")
def test_a_rehearsal_counts_truly_and_leaves_nothing(house: House, tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", households(3, people=2))
    batch = take(house, file, keep=False)
    assert batch.state == State.REHEARSED
    assert left_behind() == (0, 0, 0, 0)
    promised = batch.counts["tables"]
    assert take(house, file).counts["tables"] == promised
    assert promised["member"]["added"] == 6


@pytest.mark.databases
@pytest.mark.req("H4")
def test_good_rows_come_in_and_the_bad_stay_out(house: House, tmp_path: Path) -> None:
    sheets = households(3)
    sheets["家庭成员"][2][3] = "990000198503020011"  # a wrong check digit
    batch = take(house, workbook(tmp_path / "a.xlsx", sheets))
    assert batch.state == State.DONE
    assert set(Member.objects.values_list("household__household_no", flat=True)) == {"H000001", "H000003"}
    assert batch.counts["refusals"]["REG-118"] == 1


@pytest.mark.databases
@pytest.mark.req("H4")
def test_the_same_number_updates_a_blank_keeps_and_the_word_clears(house: House, tmp_path: Path) -> None:
    sheets = {"户": [[*HOUSEHOLD, "住址", "备注", "耕地面积"], ["H1", VILLAGE, "普通农户", "一组", "旧", 3.5]]}
    take(house, workbook(tmp_path / "a.xlsx", sheets))
    sheets = {"户": [["AAC001", "住址", "备注", "AAC301"], ["H1", None, "清空", "4.25"]]}
    batch = take(house, workbook(tmp_path / "b.xlsx", sheets))
    household = Household.objects.get()
    assert (household.address, household.remark, str(household.cultivated_land_mu)) == ("一组", "", "4.25")
    assert batch.counts["tables"]["household"]["changed"] == 1


@pytest.mark.databases
def test_importing_the_same_file_again_changes_nothing(house: House, tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", households(5))
    take(house, file)
    before = left_behind()
    batch = take(house, file)
    assert batch.state == State.DONE
    assert batch.counts["tables"]["household"]["unchanged"] == 5
    assert left_behind() == before


@pytest.mark.databases
@pytest.mark.req("H4")
def test_a_batch_is_undone_whole(house: House, tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", households(5))
    batch = take(house, file)
    services.undo_batch(by=house.officer("county_office"), batch=batch, reason="传错了文件")
    batch.refresh_from_db()
    assert batch.state == State.UNDONE
    assert (Household.objects.count(), Member.objects.count()) == (0, 0)


@pytest.mark.databases
def test_a_blank_cell_counts_with_what_is_on_file(house: House, tmp_path: Path) -> None:
    take(house, workbook(tmp_path / "a.xlsx", households(1)))
    rows = [["户编号", "人编号", "姓名", "与户主关系", "在校生状况"], ["H000001", "P0000001", None, None, "七年级"]]
    batch = take(house, workbook(tmp_path / "b.xlsx", {"家庭成员": rows}), keep=False)
    assert batch.counts["refusals"] == {"REG-127": 1}  # 文化程度 is on file


@pytest.mark.req("H3")
def test_a_township_cannot_import_into_its_neighbour(house: House, tmp_path: Path) -> None:
    sheets = households(1)
    sheets["户"][1][1] = house.neighbour_village.code
    batch = take(house, workbook(tmp_path / "a.xlsx", sheets), role="township_station")
    assert batch.state == State.REFUSED
    assert Household.objects.count() == 0


def test_without_the_right_nothing_is_kept(house: House, tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", households(1))
    with pytest.raises(NotAllowed):
        batches.start(by=house.officer("helper"), files=[("a.xlsx", file)])
    with pytest.raises(NotAllowed):
        batches.start(by=house.officer("township_station"), files=[("a.xlsx", file)], takeover=True)
    assert not ImportBatch.objects.exists()


@pytest.mark.databases
def test_taking_over_accepts_faulty_identities_and_names_them(house: House, tmp_path: Path) -> None:
    sheets = households(1)
    sheets["家庭成员"][1][3:5] = ["990000198503020011", "之子"]
    batch = take(house, workbook(tmp_path / "a.xlsx", sheets), takeover=True)
    assert batch.state == State.DONE
    assert Member.objects.get().id_no == "990000198503020011"
    assert {"REG-118", "REG-130"} <= set(batch.counts["warnings"])


@pytest.mark.databases
@pytest.mark.req("A4")
def test_income_comes_in_wide_by_field_codes_and_long_by_items(house: House, tmp_path: Path) -> None:
    sheets = households(2)
    sheets["收入"] = [["AAC001", "AAR040", "AAC073", "AAC071", "AAC077"], ["H000001", "2025", "12,000", 3000, 0]]
    sheets["收支明细"] = [
        ["户编号", "年度", "收支项目", "金额"],
        ["H000002", 2025, "外出务工收入", "８000.50"],
        ["H000002", 2025, "低保金", 500],
    ]
    batch = take(house, workbook(tmp_path / "a.xlsx", sheets))
    assert batch.counts["refusals"] == {}
    first, second = IncomeYear.objects.order_by("household__household_no")
    assert (str(first.wage_income), str(first.production_income)) == ("12000", "3000")
    assert (str(second.net_income), str(second.window_start)) == ("8500.5", "2024-10-01")


@pytest.mark.databases
@pytest.mark.req("H4")
def test_one_wide_national_sheet_fills_households_and_people(house: House, tmp_path: Path) -> None:
    head = ["县(市、区)", "乡(镇)", "行政村", "AAC001", "AAB001", "AAB002", "AAB004", "AAB006", "AAB008", "AAC301"]
    rows = [
        ["云岭县", "青禾乡", "石桥村", "520", "9001", "买买提·艾力", id_no(1), "户主", "小学", 2.5],
        ["云岭县", "青禾乡", "石桥村", "520", "9002", "㙟丽", id_no(2, sex=2), "配偶", "小学", 2.5],
    ]
    batch = take(house, workbook(tmp_path / "a.xlsx", {"脱贫人口": [["青禾乡信息表"], head, *rows]}))
    assert batch.state == State.DONE, batch.counts
    household = Household.objects.get()
    assert (household.village, household.members_count, household.head_name) == (house.village, 2, "买买提·艾力")


@pytest.mark.req("H4")
def test_the_report_colours_the_cell_says_why_and_can_be_uploaded_when_mended(house: House, tmp_path: Path) -> None:
    sheets = households(3)
    sheets["家庭成员"][2][3] = "990000198503020011"
    batch = take(house, workbook(tmp_path / "a.xlsx", sheets))
    book = openpyxl.load_workbook(batches.report_of(batch))
    assert book.sheetnames == ["导入结果", "户", "家庭成员"]
    cell = book["家庭成员"]["D3"]
    assert cell.fill.fgColor.rgb == "FFFFC7CE"
    assert "REG-118" in cell.comment.text
    assert cell.data_type == "s"
    assert book["家庭成员"]["D2"].comment is None
    cell.value = id_no(2)
    mended = tmp_path / "mended.xlsx"
    book.save(mended)
    again = take(house, mended)
    assert again.counts["refusals"] == {}
    assert Member.objects.count() == 3


def test_two_clicks_on_confirm_import_once(house: House, tmp_path: Path) -> None:
    batch = take(house, workbook(tmp_path / "a.xlsx", households(1)), keep=False)
    officer = house.officer("county_office")
    batches.confirm(batch, by=officer)
    with pytest.raises(BatchNotReady):
        batches.confirm(ImportBatch.objects.get(pk=batch.pk), by=officer)


def test_several_files_are_one_batch(house: House, tmp_path: Path) -> None:
    sheets = households(2)
    files = [(f"{n}.xlsx", workbook(tmp_path / f"{n}.xlsx", {n: rows})) for n, rows in sheets.items()]
    batch = batches.start(by=house.officer("county_office"), files=files, at_once=True)
    batches.commit(batch)
    assert Member.objects.count() == 2


@pytest.mark.req("H4")
def test_a_clerk_uploads_looks_and_confirms_on_the_page(
    house: House, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    client = house.client("township_station")
    sheets = households(2)
    sheets["家庭成员"][2][2] = "x"
    file = workbook(tmp_path / "上报表.xlsx", sheets)
    with django_capture_on_commit_callbacks(execute=True), file.open("rb") as stream:
        response = client.post("/households/import/new/", {"files": stream})
    page = response["Location"]
    shown = client.get(page).content.decode()
    assert "REG-122" in shown and "确认入库" in shown and "每 1s" not in shown
    assert Household.objects.count() == 0
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{page}confirm/")
    assert Member.objects.count() == 1
    assert "整批撤销" in client.get(page).content.decode()
    assert client.get(f"{page}report/").status_code == 200
    client.post(f"{page}undo/", {"reason": "传错了"})
    assert Household.objects.count() == 0
    assert "上报表.xlsx" in client.get("/households/import/").content.decode()


def test_a_file_of_another_kind_is_refused_above_the_form(house: House, tmp_path: Path) -> None:
    client = house.client("township_station")
    picture = tmp_path / "a.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    with picture.open("rb") as stream:
        response = client.post("/households/import/new/", {"files": stream})
    assert response.status_code == 422
    assert "REG-004" in response.content.decode()
    assert not ImportBatch.objects.exists()


@pytest.mark.req("H3")
def test_a_neighbour_cannot_see_or_confirm_a_batch(house: House, tmp_path: Path) -> None:
    batch = take(house, workbook(tmp_path / "a.xlsx", households(1)), keep=False, role="township_station")
    client = house.client("township_station", house.neighbour_township)
    for address in ("", "report/", "progress/"):
        assert client.get(f"/households/import/{batch.pk}/{address}").status_code == 404
    assert client.post(f"/households/import/{batch.pk}/confirm/").status_code == 404
    assert batch.file_name not in client.get("/households/import/").content.decode()


def test_an_interrupted_batch_is_named_when_the_site_starts(house: House, tmp_path: Path) -> None:
    batch = take(house, workbook(tmp_path / "a.xlsx", households(1)), keep=False)
    ImportBatch.objects.filter(pk=batch.pk).update(state=State.WRITING)
    assert batches.recover() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.error_code) == (State.REFUSED, "REG-400")
    assert batches.recover() == 0


def test_a_batch_that_is_being_worked_on_is_left_alone_with_its_files(house: House, tmp_path: Path) -> None:
    batch = take(house, workbook(tmp_path / "a.xlsx", households(1)), keep=False)
    ImportBatch.objects.filter(pk=batch.pk).update(state=State.WRITING)
    under_way = batches.folder() / "incoming-1"
    under_way.touch()
    with batches._held(batch):
        assert batches.recover() == 0
        assert under_way.exists()
    assert batches.recover() == 1
    assert not under_way.exists()


def test_members_of_a_refused_household_say_so(house: House, tmp_path: Path) -> None:
    sheets = households(1)
    sheets["户"][1][1] = "990121999999"
    batch = take(house, workbook(tmp_path / "a.xlsx", sheets), keep=False)
    assert set(batch.counts["refusals"]) == {"REG-145", "REG-140"}


def test_a_household_whose_head_was_refused_waits_for_its_head(house: House, tmp_path: Path) -> None:
    sheets = households(1, people=2)
    sheets["家庭成员"][1][2] = "x"
    batch = take(house, workbook(tmp_path / "a.xlsx", sheets), keep=False)
    assert set(batch.counts["refusals"]) == {"REG-122", "REG-152"}
