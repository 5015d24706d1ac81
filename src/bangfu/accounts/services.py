"""The verbs of officers and posts: the only writer of their tables, each leaving one entry in the trail.

`by` is the officer who acts; None is the house itself (first start, sample county, a command on the server), which asks
for no right. No password, key or code ever goes into the trail.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime

from axes.utils import reset as axes_reset
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from bangfu.accounts import errors
from bangfu.accounts.models import Officer, Post
from bangfu.accounts.roles import Role, rights, roles
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.common.errors import NotAllowed

USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,59}")
ADMINISTRATORS = ("system_administrator", "security_administrator", "audit_administrator")
# Letters and digits that nobody confuses when reading them from paper.
_LOWER, _UPPER, _DIGITS = "abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"


@dataclass(frozen=True)
class NewPassword:
    """An initial password; it exists in readable form only here, to be shown once."""

    officer: Officer
    password: str


# --- who may ---------------------------------------------------------------------------------------------------------


def _must_hold(by: Officer | None, right: str) -> None:
    if by is not None and not by.may(right):
        raise NotAllowed(right=rights()[right].label)


def _must_reach_area(by: Officer | None, right: str, area: Area) -> None:
    _must_hold(by, right)
    if by is not None and not by.may(right, area.place):
        raise errors.AreaOutOfReach(area=area)


def _must_reach(by: Officer | None, right: str, officer: Officer) -> None:
    """`by` looks after every area where the officer belongs, holds a post today or is to hold one."""
    _must_hold(by, right)
    if by is None:
        return
    today = date.today()
    still = officer.posts.filter(Q(ends_on=None) | Q(ends_on__gte=today)).select_related("area")
    places = [post.area.place for post in still]
    if officer.area:
        places.append(officer.area.place)
    if not places or not all(by.may(right, place) for place in places):
        raise errors.OfficerOutOfReach(name=officer.name)


def _not_oneself(by: Officer | None, officer: Officer) -> None:
    if by is not None and by.pk == officer.pk:
        raise errors.NotForOneself()


def _locked(officer: Officer) -> Officer:
    """The officer as the database has it now, kept from other writers until the transaction ends."""
    return Officer.objects.select_for_update(of=("self",)).get(pk=officer.pk)  # type: ignore[no-any-return]


# --- accounts --------------------------------------------------------------------------------------------------------


def initial_password() -> str:
    """Fourteen characters in three groups, of all four kinds, e.g. Kmpd-4827-qwxz."""
    pick = secrets.SystemRandom()
    first = pick.choice(_UPPER) + "".join(pick.choices(_LOWER, k=3))
    return "-".join((first, "".join(pick.choices(_DIGITS, k=4)), "".join(pick.choices(_LOWER + _UPPER, k=4))))


@transaction.atomic
def create_officer(
    *,
    by: Officer | None,
    username: str,
    name: str,
    area: Area,
    unit: str = "",
    phone: str = "",
    password: str | None = None,
    must_change_password: bool = True,
) -> NewPassword:
    """A new account without any post, at the area of its unit. The initial password is made here unless the house
    itself gives one; the officer has to change it when signing in for the first time."""
    _must_reach_area(by, "accounts.officers", area)
    if not USERNAME.fullmatch(username):
        raise errors.UsernameWrong(username=username)
    if phone and not re.fullmatch(r"1\d{10}", phone, re.ASCII):
        raise errors.PhoneWrong(phone=phone)
    readable = password or initial_password()
    officer = Officer(
        username=username,
        name=name.strip(),
        area=area,
        unit=unit.strip(),
        phone=phone,
        must_change_password=must_change_password,
        password_changed_on=date.today(),
    )
    officer.set_password(readable)
    try:
        with transaction.atomic():
            officer.save(force_insert=True)
    except IntegrityError:
        raise errors.UsernameTaken(username=username) from None
    record(actor=by, action="officer.created", subject=officer, username=username)
    return NewPassword(officer, readable)


@transaction.atomic
def change_officer(*, by: Officer | None, officer: Officer, name: str, unit: str, phone: str) -> Officer:
    """Name, unit and telephone of an account. The trail says which of them changed, not the values."""
    _must_reach(by, "accounts.officers", officer)
    if phone and not re.fullmatch(r"1\d{10}", phone, re.ASCII):
        raise errors.PhoneWrong(phone=phone)
    now = _locked(officer)
    new = {"name": name.strip(), "unit": unit.strip(), "phone": phone}
    changed = sorted(field for field, value in new.items() if getattr(now, field) != value)
    if changed:
        for field in changed:
            setattr(now, field, new[field])
        now.save(update_fields=changed)
        record(actor=by, action="officer.changed", subject=now, fields=changed)
    return now


@transaction.atomic
def close_account(*, by: Officer | None, officer: Officer, reason: str) -> None:
    """Nobody signs in with it any more, and whoever is signed in with it is out at the next click."""
    _not_oneself(by, officer)
    _must_reach(by, "accounts.officers", officer)
    now = _locked(officer)
    if now.is_active:
        now.is_active = False
        now.save(update_fields=["is_active"])
        record(actor=by, action="officer.closed", subject=now, reason=reason)


@transaction.atomic
def reopen_account(*, by: Officer | None, officer: Officer, reason: str) -> None:
    """The officer may sign in again, with the posts still running; nothing happens when the account is open."""
    _not_oneself(by, officer)
    _must_reach(by, "accounts.officers", officer)
    now = _locked(officer)
    if not now.is_active:
        now.is_active = True
        now.save(update_fields=["is_active"])
        record(actor=by, action="officer.reopened", subject=now, reason=reason)


@transaction.atomic
def unlock(*, by: Officer | None, officer: Officer) -> None:
    """Forget the wrong passwords and codes counted against an account, so that it can be tried again at once."""
    _not_oneself(by, officer)
    _must_reach(by, "accounts.posts", officer)
    axes_reset(username=officer.username)
    for device in TOTPDevice.objects.filter(user=officer):
        device.throttle_reset()
    record(actor=by, action="officer.unlocked", subject=officer)


@transaction.atomic
def set_language(*, by: Officer, language: str) -> None:
    """The language in which this officer reads all pages."""
    if language not in dict(settings.LANGUAGES):
        raise errors.LanguageUnknown(language=language)
    if by.language != language:
        Officer.objects.filter(pk=by.pk).update(language=language)
        by.language = language
        record(actor=by, action="officer.language", subject=by, language=language)


# --- passwords -------------------------------------------------------------------------------------------------------


@transaction.atomic
def change_password(*, by: Officer, current: str, new: str) -> None:
    """One's own password. All other sessions of the account end with it."""
    now = _locked(by)
    if not now.check_password(current):
        raise errors.CurrentPasswordWrong()
    if now.check_password(new):
        raise errors.PasswordUnchanged()
    try:
        validate_password(new, now)
    except ValidationError as refused:
        raise errors.PasswordTooWeak(reasons=" ".join(refused.messages)) from None
    now.set_password(new)
    now.must_change_password = False
    now.password_changed_on = date.today()
    now.save(update_fields=["password", "must_change_password", "password_changed_on"])
    # The object of the request follows, so that its session can be renewed.
    by.password, by.must_change_password, by.password_changed_on = now.password, False, now.password_changed_on
    record(actor=by, action="password.changed", subject=by)


