"""Numbers that Word writes before paragraphs are part of what a reader of the page sees."""

import io

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu.plans.reading import reader
from bangfu.plans.reading.files import read_content
from bangfu.plans.reading.numbering import numeral

pytestmark = pytest.mark.req("E1")

LIST = 77


def level(at: int, form: str, text: str, more: str = "") -> str:
    start = "" if "w:start" in more else '<w:start w:val="1"/>'
    return f'<w:lvl w:ilvl="{at}">{start}<w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>{more}</w:lvl>'


def document(levels: str, numbers: str = "") -> docx.document.Document:
    """A Word file with a list 77 of these levels, and further lists made from it."""
    made = docx.Document()
    root = made.part.numbering_part.element
    abstract = f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{LIST}">{levels}</w:abstractNum>'
    root.insert(0, parse_xml(abstract))
    lists = f'<w:num w:numId="{LIST}"><w:abstractNumId w:val="{LIST}"/></w:num>{numbers}'
    for each in parse_xml(f"<w:numbering {nsdecls('w')}>{lists}</w:numbering>"):
        root.append(each)
    return made


def add(made: docx.document.Document, text: str, depth: int | None = 0, number: int = LIST) -> None:
    place = "" if depth is None else f'<w:ilvl w:val="{depth}"/>'
    numbered = parse_xml(f'<w:numPr {nsdecls("w")}>{place}<w:numId w:val="{number}"/></w:numPr>')
    made.add_paragraph(text).paragraph_format.element.get_or_add_pPr().append(numbered)


def text_of(made: docx.document.Document) -> str:
    packed = io.BytesIO()
    made.save(packed)
    return read_content(packed.getvalue(), "方案.docx").text


OFFICIAL = (
    level(0, "chineseCountingThousand", "%1、")
    + level(1, "chineseCounting", "（%2）")
    + level(2, "decimal", "%3.")
    + level(3, "decimalEnclosedCircle", "%4", '<w:suff w:val="nothing"/>')
)


def test_headings_of_an_official_paper_are_numbered_as_on_the_page():
    made = document(OFFICIAL)
    for text, depth in (
        ("总体要求", 0), ("任务", 0), ("饮水", 1), ("住房", 1), ("2020年完成", 2), ("东村", 3), ("西村", 3),
        ("保障", 0), ("组织", 1),
    ):  # fmt: skip
        add(made, text, depth)
    made.add_paragraph("不编号的一段")
    assert text_of(made).split("\n") == [
        "一、总体要求", "二、任务", "（一）饮水", "（二）住房", "1. 2020年完成", "①东村", "②西村",
        "三、保障", "（一）组织", "不编号的一段",
    ]  # fmt: skip


def test_what_is_asked_under_a_heading_that_word_numbers_is_read_like_one_that_was_typed():
    typed, numbered = docx.Document(), document(OFFICIAL)
    for number, text in (("一、", "到2025年底前的任务"), ("二、", "其他")):
        typed.add_paragraph(number + text)
        add(numbered, text)
        for made in (typed, numbered):
            made.add_paragraph("改造农村户厕300座。")
    assert text_of(typed) == text_of(numbered)
    found = reader.read_text(text_of(numbered)).proposals
    assert [each.number for each in found] == [300, 300]
    assert [each.deadline for each in found] == ["2025", ""]


def test_levels_above_are_repeated_in_digits_where_the_list_says_so():
    made = document(
        level(0, "chineseCounting", "第%1章")
        + level(1, "decimal", "%1.%2", "<w:isLgl/>")
        + level(2, "decimal", "%1.%2")
    )
    for text, depth in (("总则", 0), ("目的", 1), ("附则", 0), ("解释", 1), ("施行", 1), ("日期", 2)):
        add(made, text, depth)
    assert text_of(made).split("\n") == ["第一章 总则", "1.1 目的", "第二章 附则", "2.1 解释", "2.2 施行", "二.2 日期"]


