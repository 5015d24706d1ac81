"""Plans: what is due, by whom, and what came of it.

Only `plans.services` (with its parts) writes these tables. Unknown is "" for texts and codes, NULL for the rest.
Everything that belongs to a place carries it, so that every reading starts from `visible_to`.
"""

from bangfu.plans.models.documents import Document, Proposal
from bangfu.plans.models.duties import DutyPaper, DutyRecord, Served, TookPart

__all__ = ["Document", "DutyPaper", "DutyRecord", "Proposal", "Served", "TookPart"]
