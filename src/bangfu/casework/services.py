"""The verbs of casework: the front door. Each leaves an entry in the trail; what it does stands or falls as a whole.

`by` is the officer who acts; None, where it may be, is the house itself (the day's work, a command on the server).
Long verbs have files of their own and are named here: `moving`, `meetings`, `postings`, `sampling` …
"""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.casework import applications, bulk, errors, loading, opening, rounds
from bangfu.casework.applications import apply, decline, sender_mark
from bangfu.casework.attaching import attach, detach
from bangfu.casework.batches import follow_imports, undo_batch
from bangfu.casework.bulk import run_bulk, start_bulk
from bangfu.casework.checks import answer_check
from bangfu.casework.following import follow_areas
from bangfu.casework.freezing import changes_since, facts_now
from bangfu.casework.holidays import enter_holidays, may_enter_holidays
from bangfu.casework.meetings import add_meeting_paper, attend, call_meeting, close_meeting, expect, vote
from bangfu.casework.models import Application, Case, Round
from bangfu.casework.moving import MoveReport, Possible, move, move_many, possible
from bangfu.casework.opening import Candidate, Opened, open_many
from bangfu.casework.postings import add_photo, answer, object_to, put_up, take_down
from bangfu.casework.procedures import Channel, Procedure
from bangfu.casework.recognising import OldRisk, take_over
from bangfu.casework.rounds import run_round, start_round
from bangfu.casework.sampling import draw, look_into
from bangfu.casework.sources import confirmed, takes
from bangfu.casework.watch_lists import check_watch_list, drop_watch_list, write_watch_list
from bangfu.casework.watching import add_risk, name_contact
from bangfu.findings.models import Finding
from bangfu.registry.models import Household

__all__ = [
    "Candidate",
    "MoveReport",
    "OldRisk",
    "Opened",
    "Possible",
    "accept",
    "add_meeting_paper",
    "add_photo",
    "add_risk",
    "answer",
    "answer_check",
    "apply",
    "attach",
    "attend",
    "call_meeting",
    "changes_since",
    "check_watch_list",
    "close_meeting",
    "decline",
    "detach",
    "draw",
    "drop_watch_list",
    "enter_holidays",
    "expect",
    "facts_now",
    "follow_areas",
    "follow_imports",
    "look_into",
    "may_enter_holidays",
    "move",
    "move_many",
    "name_contact",
    "object_to",
    "open_case",
    "open_from_finding",
    "open_many",
    "possible",
    "put_up",
    "recover",
    "run_bulk",
    "run_round",
    "sender_mark",
    "start_bulk",
    "start_round",
    "take_down",
    "take_over",
    "undo_batch",
    "vote",
    "write_watch_list",
]


def recover() -> int:
    """Bulk moves and rounds that a crash left in the middle go on where they stopped; how many. Called when the worker
    starts."""
    return bulk.recover() + rounds.recover()


def open_case(
    *,
    by: Officer | None,
    procedure: str | Procedure,
    household: Household | None = None,
    village: Area | None = None,
    channel: Channel,
    on: date | None = None,
    finding: Finding | None = None,
    application: Application | None = None,
    round: Round | None = None,
    note: str = "",
) -> Case:
    """Open a case of a household (or of a village) by a procedure in force there (its id, or the procedure as it was
    read for that place).

    Raises ProcedureUnknown, ChannelClosed, DayInFuture, NotYourOpening, SubjectWrong, HouseholdEnded,
    RecognitionUnfit, WatchUnfit, AlreadyRunning, OpenedBeforeCause, TextTooLong.
    """
    home = village or (household.village if household else None)
    assert home is not None, "a case is of a household or of a village"
    if isinstance(procedure, str):
        procedure = loading.procedure(procedure, home.code)
    candidate = Candidate(home, household, finding, application, note)
    done = opening.open_many(by=by, procedure=procedure, candidates=[candidate], channel=channel, on=on, round=round)
    for _candidate, fault in done.left_out:
        raise fault
    return done.cases[0]


def open_from_finding(
    *, finding: Finding, procedure: str | Procedure, by: Officer, on: date | None = None, note: str = ""
) -> Case:
    """Open the case that a confirmed finding calls for; its evidence stays with the finding, to which the case points.

    Raises FindingNotConfirmed, FindingUnfit, and what `open_case` raises.
    """
    if not confirmed(finding):
        raise errors.FindingNotConfirmed(state=Finding.State(finding.state).label)
    if isinstance(procedure, str):
        procedure = loading.procedure(procedure, finding.village.code)
    if not takes(procedure, finding):
        raise errors.FindingUnfit(rule=finding.rule_id, procedure=procedure.label)
    household = finding.household if finding.household_id is not None else None
    return open_case(
        by=by,
        procedure=procedure,
        household=household,
        village=finding.village,
        channel=Channel.FINDING,
        on=on,
        finding=finding,
        note=note,
    )


@transaction.atomic
def accept(
    *,
    application: Application,
    by: Officer,
    household: Household | None = None,
    procedure: str | Procedure,
    on: date | None = None,
    note: str = "",
) -> Case:
    """Accept an application: open a case of the household it is about.

    Raises ApplicationDecided, ApplicationIncomplete, SubjectElsewhere, and what `open_case` raises.
    """
    now = applications.held(application)
    household = household or now.household
    if household is None:
        raise errors.ApplicationIncomplete(field=_("户"))
    if household.village_id != now.village_id:
        raise errors.SubjectElsewhere(name=household.head_name, village=now.village.name)
    case = open_case(
        by=by,
        procedure=procedure,
        household=household,
        village=now.village,
        channel=Channel(now.channel),
        on=on,
        application=now,
        note=note or now.difficulty,
    )
    applications.decided(now, by, Application.State.ACCEPTED, note, household)
    return case
