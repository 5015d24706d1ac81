"""Plan documents for the walk: one that was read, one that could not be, and what was read."""

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings

from bangfu.plans.models import Document, Proposal

KINDS = ("plan_document", "plan_proposal")
# Of the addresses of documents, what their arguments stand for.
BY_ADDRESS = {
    **{
        (f"plan-document{name}", "pk"): "plan_document"
        for name in ("", "-file", "-again", "-withdraw", "-refuse", "-add")
    },
    **{(f"plan-proposal{name}", "pk"): "plan_proposal" for name in ("", "-decide", "-mend", "-accept", "-refuse")},
}  # fmt: skip


def plant_documents(keep: Any, ids: Any, seat: Any, here: Any, mark: str, number: str, moment: Any) -> None:
    """Rows of both tables in a branch."""
    officer = here.rows["officer"][0]
    text = f"{mark}工作要点\n完成改厕{number}户，每月督查1次，{mark}补贴每人500元，共{number}人。\n"
    documents = keep(
        "plan_document",
        [
            Document(
                pk=ids("plan_document"), area=seat, place=seat.place, title=f"{mark}要点{number}{state}",
                file_name=f"{mark}要点.txt", state=state, text=text if state == "read" else "",
                pieces=[{"number": 1, "title": f"{mark}工作要点", "start": 0, "end": len(text)}],
                error_code="" if state == "read" else "PLA-106", error_facts={"file": f"{mark}要点.txt"},
                doubts=[_doubt(text, mark)] if state == "read" else [], uploaded_by=officer, uploaded_at=moment,
                differences=[_difference(text, number)] if state == "read" else [],
                **_file(f"{text}{seat.place}{state}".encode()),
            )
            for state in ("read", "refused")
        ],
    )  # fmt: skip
    keep(
        "plan_proposal",
        [
            Proposal(
                pk=ids("plan_proposal"), document=documents[0], number_in_text=position, start=text.index(quote),
                end=text.index(quote) + len(quote), at_start=text.index(quote), at_end=text.index(quote) + len(quote),
                quote=quote, kind=kind, subject=f"{mark}{kind}", number=number, unit=unit, comparison="eq",
                owner=f"{mark}局", area_name=f"{mark}", heading=[f"{mark}工作要点"], pattern="number-unit",
                doubts=[_doubt(text, mark)], doubt_kinds=",spun,", differs=True, cadence_period=period,
                cadence_times=1 if period else None,
            )
            for position, (kind, quote, unit, period) in enumerate(
                (
                    ("target", f"完成改厕{number}户", "户", ""),
                    ("duty", "每月督查1次", "次", "month"),
                    ("standard", f"{mark}补贴每人500元", "元/人", ""),
                    ("fact", f"共{number}人", "人", ""),
                ),
                start=1,
            )
        ],
    )  # fmt: skip


def _doubt(text: str, mark: str) -> dict[str, Any]:
    start = text.index(mark)
    return {"doubt": "spun", "start": start, "end": start + len(mark), "quote": mark, "suggestion": f"{mark}改"}


def _difference(text: str, number: str) -> dict[str, Any]:
    first = {"start": text.index(number), "end": text.index(number) + len(number), "quote": number}
    return {
        "difference": "parts", "unit": "户", "expected": float(number), "found": 1.0, "first": first, "others": [first],
    }  # fmt: skip


def _file(content: bytes) -> dict[str, Any]:
    sha256 = hashlib.sha256(content).hexdigest()
    file = Path(settings.HOME) / "papers" / sha256[:2] / sha256[2:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return {"sha256": sha256, "size": len(content), "media_type": "text/plain"}
