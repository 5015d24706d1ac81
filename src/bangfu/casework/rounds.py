"""Rounds: a verb of `casework.services` in a file of its own. One round opens a case for every household of an area
that the procedure is for; where a procedure matches two lists, for every household in which they differ."""

from collections.abc import Iterator
from datetime import date
from itertools import islice

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.casework import errors, loading, opening
from bangfu.casework.acting import may_start
from bangfu.casework.models import Round
from bangfu.casework.opening import Candidate
from bangfu.casework.procedures import Channel, Procedure, Recognised, Subject
from bangfu.casework.recognising import recognised_on
from bangfu.casework.texts import plain
from bangfu.common.places import Level
from bangfu.registry.intake.remembering import pack
from bangfu.registry.models import Household, HouseholdQuerySet, Member

TITLE_LIMIT = 120
PART = 2000
POOR = (Recognised.POOR, Recognised.RETURNED)


@transaction.atomic
def start_round(
    *, by: Officer | None, area: Area, procedure: str, title: str, on: date | None = None, due_on: date | None = None
) -> Round:
    """Open a case of a procedure for everybody in an area whom it is for; `left_out` of the round says of whom none was
    opened and why.

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
    made: Round = Round.objects.create(
        procedure=followed.id, title=name, area=area, place=area.place, started_on=on, due_on=due_on, started_by=by
    )
    for some in _parts(candidates(area, followed, on)):
        done = opening.open_many(
            by=by, procedure=followed, candidates=some, channel=channel_of(followed), on=on, round=made
        )
        made.opened += len(done.cases)
        made.left_out += [
            {"household": each.household.pk if each.household else None, "village": each.village.pk, "name": each.name}
            | {"code": fault.code, "facts": pack(fault.facts)}
            for each, fault in done.left_out
        ]
    made.save(update_fields=["opened", "left_out"])
    record(
        actor=by,
        action="cases.round_started",
        subject=made,
        procedure=followed.id,
        opened=made.opened,
        left_out=len(made.left_out),
    )
    return made


def _parts(found: Iterator[Candidate]) -> Iterator[list[Candidate]]:
    """So many at a time as one statement may name."""
    while some := list(islice(found, PART)):
        yield some


def channel_of(procedure: Procedure) -> Channel:
    """As what a round's cases come in: differences of two lists where the procedure takes those and no plain round."""
    channels = procedure.opening.channels
    return Channel.LINKAGE if Channel.LINKAGE in channels and Channel.ROUND not in channels else Channel.ROUND


def candidates(area: Area, procedure: Procedure, on: date) -> Iterator[Candidate]:
    """Of whom a round opens a case: living households of the area as the procedure's opening wants them on that day,
    or its villages."""
    if procedure.of is Subject.VILLAGE:
        for village in Area.objects.current(on).of_level(Level.VILLAGE).inside(area):
            yield Candidate(village)
        return
    rows = recognised_on(on).living().inside(area).select_related("village").order_by("place", "household_no")
    if channel_of(procedure) is Channel.LINKAGE:
        for home, note in _differences(rows):
            yield Candidate(home.village, home, note=note)
        return
    opening = procedure.opening
    fitting = rows.filter(as_one_of(opening.round_of or opening.recognised))
    if opening.watched is not None:
        fitting = fitting.filter(watched_as__isnull=not opening.watched)
    for home in fitting:
        yield Candidate(home.village, home)


def _differences(rows: HouseholdQuerySet) -> Iterator[tuple[Household, str]]:
    """Households of which the register of poor households and that of the allowance say different things, and what."""
    filed = as_one_of(POOR) | Q(watched_as__isnull=False)
    said = Exists(Member.objects.present().filter(household=OuterRef("pk")).exclude(dibao_status=""))
    for home in rows.filter(filed, anyone_on_dibao=False).annotate(dibao_known=said):
        known = home.dibao_known
        yield home, _("已建档或监测，成员均未享受低保") if known else _("已建档或监测，低保情况没有登记")
    for home in rows.filter(recognised=None, watched_as=None, anyone_on_dibao=True):
        yield home, _("享受低保，未建档也未监测")


def as_one_of(wanted: tuple[Recognised, ...]) -> Q:
    """Households (`recognised_on`) that are recognised as one of these."""
    found = Q(recognised__in=[str(each) for each in wanted if each is not Recognised.NONE])
    return found | Q(recognised=None) if Recognised.NONE in wanted else found
