"""Units and helpers, and who is in charge of a village: verbs of `support.services` in a file of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.common.errors import NotAllowed
from bangfu.common.names import initials, normalise_name
from bangfu.common.places import Level, within
from bangfu.common.policy import code_list
from bangfu.support import errors
from bangfu.support.acting import require
from bangfu.support.models import Charge, Helper, Pairing, TeamMember, Unit
from bangfu.support.policy import policy
from bangfu.support.texts import NAME_LIMIT, UNIT_LIMIT, not_ahead, phone_of, plain, reason_of, wanted

SENSITIVE = "registry.see_sensitive"


@transaction.atomic
def save_unit(
    *, by: Officer | None, unit: Unit | None = None, name: str, level: str, area: Area, phone: str = ""
) -> Unit:
    """Register a unit, or change one. Raises NotAllowed, NotInYourPlace, FieldMissing, TextTooLong, CodeUnknown,
    PhoneWrong, UnitThere."""
    require(by, area.place, area.name)
    if unit is not None:
        require(by, unit.area.place, unit.name)
    values = {
        "name": wanted("".join(name.split()), UNIT_LIMIT, _("单位名称")),
        "level": _code("unit_level", level, _("单位隶属关系")),
        "area": area,
        "phone": phone_of(phone),
    }
    others = Unit.objects.exclude(pk=unit.pk) if unit else Unit.objects.all()
    if others.filter(name=values["name"], area=area).exists():
        raise errors.UnitThere(area=area.name, name=values["name"])
    kept = unit or Unit()
    changed = _set(kept, values)
    kept.save()
    if changed:
        record(actor=by, action="support.unit_saved", subject=kept, place=area.place, fields=changed)
    return kept


@transaction.atomic
def save_helper(
    *,
    by: Officer | None,
    helper: Helper | None = None,
    name: str,
    unit: Unit,
    rank: str,
    area: Area | None = None,
    position: str = "",
    phone: str = "",
    officer: Officer | None = None,
) -> Helper:
    """Register a helper, or change one; without an `area` they work at the unit's seat. A rank that allows fewer
    households than the helper has is taken: who is over the limit is shown.

    Raises NotAllowed, NotInYourPlace, FieldMissing, TextTooLong, CodeUnknown, PhoneWrong, HelperThere, AccountTaken.
    """
    area = area or unit.area
    require(by, area.place, area.name)
    if helper is not None:
        require(by, helper.area.place, helper.name)
    values = {
        "name": normalise_name(wanted(name, NAME_LIMIT, _("姓名"))),
        "unit": unit,
        "rank": _code("helper_rank", rank, _("职级")),
        "position": plain(position, NAME_LIMIT, _("职务")),
        "area": area,
        "phone": phone_of(phone),
        "officer": officer,
    }
    others = Helper.objects.exclude(pk=helper.pk) if helper else Helper.objects.all()
    if others.working().filter(unit=unit, name=values["name"], phone=values["phone"]).exists():
        raise errors.HelperThere(unit=unit.name, helper=values["name"])
    if officer is not None and (other := others.filter(officer=officer).first()):
        raise errors.AccountTaken(username=officer.username, helper=other.name)
    kept = helper or Helper()
    changed = _set(kept, values)
    kept.initials = initials(kept.name)
    kept.save()
    if changed:
        record(actor=by, action="support.helper_saved", subject=kept, place=area.place, fields=changed)
    return kept


@dataclass(frozen=True)
class NewHelper:
    """A helper to be registered with many others; without an `area` they work at the unit's seat."""

    name: str
    unit: Unit
    rank: str
    area: Area | None = None
    position: str = ""
    phone: str = ""
    officer: Officer | None = None


@transaction.atomic
def save_helpers(*, by: Officer | None, helpers: Sequence[NewHelper]) -> list[Helper]:
    """Register many helpers at once, all or none, with one entry in the trail. Raises what `save_helper` raises."""
    known = set(Helper.objects.working().values_list("unit_id", "name", "phone"))
    made = []
    for each in helpers:
        area = each.area or each.unit.area
        require(by, area.place, area.name)
        name, phone = normalise_name(wanted(each.name, NAME_LIMIT, _("姓名"))), phone_of(each.phone)
        if (each.unit.pk, name, phone) in known:
            raise errors.HelperThere(unit=each.unit.name, helper=name)
        known.add((each.unit.pk, name, phone))
        made.append(
            Helper(
                name=name,
                initials=initials(name),
                unit=each.unit,
                rank=_code("helper_rank", each.rank, _("职级")),
                position=plain(each.position, NAME_LIMIT, _("职务")),
                area=area,
                phone=phone,
                officer=each.officer,
            )
        )
    found: list[Helper] = Helper.objects.bulk_create(made, batch_size=500)
    record(actor=by, action="support.helpers_saved", subject_type="helper", count=len(found))
    return found


def _set(kept: Any, values: dict[str, Any]) -> list[str]:
    """Puts the values into the row; which of them were others before."""
    changed = [name for name, value in values.items() if kept.pk is None or getattr(kept, name) != value]
    for name, value in values.items():
        setattr(kept, name, value)
    return changed


