"""The shape of a procedure: `policy/china/procedures/*.yaml` as checked objects. No database, no request.

A procedure is a graph. A step says who may act there, what must be answered and attached, and by which moves a case
goes on; an end says what the case has come to. How files are read, joined by place and checked as a whole, tells
`loading`; how days are counted, `clocks`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from typing import Annotated, Self, get_args

from django.utils.translation import gettext as _
from pydantic import BaseModel, Field, model_validator

from bangfu.common.policy import Label, Source, Strict

# Names in addresses, tables and other files: they are never renamed, because cases on file carry them.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]


class Subject(StrEnum):
    """What a case is about."""

    HOUSEHOLD = "household"
    VILLAGE = "village"


class Channel(StrEnum):
    """How a case comes to be opened."""

    APPLICATION = "application"  # 农户申请（柜台登记）
    PUBLIC_FORM = "public_form"  # 扫码申报
    FINDING = "finding"  # 疑点核实
    SWEEP = "sweep"  # 干部排查
    DEPARTMENT = "department"  # 部门推送
    ROUND = "round"  # 回头看等集中核查
    LINKAGE = "linkage"  # 两项制度比对


class Recognised(StrEnum):
    """As what a household is recognised on a day; NONE: it has never been registered as poor."""

    NONE = "none"
    POOR = "poor"
    EXITED = "exited"
    RETURNED = "returned"


class Effect(StrEnum):
    """What an end makes of the household (or the village)."""

    NONE = "none"
    IDENTIFY = "identify"  # 识别为贫困户
    EXIT = "exit"  # 脱贫退出
    RETURN = "return"  # 返贫
    WATCH = "watch"  # 纳入监测
    UNWATCH = "unwatch"  # 风险消除
    CANCEL = "cancel"  # 识别有误，取消
    MERGE = "merge"  # 重复建档，合并
    KEEP = "keep"  # 复核无误，保留
    VILLAGE_EXIT = "village_exit"  # 贫困村出列


class Unit(StrEnum):
    """How days are counted."""

    CALENDAR = "calendar_days"
    WORKING = "working_days"


class Span(Strict):
    """A legal time between two points of a case: not less than `minimum`, not more than `maximum` days.

    `since` is the step whose completion starts the clock; empty: the completion of the step before. "opened" is the
    opening of the case.
    """

    minimum: int | None = None
    maximum: int | None = None
    unit: Unit = Unit.CALENDAR
    since: str = ""
    source: Source | None = None

    @model_validator(mode="after")
    def _says_something_possible(self) -> Self:
        if self.minimum is None and self.maximum is None:
            raise ValueError(_("时限没有写天数：最短（minimum）、最长（maximum）至少写一个"))
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(
                _("最短 {minimum} 天多于最长 {maximum} 天").format(minimum=self.minimum, maximum=self.maximum)
            )
        if min(self.minimum or 0, self.maximum or 0) < 0:
            raise ValueError(_("天数不能是负数"))
        return self


class QuestionKind(StrEnum):
    YES_NO = "yes_no"
    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    PHONE = "phone"
    CHOICE = "choice"
    CODE = "code"


class Question(Strict):
    """What must be answered before a move. `must_be` names the only answer with which a forward move is open (of a
    yes/no question "yes" or "no"); an unknown answer never counts as given. `code_list` names a list of
    policy/china/codes."""

    id: Name
    label: Label
    kind: QuestionKind = QuestionKind.YES_NO
    required: bool = True
    must_be: str = ""
    choices: Mapping[str, Label] = {}
    code_list: str = ""
    several: bool = False  # of a code: more than one may be named
    help: Label | None = None


class PaperWanted(Strict):
    """A paper, photo or scan that must be attached before a forward move: at least `minimum` files."""

    id: Name
    label: Label
    minimum: Annotated[int, Field(ge=1, le=99)] = 1


class Share(Strict):
    """A part of a number: `numerator`/`denominator`, e.g. 2/3 of those who should attend. `more_than`: exactly that
    part is not enough."""

    numerator: Annotated[int, Field(ge=0)]
    denominator: Annotated[int, Field(ge=1)]
    more_than: bool = False

    @model_validator(mode="after")
    def _a_part_of_a_whole(self) -> Self:
        if self.numerator > self.denominator or (self.more_than and self.numerator == self.denominator):
            raise ValueError(_("比例不能超过全体"))
        return self

    def reached(self, part: int, whole: int) -> bool:
        """Whether `part` of `whole` reaches the share; nothing of nothing does not."""
        if whole <= 0:
            return False
        left, right = part * self.denominator, whole * self.numerator
        return left > right if self.more_than else left >= right


class VoteOf(StrEnum):
    """Of whom the majority is counted."""

    EXPECTED = "expected"  # 应到
    PRESENT = "present"  # 实到（不含回避）
    CAST = "cast"  # 赞成与反对


class StandAside(StrEnum):
    SELF = "self"  # 本户成员
    KIN = "kin"  # 近亲属
    SAME_ADDRESS = "same_address"  # 同住址


class MeetingRule(Strict):
    """When a meeting is valid and when it has said yes."""

    quorum: Share
    majority: Share
    of: VoteOf = VoteOf.PRESENT
    minimum_present: int = 0
    stand_aside: tuple[StandAside, ...] = (StandAside.SELF, StandAside.KIN)


class PostingRule(Strict):
    """How something is posted: at least `days`, on which board, with which columns (only those of `sheets.COLUMNS`
    exist)."""

    days: Annotated[int, Field(ge=1, le=366)]
    unit: Unit = Unit.CALENDAR
    board: Label
    columns: tuple[str, ...]
    basis: Label
    announcement: bool = False  # 公告：a decision is made known, not put up for objections
    photos: tuple[str, ...] = ("near", "far")


class SampleRule(Strict):
    """The level above looks into a share of the cases that come up together, at random, at least `minimum`. A case
    that was drawn goes on only when it was looked into and found right."""

    share: Share
    minimum: Annotated[int, Field(ge=0)] = 1


class StepKind(StrEnum):
    TASK = "task"
    MEETING = "meeting"
    POSTING = "posting"
    SAMPLE = "sample"
    DECISION = "decision"
    END = "end"


class MoveKind(StrEnum):
    FORWARD = "forward"  # 通过
    BACK = "back"  # 退回
    REFUSE = "refuse"  # 不予通过
    WITHDRAW = "withdraw"  # 撤回、终止


class Move(Strict):
    """A way from a step to another. `hands_in`: the facts seen now are frozen with the case; `approves`: what was
    frozen is approved, so the actor is neither the proposer nor an approver of a level below, and a change of the
    facts must be taken note of."""

    id: Name
    to: str
    label: Label
    kind: MoveKind = MoveKind.FORWARD
    hands_in: bool = False
    approves: bool = False
    needs_reason: bool = False


class Step(Strict):
    """A place in a procedure. `level` is the area level that acts (3 county … 5 village), `roles` the posts that
    may."""

    id: Name
    label: Label
    kind: StepKind
    level: int = 0
    roles: tuple[str, ...] = ()
    hint: Label | None = None
    questions: tuple[Question, ...] = ()
    papers: tuple[PaperWanted, ...] = ()
    checks: str = ""  # a list of exit checks: policy/china/exit_checks/<id>.yaml
    clocks: tuple[Span, ...] = ()
    meeting: MeetingRule | None = None
    posting: PostingRule | None = None
    sample: SampleRule | None = None
    moves: tuple[Move, ...] = ()
    effect: Effect = Effect.NONE
    granted: bool = False  # of an end: what was asked for was granted

    def move(self, move_id: str) -> Move | None:
        return next((move for move in self.moves if move.id == move_id), None)

    @property
    def is_end(self) -> bool:
        return self.kind is StepKind.END


class WholeClock(Strict):
    """The legal time for the whole: from the opening to the completion of step `to`."""

    maximum: Annotated[int, Field(ge=1)]
    unit: Unit = Unit.CALENDAR
    to: str
    label: Label
    source: Source | None = None


class Opening(Strict):
    """Who may open a case of this procedure, by which channels, and of whom. `recognised` are the recognitions a
    household may have then; `watched`: True only watched households, False only those not watched, None either.
    `rule_topics` and `rules`: from confirmed findings of these the case is opened by one click. `round_of`: of whom a
    round opens a case by itself, if not of all that fit (回头看: every filed household; missing ones one by one)."""

    roles: tuple[str, ...]
    channels: tuple[Channel, ...]
    recognised: tuple[Recognised, ...] = tuple(Recognised)
    watched: bool | None = None
    round_of: tuple[Recognised, ...] = ()
    rule_topics: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


class Procedure(Strict):
    """A lawful way from a question to a decision, as a graph of steps. The first step is where a case begins.

    `stop_rules` are rules of the rulebook of which a hit, or an unknown, forbids every approving move (整户无劳动能力者
    is never removed from monitoring)."""

    id: Name
    version: Annotated[str, Field(min_length=1, max_length=40)]
    label: Label
    of: Subject = Subject.HOUSEHOLD
    source: Source
    start: date | None = None
    end: date | None = None
    opening: Opening
    whole: tuple[WholeClock, ...] = ()
    stop_rules: tuple[str, ...] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.end and self.start > self.end:
            raise ValueError(_("起始日晚于截止日"))
        return self

    @cached_property
    def by_id(self) -> Mapping[str, Step]:
        return {step.id: step for step in self.steps}

    @property
    def first(self) -> Step:
        return self.steps[0]

    def step(self, step_id: str) -> Step:
        return self.by_id[step_id]

    def in_force(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


class Answerer(StrEnum):
    """From whom an exit check may be answered, besides a rule."""

    VISIT = "visit"  # 入户核实
    DEPARTMENT = "department"  # 部门名单、鉴定或检测结果
    SIGNATURE = "signature"  # 户主（或村）签字


class ExitItem(Strict):
    """One condition of leaving poverty.

    `rules` decide it as far as they can: a hit means not met (what is wrong is put right in the files, not answered
    away), all clear means met; unknown leaves it open. What is open may be answered from `answered_by` with
    `evidence`; an item without `answered_by` waits for the files. `region`: it is asked in areas whose code begins so.
    """

    id: Name
    label: Label
    rules: tuple[str, ...] = ()
    answered_by: tuple[Answerer, ...] = ()
    department: Label | None = None  # who gives the list or the proof
    evidence: Label
    region: Annotated[str, Field(pattern=r"^\d{0,12}$")] = ""
    source: Source | None = None
    help: Label | None = None


class ExitCheck(Strict):
    """What a household (a village) must show before it leaves poverty: `policy/china/exit_checks/<id>.yaml`. Every
    item must be met; an item that nobody can tell is not met."""

    id: Name
    label: Label
    of: Subject
    source: Source
    items: Annotated[tuple[ExitItem, ...], Field(min_length=1)]

    def asked_in(self, place: str) -> "ExitCheck":
        """The list with those items only that are asked in the area of a code."""
        return self.model_copy(update={"items": tuple(i for i in self.items if place.startswith(i.region))})

    def item(self, item_id: str) -> ExitItem | None:
        return next((item for item in self.items if item.id == item_id), None)


@cache
def words() -> tuple[str, ...]:
    """Every key that a file of procedures or exit checks may hold: what a misspelt one may have been."""
    return tuple(sorted({*_keys_of(Procedure), *_keys_of(ExitCheck)}))


def _keys_of(shape: type[BaseModel]) -> Iterator[str]:
    for name, told in shape.model_fields.items():
        yield name
        for inner in _shapes_in(told.annotation):
            yield from _keys_of(inner)


def _shapes_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _shapes_in(part)
