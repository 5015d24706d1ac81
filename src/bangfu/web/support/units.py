"""Units that help, and who is in charge of a village."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import Level
from bangfu.common.policy import code_list
from bangfu.support import selectors, services
from bangfu.support.models import Charge, Helper, Unit
from bangfu.web.forms import TablerForm, carried_out, choose
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import neighbours
from bangfu.web.plans.target_blocks import targets_of_unit
from bangfu.web.support.picking import AreaField, areas_of, offers, picked
from bangfu.web.support.rows import loaded_row

ROWS = 50


def board_of(village: int) -> str:
    """The address of a village's board."""
    return f"{reverse('pairing-board')}?area={village}"


class UnitForm(TablerForm):
    name = forms.CharField(label=gettext_lazy("单位名称"), max_length=120)
    level = forms.ChoiceField(label=gettext_lazy("单位隶属关系"))
    area = AreaField(label=gettext_lazy("所在区域"))
    phone = forms.CharField(label=gettext_lazy("联系电话"), max_length=20, required=False)

    def __init__(self, *args: Any, officer: Officer, unit: Unit | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "level", code_list("unit_level").choices())
        area: Any = self.fields["area"]
        areas = areas_of(officer)
        if unit is not None and unit.area_id not in {each.pk for each in areas}:
            areas = [unit.area, *areas]
        area.offer(areas)


class ChargeForm(TablerForm):
    unit = forms.ModelChoiceField(
        label=gettext_lazy("帮扶单位"),
        queryset=Unit.objects.none(),
        required=False,
        help_text=gettext_lazy("选单位，或在下面选一名包村干部。"),
    )
    on = forms.DateField(label=gettext_lazy("起始日期"))

    def __init__(self, *args: Any, officer: Officer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["unit"]
        field.queryset = Unit.objects.visible_to(officer).filter(closed_on=None).order_by("name", "pk")


@needs("support.view")
@require_safe
def unit_list(request: HttpRequest) -> HttpResponse:
    found = Unit.objects.visible_to(officer_of(request)).select_related("area").order_by("name", "pk")
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    levels = code_list("unit_level")
    context = {
        "rows": [{"unit": each, "level": levels.label_of(each.level)} for each in page.object_list],
        "number": page.paginator.count,
        "page": neighbours(request, page),
    }
    return render(request, "support/unit_list.html", context)


@needs("support.edit")
def unit_new(request: HttpRequest) -> HttpResponse:
    officer = officer_of(request)
    form = UnitForm(request.POST or None, officer=officer)
    if form.is_valid():
        made = carried_out(form, lambda: services.save_unit(by=officer, **form.cleaned_data))
        if made:
            messages.success(request, _("已登记帮扶单位 {name}。").format(name=made.name))
            return redirect("unit", made.pk)
    return render(request, "support/unit_form.html", {"form": form}, status=422 if form.errors else 200)


@needs("support.view")
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """One unit: its people with their households, the villages it is in charge of; who may, changes it here."""
    officer = officer_of(request)
    found: Unit = get_object_or_404(Unit.objects.visible_to(officer).select_related("area"), pk=pk)
    may_edit = officer.may("support.edit", found.area.place)
    initial = {"name": found.name, "level": found.level, "area": str(found.area_id), "phone": found.phone}
    form = UnitForm(request.POST or None, officer=officer, unit=found, initial=initial) if may_edit else None
    if form is not None and form.is_valid() and _changed(form, officer, found):
        messages.success(request, _("已保存。"))
        return redirect("unit", pk)
    people = Helper.objects.visible_to(officer).working().filter(unit=found).select_related("unit", "area")
    charges = Charge.objects.visible_to(officer).filter(unit=found).select_related("village__parent")
    context = {
        "unit": found,
        "level": code_list("unit_level").label_of(found.level),
        "rows": [loaded_row(each) for each in selectors.loaded(list(people.order_by("name", "pk")))],
        "charges": charges.order_by("ended_on", "village__place"),
        "form": form,
        "targets": targets_of_unit(request, found),
    }
    return render(request, "support/unit.html", context, status=422 if form is not None and form.errors else 200)


def _changed(form: UnitForm, officer: Officer, found: Unit) -> Unit | None:
    made: Unit | None = carried_out(form, lambda: services.save_unit(by=officer, unit=found, **form.cleaned_data))
    return made


@needs("support.edit")
def charge_new(request: HttpRequest, village_pk: int) -> HttpResponse:
    """A unit, or a cadre, in charge of a village."""
    officer = officer_of(request)
    villages = Area.objects.visible_to(officer).current().of_level(Level.VILLAGE).select_related("parent")
    village: Area = get_object_or_404(villages, pk=village_pk)
    form = ChargeForm(request.POST or None, officer=officer, initial={"on": timezone.localdate()})
    if form.is_valid():
        of, cadre = form.cleaned_data["unit"], picked(request)
        if (of is None) == (cadre is None):
            form.add_error(None, _("请选一个帮扶单位或一名包村干部，二者选其一。"))
        elif carried_out(
            form,
            lambda: services.put_in_charge(
                by=officer, village=village, unit=of, helper=cadre, on=form.cleaned_data["on"]
            ),
        ):
            messages.success(request, _("已登记。"))
            return redirect(board_of(village.pk))
    context = {"village": village, "form": form, **offers(request, village)}
    return render(request, "support/charge_new.html", context, status=422 if form.errors else 200)


@needs("support.edit")
@require_POST
def charge_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends today."""
    officer = officer_of(request)
    found: Charge = get_object_or_404(Charge.objects.visible_to(officer).select_related("village"), pk=pk)
    services.end_charge(by=officer, charge=found, on=timezone.localdate())
    messages.success(request, _("已结束。"))
    return redirect(board_of(found.village_id))
