"""A duty as a row of a page: everything a template shows of it, in words."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from bangfu.plans.duties.doers import Doer, Group, GroupKind, Kind
from bangfu.plans.duties.tallying import DutyDue
from bangfu.plans.duties.words import number_label, often_label, period_label, state_colour, state_label

PAGES = {GroupKind.UNIT: "duty-unit", GroupKind.TEAM: "duty-team", GroupKind.AREA: "duty-area"}


def row_of(each: DutyDue, day: date, *, may_record: bool = False) -> dict[str, Any]:
    return {
        "due": each,
        "title": str(each.duty.title),
        "hint": str(each.duty.hint or ""),
        "often": often_label(each.duty),
        "period": period_label(each.period),
        "done": number_label(each.duty, each.done),
        "needed": number_label(each.duty, each.needed),
        "missing": number_label(each.duty, each.missing),
        "held_back": number_label(each.duty, each.held_back) if each.held_back else "",
        "recorded": each.duty.recorded,
        "label": state_label(each.state),
        "colour": state_colour(each.state),
        "days_late": each.days_late(day),
        "record_url": record_url(each) if may_record and each.duty.recorded and not each.met else "",
    }


def rows_of(found: Iterable[DutyDue], day: date, *, may_record: bool = False) -> list[dict[str, Any]]:
    return [row_of(each, day, may_record=may_record) for each in found]


def record_url(each: DutyDue) -> str:
    """Where a record of the duty is entered, with everything that is known of it filled in."""
    of = {Kind.UNIT: "unit", Kind.TEAM: "team"}[each.doer.kind]
    query = {of: each.doer.id, "duty": each.duty.id}
    return f"{reverse('duty-record-new')}?{urlencode(query)}"


def url_of_group(group: Group) -> str:
    return reverse(PAGES[group.kind], args=[group.id])


def url_of_doer(doer: Doer) -> str:
    """The calendar of a person; units and teams have theirs already, and an account alone has none for others."""
    return reverse("duty-helper", args=[doer.id]) if doer.kind is Kind.HELPER else ""
