"""Answers judged against a checklist: one checker for pages, phones and ODK Collect.

What the answers to a question that is not shown say is left out: nobody was asked it.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from bangfu.common.errors import BangfuError
from bangfu.visits import errors
from bangfu.visits.checklists import Checklist, Kind, Question
from bangfu.visits.errors import Problem
from bangfu.visits.policy import policy

Answers = Mapping[str, Any]
MEMBER = "member"
_WHOLE = re.compile(r"-?[0-9]{1,9}(\.0+)?")
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2}0*)?")
_YES = frozenset({"true", "yes", "1"})
_NO = frozenset({"false", "no", "0"})


@dataclass(frozen=True)
class Person:
    """Somebody of the household, as far as the checker asks."""

    name: str
    birth_date: date | None = None
    present: bool = True


@dataclass(frozen=True)
class Around:
    """What the answers are judged against: the day of the visit (None: not known), the people of the household by id,
    and how many photos were announced by question."""

    day: date | None = None
    people: Mapping[int, Person] = field(default_factory=dict)
    photos: Mapping[str, int] = field(default_factory=dict)


def check(checklist: Checklist, answers: Answers, around: Around) -> list[Problem]:
    """What is wrong with the answers; nothing when they can be taken."""
    return read(checklist, answers, around)[1]


def read(checklist: Checklist, given: Any, around: Around) -> tuple[dict[str, Any], list[Problem]]:
    """The answers as they are kept, without those that say nothing or were not asked; and what is wrong with them."""
    if not isinstance(given, Mapping):
        return {}, [Problem(errors.FieldWrong(field="answers", value=_short(given)))]
    reading = _Reading(around)
    kept = reading.form(checklist.questions, given)
    reading.photos(checklist, kept)
    return kept, reading.problems


class _Reading:
    """One reading of one form; gathers the problems."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.problems: list[Problem] = []
        self.member: int | None = None
        self.group = ""

    def form(self, questions: Sequence[Question], given: Answers, *allowed: str) -> dict[str, Any]:
        known = {question.id for question in questions} | set(allowed)
        for name in given:
            if name not in known:
                self._wrong(errors.AnswerUnasked(question=_short(name)), str(name)[:60])
        kept: dict[str, Any] = {}
        for question in questions:
            if question.kind is Kind.PHOTO or not question.shown(kept):
                continue
            value = given.get(question.id)
            answer = self._members(question, value) if question.kind is Kind.MEMBERS else self._one(question, value)
            if answer is not None:
                kept[question.id] = answer
            elif question.required and self._asked(question) and not self._said(question.id):
                self._wrong(errors.AnswerMissing(question=question.label), question.id)
        return kept

    def photos(self, checklist: Checklist, kept: Answers) -> None:
        """Whether so many photos were announced as each question wants; those of no question belong to the visit."""
        for question in checklist.photos:
            number = self.around.photos.get(question.id, 0)
            if question.min is not None and number < question.min and question.shown(kept):
                self._wrong(
                    errors.PhotosMissing(question=question.label, number=number, limit=int(question.min)), question.id
                )
            if question.max is not None and number > question.max:
                self._wrong(
                    errors.PhotosTooMany(question=question.label, number=number, limit=int(question.max)), question.id
                )
        known = {question.id for question in checklist.photos}
        for name in self.around.photos:
            if name and name not in known:
                self._wrong(errors.AnswerUnasked(question=_short(name)), name[:60])

    def _members(self, question: Question, value: Any) -> list[dict[str, Any]] | None:
        if value in (None, "", []):
            return None
        if not isinstance(value, list):
            self._wrong(errors.AnswerWrong(question=question.label, answer=_short(value), expected=_("各人的情况")),
                        question.id)  # fmt: skip
            return None
        found: list[dict[str, Any]] = []
        seen: set[int] = set()
        self.group = question.id
        for entry in value:
            id = _member_id(entry)
            person = self.around.people.get(id) if id is not None else None
            if id is None or person is None:
                self._wrong(errors.MemberUnknown(question=question.label))
                continue
            if id in seen:
                self._wrong(errors.MemberTwice(question=question.label, name=person.name))
                continue
            seen.add(id)
            self.member = id
            kept = self.form(question.questions, entry, MEMBER)
            self.member = None
            if kept:
                found.append({MEMBER: id, **kept})
        self.group = ""
        return found or None

    def _asked(self, question: Question) -> bool:
        """Whether there is anybody in the household whom a question is about, if it is about people."""
        if question.kind is not Kind.MEMBERS:
            return True
        day = self.around.day or date.today()
        return any(
            person.present and (question.among is None or question.among.holds(person.birth_date, day))
            for person in self.around.people.values()
        )

    def _said(self, question: str) -> bool:
        name = f"{self.group}.{question}" if self.group else question
        return any(each.question == name and each.member == self.member for each in self.problems)

    def _one(self, question: Question, value: Any) -> Any:
        """The answer as it is kept; None when there is none, or it is wrong (then the problem is noted)."""
        try:
            return _read(question, value, self.around.day)
        except BangfuError as error:
            self._wrong(error, question.id)
            return None

    def _wrong(self, error: BangfuError, question: str = "") -> None:
        name = f"{self.group}.{question}".rstrip(".") if self.group else question
        self.problems.append(Problem(error, name, self.member))


