"""Numbers with their measure words: how much, per what, and how compared. A number that is a name is left out."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from bangfu.plans.reading.found import Comparison, Number
from bangfu.plans.reading.layout import clause
from bangfu.plans.reading.numerals import scaled, tidy, value
from bangfu.plans.reading.words import Words, any_of, grammar

_ARABIC = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,16})(?:\.[0-9]+)?"
_CHINESE = r"[零〇一二两三四五六七八九十百千万亿]{1,16}(?:点[零〇一二三四五六七八九]+)?"
_DASH = r"\s*(?:至|到|-{1,2}|—{1,2}|–|~|一(?=[0-9]))\s*"
_BLANK = re.compile(r"[0-9]*[xX_×*○□]{1,4}[0-9]*")
_AFTER_NUMBER = 24  # how far behind a bare number the people whom it counts may be named
NEAR = 12  # how far in front of a number a word that compares it may stand


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in the text. `unit` is the base unit with what it is per, "" when there is no measure word; `plain_unit`
    is the unit alone; `chinese` says that it is written in Chinese numerals; `by` names what decided the unit."""

    start: int
    end: int
    number: Number
    unit: str
    plain_unit: str
    comparison: Comparison
    chinese: bool = False
    by: str = "number-unit"

    @property
    def low(self) -> Decimal:
        return self.number[0] if isinstance(self.number, tuple) else self.number


@cache
def _finder() -> re.Pattern[str]:
    units = grammar().units
    unit = rf"(?:{any_of(units.every)}|分(?=以上|以下|以内|的|为|[,;。、)]|$))"
    scale = rf"(?:{any_of(units.scales)}(?!分之|米|克|瓦|伏))"
    per = rf"(?:\s*/\s*(?:{any_of(units.per)}))+"
    more = r"[余多来]"
    return re.compile(
        rf"(?:(?P<share>百分之|千分之)(?P<sv>{_ARABIC}|{_CHINESE})(?:{_DASH}(?:百分之)?(?P<sv2>{_ARABIC}|{_CHINESE}))?"
        rf"|(?<![0-9.])(?P<a>{_ARABIC})\s*(?P<as>{scale})?(?:\s*{more})?\s*"
        rf"(?:(?:(?P<au>{unit})\s*)?{_DASH}(?P<b>{_ARABIC})\s*(?P<bs>{scale})?(?:\s*{more})?\s*)?(?P<u>{unit})?(?P<per>{per})?"
        rf"|(?P<c>{_CHINESE})(?:(?:至|到|—|-)(?P<d>{_CHINESE}))?\s*{more}?\s*(?P<cu>{unit}|成)(?P<cper>{per})?)"
    )


def quantities(text: str, named: bytearray) -> list[Quantity]:
    """All amounts of a text in the form for matching; `named` marks characters that belong to names and dates."""
    found = []
    for match in _finder().finditer(text):
        start, end = match.span()
        if any(named[start : max(start + 1, end - len(match["u"] or match["cu"] or ""))]):
            continue
        if match["share"]:
            found.append(_share(match, text))
        elif match["a"]:
            if (quantity := _arabic(match, text)) is not None:
                found.append(quantity)
        elif (quantity := _chinese(match, text)) is not None:
            found.append(quantity)
    return _per_carried(text, [quantity for quantity in found if quantity is not None])


_CARRIES = re.compile(r"(?:\([^)]*\))?(?:,?其中[一-龥]{0,6}|[、和及][一-龥A-Z]{0,6})")


def _per_carried(text: str, found: list[Quantity]) -> list[Quantity]:
    """每户一级5000元、二级8000元: what the first is per, the others of the list are per too."""
    carried: list[Quantity] = []
    for quantity in found:
        before = carried[-1] if carried else None
        money = before is not None and quantity.unit == before.plain_unit and quantity.unit in grammar().units.money
        if money and before and "/" in before.unit and _CARRIES.fullmatch(text, before.end, quantity.start):
            quantity = replace(quantity, unit=before.unit)
        carried.append(quantity)
    return carried


@cache
def _listed() -> re.Pattern[str]:
    """10、20和30户: the last number of a list has the measure word of all."""
    units = grammar().units
    number = rf"(?:{_ARABIC}|[0-9]*[xX_]{{2,4}})"
    return re.compile(
        rf"(?:\s*[、和及]\s*{number}){{0,6}}\s*[、和及]\s*{number}\s*(?P<s>{any_of(units.scales)})?\s*(?P<u>{any_of(units.every)})"
    )


def _share(match: re.Match[str], text: str) -> Quantity | None:
    low = value(match["sv"])
    if low is None:
        return None
    high = value(match["sv2"]) if match["sv2"] else None
    number: Number = tidy(low) if high is None else (tidy(low), tidy(high))
    unit = "%" if match["share"] == "百分之" else "‰"
    return _compared(text, match.start(), match.end(), number, unit, unit, False, "percent-in-words")


