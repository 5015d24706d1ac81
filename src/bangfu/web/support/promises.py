"""Two-way promises: entering one with its paper, and saying what came of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.support import services
from bangfu.support.models import Commitment, Helper
from bangfu.support.selectors import helpers_of
from bangfu.support.services import Promise
from bangfu.web.forms import carried_out
from bangfu.web.guard import needs, officer_of
from bangfu.web.support.help_forms import PromiseForm, SettleForm
from bangfu.web.support.help_household import help_context, house_of


@needs("support.edit")
def promise_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A promise that both sides have signed on paper."""
    house, officer, today = house_of(request, pk), officer_of(request), timezone.localdate()
    now = helpers_of([house.pk], today).get(house.pk, [])
    helpers = Helper.objects.visible_to(officer).filter(pk__in=[helper.pk for helper in now])
    initial = {"year": today.year, "signer": house.head_name, "helper": now[0].pk if now else None}
    form = PromiseForm(request.POST or None, request.FILES or None, helpers=helpers, initial=initial)
    if form.is_valid():
        values = dict(form.cleaned_data)
        upload = values.pop("upload")
        made = carried_out(
            form,
            lambda: services.sign_commitment(by=officer, household=house, promise=Promise(**values), upload=upload),
        )
        if made:
            messages.success(request, _("双向承诺已登记。"))
            return redirect("help-household", pk)
    context = help_context(request, house) | {"form": form, "upload": True, "form_title": _("登记双向承诺")}
    return render(request, "support/help_form.html", context, status=422 if form.is_bound else 200)


@needs("support.view")
def promise(request: HttpRequest, pk: int) -> HttpResponse:
    """One promise: what was said, who signed when, and what came of it."""
    officer = officer_of(request)
    rows = Commitment.objects.visible_to(officer).select_related("household__village__parent", "paper", "settled_by")
    found = get_object_or_404(rows, pk=pk)
    house = house_of(request, found.household_id)
    context = help_context(request, house)
    form = SettleForm(request.POST or None) if context["may_plan"] and found.settled_on is None else None
    if form is not None and form.is_valid():
        done = carried_out(form, lambda: services.settle_commitment(by=officer, commitment=found, **form.cleaned_data))
        if done:
            messages.success(request, _("兑现情况已登记。"))
            return redirect(reverse("help-promise", args=[pk]))
    context |= {"promise": found, "form": form}
    return render(request, "support/promise.html", context, status=422 if form is not None and form.is_bound else 200)
