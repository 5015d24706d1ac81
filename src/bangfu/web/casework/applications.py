"""Applications: what people ask for at the counter and by the public form, and what becomes of it."""

from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.areas.models import Area
from bangfu.casework import lists, selectors, services
from bangfu.casework.models import Application
from bangfu.casework.procedures import Channel, Procedure
from bangfu.casework.services import sender_mark
from bangfu.casework.words import channel_label
from bangfu.common.places import Level
from bangfu.registry.models import Household
from bangfu.web.casework.stepping import refusals
from bangfu.web.forms import TablerForm, carried_out, choose
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import neighbours
from bangfu.web.scope import scope_of

SHOWN = 30
FOUND = 20


class ApplicationForm(TablerForm):
    village = forms.ChoiceField(label=gettext_lazy("村"))
    head_name = forms.CharField(label=gettext_lazy("户主姓名"), max_length=60)
    phone = forms.CharField(label=gettext_lazy("联系电话"), max_length=20, required=False)
    difficulty = forms.CharField(
        label=gettext_lazy("困难情况"), max_length=400, widget=forms.Textarea(attrs={"rows": 3, "data_wide": True})
    )

    def __init__(self, *args: Any, villages: list[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "village", [(str(each.pk), each.name) for each in villages])


class AcceptForm(TablerForm):
    household = forms.ChoiceField(label=gettext_lazy("哪一户"))
    procedure = forms.ChoiceField(label=gettext_lazy("按什么程序办"))
    note = forms.CharField(label=gettext_lazy("受理意见"), max_length=200, required=False)

    def __init__(self, *args: Any, households: list[Household], procedures: list[Procedure], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(
            self,
            "household",
            [
                (str(h.pk), f"{h.head_name} · {h.group_name or (h.group.name if h.group else '')} · {h.household_no}")
                for h in households
            ],
        )
        choose(self, "procedure", [(each.id, str(each.label)) for each in procedures])


class DeclineForm(TablerForm):
    note = forms.CharField(label=gettext_lazy("不予受理的原因"), max_length=200)


@needs("cases.view")
@require_safe
def application_list(request: HttpRequest) -> HttpResponse:
    officer = officer_of(request)
    scope = scope_of(request, "cases.view")
    state = "" if request.GET.get("state") == "all" else Application.State.NEW
    page = Paginator(lists.applications(officer, area=scope.area, state=state), SHOWN).get_page(request.GET.get("page"))
    context = {
        "scope": scope,
        "every": state == "",
        "applications": [{"row": each, "channel": channel_label(each.channel)} for each in page.object_list],
        "number": page.paginator.count,
        "forms": _village_forms(officer, scope.here),
        "page": neighbours(request, page),
    }
    return render(request, "casework/application_list.html", context)


def _village_forms(officer: Any, here: Area | None) -> list[Area]:
    """The villages whose public form may be handed out from here, when the officer looks at a township or a village."""
    if not settings.PUBLIC_APPLICATIONS or here is None or here.level < Level.TOWNSHIP:
        return []
    return list(Area.objects.visible_to(officer).current().inside(here).filter(level=Level.VILLAGE))


@needs("cases.act")
def application_new(request: HttpRequest) -> HttpResponse:
    """An application as it is made at the counter."""
    officer = officer_of(request)
    villages = [
        village
        for village in Area.objects.visible_to(officer).current().filter(level=Level.VILLAGE)
        if officer.may("cases.act", village.place)
    ]
    form = ApplicationForm(request.POST or None, villages=villages)
    if form.is_valid():
        given = dict(form.cleaned_data)
        chosen = given.pop("village")
        village = next(v for v in villages if str(v.pk) == chosen)
        made = carried_out(
            form, lambda: services.apply(by=officer, channel=Channel.APPLICATION, village=village, **given)
        )
        if made:
            messages.success(request, _("申请已登记，请尽快受理。"))
            return redirect("application", made.pk)
    return render(request, "casework/application_new.html", {"form": form}, status=422 if form.is_bound else 200)


def application_of(request: HttpRequest, pk: int) -> Application:
    rows = Application.objects.visible_to(officer_of(request)).select_related("village", "household", "decided_by")
    found: Application = get_object_or_404(rows, pk=pk)
    return found


@needs("cases.view")
@require_safe
def application(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, application_of(request, pk))


def _page(request: HttpRequest, found: Application, status: int = 200, **given: Any) -> HttpResponse:
    officer = officer_of(request)
    open_ = found.state == Application.State.NEW and officer.may("cases.act", found.place)
    context = {
        "application": found,
        "channel": channel_label(found.channel),
        "case": getattr(found, "case", None),
        "accept_form": (given.get("accept_form") or _accept_form(request, found)) if open_ else None,
        "decline_form": (given.get("decline_form") or DeclineForm()) if open_ else None,
        "refusals": [] if open_ else refusals(*given.values()),
    }
    return render(request, "casework/application.html", context, status=status)


def _accept_form(request: HttpRequest, found: Application, *args: Any) -> AcceptForm:
    """Households of the village whose head bears the name first, then those where a member does."""
    officer = officer_of(request)
    living = Household.objects.visible_to(officer).living().filter(village=found.village).select_related("group")
    named = list(living.filter(head_name=found.head_name)[:FOUND])
    others = living.filter(members__name=found.head_name, members__left_on=None).exclude(pk__in=[h.pk for h in named])
    households = [*named, *others.distinct()[:FOUND]]
    if found.household and found.household not in households:
        households.insert(0, found.household)
    procedures = selectors.may_open(officer, found.village, Channel(found.channel))
    return AcceptForm(*args, households=households, procedures=procedures)


@needs("cases.act")
@require_POST
def application_accept(request: HttpRequest, pk: int) -> HttpResponse:
    found, officer = application_of(request, pk), officer_of(request)
    form = _accept_form(request, found, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        household = get_object_or_404(Household.objects.visible_to(officer), pk=int(given["household"]))
        made = carried_out(
            form,
            lambda: services.accept(
                application=found, by=officer, household=household, procedure=given["procedure"], note=given["note"]
            ),
        )
        if made:
            messages.success(request, _("已受理，案号 {number}。").format(number=made.case_no))
            return redirect("case", made.pk)
    return _page(request, found, status=422, accept_form=form)


@needs("cases.act")
@require_POST
def application_decline(request: HttpRequest, pk: int) -> HttpResponse:
    found = application_of(request, pk)
    form = DeclineForm(request.POST)
    if form.is_valid() and carried_out(
        form,
        lambda: services.decline(application=found, by=officer_of(request), note=form.cleaned_data["note"]),
    ):
        messages.success(request, _("已登记不予受理。"))
        return redirect("application-list")
    return _page(request, found, status=422, decline_form=form)


@needs("cases.view")
@require_safe
def village_code(request: HttpRequest, village: int) -> HttpResponse:
    """A page to print and hang up: the link and the code by which people of a village apply."""
    if not settings.PUBLIC_APPLICATIONS:
        raise Http404
    found = get_object_or_404(Area.objects.visible_to(officer_of(request)), pk=village, level=Level.VILLAGE)
    address = request.build_absolute_uri(reverse("public-apply", args=[found.pk]))
    picture = segno.make(address, error="m").svg_data_uri(scale=6, dark="#0b2a4a")
    return render(request, "casework/village_code.html", {"village": found, "address": address, "picture": picture})


# --- for everybody ---------------------------------------------------------------------------------------------------


class PublicForm(TablerForm):
    """What anybody may send."""

    head_name = forms.CharField(label=gettext_lazy("户主姓名"), max_length=60)
    phone = forms.CharField(label=gettext_lazy("联系电话"), max_length=20)
    difficulty = forms.CharField(
        label=gettext_lazy("有什么困难"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 4, "data_wide": True}),
    )


def public_apply(request: HttpRequest, village: int) -> HttpResponse:
    """The public form of a village: takes in a name, a phone and a difficulty, and shows nothing about anybody."""
    if not settings.PUBLIC_APPLICATIONS:
        raise Http404
    found = get_object_or_404(Area.objects.current(), pk=village, level=Level.VILLAGE)
    form = PublicForm(request.POST or None)
    if form.is_valid() and carried_out(
        form,
        lambda: services.apply(
            by=None,
            channel=Channel.PUBLIC_FORM,
            village=found,
            sender=sender_mark(request.META.get("REMOTE_ADDR", "")),
            **form.cleaned_data,
        ),
    ):
        return render(request, "casework/public_applied.html", {"village": found})
    return render(
        request, "casework/public_apply.html", {"village": found, "form": form}, status=422 if form.is_bound else 200
    )
