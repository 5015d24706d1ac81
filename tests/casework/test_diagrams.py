"""Diagrams of procedures: everything of the file is in them, also for who cannot see, and nothing in them runs."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from bangfu.casework import diagrams, loading
from bangfu.casework.procedures import Procedure
from bangfu.common.policy import Label
from tests.casework.files import SMALL, read

SVG = "{http://www.w3.org/2000/svg}"
SHIPPED = [
    "dibao_linkage",
    "household_exit",
    "identification",
    "identification_two_postings",
    "monitoring_entry",
    "natural_removal",
    "recheck_round",
    "return_to_poverty",
    "risk_removal",
    "village_exit",
]


def shipped(id: str) -> Procedure:
    return loading.procedure(id, "97")


def drawn(procedure: Procedure, **how: str) -> ElementTree.Element:
    return ElementTree.fromstring(diagrams.diagram(procedure, **how))


def texts(svg: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize("id", SHIPPED)
@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_every_step_has_its_box_inside_the_drawing(id, language):
    procedure = shipped(id)
    svg = drawn(procedure, language=language)
    boxes = {group.get("data-step"): group for group in svg.iter(f"{SVG}g")}
    assert set(boxes) == {step.id for step in procedure.steps}
    _left, _top, width, height = map(float, svg.get("viewBox", "").split())
    assert width <= 390
    told = []
    for step in procedure.steps:
        rect = boxes[step.id].find(f"{SVG}rect")
        assert rect is not None
        x, y, wide, high = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        assert x > 0
        assert x + wide < width
        assert y + high < height
        told.append((y, y + high))
        label = step.label.in_language(language).replace(" ", "")
        assert "".join(texts(boxes[step.id])).replace(" ", "").startswith(label)
    told.sort()
    assert all(above[1] < below[0] for above, below in pairwise(told)), "boxes lie on each other"


@pytest.mark.parametrize("id", SHIPPED)
def test_no_way_leaves_the_drawing(id):
    svg = drawn(shipped(id), language="zh-hans")
    for path in svg.iter(f"{SVG}path"):
        for x in re.findall(r"H(-?\d+\.\d)", path.get("d", "")):
            assert 0 <= float(x) <= 390


def test_it_says_itself_to_who_cannot_see():
    procedure = shipped("identification")
    svg = drawn(procedure, at="posting", language="zh-hans")
    assert svg.get("role") == "img"
    named = svg.get("aria-labelledby", "").split()
    title, told = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert told is not None
    assert [title.get("id"), told.get("id")] == named
    assert title.text == "贫困户识别"
    assert "农户申请" in (told.text or "")
    assert "异议成立，重新核实 → 村民委员会审查" in (told.text or "")
    assert (told.text or "").endswith("现在：张榜公示。")


def test_the_step_where_a_case_stands_is_marked_and_only_that():
    svg = drawn(shipped("identification"), at="posting", language="zh-hans")
    marked = [group.get("data-step") for group in svg.iter(f"{SVG}g") if "diagram-now" in group.get("class", "")]
    assert marked == ["posting"]
    assert texts(svg).count("● 现在这里") == 1
    plain = drawn(shipped("identification"), at="no such step", language="zh-hans")
    assert "● 现在这里" not in texts(plain)


@pytest.mark.req("B1")
def test_the_legal_days_stand_beside_the_arrows():
    entry = "".join(texts(drawn(shipped("monitoring_entry"), language="zh-hans"))).replace("\u00a0", "")
    assert "公示满5天" in entry
    assert "开案后3天之内" in entry
    assert "不超过15天" in entry
    exit_ = "".join(texts(drawn(shipped("household_exit"), language="zh-hans"))).replace("\u00a0", "")
    assert "“乡镇审核”后至少7天" in exit_
    anhui = diagrams.diagram(loading.procedure("monitoring_entry", "34"), language="zh-hans").replace("\u00a0", "")
    assert "20个工作日" in anhui


def test_moves_back_are_dashed_and_refusals_are_written():
    procedure = shipped("identification")
    svg = drawn(procedure, language="zh-hans")
    back = [path for path in svg.iter(f"{SVG}path") if path.get("class") == "diagram-back"]
    wanted = [move for step in procedure.steps for move in step.moves if move.kind == "back"]
    assert len(back) == len(wanted)
    assert all(path.get("stroke-dasharray") for path in back)
    assert texts(svg).count("✕ 未识别") == 4


@pytest.mark.parametrize("id", SHIPPED)
def test_nothing_in_it_runs_or_needs_an_inline_style(id):
    svg = diagrams.diagram(shipped(id), language="zh-hans")
    assert not re.search(r"<(script|style|foreignObject|a|image|use)\b|\son\w+=|\sstyle=|javascript:|url\(", svg)


def test_what_a_file_says_is_text_and_never_markup(tmp_path):
    shelf, _faults = read(tmp_path, SMALL)
    small = shelf.procedures[0].value
    nasty = '<script>alert("1")</script> & <b>'
    label = Label(zh=nasty, en=nasty)
    first = small.steps[0].model_copy(update={"label": label})
    spoilt = small.model_copy(update={"label": label, "steps": (first, *small.steps[1:])})
    for language in ("zh-hans", "zh-hant", "en"):
        svg = diagrams.diagram(spoilt, language=language)
        assert "<script" not in svg
        assert "<b>" not in svg
        assert "alert" in "".join(texts(ElementTree.fromstring(svg)))


def test_lines_end_between_words_and_never_before_a_mark():
    assert list(diagrams._wrap("村“两委”和工作队入户核实", 8)) == ["村“两委”和工作", "队入户核实"]
    assert list(diagrams._wrap("Committee and work team verify", 10)) == ["Committee and", "work team verify"]
    assert list(diagrams._wrap("甲乙丙，丁", 3)) == ["甲乙", "丙，丁"]
    assert list(diagrams._wrap("", 3)) == []


def test_a_drawing_is_made_once():
    procedure = shipped("identification")
    diagrams._drawn.cache_clear()
    first = diagrams.diagram(procedure, language="en")
    assert diagrams.diagram(procedure.model_copy(), language="en") is first
    assert diagrams._drawn.cache_info().hits == 1
