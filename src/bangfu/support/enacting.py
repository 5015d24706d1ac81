"""Who helps whom in the sample county, arranged through the same verbs as any officer's: units in charge of villages,
helpers of every rank, a proposal taken but for a few households, a hand-over, teams with their days and leave.

All people are invented. So that the lists show something, some households wait for a helper, one helper has more than
their rank allows since it changed, one team lacks a person, and one member was away too much.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.casework.enacting import picture
from bangfu.common.places import Level
from bangfu.sample.data_files import Names, names
from bangfu.support import services
from bangfu.support.models import Helper, Pairing, Proposal, ProposedPair, Team, TeamMember, Unit
from bangfu.support.policy import policy
from bangfu.support.proposals import needing

SEED = 2020
# Units of the county that help, besides the governments of the townships; the last one belongs to the province.
UNITS = (
    "农业农村局",
    "教育局",
    "卫生健康局",
    "水利局",
    "人力资源和社会保障局",
    "供销合作社",
    "交通运输局",
    "自然资源局",
)
PROVINCIAL = "样省农业科学院驻县工作组"
# Of a hundred helpers.
RANKS = (("section_head", 30), ("clerk", 30), ("party_member", 30), ("leading_group", 10))
# When the pairings begin, and the teams move in: so many days ago.
PAIRED, HANDED_OVER, MOVED_IN = 400, 60, 420
# So many households of the county wait for a helper.
WAITING = 6
# Of so many villages one has a team that lacks a person.
SHORT_TEAM = 4


@dataclass
class _Stage:
    today: date
    county: Area
    townships: Sequence[Area]
    villages: Sequence[Area]
    dice: random.Random
    known: Names
    used: set[str] = field(default_factory=set)

    def name(self) -> str:
        """A name that nobody has yet."""
        while True:
            surname = self.dice.choices(list(self.known.surnames), list(self.known.surnames.values()))[0]
            given = self.dice.choice((self.known.male, self.known.female))
            name = surname + "".join(self.dice.sample(given, self.dice.choice((1, 2, 2))))
            if name not in self.used:
                self.used.add(name)
                return name

    def phone(self) -> str:
        return f"1390000{len(self.used):04}"[:11]

    def ago(self, days: int) -> date:
        return self.today - timedelta(days=days)


@transaction.atomic
def enact(officers: Iterable[str], today: date | None = None) -> int:
    """Arranges who helps whom in the sample county; how many households have a helper now. Does nothing in a house
    where there are units, or where these officers are not."""
    actors = {each.username: each for each in Officer.objects.filter(username__in=list(officers)).order_by("pk")}
    county = _county(actors.values())
    if county is None or Unit.objects.exists():
        return 0
    below = Area.objects.current().inside(county).order_by("place")
    stage = _Stage(
        today or timezone.localdate(),
        county,
        list(below.of_level(Level.TOWNSHIP)),
        list(below.of_level(Level.VILLAGE)),
        random.Random(SEED),
        names(),
    )
    units = _units(stage)
    _helpers(stage, units, actors.values())
    _pairings(stage)
    _changes(stage)
    _teams(stage, units)
    return int(Pairing.objects.filter(ended_on=None, kind=Pairing.Kind.MAIN).count())


def _county(officers: Iterable[Officer]) -> Area | None:
    posts = [post for each in officers for post in each.posts_on() if post.area.level == Level.COUNTY]
    return posts[0].area if posts else None


def _units(stage: _Stage) -> list[Unit]:
    """The governments of the townships first; each of the others in charge of a village or two."""
    made = [
        services.save_unit(by=None, name=_("{area}人民政府").format(area=each.name), level="05", area=each)
        for each in stage.townships
    ]
    bureaus = [
        services.save_unit(by=None, name=f"{stage.county.name}{name}", level="04", area=stage.county) for name in UNITS
    ]
    bureaus.append(services.save_unit(by=None, name=PROVINCIAL, level="02", area=stage.county))
    for number, village in enumerate(stage.villages):
        services.put_in_charge(by=None, unit=bureaus[number % len(bureaus)], village=village, on=stage.ago(MOVED_IN))
    return [*made, *bureaus]


def _helpers(stage: _Stage, units: Sequence[Unit], officers: Iterable[Officer]) -> None:
    """As many as are needed, and hardly more; those officers who live in villages are helpers themselves."""
    wanted: list[services.NewHelper] = []
    for officer in officers:
        post = next((post for post in officer.posts_on() if post.area.level == Level.VILLAGE), None)
        if post is not None and post.role_id in ("first_secretary", "team_member", "helper", "village_committee"):
            stage.used.add(officer.name)
            unit = next(each for each in units if each.area_id == post.area.parent_id)
            wanted.append(
                services.NewHelper(officer.name, unit, "section_head", post.area, phone=stage.phone(), officer=officer)
            )
    room = sum(policy().most_households(each.rank) for each in wanted)
    ranks, weights = [rank for rank, _weight in RANKS], [weight for _rank, weight in RANKS]
    need = needing(stage.county).count() + WAITING
    while room < need:
        rank = stage.dice.choices(ranks, weights)[0]
        wanted.append(services.NewHelper(stage.name(), units[len(wanted) % len(units)], rank, phone=stage.phone()))
        room += policy().most_households(rank)
    # Two more for each village who live there as a team.
    for village in stage.villages:
        unit = units[len(stage.townships) + stage.villages.index(village) % (len(UNITS) + 1)]
        wanted += [
            services.NewHelper(stage.name(), unit, "clerk", village, position=_("驻村工作队员"), phone=stage.phone())
            for _number in range(3)
        ]
    services.save_helpers(by=None, helpers=wanted)


def _pairings(stage: _Stage) -> None:
    """A proposal for the county, taken but for a few households that go on waiting."""
    if not needing(stage.county).exists():
        return
    proposal = Proposal.objects.get(pk=services.propose(by=None, area=stage.county).pk)
    services.work_out(proposal.pk)
    rows = list(ProposedPair.objects.filter(proposal=proposal).open().order_by("pk").values_list("pk", flat=True))
    step = max(len(rows) // WAITING, 2)
    later = set(rows[1::step][:WAITING])
    services.take(by=None, proposal=proposal, pairs=[pk for pk in rows if pk not in later], on=stage.ago(PAIRED))
    if later:
        services.decline(by=None, proposal=proposal)


def _changes(stage: _Stage) -> None:
    """One helper hands over to another with a paper; one is promoted downwards and has too many since."""
    full = _with_several()
    if len(full) < 2:
        return
    leaver, over = full[0], full[1]
    successor = services.save_helper(
        by=None, name=stage.name(), unit=leaver.unit, rank=leaver.rank, area=leaver.area, phone=stage.phone()
    )
    services.hand_over(
        by=None,
        helper=leaver,
        pairings=list(Pairing.objects.filter(helper=leaver, ended_on=None)),
        successor=successor,
        on=stage.ago(HANDED_OVER),
        reason=_("工作调动，离开原单位。"),
        upload=picture(),
        title=_("帮扶移交书"),
    )
    services.helper_leaves(by=None, helper=leaver, on=stage.ago(HANDED_OVER), reason=_("工作调动"))
    services.save_helper(
        by=None, helper=over, name=over.name, unit=over.unit, rank="clerk", area=over.area, phone=over.phone
    )


def _with_several() -> list[Helper]:
    """Helpers without an account who have three households or more, in the order of their registration."""
    ids = Pairing.objects.filter(ended_on=None).order_by("helper_id").values_list("helper_id", flat=True)
    number: dict[int, int] = {}
    for pk in ids:
        number[pk] = number.get(pk, 0) + 1
    several = [pk for pk, count in number.items() if count >= 3]
    rows = Helper.objects.filter(pk__in=several[:50], officer=None).select_related("unit__area", "area")
    return list(rows.order_by("pk"))


def _teams(stage: _Stage, units: Sequence[Unit]) -> None:
    """A team for every village: officers who live there first; every fourth lacks a person."""
    since = stage.ago(MOVED_IN)
    for number, village in enumerate(stage.villages):
        unit = units[len(stage.townships) + number % (len(UNITS) + 1)]
        team = services.form_team(by=None, village=village, starts_on=since, unit=unit)
        people = list(Helper.objects.working().filter(area=village, team_posts=None).order_by("-officer", "pk"))
        officers = [each for each in people if each.officer_id and _lives_there(each)]
        others = [each for each in people if each.officer_id is None]
        few = number % SHORT_TEAM == SHORT_TEAM - 1
        members = [
            _joins(team, person, TeamMember.Role.MEMBER if position else TeamMember.Role.FIRST_SECRETARY, since)
            for position, person in enumerate([*officers, *others][: 2 if few else 3])
        ]
        for position, member in enumerate(members):
            _days(stage, member, away=position == len(members) - 1)


def _lives_there(helper: Helper) -> bool:
    assert helper.officer is not None
    return any(post.role_id in ("first_secretary", "team_member") for post in helper.officer.posts_on())


def _joins(team: Team, person: Helper, role: str, since: date) -> TeamMember:
    months = policy(team.village.code).team.term_months.at_least
    until = services.months_after(since, months) - timedelta(days=1)
    return services.join_team(by=None, team=team, helper=person, role=role, starts_on=since, term_ends_on=until)


def _days(stage: _Stage, member: TeamMember, away: bool) -> None:
    """Days in the village of the last twelve months; whoever was away had leave in the spring, and more than allowed
    where the village is the first."""
    first_leave = date(stage.today.year, 3, 3) if stage.today.month > 4 else None
    length = 34 if member.team.village_id == stage.villages[0].pk else 9
    leave: set[date] = set()
    if away and first_leave is not None and first_leave >= member.starts_on:
        last = first_leave + timedelta(days=length - 1)
        leave = {first_leave + timedelta(days=n) for n in range(length)}
        services.enter_leave(
            by=None, member=member, first_day=first_leave, last_day=last, kind="02", reason=_("住院治疗")
        )
    day = max(member.starts_on, date(stage.today.year - 1, stage.today.month, 1))
    months: dict[tuple[int, int], list[date]] = {}
    while day <= stage.today:
        here = day.weekday() < 5 or stage.dice.random() < (0.1 if away else 0.3)
        if here and day not in leave:
            months.setdefault((day.year, day.month), []).append(day)
        day += timedelta(days=1)
    for (year, month), days in months.items():
        services.enter_days(by=None, member=member, year=year, month=month, days=days)
