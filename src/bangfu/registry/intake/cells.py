"""Text of a column to values of its kind. Each distinct text is read once, whole columns at a time."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

import pyarrow as pa

from bangfu.common.errors import BangfuError
from bangfu.common.identity import normalise
from bangfu.common.names import normalise_name
from bangfu.common.policy import code_list, matching_key
from bangfu.registry import income_items
from bangfu.registry.columns import Column, Kind
from bangfu.registry.errors import (
    CodeUnknown,
    DateUnknown,
    FlagUnknown,
    ItemUnknown,
    ListWrong,
    MonthUnknown,
    NumberUnknown,
    TextGarbled,
    TooManyDecimals,
)
from bangfu.registry.intake.arrow import Values, pc
from bangfu.registry.intake.headers import header_file

IDENTIFIERS = frozenset(
    {"id_no", "household_no", "person_no", "division_code", "phone", "bank_account", "work_place_code"}
)
_SEPARATORS = re.compile(r"[,，、;；/|\s]+")
_GARBLED = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\ufeff\u200b-\u200f\u202a-\u202e]"
# Beyond this a whole number of hundredths no longer fits a database integer, and is nonsense anyway.
_LARGEST = 10**15


class Choices:
    """The labels of a code list in the reader's language, for a message; long lists are cut."""

    def __init__(self, list_id: str) -> None:
        self.list_id = list_id

    def __str__(self) -> str:
        labels = [label for _code, label in code_list(self.list_id).choices()]
        return "、".join(labels[:15]) + ("……" if len(labels) > 15 else "")


@dataclass
class Read:
    """Values of one column; `faults` are the rows (positions) whose text cannot be read, `cleared` those that say
    清空. Both have null values."""

    values: Values
    faults: dict[int, BangfuError] = field(default_factory=dict)
    cleared: list[int] = field(default_factory=list)


def blank_to_null(text: Values) -> Values:
    """Blanks at the ends cut; nothing, or a mark that means nothing, is null."""
    trimmed = pc.utf8_trim_whitespace(text)
    marks = pa.array(["", *header_file().blank_marks])
    return pc.if_else(pc.is_in(trimmed, value_set=marks), pa.scalar(None, pa.string()), trimmed)


def read_column(column: Column, text: Values) -> Read:
    """The texts of a column as values of its kind."""
    text = blank_to_null(text)
    cleared = pc.equal(text, header_file().clear_word)
    found = Read(text)
    if pc.any(cleared).as_py():
        found.cleared = _positions(cleared)
        text = pc.if_else(cleared, pa.scalar(None, pa.string()), text)
    if column.kind is Kind.TEXT:
        found.values = _texts(column, text, found)
    elif column.kind is Kind.HUNDREDTHS:
        found.values = _numbers(column, text, found)
    else:
        found.values = _each_distinct(column, text, found, _reader(column))
    return found


# From so many rows on it pays to start a thread.
_MANY = 10_000


def read_columns(wanted: Sequence[tuple[Column, Values]]) -> list[Read]:
    """Each of the columns as `read_column` has it, of many rows two columns at once: Arrow works outside Python's lock,
    and reading a county's cells takes as long as opening its file."""
    if not wanted or len(wanted[0][1]) < _MANY:
        return [read_column(column, text) for column, text in wanted]
    with ThreadPoolExecutor(max_workers=2) as pool:
        # In a copy of this context: what is said of a cell is said in the officer's language.
        return list(pool.map(lambda each: each[0].run(read_column, *each[1:]), [(copy_context(), *w) for w in wanted]))


def _positions(mask: Values) -> list[int]:
    found: list[int] = pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist()
    return found


def _texts(column: Column, text: Values, found: Read) -> Values:
    """Texts need work only where something unusual stands in them."""
    if column.name in IDENTIFIERS:
        odd, tidy = pc.match_substring_regex(text, "[^0-9A-Z]"), normalise
        if column.name == "phone":
            odd, tidy = pc.match_substring_regex(text, "[^0-9]"), _phone
    elif column.name == "name":
        odd, tidy = pc.match_substring_regex(text, r"[^\p{Han}·]"), normalise_name
    else:
        odd, tidy = pc.match_substring_regex(text, r"[\s]|[^\P{C}]"), _one_line
    rows = _positions(odd)
    if not rows:
        return text
    tidied = [tidy(value) for value in text.take(pa.array(rows, pa.int64())).to_pylist()]
    for position, row in enumerate(rows):
        if re.search(_GARBLED, tidied[position]):
            found.faults[row] = TextGarbled(label=column.label, value=_visible(tidied[position]))
            tidied[position] = ""
    whole = text.combine_chunks()
    replaced = pc.replace_with_mask(
        whole, pc.fill_null(odd, False).combine_chunks(), pa.array([t or None for t in tidied], pa.string())
    )
    return pa.chunked_array([replaced])


def _phone(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).removeprefix("+86")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _visible(text: str) -> str:
    return re.sub(_GARBLED, "□", text)[:30]


def _each_distinct(column: Column, text: Values, found: Read, read: Callable[[str], Any]) -> Values:
    """Read each distinct text once and put the values where the texts stood."""
    encoded = text.combine_chunks().dictionary_encode()
    values: list[Any] = []
    wrong: dict[int, BangfuError] = {}
    for number, each in enumerate(encoded.dictionary.to_pylist()):
        answer = read(each)
        if isinstance(answer, BangfuError):
            wrong[number] = answer
            answer = None
        values.append(answer)
    if wrong:
        numbers = encoded.indices
        at_fault = pc.is_in(numbers, value_set=pa.array(list(wrong), numbers.type))
        for row in _positions(at_fault):
            found.faults[row] = wrong[numbers[row].as_py()]
    return pa.chunked_array([pa.array(values, column.arrow).take(encoded.indices)])


