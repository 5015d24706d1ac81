"""Who owes duties: helpers by their rank, holders of posts, members of the village teams, units, the teams themselves.

Asked for whole areas at once: the number of questions does not grow with the number of people. Whoever owes something
belongs to a group, in whose list it stands: the unit, the team of a village, or the area of the post.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cached_property, reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import F, Min, Q, Value

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
    themselves, `accounts` those of them whose account it is, `of_units` and `of_teams` all people of a unit or team;
    `officers` hold posts, `areas` are those whose post holders are asked for; `units` and `teams` are meant as a whole,
    with `bodies` also those that the helpers of `accounts` belong to."""

    places: Sequence[PlaceRange] | None = None
    helpers: Sequence[int] = ()
    accounts: Sequence[int] = ()
    of_units: Sequence[int] = ()
    of_teams: Sequence[int] = ()
    officers: Sequence[int] = ()
    areas: Sequence[int] = ()
    units: Sequence[int] = ()
    teams: Sequence[int] = ()
    bodies: bool = False

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
    people = _people(wanted) if ranks or (levels and wanted.bodies) else []
    ties = Ties(wanted, people, day)
    found: list[Doer] = []
    if ranks:
        found += _by_rank(people, ranks, ties)
    if roles:
        found += _by_role(wanted, roles, day)
    if levels:
        found += _units(wanted, people, levels, ties)
    members, teams = any(who.team_members for who in asked), any(who.teams for who in asked)
    return [*found, *_teams(wanted, day, members=members, teams=teams)]


class Seat(NamedTuple):
    """A unit: where it stands, of which level it is."""

    id: int
    name: str
    place: int
    area_level: int
    level: str

    @property
    def group(self) -> Group:
        return Group(GroupKind.UNIT, self.id, self.name, self.place, self.area_level)


SEAT = ("pk", "name", "area__place", "area__level", "level")


class Person(NamedTuple):
    """A helper who has not left, with the unit."""

    id: int
    name: str
    rank: str
    officer_id: int | None
    unit: Seat


def _people(wanted: Wanted) -> list[Person]:
    """The helpers asked for as people, of units that there still are."""
    asked = wanted.asks("unit__area__place", pk=wanted.helpers, officer=wanted.accounts, unit=wanted.of_units)
    if asked is None:
        return []
    rows = (
        Helper.objects.filter(asked, left_on=None, unit__closed_on=None)
        .order_by("pk")
        .values_list("pk", "name", "rank", "officer_id", *(f"unit__{each}" for each in SEAT))
    )
    # one object for each unit, however many people it has
    seats: dict[int, Seat] = {}
    return [
        Person(pk, name, rank, officer, seats.get(seat[0]) or seats.setdefault(seat[0], Seat(*seat)))
        for pk, name, rank, officer, *seat in rows
    ]


def _by_rank(people: Iterable[Person], ranks: Collection[str], ties: "Ties") -> Iterator[Doer]:
    """Helpers of these ranks. They owe since their earliest pairing or charge of a village that still holds; who has
    none, since their unit has charge of one. Who helps nobody owes nothing."""
    groups: dict[int, Group] = {}
    for each in people:
        if each.rank not in ranks:
            continue
        first = ties.of_helpers.get(each.id) or ties.charged.get(each.unit.id)
        if first is not None:
            group = groups.get(each.unit.id) or groups.setdefault(each.unit.id, each.unit.group)
            yield Doer(Kind.HELPER, each.id, each.name, each.officer_id, Capacity.RANK, each.rank, group, first)


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


def _units(wanted: Wanted, people: Iterable[Person], levels: Collection[str], ties: "Ties") -> Iterator[Doer]:
    """Units of these levels; they owe since the first of their helpers helps somebody or the unit a village."""
    seats = {each.unit.id: each.unit for each in people} if wanted.bodies else {}
    asked = wanted.asks("area__place", pk=wanted.units)
    if asked is not None:
        rows = Unit.objects.filter(asked, level__in=list(levels), closed_on=None).order_by("pk").values_list(*SEAT)
        seats |= {row[0]: Seat(*row) for row in rows}
    for seat in seats.values():
        first = _earliest(ties.of_units.get(seat.id), ties.charged.get(seat.id))
        if seat.level in levels and first is not None:
            yield Doer(Kind.UNIT, seat.id, seat.name, None, Capacity.UNIT, seat.level, seat.group, first)


