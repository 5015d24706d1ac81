"""One thing that was read in a document: in its context, to be mended, and accepted as what it is; where in policy a
duty or a standard belongs, and what a place would have to write to make it its own."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.plans import services
from bangfu.plans.documents import fitting, lists
from bangfu.plans.documents.lists import Narrowed
from bangfu.plans.documents.words import doubt_text, number_text
from bangfu.plans.duties.words import often_label
from bangfu.plans.models import Proposal
from bangfu.plans.models.documents import COMPARISON_LABELS, KIND_LABELS, MENDED, label_of, read_value
from bangfu.plans.reading.found import Kind
from bangfu.plans.targets.catalogue import measures_in
from bangfu.support.models import Unit
from bangfu.web.forms import TablerForm, carried_out, choose
from bangfu.web.guard import needs, officer_of
from bangfu.web.plans.desk import address, cards_of, proposal_of
from bangfu.web.plans.marking import Mark, around
from bangfu.web.rulebook.shown import place_code

NONE = ("", gettext_lazy("没有"))
PERIODS = (
    NONE,
    ("day", gettext_lazy("每天")),
    ("week", gettext_lazy("每周")),
    ("half-month", gettext_lazy("每半月")),
    ("month", gettext_lazy("每月")),
    ("2-month", gettext_lazy("每两个月")),
    ("quarter", gettext_lazy("每季度")),
    ("half-year", gettext_lazy("每半年")),
    ("year", gettext_lazy("每年")),
)


class MendForm(TablerForm):
    """What the reader may have had wrong. Numbers are in the base unit."""

    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=list(KIND_LABELS.items()))
    subject = forms.CharField(label=gettext_lazy("事项"), max_length=200, required=False)
    comparison = forms.ChoiceField(label=gettext_lazy("比较"), choices=list(COMPARISON_LABELS.items()))
    number = forms.DecimalField(label=gettext_lazy("数量"), min_value=0, max_digits=24, decimal_places=6)
    number_to = forms.DecimalField(
        label=gettext_lazy("数量上限"),
        min_value=0,
        max_digits=24,
        decimal_places=6,
        required=False,
        help_text=gettext_lazy("比较为“介于”时填写。"),
    )
    unit = forms.CharField(label=gettext_lazy("单位"), max_length=40, required=False)
    deadline = forms.CharField(
        label=gettext_lazy("期限"),
        max_length=10,
        required=False,
        help_text=gettext_lazy("如 2026-06-30、2026-06 或 2026；没有期限的不填。"),
    )
    cadence_period = forms.ChoiceField(label=gettext_lazy("周期"), choices=PERIODS, required=False)
    cadence_times = forms.DecimalField(
        label=gettext_lazy("每期次数"), min_value=0, max_digits=12, decimal_places=6, required=False
    )
    owner = forms.CharField(label=gettext_lazy("责任单位（人）"), max_length=200, required=False)
    area_name = forms.CharField(label=gettext_lazy("适用区域"), max_length=200, required=False)


class TrackForm(TablerForm):
    """How a target is tracked."""

    area = forms.ChoiceField(label=gettext_lazy("哪里的目标"))
    measure = forms.ChoiceField(
        label=gettext_lazy("计量口径"),
        required=False,
        help_text=gettext_lazy("选了口径的，进展由系统按户档、办理和帮扶记录计算；不选的，由责任单位报送。"),
    )
    owner_unit = forms.ChoiceField(label=gettext_lazy("责任单位"), required=False)
    starts_on = forms.DateField(
        label=gettext_lazy("开始日期"),
        required=False,
        help_text=gettext_lazy("不填为今天；期限已过的，填写当时的开始日期。"),
    )

    base = forms.DecimalField(
        label=gettext_lazy("起点值"),
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
        help_text=gettext_lazy(
            "开始日期时已有多少。不填的，按口径计量的现状（如参保率）从今天的值起算，其他从零起算。"
        ),
    )

    def __init__(self, *args: Any, officer: Officer, proposal: Proposal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        top = proposal.document.area
        below = Area.objects.visible_to(officer).current().filter(parent=top).order_by("place")
        self.areas = {str(area.pk): area for area in (top, *below)}
        choose(self, "area", [(pk, area.name) for pk, area in self.areas.items()])
        measures = measures_in(proposal.unit)
        choose(self, "measure", [("", _("由责任单位报送")), *((each.id, str(each.label)) for each in measures)])
        self.initial.setdefault("measure", fitting.measure_for(proposal))
        units = Unit.objects.visible_to(officer).filter(closed_on=None).order_by("name", "pk")
        self.units = {str(unit.pk): unit for unit in units}
        choose(self, "owner_unit", [NONE, *((pk, unit.name) for pk, unit in self.units.items())])
        named = [pk for pk, unit in self.units.items() if unit.name in proposal.owner or proposal.owner in unit.name]
        if proposal.owner and len(named) == 1:
            self.initial.setdefault("owner_unit", named[0])

    def chosen(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "area": self.areas[given["area"]],
            "measure": given["measure"],
            "owner_unit": self.units.get(given["owner_unit"]),
            "starts_on": given["starts_on"],
            "base": given["base"],
        }


class RefuseForm(TablerForm):
    reason = forms.CharField(label=gettext_lazy("不采纳的理由"), max_length=200, required=False)


@needs("plans.view")
@require_safe
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    found = proposal_of(request, pk)
    return render(request, "plans/proposal.html", _context(request, found))


def _context(request: HttpRequest, found: Proposal, **forms_given: Any) -> dict[str, Any]:
    officer, document = officer_of(request), found.document
    keeps = document.withdrawn_at is None and officer.may("plans.edit", document.place)
    is_open = found.state == Proposal.State.OPEN
    context: dict[str, Any] = {
        "card": cards_of(officer, [found])[0],
        "proposal": found,
        "document": document,
        "around": _around(found),
        "headings": fitting.headings_of(found),
        "desk": address(
            document, Narrowed(), lists.sheet_of(lists.all_sheets(document), found.start).number, f"p{found.pk}"
        ),
        "doubts": [doubt_text(each) for each in found.doubts],
        "changes": _changes(found),
        "keeps": keeps,
        "is_open": is_open,
    }
    if found.kind == Kind.STANDARD:
        context["figures"] = _figures(officer, found)
    elif found.kind == Kind.DUTY:
        context["duties"] = _duties(found)
        context["none_fits"] = not any(each["same"] for each in context["duties"])
    if keeps and is_open:
        context["mend_form"] = MendForm(
            initial={name: shown_value(getattr(found, name)) for name in MENDED}, prefix="mend"
        )
        context["refuse_form"] = RefuseForm(prefix="refuse")
        if found.kind == Kind.TARGET:
            context["track_form"] = TrackForm(officer=officer, proposal=found, prefix="track")
    return context | forms_given


def shown_value(value: Any) -> Any:
    """A value as the field of a form shows it: 2, not 2.0."""
    return number_text(value).replace(",", "") if isinstance(value, Decimal) else value


def _around(found: Proposal) -> Any:
    """The quote in its place, with some of the text before and behind it."""
    marks = [
        Mark(found.start, found.end, f"q q-{found.kind}"),
        Mark(found.at_start, found.at_end, "n"),
        *(Mark(each["start"], each["end"], "doubt-mark", doubt_text(each)) for each in found.doubts),
    ]
    return around(found.document.text, found.start, found.end, marks)


def _changes(found: Proposal) -> list[dict[str, str]]:
    """What a person has mended: the name of the field, what was read and what stands now."""

    def told(name: str, value: Any) -> str:
        value = read_value(name, value)
        if isinstance(value, Decimal):
            return number_text(value)
        labels: dict[Any, Any] = {"kind": KIND_LABELS, "comparison": COMPARISON_LABELS, "cadence_period": dict(PERIODS)}
        return str(labels.get(name, {}).get(value, value)) if value not in ("", None) else "—"

    return [
        {
            "label": label_of(name),
            "before": told(name, before),
            "after": told(name, getattr(found, name)),
        }
        for name, before in found.as_read.items()
    ]


def _figures(officer: Officer, found: Proposal) -> list[dict[str, Any]]:
    """The figures of policy that a standard may be a value of, each with the way to a local draft of it."""
    area, today = found.document.area, timezone.localdate()
    heading = "".join(fitting.headings_of(found)[-1:])
    return [
        {
            "figure": fit.figure,
            "now": fit.now,
            "same": fit.now is not None and Decimal(str(fit.now.value)) == found.number,
            "url": f"{reverse('draft-figure')}?"
            + urlencode(
                {
                    "figure": fit.figure.id,
                    "value": f"{found.number:.4f}".rstrip("0").rstrip("."),
                    "document": found.document.title,
                    "clause": heading[:60],
                    "reason": " ".join(found.quote.split())[:200],
                }
            )
            if officer.has_perm("rules.propose")
            else "",
        }
        for fit in fitting.figures_for(found, place_code(area), today)
    ]


def _duties(found: Proposal) -> list[dict[str, Any]]:
    """The duties of policy that a duty may be another word for; where they differ, what a place would write."""
    return [
        {
            "duty": fit.duty,
            "often": often_label(fit.duty),
            "same": fit.same,
            "difference": fitting.difference(found, fit.duty),
            "file": "" if fit.same else fitting.local_duty(found, fit.duty) or "",
        }
        for fit in fitting.duties_for(found, found.document.area, timezone.localdate())
    ]


def _again(request: HttpRequest, found: Proposal, **forms_given: Any) -> HttpResponse:
    return render(request, "plans/proposal.html", _context(request, found, **forms_given), status=422)


@needs("plans.edit")
@require_POST
def mend(request: HttpRequest, pk: int) -> HttpResponse:
    found = proposal_of(request, pk)
    form = MendForm(request.POST, prefix="mend")
    if form.is_valid():
        values = form.cleaned_data
        if carried_out(form, lambda: services.mend(by=officer_of(request), proposal=found, values=values)):
            messages.success(request, _("已改正，请核对后采纳。"))
            return redirect("plan-proposal", pk)
    return _again(request, found, mend_form=form)


@needs("plans.edit")
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """A target with how it is tracked; a duty and a standard with where they belong in policy."""
    found, officer = proposal_of(request, pk), officer_of(request)
    if found.kind != Kind.TARGET:
        services.accept(by=officer, proposal=found, answer=request.POST.get("answer", ""))
        messages.success(request, _("已采纳。"))
        return redirect("plan-proposal", pk)
    form = TrackForm(request.POST, officer=officer, proposal=found, prefix="track")
    if form.is_valid() and carried_out(
        form, lambda: services.accept(by=officer, proposal=found, **form.chosen())
    ):  # fmt: skip
        messages.success(request, _("已采纳，开始跟踪。"))
        return redirect("plan-proposal", pk)
    return _again(request, found, track_form=form)


@needs("plans.edit")
@require_POST
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    found = proposal_of(request, pk)
    form = RefuseForm(request.POST, prefix="refuse")
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if carried_out(form, lambda: services.refuse(by=officer_of(request), proposal=found, reason=reason)):
            messages.success(request, _("已记为不采纳。"))
            return redirect("plan-proposal", pk)
    return _again(request, found, refuse_form=form)
