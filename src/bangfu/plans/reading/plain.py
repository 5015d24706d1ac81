"""The form in which texts are matched: one character for each of the original, so that every offset is one of both.

Full-width letters, digits and punctuation become half-width, Traditional characters Simplified, brackets and quotation
marks one kind each, pieces of HTML blanks. Nothing that is shown is taken from here.
"""

import re
import unicodedata
from functools import cache
from typing import Any

from bangfu.plans.reading.words import grammar

# Two characters each: what stands in the text, and its form for matching; below, variants that OpenCC leaves.
_PAIRS = """〔( 〕) 【( 】) ﹝( ﹞) 『“ 「“ 〝“ 』” 」” 〞” 〟” ―— －- ‐- ‑- ﹣- −- ～~ 〜~ ﹒.
査查 裏里 臺台 幷并 爲为 衆众 羣群 戸户 戶户 囯国 麽么 佈布 僞伪 彙汇"""
_MARKS = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split()} | {"\u3000": " ", "\xa0": " "})
_LONGEST_LINE = 4000  # in a longer line straight quotation marks are left as they are: nobody can tell how they pair
_LESS, _MORE = re.compile(r"&?l?t;$"), re.compile(r"&?gt;$")


def plain(text: str) -> str:
    """`text` in the form for matching; always of the same length."""
    folded = "".join(map(_plain, text.translate(_MARKS)))
    return _without_scraps(_paired(folded) if '"' in folded else folded)


@cache
def _plain(character: str) -> str:
    if character.isascii():
        return character
    if not "①" <= character <= "⓿":  # a circled number is a mark of a list, not an amount
        folded = unicodedata.normalize("NFKC", character)
        character = folded if len(folded) == 1 else character
    if character >= "\u3400":
        simplified = str(_converter().convert(character))
        return simplified if len(simplified) == 1 else character
    return character


@cache
def _converter() -> Any:
    import opencc  # its tables cost 50 ms, which only readers of documents pay

    return opencc.OpenCC("t2s")


def _paired(text: str) -> str:
    """Straight quotation marks that pair within their line become opening and closing ones."""
    return "\n".join(
        re.sub(r'"([^"]*)"', r"“\1”", line) if len(line) <= _LONGEST_LINE and line.count('"') % 2 == 0 else line
        for line in text.split("\n")
    )


@cache
def scraps() -> re.Pattern[str]:
    """Pieces of HTML left in the text."""
    return re.compile("|".join(grammar().words.noise.scrap_patterns))


def _without_scraps(text: str) -> str:
    return scraps().sub(_blank, text) if ";" in text or "<" in text else text


def _blank(match: re.Match[str]) -> str:
    """Blanks; what was &lt; or &gt; keeps its meaning, for the doubt beside it to be judged by a person."""
    sign = "<" if _LESS.search(match[0]) else ">" if _MORE.search(match[0]) else " "
    return " " * (len(match[0]) - 1) + sign
