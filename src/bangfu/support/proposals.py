"""Proposals: verbs of `support.services` in a file of their own. `matching` finds who should help whom; people decide.

    waiting -> running -> ready -> closed     (taken wholly or in part, or declined)
                       -> failed
A pair that is taken goes the way of every pairing: the helper before hands over, the new one takes on. What has changed
since the proposal was made is refused by itself and said.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_tasks import task

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.common.errors import BangfuError
from bangfu.registry.intake.remembering import pack
from bangfu.registry.models import Household
from bangfu.support import errors
from bangfu.support.acting import require
from bangfu.support.matching import Candidate, Matching, Needy, match
from bangfu.support.models import Charge, Handover, Helper, Pairing, Proposal, ProposedPair
from bangfu.support.pairings import PART, Channel, Kind, Wish, pair_many
from bangfu.support.policy import policy
from bangfu.support.texts import not_ahead

State = Proposal.State
BUSY = (State.WAITING, State.RUNNING)
logger = logging.getLogger(__name__)


def needing(area: Area) -> QuerySet[Household]:
    """The living households of an area that need a helper by the policy of the place."""
    found: QuerySet[Household] = Household.objects.living().inside(area).filter(policy(area.code).needing())
    return found


# --- making one ------------------------------------------------------------------------------------------------------


@transaction.atomic
def propose(*, by: Officer | None, area: Area) -> Proposal:
    """Have a proposal worked out for an area, in the background. Raises NotAllowed, NotInYourPlace, ProposalOpen,
    NobodyToPair."""
    require(by, area.place, area.name)
    if Proposal.objects.filter(area=area, state__in=(*BUSY, State.READY)).exists():
        raise errors.ProposalOpen(area=area.name)
    if not needing(area).exists():
        raise errors.NobodyToPair(area=area.name)
    made: Proposal = Proposal.objects.create(area=area, made_by=by, on=timezone.localdate())
    record(actor=by, action="support.proposal_started", subject=made, place=area.place, area=area.name)
    # After the transaction: a worker must not look for what is not there yet.
    transaction.on_commit(lambda: work_out_in_background.enqueue(made.pk))
    return made


@task()
def work_out_in_background(pk: int) -> None:
    proposal = Proposal.objects.select_related("made_by").get(pk=pk)
    with translation.override(proposal.made_by.language if proposal.made_by else "zh-hans"):
        try:
            work_out(pk)
        except BangfuError:
            logger.info("proposal %s could not be worked out", pk)  # it says itself why


def work_out(pk: int) -> Proposal:
    """Work out a proposal, if it still waits. Raises ProposalBroken."""
    proposal: Proposal = Proposal.objects.select_related("area", "made_by").get(pk=pk)
    if not Proposal.objects.filter(pk=pk, state=State.WAITING).update(state=State.RUNNING):
        return proposal  # somebody else works on it, or has done so
    try:
        with transaction.atomic():
            _fill(proposal)
    except Exception as error:
        logger.exception("proposal %s failed", pk)
        fault = errors.ProposalBroken(area=proposal.area.name)
        Proposal.objects.filter(pk=pk).update(state=State.FAILED, error_code=fault.code, error_facts=pack(fault.facts))
        raise fault from error
    return proposal


def _fill(proposal: Proposal) -> None:
    begun = time.perf_counter()
    area = proposal.area
    held = _held(area)
    needy = [
        Needy(pk, village, held.get(pk))
        for pk, village in needing(area).order_by("place", "household_no").values_list("pk", "village__place")
    ]
    needy.sort(key=lambda each: _since(held, each))
    candidates = list(candidates_for(proposal.made_by, area, Counter(each.helper for each in needy)))
    found = match(needy, candidates, policy(area.code).proposal.farthest_level)
    before = {each.id: each.helper for each in needy}
    ProposedPair.objects.bulk_create(
        (
            ProposedPair(
                proposal=proposal,
                household_id=pair.household,
                helper_id=pair.helper,
                before_id=before[pair.household],
                steps=pair.steps,
                state=ProposedPair.State.TAKEN if pair.kept else ProposedPair.State.OPEN,
            )
            for pair in sorted(found.pairs, key=lambda pair: pair.household)
        ),
        batch_size=PART,
    )
    proposal.lacking = _lacking(found)
    proposal.figures = _figures(found, needy, candidates) | {"seconds": round(time.perf_counter() - begun, 1)}
    proposal.state = State.READY if any(not pair.kept for pair in found.pairs) else State.CLOSED
    proposal.save(update_fields=["lacking", "figures", "state"])
    record(
        actor=proposal.made_by,
        action="support.proposal_made",
        subject=proposal,
        place=area.place,
        households=len(needy),
        count=len(found.pairs),
    )


class _Held(dict[int, int]):
    """By household the helper it has, with `since`: from when."""

    since: dict[int, date]


def _held(area: Area) -> _Held:
    rows = Pairing.objects.inside(area).filter(ended_on=None, kind=Kind.MAIN)
    found, since = _Held(), {}
    for household, helper, day in rows.values_list("household_id", "helper_id", "starts_on"):
        found[household], since[household] = helper, day
    found.since = since
    return found


def _since(held: _Held, each: Needy) -> date:
    """The longest paired come first: they are the last to lose their helper."""
    return held.since.get(each.id, date.max)


def candidates_for(by: Officer | None, area: Area, here: Counter[int | None]) -> Iterator[Candidate]:
    """The helpers who may be proposed for an area: those whom the officer sees and who still work there, with the room
    that their households elsewhere leave. `here`: how many of the area's households each has now."""
    helpers = Helper.objects.all() if by is None else Helper.objects.visible_to(by)
    rows = list(helpers.working().select_related("area").order_by("pk"))
    charges: dict[tuple[str, int], set[int]] = defaultdict(set)
    for unit, helper, place in Charge.objects.filter(ended_on=None).values_list(
        "unit_id", "helper_id", "village__place"
    ):
        charges["unit", unit].add(place) if unit else charges["helper", helper].add(place)
    load = Counter(
        dict(
            Pairing.objects.filter(ended_on=None, kind=Kind.MAIN, household__ended_on=None)
            .order_by()
            .values_list("helper_id")
            .annotate(number=Count("pk"))
        )
    )
    limits = {code: policy(code) for code in {row.area.code for row in rows}}
    for row in rows:
        rank = limits[row.area.code].ranks.get(row.rank)
        if rank is None:
            continue
        elsewhere = load[row.pk] - here[row.pk]
        yield Candidate(
            id=row.pk,
            unit=row.unit_id,
            room=max(rank.households.at_most - elsewhere, 0),
            least=max(rank.households.at_least - elsewhere, 0),
            places=frozenset({row.area.place} | charges["unit", row.unit_id] | charges["helper", row.pk]),
        )


