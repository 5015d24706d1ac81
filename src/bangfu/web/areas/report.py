"""The two forms in which a village reports: its figures of a year, and its standards."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.areas import services
from bangfu.areas.changing import allow
from bangfu.areas.models import Area, ProfileFigure, StandardAnswer
from bangfu.areas.profile import village_profile
from bangfu.areas.standards import Checklist, checklists
from bangfu.common.errors import BangfuError
from bangfu.web.areas.measures import measures, year_counts
from bangfu.web.areas.page import shown, trail
from bangfu.web.forms import TablerForm, dress
from bangfu.web.guard import needs


class FiguresForm(TablerForm):
    """One field for every indicator; blank means unknown."""

    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=1949)
    source = forms.CharField(
        label=gettext_lazy("数据来源"), max_length=200, help_text=gettext_lazy("如“2020年农村经济统计年报”。")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for indicator in village_profile().indicators:
            field = forms.DecimalField(
                label=str(indicator.label),
                required=False,
                min_value=0,
                max_digits=14,
                decimal_places=indicator.decimals,
                widget=forms.NumberInput(attrs={"inputmode": "decimal"}),
            )
            field.unit = str(indicator.unit)  # type: ignore[attr-defined]
            self.fields[indicator.id] = field
        dress(self)

    @property
    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        profile = village_profile()
        return [(g, [self[i.id] for i in profile.indicators if i.group == g.id]) for g in profile.groups]

    def values(self) -> dict[str, Decimal | None]:
        return {i.id: self.cleaned_data[i.id] for i in village_profile().indicators}


def _area(request: HttpRequest, pk: int) -> Area:
    """The area if the officer may report for it; 404 otherwise, as for one that does not exist."""
    officer: Any = request.user
    area: Area = get_object_or_404(Area.objects.visible_to(officer), pk=pk)
    if request.method == "POST":
        allow(officer, "areas.profile", area.place)
    return area


def _year(request: HttpRequest) -> int:
    text = request.GET.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else date.today().year
    return min(max(year, services.FIRST_YEAR), date.today().year)


@needs("areas.profile")
def profile_edit(request: HttpRequest, pk: int) -> HttpResponse:
    officer: Any = request.user
    area = _area(request, pk)
    year = _year(request)
    if request.method == "POST":
        form = FiguresForm(request.POST)
        if form.is_valid():
            try:
                changed = services.report_figures(
                    by=officer,
                    area=area,
                    year=form.cleaned_data["year"],
                    values=form.values(),
                    source=form.cleaned_data["source"],
                )
            except BangfuError as error:
                form.add_error(None, error.message)
            else:
                messages.success(request, _("已保存，{number} 项指标有变化。").format(number=changed))
                return redirect(f"{reverse('area-page', args=[area.pk])}?year={form.cleaned_data['year']}#profile")
    else:
        figures = list(ProfileFigure.objects.visible_to(officer).filter(area=area, year=year))
        initial: dict[str, Any] = {f.indicator: shown(f.value).replace(",", "") for f in figures}
        initial |= {"year": year, "source": figures[0].source if figures else ""}
        form = FiguresForm(initial=initial)
    context = {"area": area, "trail": trail(officer, area), "form": form}
    return render(request, "areas/profile_edit.html", context)


class StandardsForm(TablerForm):
    """For every item of a checklist: met or not, or the figure that decides, and what the answer rests on."""

    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=1949)

    def __init__(self, *args: Any, checklist: Checklist, **kwargs: Any) -> None:
        self.checklist = checklist
        super().__init__(*args, **kwargs)
        if any(item.measure and item.measure.base for item in checklist.items):
            self.fields["base"] = forms.DecimalField(
                label=_("人口数"),
                required=False,
                min_value=0,
                decimal_places=0,
                help_text=_("按人口计算的事项以此为准。"),
            )
        for item in checklist.items:
            if item.measure:
                field: Any = forms.DecimalField(
                    label=str(item.measure.label), required=False, min_value=0, decimal_places=2, max_digits=12
                )
                field.unit = str(item.measure.unit)
                field.help_text = item.measure.standard
                self.fields[f"value_{item.id}"] = field
            else:
                choices = [(value, label) for value, label in StandardAnswer.Met.choices]
                self.fields[f"met_{item.id}"] = forms.ChoiceField(
                    label=_("结论"), choices=choices, widget=forms.RadioSelect, initial="unknown", required=False
                )
            self.fields[f"evidence_{item.id}"] = forms.CharField(label=_("依据"), required=False, max_length=200)
        dress(self)

    @property
    def head(self) -> list[forms.BoundField]:
        return [self[name] for name in ("year", "base") if name in self.fields]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [
            {
                "item": item,
                "answer": self[f"value_{item.id}" if item.measure else f"met_{item.id}"],
                "evidence": self[f"evidence_{item.id}"],
            }
            for item in self.checklist.items
        ]

    def answers(self) -> list[services.Answer]:
        given = self.cleaned_data
        return [
            services.Answer(
                item.id,
                met=given.get(f"met_{item.id}") or "unknown",
                value=given.get(f"value_{item.id}"),
                base=given.get("base") if item.measure and item.measure.base else None,
                evidence=given.get(f"evidence_{item.id}", ""),
            )
            for item in self.checklist.items
        ]


@needs("areas.profile")
def standards_edit(request: HttpRequest, pk: int) -> HttpResponse:
    officer: Any = request.user
    area = _area(request, pk)
    listed = checklists().get(request.GET.get("checklist", "")) or next(iter(checklists().values()))
    year = _year(request)
    if request.method == "POST":
        form = StandardsForm(request.POST, checklist=listed)
        if form.is_valid():
            try:
                services.answer_standards(
                    by=officer, area=area, checklist=listed.id, year=form.cleaned_data["year"], answers=form.answers()
                )
            except BangfuError as error:
                form.add_error(None, error.message)
            else:
                messages.success(request, _("已保存。"))
                return redirect(f"{reverse('area-standards', args=[area.pk])}#{listed.id}")
    else:
        form = StandardsForm(initial=_initial(officer, area, listed, year), checklist=listed)
    context = {"area": area, "trail": trail(officer, area), "form": form, "checklist": listed, "year": year}
    return render(request, "areas/standards_edit.html", context)


def _initial(officer: Any, area: Area, listed: Checklist, year: int) -> dict[str, Any]:
    """The answers given, and for figures that the system counts itself what it counts."""
    initial: dict[str, Any] = {"year": year}
    known = measures(officer, area, year, year_counts(officer, area))
    reported = ProfileFigure.objects.visible_to(officer).filter(area=area, year=year, indicator="people").first()
    if "people" in known:
        initial["base"] = known["people"].value
    elif reported:
        initial["base"] = shown(reported.value, 0).replace(",", "")
    for item in listed.items:
        if item.measure and item.measure.computed and item.measure.computed in known:
            initial[f"value_{item.id}"] = round(known[item.measure.computed].value, 2)
    for answer in StandardAnswer.objects.visible_to(officer).filter(area=area, checklist=listed.id, year=year):
        initial[f"met_{answer.item}"] = answer.met
        initial[f"evidence_{answer.item}"] = answer.evidence
        if answer.value is not None:
            initial[f"value_{answer.item}"] = shown(answer.value).replace(",", "")
        if answer.base is not None:
            initial["base"] = shown(answer.base, 0).replace(",", "")
    return initial
