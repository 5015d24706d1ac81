"""Watched households: the list, and of one of them the risks and who keeps in touch with it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.areas.models import Area
from bangfu.casework import services, watched
from bangfu.casework.models import Recognition
from bangfu.casework.saying import CATEGORY, DISASTER, RISK
from bangfu.casework.watched import NO_CONTACT, NO_RISK, Wanted
from bangfu.common.masking import mask_phone
from bangfu.common.paging import counted
from bangfu.common.policy import code_list
from bangfu.web.filters import ANY, Choice, ListFilter, order_choice, search_box
from bangfu.web.forms import TablerForm, carried_out, choose
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.listing import heads, page_of
from bangfu.web.scope import scope_of

ORDER_LABELS = {
    "since": gettext_lazy("按纳入日期，新的在前"),
    "place": gettext_lazy("按所在地"),
    "category": gettext_lazy("按类别"),
    "-since": gettext_lazy("按纳入日期，早的在前"),
    "-place": gettext_lazy("按所在地，倒序"),
    "-category": gettext_lazy("按类别，倒序"),
}


class WatchedFilter(ListFilter):
    """Every question that the list of watched households answers."""

    q = search_box(gettext_lazy("姓名、拼音首字母、证件号后六位、户编号"))
    category = Choice(label=gettext_lazy("监测对象类别"), required=False)
    risk = Choice(label=gettext_lazy("风险"), required=False)
    lacks = Choice(
        label=gettext_lazy("缺什么"),
        required=False,
        choices=(
            ANY,
            (NO_RISK, gettext_lazy("没有登记风险的")),
            (NO_CONTACT, gettext_lazy("没有监测联系人的")),
        ),
    )
    order = order_choice(ORDER_LABELS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "category", [ANY, *code_list(CATEGORY).choices()])
        choose(self, "risk", [ANY, *code_list(RISK).choices()])

    def wanted(self, area: Area | None) -> Wanted:
        return Wanted(area=area, **{"order": "since", **self.answers()})


class ContactForm(TablerForm):
    name = forms.CharField(label=gettext_lazy("监测联系人"), max_length=60)
    number = forms.CharField(
        label=gettext_lazy("监测联系人电话"), max_length=60, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )


class RiskForm(TablerForm):
    risk = forms.ChoiceField(label=gettext_lazy("返贫致贫风险"))
    disaster = forms.ChoiceField(label=gettext_lazy("自然灾害种类（因自然灾害的必填）"), required=False)
    note = forms.CharField(label=gettext_lazy("说明（选“其他”的必填）"), max_length=200, required=False)
    found_on = forms.DateField(label=gettext_lazy("发现日期"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "risk", [("", _("请选择")), *code_list(RISK).choices()])
        choose(self, "disaster", [("", _("请选择")), *code_list(DISASTER).choices()])


@needs("cases.view")
@require_safe
def watched_list(request: HttpRequest) -> HttpResponse:
    """The households that are watched today; htmx gets the rows alone."""
    officer, scope, today = officer_of(request), scope_of(request, "cases.view"), timezone.localdate()
    form = WatchedFilter(request.GET.dict())
    wanted = form.wanted(scope.area)
    rows = watched.watched(officer, wanted, today)
    shown, context = page_of(
        request, lambda page: watched.rows_of_page(rows, wanted.order, page), lambda: counted(rows)
    )
    context |= {
        "scope": scope,
        "form": form,
        "wanted": wanted,
        "rows": [_row(each) for each in shown],
        "heads": heads(request, watched.ORDERS, wanted.order, watched.FALLING),
    }
    part = "#rows" if asked_by_htmx(request, "rows") else ""
    return render(request, f"casework/watched_list.html{part}", context)


def _row(each: Recognition) -> dict[str, Any]:
    return {
        "watched": each,
        "category": code_list(CATEGORY).label_of(each.monitor_category),
        "risks": [code_list(RISK).label_of(risk.code) for risk in each.risks.all() if risk.cleared_on is None],
    }


def _watched(request: HttpRequest, pk: int) -> Recognition:
    rows = Recognition.objects.visible_to(officer_of(request)).filter(kind=Recognition.Kind.WATCHED, void=False)
    found: Recognition = get_object_or_404(rows.select_related("household__village", "case", "ended_by"), pk=pk)
    return found


@needs("cases.view")
@require_safe
def watched_one(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _watched(request, pk))


def _page(request: HttpRequest, found: Recognition, status: int = 200, **given: Any) -> HttpResponse:
    may_edit = found.ends_on is None and officer_of(request).may("cases.act", found.place)
    # Nobody is shown a number in full by opening a form: whoever replaces the contact types the number.
    contact = {"name": found.contact_name}
    context = {
        "watched": found,
        "category": code_list(CATEGORY).label_of(found.monitor_category),
        "risks": [
            {
                "risk": risk,
                "label": code_list(RISK).label_of(risk.code),
                "disaster": code_list(DISASTER).label_of(risk.disaster),
            }
            for risk in found.risks.order_by("found_on", "pk")
        ],
        "phone": mask_phone(found.contact_phone),
        "contact_form": given.get("contact_form", ContactForm(initial=contact)) if may_edit else None,
        "risk_form": given.get("risk_form", RiskForm()) if may_edit else None,
    }
    return render(request, "casework/watched.html", context, status=status)


@needs("cases.act")
@require_POST
def watched_contact(request: HttpRequest, pk: int) -> HttpResponse:
    found = _watched(request, pk)
    form = ContactForm(request.POST)
    if form.is_valid() and carried_out(
        form, lambda: services.name_contact(by=officer_of(request), watched=found, **form.cleaned_data)
    ):
        messages.success(request, _("已登记监测联系人。"))
        return redirect("watched", pk)
    return _page(request, found, 422, contact_form=form)


@needs("cases.act")
@require_POST
def watched_risk(request: HttpRequest, pk: int) -> HttpResponse:
    found = _watched(request, pk)
    form = RiskForm(request.POST)
    if form.is_valid() and carried_out(
        form, lambda: services.add_risk(by=officer_of(request), watched=found, **form.cleaned_data)
    ):
        messages.success(request, _("已补登风险。"))
        return redirect("watched", pk)
    return _page(request, found, 422, risk_form=form)
