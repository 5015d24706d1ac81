"""Meetings, as they are entered on a phone in the village hall: who should come, who came, what was said of a case."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_POST, require_safe

from bangfu.accounts.models import Officer
from bangfu.casework import services
from bangfu.casework.acting import post_for
from bangfu.casework.gathering import groups_for
from bangfu.casework.meetings import Expected, proposed_aside
from bangfu.casework.models import Meeting, MeetingPaper, Vote
from bangfu.casework.procedures import Step, StepKind
from bangfu.registry.models import Member
from bangfu.registry.papers import open_file
from bangfu.web.casework.groups import chosen, group_of
from bangfu.web.casework.stepping import refusals
from bangfu.web.files import as_file
from bangfu.web.forms import TablerForm, carried_out
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import neighbours

MEETINGS_SHOWN = 20
# Written behind a name: that person listens and has no vote.
LISTENS = gettext_noop("列席")


class MeetingForm(TablerForm):
    held_on = forms.DateField(label=gettext_lazy("会议日期"))
    held_at = forms.CharField(label=gettext_lazy("地点"), max_length=120, required=False)
    chair = forms.CharField(label=gettext_lazy("主持人"), max_length=60)
    recorder = forms.CharField(label=gettext_lazy("记录人"), max_length=60)


class PeopleForm(TablerForm):
    people = forms.CharField(
        label=gettext_lazy("应到人员"),
        widget=forms.Textarea(attrs={"rows": 10, "data_wide": True}),
        help_text=gettext_lazy("每行一人：姓名，后面可写身份，用空格隔开。列席而没有表决权的，在身份后写“列席”。"),
    )


class VoteForm(TablerForm):
    in_favour = forms.IntegerField(label=gettext_lazy("赞成"), min_value=0, max_value=9999)
    against = forms.IntegerField(label=gettext_lazy("反对"), min_value=0, max_value=9999)
    abstained = forms.IntegerField(label=gettext_lazy("弃权"), min_value=0, max_value=9999)
    note = forms.CharField(label=gettext_lazy("主要意见"), max_length=400, required=False)


class CloseForm(TablerForm):
    minutes = forms.CharField(
        label=gettext_lazy("会议记录"), widget=forms.Textarea(attrs={"rows": 6, "data_wide": True}), max_length=20_000
    )


class PhotoForm(TablerForm):
    upload = forms.FileField(
        label=gettext_lazy("照片或签到表"), widget=forms.FileInput(attrs={"accept": "image/*,.pdf"})
    )
    title = forms.CharField(label=gettext_lazy("名称"), max_length=120)


@needs("cases.view")
@require_safe
def meeting_list(request: HttpRequest) -> HttpResponse:
    """The cases that wait for a meeting, by village, and the meetings held."""
    officer = officer_of(request)
    held = Meeting.objects.visible_to(officer).select_related("area")
    page = Paginator(held, MEETINGS_SHOWN).get_page(request.GET.get("page"))
    context = {
        "groups": groups_for(officer, StepKind.MEETING),
        "meetings": page.object_list,
        "number": page.paginator.count,
        "page": neighbours(request, page),
    }
    return render(request, "casework/meeting_list.html", context)


@needs("cases.act")
def meeting_new(request: HttpRequest) -> HttpResponse:
    """A meeting over the cases that wait for it in one village."""
    group, cases = group_of(request, StepKind.MEETING)
    officer = officer_of(request)
    ticked = chosen(request, cases)
    form = MeetingForm(request.POST or None, initial={"held_on": timezone.localdate(), "recorder": officer.name})
    if form.is_valid():
        meeting = carried_out(form, lambda: services.call_meeting(by=officer, cases=ticked, **form.cleaned_data))
        if meeting:
            messages.success(request, _("会议已登记，请登记应到人员。"))
            return redirect("meeting", meeting.pk)
    context = {"group": group, "cases": cases, "ticked": {case.pk for case in ticked}, "form": form}
    return render(request, "casework/meeting_new.html", context, status=422 if form.is_bound else 200)


def meeting_of(request: HttpRequest, pk: int) -> Meeting:
    found: Meeting = get_object_or_404(
        Meeting.objects.visible_to(officer_of(request)).select_related("area", "called_by"), pk=pk
    )
    return found


@needs("cases.view")
@require_safe
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, meeting_of(request, pk))


def _page(request: HttpRequest, found: Meeting, status: int = 200, **given: Any) -> HttpResponse:
    people = list(found.attendance.select_related("member").order_by("pk"))
    rows = list(found.votes.select_related("case__version").order_by("number"))
    step: Step = rows[0].case.version.read.step(found.step)
    open_ = found.closed_at is None and post_for(officer_of(request), step, found.place) is not None
    came = [p for p in people if p.present]
    attended = bool(people) and all(p.present is not None for p in people)
    context = {
        "meeting": found,
        "procedure": rows[0].case.version.read,
        "step": step,
        "people": people,
        "attended": attended,
        "expected": sum(1 for p in people if p.votes),
        "present": sum(1 for p in came if p.votes),
        "votes": [_vote_row(found, row, came, open_ and attended, given.get("vote_form")) for row in rows],
        "papers": found.papers.all(),
        "may_act": open_,
        "over": found.held_on <= timezone.localdate(),
        "people_form": given.get("people_form") or PeopleForm(initial={"people": _as_lines(people)}),
        "close_form": given.get("close_form") or CloseForm(initial={"minutes": found.minutes}),
        "photo_form": given.get("photo_form") or PhotoForm(),
        "refusals": [] if open_ and (attended or "close_form" not in given) else _refused(given),
    }
    return render(request, "casework/meeting.html", context, status=status)


def _refused(given: dict[str, Any]) -> list[str]:
    return refusals(*(form[1] if isinstance(form, tuple) else form for form in given.values()))


def _vote_row(found: Meeting, row: Vote, came: list[Any], open_: bool, sent: tuple[int, VoteForm] | None) -> Any:
    """A case as the meeting voted on it; while the record is open, with a form and those who should stand aside."""
    aside = {each["person"]: each["reason"] for each in row.aside}
    names = [{"name": p.name, "reason": aside[p.pk]} for p in came if p.pk in aside]
    if not open_:
        return {"vote": row, "aside": names}
    proposed = {person.pk: reason for person, reason in proposed_aside(found, row.case)}
    form = sent[1] if sent and sent[0] == row.pk else _vote_form(row)
    voted = row.in_favour is not None
    return {
        "vote": row,
        "aside": names,
        "form": form,
        "came": [
            {
                "person": p,
                "reason": aside.get(p.pk, proposed.get(p.pk, "")),
                "ticked": p.pk in (aside if voted else proposed),
            }
            for p in came
        ],
        "proposed": proposed,
    }


def _vote_form(row: Vote, data: Any = None) -> VoteForm:
    initial = {name: getattr(row, name) for name in ("in_favour", "against", "abstained", "note")}
    return VoteForm(data, initial=initial, prefix=f"vote{row.pk}")


def _as_lines(people: list[Any]) -> str:
    return "\n".join(" ".join(filter(None, (p.name, p.capacity, "" if p.votes else _("列席")))) for p in people)


@needs("cases.act")
@require_POST
def meeting_people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who should attend, one a line; who bears the name of one villager only is known to be that villager."""
    found = meeting_of(request, pk)
    form = PeopleForm(request.POST)
    if form.is_valid():
        people = [_expected(line) for line in form.cleaned_data["people"].splitlines() if line.strip()]
        known = _villagers(officer_of(request), found, [person.name for person in people])
        linked = [Expected(p.name, p.capacity, known.get(p.name), p.votes) for p in people]
        if carried_out(form, lambda: services.expect(meeting=found, by=officer_of(request), people=linked)):
            messages.success(request, _("已登记应到 {number} 人。").format(number=len(linked)))
            return redirect("meeting", pk)
    return _page(request, found, status=422, people_form=form)


