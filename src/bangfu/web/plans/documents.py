"""Documents: what was handed in, handing in, the file itself, and taking one back. The desk on which one is read stands
in `desk`."""

from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.areas.models import Area
from bangfu.common.paging import counted
from bangfu.plans import services
from bangfu.plans.documents import lists
from bangfu.plans.documents.errors import NoDocumentChosen
from bangfu.plans.documents.second_reader import endpoint
from bangfu.plans.models import Document
from bangfu.plans.reading.files import limits
from bangfu.registry.papers import open_file
from bangfu.web.files import as_file
from bangfu.web.filters import ANY, Choice, ListFilter, order_choice, search_box
from bangfu.web.forms import TablerForm, carried_out, choose
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.listing import heads, page_of
from bangfu.web.scope import scope_of, tops_of

ORDER_LABELS = {
    "day": gettext_lazy("按上传时间，新的在前"),
    "title": gettext_lazy("按名称"),
    "place": gettext_lazy("按区域"),
    "-day": gettext_lazy("按上传时间，早的在前"),
    "-title": gettext_lazy("按名称，倒序"),
    "-place": gettext_lazy("按区域，倒序"),
}


class DocumentFilter(ListFilter):
    q = search_box(gettext_lazy("文件名称"))
    state = Choice(
        label=gettext_lazy("状态"),
        required=False,
        choices=(
            ANY,
            (lists.OPEN, gettext_lazy("还有待定事项")),
            (lists.SETTLED, gettext_lazy("事项已全部处理")),
            (Document.State.REFUSED, gettext_lazy("无法阅读")),
            (lists.WITHDRAWN, gettext_lazy("已作废")),
        ),
    )
    order = order_choice(ORDER_LABELS)

    def wanted(self, area: Area | None) -> lists.Wanted:
        return lists.Wanted(area=area, **{"order": "day", **self.answers()})


def document_of(request: HttpRequest, pk: int) -> Document:
    """A document that the officer may see; any other does not exist."""
    rows = Document.objects.visible_to(officer_of(request)).select_related("area", "uploaded_by")
    found: Document = get_object_or_404(rows, pk=pk)
    return found


@needs("plans.view")
@require_safe
def document_list(request: HttpRequest) -> HttpResponse:
    """The documents of the officer's areas, the latest first; htmx gets the rows alone."""
    officer, scope = officer_of(request), scope_of(request, "plans.view")
    form = DocumentFilter(request.GET.dict())
    wanted = form.wanted(scope.area)
    rows = lists.documents(officer, wanted)
    shown, context = page_of(request, lambda page: lists.rows_of_page(rows, wanted.order, page), lambda: counted(rows))
    tallies = lists.tallies(shown)
    context |= {
        "scope": scope,
        "form": form,
        "wanted": wanted,
        "rows": [{"document": each, "tally": tallies[each.pk]} for each in shown],
        "heads": heads(request, lists.ORDERS, wanted.order, lists.FALLING),
        "tab": "documents",
    }
    part = "#rows" if asked_by_htmx(request, "rows") else ""
    return render(request, f"plans/document_list.html{part}", context)


class UploadForm(TablerForm):
    area = forms.ChoiceField(label=gettext_lazy("哪里的文件"))
    file = forms.FileField(
        label=gettext_lazy("文件"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".txt,.docx,.pdf,.html,.htm"}),
    )
    title = forms.CharField(
        label=gettext_lazy("文件名称"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("不填则用文件自己的名字。"),
    )

    def __init__(self, *args: Any, areas: list[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "area", [(str(area.pk), area.name) for area in areas])
        self.areas = {str(area.pk): area for area in areas}
        self.fields["file"].help_text = _("可以读取 .txt、.docx、带文字的 .pdf 和 .html，不超过 {limit} MB。").format(
            limit=limits().file_megabytes
        )


def _areas(request: HttpRequest) -> list[Area]:
    """For which areas the officer may hand documents in: those of their posts, and what lies directly below."""
    officer = officer_of(request)
    tops = tops_of(officer, "plans.edit")
    below = Area.objects.visible_to(officer).current().filter(parent__in=[top.pk for top in tops]).order_by("place")
    return [*tops, *below]


@needs("plans.edit")
def document_new(request: HttpRequest) -> HttpResponse:
    """Choose a file and send it; it is read while one waits, or does something else."""
    form = UploadForm(request.POST or None, request.FILES or None, areas=_areas(request))
    if request.method == "POST" and form.is_valid():
        made = carried_out(form, lambda: _received(request, form))
        if made:
            return redirect("plan-document", made.pk)
    second = endpoint()
    context = {"form": form, "asked_host": second.host if second else ""}
    return render(request, "plans/document_new.html", context, status=422 if form.errors else 200)


def _received(request: HttpRequest, form: UploadForm) -> Document:
    given = form.cleaned_data
    if not given["file"]:
        raise NoDocumentChosen()
    return services.receive(
        by=officer_of(request), area=form.areas[given["area"]], upload=given["file"], title=given["title"]
    )


@needs("plans.view")
@require_safe
def document_file(request: HttpRequest, pk: int) -> Any:
    """The file as it was handed in."""
    document = document_of(request, pk)
    name = document.title if Path(document.title).suffix else f"{document.title}{Path(document.file_name).suffix}"
    return as_file(open_file(document), document.media_type, name, save=True)


@needs("plans.edit")
@require_POST
def document_again(request: HttpRequest, pk: int) -> HttpResponse:
    document = document_of(request, pk)
    services.read_again(by=officer_of(request), document=document)
    return redirect("plan-document", pk)


class WithdrawForm(TablerForm):
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=200)


@needs("plans.edit")
def document_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a document was handed in by mistake."""
    document = document_of(request, pk)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = carried_out(
            form,
            lambda: services.withdraw_document(
                by=officer_of(request), document=document, reason=form.cleaned_data["reason"]
            ),
        )
        if done:
            messages.success(request, _("已作废，文件仍留档。"))
            return redirect("plan-document-list")
    context = {"document": document, "form": form}
    return render(request, "plans/document_withdraw.html", context, status=422 if form.errors else 200)
