"""Samples: the level above draws from what came up together and enters what it found."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.casework import services
from bangfu.casework.acting import post_for
from bangfu.casework.gathering import groups_for
from bangfu.casework.models import SampleDraw
from bangfu.casework.procedures import StepKind
from bangfu.web.casework.groups import group_of
from bangfu.web.forms import TablerForm, carried_out
from bangfu.web.guard import needs, officer_of

DRAWS_SHOWN = 30


class CheckForm(TablerForm):
    right = forms.ChoiceField(
        label=gettext_lazy("核查结果"),
        choices=[("yes", gettext_lazy("情况属实")), ("no", gettext_lazy("情况不实"))],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=gettext_lazy("核查意见"), max_length=400)
    on = forms.DateField(label=gettext_lazy("核查日期"))


@needs("cases.view")
@require_safe
def sample_list(request: HttpRequest) -> HttpResponse:
    """What waits to be drawn from, and the draws made."""
    officer = officer_of(request)
    draws = SampleDraw.objects.visible_to(officer).select_related("area", "drawn_by")[:DRAWS_SHOWN]
    context = {"groups": groups_for(officer, StepKind.SAMPLE), "draws": draws}
    return render(request, "casework/sample_list.html", context)


@needs("cases.act")
@require_POST
def sample_draw(request: HttpRequest) -> HttpResponse:
    """Draw from a group; the seed is chance's own."""
    group, _cases = group_of(request, StepKind.SAMPLE)
    made = services.draw(by=officer_of(request), area=group.area, procedure=group.procedure.id, step=group.step.id)
    messages.success(request, _("已抽样，请入户核查并登记结果。"))
    return redirect("sample", made.pk)


def draw_of(request: HttpRequest, pk: int) -> SampleDraw:
    found: SampleDraw = get_object_or_404(
        SampleDraw.objects.visible_to(officer_of(request)).select_related("area", "drawn_by"), pk=pk
    )
    return found


@needs("cases.view")
@require_safe
def sample(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, draw_of(request, pk))


def _page(request: HttpRequest, found: SampleDraw, status: int = 200, sent: Any = None) -> HttpResponse:
    rows = list(found.cases.select_related("case__version", "case__village", "checked_by").order_by("-drawn", "pk"))
    step = rows[0].case.version.read.step(found.step)
    may_act = post_for(officer_of(request), step, found.place) is not None
    today = timezone.localdate()
    context = {
        "draw": found,
        "procedure": rows[0].case.version.read,
        "step": step,
        "drawn": [
            {
                "row": row,
                "form": None
                if row.checked_on or not may_act
                else sent[1]
                if sent and sent[0] == row.pk
                else CheckForm(initial={"on": today}, prefix=f"check{row.pk}"),
            }
            for row in rows
            if row.drawn
        ],
        "others": [row for row in rows if not row.drawn],
    }
    return render(request, "casework/sample.html", context, status=status)


@needs("cases.act")
@require_POST
def sample_check(request: HttpRequest, pk: int, sampled: int) -> HttpResponse:
    found = draw_of(request, pk)
    row = get_object_or_404(found.cases, pk=sampled)
    form = CheckForm(request.POST, prefix=f"check{row.pk}")
    if form.is_valid():
        given = form.cleaned_data
        if carried_out(
            form,
            lambda: services.look_into(
                sampled=row, by=officer_of(request), right=given["right"] == "yes", note=given["note"], on=given["on"]
            ),
        ):
            messages.success(request, _("核查结果已登记。"))
            return redirect("sample", pk)
    return _page(request, found, status=422, sent=(row.pk, form))
