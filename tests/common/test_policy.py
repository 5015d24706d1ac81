"""Policy files: a wrong one is refused with its name and place, a right one speaks three languages."""

from datetime import date
from pathlib import Path

import pytest
from django.utils import translation

from bangfu.common.errors import PolicyFileWrong
from bangfu.common.policy import Code, CodeList, Label, code_list, matching_key, read_yaml, traditional

RIGHT = """
id: sample
label: {zh: 样表, en: Sample}
source: {document: 样文, checked_on: 2026-11-21}
codes:
  - {code: "01", label: {zh: 核实, en: Verified}, aliases: [查实（属实）]}
  - {code: "02", label: {zh: 旧称, en: Old}, start: 2014-01-01, end: 2018-12-31}
"""


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "sample.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_a_right_file_is_read(tmp_path):
    listed = read_yaml(written(tmp_path, RIGHT), CodeList)
    assert [code.code for code in listed.codes] == ["01", "02"]
    assert listed.source.checked_on == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (RIGHT.replace("label: {zh: 样表, en: Sample}", "labels: {zh: 样表, en: Sample}"), "labels|缺少 label"),
        (RIGHT + "colour: red\n", "不认识 colour"),
        (RIGHT.replace("en: Verified", "eng: Verified"), "缺少 codes.0.label.en"),
        (RIGHT.replace("end: 2018-12-31", "end: soon"), "codes.1.end"),
        (RIGHT.replace('code: "02"', 'code: "01"'), "a code stands twice"),
        (RIGHT.replace("zh: 旧称", "zh: 核 实"), "stands for both 01 and 02"),
        (RIGHT + "id: other\n", "key “id” stands twice"),
        (RIGHT.replace('"01"', "01"), "codes.0.code"),
        ("id: [", "expected (the )?node content"),
        ("", "dictionary|instance of CodeList"),
        (b"id: \xff\xfe", "utf-8"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_what_is_wrong_where(tmp_path, text, reason):
    file = written(tmp_path, text)
    with pytest.raises(PolicyFileWrong, match=reason) as refused:
        read_yaml(file, CodeList)
    assert "COM-002" in str(refused.value)
    assert str(file) in str(refused.value)
    assert "改正" in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PolicyFileWrong, match=r"nowhere\.yaml.*没有这个文件"):
        read_yaml(tmp_path / "nowhere.yaml", CodeList)


def test_a_list_that_does_not_exist_is_named():
    with pytest.raises(PolicyFileWrong, match=r"codes/no_such_list\.yaml"):
        code_list("no_such_list")


@pytest.mark.parametrize(("language", "text"), [("zh-hans", "核实台账"), ("zh-hant", "核實臺賬"), ("en", "Ledger")])
def test_a_label_is_shown_in_the_readers_language(language, text):
    with translation.override(language):
        assert str(Label(zh="核实台账", en="Ledger")) == text


def test_a_traditional_label_that_was_written_wins_over_the_converted_one():
    assert Label(zh="里", en="in", zh_hant="里").in_language("zh-hant") == "里"
    assert traditional("里面") == "裡面"


@pytest.mark.parametrize(
    ("one", "other"), [("户主（本人）", "户主(本人)"), ("A级", "ａ 级"), ("大 病", "大病"), ("Han", "han")]
)
def test_blanks_capitals_and_width_do_not_make_another_spelling(one, other):
    assert matching_key(one) == matching_key(other)


@pytest.mark.parametrize(
    "text", ["01", "1", "１", "户主", "戶主", "Head", " head ", "本人", "户主(本人)", "户主（本人）"]
)
def test_a_code_is_found_by_any_spelling_of_it(text):
    assert code_list("relation_to_head").code_of(text) == "01"


@pytest.mark.parametrize("text", ["", "0", "户", "家主", "001"])
def test_an_unknown_spelling_finds_nothing(text):
    assert code_list("relation_to_head").code_of(text) is None


def test_a_code_is_shown_by_its_label_and_an_unknown_one_as_it_is():
    relations = code_list("relation_to_head")
    assert relations.label_of("03") == "之子"
    assert relations.label_of("77") == "77"
    assert relations.label_of("") == ""
    assert relations.get("77") is None


def test_forms_offer_only_the_codes_in_force_on_the_day():
    education = code_list("education_level")
    then = {code for code, _ in education.choices(date(2018, 12, 31))}
    now = {code for code, _ in education.choices(date(2019, 1, 1))}
    assert "05" in then - now
    assert {"07", "08"} <= now - then


def test_the_first_and_the_last_day_belong_to_a_codes_period():
    code = Code(code="1", label=Label(zh="甲", en="A"), start=date(2014, 1, 1), end=date(2014, 12, 31))
    days = [date(2013, 12, 31), date(2014, 1, 1), date(2014, 12, 31), date(2015, 1, 1)]
    assert [code.in_force(day) for day in days] == [False, True, True, False]
