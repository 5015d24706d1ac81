"""The reading desk: the text of a document, sheet by sheet, with marks in place, beside what was read in it; each to
accept, to mend or to refuse."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.accounts.models import Officer
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.plans import services
from bangfu.plans.documents import lists
from bangfu.plans.documents.fitting import measure_for
from bangfu.plans.documents.lists import ANY_DOUBT, DIFFERS, Narrowed, Sheet
from bangfu.plans.documents.words import (
    amount_of,
    amount_text,
    cadence_of,
    difference_label,
    difference_text,
    doubt_label,
    doubt_text,
)
from bangfu.plans.models import Document, Proposal, Target
from bangfu.plans.models.documents import BY_HAND, KIND_LABELS
from bangfu.plans.reading.endpoint import PATTERN as ENDPOINT
from bangfu.plans.reading.found import Kind
from bangfu.plans.targets.catalogue import catalogue
from bangfu.registry.intake.remembering import unpack
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.plans.documents import document_of
from bangfu.web.plans.marking import Anchors, Mark, marked

BUSY = (Document.State.WAITING, Document.State.RUNNING)
QUESTIONS = ("kind", "doubt", "state")
# Of long lists above the text so many are shown; the rest is folded away.
FEW = 5
# A longer table of contents shows chapters alone; beside the current sheet so many on either side are named.
LONG_OUTLINE, NEAR = 150, 4


def narrowed(request: HttpRequest) -> Narrowed:
    return Narrowed(**{name: request.GET.get(name, "") for name in QUESTIONS})


def address(document: Document, wanted: Narrowed, sheet: int = 1, anchor: str = "") -> str:
    """The desk of a document, narrowed as asked, at a sheet and a place of it."""
    query = {name: value for name in QUESTIONS if (value := getattr(wanted, name))}
    if sheet > 1:
        query["sheet"] = str(sheet)
    url = reverse("plan-document", args=[document.pk])
    return f"{url}{'?' + urlencode(query) if query else ''}{'#' + anchor if anchor else ''}"


@needs("plans.view")
@require_safe
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """While it is being read the page asks again; then the desk."""
    found = document_of(request, pk)
    error = unpack(found.error_code, found.error_facts) if found.error_code else None
    officer = officer_of(request)
    context: dict[str, Any] = {
        "document": found,
        "busy": found.state in BUSY and found.withdrawn_at is None,
        "error": error,
        "keeps": found.withdrawn_at is None and officer.may("plans.edit", found.place),
    }
    if found.state == Document.State.READ:
        context |= _desk(request, found)
    part = "#state" if asked_by_htmx(request, "state") else ""
    return render(request, f"plans/document.html{part}", context)


def _desk(request: HttpRequest, found: Document) -> dict[str, Any]:
    wanted, sheets = narrowed(request), lists.all_sheets(found)
    rows = lists.proposals(officer_of(request), found, wanted)
    starts = list(rows.values_list("start", flat=True)) if wanted.asked else []
    filled = {lists.sheet_of(sheets, start).number for start in starts}
    sheet = _asked(request, sheets, filled)
    shown = list(
        rows.filter(start__gte=sheet.start, start__lt=max(sheet.end, sheet.start + 1)).select_related("decided_by")
    )
    tally = lists.tally(found)
    around = [each for each in sheets if not wanted.asked or each.number in filled or each is sheet]
    return {
        "tally": tally,
        "wanted": wanted,
        "matching": len(starts),
        "undecided": wanted.asked and rows.filter(state=Proposal.State.OPEN).exists(),
        "filters": _filters(found, wanted, tally),
        "sheets": _named_sheets(found, wanted, around, sheet),
        "page": _neighbours(found, wanted, around, sheet),
        "text": _text(found, sheet, shown),
        "text_start": sheet.start,
        "cards": cards_of(officer_of(request), shown),
        "query": urlencode({name: value for name in QUESTIONS if (value := getattr(wanted, name))}),
        "differences": _differences(found, sheets),
        "few": FEW,
        "doubts": _doubts(found, sheets),
        "outline": _outline(found, sheets),
    }


def _asked(request: HttpRequest, sheets: Sequence[Sheet], filled: set[int]) -> Sheet:
    """The sheet that `?sheet=` asks for; else the first on which something is found."""
    text = request.GET.get("sheet", "")
    if text.isascii() and text.isdigit() and len(text) < 9:
        return sheets[min(max(int(text), 1), len(sheets)) - 1]
    return sheets[min(filled) - 1] if filled else sheets[0]


def _neighbours(found: Document, wanted: Narrowed, around: Sequence[Sheet], sheet: Sheet) -> dict[str, str]:
    at = around.index(sheet)
    return {
        "previous_url": address(found, wanted, around[at - 1].number) if at else "",
        "next_url": address(found, wanted, around[at + 1].number) if at + 1 < len(around) else "",
    }


def _named_sheets(found: Document, wanted: Narrowed, around: Sequence[Sheet], sheet: Sheet) -> list[dict[str, Any]]:
    """The first, the last and those near the current one; `gap` where some before it are left out."""
    at, named, before = around.index(sheet), [], -1
    for position, each in enumerate(around):
        if position in (0, len(around) - 1) or abs(position - at) <= NEAR:
            url = address(found, wanted, each.number)
            gap = position - before > 1
            named.append({"number": each.number, "url": url, "here": each is sheet, "gap": gap})
            before = position
    return named


def _filters(found: Document, wanted: Narrowed, tally: Mapping[str, int]) -> list[dict[str, Any]]:
    """By kind, by state and by doubt: each question with its answers, how many fit, and where each leads."""
    proposals = found.proposals.order_by()
    doubts: dict[str, int] = {}
    for kinds in proposals.exclude(doubt_kinds="").values_list("doubt_kinds", flat=True):
        for kind in kinds.strip(",").split(","):
            doubts[kind] = doubts.get(kind, 0) + 1
    differs = proposals.filter(differs=True).count()
    any_doubt = proposals.exclude(doubt_kinds="").count()
    questions: list[tuple[str, Any, list[tuple[str, Any, int]]]] = [
        ("kind", _("类别"), [(kind.value, KIND_LABELS[kind], tally.get(kind.value, 0)) for kind in Kind]),
        ("state", _("处理"), [(state, label, tally.get(state, 0)) for state, label in Proposal.State.choices]),
        (
            "doubt",
            _("存疑"),
            [
                (DIFFERS, _("数字对不上"), differs),
                (ANY_DOUBT, _("文字存疑"), any_doubt),
                *((kind, doubt_label(kind), number) for kind, number in sorted(doubts.items())),
            ],
        ),
    ]
    return [
        {
            "label": label,
            "answers": [
                {
                    "label": each,
                    "number": number,
                    "url": _turned(found, wanted, name, value),
                    "here": getattr(wanted, name) == value,
                }
                for value, each, number in answers
                if number or getattr(wanted, name) == value
            ],
        }
        for name, label, answers in questions
    ]


def _turned(found: Document, wanted: Narrowed, name: str, value: str) -> str:
    """The same desk with one answer chosen, or no longer chosen."""
    asked = {each: getattr(wanted, each) for each in QUESTIONS}
    asked[name] = "" if asked[name] == value else value
    return address(found, Narrowed(**asked))


# --- the text --------------------------------------------------------------------------------------------------------


def _text(found: Document, sheet: Sheet, shown: Sequence[Proposal]) -> Any:
    """The sheet's text; what begins on it and is shown has a number that leads to its card."""
    marks, anchors = [], dict[int, Anchors]()

    def at(position: int) -> Anchors:
        return anchors.setdefault(position, Anchors())

    for each in shown:
        marks += [Mark(each.start, each.end, f"q q-{each.kind}"), Mark(each.at_start, each.at_end, "n")]
        at(each.start).names.append(f"q{each.pk}")
        label = _("第 {number} 项").format(number=each.number_in_text)
        at(min(each.end, sheet.end)).links.append((f"#p{each.pk}", str(each.number_in_text), label))
    for doubt in found.doubts:
        marks.append(Mark(doubt["start"], doubt["end"], "doubt-mark", doubt_text(doubt)))
        if sheet.start <= doubt["start"] < sheet.end:
            at(doubt["start"]).names.append(f"x{doubt['start']}-{doubt['doubt']}")
    for number, difference in enumerate(found.differences, start=1):
        for which, place in enumerate((difference["first"], *difference["others"])):
            marks.append(Mark(place["start"], place["end"], "differs", difference_text(difference)))
            if sheet.start <= place["start"] < sheet.end:
                at(place["start"]).names.append(f"d{number}-{which}")
    for heading in found.headings:
        if sheet.start <= heading["start"] < sheet.end:
            at(heading["start"]).names.append(f"h{heading['start']}")
            marks.append(Mark(heading["start"], heading["end"], "head"))
    return marked(found.text, sheet.start, sheet.end, marks, anchors)