@transaction.atomic
def reset_password(*, by: Officer | None, officer: Officer) -> NewPassword:
    """A new initial password for somebody who forgot theirs.

    An administrator's password is reset by one of the same duty or by a higher level, never by another duty of the same
    level: with it, one person would hold both.
    """
    _not_oneself(by, officer)
    _must_reach(by, "accounts.officers", officer)
    if by is not None and _kept_apart_from(by, officer):
        raise errors.AdministratorByHigher(name=officer.name, username=officer.username)
    now = _locked(officer)
    if not now.is_active:
        raise errors.AccountClosed(name=now.name)
    readable = initial_password()
    now.set_password(readable)
    now.must_change_password = True
    now.password_changed_on = date.today()
    now.save(update_fields=["password", "must_change_password", "password_changed_on"])
    record(actor=by, action="password.reset", subject=now)
    return NewPassword(now, readable)


def _kept_apart_from(by: Officer, officer: Officer) -> bool:
    """Whether a post of `officer` is one that `by` may not hold beside an own post of the same or a lower level."""
    today = date.today()
    theirs = officer.posts.filter(Q(ends_on=None) | Q(ends_on__gte=today)).select_related("area")
    return any(
        _apart(mine.role, post.role) and mine.area.level >= post.area.level
        for mine in by.posts_on(today)
        for post in theirs
        if post.role_id in roles()
    )