def _member_id(entry: Any) -> int | None:
    """The person an entry is about; an id that came as text is read."""
    value = entry.get(MEMBER) if isinstance(entry, Mapping) else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _read(question: Question, value: Any, day: date | None) -> Any:
    """Raises the error that says what is wrong with a value."""
    if value is None or value == "" or value == []:
        return None
    match question.kind:
        case Kind.FLAG:
            return _flag(question, value)
        case Kind.WHOLE | Kind.AMOUNT:
            return _number(question, value)
        case Kind.DAY:
            return _day(question, value, day)
        case Kind.CHOICE:
            return _code(question, value)
        case Kind.MANY:
            return _many(question, value)
    return _text(question, value)


def _text(question: Question, value: Any) -> str | None:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise errors.AnswerWrong(question=question.label, answer=_short(value), expected=_("文字"))
    return plain_text(str(value), question.longest or policy().text_limit, question.label) or None


def plain_text(text: str, limit: int, field_label: Any) -> str:
    """The text without blanks around it and without control characters, which no database keeps alike; line breaks
    stay, markup stays as typed. Raises TextTooLong."""
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
    if len(kept) > limit:
        raise errors.TextTooLong(question=field_label, length=len(kept), limit=limit)
    return kept


def _flag(question: Question, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise errors.AnswerWrong(question=question.label, answer=_short(value), expected=_("“是”或“否”"))


def _number(question: Question, value: Any) -> int | str:
    """A whole number, or an amount as "12.50"."""
    whole = question.kind is Kind.WHOLE
    text = str(value).strip()
    if isinstance(value, float):
        text = format(Decimal(str(value)), "f") if abs(value) < 10**12 else ""
    pattern, expected = (_WHOLE, _("整数")) if whole else (_AMOUNT, _("数字（最多两位小数）"))
    if isinstance(value, bool) or not pattern.fullmatch(text):
        raise errors.AnswerWrong(question=question.label, answer=_short(value), expected=expected)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise errors.AnswerWrong(question=question.label, answer=_short(value), expected=expected) from None
    if question.min is not None and number < question.min:
        raise errors.AnswerTooSmall(question=question.label, answer=text, limit=str(question.min))
    if question.max is not None and number > question.max:
        raise errors.AnswerTooLarge(question=question.label, answer=text, limit=str(question.max))
    return int(number) if whole else f"{number:.2f}"


def _day(question: Question, value: Any, visited: date | None) -> str:
    text = str(value).strip()
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        expected = _("日期（例如 2016-04-05）")
        raise errors.AnswerWrong(question=question.label, answer=_short(value), expected=expected) from None
    if question.past and visited and day > visited:
        raise errors.DayAfterVisit(question=question.label, answer=text, day=visited.isoformat())
    return text


def _code(question: Question, value: Any) -> str:
    if not isinstance(value, str) or not question.knows(value):
        raise errors.AnswerWrong(question=question.label, answer=_short(value), expected=_("所列的选项"))
    return value


def _many(question: Question, value: Any) -> list[str] | None:
    """Codes without repetition, in the order given; a text holds them between blanks, as forms of ODK do."""
    given = value.split() if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise errors.AnswerWrong(question=question.label, answer=_short(value), expected=_("所列的选项"))
    return list(dict.fromkeys(_code(question, each) for each in given)) or None


def _short(value: Any) -> str:
    """What was given, short and printable, for a sentence."""
    text = "".join(c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in str(value))
    return text if len(text) <= 40 else f"{text[:40]}…"


def in_words(question: Question, answer: Any) -> str:
    """An answer for people; "" for none."""
    if answer is None:
        return ""
    if question.kind is Kind.FLAG:
        return _("是") if answer else _("否")
    if question.kind is Kind.MANY:
        return "、".join(question.label_of(code) for code in answer)
    if question.kind is Kind.CHOICE:
        return question.label_of(str(answer))
    return str(answer)
