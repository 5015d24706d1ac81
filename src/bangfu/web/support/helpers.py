"""Helpers: the list, the page of one with households, history and hand-over, registering and changing."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.accounts.models import Officer
from bangfu.common.masking import mask_phone
from bangfu.common.policy import code_list
from bangfu.registry.papers import open_file
from bangfu.support import selectors, services
from bangfu.support.models import Handover, Helper, Unit
from bangfu.web.files import as_file
from bangfu.web.forms import TablerForm, carried_out, choose
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import neighbours, without
from bangfu.web.scope import scope_of
from bangfu.web.support.picking import AreaField, areas_of, offers, picked
from bangfu.web.support.rows import loaded_row, rank_label

ROWS = 50
ANY = ("", gettext_lazy("不限"))


class HelperFilter(TablerForm):
    q = forms.CharField(
        label=gettext_lazy("搜索"),
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": gettext_lazy("姓名、拼音首字母、单位"),
                "autocomplete": "off",
                "enterkeyhint": "search",
            }
        ),
    )
    rank = forms.ChoiceField(label=gettext_lazy("职级"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "rank", [ANY, *code_list("helper_rank").choices()])


class HelperForm(TablerForm):
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=60)
    unit = forms.ModelChoiceField(label=gettext_lazy("单位"), queryset=Unit.objects.none())
    rank = forms.ChoiceField(label=gettext_lazy("职级"))
    position = forms.CharField(label=gettext_lazy("职务"), max_length=60, required=False)
    area = AreaField(
        label=gettext_lazy("工作所在区域"),
        required=False,
        help_text=gettext_lazy("在村里或包村工作的，选该村；留空为单位所在地。"),
    )
    phone = forms.CharField(label=gettext_lazy("联系电话"), max_length=20, required=False)
    username = forms.CharField(
        label=gettext_lazy("登录名"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("有系统账号的填写，登录后可看到自己帮扶的户。"),
    )

    def __init__(self, *args: Any, officer: Officer, helper: Helper | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper
        field: Any = self.fields["unit"]
        field.queryset = Unit.objects.visible_to(officer).filter(closed_on=None).order_by("name", "pk")
        choose(self, "rank", code_list("helper_rank").choices())
        area: Any = self.fields["area"]
        area.offer(areas_of(officer), _("单位所在地"))
        if helper is not None and helper.phone:
            self.fields["phone"].help_text = _("现为 {phone}，留空不改。").format(phone=mask_phone(helper.phone))

    def values(self) -> dict[str, Any]:
        """What the service takes. A phone left empty stays; a name of nobody's account is an error of its field."""
        given = dict(self.cleaned_data)
        username = given.pop("username")
        given["officer"] = selectors.account(username) if username else None
        if username and given["officer"] is None:
            self.add_error("username", _("没有这个登录名的账号。"))
        if not given["phone"] and self.helper is not None:
            given["phone"] = self.helper.phone
        return given


class HandOverForm(TablerForm):
    on = forms.DateField(label=gettext_lazy("移交日期"))
    reason = forms.CharField(label=gettext_lazy("移交原因"), max_length=200)
    title = forms.CharField(label=gettext_lazy("移交材料名称"), max_length=120, required=False)
    upload = forms.FileField(
        label=gettext_lazy("移交材料"),
        required=False,
        help_text=gettext_lazy("双方签字的移交书，照片或 PDF。"),
        widget=forms.FileInput(attrs={"accept": "image/*,application/pdf"}),
    )


class LeaveForm(TablerForm):
    on = forms.DateField(label=gettext_lazy("调离日期"))
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200)


@needs("support.view")
@require_safe
def helper_list(request: HttpRequest) -> HttpResponse:
    """Helpers with how many households they have and may have."""
    officer = officer_of(request)
    scope = scope_of(request, "support.view")
    form = HelperFilter(request.GET)
    form.full_clean()
    asked = {name: form.cleaned_data.get(name, "") for name in ("q", "rank")}
    found = selectors.helpers(officer, area=scope.area, **asked).order_by("left_on", "name", "pk")
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context = {
        "scope": scope,
        "elsewhere": without(request, "page", "area").urlencode(),
        "form": form,
        "number": page.paginator.count,
        "rows": [loaded_row(each) for each in selectors.loaded(list(page.object_list))],
        "page": neighbours(request, page),
    }
    return render(request, "support/helper_list.html", context)


def helper_of(request: HttpRequest, pk: int) -> Helper:
    rows = Helper.objects.visible_to(officer_of(request)).select_related("unit__area", "area", "officer")
    found: Helper = get_object_or_404(rows, pk=pk)
    return found