# --- posts -----------------------------------------------------------------------------------------------------------


def _apart(one: Role, other: Role) -> bool:
    return one.id in other.apart_from or other.id in one.apart_from


@transaction.atomic
def assign_post(
    *, by: Officer | None, officer: Officer, role_id: str, area: Area, starts_on: date, ends_on: date | None = None
) -> Post:
    """A role at an area from `starts_on` to `ends_on` (both included; None: open end).

    Raises when the role does not exist at that level, when the officer holds a role in these days that must be kept
    apart from it, when it is held already, or when `by` may not assign posts there or to this officer.
    """
    _not_oneself(by, officer)
    _must_reach_area(by, "accounts.posts", area)
    role = roles()[role_id]
    if area.level not in role.levels:
        raise errors.RoleNotAtThisLevel(role=role.label, area=area)
    if ends_on and ends_on < starts_on:
        raise errors.PostDaysWrong(starts_on=starts_on, ends_on=ends_on)
    # Lock before reading: two administrators would otherwise each add one half of what must be kept apart.
    now = _locked(officer)
    if not now.is_active:
        raise errors.AccountClosed(name=now.name)
    same_time = now.posts.select_related("area").filter(Q(ends_on=None) | Q(ends_on__gte=starts_on))
    if ends_on:
        same_time = same_time.filter(starts_on__lte=ends_on)
    for held in same_time:
        if held.role_id in roles() and _apart(role, held.role):
            raise errors.DutiesKeptApart(name=now.name, held=held.role.label, role=role.label)
        if held.role_id == role_id and held.area_id == area.pk:
            raise errors.PostHeldAlready(name=now.name, area=area, role=role.label)
    post = Post.objects.create(officer=now, role_id=role_id, area=area, starts_on=starts_on, ends_on=ends_on)
    record(
        actor=by,
        action="post.assigned",
        subject=now,
        place=area.place,
        role=role_id,
        area=area.name,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    return post


@transaction.atomic
def end_post(*, by: Officer | None, post: Post, on: date) -> Post:
    """`on` is the last day of the post. A post that has not begun by then is taken back whole."""
    _not_oneself(by, post.officer)
    _must_reach_area(by, "accounts.posts", post.area)
    now = Post.objects.select_for_update(of=("self",)).select_related("area", "officer").get(pk=post.pk)
    if on < now.starts_on:
        raise errors.PostDaysWrong(starts_on=now.starts_on, ends_on=on)
    now.ends_on = on
    now.save(update_fields=["ends_on"])
    record(
        actor=by,
        action="post.ended",
        subject=now.officer,
        place=now.area.place,
        role=now.role_id,
        area=now.area.name,
        ends_on=on,
    )
    return now  # type: ignore[no-any-return]


@transaction.atomic
def first_administrators(area: Area, *, password: str | None = None) -> list[NewPassword]:
    """The three administrators with whom a house begins, each a person of their own: system, security, audit.

    Raises AdministratorsThere when the area has one already. `password` is for sample counties only; without it each
    gets an initial one that must be changed at the first sign-in.
    """
    if Post.objects.filter(role_id__in=ADMINISTRATORS, area=area).exists():
        raise errors.AdministratorsThere(area=area)
    made = []
    for role_id in ADMINISTRATORS:
        username = free_username(role_id.replace("_administrator", "") + "-admin")
        new = create_officer(
            by=None,
            username=username,
            name=roles()[role_id].label.zh,
            area=area,
            password=password,
            must_change_password=password is None,
        )
        assign_post(by=None, officer=new.officer, role_id=role_id, area=area, starts_on=date.today())
        made.append(new)
    return made


def free_username(wanted: str) -> str:
    """`wanted`, or with the smallest number behind it that nobody has."""
    taken = set(Officer.objects.filter(username__startswith=wanted).values_list("username", flat=True))
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}{number}"
    return name


