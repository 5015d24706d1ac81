"""The plan of a village: five years of projects and measures, and the form of a project."""

from dataclasses import fields
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bangfu.areas.models import Area
from bangfu.common.places import Level, within
from bangfu.common.policy import code_list
from bangfu.support import services
from bangfu.support.catalogue import catalogue
from bangfu.support.measure_checks import RIGHT
from bangfu.support.models import State, VillageProject
from bangfu.support.services import ProjectEntry
from bangfu.support.village_plan import Sums, village_plan, years_with_projects
from bangfu.web.forms import carried_out
from bangfu.web.guard import needs, officer_of
from bangfu.web.registry.shown import money
from bangfu.web.scope import scope_of
from bangfu.web.support.help_forms import ProjectForm
from bangfu.web.support.help_household import asked_year
from bangfu.web.support.help_rows import number, quantity, state_tag

SHOWN = 200


def village_of(request: HttpRequest, pk: int) -> Area:
    """The village, if the officer's right to see support holds there; otherwise there is no such page."""
    officer = officer_of(request)
    rows = Area.objects.visible_to(officer).filter(within(officer.places_for("support.view")), level=Level.VILLAGE)
    found: Area = get_object_or_404(rows.select_related("parent"), pk=pk)
    return found


@needs("support.view")
@require_safe
def village_list(request: HttpRequest) -> HttpResponse:
    """The villages of an area, each with its plan."""
    scope, officer = scope_of(request, "support.view"), officer_of(request)
    rows = Area.objects.visible_to(officer).current()
    rows = rows.filter(within(officer.places_for("support.view")), level=Level.VILLAGE).select_related("parent")
    if scope.here is not None:
        rows = rows.inside(scope.here)
    villages = list(rows.order_by("place")[: SHOWN + 1])
    projects = VillageProject.objects.visible_to(officer).exclude(state=State.GIVEN_UP)
    years: dict[int, list[int]] = {}
    for village, year in projects.filter(village__in=villages).order_by("year").values_list("village", "year"):
        years.setdefault(village, []).append(year)
    context = {
        "scope": scope,
        "more": len(villages) > SHOWN,
        "rows": [
            {"village": each, "projects": len(found), "first": found[0] if found else None}
            for each in villages[:SHOWN]
            for found in [years.get(each.pk, [])]
        ],
    }
    return render(request, "support/village_list.html", context)


@needs("support.view")
@require_safe
def village(request: HttpRequest, pk: int) -> HttpResponse:
    """The plan of a village from `?year=` on; without it from the first year of its latest projects."""
    found, officer = village_of(request, pk), officer_of(request)
    years = list(years_with_projects(officer, found))
    plan_years = catalogue(found.code).limits.plan_years
    first = asked_year(request) if "year" in request.GET else _first(years, plan_years)
    plan = village_plan(officer, found, first)
    classes = code_list("measure_class")
    context = {
        "village": found,
        "plan": plan,
        "lines": [*((str(year.year), _sums(year.sums)) for year in plan.years), (_("合计"), _sums(plan.total))],
        "first": first,
        "last": first + plan_years - 1,
        "starts": sorted({*years, timezone.localdate().year, first}),
        "may_plan": officer.may(RIGHT, found.place),
        "years": [
            {
                "year": year,
                "projects": [_row(project) for project in year.projects],
                "classes": [{"label": classes.label_of(code), "number": n} for code, n in year.classes.items()],
            }
            for year in plan.years
        ],
        "given_up": [_row(project) for project in plan.given_up],
    }
    return render(request, "support/village_plan.html", context)


def _sums(sums: Sums) -> dict[str, Any]:
    return {
        "all": sums,
        "road": number(sums.road_km) or "0",
        "projects": money(sums.project_money),
        "measures": money(sums.measure_money),
    }


def _first(years: list[int], plan_years: int) -> int:
    """The first year of the plan that this year lies in, or of the latest there is."""
    now = timezone.localdate().year
    recent = [year for year in years if year > now - plan_years]
    return min([*recent, now]) if recent or not years else years[-1]


def _row(project: VillageProject) -> dict[str, Any]:
    return {
        "project": project,
        "kind": code_list("project_kind").label_of(project.kind),
        "quantity": quantity(project.quantity, project.unit),
        "money": money(project.money),
        "state": state_tag(project.state),
    }


@needs("support.edit")
def project_new(request: HttpRequest, pk: int) -> HttpResponse:
    found = village_of(request, pk)
    initial = {"year": timezone.localdate().year, "state": State.PLANNED}
    return _form(request, found, None, initial, _("登记村级项目"))


@needs("support.edit")
def project_change(request: HttpRequest, pk: int) -> HttpResponse:
    rows = VillageProject.objects.visible_to(officer_of(request)).select_related("village")
    project = get_object_or_404(rows, pk=pk)
    initial = {each.name: getattr(project, each.name) for each in fields(ProjectEntry)}
    return _form(request, village_of(request, project.village_id), project, initial, _("修改村级项目"))


def _form(
    request: HttpRequest, found: Area, project: VillageProject | None, initial: dict[str, Any], title: str
) -> HttpResponse:
    form = ProjectForm(request.POST or None, initial=initial)
    if form.is_valid():
        values = dict(form.cleaned_data)
        reason, state = values.pop("reason"), State(values.pop("state"))
        seen = request.POST.get("seen", "")
        if project is not None and seen.isascii() and seen.isdigit() and len(seen) < 9:
            project.changes = int(seen)
        kept = carried_out(
            form,
            lambda: services.save_project(
                by=officer_of(request),
                village=found,
                entry=ProjectEntry(state=state, **values),
                project=project,
                reason=reason,
            ),
        )
        if kept:
            messages.success(request, _("项目已保存。"))
            return redirect("help-village", found.pk)
    context = {"form": form, "village": found, "project": project, "form_title": title}
    return render(request, "support/project_form.html", context, status=422 if form.is_bound else 200)
