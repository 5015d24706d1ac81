"""A case as a line of a list: its step in words, and how its legal time stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from bangfu.casework import clocks
from bangfu.casework.models import Case
from bangfu.casework.policy import policy

COLOURS = {"on_time": "green", "due_soon": "orange", "late": "red"}


@dataclass(frozen=True)
class Clock:
    """How a legal time stands: the word, its colour, and the days left (below zero: run out)."""

    standing: str
    label: str
    colour: str
    days: int | None


def clock_of(case: Case, today: date) -> Clock | None:
    """None for a case that is closed or on which no legal time runs."""
    if not case.running or case.due_on is None:
        return None
    standing = clocks.standing(case.due_on, today, policy().due_soon_days)
    days = (case.due_on - today).days
    words = {
        "on_time": _("还有 {days} 天").format(days=days),
        "due_soon": _("还有 {days} 天").format(days=days) if days else _("今天到期"),
        "late": _("超期 {days} 天").format(days=-days),
    }
    return Clock(str(standing), words[str(standing)], COLOURS[str(standing)], days)


def rows_of(cases: Iterable[Case], today: date) -> list[dict[str, Any]]:
    """Cases (with the versions they began with) and the labels of their procedure and step."""
    found = []
    for case in cases:
        procedure = case.version.read
        step = procedure.by_id.get(case.step)
        found.append(
            {
                "case": case,
                "procedure": procedure.label,
                "step": step.label if step else case.step,
                "clock": clock_of(case, today),
            }
        )
    return found
