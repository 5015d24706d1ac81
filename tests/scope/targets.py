"""Targets for the walk: wholes and a part in a branch, with stages, reports and their papers, values and changes."""

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from bangfu.plans.models import DailyValue, Report, Stage, Target, TargetChange

KINDS = ("target", "target_stage", "target_report", "target_day", "target_change")
# Of the addresses of targets, what their arguments stand for.
BY_ADDRESS = {
    **{
        (name, "pk"): "target"
        for name in (
            "target", "target-households", "target-change", "target-withdraw", "target-break", "target-stages",
            "target-stage-done", "target-report", "target-report-paper", "target-report-withdraw",
        )
    },
    ("target-stage-done", "stage"): "target_stage",
    ("target-report-paper", "report"): "target_report",
    ("target-report-withdraw", "report"): "target_report",
}  # fmt: skip
QUESTIONS = {
    "target-list": ("parts=all", "whose=mine", "standing=late&order=-value"),
    "target-chart": ("parts=all",),
    "target-dispatch": ("every=month", "every=half_month&day=2026-03-01"),
}
SINCE, ENDS = date.today() - timedelta(days=100), date.today() + timedelta(days=200)


def plant_targets(keep: Any, ids: Any, seat: Any, village: Any, here: Any, mark: str, number: str, moment: Any) -> None:
    """Rows of every table of targets: one that is measured, one that is reported, with a part in the village when that
    lies in the branch. One is the officer's, the other the unit's."""
    officer, unit = here.rows["officer"][0], here.rows["unit"][0]
    usual = {
        "comparison": "ge", "starts_on": SINCE, "deadline": ENDS, "source_text": f"{mark}书{number}",
        "owner_name": f"{mark}办", "standing": "late", "behind_days": 9, "made_by": officer, "made_at": moment,
    }  # fmt: skip
    wholes = [
        Target(
            pk=ids("target"), title=f"{mark}目标{measure}{number}", measure=measure, amount=amount, unit=unit_,
            area=seat, place=seat.place, owner=officer if measure else None, owner_unit=None if measure else unit,
            value=7, valued_on=SINCE, broken_across="" if measure else "areas", broken_way="" if measure else "hand",
            **usual,
        )
        for measure, amount, unit_ in (("insured_share", 95, "%"), ("", 30, "公里"))
    ]  # fmt: skip
    below = village if village in here.chain and village.pk != seat.pk else seat
    part = Target(
        pk=ids("target"), title=f"{mark}目标{number}", amount=30, unit="公里", area=below, place=below.place,
        parent=wholes[1], **usual,
    )  # fmt: skip
    rows = keep("target", [*wholes, part])
    keep(
        "target_stage",
        [
            Stage(pk=ids("target_stage"), target=each, number=1, title=f"{mark}阶段", ends_on=date.today(), amount=12)
            for each in rows
        ],
    )
    file = _file(f"%PDF-1.4 target {number} {rows[0].pk}".encode())
    keep(
        "target_report",
        [
            Report(
                pk=ids("target_report"), target=each, day=SINCE, value=None if each.measure else 7, reported_by=officer,
                reason=f"{mark}说的", reported_at=moment, **file,
            )
            for each in rows
        ],
    )  # fmt: skip
    keep("target_day", [DailyValue(pk=ids("target_day"), target=each, day=SINCE, value=7) for each in rows])
    keep(
        "target_change",
        [
            TargetChange(
                pk=ids("target_change"), target=each, number=0, at=moment, actor=officer, reason=f"{mark}理由",
                values={"title": [f"{mark}旧", f"{mark}新"]},
            )
            for each in rows
        ],
    )  # fmt: skip


def _file(content: bytes) -> dict[str, Any]:
    sha256 = hashlib.sha256(content).hexdigest()
    file = Path(settings.HOME) / "papers" / sha256[:2] / sha256[2:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return {"sha256": sha256, "size": len(content), "media_type": "application/pdf"}
