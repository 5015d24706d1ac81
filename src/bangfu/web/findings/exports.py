"""The list on the screen as a file."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from bangfu.findings import lists
from bangfu.findings.exporting import export_findings
from bangfu.rulebook import services as rulebook
from bangfu.web.findings.filters import read_filter
from bangfu.web.guard import needs, officer_of
from bangfu.web.scope import scope_of


@needs("registry.export")
@require_POST
def finding_export(request: HttpRequest) -> HttpResponse:
    """What the list's filter shows, whole; `format` is xlsx or csv."""
    officer, book = officer_of(request), rulebook.book()
    scope = scope_of(request, "findings.view")
    wanted = read_filter(request, book).wanted(scope.area)
    words = [f"{name}={value}" for name, value in request.GET.items() if value and name not in ("page", "q", "area")]
    if scope.here:
        words.insert(0, scope.here.name)
    made = export_findings(
        officer,
        lists.in_order(lists.findings(officer, wanted, timezone.localdate()), wanted.order),
        book,
        fmt=request.POST.get("format", "xlsx"),
        filters="; ".join(words),
    )
    response = HttpResponse(made.content, content_type=made.media_type)
    response["Content-Disposition"] = content_disposition_header(True, made.name) or "attachment"
    return response
