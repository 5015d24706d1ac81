"""Watched households between two cases: verbs of `casework.services` in a file of their own. Who keeps in touch with
one may change, and a new reason to watch it may turn up; as what it is recognised only cases change."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.audit.services import record
from bangfu.casework import recognition_errors as errors
from bangfu.casework.errors import DayInFuture
from bangfu.casework.models import Recognition, Risk
from bangfu.casework.saying import DISASTER, RISK, needed
from bangfu.casework.texts import phone, plain
from bangfu.common.errors import NotAllowed
from bangfu.common.policy import code_list

NAME_LIMIT, NOTE_LIMIT = 60, 200


@transaction.atomic
def name_contact(*, by: Officer, watched: Recognition, name: str, number: str) -> Recognition:
    """Who keeps in touch with a watched household, by name and telephone; both are replaced.

    Raises NotAllowed, WatchOver, WatchContactHalf, PhoneWrong, TextTooLong.
    """
    now = _held(by, watched)
    kept = plain(name, NAME_LIMIT, _("监测联系人"))
    dialled = phone(number, _("监测联系人电话"))
    if not kept or not dialled:
        raise errors.WatchContactHalf()
    now.contact_name, now.contact_phone = kept, dialled
    now.save(update_fields=["contact_name", "contact_phone"])
    record(actor=by, action="cases.contact_named", subject=now, household=now.household_id, name=kept)
    return now


@transaction.atomic
def add_risk(
    *, by: Officer, watched: Recognition, risk: str, found_on: date | None, disaster: str = "", note: str = ""
) -> Risk:
    """One more reason to watch a household, beside those that were found when it was taken in; codes.

    Raises NotAllowed, WatchOver, WatchCodeWrong, WatchNeeds, DayInFuture, RiskOnFile, TextTooLong.
    """
    now = _held(by, watched)
    entry = code_list(RISK).get(risk)
    if entry is None:
        raise errors.WatchCodeWrong(value=risk, field=code_list(RISK).label, choices=choices(RISK))
    if disaster and code_list(DISASTER).get(disaster) is None:
        raise errors.WatchCodeWrong(value=disaster, field=code_list(DISASTER).label, choices=choices(DISASTER))
    said = plain(note, NOTE_LIMIT, _("说明"))
    if wanted := needed(entry, disaster, said):
        raise errors.WatchNeeds(risk=entry.label, wanted=wanted)
    if found_on is not None and found_on > timezone.localdate():
        raise DayInFuture(day=found_on)
    made, new = Risk.objects.get_or_create(
        recognition=now, code=risk, defaults={"disaster": disaster, "note": said, "found_on": found_on}
    )
    if not new:
        raise errors.RiskOnFile(name=now.household.head_name, risk=entry.label)
    record(actor=by, action="cases.risk_added", subject=now, household=now.household_id, risk=risk)
    return made


def choices(list_id: str) -> str:
    """What a code list offers, for a message."""
    return "、".join(label for _code, label in code_list(list_id).choices())


def _held(by: Officer, watched: Recognition) -> Recognition:
    now: Recognition = (
        Recognition.objects.select_for_update(of=("self",)).select_related("household").get(pk=watched.pk)
    )
    if not by.may("cases.act", now.place):
        raise NotAllowed(right=rights()["cases.act"].label)
    if now.kind != Recognition.Kind.WATCHED or now.void or now.ends_on is not None:
        raise errors.WatchOver(name=now.household.head_name, day=now.ends_on or now.starts_on or "")
    return now
