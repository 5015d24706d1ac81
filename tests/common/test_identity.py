"""Identity numbers: what is one, what is not and why, and what it says about its holder."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.common.identity import Identity, IdFault, check_digit, fault_of, normalise, read

# The examples printed in GB 11643-1999.
EXAMPLES = ["11010519491231002X", "440524188001010014"]
GOOD = EXAMPLES[0]

births = st.dates(date(1900, 1, 1), date.today())


@st.composite
def numbers(draw: st.DrawFn) -> str:
    division = draw(st.integers(110000, 659999))
    first_17 = f"{division}{draw(births):%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first_17 + check_digit(first_17)


def test_the_example_of_the_standard_is_good_and_its_check_digit_is_x():
    assert fault_of(GOOD) is None
    assert check_digit(GOOD[:17]) == "X"
    assert check_digit(EXAMPLES[1][:17]) == EXAMPLES[1][17]


def test_a_number_of_the_nineteenth_century_belongs_to_nobody_alive():
    assert fault_of(EXAMPLES[1]) is IdFault.BIRTH


@given(numbers())
def test_a_number_with_the_right_check_digit_is_read_whole(number):
    identity = read(number)
    assert isinstance(identity, Identity)
    assert identity.id_no == identity.id_key == number
    assert f"{identity.birth_date:%Y%m%d}" == number[6:14]
    assert identity.sex == ("1" if int(number[16]) % 2 else "2")
    assert (identity.disability_category, identity.disability_grade) == ("", "")


@given(numbers(), st.integers(0, 16), st.integers(1, 9))
def test_one_mistyped_digit_never_passes(number, position, shift):
    wrong = number[:position] + str((int(number[position]) + shift) % 10) + number[position + 1 :]
    assert fault_of(wrong) in (IdFault.CHECK_DIGIT, IdFault.BIRTH)


@given(numbers(), st.integers(0, 15))
def test_two_neighbouring_digits_swapped_never_pass(number, position):
    swapped = number[:position] + number[position + 1] + number[position] + number[position + 2 :]
    if swapped != number:
        assert fault_of(swapped) in (IdFault.CHECK_DIGIT, IdFault.BIRTH)


@given(st.text(max_size=30))
def test_any_text_at_all_is_answered_with_a_fault_or_an_identity(text):
    assert isinstance(read(text), Identity | IdFault)


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105-19491231-002X",
        "'11010519491231002X",
        "\ufeff11010519491231002X\u200b",
        "11010519491231002X\u3000",
    ],
)
def test_ways_of_writing_the_same_number_come_to_one(written):
    assert normalise(written) == GOOD
    assert fault_of(written) is None


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("", IdFault.EMPTY),
        (" \u3000", IdFault.EMPTY),
        ("110105491231002", IdFault.OLD_15),
        ("5.22E+17", IdFault.SCIENTIFIC),
        ("5.22101198001011e17", IdFault.SCIENTIFIC),
        ("5E+17", IdFault.SCIENTIFIC),
        ("1101051949123100", IdFault.LENGTH),
        ("110105194912310021X", IdFault.LENGTH),
        ("身份证遗失", IdFault.LENGTH),
        ("11010519491231O02X", IdFault.CHARACTERS),
        ("1101051949123100XX", IdFault.CHARACTERS),
        ("११०१०५१९४९१२३१००२X", IdFault.CHARACTERS),
        ("11010519491301002X", IdFault.BIRTH),
        ("110105190002290021", IdFault.BIRTH),
        ("110105194912310020", IdFault.CHECK_DIGIT),
    ],
)
def test_what_is_no_number_is_refused_for_its_own_reason(written, fault):
    assert fault_of(written) is fault
    assert read(written) is fault


def test_nobody_is_born_tomorrow():
    tomorrow = f"110105{date.today() + timedelta(days=1):%Y%m%d}001"
    assert fault_of(tomorrow + check_digit(tomorrow)) is IdFault.BIRTH
    today = f"110105{date.today():%Y%m%d}001"
    assert fault_of(today + check_digit(today)) is None


def test_an_abolished_division_code_is_not_held_against_its_holder():
    abolished = "51352219800101001"  # Qianjiang prefecture of Sichuan, abolished in 1988
    assert fault_of(abolished + check_digit(abolished)) is None


@pytest.mark.parametrize(
    ("tail", "category", "grade"), [("43", "4", "3"), ("11", "1", "1"), ("74B1", "7", "4"), ("62B2", "6", "2")]
)
def test_a_disability_certificate_is_its_holders_number_with_category_and_grade(tail, category, grade):
    identity = read(GOOD + tail)
    assert isinstance(identity, Identity)
    assert identity.id_key == GOOD
    assert identity.id_no == GOOD + tail
    assert (identity.disability_category, identity.disability_grade) == (category, grade)


@pytest.mark.parametrize("tail", ["83", "03", "45", "40", "X3", "43XX", "4301", "43B0"])
def test_a_disability_certificate_with_an_impossible_end_is_refused(tail):
    assert fault_of(GOOD + tail) is IdFault.DISABILITY


def test_a_disability_certificate_of_a_wrong_identity_number_is_refused_for_that():
    assert fault_of(GOOD[:17] + "0" + "43") is IdFault.CHECK_DIGIT
