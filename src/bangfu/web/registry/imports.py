"""Import as pages: upload, progress, report, confirm; the batches taken so far, and undoing one."""

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.casework import services as casework
from bangfu.common.errors import BangfuError
from bangfu.registry.columns import tables
from bangfu.registry.file_errors import FileTooLarge, NoFileChosen
from bangfu.registry.intake import batches
from bangfu.registry.intake.remembering import unpack
from bangfu.registry.intake.templates import write_template
from bangfu.registry.intake.workbooks import MAX_BYTES, MB
from bangfu.registry.models import ImportBatch
from bangfu.web.guard import needs
from bangfu.web.listing import neighbours
from bangfu.web.uploads import on_disk

BATCHES_SHOWN = 20
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
State = ImportBatch.State


@dataclass(frozen=True)
class Line:
    """A problem as the page lists it."""

    where: str
    code: str
    message: str
    refuses: bool


def _batch(request: HttpRequest, pk: int) -> ImportBatch:
    """A batch that the officer may see; any other does not exist."""
    officer: Any = request.user
    found: ImportBatch = get_object_or_404(ImportBatch.objects.visible_to(officer).select_related("started_by"), pk=pk)
    return found


@needs("registry.import")
@require_safe
def import_list(request: HttpRequest) -> HttpResponse:
    """The batches of the officer's places, newest first."""
    officer: Any = request.user
    found = ImportBatch.objects.visible_to(officer).select_related("started_by").order_by("-pk")
    page = Paginator(found, BATCHES_SHOWN).get_page(request.GET.get("page"))
    return render(
        request,
        "registry/import_list.html",
        {
            "batches": page,
            "page": neighbours(request, page),
        },
    )


@needs("registry.import")
def import_new(request: HttpRequest) -> HttpResponse:
    """Choose files and send them; what cannot be a file of ours is refused at once, above the form."""
    context: dict[str, Any] = {"limit": MAX_BYTES // MB}
    if request.method == "POST":
        try:
            batch = _start(request)
        except BangfuError as error:
            return render(request, "registry/import_new.html", {**context, "error": error}, status=422)
        return redirect("import-page", batch.pk)
    return render(request, "registry/import_new.html", context)


def _start(request: HttpRequest) -> ImportBatch:
    uploads: list[Any] = request.FILES.getlist("files")
    if not uploads:
        raise NoFileChosen()
    officer: Any = request.user
    with tempfile.TemporaryDirectory(prefix="bangfu-") as folder:
        files = []
        for number, upload in enumerate(uploads):
            name, size = Path(upload.name or "").name, upload.size or 0
            if batches.too_large(size):
                raise FileTooLarge(file=name, size=-(-size // MB), limit=MAX_BYTES // MB)
            files.append((name, on_disk(upload, Path(folder) / str(number))))
        return batches.start(by=officer, files=files, takeover=request.POST.get("takeover") == "1")


@needs("registry.import")
@require_safe
def import_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A batch: its progress while it is worked on, then what was found, then what became of it."""
    return render(request, "registry/import_page.html", _context(_batch(request, pk)))


@needs("registry.import")
@require_safe
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The moving part of the page; it asks again until the batch rests."""
    return render(request, "registry/import_page.html#state", _context(_batch(request, pk)))


def _context(batch: ImportBatch) -> dict[str, Any]:
    counts = batch.counts or {}
    lines = []
    for kept in counts.get("first", ()):
        error = unpack(kept["code"], kept["facts"])
        if error:
            where = _("{sheet} 第 {row} 行").format(**kept) if kept["row"] else kept["sheet"]
            lines.append(Line(where, kept["code"], error.message, kept["severity"] == "refuse"))
    refusals, warnings = sum(counts.get("refusals", {}).values()), sum(counts.get("warnings", {}).values())
    return {
        "batch": batch,
        "busy": batch.state in (State.WAITING, *batches.BUSY),
        "error": unpack(batch.error_code, batch.error_facts) if batch.error_code else None,
        "tables": [
            {"label": tables()[name].label, **count}
            for name, count in counts.get("tables", {}).items()
            if name in tables()
        ],
        "lines": lines,
        "refusals": refusals + counts.get("more", 0),
        "warnings": warnings,
        "unlisted": max(refusals + warnings + counts.get("more", 0) - len(lines), 0),
        "has_report": batches.report_of(batch).exists(),
        "rehearsed": batch.state == State.REHEARSED,
        "done": batch.state == State.DONE,
    }


@needs("registry.import")
@require_safe
def import_report(request: HttpRequest, pk: int) -> Any:
    """The report workbook. It holds the uploaded rows, so it is as confidential as the upload."""
    batch = _batch(request, pk)
    path = batches.report_of(batch)
    if not path.exists():
        raise Http404
    name = _("导入报告-{number}.xlsx").format(number=batch.pk)
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=WORKBOOK)


@needs("registry.import")
@require_safe
def import_template(request: HttpRequest) -> Any:
    """The workbook to fill in, with today's code lists."""
    stream = io.BytesIO()
    write_template(stream)
    stream.seek(0)
    return FileResponse(stream, as_attachment=True, filename=_("户档导入模板.xlsx"), content_type=WORKBOOK)


@needs("registry.import")
@require_POST
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the good rows in, or throw the batch away."""
    batch = _batch(request, pk)
    officer: Any = request.user
    if request.POST.get("discard"):
        batches.discard(batch, by=officer)
        messages.success(request, _("已放弃这一批，没有写入任何数据。"))
        return redirect("import-list")
    batches.confirm(batch, by=officer)
    casework.follow_imports.enqueue()
    return redirect("import-page", batch.pk)


@needs("registry.import")
@require_POST
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring everything that the batch wrote back to what it was before."""
    batch = _batch(request, pk)
    officer: Any = request.user
    casework.undo_batch(by=officer, batch=batch, reason=request.POST.get("reason", ""))
    messages.success(request, _("已整批撤销，数据恢复到导入之前。"))
    return redirect("import-page", batch.pk)
