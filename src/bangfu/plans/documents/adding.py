"""What the reader missed, added by hand: a verb of `plans.services` in a file of its own. It quotes the text word by
word, and is then decided on like anything that was read."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from bangfu.accounts.models import Officer
from bangfu.audit.services import record
from bangfu.plans.documents import errors
from bangfu.plans.documents.proposals import cleaned, fits
from bangfu.plans.documents.quoting import Span, headings_at, quote_in
from bangfu.plans.documents.receiving import locked
from bangfu.plans.models import Document, Proposal
from bangfu.plans.models.documents import BY_HAND, MENDED
from bangfu.plans.reading.reader import read_text


@transaction.atomic
def add_by_hand(
    *, by: Officer | None, document: Document, quote: str, values: Mapping[str, Any], near: int | None = None
) -> Proposal:
    """Make a proposal of a sentence of the text; `values` are those of MENDED, at least kind, number and comparison.

    Raises NotAllowed, DocumentWithdrawn, QuoteNotInText, ProposalKnown, RangeWrong, DeadlineWrong, TextTooLong."""
    now = locked(document.pk, by)
    start, end = quote_in(now.text, quote, near)
    given = {name: cleaned(name, value) for name, value in values.items() if name in MENDED}
    last = now.proposals.aggregate(last=Max("number_in_text"))["last"] or 0
    at_start, at_end = _at(now, (start, end), given["number"])
    doubts = [each for each in now.doubts if each["start"] < end and each["end"] > start]
    kinds = sorted({each["doubt"] for each in doubts})
    made = Proposal(
        document=now,
        number_in_text=last + 1,
        piece=next((each["number"] for each in now.pieces if each["start"] <= start < each["end"]), 1),
        start=start,
        end=end,
        at_start=at_start,
        at_end=at_end,
        quote=now.text[start:end],
        **given,
        heading=headings_at(now, start),
        pattern=BY_HAND,
        doubts=doubts,
        doubt_kinds=f",{','.join(kinds)}," if kinds else "",
    )
    fits(made)
    known = now.proposals.filter(
        start__lt=end, end__gt=start, number=made.number, unit=made.unit, kind=made.kind
    ).first()
    if known is not None:
        raise errors.ProposalKnown(number=known.number_in_text, state=Proposal.State(known.state).label)
    made.save()
    record(actor=by, action="plan.proposal_added", subject=now, item=made.number_in_text)
    return made


def _at(document: Document, span: Span, number: Any) -> Span:
    """The place of the amount in the quote: where the reader finds that number, else the whole quote."""
    for each in read_text(document.text[slice(*span)]).proposals:
        if each.number == number or (isinstance(each.number, tuple) and each.number[0] == number):
            return span[0] + each.at[0], span[0] + each.at[1]
    return span
