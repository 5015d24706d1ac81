"""Casework for the walk: cases, meetings, postings, samples, applications, rounds, bulk moves."""

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from bangfu.casework import models as casework
from bangfu.casework.procedures import Procedure
from bangfu.casework.sheets import Line, Sheet
from tests.casework.making import VILLAGE, procedure, ways, words
from tests.casework.test_meetings import RULE as MEETING
from tests.casework.test_postings import RULE as POSTING

KINDS = (
    "case", "transition", "case_paper", "application", "round", "bulk", "meeting", "attendance", "vote",
    "meeting_paper", "posting", "photo", "objection", "draw", "sampled", "recognition",
    "risk", "posted_line", "watch_list",
)  # fmt: skip
TODAY = date.today()


def planted() -> Procedure:
    """A procedure with a meeting and a posting, by which the cases of every branch go."""
    onward = {"level": VILLAGE, "roles": ["village_committee"]}
    small = procedure(id="planted")
    steps = [step.model_dump(mode="json", exclude_none=True) for step in small.steps]
    steps[0:0] = [
        {"id": "meet", "label": words("评议"), "kind": "meeting", "meeting": MEETING, **onward,
         "moves": ways(("on", "post"))},
        {"id": "post", "label": words("公示"), "kind": "posting", "posting": POSTING, **onward,
         "moves": ways(("on", "propose"))},
    ]  # fmt: skip
    return Procedure.model_validate({**small.model_dump(mode="json", exclude_none=True), "steps": steps})


def version() -> casework.ProcedureVersion:
    """It belongs to nobody: the branches share it."""
    content = planted().model_dump(mode="json", exclude_none=True)
    found, _new = casework.ProcedureVersion.objects.get_or_create(
        sha256="9" * 64, defaults={"procedure": "planted", "version": "1", "content": content}
    )
    return found


def plant_cases(keep: Any, ids: Any, seat: Any, village: Any, here: Any, mark: str, number: str, moment: Any) -> None:
    """Rows of every table of casework in a branch."""
    officer, households = here.rows["officer"][0], here.rows["household"]
    common = {"place": households[0].place}
    rounds = keep(
        "round",
        [
            casework.Round(
                pk=ids("round"), procedure="planted", title=f"{mark}核查", area=seat, place=seat.place,
                started_on=TODAY, started_by=officer, opened=int(number),
            )
        ],
    )  # fmt: skip
    applications = keep(
        "application",
        [
            casework.Application(
                pk=ids("application"), state=state, channel="public_form", village=village, place=seat.place,
                head_name=f"{mark}甲", phone=f"130{number}9", difficulty=f"{mark}说漏雨", received_at=moment,
            )
            for state in ("new", "accepted")
        ],
    )  # fmt: skip
    cases = keep(
        "case",
        [
            casework.Case(
                pk=ids("case"), case_no=f"{number}-{h.pk}", procedure="planted", version=version(), household=h,
                village=village, place=h.place, subject_name=h.head_name, step=step, step_since=TODAY,
                level=VILLAGE, due_on=TODAY - timedelta(days=3), channel="sweep", note=f"{mark}事由",
                opened_on=TODAY, opened_by=officer, round=rounds[0], finding=finding,
                application=applications[1] if step == "meet" else None,
            )
            for h, step, finding in zip(households, ("meet", "post"), (here.rows["finding"][0], None), strict=False)
        ],
    )  # fmt: skip
    keep(
        "transition",
        [
            casework.CaseTransition(
                pk=ids("transition"), case=case, number=0, move="open", kind="forward", to_step=case.step,
                level=VILLAGE, actor=officer, on=TODAY, at=moment, reason=f"{mark}说的",
            )
            for case in cases
        ],
    )  # fmt: skip
    file = _file(f"%PDF-1.4 case {number} {cases[0].pk}".encode())
    keep(
        "case_paper",
        [
            casework.CasePaper(
                pk=ids("case_paper"), case=case, step=case.step, wanted="form", title=f"{mark}申请书", added_by=officer,
                added_at=moment, **file,
            )
            for case in cases
        ],
    )  # fmt: skip
    keep(
        "bulk",
        [
            casework.BulkMove(
                pk=ids("bulk"), state="done", procedure="planted", step="meet", move="on", place=seat.place,
                case_ids=[case.pk for case in cases], on=TODAY, reason=f"{mark}批量", started_by=officer,
                started_at=moment, moved=int(number),
            )
        ],
    )  # fmt: skip
    _plant_meeting(keep, ids, seat, cases[0], officer, mark, number, moment, file)
    _plant_posting(keep, ids, seat, cases[1], officer, mark, number, moment, file)
    watched = keep(
        "recognition",
        [
            casework.Recognition(
                pk=ids("recognition"), household=h, kind="watched", monitor_category="01", starts_on=TODAY,
                contact_name=f"{mark}联系", contact_phone=f"132{number}2", **common,
            )
            for h in households
        ],
    )  # fmt: skip
    keep(
        "risk",
        [
            casework.Risk(pk=ids("risk"), recognition=each, code="99", note=f"{mark}还债", found_on=TODAY)
            for each in watched
        ],
    )
    keep(
        "watch_list",
        [
            casework.WatchImport(
                pk=ids("watch_list"), state="refused", place=seat.place, file_name=f"{mark}台账.csv",
                file_sha256="0" * 64, started_by=officer, started_at=moment,
                counts={"rows": 1, "risks": 0, "contacts": 0, "unchanged": 0, "refused": 1},
                problems=[{"row": 2, "column": "household_no", "code": "CAS-319", "facts": {"number": number}}],
                rows=[{"number": 2, "cells": {"household_no": [number]}}],
            )
        ],
    )  # fmt: skip


