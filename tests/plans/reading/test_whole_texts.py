"""Several documents in one file, noise, sums, tables; and whatever else may be in a text."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu.plans.reading.found import DoubtKind, Found
from bangfu.plans.reading.plain import plain
from bangfu.plans.reading.reader import read_text

DOCUMENTS = Path(__file__).parent / "documents"
PIECES = (
    *(
        "一、总体目标\n",
        "(二)任务。",
        "1.",
        "第三章 ",
        "到2023年",
        "20xx年x月底前",
        "每月",
        "每个村都",
        "全部",
        "户户",
        "其中",
    ),
    *("(", ")", "“", "”", "、", "。", ",", ";", ":", "\n", "\t", "|", "100%", "3.5万亩", "两所", "一百二十户", "2千名"),
    *(
        "1-2个",
        "不低于",
        "以上",
        "元/人",
        "每人每年",
        "责任单位:县农业局",
        "由县水利局牵头",
        "合计",
        "占总投资的",
        "篇2",
    ),
    *(
        "贫困户",
        "台賬",
        "脫貧",
        "１２",
        "&nbsp;",
        "<b>",
        "锟斤拷",
        "?",
        "2 页",
        "20180630",
        "零",
        "亿",
        "百分之",
        "第",
        "年",
    ),
    *("月", "不让一户", "脱贫一批", "现有", "\u3000", "\r\n", "\x00", "\ud7ff", "𠮷", "〔2019〕3号"),
)


@cache
def sample(name: str) -> str:
    return (DOCUMENTS / f"{name}.txt").read_bytes().decode("utf-8")


def quotes(found: Found, kind: DoubtKind) -> list[str]:
    return [doubt.quote for doubt in found.doubts if doubt.kind is kind]


# several documents, headings, noise -------------------------------------------------------------------------------


@pytest.mark.req("E1")
def test_a_file_of_several_documents_is_split_and_the_web_page_around_them_left_out():
    found = read_text(sample("104-two-papers-of-a-web-page"))
    assert [piece.title for piece in found.pieces] == ["乡村振兴驻村帮扶工作计划篇1", "驻村帮扶工作计划篇2"]
    assert {proposal.document for proposal in found.proposals} == {1, 2}
    assert quotes(found, DoubtKind.PAGE)[-1].startswith("上一篇")
    assert "第 2 页 共 5 页" in quotes(found, DoubtKind.PAGE)


def test_a_document_that_begins_without_a_title_is_told_by_its_numbering_and_doubted():
    found = read_text("甲方案\n一、目标\n修路3公里。\n二、任务\n修桥2座。\n一、背景\n改厕9座。\n二、要求\n栽树80株。")
    assert [proposal.document for proposal in found.proposals] == [1, 1, 2, 2]
    assert quotes(found, DoubtKind.BOUNDARY) == ["一、背景"]


def test_chapters_that_each_begin_their_numbering_anew_are_one_document():
    found = read_text("第一章 目标\n一、路\n修路3公里。\n二、桥\n修桥2座。\n第二章 任务\n一、水\n建站5座。")
    assert len(found.pieces) == 1
    assert found.proposals[-1].heading == ("任务", "水")


def test_a_line_broken_in_the_middle_of_a_sentence_is_read_on():
    found = read_text("为进一步改善全镇群众生产生活条件,按照县委县政府统一部署,2022年底前计划新建\n集中供水点16处。")
    (proposal,) = found.proposals
    assert (proposal.number, proposal.deadline) == (16, "2022")


@pytest.mark.req("E1")
def test_noise_is_shown_as_doubt_and_never_written_over():
    text = sample("109-broken-text")
    found = read_text(text)
    assert found.text == text
    assert {"20xx年", "x家", "xx万元"} <= set(quotes(found, DoubtKind.MASKED))
    spun = {doubt.quote: doubt.suggestion for doubt in found.doubts if doubt.kind is DoubtKind.SPUN}
    assert spun["根底设施"] == "基础设施" and spun["原那么"] == "原则"
    assert "&nbsp;" in quotes(found, DoubtKind.SCRAP)
    assert quotes(found, DoubtKind.MOJIBAKE) == ["锟斤拷"]
    lost = [doubt for doubt in found.doubts if doubt.kind is DoubtKind.SEPARATOR_LOST]
    assert [(doubt.quote, doubt.suggestion) for doubt in lost] == [("2019930", "2019-09-30")]
    assert len(quotes(found, DoubtKind.YEARS_CONFLICT)) == 2
    assert "- 2 -" in quotes(found, DoubtKind.PAGE)


def test_doubts_stand_with_the_proposals_that_they_concern():
    found = read_text(sample("109-broken-text"))
    by_quote = {proposal.quote: proposal for proposal in found.proposals}
    assert [doubt.kind for doubt in by_quote["帮扶120户"].doubts] == [DoubtKind.YEARS_CONFLICT]
    assert by_quote["组建志愿服务队15支"].doubts == ()


def test_two_figures_that_may_have_lost_their_dash_have_the_other_reading_beside():
    found = read_text("每个乡镇培育24个合作社,每个村建设1个基地,每个组选派2个示范户。每个村建1个站。")
    first = found.proposals[0]
    assert first.number == 24
    assert [(reading.number, reading.comparison.value) for reading in first.alternatives] == [((2.0, 4.0), "range")]
    assert read_text("每个乡镇培育24个合作社。").proposals[0].alternatives == ()


def test_a_number_without_a_measure_word_is_doubted_not_guessed():
    found = read_text("力争排名进入前列,得分达到95。")
    assert found.proposals == ()
    assert quotes(found, DoubtKind.UNIT_UNKNOWN) == ["95"]


# sums -------------------------------------------------------------------------------------------------------------


@pytest.mark.req("E1")
@pytest.mark.parametrize(
    ("text", "kind", "expected", "found"),
    [
        ("总投资500万元,其中县级300万元、镇级150万元。", "parts", 5000000, 4500000),
        ("全镇有低保户80户(一类30户、二类35户、三类25户)。", "parts", 80, 90),
        ("共60户,其中特困户75户。", "parts", 60, 75),
        ("栽植花椒300亩。第三季度前,栽植花椒300亩,惠及45户20人。", "people", 45, 20),
        ("完成改厕120户,占计划200户的70%。", "share", 70, 60),
        ("总投资200万元,其中省级补助90万元,占总投资的50%。", "share", 50, 45),
        ("标准化厂房建设1200平方米。确保标准化厂房建设1500平方米。", "repeated", 1200, 1500),
    ],
)
def test_what_does_not_add_up_is_listed_with_both_places(text, kind, expected, found):
    (difference,) = read_text(text).differences
    assert (difference.kind, difference.expected, difference.found) == (kind, expected, found)
    for place in (difference.first, *difference.others):
        assert text[place.start : place.end] == place.quote


@pytest.mark.parametrize(
    "text",
    [
        "总投资500万元,其中县级350万元、镇级150万元。",
        "共60户,其中特困户15户。",
        "帮扶45户160人。",
        "完成改厕120户,占计划200户的60%。",
        "收入由2019年的8000元增加到2021年的9800元。",
        "甲村修路3公里。乙村修路5公里。",
    ],
)
def test_what_adds_up_is_not_listed(text):
    assert read_text(text).differences == ()


@pytest.mark.req("E1")
def test_yearly_steps_and_the_ways_out_of_poverty_are_held_against_the_number_of_people():
    text = (
        "一、现状\n目前还有农村贫困人口2000人。\n二、进度\n2018年减贫700人、2019年减贫800人、2020年减贫600人。\n三、措施\n"
        "一是通过产业扶持一批。对有劳动能力的贫困人口900人落实项目。\n二是通过搬迁安置一批。对居住偏远的贫困人口500人实施搬迁。\n"
    )
    found = {(difference.kind, difference.found) for difference in read_text(text).differences}
    assert found == {("parts", 2100.0), ("roads", 1400.0)}


@pytest.mark.req("E1")
def test_a_table_is_read_with_the_units_of_its_header_and_held_against_its_total_and_the_text():
    found = read_text(sample("108-tables"))
    cells = [proposal for proposal in found.proposals if proposal.pattern == "table-cell"]
    first = cells[0]
    assert (first.number, first.unit, first.area, first.owner, first.deadline) == (
        18,
        "户",
        "东岭村",
        "王某",
        "2021-09-30",
    )
    assert [(d.kind, d.expected, d.found) for d in found.differences] == [("table", 64.0, 65.0)]
    wrong = sample("108-tables").replace("合计\t65", "合计\t66")
    assert ("table", 66.0, 65.0) in {(d.kind, d.expected, d.found) for d in read_text(wrong).differences}


def test_a_row_with_too_many_cells_is_doubted_and_not_read():
    found = read_text("村名\t改厕(座)\n甲村\t12\n乙村\t15\t多\n丙村\t9")
    assert [proposal.number for proposal in found.proposals] == [12, 9]
    assert quotes(found, DoubtKind.TABLE) == ["乙村\t15\t多"]


def test_a_table_of_ten_thousand_cells_is_read_whole():
    rows = ["村名\t" + "\t".join(f"指标{n}(亩)" for n in range(1, 20))]
    rows += [f"第{n}村\t" + "\t".join(str(n + m) for m in range(1, 20)) for n in range(500)]
    assert len(read_text("\n".join(rows)).proposals) == 500 * 19


# whatever else ----------------------------------------------------------------------------------------------------


def sound(text: str) -> None:
    """What must hold of any text: it is read, and every place points at what it quotes."""
    found = read_text(text)
    for one in (*found.proposals, *found.doubts):
        assert 0 <= one.start <= one.end <= len(text)
        assert text[one.start : one.end].startswith(one.quote[:40])
    for proposal in found.proposals:
        assert text[proposal.start : proposal.end] == proposal.quote
        assert proposal.start <= proposal.at[0] < proposal.at[1] <= proposal.end
        assert proposal.pattern and proposal.unit
    for difference in found.differences:
        for place in (difference.first, *difference.others):
            assert text[place.start : place.end] == place.quote


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_pieces_of_plan_language_are_read_and_every_offset_points_at_its_quote(text):
    sound(text)


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x9FFF), max_size=120) | st.text(max_size=120))
def test_any_text_at_all_is_read(text):
    assert len(plain(text)) == len(text)
    sound(text)


@pytest.mark.parametrize(
    "piece", ["还有", "共计", "的", "每村", "全部", "1、", "12", "一", "年", "(", "“", "3-", "不让一", "到2023年"]
)
def test_the_same_words_over_and_over_do_not_hold_the_reader_up(piece):
    sound(piece * 800)
    sound(piece * 300 + "5户")


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_mutated_documents_are_read(data):
    text = sample(data.draw(st.sampled_from(["102-township-water-roads", "108-tables", "110-speech-report"])))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.sampled_from(PIECES)) + text[at + data.draw(st.integers(0, 30)) :]
    sound(text)
