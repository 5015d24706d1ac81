"""What hangs on the board has no place for a number that belongs to a person, whatever way it tries to come in."""

import dataclasses
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from bangfu.casework import meeting_errors as errors
from bangfu.casework import sheets
from bangfu.casework.sheets import COLUMNS, Line, Sheet, checked, holds_a_number, pdf, written

ID_NUMBER = "522121199001011234"
NUMBERS = [
    ID_NUMBER,
    "52212119900101123X",
    "52212119900101123x",
    "522121 19900101 1234",
    "522121-19900101-1234",
    "５２２１２１１９９００１０１１２３４",
    "五二二一二一一九九〇〇一〇一一二三四",
    "①②③④⑤⑥⑦⑧⑨①②",
    "5\u200b2\u200b2\u200b1\u200b2\u200b1\u200b1\u200b9\u200b9\u200b0",
    "13812345678",
    "138-1234-5678",
    "138 1234 5678",
    "+86 138.1234.5678",
    "6222021234567890123",
    "6222 0212 3456 7890 123",
    "٥٢٢١٢١١٩٩٠٠١٠١",
]
HARMLESS = [
    "2020年",
    "国扶办发〔2016〕16 号",
    "2014—2020年",
    "三组",
    "2020年9月30日",
    "12317",
    "",
    "一般贫困户（低保）",
    "第15村民小组",
]


def sheet(**changes):
    lines = (Line(1, "张春梅", "一组", 4, "一般贫困户"), Line(2, "买买提·艾力", "二组", 3, "低保贫困户", "新识别"))
    whole = Sheet(
        title="石桥村贫困户脱贫退出名单公示",
        matter="现将名单公示如下，共2户7人，请群众监督。",
        basis="根据退出机制的意见，经村民代表会议评议通过。",
        place="石桥村",
        columns=tuple(COLUMNS),
        lines=lines,
        starts_on=date(2020, 9, 1),
        ends_on=date(2020, 9, 7),
        board="村委会公示栏",
        hotline="12317",
        objections_to="石桥村村民委员会",
        issued_by="石桥村村民委员会",
    )
    return dataclasses.replace(whole, **changes)


def text_of(content):
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_a_sheet_has_no_field_for_a_number_an_account_or_an_illness():
    fields = {field.name for field in (*dataclasses.fields(Sheet), *dataclasses.fields(Line))}
    assert not [
        name
        for name in fields
        for bad in ("id_no", "phone", "bank", "account", "health", "disab", "illness")
        if bad in name
    ]
    assert set(COLUMNS) == {"head_name", "group", "people", "category", "remark"}
    with pytest.raises(TypeError):
        Line(1, "张春梅", id_no=ID_NUMBER)
    with pytest.raises(TypeError):
        Sheet.from_plain({**sheet().plain(), "phones": ["13812345678"]})


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("field", ["title", "matter", "basis", "place", "board", "objections_to", "issued_by"])
def test_a_number_in_any_text_of_the_sheet_is_refused(number, field):
    with pytest.raises(errors.SheetHoldsNumbers):
        checked(sheet(**{field: f"见{number}号"}))


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("field", ["head_name", "group", "category", "remark"])
def test_a_number_in_any_cell_of_the_list_is_refused(number, field):
    with pytest.raises(errors.SheetHoldsNumbers):
        checked(sheet(lines=(dataclasses.replace(sheet().lines[0], **{field: number}),)))


@pytest.mark.parametrize("text", HARMLESS)
def test_years_groups_and_numbers_of_documents_are_no_personal_numbers(text):
    assert not holds_a_number(text)


@pytest.mark.parametrize("number", ["13812345678", "138 1234 5678", "1381234567", "三组", "", "0990-1", "123"])
def test_the_number_to_call_is_that_of_an_office(number):
    with pytest.raises(errors.HotlineWrong):
        checked(sheet(hotline=number))


@pytest.mark.parametrize("number", ["12317", "0990-6234567", "6234567", "010-62345678", "４００-123-4567"])
def test_numbers_of_offices_are_taken(number):
    assert checked(sheet(hotline=number)).hotline


@given(st.text(alphabet="0123456789０１２３４５６７８９一二三四五六七八九〇 -.", max_size=40))
def test_eleven_digits_of_any_kind_never_pass(text):
    digits = sum(1 for each in text if each not in " -.")
    if digits >= 11 and "  " not in text:
        assert holds_a_number(text)


def test_the_page_the_print_and_the_pdf_say_the_same():
    words = written(sheet())
    told = "".join(text_of(pdf(sheet())).split())
    for row in words["rows"]:
        for cell in row:
            assert "".join(cell.split()) in told
    for sentence in (words["title"], words["matter"], words["basis"], *words["notes"], words["issued_by"]):
        assert "".join(sentence.split()) in told


def test_the_sheet_is_a_chinese_document_whatever_its_reader_speaks():
    from django.utils import translation

    plain = written(sheet())
    for language in ("en", "zh-hant"):
        with translation.override(language):
            assert written(sheet()) == plain


def test_what_was_stored_is_the_sheet_again():
    assert Sheet.from_plain(sheet().plain()) == sheet()
    assert Sheet.from_plain(sheet().plain()).sha256 == sheet().sha256


def test_on_the_web_one_character_of_every_name_is_hidden():
    assert [line.head_name for line in sheet().for_the_web().lines] == ["张*梅", "买****力"]


def test_a_long_list_runs_over_pages_with_its_head_on_each():
    lines = tuple(Line(number, "张春梅", "一组", 4, "一般贫困户") for number in range(1, 121))
    pages = PdfReader(io.BytesIO(pdf(sheet(lines=lines)))).pages
    assert len(pages) >= 3
    assert all("户主姓名" in page.extract_text() for page in pages[:3])
    assert sheets.written(sheet(lines=lines))["rows"][-1][0] == "120"
