"""One place decides what an officer may do; every question ends there."""

import pytest
import rules

from bangfu.accounts.models import Officer
from bangfu.accounts.permissions import place_of
from bangfu.accounts.roles import rights, roles
from bangfu.registry.models import Household, Member

pytestmark = pytest.mark.req("H1")


def test_every_right_of_the_policy_is_a_permission():
    assert {right for right in rights() if not rules.perm_exists(right)} == set()


def test_the_answers_of_posts_permissions_and_officer_agree_for_every_role_and_right(house):
    for role in roles():
        officer = house.officer(role)
        for right in rights():
            for area in (house.village, house.neighbour_village, house.neighbour_county):
                by_places = any(reach.holds(area.place) for reach in officer.places_for(right))
                assert officer.has_perm(right, area) == rules.has_perm(right, officer, area) == by_places


def test_what_belongs_nowhere_is_refused(house):
    clerk = house.officer("township_station")
    assert clerk.has_perm("registry.view")
    assert not clerk.has_perm("registry.view", object())
    assert not clerk.has_perm("registry.view", Household())


def test_a_thing_lies_where_its_area_or_household_lies(house):
    household = Household(place=house.group.place, village=house.village)
    assert place_of(household) == house.group.place
    assert place_of(Member(household=household, place=None)) == house.group.place
    assert place_of(house.officer("helper").posts.get()) == house.group.place


def test_a_right_that_the_policy_does_not_know_is_held_by_nobody(house):
    assert not house.officer("county_office").has_perm("registry.frobnicate")


def test_a_closed_account_holds_no_right(house):
    clerk = house.officer("county_office")
    Officer.objects.filter(pk=clerk.pk).update(is_active=False)
    assert not Officer.objects.get(pk=clerk.pk).has_perm("registry.view")


def test_no_administrator_sees_the_registry():
    for role in ("system_administrator", "security_administrator", "audit_administrator"):
        assert not {r for r in roles()[role].rights if r.startswith("registry.")}
        assert len(roles()[role].apart_from) == 2


def test_a_screen_where_nobody_sits_shows_figures_and_no_household():
    assert [role.id for role in roles().values() if role.unattended] == ["wall_display"]
    assert roles()["wall_display"].rights == {"areas.view", "plans.view"}


def test_no_role_both_makes_accounts_and_assigns_posts_or_reads_the_trail():
    duties = ({"accounts.officers"}, {"accounts.posts"}, {"audit.view"})
    assert all(sum(bool(role.rights & duty) for duty in duties) <= 1 for role in roles().values())
