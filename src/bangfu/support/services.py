"""The verbs of support: the front door. Each leaves an entry in the trail; what it does stands or falls as a whole.

`by` is the officer who acts; None, where it may be, is the house itself (the day's work, a command on the server).
The verbs have files of their own and are named here.
"""

from bangfu.support.commitments import Promise, settle_commitment, sign_commitment
from bangfu.support.following import follow_areas
from bangfu.support.importing import check_file, drop_import, write_import
from bangfu.support.measure_checks import Entry
from bangfu.support.measures import (
    change_measure,
    change_measures,
    move_measure,
    move_measures,
    plan_measure,
    plan_measures,
)
from bangfu.support.pairings import Paired, Wish, end_pairing, hand_over, pair, pair_many
from bangfu.support.projects import ProjectEntry, save_project
from bangfu.support.proposals import Taken, decline, propose, take, work_out
from bangfu.support.teams import (
    end_team,
    enter_days,
    enter_leave,
    form_team,
    join_team,
    leave_team,
    months_after,
    withdraw_leave,
)
from bangfu.support.units import (
    NewHelper,
    end_charge,
    helper_leaves,
    put_in_charge,
    reveal_phone,
    save_helper,
    save_helpers,
    save_unit,
)

__all__ = [
    "Entry",
    "NewHelper",
    "Paired",
    "ProjectEntry",
    "Promise",
    "Taken",
    "Wish",
    "change_measure",
    "change_measures",
    "check_file",
    "decline",
    "drop_import",
    "end_charge",
    "end_pairing",
    "end_team",
    "enter_days",
    "enter_leave",
    "follow_areas",
    "form_team",
    "hand_over",
    "helper_leaves",
    "join_team",
    "leave_team",
    "months_after",
    "move_measure",
    "move_measures",
    "pair",
    "pair_many",
    "plan_measure",
    "plan_measures",
    "propose",
    "put_in_charge",
    "reveal_phone",
    "save_helper",
    "save_helpers",
    "save_project",
    "save_unit",
    "settle_commitment",
    "sign_commitment",
    "take",
    "withdraw_leave",
    "work_out",
    "write_import",
]
