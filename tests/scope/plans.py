"""Duties for the walk: a unit with a helper who is behind, a team, records with their papers and who took part."""

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from bangfu.plans.models import DutyPaper, DutyRecord, Served, TookPart
from bangfu.support.models import Helper, Pairing, Team, TeamMember, Unit

KINDS = (
    "duty_unit", "duty_helper", "duty_pairing", "duty_team", "duty_member", "duty_record", "served", "took_part",
    "duty_paper",
)  # fmt: skip
# Of the addresses of duties, what their arguments stand for.
BY_ADDRESS = {
    ("duty-unit", "pk"): "duty_unit",
    ("duty-team", "pk"): "duty_team",
    ("duty-area", "pk"): "area",
    ("duty-helper", "pk"): "duty_helper",
    **{
        (name, "pk"): "duty_record"
        for name in (
            "duty-record", "duty-record-withdraw", "duty-paper-add", "duty-paper", "duty-paper-remove"
        )
    },
    ("duty-paper", "paper"): "duty_paper",
    ("duty-paper-remove", "paper"): "duty_paper",
}  # fmt: skip
NEWS, REPORT = "news_of_townships", "team_monthly_report"
SINCE = date.today() - timedelta(days=300)


def plant_duties(keep: Any, ids: Any, seat: Any, village: Any, here: Any, mark: str, number: str, moment: Any) -> None:
    """Rows of every table of duties in a branch. The team belongs to the village, and so stands where it does."""
    officer, accounts = here.rows["officer"][0], here.rows["officer"]
    unit = keep("duty_unit", [Unit(pk=ids("duty_unit"), name=f"{mark}政府{number}", level="05", area=seat)])[0]
    free = None if Helper.objects.filter(officer=accounts[1]).exists() else accounts[1]
    helper = keep(
        "duty_helper",
        [Helper(pk=ids("duty_helper"), name=f"{mark}帮", unit=unit, rank="clerk", area=seat, officer=free)],
    )[0]
    keep(
        "duty_pairing",
        [
            Pairing(pk=ids("duty_pairing"), helper=helper, household=each, kind="further", starts_on=SINCE)
            for each in here.rows["household"]
        ],
    )
    team = _plant_team(keep, ids, village, helper) if village in here.chain else None
    records = keep(
        "duty_record",
        [
            DutyRecord(
                pk=ids("duty_record"), what=what, unit=unit if of is None else None, team=of, area=seat,
                place=seat.place, done_on=SINCE, title=f"{mark}{what}{number}", held_at=f"{mark}报",
                summary=f"{mark}写的", recorded_by=officer,
            )
            for what, of in (("news", None), *([("report", team)] if team else []))
        ],
    )  # fmt: skip
    keep(
        "served",
        [
            Served(
                pk=ids("served"), record=record, about_on=SINCE, complete=False,
                duty=NEWS if record.unit_id else REPORT,
            )
            for record in records
        ],
    )  # fmt: skip
    keep(
        "took_part", [TookPart(pk=ids("took_part"), record=each, name=f"{mark}丁", officer=officer) for each in records]
    )
    file = _file(f"%PDF-1.4 duty {number} {records[0].pk}".encode())
    keep(
        "duty_paper",
        [
            DutyPaper(
                pk=ids("duty_paper"), record=each, wanted="text", title=f"{mark}稿", added_by=officer, added_at=moment,
                **file,
            )
            for each in records
        ],
    )  # fmt: skip


def _plant_team(keep: Any, ids: Any, village: Any, helper: Helper) -> Team:
    """A team with the helper in it; one that is gone where the village has another already."""
    gone = SINCE if Team.objects.filter(village=village, ended_on=None).exists() else None
    team: Team = keep("duty_team", [Team(pk=ids("duty_team"), village=village, starts_on=SINCE, ended_on=gone)])[0]
    keep(
        "duty_member",
        [
            TeamMember(
                pk=ids("duty_member"), team=team, helper=helper, starts_on=SINCE, term_ends_on=SINCE, ended_on=gone
            )
        ],
    )
    return team


def _file(content: bytes) -> dict[str, Any]:
    sha256 = hashlib.sha256(content).hexdigest()
    file = Path(settings.HOME) / "papers" / sha256[:2] / sha256[2:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return {"sha256": sha256, "size": len(content), "media_type": "application/pdf"}
