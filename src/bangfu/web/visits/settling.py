"""What waits for a person: corrections to confirm, and the tray of what could not be taken as a visit."""

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.areas.models import Area
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.common.places import Level
from bangfu.registry.models import Household
from bangfu.visits import selectors, services
from bangfu.visits.checklists import Checklist
from bangfu.visits.errors import StillRefused
from bangfu.visits.loading import checklists
from bangfu.visits.models import Correction, Submission
from bangfu.visits.saying import told
from bangfu.web.forms import TablerForm
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import neighbours
from bangfu.web.scope import scope_of
from bangfu.web.visits.forms import VisitForm
from bangfu.web.visits.rows import correction_rows
from bangfu.web.visits.visit import form_for, subject_of

SHOWN = 30
SALT = "bangfu.web.visits.correction"


class DropForm(TablerForm):
    reason = forms.CharField(label=gettext_lazy("作废理由"), max_length=200)


@needs("visits.view")
@require_safe
def corrections(request: HttpRequest) -> HttpResponse:
    """Corrections that wait for a person, conflicts marked; ?all=1 those decided on, too."""
    officer, scope = officer_of(request), scope_of(request, "visits.view")
    everything = request.GET.get("all") == "1"
    rows = selectors.corrections(officer, open_only=not everything)
    if scope.area:
        rows = rows.inside(scope.area)
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    context = {
        "scope": scope,
        "everything": everything,
        "rows": [_told(officer, row) for row in correction_rows(page.object_list)],
        "number": page.paginator.count,
        "page": neighbours(request, page),
    }
    return render(request, "visits/corrections.html", context)


def _told(officer: Any, row: dict[str, Any]) -> dict[str, Any]:
    """A row with what the registry says now, sealed, so that a click decides on what was on the page."""
    correction = row["correction"]
    row["may"] = correction.is_open and officer.may("visits.confirm", correction.place)
    row["sealed"] = signing.dumps({"pk": correction.pk, "value": row["value"]}, salt=SALT)
    return row


@needs("visits.confirm")
@require_POST
def correction_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm a correction, or refuse it with a reason."""
    officer = officer_of(request)
    found = get_object_or_404(Correction.objects.visible_to(officer), pk=pk)
    try:
        if request.POST.get("do") == "refuse":
            services.refuse(correction=found, by=officer, reason=request.POST.get("reason", ""))
            messages.success(request, _("已登记为不予更正。"))
        else:
            services.confirm(correction=found, by=officer, now=_value_on_page(request, found))
            messages.success(request, _("户档已更正。"))
    except NotAllowed:
        raise
    except BangfuError as error:
        messages.error(request, error.message)
    back = request.POST.get("back")
    return redirect("visit", found.visit_id) if back == "visit" else redirect("visit-corrections")


def _value_on_page(request: HttpRequest, found: Correction) -> Any:
    """What the registry said when the page was made; without it, what the visitor saw."""
    try:
        sealed = signing.loads(request.POST.get("sealed", ""), salt=SALT)
    except signing.BadSignature:
        return found.seen
    return sealed["value"] if sealed["pk"] == found.pk else found.seen


@needs("visits.view")
@require_safe
def tray(request: HttpRequest) -> HttpResponse:
    """What could not be taken as a visit, and photos that were refused; ?all=1 what was settled, too."""
    officer = officer_of(request)
    everything = request.GET.get("all") == "1"
    page = Paginator(selectors.tray(officer, open_only=not everything), SHOWN).get_page(request.GET.get("page"))
    known = checklists()
    context = {
        "everything": everything,
        "rows": [
            {"entry": each, "problems": told(each.problems), "form": _label(known.get(_text(each, "checklist")))}
            for each in page.object_list
        ],
        "number": page.paginator.count,
        "page": neighbours(request, page),
        "photos": selectors.photos_not_taken(officer)[:SHOWN],
    }
    return render(request, "visits/tray.html", context)


def _label(checklist: Checklist | None) -> str:
    return str(checklist.label) if checklist else ""


def _text(entry: Submission, name: str) -> str:
    value = entry.payload.get(name) if isinstance(entry.payload, dict) else None
    return value if isinstance(value, str) else ""


@needs("visits.view")
def tray_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: why it lies here, all of what was sent, and the form on which it can be mended."""
    officer = officer_of(request)
    rows = Submission.objects.visible_to(officer).select_related("sent_by", "settled_by", "visit")
    entry = get_object_or_404(rows, pk=pk)
    open_here = entry.state == Submission.State.OPEN and officer.may(services.RIGHT, entry.place)
    household, village, checklist = _where(request, entry)
    form = None
    drop_form = DropForm(request.POST if request.POST.get("do") == "drop" else None)
    if open_here and village is not None and checklist is not None:
        form = form_for(officer, checklist, household, village, request, initial=_initial(entry))
    if request.method == "POST" and open_here:
        done = _drop(request, entry, drop_form) if "do" in request.POST else _settle(request, entry, form, village)
        if done is not None:
            return done
    context = {
        "entry": entry,
        "problems": told(entry.problems),
        "content": json.dumps(entry.payload, ensure_ascii=False, indent=1),
        "photos": entry.photos.order_by("pk"),
        "open_here": open_here,
        "form": form if open_here else None,
        "drop_form": drop_form if request.POST.get("do") == "drop" else DropForm(),
        "household": household,
        "village": village,
        "checklist": checklist,
        "checklists": checklists(village.code if village else "").values(),
    }
    return render(request, "visits/tray_entry.html", context, status=422 if request.method == "POST" else 200)


