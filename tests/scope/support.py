"""Support for the walk: a unit and its helper with households, hand-over and charge, a file, a proposal, a team that
has left again with its days and leave."""

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from bangfu.support import models as support

KINDS = (
    "unit", "helper", "charge", "handover", "pairing", "pairing_import", "proposal", "proposed_pair", "team",
    "team_member", "day_in_village", "leave",
)  # fmt: skip
# Of the addresses of support, what their arguments stand for.
BY_ADDRESS = {
    **{
        (name, "pk"): "helper"
        for name in ("helper", "helper-edit", "helper-phone", "hand-over", "helper-leave")
    },
    ("handover-paper", "pk"): "handover",
    ("unit", "pk"): "unit",
    ("charge-end", "pk"): "charge",
    ("pairing-end", "pk"): "pairing",
    **{
        (name, "pk"): "pairing_import"
        for name in ("pairing-import", "pairing-report", "pairing-import-write", "pairing-import-drop")
    },
    **{(name, "pk"): "proposal" for name in ("proposal", "proposal-decide")},
    **{(name, "pk"): "team" for name in ("team", "team-end", "team-join")},
    **{(name, "pk"): "team_member" for name in ("team-member-leave", "team-member-days", "leave-new")},
    ("leave-withdraw", "pk"): "leave",
}  # fmt: skip
ID_FIELDS = {"unit": "unit", "helper": "helper", "pairing": "pairing", "pair": "proposed_pair"}
SINCE = date.today() - timedelta(days=300)
QUESTIONS = {
    "my-households": ("after=1-1",),
    "team-new": ("village=1",),
}


def plant_support(keep: Any, ids: Any, seat: Any, village: Any, here: Any, mark: str, number: str, moment: Any) -> None:
    """Rows of every table of support in a branch. Teams and charges belong to the village, and so stand where it
    does."""
    officer, households = here.rows["officer"][0], here.rows["household"]
    unit = keep(
        "unit", [support.Unit(pk=ids("unit"), name=f"{mark}局{number}", level="04", area=seat, phone=f"0851-{number}9")]
    )[0]
    helpers = keep(
        "helper",
        [
            support.Helper(
                pk=ids("helper"), name=f"{mark}{name}", initials=f"zz{number}"[:20], unit=unit, rank="section_head",
                area=seat, phone=f"1390{number}9", position=f"{mark}长",
                officer=here.rows["officer"][0] if not position else None,
            )
            for position, name in enumerate("甲乙")
        ],
    )  # fmt: skip
    handover = keep(
        "handover",
        [
            support.Handover(
                pk=ids("handover"), helper=helpers[1], successor=helpers[0], on=SINCE, reason=f"{mark}调走",
                title=f"{mark}移交书", households=1, entered_by=officer, entered_at=moment,
                **_file(f"%PDF-1.4 handover {number} {helpers[1].pk}".encode()),
            )
        ],
    )[0]  # fmt: skip
    earlier = SINCE - timedelta(days=100)
    keep(
        "pairing",
        [
            support.Pairing(
                pk=ids("pairing"), helper=helpers[0], household=households[0], starts_on=SINCE, began_by=handover,
                channel="handover", entered_by=officer, entered_at=moment,
            ),
            support.Pairing(
                pk=ids("pairing"), helper=helpers[1], household=households[0], starts_on=earlier, ended_on=SINCE,
                ended_by=handover, ended_why=f"{mark}调走", entered_by=officer, entered_at=moment,
            ),
        ],
    )  # fmt: skip
    keep(
        "pairing_import",
        [
            support.PairingImport(
                pk=ids("pairing_import"), state="refused", place=seat.place, file_name=f"{mark}台账.csv",
                file_sha256="1" * 64, started_by=officer, started_at=moment,
                counts={"rows": int(number), "made": 0, "unchanged": 0, "helpers": 0, "refused": 1},
                problems=[{"row": 2, "column": "unit_name", "code": "SUP-055", "facts": {"unit": f"{mark}局"}}],
                rows=[
                    {
                        "number": 2,
                        "cells": {"household_no": [number], "helper_name": [f"{mark}丙"], "unit_name": [f"{mark}局"]},
                    }
                ],
            )
        ],
    )  # fmt: skip
    _plant_proposal(keep, ids, seat, village, households, helpers, officer, number, moment)
    if village in here.chain:
        keep(
            "charge",
            [
                support.Charge(pk=ids("charge"), unit=unit, village=village, starts_on=SINCE, entered_by=officer),
                support.Charge(pk=ids("charge"), helper=helpers[0], village=village, starts_on=SINCE),
            ],
        )
        _plant_team(keep, ids, village, unit, helpers, officer, mark, moment)


def _plant_proposal(
    keep: Any, ids: Any, seat: Any, village: Any, homes: Any, helpers: Any, officer: Any, number: str, moment: Any
) -> None:
    proposal = keep(
        "proposal",
        [
            support.Proposal(
                pk=ids("proposal"), state="ready", area=seat, made_by=officer, made_at=moment, on=SINCE,
                figures={
                    "households": int(number), "helpers": 2, "room": 9, "kept": 0, "changed": 1, "new": 0, "lacking": 1,
                },
                lacking=[[village.pk, int(number)]],
            )
        ],
    )[0]  # fmt: skip
    keep(
        "proposed_pair",
        [
            support.ProposedPair(
                pk=ids("proposed_pair"), proposal=proposal, household=homes[0], helper=helpers[1], before=helpers[0],
                steps=0,
            )
        ],
    )  # fmt: skip


def _plant_team(
    keep: Any, ids: Any, village: Any, unit: Any, helpers: Any, officer: Any, mark: str, moment: Any
) -> None:
    """One that has left: a village has one at a time, and another room plants that."""
    gone = SINCE + timedelta(days=200)
    team = keep("team", [support.Team(pk=ids("team"), village=village, unit=unit, starts_on=SINCE, ended_on=gone)])[0]
    members = keep(
        "team_member",
        [
            support.TeamMember(
                pk=ids("team_member"), team=team, helper=helper, role="member", starts_on=SINCE,
                term_ends_on=SINCE + timedelta(days=800), ended_on=gone, ended_why=f"{mark}轮换",
            )
            for helper in helpers
        ],
    )  # fmt: skip
    keep(
        "day_in_village",
        [
            support.DayInVillage(pk=ids("day_in_village"), member=member, day=SINCE, entered_at=moment)
            for member in members
        ],
    )
    keep(
        "leave",
        [
            support.Leave(
                pk=ids("leave"), member=member, first_day=SINCE + timedelta(days=9),
                last_day=SINCE + timedelta(days=12), kind="02", reason=f"{mark}住院", entered_by=officer,
                entered_at=moment,
            )
            for member in members
        ],
    )  # fmt: skip


def _file(content: bytes) -> dict[str, Any]:
    sha256 = hashlib.sha256(content).hexdigest()
    file = Path(settings.HOME) / "papers" / sha256[:2] / sha256[2:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return {"sha256": sha256, "size": len(content), "media_type": "application/pdf"}