def _expected(line: str) -> Expected:
    name, _blank, rest = line.strip().partition(" ")
    words = rest.split()
    listening = {LISTENS, _(LISTENS)}
    capacity = " ".join(word for word in words if word not in listening)
    return Expected(name[:60], capacity[:60], votes=not listening & set(words))


def _villagers(officer: Officer, found: Meeting, names: list[str]) -> dict[str, int]:
    """The one villager who bears each name; a name that several bear stays without."""
    bearers: dict[str, list[int]] = {}
    for pk, name in (
        Member.objects.visible_to(officer).inside(found.area).present().filter(name__in=names).values_list("pk", "name")
    ):
        bearers.setdefault(name, []).append(pk)
    return {name: pks[0] for name, pks in bearers.items() if len(pks) == 1}


@needs("cases.act")
@require_POST
def meeting_present(request: HttpRequest, pk: int) -> HttpResponse:
    """Who was there."""
    found = meeting_of(request, pk)
    here = [int(each) for each in request.POST.getlist("person") if each.isascii() and each.isdigit()]
    services.attend(meeting=found, by=officer_of(request), present=here)
    messages.success(request, _("到会人员已登记。"))
    return redirect("meeting", pk)


@needs("cases.act")
@require_POST
def meeting_vote(request: HttpRequest, pk: int, vote: int) -> HttpResponse:
    """What was said of one case."""
    found = meeting_of(request, pk)
    row = get_object_or_404(found.votes.select_related("case__version"), pk=vote)
    form = _vote_form(row, request.POST)
    if form.is_valid():
        aside = {
            int(each): request.POST.get(f"reason-{each}", "").strip()[:60] or _("本人申请回避")
            for each in request.POST.getlist("aside")
            if each.isascii() and each.isdigit()
        }
        given = form.cleaned_data
        if carried_out(
            form,
            lambda: services.vote(meeting=found, case=row.case, by=officer_of(request), aside=aside, **given),
        ):
            messages.success(request, _("{name}的表决已登记。").format(name=row.case.subject_name))
            return redirect("meeting", pk)
    return _page(request, found, status=422, vote_form=(row.pk, form))


