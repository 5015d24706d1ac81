"""Postings: what waits to be put up, the list before it hangs and while it hangs, photos, objections and answers."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.casework import services, sheets
from bangfu.casework.acting import post_for
from bangfu.casework.gathering import groups_for
from bangfu.casework.models import Case, Objection, Posting, PostingPhoto
from bangfu.casework.postings import draft_sheet, policy
from bangfu.casework.procedures import StepKind
from bangfu.common.errors import BangfuError
from bangfu.registry.papers import open_file
from bangfu.web.casework.groups import chosen, group_of
from bangfu.web.casework.stepping import refusals
from bangfu.web.files import as_file
from bangfu.web.forms import TablerForm, carried_out, choose
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import neighbours

POSTINGS_SHOWN = 20


class PostingForm(TablerForm):
    board = forms.CharField(
        label=gettext_lazy("公示地点"), max_length=120, help_text=gettext_lazy("例如：村委会公示栏")
    )
    hotline = forms.CharField(
        label=gettext_lazy("监督电话"), max_length=40, help_text=gettext_lazy("单位电话或 12317，不写个人手机号")
    )
    starts_on = forms.DateField(label=gettext_lazy("张贴日期"))
    ends_on = forms.DateField(
        label=gettext_lazy("截止日期"), required=False, help_text=gettext_lazy("留空时按规定的最短天数算。")
    )
    on_the_web = forms.BooleanField(label=gettext_lazy("同时在网上公示（姓名隐去一字）"), required=False, initial=True)


class BoardPhotoForm(TablerForm):
    view = forms.ChoiceField(label=gettext_lazy("远近"))
    taken_on = forms.DateField(label=gettext_lazy("拍摄日期"))
    upload = forms.FileField(label=gettext_lazy("照片"), widget=forms.FileInput(attrs={"accept": "image/*"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "view", [(key, str(label)) for key, label in policy().views.items()])


class ObjectionForm(TablerForm):
    case = forms.ChoiceField(label=gettext_lazy("针对"), required=False)
    text = forms.CharField(
        label=gettext_lazy("异议内容"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3, "data_wide": True})
    )
    on = forms.DateField(label=gettext_lazy("提出日期"))
    by_name = forms.CharField(label=gettext_lazy("提出人"), max_length=60, required=False)
    contact = forms.CharField(label=gettext_lazy("联系方式"), max_length=60, required=False)
    withheld = forms.BooleanField(label=gettext_lazy("提出人要求不公开姓名"), required=False)

    def __init__(self, *args: Any, cases: list[Case], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "case", [("", _("整份名单")), *((str(case.pk), case.subject_name) for case in cases)])


class AnswerForm(TablerForm):
    text = forms.CharField(
        label=gettext_lazy("答复"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3, "data_wide": True})
    )
    upheld = forms.ChoiceField(
        label=gettext_lazy("结论"),
        choices=[("no", gettext_lazy("异议不成立")), ("yes", gettext_lazy("异议成立，案件不再往下办"))],
        widget=forms.RadioSelect,
    )
    on = forms.DateField(label=gettext_lazy("答复日期"))


class TakeDownForm(TablerForm):
    reason = forms.CharField(label=gettext_lazy("撤下原因"), max_length=200)


@needs("cases.view")
@require_safe
def posting_list(request: HttpRequest) -> HttpResponse:
    """The cases that wait to be posted, and the lists that hang or hung."""
    officer, today = officer_of(request), timezone.localdate()
    put_up = Posting.objects.visible_to(officer).select_related("area")
    page = Paginator(put_up, POSTINGS_SHOWN).get_page(request.GET.get("page"))
    open_objections = Objection.objects.visible_to(officer).filter(answered_on=None).select_related("posting")
    context = {
        "groups": groups_for(officer, StepKind.POSTING),
        "postings": [{"posting": each, "state": _state(each)} for each in page.object_list],
        "number": page.paginator.count,
        "objections": open_objections.order_by("raised_on", "pk")[:POSTINGS_SHOWN],
        "today": today,
        "page": neighbours(request, page),
    }
    return render(request, "casework/posting_list.html", context)


def _state(posting: Posting) -> str:
    today = timezone.localdate()
    if posting.taken_down_on:
        return "down"
    return "running" if posting.starts_on <= today <= posting.ends_on else "over"


@needs("cases.act")
def posting_new(request: HttpRequest) -> HttpResponse:
    """The list as it would hang, before anything is put up; 预览 shows it, 登记张贴 puts it up."""
    group, cases = group_of(request, StepKind.POSTING)
    officer = officer_of(request)
    ticked = chosen(request, cases)
    form = PostingForm(request.POST or None, initial={"starts_on": timezone.localdate(), "hotline": "12317"})
    preview = None
    if form.is_valid():
        given = form.cleaned_data
        if "put_up" in request.POST:
            posting = carried_out(form, lambda: services.put_up(by=officer, cases=ticked, **given))
            if posting:
                messages.success(request, _("已登记张贴，公示到 {day}。").format(day=posting.ends_on.isoformat()))
                return redirect("posting", posting.pk)
        else:
            preview = _preview(form, ticked)
    context = {
        "group": group,
        "cases": cases,
        "ticked": {case.pk for case in ticked},
        "form": form,
        "rule": group.step.posting,
        "sheet": preview,
    }
    return render(request, "casework/posting_new.html", context, status=422 if form.errors else 200)


def _preview(form: PostingForm, cases: list[Case]) -> dict[str, Any] | None:
    given = {name: value for name, value in form.cleaned_data.items() if name != "on_the_web"}
    try:
        return sheets.written(draft_sheet(cases, **given))
    except BangfuError as error:
        form.add_error(None, error.message)
        return None


def posting_of(request: HttpRequest, pk: int) -> Posting:
    found: Posting = get_object_or_404(
        Posting.objects.visible_to(officer_of(request)).select_related("area", "put_up_by"), pk=pk
    )
    return found


@needs("cases.view")
@require_safe
def posting(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, posting_of(request, pk))


def _page(request: HttpRequest, found: Posting, status: int = 200, **given: Any) -> HttpResponse:
    officer, today = officer_of(request), timezone.localdate()
    cases = list(found.cases.visible_to(officer).select_related("version").order_by("place", "case_no"))
    step = cases[0].version.read.step(found.step) if cases else None
    may_act = step is not None and found.taken_down_on is None and post_for(officer, step, found.place) is not None
    objections = [
        {
            "objection": each,
            "form": given["answer_form"][1]
            if given.get("answer_form", (0,))[0] == each.pk
            else AnswerForm(initial={"on": today}, prefix=f"answer{each.pk}"),
        }
        for each in found.objections.select_related("case", "taken_by", "answered_by").order_by("raised_on", "pk")
    ]
    context = {
        "posting": found,
        "sheet": sheets.written(sheets.Sheet.from_plain(found.sheet)),
        "state": _state(found),
        "cases": cases,
        "photos": found.photos.order_by("view", "pk"),
        "views": policy().views,
        "objections": objections,
        "may_act": may_act,
        "hangs": found.starts_on <= today <= found.ends_on,
        "photo_form": given.get("photo_form") or BoardPhotoForm(initial={"taken_on": min(today, found.ends_on)}),
        "objection_form": given.get("objection_form") or ObjectionForm(cases=cases, initial={"on": today}),
        "down_form": given.get("down_form") or TakeDownForm(),
        "refusals": []
        if may_act
        else refusals(*(form[1] if isinstance(form, tuple) else form for form in given.values())),
    }
    return render(request, "casework/posting.html", context, status=status)


@needs("cases.view")
@require_safe
def posting_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The list to be printed and hung up, from the same object as the page."""
    found = posting_of(request, pk)
    response = HttpResponse(sheets.pdf(sheets.Sheet.from_plain(found.sheet)), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="posting-{found.pk}.pdf"'
    return response


@needs("cases.act")
@require_POST
def posting_photo(request: HttpRequest, pk: int) -> HttpResponse:
    found = posting_of(request, pk)
    form = BoardPhotoForm(request.POST, request.FILES)
    if form.is_valid() and carried_out(
        form, lambda: services.add_photo(posting=found, by=officer_of(request), **form.cleaned_data)
    ):
        messages.success(request, _("照片已上传。"))
        return redirect("posting", pk)
    return _page(request, found, status=422, photo_form=form)


@needs("cases.view")
@require_safe
def posting_photo_file(request: HttpRequest, pk: int, photo: int) -> Any:
    found = get_object_or_404(PostingPhoto.objects.visible_to(officer_of(request)).filter(posting_id=pk), pk=photo)
    return as_file(open_file(found), found.media_type, f"{found.posting_id}-{found.view}")


@needs("cases.act")
@require_POST
def posting_object(request: HttpRequest, pk: int) -> HttpResponse:
    """An objection, as somebody raised it at the counter."""
    found = posting_of(request, pk)
    cases = list(found.cases.visible_to(officer_of(request)))
    form = ObjectionForm(request.POST, cases=cases)
    if form.is_valid():
        given = dict(form.cleaned_data)
        chosen = given.pop("case")
        about = next((case for case in cases if str(case.pk) == chosen), None)
        if carried_out(form, lambda: services.object_to(posting=found, by=officer_of(request), case=about, **given)):
            messages.success(request, _("异议已登记，答复以前有关案件不能往下办。"))
            return redirect("posting", pk)
    return _page(request, found, status=422, objection_form=form)


@needs("cases.act")
@require_POST
def posting_answer(request: HttpRequest, pk: int, objection: int) -> HttpResponse:
    found = posting_of(request, pk)
    about = get_object_or_404(found.objections, pk=objection)
    form = AnswerForm(request.POST, prefix=f"answer{about.pk}")
    if form.is_valid():
        given = form.cleaned_data
        if carried_out(
            form,
            lambda: services.answer(
                objection=about,
                by=officer_of(request),
                text=given["text"],
                upheld=given["upheld"] == "yes",
                on=given["on"],
            ),
        ):
            messages.success(request, _("答复已登记。"))
            return redirect("posting", pk)
    return _page(request, found, status=422, answer_form=(about.pk, form))


@needs("cases.act")
@require_POST
def posting_down(request: HttpRequest, pk: int) -> HttpResponse:
    found = posting_of(request, pk)
    form = TakeDownForm(request.POST)
    if form.is_valid() and carried_out(
        form,
        lambda: services.take_down(posting=found, by=officer_of(request), reason=form.cleaned_data["reason"]),
    ):
        messages.success(request, _("已撤下，有关案件须重新公示。"))
        return redirect("posting", pk)
    return _page(request, found, status=422, down_form=form)