def test_lists_of_one_kind_count_on_and_one_that_begins_anew_begins_anew():
    again = (
        f'<w:num w:numId="78"><w:abstractNumId w:val="{LIST}"/></w:num>'
        f'<w:num w:numId="79"><w:abstractNumId w:val="{LIST}"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>'
    )
    made = document(level(0, "decimal", "%1、") + level(1, "lowerLetter", "%2)", '<w:lvlRestart w:val="0"/>'), again)
    for text, depth, number in (
        ("甲", 0, 77), ("乙", 0, 78), ("丙", 0, 79), ("丁", 0, 79), ("戊", 1, 79), ("己", 0, 77),
        ("庚", 1, 77), ("辛", 0, 0),
    ):  # fmt: skip
        add(made, text, depth, number)
    assert text_of(made).split("\n") == ["1、甲", "2、乙", "5、丙", "6、丁", "a)戊", "7、己", "b)庚", "辛"]


def test_a_style_brings_its_list_and_level_and_a_style_based_on_it_too():
    made = document(level(0, "decimal", "%1、") + level(1, "chineseCounting", "（%2）", '<w:pStyle w:val="Heading2"/>'))
    for style, depth in (("Heading 1", "0"), ("Heading 2", "")):
        properties = made.styles[style].element.get_or_add_pPr()
        place = f'<w:ilvl w:val="{depth}"/>' if depth else ""
        properties.append(parse_xml(f'<w:numPr {nsdecls("w")}>{place}<w:numId w:val="{LIST}"/></w:numPr>'))
    made.styles.add_style("Own", 1).base_style = made.styles["Heading 2"]
    for text, style in (
        ("甲", "Heading 1"),
        ("乙", "Heading 2"),
        ("丙", "Own"),
        ("丁", "List Bullet"),
        ("戊", "Normal"),
    ):
        made.add_paragraph(text, style=style)
    assert text_of(made).split("\n") == ["1、甲", "（一）乙", "（二）丙", "丁", "戊"]


def test_rows_of_a_table_that_number_themselves_have_their_numbers():
    made = document(level(0, "decimal", "%1"))
    table = made.add_table(rows=2, cols=2)
    for row, name in zip(table.rows, ("东村", "西村"), strict=True):
        row.cells[1].text = name
        numbered = parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="{LIST}"/></w:numPr>')
        row.cells[0].paragraphs[0].paragraph_format.element.get_or_add_pPr().append(numbered)
    assert text_of(made).strip().split("\n") == ["1\t东村", "2\t西村"]


@pytest.mark.parametrize(
    ("number", "form", "written"),
    [
        (10, "chineseCounting", "十"), (12, "chineseCountingThousand", "十二"), (21, "taiwaneseCounting", "二十一"),
        (110, "chineseCounting", "一百一十"), (10, "ideographDigital", "一〇"),
        (12, "chineseLegalSimplified", "壹拾贰"), (3, "ideographTraditional", "丙"), (11, "ideographTraditional", "11"),
        (20, "decimalEnclosedCircle", "⑳"),
        (21, "decimalEnclosedCircle", "21"), (1994, "upperRoman", "MCMXCIV"), (4, "lowerRoman", "iv"),
        (7, "decimalZero", "07"), (0, "chineseCounting", "0"), (5, "whatever", "5"), (5, "none", ""),
    ],
)  # fmt: skip
def test_numbers_are_written_as_their_form_says(number, form, written):
    assert numeral(number, form) == written


odd = st.sampled_from(["", "0", "1", "9", "-1", "x", "²", "9999999999", "%1%2%3%9", "bullet", "chineseCounting", "二"])


@settings(max_examples=60)
@given(st.lists(st.tuples(odd, odd, odd, odd), max_size=4), st.lists(st.tuples(odd, odd), min_size=1, max_size=5))
def test_whatever_a_file_says_of_its_lists_its_text_is_read(levels, places):
    made = document(
        "".join(
            f'<w:lvl w:ilvl="{at}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>'
            f'<w:lvlText w:val="{text}"/></w:lvl>'
            for at, start, form, text in levels
        )
    )
    for number, depth in places:
        numbered = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
        made.add_paragraph("任务").paragraph_format.element.get_or_add_pPr().append(parse_xml(numbered))
    assert text_of(made).count("任务") == len(places)