# --- the second step -------------------------------------------------------------------------------------------------


def begin_second_step(officer: Officer) -> TOTPDevice:
    """The device to be set up: its key is shown as a code to photograph until a first password of it is typed in.
    Opening the page again shows the same key."""
    with transaction.atomic():
        device, _new = TOTPDevice.objects.get_or_create(user=officer, confirmed=False, defaults={"name": _("手机")})
    return device


def confirm_second_step(*, by: Officer, code: str) -> TOTPDevice:
    """From now on signing in asks for a code of this device. An older device of the officer is forgotten."""
    device = TOTPDevice.objects.filter(user=by, confirmed=False).first()
    if device is None:
        raise errors.NoSecondStep()
    _verify(device, code)
    with transaction.atomic():
        TOTPDevice.objects.filter(user=by).exclude(pk=device.pk).delete()
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        Officer.objects.filter(pk=by.pk).update(second_step=True)
        by.second_step = True
        record(actor=by, action="second_step.begun", subject=by)
    return device


def check_code(*, by: Officer, code: str) -> TOTPDevice:
    """The device whose code this is. Raises CodeWrong, or CodeTooSoon after several wrong ones; both leave a trace."""
    device = TOTPDevice.objects.filter(user=by, confirmed=True).first()
    if device is None:
        raise errors.NoSecondStep()
    try:
        _verify(device, code)
    except (errors.CodeWrong, errors.CodeTooSoon):
        record(actor=by, action="sign_in.code_wrong", subject=by)
        raise
    record(actor=by, action="sign_in.code_right", subject=by)
    return device


def _verify(device: TOTPDevice, code: str) -> None:
    # In a transaction of its own that ends before the refusal: the count of wrong codes must stay.
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().get(pk=device.pk)
        allowed, why = device.verify_is_allowed()
        right = allowed and device.verify_token("".join(code.split()))
    if not allowed:
        until = (why or {}).get("locked_until")
        seconds = max(1, round((until - datetime.now(UTC)).total_seconds())) if until else 1
        raise errors.CodeTooSoon(seconds=seconds)
    if not right:
        raise errors.CodeWrong()


@transaction.atomic
def remove_second_step(*, by: Officer | None, officer: Officer, password: str = "") -> None:
    """Sign-in asks for the password alone again. One's own is removed with the password, another's (a lost telephone)
    by whoever assigns posts there."""
    if by is not None and by.pk == officer.pk:
        if not officer.check_password(password):
            raise errors.CurrentPasswordWrong()
    else:
        _must_reach(by, "accounts.posts", officer)
    TOTPDevice.objects.filter(user=officer).delete()
    Officer.objects.filter(pk=officer.pk).update(second_step=False)
    officer.second_step = False
    record(actor=by, action="second_step.ended", subject=officer)


# --- signing in and out ----------------------------------------------------------------------------------------------

NOBODY = "未登录者"


def note_signed_in(officer: Officer) -> None:
    """Password and, where asked for, one-time code were right: the session begins."""
    record(actor=officer, action="sign_in.done", subject=officer)


def note_signed_out(officer: Officer) -> None:
    """The officer has left; a session that merely ran out leaves no entry."""
    record(actor=officer, action="sign_in.out", subject=officer)


def note_sign_in_failed(username: str, *, locked: bool, first_lock: bool = False) -> None:
    """A wrong password, the one that locks the account, or an attempt while it is locked. A name that nobody has is
    not written down: people type their password there by mistake."""
    officer = Officer.objects.select_related("area").filter(username=username).first()
    if locked and not first_lock:
        action = "sign_in.while_locked"
    elif locked:
        action = "sign_in.locked"
    else:
        action = "sign_in.failed"
    if officer:
        record(actor=None, actor_name=NOBODY, action=action, subject=officer)
    else:
        record(actor=None, actor_name=NOBODY, action=action, subject_type="officer", subject_id="")
