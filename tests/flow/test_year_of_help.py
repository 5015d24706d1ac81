"""A year of help in the sample county: pairs are proposed and taken, helpers go and what they find is written down,
duties are derived from that, measures run and are done, a team lives in its village, households are handed over; after
every month the counts are sums straight from the tables.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.casework.enacting import picture
from bangfu.common.places import Level
from bangfu.plans.duties import selectors as duties
from bangfu.plans.duties.calendars import Whose, month_of
from bangfu.plans.duties.tallying import DutyDue, State
from bangfu.registry.models import Household
from bangfu.sample import services as sample
from bangfu.support import measure_lists, selectors, services
from bangfu.support.commitments import Promise
from bangfu.support.measure_checks import Entry
from bangfu.support.models import Helper, Measure, Pairing, Proposal, Team, TeamMember
from bangfu.support.models.measures import State as Stage
from bangfu.visits import selectors as visits
from bangfu.visits.models import Visit
from tests.casework.making import officer
from tests.visits.making import recorded

YEAR, MISSED, AWAY, HANDED = 2025, 7, 6, date(2025, 9, 1)
DAYS, DUTY = (5, 12, 20), "group_member_in_village"


def one(sql: str, *values: Any) -> int:
    """A number straight from the tables."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0] or 0)


@pytest.fixture
def it_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[date], None]:
    """Says what day it is, to everything that asks."""

    def turned(day: date) -> None:
        moment = datetime.combine(day, time(18), timezone.get_current_timezone())
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return turned


def paired(desk: Officer, county: Area) -> None:
    """A unit of the county in charge of every village, enough helpers, and a proposal that is taken whole."""
    unit = services.save_unit(by=desk, name="云岭县农业农村局", level="04", area=county)
    villages = list(Area.objects.filter(level=Level.VILLAGE).order_by("place"))
    for village in villages:
        services.put_in_charge(by=desk, unit=unit, village=village, on=date(YEAR, 1, 1))
    each_village = selectors.needing(desk).count() // len(villages) // 2 + 2
    places = [village for village in villages for _each in range(each_village)]
    people = [services.NewHelper(f"帮扶人{n}", unit, "section_head", place) for n, place in enumerate(places)]
    services.save_helpers(by=desk, helpers=people)
    services.propose(by=desk, area=county)
    proposal = Proposal.objects.get()
    services.work_out(proposal.pk)
    taken = services.take(by=desk, proposal=proposal, on=date(YEAR, 1, 1))
    assert taken.number == selectors.needing(desk).count() > 20 and not taken.refused
    assert not selectors.over_limit(desk, date(YEAR, 1, 5))


def everybody_has_one(desk: Officer, day: date) -> None:
    """Every household that needs a helper has one main helper on a day, and no household has two."""
    assert not selectors.without_helper(desk, day).exists()
    double = (
        "SELECT count(*) FROM (SELECT household_id FROM support_pairing WHERE kind = 'main' AND starts_on <= %s"
        " AND (ended_on IS NULL OR ended_on > %s) GROUP BY household_id HAVING count(*) > 1) twice"
    )
    assert one(double, day, day) == 0


def called_on(by: Officer, homes: list[Household], month: int) -> int:
    """Three trips in a month, to the households in turn, every one of them at least once; how many visits."""
    made = 0
    for number, home in enumerate(homes):
        for day in DAYS if number == 0 else DAYS[:1]:
            done = recorded(
                by, home, visited_on=date(YEAR, month, day).isoformat(), summary=f"{month}月{number}户{day}日"
            )
            assert done.state == "recorded"
            made += 1
    return made


