"""Who owes duties: helpers by their rank, holders of posts, members of the village teams, units, the teams themselves.

Asked for whole areas at once: the number of questions does not grow with the number of people. Whoever owes something
belongs to a group, in whose list it stands: the unit, the team of a village, or the area of the post.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import Min, Q

from bangfu.accounts.models import Officer, Post
from bangfu.common.places import PlaceRange, within
from bangfu.plans.duties import Who
from bangfu.plans.periods import Period
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
    def countable(self) -> bool:
        """Whether visits can be counted: those of a person are counted by the account."""
        return self.kind in (Kind.UNIT, Kind.TEAM) or self.officer_id is not None

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
            return self.value in who.unit_levels and (not who.named or any(word in self.name for word in who.named))
        return who.team_members if self.capacity is Capacity.TEAM_MEMBER else who.teams


@dataclass(frozen=True)
class Wanted:
    """Whose doers are asked for: those of areas, or single people, units and teams by their ids. What is None does not
    narrow; empty ids give nobody."""

    places: Sequence[PlaceRange] | None = None
    helpers: Sequence[int] | None = None
    officers: Sequence[int] | None = None
    units: Sequence[int] | None = None
    teams: Sequence[int] | None = None

    def inside(self, field: str) -> Q:
        return Q() if self.places is None else within(self.places, field)


def _among(ids: Sequence[int] | None, field: str) -> Q:
    return Q() if ids is None else Q(**{f"{field}__in": ids})


def doers(wanted: Wanted, whos: Iterable[Who], day: date) -> list[Doer]:
    """Everybody who owes one of the duties for `whos` on a day. People are asked for by `helpers`, `officers`, units by
    `units`, teams by `teams`; members of a team stand in the list of their team, others in that of their unit or area.
    """
    asked = list(whos)
    ranks = {rank for who in asked for rank in who.ranks}
    roles = {role for who in asked for role in who.roles}
    levels = {level for who in asked for level in who.unit_levels}
    found: list[Doer] = []
    if ranks:
        found += _by_rank(wanted, ranks, day)
    if roles:
        found += _by_role(wanted, roles, day)
    if any(who.team_members for who in asked):
        found += _team_members(wanted, day)
    if levels:
        found += _units(wanted, levels, day)
    if any(who.teams for who in asked):
        found += _teams(wanted, day)
    return found


_UNIT = ("unit_id", "unit__name", "unit__area__place", "unit__area__level")


def _by_rank(wanted: Wanted, ranks: Iterable[str], day: date) -> Iterator[Doer]:
    """Helpers of these ranks. They owe since they help somebody: since the earliest pairing, or charge of a village,
    their own or their unit's, that still holds."""
    rows = (
        Helper.objects.filter(
            wanted.inside("unit__area__place"),
            _among(wanted.helpers, "pk"),
            _among(wanted.units, "unit"),
            rank__in=list(ranks),
            left_on=None,
            unit__closed_on=None,
        )
        .order_by("pk")
        .values_list("pk", "name", "rank", "officer_id", *_UNIT)
    )
    since = _since(wanted, day, "helper")
    of_unit = _charged_since(wanted, day, "unit_id", "unit__area__place")
    for pk, name, rank, officer, *unit in rows:
        first = _earliest(since.get(pk), of_unit.get(unit[0]))
        if first is not None:
            group = Group(GroupKind.UNIT, *unit)
            yield Doer(Kind.HELPER, pk, name, officer, Capacity.RANK, rank, group, first)


def _by_role(wanted: Wanted, roles: Iterable[str], day: date) -> Iterator[Doer]:
    """Holders of these posts; they stand in the list of the area of the post."""
    rows = (
        Post.objects.filter(
            wanted.inside("area__place"),
            Q(ends_on=None) | Q(ends_on__gte=day),
            _among(wanted.officers, "officer"),
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
    rows = (
        TeamMember.objects.filter(
            wanted.inside("team__village__place"),
            Q(ended_on=None) | Q(ended_on__gt=day),
            _among(wanted.helpers, "helper"),
            _among(wanted.teams, "team"),
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


def _units(wanted: Wanted, levels: Iterable[str], day: date) -> Iterator[Doer]:
    """Units of these levels; they owe since the first of their helpers helps somebody or the unit a village."""
    rows = (
        Unit.objects.filter(
            wanted.inside("area__place"), _among(wanted.units, "pk"), level__in=list(levels), closed_on=None
        )
        .order_by("pk")
        .values_list("pk", "name", "area__place", "area__level", "level")
    )
    paired = _since(wanted, day, "unit")
    charged = _charged_since(wanted, day, "unit_id", "unit__area__place")
    for pk, name, place, level, kind in rows:
        first = _earliest(paired.get(pk), charged.get(pk))
        if first is not None:
            group = Group(GroupKind.UNIT, pk, name, place, level)
            yield Doer(Kind.UNIT, pk, name, None, Capacity.UNIT, kind, group, first)


def _teams(wanted: Wanted, day: date) -> Iterator[Doer]:
    rows = (
        Team.objects.filter(
            wanted.inside("village__place"), _among(wanted.teams, "pk"), starts_on__lte=day, ended_on=None
        )
        .order_by("pk")
        .values_list("pk", "village__name", "village__place", "village__level", "starts_on")
    )
    for pk, name, place, level, starts_on in rows:
        yield Doer(
            Kind.TEAM, pk, name, None, Capacity.TEAM, "", Group(GroupKind.TEAM, pk, name, place, level), starts_on
        )


def _since(wanted: Wanted, day: date, by: str) -> Mapping[int, date]:
    """The first day of the earliest pairing or own charge that holds on a day, by helper or by the helpers' unit."""
    field = {"helper": "helper_id", "unit": "helper__unit_id"}[by]
    rows = Pairing.objects.filter(
        Q(ended_on=None) | Q(ended_on__gt=day),
        wanted.inside("helper__unit__area__place"),
        _among(wanted.helpers, "helper"),
        _among(wanted.units, "helper__unit"),
        starts_on__lte=day,
    )
    found: dict[int, date] = dict(rows.order_by().values_list(field).annotate(Min("starts_on")))
    for pk, first in _charged_since(wanted, day, field, "helper__unit__area__place").items():
        found[pk] = min(found.get(pk, first), first)
    return found


def _charged_since(wanted: Wanted, day: date, field: str, place: str) -> dict[int, date]:
    """The first day of the earliest charge of a village that holds on a day, by `field`."""
    rows: Any = Charge.objects.filter(
        Q(ended_on=None) | Q(ended_on__gt=day), wanted.inside(place), starts_on__lte=day, **{f"{field}__isnull": False}
    )
    return dict(rows.order_by().values_list(field).annotate(Min("starts_on")))


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def wanted_of(officer: Officer) -> Wanted:
    """An officer as a person, with the unit and the team they belong to."""
    helper = Helper.objects.filter(officer=officer, left_on=None).values_list("pk", "unit_id").first()
    if helper is None:
        return Wanted(helpers=(), officers=(officer.pk,), units=(), teams=())
    teams = TeamMember.objects.filter(helper=helper[0], ended_on=None, team__ended_on=None).values_list("team_id")
    return Wanted(helpers=(helper[0],), officers=(officer.pk,), units=(helper[1],), teams=[team for (team,) in teams])