def _arabic(match: re.Match[str], text: str) -> Quantity | None:
    scales = grammar().units.scales
    low, high = value(match["a"]), value(match["b"]) if match["b"] else None
    if low is None or _part_of_blank(text, match.start(), match.end()):
        return None
    low_scale, high_scale = match["as"], match["bs"]
    if high is not None and high_scale and not low_scale and low < high:
        low_scale = high_scale
    low = scaled(low, scales[low_scale] if low_scale else 1)
    high = scaled(high, scales[high_scale] if high_scale else 1) if high is not None else None
    unit, end, by = match["u"] or match["au"] or "", match.end(), "number-unit"
    if not unit:
        end = (
            match.end("bs")
            if match["bs"]
            else match.end("b")
            if match["b"]
            else match.end("as")
            if match["as"]
            else match.end("a")
        )
        unit, by = _people_behind(text, end)
        if not unit and (match["as"] or match["bs"]):
            unit, by = _people_before(text, match.start(), end)
        if not unit and (listed := _listed().match(text, end)):
            unit, by = listed["u"], "listed-number"
            low = scaled(low, scales[listed["s"]]) if listed["s"] and not low_scale else low
    if unit in ("年", "月", "日") and low >= 1900:
        return None
    number: Number = tidy(low) if high is None or high == low else (tidy(min(low, high)), tidy(max(low, high)))
    return _compared(
        text, match.start(), end, number, unit, _with_per(text, match.start(), unit, match["per"]), False, by
    )


def _chinese(match: re.Match[str], text: str) -> Quantity | None:
    unit = match["cu"]
    low, high = value(match["c"]), value(match["d"]) if match["d"] else None
    if low is None or (match["d"] and high is None):
        return None
    if unit == "成":
        if len(match["c"]) != 1 or not text[match.end() :].startswith(("以上", "左右", "的", "以下")):
            return None
        return _compared(text, match.start(), match.end(), tidy(low * 10), "%", "%", False, "tenths")
    number: Number = tidy(low) if high is None else (tidy(min(low, high)), tidy(max(low, high)))
    unit_with = _with_per(text, match.start(), unit, match["cper"])
    return _compared(text, match.start(), match.end(), number, unit, unit_with, True, "chinese-number-unit")


def _part_of_blank(text: str, start: int, end: int) -> bool:
    """Whether the digits are what is left of a number that was blanked out (20xx亩)."""
    around = text[max(0, start - 4) : start], text[end : end + 2]
    return bool(re.search(r"[xX×○□]$|_$", around[0])) or bool(re.match(r"[xX×○□]|_", around[1]))


def blanks(text: str, named: bytearray) -> list[tuple[int, int]]:
    """Numbers that were blanked out in front of a measure word (20xx元, x个); dates are not among them."""
    unit = any_of(grammar().units.every)
    pattern = re.compile(rf"[0-9]*(?:[xX×*○□]{{1,4}}|_{{1,4}})[0-9]*\s*(?:万|亿)?\s*{unit}")
    return [
        m.span()
        for m in pattern.finditer(text)
        if not named[m.start()] and not (m[0].endswith(("村", "镇", "乡", "县", "年")))
    ]


def _people_behind(text: str, end: int) -> tuple[str, str]:
    """A bare number in front of a noun for people counts people (1200贫困人口)."""
    stop = re.compile(r"[,;。:、!?()\s0-9]").search(text, end)
    behind = text[end : min(stop.start() if stop else len(text), end + _AFTER_NUMBER)]
    if behind and re.match(rf"[\u4e00-\u9fff]{{0,12}}?{any_of(grammar().units.people_nouns)}", behind):
        return "人", "number-people"
    return "", "number"


def _people_before(text: str, start: int, end: int) -> tuple[str, str]:
    """减少贫困人口87万, 贫困人口降到113万: tens of thousands without a measure word are of the people named before."""
    told = r"(?:总数|规模|总量)?(?:已|将)?(?:减少|增加|下降|降低|降|增|控制)?(?:到|至|为|达到?|约|共|在|有|近|超过)*"
    named = re.search(rf"{any_of(grammar().units.people_nouns)}{told}$", text[max(0, start - _AFTER_NUMBER) : start])
    ends = re.match(r"以[上下内]|左右|[,;。、!?)\s]|$", text[end : end + 2])
    return ("人", "people-number") if named and ends else ("", "number")


