"""Who owes duties: helpers by their rank, holders of posts, members of the village teams, units, the teams themselves.

Asked for whole areas at once: the number of questions does not grow with the number of people. Whoever owes something
belongs to a group, in whose list it stands: the unit, the team of a village, or the area of the post.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.db.models import Min, Q

from bangfu.accounts.models import Officer, Post
from bangfu.common.places import PlaceRange, within
from bangfu.plans.duties.periods import Period
from bangfu.plans.duties.shapes import Who
from bangfu.support.models import Charge, Helper, Pairing, Team, TeamMember, Unit


class Kind(StrEnum):
    """What is meant by a doer's id: a helper, an officer who is no helper, a unit, a team."""

    HELPER = "helper"
    OFFICER = "officer"
    UNIT = "unit"
    TEAM = "team"


class Capacity(StrEnum):
    """As what somebody owes a duty; one person may in several."""

    RANK = "rank"
    ROLE = "role"
    TEAM_MEMBER = "team_member"
    UNIT = "unit"
    TEAM = "team"


class GroupKind(StrEnum):
    UNIT = "unit"
    TEAM = "team"
    AREA = "area"


@dataclass(frozen=True, slots=True)
class Group:
    """In whose list somebody stands: a unit, a village team (named by its village), or the area of a post. `place` and
    `level` are those of its area, from which an undone duty rises."""

    kind: GroupKind
    id: int
    name: str
    place: int
    level: int


@dataclass(frozen=True, slots=True)
class Doer:
    """Somebody or something in one capacity, from `since` until the day `until`, which no longer belongs to it (None:
    open). `value` is the rank, the role or the level of the unit."""

    kind: Kind
    id: int
    name: str
    officer_id: int | None
    capacity: Capacity
    value: str
    group: Group
    since: date
    until: date | None = None

    @property
    def place(self) -> int:
        return self.group.place

    @property
    def key(self) -> tuple[Kind, int]:
        return self.kind, self.id

    @property
    def names_itself(self) -> bool:
        """Whether a duty may mean it by its name: units."""
        return self.kind is Kind.UNIT

    @property
    def countable(self) -> bool:
        """Whether it can be told what was done: visits of a person are counted by the account; members of a team have
        their attendance."""
        return self.officer_id is not None or self.capacity not in (Capacity.RANK, Capacity.ROLE)

    def owes(self, period: Period) -> bool:
        """Only whole periods are owed: whoever began in the middle of a month begins with the next."""
        return self.since <= period.first and (self.until is None or self.until > period.last)

    def meant_by(self, who: Who) -> bool:
        """Whether a duty for `who` is a duty of this doer."""
        if self.capacity is Capacity.RANK:
            return self.value in who.ranks
        if self.capacity is Capacity.ROLE:
            return self.value in who.roles
        if self.capacity is Capacity.UNIT:
            return who.means_unit(self.value, self.name)
        return who.team_members if self.capacity is Capacity.TEAM_MEMBER else who.teams


@dataclass(frozen=True)
class Wanted:
    """Whose doers are asked for: everybody's of some areas (`places`), or those that are named. `helpers` are people by
    themselves, `of_units` and `of_teams` all people of a unit or team; `officers` hold posts, `areas` are those whose
    post holders are asked for; `units` and `teams` are meant as a whole."""

    places: Sequence[PlaceRange] | None = None
    helpers: Sequence[int] = ()
    of_units: Sequence[int] = ()
    of_teams: Sequence[int] = ()
    officers: Sequence[int] = ()
    areas: Sequence[int] = ()
    units: Sequence[int] = ()
    teams: Sequence[int] = ()

    def asks(self, place: str, **named: Sequence[int]) -> Q | None:
        """Rows whose place, under the name `place`, lies in the areas; or that are named, by any of `named`. None:
        nobody is asked for, and no question need be put."""
        if self.places is not None:
            return within(self.places, place)
        asked = [Q(**{f"{field}__in": list(ids)}) for field, ids in named.items() if ids]
        return reduce(or_, asked) if asked else None


