"""A submission of ODK Collect is taken: at once, or in several requests, as often as it is sent."""

import os
import re
import shutil
import time
import uuid as uuids
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from bangfu.accounts.models import Officer
from bangfu.visits import services
from bangfu.visits.checklists import Checklist
from bangfu.visits.errors import Problem, Severity
from bangfu.visits.loading import checklists
from bangfu.visits.models import Channel, ChecklistVersion
from bangfu.visits.odk import submissions
from bangfu.visits.odk.errors import Edited, FileMissing
from bangfu.visits.payloads import uuid_of

_SAFE = re.compile(r"[^\w.-]")
# What was sent in part and never finished lies here so long.
STALE_DAYS = 30


class _OnDisk:
    """A file as `services.take_whole` takes it."""

    def __init__(self, file: Path) -> None:
        self.file, self.size = file, file.stat().st_size

    def chunks(self, size: int) -> Iterable[bytes]:
        with self.file.open("rb") as stream:
            while piece := stream.read(size):
                yield piece


def receive(*, by: Officer, content: bytes, uploads: Mapping[str, Any], incomplete: bool) -> services.Recorded | None:
    """Take a submission with its files; None while more of its files are to come. Raises XmlUnreadable, NotAllowed."""
    root = submissions.parse(content)
    beside = _folder(by, submissions.number_of(root))
    files = _put_down(beside, uploads)
    if incomplete:
        return None
    form = _form(root, by)
    given = services.read_payload(submissions.payload_of(root, form, files), raw=_as_text(content))
    problems = list(_problems(root, form, files))
    done = services.record(by=by, payload=given, channel=Channel.ODK, more=problems)
    for note in given.photos:
        file = files.get(note.name)
        if file is not None and str(note.uuid) in done.photos_wanted:
            services.take_whole(by=by, photo_uuid=note.uuid, upload=_OnDisk(file))
    shutil.rmtree(beside, ignore_errors=True)
    tidy()
    return done


def _problems(root: Any, form: Checklist | None, files: Mapping[str, Path]) -> Iterable[Problem]:
    if number := submissions.replaces(root):
        yield Problem(Edited(number=number))
    for name in submissions.named_files(root, form):
        if name not in files:
            yield Problem(FileMissing(name=name[:60]), severity=Severity.WARN)


def _form(root: Any, by: Officer) -> Checklist | None:
    """The version by which it was filled, if the house knows it."""
    id, version = submissions.checklist_of(root), submissions.version_of(root)
    for code in {post.area.code for post in by.posts_on()}:
        today = checklists(code).get(id)
        if today is not None and version in ("", today.version):
            return today
    kept = ChecklistVersion.objects.filter(checklist=id, version=version).first()
    return kept.read if kept else None


def _folder(by: Officer, number: uuids.UUID) -> Path:
    return Path(settings.HOME) / "visits" / "odk" / str(uuid_of(f"{by.pk}:{number}"))


def _put_down(beside: Path, uploads: Mapping[str, Any]) -> dict[str, Path]:
    """The files of this request beside those of earlier ones; all of them by name."""
    beside.mkdir(parents=True, exist_ok=True)
    for name, upload in uploads.items():
        kept = beside / _SAFE.sub("_", name)[-100:]
        coming = kept.with_name(f".{kept.name}.{os.getpid()}")
        with coming.open("wb") as out:
            for piece in upload.chunks():
                out.write(piece)
        coming.replace(kept)
        (beside / f"{kept.name}.name").write_text(name, encoding="utf-8")
    named = {each: each.with_suffix("") for each in beside.glob("*.name")}
    return {each.read_text(encoding="utf-8"): file for each, file in named.items() if file.exists()}


def tidy() -> int:
    """Take away what was sent in part and never finished; how many submissions."""
    root, limit = Path(settings.HOME) / "visits" / "odk", time.time() - STALE_DAYS * 86_400
    old = [each for each in root.glob("*") if each.is_dir() and each.stat().st_mtime < limit]
    for each in old:
        shutil.rmtree(each, ignore_errors=True)
    return len(old)


def _as_text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
