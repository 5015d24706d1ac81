"""Documents: verbs of `plans.services` in a file of their own. A file is taken in at once and read in the background.

    waiting -> running -> read
                       -> refused     (it cannot be read, and says why; `read_again` tries once more)

Whatever is handed in stays: the file lies with the papers before anything is read. What a reading gives is proposals;
`proposals` holds the verbs by which people decide on them.
"""

import logging
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, JSONField, OuterRef, Q, Subquery
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.casework.texts import plain
from bangfu.common.errors import BangfuError
from bangfu.common.fields import ExactField
from bangfu.common.locks import held
from bangfu.plans.documents import errors
from bangfu.plans.documents.second_reader import endpoint
from bangfu.plans.models import Document, Proposal
from bangfu.plans.models.documents import TEXTS
from bangfu.plans.reading import found as reading
from bangfu.plans.reading.endpoint import ask
from bangfu.plans.reading.errors import DocumentEmpty, DocumentTooLarge
from bangfu.plans.reading.files import limits, read_content
from bangfu.plans.reading.reader import read_text
from bangfu.plans.reading.telling import everything
from bangfu.plans.targets.acting import require_editor
from bangfu.registry import papers
from bangfu.registry.intake.remembering import pack

State = Document.State
BUSY = (State.WAITING, State.RUNNING)
TITLE_LIMIT = 120
FILE_NAME_LIMIT = 200
REASON_LIMIT = 200
_MEGABYTE = 1 << 20
_TEXT, _HTML = "text/plain", "text/html"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# Characters that no database keeps alike. Each is replaced by one, so that every offset holds.
_UNKEPT = re.compile("[\0\ud800-\udfff]")
logger = logging.getLogger(__name__)


# --- handing in ------------------------------------------------------------------------------------------------------