def _lacking(found: Matching) -> list[list[int]]:
    """[village, households that find nobody], the village with most first."""
    ids = dict(Area.objects.filter(place__in=found.lacking).values_list("place", "pk"))
    rows = [[ids[place], number] for place, number in found.lacking.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _figures(found: Matching, needy: Sequence[Needy], candidates: Sequence[Candidate]) -> dict[str, float | int]:
    had = {each.id for each in needy if each.helper is not None}
    steps = Counter(pair.steps for pair in found.pairs)
    return {
        "households": len(needy),
        "helpers": sum(candidate.room > 0 for candidate in candidates),
        "room": sum(candidate.room for candidate in candidates),
        "kept": found.kept,
        "changed": sum(not pair.kept and pair.household in had for pair in found.pairs),
        "new": sum(pair.household not in had for pair in found.pairs),
        "lacking": sum(found.lacking.values()),
        **{f"steps_{number}": count for number, count in sorted(steps.items())},
    }


# --- deciding on one -------------------------------------------------------------------------------------------------


@dataclass
class Taken:
    """What came of taking pairs of a proposal: how many were paired, and of whom not, with the reason."""

    number: int = 0
    refused: list[tuple[ProposedPair, BangfuError]] = field(default_factory=list)


@transaction.atomic
def take(
    *, by: Officer | None, proposal: Proposal, pairs: Collection[int] | None = None, on: date | None = None
) -> Taken:
    """Take a proposal: all of its open pairs, or those of these ids. A household that has a main helper goes over by a
    hand-over of the day. What is no longer as it was when the proposal was made is marked as overtaken.

    Raises NotAllowed, NotInYourPlace, ProposalUnready, NothingChosen, DayAhead.
    """
    now = _held_proposal(by, proposal)
    rows = _open(now, pairs)
    day = not_ahead(on or timezone.localdate())
    done = Taken()
    # Everybody hands over before anybody takes on: two who change places must not be too many in between.
    fresh, going = _still_so(rows, day, done)
    ended = _hand_over_all(by, going, day)
    paired = pair_many(
        by=by,
        wishes=[Wish(row.household, row.helper, day) for row in fresh],
        channel=Channel.PROPOSAL,
    )
    by_home = {row.household_id: row for row in fresh}
    done.number = len(paired.made)
    done.refused += [(by_home[wish.household.pk], fault) for wish, fault in paired.refused]
    _give_back([ended[w.household.pk] for w, _fault in paired.refused if w.household.pk in ended])
    refused = {row.pk for row, _fault in done.refused}
    _mark([row.pk for row in rows if row.pk not in refused], ProposedPair.State.TAKEN)
    _mark(list(refused), ProposedPair.State.OVERTAKEN)
    _close_when_done(now)
    record(
        actor=by,
        action="support.proposal_taken",
        subject=now,
        place=now.area.place,
        count=done.number,
        refused=len(done.refused),
    )
    return done


@transaction.atomic
def decline(*, by: Officer | None, proposal: Proposal, pairs: Collection[int] | None = None) -> int:
    """Decline all open pairs of a proposal, or those of these ids; how many. Raises NotAllowed, NotInYourPlace,
    ProposalUnready, NothingChosen."""
    now = _held_proposal(by, proposal)
    rows = _open(now, pairs)
    _mark([row.pk for row in rows], ProposedPair.State.DECLINED)
    _close_when_done(now)
    record(actor=by, action="support.proposal_declined", subject=now, place=now.area.place, count=len(rows))
    return len(rows)


def _held_proposal(by: Officer | None, proposal: Proposal) -> Proposal:
    now: Proposal = Proposal.objects.select_for_update(of=("self",)).select_related("area").get(pk=proposal.pk)
    require(by, now.area.place, now.area.name)
    if now.state != State.READY:
        raise errors.ProposalUnready(area=now.area.name, state=now.get_state_display())
    return now


def _open(proposal: Proposal, pairs: Collection[int] | None) -> list[ProposedPair]:
    rows = ProposedPair.objects.filter(proposal=proposal).open().select_related("household", "helper", "before")
    wanted = None if pairs is None else set(pairs)
    found = [row for row in rows.order_by("pk") if wanted is None or row.pk in wanted]
    if not found:
        raise errors.NothingChosen()
    return found


def _still_so(
    rows: Sequence[ProposedPair], day: date, done: Taken
) -> tuple[list[ProposedPair], dict[int, list[Pairing]]]:
    """The pairs whose household has the helper whom the proposal found there, and by helper what these hand over."""
    mains: dict[int, Pairing] = {}
    for some in _parts([row.household_id for row in rows]):
        found = Pairing.objects.select_for_update(of=("self",)).filter(ended_on=None, kind=Kind.MAIN)
        found = found.filter(household_id__in=some).select_related("helper", "household")
        mains |= {row.household_id: row for row in found}
    going: dict[int, list[Pairing]] = defaultdict(list)
    fresh: list[ProposedPair] = []
    for row in rows:
        main = mains.get(row.household_id)
        if (main.helper_id if main else None) != row.before_id or (main and main.starts_on > day):
            done.refused.append((row, _overtaken(row, main)))
            continue
        fresh.append(row)
        if main is not None:
            going[main.helper_id].append(main)
    return fresh, going


def _overtaken(row: ProposedPair, main: Pairing | None) -> BangfuError:
    name = row.household.head_name or row.household.household_no
    if main is None:
        return errors.HelperChanged(household=name)
    return errors.MainHelperThere(household=name, helper=main.helper.name, since=main.starts_on)


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(ids), PART):
        yield ids[first : first + PART]


