"""What makes a visit look made up: a part of `visits.recording` and `visits.photos`. A suspicion is a reason to
ask, no verdict; the limits are policy."""

from collections.abc import Iterable
from datetime import timedelta
from math import asin, cos, radians, sin, sqrt
from statistics import median

from bangfu.visits.models import Photo, Suspicion, Visit
from bangfu.visits.photographs import differing
from bangfu.visits.policy import policy

Kind = Suspicion.Kind
EARTH_KM = 6371.0
# Of how many earlier visits the middle of a village is taken, and with how many photos of a person one is compared.
CENTRE_OF = 200
PHOTOS_OF = 3000


def look_at(visit: Visit) -> None:
    """Compare a new visit with those that are there."""
    _many(visit)
    _far(visit)
    _same_text(visit)


def look_at_photo(photo: Photo) -> None:
    """Compare a photo that was just kept with those of other visits: exactly the same picture anywhere, a nearly equal
    one among those of the same person."""
    if photo.visit is None:
        return
    others = Photo.objects.filter(state=Photo.State.KEPT, visit__isnull=False).exclude(visit=photo.visit)
    twin = others.filter(sha256=photo.sha256).order_by("pk").first()
    if twin is None and photo.look is not None:
        twin = others.filter(look=photo.look).order_by("pk").first() or _nearly(photo, others)
    if twin is not None and twin.visit is not None and not _same_event(photo.visit, twin.visit):
        _suspect(photo.visit, Kind.PHOTO, twin.visit, photo=str(photo.uuid), twin=str(twin.uuid))
        _suspect(twin.visit, Kind.PHOTO, photo.visit, photo=str(twin.uuid), twin=str(photo.uuid))


def _nearly(photo: Photo, others: Iterable[Photo]) -> Photo | None:
    assert photo.visit is not None
    since = photo.visit.visited_on - timedelta(days=policy().suspicion.look_back_days)
    mine = (
        Photo.objects.filter(
            state=Photo.State.KEPT, look__isnull=False, sent_by=photo.sent_by_id, visit__visited_on__gte=since
        )
        .exclude(visit=photo.visit)
        .order_by("-pk")
        .values_list("pk", "look")[:PHOTOS_OF]
    )
    bits = policy().suspicion.photo.bits
    for pk, look in mine:
        if look is not None and photo.look is not None and differing(look, photo.look) <= bits:
            found: Photo = Photo.objects.select_related("visit").get(pk=pk)
            return found
    return None


def _same_event(one: Visit, other: Visit) -> bool:
    """Two forms filled on one visit may share a photo."""
    return one.household_id == other.household_id and one.visited_on == other.visited_on


def _many(visit: Visit) -> None:
    """Visits of one officer to too many households within too short a time; all of them are named."""
    if visit.started_at is None or visit.officer_id is None or visit.household_id is None:
        return
    limit = policy().suspicion.many
    window = timedelta(minutes=limit.minutes)
    near = list(
        Visit.objects.filter(
            officer=visit.officer_id,
            household__isnull=False,
            started_at__gt=visit.started_at - window,
            started_at__lt=visit.started_at + window,
        ).order_by("started_at")
    )
    for first in near:
        together = [each for each in near if first.started_at <= each.started_at < first.started_at + window]
        households = {each.household_id for each in together}
        if len(households) >= limit.households and visit in together:
            for each in together:
                _suspect(each, Kind.MANY, None, households=len(households), minutes=limit.minutes)
            return


def _far(visit: Visit) -> None:
    """A position far from where the village's other visits were."""
    if visit.latitude is None or visit.longitude is None:
        return
    limit = policy().suspicion.far
    there = list(
        Visit.objects.filter(village=visit.village_id, latitude__isnull=False)
        .exclude(pk=visit.pk)
        .order_by("-pk")
        .values_list("latitude", "longitude")[:CENTRE_OF]
    )
    if len(there) < limit.visits:
        return
    centre = (median(float(lat or 0) for lat, _lon in there), median(float(lon or 0) for _lat, lon in there))
    away = kilometres(centre, (visit.latitude, visit.longitude))
    if away > limit.km:
        _suspect(visit, Kind.FAR, None, km=round(away))


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance between two positions in degrees (latitude, longitude) on the globe.

    >>> round(kilometres((0.0, 0.0), (0.0, 1.0)))
    111
    """
    (lat1, lon1), (lat2, lon2) = (tuple(map(radians, each)) for each in (one, other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def _same_text(visit: Visit) -> None:
    """The same words in another household, written by the same officer."""
    if not visit.text_mark or visit.officer_id is None:
        return
    since = visit.visited_on - timedelta(days=policy().suspicion.look_back_days)
    twin = (
        Visit.objects.filter(text_mark=visit.text_mark, officer=visit.officer_id, visited_on__gte=since)
        .exclude(pk=visit.pk)
        .exclude(household=visit.household_id, village=visit.village_id)
        .order_by("-pk")
        .first()
    )
    if twin is not None:
        _suspect(visit, Kind.TEXT, twin)
        _suspect(twin, Kind.TEXT, visit)


def _suspect(visit: Visit, kind: str, other: Visit | None, **facts: object) -> None:
    """One suspicion of a kind and visit; the first that was found stays."""
    Suspicion.objects.get_or_create(visit=visit, kind=kind, defaults={"other": other, "facts": facts})
