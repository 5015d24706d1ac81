"""What policy files hold: dated figures, features, rules and their cases. Nothing here touches a database."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, model_validator

from bangfu.common.policy import Label, Source, Strict

# The grains of rules, lowest first: a row of each belongs to a row of the next.
GRAINS = ("work_record", "member", "household", "village")
Grain = Literal["work_record", "member", "household", "village"]
FigureType = Literal["whole", "amount", "day"]


class Period(Strict):
    """From a day to a day, both included; None is open. Written `{from: 2021-01-01}`."""

    start: date | None = Field(default=None, alias="from")
    end: date | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        if self.start and self.end and self.start > self.end:
            raise ValueError("from is later than to")
        return self

    def holds(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


class FigureValue(Strict):
    """What a figure is from a day on, in the places whose area code begins with `region` ("" everywhere); it holds
    until `to`, or until the next value of the same region."""

    value: Decimal
    region: str = Field(default="", pattern=r"^\d{0,12}$")
    start: date = Field(alias="from")
    end: date | None = Field(default=None, alias="to")
    source: Source


class Figure(Strict):
    """A number of policy: a line, an age, a limit. It has no default: what is not known for a place and day is said."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: Label
    unit: Label
    type: FigureType = "whole"
    note: Label | None = None
    values: tuple[FigureValue, ...]


class Aggregate(StrEnum):
    """How a feature sums up rows below, or elsewhere. Unknown inputs make count, sum, any and every unknown where they
    could change the answer; `coalesce` in the condition says otherwise in so many words."""

    COUNT = "count"  # rows for which `where` holds
    SUM = "sum"  # of `value` over them
    MIN = "min"  # of `value`, rows without it left out; unknown when there is none
    MAX = "max"
    DISTINCT = "distinct"  # different known values of `value`
    ANY = "any"  # whether `where` holds for any row: false for no rows
    EVERY = "every"  # whether `where` holds for every row: true for no rows
    SHARED = "shared"  # across the whole snapshot: in how many rows (or different `distinct`), equal in `same`, the value stands  # noqa: E501
    NEAR = "near"  # across the whole snapshot: how many other rows equal in `same` have a `value` that differs in 1 to `within` digits  # noqa: E501
    LISTED = "listed"  # whether the person's `id_key` stands in the outside list `on_list`: unknown while there is none


class Feature(Strict):
    """A column worked out from other rows, usable in rules like any other column of its grain.

    `over` is the table whose rows are taken (of grain work_record or member for a household …); for `shared` and
    `near` it is the table of the grain itself. `where` narrows the rows; members are those present unless
    `everyone` asks for those who left as well.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    grain: Grain
    aggregate: Aggregate
    meaning: Label
    over: Grain | None = None
    where: str = ""
    value: str = ""
    distinct: str = ""
    same: tuple[str, ...] = ()
    within: str = ""
    on_list: str = ""
    everyone: bool = False
    unit: str = ""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


class Purpose(StrEnum):
    """What a hit means: `suspicion` and `monitoring` become findings; the others give casework its reasons."""

    SUSPICION = "suspicion"  # 疑点
    PRIORITY = "priority"  # 五优先
    REFUSAL = "refusal"  # 七不评: a question to be answered, never an exclusion by itself
    ELIGIBILITY = "eligibility"  # 收入等识别条件
    EXIT = "exit"  # 退出条件: a hit is a condition that is NOT met
    MONITORING = "monitoring"  # 纳入监测
    VILLAGE_EXIT = "village_exit"  # a hit is a condition that is NOT met
    STOP = "stop"  # a hit, or an unknown, forbids what a procedure would decide


class Rule(Strict):
    """A rule. Its id is permanent. `applies` says whom it is about (others are clear); `condition` is what makes a
    row doubtful. Both are SQL over the columns and features of the grain; `member.x`, `household.x`, `village.x` name
    those of the row above; `$figure` is the figure of the place and day. A NULL condition is an unknown outcome."""

    id: str = Field(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$")
    title: Label
    topic: str = Field(pattern=r"^[a-z_]+$")
    purpose: Purpose = Purpose.SUSPICION
    source: Source
    in_force: Period = Period()
    region: str = Field(default="", pattern=r"^\d{0,12}$")
    grain: Grain
    applies: str = ""
    condition: str
    evidence: tuple[str, ...] = Field(min_length=1)
    severity: Severity
    message: Label
    note: Label | None = None
    replaces: str = ""

    @property
    def asks_somebody(self) -> bool:
        """Whether a hit is for somebody to look into on the spot: a suspicion, or a household that may have to be
        watched. The others tell casework what speaks for or against a decision."""
        return self.purpose in (Purpose.SUSPICION, Purpose.MONITORING)


class Waiting(Strict):
    """A rule of the field that cannot run yet, and what it waits for."""

    id: str
    title: Label
    waits_for: Label
    room: str


class Topic(Strict):
    id: str
    label: Label


class OutsideList(Strict):
    """A list that a county gets from elsewhere: what it is, who gives it, which columns besides the ID may be kept."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: Label
    giver: Label
    columns: Mapping[str, Label] = {}


class RuleFile(Strict):
    """`policy/china/rules/<topic>.yaml`; also the form in which a place's own rules are kept."""

    topic: Topic | None = None
    source: Source | None = None
    lists: tuple[OutsideList, ...] = ()
    features: tuple[Feature, ...] = ()
    rules: tuple[Rule, ...] = ()
    waiting: tuple[Waiting, ...] = ()


class FigureFile(Strict):
    """`policy/china/figures/<name>.yaml`."""

    figures: tuple[Figure, ...]


class Ended(Strict):
    """A figure or rule of the files below that no longer holds in this place from a day on."""

    id: str
    on: date
    source: Source


class PlaceFile(Strict):
    """`policy/places/<code>/place.yaml`: whose overlay it is, and on which other place's overlay it stands."""

    code: str = Field(pattern=r"^\d{2,12}$")
    label: Label
    extends: str = ""
    ended: tuple[Ended, ...] = ()


Outcome = Literal["hit", "clear", "unknown"]


class Case(Strict):
    """A rule's example: rows as people would write them, and what must come out for the first row of the rule's grain
    (the first household, its first member, that member's first work record). Columns not given are unknown; derived
    columns follow from those given; `present` is true and counts of members follow unless given.

        - name: 户主两人，应查出
          as_of: 2020-09-30
          household:
            members: [{relation_to_head: "01"}, {relation_to_head: "01"}]
          expect: {Q021: hit}

    `household` is short for one entry of `households`; `member` for a household of that one person. A member may hold
    `work: [{…}]`; `village: {…}` gives the village's columns; `lists: {vehicle: [{id_no: …}]}` outside lists (an empty
    list is known to hold nobody; an absent one is unknown); `place` is the village's code.
    """

    name: str
    as_of: date
    place: str = "990101001001"
    village: Mapping[str, Any] = {}
    household: Mapping[str, Any] | None = None
    households: tuple[Mapping[str, Any], ...] = ()
    member: Mapping[str, Any] | None = None
    lists: Mapping[str, tuple[Mapping[str, Any], ...]] = {}
    expect: Mapping[str, Outcome]


class CaseFile(Strict):
    """`policy/china/rules/<topic>.cases.yaml`."""

    cases: tuple[Case, ...]
