"""Names of people: what may stand in one, and the pinyin initials by which a clerk finds it."""

import re
from functools import lru_cache

# Han characters of every block in use for names (rare ones lie far up), the middle dots of minority names.
_NAME = re.compile(
    r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af\u3007]"
    r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af\u3007·]{0,58}"
    r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af\u3007]"
)
_DOTS = str.maketrans(dict.fromkeys("•・．.‧∙⋅", "·"))


def normalise_name(text: str) -> str:
    """One form for one name: no blanks, every kind of middle dot as "·"."""
    return "".join(str(text).split()).translate(_DOTS)


def is_name(text: str) -> bool:
    """Two to sixty Han characters, "·" inside allowed (买买提·艾力)."""
    return bool(_NAME.fullmatch(text)) and "··" not in text


# Surnames whose initial is not that of the character's usual reading (曾 is Zeng, not Ceng).
_SURNAMES = {
    **{"曾": "z", "单": "s", "解": "x", "查": "z", "仇": "q", "区": "o", "种": "c", "乐": "y", "覃": "q", "秘": "b"},
    **{"繁": "p", "召": "s", "折": "s", "乜": "n", "翟": "z", "缪": "m", "尉迟": "yc", "万俟": "mq", "澹台": "tt"},
}


def initials(name: str) -> str:
    """Pinyin initials in lower case, for search: 张春梅 -> zcm, 曾明 -> zm. What has no reading is left out."""
    surname = next((s for s in (name[:2], name[:1]) if s in _SURNAMES), "")
    return (_SURNAMES.get(surname, "") + "".join(map(_initial, name[len(surname) :])))[:20]


@lru_cache(maxsize=65536)
def _initial(character: str) -> str:
    """One character at a time: a million names are made of a few thousand characters."""
    from pypinyin import Style, lazy_pinyin  # its tables take a while, which only writers need pay

    letters = lazy_pinyin(character, style=Style.FIRST_LETTER, errors="ignore")
    return "".join(part[:1] for part in letters).lower() if character != "·" else ""
