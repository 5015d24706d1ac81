"""What visits say for exit checks: answers given in the home, offered for the items that the files leave open. Whoever
handles the case takes them over (`take`), or answers otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from bangfu.accounts.models import Officer
from bangfu.casework import checks, loading
from bangfu.casework.models import Case, Check
from bangfu.casework.procedures import Answerer
from bangfu.common.places import Viewer
from bangfu.common.policy import Source, Strict, read_yaml
from bangfu.visits import selectors
from bangfu.visits.answers import in_words
from bangfu.visits.checklists import Kind
from bangfu.visits.loading import checklists
from bangfu.visits.models import Visit


class FromVisit(Strict):
    """An item, the question (是 or 否) that answers it, from whom the answer counts as coming, and the question whose
    words are added."""

    item: str
    question: str
    source: Answerer = Field(alias="from")
    words: str = ""


class OnVisit(Strict):
    checklist: str
    items: tuple[FromVisit, ...]


class ChecksOnVisits(Strict):
    """The file `policy/china/exit_checks_on_visits.yaml`."""

    source: Source
    lists: Mapping[str, OnVisit]

    @model_validator(mode="after")
    def _known_on_both_sides(self) -> "ChecksOnVisits":
        for name, listed in self.lists.items():
            asked = loading.exit_check(name, "")
            form = checklists().get(listed.checklist)
            kinds = {question.id: question.kind for question in form.questions} if form else {}
            for each in listed.items:
                item = asked.item(each.item)
                if item is None or each.source not in item.answered_by:
                    raise ValueError(f"{name}: {each.item} from {each.source}")
                if kinds.get(each.question) is not Kind.FLAG or (each.words and each.words not in kinds):
                    raise ValueError(f"{listed.checklist}: {each.question} {each.words}")
        return self


@cache
def policy() -> ChecksOnVisits:
    return read_yaml(Path(settings.POLICY) / "china" / "exit_checks_on_visits.yaml", ChecksOnVisits)


@dataclass(frozen=True)
class Offered:
    """An answer for an open item: whether it is met, from whom that comes, and in words."""

    item: checks.Item
    met: bool
    source: Answerer
    text: str


@dataclass(frozen=True)
class Offer:
    """What the latest visit by the checklist of the list says; `answers` may be none."""

    visit: Visit
    answers: Sequence[Offered]


def key_of(case: Case) -> str:
    """What a visit for the checks of a case is marked with."""
    return f"case:{case.pk}"


def case_of(viewer: Viewer, about: str) -> Case | None:
    """The case that a visit was for, if the viewer may see it."""
    kind, _colon, number = about.partition(":")
    if kind != "case" or not (number.isascii() and number.isdigit()) or len(number) > 18:
        return None
    found: Case | None = Case.objects.visible_to(viewer).filter(pk=int(number)).first()
    return found


def checklist_for(case: Case) -> str:
    """By which checklist the list of the step where the case stands is looked at in the home; "" for none."""
    asked = policy().lists.get(case.version.read.step(case.step).checks) if case.running else None
    return asked.checklist if asked and case.household_id else ""


def offer(viewer: Viewer, case: Case) -> Offer | None:
    """The latest visit to the household since the case was opened, and what it answers of the items that are open;
    None when there was none."""
    checklist = checklist_for(case)
    if not checklist:
        return None
    visits = selectors.visits(viewer).filter(
        household=case.household_id, checklist=checklist, visited_on__gte=case.opened_on
    )
    visit = visits.select_related("officer", "form").order_by("-visited_on", "-pk").first()
    if visit is None:
        return None
    listed = {each.item.id: each for each in checks.items(case)}
    asked = policy().lists[case.version.read.step(case.step).checks].items
    found = [_offered(visit, listed.get(each.item), each) for each in asked]
    return Offer(visit, [each for each in found if each is not None])


def _offered(visit: Visit, item: checks.Item | None, asked: FromVisit) -> Offered | None:
    answer, question = visit.answers.get(asked.question), visit.form.read.question(asked.question)
    if item is None or question is None or not isinstance(answer, bool) or asked.source not in item.open_to:
        return None
    if item.kept is not None and item.kept.on >= visit.visited_on:
        return None  # somebody has said something since
    more = str(visit.answers.get(asked.words, "")) if asked.words else ""
    sentence = _("{day} 入户核实（{name}），{question}：{answer}")
    if more:
        sentence = _("{day} 入户核实（{name}），{question}：{answer}，{more}")
    text = sentence.format(
        day=visit.visited_on,
        name=visit.officer.name if visit.officer else visit.companions,
        question=question.label,
        answer=in_words(question, answer),
        more=more,
    )
    return Offered(item, answer, asked.source, text[: checks.EVIDENCE_LIMIT])


@transaction.atomic
def take(*, case: Case, by: Officer) -> list[Check]:
    """Take over what the latest visit answers, item by item; none when nothing is offered. Raises what `answer_check`
    raises."""
    found = offer(by, case)
    if found is None:
        return []
    return [
        checks.answer_check(
            case=case,
            item=each.item.item.id,
            by=by,
            met=each.met,
            source=each.source,
            evidence=each.text,
            on=found.visit.visited_on,
        )
        for each in found.answers
    ]
