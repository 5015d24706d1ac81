"""A part of the daily verbs: where villages lie that nobody brought a point for, by where visits to them were made.

Rows are read once, some of the latest of every village, whatever there are; the middle is a median, which a few wrong
positions do not move.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Window
from django.db.models.functions import RowNumber

from bangfu.areas.outlines.policy import outline_policy
from bangfu.common.places import Level
from bangfu.plans.models import VillagePlace
from bangfu.plans.warroom.terms import PlacingTerms, war_room_terms
from bangfu.visits.models import Suspicion, Visit

# Kilometres of a degree of latitude.
DEGREE = 111.2
FIELDS = ["longitude", "latitude", "fixes"]


def keep_places() -> int:
    """Where every village lies by the visits to it, anew; of how many that is known. Safe to repeat."""
    rules = war_room_terms().villages
    found = [place for village, fixes in _of_villages(rules) if (place := _middle(village, fixes, rules))]
    with transaction.atomic():
        VillagePlace.objects.exclude(area__in=[each.area_id for each in found]).delete()
        VillagePlace.objects.bulk_create(
            found, batch_size=500, update_conflicts=True, unique_fields=["area"], update_fields=FIELDS
        )
    return len(found)


def _of_villages(rules: PlacingTerms) -> Iterator[tuple[int, Iterable[tuple[float, float]]]]:
    """By village the longitudes and latitudes of the latest good positions, one question."""
    far = Suspicion.objects.filter(visit=OuterRef("pk"), kind=Suspicion.Kind.FAR)
    good = Visit.objects.filter(
        latitude__isnull=False, longitude__isnull=False, accuracy__gte=0, accuracy__lte=rules.accuracy_metres,
        village__level=Level.VILLAGE, village__valid_to=None,
    ).exclude(Exists(far))  # fmt: skip
    number = Window(RowNumber(), partition_by=F("village"), order_by=(F("visited_on").desc(), F("pk").desc()))
    rows = good.order_by().annotate(number=number).filter(number__lte=rules.latest).order_by("village")
    positions = rows.values_list("village", "longitude", "latitude").iterator()
    for village, group in groupby(positions, key=lambda row: row[0]):
        yield int(village), ((x, y) for _village, x, y in group)


def _middle(village: int, fixes: Iterable[tuple[float, float]], rules: PlacingTerms) -> VillagePlace | None:
    """None where there are too few, where they lie too far apart to say where it is, or outside the country."""
    import numpy as np  # loading it costs time that only the day's work pays

    known: Any = np.array(list(fixes))
    if len(known) < rules.fixes:
        return None
    longitude, latitude = (float(each) for each in np.median(known, axis=0))
    if not outline_policy().bounds.holds(longitude, latitude):
        return None
    east = (known[:, 0] - longitude) * np.cos(np.radians(latitude))
    away = np.hypot(east, known[:, 1] - latitude) * DEGREE
    if float(np.median(away)) > rules.spread_km:
        return None
    return VillagePlace(area_id=village, longitude=longitude, latitude=latitude, fixes=len(known))
