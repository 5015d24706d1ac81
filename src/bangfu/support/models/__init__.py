"""Support: who helps whom, from which day to which; the teams that live in the villages; what is done for whom.

Only `support.services` (with its parts) writes these tables. Unknown is "" for texts and codes, NULL for the rest.
Nothing here keeps a place of its own: a pairing lies where its household lies, a team where its village lies.
"""

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
    "DayInVillage",
    "Handover",
    "Helper",
    "Leave",
    "Pairing",
    "PairingImport",
    "Proposal",
    "ProposedPair",
    "Team",
    "TeamMember",
    "Unit",
]
