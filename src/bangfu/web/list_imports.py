"""Pages of lists that are judged before they are written, whichever room takes them in."""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from bangfu.registry.intake.list_imports import refused_rows
from bangfu.registry.list_models import ListImport
from bangfu.web.uploads import on_disk

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Refused rows on the page; the workbook has all of them.
SHOWN = 200
State = ListImport.State


@dataclass(frozen=True)
class Sent:
    """A file that somebody sent: where it lies while it is read, its name, its digest."""

    path: Path
    name: str
    sha256: str


@contextmanager
def received(upload: Any) -> Iterator[Sent]:
    """An uploaded file, as long as it is being read."""
    with tempfile.TemporaryDirectory(prefix="bangfu-") as folder:
        path = on_disk(upload, Path(folder) / "upload")
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        yield Sent(path, Path(str(upload.name or "")).name, sha256)


def page_context(batch: ListImport, labels: Mapping[str, Any], beside: str) -> dict[str, Any]:
    """What the page of a list says: its refused rows, each with the column `beside` that tells it apart."""
    refused = refused_rows(batch)
    return {
        "batch": batch,
        "refused": [
            {
                "row": each,
                "household_no": each.row.text("household_no"),
                "beside": list(each.row.cells.get(beside, ())),
                "column": labels.get(each.column, ""),
            }
            for each in refused[:SHOWN]
        ],
        "beside": labels[beside],
        "more": max(len(refused) - SHOWN, 0),
        "waits": batch.state == State.CHECKED,
        "may_drop": batch.state in (State.CHECKED, State.REFUSED),
    }


def workbook(content: bytes, name: str) -> HttpResponse:
    """A workbook to be kept under a name."""
    answer = HttpResponse(content, content_type=WORKBOOK)
    answer.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.xlsx") or "attachment"
    return answer
