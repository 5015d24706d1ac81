"""A visit as a line of a list, its answers in words, and what makes it look made up as a sentence."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from bangfu.visits import known
from bangfu.visits.answers import in_words
from bangfu.visits.checklists import Checklist, Kind, Question
from bangfu.visits.models import Correction, Suspicion, Visit
from bangfu.visits.selectors import suspicions_of
from bangfu.visits.versions import with_forms

COLOURS = {"waiting": "blue", "conflict": "red", "done": "green", "refused": ""}


def rows_of(visits: Sequence[Visit]) -> list[dict[str, Any]]:
    """Visits (with their forms) for a list; one query for what makes them look made up."""
    doubts = suspicions_of(visit.pk for visit in visits)
    return [
        {"visit": visit, "form": visit.form.read.label, "doubts": _open(doubts.get(visit.pk, ()))} for visit in visits
    ]


def _open(doubts: Iterable[Suspicion]) -> list[Suspicion]:
    return [each for each in doubts if each.explained_at is None]


def answered(checklist: Checklist, answers: Mapping[str, Any], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Sections of a form with the questions that were answered; of members a line for each person."""
    sections: list[dict[str, Any]] = []
    for question in checklist.questions:
        if question.section or not sections:
            sections.append({"title": question.section or checklist.label, "lines": [], "people": []})
        answer = answers.get(question.id)
        if answer is None or question.kind is Kind.PHOTO:
            continue
        if question.kind is Kind.MEMBERS:
            sections[-1]["people"].append({"label": question.label, "rows": _people(question, answer, names)})
        else:
            sections[-1]["lines"].append(_line(question, answer))
    return [section for section in sections if section["lines"] or section["people"]]


def _line(question: Question, answer: Any) -> dict[str, Any]:
    return {"label": question.label, "text": in_words(question, answer), "unit": question.unit or ""}


def _people(question: Question, answer: Any, names: Mapping[int, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": names.get(entry["member"], _("（已不在本户）")),
            "lines": [_line(inner, entry[inner.id]) for inner in question.questions if inner.id in entry],
        }
        for entry in answer
    ]


def doubt_text(doubt: Suspicion) -> str:
    """Why a visit looks made up, with its numbers."""
    match doubt.kind:
        case Suspicion.Kind.MANY:
            return _("{minutes} 分钟内走访了 {households} 户").format(**doubt.facts)
        case Suspicion.Kind.FAR:
            return _("记录的位置离本村其他走访约 {km} 公里").format(**doubt.facts)
        case Suspicion.Kind.PHOTO:
            return _("有照片与另一次走访的相同")
    return _("文字与另一户的走访相同")


def correction_rows(corrections: Iterable[Correction]) -> list[dict[str, Any]]:
    """Corrections in words: what the visitor saw, what they found, what the registry says now."""
    rows, listed = [], list(corrections)
    with_forms(each.visit for each in listed)
    for each in listed:
        table = "member" if each.member_id else "household"
        now = known.of_member(each.member, [each.column]) if each.member else known.of_household(
            each.household, [each.column]
        )  # fmt: skip
        question = each.visit.form.read.question(each.question)
        rows.append(
            {
                "correction": each,
                "label": known.column_of(table, each.column).label,
                "question": question.label if question else "",
                "seen": words(table, each.column, each.seen),
                "found": words(table, each.column, each.found),
                "now": words(table, each.column, now[each.column]),
                "value": now[each.column],
                "changed": not known.same(each.column, now[each.column], each.seen),
                "colour": COLOURS[each.state],
            }
        )
    return rows


def words(table: str, column: str, value: Any) -> str:
    """A value of the registry for people; "" for unknown."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return known.in_words(table, column, value)
