"""Who is behind, by unit; the list as a file; and what is asked of whom, as policy says it."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.accounts.roles import roles
from bangfu.areas.models import LEVEL_NAMES
from bangfu.common.policy import code_list
from bangfu.plans.duties import selectors
from bangfu.plans.duties.exporting import export_overdue
from bangfu.plans.duties.loading import Regimes, terms
from bangfu.plans.duties.shapes import Who
from bangfu.plans.duties.words import often_label, what_label
from bangfu.web.duties.rows import rows_of, url_of_group
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.listing import neighbours, without
from bangfu.web.scope import scope_of

GROUPS_SHOWN = 30
# Of each group the list shows so many rows; its own page shows all.
FEW = 3


@needs("duties.view")
@require_safe
def duty_behind(request: HttpRequest) -> HttpResponse:
    """The units, teams and areas that are behind, those longest overdue first."""
    officer, today = officer_of(request), timezone.localdate()
    scope = scope_of(request, "duties.view")
    found = selectors.overdue_by_unit(officer, today, scope.area)
    page = Paginator(found, GROUPS_SHOWN).get_page(request.GET.get("page"))
    context = {
        "scope": scope,
        "elsewhere": without(request, "page", "area").urlencode(),
        "query": without(request, "page").urlencode(),
        "number": len(found),
        "items": sum(len(each.late) for each in found),
        "named": sum(len(each.named) for each in found),
        "groups": [
            {
                "behind": each,
                "url": url_of_group(each.group),
                "rows": rows_of(each.late[:FEW], today),
                "more": max(len(each.late) - FEW, 0),
                "named": rows_of(each.named, today),
            }
            for each in page.object_list
        ],
        "page": neighbours(request, page),
        "terms": terms(),
        "tab": "behind",
    }
    part = "#rows" if asked_by_htmx(request, "rows") else ""
    return render(request, f"duties/behind.html{part}", context)


@needs("registry.export")
@require_POST
def duty_export(request: HttpRequest) -> HttpResponse:
    """What the list shows, whole; `format` is xlsx or csv."""
    scope = scope_of(request, "duties.view")
    made = export_overdue(officer_of(request), timezone.localdate(), scope.area, fmt=request.POST.get("format", "xlsx"))
    response = HttpResponse(made.content, content_type=made.media_type)
    response["Content-Disposition"] = content_disposition_header(True, made.name) or "attachment"
    return response


@needs("duties.view")
@require_safe
def duty_rules(request: HttpRequest) -> HttpResponse:
    """What is asked of whom where the officer works, and after which document."""
    scope, today = scope_of(request, "duties.view"), timezone.localdate()
    area = scope.here or (scope.tops[0] if scope.tops else None)
    duties = Regimes.now().at(area.place, today).values() if area else ()
    rows: list[dict[str, Any]] = [
        {
            "duty": duty,
            "what": what_label(duty.what),
            "who": who_label(duty.who),
            "often": often_label(duty),
            "evidence": [each for each in duty.evidence if each.minimum],
            "optional": [each for each in duty.evidence if not each.minimum],
        }
        for duty in sorted(
            duties, key=lambda duty: (duty.who.persons, duty.who.teams, duty.what, duty.id), reverse=True
        )
    ]
    rises = [{"level": LEVEL_NAMES[rise.level], "days": rise.after_days} for rise in terms().rises]
    context = {"rows": rows, "area": area, "rises": rises, "tab": "rules"}
    return render(request, "duties/rules.html", context)


def who_label(who: Who) -> str:
    """Whose duty it is, in words."""
    if who.teams:
        return _("驻村工作队")
    if who.team_members:
        return _("驻村工作队队员")
    names = [code_list("helper_rank").label_of(rank) for rank in who.ranks]
    names += [str(roles()[role].label) for role in who.roles]
    names += [_("{level}级单位").format(level=code_list("unit_level").label_of(level)) for level in who.unit_levels]
    return _("、").join([*names, *who.named])
