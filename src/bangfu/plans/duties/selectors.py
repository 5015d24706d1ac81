"""Questions about duties: what somebody must do, who is behind, what a month brought. Every answer starts at what the
viewer may see: the groups in the areas of their posts, or themselves."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import PlaceRange, within
from bangfu.plans.duties.doers import Doer, Group, GroupKind, Wanted, person, wanted_of
from bangfu.plans.duties.loading import terms
from bangfu.plans.duties.standing import in_days, now_and_before, over
from bangfu.plans.duties.tallying import DutyDue, State
from bangfu.plans.models import DutyRecord, Served
from bangfu.support.models import Helper, Team, TeamMember, Unit

RIGHT = "duties.view"
# How undone things stand before done ones.
URGENCY = {State.LATE: 0, State.DUE_SOON: 1, State.OPEN: 2, State.UNKNOWN: 3, State.DONE_LATE: 4, State.DONE: 5}


def in_order(found: Iterable[DutyDue]) -> list[DutyDue]:
    """The most urgent first."""
    return sorted(found, key=lambda each: (URGENCY[each.state], each.due_on, each.doer.id, each.duty.id))


# What one officer must do


def due(officer: Officer, day: date) -> list[DutyDue]:
    """Every duty of the periods in which `day` lies of an officer, of the unit and of the team they belong to, the most
    urgent first; before them what was not done in the period just over."""
    found = now_and_before(wanted_of(officer), day)
    return in_order(each for each in found if each.period.last >= day or each.state is State.LATE)


# Who is behind


@dataclass
class Behind:
    """What a unit, a team or an area is behind with: undone duties whose last day is over, the longest overdue first.
    `named`: duties missed so often in a row that policy names whoever missed them."""

    group: Group
    late: list[DutyDue] = field(default_factory=list)
    named: list[DutyDue] = field(default_factory=list)
    days: int = 0

    @property
    def people(self) -> int:
        """How many people or bodies are behind."""
        return len({each.doer.key for each in self.late})


def overdue_by_unit(viewer: Officer, day: date, area: Area | None = None) -> list[Behind]:
    """Who is behind in the viewer's areas (or in one of them), by unit, team or area, those longest overdue first.

    At the level of a group itself an undone duty shows on the day after its last day; at each level above after the
    days of policy. The number of queries does not grow with the number of people."""
    places = _places(viewer, area)
    if not places:
        return []
    level = _level(viewer)
    return behind_of(over(Wanted(places=places), day), day, level)


def behind_of(found: Iterable[DutyDue], day: date, level: int) -> list[Behind]:
    """What shows at an area level of what is undone, by group."""
    rules = terms()
    groups: dict[tuple[GroupKind, int], Behind] = {}
    missed: dict[tuple[object, ...], list[DutyDue]] = defaultdict(list)
    for each in found:
        if each.duty.named_after:
            missed[(*each.doer.key, each.doer.capacity, each.duty.id)].append(each)
        days = each.days_late(day)
        wait = rules.rises_after(level) if level < each.doer.group.level else 0
        if not days or days > rules.listed_days or days < wait:
            continue
        group = each.doer.group
        behind = groups.setdefault((group.kind, group.id), Behind(group))
        behind.late.append(each)
        behind.days = max(behind.days, days)
    for rows in missed.values():
        last = named(rows)
        if last is not None and (held := groups.get((last.doer.group.kind, last.doer.group.id))) is not None:
            held.named.append(last)
    for behind in groups.values():
        behind.late = sorted(behind.late, key=lambda each: (each.due_on, each.doer.id, each.duty.id))
    return sorted(groups.values(), key=lambda behind: (-behind.days, -len(behind.late), behind.group.place))


def named(rows: Sequence[DutyDue]) -> DutyDue | None:
    """The latest period of a duty when it and enough of those before it were missed for policy to name the doer."""
    ordered = sorted(rows, key=lambda each: each.period, reverse=True)
    after = ordered[0].duty.named_after
    last = ordered[:after]
    if after is None or len(last) < after or any(each.state is not State.LATE for each in last):
        return None
    return ordered[0]


def _level(viewer: Officer) -> int:
    """The level of the area at which the viewer looks after duties; the highest of several."""
    return min((post.area.level for post in viewer.posts_on() if RIGHT in post.rights), default=6)


def _places(viewer: Officer, area: Area | None) -> Sequence[PlaceRange]:
    """Where the viewer may see duties; of that only what lies in `area`."""
    places = viewer.places_for(RIGHT)
    if area is None:
        return places
    reach = area.reach
    cut = [PlaceRange(max(p.first, reach.first), min(p.last, reach.last)) for p in places]
    return [each for each in cut if each.first <= each.last]


# One group, one person


def group_of(viewer: Officer, kind: GroupKind, pk: int) -> Group | None:
    """A unit, team or area whose duties the viewer may see: in their areas, or their own unit or team."""
    places = viewer.places_for(RIGHT)
    found = _group(kind, pk)
    if found is None or not places:
        return None
    if any(reach.holds(found.place) for reach in places):
        return found
    return found if _is_own(viewer, found) else None


def _is_own(officer: Officer, group: Group) -> bool:
    """Whether an officer belongs to a unit, or serves in a team."""
    if group.kind is GroupKind.UNIT:
        return Helper.objects.filter(officer=officer, left_on=None, unit=group.id).exists()
    if group.kind is GroupKind.TEAM:
        serving = TeamMember.objects.filter(helper__officer=officer, helper__left_on=None, team=group.id)
        return serving.filter(ended_on=None, team__ended_on=None).exists()
    return False


def _group(kind: GroupKind, pk: int) -> Group | None:
    if kind is GroupKind.UNIT:
        unit = Unit.objects.filter(pk=pk).select_related("area").first()
        return Group(kind, pk, unit.name, unit.area.place, unit.area.level) if unit else None
    if kind is GroupKind.TEAM:
        team = Team.objects.filter(pk=pk).select_related("village").first()
        return Group(kind, pk, team.village.name, team.village.place, team.village.level) if team else None
    area = Area.objects.filter(pk=pk).first()
    return Group(kind, pk, area.name, area.place, area.level) if area else None


def wanted_of_group(group: Group) -> Wanted:
    """Whoever stands in the list of a group."""
    match group.kind:
        case GroupKind.UNIT:
            return Wanted(units=(group.id,), of_units=(group.id,))
        case GroupKind.TEAM:
            return Wanted(teams=(group.id,), of_teams=(group.id,))
        case GroupKind.AREA:
            return Wanted(areas=(group.id,))


def of_group(viewer: Officer, group: Group, since: date, until: date, day: date) -> list[DutyDue]:
    """Every duty of a group and its people whose period ran, or whose last day was, between two days. Of a group
    outside the viewer's areas, their own unit or team, only what it owes as a whole and what they owe themselves."""
    return _seen_by(viewer, in_days(wanted_of_group(group), since, until, day))


