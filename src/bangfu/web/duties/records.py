"""Records of meetings, inspections, reports, studies and news items: the list, the form, papers, taking one back."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.plans import services
from bangfu.plans.duties import selectors
from bangfu.plans.duties.acting import may_record
from bangfu.plans.duties.loading import Regimes
from bangfu.plans.duties.shapes import RECORDED, Duty
from bangfu.plans.duties.words import duty_label, evidence_of, often_label, what_label
from bangfu.plans.models import DutyPaper, DutyRecord
from bangfu.plans.services import Person
from bangfu.registry.papers import open_file
from bangfu.support.models import Team, Unit
from bangfu.web.files import as_file
from bangfu.web.forms import TablerForm, carried_out, choose
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import neighbours, without
from bangfu.web.scope import scope_of

SHOWN = 30
ANY = ("", gettext_lazy("不限"))


class RecordFilter(TablerForm):
    what = forms.ChoiceField(label=gettext_lazy("类别"), required=False)
    since = forms.DateField(label=gettext_lazy("从"), required=False)
    until = forms.DateField(label=gettext_lazy("到"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("状态"),
        required=False,
        choices=(
            ("", gettext_lazy("有效")),
            ("lacking", gettext_lazy("材料不齐")),
            ("withdrawn", gettext_lazy("已作废")),
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "what", [ANY, *((what.value, what_label(what)) for what in RECORDED)])


@needs("duties.view")
@require_safe
def record_list(request: HttpRequest) -> HttpResponse:
    """The records of the officer's areas, the latest first."""
    officer = officer_of(request)
    scope = scope_of(request, "duties.view")
    form = RecordFilter(request.GET)
    form.full_clean()
    asked = {name: value for name, value in form.cleaned_data.items() if value}
    rows = selectors.found_records(officer, area=scope.area, **asked)
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    context = {
        "scope": scope,
        "form": form,
        "elsewhere": without(request, "page", "area").urlencode(),
        "rows": [
            {
                "record": each,
                "what": what_label(each.what),
                "duties": [duty_label(served.duty) for served in each.served.all()],
                "lacking": any(not served.complete for served in each.served.all()),
            }
            for each in page.object_list
        ],
        "number": page.paginator.count,
        "page": neighbours(request, page),
        "units": _recordable_units(request),
        "teams": _recordable_teams(request),
        "tab": "records",
    }
    return render(request, "duties/record_list.html", context)


def _recordable_units(request: HttpRequest) -> list[Unit]:
    """The units for which the officer may record something."""
    officer = officer_of(request)
    return [unit for unit in selectors.units(officer) if may_record(officer, unit=unit)]


def _recordable_teams(request: HttpRequest) -> list[Team]:
    officer = officer_of(request)
    return [team for team in selectors.teams(officer) if may_record(officer, team=team)]


# --- a new one -------------------------------------------------------------------------------------------------------


class RecordForm(TablerForm):
    duties = forms.MultipleChoiceField(
        label=gettext_lazy("对应的履职要求"),
        widget=forms.CheckboxSelectMultiple(attrs={"data_wide": True}),
        help_text=gettext_lazy("一次会议可以同时对应几项要求，只登记一次。"),
    )
    title = forms.CharField(label=gettext_lazy("名称"), max_length=120)
    done_on = forms.DateField(label=gettext_lazy("完成日期"))
    about_on = forms.DateField(
        label=gettext_lazy("所属日期"),
        required=False,
        help_text=gettext_lazy("材料反映的是以前某一期的，填那一期中的任意一天；不填就是完成日期。"),
    )
    held_at = forms.CharField(label=gettext_lazy("地点或刊播媒体"), max_length=120, required=False)
    people = forms.CharField(
        label=gettext_lazy("参加人员"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4, "data_wide": True}),
        help_text=gettext_lazy("每行一人：姓名，后面可写身份，用空格隔开。会议、督查、专题研究须登记。"),
    )
    summary = forms.CharField(
        label=gettext_lazy("内容"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "data_wide": True}),
    )

    def __init__(self, *args: Any, duties: list[Duty], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "duties", [(each.id, f"{each.title} · {often_label(each)}") for each in duties])


@needs("duties.record")
def record_new(request: HttpRequest) -> HttpResponse:
    """A record of the unit or the team that the address names."""
    officer = officer_of(request)
    unit, team = _whose(request)
    if not may_record(officer, unit=unit, team=team):
        raise Http404
    area = unit.area if unit else team.village  # type: ignore[union-attr]
    duties = _open_duties(unit, area.place)
    initial = {"done_on": timezone.localdate(), "duties": [request.GET.get("duty", "")]}
    form = RecordForm(request.POST or None, duties=duties, initial=initial)
    if form.is_valid():
        given = dict(form.cleaned_data)
        people = [_person(line, unit, team) for line in given.pop("people").splitlines() if line.strip()]
        made = carried_out(form, lambda: services.record_duty(by=officer, unit=unit, team=team, people=people, **given))
        if made:
            messages.success(request, _("已登记。材料齐全后计入履职。"))
            return redirect("duty-record", made.pk)
    name = unit.name if unit else _("{village}驻村工作队").format(village=area.name)
    context = {"form": form, "name": name, "duties": duties}
    return render(request, "duties/record_new.html", context, status=422 if form.is_bound else 200)


