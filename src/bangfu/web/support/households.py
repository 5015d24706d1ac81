"""My households; a helper for a household, chosen by hand; the end of a pairing."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from bangfu.common import paging
from bangfu.registry.models import Household
from bangfu.support import selectors, services
from bangfu.support.models import Pairing
from bangfu.visits.selectors import last_visits
from bangfu.web.forms import TablerForm, carried_out
from bangfu.web.guard import needs, officer_of
from bangfu.web.registry.rows import tags_of, where_of
from bangfu.web.support.picking import offers, picked


class PairForm(TablerForm):
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=Pairing.Kind.choices, widget=forms.RadioSelect)
    starts_on = forms.DateField(label=gettext_lazy("结对日期"))


class EndForm(TablerForm):
    on = forms.DateField(label=gettext_lazy("结束日期"))
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200)


@needs("support.view")
@require_safe
def my_households(request: HttpRequest) -> HttpResponse:
    """The households that the officer helps, as they lie; `?after=<place>-<number>` is the page behind that row."""
    officer, today = officer_of(request), timezone.localdate()
    me = selectors.helper_of(officer)
    after = _after(request.GET.get("after", ""))
    found = selectors.my_households(officer, today, after) if me else []
    more, shown = len(found) > paging.ROWS, found[: paging.ROWS]
    ids = [each.pk for each in shown]
    pairings = selectors.pairings_of(ids, today)
    visited = last_visits(ids)
    rows = [
        {
            "household": each,
            "where": where_of(each),
            "tags": tags_of(each),
            "pairing": next(p for p in pairings[each.pk] if me and p.helper_id == me.pk),
            "visited": visited.get(each.pk),
        }
        for each in shown
    ]
    last = shown[-1] if shown else None
    context = {
        "me": selectors.loaded([me])[0] if me else None,
        "rows": rows,
        "page": {
            "previous_url": "?" if after else "",
            "next_url": f"?after={last.place}-{last.household_no}" if more and last else "",
        },
    }
    return render(request, "support/my_households.html", context)


def _after(text: str) -> tuple[int, str] | None:
    place, _dash, number = text.partition("-")
    if place.isascii() and place.isdigit() and len(place) < 19:
        return int(place), number[:30]
    return None


@needs("support.edit")
def pair(request: HttpRequest, household_pk: int) -> HttpResponse:
    """A helper for this household: those nearby with room stand first, others are found by name or unit."""
    officer = officer_of(request)
    rows = Household.objects.visible_to(officer).living().select_related("village__parent", "group")
    household: Household = get_object_or_404(rows, pk=household_pk)
    today = timezone.localdate()
    paired = selectors.pairings_of([household.pk], today).get(household.pk, [])
    main = next((each for each in paired if each.is_main), None)
    usual = Pairing.Kind.FURTHER if main else Pairing.Kind.MAIN
    form = PairForm(request.POST or None, initial={"kind": usual, "starts_on": today})
    if form.is_valid():
        helper = picked(request)
        if helper is None:
            form.add_error(None, _("请选择一名帮扶责任人。"))
        elif carried_out(
            form, lambda: services.pair(by=officer, household=household, helper=helper, **form.cleaned_data)
        ):
            messages.success(request, _("已结对：{helper}。").format(helper=helper.name))
            return redirect("household", household.pk)
    context = {
        "household": household,
        "where": where_of(household),
        "paired": paired,
        "form": form,
        **offers(request, household.village),
    }
    return render(request, "support/pair.html", context, status=422 if form.errors else 200)


@needs("support.edit")
def pairing_end(request: HttpRequest, pk: int) -> HttpResponse:
    """The end of one pairing without a successor."""
    officer = officer_of(request)
    rows = Pairing.objects.visible_to(officer).select_related("household", "helper__unit")
    found: Pairing = get_object_or_404(rows, pk=pk)
    form = EndForm(request.POST or None, initial={"on": timezone.localdate()})
    if form.is_valid() and carried_out(
        form, lambda: services.end_pairing(by=officer, pairing=found, **form.cleaned_data)
    ):
        messages.success(request, _("结对已结束。"))
        return redirect("household", found.household_id)
    context: dict[str, Any] = {"pairing": found, "form": form}
    return render(request, "support/pairing_end.html", context, status=422 if form.errors else 200)
