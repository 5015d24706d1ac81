"""Texts that people type: kept as typed, or refused; never cut and never read as anything but text."""

import re
import unicodedata
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.support import errors

NAME_LIMIT = 60
UNIT_LIMIT = 120
REASON_LIMIT = 200
# A mobile number, or a land line with its area code and perhaps an extension.
PHONE = re.compile(r"1\d{10}|0\d{2,3}-?\d{7,8}(-\d{1,6})?")


def plain(text: str, limit: int, field: str) -> str:
    """The text without control characters and blanks around it. Raises TextTooLong, naming `field`."""
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
    if len(kept) > limit:
        raise errors.TextTooLong(field=field, length=len(kept), limit=limit)
    return kept


def wanted(text: str, limit: int, field: str) -> str:
    """The same of a text that must be there. Raises FieldMissing, TextTooLong."""
    kept = plain(text, limit, field)
    if not kept:
        raise errors.FieldMissing(field=field)
    return kept


def reason_of(text: str) -> str:
    """Why something is done. Raises ReasonNeeded, TextTooLong."""
    kept = plain(text, REASON_LIMIT, _("原因"))
    if not kept:
        raise errors.ReasonNeeded()
    return kept


def phone_of(text: str) -> str:
    """A telephone number without blanks; "" for none. Raises PhoneWrong."""
    kept = "".join(unicodedata.normalize("NFKC", text).split())
    if kept and not PHONE.fullmatch(kept):
        raise errors.PhoneWrong(phone=text)
    return kept


def not_ahead(day: date) -> date:
    """The day, unless it is still to come. Raises DayAhead."""
    if day > timezone.localdate():
        raise errors.DayAhead(day=day)
    return day