def _where(request: HttpRequest, entry: Submission) -> tuple[Household | None, Area | None, Checklist | None]:
    """The household (or village) and the checklist of an entry: those that the query names, else its own."""
    officer = officer_of(request)
    household, village = subject_of(request)
    payload = entry.payload if isinstance(entry.payload, dict) else {}
    if village is None and not any(request.GET.get(name) for name in ("household", "household_no", "village")):
        homes = Household.objects.visible_to(officer).select_related("village", "dwelling")
        household = homes.filter(pk=_id(payload.get("household"))).first()
        areas = Area.objects.visible_to(officer).filter(level=Level.VILLAGE)
        village = household.village if household else areas.filter(pk=_id(payload.get("village"))).first()
    known = checklists(village.code if village else "")
    checklist = known.get(request.GET.get("checklist") or _text(entry, "checklist"))
    if checklist is not None and (checklist.about == "household") != (household is not None):
        return household, village, None
    return household, village, checklist


def _id(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**62 else 0


def _initial(entry: Submission) -> dict[str, Any]:
    values = VisitForm.values_of(entry.payload if isinstance(entry.payload, dict) else {})
    if "officer" in values:
        values["officer"] = str(values["officer"])
    elif entry.sent_by_id:
        values["officer"] = str(entry.sent_by_id)
    return values


def _settle(
    request: HttpRequest, entry: Submission, form: VisitForm | None, village: Area | None
) -> HttpResponse | None:
    """The entry becomes the visit that was mended on the page; None when something is still wrong."""
    if form is None or village is None or not form.is_valid():
        return None
    given = form.payload() | ({} if form.household else {"village": village.pk})
    sent = entry.payload if isinstance(entry.payload, dict) else {}
    kept = {name: sent[name] for name in ("started_at", "ended_at", "latitude", "longitude", "photos") if name in sent}
    try:
        done = services.settle(
            submission=entry, by=officer_of(request), payload={**_sound(kept), **given, **_photos(kept)}
        )
    except StillRefused as refusal:
        form.tell(refusal.problems)
        return None
    except NotAllowed:
        raise
    except BangfuError as error:
        form.add_error(None, error.message)
        return None
    messages.success(request, _("已转为走访记录。"))
    assert done.visit is not None
    return redirect("visit", done.visit.pk)


def _photos(kept: dict[str, Any]) -> dict[str, Any]:
    return {"photos": kept["photos"]} if "photos" in kept else {}


def _sound(kept: dict[str, Any]) -> dict[str, Any]:
    """Of what the page does not show only what can be read: the rest is what brought the entry here."""
    wrong = {problem.error.facts.get("field") for problem in services.read_payload(kept).problems}
    return {name: value for name, value in kept.items() if name not in wrong and name != "photos"}


def _drop(request: HttpRequest, entry: Submission, form: DropForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    try:
        services.drop(submission=entry, by=officer_of(request), reason=form.cleaned_data["reason"])
    except NotAllowed:
        raise
    except BangfuError as error:
        form.add_error(None, error.message)
        return None
    messages.success(request, _("已作废，内容和理由留存备查。"))
    return redirect("visit-tray")
