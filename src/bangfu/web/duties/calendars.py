"""The calendar of one person, unit, team or area: a month, and how every duty of it stands."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bangfu.plans.duties import selectors
from bangfu.plans.duties.acting import may_record
from bangfu.plans.duties.calendars import Whose, month_of
from bangfu.plans.duties.doers import Group, GroupKind
from bangfu.plans.duties.periods import Every, following, period_of, preceding
from bangfu.plans.duties.tallying import DutyDue, State
from bangfu.plans.duties.words import period_label
from bangfu.support.selectors import helper_of
from bangfu.web.duties.rows import rows_of, url_of_doer, url_of_group
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import neighbours

PEOPLE_SHOWN = 40
FIRST, LAST = date(2014, 1, 1), date(2100, 12, 1)


def month_asked(request: HttpRequest) -> date:
    """The first day of the month that `?month=2026-11` asks for; this month when it is none."""
    text = request.GET.get("month", "")
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text, re.ASCII):
        asked = date(int(text[:4]), int(text[5:]), 1)
        if FIRST <= asked <= LAST:
            return asked
    return timezone.localdate().replace(day=1)


def calendar(found: Sequence[DutyDue], month: date, whose: Whose | None = None) -> dict[str, Any]:
    """What the template of a month needs: the weeks, the name of the month and its neighbours, and how many duties
    stand how. `whose` days are marked though they owe nothing."""
    period = period_of(Every.MONTH, month)
    states = Counter(each.state for each in found)
    return {
        "weeks": month_of(found, month, whose),
        "month": month,
        "month_label": period_label(period),
        "earlier": f"{preceding(period).first:%Y-%m}" if month > FIRST else "",
        "later": f"{following(period).first:%Y-%m}" if month < LAST else "",
        "today": timezone.localdate(),
        "done": states[State.DONE] + states[State.DONE_LATE],
        "running": states[State.OPEN],
        "soon": states[State.DUE_SOON],
        "late": states[State.LATE],
        "unknown": states[State.UNKNOWN],
    }


def span_of(month: date) -> tuple[date, date]:
    return month, period_of(Every.MONTH, month).last


@needs("duties.view")
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """My own month, and what the unit and the team that I belong to owe."""
    officer, month, today = officer_of(request), month_asked(request), timezone.localdate()
    found = selectors.of_officer(officer, *span_of(month), today)
    of_bodies = [each for each in selectors.due(officer, today) if not _is_person(each)]
    recorder = officer.may("duties.record")
    bodies = [
        {
            "name": _name(doer.group),
            "url": url_of_group(doer.group),
            "rows": rows_of(rows, today, may_record=recorder),
        }
        for doer, rows in selectors.doers_of(of_bodies)
    ]
    helper = helper_of(officer)
    whose = Whose(officers=(officer.pk,), helpers=(helper.pk,) if helper else ())
    context = {"rows": rows_of(found, today), "bodies": bodies, "tab": "mine"} | calendar(found, month, whose)
    return render(request, "duties/mine.html", context)


def _is_person(each: DutyDue) -> bool:
    return each.duty.who.persons


def _name(group: Group) -> str:
    return _("{village}驻村工作队").format(village=group.name) if group.kind is GroupKind.TEAM else group.name


@needs("duties.view")
@require_safe
def of_unit(request: HttpRequest, pk: int) -> HttpResponse:
    return _of_group(request, GroupKind.UNIT, pk)


@needs("duties.view")
@require_safe
def of_team(request: HttpRequest, pk: int) -> HttpResponse:
    return _of_group(request, GroupKind.TEAM, pk)


@needs("duties.view")
@require_safe
def of_area(request: HttpRequest, pk: int) -> HttpResponse:
    return _of_group(request, GroupKind.AREA, pk)


def _of_group(request: HttpRequest, kind: GroupKind, pk: int) -> HttpResponse:
    """The month of a group: its own duties first, then those of its people."""
    officer, month, today = officer_of(request), month_asked(request), timezone.localdate()
    group = selectors.group_of(officer, kind, pk)
    if group is None:
        raise Http404
    found = selectors.of_group(officer, group, *span_of(month), today)
    own = [each for each in found if not _is_person(each)]
    recorder = bool(own) and _may_record(request, kind, pk)
    people = selectors.doers_of(each for each in found if _is_person(each))
    page = Paginator(people, PEOPLE_SHOWN).get_page(request.GET.get("page"))
    context = {
        "group": group,
        "name": _name(group),
        "own": rows_of(own, today, may_record=recorder),
        "people": [
            {"doer": doer, "url": url_of_doer(doer), "rows": rows_of(rows, today)} for doer, rows in page.object_list
        ],
        "number": page.paginator.count,
        "page": neighbours(request, page),
    } | calendar(found, month)
    return render(request, "duties/group.html", context)


def _may_record(request: HttpRequest, kind: GroupKind, pk: int) -> bool:
    officer = officer_of(request)
    if kind is GroupKind.UNIT:
        return may_record(officer, unit=selectors.units(officer).filter(pk=pk).first())
    return kind is GroupKind.TEAM and may_record(officer, team=selectors.teams(officer).filter(pk=pk).first())


@needs("duties.view")
@require_safe
def of_helper(request: HttpRequest, pk: int) -> HttpResponse:
    """The month of one helper, for whoever may see the duties of their unit or team, and for themselves."""
    officer, month, today = officer_of(request), month_asked(request), timezone.localdate()
    helper = get_object_or_404(selectors.helpers(officer).select_related("unit"), pk=pk)
    found = selectors.of_helper(officer, helper, *span_of(month), today)
    whose = Whose(officers=(helper.officer_id,) if helper.officer_id else (), helpers=(helper.pk,))
    context = {"helper": helper, "rows": rows_of(found, today)} | calendar(found, month, whose)
    return render(request, "duties/helper.html", context)
