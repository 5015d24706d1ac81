"""Numbers that Word itself puts before paragraphs ("一、", "（二）", "3."): they are on the page and not in the text.

Office Open XML (ECMA-376 part 1, 17.9): a paragraph, or its style, names a list and a level; the list says how numbers
of each level are written. Lists made from the same abstract list go on counting together, unless one begins anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bangfu.plans.reading.numerals import in_words

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DEEPEST = 9
_AS_FAR_AS = 1_000_000  # what nobody counts to is written in digits
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_CHINESE = frozenset(
    (
        "chineseCounting",
        "chineseCountingThousand",
        "japaneseCounting",
        "taiwaneseCounting",
        "taiwaneseCountingThousand",
    )
)
_DIGIT_BY_DIGIT = frozenset(("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"))
_CAPITAL = frozenset(("chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"))
# The first sign of a row of signs in Unicode, and how many there are.
_SIGNS = {
    "decimalEnclosedCircle": ("①", 20),
    "decimalEnclosedCircleChinese": ("①", 20),
    "decimalEnclosedParen": ("⑴", 20),
    "decimalEnclosedFullstop": ("⒈", 20),
    "ideographEnclosedCircle": ("㊀", 10),
    "upperLetter": ("A", 26),
    "lowerLetter": ("a", 26),
}
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
    (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


@dataclass(frozen=True)
class _Level:
    """How one level of a list is numbered. `restarts`: it begins anew behind a level above it. `gap`: what follows the
    number (tab, space, nothing)."""

    start: int
    form: str
    text: str
    restarts: bool
    digits: bool
    style: str
    gap: str


@dataclass
class _List:
    """A list: its levels, how far the abstract list that it is made from has counted, and where it begins by itself."""

    levels: dict[int, _Level]
    counts: dict[int, int]
    begins: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The numbers of a document, given out paragraph by paragraph in the order of the text. `numbering` and `styles`
    are the roots of these parts of the file; None where it has none. What cannot be understood has no number."""

    def __init__(self, numbering: Any, styles: Any) -> None:
        self._styles = _styles(styles)
        self._lists = _lists(numbering, self._styles) if numbering is not None else {}

    def label(self, paragraph: Any) -> str:
        """What Word writes before this paragraph, with what keeps it from the text; "" without a number."""
        found = self._place(paragraph)
        if found is None:
            return ""
        numbered, depth = found
        counts = numbered.counts
        if depth in numbered.begins:
            counts[depth] = numbered.begins.pop(depth) - 1
        level = numbered.levels[depth]
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for below in [each for each in counts if each > depth]:
            if below not in numbered.levels or numbered.levels[below].restarts:
                del counts[below]
        return _written(numbered, depth)

    def _place(self, paragraph: Any) -> tuple[_List, int] | None:
        """The list that a paragraph belongs to and its level there."""
        properties = paragraph.find(f"{_W}pPr")
        if properties is None:
            return None
        number, depth = _list_and_level(properties)
        style = _value(properties, "pStyle")
        for own in _chain(style, self._styles):
            if number is not None:
                break
            number, depth = self._styles[own][1]
            style = own
        numbered = self._lists.get(number or 0)
        if numbered is None:
            return None
        if depth is None:
            depth = next((at for at, level in numbered.levels.items() if style and level.style == style), 0)
        return (numbered, depth) if depth in numbered.levels else None


def _written(numbered: _List, depth: int) -> str:
    level = numbered.levels[depth]
    if level.form == "bullet":
        return ""
    text = level.text
    for at in range(_DEEPEST):
        if f"%{at + 1}" in text:
            other = numbered.levels.get(at, level)
            form = "decimal" if level.digits else other.form
            text = text.replace(f"%{at + 1}", numeral(numbered.counts.get(at, other.start), form))
    # "一、任务" is how it would be typed; after "1." a space keeps the number apart from "2020年" behind it.
    return text if not text or level.gap == "nothing" or text[-1] in "、）)：" else f"{text} "


