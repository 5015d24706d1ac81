"""Rounds: verbs of `casework.services` in a file of their own. One round opens a case for every household of an area
that the procedure is for; where a procedure matches two lists, for every household in which they differ.

    waiting -> running -> done
             (a fault of the system) -> failed; the cases that were opened before stay open

Part by part, like a bulk move: the cases of a part and the progress are one transaction, so that nothing is lost or
opened twice when the machine goes out; `recover` then goes on where it stopped.
"""

import logging
from collections.abc import Iterator
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_tasks import task

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area, AreaQuerySet
from bangfu.audit.services import record
from bangfu.casework import errors, loading, opening
from bangfu.casework.acting import may_start
from bangfu.casework.background import ours, queue_again
from bangfu.casework.models import Round
from bangfu.casework.opening import Candidate
from bangfu.casework.procedures import Channel, Procedure, Recognised, Subject
from bangfu.casework.recognising import recognised_on
from bangfu.casework.texts import plain
from bangfu.common.errors import BangfuError
from bangfu.common.places import Level
from bangfu.registry.intake.remembering import pack
from bangfu.registry.models import Household, HouseholdQuerySet, Member

State = Round.State
KIND = "rounds"
TITLE_LIMIT = 120
PART = 500
LINKAGE = Channel.LINKAGE
POOR = (Recognised.POOR, Recognised.RETURNED)
logger = logging.getLogger(__name__)


# --- the verbs -------------------------------------------------------------------------------------------------------


@transaction.atomic
def start_round(
    *, by: Officer | None, area: Area, procedure: str, title: str, on: date | None = None, due_on: date | None = None
) -> Round:
    """Begin to open, in the background, a case of a procedure for everybody in an area whom it is for; `left_out` of
    the round says in the end of whom none was opened and why.

    Raises ProcedureUnknown, RoundElsewhere, RoundUntitled, RoundDueBefore, DayInFuture, ChannelClosed, TextTooLong.
    """
    on = on or timezone.localdate()
    followed = loading.procedure(procedure, area.code)
    if by is not None and not may_start(by, followed, area):
        raise errors.RoundElsewhere(area=area.name, procedure=followed.label)
    name = plain(title, TITLE_LIMIT, _("名称"))
    if not name:
        raise errors.RoundUntitled()
    if due_on is not None and due_on < on:
        raise errors.RoundDueBefore(due=due_on, day=on)
    # What is wrong with all of them is said at once, not by a failure in the background.
    opening.open_many(by=by, procedure=followed, candidates=(), channel=channel_of(followed), on=on)
    made: Round = Round.objects.create(
        state=State.WAITING,
        procedure=followed.id,
        title=name,
        area=area,
        place=area.place,
        started_on=on,
        due_on=due_on,
        started_by=by,
    )
    record(actor=by, action="cases.round_started", subject=made, procedure=followed.id)
    # After the transaction: a worker must not look for what is not there yet.
    transaction.on_commit(lambda: run_in_background.enqueue(made.pk))
    return made


@task()
def run_in_background(pk: int) -> None:
    begun = Round.objects.select_related("started_by").get(pk=pk)
    with translation.override(begun.started_by.language if begun.started_by else translation.get_language()):
        try:
            run_round(pk)
        except BangfuError:
            logger.info("round %s was not finished", pk)  # it says itself why


def run_round(pk: int) -> Round:
    """Work through a round, from where it stands to its end. Raises RoundBusy, RoundFailed."""
    with ours(KIND, pk) as free:
        if not free:
            raise errors.RoundBusy(round=pk)
        begun: Round = Round.objects.select_related("started_by", "area").get(pk=pk)
        if begun.state not in (State.WAITING, State.RUNNING):
            raise errors.RoundBusy(round=pk)
        try:
            followed = loading.procedure(begun.procedure, begun.area.code)
            if begun.state == State.WAITING:
                begun.among = list(among(begun.area, followed, begun.started_on))
                begun.state = State.RUNNING
                begun.save(update_fields=["among", "state"])
            while begun.done < len(begun.among):
                _part(begun, followed)
        except Exception as error:
            logger.exception("round %s failed", pk)
            begun.refresh_from_db()  # the part was taken back, and with it what we counted of it
            _end(begun, State.FAILED)
            raise errors.RoundFailed(round=pk, opened=begun.opened) from error
        _end(begun, State.DONE)
    return begun