def _plant_meeting(
    keep: Any, ids: Any, seat: Any, case: Any, officer: Any, mark: str, number: str, moment: Any, file: Any
) -> None:
    meeting = keep(
        "meeting",
        [
            casework.Meeting(
                pk=ids("meeting"), area=seat, place=seat.place, procedure="planted", step="meet", title=f"{mark}会",
                held_on=TODAY, held_at=f"{mark}院", chair=mark, recorder=mark, minutes=f"{mark}说了", called_by=officer,
            )
        ],
    )[0]  # fmt: skip
    keep("attendance", [casework.Attendance(pk=ids("attendance"), meeting=meeting, name=f"{mark}乙", present=True)])
    keep(
        "vote",
        [
            casework.Vote(
                pk=ids("vote"), meeting=meeting, case=case, number=1, in_favour=1, against=0, abstained=0, note=mark
            )
        ],
    )
    keep(
        "meeting_paper",
        [
            casework.MeetingPaper(
                pk=ids("meeting_paper"), meeting=meeting, kind="photo", title=f"{mark}照片", added_at=moment, **file
            )
        ],
    )


def _plant_posting(
    keep: Any, ids: Any, seat: Any, case: Any, officer: Any, mark: str, number: str, moment: Any, file: Any
) -> None:
    sheet = Sheet(
        title=f"{mark}公示", matter="名单如下。", basis="依据。", place=mark, columns=("head_name",),
        lines=(Line(number=1, head_name=case.subject_name, group="一组", people=1, category=""),),
        starts_on=TODAY, ends_on=TODAY + timedelta(days=6), board=f"{mark}栏", hotline="12317",
        objections_to=mark, issued_by=mark, announcement=False,
    )  # fmt: skip
    posting = keep(
        "posting",
        [
            casework.Posting(
                pk=ids("posting"), area=seat, place=seat.place, procedure="planted", step="post", title=sheet.title,
                sheet=sheet.plain(), sheet_hash=sheet.sha256, board=sheet.board, hotline="12317",
                starts_on=sheet.starts_on, ends_on=sheet.ends_on, on_the_web=False, put_up_by=officer, put_up_at=moment,
            )
        ],
    )[0]  # fmt: skip
    posting.cases.add(case)
    keep(
        "posted_line",
        [casework.PostedLine(pk=ids("posted_line"), posting=posting, case=case, head_name=case.subject_name, people=1)],
    )
    keep(
        "photo",
        [
            casework.PostingPhoto(
                pk=ids("photo"), posting=posting, view="near", taken_on=TODAY, added_by=officer, **file
            )
        ],
    )
    keep(
        "objection",
        [
            casework.Objection(
                pk=ids("objection"), posting=posting, case=case, raised_on=TODAY, by_name=f"{mark}丙",
                contact=f"131{number}1", text=f"{mark}有车", taken_by=officer,
            )
        ],
    )  # fmt: skip
    draw = keep(
        "draw",
        [
            casework.SampleDraw(
                pk=ids("draw"), area=seat, place=seat.place, procedure="planted", step="township",
                seed=f"{mark}{number}", among=[case.pk], drawn_on=TODAY, drawn_by=officer,
            )
        ],
    )[0]  # fmt: skip
    keep("sampled", [casework.SampledCase(pk=ids("sampled"), draw=draw, case=case, drawn=True, note=f"{mark}看过")])


def _file(content: bytes) -> dict[str, Any]:
    sha256 = hashlib.sha256(content).hexdigest()
    file = Path(settings.HOME) / "papers" / sha256[:2] / sha256[2:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return {"sha256": sha256, "size": len(content), "media_type": "application/pdf"}
