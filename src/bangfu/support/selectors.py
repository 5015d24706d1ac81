"""Questions about who helps whom. Lists start at `visible_to`; a helper's load counts households everywhere, since the
limit is one of the person, while which households these are is shown only where the viewer may see them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, overload

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common import paging
from bangfu.common.identity import normalise
from bangfu.common.names import normalise_name
from bangfu.common.places import Level, Viewer, span
from bangfu.registry.models import Household, HouseholdQuerySet
from bangfu.support.matching import steps_between
from bangfu.support.measure_lists import measures_of as measures_of
from bangfu.support.models import Charge, Handover, Helper, Pairing, Team, TeamMember
from bangfu.support.models.pairing import HelperQuerySet
from bangfu.support.pairings import Kind, loads
from bangfu.support.policy import PairingPolicy, every_policy, policy


def pairings_of(household_ids: Collection[int], day: date) -> dict[int, list[Pairing]]:
    """The pairings of these households on a day with their helpers and units, the main one first; households without
    any are left out. Whoever asks has made sure that the viewer may see the households."""
    found: dict[int, list[Pairing]] = defaultdict(list)
    rows = Pairing.objects.filter(household_id__in=household_ids).on(day).select_related("helper__unit")
    for row in sorted(rows.order_by("pk"), key=lambda row: not row.is_main):
        found[row.household_id].append(row)
    return dict(found)


def helpers_of(household_ids: Collection[int], day: date) -> dict[int, list[Helper]]:
    """The same as people: the helpers of these households on a day, the main one first."""
    found = pairings_of(household_ids, day)
    return {household: [row.helper for row in rows] for household, rows in found.items()}


def history_of(viewer: Viewer, household_id: int) -> list[Pairing]:
    """Who helped a household, the latest first, with the hand-overs by which that began and ended."""
    rows = Pairing.objects.visible_to(viewer).filter(household_id=household_id)
    return list(rows.select_related("helper__unit", "ended_by", "began_by").order_by("-starts_on", "-pk"))


def helper_of(officer: Officer) -> Helper | None:
    """As which helper an officer is registered."""
    return Helper.objects.filter(officer=officer).select_related("unit", "area").first()


def account(username: str) -> Officer | None:
    """The account of a name, which a helper signs in with. That it exists is all that is told of it."""
    return Officer.objects.filter(username=username).first()  # type: ignore[no-any-return]


def households_of(officer: Officer, day: date) -> Any:
    """The ids of "my households": those that the officer helps on a day, as far as the officer's posts let them be
    seen; a queryset, to be used in other questions."""
    mine = Pairing.objects.on(day).filter(helper__officer=officer).values("household_id")
    return Household.objects.visible_to(officer).living().filter(pk__in=mine).values_list("pk", flat=True)


def my_households(officer: Officer, day: date, after: tuple[int, str] | None = None) -> list[Household]:
    """A page of them as they lie, with one more when another follows; `after` is (place, household_no) of the last row
    of the page before."""
    rows = Household.objects.visible_to(officer).filter(pk__in=households_of(officer, day))
    if after is not None:
        place, number = after
        rows = rows.filter(Q(place__gt=place) | Q(place=place, household_no__gt=number))
    return list(rows.select_related("village__parent", "group").order_by("place", "household_no")[: paging.ROWS + 1])


# --- who lacks, and who has too many ---------------------------------------------------------------------------------


def needing(viewer: Viewer, area: Area | None = None) -> HouseholdQuerySet:
    """The living households that need a helper, in an area or wherever the viewer may see them, by the policy of the
    area (of the nation where none is given)."""
    rows = Household.objects.visible_to(viewer).living()
    if area is not None:
        rows = rows.inside(area)
    found: HouseholdQuerySet = rows.filter(policy(area.code if area else "").needing())
    return found


def _main(day: date) -> Exists:
    """Whether a household has a main helper on a day."""
    return Exists(Pairing.objects.on(day).filter(household=OuterRef("pk"), kind=Kind.MAIN))


def without_helper(viewer: Viewer, day: date, area: Area | None = None) -> HouseholdQuerySet:
    """Households that need a helper and have no main one on a day."""
    return needing(viewer, area).filter(~_main(day))


@dataclass(frozen=True)
class Loaded:
    """A helper with the number of households as whose main helper they count, and the most that the rank allows."""

    helper: Helper
    load: int
    limit: int

    @property
    def over(self) -> bool:
        return self.load > self.limit

    @property
    def room(self) -> int:
        return max(self.limit - self.load, 0)


def loaded(helpers: Collection[Helper]) -> list[Loaded]:
    """These helpers (with their areas) with what they have and what they may have."""
    number = loads(helper.pk for helper in helpers)
    limits = {code: policy(code) for code in {helper.area.code for helper in helpers}}
    return [Loaded(each, number.get(each.pk, 0), limits[each.area.code].most_households(each.rank)) for each in helpers]


@dataclass(frozen=True)
class OverLimit(Sequence[Loaded]):
    """Helpers who have more households than their rank allows, who has most too many first: id, load and limit of each.
    The people are read when a part of the list is asked for."""

    rows: Sequence[tuple[int, int, int]]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Loaded: ...
    @overload
    def __getitem__(self, at: slice) -> list[Loaded]: ...
    def __getitem__(self, at: int | slice) -> Loaded | list[Loaded]:
        if isinstance(at, int):
            return self._read([self.rows[at]])[0]
        return self._read(self.rows[at])

    @staticmethod
    def _read(rows: Sequence[tuple[int, int, int]]) -> list[Loaded]:
        people = Helper.objects.select_related("unit", "area").in_bulk([pk for pk, _load, _limit in rows])
        return [Loaded(people[pk], load, limit) for pk, load, limit in rows]


def over_limit(viewer: Viewer, day: date, area: Area | None = None) -> OverLimit:
    """Helpers who have more households on a day than their rank allows."""
    visible = Helper.objects.visible_to(viewer)
    if area is not None:
        visible = visible.inside(area)
    least = min(rank.households.at_most for each in every_policy() for rank in each.ranks.values())
    main = Pairing.objects.on(day).filter(kind=Kind.MAIN, household__ended_on=None)
    theirs = main.filter(helper__in=visible.order_by().values("pk")).order_by()
    many = theirs.values_list("helper_id", "helper__name", "helper__rank", "helper__area__code")
    limits: dict[str, PairingPolicy] = {}
    found = []
    for pk, name, rank, code, load in many.annotate(number=Count("pk")).filter(number__gt=least):
        if code not in limits:
            limits[code] = policy(code)
        if load > (limit := limits[code].most_households(rank)):
            found.append((limit - load, name, pk, load, limit))
    return OverLimit([(pk, load, limit) for _excess, _name, pk, load, limit in sorted(found)])


# --- the board -------------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """An area on the board: households that need a helper, and how many of them have none."""

    area: Area
    needing: int = 0
    without: int = 0

    @property
    def paired(self) -> int:
        return self.needing - self.without


def board(viewer: Viewer, areas: Sequence[Area], day: date, within: Area | None = None) -> list[Line]:
    """A line for each of these areas of one level, counted in one query."""
    if not areas:
        return []
    width = span(areas[0].level)
    lines = {area.place // width: Line(area) for area in areas}
    rows = needing(viewer, within).order_by().annotate(part=F("place") / width).values("part")
    for row in rows.annotate(needing=Count("pk"), without=Count("pk", filter=~_main(day))):
        line = lines.get(int(row["part"]))
        if line is not None:
            line.needing, line.without = row["needing"], row["without"]
    return list(lines.values())


def charges_in(viewer: Viewer, village: Area, day: date) -> list[Charge]:
    """Units and cadres in charge of a village on a day."""
    rows = Charge.objects.visible_to(viewer).filter(village=village).on(day)
    return list(rows.select_related("unit", "helper__unit").order_by("unit__name", "helper__name", "pk"))


def charges_of(viewer: Viewer, helper: Helper) -> list[Charge]:
    """The villages that a helper is in charge of now, as far as the viewer may see them."""
    rows = Charge.objects.visible_to(viewer).filter(helper=helper, ended_on=None)
    return list(rows.select_related("village__parent").order_by("village__place"))


# --- helpers ---------------------------------------------------------------------------------------------------------


def helpers(viewer: Viewer, q: str = "", area: Area | None = None, rank: str = "") -> HelperQuerySet:
    """Helpers that the viewer may see, those who have left too; found by the beginning of a name or of its initials,
    or by a part of the unit's name."""
    rows = Helper.objects.visible_to(viewer).select_related("unit", "area")
    if area is not None:
        rows = rows.filter(_where(viewer, area))
    if rank:
        rows = rows.filter(rank=rank)
    text = q.strip()
    if not text:
        return rows
    if text.isascii() and text.isalpha():
        return rows.filter(initials__prefix=normalise(text).lower()[:20])
    name = normalise_name(text)
    return rows.filter(Q(name__prefix=name[:60]) | Q(unit__name__contains=name[:60]))