def _whose(request: HttpRequest) -> tuple[Unit | None, Team | None]:
    """The unit or the team of `?unit=` or `?team=`, as far as the officer sees it. Raises Http404."""
    officer = officer_of(request)
    for name, rows in (("unit", selectors.units(officer)), ("team", selectors.teams(officer))):
        text = request.GET.get(name, "")
        if text.isascii() and text.isdigit() and len(text) < 19:
            found: Any = get_object_or_404(rows, pk=int(text))
            return (found, None) if name == "unit" else (None, found)
    raise Http404


def _open_duties(unit: Unit | None, place: int, day: date | None = None) -> list[Duty]:
    """The duties that a unit (None: a team) fulfils by records."""
    held = Regimes.now().at(place, day or timezone.localdate()).values()
    found = [
        duty
        for duty in held
        if duty.recorded and (duty.who.teams if unit is None else duty.who.means_unit(unit.level, unit.name))
    ]
    return sorted(found, key=lambda duty: (RECORDED.index(duty.what), duty.id))


def _person(line: str, unit: Unit | None, team: Team | None) -> Person:
    """Somebody named in a line; a helper of the unit or team of that name by their account."""
    name, _blank, capacity = line.strip().partition(" ")
    return Person(name, capacity.strip(), selectors.account_of(name, unit=unit, team=team))


# --- one record ------------------------------------------------------------------------------------------------------


class PaperForm(TablerForm):
    wanted = forms.ChoiceField(label=gettext_lazy("材料种类"))
    upload = forms.FileField(label=gettext_lazy("文件"), widget=forms.FileInput(attrs={"accept": "image/*,.pdf"}))
    title = forms.CharField(label=gettext_lazy("名称"), max_length=120, required=False)

    def __init__(self, *args: Any, record: DutyRecord, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "wanted", [(each.id, str(each.label)) for each in evidence_of(record)])


class WithdrawForm(TablerForm):
    reason = forms.CharField(label=gettext_lazy("作废理由"), max_length=200)


def record_of(request: HttpRequest, pk: int) -> DutyRecord:
    found: DutyRecord = get_object_or_404(
        selectors.records(officer_of(request)).select_related("unit__area", "team__village", "recorded_by"), pk=pk
    )
    return found


@needs("duties.view")
@require_safe
def record_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, record_of(request, pk))


def _page(request: HttpRequest, found: DutyRecord, status: int = 200, **forms_: Any) -> HttpResponse:
    papers = list(found.papers.filter(removed_at=None).select_related("added_by").order_by("pk"))
    wanted = evidence_of(found)
    labels = {each.id: str(each.label) for each in wanted}
    mine = found.withdrawn_at is None and may_record(officer_of(request), unit=found.unit, team=found.team)
    context = {
        "record": found,
        "name": found.unit.name if found.unit else _("{village}驻村工作队").format(village=found.area.name),
        "what": what_label(found.what),
        "served": [
            {"title": duty_label(each.duty), "about_on": each.about_on, "complete": each.complete}
            for each in found.served.all()
        ],
        "people": found.people.all(),
        "wanted": [
            {
                "label": each.label,
                "minimum": each.minimum,
                "there": sum(1 for paper in papers if paper.wanted == each.id),
                "lacking": max(each.minimum - sum(1 for paper in papers if paper.wanted == each.id), 0),
            }
            for each in wanted
        ],
        "papers": [{"paper": each, "kind": labels.get(each.wanted, each.wanted)} for each in papers],
        "may_act": mine,
        "paper_form": forms_.get("paper_form") or (PaperForm(record=found) if mine and wanted else None),
        "withdraw_form": forms_.get("withdraw_form") or (WithdrawForm() if mine else None),
    }
    return render(request, "duties/record.html", context, status=status)


@needs("duties.record")
@require_POST
def paper_add(request: HttpRequest, pk: int) -> HttpResponse:
    found = record_of(request, pk)
    form = PaperForm(request.POST, request.FILES, record=found)
    if form.is_valid() and carried_out(
        form, lambda: services.add_paper(duty_record=found, by=officer_of(request), **form.cleaned_data)
    ):
        messages.success(request, _("已上传。"))
        return redirect("duty-record", pk)
    return _page(request, found, status=422, paper_form=form)


@needs("duties.view")
@require_safe
def paper(request: HttpRequest, pk: int, paper: int) -> Any:
    """A paper of a record."""
    rows = DutyPaper.objects.visible_to(officer_of(request)).filter(record_id=pk, removed_at=None)
    found = get_object_or_404(rows, pk=paper)
    return as_file(open_file(found), found.media_type, found.title)


@needs("duties.record")
@require_POST
def paper_remove(request: HttpRequest, pk: int, paper: int) -> HttpResponse:
    rows = DutyPaper.objects.visible_to(officer_of(request)).filter(record_id=pk)
    found = get_object_or_404(rows, pk=paper)
    services.remove_paper(paper=found, by=officer_of(request))
    messages.success(request, _("已移除。"))
    return redirect("duty-record", pk)


@needs("duties.record")
@require_POST
def record_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    found = record_of(request, pk)
    form = WithdrawForm(request.POST)
    if form.is_valid() and carried_out(
        form, lambda: services.withdraw(duty_record=found, by=officer_of(request), **form.cleaned_data)
    ):
        messages.success(request, _("已作废，不再计入履职。"))
        return redirect("duty-record", pk)
    return _page(request, found, status=422, withdraw_form=form)
