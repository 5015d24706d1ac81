"""What a measure comes to in many areas at once, counted anew, or as it was counted some minutes ago where that took
reading very many rows."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from bangfu.areas.models import Area
from bangfu.common.places import Level, span
from bangfu.plans.targets.catalogue import Measure
from bangfu.plans.targets.measuring import tallies
from bangfu.plans.warroom.terms import war_room_terms

Tallies = dict[int, tuple[Fraction, Fraction | None]]


def tallied(measure: Measure, asked: Sequence[Area], since: date, until: date) -> tuple[Tallies, datetime]:
    """What counts in each of these areas, by place, with what a share is of; and when that was counted."""
    key = _key(measure, asked, since, until)
    known: tuple[Tallies, datetime] | None = cache.get(key)
    if known is not None:
        return known
    counted = _counted(measure, asked, since, until), timezone.now()
    many = sum(int(whole or part) for part, whole in counted[0].values())
    if many >= war_room_terms().kept.rows:
        cache.set(key, counted, war_room_terms().kept.seconds)
    return counted


def _key(measure: Measure, asked: Sequence[Area], since: date, until: date) -> str:
    asked_of = (str(connection.settings_dict["NAME"]), measure.id, since, until, sorted(each.place for each in asked))
    return f"warroom:{hashlib.sha256(repr(asked_of).encode()).hexdigest()}"


def _counted(measure: Measure, asked: Sequence[Area], since: date, until: date) -> Tallies:
    """Areas of one level that lie together in one, or in one of the level above, are counted at once, others each by
    itself."""
    levels = {each.level for each in asked}
    level = asked[0].level
    for outer in (level - 1, level - 2):
        if len(levels) > 1 or outer < Level.PROVINCE:
            break
        around = {each.place - each.place % span(outer) for each in asked}
        if len(around) == 1:
            return tallies(measure, level, since, until, Area(place=around.pop(), level=outer))
    found: Tallies = {}
    for each in asked:
        found |= tallies(measure, each.level, since, until, each)
    return found
