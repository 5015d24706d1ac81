"""Plans: what is due, by whom, and what came of it.

Only `plans.services` (with its parts) writes these tables. Unknown is "" for texts and codes, NULL for the rest.
Everything that belongs to a place carries it, so that every reading starts from `visible_to`.
"""

from bangfu.plans.models.documents import Document, Proposal
from bangfu.plans.models.duties import DutyPaper, DutyRecord, Served, TookPart
from bangfu.plans.models.places import VillagePlace
from bangfu.plans.models.targets import (
    Across,
    DailyValue,
    Pace,
    Report,
    Stage,
    Standing,
    Target,
    TargetChange,
    Way,
)

__all__ = [
    "Across",
    "DailyValue",
    "Document",
    "DutyPaper",
    "DutyRecord",
    "Pace",
    "Proposal",
    "Report",
    "Served",
    "Stage",
    "Standing",
    "Target",
    "TargetChange",
    "TookPart",
    "VillagePlace",
    "Way",
]