def doers(wanted: Wanted, whos: Iterable[Who], day: date) -> list[Doer]:
    """Everybody who owes one of the duties for `whos` on a day. Members of a team stand in the list of their team,
    other people in that of their unit or of the area of their post."""
    asked = list(whos)
    ranks = {rank for who in asked for rank in who.ranks}
    roles = {role for who in asked for role in who.roles}
    levels = {level for who in asked for level in who.unit_levels}
    ties = Ties(wanted, day)
    found: list[Doer] = []
    if ranks:
        found += _by_rank(wanted, ranks, ties)
    if roles:
        found += _by_role(wanted, roles, day)
    if any(who.team_members for who in asked):
        found += _team_members(wanted, day)
    if levels:
        found += _units(wanted, levels, ties)
    if any(who.teams for who in asked):
        found += _teams(wanted, day)
    return found


_UNIT = ("unit_id", "unit__name", "unit__area__place", "unit__area__level")


def _by_rank(wanted: Wanted, ranks: Iterable[str], ties: "Ties") -> Iterator[Doer]:
    """Helpers of these ranks. They owe since their earliest pairing or charge of a village that still holds; who has
    none, since their unit has charge of one. Who helps nobody owes nothing."""
    asked = wanted.asks("unit__area__place", pk=wanted.helpers, unit=wanted.of_units)
    if asked is None:
        return
    rows = (
        Helper.objects.filter(asked, rank__in=list(ranks), left_on=None, unit__closed_on=None)
        .order_by("pk")
        .values_list("pk", "name", "rank", "officer_id", *_UNIT)
    )
    for pk, name, rank, officer, *unit in rows:
        first = ties.of_helpers.get(pk) or ties.charged.get(unit[0])
        if first is not None:
            group = Group(GroupKind.UNIT, *unit)
            yield Doer(Kind.HELPER, pk, name, officer, Capacity.RANK, rank, group, first)


def _by_role(wanted: Wanted, roles: Iterable[str], day: date) -> Iterator[Doer]:
    """Holders of these posts; they stand in the list of the area of the post."""
    asked = wanted.asks("area__place", officer=wanted.officers, area=wanted.areas)
    if asked is None:
        return
    rows = (
        Post.objects.filter(
            asked,
            Q(ends_on=None) | Q(ends_on__gte=day),
            role_id__in=list(roles),
            starts_on__lte=day,
            officer__is_active=True,
        )
        .order_by("pk")
        .values_list(
            "officer_id", "officer__name", "officer__helper__pk", "role_id", "starts_on",
            "area_id", "area__name", "area__place", "area__level",
        )
    )  # fmt: skip
    for officer, name, helper, role, starts_on, *area in rows:
        kind, pk = (Kind.HELPER, helper) if helper else (Kind.OFFICER, officer)
        yield Doer(kind, pk, name, officer, Capacity.ROLE, role, Group(GroupKind.AREA, *area), starts_on)


def _team_members(wanted: Wanted, day: date) -> Iterator[Doer]:
    asked = wanted.asks("team__village__place", helper=wanted.helpers, team=wanted.of_teams)
    if asked is None:
        return
    rows = (
        TeamMember.objects.filter(
            asked,
            Q(ended_on=None) | Q(ended_on__gt=day),
            starts_on__lte=day,
            team__ended_on=None,
        )
        .order_by("pk")
        .values_list(
            "helper_id", "helper__name", "helper__officer_id", "role", "starts_on", "ended_on",
            "team_id", "team__village__name", "team__village__place", "team__village__level",
        )
    )  # fmt: skip
    for pk, name, officer, role, starts_on, ended_on, *team in rows:
        group = Group(GroupKind.TEAM, *team)
        yield Doer(Kind.HELPER, pk, name, officer, Capacity.TEAM_MEMBER, role, group, starts_on, ended_on)


def _units(wanted: Wanted, levels: Iterable[str], ties: "Ties") -> Iterator[Doer]:
    """Units of these levels; they owe since the first of their helpers helps somebody or the unit a village."""
    asked = wanted.asks("area__place", pk=wanted.units)
    if asked is None:
        return
    rows = (
        Unit.objects.filter(asked, level__in=list(levels), closed_on=None)
        .order_by("pk")
        .values_list("pk", "name", "area__place", "area__level", "level")
    )
    for pk, name, place, level, kind in rows:
        first = _earliest(ties.of_units.get(pk), ties.charged.get(pk))
        if first is not None:
            group = Group(GroupKind.UNIT, pk, name, place, level)
            yield Doer(Kind.UNIT, pk, name, None, Capacity.UNIT, kind, group, first)


