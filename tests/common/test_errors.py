"""An error says what happened and what to do next, in the language of whoever reads it."""

import pytest
from django.utils import translation

from bangfu.common.errors import CATALOGUE, BangfuError, NumberWrong


def test_an_error_says_both_sentences_with_its_facts_and_its_code():
    error = NumberWrong(value="十二", places=2)
    assert "“十二”" in error.message
    assert str(error).startswith("COM-003 ")
    assert CATALOGUE["COM-003"] is NumberWrong


def test_the_same_error_reads_in_the_language_of_the_reader():
    error = NumberWrong(value="x", places=2)
    with translation.override("zh-hant"):
        assert "不是有效的數字" in error.message
    with translation.override("en"):
        sentences = error.message
    assert "is not a valid number" in sentences
    assert ". " in sentences
    with translation.override("zh-hans"):
        assert "。 " not in error.message


def test_braces_in_a_fact_are_left_as_they_are():
    assert "{x}" in NumberWrong(value="{x}", places=2).message


def test_two_errors_may_not_share_a_code():
    with pytest.raises(TypeError, match="share the code COM-003"):
        type("Other", (BangfuError,), {"code": "COM-003", "what": "甲。", "next_step": "乙。"})
    assert CATALOGUE["COM-003"] is NumberWrong


def test_a_family_of_errors_without_a_code_is_not_in_the_catalogue():
    family = type("Family", (BangfuError,), {})
    assert family not in CATALOGUE.values()