def _where(viewer: Viewer, area: Area) -> Q:
    """Who works in an area, or helps a household there now."""
    there = Pairing.objects.visible_to(viewer).inside(area).filter(ended_on=None).values("helper_id")
    reach = area.reach
    return Q(area__place__gte=reach.first, area__place__lte=reach.last) | Q(pk__in=there)


def pairings_of_helper(viewer: Viewer, helper: Helper) -> list[Pairing]:
    """The households of a helper that the viewer may see: the present ones first, then those of before."""
    rows = Pairing.objects.visible_to(viewer).filter(helper=helper)
    rows = rows.select_related("household__village__parent", "ended_by__successor")
    found = list(rows.order_by("household__place", "household__household_no", "-starts_on"))
    return sorted(found, key=lambda row: (row.ended_on is not None, -(row.ended_on or date.max).toordinal()))


def handovers_of(viewer: Viewer, helper: Helper) -> list[Handover]:
    """The hand-overs by which a helper gave or took households that the viewer may see, the latest first."""
    rows = Handover.objects.visible_to(viewer).filter(Q(helper=helper) | Q(successor=helper))
    return list(rows.select_related("helper", "successor").order_by("-on", "-pk"))


# --- teams -----------------------------------------------------------------------------------------------------------


def team_of(village_id: int, day: date) -> Any:
    """The resident team of a village on a day (None: there is none), with its members of that day in `present`, the
    first secretary first. Whoever asks has made sure that the viewer may see the village."""
    members = TeamMember.objects.on(day).select_related("helper__unit").order_by("role", "starts_on", "pk")
    rows = Team.objects.filter(village_id=village_id).on(day).select_related("village", "unit")
    found: Any = rows.prefetch_related(Prefetch("members", members, to_attr="present")).first()
    if found is not None:
        found.present.sort(key=lambda member: RANKING.index(member.role))
    return found


