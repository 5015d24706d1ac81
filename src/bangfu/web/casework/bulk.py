"""Many cases through one step: ticked on a list, moved in the background; of each one refused the page says why."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bangfu.casework import lists, selectors, services
from bangfu.casework.lists import Wanted
from bangfu.casework.models import BulkMove, Case
from bangfu.casework.policy import policy
from bangfu.casework.procedures import MoveKind, Step
from bangfu.web.casework.groups import chosen
from bangfu.web.casework.stepping import StepForm
from bangfu.web.forms import carried_out
from bangfu.web.guard import needs, officer_of
from bangfu.web.scope import scope_of

BUSY = (BulkMove.State.WAITING, BulkMove.State.RUNNING)


@needs("cases.bulk")
def bulk_new(request: HttpRequest) -> HttpResponse:
    """The cases at a step (`?procedure=&step=`) that wait for the officer, to be ticked, with one form for all."""
    officer, today = officer_of(request), timezone.localdate()
    scope = scope_of(request, "cases.bulk")
    wanted = Wanted(
        area=scope.here,
        procedure=request.GET.get("procedure", ""),
        step=request.GET.get("step", ""),
        whose=lists.MINE,
    )
    rows = lists.in_order(lists.cases(officer, wanted, today), "place").defer("facts")
    cases = lists.with_procedures(rows.select_related("household__group", "village")[: policy().most_at_once])
    step = _step_of(cases)
    form = None
    if step is not None:
        form = StepForm(request.POST or None, step=step, changed=False, initial={"on": today, "seen": 0})
        if form.is_valid():
            started = _start(request, form, chosen(request, cases))
            if started:
                messages.success(request, _("已开始批量办理，可以离开本页。"))
                return redirect("bulk", started.pk)
    context = {
        "scope": scope,
        "cases": cases,
        "ticked": {case.pk for case in chosen(request, cases)},
        "procedure": cases[0].version.read if cases else None,
        "step": step,
        "moves": [move for move in step.moves if move.kind is not MoveKind.WITHDRAW] if step else [],
        "form": form,
    }
    return render(request, "casework/bulk_new.html", context, status=422 if form and form.errors else 200)


def _step_of(cases: list[Case]) -> Step | None:
    return cases[0].version.read.step(cases[0].step) if cases else None


def _start(request: HttpRequest, form: StepForm, cases: list[Case]) -> Any:
    given = form.cleaned_data
    return carried_out(
        form,
        lambda: services.start_bulk(
            by=officer_of(request),
            case_ids=[case.pk for case in cases],
            move=request.POST.get("move", ""),
            on=given["on"],
            reason=given["reason"],
            answers=form.answers,
        ),
    )


def bulk_of(request: HttpRequest, pk: int) -> BulkMove:
    found: BulkMove = get_object_or_404(
        BulkMove.objects.visible_to(officer_of(request)).select_related("started_by"), pk=pk
    )
    return found


@needs("cases.view")
@require_safe
def bulk(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it has come; then the cases that were refused, each with the reason."""
    return render(request, "casework/bulk.html", _context(request, bulk_of(request, pk)))


@needs("cases.view")
@require_safe
def bulk_progress(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "casework/bulk.html#state", _context(request, bulk_of(request, pk)))


def _context(request: HttpRequest, found: BulkMove) -> dict[str, Any]:
    refusals = selectors.refusals(found)
    cases = Case.objects.visible_to(officer_of(request)).in_bulk([pk for pk, _reason in refusals])
    number = len(found.case_ids)
    return {
        "bulk": found,
        "busy": found.state in BUSY,
        "number": number,
        "done": found.done,
        "percent": found.done * 100 // max(number, 1),
        "refused": [{"case": cases[pk], "reason": reason} for pk, reason in refusals if pk in cases],
    }
