"""What a duty is: the shape of `policy/china/duties/*.yaml` and of what places add to it.

A duty says who (persons of a rank or a post, members of the village teams, units of a level, the teams), what (visit,
day in the village, meeting, inspection, report, study, news item), how often, and with what evidence. What has been
done is read from the real record (`sources`); nobody reports it a second time.
"""

from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from bangfu.common.policy import Label, Source, Strict
from bangfu.plans.duties.periods import Every

Positive = Annotated[int, Field(ge=1)]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,59}$")]


class What(StrEnum):
    """The kinds of deeds. The first two are counted from visits and attendance, the others from records."""

    VISIT = "visit"
    VILLAGE_DAY = "village_day"
    MEETING = "meeting"
    INSPECTION = "inspection"
    REPORT = "report"
    STUDY = "study"
    NEWS = "news"


# Kinds that are recorded one by one, each with its evidence.
RECORDED = (What.MEETING, What.INSPECTION, What.REPORT, What.STUDY, What.NEWS)


class Counted(StrEnum):
    """What is counted. `EACH_HOUSEHOLD`: every household that the person is paired with counts once it was visited as
    often as asked; the duty is done when all are."""

    VISITS = "visits"
    HOUSEHOLDS = "households"
    DAYS = "days"
    EACH_HOUSEHOLD = "each_household"
    ITEMS = "items"


_FITTING = {
    What.VISIT: {Counted.VISITS, Counted.HOUSEHOLDS, Counted.DAYS, Counted.EACH_HOUSEHOLD},
    What.VILLAGE_DAY: {Counted.DAYS},
    **{what: {Counted.ITEMS} for what in RECORDED},
}


class Who(Strict):
    """Whose duty it is; exactly one of these. `ranks`: helpers of these ranks (code list `helper_rank`). `roles`:
    whoever holds one of these posts. `team_members`: everybody who serves in a village team. `unit_levels`: units of
    these levels (code list `unit_level`), each as a whole; with `named` only those whose name holds one of these
    words. `teams`: village teams, each as a whole."""

    ranks: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    team_members: bool = False
    unit_levels: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    teams: bool = False

    @model_validator(mode="after")
    def _is_said_once(self) -> "Who":
        if sum(map(bool, (self.ranks, self.roles, self.team_members, self.unit_levels, self.teams))) != 1:
            raise ValueError("exactly one of ranks, roles, team_members, unit_levels, teams")
        if self.named and not self.unit_levels:
            raise ValueError("named narrows unit_levels")
        return self

    @property
    def persons(self) -> bool:
        """Whether it is a duty of persons, not of units or teams."""
        return bool(self.ranks or self.roles or self.team_members)

    def means_unit(self, level: str, name: str) -> bool:
        """Whether it is a duty of units of this level and name."""
        return level in self.unit_levels and (not self.named or any(word in name for word in self.named))


class Often(Strict):
    """At least so many in every period."""

    at_least: Positive
    every: Every
    counted: Counted


class Evidence(Strict):
    """A paper that belongs to a record of the duty: `minimum` of them before it counts; 0 means that it may be added,
    and is not asked for."""

    id: Identifier
    label: Label
    minimum: Annotated[int, Field(ge=0)] = 1


class Span(Strict):
    """From when to when a duty holds, both days included; None is open."""

    start: date | None = Field(None, alias="from")
    end: date | None = Field(None, alias="to")

    def holds(self, day: date) -> bool:
        return (self.start or date.min) <= day <= (self.end or date.max)

    def meets(self, other: "Span") -> bool:
        """Whether there is a day on which both hold."""
        return max(self.start or date.min, other.start or date.min) <= min(self.end or date.max, other.end or date.max)


