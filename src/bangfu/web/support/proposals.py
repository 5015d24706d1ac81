"""Proposals: have one worked out, look at it, take it wholly or in part."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.areas.models import Area
from bangfu.registry.intake.remembering import unpack
from bangfu.support import services
from bangfu.support.models import Proposal, ProposedPair
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import without
from bangfu.web.scope import scope_of

SHOWN = 20
ROWS = 100
BUSY = (Proposal.State.WAITING, Proposal.State.RUNNING)


@needs("support.view")
@require_safe
def proposal_list(request: HttpRequest) -> HttpResponse:
    officer = officer_of(request)
    scope = scope_of(request, "support.edit")
    found = Proposal.objects.visible_to(officer).select_related("area", "made_by")[:SHOWN]
    context = {"scope": scope, "elsewhere": without(request, "area").urlencode(), "proposals": found}
    return render(request, "support/proposal_list.html", context)


@needs("support.edit")
@require_POST
def proposal_new(request: HttpRequest) -> HttpResponse:
    """For the area that was chosen; worked out in the background."""
    officer = officer_of(request)
    wanted = request.POST.get("area", "")
    pk = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else 0
    area = get_object_or_404(Area.objects.visible_to(officer).current(), pk=pk)
    made = services.propose(by=officer, area=area)
    messages.success(request, _("已开始计算，可以离开本页。"))
    return redirect("proposal", made.pk)


def proposal_of(request: HttpRequest, pk: int) -> Proposal:
    rows = Proposal.objects.visible_to(officer_of(request)).select_related("area", "made_by")
    found: Proposal = get_object_or_404(rows, pk=pk)
    return found


@needs("support.view")
@require_safe
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """What is proposed, a page at a time (`?after=`), and where helpers lack; while it is worked out the page asks
    again."""
    found = proposal_of(request, pk)
    officer = officer_of(request)
    pairs = ProposedPair.objects.visible_to(officer).filter(proposal=found)
    wanted = request.GET.get("state", ProposedPair.State.OPEN)
    if wanted not in ProposedPair.State.values:
        wanted = ProposedPair.State.OPEN
    after = request.GET.get("after", "")
    shown = (
        pairs.filter(state=wanted).select_related("household__village", "helper__unit", "before__unit").order_by("pk")
    )
    if after.isascii() and after.isdigit() and len(after) < 19:
        shown = shown.filter(pk__gt=int(after))
    rows: list[Any] = list(shown[: ROWS + 1])
    more, rows = len(rows) > ROWS, rows[:ROWS]
    villages = Area.objects.visible_to(officer).in_bulk([village for village, _number in found.lacking])
    error = unpack(found.error_code, found.error_facts) if found.error_code else None
    context = {
        "proposal": found,
        "busy": found.state in BUSY,
        "error": error,
        "figures": found.figures,
        "steps": [
            {"label": label, "number": found.figures.get(f"steps_{number}", 0)}
            for number, label in enumerate((_("同村"), _("同乡镇"), _("同县"), _("同市（州）"), _("同省"), _("省外")))
            if found.figures.get(f"steps_{number}")
        ],
        "lacking": [
            {"village": villages[village], "number": number} for village, number in found.lacking if village in villages
        ],
        "rows": rows,
        "state": wanted,
        "states": ProposedPair.State.choices,
        "decides": found.state == Proposal.State.READY
        and wanted == ProposedPair.State.OPEN
        and officer.may("support.edit", found.area.place),
        "page": {
            "previous_url": f"?state={wanted}" if after else "",
            "next_url": f"?state={wanted}&after={rows[-1].pk}" if more else "",
        },
    }
    part = "#state" if request.headers.get("HX-Target") == "state" else ""
    return render(request, f"support/proposal.html{part}", context)


@needs("support.edit")
@require_POST
def proposal_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """take: those ticked; take_all: all that are open; decline: those ticked; decline_all."""
    officer, found = officer_of(request), proposal_of(request, pk)
    deed = next((name for name in ("take", "take_all", "decline", "decline_all") if name in request.POST), "take")
    ticked = [int(each) for each in request.POST.getlist("pair") if each.isascii() and each.isdigit()]
    pairs = None if deed.endswith("_all") else ticked
    if deed.startswith("take"):
        done = services.take(by=officer, proposal=found, pairs=pairs)
        messages.success(request, _("已采纳 {number} 户。").format(number=done.number))
        for row, fault in done.refused[:5]:
            messages.warning(request, f"{row.household.head_name} {fault.message}")
        if len(done.refused) > 5:
            messages.warning(request, _("还有 {number} 户情况已变，没有采纳。").format(number=len(done.refused) - 5))
    else:
        number = services.decline(by=officer, proposal=found, pairs=pairs)
        messages.success(request, _("{number} 户不采纳。").format(number=number))
    return redirect("proposal", pk)
