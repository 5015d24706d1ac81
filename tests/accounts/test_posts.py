"""Who may be given which post, by whom, and what it then opens."""

from datetime import date, timedelta

import pytest

from bangfu.accounts import errors, services
from bangfu.accounts.models import Officer, Post
from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed

pytestmark = [pytest.mark.req("H1"), pytest.mark.databases]

TODAY = date.today()
START = date(2020, 1, 1)


@pytest.fixture
def security(house):
    return house.officer("security_administrator")


@pytest.fixture
def zhang(house):
    return services.create_officer(by=None, username="zhang", name="张伟", area=house.township).officer


def assign(by, officer, role, area, starts_on=START, ends_on=None):
    return services.assign_post(by=by, officer=officer, role_id=role, area=area, starts_on=starts_on, ends_on=ends_on)


def test_a_post_opens_its_area_and_nothing_else(house, security, zhang):
    assign(security, zhang, "township_station", house.township)
    zhang = Officer.objects.get(pk=zhang.pk)
    assert zhang.may("registry.edit", house.village.place)
    assert not zhang.may("registry.edit", house.neighbour_village.place)
    assert not zhang.may("accounts.view")
    entry = Entry.objects.get(action="post.assigned", actor_id=security.pk)
    assert entry.place == house.township.place and "township_station" in entry.detail


def test_a_post_is_held_from_its_first_to_its_last_day(house, zhang):
    assign(None, zhang, "township_station", house.township, date(2025, 3, 1), date(2025, 5, 31))
    held = [zhang.may("registry.view", house.village.place, day=date(2025, *day)) for day in
            ((2, 28), (3, 1), (5, 31), (6, 1))]  # fmt: skip
    assert held == [False, True, True, False]


def test_two_posts_open_two_areas_each_with_its_own_rights(house, zhang):
    assign(None, zhang, "township_station", house.township)
    assign(None, zhang, "inspector", house.neighbour_township)
    assert zhang.may("registry.edit", house.village.place)
    assert zhang.may("registry.view", house.neighbour_village.place)
    assert not zhang.may("registry.edit", house.neighbour_village.place)


@pytest.mark.parametrize("role", ["village_committee", "county_office", "province_office"])
def test_a_role_is_refused_at_a_level_that_does_not_have_it(house, security, zhang, role):
    with pytest.raises(errors.RoleNotAtThisLevel, match="ACC-001"):
        assign(security, zhang, role, house.township)


@pytest.mark.parametrize(
    "held, wanted",
    [
        ("system_administrator", "security_administrator"),
        ("security_administrator", "audit_administrator"),
        ("audit_administrator", "system_administrator"),
    ],
)
def test_the_three_administrators_are_three_people(house, security, zhang, held, wanted):
    assign(security, zhang, held, house.county)
    with pytest.raises(errors.DutiesKeptApart, match="ACC-002"):
        assign(security, zhang, wanted, house.county)
    assert [p.role_id for p in Post.objects.filter(officer=zhang)] == [held]


@pytest.mark.parametrize(
    "starts_on, ends_on, overlaps",
    [
        (date(2025, 1, 1), date(2025, 3, 31), False),  # over before the other begins
        (date(2025, 1, 1), date(2025, 4, 1), True),  # the last day is the other's first
        (date(2025, 5, 1), date(2025, 5, 2), True),  # inside
        (date(2025, 6, 30), None, True),  # begins on the other's last day
        (date(2025, 7, 1), None, False),  # begins the day after
        (date(2025, 1, 1), None, True),  # around it
    ],
)
def test_duties_kept_apart_may_follow_but_never_overlap(house, zhang, starts_on, ends_on, overlaps):
    assign(None, zhang, "system_administrator", house.county, date(2025, 4, 1), date(2025, 6, 30))
    if overlaps:
        with pytest.raises(errors.DutiesKeptApart):
            assign(None, zhang, "audit_administrator", house.county, starts_on, ends_on)
    else:
        assign(None, zhang, "audit_administrator", house.county, starts_on, ends_on)


def test_nobody_gives_or_takes_a_post_of_their_own(house, security):
    with pytest.raises(errors.NotForOneself, match="ACC-003"):
        assign(security, security, "county_office", house.county)
    with pytest.raises(errors.NotForOneself):
        services.end_post(by=security, post=security.posts.get(), on=TODAY)


def test_only_the_security_administrator_assigns_posts(house, zhang):
    for role in ("system_administrator", "audit_administrator", "county_office", "township_station"):
        with pytest.raises(NotAllowed, match="COM-001"):
            assign(house.officer(role), zhang, "township_station", house.township)


def test_posts_outside_the_own_county_are_refused(house, security, zhang):
    with pytest.raises(errors.AreaOutOfReach, match="ACC-012"):
        assign(security, zhang, "county_office", house.neighbour_county)
    foreign = services.assign_post(
        by=None, officer=zhang, role_id="county_office", area=house.neighbour_county, starts_on=START
    )
    with pytest.raises(errors.AreaOutOfReach):
        services.end_post(by=security, post=foreign, on=TODAY)


def test_an_ended_post_opens_nothing_from_the_next_day_on(house, security, zhang):
    post = assign(None, zhang, "township_station", house.township)
    services.end_post(by=security, post=post, on=TODAY - timedelta(days=1))
    assert not Officer.objects.get(pk=zhang.pk).may("registry.view")
    assert Entry.objects.filter(action="post.ended", actor_id=security.pk).exists()


def test_a_post_cannot_end_before_it_begins(house, security, zhang):
    post = assign(None, zhang, "township_station", house.township)
    with pytest.raises(errors.PostDaysWrong, match="ACC-013"):
        services.end_post(by=security, post=post, on=date(2019, 12, 31))
    with pytest.raises(errors.PostDaysWrong):
        assign(security, zhang, "helper", house.village, date(2025, 2, 2), date(2025, 2, 1))


def test_the_same_post_is_not_held_twice_at_a_time(house, security, zhang):
    assign(security, zhang, "township_station", house.township)
    with pytest.raises(errors.PostHeldAlready, match="ACC-014"):
        assign(security, zhang, "township_station", house.township, date(2026, 1, 1))


def test_a_house_begins_with_three_administrators_and_only_once(house):
    made = services.first_administrators(house.county)
    assert [new.officer.posts.get().role_id for new in made] == list(services.ADMINISTRATORS)
    assert all(new.officer.check_password(new.password) and new.officer.must_change_password for new in made)
    assert len({new.password for new in made}) == 3
    with pytest.raises(errors.AdministratorsThere, match="ACC-017"):
        services.first_administrators(house.county)
