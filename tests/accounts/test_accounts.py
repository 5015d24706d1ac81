"""Accounts, passwords, the second step: what is refused, what is written down, what is never written down."""

from datetime import date

import pytest
from axes.models import AccessAttempt
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from bangfu.accounts import errors, selectors, services
from bangfu.accounts.models import Officer, Post
from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed

pytestmark = [pytest.mark.req("H1"), pytest.mark.databases]
PASSWORD = "Kmpd-4827-qwxz"


@pytest.fixture
def system(house):
    return house.officer("system_administrator")


@pytest.fixture
def security(house):
    return house.officer("security_administrator")


@pytest.fixture
def zhang(house):
    return services.create_officer(
        by=None, username="zhang", name="张伟", area=house.township, password=PASSWORD
    ).officer


def make(by, area, **given):
    return services.create_officer(by=by, **{"username": "li.na", "name": "李娜", "area": area, **given})


def trail():
    return " ".join(f"{e.action} {e.detail} {e.subject_id}" for e in Entry.objects.all())


def test_a_new_account_gets_a_password_shown_once_and_due_to_be_changed(house, system):
    new = make(system, house.township)
    assert new.officer.check_password(new.password)
    assert new.officer.must_change_password
    assert new.password not in trail() and "officer.created" in trail()
    services.validate_password(new.password, new.officer)


def test_initial_passwords_always_pass_the_rules_and_never_repeat():
    made = {services.initial_password() for _ in range(300)}
    assert len(made) == 300
    for password in made:
        services.validate_password(password)


@pytest.mark.parametrize("username", ["ab", "Zhang", "张伟", "1abc", "a b c", "a" * 61, "x\x00yz"])
def test_a_username_that_nobody_could_type_is_refused(house, system, username):
    with pytest.raises(errors.UsernameWrong, match="ACC-005"):
        make(system, house.township, username=username)


def test_a_username_is_given_once(house, system, zhang):
    with pytest.raises(errors.UsernameTaken, match="ACC-004"):
        make(system, house.township, username="zhang")
    assert Officer.objects.filter(username="zhang").count() == 1


def test_accounts_are_made_by_the_system_administrator_inside_the_own_county(house, system, security):
    with pytest.raises(NotAllowed):
        make(security, house.township)
    with pytest.raises(errors.AreaOutOfReach):
        make(system, house.neighbour_county)


def test_a_closed_account_is_out_and_comes_back_with_a_reason_in_the_trail(house, system, zhang):
    services.close_account(by=system, officer=zhang, reason="调离")
    closed = Officer.objects.get(pk=zhang.pk)
    assert not closed.is_active and not closed.may("registry.view")
    services.reopen_account(by=system, officer=closed, reason="调回")
    assert Officer.objects.get(pk=zhang.pk).is_active
    assert "调离" in trail() and "调回" in trail()


def test_nobody_closes_the_own_account(system):
    with pytest.raises(errors.NotForOneself):
        services.close_account(by=system, officer=system, reason="试试")


def test_who_also_works_elsewhere_is_closed_by_a_higher_level_only(house, system, zhang):
    Post.objects.create(officer=zhang, role_id="county_office", area=house.neighbour_county, starts_on=date(2020, 1, 1))
    with pytest.raises(errors.OfficerOutOfReach, match="ACC-011"):
        services.close_account(by=system, officer=zhang, reason="试试")
    with pytest.raises(errors.OfficerOutOfReach):
        services.reset_password(by=system, officer=zhang)
    higher = house.officer("system_administrator", house.county.parent)
    services.close_account(by=higher, officer=zhang, reason="调离")


def test_a_password_is_changed_with_the_old_one_and_against_the_rules_never(zhang):
    with pytest.raises(errors.CurrentPasswordWrong, match="ACC-006"):
        services.change_password(by=zhang, current="falsch", new="Neu-4827-pass")
    with pytest.raises(errors.PasswordUnchanged, match="ACC-008"):
        services.change_password(by=zhang, current=PASSWORD, new=PASSWORD)
    for weak in ("Ab1-short", "aaaaaaaaaaaa", "password1234", "zhang-Zhang-1"[:5]):
        with pytest.raises(errors.PasswordTooWeak, match="ACC-007"):
            services.change_password(by=zhang, current=PASSWORD, new=weak)
    services.change_password(by=zhang, current=PASSWORD, new="Neu-4827-pass")
    now = Officer.objects.get(pk=zhang.pk)
    assert now.check_password("Neu-4827-pass") and not now.must_change_password
    assert "Neu-4827" not in trail() and PASSWORD not in trail()


