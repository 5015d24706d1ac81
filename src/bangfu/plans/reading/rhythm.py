"""How often something is done: 每月, 每季度, 全年 … 2次, 半月一调度."""

import re
from dataclasses import dataclass
from functools import cache

from bangfu.plans.reading.words import any_of, grammar


@dataclass(frozen=True, slots=True)
class Rhythm:
    start: int
    end: int
    period: str


# 每人每月补贴800元: the month says what the money is per, not how often something is done.
_PER_HEAD = re.compile(r"每[一-龥]{1,4}\Z")
_MONEY = re.compile(r"[^,;。0-9]{0,8}[0-9.]+[十百千万亿]*元")


@cache
def _finder() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((period, re.compile(pattern)) for period, pattern in grammar().words.rhythm.patterns.items())


@cache
def _deeds() -> re.Pattern[str]:
    return re.compile(rf"一[“‘]?{any_of(grammar().words.rhythm.deeds)}")


def rhythms(text: str) -> list[Rhythm]:
    """All words for a rhythm, in the order of the text; of overlapping ones the longest."""
    hits = [
        Rhythm(m.start(), m.end(), period)
        for period, pattern in _finder()
        for m in pattern.finditer(text)
        if not _PER_HEAD.search(text, max(0, m.start() - 8), m.start()) or not _MONEY.match(text, m.end())
    ]
    found: list[Rhythm] = []
    for hit in sorted(hits, key=lambda h: (h.start, h.start - h.end)):
        if not found or hit.start >= found[-1].end:
            found.append(hit)
    return found


def deed_after(text: str, rhythm: Rhythm) -> tuple[int, int] | None:
    """Where 一督查, 一调度 stands right behind the rhythm; None when nothing of the kind does."""
    match = _deeds().match(text, rhythm.end)
    return match.span() if match else None