class Duty(Strict):
    """A duty. It holds in areas whose code begins with `region` ("" everywhere) during `in_force`; one that is not
    `usual` holds only where a place takes it up.

    `flagged_count`: whether a visit that was marked as doubtful counts before somebody has looked at it.
    `handed_in_days`: so many days after the end of the period it is still on time (reports on the period).
    `named_after`: whoever misses so many periods in a row is named in the list; None: nobody is.
    """

    id: Identifier
    title: Label
    hint: Label | None = None
    what: What
    who: Who
    often: Often
    evidence: tuple[Evidence, ...] = ()
    flagged_count: bool = True
    handed_in_days: Annotated[int, Field(ge=0, le=92)] = 0
    named_after: Positive | None = None
    usual: bool = True
    region: Annotated[str, Field(pattern=r"^\d{0,12}$")] = ""
    in_force: Span = Field(default_factory=lambda: Span.model_validate({}))
    source: Source

    @model_validator(mode="after")
    def _fits_together(self) -> "Duty":
        if self.often.counted not in _FITTING[self.what]:
            raise ValueError(f"{self.what.value} is not counted in {self.often.counted.value}")
        if self.often.counted is Counted.EACH_HOUSEHOLD and not self.who.persons:
            raise ValueError("each_household needs persons: units are paired with nobody")
        if not self.who.persons and self.often.counted is Counted.HOUSEHOLDS:
            raise ValueError("households are counted for persons: two of a unit may visit the same one")
        if (self.who.teams and self.what not in RECORDED) or (self.who.unit_levels and self.what is What.VILLAGE_DAY):
            raise ValueError(f"{self.what.value} is counted for persons")
        if self.evidence and self.what not in RECORDED:
            raise ValueError(f"{self.what.value} is counted from the record itself and asks for no papers")
        if len({each.id for each in self.evidence}) != len(self.evidence):
            raise ValueError("a kind of evidence stands twice")
        if self.what in RECORDED and self.who.persons:
            raise ValueError(f"{self.what.value} is recorded for units and teams, not for persons")
        if self.handed_in_days and self.what not in RECORDED:
            raise ValueError("handed_in_days is for what is recorded: a visit belongs to the period of its day")
        return self

    @property
    def recorded(self) -> bool:
        """Whether it is done by records with evidence, not by visits or attendance."""
        return self.what in RECORDED


class DutyFile(Strict):
    """A file of duties. Only a place takes up duties that are not usual, or drops such as are."""

    label: Label
    takes_up: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    duties: tuple[Duty, ...] = ()

    @model_validator(mode="after")
    def _says_everything_once(self) -> "DutyFile":
        named = [*self.takes_up, *self.drops]
        if len(set(named)) != len(named):
            raise ValueError("a duty is named twice in takes_up and drops")
        return self


class Rise(Strict):
    """From how many days after the last day an undone duty stands on the list of an area level."""

    level: Annotated[int, Field(ge=1, le=5)]
    after_days: Annotated[int, Field(ge=0)]


class Terms(Strict):
    """The file `policy/china/duty_terms.yaml`. `due_soon_days`: from so many days before the last day a duty is called
    due soon; `listed_days`: so many days after it one that was not done leaves the lists of what is overdue (it stays
    in the calendars); `rises`: when it shows at which level above whoever owes it."""

    source: Source
    due_soon_days: Annotated[int, Field(ge=0)]
    listed_days: Positive
    rises: tuple[Rise, ...]

    @model_validator(mode="after")
    def _rises_step_by_step(self) -> "Terms":
        order = sorted(self.rises, key=lambda rise: -rise.level)
        if len({rise.level for rise in order}) != len(order):
            raise ValueError("a level stands twice in rises")
        if any(higher.after_days < lower.after_days for lower, higher in pairwise(order)):
            raise ValueError("a higher level cannot be told before a lower one")
        return self

    def rises_after(self, level: int) -> int:
        """After how many days a level above is told; a level that is not named waits as long as the next below it."""
        known = [rise.after_days for rise in self.rises if rise.level >= level]
        return max(known, default=0)
