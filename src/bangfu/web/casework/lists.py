"""The list of cases, and the boards that count them by step."""

from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.casework import lists, selectors
from bangfu.casework.lists import CLOSED, DUE_SOON, LATE, MINE, ON_TIME, RISEN, RUNNING, Wanted
from bangfu.casework.procedures import Channel
from bangfu.casework.words import channel_label
from bangfu.common.paging import counted
from bangfu.web.casework.rows import rows_of
from bangfu.web.filters import ANY, Choice, ListFilter, number_asked, order_choice, search_box
from bangfu.web.forms import choose
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.listing import heads, page_of
from bangfu.web.scope import scope_of

# How many cases of a step stand on a board.
FEW = 6
ORDER_LABELS = {
    "due": gettext_lazy("按办理期限，先到期的在前"),
    "opened": gettext_lazy("按开案日期，早的在前"),
    "place": gettext_lazy("按所在地"),
    "step": gettext_lazy("按程序和环节"),
    "number": gettext_lazy("按案号"),
    "-due": gettext_lazy("按办理期限，后到期的在前"),
    "-opened": gettext_lazy("按开案日期，新的在前"),
    "-place": gettext_lazy("按所在地，倒序"),
    "-step": gettext_lazy("按程序和环节，倒序"),
    "-number": gettext_lazy("按案号，倒序"),
}


class CaseFilter(ListFilter):
    """Every question that a list of cases answers."""

    # whose cases are shown is said above the list
    told_anyhow = frozenset({"whose"})

    q = search_box(gettext_lazy("姓名、拼音首字母、证件号后六位、案号"))
    whose = Choice(
        label=gettext_lazy("由谁办理"),
        required=False,
        choices=(
            (MINE, gettext_lazy("等我办理")),
            (RISEN, gettext_lazy("下级超期")),
            ("all", gettext_lazy("全部")),
        ),
    )
    clock = Choice(
        label=gettext_lazy("期限"),
        required=False,
        choices=(
            ANY,
            (LATE, gettext_lazy("已超期")),
            (DUE_SOON, gettext_lazy("快到期")),
            (ON_TIME, gettext_lazy("未到期")),
        ),
    )
    procedure = Choice(label=gettext_lazy("程序"), required=False)
    step = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    state = Choice(
        label=gettext_lazy("状态"),
        required=False,
        choices=(("", gettext_lazy("在办")), (CLOSED, gettext_lazy("已办结")), (lists.ALL, gettext_lazy("全部"))),
    )
    channel = Choice(label=gettext_lazy("来源"), required=False)
    round = number_asked()
    order = order_choice(ORDER_LABELS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {procedure.id: str(procedure.label) for procedure in lists.versions().values()}
        choose(self, "procedure", [ANY, *sorted(known.items(), key=lambda each: each[1])])
        choose(self, "channel", [ANY, *((each.value, channel_label(each)) for each in Channel)])

    def wanted(self, area: Area | None) -> Wanted:
        given = self.answers()
        whose = given.pop("whose", "all")
        return Wanted(area=area, whose="" if whose == "all" else whose, **{"order": "due", "state": RUNNING, **given})


@needs("cases.view")
@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """The cases that wait for the officer, unless something else is asked for; htmx gets the rows alone."""
    officer, today = officer_of(request), timezone.localdate()
    scope = scope_of(request, "cases.view")
    asked = any(request.GET.get(name) for name in ("q", "procedure", "step", "state", "channel", "round", "area"))
    usual = "all" if asked or not officer.has_perm("cases.act") else MINE
    # the field shows what the list shows, also when nothing was chosen
    form = CaseFilter({**request.GET.dict(), "whose": request.GET.get("whose") or usual})
    wanted = form.wanted(scope.area)
    rows = lists.cases(officer, wanted, today)
    shown, context = page_of(request, lambda page: lists.rows_of_page(rows, wanted.order, page), lambda: counted(rows))
    context |= {
        "scope": scope,
        "form": form,
        "wanted": wanted,
        "mine": wanted.whose == MINE,
        "rows": rows_of(shown, today),
        "heads": heads(request, lists.ORDERS, wanted.order),
    }
    part = "#rows" if asked_by_htmx(request, "rows") else ""
    return render(request, f"casework/case_list.html{part}", context)


@needs("cases.view")
@require_safe
def boards(request: HttpRequest) -> HttpResponse:
    """How many cases stand at each step of each procedure."""
    scope = scope_of(request, "cases.view")
    found = selectors.boards(officer_of(request), scope.here, timezone.localdate())
    return render(request, "casework/boards.html", {"scope": scope, "boards": found})


@needs("cases.view")
@require_safe
def board(request: HttpRequest, procedure: str) -> HttpResponse:
    """One procedure: its steps beside each other, the most urgent cases of each."""
    scope, today = scope_of(request, "cases.view"), timezone.localdate()
    officer = officer_of(request)
    found = next((b for b in selectors.boards(officer, scope.here, today) if b.procedure.id == procedure), None)
    if found is None:
        raise Http404
    columns = [
        {"at": at, "rows": _urgent(officer, scope.here, procedure, at.step.id, today), "more": max(at.number - FEW, 0)}
        for at in found.steps
        if at.number
    ]
    return render(request, "casework/board.html", {"scope": scope, "board": found, "columns": columns})


def _urgent(officer: Officer, area: Area | None, procedure: str, step: str, today: date) -> list[dict[str, Any]]:
    wanted = Wanted(area=area, procedure=procedure, step=step)
    return rows_of(lists.rows_of_page(lists.cases(officer, wanted, today), "due", 1)[:FEW], today)
