"""What an officer did lately, for the home page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bangfu.accounts.models import Officer
from bangfu.registry.models import Change, Household, ImportBatch, IncomeYear, Member, Paper

SINGLE = (Change.Kind.FORM, Change.Kind.EVENT, Change.Kind.SPLIT, Change.Kind.MERGE, Change.Kind.PAPER)


@dataclass(frozen=True)
class Done:
    """A change, and the household it was about (None: many, or one that the officer may no longer see)."""

    change: Change
    household: Household | None


def changes_of(officer: Officer, number: int = 8) -> Sequence[Done]:
    """The latest changes made by the officer, newest first, in a constant number of queries."""
    changes = list(Change.objects.filter(actor=officer).order_by("-pk")[:number])
    single = [c.pk for c in changes if c.kind in SINGLE]
    if not single:
        return [Done(c, None) for c in changes]
    about: dict[int, int] = {}
    for model, column in (
        (Household, "id"),
        (Member, "household_id"),
        (IncomeYear, "household_id"),
        (Paper, "household_id"),
    ):
        history: Any = model.history
        for change, household in history.filter(change_id__in=single).values_list("change_id", column)[:200]:
            about.setdefault(change, household)
    seen = Household.objects.visible_to(officer).select_related("village").in_bulk(set(about.values()))
    return [Done(c, seen.get(about.get(c.pk, 0))) for c in changes]


def batches_of(officer: Officer, number: int = 5) -> Sequence[ImportBatch]:
    """The latest imports that the officer started and may still see, newest first."""
    return list(ImportBatch.objects.visible_to(officer).filter(started_by=officer).order_by("-pk")[:number])
