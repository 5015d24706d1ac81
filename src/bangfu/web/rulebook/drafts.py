"""Figures and rules that a place makes for itself: drafting, trying on the last snapshot, approving, exporting."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.areas.models import Area
from bangfu.audit import services as audit
from bangfu.common.errors import BangfuError
from bangfu.policymaking import services
from bangfu.policymaking.models import Draft, Version
from bangfu.rulebook.models import GRAINS
from bangfu.rulebook.services import book as rulebook
from bangfu.web.forms import TablerForm, choose
from bangfu.web.guard import needs, officer_of
from bangfu.web.rulebook import shown
from bangfu.web.rulebook.views import GRAINS as GRAIN_LABELS
from bangfu.web.rulebook.views import SEVERITIES
from bangfu.web.scope import tops_of

NONE = ("", gettext_lazy("请选择"))
# What another page may have filled in when it leads here: a figure's own page, a standard read in a document.
PREFILLED = ("figure", "subject", "value", "start", "document", "clause", "reason")
CASES_HINT = gettext_lazy(
    "可不填；每个示例写名称、日期、户或人的情况和应有的结果（hit 列出、clear 不列、unknown 无法判断），"
    "用 RULE 指这条规则，保存时逐一试算。"
)
CASES_EXAMPLE = gettext_lazy(
    "- name: 60 周岁还在公益性岗位，应列出\n  as_of: 2021-06-30\n"
    '  member: {birth_ymd: 19610101, public_job: "01"}\n  expect: {RULE: hit}'
)


class SourcedForm(TablerForm):
    """Whatever a place decides rests on a document and has a reason."""

    document = forms.CharField(
        label=gettext_lazy("依据文件"), max_length=120, help_text=gettext_lazy("文号或名称，如“县政发〔2021〕5号”。")
    )
    clause = forms.CharField(label=gettext_lazy("条款"), max_length=60, required=False)
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=200)

    def propose(self, by: Any, area: Area) -> Draft:
        """Hands what was filled in to the room."""
        raise NotImplementedError


class FigureForm(SourcedForm):
    figure = forms.ChoiceField(label=gettext_lazy("标准或参数"))
    value = forms.DecimalField(label=gettext_lazy("本地数值"), max_digits=14, decimal_places=4)
    start = forms.DateField(label=gettext_lazy("自"))
    end = forms.DateField(label=gettext_lazy("至"), required=False, help_text=gettext_lazy("没有期限的不填。"))
    field_order = ("figure", "value", "start", "end")

    def __init__(self, *args: Any, area: Area, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = rulebook(shown.place_code(area)).figures.values()
        choose(self, "figure", [("", _("请选择")), *((f.id, f"{f.label} ({f.unit})") for f in found)])

    def propose(self, by: Any, area: Area) -> Draft:
        return services.propose_figure(by=by, area=area, **self.cleaned_data)


class EndForm(SourcedForm):
    subject = forms.ChoiceField(label=gettext_lazy("停用哪一项"))
    on = forms.DateField(label=gettext_lazy("自"), help_text=gettext_lazy("自这一天起在本地不再适用。"))
    field_order = ("subject", "on")

    def __init__(self, *args: Any, area: Area, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        book = rulebook(shown.place_code(area))
        choose(
            self,
            "subject",
            [
                ("", _("请选择")),
                (_("规则"), [(r.id, f"{r.id} {r.title}") for r in book.rules.values()]),
                (_("标准与参数"), [(f.id, str(f.label)) for f in book.figures.values()]),
            ],
        )

    def propose(self, by: Any, area: Area) -> Draft:
        return services.propose_end(by=by, area=area, **self.cleaned_data)


class RuleForm(SourcedForm):
    title = forms.CharField(label=gettext_lazy("规则名称"), max_length=100)
    topic = forms.ChoiceField(label=gettext_lazy("类别"))
    grain = forms.ChoiceField(
        label=gettext_lazy("对象"), choices=[NONE, *((grain, GRAIN_LABELS[grain]) for grain in GRAINS)]
    )
    severity = forms.ChoiceField(label=gettext_lazy("程度"), choices=[NONE, *SEVERITIES.items()])
    applies = forms.CharField(
        label=gettext_lazy("适用于"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "data_wide": True, "spellcheck": "false"}),
        help_text=gettext_lazy("只查其中一部分时写明条件，如 registered；全部都查的不填。"),
    )
    condition = forms.CharField(
        label=gettext_lazy("条件"),
        widget=forms.Textarea(attrs={"rows": 4, "data_wide": True, "spellcheck": "false"}),
        help_text=gettext_lazy("用下方“可用的列”中的列名书写，如 age >= 60 AND public_job IS NOT NULL。"),
    )
    evidence = forms.CharField(
        label=gettext_lazy("列出的情况"),
        max_length=200,
        help_text=gettext_lazy("列名，用空格隔开，如 age public_job。"),
    )
    message = forms.CharField(
        label=gettext_lazy("提示"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2, "data_wide": True}),
        help_text=gettext_lazy("写清情况和下一步怎么办，可用 {age} 这样的写法带出数值。"),
    )
    start = forms.DateField(label=gettext_lazy("自"))
    cases = forms.CharField(
        label=gettext_lazy("示例"),
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 5, "data_wide": True, "spellcheck": "false", "placeholder": CASES_EXAMPLE}
        ),
        help_text=CASES_HINT,
    )
    field_order = (
        "title",
        "topic",
        "grain",
        "severity",
        "applies",
        "condition",
        "evidence",
        "message",
        "start",
        "cases",
    )

    def __init__(self, *args: Any, area: Area, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        book = rulebook(shown.place_code(area))
        choose(self, "topic", [NONE, *((t.id, str(t.label)) for t in book.topics.values())])

    def rule(self) -> dict[str, Any]:
        """The fields of the rule as its file would hold them."""
        given = self.cleaned_data
        return {
            "title": {"zh": given["title"], "en": given["title"]},
            "topic": given["topic"],
            "source": {"document": given["document"], "clause": given["clause"], "checked_on": date.today()},
            "in_force": {"from": given["start"]},
            "grain": given["grain"],
            "applies": given["applies"].strip(),
            "condition": given["condition"].strip(),
            "evidence": re.findall(r"[a-z0-9_.]+", given["evidence"].lower()),
            "severity": given["severity"],
            "message": {"zh": given["message"], "en": given["message"]},
        }

    def propose(self, by: Any, area: Area) -> Draft:
        given = self.cleaned_data
        return services.propose_rule(by=by, area=area, rule=self.rule(), cases=given["cases"], reason=given["reason"])


def _own_area(request: HttpRequest, right: str = "rules.propose") -> Area:
    """The place an officer makes policy for: the area of the post that carries the right, the highest of several."""
    tops = tops_of(officer_of(request), right)
    if not tops:
        raise Http404
    return tops[0]


@needs("rules.view")
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    officer = officer_of(request)
    drafts = Draft.objects.visible_to(officer).select_related("area", "proposed_by", "decided_by")
    book, area = shown.book_for(request)
    return render(
        request,
        "rulebook/draft_list.html",
        {
            "drafts": drafts[:200],
            "area": area,
            "differences": shown.differences(book, area),
            "may_propose": officer.has_perm("rules.propose"),
            "versions": Version.objects.visible_to(officer).select_related("area", "draft")[:50],
            "tabs": shown.tabs(request),
        },
    )


def _new(request: HttpRequest, form_type: Callable[..., SourcedForm], title: str, template: str) -> HttpResponse:
    area = _own_area(request)
    initial: dict[str, Any] = {name: request.GET.get(name, "") for name in PREFILLED}
    former = request.GET.get("from", "")
    if former.isascii() and former.isdigit() and len(former) < 19:
        initial = shown.as_form(_draft(request, int(former)))
    form = form_type(request.POST or None, area=area, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            draft = form.propose(officer_of(request), area)
        except BangfuError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("已保存草案，请试算后提交审批。"))
            return redirect("draft", draft.pk)
    context = {"form": form, "title": title, "area": area}
    if form_type is RuleForm:
        context["columns"] = shown.columns(rulebook(shown.place_code(area)))
    return render(request, template, context, status=422 if form.errors else 200)


@needs("rules.propose")
def new_figure(request: HttpRequest) -> HttpResponse:
    return _new(request, FigureForm, _("起草本地数值"), "rulebook/draft_form.html")


@needs("rules.propose")
def new_rule(request: HttpRequest) -> HttpResponse:
    return _new(request, RuleForm, _("起草本地规则"), "rulebook/draft_form.html")


@needs("rules.propose")
def new_end(request: HttpRequest) -> HttpResponse:
    return _new(request, EndForm, _("停用标准或规则"), "rulebook/draft_form.html")


def _draft(request: HttpRequest, pk: int) -> Draft:
    found: Draft = get_object_or_404(
        Draft.objects.visible_to(officer_of(request)).select_related("area", "proposed_by", "decided_by"), pk=pk
    )
    return found


@needs("rules.view")
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    draft, officer = _draft(request, pk), officer_of(request)
    mine = draft.proposed_by_id == officer.pk
    return render(
        request,
        "rulebook/draft.html",
        {
            "draft": draft,
            "lines": shown.draft_lines(draft),
            "mine": mine,
            "open": draft.state in (Draft.State.DRAFT, Draft.State.SUBMITTED),
            "tried": services.is_tried(draft),
            "again": shown.form_address(draft) if officer.has_perm("rules.propose") else "",
            "may_decide": not mine and officer.may("rules.approve", draft.place),
        },
    )


def _verb(request: HttpRequest, pk: int, act: Callable[[Draft], Draft], said: str) -> HttpResponse:
    """One deed on a draft, and back to its page with what came of it."""
    draft = _draft(request, pk)
    try:
        act(draft)
    except BangfuError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return redirect("draft", pk)


@require_POST
@needs("rules.view")
def try_out(request: HttpRequest, pk: int) -> HttpResponse:
    return _verb(request, pk, lambda d: services.try_out(by=officer_of(request), draft=d), _("已按最近一次快照试算。"))


@require_POST
@needs("rules.propose")
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    return _verb(request, pk, lambda d: services.submit(by=officer_of(request), draft=d), _("已提交审批。"))


@require_POST
@needs("rules.propose")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    return _verb(request, pk, lambda d: services.withdraw(by=officer_of(request), draft=d), _("已撤回。"))


@require_POST
@needs("rules.approve")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    approve = request.POST.get("decision") == "approve"
    note = request.POST.get("note", "").strip()[:200]
    return _verb(
        request,
        pk,
        lambda d: services.decide(by=officer_of(request), draft=d, approve=approve, note=note),
        _("已批准，自所定日期起执行。") if approve else _("已退回起草人。"),
    )


@needs("rules.view")
def export(request: HttpRequest) -> HttpResponse:
    """The place's own policy files in a ZIP, the same YAML that `policy/places/` takes."""
    area = _own_area(request, "rules.view")
    last = Version.objects.visible_to(officer_of(request)).filter(area=area).order_by("-number").first()
    if last is None:
        raise Http404
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in last.files.items():
            archive.writestr(f"{shown.place_code(area)}/{name}", text)
    audit.record(actor=officer_of(request), action="rules.exported", subject=last, number=last.number)
    answer = HttpResponse(packed.getvalue(), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="policy-{shown.place_code(area)}-{last.number}.zip"'
    return answer
