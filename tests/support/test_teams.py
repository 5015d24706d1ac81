"""Teams in villages: who belongs to them, on which days they were there, and how that stands against policy."""

from datetime import date
from pathlib import Path

import pytest
from django.utils import timezone

from bangfu.areas import services as areas
from bangfu.support import attendance, errors, selectors, services
from bangfu.support.models import DayInVillage, Leave, Team, TeamMember
from bangfu.support.policy import every_policy, policy
from tests.support import making
from tests.support.making import days_ago

pytestmark = pytest.mark.django_db
Standing = attendance.Standing
YEAR = 2025


@pytest.fixture
def team(house, bureau) -> Team:
    return services.form_team(by=None, village=house.village, starts_on=date(2024, 1, 1), unit=bureau)


@pytest.fixture
def member(team, helper) -> TeamMember:
    return services.join_team(
        by=None, team=team, helper=helper, role="first_secretary", starts_on=date(2024, 2, 1),
        term_ends_on=date(2026, 1, 31),
    )  # fmt: skip


@pytest.mark.req("C2")
def test_a_village_has_one_team_with_one_first_secretary_for_a_term(township, house, team, member, bureau):
    other = making.helper(bureau, "李红梅")
    with pytest.raises(errors.TeamThere):
        services.form_team(by=township, village=house.village, starts_on=days_ago(1))
    term = {"starts_on": date(2024, 3, 1), "term_ends_on": date(2026, 2, 28)}
    with pytest.raises(errors.FirstSecretaryThere):
        services.join_team(by=township, team=team, helper=other, role="first_secretary", **term)
    with pytest.raises(errors.TermTooShort) as told:
        services.join_team(
            by=township, team=team, helper=other, role="member", starts_on=date(2024, 3, 1),
            term_ends_on=date(2026, 2, 27),
        )  # fmt: skip
    assert "2026-02-28" in told.value.message
    services.join_team(by=township, team=team, helper=other, role="member", **term)
    second = services.form_team(by=None, village=house.other_village, starts_on=date(2024, 1, 1))
    with pytest.raises(errors.InATeam):
        services.join_team(by=township, team=second, helper=other, role="member", **term)
    found = selectors.team_of(house.village.pk, date(2024, 4, 1))
    assert [m.helper.name for m in found.present] == ["王建国", "李红梅"]
    assert selectors.team_of(house.village.pk, date(2023, 4, 1)) is None
    lines = selectors.teams(township, None, timezone.localdate())
    assert [(line.people, line.first_secretary) for line in lines] == [(2, "王建国"), (0, "")]


@pytest.mark.req("C2")
def test_days_in_the_village_are_entered_by_the_month_and_leave_does_not_overlap(township, member):
    days = [date(YEAR, 3, n) for n in range(1, 21)]
    assert services.enter_days(by=township, member=member, year=YEAR, month=3, days=days) == 20
    assert services.enter_days(by=township, member=member, year=YEAR, month=3, days=days[:19]) == 19
    with pytest.raises(errors.InVillageThen):
        services.enter_leave(by=township, member=member, first_day=days[18], last_day=date(YEAR, 3, 22), kind="01")
    leave = services.enter_leave(
        by=township, member=member, first_day=date(YEAR, 3, 20), last_day=date(YEAR, 3, 22), kind="01"
    )
    with pytest.raises(errors.OnLeave):
        services.enter_days(by=township, member=member, year=YEAR, month=3, days=days)
    with pytest.raises(errors.LeaveOverlaps):
        services.enter_leave(
            by=township, member=member, first_day=date(YEAR, 3, 22), last_day=date(YEAR, 3, 23), kind="02"
        )
    services.withdraw_leave(by=township, leave=leave)
    assert services.enter_days(by=township, member=member, year=YEAR, month=3, days=days) == 20
    with pytest.raises(errors.OutsideService):
        services.enter_days(by=township, member=member, year=2024, month=1, days=[date(2024, 1, 31)])
    tomorrow = days_ago(-1)
    with pytest.raises(errors.DayAhead):
        services.enter_days(by=township, member=member, year=tomorrow.year, month=tomorrow.month, days=[tomorrow])


