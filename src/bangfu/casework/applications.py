"""Applications: verbs of `casework.services` in a file of their own. Taken in at the counter, or by the public form,
which shows nothing back about anybody and can be used only so often; accepted, which opens a case, or declined."""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.casework import errors
from bangfu.casework.models import Application
from bangfu.casework.policy import policy
from bangfu.casework.procedures import Channel
from bangfu.casework.texts import phone as phone_number
from bangfu.casework.texts import plain
from bangfu.common.errors import NotAllowed
from bangfu.common.places import Level
from bangfu.registry.models import Household

State = Application.State
NAME_LIMIT, DIFFICULTY_LIMIT, NOTE_LIMIT = 60, 400, 200
AN_HOUR = timedelta(hours=1)


# What the trail calls each decision.
DEEDS = {State.ACCEPTED: "application.accepted", State.DECLINED: "application.declined"}


def sender_mark(address: str) -> str:
    """A keyed mark of a network address: tells one sender from another, and nobody what the address was."""
    return salted_hmac("bangfu.casework.applications", address, algorithm="sha256").hexdigest()[:32]


@transaction.atomic
def apply(
    *,
    by: Officer | None,
    channel: Channel,
    village: Area,
    head_name: str,
    phone: str,
    difficulty: str,
    household: Household | None = None,
    sender: str = "",
) -> Application:
    """Take in what somebody asks for. By the public form `by` is None, `sender` the keyed mark of the address, and no
    household is looked up.

    Raises NotAllowed, VillageWrong, ApplicationIncomplete, PhoneWrong, TextTooLong, TooManyApplications,
    SubjectElsewhere.
    """
    if by is not None and not by.may("cases.act", village.place):
        raise NotAllowed(right=rights()["cases.act"].label)
    if village.level != Level.VILLAGE or village.valid_to is not None:
        raise errors.VillageWrong()
    name = _filled(head_name, NAME_LIMIT, _("户主姓名"))
    told = _filled(difficulty, DIFFICULTY_LIMIT, _("困难情况"))
    number = _phone(phone, needed=by is None)
    if household is not None and household.village_id != village.pk:
        raise errors.SubjectElsewhere(name=household.head_name, village=village.name)
    if by is None:
        _limit(village, sender)
    made: Application = Application.objects.create(
        channel=channel,
        village=village,
        place=village.place,
        head_name=name,
        phone=number,
        difficulty=told,
        household=household,
        received_by=by,
        sender=sender,
    )
    record(actor=by, action="application.received", subject=made, channel=str(channel))
    return made


def _filled(text: str, limit: int, field: str) -> str:
    kept = plain(text, limit, field)
    if not kept:
        raise errors.ApplicationIncomplete(field=field)
    return kept


def _phone(text: str, *, needed: bool) -> str:
    number = phone_number(text, _("联系电话"))
    if not number and needed:
        raise errors.ApplicationIncomplete(field=_("联系电话"))
    return number


def _limit(village: Area, sender: str) -> None:
    """Refuses what comes too often. Raises TooManyApplications."""
    # Queue before counting: a script that sends a thousand at once would otherwise be counted as one.
    Area.objects.select_for_update(no_key=True).get(pk=village.pk)
    now, most = timezone.now(), policy().public_form
    sent = Application.objects.filter(channel=Channel.PUBLIC_FORM)
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    if (
        sent.filter(sender=sender, received_at__gt=now - AN_HOUR).count() >= most.most_by_sender_an_hour
        or sent.filter(village=village, received_at__gte=midnight).count() >= most.most_by_village_a_day
    ):
        raise errors.TooManyApplications()


def held(application: Application) -> Application:
    """The application as it is now, nobody else deciding on it until the end. Raises ApplicationDecided."""
    now: Application = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    if now.state != State.NEW:
        raise errors.ApplicationDecided(name=now.head_name, state=State(now.state).label)
    return now


def decided(application: Application, by: Officer, state: State, note: str, household: Household | None) -> None:
    """Writes what became of an application; leaves the entry in the trail."""
    application.state, application.decided_by, application.decided_at = state, by, timezone.now()
    application.decision_note = plain(note, NOTE_LIMIT, _("受理意见"))
    application.household = household or application.household
    application.save(update_fields=["state", "decided_by", "decided_at", "decision_note", "household"])
    record(actor=by, action=DEEDS[state], subject=application)


@transaction.atomic
def decline(*, application: Application, by: Officer, note: str) -> None:
    """Not accepted, with the reason. Raises NotAllowed, ApplicationDecided, ApplicationIncomplete, TextTooLong."""
    if not by.may("cases.act", application.place):
        raise NotAllowed(right=rights()["cases.act"].label)
    reason = _filled(note, NOTE_LIMIT, _("不予受理的理由"))
    decided(held(application), by, State.DECLINED, reason, None)