def numeral(number: int, form: str) -> str:
    """A whole number as a list of this form writes it, in digits where the form does not know it."""
    if form == "none":
        return ""
    if not 0 < number < _AS_FAR_AS:
        return str(number)
    if form in _CHINESE:
        counted = in_words(number)
        return counted.removeprefix("一") if 10 <= number < 20 else counted
    if form in _DIGIT_BY_DIGIT:
        return "".join("〇一二三四五六七八九"[int(digit)] for digit in str(number))
    if form in _CAPITAL:
        return in_words(number, capital=True)
    if form in _SIGNS:
        first, signs = _SIGNS[form]
        return chr(ord(first) + number - 1) if number <= signs else str(number)
    if form in ("ideographTraditional", "ideographZodiac"):
        signs_of = _STEMS if form == "ideographTraditional" else _BRANCHES
        return signs_of[number - 1] if number <= len(signs_of) else str(number)
    if form in ("upperRoman", "lowerRoman") and number < 4000:
        roman = "".join(_roman(number))
        return roman if form == "upperRoman" else roman.lower()
    return f"{number:02d}" if form == "decimalZero" else str(number)


def _roman(number: int) -> Iterator[str]:
    for worth, letters in _ROMAN:
        yield letters * (number // worth)
        number %= worth


def _styles(root: Any) -> dict[str, tuple[str, tuple[int | None, int | None]]]:
    """By style the one that it is based on, and the list and level that it names itself."""
    found: dict[str, tuple[str, tuple[int | None, int | None]]] = {}
    for style in root.iter(f"{_W}style") if root is not None else ():
        properties = style.find(f"{_W}pPr")
        named = (None, None) if properties is None else _list_and_level(properties)
        found[style.get(f"{_W}styleId") or ""] = (_value(style, "basedOn"), named)
    return found


def _chain(style: str, styles: dict[str, tuple[str, tuple[int | None, int | None]]]) -> Iterator[str]:
    """A style and those that it is based on."""
    seen: set[str] = set()
    while style in styles and style not in seen:
        yield style
        seen.add(style)
        style = styles[style][0]


def _lists(root: Any, styles: dict[str, tuple[str, tuple[int | None, int | None]]]) -> dict[int, _List]:
    abstract = {_value(each, "", "abstractNumId"): each for each in root.iter(f"{_W}abstractNum")}
    made_from = {_number(_value(each, "", "numId")): _value(each, "abstractNumId") for each in root.iter(f"{_W}num")}
    counts: dict[str, dict[int, int]] = {}
    lists: dict[int, _List] = {}
    for each in root.iter(f"{_W}num"):
        number, name = _number(_value(each, "", "numId")), _value(each, "abstractNumId")
        # A list may lend its levels from the one that a style names.
        lent = styles.get(_value(abstract[name], "numStyleLink")) if name in abstract else None
        if lent and lent[1][0] is not None:
            name = made_from.get(lent[1][0], name)
        if number is None or name not in abstract:
            continue
        lists[number] = _List(_levels(abstract[name]), counts.setdefault(name, {}))
        for override in each.iter(f"{_W}lvlOverride"):
            level = _number(_value(override, "", "ilvl"))
            lists[number].levels |= _levels(override)
            begins = _number(_value(override, "startOverride"))
            if level is not None and begins is not None:
                lists[number].begins[level] = begins
    return lists


def _levels(root: Any) -> dict[int, _Level]:
    found = {}
    for each in root.findall(f"{_W}lvl"):
        level, start = _number(_value(each, "", "ilvl")), _number(_value(each, "start"))
        if level is not None and 0 <= level < _DEEPEST:
            found[level] = _Level(
                start=1 if start is None else start,
                form=_value(each, "numFmt") or "decimal",
                text=_value(each, "lvlText"),
                restarts=_value(each, "lvlRestart") != "0",
                digits=each.find(f"{_W}isLgl") is not None and _value(each, "isLgl") not in ("0", "false", "off"),
                style=_value(each, "pStyle"),
                gap=_value(each, "suff") or "tab",
            )
    return found


def _list_and_level(properties: Any) -> tuple[int | None, int | None]:
    """The list and level that the properties of a paragraph or style name; the list 0 is none at all."""
    named = properties.find(f"{_W}numPr")
    if named is None:
        return None, None
    return _number(_value(named, "numId")), _number(_value(named, "ilvl"))


def _value(element: Any, child: str, name: str = "val") -> str:
    """An attribute of an element, or of a child of it; "" where there is none."""
    found = element.find(f"{_W}{child}") if child else element
    return "" if found is None else found.get(f"{_W}{name}") or ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 10 else None
