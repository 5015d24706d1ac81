"""Files that must not come in: each is refused with a sentence that helps, and leaves nothing behind."""

import io
import random
import string
import struct
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bangfu.common.errors import BangfuError
from bangfu.registry.intake import batches, workbooks
from bangfu.registry.intake.checking import check
from bangfu.registry.intake.reading import read_file
from bangfu.registry.models import Change, Household, ImportBatch, Member
from tests.conftest import House
from tests.registry.sheets import MEMBER, households, id_no, workbook

pytestmark = pytest.mark.req("H4")


def refusal(house: House, path: Path, name: str = "") -> BangfuError:
    """The error with which a file is refused, whether at the door or while reading; nothing may be left of it."""
    with pytest.raises(BangfuError) as caught:
        batch = batches.start(by=house.officer("county_office"), files=[(name or path.name, path)], at_once=True)
        batches.commit(batch)
    assert (Household.objects.count(), Member.objects.count(), Change.objects.count()) == (0, 0, 0)
    assert set(ImportBatch.objects.values_list("state", flat=True)) <= {"refused"}
    assert caught.value.message
    return caught.value


def code_of(house: House, path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return refusal(house, path).code


def test_no_bytes_at_all(house: House, tmp_path: Path) -> None:
    assert code_of(house, tmp_path / "空.xlsx", b"") == "REG-002"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 ...",
        b"\x89PNG\r\n\x1a\n\0\0",
        b"MZ\0\0",
        b"\x7fELF\0\0",
        b"<html><body><table>",
        b"\xff\xd8\xff\xe0\0\x10",
    ],
)
def test_another_kind_of_file_whatever_it_is_called(house: House, tmp_path: Path, content: bytes) -> None:
    assert code_of(house, tmp_path / "名单.xlsx", content) == "REG-004"


