"""The shape of a checklist: what is asked on a visit, of whom, under which condition, within which limits, what the
registry already says, and what an answer may correct there.

One definition becomes the form of a phone without a network, the form of a page, and the form of ODK Collect; one
checker (`visits.answers`) judges what comes back from all three.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from bangfu.common.policy import Label, Source, Strict, code_list

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,58}$")]
Value = StrictBool | StrictInt | StrictStr


class Kind(StrEnum):
    """What kind of answer a question takes, and how it is kept: text; whole, an int; amount, "12.50"; day,
    "2020-04-05"; choice, a code; many, a list of codes; flag, true or false; photo, nothing (photos are rows of their
    own); members, a list of {"member": id, question: answer}."""

    TEXT = "text"
    WHOLE = "whole"
    AMOUNT = "amount"
    DAY = "day"
    CHOICE = "choice"
    MANY = "many"
    FLAG = "flag"
    PHOTO = "photo"
    MEMBERS = "members"


# Names that stand beside the answers about a person.
RESERVED = frozenset({"member", "who", "key"})
NUMBERS = (Kind.WHOLE, Kind.AMOUNT)
CHOSEN = (Kind.CHOICE, Kind.MANY)
OPERATORS = ("is_", "is_not", "at_least", "at_most", "one_of")


class Condition(Strict):
    """What another question of the same form (or of the same person) must have been answered. Exactly one operator.

    While the other question has no answer, or is itself not shown, no condition on it holds: nobody knows yet. Of a
    question with many answers `is` means that the code is among them.
    """

    question: Slug
    is_: Value | None = Field(default=None, alias="is")
    is_not: Value | None = None
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    one_of: tuple[StrictStr, ...] | None = None

    @model_validator(mode="after")
    def _one_operator(self) -> Self:
        if sum(getattr(self, name) is not None for name in OPERATORS) != 1:
            raise ValueError("exactly one of is, is_not, at_least, at_most, one_of")
        return self

    @property
    def operator(self) -> str:
        return next(name for name in OPERATORS if getattr(self, name) is not None)

    def holds(self, answer: Any) -> bool:
        """Whether an answer, as it is kept, meets the condition; None (no answer) meets none.

        >>> Condition(question="x", at_least=5).holds("12.50"), Condition(question="x", is_not="a").holds(None)
        (True, False)
        """
        if answer is None:
            return False
        match self.operator:
            case "is_":
                return self.is_ in answer if isinstance(answer, list) else bool(answer == self.is_)
            case "is_not":
                return self.is_not not in answer if isinstance(answer, list) else bool(answer != self.is_not)
            case "at_least":
                return Decimal(answer) >= (self.at_least or 0)
            case "at_most":
                return Decimal(answer) <= (self.at_most or 0)
        wanted = self.one_of or ()
        return any(each in wanted for each in answer) if isinstance(answer, list) else answer in wanted


class Option(Strict):
    """One answer to choose, of a question that has a list of its own."""

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,40}$")]
    label: Label


class Among(Strict):
    """Whom of the household a question of members is about: people of these years of age on the day of the visit, both
    included. Whoever's birthday is not known is asked too."""

    age_from: Annotated[int, Field(ge=0)] = 0
    age_to: Annotated[int, Field(ge=0)] = 200

    def holds(self, birth_date: date | None, day: date) -> bool:
        if birth_date is None:
            return True
        age = day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
        return self.age_from <= age <= self.age_to


class Question(Strict):
    """One question. `section` is the heading that begins with it. `min` and `max` bound a number, or the count of
    photos. `prefill` is a column of the registry that is shown, `corrects` one that a different answer would correct.
    `past`: a day that may not lie after the visit."""

    id: Slug
    kind: Kind
    label: Label
    section: Label | None = None
    hint: Label | None = None
    required: bool = False
    shown_when: tuple[Condition, ...] = ()
    unit: Label | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    longest: Annotated[int, Field(ge=1, le=4000)] | None = None
    past: bool = False
    codes: str = ""
    choices: tuple[Option, ...] = ()
    prefill: str = ""
    corrects: str = ""
    among: Among | None = None
    questions: tuple["Question", ...] = ()

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        """A question has what its kind needs, and nothing that its kind does not know."""
        of_choice = self.kind in CHOSEN
        if of_choice != bool(self.codes or self.choices) or (self.codes and self.choices):
            raise ValueError(f"{self.id}: codes or choices belong to choice and many, one of the two")
        if (self.min is not None or self.max is not None) and self.kind not in (*NUMBERS, Kind.PHOTO):
            raise ValueError(f"{self.id}: min and max belong to whole, amount and photo")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"{self.id}: min is above max")
        if (self.kind is Kind.MEMBERS) != bool(self.questions):
            raise ValueError(f"{self.id}: questions belong to members")
        if self.among and self.kind is not Kind.MEMBERS:
            raise ValueError(f"{self.id}: among belongs to members")
        if self.longest and self.kind is not Kind.TEXT:
            raise ValueError(f"{self.id}: longest belongs to text")
        if self.past and self.kind is not Kind.DAY:
            raise ValueError(f"{self.id}: past belongs to day")
        if any(each.kind in (Kind.MEMBERS, Kind.PHOTO) for each in self.questions):
            raise ValueError(f"{self.id}: of a person neither photos nor other people are asked")
        if len({each.code for each in self.choices}) != len(self.choices):
            raise ValueError(f"{self.id}: a code stands twice")
        _each_knows_those_before(self.questions)
        return self

    @property
    def options(self) -> list[tuple[str, str]]:
        """The codes that may be chosen today with their labels, in the reader's language."""
        if self.codes:
            return code_list(self.codes).choices()
        return [(each.code, str(each.label)) for each in self.choices]

    def knows(self, code: str) -> bool:
        """Whether a code may be answered: of a list one that was ever in force."""
        if self.codes:
            return code_list(self.codes).get(code) is not None
        return any(each.code == code for each in self.choices)

    def label_of(self, code: str) -> str:
        if self.codes:
            return code_list(self.codes).label_of(code)
        return next((str(each.label) for each in self.choices if each.code == code), code)

    def shown(self, answers: Mapping[str, Any]) -> bool:
        """Whether the question is asked, given the answers to those before it (without those that are not shown)."""
        return all(condition.holds(answers.get(condition.question)) for condition in self.shown_when)