@needs("cases.act")
@require_POST
def meeting_close(request: HttpRequest, pk: int) -> HttpResponse:
    found = meeting_of(request, pk)
    form = CloseForm(request.POST)
    if form.is_valid():
        minutes = form.cleaned_data["minutes"]
        if carried_out(form, lambda: services.close_meeting(meeting=found, by=officer_of(request), minutes=minutes)):
            messages.success(request, _("会议记录已定稿，可以办理案件了。"))
            return redirect("meeting", pk)
    return _page(request, found, status=422, close_form=form)


@needs("cases.act")
@require_POST
def meeting_photo(request: HttpRequest, pk: int) -> HttpResponse:
    found = meeting_of(request, pk)
    form = PhotoForm(request.POST, request.FILES)
    if form.is_valid():
        given = form.cleaned_data
        if carried_out(
            form,
            lambda: services.add_meeting_paper(
                meeting=found, by=officer_of(request), kind="photo", title=given["title"], upload=given["upload"]
            ),
        ):
            messages.success(request, _("已上传。"))
            return redirect("meeting", pk)
    return _page(request, found, status=422, photo_form=form)


@needs("cases.view")
@require_safe
def meeting_paper(request: HttpRequest, pk: int, paper: int) -> Any:
    """A photo or sheet of a meeting."""
    found = get_object_or_404(MeetingPaper.objects.visible_to(officer_of(request)).filter(meeting_id=pk), pk=paper)
    return as_file(open_file(found), found.media_type, found.title)
