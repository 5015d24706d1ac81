"""Resident teams: who lives in which village, on which days, and how that stands against policy."""

from calendar import monthrange
from datetime import date, timedelta
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

from bangfu.accounts.models import Officer
from bangfu.common.policy import code_list
from bangfu.support import attendance, selectors, services
from bangfu.support.models import Leave, Team, TeamMember, Unit
from bangfu.support.policy import policy
from bangfu.web.forms import TablerForm, carried_out, choose
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import neighbours, without
from bangfu.web.scope import scope_of
from bangfu.web.support.picking import AreaField, offers, picked, villages_of

ROWS = 50
COLOURS = {"met": "green", "short": "red", "open": "", "partial": ""}


class TeamForm(TablerForm):
    village = AreaField(label=gettext_lazy("村"))
    unit = forms.ModelChoiceField(label=gettext_lazy("派出单位"), queryset=Unit.objects.none(), required=False)
    starts_on = forms.DateField(label=gettext_lazy("进驻日期"))

    def __init__(self, *args: Any, officer: Officer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit: Any = self.fields["unit"]
        unit.queryset = Unit.objects.visible_to(officer).filter(closed_on=None).order_by("name", "pk")
        village: Any = self.fields["village"]
        village.offer(villages_of(officer))


class JoinForm(TablerForm):
    role = forms.ChoiceField(label=gettext_lazy("身份"), choices=TeamMember.Role.choices)
    starts_on = forms.DateField(label=gettext_lazy("驻村开始"))
    term_ends_on = forms.DateField(label=gettext_lazy("任期到"))


class EndForm(TablerForm):
    on = forms.DateField(label=gettext_lazy("日期"))
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200)


