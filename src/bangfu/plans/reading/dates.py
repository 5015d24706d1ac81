"""Days, months, years and spans as plan documents write them, and which of them is a deadline.

A year that is blanked out (20xx, 201x, 20__) stays unknown. A day without a year takes the year that its document
names; where it names none the deadline stays unknown.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from bangfu.plans.reading.numerals import value
from bangfu.plans.reading.words import any_of, grammar

_BLANK = r"[xX_×*○□〇]"
_YEAR = rf"(?:(?:19|20)[0-9]{{2}}|(?:19|20)?[0-9]{{0,2}}{_BLANK}{{1,4}}|(?:19|20)[0-9]?{_BLANK}{{1,3}})"
_MONTH = rf"(?:1[0-2]|0?[1-9]|元|{_BLANK}{{1,2}})"
_DAY = rf"(?:3[01]|[12][0-9]|0?[1-9]|{_BLANK}{{1,2}})"
_DASH = r"\s*起?\s*(?:至|到|-{1,2}|—{1,2}|–|~)\s*"
_PART = r"(?:上半年|下半年|年底|年末|年初|底|末|初|上旬|中旬|下旬|第?[一二三四1-4]季度末?|前[一二三四1-4]个?季度)"
_TAIL = r"(?P<tail>之前|以前|前|以内|之内|内|以来|起|以后|之后|后|期间|时期|不变价)?"
_CHINESE_MONTHS = {word: n for n, word in enumerate("一 二 三 四 五 六 七 八 九 十 十一 十二".split(), 1)}
_FOUR = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}


def _point(name: str) -> str:
    """One day, month or year; the year may be missing when there is a month."""
    return (
        rf"(?:(?P<y{name}>{_YEAR})\s*年(?P<g{name}>度)?\s*(?:的)?(?:(?P<m{name}>{_MONTH})\s*月份?\s*(?:(?P<d{name}>{_DAY})\s*[日号曰])?)?"
        rf"|(?P<mm{name}>{_MONTH})\s*月份?\s*(?:(?P<dd{name}>{_DAY})\s*[日号曰])?)"
        rf"(?P<p{name}>{_PART})?"
    )


class Role(StrEnum):
    DEADLINE = "deadline"  # 前, 底, 内, 到 …, or the end of a span
    AT = "at"  # a plain year or month: when it happens
    START = "start"  # since then
    LABEL = "label"  # names something: 2017年度, 2010年不变价


@dataclass(frozen=True, slots=True)
class DateFound:
    """`year` None: not said. `month`, `day` 0: not said. `blank`: some part is blanked out. `span`: from … to …,
    told by its end."""

    start: int
    end: int
    role: Role
    year: int | None
    month: int = 0
    day: int = 0
    blank: bool = False
    lost: bool = False  # its separators are lost
    span: bool = False

    def last_day(self, year: int | None) -> str:
        """ISO text of the deadline, by `year` where none is said; "" when it stays unknown."""
        named = self.year if self.year is not None else year
        if self.blank or named is None:
            return ""
        if not self.month:
            return f"{named:04d}"
        last = calendar.monthrange(named, self.month)[1]
        return f"{named:04d}-{self.month:02d}-{min(self.day or last, last):02d}"


@cache
def _finders() -> tuple[tuple[str, re.Pattern[str]], ...]:
    named = any_of(grammar().words.periods.named)
    return (
        (
            "lost",
            re.compile(
                r"(?<![0-9.])(?P<y>20[0-4][0-9])(?P<m>1[0-2]|0?[1-9])(?P<d>3[01]|[12][0-9]|0[1-9])(?P<sign>日)?(?![0-9.])(?!\s*(?:元|亩|人|户|万|千|公|米|吨))"
            ),
        ),
        ("lost", re.compile(r"(?<![0-9.])(?P<y>20[0-4][0-9])(?P<m>1[0-2]|0?[1-9])月(?P<d>3[01]|[12][0-9]|0?[1-9])日")),
        (
            "dotted",
            re.compile(
                r"(?<![0-9.])(?P<y>(?:19|20)[0-9]{2})(?P<sep>[./-])(?P<m>1[0-2]|0?[1-9])(?P=sep)(?P<d>3[01]|[12][0-9]|0?[1-9])(?![0-9.])"
            ),
        ),
        ("span", re.compile(_point("a") + _DASH + "(?:" + _point("b") + rf"|(?P<only>{_DAY})\s*[日号曰])" + _TAIL)),
        (
            "years",
            re.compile(
                rf"(?<![0-9.])(?P<a>{_YEAR})\s*年?{_DASH}(?P<b>{_YEAR})\s*年?(?P<g>度)?(?P<p>底|末)?{_TAIL}(?![0-9])"
            ),
        ),
        (
            "months",
            re.compile(rf"(?<![0-9.])(?P<a>{_MONTH})\s*月?份?{_DASH}(?P<b>{_MONTH})\s*月份?(?P<p>底|末)?{_TAIL}"),
        ),
        ("named", re.compile(rf"[“\"]?(?P<name>{named})[”\"]?(?P<p>规划|末|期末|收官)?{_TAIL}")),
        ("point", re.compile(r"(?<![0-9.])" + _point("") + _TAIL)),
        (
            "short",
            re.compile(
                rf"(?<![0-9.第])(?P<y>[12][0-9])年(?=(?:1[0-2]|[1-9])月|年?底|末)(?:(?P<m>1[0-2]|[1-9])月(?P<p>底|末)?)?(?:底|末)?{_TAIL}"
            ),
        ),
        (
            "chinese",
            re.compile(
                rf"(?P<m>十[一二]|[一二三四五六七八九十])月(?=底|末|份|上旬|中旬|下旬|前)(?P<p>份?(?:底|末|上旬|中旬|下旬)?){_TAIL}"
            ),
        ),
        (
            "written",
            re.compile(
                rf"(?P<y>[一二][〇零○一二三四五六七八九]{{3}})年(?P<g>度)?(?:(?P<m>十[一二]?|[一二三四五六七八九元])月(?:(?P<d>[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])日)?)?{_TAIL}"
            ),
        ),
        (
            "bare",
            re.compile(
                rf"(?P<w>今年上半年|今年下半年|今年底|今年年底|今年内|今年|本年度|本年|当年底|当年|(?<![一二三四五六七八九十两几半0-9])年(?:底|末|内)|上半年|下半年|明年底|明年|第[一二三四1-4]季度末?|[一二三四]季度末){_TAIL}"
            ),
        ),
    )


def dates(text: str) -> list[DateFound]:
    """All dates of a text in the form for matching, in its order, none inside another."""
    taken: list[DateFound] = []
    covered = bytearray(len(text))
    for name, pattern in _finders():
        for match in pattern.finditer(text):
            if match.end() > match.start() and not any(covered[match.start() : match.end()]):
                found = _read(name, match, text)
                if found is not None:
                    covered[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
                    taken.append(found)
    titles = [match.span() for match in re.finditer(r"《[^》\n]{0,60}》", text)]
    named = [replace(d, role=Role.LABEL) if any(s < d.start < e for s, e in titles) else d for d in taken]
    return sorted(named, key=lambda found: found.start)


def _read(name: str, match: re.Match[str], text: str) -> DateFound | None:
    start, end = match.span()
    parts = match.groupdict()
    if name in ("lost", "dotted"):
        day = int(parts["y"]), int(parts["m"]), int(parts["d"])
        return DateFound(start, end, _role(text, start, end, ""), *day, lost=name == "lost")
    if name == "span":
        return _span(match, text)
    if name == "years":
        role = Role.START if _starts(parts["tail"]) else Role.DEADLINE
        return _known(start, end, role, parts["b"], span=True)
    if name == "months":
        month, blank = _month(parts["b"])
        return DateFound(start, end, Role.DEADLINE, None, month, blank=blank, span=True)
    if name == "named":
        year = grammar().words.periods.named[parts["name"]]
        before = text[max(0, start - 2) : start]
        deadline = parts["p"] in ("末", "期末") or parts["tail"] in ("期间", "时期", "内") or before.endswith("到")
        role = Role.START if _starts(parts["tail"]) else Role.DEADLINE if deadline else Role.LABEL
        return DateFound(start, end, role, year)
    if name == "short":
        return DateFound(
            start, end, _role(text, start, end, parts["tail"]), 2000 + int(parts["y"]), int(parts["m"] or 0)
        )
    if name == "chinese":
        return _month_part(
            start, end, _CHINESE_MONTHS[parts["m"]], parts["p"], _role(text, start, end, parts["tail"] or parts["p"])
        )
    if name == "written":
        year = int(
            "".join(str("〇一二三四五六七八九".find(c.replace("零", "〇").replace("○", "〇"))) for c in parts["y"])
        )
        month = 1 if parts["m"] == "元" else _CHINESE_MONTHS.get(parts["m"] or "", 0)
        role = Role.LABEL if parts["g"] else _role(text, start, end, parts["tail"])
        return DateFound(start, end, role, year, month, int(value(parts["d"]) or 0) if parts["d"] else 0)
    if name == "bare":
        return _bare(start, end, parts["w"], parts["tail"])
    return _single(match, text)


def _single(match: re.Match[str], text: str) -> DateFound | None:
    parts = match.groupdict()
    start, end = match.span()
    month_text = parts["m"] or parts["mm"] or ""
    if not parts["y"] and text[max(0, start - 1) : start] in ("个", "每"):
        return None
    role = _role(text, start, end, parts["tail"] or "", parts["p"] or "")
    if parts["g"] and not month_text and not parts["p"] and not parts["tail"]:
        role = Role.LABEL
    found = _known(start, end, role, parts["y"])
    month, blank = _month(month_text) if month_text else (0, False)
    day_text = parts["d"] or parts["dd"] or ""
    day, day_blank = (int(day_text), False) if day_text.isdigit() else (0, bool(day_text))
    month, day = _with_part(month, day, parts["p"] or "")
    return DateFound(start, end, role, found.year, month, day, found.blank or blank or day_blank)


def _span(match: re.Match[str], text: str) -> DateFound | None:
    parts = match.groupdict()
    year = parts["yb"] or parts["ya"]
    month_text = parts["mb"] or parts["mmb"] or (parts["ma"] or parts["mma"] if parts["only"] else "")
    if not month_text and not parts["yb"]:
        return None
    day_text = parts["db"] or parts["ddb"] or parts["only"] or ""
    known = _known(match.start(), match.end(), Role.DEADLINE, year)
    month, blank = _month(month_text) if month_text else (0, False)
    day, day_blank = (int(day_text), False) if day_text.isdigit() else (0, bool(day_text))
    month, day = _with_part(month, day, parts["pb"] or "")
    role = Role.START if _starts(parts["tail"]) else Role.DEADLINE
    return DateFound(
        match.start(), match.end(), role, known.year, month, day, known.blank or blank or day_blank, span=True
    )


def _known(start: int, end: int, role: Role, year: str | None, span: bool = False) -> DateFound:
    if year and year.isdigit() and len(year) == 4:
        return DateFound(start, end, role, int(year), span=span)
    return DateFound(start, end, role, None, blank=bool(year), span=span)


def _month(text: str) -> tuple[int, bool]:
    """The month's number, or 0 and that it is blanked out."""
    if text == "元":
        return 1, False
    return (int(text), False) if text.isdigit() and 1 <= int(text) <= 12 else (0, True)


