"""Words for "all of them" and "not one": full coverage without a number."""

import re
from dataclasses import dataclass
from functools import cache

from bangfu.plans.reading.layout import clause
from bangfu.plans.reading.words import any_of, grammar

_SEGMENT_MARKS = ",;:。!?\n"


@dataclass(frozen=True, slots=True)
class Covered:
    """A word for "all": where it stands, its stretch of the sentence, and which pattern found it. `zero` is "not one";
    `unit` is then what is counted."""

    start: int
    end: int
    left: int
    right: int
    by: str
    zero: bool = False
    unit: str = "%"


@cache
def _finders() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    words = grammar().words.coverage
    doubled_not = any_of(words.doubled_not_before)
    whole = rf"{any_of((*words.whole, *words.one_by_one))}|{any_of(words.doubled)}(?!{doubled_not})"
    whole += rf"|全面(?={any_of(words.wholly)}(?!攻坚))"
    no_case = "年|月|天|日|周|季|次|学期|晚|个月|半|一?批|两|隔|逢|户每|公里|亩|生|千|百|万|吨|平方"
    each = rf"每(?!{no_case})(?:一)?[^,;。:每]{{0,18}}?{any_of(words.each_all)}"
    return (
        re.compile(whole),
        re.compile(each),
        re.compile("|".join(f"(?:{_anonymous(p)})" for p in words.none_left_patterns)),
        re.compile("|".join(f"(?:{p})" for p in words.not_coverage_patterns)),
    )


def _anonymous(pattern: str) -> str:
    """Named groups stand in several patterns at once; which one matched is read from the text."""
    return re.sub(r"\(\?P<\w+>", "(", pattern)


def covered(text: str, named: bytearray) -> list[Covered]:
    """All statements about all or none, in the order of the text; several words in one stretch are one statement."""
    whole, each, none_left, not_coverage = _finders()
    barred = bytearray(len(text))
    for match in not_coverage.finditer(text):
        barred[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
    found: list[Covered] = []
    for match in none_left.finditer(text):
        if _named(text, match):
            continue
        left, right = clause(text, match.start(), match.end(), _SEGMENT_MARKS + "、")
        unit = _counted(match[0]) or _unit_of_nought(text[left : match.start()], text[match.end() : match.end() + 2])
        found.append(Covered(match.start(), match.end(), left, right, "not-one", True, unit))
    for pattern, by in ((whole, "all-word"), (each, "each-all")):
        for match in pattern.finditer(text):
            at = match.start()
            if barred[at] or ((by == "all-word" and _quoted(text, match)) or named[at] or _named(text, match)):
                continue
            left, right = _stretch(text, match.start(), match.end())
            if text[right - 1] == "的" and text[right : right + 1] == ",":
                continue  # a condition: 所有…的,
            if _bare(text, match, left, right):
                continue
            found.append(_wholly_removed(text, Covered(match.start(), match.end(), left, right, by)))
    return _merged(text, found)


def _counted(text: str) -> str:
    return next((c for c in reversed(text) if c in "个名户人村乡镇处所项件位例起条"), "")


def _unit_of_nought(before: str, behind: str) -> str:
    """What "none" counts where no measure word says it: households, people, else things."""
    if re.search(r"(?:户|家庭)[一-龥]{0,2}$", before):
        return "户"
    people = rf"(?:{any_of(grammar().units.people_nouns)}|少年|对象)[一-龥]{{0,6}}$"
    return "人" if re.search(people, before) or behind in ("辍学", "失学", "返贫", "致贫") else "个"


def _wholly_removed(text: str, one: Covered) -> Covered:
    """全面消除 X: what is done away with is nought."""
    behind = text[one.end : one.end + 6]
    if text[one.start : one.end] in ("全面", "全部") and behind.startswith(grammar().words.coverage.remove):
        what = text[one.end : one.right]
        unit = "户" if re.search("户|家庭", what) else "人" if re.search("人口|人员", what) else "个"
        return Covered(one.start, one.end, one.left, one.right, "none-left", True, unit)
    return one


def _quoted(text: str, match: re.Match[str]) -> bool:
    """In a short quotation the word is a name or a slogan."""
    opening = text.rfind("“", max(0, match.start() - 12), match.start())
    closing = text.find("”", match.end(), match.end() + 12)
    if opening == -1 or closing == -1 or "”" in text[opening : match.start()]:
        return False
    return closing - opening <= 12


def _named(text: str, match: re.Match[str]) -> bool:
    """In a quotation that names something (“…全覆盖”项目, “…不落一人”的总体要求) the word is a part of the name."""
    closing = text.find("”", match.end(), match.end() + 16)
    opening = text.rfind("“", max(0, match.start() - 40), match.start())
    if closing == -1 or opening == -1 or "”" in text[opening : match.start()] or "“" in text[match.end() : closing]:
        return False
    return bool(_NAMED_BEHIND.match(text, closing + 1))


_NAMED_BEHIND = re.compile(
    r"(?:项目|工程|行动|计划|成果|机制|制度|品牌|活动)|的?(?:总体|基本|总)?(?:要求|原则|方针|理念|精神|思路)"
)


def _stretch(text: str, start: int, end: int) -> tuple[int, int]:
    """The part of the sentence that the word speaks of; parts of a list each have their own 全覆盖."""
    left, right = clause(text, start, end, _SEGMENT_MARKS)
    word = text[start:end]
    if word.endswith(("覆盖", "部", "面")):
        ahead = text[left:start]
        previous = max(ahead.rfind(mark) for mark in ("全覆盖、", "全部", "入住、", "%、", "”、", "〞、"))
        listed = re.search(r"(?:全覆盖|全部[^,;。、]{1,10}|全面[^,;。、]{1,8})、(?=[^、]*$)", ahead)
        if previous != -1 and listed:
            left += listed.end()
        listed_after = text.find("、", end, right)
        if listed_after != -1 and re.search(r"全覆盖|全部|全面", text[listed_after:right]):
            right = listed_after
    return left, right


def _bare(text: str, match: re.Match[str], left: int, right: int) -> bool:
    """A slogan of the word alone (无禁区、全覆盖、零容忍)."""
    part_left, part_right = clause(text, match.start(), match.end(), _SEGMENT_MARKS + "、“”")
    content = text[part_left:part_right].strip()
    if len(content) > grammar().words.coverage.bare_longest or match[0] not in grammar().words.coverage.whole:
        return False
    return bool(re.search("[、,“”]", text[max(0, part_left - 1) : part_left] + text[part_right : part_right + 1]))


def _merged(text: str, found: list[Covered]) -> list[Covered]:
    """One statement for each stretch: the word that comes last in it decides (所有 … 全部 is one statement)."""
    kept: list[Covered] = []
    for one in sorted(found, key=lambda c: (c.left, c.right, c.zero, c.end)):
        if kept and not one.zero and not kept[-1].zero and one.left < kept[-1].right and kept[-1].left < one.right:
            before = kept[-1]
            kept[-1] = Covered(
                min(before.start, one.start),
                max(before.end, one.end),
                min(before.left, one.left),
                max(before.right, one.right),
                before.by,
            )
        else:
            kept.append(one)
    return kept
