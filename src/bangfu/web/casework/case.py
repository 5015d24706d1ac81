"""The page of one case: where it stands, what may be done and what stands against it, everything that was done."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.accounts.roles import roles
from bangfu.casework import answers, diagrams, eligibility, freezing, services
from bangfu.casework.acting import post_for
from bangfu.casework.models import Case, CasePaper, CaseTransition
from bangfu.casework.procedures import MoveKind, Procedure, Step
from bangfu.casework.selectors import objections_against
from bangfu.casework.words import channel_label
from bangfu.registry.papers import open_file
from bangfu.rulebook.models import Purpose
from bangfu.web.casework import checks
from bangfu.web.casework.rows import clock_of
from bangfu.web.casework.stepping import StepForm, refusals
from bangfu.web.files import as_file
from bangfu.web.forms import TablerForm, carried_out, choose
from bangfu.web.guard import needs, officer_of
from bangfu.web.visits.closing import of_case

WITH = ("version", "household__group", "village__parent", "finding", "application", "round", "opened_by")


class CasePaperForm(TablerForm):
    wanted = forms.ChoiceField(label=gettext_lazy("材料"))
    upload = forms.FileField(
        label=gettext_lazy("文件"),
        help_text=gettext_lazy("照片或 PDF。手机上可以直接拍照。"),
        widget=forms.FileInput(attrs={"accept": "image/*,.pdf"}),
    )
    title = forms.CharField(label=gettext_lazy("名称"), max_length=120, required=False)

    def __init__(self, *args: Any, step: Step, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "wanted", [(paper.id, str(paper.label)) for paper in step.papers])


class DetachForm(TablerForm):
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200)


def case_of(request: HttpRequest, pk: int) -> Case:
    """The case, if the officer may see it; otherwise there is no such page."""
    found: Case = get_object_or_404(Case.objects.visible_to(officer_of(request)).select_related(*WITH), pk=pk)
    return found


@needs("cases.view")
@require_safe
def case(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, case_of(request, pk))


def _page(request: HttpRequest, found: Case, status: int = 200, **given: Any) -> HttpResponse:
    officer, today = officer_of(request), timezone.localdate()
    procedure = found.version.read
    step = procedure.step(found.step)
    may_act = found.running and post_for(officer, step, found.place) is not None
    changes = freezing.changes_since(found) if found.running else []
    if may_act and "form" not in given:
        given["form"] = StepForm(step=step, changed=bool(changes), initial={"on": today, "seen": found.moves})
    if may_act and step.papers and "paper_form" not in given:
        given["paper_form"] = CasePaperForm(step=step)
    context = {
        "case": found,
        "procedure": procedure,
        "step": step,
        "clock": clock_of(found, today),
        "channel": channel_label(found.channel),
        "who": [str(roles()[role].label) for role in step.roles if role in roles()],
        "diagram": diagrams.diagram(procedure, at=found.step, language=translation.get_language() or "zh-hans"),
        "possible": services.possible(found, officer) if may_act else [],
        "may_act": may_act,
        "form": given.get("form"),
        "paper_form": given.get("paper_form"),
        "refusals": [] if may_act else refusals(given.get("form"), given.get("paper_form")),
        "wanted": _papers_of(found, step),
        "papers": _papers_by_step(found, procedure),
        "course": _course(found, procedure),
        "changes": changes,
        "asks_eligibility": found.running and eligibility.asks(found),
        "checks": checks.listed(found, may_act, given.get("check")) if step.checks else [],
        "visited": of_case(officer, found) if may_act and step.checks else None,
        "kept_checks": [] if step.checks else checks.kept(found),
        "meetings": found.votes.select_related("meeting").order_by("meeting__held_on"),
        "postings": found.postings.order_by("starts_on"),
        "samples": found.samples.filter(drawn=True).select_related("draw"),
        "objections": objections_against(found),
    }
    return render(request, "casework/case.html", context, status=status)


@needs("cases.view")
@require_safe
def case_eligibility(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that is asked for when somebody opens it: rules take a moment."""
    found = case_of(request, pk)
    groups = eligibility.reasons(found) if eligibility.asks(found) else {}
    headings = {
        Purpose.ELIGIBILITY: _("识别条件"),
        Purpose.PRIORITY: _("优先考虑"),
        Purpose.REFUSAL: _("需要说明的情况"),
    }
    told = [{"heading": headings[purpose], "reasons": reasons} for purpose, reasons in groups.items()]
    return render(request, "casework/parts/eligibility.html", {"groups": told})


