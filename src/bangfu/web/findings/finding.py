"""The page of one finding: what the rule says, the values it rests on, its history, and what an officer may do."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.files.base import File
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.accounts.models import Officer
from bangfu.common.errors import BangfuError
from bangfu.findings import selectors, services, visited, wording
from bangfu.findings.errors import FindingMoved
from bangfu.findings.models import Finding, FindingStep
from bangfu.findings.policy import policy
from bangfu.registry.models import Paper
from bangfu.registry.papers import open_file
from bangfu.rulebook import services as rulebook
from bangfu.rulebook import words
from bangfu.visits.policy import RIGHT as RECORD_VISITS
from bangfu.web.casework.blocks import cases_of_finding
from bangfu.web.findings.forms import AssignForm, ReopenForm, VerifyForm
from bangfu.web.findings.rows import row_of
from bangfu.web.guard import asked_by_htmx, needs, officer_of

WITH = ("village__parent", "household", "member", "assigned_to", "first_run", "last_run", "resolved_run")


def finding_of(request: HttpRequest, pk: int) -> Finding:
    """The finding, if the officer may see it; otherwise there is no such page."""
    found: Finding = get_object_or_404(Finding.objects.visible_to(officer_of(request)).select_related(*WITH), pk=pk)
    return found


@needs("findings.view")
@require_safe
def finding(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, finding_of(request, pk))


def _page(request: HttpRequest, found: Finding, status: int = 200, **forms: Any) -> HttpResponse:
    officer, book = officer_of(request), rulebook.book()
    rule = book.rules.get(found.rule_id)
    language = translation.get_language() or "zh-hans"
    steps, said = selectors.history_of(officer, found)
    seen = {"seen": steps[0].pk if steps else 0}
    told = visited.said_about(officer, found) if officer.has_perm("visits.view") else []
    may_verify = found.live and officer.may("findings.verify", found.place)
    may_assign = found.live and officer.may("findings.assign", found.place)
    may_reopen = not found.live and found.state != Finding.State.RESOLVED and services.may_reopen(officer, found)
    if may_verify and "verify" not in forms:
        forms["verify"] = _verify_form(request, found, initial=seen | _of_visit(visited.proposed(told, found)))
    if may_assign and "assign" not in forms:
        forms["assign"] = _assign_form(found, initial={"officer": found.assigned_to_id or "", **seen})
    if may_reopen and "reopen" not in forms:
        forms["reopen"] = ReopenForm(initial=seen)
    cases, procedures = cases_of_finding(request, found)
    context = {
        "finding": found,
        "cases": cases,
        "procedures": procedures,
        "row": row_of(found, book, timezone.localdate()),
        "rule": rule,
        "topic": wording.topic_of(book, found.topic),
        "condition": words.in_words(book.condition(rule.id), language) if rule else "",
        "applies": words.in_words(book.applies(rule.id), language) if rule and rule.applies else "",
        "values": wording.values_of(found, book),
        "figures": wording.figures_of(found, book, found.last_run.as_of),
        "may_reveal": officer.may("registry.see_sensitive", found.place),
        "steps": [{"step": step, "note": _note_of(step)} for step in steps],
        "said": said,
        "visits": told,
        "proposed": visited.proposed(told, found) if may_verify else None,
        "visit_url": _visit_url(officer, found),
        "verify_form": forms.get("verify") if may_verify else None,
        "assign_form": forms.get("assign") if may_assign else None,
        "reopen_form": forms.get("reopen") if may_reopen else None,
    }
    return render(request, "findings/finding.html", context, status=status)


def _visit_url(officer: Officer, found: Finding) -> str:
    """Where a visit about the finding is written; "" where none can be."""
    household = found.household
    if household is None or household.ended_on or not found.live or not officer.may(RECORD_VISITS, household.place):
        return ""
    query = {"household": household.pk, "checklist": policy().visit.checklist, "about": visited.key_of(found)}
    return f"{reverse('visit-new')}?{urlencode(query)}"


def _of_visit(said: visited.Said | None) -> dict[str, Any]:
    """What the latest visit proposes, for the form; the officer may say otherwise."""
    if said is None:
        return {}
    visit = said.visit
    name = visit.officer.name if visit.officer else visit.companions
    words = _("{day} 入户核实（{name}）：{text}").format(day=visit.visited_on, name=name, text=said.text)
    proof = f"photo-{said.photos[0].pk}" if said.photos else ""
    return {"result": said.result, "on": visit.visited_on, "note": words[:400], "proof": proof}


def _note_of(step: FindingStep) -> str:
    if step.kind == FindingStep.Kind.ASSIGNED:
        return step.note or _("乡镇")
    return step.note


def _verify_form(request: HttpRequest, found: Finding, *args: Any, **kwargs: Any) -> VerifyForm:
    papers: list[Paper] = []
    if found.household_id:
        kept = Paper.objects.visible_to(officer_of(request)).filter(household_id=found.household_id, removed_on=None)
        papers = list(kept.order_by("-added_on", "-pk"))
    photos = [
        (f"photo-{photo.pk}", _("{day} 走访照片").format(day=each.visit.visited_on))
        for each in (visited.said_about(officer_of(request), found) if found.household_id else ())
        for photo in each.photos
    ]
    return VerifyForm(*args, papers=papers, photos=photos, of_household=found.household_id is not None, **kwargs)


def _assign_form(found: Finding, *args: Any, **kwargs: Any) -> AssignForm:
    return AssignForm(*args, officers=selectors.verifiers(found), **kwargs)


def _carried_out(form: Any, verb: Callable[[], object]) -> bool:
    """Whether the verb was done; what it refuses is said above the form."""
    try:
        verb()
    except BangfuError as error:
        form.add_error(None, error.message)
        # Somebody else was first: what is typed again is about the finding as it is now.
        if isinstance(error, FindingMoved):
            form.moved = True
        return False
    return True


@needs("findings.verify")
@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    """What was found in the field."""
    found, officer = finding_of(request, pk), officer_of(request)
    form = _verify_form(request, found, request.POST, request.FILES)
    if form.is_valid():
        given = form.cleaned_data
        proof, upload, kind = None, given.get("upload"), given.get("paper_kind", "")
        chosen = given.get("proof") or ""
        if chosen.startswith("photo-"):
            upload, kind = upload or _photo(officer, found, int(chosen[6:])), kind or policy().visit.paper_kind
        elif chosen:
            proof = get_object_or_404(
                Paper.objects.visible_to(officer), pk=int(chosen), household_id=found.household_id
            )
        if _carried_out(
            form,
            lambda: services.verify(
                by=officer,
                finding=found,
                result=given["result"],
                note=given["note"],
                on=given["on"],
                upload=upload,
                paper_kind=kind,
                proof=proof,
                seen_step=given["seen"],
            ),
        ):
            messages.success(request, _("核实结果已登记。"))
            return redirect("finding", pk)
    return _again(request, pk, form, "verify")


def _photo(officer: Officer, found: Finding, pk: int) -> File[bytes]:
    """The photo of a visit about the finding as a file that can be kept as a paper."""
    photos = [photo for each in visited.said_about(officer, found) for photo in each.photos]
    photo = next((each for each in photos if each.pk == pk), None)
    if photo is None:
        raise Http404
    return File(open_file(photo), name=photo.name or f"{pk}.jpg")


@needs("findings.assign")
@require_POST
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the finding to somebody, or leave it to the township."""
    found, officer = finding_of(request, pk), officer_of(request)
    form = _assign_form(found, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        to = next((o for o in selectors.verifiers(found) if str(o.pk) == given["officer"]), None)
        if _carried_out(form, lambda: services.assign(by=officer, finding=found, officer=to, seen_step=given["seen"])):
            messages.success(request, _("已分派。"))
            return redirect("finding", pk)
    return _again(request, pk, form, "assign")


@needs("findings.view")
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it back to be verified again; the service asks for the right."""
    found, officer = finding_of(request, pk), officer_of(request)
    form = ReopenForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        if _carried_out(
            form, lambda: services.reopen(by=officer, finding=found, note=given["note"], seen_step=given["seen"])
        ):
            messages.success(request, _("已退回重新核实。"))
            return redirect("finding", pk)
    return _again(request, pk, form, "reopen")


def _again(request: HttpRequest, pk: int, form: Any, name: str) -> HttpResponse:
    """The page with the form that was not carried out; the finding read anew, since somebody may have been first."""
    found = finding_of(request, pk)
    for error in form.non_field_errors():
        messages.error(request, error)
    if getattr(form, "moved", False):
        return _page(request, found, 409)
    return _page(request, found, 422, **{name: form})


@needs("findings.view")
@require_POST
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """The full value behind a mask; the service asks for the right and leaves an entry in the trail."""
    found = finding_of(request, pk)
    field = request.POST.get("field", "")
    text = services.reveal(by=officer_of(request), finding=found, field=field, secrets=wording.secrets_of(found))
    if not asked_by_htmx(request):
        return redirect("finding", pk)
    return render(request, "registry/parts/revealed.html", {"text": text})
