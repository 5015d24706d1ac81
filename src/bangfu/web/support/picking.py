"""Choosing a helper, an area, a village: what several forms ask for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import Level
from bangfu.common.policy import code_list
from bangfu.support import selectors
from bangfu.support.acting import EDIT
from bangfu.support.models import Helper
from bangfu.web.guard import officer_of
from bangfu.web.scope import tops_of

MOST_AREAS = 600


def picked(request: HttpRequest) -> Helper | None:
    """The helper that was chosen, when the officer may see them and they still work there."""
    wanted = request.POST.get("helper", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        return None
    found: Helper | None = (
        Helper.objects.visible_to(officer_of(request))
        .working()
        .select_related("unit", "area")
        .filter(pk=wanted)
        .first()
    )
    return found


def offers(request: HttpRequest, village: Area | None = None, leave_out: int | None = None) -> dict[str, Any]:
    """Helpers to choose among: those found by `?q=`, or the nearest to a village; who has room first."""
    q = request.GET.get("q", "").strip()[:60]
    found = selectors.offered(officer_of(request), q, village, leave_out)
    ranks = code_list("helper_rank")
    return {
        "q": q,
        "offers": [{"offer": each, "rank": ranks.label_of(each.helper.rank)} for each in found],
        "chosen": request.POST.get("helper", ""),
    }


def areas_of(officer: Officer, lowest: int = Level.VILLAGE) -> list[Area]:
    """The areas where the officer may arrange support, down to `lowest`, as they lie."""
    tops = tops_of(officer, EDIT)
    inside = Q(pk__in=())
    for top in tops:
        inside |= Q(place__gte=top.reach.first, place__lte=top.reach.last)
    rows = Area.objects.visible_to(officer).current().filter(inside, level__lte=lowest).select_related("parent")
    return list(rows.order_by("place")[:MOST_AREAS])


def villages_of(officer: Officer) -> list[Area]:
    return [area for area in areas_of(officer) if area.level == Level.VILLAGE]


def area_choices(areas: Sequence[Area]) -> list[tuple[str, str]]:
    """Areas as choices of a select; a village with the township it lies in."""
    return [
        (
            str(area.pk),
            _("{township} {village}").format(township=area.parent.name, village=area.name)
            if area.level == Level.VILLAGE and area.parent
            else area.name,
        )
        for area in areas
    ]


class AreaField(forms.TypedChoiceField):
    """A choice among these areas; the value is the area itself."""

    def offer(self, areas: Sequence[Area], blank: str = "") -> None:
        known = {str(area.pk): area for area in areas}
        self.coerce = known.get
        self.empty_value = None
        self.choices = [*([("", blank)] if blank else []), *area_choices(areas)]