def _teams(wanted: Wanted, day: date, *, members: bool, teams: bool) -> Iterator[Doer]:
    """Those who serve in village teams (`members`), and the teams as a whole (`teams`)."""
    own: dict[int, Doer] = {}
    if members or (teams and wanted.bodies):
        for member, team in _members(wanted, day):
            if members:
                yield member
            if teams and wanted.bodies and team.since <= day:
                own.setdefault(team.id, team)
    asked = wanted.asks("village__place", pk=wanted.teams)
    if teams and asked is not None:
        rows = (
            Team.objects.filter(asked, starts_on__lte=day, ended_on=None)
            .order_by("pk")
            .values_list("pk", "village__name", "village__place", "village__level", "starts_on")
        )
        own |= {pk: _team(Group(GroupKind.TEAM, pk, *village), starts_on) for pk, *village, starts_on in rows}
    yield from own.values()


def _members(wanted: Wanted, day: date) -> Iterator[tuple[Doer, Doer]]:
    """Everybody who serves in a team, with the team."""
    asked = wanted.asks(
        "team__village__place", helper=wanted.helpers, helper__officer=wanted.accounts, team=wanted.of_teams
    )
    if asked is None:
        return
    if wanted.accounts:
        asked &= Q(helper__left_on=None)
    rows = (
        TeamMember.objects.filter(
            asked,
            Q(ended_on=None) | Q(ended_on__gt=day),
            starts_on__lte=day,
            team__ended_on=None,
        )
        .order_by("pk")
        .values_list(
            "helper_id", "helper__name", "helper__officer_id", "role", "starts_on", "ended_on", "team__starts_on",
            "team_id", "team__village__name", "team__village__place", "team__village__level",
        )
    )  # fmt: skip
    for pk, name, officer, role, starts_on, ended_on, since, *team in rows:
        group = Group(GroupKind.TEAM, *team)
        member = Doer(Kind.HELPER, pk, name, officer, Capacity.TEAM_MEMBER, role, group, starts_on, ended_on)
        yield member, _team(group, since)


def _team(group: Group, since: date) -> Doer:
    return Doer(Kind.TEAM, group.id, group.name, None, Capacity.TEAM, "", group, since)


@dataclass
class Ties:
    """Since when helpers and units are tied to households and villages: by pairings, and by charges of villages. Read
    once, in one question, when somebody first asks."""

    wanted: Wanted
    people: Sequence[Person]
    day: date

    @cached_property
    def _all(self) -> list[tuple[int | None, int | None, int, date]]:
        """Helper and helper's unit (None: it is the tie of a unit), the unit in charge of a village (0: of a helper),
        and the first day of the earliest pairing or charge that holds."""
        wanted = self.wanted
        units = {*wanted.of_units, *wanted.units}
        if wanted.bodies:
            units |= {each.unit.id for each in self.people}
        alone = [] if wanted.places is not None else [each.id for each in self.people if each.unit.id not in units]
        tied = wanted.asks("helper__unit__area__place", helper=alone, helper__unit=sorted(units))
        if tied is None:
            return []
        around = units | {each.unit.id for each in self.people} if wanted.places is None else ()
        charged = wanted.asks("unit__area__place", unit=sorted(around))
        holds = Q(ended_on=None) | Q(ended_on__gt=self.day)
        found: Any = None
        ways: list[tuple[Any, Q, Any]] = [(Pairing, tied, Value(0)), (Charge, tied, Value(0))]
        if charged is not None:
            ways.append((Charge, charged & Q(unit__isnull=False), F("unit")))
        for ties, asked, unit in ways:
            rows = (
                ties.objects.filter(asked, holds, starts_on__lte=self.day)
                .order_by()
                .values_list("helper_id", "helper__unit_id", unit)
                .annotate(first=Min("starts_on"))
            )
            found = rows if found is None else found.union(rows, all=True)
        return list(found)

    @cached_property
    def of_helpers(self) -> Mapping[int, date]:
        """By helper, of all helpers that are asked for."""
        return _firsts((helper, first) for helper, _unit, _charge, first in self._all)

    @cached_property
    def of_units(self) -> Mapping[int, date]:
        """By unit, of all units that are asked for: that of the helper who is tied longest."""
        return _firsts((unit, first) for _helper, unit, _charge, first in self._all)

    @cached_property
    def charged(self) -> Mapping[int, date]:
        """The first day of the earliest charge of a village that a unit has, by unit; of helpers who are asked for as
        people, that of their units."""
        return _firsts((unit, first) for _helper, _unit, unit, first in self._all)


def _firsts(days: Iterable[tuple[int | None, date]]) -> Mapping[int, date]:
    found: dict[int, date] = {}
    for pk, first in days:
        if pk:
            found[pk] = min(found.get(pk, first), first)
    return found


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def wanted_of(officer: Officer) -> Wanted:
    """An officer as a person, with the unit and the team they belong to."""
    return replace(person(officer), bodies=True)


def person(officer: Officer) -> Wanted:
    """An officer as a person: holder of posts, and the helper whose account it is."""
    return Wanted(officers=(officer.pk,), accounts=(officer.pk,))
