"""Visits follow their household and village when areas merge or move: a verb of `visits.services` in a file of its
own."""

from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.audit.services import record as note
from bangfu.registry.models import Household
from bangfu.visits.models import Correction, Photo, Visit


@transaction.atomic
def follow_areas(*, by: Officer | None, reason: str) -> int:
    """Read the places of visits, photos and corrections again, after the registry has read its own
    (`registry.services.follow_areas`); how many visits stand elsewhere now."""
    home = Household.objects.filter(pk=OuterRef("household_id"))
    elsewhere = Visit.objects.filter(household__isnull=False).exclude(place=F("household__place"))
    moved: int = Visit.objects.filter(pk__in=elsewhere.values("pk")).update(
        place=Subquery(home.values("place")[:1]), village=Subquery(home.values("village")[:1])
    )
    village = Area.objects.filter(pk=OuterRef("village_id"))
    elsewhere = Visit.objects.filter(household=None).exclude(place=F("village__place"))
    moved += Visit.objects.filter(pk__in=elsewhere.values("pk")).update(place=Subquery(village.values("place")[:1]))
    visit = Visit.objects.filter(pk=OuterRef("visit_id"))
    for model in (Photo, Correction):
        apart = model.objects.filter(visit__isnull=False).exclude(place=F("visit__place"))
        model.objects.filter(pk__in=apart.values("pk")).update(place=Subquery(visit.values("place")[:1]))
    if moved:
        note(actor=by, action="visits.areas_followed", subject_type="visit", subject_id="", count=moved, reason=reason)
    return moved
