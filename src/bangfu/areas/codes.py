"""Official division codes, and the pinyin initials by which an area's name is found.

The statistical code has 12 digits: 2 province, 2 prefecture, 2 county, 3 township, 3 village; lists also write it cut
off after the level it speaks of (2, 4, 6, 9 digits). Villagers' groups have no national code: counties append two or
three digits to the village's.
"""

from functools import cache

from bangfu.common.places import Level

# Where the part of each level ends in a code of 12 digits.
ENDS = {Level.PROVINCE: 2, Level.PREFECTURE: 4, Level.COUNTY: 6, Level.TOWNSHIP: 9, Level.VILLAGE: 12}
WHOLE = 12
GROUP_LENGTHS = (14, 15)


def is_code(text: str) -> bool:
    """Whether `text` can be a division code: digits only, of a length in use, beginning with a province."""
    return text.isascii() and text.isdigit() and len(text) in (*ENDS.values(), *GROUP_LENGTHS) and text[:2] >= "10"


def whole(code: str) -> str:
    """A code in full length: 522222 -> 522222000000; codes of groups stay as they are.

    >>> whole("520601")
    '520601000000'
    """
    return code if len(code) >= WHOLE else code.ljust(WHOLE, "0")


def level_of(code: str) -> Level:
    """The level a code speaks of, by its trailing zeros (a group by its length).

    >>> level_of("522222200000").name
    'TOWNSHIP'
    """
    if len(code) > WHOLE:
        return Level.GROUP
    code = whole(code)
    return next(level for level, end in ENDS.items() if not code[end:].strip("0"))


def parent_code(code: str, level: Level) -> str:
    """The code of the area above, by the code's own structure; "" above a province.

    A township straight under a prefecture (441900003000) names a county "441900" that no list holds; it keeps its six
    digits, since padded it would be the prefecture's own code.
    """
    if level is Level.PROVINCE:
        return ""
    if level is Level.GROUP:
        return code[:WHOLE]
    above = Level(level - 1)
    stem = code[: ENDS[above]]
    return stem if above is Level.COUNTY and stem.endswith("00") else whole(stem)


@cache
def letter(character: str) -> str:
    """The first letter of a character's usual reading, "" for what has none; digits and Latin letters stand."""
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    from pypinyin import Style, lazy_pinyin  # its tables take a while, which only writers need pay

    read = lazy_pinyin(character, style=Style.FIRST_LETTER, errors="ignore")
    return read[0][:1].lower() if read else ""


def initials(name: str) -> str:
    """Pinyin initials of an area's name: 石桥村 -> sqc.

    Character by character: a table of phrases would be hundreds of times slower over all villages of the country, and
    errs as often on names of places (it reads 朝阳 as zhaoyang).
    """
    return "".join(letter(character) for character in name)
