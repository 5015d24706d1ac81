"""Names of people: what may stand in one, and the pinyin initials by which a clerk finds it."""

import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

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


@lru_cache(maxsize=65536)
def initials(name: str) -> str:
    """Pinyin initials in lower case, for search: 张春梅 -> zcm. Characters without a reading are left out."""
    letters = lazy_pinyin(name.replace("·", ""), style=Style.FIRST_LETTER, errors="ignore")
    return "".join(part[:1] for part in letters).lower()[:20]