_PLAIN_NUMBER = r"^-?[0-9]{1,13}(\.[0-9]{1,2})?$"


def _numbers(column: Column, text: Values, found: Read) -> Values:
    """Whole hundredths. Plain numbers are converted as a column; only the others are looked at one by one."""
    plain = pc.match_substring_regex(text, _PLAIN_NUMBER)
    direct = pc.if_else(plain, text, pa.scalar(None, pa.string()))
    exact = pc.cast(direct, pa.decimal128(16, 2))
    hundred = pa.scalar(Decimal(100), pa.decimal128(3, 0))
    values = pc.cast(pc.multiply(exact, hundred), pa.int64())
    others = pc.and_(pc.is_valid(text), pc.invert(pc.fill_null(plain, False)))
    if not pc.any(others).as_py():
        return values
    rest = _each_distinct(column, pc.if_else(others, text, pa.scalar(None, pa.string())), found, _hundredths(column))
    return pc.coalesce(values, rest)


def _reader(column: Column) -> Callable[[str], Any]:
    return {
        Kind.CODE: _code,
        Kind.SET: _set,
        Kind.FLAG: _flag,
        Kind.WHOLE: _whole,
        Kind.DAY: _day,
        Kind.MONTH: _month,
    }[column.kind](column)


def item_reader(column: Column) -> Callable[[str], Any]:
    """Reads a code of the income ledger."""
    return lambda text: income_items.item_code(text) or ItemUnknown(value=text[:30])


def read_items(column: Column, text: Values) -> Read:
    found = Read(text)
    found.values = _each_distinct(column, blank_to_null(text), found, item_reader(column))
    return found


def _code(column: Column) -> Callable[[str], Any]:
    listed = code_list(column.codes)

    def read(text: str) -> Any:
        code = listed.code_of(text)
        if code is None and text.isdigit():
            # 1 for 01: workbooks drop leading zeros of codes.
            code = next(
                (c.code for c in listed.codes if c.code.lstrip("0") == text.lstrip("0") and text.strip("0")), None
            )
        return code or CodeUnknown(label=column.label, value=text[:30], choices=Choices(column.codes))

    return read


def _set(column: Column) -> Callable[[str], Any]:
    one = _code(column)

    def read(text: str) -> Any:
        whole = one(text)
        if isinstance(whole, str):
            return whole
        codes = set()
        for part in filter(None, _SEPARATORS.split(text)):
            code = one(part)
            if isinstance(code, BangfuError):
                return ListWrong(label=column.label, value=text[:30], part=part[:30], choices=Choices(column.codes))
            codes.add(code)
        return ",".join(sorted(codes))

    return read


@cache
def _flags() -> dict[str, bool]:
    words = header_file()
    return {matching_key(w): True for w in words.yes_words} | {matching_key(w): False for w in words.no_words}


def _flag(column: Column) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        answer = _flags().get(matching_key(text))
        return FlagUnknown(label=column.label, value=text[:30]) if answer is None else answer

    return read


def _number(text: str) -> Decimal | None:
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d*)?", plain):
        plain = plain.replace(",", "")
    plain = plain.removeprefix("¥").removeprefix("￥")
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?", plain, re.ASCII):
        return None
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    return number if abs(number) < _LARGEST else None


def _hundredths(column: Column) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        number = _number(text)
        if number is None:
            return NumberUnknown(label=column.label, value=text[:30])
        # Workbooks compute in binary: 0.30000000000000004 is 0.30. A real third decimal is refused, not rounded.
        rounded = round(number, 2)
        if abs(rounded - number) > Decimal("0.000001"):
            return TooManyDecimals(label=column.label, value=text[:30], places=2)
        return int(rounded * 100)

    return read


def _whole(column: Column) -> Callable[[str], Any]:
    year = column.name.endswith("year")

    def read(text: str) -> Any:
        number = _number(text.removesuffix("年") if year else text)
        if number is None:
            return NumberUnknown(label=column.label, value=text[:30])
        if number != int(number):
            return TooManyDecimals(label=column.label, value=text[:30], places=0)
        if abs(number) >= 2**31:
            return NumberUnknown(label=column.label, value=text[:30])
        return int(number)

    return read


_DATES = (
    re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"),
    re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})(?: \d{1,2}:\d{2}(?::\d{2})?)?"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)
_MONTHS = (
    re.compile(r"(\d{4})[-./](\d{1,2})"),
    re.compile(r"(\d{4})年(\d{1,2})月(?:份)?"),
    re.compile(r"(\d{4})(\d{2})"),
)


def _date(text: str) -> date | None:
    plain = unicodedata.normalize("NFKC", text).strip()
    tight = plain.replace(" ", "") if "年" in plain else plain
    for pattern in _DATES:
        if match := pattern.fullmatch(tight):
            try:
                return date(*(int(part) for part in match.groups()))
            except ValueError:
                return None
    return None


def _day(column: Column) -> Callable[[str], Any]:
    return lambda text: _date(text) or DateUnknown(label=column.label, value=text[:30])


def _month(column: Column) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if day := _date(text):
            return day.replace(day=1)
        plain = "".join(unicodedata.normalize("NFKC", text).split())
        for pattern in _MONTHS:
            if match := pattern.fullmatch(plain):
                year, month = int(match[1]), int(match[2])
                if 1 <= month <= 12 and year >= 1:
                    return date(year, month, 1)
        return MonthUnknown(label=column.label, value=text[:30])

    return read
