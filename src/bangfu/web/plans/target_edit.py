"""Entering and changing targets, breaking them down, their stages, reports with evidence, withdrawing."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.common.errors import BangfuError
from bangfu.plans import services
from bangfu.plans.models import Across, Report, Stage, Target, Way
from bangfu.plans.targets import lists
from bangfu.plans.targets.acting import may_edit, may_report
from bangfu.plans.targets.sharing import Part, areas_below, shared, years_of
from bangfu.plans.targets.words import amount_text, number_text
from bangfu.registry.papers import open_file
from bangfu.web.files import as_file
from bangfu.web.forms import carried_out
from bangfu.web.guard import needs, officer_of
from bangfu.web.plans.target_forms import (
    BreakForm,
    ReasonForm,
    ReportForm,
    StageForms,
    TargetForm,
    amounts_given,
    initial_of,
    possible,
)
from bangfu.web.plans.targets import target_of


def _editable(request: HttpRequest, pk: int) -> Target:
    """A live target that the officer maintains; no such page else."""
    found = target_of(request, pk)
    if found.withdrawn_at is not None or not may_edit(officer_of(request), found.place):
        raise Http404
    return found


def _seen(request: HttpRequest) -> int | None:
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@needs("plans.edit")
def target_new(request: HttpRequest) -> HttpResponse:
    officer = officer_of(request)
    initial = {"starts_on": timezone.localdate()}
    form = TargetForm(request.POST or None, officer=officer, initial=initial)
    if form.is_valid():
        made = carried_out(form, lambda: services.track(by=officer, **form.values()))
        if made:
            messages.success(request, _("已登记目标。"))
            return redirect("target", made.pk)
    return render(request, "plans/target_form.html", {"form": form}, status=422 if form.errors else 200)


@needs("plans.edit")
def target_change(request: HttpRequest, pk: int) -> HttpResponse:
    officer, found = officer_of(request), _editable(request, pk)
    form = TargetForm(request.POST or None, officer=officer, target=found, initial=initial_of(found))
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if carried_out(
            form,
            lambda: services.amend(target=found, by=officer, values=form.values(), reason=reason, seen=_seen(request)),
        ):
            messages.success(request, _("已保存，分解的各部分已随之调整。") if found.broken_across else _("已保存。"))
            return redirect("target", pk)
    context = {"form": form, "found": found}
    return render(request, "plans/target_form.html", context, status=422 if form.errors else 200)


@needs("plans.edit")
def target_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    officer, found = officer_of(request), _editable(request, pk)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if carried_out(form, lambda: services.withdraw_target(target=found, by=officer, reason=reason)):
            messages.success(request, _("已撤销目标，记录保留。"))
            return redirect("target-list")
    context = {"form": form, "found": found, "parts": len(lists.parts_of(officer, [found]).get(pk, ()))}
    return render(request, "plans/target_withdraw.html", context, status=422 if form.errors else 200)


# --- breaking down ---------------------------------------------------------------------------------------------------


@needs("plans.edit")
def target_break(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose in which direction and by what; see what each part gets; type other amounts; save with the reason."""
    officer, found = officer_of(request), _editable(request, pk)
    if not possible(found):
        raise Http404
    saving = request.method == "POST" and "save" in request.POST
    initial = {"across": found.broken_across, "way": found.broken_way, "figure": found.broken_figure}
    form = BreakForm(request.POST if request.method == "POST" else None, target=found, initial=initial)
    across, way, figure = form.plan
    keys = _keys(found, across)
    chosen = _chosen(request, found, across, keys)
    given = amounts_given(request.POST, keys)
    areas = [each for each in areas_below(found) if each.pk in chosen] if across == Across.AREAS else None
    wanted: dict[str, Any] = {"across": across, "way": way, "areas": areas, "figure": figure}
    if saving and form.is_valid():
        reason = form.cleaned_data["reason"]
        amounts = {key: number for key, number in given.items() if key in chosen}
        if carried_out(
            form,
            lambda: services.break_down(
                target=found, by=officer, reason=reason, amounts=amounts, seen=_seen(request), **wanted
            ),
        ):
            messages.success(request, _("已分解，各部分合计与总数一致。"))
            return redirect("target", pk)
    parts, refusal = _preview(found, wanted, given)
    context = {
        "found": found,
        "amount": amount_text(found),
        "form": form,
        "across": across,
        "way": way,
        "by_hand": way == Way.HAND,
        "by_figure": way == Way.SHARE and across == Across.AREAS,
        "lines": _lines(found, across, keys, chosen, parts, given),
        "refusal": refusal,
    }
    failed = saving and bool(form.errors)
    return render(request, "plans/target_break.html", context, status=422 if failed else 200)


def _keys(found: Target, across: str) -> list[int]:
    return [each.pk for each in areas_below(found)] if across == Across.AREAS else years_of(found)


