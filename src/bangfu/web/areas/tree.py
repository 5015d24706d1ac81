"""The tree of areas on a day, opened step by step, and the search."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from bangfu.areas import selectors
from bangfu.areas.models import Area
from bangfu.web.guard import needs


def day_asked(request: HttpRequest) -> date | None:
    """The day of `?on=`; None for today, and for anything that is no day."""
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return None


@needs("areas.view")
@require_safe
def tree(request: HttpRequest) -> HttpResponse:
    officer: Any = request.user
    on, text = day_asked(request), request.GET.get("q", "").strip()
    context: dict[str, Any] = {"on": on, "q": text, "today": date.today()}
    if text:
        context["found"] = selectors.search(officer, text)
    else:
        context["nodes"] = selectors.tree(officer, on=on)
        if len(context["nodes"]) == 1:
            top = context["nodes"][0].area
            context["opened"] = top.pk
            context["below"] = selectors.tree(officer, parent=top, on=on)
    template = "areas/tree.html"
    return render(request, f"{template}#shown" if request.htmx else template, context)  # type: ignore[attr-defined]


@needs("areas.view")
@require_safe
def below(request: HttpRequest, pk: int) -> HttpResponse:
    """The areas directly below one, as a part of the tree."""
    officer: Any = request.user
    area = get_object_or_404(Area.objects.visible_to(officer), pk=pk)
    on = day_asked(request)
    context = {"nodes": selectors.tree(officer, parent=area, on=on), "on": on}
    return render(request, "areas/parts/nodes.html", context)
