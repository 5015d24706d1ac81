"""Teams, and who is in charge of a village, follow when villages merge: a verb of `support.services` in a file of its
own. Pairings lie where their households lie and need nothing."""

from django.db import transaction

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.areas.selectors import heir
from bangfu.audit.services import record
from bangfu.support.models import Charge, Helper, Team, Unit


@transaction.atomic
def follow_areas(*, by: Officer | None, reason: str) -> int:
    """What belongs to an area that was merged away belongs to the area it went into; how many rows moved. A village
    that has a team keeps its own: the other stays where it was until somebody ends it."""
    moved = 0
    for unit in Unit.objects.exclude(area__valid_to=None).select_related("area"):
        area = heir(unit.area)
        if area.pk != unit.area_id and not Unit.objects.filter(area=area, name=unit.name).exists():
            moved += Unit.objects.filter(pk=unit.pk).update(area=area)
    for closed in Area.objects.filter(pk__in=Helper.objects.exclude(area__valid_to=None).values("area")):
        area = heir(closed)
        if area.pk != closed.pk:
            moved += Helper.objects.filter(area=closed).update(area=area)
    for team in Team.objects.filter(ended_on=None).exclude(village__valid_to=None).select_related("village"):
        village = heir(team.village)
        if village.pk != team.village_id and not Team.objects.filter(village=village, ended_on=None).exists():
            moved += Team.objects.filter(pk=team.pk).update(village=village)
    for charge in Charge.objects.filter(ended_on=None).exclude(village__valid_to=None).select_related("village"):
        village = heir(charge.village)
        twin = Charge.objects.filter(village=village, unit=charge.unit, helper=charge.helper, ended_on=None)
        if village.pk != charge.village_id and not twin.exists():
            moved += Charge.objects.filter(pk=charge.pk).update(village=village)
    if moved:
        record(actor=by, action="support.areas_followed", subject_type="team", count=moved, reason=reason)
    return moved
