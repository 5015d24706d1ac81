"""Texts that people type: kept as typed, or refused; never cut and never read as anything but text."""

import unicodedata

from bangfu.casework.errors import TextTooLong


def plain(text: str, limit: int, field: str) -> str:
    """The text without blanks around it and without control characters (which no database keeps alike); line breaks
    stay. Markup stays as typed: pages show it as text. Raises TextTooLong, naming `field`."""
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
    if len(kept) > limit:
        raise TextTooLong(field=field, length=len(kept), limit=limit)
    return kept
