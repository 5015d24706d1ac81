"""The verbs of support: the front door. Each leaves an entry in the trail; what it does stands or falls as a whole.

`by` is the officer who acts; None, where it may be, is the house itself (the day's work, a command on the server).
The verbs have files of their own and are named here.
"""

from bangfu.support.commitments import Promise, settle_commitment, sign_commitment
from bangfu.support.measure_checks import Entry
from bangfu.support.measures import (
    change_measure,
    change_measures,
    move_measure,
    move_measures,
    plan_measure,
    plan_measures,
)
from bangfu.support.projects import ProjectEntry, save_project

__all__ = [
    "Entry",
    "ProjectEntry",
    "Promise",
    "change_measure",
    "change_measures",
    "move_measure",
    "move_measures",
    "plan_measure",
    "plan_measures",
    "save_project",
    "settle_commitment",
    "sign_commitment",
]
