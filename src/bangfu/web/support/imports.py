"""Pairings from a file: upload and check, the report of every refused row, writing all or nothing."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.registry.intake.list_imports import report
from bangfu.support import importing, services
from bangfu.support.models import PairingImport
from bangfu.web.forms import TablerForm, carried_out
from bangfu.web.guard import needs, officer_of
from bangfu.web.list_imports import page_context, received, workbook
from bangfu.web.listing import neighbours

SHOWN = 20


class ImportForm(TablerForm):
    upload = forms.FileField(
        label=gettext_lazy("文件"),
        help_text=gettext_lazy("Excel 或 CSV，一行一户一人。"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )
    beyond_limits = forms.BooleanField(
        label=gettext_lazy("接管旧台账：超过职级上限的也接收，列入超限名单"), required=False
    )
    hand_over = forms.BooleanField(
        label=gettext_lazy("表中主要责任人与现任不同的，按移交办理：现任到结对日期为止，由新任接手"), required=False
    )


@needs("support.edit")
@require_safe
def pairing_import_list(request: HttpRequest) -> HttpResponse:
    found = PairingImport.objects.visible_to(officer_of(request)).select_related("started_by").defer("rows", "problems")
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    context = {
        "batches": page.object_list,
        "page": neighbours(request, page),
    }
    return render(request, "support/import_list.html", context)


@needs("support.edit")
def pairing_import_new(request: HttpRequest) -> HttpResponse:
    """A file is read and judged; nothing is written yet."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        made = carried_out(form, lambda: _checked(request, form.cleaned_data))
        if made:
            return redirect("pairing-import", made.pk)
    return render(request, "support/import_new.html", {"form": form}, status=422 if form.errors else 200)


def _checked(request: HttpRequest, given: dict[str, Any]) -> PairingImport:
    with received(given["upload"]) as sent:
        return services.check_file(
            by=officer_of(request),
            path=sent.path,
            name=sent.name,
            sha256=sent.sha256,
            beyond_limits=given["beyond_limits"],
            hand_over=given["hand_over"],
        )


def _batch(request: HttpRequest, pk: int) -> PairingImport:
    rows = PairingImport.objects.visible_to(officer_of(request)).select_related("started_by")
    found: PairingImport = get_object_or_404(rows, pk=pk)
    return found


@needs("support.edit")
@require_safe
def pairing_import(request: HttpRequest, pk: int) -> HttpResponse:
    found = _batch(request, pk)
    context = page_context(found, importing.LABELS, "helper_name")
    return render(request, "support/import.html", context)


@needs("support.edit")
@require_POST
def pairing_import_write(request: HttpRequest, pk: int) -> HttpResponse:
    done = services.write_import(by=officer_of(request), batch=_batch(request, pk))
    if done.state == PairingImport.State.DONE:
        messages.success(request, _("已写入 {number} 条结对。").format(number=done.counts["made"]))
        if handed := done.counts.get("handed_over"):
            messages.success(request, _("{number} 户已移交给新的责任人。").format(number=handed))
    else:
        messages.error(request, _("核对之后情况有了变化，一行也没有写入。请看各行的原因。"))
    return redirect("pairing-import", pk)


@needs("support.edit")
@require_POST
def pairing_import_drop(request: HttpRequest, pk: int) -> HttpResponse:
    services.drop_import(by=officer_of(request), batch=_batch(request, pk))
    messages.success(request, _("已放弃这个文件。"))
    return redirect("pairing-import-list")


@needs("support.edit")
@require_safe
def pairing_report(request: HttpRequest, pk: int) -> HttpResponse:
    return workbook(report(_batch(request, pk), importing.LABELS), _("结对导入报告"))


@needs("support.edit")
@require_safe
def pairing_template(request: HttpRequest) -> HttpResponse:
    return workbook(importing.template(), _("结对导入模板"))
