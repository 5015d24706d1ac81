"""What hangs on the board: one object from which the page, the print and the PDF are made.

A sheet has no place for an ID number, a phone of a household, a bank account or an illness, and it takes no free text
about a household: names and groups come from the registry, categories from code lists, remarks from the procedure. What
looks like a personal number is refused wherever it stands (standards 4.6, 11.4).
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from bangfu.casework.meeting_errors import HotlineWrong, SheetHoldsNumbers
from bangfu.common.masking import mask_name

# A posted list is a Chinese document, whatever language its reader has chosen.
LANGUAGE = "zh-hans"
# The columns a list may have, in the order in which they stand. There are no others.
COLUMNS: Mapping[str, Any] = {
    "head_name": gettext_lazy("户主姓名"),
    "group": gettext_lazy("村民小组"),
    "people": gettext_lazy("家庭人口"),
    "category": gettext_lazy("类别"),
    "remark": gettext_lazy("备注"),
}
# Seven digits or more in a row, or nine and more however they are spaced (2014-2020 and 2020-09-30 are neither).
_NUMBER = re.compile(r"\d{7,}|\d(?:[\s\-—–_.·,，、/\\]*\d){8,}")
# Numbers of offices: fixed lines with or without area code, service numbers; never a mobile phone.
_HOTLINE = re.compile(r"(?:(?:0\d{2,3}[- ]?)?[2-9]\d{6,7}|1[02]\d{3}|12[0-9]{3}|400[- ]?\d{3}[- ]?\d{4})")


@dataclass(frozen=True)
class Line:
    """A household (or village) on the list. `people` 0: not said."""

    number: int
    head_name: str
    group: str = ""
    people: int = 0
    category: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Sheet:
    """A posted list. `starts_on` and `ends_on` are the first and the last day; `hotline` is a number of an office."""

    title: str
    matter: str
    basis: str
    place: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    starts_on: date
    ends_on: date
    board: str
    hotline: str
    objections_to: str
    issued_by: str
    announcement: bool = False

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The sheet that was stored. Raises KeyError or TypeError for what never was one."""
        given = dict(plain)
        given["lines"] = tuple(Line(**line) for line in given["lines"])
        given["columns"] = tuple(given["columns"])
        for day in ("starts_on", "ends_on"):
            given[day] = date.fromisoformat(given[day])
        return cls(**given)

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        found = asdict(self)
        return found | {
            "starts_on": self.starts_on.isoformat(),
            "ends_on": self.ends_on.isoformat(),
            "columns": list(self.columns),
            "lines": [asdict(line) for line in self.lines],
        }

    @property
    def sha256(self) -> str:
        return hashlib.sha256(json.dumps(self.plain(), ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    @property
    def headings(self) -> list[str]:
        return [_("序号"), *(str(COLUMNS[column]) for column in self.columns)]

    @property
    def rows(self) -> list[list[str]]:
        """The table as it is read, cell by cell; a number that is not known stays empty."""
        return [
            [str(line.number), *(str(getattr(line, column) or "") for column in self.columns)] for line in self.lines
        ]

    @property
    def people(self) -> int:
        return sum(line.people for line in self.lines)

    def for_the_web(self) -> "Sheet":
        """The sheet as outsiders see it on the web: names with the middle character hidden."""
        return replace(self, lines=tuple(replace(line, head_name=mask_name(line.head_name)) for line in self.lines))


def checked(sheet: Sheet) -> Sheet:
    """The sheet, after making sure that no personal number stands in any of its texts.
    Raises SheetHoldsNumbers, HotlineWrong."""
    hotline = unicodedata.normalize("NFKC", sheet.hotline).strip()
    if not _HOTLINE.fullmatch(hotline):
        raise HotlineWrong(text=sheet.hotline)
    texts: Sequence[tuple[str, str]] = [
        (_("标题"), sheet.title),
        (_("事项"), sheet.matter),
        (_("依据"), sheet.basis),
        (_("地点"), sheet.place),
        (_("公示地点"), sheet.board),
        (_("受理单位"), sheet.objections_to),
        (_("公示单位"), sheet.issued_by),
        *(
            (str(COLUMNS[column]), str(getattr(line, column)))
            for line in sheet.lines
            for column in ("head_name", "group", "category", "remark")
        ),
    ]
    for where, text in texts:
        if holds_a_number(text):
            raise SheetHoldsNumbers(where=where, text=text)
    return replace(sheet, hotline=hotline)


def holds_a_number(text: str) -> bool:
    """Whether a text holds what may be an ID number, a phone or an account: digits of any script or width, spaced or
    not. Years and document numbers are shorter. Circled and Chinese digits count as digits."""
    return bool(_NUMBER.search(_digits_of(text)))


def _digits_of(text: str) -> str:
    """The text with every kind of digit as 0–9 and what is invisible left out."""
    seen = []
    for character in unicodedata.normalize("NFKC", text):
        if unicodedata.category(character) in ("Cf", "Mn"):
            continue
        digit = _CHINESE.get(character, unicodedata.digit(character, None))
        seen.append(character if digit is None else str(digit))
    return "".join(seen)


_CHINESE = dict(zip("〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖", (0, *range(10), *range(1, 10)), strict=True))


def written(sheet: Sheet) -> dict[str, Any]:
    """All that is read on the list, in words: what the page shows, the printer prints and the PDF holds."""
    with override(LANGUAGE):
        return {
            "title": sheet.title,
            "matter": sheet.matter,
            "basis": sheet.basis,
            "headings": sheet.headings,
            "columns": list(sheet.columns),
            "rows": sheet.rows,
            "notes": notes(sheet),
            "issued_by": sheet.issued_by,
            "issued_on": chinese_day(sheet.starts_on),
            "page": _("第 {n} 页，共 {all} 页"),
        }


def pdf(sheet: Sheet) -> bytes:
    """The sheet on A4, as typst sets it; fonts come from the package, nothing from the machine."""
    import pylopdf_fonts_zh_cn
    import typst  # loading it costs 40 ms, which only who prints pays

    return bytes(
        typst.compile(
            str(Path(__file__).parent / "sheet.typ"),
            font_paths=[str(Path(pylopdf_fonts_zh_cn.__file__).parent)],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(written(sheet), ensure_ascii=False)},
        )
    )


def notes(sheet: Sheet) -> list[str]:
    """The sentences below the list: the days, and where to object."""
    days = _("{first}至{last}").format(first=chinese_day(sheet.starts_on), last=chinese_day(sheet.ends_on))
    if sheet.announcement:
        return [
            _("公告时间：{days}。").format(days=days),
            _("监督电话：{hotline}。").format(hotline=sheet.hotline),
        ]
    return [
        _("公示时间：{days}。").format(days=days),
        _("对名单有异议的，请在公示期内向{office}反映，可以不公开姓名。").format(office=sheet.objections_to),
        _("监督电话：{hotline}。").format(hotline=sheet.hotline),
    ]


def chinese_day(day: date) -> str:
    """2020年9月30日, in the order of the reader's language."""
    return _("{year}年{month}月{day}日").format(year=day.year, month=day.month, day=day.day)
