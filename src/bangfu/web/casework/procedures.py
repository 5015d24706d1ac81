"""Procedures as they are in force: the list, and one with its diagram and every step in words."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from bangfu.accounts.roles import roles
from bangfu.casework import diagrams, loading
from bangfu.casework.procedures import Procedure, Step
from bangfu.web.guard import needs, officer_of
from bangfu.web.scope import tops_of


def place_of(request: HttpRequest) -> str:
    """The code of the officer's own area: the procedures in force there are shown; "" the nation's."""
    tops = tops_of(officer_of(request), "cases.view")
    return tops[0].code if tops else ""


@needs("cases.view")
@require_safe
def procedure_list(request: HttpRequest) -> HttpResponse:
    context = {"procedures": loading.procedures(place_of(request)).values()}
    return render(request, "casework/procedure_list.html", context)


@needs("cases.view")
@require_safe
def procedure(request: HttpRequest, name: str) -> HttpResponse:
    found = loading.procedures(place_of(request)).get(name)
    if found is None:
        raise Http404
    context = {
        "procedure": found,
        "diagram": diagrams.diagram(found, language=translation.get_language() or "zh-hans"),
        "steps": [_described(found, step) for step in found.steps],
        "may_open": [str(roles()[role].label) for role in found.opening.roles],
    }
    return render(request, "casework/procedure.html", context)


def _described(procedure: Procedure, step: Step) -> dict[str, Any]:
    return {
        "step": step,
        "roles": [str(roles()[role].label) for role in step.roles],
        "moves": [{"move": move, "to": procedure.step(move.to).label} for move in step.moves],
        "since": {
            span.since: procedure.by_id[span.since].label for span in step.clocks if span.since in procedure.by_id
        },
    }