@needs("support.view")
@require_safe
def helper(request: HttpRequest, pk: int) -> HttpResponse:
    """One helper: present households, those of before, hand-overs."""
    officer, found = officer_of(request), helper_of(request, pk)
    pairings = selectors.pairings_of_helper(officer, found)
    [loaded] = selectors.loaded([found])
    charges = selectors.charges_of(officer, found)
    context = {
        "helper": found,
        "rank": rank_label(found.rank),
        "loaded": loaded,
        "present": [each for each in pairings if each.ended_on is None],
        "past": [each for each in pairings if each.ended_on is not None],
        "handovers": selectors.handovers_of(officer, found),
        "charges": charges,
        "may_edit": officer.may("support.edit", found.area.place),
        "may_hand_over": officer.has_perm("support.edit"),
        "may_reveal": officer.has_perm("registry.see_sensitive"),
    }
    return render(request, "support/helper.html", context)


@needs("support.edit")
def helper_new(request: HttpRequest) -> HttpResponse:
    officer = officer_of(request)
    form = HelperForm(request.POST or None, officer=officer)
    made = _saved(form, officer, None)
    if made:
        messages.success(request, _("已登记帮扶责任人 {name}。").format(name=made.name))
        return redirect("helper", made.pk)
    return render(request, "support/helper_form.html", {"form": form}, status=422 if form.errors else 200)


@needs("support.edit")
def helper_edit(request: HttpRequest, pk: int) -> HttpResponse:
    officer, found = officer_of(request), helper_of(request, pk)
    initial = {
        "name": found.name,
        "unit": found.unit_id,
        "rank": found.rank,
        "position": found.position,
        "area": str(found.area_id),
        "username": found.officer.username if found.officer else "",
    }
    form = HelperForm(request.POST or None, officer=officer, helper=found, initial=initial)
    if _saved(form, officer, found):
        messages.success(request, _("已保存。"))
        return redirect("helper", pk)
    context = {"form": form, "helper": found}
    return render(request, "support/helper_form.html", context, status=422 if form.errors else 200)


def _saved(form: HelperForm, officer: Officer, found: Helper | None) -> Helper | None:
    if not form.is_valid():
        return None
    values = form.values()
    if form.errors:
        return None
    made: Helper | None = carried_out(form, lambda: services.save_helper(by=officer, helper=found, **values))
    return made


@needs("support.view")
@require_POST
def helper_phone(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole number, once it is entered in the trail that somebody looked."""
    text = services.reveal_phone(by=officer_of(request), helper=helper_of(request, pk))
    return render(request, "support/phone.html", {"text": text, "helper": helper_of(request, pk)})


@needs("support.edit")
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Households of a helper, ticked, go to another, or for now to nobody."""
    officer, found = officer_of(request), helper_of(request, pk)
    present = [each for each in selectors.pairings_of_helper(officer, found) if each.ended_on is None]
    ticked = set(request.POST.getlist("pairing")) if request.method == "POST" else {str(p.pk) for p in present}
    form = HandOverForm(request.POST or None, request.FILES or None, initial={"on": timezone.localdate()})
    nobody = request.POST.get("helper") == "nobody"
    if form.is_valid():
        successor = picked(request)
        if successor is None and not nobody:
            form.add_error(None, _("请选择接手人，或选“暂不安排”。"))
        else:
            made = carried_out(
                form,
                lambda: services.hand_over(
                    by=officer,
                    helper=found,
                    pairings=[each for each in present if str(each.pk) in ticked],
                    successor=successor,
                    **form.cleaned_data,
                ),
            )
            if made:
                messages.success(request, _("已移交 {number} 户。").format(number=made.households))
                return redirect("helper", pk)
    village = present[0].household.village if present else None
    context = {
        "helper": found,
        "present": present,
        "ticked": ticked,
        "form": form,
        "nobody": nobody,
        **offers(request, village, found.pk),
    }
    return render(request, "support/hand_over.html", context, status=422 if form.errors else 200)


@needs("support.edit")
def helper_leave(request: HttpRequest, pk: int) -> HttpResponse:
    officer, found = officer_of(request), helper_of(request, pk)
    form = LeaveForm(request.POST or None, initial={"on": timezone.localdate()})
    if form.is_valid() and carried_out(
        form, lambda: services.helper_leaves(by=officer, helper=found, **form.cleaned_data)
    ):
        messages.success(request, _("已登记调离。"))
        return redirect("helper", pk)
    context = {"form": form, "helper": found}
    return render(request, "support/helper_leave.html", context, status=422 if form.errors else 200)


@needs("support.view")
@require_safe
def handover_paper(request: HttpRequest, pk: int) -> Any:
    rows = Handover.objects.visible_to(officer_of(request)).exclude(sha256="")
    found: Handover = get_object_or_404(rows, pk=pk)
    return as_file(open_file(found), found.media_type, found.title)
