"""Texts that people type: kept as typed, or refused; never cut and never read as anything but text."""

import re
import unicodedata

from bangfu.casework.errors import PhoneWrong, TextTooLong

PHONE = re.compile(r"\+?[0-9]{3,5}(-?[0-9]){2,15}")
PHONE_LIMIT = 20


def plain(text: str, limit: int, field: str) -> str:
    """The text without blanks around it and without control characters (which no database keeps alike); line breaks
    stay. Markup stays as typed: pages show it as text. Raises TextTooLong, naming `field`."""
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
    if len(kept) > limit:
        raise TextTooLong(field=field, length=len(kept), limit=limit)
    return kept


def phone(text: str, field: str) -> str:
    """A telephone number as it is kept: half-width, without blanks; "" for nothing. Raises PhoneWrong, TextTooLong."""
    number = "".join(unicodedata.normalize("NFKC", plain(text, 60, field)).split())
    if number and (len(number) > PHONE_LIMIT or not PHONE.fullmatch(number)):
        raise PhoneWrong(phone=number[:PHONE_LIMIT])
    return number
