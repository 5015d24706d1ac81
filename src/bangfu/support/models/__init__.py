"""Support: who helps whom, from which day to which; the teams that live in the villages; what is done for whom.

Only `support.services` (with its parts) writes these tables. Unknown is "" for texts and codes, NULL for the rest.
Nothing here keeps a place of its own: a pairing or a measure lies where its household lies, a team where its village
lies.
"""

from bangfu.support.models.measures import Commitment, Measure, MeasureChange, State, VillageProject
from bangfu.support.models.pairing import (
    Charge,
    Handover,
    Helper,
    Pairing,
    PairingImport,
    Proposal,
    ProposedPair,
    Unit,
)
from bangfu.support.models.teams import DayInVillage, Leave, Team, TeamMember

__all__ = [
    "Charge",
    "Commitment",
    "DayInVillage",
    "Handover",
    "Helper",
    "Leave",
    "Measure",
    "MeasureChange",
    "Pairing",
    "PairingImport",
    "Proposal",
    "ProposedPair",
    "State",
    "Team",
    "TeamMember",
    "Unit",
    "VillageProject",
]