def _each_knows_those_before(questions: tuple[Question, ...]) -> None:
    """Ids are unique, and a condition names a question that stands before and can answer to it."""
    seen: dict[str, Question] = {}
    for question in questions:
        if question.id in seen or question.id in RESERVED:
            raise ValueError(f"{question.id}: stands twice")
        for condition in question.shown_when:
            other = seen.get(condition.question)
            if other is None:
                raise ValueError(f"{question.id}: {condition.question} is no question before it")
            _fits(question.id, condition, other)
        seen[question.id] = question


def _fits(id: str, condition: Condition, other: Question) -> None:
    compared = condition.operator in ("at_least", "at_most")
    if compared != (other.kind in NUMBERS) or other.kind in (Kind.PHOTO, Kind.MEMBERS, Kind.DAY, Kind.TEXT):
        raise ValueError(f"{id}: {other.id} ({other.kind}) cannot be compared by {condition.operator.rstrip('_')}")
    values: tuple[Any, ...] = condition.one_of or (condition.is_ if condition.is_ is not None else condition.is_not,)
    if other.kind is Kind.FLAG and not all(isinstance(value, bool) for value in values):
        raise ValueError(f"{id}: {other.id} is answered by true or false")
    if other.kind in CHOSEN and not all(isinstance(value, str) for value in values):
        raise ValueError(f"{id}: {other.id} is answered by codes in quotes")


class Checklist(Strict):
    """A form: about a household or about a village, from a day to a day (both included; None is open)."""

    id: Slug
    label: Label
    about: Literal["household", "village"]
    source: Source
    start: date | None = None
    end: date | None = None
    order: int = 100
    questions: tuple[Question, ...]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _each_knows_those_before(self.questions)
        if self.about == "village" and any(q.kind is Kind.MEMBERS or q.prefill or q.corrects for q in self.questions):
            raise ValueError("a village has neither members nor columns of a household")
        return self

    @cached_property
    def version(self) -> str:
        """The mark of the content: whatever changes, a phone's copy of it is another version."""
        plain = json.dumps(self.model_dump(mode="json", by_alias=True), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:12]

    def in_force(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def question(self, id: str) -> Question | None:
        """A question by its id; one of members by "group.question"."""
        group, _dot, inner = id.partition(".")
        found = next((each for each in self.questions if each.id == group), None)
        if found is None or not inner:
            return found
        return next((each for each in found.questions if each.id == inner), None)

    @property
    def photos(self) -> tuple[Question, ...]:
        return tuple(each for each in self.questions if each.kind is Kind.PHOTO)

    @property
    def columns(self) -> frozenset[str]:
        """The columns of a household that the form shows or corrects."""
        return frozenset(_columns(each for each in self.questions if each.kind is not Kind.MEMBERS))

    @property
    def member_columns(self) -> frozenset[str]:
        """The columns of its people that the form shows or corrects."""
        return frozenset(_columns(inner for each in self.questions for inner in each.questions))


def _columns(questions: Iterator[Question]) -> Iterator[str]:
    for question in questions:
        yield from (column for column in (question.prefill, question.corrects) if column)


# As it travels to a phone


def plain(checklist: Checklist) -> dict[str, Any]:
    """The form as JSON, labels in the reader's language, code lists written out."""
    return {
        "id": checklist.id,
        "version": checklist.version,
        "label": str(checklist.label),
        "about": checklist.about,
        "questions": [plain_question(each) for each in checklist.questions],
    }


def plain_question(question: Question) -> dict[str, Any]:
    """A question as JSON; what it does not have is left out."""
    found: dict[str, Any] = {"id": question.id, "kind": question.kind.value, "label": str(question.label)}
    for name in ("section", "hint", "unit"):
        if getattr(question, name) is not None:
            found[name] = str(getattr(question, name))
    for name in ("required", "past", "longest", "prefill", "corrects"):
        if getattr(question, name):
            found[name] = getattr(question, name)
    for name in ("min", "max"):
        if getattr(question, name) is not None:
            found[name] = _number(getattr(question, name))
    if question.kind in CHOSEN:
        found["choices"] = [{"code": code, "label": label} for code, label in question.options]
    if question.shown_when:
        found["shown_when"] = [_plain_condition(each) for each in question.shown_when]
    if question.among:
        found["among"] = question.among.model_dump()
    if question.questions:
        found["questions"] = [plain_question(each) for each in question.questions]
    return found


def _plain_condition(condition: Condition) -> dict[str, Any]:
    value = getattr(condition, condition.operator)
    if isinstance(value, Decimal):
        value = _number(value)
    return {"question": condition.question, condition.operator.rstrip("_"): value}


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
