"""The Gantt chart by owner and stage, and the dispatch sheet with the ranking."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from bangfu.plans.duties.periods import Every, Period, following, period_of, preceding
from bangfu.plans.duties.words import every_label, period_label
from bangfu.plans.models import Target
from bangfu.plans.targets import lists
from bangfu.plans.targets.catalogue import terms
from bangfu.plans.targets.dispatch import RHYTHMS, Group, Line, export_sheet, sheet
from bangfu.plans.targets.values import course_of
from bangfu.plans.targets.words import limit_text, number_text, part_label, standing_colour, standing_label
from bangfu.support.models import Unit
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import without
from bangfu.web.plans.target_charts import lane
from bangfu.web.plans.target_rows import row_of
from bangfu.web.plans.targets import TargetFilter
from bangfu.web.scope import scope_of

BARS = 120
FIRST, LAST = date(2014, 1, 1), date(2100, 12, 31)


@needs("plans.view")
@require_safe
def target_chart(request: HttpRequest) -> HttpResponse:
    """The time of every target that has a deadline, by who answers for it, with the ends of its stages."""
    officer, scope, today = officer_of(request), scope_of(request, "plans.view"), timezone.localdate()
    form = TargetFilter(request.GET.dict())
    wanted = form.wanted(scope.area)
    found = lists.chart_rows(officer, wanted, BARS)
    shown = found[:BARS]
    span = _span(shown, today)
    context = {
        "scope": scope,
        "form": form,
        "wanted": wanted,
        "elsewhere": without(request, "page", "area").urlencode(),
        "groups": _by_owner(shown, span, today),
        "more": len(found) > BARS,
        "ticks": _ticks(span),
        "tab": "chart",
    }
    return render(request, "plans/target_chart.html", context)


def _span(found: list[Target], today: date) -> tuple[date, date]:
    """From the first start to the last deadline."""
    if not found:
        return today, today + timedelta(days=1)
    return min(each.starts_on for each in found), max(each.deadline or today for each in found)


def _by_owner(found: list[Target], span: tuple[date, date], today: date) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for each in found:
        name = each.owner_unit.name if each.owner_unit else each.area.name
        row = row_of(each, today)
        stages = list(each.stages.all())
        row["lane"] = lane(each, stages, row["bar"].percent, row["colour"], span, today)
        row["stages"] = stages
        row["today"] = today
        groups.setdefault(name, []).append(row)
    return [{"name": name, "rows": rows} for name, rows in groups.items()]


def _ticks(span: tuple[date, date]) -> list[dict[str, Any]]:
    """Some days along the chart, as percent of its width."""
    first, last = span
    days = max((last - first).days, 1)
    steps = 4
    found = [first + timedelta(days=days * number // steps) for number in range(steps + 1)]
    return [{"day": day, "at": 100 * (day - first).days // days, "last": day == found[-1]} for day in found]


# --- the dispatch sheet ----------------------------------------------------------------------------------------------


def _period(request: HttpRequest) -> Period:
    """The period asked for by `?every=` and any day of it in `?day=`; this week when that is none."""
    try:
        every = Every(request.GET.get("every", ""))
    except ValueError:
        every = Every.WEEK
    try:
        day = parse_date(request.GET.get("day", ""))
    except ValueError:
        day = None
    inside = day is not None and FIRST <= day <= LAST
    return period_of(every if every in RHYTHMS else Every.WEEK, day if day and inside else timezone.localdate())


def _unit(request: HttpRequest) -> Unit | None:
    text = request.GET.get("unit", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    found: Unit | None = Unit.objects.visible_to(officer_of(request)).filter(pk=int(text)).first()
    return found


@needs("plans.view")
@require_safe
def target_dispatch(request: HttpRequest) -> HttpResponse:
    """What each unit's targets came to in a period; the units ranked, each rank with the figures behind it."""
    officer, scope = officer_of(request), scope_of(request, "plans.view")
    period, unit = _period(request), _unit(request)
    groups = sheet(officer, period, scope.area, unit.pk if unit else None)
    query = without(request, "every", "day")
    context = {
        "scope": scope,
        "elsewhere": without(request, "area").urlencode(),
        "period": period,
        "period_label": period_label(period),
        "unit": unit,
        "rhythms": [{"every": each, "label": every_label(each)} for each in RHYTHMS],
        "earlier": preceding(period).first,
        "later": following(period).first if period.last < timezone.localdate() else None,
        "query": query.urlencode(),
        "whole_query": without(request).urlencode(),
        "groups": [_shown(each) for each in groups],
        "number": sum(len(each.lines) for each in groups),
        "terms": terms(),
        "tab": "dispatch",
    }
    return render(request, "plans/target_dispatch.html", context)


def _shown(group: Group) -> dict[str, Any]:
    return {"group": group, "kind": group.key[0], "pk": group.key[1], "lines": [_line(each) for each in group.lines]}


def _line(line: Line) -> dict[str, Any]:
    target = line.target
    return {
        "target": target,
        "line": line,
        "part": part_label(target) if target.part_year is not None else target.area.name,
        "amount": number_text(target.amount),
        "last": number_text(line.last),
        "this": number_text(line.this),
        "gained": number_text(line.gained),
        "planned": number_text(line.planned),
        "gap": number_text(line.gap) if line.gap else "",
        "limit": limit_text(course_of(target), line.this, target.unit),
        "label": standing_label(target.standing),
        "colour": standing_colour(target.standing),
    }


@needs("registry.export")
@require_POST
def target_export(request: HttpRequest) -> HttpResponse:
    """The sheet as it is shown, whole; `format` is xlsx or csv."""
    officer, scope, unit = officer_of(request), scope_of(request, "plans.view"), _unit(request)
    made = export_sheet(
        officer, _period(request), scope.area, unit.pk if unit else None, fmt=request.POST.get("format", "xlsx")
    )
    response = HttpResponse(made.content, content_type=made.media_type)
    response["Content-Disposition"] = content_disposition_header(True, made.name) or "attachment"
    return response