class LeaveForm(TablerForm):
    kind = forms.ChoiceField(label=gettext_lazy("请假类别"))
    first_day = forms.DateField(label=gettext_lazy("第一天"))
    last_day = forms.DateField(label=gettext_lazy("最后一天"))
    reason = forms.CharField(label=gettext_lazy("事由"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "kind", code_list("leave_kind").choices())


@needs("support.view")
@require_safe
def team_list(request: HttpRequest) -> HttpResponse:
    """The teams of today; too few people, or no first secretary, stands out."""
    officer, today = officer_of(request), timezone.localdate()
    scope = scope_of(request, "support.view")
    lines = selectors.teams(officer, scope.area, today)
    page = Paginator(lines, ROWS).get_page(request.GET.get("page"))
    rows = [
        {"line": line, "few": line.people < policy(line.team.village.code).team.people.at_least}
        for line in page.object_list
    ]
    context = {
        "scope": scope,
        "elsewhere": without(request, "page", "area").urlencode(),
        "number": len(lines),
        "teamless": selectors.villages_without_team(officer, scope.area, today),
        "rows": rows,
        "page": neighbours(request, page),
    }
    return render(request, "support/team_list.html", context)


@needs("support.edit")
def team_new(request: HttpRequest) -> HttpResponse:
    officer = officer_of(request)
    initial = {"starts_on": timezone.localdate(), "village": request.GET.get("village", "")}
    form = TeamForm(request.POST or None, officer=officer, initial=initial)
    if form.is_valid():
        made = carried_out(form, lambda: services.form_team(by=officer, **form.cleaned_data))
        if made:
            messages.success(request, _("已登记工作队，请登记队员。"))
            return redirect("team", made.pk)
    return render(request, "support/team_new.html", {"form": form}, status=422 if form.errors else 200)


def team_of(request: HttpRequest, pk: int) -> Team:
    rows = Team.objects.visible_to(officer_of(request)).select_related("village__parent", "unit")
    found: Team = get_object_or_404(rows, pk=pk)
    return found


def member_of(request: HttpRequest, pk: int) -> TeamMember:
    rows = TeamMember.objects.visible_to(officer_of(request)).select_related("team__village__parent", "helper__unit")
    found: TeamMember = get_object_or_404(rows, pk=pk)
    return found


@needs("support.view")
@require_safe
def team(request: HttpRequest, pk: int) -> HttpResponse:
    """A team: its people, and a year (`?year=`) of their days and leave against the figures of policy."""
    officer, today = officer_of(request), timezone.localdate()
    found = team_of(request, pk)
    year = _year(request, today)
    wanted = policy(found.village.code).team
    members = list(
        TeamMember.objects.visible_to(officer)
        .filter(team=found)
        .select_related("helper__unit")
        .order_by("starts_on", "pk")
    )
    served = [m for m in members if m.starts_on.year <= year and (m.ended_on is None or m.ended_on.year >= year)]
    leaves = Leave.objects.visible_to(officer).filter(member__team=found).select_related("member__helper")
    leaves = leaves.filter(first_day__year__lte=year, last_day__year__gte=year)
    kinds = code_list("leave_kind")
    present = [m for m in members if m.ended_on is None]
    context = {
        "team": found,
        "present": present,
        "gone": [m for m in members if m.ended_on is not None],
        "few": len(present) < wanted.people.at_least,
        "leaderless": not any(m.role == TeamMember.Role.FIRST_SECRETARY for m in present),
        "over_term": {m.pk for m in present if m.term_ends_on < today},
        "policy": wanted,
        "year": year,
        "years": range(max(found.starts_on.year, today.year - 9), today.year + 1),
        "attended": [_line(each) for each in attendance.attended(served, year, wanted, today)],
        "leaves": [{"leave": each, "kind": kinds.label_of(each.kind)} for each in leaves],
        "may_edit": found.ended_on is None and officer.may("support.edit", found.village.place),
    }
    return render(request, "support/team.html", context)


def _year(request: HttpRequest, today: date) -> int:
    text = request.GET.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else today.year
    return year if 2000 <= year <= today.year else today.year


def _line(each: attendance.Attended) -> dict[str, Any]:
    """A member's year: a cell for every month, coloured by how it stands."""
    months = {month.first.month: month for month in each.months}
    return {
        "member": each.member,
        "months": [
            {"number": n, "month": months.get(n), "colour": COLOURS[months[n].standing] if n in months else ""}
            for n in range(1, 13)
        ],
        "year": each.year,
        "colour": COLOURS[each.year.standing],
        "leave": each.leave,
    }


@needs("support.edit")
def team_end(request: HttpRequest, pk: int) -> HttpResponse:
    officer, found = officer_of(request), team_of(request, pk)
    form = EndForm(request.POST or None, initial={"on": timezone.localdate()})
    if form.is_valid() and carried_out(form, lambda: services.end_team(by=officer, team=found, **form.cleaned_data)):
        messages.success(request, _("已登记撤出。"))
        return redirect("team", pk)
    context = {"team": found, "form": form}
    return render(request, "support/team_end.html", context, status=422 if form.errors else 200)


@needs("support.edit")
def team_join(request: HttpRequest, pk: int) -> HttpResponse:
    officer, found = officer_of(request), team_of(request, pk)
    today = timezone.localdate()
    months = policy(found.village.code).team.term_months.at_least
    term = services.months_after(today, months) - timedelta(days=1)
    initial = {"role": TeamMember.Role.MEMBER, "starts_on": today, "term_ends_on": term}
    form = JoinForm(request.POST or None, initial=initial)
    if form.is_valid():
        person = picked(request)
        if person is None:
            form.add_error(None, _("请选择一名队员。"))
        elif carried_out(form, lambda: services.join_team(by=officer, team=found, helper=person, **form.cleaned_data)):
            messages.success(request, _("{name} 已进驻。").format(name=person.name))
            return redirect("team", pk)
    context = {"team": found, "form": form, "months": months, **offers(request, found.village)}
    return render(request, "support/team_join.html", context, status=422 if form.errors else 200)


@needs("support.edit")
def member_leave(request: HttpRequest, pk: int) -> HttpResponse:
    officer, found = officer_of(request), member_of(request, pk)
    form = EndForm(request.POST or None, initial={"on": timezone.localdate()})
    if form.is_valid() and carried_out(
        form, lambda: services.leave_team(by=officer, member=found, **form.cleaned_data)
    ):
        messages.success(request, _("已登记离队。"))
        return redirect("team", found.team_id)
    context = {"team": found.team, "member": found, "form": form}
    return render(request, "support/team_end.html", context, status=422 if form.errors else 200)


@needs("support.edit")
def member_days(request: HttpRequest, pk: int) -> HttpResponse:
    """The days of a month (`?month=2026-03`), ticked when the member was in the village."""
    officer, found = officer_of(request), member_of(request, pk)
    today = timezone.localdate()
    year, month = _month(request, today)
    first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    form = forms.Form(request.POST or None)
    if request.method == "POST":
        days = _days(request, year, month)
        if form.is_valid() and carried_out(
            form, lambda: (services.enter_days(by=officer, member=found, year=year, month=month, days=days), True)
        ):
            messages.success(
                request, _("已登记 {name} 在村 {number} 天。").format(name=found.helper.name, number=len(days))
            )
            return redirect("team", found.team_id)
    else:
        days = set(found.days.filter(day__gte=first, day__lte=last).values_list("day", flat=True))
    away = found.leaves.filter(withdrawn_at=None, first_day__lte=last, last_day__gte=first)
    on_leave = {
        day for each in away for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
        if each.first_day <= day <= each.last_day
    }  # fmt: skip
    before, after = first - timedelta(days=1), last + timedelta(days=1)
    context = {
        "team": found.team,
        "member": found,
        "form": form,
        "first": first,
        "blanks": range(first.weekday()),
        "days": [
            {
                "day": day,
                "ticked": day in days,
                "leave": day in on_leave,
                "closed": day > today
                or day < found.starts_on
                or (found.ended_on is not None and day >= found.ended_on),
            }
            for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
        ],
        "wanted": policy(found.team.village.code).team.days_a_month.at_least,
        "before": f"{before:%Y-%m}" if before >= found.starts_on else "",
        "after": f"{after:%Y-%m}" if after <= today else "",
    }
    return render(request, "support/member_days.html", context, status=422 if form.errors else 200)


def _month(request: HttpRequest, today: date) -> tuple[int, int]:
    year, _dash, month = request.GET.get("month", "").partition("-")
    whole = f"{year}{month}".isascii() and year.isdigit() and month.isdigit() and len(year) == 4 and len(month) < 3
    if whole and 2000 <= int(year) <= today.year and 1 <= int(month) <= 12:
        return int(year), int(month)
    return today.year, today.month


def _days(request: HttpRequest, year: int, month: int) -> set[date]:
    last = monthrange(year, month)[1]
    given = {int(each) for each in request.POST.getlist("day") if each.isascii() and each.isdigit() and len(each) < 3}
    return {date(year, month, number) for number in given if 1 <= number <= last}


@needs("support.edit")
def leave_new(request: HttpRequest, pk: int) -> HttpResponse:
    officer, found = officer_of(request), member_of(request, pk)
    form = LeaveForm(request.POST or None)
    if form.is_valid() and carried_out(
        form, lambda: services.enter_leave(by=officer, member=found, **form.cleaned_data)
    ):
        messages.success(request, _("已登记请假。"))
        return redirect("team", found.team_id)
    context = {"team": found.team, "member": found, "form": form}
    return render(request, "support/leave_new.html", context, status=422 if form.errors else 200)


@needs("support.edit")
@require_POST
def leave_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    officer = officer_of(request)
    found: Leave = get_object_or_404(Leave.objects.visible_to(officer).select_related("member"), pk=pk)
    services.withdraw_leave(by=officer, leave=found)
    messages.success(request, _("这次请假已撤销。"))
    return redirect("team", found.member.team_id)