def _hand_over_all(by: Officer | None, going: dict[int, list[Pairing]], day: date) -> dict[int, Pairing]:
    """Ends these pairings by a hand-over for each helper; by household, what was ended."""
    made = [
        Handover(
            helper_id=helper,
            on=day,
            reason=_("采纳结对方案"),
            households=len(rows),
            entered_by=by,
        )
        for helper, rows in sorted(going.items())
    ]
    Handover.objects.bulk_create(made)
    ended: dict[int, Pairing] = {}
    for handover in made:
        rows = going[handover.helper_id]
        for some in _parts([row.pk for row in rows]):
            Pairing.objects.filter(pk__in=some).update(ended_on=day, ended_why=handover.reason, ended_by=handover)
        ended |= {row.household_id: row for row in rows}
    return ended


def _give_back(rows: Sequence[Pairing]) -> None:
    """Whose new helper could not take them stay with the old one, as if nothing had been."""
    gone: Counter[int] = Counter()
    for some in _parts([row.pk for row in rows]):
        mine = Pairing.objects.filter(pk__in=some)
        gone.update(dict(mine.order_by().values_list("ended_by").annotate(number=Count("pk"))))
        mine.update(ended_on=None, ended_why="", ended_by=None)
    for handover, number in gone.items():
        Handover.objects.filter(pk=handover).update(households=F("households") - number)
    for some in _parts(list(gone)):
        Handover.objects.filter(pk__in=some, households=0).delete()


def _mark(ids: Sequence[int], state: str) -> None:
    for some in _parts(ids):
        ProposedPair.objects.filter(pk__in=some).update(state=state)


def _close_when_done(proposal: Proposal) -> None:
    if not ProposedPair.objects.filter(proposal=proposal).open().exists():
        proposal.state = State.CLOSED
        proposal.save(update_fields=["state"])
