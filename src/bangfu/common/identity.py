"""Resident identity numbers (GB 11643-1999) and disability certificate numbers built on them.

A valid number is 18 characters (ID card), or 20 / 22 (disability certificate: ID + category + grade; re-issues add B1,
B2 …).
15-digit numbers are refused: they were abolished and two people may share one.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stdnum.cn import ric

DISABILITY_LENGTHS = (20, 22)

# Full-width to half-width; dashes and the invisible characters that come along when a number is copied are dropped.
_PLAIN: dict[int, int | None] = {
    **{0xFF01 + i: 0x21 + i for i in range(94)},
    0x3000: 0x20,
    **dict.fromkeys(map(ord, "-\uff0d\u2010\u2011\u200b\u200c\u200d\u2060\ufeff")),
}
_DISABILITY = re.compile(r"[1-7][1-4](B[1-9])?")  # category, grade, and which re-issue
_SCIENTIFIC = re.compile(r"\d+(\.\d*)?E\+?\d+")


class IdFault(StrEnum):
    """Why a number is not accepted; the registry's errors say each in words."""

    EMPTY = "empty"
    OLD_15 = "old_15"
    SCIENTIFIC = "scientific"
    LENGTH = "length"
    CHARACTERS = "characters"
    BIRTH = "birth"
    CHECK_DIGIT = "check_digit"
    DISABILITY = "disability"


@dataclass(frozen=True)
class Identity:
    """What a number says: the person's 18 characters, birth date, sex (1 male, 2 female), disability if any."""

    id_no: str
    id_key: str
    birth_date: date
    sex: str
    disability_category: str = ""
    disability_grade: str = ""


def normalise(text: str) -> str:
    """Upper case X, full-width to half-width, no blanks (nor invisible ones) or dashes; nothing else is repaired."""
    return "".join(str(text).translate(_PLAIN).split()).lstrip("'").upper()


def check_digit(first_17: str) -> str:
    """The 18th character of GB 11643 for 17 digits.

    >>> check_digit("11010519491231002")
    'X'
    """
    return str(ric.calc_check_digit(first_17 + "0"))


def fault_of(text: str) -> IdFault | None:
    """The first fault of an identity or disability number, or None when it is good. Division codes are not judged:
    a person keeps the code of first issue though the division be abolished."""
    number = normalise(text)
    if not number:
        return IdFault.EMPTY
    if _SCIENTIFIC.fullmatch(number):
        return IdFault.SCIENTIFIC
    if len(number) == 15 and number.isdigit():
        return IdFault.OLD_15
    if len(number) not in (18, *DISABILITY_LENGTHS):
        return IdFault.LENGTH
    if not (number.isascii() and number[:17].isdigit() and (number[17].isdigit() or number[17] == "X")):
        return IdFault.CHARACTERS
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return IdFault.BIRTH
    if not 1900 <= born.year <= date.today().year or born > date.today():
        return IdFault.BIRTH
    if check_digit(number[:17]) != number[17]:
        return IdFault.CHECK_DIGIT
    if len(number) > 18 and not _DISABILITY.fullmatch(number[18:]):
        return IdFault.DISABILITY
    return None


def read(text: str) -> Identity | IdFault:
    """The identity a number stands for, or the fault that keeps it from standing for anybody."""
    fault = fault_of(text)
    if fault:
        return fault
    number = normalise(text)
    return Identity(
        id_no=number,
        id_key=number[:18],
        birth_date=date(int(number[6:10]), int(number[10:12]), int(number[12:14])),
        sex="1" if int(number[16]) % 2 else "2",
        disability_category=number[18:19],
        disability_grade=number[19:20],
    )