RANKING = (TeamMember.Role.FIRST_SECRETARY, TeamMember.Role.LEADER, TeamMember.Role.MEMBER)


@dataclass
class TeamLine:
    """A village that has, or had, a team: how many belong to it today, and whether a first secretary does."""

    team: Team
    people: int
    first_secretary: str


def teams(viewer: Viewer, area: Area | None, day: date) -> list[TeamLine]:
    """The teams of a day, as the villages lie. Two queries."""
    rows = Team.objects.visible_to(viewer).on(day).select_related("village__parent", "unit").order_by("village__place")
    if area is not None:
        rows = rows.inside(area)
    members = TeamMember.objects.on(day).select_related("helper")
    found = []
    for team in rows.prefetch_related(Prefetch("members", members, to_attr="present")):
        secretaries = [m.helper.name for m in team.present if m.role == TeamMember.Role.FIRST_SECRETARY]
        found.append(TeamLine(team, len(team.present), "".join(secretaries[:1])))
    return found


def villages_without_team(viewer: Viewer, area: Area | None, day: date) -> int:
    """How many villages of today have no team."""
    rows = Area.objects.visible_to(viewer).current(day).of_level(Level.VILLAGE)
    if area is not None:
        rows = rows.inside(area)
    return rows.filter(~Exists(Team.objects.on(day).filter(village=OuterRef("pk")))).count()


# --- choosing a helper -----------------------------------------------------------------------------------------------

OFFERED = 30
# Of how many, found by name or near, the best are offered.
LOOKED_AT = 300


@dataclass(frozen=True)
class Offer:
    """A helper who may be chosen: what they have, what they may have, and how far they are (None: not asked)."""

    helper: Helper
    load: int
    limit: int
    steps: int | None

    @property
    def full(self) -> bool:
        return self.load >= self.limit


def offered(viewer: Viewer, q: str = "", village: Area | None = None, leave_out: int | None = None) -> list[Offer]:
    """Helpers to choose among, who has room first, then the nearest: those that `q` finds, or those who work in the
    township of the village or are in charge of it."""
    rows = helpers(viewer, q).filter(left_on=None).exclude(pk=leave_out).order_by("name", "pk")
    if not q and village is not None:
        town = span(Level.TOWNSHIP)
        first = village.place - village.place % town
        charges = Charge.objects.filter(village=village, ended_on=None)
        rows = rows.filter(
            Q(area__place__gte=first, area__place__lt=first + town)
            | Q(pk__in=charges.filter(helper__isnull=False).values("helper_id"))
            | Q(unit_id__in=charges.filter(unit__isnull=False).values("unit_id"))
        )
    found = list(rows[:LOOKED_AT])
    at_home = _at_home(found) if village is not None else {}
    offers = [
        Offer(
            each.helper,
            each.load,
            each.limit,
            steps_between(village.place, at_home[each.helper.pk]) if village is not None else None,
        )
        for each in loaded(found)
    ]
    offers.sort(key=lambda each: (each.full, each.steps or 0, each.load, each.helper.name, each.helper.pk))
    return offers[:OFFERED]


def _at_home(found: Sequence[Helper]) -> dict[int, set[int]]:
    """Where each of these helpers is at home: the own place, and the villages that they or their unit are in charge
    of."""
    places: dict[tuple[str, int], set[int]] = defaultdict(set)
    rows = Charge.objects.filter(ended_on=None).filter(
        Q(helper_id__in=[each.pk for each in found]) | Q(unit_id__in={each.unit_id for each in found})
    )
    for unit, helper, place in rows.values_list("unit_id", "helper_id", "village__place"):
        places["unit", unit].add(place) if unit else places["helper", helper].add(place)
    return {each.pk: {each.area.place} | places["unit", each.unit_id] | places["helper", each.pk] for each in found}
