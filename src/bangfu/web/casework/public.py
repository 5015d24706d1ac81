"""What anybody may read without signing in: the lists that hang just now, names with one character hidden, gone with
the end of their time. `BANGFU_PUBLIC_POSTINGS=0` closes these pages."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bangfu.casework import sheets
from bangfu.casework.postings import on_the_web_on
from bangfu.web.listing import neighbours

SHOWN = 20


@require_safe
def public_postings(request: HttpRequest) -> HttpResponse:
    _open()
    page = Paginator(on_the_web_on(timezone.localdate()), SHOWN).get_page(request.GET.get("page"))
    context = {
        "postings": page.object_list,
        "number": page.paginator.count,
        "page": neighbours(request, page),
    }
    return render(request, "casework/public_postings.html", context)


@require_safe
def public_posting(request: HttpRequest, pk: int) -> HttpResponse:
    _open()
    found = get_object_or_404(on_the_web_on(timezone.localdate()), pk=pk)
    sheet = sheets.Sheet.from_plain(found.sheet).for_the_web()
    return render(request, "casework/public_posting.html", {"posting": found, "sheet": sheets.written(sheet)})


def _open() -> None:
    if not settings.PUBLIC_POSTINGS:
        raise Http404
