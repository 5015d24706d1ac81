"""Lists of risks and contacts of watched households: upload and check, the report of every refused row, writing all or
nothing."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.casework import services, watch_lists
from bangfu.casework.models import WatchImport
from bangfu.registry.intake.list_imports import report
from bangfu.web.forms import TablerForm, carried_out
from bangfu.web.guard import needs, officer_of
from bangfu.web.list_imports import page_context, received, workbook
from bangfu.web.listing import neighbours

SHOWN = 20
State = WatchImport.State


class WatchListForm(TablerForm):
    upload = forms.FileField(
        label=gettext_lazy("文件"),
        help_text=gettext_lazy("Excel 或 CSV，一行一户；一户有几项风险的，可以写在一格里，也可以分几行。"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )


@needs("cases.bulk")
@require_safe
def watch_list_list(request: HttpRequest) -> HttpResponse:
    found = WatchImport.objects.visible_to(officer_of(request)).select_related("started_by").defer("rows", "problems")
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    context = {"batches": page.object_list, "page": neighbours(request, page)}
    return render(request, "casework/watch_list_list.html", context)


@needs("cases.bulk")
def watch_list_new(request: HttpRequest) -> HttpResponse:
    """A file is read and judged; nothing is written yet."""
    form = WatchListForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        made = carried_out(form, lambda: _checked(request, form.cleaned_data["upload"]))
        if made:
            return redirect("watch-list", made.pk)
    return render(request, "casework/watch_list_new.html", {"form": form}, status=422 if form.errors else 200)


def _checked(request: HttpRequest, upload: object) -> WatchImport:
    with received(upload) as sent:
        return services.check_watch_list(by=officer_of(request), path=sent.path, name=sent.name, sha256=sent.sha256)


def _batch(request: HttpRequest, pk: int) -> WatchImport:
    rows = WatchImport.objects.visible_to(officer_of(request)).select_related("started_by")
    found: WatchImport = get_object_or_404(rows, pk=pk)
    return found


@needs("cases.bulk")
@require_safe
def watch_list(request: HttpRequest, pk: int) -> HttpResponse:
    found = _batch(request, pk)
    context = page_context(found, watch_lists.LABELS, "risk")
    return render(request, "casework/watch_list.html", context)


@needs("cases.bulk")
@require_POST
def watch_list_write(request: HttpRequest, pk: int) -> HttpResponse:
    done = services.write_watch_list(by=officer_of(request), batch=_batch(request, pk))
    if done.state == State.DONE:
        said = _("已写入 {risks} 项风险、{contacts} 名监测联系人。")
        messages.success(request, said.format(risks=done.counts["risks"], contacts=done.counts["contacts"]))
    else:
        messages.error(request, _("核对之后情况有了变化，一行也没有写入。请看各行的原因。"))
    return redirect("watch-list", pk)


@needs("cases.bulk")
@require_POST
def watch_list_drop(request: HttpRequest, pk: int) -> HttpResponse:
    services.drop_watch_list(by=officer_of(request), batch=_batch(request, pk))
    messages.success(request, _("已放弃这个文件。"))
    return redirect("watch-list-list")


@needs("cases.bulk")
@require_safe
def watch_list_report(request: HttpRequest, pk: int) -> HttpResponse:
    return workbook(report(_batch(request, pk), watch_lists.LABELS), _("监测台账导入报告"))


@needs("cases.bulk")
@require_safe
def watch_list_template(request: HttpRequest) -> HttpResponse:
    return workbook(watch_lists.template(), _("监测台账导入模板"))