def test_a_zip_without_tables(house: House, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("photo.jpg", b"x")
    assert refusal(house, tmp_path / "a.xlsx").code == "REG-004"


def test_a_file_of_200_mb_and_a_byte(house: House, tmp_path: Path) -> None:
    path = tmp_path / "大.csv"
    with path.open("wb") as stream:
        stream.truncate(workbooks.MAX_BYTES + 1)  # a hole: no space is used
    error = refusal(house, path)
    assert error.code == "REG-003"
    assert "201" in error.message and "200" in error.message


def test_a_workbook_that_unfolds_without_end(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 10_000)
    assert refusal(house, workbook(tmp_path / "a.xlsx", households(200))).code == "REG-018"


def test_a_workbook_with_a_password(house: House, tmp_path: Path) -> None:
    # Office keeps an encrypted .xlsx as a compound file with a stream of this name.
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 1000
    assert code_of(house, tmp_path / "密.xlsx", content) == "REG-005"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_workbook_cut_off_on_the_way(house: House, tmp_path: Path, share: float) -> None:
    whole = workbook(tmp_path / "whole.xlsx", households(50)).read_bytes()
    assert code_of(house, tmp_path / "断.xlsx", whole[: int(len(whole) * share)]) == "REG-006"


def test_a_workbook_with_flipped_bytes_is_damaged_or_reads_the_same(house: House, tmp_path: Path) -> None:
    whole = workbook(tmp_path / "whole.xlsx", households(50)).read_bytes()
    dice = random.Random(7)
    for _ in range(30):
        content = bytearray(whole)
        for _flip in range(8):
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        path = tmp_path / "flipped.xlsx"
        path.write_bytes(content)
        try:
            read_file(path, path.name)
        except BangfuError as error:
            assert error.code.startswith("REG-0")


def test_an_old_compound_file_that_is_no_workbook(house: House, tmp_path: Path) -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
    assert code_of(house, tmp_path / "旧.xls", content) == "REG-006"


def test_no_header(house: House, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Sheet1": [["一", "二"], ["三", "四"]]})
    assert refusal(house, path).code == "REG-009"


def test_headers_and_no_rows(house: House, tmp_path: Path) -> None:
    assert refusal(house, workbook(tmp_path / "a.xlsx", {"家庭成员": [MEMBER]})).code == "REG-013"


def test_a_missing_key_column_is_named(house: House, tmp_path: Path) -> None:
    rows = [row[1:] for row in households(1)["家庭成员"]]
    error = refusal(house, workbook(tmp_path / "a.xlsx", {"家庭成员": rows}))
    assert error.code == "REG-010"
    assert "户编号" in error.message


def test_two_columns_for_one_thing(house: House, tmp_path: Path) -> None:
    rows = [["户编号", "姓名", "证件号码", "身份证号", "与户主关系"], ["1", "张三", id_no(1), id_no(1), "户主"]]
    error = refusal(house, workbook(tmp_path / "a.xlsx", {"家庭成员": rows}))
    assert error.code == "REG-011"
    assert "身份证号" in error.message


def test_incomes_without_a_year(house: House, tmp_path: Path) -> None:
    rows = [["户编号", "工资性收入"], ["1", "100"]]
    assert refusal(house, workbook(tmp_path / "a.xlsx", {"收入": rows})).code == "REG-017"


def test_a_merged_header_over_nameless_columns_is_refused_with_its_place(house: House, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page: Any = book.active
    page.append(["户编号", "人编号", "姓名", None, "证件号码", "与户主关系"])
    page.append(["1", "1", "张", "三", id_no(1), "户主"])
    page.merge_cells("C1:D1")
    book.save(tmp_path / "a.xlsx")
    error = refusal(house, tmp_path / "a.xlsx")
    assert error.code == "REG-012"
    assert "C1:D1" in error.message


def test_titles_and_merged_headers_with_names_below_are_understood(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page: Any = book.active
    page.append(["青禾乡家庭成员信息表"])
    page.merge_cells("A1:F1")
    page.append(["户编号", "人编号", "基本情况", None, None, "与户主关系"])
    page.merge_cells("C2:E2")
    for letter in "ABF":
        page.merge_cells(f"{letter}2:{letter}3")
    page.append([None, None, "姓名", "证件号码", "文化程度", None])
    page.append(["1", "1", "张三", id_no(1), "小学", "户主"])
    book.save(tmp_path / "a.xlsx")
    member = read_file(tmp_path / "a.xlsx", "a.xlsx").tables["member"].to_pylist()
    assert member == [
        {
            "row": 4, "household_no": "1", "person_no": "1", "name": "张三", "id_no": id_no(1),
            "education_level": "02", "relation_to_head": "01",
        }
    ]  # fmt: skip


CSV = "户编号,人编号,姓名,证件号码,与户主关系\r\n1,1,买买提·艾力,{id},户主\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_text_in_every_encoding_of_chinese_offices(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CSV.format(id=id_no(1)).encode(encoding))
    member = read_file(path, "a.csv").tables["member"].to_pylist()[0]
    assert (member["name"], member["id_no"], member["relation_to_head"]) == ("买买提·艾力", id_no(1), "01")


def test_text_in_no_encoding(house: House, tmp_path: Path) -> None:
    content = "户编号,姓名\r\n".encode() + b"1,\xff\xff\xfe\x80\x81\r\n"
    error = refusal_of(house, tmp_path / "a.csv", content)
    assert (error.code, error.facts["line"]) == ("REG-007", 2)


def refusal_of(house: House, path: Path, content: bytes) -> BangfuError:
    path.write_bytes(content)
    return refusal(house, path)


@pytest.mark.parametrize("line", ["1,1,张三,多一列,x,户主,再多一列", '1,1,"张三,x,户主'])
def test_a_line_with_too_many_cells_or_an_open_quote_is_named(house: House, tmp_path: Path, line: str) -> None:
    good = CSV.format(id=id_no(1))
    error = refusal_of(house, tmp_path / "a.csv", f"{good}{line}\r\n2,2,李四,y,户主\r\n".encode())
    assert error.code == "REG-008"


def test_a_csv_with_a_short_title_above_its_header(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("青禾乡人员表\n" + CSV.format(id=id_no(1)).replace("\r", ""), encoding="utf-8")
    assert read_file(path, "a.csv").tables["member"]["row"].to_pylist() == [3]


def found(path: Path) -> dict[tuple[int | None, str], str]:
    """(row, column) -> code of everything refused."""
    read = read_file(path, path.name)
    problems = check(read.tables, found=read.problems).problems
    return {(p.row, p.column): p.code for p in problems if p.refuses}


def test_identity_numbers_in_cells_of_numbers_are_refused_with_the_reason(tmp_path: Path) -> None:
    sheets = households(3)
    sheets["家庭成员"][1][3] = 5.22121198503021e17
    sheets["家庭成员"][2][3] = "5.22E+17"
    path = workbook(tmp_path / "a.xlsx", {"家庭成员": sheets["家庭成员"]})
    assert found(path) == {(2, "id_no"): "REG-113", (3, "id_no"): "REG-113"}
    read = read_file(path, "a.xlsx")
    assert "文本" in read.problems[0].message
    assert read.tables["member"]["id_no"].to_pylist()[0] is None


def test_lower_case_x_full_width_digits_and_blanks_are_the_same_number(tmp_path: Path) -> None:
    number = "11010519491231002X"
    wide = "".join(chr(ord(c) + 0xFEE0) for c in number)
    rows = [MEMBER] + [[f"{i}", f"{i}", "张三", text, "户主", "小学"] for i, text in enumerate(
        [number.lower(), wide, " 110105 19491231 002X "])]  # fmt: skip
    member = read_file(workbook(tmp_path / "a.xlsx", {"家庭成员": rows}), "a.xlsx").tables["member"]
    assert member["id_no"].to_pylist() == [number] * 3


def test_rare_characters_and_middle_dots_are_names(tmp_path: Path) -> None:
    names = ["㙟丽", "买买提·艾力", "买买提•艾力", "𬭎琪", "䢼 苘", "阿依古丽．买买提"]
    rows = [MEMBER] + [[f"{i}", f"{i}", name, id_no(i), "户主", "小学"] for i, name in enumerate(names)]
    path = workbook(tmp_path / "a.xlsx", {"家庭成员": rows})
    assert found(path) == {}
    read = read_file(path, "a.xlsx").tables["member"]["name"].to_pylist()
    assert read == ["㙟丽", "买买提·艾力", "买买提·艾力", "𬭎琪", "䢼苘", "阿依古丽·买买提"]


def test_formulas_count_by_their_stored_result(tmp_path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    page = book.add_worksheet("户")
    page.write_row(0, 0, ["户编号", "耕地面积", "林地面积", "住址"])
    page.write_row(1, 0, ["1"])
    page.write_formula(1, 1, "=1+2.5", None, 3.5)
    page.write_formula(1, 2, "=1/0", None, "#DIV/0!")
    page.write_formula(1, 3, '="一"&"组"', None, "一组")
    book.close()
    read = read_file(tmp_path / "a.xlsx", "a.xlsx")
    assert read.tables["household"]["cultivated_land_mu"].to_pylist() == [350]
    assert read.tables["household"]["address"].to_pylist() == ["一组"]
    assert found(tmp_path / "a.xlsx") == {(2, "forest_mu"): "REG-112"}


def test_formulas_that_were_never_computed_are_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page: Any = book.active
    page.append(["户编号", "耕地面积"])
    page.append(["1", "=1+2.5"])
    book.save(tmp_path / "a.xlsx")
    assert found(tmp_path / "a.xlsx") == {(2, "cultivated_land_mu"): "REG-111"}


def test_dates_in_the_ways_people_write_them(tmp_path: Path) -> None:
    from datetime import date

    ways = ["1985-3-2", "1985/03/02", "1985年3月2日", "19850302", "1985.3.2", "１９８５年３月２日", date(1985, 3, 2)]
    rows: list[list[Any]] = [["户编号", "人编号", "姓名", "与户主关系", "出生日期"]]
    rows += [["1", str(i), "张三", "户主", way] for i, way in enumerate(ways)]
    member = read_file(workbook(tmp_path / "a.xlsx", {"家庭成员": rows}), "a.xlsx").tables["member"]
    assert set(member["birth_date"].to_pylist()) == {date(1985, 3, 2)}


@pytest.mark.parametrize("text", ["1985-02-30", "昨天", "31108", "85-3-2", "1985-13-01", "198503"])
def test_texts_that_are_no_day_are_refused(tmp_path: Path, text: str) -> None:
    rows = [["户编号", "人编号", "姓名", "与户主关系", "出生日期"], ["1", "1", "张三", "户主", text]]
    assert found(workbook(tmp_path / "a.xlsx", {"家庭成员": rows})) == {(2, "birth_date"): "REG-106"}


def test_a_real_encrypted_workbook_made_by_office_tools(house: House, tmp_path: Path) -> None:
    """The compound file with its directory, as tools write it, not only its magic number."""
    sector = 512
    header = bytearray(sector)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    directory = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<HBB", len(name) * 2 + 2, 2, 1).ljust(64, b"\0")
        for name in ("Root Entry", "EncryptionInfo", "EncryptedPackage", "\x06DataSpaces")
    )
    assert code_of(house, tmp_path / "密.xlsx", bytes(header) + directory.ljust(sector * 4, b"\0")) == "REG-005"


CELLS = st.one_of(
    st.none(),
    st.text(alphabet=string.printable + "张三户主是否小学清空·１２年月日\u200b\ufffd", max_size=12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**20), 10**20),
    st.sampled_from(["户主", "1985-03-02", "清空", "=1+1", "是", "5.22E+17", "11010519491231002x", "H1", "2025"]),
)
HEADERS = [
    "户编号", "人编号", "姓名", "证件号码", "与户主关系", "出生日期", "健康状况", "年度", "AAC073", "低保金",
    "耕地面积", "行政村", "主要致贫原因", "其他致贫原因", "开始年月", "离开本户日期", "公益性岗位（月数）", "天气",
]  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELLS, min_size=len(HEADERS), max_size=len(HEADERS)), max_size=6),
    columns=st.permutations(range(len(HEADERS))),
    text=st.booleans(),
)
def test_any_soup_of_cells_is_judged_and_never_breaks(
    tmp_path: Path, rows: list[list[Any]], columns: list[int], text: bool
) -> None:
    headers = [HEADERS[c] for c in columns]
    path = tmp_path / ("a.csv" if text else "a.xlsx")
    if text:
        import csv

        buffer = io.StringIO(newline="")
        csv.writer(buffer).writerows([headers, *rows])
        path.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    else:
        workbook(path, {"家庭成员": [headers, *([c if not isinstance(c, int) else float(c) for c in r] for r in rows)]})
    try:
        read = read_file(path, path.name)
    except BangfuError as error:
        assert error.message
        return
    checked = check(read.tables, found=read.problems)
    assert all(p.message for p in checked.problems)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, min_size=len(HEADERS), max_size=len(HEADERS)), min_size=1, max_size=4))