def standing(who: Officer, duty: str, month: int, day: date) -> DutyDue:
    """How the duty of that id stands in the period that a month ends."""
    last = (date(YEAR, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    found = [e for e in duties.of_officer(who, last, last, day) if e.duty.id == duty and e.period.last == last]
    return found[0]


def a_team(desk: Officer, village: Area, unit: Any) -> list[TeamMember]:
    """A first secretary and two more, since last year."""
    since = date(YEAR - 1, 12, 1)
    team = services.form_team(by=desk, village=village, starts_on=since, unit=unit)
    names = (("驻村甲", "first_secretary"), ("驻村乙", "leader"), ("驻村丙", "member"))
    people = [(services.save_helper(by=desk, name=name, unit=unit, rank="party_member"), role) for name, role in names]
    until = date(YEAR + 2, 1, 1)
    return [
        services.join_team(by=desk, team=team, helper=who, role=role, starts_on=since, term_ends_on=until)
        for who, role in people
    ]


@pytest.mark.req("C1")
@pytest.mark.req("C3")
@pytest.mark.req("C5")
def test_a_year_of_help_adds_up_month_by_month(db: None, it_is: Callable[[date], None]) -> None:
    it_is(date(YEAR, 1, 1))
    sample.load_sample_county(150)
    county = Area.objects.get(level=Level.COUNTY)
    desk = officer("desk", ("county_office", county))
    paired(desk, county)
    everybody_has_one(desk, date(YEAR, 1, 5))

    # One helper of theirs has an account, and goes; another takes over in September.
    busiest = max(Helper.objects.all(), key=lambda each: each.pairings.filter(kind="main").count())
    homes = [row.household for row in busiest.pairings.select_related("household").order_by("household")]
    village = homes[0].village
    goes, follows = officer("goes", ("helper", village)), officer("follows", ("helper", village))
    officer_of = {"name": busiest.name, "unit": busiest.unit, "rank": busiest.rank, "area": busiest.area}
    services.save_helper(by=desk, helper=busiest, officer=goes, **officer_of)
    successor = services.save_helper(by=desk, name="接手人", unit=busiest.unit, rank="section_head", officer=follows)
    members = a_team(desk, village, busiest.unit)
    measures = services.plan_measures(
        by=desk,
        entries=[
            Entry(household=home, kind="0102", starts_on=date(YEAR, 2, 1), ends_on=date(YEAR, 11, 30), owner="村委会",
                  quantity=Decimal(2), unit="head", money=Decimal(1500))
            for home in homes
        ],
    ).measures  # fmt: skip
    assert len(measures) == len(homes) >= 2
    promised = Promise(
        year=YEAR, helper=busiest, helper_name="", helper_promise="每月上门", helper_signed_on=date(YEAR, 1, 1),
        signer="", household_promise="养好两头猪", household_signed_on=date(YEAR, 1, 1),
    )  # fmt: skip
    services.sign_commitment(by=desk, household=homes[0], promise=promised, upload=picture())

    made = {goes: 0, follows: 0}
    for month in range(1, 13):
        end = (date(YEAR, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        it_is(end)
        if end >= HANDED > end.replace(day=1) - timedelta(days=1):
            rows = list(Pairing.objects.filter(helper=busiest, ended_on=None))
            services.hand_over(
                by=desk, helper=busiest, pairings=rows, successor=successor, on=HANDED, reason="工作调动",
                upload=picture(), title="移交书",
            )  # fmt: skip
        who = follows if month >= HANDED.month else goes
        if month != MISSED:
            made[who] += called_on(who, homes, month)
        if month == AWAY:
            services.enter_leave(
                by=desk, member=members[2], first_day=date(YEAR, 6, 2), last_day=date(YEAR, 6, 6), kind="01"
            )
        days = [date(YEAR, month, day) for day in range(1, 27) if not (month == AWAY and 2 <= day <= 6)]
        for member in members:
            services.enter_days(by=desk, member=member, year=YEAR, month=month, days=days)
        if month == 2:
            services.move_measures(by=desk, measures=measures, to=Stage.UNDER_WAY)
        if month == 11:
            fresh = list(Measure.objects.filter(pk__in=[each.pk for each in measures[1:]]))
            done = services.move_measures(by=desk, measures=fresh, to=Stage.DONE, on=end, result="出栏两头")
            assert len(done.measures) == len(homes) - 1 and not done.refused
        a_month_agrees(desk, county, who, month, end, members)

    a_year_agrees(desk, county, goes, follows, made, homes)


def a_month_agrees(desk: Officer, county: Area, who: Officer, month: int, end: date, members: list[TeamMember]) -> None:
    """Pairs, visits, duties and the calendar of a month say what the tables say."""
    everybody_has_one(desk, end)
    first = end.replace(day=1)
    number = one("SELECT count(*) FROM visits_visit WHERE officer_id = %s AND visited_on BETWEEN %s AND %s",
                 who.pk, first, end)  # fmt: skip
    assert visits.visits_by([who.pk], first, end)[who.pk].visits == number
    assert (number == 0) == (month == MISSED)
    helper = selectors.helper_of(who)
    assert helper is not None
    found = duties.of_officer(who, first, end, end)
    weeks = month_of(found, first, Whose((who.pk,), (members[2].helper_id,)))
    shown = [day for week in weeks for day in week]
    assert sum(day.visits for day in shown) == number
    assert sum(day.present for day in shown) == members[2].days.filter(day__range=(first, end)).count()
    assert sum(day.away for day in shown) == (5 if month == AWAY else 0)
    if who.username == "goes":
        trips = standing(who, DUTY, month, end)
        assert (trips.done, trips.state) == ((0, State.DUE_SOON) if month == MISSED else (3, State.DONE))
    behind = duties.overdue_by_unit(desk, end + timedelta(days=20), county)
    assert behind, "helpers who never went are behind"
    missed = [each for group in behind for each in group.late if each.duty.id == DUTY and each.period.last == end]
    late = {each.doer.officer_id for each in missed}
    assert (who.pk in late) == (month == MISSED)


def a_year_agrees(
    desk: Officer, county: Area, goes: Officer, follows: Officer, made: dict[Officer, int], homes: list[Household]
) -> None:
    """What the year brought, told by the rooms and by the tables."""
    first, last = date(YEAR, 1, 1), date(YEAR, 12, 31)
    told = visits.visits_by([goes.pk, follows.pk], first, last)
    assert {pk: each.visits for pk, each in told.items()} == {who.pk: number for who, number in made.items()}
    lines = visits.counts_by_village(desk, county, first, last)
    owed = Household.objects.living().filter(visits.to_be_visited()).count()
    assert sum(line.owed for line in lines) == owed
    assert sum(line.visits for line in lines) == sum(made.values()) == Visit.objects.count()
    assert sum(line.visited for line in lines) == len({home.pk for home in homes})
    assert set(selectors.households_of(follows, last)) == {home.pk for home in homes}
    assert not selectors.households_of(goes, last).exists()
    history = selectors.history_of(desk, homes[0].pk)
    assert [(row.starts_on, row.ended_on) for row in history] == [(HANDED, None), (first, HANDED)]
    assert history[1].ended_by is not None and history[1].ended_by.sha256

    rows = measure_lists.measures(desk, measure_lists.Wanted(area=county, year=YEAR), last)
    [total] = measure_lists.sums(rows)
    assert (total.measures, total.households, total.money) == (len(homes), len(homes), Decimal(1500) * len(homes))
    assert int(total.money * 100) == one("SELECT sum(money) FROM support_measure WHERE state <> 'given_up'")
    late = measure_lists.measures(desk, measure_lists.Wanted(wanting=measure_lists.LATE), last)
    assert [each.household_id for each in late] == [homes[0].pk], "one measure was never finished"
    assert Team.objects.get().members.filter(Q(ended_on=None)).count() == 3
    assert one("SELECT count(*) FROM support_dayinvillage") == 3 * (26 * 12 - 5)