def _with_per(text: str, start: int, unit: str, behind: str | None) -> str:
    """The unit with what it is per. Money is told per what stands behind 每 in front of it."""
    units = grammar().units
    if behind:
        return unit + "".join("/" + units.per[part.strip()] for part in behind.split("/") if part.strip())
    if unit not in units.money:
        return unit
    left, _ = clause(text, start, start, ",;。!?\n")
    before = text[left:start]
    each = _PER_BEFORE().search(before)
    if each is None and (thing := re.search(r"每([一-龥]{1,2})(?:补助|补贴|奖补|奖励|资助)$", before)):
        return f"{unit}/{thing[1]}"
    if each is None or re.search(r"[0-9]", before[each.end() :]):
        return unit
    parts = [units.per[part] for part in _PER_PART().findall(each[0])]
    # an amount a year or a month is a rhythm, unless it is also per head, acre or household
    if all(part in units.per_time for part in parts) and not re.search(
        "补|贴|标准|工资|待遇|津贴|低保|发放|保障", before
    ):
        return unit
    return unit + "".join("/" + part for part in dict.fromkeys(parts))


@cache
def _PER_BEFORE() -> re.Pattern[str]:
    per = any_of(grammar().units.per)
    one = rf"每(?:一)?(?:个|名|位|户)?(?:[\u4e00-\u9fff]{{0,4}}?)(?:{per})"
    return re.compile(rf"(?:{one})+[^,;。]{{0,16}}$|(?:年|月)?(?:{one})+[^,;。]{{0,16}}$")


@cache
def _PER_PART() -> re.Pattern[str]:
    per = any_of(grammar().units.per)
    return re.compile(rf"每(?:一)?(?:个|名|位|户(?={per}))?(?:[\u4e00-\u9fff]{{0,4}}?)({per})")


def _compared(
    text: str, start: int, end: int, number: Number, unit: str, unit_with: str, chinese: bool, by: str
) -> Quantity:
    comparison, end = _comparison(text, start, end, number, unit)
    return Quantity(start, end, number, unit_with, unit, comparison, chinese, by)


@cache
def _comparing() -> tuple[re.Pattern[str], ...]:
    words = grammar().words.comparison
    about = any_of(words.about_before)

    def before(kinds: Words) -> re.Pattern[str]:
        return re.compile(
            rf"{any_of(kinds)}\s*(?:了|有)?(?:{about}|人均|年均|户均|村均|每年|年|各|(?:19|20)[0-9]{{2}}年(?:不变价)?){{0,2}}\s*$"
        )

    return (
        before(words.at_least),
        before(words.at_most),
        re.compile(rf"(?:的)?\s*(?:\([^)]{{0,6}}\))?{any_of(words.at_least_after)}"),
        re.compile(rf"(?:的)?\s*{any_of(words.at_most_after)}(?!容|部|外|涵|在|生)"),
        re.compile(rf"{any_of(words.at_least_far)}[^0-9,;。一二三四五六七八九十两]{{0,{NEAR}}}$"),
        re.compile(rf"{any_of(words.at_most_far)}[^0-9,;。一二三四五六七八九十两]{{0,{NEAR}}}$"),
    )


# 低于国家扶贫标准(2300元): what stands before the bracket compares
_BRACKETED = re.compile(r"(?:(?P<less>低于|不足|少于|未达到|达不到)|高于|超过|达到)[^,;。()0-9]{0,14}(?:标准|线)\($")


def _comparison(text: str, start: int, end: int, number: Number, unit: str) -> tuple[Comparison, int]:
    """How the number is compared, and where the amount ends with the word that says so."""
    least, most, least_after, most_after, least_far, most_far = _comparing()
    left, _ = clause(text, start, start, ",;:。!?\n(")
    before = text[max(left, start - 24) : start]
    if number == 100 and unit == "%":
        return Comparison.ALL, end
    if after := least_after.match(text, end):
        return Comparison.AT_LEAST, after.end()
    if after := most_after.match(text, end):
        return Comparison.AT_MOST, after.end()
    if isinstance(number, tuple):
        return Comparison.RANGE, end
    if text.startswith(("左右", "上下"), end):
        return Comparison.EQUAL, end + 2
    # 不低于 ends in 低于: the longer word decides
    hits = [
        (found.start(), kind)
        for found, kind in ((least.search(before), Comparison.AT_LEAST), (most.search(before), Comparison.AT_MOST))
        if found
    ]
    if hits:
        return min(hits)[1], end
    if bracketed := _BRACKETED.search(text[max(0, start - 24) : start]):
        return (Comparison.AT_MOST if bracketed["less"] else Comparison.AT_LEAST), end
    if least_far.search(before):
        return Comparison.AT_LEAST, end
    if most_far.search(before):
        return Comparison.AT_MOST, end
    if unit in grammar().units.time and most_after.match(text, end):
        return Comparison.AT_MOST, end
    return Comparison.EQUAL, end