def test_any_soup_of_cells_rehearsed_leaves_no_trace(house: House, tmp_path: Path, rows: list[list[Any]]) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        {"家庭成员": [HEADERS, *([float(c) if isinstance(c, int) else c for c in r] for r in rows)]},
    )
    batch = batches.start(by=house.officer("county_office"), files=[("a.xlsx", path)], at_once=True)
    try:
        batches.rehearse(batch)
    except BangfuError as error:
        assert error.code != "REG-402"
    assert (Household.objects.count(), Member.objects.count(), Change.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("content", [b"\0" * 100, bytes(range(256)) * 20, b"PK\x03\x04" + b"x" * 500])
def test_random_bytes_are_refused(house: House, tmp_path: Path, content: bytes) -> None:
    assert code_of(house, tmp_path / "a.xlsx", content).startswith("REG-0")


def test_an_opendocument_table_is_read_like_any_other(tmp_path: Path) -> None:
    cells = "".join(
        "<table:table-row>"
        + "".join(f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in row)
        + "</table:table-row>"
        for row in households(1)["家庭成员"]
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "manifest")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="家庭成员">{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest {spaces}/>")
        archive.writestr("content.xml", content)
    assert read_file(tmp_path / "a.ods", "a.ods").tables["member"]["name"].to_pylist() == ["张小明"]