def _chosen(request: HttpRequest, found: Target, across: str, keys: list[int]) -> set[int]:
    """The parts that are ticked; at first those that there are, or all."""
    if request.method == "POST" and request.POST.get("shown") == across:
        ticked = request.POST.getlist("key")
        return {key for key in keys if str(key) in ticked} if across == Across.AREAS else set(keys)
    there = lists.parts_of(officer_of(request), [found]).get(found.pk, [])
    if across == Across.AREAS and found.broken_across == Across.AREAS:
        return {part.area_id for part in there} & set(keys) or set(keys)
    return set(keys)


def _preview(found: Target, wanted: dict[str, Any], given: dict[int, Any]) -> tuple[list[Part], str]:
    """What each part would get, and why not when it cannot be."""
    across = wanted["across"]
    try:
        return shared(found, across, wanted["way"], areas=wanted["areas"], figure=wanted["figure"], given=given), ""
    except BangfuError as error:
        return [], error.message


def _lines(
    found: Target, across: str, keys: list[int], chosen: set[int], parts: list[Part], given: dict[int, Any]
) -> list[dict[str, Any]]:
    """A line for each possible part: its name, whether it is chosen, its weight, its amount."""
    names = {each.pk: each.name for each in areas_below(found)} if across == Across.AREAS else {}
    got = {part.key: part for part in parts}
    return [
        {
            "key": key,
            "name": names.get(key) or _("{year}年").format(year=key),
            "chosen": key in chosen,
            "weight": number_text(got[key].weight) if key in got else "",
            "amount": got[key].amount if key in got else given.get(key),
            "text": number_text(got[key].amount) if key in got else "",
        }
        for key in keys
    ]


# --- stages ----------------------------------------------------------------------------------------------------------


@needs("plans.edit")
def target_stages(request: HttpRequest, pk: int) -> HttpResponse:
    officer, found = officer_of(request), _editable(request, pk)
    stages = StageForms(request.POST or None, list(found.stages.all()))
    form = ReasonForm(request.POST or None)
    if form.is_valid() and stages.is_valid():
        reason = form.cleaned_data["reason"]
        made = carried_out(
            form,
            lambda: services.set_stages(
                target=found, by=officer, stages=stages.stages(), reason=reason, seen=_seen(request)
            ),
        )
        if made is not None:
            messages.success(request, _("已保存阶段。"))
            return redirect("target", pk)
    context = {"found": found, "amount": amount_text(found), "form": form, "stages": stages.rows}
    return render(request, "plans/target_stages.html", context, status=422 if request.method == "POST" else 200)


@needs("plans.edit")
@require_POST
def stage_done(request: HttpRequest, pk: int, stage: int) -> HttpResponse:
    """The stage is done today; asked again, it is not."""
    officer, found = officer_of(request), _editable(request, pk)
    row: Stage = get_object_or_404(Stage.objects.visible_to(officer), pk=stage, target=found)
    services.finish_stage(stage=row, by=officer, on=None if row.done_on else timezone.localdate())
    messages.success(request, _("已保存。"))
    return redirect("target", pk)


# --- reports ---------------------------------------------------------------------------------------------------------


def _reportable(request: HttpRequest, pk: int) -> Target:
    found = target_of(request, pk)
    if found.withdrawn_at is not None or not may_report(officer_of(request), found):
        raise Http404
    return found


@needs("plans.view")
def target_report(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it has come, why, and what proves it."""
    officer, found = officer_of(request), _reportable(request, pk)
    initial = {"day": timezone.localdate()}
    form = ReportForm(request.POST or None, request.FILES or None, target=found, initial=initial)
    if form.is_valid():
        given = form.cleaned_data
        if carried_out(form, lambda: services.report(target=found, by=officer, **given)):
            messages.success(request, _("已报送。"))
            return redirect("target", pk)
    context = {"found": found, "amount": amount_text(found), "form": form}
    return render(request, "plans/target_report.html", context, status=422 if form.errors else 200)


@needs("plans.view")
@require_safe
def report_paper(request: HttpRequest, pk: int, report: int) -> Any:
    """The evidence of a report."""
    rows = Report.objects.visible_to(officer_of(request)).filter(withdrawn_at=None).exclude(sha256="")
    found: Report = get_object_or_404(rows.select_related("target"), pk=report, target=pk)
    title = _("{title}佐证材料 {day}").format(title=found.target.title, day=f"{found.day:%Y-%m-%d}")
    return as_file(open_file(found), found.media_type, title)


@needs("plans.view")
@require_POST
def report_withdraw(request: HttpRequest, pk: int, report: int) -> HttpResponse:
    officer, found = officer_of(request), _reportable(request, pk)
    row: Report = get_object_or_404(Report.objects.visible_to(officer), pk=report, target=found)
    services.withdraw_report(report=row, by=officer)
    messages.success(request, _("已撤回这条报送，记录保留。"))
    return redirect("target", pk)
