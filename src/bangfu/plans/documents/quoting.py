"""Where a document has a sentence that somebody quotes, what the reader makes of it, and under which headings."""

import re

from django.utils.translation import gettext as _

from bangfu.casework.texts import plain
from bangfu.plans.documents import errors
from bangfu.plans.models import Document
from bangfu.plans.reading import found as reading
from bangfu.plans.reading.reader import read_text

QUOTE_LIMIT = 1000
Span = tuple[int, int]


def quote_in(text: str, quote: str, near: int | None = None) -> Span:
    """Where a text has the quote: of several places the one nearest to `near`, else the first. Blanks and line breaks
    may differ, as they do when somebody copies from a page. Raises QuoteNotInText, TextTooLong."""
    wanted = plain(quote, QUOTE_LIMIT, _("原文"))
    marks = [re.escape(mark) for mark in wanted if not mark.isspace()]
    alike = "(?=(" + r"\s*".join(marks) + "))"  # looking ahead, since places may overlap
    places = [match.span(1) for match in re.finditer(alike, text)] if marks else []
    if not places:
        raise errors.QuoteNotInText(quote=wanted if len(wanted) <= 60 else f"{wanted[:60]}…")
    return min(places, key=lambda place: abs(place[0] - near)) if near is not None else places[0]


def read_alone(document: Document, span: Span) -> reading.Proposal | None:
    """What the reader makes of a quote by itself, offsets within the quote; None when nothing."""
    return next(iter(read_text(document.text[slice(*span)]).proposals), None)


def headings_at(document: Document, position: int) -> list[str]:
    """The headings above a place, the outermost first."""
    above: list[tuple[int, str]] = []
    piece = next((each["start"] for each in document.pieces if each["start"] <= position < each["end"]), 0)
    for heading in document.headings:
        if heading["start"] > position:
            break
        if heading["start"] >= piece:
            above = [each for each in above if each[0] < heading["level"]]
            above.append((heading["level"], heading["title"]))
    return [title for _level, title in above]
