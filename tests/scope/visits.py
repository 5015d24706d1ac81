"""Visits for the walk: visits with photos, corrections and doubts, entries of the tray, keys."""

import hashlib
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings

from bangfu.visits import models as visits
from bangfu.visits.loading import checklists
from bangfu.visits.recording import keep_version
from tests.visits.making import picture

KINDS = ("visit", "visit_photo", "submission", "correction", "doubt", "field_key")
# What apps ask for with a key or a password of their own, never in a session; and a photo on its way, of which only its
# sender hears. tests/web_visits walks there.
OF_APPS = frozenset(
    {"phone-photo"}
    | {
        f"odk-{way}{name}"
        for way in ("", "key-")
        for name in ("root", "list", "submission", "form", "manifest", "media")
    }
)


def plant_visits(keep: Any, ids: Any, seat: Any, village: Any, here: Any, mark: str, number: str, day: Any) -> None:
    """Rows of every table of visits in a branch."""
    officer, households = here.rows["officer"][0], here.rows["household"]
    about = (f"finding:{here.rows['finding'][0].pk}", f"case:{here.rows['case'][0].pk}")
    form = keep_version(checklists()["four_ones"])
    tag = f"{mark}{number}{seat.pk}"
    made = keep(
        "visit",
        [
            visits.Visit(
                pk=ids("visit"), uuid=_number(f"visit {tag} {h.pk}"), household=h, village=village, place=h.place,
                checklist=form.checklist, form=form, officer=officer, entered_by=officer, visited_on=day,
                received_at=here.rows["change"][0].at, channel="field", met_with=f"{mark}大娘", summary=f"{mark}说漏雨",
                companions=f"{mark}丁", answers={"talked": True, "wishes": f"{mark}想养猪", "land": number},
                about=words,
            )
            for h, words in zip(households[:2], about, strict=True)
        ],
    )  # fmt: skip
    entries = keep(
        "submission",
        [
            visits.Submission(
                pk=ids("submission"), uuid=_number(f"tray {tag}"), place=seat.place, channel="field", sent_by=officer,
                received_at=made[0].received_at,
                payload={"household": households[0].pk, "summary": f"{mark}{number}"},
                problems=[
                    {"code": "VIS-014", "facts": {"day": f"{number}"}, "question": "visited_on", "member": None,
                     "severity": "refuse"}
                ],
            )
        ],
    )  # fmt: skip
    file = _file(picture(int(number) % 1000 + seat.pk % 97))
    keep(
        "visit_photo",
        [
            visits.Photo(
                pk=ids("visit_photo"), uuid=_number(f"photo {tag} {n}"), visit=visit, submission=entry,
                place=seat.place, question="picture", state=state, name=f"{mark}{number}.jpg", sent_sha256="0" * 64,
                sent_by=officer, code="VIS-042" if state == "refused" else "",
                facts={"name": f"{mark}{number}", "types": "JPG"}, **file,
            )
            for n, (visit, entry, state) in enumerate(
                ((made[0], None, "kept"), (made[1], None, "refused"), (None, entries[0], "kept"))
            )
        ],
    )  # fmt: skip
    keep(
        "correction",
        [
            visits.Correction(
                pk=ids("correction"), visit=visit, household=visit.household, place=visit.place, question="land",
                column="cultivated_land_mu", seen=None, found=number, state=state,
            )
            for visit, state in zip(made, ("waiting", "done"), strict=True)
        ],
    )  # fmt: skip
    keep(
        "doubt",
        [visits.Suspicion(pk=ids("doubt"), visit=visit, kind="far", facts={"km": int(number)}) for visit in made],
    )
    keep(
        "field_key",
        [visits.FieldKey(pk=ids("field_key"), officer=officer, name=f"{mark}手机", mark=_hash(tag), ends_on=day)],
    )


def _number(text: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, text)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _file(content: bytes) -> dict[str, Any]:
    sha256 = hashlib.sha256(content).hexdigest()
    file = Path(settings.HOME) / "papers" / sha256[:2] / sha256[2:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return {"sha256": sha256, "kept_size": len(content), "size": len(content), "media_type": "image/jpeg"}
