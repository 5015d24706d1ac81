"""The list on the screen as a file."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from bangfu.registry import lists
from bangfu.registry.intake import exporting
from bangfu.web.guard import needs
from bangfu.web.registry.filters import read_filter
from bangfu.web.scope import scope_of


@needs("registry.export")
@require_POST
def household_export(request: HttpRequest) -> HttpResponse:
    """What the list's filter shows, whole; `full=1` unmasks where the right is held, `format` is xlsx or csv."""
    officer: Any = request.user
    scope = scope_of(request)
    form = read_filter(request)
    wanted = form.wanted(scope.area)
    words = [f"{name}={value}" for name, value in request.GET.items() if value and name not in ("page", "q", "area")]
    if scope.here:
        words.insert(0, scope.here.name)
    made = exporting.export_households(
        officer,
        lists.households(officer, wanted),
        full=request.POST.get("full") == "1",
        fmt=request.POST.get("format", "xlsx"),
        filters="; ".join(words),
    )
    response = HttpResponse(made.content, content_type=made.media_type)
    response["Content-Disposition"] = content_disposition_header(True, made.name) or "attachment"
    return response
