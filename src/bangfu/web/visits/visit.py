"""One visit: what was asked and answered, photos, corrections, doubts; and the form on which it is written."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import Level
from bangfu.registry.models import Household, Member
from bangfu.registry.papers import open_file
from bangfu.visits import lists, selectors, services
from bangfu.visits.checklists import Checklist
from bangfu.visits.errors import ReasonMissing
from bangfu.visits.loading import checklists
from bangfu.visits.models import Channel, Photo, Suspicion, Visit
from bangfu.visits.policy import policy
from bangfu.visits.saying import refusal_of, told
from bangfu.web.files import as_file
from bangfu.web.forms import TablerForm
from bangfu.web.guard import needs, officer_of
from bangfu.web.visits.closing import back_from
from bangfu.web.visits.forms import VisitForm
from bangfu.web.visits.rows import answered, correction_rows, doubt_text


class ExplainForm(TablerForm):
    words = forms.CharField(label=gettext_lazy("说明"), max_length=200)


def visit_of(request: HttpRequest, pk: int) -> Visit:
    rows = Visit.objects.visible_to(officer_of(request))
    found: Visit = get_object_or_404(
        rows.select_related("village__parent", "household", "officer", "entered_by", "form"), pk=pk
    )
    return found


@needs("visits.view")
@require_safe
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, visit_of(request, pk))


def _page(request: HttpRequest, found: Visit, status: int = 200, **given: Any) -> HttpResponse:
    officer = officer_of(request)
    checklist = found.form.read
    people = Member.objects.visible_to(officer).filter(household=found.household_id) if found.household_id else []
    corrections = selectors.corrections(officer, open_only=False).filter(visit=found)
    doubts = [
        {
            "doubt": each,
            "text": doubt_text(each),
            "other": Visit.objects.visible_to(officer).filter(pk=each.other_id or 0).first(),
        }
        for each in selectors.suspicions_of([found.pk]).get(found.pk, ())
    ]
    own = officer.pk in (found.officer_id, found.entered_by_id)
    context = {
        "visit": found,
        "checklist": checklist,
        "sections": answered(checklist, found.answers, {member.pk: member.name for member in people}),
        "photos": [_photo_row(checklist, photo) for photo in lists.photos_of(found)],
        "corrections": correction_rows(corrections),
        "doubts": doubts,
        "notices": told(found.notices),
        "clock_wrong": abs(found.clock_skew or 0) > policy().phone.clock_seconds,
        "may_confirm": officer.may("visits.confirm", found.place),
        "back": back_from(officer, found),
        "may_explain": officer.may("visits.confirm", found.place) and not own,
        "explain_form": given.get("form") or ExplainForm(),
    }
    return render(request, "visits/visit.html", context, status=status)


def _photo_row(checklist: Checklist, photo: Photo) -> dict[str, Any]:
    question = checklist.question(photo.question)
    refused = refusal_of(photo).message if photo.state == Photo.State.REFUSED else ""
    return {"photo": photo, "label": question.label if question else _("照片"), "refused": refused}


@needs("visits.view")
@require_safe
def visit_photo(request: HttpRequest, pk: int, photo: int) -> Any:
    """A photo as it is kept; one that was refused is only for saving."""
    rows = Photo.objects.visible_to(officer_of(request)).filter(visit_id=pk).exclude(sha256="")
    found = get_object_or_404(rows, pk=photo)
    kept = found.state == Photo.State.KEPT
    title = f"{found.visit_id}-{found.pk}" if kept else found.name or str(found.pk)
    return as_file(open_file(found), found.media_type, title, save=not kept)


@needs("visits.confirm")
@require_POST
def visit_explain(request: HttpRequest, pk: int, doubt: int) -> HttpResponse:
    found = visit_of(request, pk)
    suspicion = get_object_or_404(Suspicion.objects.visible_to(officer_of(request)).filter(visit=found), pk=doubt)
    form = ExplainForm(request.POST)
    if form.is_valid():
        try:
            services.explain(suspicion=suspicion, by=officer_of(request), words=form.cleaned_data["words"])
        except ReasonMissing as error:
            form.add_error("words", error.message)
        else:
            messages.success(request, _("说明已登记。"))
            return redirect("visit", pk)
    return _page(request, found, status=422, form=form)


# Writing a visit


def subject_of(request: HttpRequest) -> tuple[Household | None, Area | None]:
    """The household or village that a visit is to be written about, if the officer may visit there."""
    officer = officer_of(request)
    homes = Household.objects.visible_to(officer).living().select_related("village__parent", "dwelling", "group")
    if id := _number(request, "household"):
        home = homes.filter(pk=id).first()
        return (home, home.village) if home and officer.may(services.RIGHT, home.place) else (None, None)
    if id := _number(request, "village"):
        area = Area.objects.visible_to(officer).current().filter(pk=id, level=Level.VILLAGE).first()
        return None, area if area and officer.may(services.RIGHT, area.place) else None
    if text := request.GET.get("household_no", "").strip():
        home = homes.filter(household_no=text[:30]).first()
        return (home, home.village) if home and officer.may(services.RIGHT, home.place) else (None, None)
    return None, None


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


@needs("visits.record")
def visit_new(request: HttpRequest) -> HttpResponse:
    """Choose a household and a checklist, then fill it in."""
    household, village = subject_of(request)
    if village is None:
        if any(request.GET.get(name) for name in ("household", "village")):
            raise Http404
        return _choose(request)
    about = "household" if household else "village"
    fitting = {each.id: each for each in checklists(village.code).values() if each.about == about}
    checklist = fitting.get(request.GET.get("checklist", ""))
    if checklist is None:
        context = {"household": household, "village": village, "checklists": fitting.values()}
        return render(request, "visits/visit_choose.html", context | {"about": request.GET.get("about", "")})
    return _write(request, checklist, household, village)


def _choose(request: HttpRequest) -> HttpResponse:
    """No household yet: those that the officer visited last, and a box to find another by its number."""
    officer = officer_of(request)
    asked = request.GET.get("household_no", "").strip()
    recent = Visit.objects.visible_to(officer).filter(officer=officer, household__isnull=False)
    households = {each.household_id: each.household for each in recent.select_related("household__village")[:40]}
    villages = Area.objects.visible_to(officer).current().filter(level=Level.VILLAGE)
    mine = [area for area in villages.order_by("place")[:60] if officer.may(services.RIGHT, area.place)]
    context = {"recent": list(households.values())[:12], "villages": mine, "asked": asked}
    return render(request, "visits/visit_new.html", context)


def _write(request: HttpRequest, checklist: Checklist, household: Household | None, village: Area) -> HttpResponse:
    officer, today = officer_of(request), timezone.localdate()
    form = form_for(officer, checklist, household, village, request)
    if request.method == "POST" and form.is_valid():
        given = form.payload() | ({} if household else {"village": village.pk})
        payload = services.read_payload(given)
        judged = services.judge(officer, payload, timezone.now())
        known = services.already(officer, payload)
        if known is None and judged.refused:
            form.tell(judged.problems)
        else:
            channel = Channel.PAPER if "paper" in request.POST else Channel.WEB
            return _taken(request, services.record(by=officer, payload=payload, channel=channel), form)
    context = {"form": form, "checklist": checklist, "household": household, "village": village, "today": today}
    return render(request, "visits/visit_form.html", context, status=422 if form.errors else 200)


def form_for(
    officer: Officer,
    checklist: Checklist,
    household: Household | None,
    village: Area,
    request: HttpRequest,
    initial: dict[str, Any] | None = None,
) -> VisitForm:
    """The form of a checklist for a household or a village, filled with what the registry says, `initial` before it."""
    today = timezone.localdate()
    people = list(Member.objects.visible_to(officer).present().filter(household=household)) if household else []
    place = household.place if household else village.place
    first = VisitForm.first_values(checklist, household, people)
    first |= {"visited_on": today, "officer": str(officer.pk), "about": request.GET.get("about", "")[:60]}
    return VisitForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        checklist=checklist,
        household=household,
        people=people,
        visitors=[(str(each.pk), each.name) for each in selectors.visitors_at(place, today)],
        day=today,
        initial={**first, **(initial or {})},
    )


def _taken(request: HttpRequest, done: services.Recorded, form: VisitForm) -> HttpResponse:
    """The visit is there; now its photos, and a word about each that was refused."""
    if done.visit is None:
        messages.warning(request, _("这次走访有内容须核对，已放入待处理。"))
        return redirect("visit-tray")
    officer = officer_of(request)
    for note, upload in form.uploads():
        refusal = services.take_whole(by=officer, photo_uuid=note["uuid"], upload=upload, look=True)
        if refusal is not None:
            messages.warning(request, refusal.message)
    for problem in done.problems:
        messages.warning(request, problem.message)
    messages.success(request, _("走访已登记。"))
    if done.corrections:
        number = len(done.corrections)
        messages.info(request, _("其中 {number} 项与户档不同，确认后才会更正户档。").format(number=number))
    return redirect("visit", done.visit.pk)