def _link(found: Document, sheets: Sequence[Sheet], position: int, anchor: str) -> str:
    return address(found, Narrowed(), lists.sheet_of(sheets, position).number, anchor)


def _differences(found: Document, sheets: Sequence[Sheet]) -> list[dict[str, Any]]:
    """What does not add up, with both places."""
    return [
        {
            "label": difference_label(each["difference"]),
            "text": difference_text(each),
            "places": [
                {"quote": place["quote"], "url": _link(found, sheets, place["start"], f"d{number}-{which}")}
                for which, place in enumerate((each["first"], *each["others"]))
            ],
        }
        for number, each in enumerate(found.differences, start=1)
    ]


def _doubts(found: Document, sheets: Sequence[Sheet]) -> list[dict[str, Any]]:
    """The doubts about the text, by kind, with some of their places."""
    kinds: dict[str, list[Any]] = {}
    for each in found.doubts:
        kinds.setdefault(each["doubt"], []).append(each)
    return [
        {
            "label": doubt_label(kind),
            "number": len(rows),
            "places": [
                {
                    "text": doubt_text(each),
                    "url": _link(found, sheets, each["start"], f"x{each['start']}-{each['doubt']}"),
                }
                for each in rows[:FEW]
            ],
        }
        for kind, rows in sorted(kinds.items())
    ]


