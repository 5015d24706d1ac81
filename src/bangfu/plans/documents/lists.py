"""What pages show of documents and of what was read in them. Everything starts at `visible_to`."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from django.db.models import Count, Q, QuerySet

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.paging import columns_of, cut
from bangfu.plans.models import Document, Proposal
from bangfu.plans.reading.found import DoubtKind, Kind

ORDERS = ("day", "title", "place")
FALLING = frozenset({"day"})
_COLUMNS = {"day": ("-uploaded_at", "-pk"), "title": ("title", "pk"), "place": ("place", "-pk")}
# How documents stand, besides the states of `Document.State`.
OPEN, SETTLED, WITHDRAWN = "open", "settled", "withdrawn"
# Besides the kinds of doubts: any of them, and amounts in sums that do not add up.
ANY_DOUBT, DIFFERS = "any", "differs"
# How much of a text stands on one sheet of the desk: as much as a person takes in, and no more proposals than that.
SHEET, MOST_ON_A_SHEET = 3_000, 30
_HEAVY = ("text", "pieces", "headings", "doubts", "differences")


# --- documents -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """What the list of documents is asked for; "" and None: not asked. state: OPEN (something in it is still to be
    decided), SETTLED (read, and nothing is), a state of the reading, or WITHDRAWN, who else are left out."""

    area: Area | None = None
    q: str = ""
    state: str = ""
    order: str = "day"

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self) if f.name not in ("order", "area"))


def documents(viewer: Officer, wanted: Wanted) -> QuerySet[Document]:
    """The documents that the viewer may see and that answer to `wanted`, without an order."""
    rows: QuerySet[Document] = Document.objects.visible_to(viewer).filter(
        withdrawn_at__isnull=wanted.state != WITHDRAWN
    )
    if wanted.area:
        rows = rows.filter(place__gte=wanted.area.reach.first, place__lte=wanted.area.reach.last)
    if wanted.state in Document.State.values:
        rows = rows.filter(state=wanted.state)
    undecided = Proposal.objects.filter(state=Proposal.State.OPEN).values("document_id")
    if wanted.state == OPEN:
        rows = rows.filter(pk__in=undecided)
    if wanted.state == SETTLED:
        rows = rows.filter(state=Document.State.READ).exclude(pk__in=undecided)
    words = wanted.q.split()
    for word in words[:5]:
        rows = rows.filter(Q(title__icontains=word) | Q(file_name__icontains=word))
    return rows


def rows_of_page(rows: QuerySet[Document], order: str, page: int) -> Sequence[Document]:
    """The rows of a page (from 1), and one more when another page follows."""
    return cut(rows.order_by(*columns_of(_COLUMNS, order)).select_related("area", "uploaded_by").defer(*_HEAVY), page)


def tallies(shown: Sequence[Document]) -> dict[int, dict[str, int]]:
    """By document how many proposals stand in which state."""
    told = (
        Proposal.objects.filter(document__in=[each.pk for each in shown])
        .order_by()
        .values_list("document_id", "state")
        .annotate(number=Count("pk"))
    )
    found = {each.pk: dict.fromkeys(Proposal.State.values, 0) for each in shown}
    for document, state, number in told:
        found[document][state] = number
    return found


# --- what was read in one document -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Narrowed:
    """Which proposals the desk shows; "" all. doubt: ANY_DOUBT, a kind of doubt, or DIFFERS."""

    kind: str = ""
    doubt: str = ""
    state: str = ""

    @property
    def asked(self) -> bool:
        return bool(self.kind or self.doubt or self.state)


def proposals(viewer: Officer, document: Document, wanted: Narrowed) -> QuerySet[Proposal]:
    """Those of a document that answer to `wanted`, in the order of the text."""
    rows: QuerySet[Proposal] = Proposal.objects.visible_to(viewer).filter(document=document)
    if wanted.kind in set(Kind):
        rows = rows.filter(kind=wanted.kind)
    if wanted.state in Proposal.State.values:
        rows = rows.filter(state=wanted.state)
    if wanted.doubt == ANY_DOUBT:
        rows = rows.exclude(doubt_kinds="")
    elif wanted.doubt == DIFFERS:
        rows = rows.filter(differs=True)
    elif wanted.doubt in set(DoubtKind):
        rows = rows.filter(doubt_kinds__contains=f",{wanted.doubt},")
    return rows.order_by("at_start", "start", "number_in_text")


def tally(document: Document) -> dict[str, int]:
    """How many proposals of a document stand in which state, and of which kind they are."""
    told = document.proposals.order_by().values_list("state", "kind").annotate(number=Count("pk"))
    found: Counter[str] = Counter()
    for state, kind, number in told:
        found[state] += number
        found[kind] += number
        found["all"] += number
    return dict(found)


# --- sheets ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """A part of a text that is shown at once, from `start` to `end`; `number` from 1."""

    number: int
    start: int
    end: int


def sheets(text: str, starts: Sequence[int]) -> list[Sheet]:
    """A text cut into sheets behind ends of lines (inside a line only where it is far too long), so that none has many
    more than SHEET characters or MOST_ON_A_SHEET of what begins at `starts` (rising). All of it, without a gap; an
    empty text is one sheet."""
    ends = [found.end() for found in re.finditer("\n", text)] + [len(text)]
    cuts, start, previous = [0], 0, 0
    for end in ends:
        while end - start > 2 * SHEET and previous == start:  # one line far too long
            start = previous = start + SHEET
            cuts.append(start)
        crowded = _between(starts, start, end) > MOST_ON_A_SHEET
        if (end - start > SHEET or crowded) and previous > start:
            cuts.append(previous)
            start = previous
        previous = end
    cuts.append(len(text))
    pairs = [(first, last) for first, last in pairwise(cuts) if last > first] or [(0, 0)]
    return [Sheet(number, first, last) for number, (first, last) in enumerate(pairs, start=1)]


def _between(starts: Sequence[int], first: int, last: int) -> int:
    """How many of the rising `starts` lie from `first` up to `last`, which is left out."""
    return bisect_right(starts, last - 1) - bisect_right(starts, first - 1)


def sheet_of(found: Sequence[Sheet], position: int) -> Sheet:
    """The sheet on which a place of the text stands."""
    at = bisect_right(found, position, key=lambda each: each.start) - 1
    return found[max(at, 0)]


def all_sheets(document: Document) -> list[Sheet]:
    """The sheets of a document: the same whichever of its proposals are shown."""
    starts: list[Any] = sorted(document.proposals.order_by().values_list("start", flat=True))
    return sheets(document.text, starts)