def test_a_forgotten_password_is_reset_to_a_new_initial_one(system, zhang):
    new = services.reset_password(by=system, officer=zhang)
    now = Officer.objects.get(pk=zhang.pk)
    assert now.check_password(new.password) and now.must_change_password
    assert new.password not in trail() and "password.reset" in trail()


def test_no_administrator_takes_over_another_duty_by_resetting_its_password(house, system, security):
    with pytest.raises(errors.AdministratorByHigher, match="ACC-016"):
        services.reset_password(by=system, officer=security)
    services.reset_password(by=house.officer("system_administrator", house.county.parent), officer=security)
    services.reset_password(by=None, officer=security)


def test_a_locked_account_is_unlocked_by_the_security_administrator(security, system, zhang):
    for address in ("10.0.0.1", "10.0.0.2"):
        AccessAttempt.objects.create(
            username="zhang", ip_address=address, failures_since_start=5, attempt_time=timezone.now()
        )
    assert selectors.locked_until("zhang") and selectors.locked_until("zhang", "10.0.0.2")
    with pytest.raises(NotAllowed):
        services.unlock(by=system, officer=zhang)
    services.unlock(by=security, officer=zhang)
    assert selectors.locked_until("zhang") is None and "officer.unlocked" in trail()


def test_a_language_that_is_not_there_is_refused(zhang):
    services.set_language(by=zhang, language="en")
    assert Officer.objects.get(pk=zhang.pk).language == "en"
    with pytest.raises(errors.LanguageUnknown, match="ACC-015"):
        services.set_language(by=zhang, language="fr")


def code_of(device):
    return f"{totp(device.bin_key):06d}"


def test_the_second_step_begins_with_a_right_code_and_asks_for_one_from_then_on(zhang):
    device = services.begin_second_step(zhang)
    assert services.begin_second_step(zhang).key == device.key
    assert not Officer.objects.get(pk=zhang.pk).second_step, "not before a code proved that the telephone works"
    services.confirm_second_step(by=zhang, code=code_of(device))
    assert Officer.objects.get(pk=zhang.pk).second_step
    assert device.key not in trail() and "second_step.begun" in trail()
    with pytest.raises(errors.CodeWrong, match="ACC-009"):
        services.check_code(by=zhang, code=code_of(device))  # a code serves once


def test_wrong_codes_slow_down_and_are_written_down(zhang):
    device = services.begin_second_step(zhang)
    services.confirm_second_step(by=zhang, code=code_of(device))
    with pytest.raises(errors.CodeWrong):
        services.check_code(by=zhang, code="000000")
    with pytest.raises(errors.CodeTooSoon, match="ACC-010"):
        services.check_code(by=zhang, code="000001")
    assert Entry.objects.filter(action="sign_in.code_wrong").count() == 2
    assert TOTPDevice.objects.get(user=zhang).throttling_failure_count == 1


def test_a_lost_telephone_is_taken_off_by_the_security_administrator_alone(house, security, system, zhang):
    device = services.begin_second_step(zhang)
    services.confirm_second_step(by=zhang, code=code_of(device))
    with pytest.raises(NotAllowed):
        services.remove_second_step(by=system, officer=zhang)
    with pytest.raises(errors.CurrentPasswordWrong):
        services.remove_second_step(by=zhang, officer=zhang, password="falsch")
    services.remove_second_step(by=security, officer=zhang)
    assert not Officer.objects.get(pk=zhang.pk).second_step and not TOTPDevice.objects.filter(user=zhang).exists()


def test_a_name_that_nobody_has_is_not_written_down_people_type_passwords_there(house, zhang):
    services.note_sign_in_failed("MyPassword-123", locked=False)
    services.note_sign_in_failed("zhang", locked=False)
    assert "MyPassword" not in trail()
    known = Entry.objects.get(subject_id=str(zhang.pk), action="sign_in.failed")
    assert known.actor_id is None and known.place == house.township.place


def test_each_officer_is_seen_where_unit_or_post_lies(house, system):
    at_home = make(None, house.township).officer
    by_post = make(None, house.neighbour_county, username="wang", name="王芳").officer
    Post.objects.create(officer=by_post, role_id="helper", area=house.village, starts_on=date(2020, 1, 1))
    make(None, house.neighbour_county, username="elsewhere", name="赵敏")
    seen = {o.username for o in Officer.objects.visible_to(system)}
    assert seen == {system.username, at_home.username, by_post.username}
    assert [p.area for p in selectors.posts_of(by_post, system)] == [house.village]
