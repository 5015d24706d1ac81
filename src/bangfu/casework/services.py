"""The verbs of casework: the front door. Each leaves an entry in the trail; what it does stands or falls as a whole.

`by` is the officer who acts; None, where it may be, is the house itself (the day's work, a command on the server).
Long verbs have files of their own and are named here: `moving`, `meetings`, `postings`, `sampling` …
"""

from datetime import date

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.casework import loading, opening
from bangfu.casework.meetings import add_meeting_paper, attend, call_meeting, close_meeting, expect, vote
from bangfu.casework.holidays import enter_holidays, may_enter_holidays
from bangfu.casework.models import Application, Case, Round
from bangfu.casework.moving import MoveReport, Possible, move, move_many, possible
from bangfu.casework.opening import Candidate, Opened, open_many
from bangfu.casework.postings import add_photo, answer, object_to, put_up, take_down
from bangfu.casework.procedures import Channel, Procedure
from bangfu.casework.sampling import draw, look_into
from bangfu.findings.models import Finding
from bangfu.registry.models import Household

__all__ = [
    "Candidate",
    "MoveReport",
    "Opened",
    "Possible",
    "enter_holidays",
    "may_enter_holidays",
    "add_meeting_paper",
    "add_photo",
    "answer",
    "attend",
    "call_meeting",
    "close_meeting",
    "draw",
    "expect",
    "look_into",
    "move",
    "move_many",
    "object_to",
    "open_case",
    "open_many",
    "possible",
    "put_up",
    "take_down",
    "vote",
]


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
