"""The Help tab of a household: who helps, the plan of a year, what is lacking, promises."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bangfu.registry.models import Household
from bangfu.support.catalogue import catalogue
from bangfu.support.measure_checks import RIGHT
from bangfu.support.models import Commitment, Measure
from bangfu.support.planning import lacking, plan_of
from bangfu.web.guard import needs, officer_of
from bangfu.web.registry.household import common, household_of
from bangfu.web.registry.shown import money
from bangfu.web.support.blocks import helpers
from bangfu.web.support.help_rows import measure_rows
from bangfu.web.visits.blocks import visits_of

YEARS_BEFORE, YEARS_AFTER = 5, 1


def house_of(request: HttpRequest, pk: int) -> Household:
    """The household, if the officer may see its file and what is done for it; otherwise there is no such page."""
    found = household_of(request, pk)
    if not officer_of(request).may("support.view", found.place):
        raise Http404
    return found


def help_context(request: HttpRequest, house: Household) -> dict[str, Any]:
    """What every page below the tab shows, and whether the officer may change something there."""
    may_plan = house.ended_on is None and officer_of(request).may(RIGHT, house.place)
    return common(request, house, "help") | {"may_plan": may_plan}


def asked_year(request: HttpRequest) -> int:
    """The year that `?year=` asks for; this year when it is none."""
    text, now = request.GET.get("year", ""), timezone.localdate().year
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else now
    return year if now - YEARS_BEFORE * 3 <= year <= now + YEARS_BEFORE else now


@needs("support.view")
@require_safe
def household(request: HttpRequest, pk: int) -> HttpResponse:
    """One household, one plan: each cause and risk with its measures, and what is missing."""
    house, today, year = house_of(request, pk), timezone.localdate(), asked_year(request)
    viewer = officer_of(request)
    plan = plan_of(viewer, house, year, today)
    book = catalogue(house.village.code)
    met = [{"line": line, "kinds": [book.label_of(measure.kind) for measure in line.measures]} for line in plan.needs]
    ended = Measure.objects.visible_to(viewer).filter(household=house).exclude(pk__in=[m.pk for m in plan.measures])
    context = (
        help_context(request, house)
        | visits_of(request, house)
        | {
            "helpers": helpers(request, house),
            "visited": visits_of(request, house),
            "plan": plan,
            "money": money(plan.money),
            "year": year,
            "years": range(today.year - YEARS_BEFORE, today.year + YEARS_AFTER + 1),
            "needs": met,
            "rows": measure_rows(plan.measures, today),
            "unfit": measure_rows(plan.unfit, today),
            "others": ended.count(),
            "promises": Commitment.objects.visible_to(viewer).filter(household=house).select_related("paper")[:5],
            "wants_plan": house.poverty_status in book.needed_by.poverty_status or bool(house.monitor_category),
        }
    )
    return render(request, "support/household_help.html", context)


@needs("support.view")
@require_safe
def should_have(request: HttpRequest, pk: int) -> HttpResponse:
    """What rules say the household should have and has not: asked of its file as it stands now, apart from the page
    since it takes a moment."""
    house = house_of(request, pk)
    found = lacking(house, timezone.localdate())
    lines = [{"rule": each.rule, "title": str(each.rule.title), "message": str(each.rule.message)} for each in found]
    return render(request, "support/parts/should_have.html", {"lines": lines, "household": house})
