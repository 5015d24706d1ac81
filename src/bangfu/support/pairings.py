"""Who helps whom: verbs of `support.services` in a file of their own. One pairing and sixty thousand go the same way.

From the first day of a pairing to the day before its `ended_on` the helper is responsible. Of the main helpers of a
household one ends before the next begins; the database refuses two at a time, whoever writes.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.audit.services import record
from bangfu.common.errors import BangfuError
from bangfu.common.policy import code_list
from bangfu.registry import papers
from bangfu.registry.models import Household
from bangfu.support import errors
from bangfu.support.acting import require
from bangfu.support.models import Handover, Helper, Pairing
from bangfu.support.policy import policy
from bangfu.support.texts import UNIT_LIMIT, not_ahead, plain, reason_of

Kind = Pairing.Kind
Channel = Pairing.Channel
# So many at a time as one statement may name.
PART = 2000


@dataclass(frozen=True)
class Wish:
    """That a helper takes on a household from a day."""

    household: Household
    helper: Helper
    starts_on: date
    kind: str = Kind.MAIN

    @property
    def main(self) -> bool:
        return self.kind == Kind.MAIN


@dataclass
class Paired:
    """What came of many wishes: those made, and those refused with the first reason of each."""

    made: list[Pairing] = field(default_factory=list)
    refused: list[tuple[Wish, BangfuError]] = field(default_factory=list)


def pair(
    *, by: Officer | None, household: Household, helper: Helper, starts_on: date | None = None, kind: str = Kind.MAIN
) -> Pairing:
    """A helper takes on a household. Raises NotAllowed, NotInYourPlace, DayAhead, HouseholdGone, HelperLeft,
    MainHelperThere, PairedTwice, DayTooEarly, LimitReached."""
    wish = Wish(household, helper, starts_on or timezone.localdate(), kind)
    done = pair_many(by=by, wishes=[wish])
    for _wish, fault in done.refused:
        raise fault
    return done.made[0]


@transaction.atomic
def pair_many(
    *,
    by: Officer | None,
    wishes: Sequence[Wish],
    channel: str = Channel.HAND,
    handover: Handover | None = None,
    beyond_limits: bool = False,
) -> Paired:
    """Pair as far as the wishes are lawful, the earlier before the later; who is refused is said, and nothing of it is
    written. `beyond_limits` takes over what an older list says although somebody has too many: they are shown as over
    their limit."""
    done = Paired()
    for first in range(0, len(wishes), PART):
        _pair_some(by, wishes[first : first + PART], channel, handover, beyond_limits, done)
    _tell(by, done.made, channel)
    return done


def _pair_some(
    by: Officer | None, wishes: Sequence[Wish], channel: str, handover: Handover | None, beyond: bool, done: Paired
) -> None:
    now = _Standing(wishes)
    made = []
    for wish in wishes:
        try:
            require(by, wish.household.place, _named(wish.household))
            now.look_at(wish, beyond)
        except BangfuError as fault:
            done.refused.append((wish, fault))
            continue
        row = Pairing(
            helper=wish.helper,
            household=wish.household,
            kind=wish.kind,
            starts_on=wish.starts_on,
            channel=channel,
            began_by=handover,
            entered_by=by,
        )
        now.add(row)
        made.append(row)
    done.made += Pairing.objects.bulk_create(made)


class _Standing:
    """Who is paired with whom now, as far as wishes are about them, and what earlier wishes add to it."""

    def __init__(self, wishes: Sequence[Wish]) -> None:
        homes = {wish.household.pk for wish in wishes}
        ids = {wish.helper.pk for wish in wishes}
        # Lock before reading: two officers pairing one helper would otherwise both find room for one more.
        self.helpers = {
            each.pk: each
            for each in Helper.objects.select_for_update(of=("self",))
            .select_related("area")
            .filter(pk__in=ids)
            .order_by("pk")
        }
        locked = Household.objects.select_for_update(of=("self",)).filter(pk__in=homes).order_by("pk")
        self.ended = {pk: day for pk, day in locked.values_list("pk", "ended_on") if day is not None}
        rows = Pairing.objects.filter(household_id__in=homes).select_related("helper")
        self.open = {(row.household_id, row.helper_id): row for row in rows if row.ended_on is None}
        self.main = {row.household_id: row for row in self.open.values() if row.is_main}
        past = [row for row in rows if row.ended_on is not None and row.ended_on > row.starts_on]
        self.last: dict[tuple[int, int | None], date] = {}
        for row in past:
            keys = [(row.household_id, row.helper_id), *([(row.household_id, None)] if row.is_main else [])]
            for key in keys:  # None: of the main helpers, whoever they were
                self.last[key] = max(self.last.get(key, date.min), row.ended_on)
        self.load = Counter(loads(ids))

    def look_at(self, wish: Wish, beyond: bool) -> None:
        """Raises the first reason why the wish cannot be granted."""
        household, helper = wish.household, self.helpers[wish.helper.pk]
        not_ahead(wish.starts_on)
        if household.pk in self.ended:
            raise errors.HouseholdGone(household=_named(household), day=self.ended[household.pk])
        if helper.left_on is not None:
            raise errors.HelperLeft(helper=helper.name, day=helper.left_on)
        if there := self.open.get((household.pk, helper.pk)):
            raise errors.PairedTwice(helper=helper.name, household=_named(household), since=there.starts_on)
        if wish.main and (there := self.main.get(household.pk)):
            raise errors.MainHelperThere(household=_named(household), helper=there.helper.name, since=there.starts_on)
        last = max(
            self.last.get((household.pk, None), date.min) if wish.main else date.min,
            self.last.get((household.pk, helper.pk), date.min),
        )
        if wish.starts_on < last:
            raise errors.DayTooEarly(day=wish.starts_on, household=_named(household), last=last)
        if wish.main and not beyond:
            refuse_beyond_limit(helper, self.load[helper.pk], 1)

    def add(self, row: Pairing) -> None:
        self.open[row.household_id, row.helper_id] = row
        if row.is_main:
            self.main[row.household_id] = row
            self.load[row.helper_id] += 1


def loads(helper_ids: Iterable[int]) -> dict[int, int]:
    """How many living households each of these helpers is the main helper of, wherever the households lie: the limit
    is one of the person."""
    rows = (
        Pairing.objects.filter(helper_id__in=list(helper_ids), ended_on=None, kind=Kind.MAIN)
        .filter(household__ended_on=None)
        .order_by()
        .values("helper_id")
        .annotate(number=Count("pk"))
    )
    return {row["helper_id"]: row["number"] for row in rows}


def refuse_beyond_limit(helper: Helper, load: int, more: int) -> None:
    """Raises LimitReached when a helper who has `load` households may not have `more` besides."""
    limit = policy(helper.area.code).most_households(helper.rank)
    if load + more > limit:
        rank = code_list("helper_rank").label_of(helper.rank)
        raise errors.LimitReached(helper=helper.name, rank=rank, limit=limit, load=load, more=more)


def _named(household: Household) -> str:
    return household.head_name or household.household_no


def _tell(by: Officer | None, made: Sequence[Pairing], channel: str) -> None:
    """Into the trail: one pairing by itself, many as their number; the rows say who entered each."""
    if channel == Channel.HANDOVER or not made:
        return  # the hand-over tells of itself
    first = made[0]
    if len(made) == 1:
        about: dict[str, Any] = {"helper": first.helper_id, "household": first.household_id, "on": first.starts_on}
        record(actor=by, action="support.paired", subject=first, place=first.household.place, **about)
        return
    record(actor=by, action="support.paired_many", subject_type="pairing", place=None, channel=channel, count=len(made))


@transaction.atomic
def end_pairing(*, by: Officer | None, pairing: Pairing, on: date, reason: str) -> Pairing:
    """End a pairing without a successor: from `on` the helper is not responsible any more. Raises NotAllowed,
    NotInYourPlace, DayAhead, ReasonNeeded, PairingOver, DayTooEarly."""
    now: Pairing = (
        Pairing.objects.select_for_update(of=("self",)).select_related("household", "helper").get(pk=pairing.pk)
    )
    require(by, now.household.place, _named(now.household))
    why = reason_of(reason)
    _may_end(now, not_ahead(on))
    now.ended_on, now.ended_why = on, why
    now.save(update_fields=["ended_on", "ended_why"])
    about: dict[str, Any] = {"helper": now.helper_id, "household": now.household_id, "on": on, "reason": why}
    record(actor=by, action="support.pairing_ended", subject=now, place=now.household.place, **about)
    return now


def _may_end(pairing: Pairing, on: date) -> None:
    if pairing.ended_on is not None:
        raise errors.PairingOver(helper=pairing.helper.name, household=_named(pairing.household), day=pairing.ended_on)
    if on < pairing.starts_on:
        raise errors.DayTooEarly(day=on, household=_named(pairing.household), last=pairing.starts_on)


@transaction.atomic
def hand_over(
    *,
    by: Officer | None,
    helper: Helper,
    pairings: Sequence[Pairing],
    successor: Helper | None,
    on: date,
    reason: str,
    upload: Any = None,
    title: str = "",
    beyond_limits: bool = False,
) -> Handover:
    """Households go from one helper to another on a day, with the paper that both signed; the day itself is the first
    of the new one. Without a successor the households wait for a helper and are listed as such. Who helped a household
    besides and now becomes its main helper is that alone. `beyond_limits`: as for `pair_many`.

    Raises NotAllowed, NotInYourPlace, DayAhead, ReasonNeeded, NothingToHandOver, SuccessorIsSame, HelperLeft,
    PairingOver, DayTooEarly, PairedTwice, LimitReached, and what `registry.papers.keep` raises.
    """
    ids = [each.pk for each in pairings]
    rows = list(
        Pairing.objects.select_for_update(of=("self",))
        .filter(pk__in=ids, helper=helper)
        .select_related("household", "helper")
        .order_by("pk")
    )
    if not rows:
        raise errors.NothingToHandOver(helper=helper.name)
    if successor is not None and successor.pk == helper.pk:
        raise errors.SuccessorIsSame(helper=helper.name)
    why = reason_of(reason)
    not_ahead(on)
    for row in rows:
        require(by, row.household.place, _named(row.household))
        _may_end(row, on)
    kept = papers.keep(upload) if upload else None
    made: Handover = Handover.objects.create(
        helper=helper,
        successor=successor,
        on=on,
        reason=why,
        title=(plain(title, UNIT_LIMIT, _("移交材料")) or _("移交书")) if kept else "",
        sha256=kept.sha256 if kept else "",
        size=kept.size if kept else 0,
        media_type=kept.media_type if kept else "",
        households=len(rows),
        entered_by=by,
    )
    Pairing.objects.filter(pk__in=ids).update(ended_on=on, ended_why=why, ended_by=made)
    if successor is not None:
        _taken_over(by, made, rows, successor, on, beyond_limits)
    about: dict[str, Any] = {"helper": helper.pk, "on": on, "households": len(rows), "reason": why}
    record(actor=by, action="support.handed_over", subject=made, place=rows[0].household.place, **about)
    return made


def _taken_over(
    by: Officer | None, made: Handover, rows: Sequence[Pairing], successor: Helper, on: date, beyond: bool
) -> None:
    """New pairings for the successor, all or none. Raises the first reason against one."""
    promoted = Pairing.objects.filter(helper=successor, kind=Kind.FURTHER, ended_on=None, starts_on__lte=on)
    promoted.filter(household_id__in=[row.household_id for row in rows if row.is_main]).update(
        ended_on=on, ended_why=made.reason, ended_by=made
    )
    wishes = [Wish(row.household, successor, on, row.kind) for row in rows]
    done = pair_many(by=by, wishes=wishes, channel=Channel.HANDOVER, handover=made, beyond_limits=beyond)
    for _wish, fault in done.refused:
        raise fault