def _month_part(start: int, end: int, month: int, part: str, role: Role) -> DateFound:
    return DateFound(start, end, role, None, *_with_part(month, 0, part.removeprefix("份")))


def _with_part(month: int, day: int, part: str) -> tuple[int, int]:
    """Month and last day of a part of the year or of the month."""
    if part in ("上旬", "中旬"):
        return month, {"上旬": 10, "中旬": 20}[part]
    if part == "上半年":
        return 6, 0
    if part in ("下半年", "年底", "年末"):
        return 12, 0
    if part == "初" and not month:
        return 1, 0
    if "季度" in part:
        quarter = next((_FOUR[c] for c in part if c in _FOUR), 4)
        return quarter * 3, 0
    return month, day


def _bare(start: int, end: int, word: str, tail: str | None) -> DateFound | None:
    if _starts(tail):
        return DateFound(start, end, Role.START, None)
    if word.startswith("明年"):
        return DateFound(start, end, Role.LABEL, None)
    month = 6 if "上半年" in word else 12 if "下半年" in word else 0
    if "季度" in word:
        month = next(_FOUR[c] for c in word if c in _FOUR) * 3
    role = Role.AT if word in ("今年", "本年", "本年度", "当年") and not tail else Role.DEADLINE
    return DateFound(start, end, role, None, month)


def _starts(tail: str | None) -> bool:
    return tail in ("以来", "起", "以后", "之后", "后")


def _role(text: str, start: int, end: int, tail: str | None, part: str = "") -> Role:
    """What a single date is there for, by what stands before and behind it."""
    if tail == "不变价" or text[end : end + 3] == "不变价":
        return Role.LABEL
    if _starts(tail) or text[max(0, start - 1) : start] in ("自", "从"):
        return Role.START
    before = text[max(0, start - 2) : start]
    if tail or part in ("底", "末", "年底", "年末", "上半年", "下半年") or before.endswith(("到", "至", "截至", "于")):
        return Role.DEADLINE
    return Role.AT


def spans(found: list[DateFound]) -> Iterator[tuple[int, int]]:
    """Where dates stand."""
    for one in found:
        yield one.start, one.end
