"""A condition in words: what a policy officer reads instead of SQL."""

from decimal import Decimal

import pytest

from bangfu.rulebook.words import fill, in_words
from tests.rulebook import small

CHECKER = small.checker()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("age < 16 AND relation <> '01'", "周岁小于16，且与户主关系不是户主"),
        ("age < $age_low", "周岁小于劳动年龄下限"),
        ("household.income_net_pc < $line", "本户人均纯收入小于监测线"),
        ("relation IN ('01', '02')", "与户主关系是户主、配偶之一"),
        ("relation NOT IN ('01', '02')", "与户主关系不是户主、配偶中的任何一个"),
        ("disabled", "符合“残疾”"),
        ("NOT disabled", "不符合“残疾”"),
        ("disabled IS NOT TRUE", "不符合“残疾”（未知也算）"),
        ("coalesce(disabled, FALSE)", "符合“残疾”（未知不算）"),
        ("NOT coalesce(disabled, FALSE)", "不符合“残疾”（未知也算）"),
        ("household.dangerous_house", "本户是否危房户为“是”"),
        ("name IS NULL OR NOT household.mobile_ok", "姓名未填写，或不符合“本户手机号有效”"),
        ("household.heads IS NULL", "本户户主人数未知"),
        ("age BETWEEN 16 AND 59", "周岁在16至59之间（含两端）"),
        ("birth_ymd < 20040930", "出生日期早于2004年9月30日"),
        ("joined_ymd >= birth_ymd + $age_low * 10000", "进入本户日期不早于出生日期加劳动年龄下限年"),
        ("years_between(birth_ymd, $as_of_ymd) >= 60", "从出生日期到筛查日的周年数不小于60"),
        ("months_between(joined_ymd, $as_of_ymd) < 6", "从进入本户日期到筛查日的足月数小于6"),
        ("present AND (disabled OR age > 60)", "符合“在册”，且（符合“残疾”，或周岁大于60）"),
        ("contains(illnesses, '03')", "健康状况含大病"),
        ("substr(name, 1, 1) = '张'", "姓名的第1至1位是“张”"),
        ("wage * 12 - 100 > 3", "月收入乘以12减100大于3"),
        ("name = village.named", "姓名与本村村名一致"),
        ("(age > 60) = disabled", "“周岁大于60”与“残疾”一致"),
        ("CASE WHEN disabled THEN age > 60 ELSE present END", "若符合“残疾”，则周岁大于60；否则符合“在册”"),
        ("relation IS DISTINCT FROM '01'", "与户主关系不是户主（未知也算不是）"),
        ("NOT (age > 16 AND present)", "并非（周岁大于16，且符合“在册”）"),
    ],
)  # fmt: skip
def test_a_condition_is_said_in_words(text, words):
    assert in_words(CHECKER.check(text, "member"), "zh-hans") == words


def test_the_values_of_figures_can_be_said_with_them():
    checked = CHECKER.check("household.income_net_pc < $line", "member")
    assert in_words(checked, "zh-hans", {"line": Decimal("7000")}) == "本户人均纯收入小于监测线（7000 元）"


def test_traditional_readers_get_traditional_characters():
    checked = CHECKER.check("relation <> '01' AND household.income_net_pc < $line", "member")
    assert in_words(checked, "zh-hant") == "與戶主關係不是戶主，且本戶人均純收入小於監測線"


def test_codes_and_figures_are_said_in_english_to_english_readers():
    said = in_words(CHECKER.check("relation = '02' AND age < $age_low", "member"), "en")
    assert "Spouse" in said and "age_low" in said


def test_whatever_the_checker_accepts_can_be_said():
    """No sound condition is without words."""
    from bangfu.rulebook.errors import ConditionWrong
    from tests.rulebook import hostile

    said = 0
    for text in hostile.texts(1500, seed=3):
        try:
            checked = CHECKER.check(text, "member")
        except ConditionWrong:
            continue
        assert in_words(checked, "zh-hans")
        said += 1
    assert said > 100


def test_a_message_is_filled_with_values_and_nothing_else():
    told = fill(
        "收入{income_net_pc}元，低于{line}元，电话{household.phone}，{{原样}}。", {"income_net_pc": 1, "line": None}
    )
    assert told == "收入1元，低于（未知）元，电话{household.phone}，{原样}。"
    assert fill("{x.__class__}", {"x": 1}) == "{x.__class__}"
