"""Questions about officers and posts, and about the trail as far as officers decide who reads it."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max, Q, Sum
from django.utils import timezone

from bangfu.accounts.models import Officer, Post
from bangfu.accounts.roles import Role, roles
from bangfu.areas.models import Area
from bangfu.audit.models import Entry, EntryQuerySet
from bangfu.common.places import Level, PlaceRange


def locked_until(username: str, address: str | None = None) -> datetime | None:
    """Until when an account is locked (from one network address, or from any); None when it is not."""
    cool_off = timedelta(hours=settings.AXES_COOLOFF_TIME)
    tries = AccessAttempt.objects.filter(username=username, attempt_time__gt=timezone.now() - cool_off)
    if address:
        tries = tries.filter(ip_address=address)
    by_address = tries.values("ip_address").annotate(wrong=Sum("failures_since_start"), last=Max("attempt_time"))
    ends = [each["last"] + cool_off for each in by_address if each["wrong"] >= settings.AXES_FAILURE_LIMIT]
    return max(ends, default=None)


def roles_at(area: Area) -> list[Role]:
    """The roles that may be held at an area."""
    return [role for role in roles().values() if area.level in role.levels]


def sees_the_whole_house(viewer: Any, right: str = "audit.view") -> bool:
    """Whether the areas where the viewer holds `right` leave out no county, township, village or group of the house.

    In a house of one county its audit administrator does; in a province only the province's.
    """
    ranges: tuple[PlaceRange, ...] = viewer.places_for(right)
    if not ranges:
        return False
    outside = Q(place__gt=ranges[-1].last) | Q(place__lt=ranges[0].first)
    for before, after in pairwise(ranges):
        outside |= Q(place__gt=before.last, place__lt=after.first)
    return not Area.objects.filter(outside, level__gte=Level.COUNTY).exists()


def entries_for(viewer: Any) -> EntryQuerySet:
    """The entries of the trail that the viewer may read: those of the areas where `audit.view` is held, and those of
    the system as a whole for whoever holds it over the whole house."""
    found: EntryQuerySet = Entry.objects.readable_by(viewer, whole_house=sees_the_whole_house(viewer))
    return found


def posts_of(officer: Officer, viewer: Any) -> list[Post]:
    """The posts of an officer that lie in the viewer's areas, newest first; one's own are all seen."""
    posts = officer.posts.select_related("area", "area__parent").order_by("-starts_on", "-pk")
    if officer.pk == viewer.pk:
        return list(posts)
    return list(posts.visible_to(viewer))
