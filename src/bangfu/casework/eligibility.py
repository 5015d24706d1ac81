"""What the rules of eligibility say of a household whose case is about being taken in: the conditions, the five
priorities, and what must be explained (七不评), each with the recorded values it rests on.

Rules give casework its reasons and decide nothing: an appraisal may stand against any of them, and says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.casework.checks import in_words, what_is_missing
from bangfu.casework.judging import HIT, UNKNOWN, Judged, judge
from bangfu.casework.models import Case
from bangfu.casework.procedures import Effect
from bangfu.rulebook import services as rulebook
from bangfu.rulebook.models import Purpose

# Ends that take a household in: only then is it asked who is eligible.
TAKES_IN = frozenset({Effect.IDENTIFY, Effect.RETURN, Effect.WATCH})


@dataclass(frozen=True)
class Reason:
    """A rule's word on the household: `applies` None is not known, and `why` then says what is missing; otherwise the
    values that it rests on. `colour` is how a page marks it."""

    rule_id: str
    label: str
    applies: bool | None
    why: str
    colour: str


def asks(case: Case) -> bool:
    """Whether the case is about taking its household in."""
    return case.household_id is not None and any(step.effect in TAKES_IN for step in case.version.read.steps)


def reasons(case: Case, on: date | None = None) -> dict[Purpose, list[Reason]]:
    """By purpose, the rules in force where the household lives, as its files say today (or on `on`)."""
    book = rulebook.book()
    wanted = {id: rule for id, rule in book.rules.items() if rule.purpose in MARKS and rule.grain == "household"}
    found = judge([case], wanted, on or timezone.localdate())[case.pk]
    grouped: dict[Purpose, list[Reason]] = {}
    for id, judged in sorted(found.items()):
        grouped.setdefault(wanted[id].purpose, []).append(_reason(id, judged))
    return {purpose: grouped[purpose] for purpose in MARKS if purpose in grouped}


# How a hit is marked: a condition met, a priority, something to be explained.
MARKS: Mapping[Purpose, str] = {Purpose.ELIGIBILITY: "green", Purpose.PRIORITY: "blue", Purpose.REFUSAL: "orange"}


def _reason(id: str, judged: Judged) -> Reason:
    if judged.outcome == UNKNOWN:
        return Reason(id, str(judged.rule.title), None, what_is_missing(judged) or _("户档中没有登记"), "")
    hit = judged.outcome == HIT
    return Reason(id, str(judged.rule.title), hit, in_words(judged), MARKS[judged.rule.purpose] if hit else "")
