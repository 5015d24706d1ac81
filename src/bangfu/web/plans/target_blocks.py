"""What other pages say of targets: the home page of an officer, the pages of a household, an area and a unit."""

from collections import Counter
from datetime import timedelta

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from bangfu.areas.models import Area
from bangfu.plans.models import Stage, Standing, Target
from bangfu.plans.targets import lists
from bangfu.plans.targets.catalogue import terms
from bangfu.plans.targets.words import with_unit
from bangfu.registry.models import Household
from bangfu.support.models import Unit
from bangfu.web.guard import officer_of
from bangfu.web.plans.target_rows import row_of, rows_of

SHOWN = 6


def my_targets(request: HttpRequest) -> str:
    """The targets that the officer or their unit answers for and that are not reached, the most urgent first, and the
    stages that end soon; "" for none. Whoever maintains plans and owns none sees the late ones of their areas."""
    officer, today = officer_of(request), timezone.localdate()
    if not officer.has_perm("plans.view"):
        return ""
    own = lists.of_officer(officer)
    # reached ones come last
    all_own = lists.most_urgent(own, SHOWN + 1)
    rows = own.exclude(standing=Standing.REACHED)
    found = [each for each in all_own if each.standing != Standing.REACHED]
    mine = bool(found)
    if not mine and officer.has_perm("plans.edit"):
        wanted = lists.Wanted(parts=lists.PARTS_TOO)
        rows = lists.targets(officer, wanted).filter(standing__in=(Standing.LATE, Standing.AT_RISK))
        found = lists.most_urgent(rows, SHOWN + 1)
    if not found:
        return ""
    shown = found[:SHOWN]
    soon = today + timedelta(days=terms().stage_due_soon_days)
    stages: list[Stage] = []
    if mine:
        # of whoever has few everything is here already, with the stages
        few = len(all_own) <= SHOWN
        stages = lists.due_of(all_own, soon) if few else lists.stages_due(officer, soon)
    numbers = Counter(each.standing for each in found) if len(found) <= SHOWN else lists.by_standing(rows)
    context = {
        "rows": rows_of(shown, today),
        "mine": mine,
        "more": sum(numbers.values()) - len(shown),
        "late": numbers.get(Standing.LATE, 0),
        "at_risk": numbers.get(Standing.AT_RISK, 0),
        "stages": stages[:SHOWN],
        "today": today,
    }
    return render_to_string("plans/parts/target_home.html", context, request)


def targets_of_area(request: HttpRequest, area: Area) -> str:
    """The targets of an area, the most urgent first; and those around it of which it is a part."""
    officer = officer_of(request)
    if not officer.has_perm("plans.view"):
        return ""
    found = lists.of_area(officer, area, SHOWN + 1)
    return _block(request, found, f"area={area.pk}&parts=all", area)


def targets_of_unit(request: HttpRequest, unit: Unit) -> str:
    """The targets that a unit answers for."""
    officer = officer_of(request)
    if not officer.has_perm("plans.view"):
        return ""
    return _block(request, lists.of_unit(officer, unit, SHOWN + 1), f"unit={unit.pk}&parts=all")


def _block(request: HttpRequest, found: list[Target], query: str, area: Area | None = None) -> str:
    if not found:
        return ""
    today = timezone.localdate()
    rows = rows_of(found[:SHOWN], today)
    for row in rows:
        target = row["target"]
        if area is not None and target.area_id != area.pk:
            row["where"] = target.area.name
            row["here"] = with_unit(lists.came_to_here(target, area, today), target.unit)
    context = {
        "rows": rows,
        "area": area,
        "more": len(found) > SHOWN,
        "query": query,
    }
    return render_to_string("plans/parts/target_block.html", context, request)


def targets_of_household(request: HttpRequest, household: Household) -> str:
    """The targets around a household in which it counts, or which still lack it."""
    officer, today = officer_of(request), timezone.localdate()
    if not officer.has_perm("plans.view") or household.ended_on is not None:
        return ""
    found = lists.of_household(officer, household, today)
    if not found:
        return ""
    context = {
        "rows": [
            {**row_of(each.target, today), "counts": each.counts, "where": each.target.area.name} for each in found
        ]
    }
    return render_to_string("plans/parts/target_household.html", context, request)
