"""What a duty comes to for one doer in one period: what is needed, what was done, how it stands. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bangfu.plans.duties.doers import Doer
from bangfu.plans.duties.periods import Period
from bangfu.plans.duties.shapes import Duty


class State(StrEnum):
    """How a duty stands. `UNKNOWN`: nothing can be told, for the person has no account that visits are counted by."""

    DONE = "done"
    DONE_LATE = "done_late"
    OPEN = "open"
    DUE_SOON = "due_soon"
    LATE = "late"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: `in_time` by the last day, `afterwards` when it was late; `held_back` is what does not count yet
    (a record whose papers are missing, a doubtful visit that nobody has looked at). `needed` where it depends on the
    doer: the households somebody is paired with."""

    in_time: int = 0
    afterwards: int = 0
    held_back: int = 0
    needed: int | None = None


@dataclass(frozen=True, slots=True)
class DutyDue:
    """A duty of a doer in a period: `needed` of whatever it counts, `done` of it, the last day, how it stands."""

    duty: Duty
    doer: Doer
    period: Period
    needed: int
    done: int
    held_back: int
    due_on: date
    state: State

    @property
    def missing(self) -> int:
        return max(self.needed - self.done, 0)

    @property
    def met(self) -> bool:
        return self.state in (State.DONE, State.DONE_LATE)

    def days_late(self, day: date) -> int:
        """For how many days it has been overdue on `day`; 0 while it is not."""
        return max((day - self.due_on).days, 0) if self.state is State.LATE else 0


def due_on(duty: Duty, period: Period) -> date:
    """The last day on which a duty of a period is still on time."""
    return period.last + timedelta(days=duty.handed_in_days)


def judged(duty: Duty, doer: Doer, period: Period, done: Done, day: date, soon: int) -> DutyDue | None:
    """How a duty stands on a day; None when nothing is asked: nobody to visit. `soon`: so many days before the last
    day it is called due soon."""
    needed = duty.often.at_least if done.needed is None else done.needed
    if needed == 0:
        return None
    last = due_on(duty, period)
    number = done.in_time + done.afterwards
    if not doer.countable and not duty.recorded:
        state = State.UNKNOWN
    elif done.in_time >= needed:
        state = State.DONE
    elif number >= needed:
        state = State.DONE_LATE
    elif day > last:
        state = State.LATE
    else:
        state = State.DUE_SOON if (last - day).days < soon else State.OPEN
    return DutyDue(duty, doer, period, needed, number, done.held_back, last, state)