def of_officer(officer: Officer, since: date, until: date, day: date) -> list[DutyDue]:
    """The duties of an officer as a person whose period ran, or whose last day was, between two days."""
    return _seen_by(officer, in_days(person(officer), since, until, day))


def of_helper(viewer: Officer, helper: Helper, since: date, until: date, day: date) -> list[DutyDue]:
    """The same of a helper, with an account or without, as far as the viewer looks after their unit, team or post."""
    officers = (helper.officer_id,) if helper.officer_id else ()
    wanted = Wanted(helpers=(helper.pk,), officers=officers)
    return _seen_by(viewer, in_days(wanted, since, until, day))


def _seen_by(viewer: Officer, found: Iterable[DutyDue]) -> list[DutyDue]:
    """Of these what bodies owe, what the viewer owes, and what the people of the viewer's areas owe."""
    places = viewer.places_for(RIGHT)
    return in_order(
        each
        for each in found
        if not each.duty.who.persons
        or each.doer.officer_id == viewer.pk
        or any(reach.holds(each.doer.place) for reach in places)
    )


def units(viewer: Officer) -> QuerySet[Unit]:
    """The units whose duties the viewer may see: in their areas, and their own."""
    places = viewer.places_for(RIGHT)
    own = Helper.objects.filter(officer=viewer, left_on=None).values("unit_id") if places else ()
    rows: QuerySet[Unit] = Unit.objects.filter(within(places, "area__place") | Q(pk__in=own))
    return rows.filter(closed_on=None).select_related("area").order_by("name", "pk")


def teams(viewer: Officer) -> QuerySet[Team]:
    """The village teams whose duties the viewer may see: in their areas, and their own."""
    places = viewer.places_for(RIGHT)
    own = TeamMember.objects.filter(helper__officer=viewer, ended_on=None).values("team_id") if places else ()
    rows: QuerySet[Team] = Team.objects.filter(within(places, "village__place") | Q(pk__in=own))
    return rows.filter(ended_on=None).select_related("village").order_by("village__place", "pk")


def helpers(viewer: Officer) -> QuerySet[Helper]:
    """The helpers whose duties the viewer may see: of units and village teams in their areas, and themselves."""
    places = viewer.places_for(RIGHT)
    serving = TeamMember.objects.filter(within(places, "team__village__place"), helper=OuterRef("pk"))
    mine = Q(officer=viewer) if places else Q()
    rows: QuerySet[Helper] = Helper.objects.filter(within(places, "unit__area__place") | Exists(serving) | mine)
    return rows


def account_of(name: str, *, unit: Unit | None = None, team: Team | None = None) -> int | None:
    """The account of the one helper of a unit, or member of a team, who bears a name; None when there is none, or when
    several do."""
    rows = Helper.objects.filter(name=name, left_on=None, officer__isnull=False)
    rows = rows.filter(unit=unit) if unit else rows.filter(team_posts__team=team, team_posts__ended_on=None)
    found = list(rows.order_by().values_list("officer_id", flat=True)[:2])
    return found[0] if len(found) == 1 else None


# Records


def records(viewer: Officer) -> QuerySet[DutyRecord]:
    """The records that the viewer may see, the latest first."""
    rows: QuerySet[DutyRecord] = DutyRecord.objects.visible_to(viewer).select_related("unit", "team", "area")
    return rows


def found_records(
    viewer: Officer,
    *,
    area: Area | None = None,
    what: str = "",
    since: date | None = None,
    until: date | None = None,
    state: str = "",
) -> QuerySet[DutyRecord]:
    """The records that answer these questions. `state`: "" valid ones, "lacking" those whose papers are missing,
    "withdrawn"."""
    rows = records(viewer).prefetch_related("served").filter(withdrawn_at__isnull=state != "withdrawn")
    if area is not None:
        rows = rows.filter(within([area.reach]))
    if what:
        rows = rows.filter(what=what)
    if since:
        rows = rows.filter(done_on__gte=since)
    if until:
        rows = rows.filter(done_on__lte=until)
    if state == "lacking":
        rows = rows.filter(Exists(Served.objects.filter(record=OuterRef("pk"), complete=False)))
    return rows


def doers_of(found: Iterable[DutyDue]) -> list[tuple[Doer, list[DutyDue]]]:
    """Duties by whoever owes them, in the order in which each comes first."""
    people: dict[tuple[object, ...], tuple[Doer, list[DutyDue]]] = {}
    for each in found:
        people.setdefault(each.doer.key, (each.doer, []))[1].append(each)
    return list(people.values())