def _papers_of(found: Case, step: Step) -> list[dict[str, Any]]:
    """What the step where the case stands asks for, and what of it is there."""
    here = list(found.papers.filter(step=step.id, removed_at=None).order_by("pk"))
    return [
        {
            "paper": paper,
            "kept": (kept := [p for p in here if p.wanted == paper.id]),
            "lacks": len(kept) < paper.minimum,
        }
        for paper in step.papers
    ]


def _papers_by_step(found: Case, procedure: Procedure) -> list[dict[str, Any]]:
    kept = list(found.papers.filter(removed_at=None).select_related("added_by").order_by("pk"))
    labels = {step.id: step.label for step in procedure.steps}
    return [
        {"label": labels.get(step, step), "papers": [p for p in kept if p.step == step]}
        for step in dict.fromkeys(p.step for p in kept)
    ]


def _course(found: Case, procedure: Procedure) -> list[dict[str, Any]]:
    """Everything that was done, the latest first, in words."""
    rows = found.transitions.select_related("actor").order_by("-number")
    return [_told(row, procedure) for row in rows]


def _told(row: CaseTransition, procedure: Procedure) -> dict[str, Any]:
    came_from = procedure.by_id.get(row.from_step)
    went_to = procedure.by_id.get(row.to_step)
    move = came_from.move(row.move) if came_from else None
    questions = {question.id: question for question in came_from.questions} if came_from else {}
    return {
        "row": row,
        "from": came_from.label if came_from else "",
        "to": went_to.label if went_to else row.to_step,
        "move": move.label if move else _("开案"),
        "back": move is not None and move.kind is not MoveKind.FORWARD,
        "role": roles()[row.role].label if row.role in roles() else "",
        "answers": [
            {"label": question.label, "answer": answers.in_words(question, row.answers[name])}
            for name, question in questions.items()
            if name in row.answers
        ],
        "noted": row.noted,
    }


@needs("cases.act")
@require_POST
def case_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One move; what stands against it is said above the form, and nothing typed is lost."""
    found = case_of(request, pk)
    step = found.version.read.step(found.step)
    form = StepForm(request.POST, step=step, changed=bool(freezing.changes_since(found)))
    if form.is_valid():
        given = form.cleaned_data
        if carried_out(
            form,
            lambda: services.move(
                case_id=found.pk,
                move=request.POST.get("move", ""),
                by=officer_of(request),
                on=given["on"],
                reason=given["reason"],
                answers=form.answers,
                seen=given["seen"],
                noted=bool(given.get("noted")),
            ),
        ):
            messages.success(request, _("已办理：{name}。").format(name=found.subject_name))
            return redirect("case", pk)
    return _page(request, found, status=422, form=form)


@needs("cases.act")
@require_POST
def case_check(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    """An answer to one of the exit checks."""
    found = case_of(request, pk)
    done = checks.answered(request, found, item)
    return done if isinstance(done, HttpResponse) else _page(request, found, status=422, check=done)


@needs("cases.act")
@require_POST
def case_paper_add(request: HttpRequest, pk: int) -> HttpResponse:
    found = case_of(request, pk)
    form = CasePaperForm(request.POST, request.FILES, step=found.version.read.step(found.step))
    if form.is_valid():
        given = form.cleaned_data
        if carried_out(form, lambda: services.attach(case=found, by=officer_of(request), **given)):
            messages.success(request, _("材料已上传。"))
            return redirect("case", pk)
    return _page(request, found, status=422, paper_form=form)


def _paper(request: HttpRequest, pk: int, paper: int) -> CasePaper:
    kept = CasePaper.objects.visible_to(officer_of(request)).filter(case_id=pk, removed_at=None)
    found: CasePaper = get_object_or_404(kept, pk=paper)
    return found


@needs("cases.view")
@require_safe
def case_paper(request: HttpRequest, pk: int, paper: int) -> Any:
    found = _paper(request, pk, paper)
    return as_file(open_file(found), found.media_type, found.title)


@needs("cases.act")
def case_paper_remove(request: HttpRequest, pk: int, paper: int) -> HttpResponse:
    found, kept = case_of(request, pk), _paper(request, pk, paper)
    form = DetachForm(request.POST or None)
    if form.is_valid() and carried_out(
        form, lambda: services.detach(paper=kept, by=officer_of(request), reason=form.cleaned_data["reason"])
    ):
        messages.success(request, _("材料已移除，文件仍按规定留存备查。"))
        return redirect("case", pk)
    context = {"case": found, "paper": kept, "form": form}
    return render(request, "casework/case_paper_remove.html", context, status=422 if form.is_bound else 200)
