"""Opening cases: of a household by an officer, from a confirmed finding, for everybody in a round."""

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
from bangfu.casework import loading, selectors, services
from bangfu.casework.acting import may_start
from bangfu.casework.models import Round
from bangfu.casework.procedures import Channel, Procedure, Subject
from bangfu.casework.words import channel_label
from bangfu.findings.models import Finding
from bangfu.registry.models import Household
from bangfu.web.forms import TablerForm, carried_out, choose
from bangfu.web.guard import needs, officer_of
from bangfu.web.scope import tops_of

# How an officer may open a case by hand: what came in otherwise is opened where it came in.
BY_HAND = (Channel.SWEEP, Channel.APPLICATION, Channel.DEPARTMENT)
ROUNDS_SHOWN = 30


class OpenForm(TablerForm):
    procedure = forms.ChoiceField(label=gettext_lazy("程序"))
    channel = forms.ChoiceField(label=gettext_lazy("来源"))
    on = forms.DateField(label=gettext_lazy("开案日期"))
    note = forms.CharField(
        label=gettext_lazy("事由"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "data_wide": True}),
    )

    def __init__(self, *args: Any, procedures: list[Procedure], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "procedure", [(each.id, str(each.label)) for each in procedures])
        offered = {channel for each in procedures for channel in each.opening.channels}
        choose(self, "channel", [(each.value, channel_label(each)) for each in BY_HAND if each in offered])


class RoundForm(TablerForm):
    procedure = forms.ChoiceField(label=gettext_lazy("程序"))
    area = forms.ChoiceField(label=gettext_lazy("范围"))
    title = forms.CharField(label=gettext_lazy("名称"), max_length=120)
    on = forms.DateField(label=gettext_lazy("开始日期"))
    due_on = forms.DateField(label=gettext_lazy("完成期限"), required=False)

    def __init__(self, *args: Any, procedures: list[Procedure], areas: list[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "procedure", [(each.id, str(each.label)) for each in procedures])
        choose(self, "area", [(str(each.pk), each.name) for each in areas])


@needs("cases.act")
def case_new(request: HttpRequest) -> HttpResponse:
    """A case of the household (`?household=`) or the village (`?village=`) that the officer came from."""
    officer, given = officer_of(request), request.GET
    household, village = None, None
    if given.get("household", "").isdigit():
        household = get_object_or_404(Household.objects.visible_to(officer).living(), pk=int(given["household"]))
        village = household.village
    elif given.get("village", "").isdigit():
        village = get_object_or_404(Area.objects.visible_to(officer), pk=int(given["village"]))
    if village is None:
        return render(request, "casework/case_new.html", {"form": None, "wanted": given.get("procedure", "")})
    of = Subject.HOUSEHOLD if household else Subject.VILLAGE
    procedures = _by_hand(officer, village, of)
    form = OpenForm(
        request.POST or None,
        procedures=procedures,
        initial={"on": timezone.localdate(), "procedure": given.get("procedure", "")},
    )
    if form.is_valid():
        values = form.cleaned_data
        made = carried_out(
            form,
            lambda: services.open_case(
                by=officer,
                procedure=values["procedure"],
                household=household,
                village=village,
                channel=Channel(values["channel"]),
                on=values["on"],
                note=values["note"],
            ),
        )
        if made:
            messages.success(request, _("已开案，案号 {number}。").format(number=made.case_no))
            return redirect("case", made.pk)
    context = {"form": form, "household": household, "village": village, "procedures": procedures}
    return render(request, "casework/case_new.html", context, status=422 if form.is_bound else 200)


def _by_hand(officer: Any, village: Area, of: Subject) -> list[Procedure]:
    found: dict[str, Procedure] = {}
    for channel in BY_HAND:
        for procedure in selectors.may_open(officer, village, channel):
            if procedure.of is of:
                found[procedure.id] = procedure
    return list(found.values())


@needs("cases.act")
@require_POST
def case_from_finding(request: HttpRequest, pk: int) -> HttpResponse:
    """One click: the case that a confirmed finding calls for."""
    officer = officer_of(request)
    finding = get_object_or_404(Finding.objects.visible_to(officer), pk=pk)
    made = services.open_from_finding(finding=finding, procedure=request.POST.get("procedure", ""), by=officer)
    messages.success(request, _("已开案，案号 {number}。").format(number=made.case_no))
    return redirect("case", made.pk)


@needs("cases.view")
@require_safe
def round_list(request: HttpRequest) -> HttpResponse:
    rounds = Round.objects.visible_to(officer_of(request)).select_related("area", "started_by")[:ROUNDS_SHOWN]
    return render(request, "casework/round_list.html", {"rounds": rounds})


@needs("cases.view")
@require_safe
def round_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it has come; then how its cases stand, and of whom none was opened."""
    return render(request, "casework/round.html", _round(request, pk))


@needs("cases.view")
@require_safe
def round_progress(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "casework/round.html#state", _round(request, pk))


def _round(request: HttpRequest, pk: int) -> dict[str, Any]:
    officer = officer_of(request)
    found = get_object_or_404(Round.objects.visible_to(officer).select_related("area", "started_by"), pk=pk)
    cases = found.cases.visible_to(officer)
    number = len(found.among)
    return {
        "round": found,
        "busy": found.state in (Round.State.WAITING, Round.State.RUNNING),
        "number": number,
        "percent": found.done * 100 // max(number, 1),
        "running": cases.running().count(),
        "closed": cases.filter(closed_on__isnull=False).count(),
        "left_out": selectors.left_out(found),
    }


@needs("cases.bulk")
def round_new(request: HttpRequest) -> HttpResponse:
    """A round over an area: one case for everybody of whom the procedure's opening speaks."""
    officer = officer_of(request)
    areas = tops_of(officer, "cases.bulk")
    areas += [a for a in Area.objects.visible_to(officer).current().filter(parent__in=areas) if a not in areas]
    procedures = [
        procedure
        for procedure in loading.procedures(areas[0].code if areas else "").values()
        if any(may_start(officer, procedure, area) for area in areas)
        and {Channel.ROUND, Channel.LINKAGE} & set(procedure.opening.channels)
    ]
    form = RoundForm(request.POST or None, procedures=procedures, areas=areas, initial={"on": timezone.localdate()})
    if form.is_valid():
        values = dict(form.cleaned_data)
        chosen = values.pop("area")
        area = next(a for a in areas if str(a.pk) == chosen)
        made = carried_out(form, lambda: services.start_round(by=officer, area=area, **values))
        if made:
            messages.success(request, _("已发起，正在逐户开案，可以离开本页。"))
            return redirect("round", made.pk)
    return render(request, "casework/round_new.html", {"form": form}, status=422 if form.is_bound else 200)