def _teams(wanted: Wanted, day: date) -> Iterator[Doer]:
    asked = wanted.asks("village__place", pk=wanted.teams)
    if asked is None:
        return
    rows = (
        Team.objects.filter(asked, starts_on__lte=day, ended_on=None)
        .order_by("pk")
        .values_list("pk", "village__name", "village__place", "village__level", "starts_on")
    )
    for pk, name, place, level, starts_on in rows:
        yield Doer(
            Kind.TEAM, pk, name, None, Capacity.TEAM, "", Group(GroupKind.TEAM, pk, name, place, level), starts_on
        )


@dataclass
class Ties:
    """Since when helpers and units are tied to households and villages: by pairings, and by charges of villages. Read
    once, when somebody first asks."""

    wanted: Wanted
    day: date

    @cached_property
    def _of_both(self) -> list[tuple[int, int, date]]:
        """Helper, unit, and the first day of the helper's earliest pairing or own charge that holds."""
        named = (*self.wanted.of_units, *self.wanted.units)
        asked = self.wanted.asks("unit__area__place", pk=self.wanted.helpers, unit=named)
        if asked is None:
            return []
        people = Helper.objects.filter(asked).order_by().values("pk")
        found: list[tuple[int, int, date]] = []
        for ties in (Pairing, Charge):
            rows: Any = ties.objects.filter(helper__in=people)
            holding = rows.filter(self._holds(), starts_on__lte=self.day).order_by()
            found += holding.values_list("helper_id", "helper__unit_id").annotate(Min("starts_on"))
        return found

    @cached_property
    def of_helpers(self) -> Mapping[int, date]:
        """By helper, of all helpers that are asked for."""
        return _firsts((helper, first) for helper, _unit, first in self._of_both)

    @cached_property
    def of_units(self) -> Mapping[int, date]:
        """By unit, of all units that are asked for: that of the helper who is tied longest."""
        return _firsts((unit, first) for _helper, unit, first in self._of_both)

    @cached_property
    def charged(self) -> Mapping[int, date]:
        """The first day of the earliest charge of a village that a unit has, by unit; of helpers who are asked for as
        people, that of their units."""
        named: Sequence[int] = ()
        if self.wanted.helpers:
            named = list(Helper.objects.filter(pk__in=self.wanted.helpers).order_by().values_list("unit_id", flat=True))
        asked = self.wanted.asks("unit__area__place", unit=(*self.wanted.of_units, *self.wanted.units, *named))
        if asked is None:
            return {}
        rows: Any = Charge.objects.filter(asked, self._holds(), starts_on__lte=self.day, unit__isnull=False)
        return dict(rows.order_by().values_list("unit_id").annotate(Min("starts_on")))

    def _holds(self) -> Q:
        return Q(ended_on=None) | Q(ended_on__gt=self.day)


def _firsts(days: Iterable[tuple[int, date]]) -> Mapping[int, date]:
    found: dict[int, date] = {}
    for pk, first in days:
        found[pk] = min(found.get(pk, first), first)
    return found


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def wanted_of(officer: Officer) -> Wanted:
    """An officer as a person, with the unit and the team they belong to."""
    helpers = dict(_accounts_helpers(officer))
    alone = Wanted(officers=(officer.pk,), helpers=list(helpers))
    if not helpers:
        return alone
    teams = TeamMember.objects.filter(helper__in=alone.helpers, ended_on=None, team__ended_on=None)
    return replace(alone, units=list(helpers.values()), teams=list(teams.order_by().values_list("team_id", flat=True)))


def person(officer: Officer) -> Wanted:
    """An officer as a person: holder of posts, and the helper whose account it is."""
    return Wanted(officers=(officer.pk,), helpers=[helper for helper, _unit in _accounts_helpers(officer)])


def _accounts_helpers(officer: Officer) -> Iterable[tuple[int, int]]:
    """The helper whose account an officer is, with the unit; none or one."""
    return list(Helper.objects.filter(officer=officer, left_on=None).order_by().values_list("pk", "unit_id"))