def _code(list_id: str, code: str, field: str) -> str:
    """A code of a list that is in use today. Raises FieldMissing, CodeUnknown."""
    listed = code_list(list_id)
    choices = dict(listed.choices())
    if not code:
        raise errors.FieldMissing(field=field)
    if code not in choices:
        raise errors.CodeUnknown(field=field, value=code, choices="、".join(choices.values()))
    return code


@transaction.atomic
def helper_leaves(*, by: Officer | None, helper: Helper, on: date, reason: str) -> Helper:
    """A helper goes for good: no longer in charge of villages from `on`, and nobody pairs them again. Households and
    the place in a team must have been handed over before.

    Raises NotAllowed, NotInYourPlace, DayAhead, ReasonNeeded, HelperLeft, StillHelping, InATeam.
    """
    now: Helper = Helper.objects.select_for_update(of=("self",)).select_related("area").get(pk=helper.pk)
    require(by, now.area.place, now.name)
    not_ahead(on)
    why = reason_of(reason)
    if now.left_on is not None:
        raise errors.HelperLeft(helper=now.name, day=now.left_on)
    left = Pairing.objects.filter(helper=now, ended_on=None, household__ended_on=None).count()
    if left:
        raise errors.StillHelping(helper=now.name, number=left)
    post = TeamMember.objects.filter(helper=now, ended_on=None).select_related("team__village").first()
    if post is not None:
        raise errors.InATeam(helper=now.name, village=post.team.village.name, since=post.starts_on)
    Charge.objects.filter(helper=now, ended_on=None, starts_on__lte=on).update(ended_on=on)
    now.left_on = on
    now.save(update_fields=["left_on"])
    record(actor=by, action="support.helper_left", subject=now, place=now.area.place, on=on, reason=why)
    return now


@transaction.atomic
def put_in_charge(
    *, by: Officer | None, village: Area, on: date, unit: Unit | None = None, helper: Helper | None = None
) -> Charge:
    """Put a unit, or a helper, in charge of a village. Raises NotAllowed, NotInYourPlace, NoVillage, DayAhead,
    HelperLeft, ChargeThere, VillagesReached."""
    assert (unit is None) != (helper is None), "either a unit or a helper is in charge"
    require(by, village.place, village.name)
    if village.level != Level.VILLAGE or village.valid_to is not None:
        raise errors.NoVillage(name=village.name)
    not_ahead(on)
    name = unit.name if unit else helper.name if helper else ""
    mine = Charge.objects.filter(ended_on=None).filter(Q(unit=unit) if unit else Q(helper=helper))
    there = mine.filter(village=village).first()
    if there is not None:
        raise errors.ChargeThere(name=name, village=village.name, since=there.starts_on)
    if helper is not None:
        _villages_left(helper, mine.count(), village)
    made: Charge = Charge.objects.create(unit=unit, helper=helper, village=village, starts_on=on, entered_by=by)
    record(actor=by, action="support.charge_begun", subject=made, place=village.place, name=name, on=on)
    return made


def _villages_left(helper: Helper, load: int, village: Area) -> None:
    if helper.left_on is not None:
        raise errors.HelperLeft(helper=helper.name, day=helper.left_on)
    rank = policy(village.code).ranks.get(helper.rank)
    limit = rank.villages.at_most if rank else 0
    if load + 1 > limit:
        label = code_list("helper_rank").label_of(helper.rank)
        raise errors.VillagesReached(helper=helper.name, rank=label, limit=limit, load=load)


@transaction.atomic
def end_charge(*, by: Officer | None, charge: Charge, on: date) -> Charge:
    """From `on` the unit or helper is no longer in charge. Raises NotAllowed, NotInYourPlace, DayAhead, DaysTurned;
    one that ended before stays as it ended."""
    now: Charge = Charge.objects.select_for_update(of=("self",)).select_related("village").get(pk=charge.pk)
    require(by, now.village.place, now.village.name)
    if now.ended_on is not None:
        return now
    if not_ahead(on) < now.starts_on:
        raise errors.DaysTurned(first=now.starts_on, last=on)
    now.ended_on = on
    now.save(update_fields=["ended_on"])
    record(actor=by, action="support.charge_ended", subject=now, place=now.village.place, on=on)
    return now


@transaction.atomic
def reveal_phone(*, by: Officer, helper: Helper) -> str:
    """The whole number of a helper who works where the officer may see such things, or who helps a household there;
    the look is kept in the trail. Raises NotAllowed."""
    places = by.places_for(SENSITIVE)
    helping = Pairing.objects.filter(helper=helper, ended_on=None).filter(within(places, "household__place"))
    if not by.may(SENSITIVE, helper.area.place) and not helping.exists():
        raise NotAllowed(right=rights()[SENSITIVE].label)
    record(actor=by, action="registry.revealed", subject=helper, place=helper.area.place, field="phone")
    return helper.phone