def receive(*, by: Officer | None, area: Area, upload: Any, title: str = "") -> Document:
    """Take a file in for an area and have it read in the background. `upload` has `name`, `size` and content.

    Raises NotAllowed, NoDocumentChosen, DocumentTooLarge, DocumentEmpty, DocumentKnown, TextTooLong."""
    require_editor(by, area.place)
    name, size = Path(str(getattr(upload, "name", "") or "")).name, getattr(upload, "size", None)
    if not name:
        raise errors.NoDocumentChosen()
    if size is not None and size > limits().file_megabytes * _MEGABYTE:
        raise DocumentTooLarge(file=name, size=-(-size // _MEGABYTE), limit=limits().file_megabytes)
    if size == 0:
        raise DocumentEmpty(file=name)
    called = plain(title, TITLE_LIMIT, _("文件名称")) or Path(name).stem[:TITLE_LIMIT]
    kept = papers.keep(upload, kind_of=_kind_of, limit_mb=limits().file_megabytes)
    with transaction.atomic():
        # Lock first: two who bring the same file at once would both find that nobody has brought it.
        Area.objects.select_for_update().get(pk=area.pk)
        known = Document.objects.filter(area=area, sha256=kept.sha256, withdrawn_at=None).first()
        if known is not None:
            raise errors.DocumentKnown(
                area=area.name, title=known.title, day=timezone.localtime(known.uploaded_at).date()
            )
        made: Document = Document.objects.create(
            area=area,
            place=area.place,
            title=called,
            file_name=name[-FILE_NAME_LIMIT:],
            sha256=kept.sha256,
            size=kept.size,
            media_type=kept.media_type,
            uploaded_by=by,
        )
        record(actor=by, action="plan.document_received", subject=made, file=made.file_name, sha256=made.sha256)
        # After the transaction: a worker must not look for what is not there yet.
        transaction.on_commit(lambda: read_in_background.enqueue(made.pk))
    return made


def _kind_of(path: Path, name: str) -> str:
    """The media type that the first bytes tell; whether the file can be read at all, the reading says."""
    with path.open("rb") as stream:
        start = stream.read(8).lstrip()
    if start.startswith(b"PK\x03\x04"):
        return _WORD
    if start.startswith(b"%PDF"):
        return "application/pdf"
    return _HTML if Path(name).suffix.lower() in (".html", ".htm", ".xhtml") else _TEXT


# --- reading ---------------------------------------------------------------------------------------------------------


@task()
def read_in_background(pk: int) -> None:
    document = Document.objects.select_related("uploaded_by").get(pk=pk)
    with translation.override(document.uploaded_by.language if document.uploaded_by else "zh-hans"):
        try:
            read(pk)
        except BangfuError:
            logger.info("document %s could not be read", pk)  # it says itself why


def read(pk: int) -> Document:
    """Read a document that waits, whole. One that somebody else reads, or that is read, is left alone. Raises what
    `reading.files` raises, and ReadingBroken; the document then says it too."""
    with held(_lock(pk)) as ours:
        document: Document = Document.objects.select_related("area", "uploaded_by").get(pk=pk)
        if not ours or document.state not in BUSY or document.withdrawn_at is not None:
            return document
        Document.objects.filter(pk=pk).update(state=State.RUNNING)
        try:
            with papers.open_file(document) as stream:
                content = read_content(stream.read(), document.file_name)
            found = read_text(_UNKEPT.sub("\ufffd", content.text), content.doubts)
            found, document.asked = _asked_too(found)
            with transaction.atomic():
                _fill(document, found)
        except BangfuError as error:
            _refuse(document, error)
            raise
        except Exception as error:
            logger.exception("document %s failed", pk)
            fault = errors.ReadingBroken(title=document.title)
            _refuse(document, fault)
            raise fault from error
    return document


def _asked_too(found: reading.Found) -> tuple[reading.Found, dict[str, Any]]:
    """With what the endpoint of the settings proposes besides, and what came of asking; ({} when none is set)."""
    second = endpoint()
    if second is None:
        return found, {}
    asked = ask(second, found)
    both = sorted((*found.proposals, *asked.proposals), key=lambda each: (each.at, each.start))
    return replace(found, proposals=tuple(both)), asked.as_json()


def _fill(document: Document, found: reading.Found) -> None:
    told = everything(found, "")
    document.text = found.text
    document.pieces, document.headings = told["documents"], told["headings"]
    document.doubts, document.differences = told["doubts"], told["differences"]
    document.state, document.read_at = State.READ, timezone.now()
    document.error_code, document.error_facts = "", {}
    document.save(
        update_fields=[
            "text", "pieces", "headings", "doubts", "differences", "state", "read_at", "error_code", "error_facts",
            "asked",
        ]
    )  # fmt: skip
    differing = _differing(found)
    _write(
        _row(document, number, proposal, said, (proposal.start, proposal.end) in differing)
        for number, (proposal, said) in enumerate(zip(found.proposals, told["proposals"], strict=True), start=1)
    )
    record(
        actor=document.uploaded_by,
        action="plan.document_read",
        subject=document,
        count=len(found.proposals),
        differences=len(found.differences),
    )


def _differing(found: reading.Found) -> set[tuple[int, int]]:
    """The quotes of which an amount stands in a sum that does not add up: those that are one of its places, or hold
    one (a cell of a table)."""
    places = {(place.start, place.end) for each in found.differences for place in (each.first, *each.others)}
    quotes = {(each.start, each.end) for each in found.proposals}
    cells = sorted(places - quotes)
    inside = set()
    for each in found.proposals:
        position = bisect_right(cells, (each.at[0], len(found.text))) - 1
        if position >= 0 and each.at[1] <= cells[position][1]:
            inside.add((each.start, each.end))
    return (places & quotes) | inside


def _write(rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows of proposals, one statement for all of them: `bulk_create` takes thirty at a time on SQLite, and longer to
    write them than the reader to read them."""
    fields: list[Any] = [each for each in Proposal._meta.concrete_fields if not each.primary_key]
    usual = [each.get_db_prep_save(each.get_default(), connection) for each in fields]
    names = [each.attname for each in fields]
    prepared = [isinstance(each, JSONField | ExactField) for each in fields]

    def values(row: Mapping[str, Any]) -> Iterator[Any]:
        for field, name, prepares, default in zip(fields, names, prepared, usual, strict=True):
            value = row.get(name)
            if value is None:
                yield default
            else:
                yield field.get_db_prep_save(value, connection) if prepares else value

    quote = connection.ops.quote_name
    columns = ", ".join(quote(each.column) for each in fields)
    statement = f"INSERT INTO {quote(Proposal._meta.db_table)} ({columns}) VALUES ({', '.join(['%s'] * len(fields))})"
    with connection.cursor() as cursor:
        cursor.executemany(statement, [tuple(values(row)) for row in rows])


def _row(
    document: Document, number: int, found: reading.Proposal, told: dict[str, Any], differs: bool
) -> dict[str, Any]:
    """The columns of a proposal that say something; `told` is the same as JSON."""
    low, high = _ends(found.number)
    times, times_to = _ends(found.cadence.times) if found.cadence else (None, None)
    kinds = sorted({doubt.kind.value for doubt in found.doubts})
    return {
        "document_id": document.pk,
        "number_in_text": number,
        "piece": found.document,
        "start": found.start,
        "end": found.end,
        "at_start": found.at[0],
        "at_end": found.at[1],
        "quote": found.quote,
        "kind": found.kind.value,
        "subject": found.subject[: TEXTS["subject"]],
        "number": low,
        "number_to": high,
        "cadence_times": times,
        "cadence_times_to": times_to,
        "unit": found.unit[: TEXTS["unit"]],
        "comparison": found.comparison.value,
        "deadline": found.deadline,
        "cadence_period": found.cadence.period if found.cadence else "",
        "owner": found.owner[: TEXTS["owner"]],
        "area_name": found.area[: TEXTS["area_name"]],
        "beneficiaries": told.get("beneficiaries", []),
        "alternatives": told.get("alternatives", []),
        "heading": told["heading"],
        "pattern": found.pattern[:60],
        "doubts": told["doubts"],
        "doubt_kinds": f",{','.join(kinds)}," if kinds else "",
        "differs": differs,
    }


def _ends(number: reading.Number) -> tuple[Decimal, Decimal | None]:
    return number if isinstance(number, tuple) else (number, None)


@transaction.atomic
def _refuse(document: Document, error: BangfuError) -> None:
    document.state, document.error_code, document.error_facts = State.REFUSED, error.code, pack(error.facts)
    document.save(update_fields=["state", "error_code", "error_facts"])
    record(actor=document.uploaded_by, action="plan.document_refused", subject=document, code=error.code)


def _lock(pk: int) -> Path:
    return Path(settings.HOME) / "plans" / f"lock-{pk}"


def recover_documents() -> int:
    """Documents that a crash left unread are queued again; how many. One that another process reads, or that is
    queued, is left alone. Called when the worker starts."""
    if Document._meta.db_table not in connection.introspection.table_names():
        return 0  # a house that was never prepared
    queued: set[Any] = set()
    for arguments in DBTaskResult.objects.filter(
        status=TaskResultStatus.READY, task_path=read_in_background.module_path
    ).values_list("args_kwargs", flat=True):
        queued.update(arguments.get("args", ()))
    waiting = Document.objects.filter(state__in=BUSY, withdrawn_at=None).values_list("pk", flat=True)
    return sum(_queued_again(pk) for pk in waiting if pk not in queued)


def _queued_again(pk: int) -> bool:
    with held(_lock(pk)) as ours:
        if not ours:
            return False
    read_in_background.enqueue(pk)
    return True


# --- what people do with a whole document ----------------------------------------------------------------------------


@transaction.atomic
def read_again(*, by: Officer | None, document: Document) -> None:
    """Try once more to read what could not be read. Raises NotAllowed, DocumentWithdrawn, DocumentNotReadAgain."""
    now = locked(document.pk, by)
    if now.state != State.REFUSED:
        raise errors.DocumentNotReadAgain(title=now.title, state=State(now.state).label)
    now.state, now.error_code, now.error_facts = State.WAITING, "", {}
    now.save(update_fields=["state", "error_code", "error_facts"])
    record(actor=by, action="plan.document_again", subject=now)
    transaction.on_commit(lambda: read_in_background.enqueue(now.pk))


@transaction.atomic
def withdraw_document(*, by: Officer | None, document: Document, reason: str) -> None:
    """Say that a document was handed in by mistake: nothing of it can be decided any more; it stays on file.

    Raises NotAllowed, DocumentWithdrawn, DocumentInUse, PlanReasonMissing, TextTooLong."""
    now = locked(document.pk, by)
    why = plain(reason, REASON_LIMIT, _("理由"))
    if not why:
        raise errors.PlanReasonMissing()
    tracked = now.proposals.filter(targets__withdrawn_at=None, targets__isnull=False).count()
    if tracked:
        raise errors.DocumentInUse(title=now.title, count=tracked)
    now.withdrawn_at, now.withdrawn_why = timezone.now(), why
    now.save(update_fields=["withdrawn_at", "withdrawn_why"])
    record(actor=by, action="plan.document_withdrawn", subject=now, reason=why)


def locked(pk: int, by: Officer | None) -> Document:
    """The document, not moving until the end of the transaction, for somebody who may keep plans there."""
    now: Document = Document.objects.select_for_update(of=("self",)).select_related("area").get(pk=pk)
    require_editor(by, now.place)
    if now.withdrawn_at is not None:
        raise errors.DocumentWithdrawn(title=now.title, day=timezone.localtime(now.withdrawn_at).date())
    return now


def follow_documents() -> int:
    """Read the places of documents again after areas merged or moved; how many stand elsewhere now."""
    home = Area.objects.filter(pk=OuterRef("area_id")).values("place")[:1]
    elsewhere = Document.objects.filter(~Q(place=F("area__place")))
    moved: int = Document.objects.filter(pk__in=elsewhere.values("pk")).update(place=Subquery(home))
    return moved
