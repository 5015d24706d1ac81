"""Papers of a household: taken with the phone's camera or chosen from a disk, looked at, removed."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from bangfu.common.policy import code_list
from bangfu.registry import selectors, services
from bangfu.registry.models import Member, Paper
from bangfu.web.files import as_file
from bangfu.web.forms import carried_out, choose
from bangfu.web.guard import needs, officer_of
from bangfu.web.registry.change import editable
from bangfu.web.registry.forms import ReasonForm
from bangfu.web.registry.household import household_of


class PaperForm(ReasonForm):
    upload = forms.FileField(
        label=gettext_lazy("文件"),
        help_text=gettext_lazy("照片、PDF 或办公文档，不超过 10 MB。手机上可以直接拍照。"),
        widget=forms.FileInput(attrs={"accept": "image/*,.pdf,.doc,.docx,.xls,.xlsx"}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("材料种类"))
    title = forms.CharField(
        label=gettext_lazy("名称"), max_length=120, required=False, help_text=gettext_lazy("留空时用材料种类作名称。")
    )
    member = forms.ChoiceField(label=gettext_lazy("属于"), required=False)
    certificate_no = forms.CharField(label=gettext_lazy("证书编号"), max_length=60, required=False)
    issued_on = forms.DateField(label=gettext_lazy("签发日期"), required=False)

    field_order = ("upload", "kind", "title", "member", "certificate_no", "issued_on", "reason")

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "kind", [("", _("请选择")), *code_list("paper_kind").choices()])
        choose(self, "member", [("", _("全家")), *((str(p.pk), p.name) for p in people)])
        self.fields["reason"].required = False
        self.fields["reason"].label = _("备注")
        self.fields["reason"].help_text = ""


class RemoveForm(ReasonForm):
    pass


@needs("registry.edit")
def add(request: HttpRequest, pk: int) -> HttpResponse:
    house = editable(request, pk)
    people = list(Member.objects.visible_to(officer_of(request)).filter(household=house))
    form = PaperForm(request.POST or None, request.FILES or None, people=people)
    if form.is_valid():
        given = form.cleaned_data
        kind = code_list("paper_kind").label_of(given["kind"])
        person = next((p for p in people if str(p.pk) == given["member"]), None)
        if carried_out(
            form,
            lambda: services.attach_paper(
                by=officer_of(request),
                household=house,
                member=person,
                kind=given["kind"],
                title=given["title"] or kind,
                upload=given["upload"],
                certificate_no=given["certificate_no"],
                issued_on=given["issued_on"],
                reason=given["reason"],
            ),
        ):
            messages.success(request, _("材料已上传。"))
            return redirect("household-papers", pk)
    context = {"form": form, "household": house, "form_title": _("上传材料"), "upload": True}
    return render(request, "registry/change.html", context, status=422 if form.is_bound else 200)


def _paper(request: HttpRequest, pk: int, paper_pk: int) -> Paper:
    house = household_of(request, pk)
    found: Paper = get_object_or_404(
        Paper.objects.visible_to(officer_of(request)),
        pk=paper_pk,
        household=house,
        removed_on=None,
    )
    return found


@needs("registry.view")
@require_safe
def look(request: HttpRequest, pk: int, paper_pk: int) -> Any:
    """The file itself, with the type found by its content when it was taken in; never sniffed by the browser."""
    paper = _paper(request, pk, paper_pk)
    return as_file(selectors.open_paper(paper), paper.media_type, paper.title, save="save" in request.GET)


@needs("registry.edit")
def remove(request: HttpRequest, pk: int, paper_pk: int) -> HttpResponse:
    house = editable(request, pk)
    paper = _paper(request, pk, paper_pk)
    form = RemoveForm(request.POST or None)
    if form.is_valid() and carried_out(
        form, lambda: services.remove_paper(by=officer_of(request), paper=paper, reason=form.cleaned_data["reason"])
    ):
        messages.success(request, _("材料已移除，文件仍按规定留存备查。"))
        return redirect("household-papers", pk)
    context = {"form": form, "household": house, "form_title": _("移除材料：{title}").format(title=paper.title)}
    return render(request, "registry/change.html", context, status=422 if form.is_bound else 200)
