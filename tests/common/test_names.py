"""Names of people: every Han character in use, the dots of minority names, and the initials by which clerks search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.common.names import initials, is_name, normalise_name


@pytest.mark.parametrize(
    "name", ["张明", "欧阳春梅", "买买提·艾力", "古丽娜尔·买买提·艾力", "㛃娜", "𠅤明", "𬍛𬱖", "李〇", "龙\U00031350"]
)
def test_names_with_rare_characters_and_dots_are_names(name):
    assert is_name(name)


@pytest.mark.parametrize(
    "name", ["", "张", "张 明", "张三1", "Zhang", "·艾力", "艾力·", "买买提··艾力", "张?", "张？", "张" * 61, "张\n明"]
)
def test_what_cannot_stand_on_an_identity_card_is_no_name(name):
    assert not is_name(name)


@pytest.mark.parametrize("dot", "•・．.‧∙⋅·")
def test_every_kind_of_middle_dot_becomes_the_same(dot):
    assert normalise_name(f"买买提{dot}艾力") == "买买提·艾力"


def test_blanks_inside_a_name_go():
    assert normalise_name(" 张\u3000 明 ") == "张明"


@given(st.text(max_size=30))
def test_normalising_twice_is_normalising_once(text):
    assert normalise_name(normalise_name(text)) == normalise_name(text)


@pytest.mark.parametrize(
    ("name", "letters"),
    [("张春梅", "zcm"), ("欧阳海", "oyh"), ("买买提·艾力", "mmtal"), ("", ""), ("A张", "z"), ("李〇", "ll")],
)
def test_initials_are_those_of_the_pinyin(name, letters):
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("name", "letter"), [("曾明", "z"), ("单明", "s"), ("解明", "x"), ("查明", "z"), ("仇明", "q"), ("尉迟恭", "ycg")]
)
def test_a_surname_is_read_as_a_surname(name, letter):
    assert initials(name).startswith(letter)


@given(st.text(max_size=80))
def test_initials_are_at_most_twenty_small_letters(text):
    assert len(initials(text)) <= 20
    assert all("a" <= letter <= "z" for letter in initials(text))