@transaction.atomic
def _part(begun: Round, followed: Procedure) -> None:
    """Opens the cases of the next so many. Whoever has ceased to be one of whom the procedure is for is passed over."""
    some = begun.among[begun.done : begun.done + PART]
    done = opening.open_many(
        by=begun.started_by,
        procedure=followed,
        candidates=list(candidates(followed, begun.started_on, some)),
        channel=channel_of(followed),
        on=begun.started_on,
        round=begun,
    )
    begun.done += len(some)
    begun.opened += len(done.cases)
    begun.left_out = [
        *begun.left_out,
        *(
            {"household": each.household.pk if each.household else None, "village": each.village.pk, "name": each.name}
            | {"code": fault.code, "facts": pack(fault.facts)}
            for each, fault in done.left_out
        ),
    ]
    begun.save(update_fields=["done", "opened", "left_out"])


@transaction.atomic
def _end(begun: Round, state: State) -> None:
    begun.state, begun.finished_at = state, timezone.now()
    begun.save(update_fields=["state", "finished_at"])
    record(
        actor=begun.started_by,
        action="cases.round_finished",
        subject=begun,
        result=str(state),
        opened=begun.opened,
        left_out=len(begun.left_out),
    )


def recover() -> int:
    """Rounds that a crash left in the middle are queued again and go on where they stopped; how many. Called when the
    worker starts."""
    return queue_again(run_in_background, Round.objects.filter(state__in=(State.WAITING, State.RUNNING)), KIND)


# --- for whom --------------------------------------------------------------------------------------------------------


def channel_of(procedure: Procedure) -> Channel:
    """As what a round's cases come in: differences of two lists where the procedure takes those and no plain round."""
    channels = procedure.opening.channels
    return LINKAGE if LINKAGE in channels and Channel.ROUND not in channels else Channel.ROUND


def among(area: Area, procedure: Procedure, on: date) -> Iterator[int]:
    """The households of an area (or its villages) for whom the procedure's opening is on that day, in their order."""
    if procedure.of is Subject.VILLAGE:
        yield from _villages(on).inside(area).values_list("pk", flat=True)
        return
    homes = recognised_on(on).living().inside(area)
    for some in _fitting(homes, procedure):
        yield from some.order_by("place", "household_no").values_list("pk", flat=True)


def candidates(procedure: Procedure, on: date, ids: list[int]) -> Iterator[Candidate]:
    """Those of them who still are such; of two lists that differ, with what each says."""
    if procedure.of is Subject.VILLAGE:
        yield from map(Candidate, _villages(on).filter(pk__in=ids))
        return
    homes = recognised_on(on).living().filter(pk__in=ids).select_related("village").order_by("place", "household_no")
    for some in _fitting(homes, procedure):
        for home in some:
            yield Candidate(home.village, home, note=_difference(home) if channel_of(procedure) is LINKAGE else "")


def _villages(on: date) -> AreaQuerySet:
    return Area.objects.current(on).of_level(Level.VILLAGE).order_by("place")


def _fitting(homes: HouseholdQuerySet, procedure: Procedure) -> Iterator[HouseholdQuerySet]:
    """The households (`recognised_on`) of whom the opening speaks; of two lists those that stand on one only."""
    if channel_of(procedure) is LINKAGE:
        said = Exists(Member.objects.present().filter(household=OuterRef("pk")).exclude(dibao_status=""))
        filed = as_one_of(POOR) | Q(watched_as__isnull=False)
        yield homes.filter(filed, anyone_on_dibao=False).annotate(dibao_known=said)
        yield homes.filter(recognised=None, watched_as=None, anyone_on_dibao=True)
        return
    wanted = procedure.opening
    fitting = homes.filter(as_one_of(wanted.round_of or wanted.recognised))
    yield fitting if wanted.watched is None else fitting.filter(watched_as__isnull=not wanted.watched)


def _difference(home: Household) -> str:
    """What the register of poor households and that of the allowance say differently of a household."""
    if home.anyone_on_dibao:
        return _("享受低保，未建档也未监测")
    known: bool = home.dibao_known  # type: ignore[attr-defined]
    return _("已建档或监测，成员均未享受低保") if known else _("已建档或监测，低保情况没有登记")


def as_one_of(wanted: tuple[Recognised, ...]) -> Q:
    """Households (`recognised_on`) that are recognised as one of these."""
    found = Q(recognised__in=[str(each) for each in wanted if each is not Recognised.NONE])
    return found | Q(recognised=None) if Recognised.NONE in wanted else found
