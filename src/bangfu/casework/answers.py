"""What officers answer at a step: read by the kinds of the questions, never guessed."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from bangfu.casework import errors
from bangfu.casework.procedures import Move, MoveKind, Question, QuestionKind, Step
from bangfu.casework.texts import phone, plain
from bangfu.common.errors import BangfuError
from bangfu.common.masking import mask_phone
from bangfu.common.policy import code_list

Answers = Mapping[str, Any]
YES, NO, UNKNOWN = "yes", "no", "unknown"
TEXT_LIMIT = 1000
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?")


def read(step: Step, given: Answers) -> tuple[dict[str, Any], list[BangfuError]]:
    """The answers as they are kept, those that say nothing left out; and what is wrong with them.

    A yes/no is "yes" or "no" ("unknown" and "" are no answer); a day is 2016-04-05; a number has at most two decimals;
    a telephone number is half-width, without blanks; of a code question with `several` a list of codes without
    repetition, in the order given.
    """
    questions = {question.id: question for question in step.questions}
    kept: dict[str, Any] = {}
    faults: list[BangfuError] = []
    for name, value in given.items():
        question = questions.get(name)
        if question is None:
            faults.append(errors.AnswerUnasked(step=step.label, question=name))
            continue
        try:
            answer = _read(question, value)
        except BangfuError as error:
            faults.append(error)
        else:
            if answer not in ("", []):
                kept[name] = answer
    return kept, faults


def against(step: Step, move: Move, kept: Answers) -> Iterable[BangfuError]:
    """What the answers hold against a forward move: a required one missing, or another than it must be."""
    if move.kind is not MoveKind.FORWARD:
        return
    for question in step.questions:
        answer = kept.get(question.id)
        if answer is None:
            if question.required:
                yield errors.AnswerMissing(question=question.label)
        elif question.must_be and answer != question.must_be:
            yield errors.AnswerForbids(
                question=question.label,
                answer=in_words(question, answer),
                wanted=in_words(question, question.must_be),
                move=move.label,
            )


def in_words(question: Question, answer: Any) -> str:
    """An answer as it is shown."""
    if isinstance(answer, list):
        return "、".join(in_words(question, each) for each in answer)
    if question.kind is QuestionKind.YES_NO:
        return {YES: _("是"), NO: _("否")}.get(answer, _("不清楚"))
    if question.kind is QuestionKind.CHOICE and answer in question.choices:
        return str(question.choices[answer])
    if question.kind is QuestionKind.CODE:
        return code_list(question.code_list).label_of(str(answer))
    if question.kind is QuestionKind.PHONE:
        return mask_phone(str(answer))
    return str(answer)


def _read(question: Question, value: Any) -> Any:
    if question.several and isinstance(value, list | tuple):
        return list(dict.fromkeys(each for each in (_one(question, each) for each in value) if each))
    if question.several:
        one = _one(question, value)
        return [one] if one else []
    return _one(question, value)


def _one(question: Question, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        value = value.isoformat()
    text = plain(value if isinstance(value, str) else str(value), TEXT_LIMIT, str(question.label))
    if not text:
        return ""
    match question.kind:
        case QuestionKind.YES_NO:
            if text == UNKNOWN:
                return ""
            return _must(text in (YES, NO), question, text, _("“是”或“否”"))
        case QuestionKind.CHOICE:
            return _must(text in question.choices, question, text, _("所列的选项"))
        case QuestionKind.CODE:
            return _must(code_list(question.code_list).get(text) is not None, question, text, _("所列的选项"))
        case QuestionKind.NUMBER:
            return _must(_NUMBER.fullmatch(text) is not None, question, text, _("数字（最多两位小数）"))
        case QuestionKind.DAY:
            return _must(_is_day(text), question, text, _("日期（例如 2016-04-05）"))
        case QuestionKind.PHONE:
            return phone(text, str(question.label))
    return text


def _must(right: bool, question: Question, text: str, expected: str) -> str:
    if not right:
        raise errors.AnswerWrong(question=question.label, answer=text[:40], expected=expected)
    return text


def _is_day(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
