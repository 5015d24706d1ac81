"""The list of visits, its file, and how far the visits of a period have come in each village."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.areas.models import Area
from bangfu.common.paging import counted
from bangfu.visits import lists, selectors
from bangfu.visits.exporting import export_visits
from bangfu.visits.lists import MINE, SUSPECT, UNEXPLAINED, Wanted
from bangfu.visits.loading import checklists
from bangfu.visits.models import Channel
from bangfu.web.filters import ANY, Choice, ListFilter, number_asked, order_choice, search_box
from bangfu.web.forms import choose
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.listing import heads, page_of
from bangfu.web.scope import scope_of
from bangfu.web.visits.rows import rows_of

ORDER_LABELS = {
    "day": gettext_lazy("按走访日期，新的在前"),
    "place": gettext_lazy("按所在地"),
    "officer": gettext_lazy("按走访人"),
    "received": gettext_lazy("按收到时间，新的在前"),
    "-day": gettext_lazy("按走访日期，早的在前"),
    "-place": gettext_lazy("按所在地，倒序"),
    "-officer": gettext_lazy("按走访人，倒序"),
    "-received": gettext_lazy("按收到时间，早的在前"),
}


class VisitFilter(ListFilter):
    """Every question that the list of visits answers."""

    q = search_box(gettext_lazy("姓名、拼音首字母、证件号后六位、户编号、走访人"))
    whose = Choice(label=gettext_lazy("谁的走访"), required=False, choices=(ANY, (MINE, gettext_lazy("我的走访"))))
    checklist = Choice(label=gettext_lazy("清单"), required=False)
    since = forms.DateField(label=gettext_lazy("从"), required=False)
    until = forms.DateField(label=gettext_lazy("到"), required=False)
    channel = Choice(label=gettext_lazy("方式"), required=False, choices=(ANY, *Channel.choices))
    doubt = Choice(
        label=gettext_lazy("存疑"),
        required=False,
        choices=(
            ANY,
            (SUSPECT, gettext_lazy("存疑的走访")),
            (UNEXPLAINED, gettext_lazy("存疑且尚未说明的走访")),
        ),
    )
    household = number_asked()
    order = order_choice(ORDER_LABELS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "checklist", [ANY, *((each.id, str(each.label)) for each in checklists().values())])

    def wanted(self, area: Area | None) -> Wanted:
        return Wanted(area=area, **{"order": "day", **self.answers()})


@needs("visits.view")
@require_safe
def visit_list(request: HttpRequest) -> HttpResponse:
    """The visits that the officer may see, the latest first; htmx gets the rows alone."""
    officer, scope = officer_of(request), scope_of(request, "visits.view")
    form = VisitFilter(request.GET.dict())
    wanted = form.wanted(scope.area)
    rows = lists.visits(officer, wanted)
    shown, context = page_of(request, lambda page: lists.rows_of_page(rows, wanted.order, page), lambda: counted(rows))
    context |= {
        "scope": scope,
        "form": form,
        "wanted": wanted,
        "waiting": selectors.waiting_for(officer),
        "rows": rows_of(shown),
        "heads": heads(request, lists.ORDERS, wanted.order, lists.FALLING),
    }
    part = "#rows" if asked_by_htmx(request, "rows") else ""
    return render(request, f"visits/visit_list.html{part}", context)


@needs("registry.export")
@require_POST
def visit_export(request: HttpRequest) -> HttpResponse:
    """What the list's filter shows, whole; `format` is xlsx or csv."""
    officer, scope = officer_of(request), scope_of(request, "visits.view")
    wanted = VisitFilter(request.GET.dict()).wanted(scope.area)
    words = [f"{name}={value}" for name, value in request.GET.items() if value and name not in ("page", "q", "area")]
    if scope.here:
        words.insert(0, scope.here.name)
    made = export_visits(
        officer,
        lists.in_order(lists.visits(officer, wanted), wanted.order),
        fmt=request.POST.get("format", "xlsx"),
        filters="; ".join(words),
    )
    response = HttpResponse(made.content, content_type=made.media_type)
    response["Content-Disposition"] = content_disposition_header(True, made.name) or "attachment"
    return response


@needs("visits.view")
@require_safe
def villages(request: HttpRequest) -> HttpResponse:
    """Households visited and still to be visited in a period (by default this year so far), village by village."""
    officer, scope, today = officer_of(request), scope_of(request, "visits.view"), timezone.localdate()
    since = _day(request, "since") or date(today.year, 1, 1)
    until = _day(request, "until") or today
    counts = selectors.counts_by_village(officer, scope.here, since, until)
    total = {
        name: sum(getattr(each, name) for each in counts) for name in ("owed", "visited", "due", "visits", "walks")
    }
    context = {"scope": scope, "counts": counts, "total": total, "since": since, "until": until}
    context |= {"townships": on_map(counts), "steps": MAP_STEPS}
    return render(request, "visits/villages.html", context)


# The colours of the map: how far the visits of a village have come, from so many percent on.
MAP_STEPS = (
    (0, gettext_lazy("一户未走访")),
    (1, gettext_lazy("不到三成")),
    (30, gettext_lazy("三成以上")),
    (60, gettext_lazy("六成以上")),
    (100, gettext_lazy("全部走访")),
)


def on_map(counts: Sequence[selectors.VillageVisits]) -> list[dict[str, Any]]:
    """The schematic map: the townships as they follow each other, in each its villages as cells, coloured by the share
    of households visited; `step` None where no household is to be visited."""
    found: list[dict[str, Any]] = []
    for each in counts:
        if not found or found[-1]["township"] != each.village.parent:
            found.append({"township": each.village.parent, "cells": [], "owed": 0, "visited": 0})
        step = None
        if each.percent is not None:
            # Of ten thousand one is not none, and one short of all is not all.
            share = max(each.percent, 1) if each.visited else 0
            step = sum(1 for least, _label in MAP_STEPS if share >= least) - 1
        found[-1]["cells"].append({"each": each, "step": step})
        found[-1]["owed"] += each.owed
        found[-1]["visited"] += each.visited
    return found


def _day(request: HttpRequest, name: str) -> date | None:
    try:
        return parse_date(request.GET.get(name, ""))
    except ValueError:
        return None
