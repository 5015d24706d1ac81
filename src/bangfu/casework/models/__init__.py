"""Casework: cases on their way through a lawful procedure, and as what households are recognised from a day to a day.

Only `casework.services` (with its parts) writes these tables. Unknown is "" for texts and codes, NULL for the rest.
Everything that belongs to a place carries it, so that every reading starts from `visible_to`.
"""

from bangfu.casework.models.cases import (
    Application,
    BulkMove,
    Case,
    CasePaper,
    CaseSequence,
    CaseTransition,
    Check,
    HolidayYear,
    ProcedureVersion,
    Round,
)
from bangfu.casework.models.meetings import Attendance, Meeting, MeetingPaper, Vote
from bangfu.casework.models.postings import Objection, PostedLine, Posting, PostingPhoto, SampledCase, SampleDraw
from bangfu.casework.models.recognitions import Recognition, Risk, WatchImport

__all__ = [
    "Application",
    "Attendance",
    "BulkMove",
    "Case",
    "CasePaper",
    "CaseSequence",
    "CaseTransition",
    "Check",
    "HolidayYear",
    "Meeting",
    "MeetingPaper",
    "Objection",
    "PostedLine",
    "Posting",
    "PostingPhoto",
    "ProcedureVersion",
    "Recognition",
    "Risk",
    "Round",
    "SampleDraw",
    "SampledCase",
    "Vote",
    "WatchImport",
]