def _outline(found: Document, sheets: Sequence[Sheet]) -> list[dict[str, Any]]:
    """The documents in the file and their headings, each with its place."""
    parts = [(piece["start"], 0, piece["title"]) for piece in found.pieces]
    heads = [(head["start"], head["level"], head["title"]) for head in found.headings]
    if len(heads) > LONG_OUTLINE:
        heads = [head for head in heads if head[1] <= 1]
    return [
        {"title": title, "level": min(level, 4), "url": _link(found, sheets, start, f"h{start}" if level else "")}
        for start, level, title in sorted(parts + heads)
        if title.strip()
    ]


# --- cards -----------------------------------------------------------------------------------------------------------


def cards_of(officer: Officer, shown: Sequence[Proposal]) -> list[dict[str, Any]]:
    """What a card shows of each proposal, with the target that it has become."""
    targets = Target.objects.visible_to(officer).live().filter(proposal__in=[each.pk for each in shown])
    tracked = dict(targets.values_list("proposal_id", "pk"))
    return [
        {
            "proposal": each,
            "amount": amount_of(each),
            "cadence": cadence_of(each),
            "doubts": [doubt_label(kind) for kind in each.doubt_kinds.strip(",").split(",") if kind],
            "others": [amount_text(one["number"], one["unit"], one["comparison"]) for one in each.alternatives],
            "by_hand": each.pattern == BY_HAND,
            "by_endpoint": each.pattern == ENDPOINT,
            "helped": [
                _("{who} {amount}").format(who=one["who"], amount=amount_text(one["number"], one["unit"], "eq"))
                for one in each.beneficiaries
            ],
            "target": tracked.get(each.pk),
            "measure": catalogue().get(measure_for(each)) if _waits(each) else None,
            # A duty and a standard are decided where one sees what of policy they may be.
            "asks": each.kind in (Kind.DUTY, Kind.STANDARD),
        }
        for each in shown
    ]


def _waits(proposal: Proposal) -> bool:
    """Whether it may still become a target."""
    return proposal.kind == Kind.TARGET and proposal.state == Proposal.State.OPEN


def proposal_of(request: HttpRequest, pk: int) -> Proposal:
    """A proposal that the officer may see; any other does not exist."""
    rows = Proposal.objects.visible_to(officer_of(request)).select_related("document__area", "decided_by")
    found: Proposal = get_object_or_404(rows.defer("document__text"), pk=pk)
    return found


@needs("plans.edit")
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """On the desk: yes, no, or open again; htmx gets the card anew."""
    found, officer = proposal_of(request, pk), officer_of(request)
    deed, error = request.POST.get("do", ""), None
    try:
        if deed == "accept":
            # What the card said that it would be measured by is what was said yes to.
            services.accept(by=officer, proposal=found, measure=request.POST.get("measure", ""))
        elif deed == "refuse":
            services.refuse(by=officer, proposal=found)
        elif deed == "reopen":
            services.reopen(by=officer, proposal=found)
    except NotAllowed:
        raise
    except BangfuError as refused:
        error = refused
    if asked_by_htmx(request):
        card = cards_of(officer, [proposal_of(request, pk)])[0]
        tally = lists.tally(found.document)
        context = {"card": card, "error": error, "keeps": True, "tally": tally, "document": found.document}
        return render(request, "plans/parts/document_card_alone.html", context)
    if error is not None:
        messages.error(request, error.message)
    sheet = lists.sheet_of(lists.all_sheets(found.document), found.start)
    return redirect(address(found.document, narrowed(request), sheet.number, f"p{pk}"))


@needs("plans.edit")
@require_POST
def refuse_shown(request: HttpRequest, pk: int) -> HttpResponse:
    """All that the desk is narrowed to and that is still open, at once."""
    found, officer, wanted = document_of(request, pk), officer_of(request), narrowed(request)
    rows = lists.proposals(officer, found, wanted).filter(state=Proposal.State.OPEN)
    number = services.refuse_many(by=officer, document=found, proposals=list(rows.values_list("pk", flat=True)))
    messages.success(request, _("{number} 项不采纳。").format(number=number))
    return redirect(address(found, wanted))