@pytest.mark.req("C2")
def test_too_little_presence_and_too_much_leave_show_against_the_figures_of_policy(member):
    wanted = policy().team
    DayInVillage.objects.bulk_create(
        DayInVillage(member=member, day=date(YEAR, month, day))
        for month in range(1, 13)
        for day in range(1, 21 if month != 3 else 20)
    )
    Leave.objects.create(member=member, first_day=date(YEAR, 11, 21), last_day=date(YEAR, 12, 20), kind="02")
    [found] = attendance.attended([member], YEAR, wanted, date(2026, 6, 1))
    assert [month.standing for month in found.months] == [
        Standing.SHORT if n == 3 else Standing.MET for n in range(1, 13)
    ]
    assert (found.year.days, found.year.wanted, found.year.standing) == (239, 200, Standing.MET)
    assert (found.leave.days, found.leave.allowed, found.leave.too_many) == (30, 30, False)
    Leave.objects.create(member=member, first_day=date(YEAR, 2, 25), last_day=date(YEAR, 2, 25), kind="03")
    Leave.objects.create(member=member, first_day=date(YEAR, 2, 26), last_day=date(YEAR, 2, 28), kind="05")
    [found] = attendance.attended([member], YEAR, wanted, date(2026, 6, 1))
    assert (found.leave.days, found.leave.too_many) == (31, True)  # official business is no leave


@pytest.mark.parametrize(
    ("today", "days", "standing"),
    [
        (date(YEAR, 3, 12), 0, Standing.OPEN),  # the 12th and 19 more days: 20 can still be reached
        (date(YEAR, 3, 13), 0, Standing.SHORT),
        (date(YEAR, 3, 31), 20, Standing.MET),
        (date(YEAR, 4, 1), 19, Standing.SHORT),
    ],
)
def test_a_month_is_short_as_soon_as_it_cannot_be_made_up(today, days, standing, member):
    there = [date(YEAR, 3, n + 1) for n in range(days)]
    assert attendance.presence(member, date(YEAR, 3, 1), date(YEAR, 3, 31), there, 20, today).standing is standing


def test_who_served_a_part_of_a_month_is_not_judged_by_the_whole(member):
    found = attendance.presence(member, date(2024, 1, 1), date(2024, 12, 31), [], 200, date(2026, 1, 1))
    assert found.standing is Standing.PARTIAL


def test_members_leave_and_the_team_ends_with_reason_and_day(township, team, member, house):
    with pytest.raises(errors.ReasonNeeded):
        services.leave_team(by=township, member=member, on=days_ago(3), reason=" ")
    services.leave_team(by=township, member=member, on=days_ago(3), reason="期满轮换")
    with pytest.raises(errors.MemberLeft):
        services.leave_team(by=township, member=member, on=days_ago(3), reason="期满轮换")
    services.end_team(by=township, team=team, on=days_ago(2), reason="撤出")
    assert selectors.team_of(house.village.pk, timezone.localdate()) is None
    with pytest.raises(errors.TeamOver):
        services.end_team(by=township, team=team, on=days_ago(2), reason="撤出")
    again = services.form_team(by=township, village=house.village, starts_on=days_ago(2))
    assert again.pk != team.pk
    assert selectors.villages_without_team(township, None, timezone.localdate()) == 1


def test_a_team_and_who_is_in_charge_follow_a_village_that_is_merged(team, bureau, house):
    services.put_in_charge(by=None, unit=bureau, village=house.village, on=days_ago(9))
    areas.merge(
        by=house.officer("county_office"),
        areas=[house.village],
        into=house.other_village,
        on=timezone.localdate(),
        document="民政〔2026〕1号",
    )
    assert services.follow_areas(by=None, reason="合并") == 2
    team.refresh_from_db()
    assert team.village == house.other_village


def test_a_place_may_have_its_own_policy(settings, tmp_path, house, homes, helper, township):
    folder = tmp_path / "policy" / "places" / "990121"
    folder.mkdir(parents=True)
    national = Path(settings.POLICY) / "china" / "pairing.yaml"
    own = national.read_text(encoding="utf-8").replace("at_least: 2, at_most: 3", "at_least: 1, at_most: 1")
    (folder / "pairing.yaml").write_text(own, encoding="utf-8")
    assert policy("990121000000").most_households("section_head") == 1
    assert policy("990122000000").most_households("section_head") == 3
    assert len(every_policy()) == 2
    first, second = homes(2)
    services.pair(by=township, household=first, helper=helper)
    with pytest.raises(errors.LimitReached):
        services.pair(by=township, household=second, helper=helper)
