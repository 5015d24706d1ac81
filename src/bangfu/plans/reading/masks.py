"""Numbers that are names: document numbers, ordinals, titles, slogans, programmes, roads, telephone numbers."""

import re
from functools import cache

from bangfu.plans.reading.words import grammar

_DOCUMENT_NUMBER = r"[(\[][ ]*(?:19|20)[0-9xX_]{2}[)\]][ ]*[0-9]+号"


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join([_DOCUMENT_NUMBER, *grammar().words.labels.patterns]))


def names(text: str) -> bytearray:
    """One byte for each character: 1 where a number would be part of a name. `text` in the form for matching."""
    covered = bytearray(len(text))
    for match in _pattern().finditer(text):
        covered[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
    return covered
