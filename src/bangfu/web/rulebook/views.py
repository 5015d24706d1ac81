"""Pages of the rulebook: every rule in words with its source and examples, every figure with its history."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import Rule
from bangfu.web.forms import TablerForm, choose
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.rulebook import shown

PURPOSES = {
    "suspicion": gettext_lazy("疑点"),
    "priority": gettext_lazy("优先识别"),
    "refusal": gettext_lazy("一般不纳入"),
    "eligibility": gettext_lazy("识别条件"),
    "exit": gettext_lazy("退出条件"),
    "monitoring": gettext_lazy("纳入监测"),
    "village_exit": gettext_lazy("村退出条件"),
    "stop": gettext_lazy("办理禁止条件"),
}
SEVERITIES = {"error": gettext_lazy("错误"), "warning": gettext_lazy("疑似"), "information": gettext_lazy("提示")}
GRAINS = {
    "member": gettext_lazy("人"),
    "household": gettext_lazy("户"),
    "village": gettext_lazy("村"),
    "work_record": gettext_lazy("务工记录"),
}
OUTCOMES = {
    "hit": (gettext_lazy("列出"), "red"),
    "clear": (gettext_lazy("不列"), "green"),
    "unknown": (gettext_lazy("无法判断"), "orange"),
}
ANY = ("", gettext_lazy("不限"))


class RuleFilter(TablerForm):
    q = forms.CharField(
        required=False,
        max_length=60,
        label=gettext_lazy("搜索"),
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": gettext_lazy("编号或名称"), "autocomplete": "off"}
        ),
    )
    topic = forms.ChoiceField(required=False, label=gettext_lazy("类别"))
    purpose = forms.ChoiceField(required=False, label=gettext_lazy("用途"), choices=(ANY, *PURPOSES.items()))
    grain = forms.ChoiceField(required=False, label=gettext_lazy("对象"), choices=(ANY, *GRAINS.items()))
    severity = forms.ChoiceField(required=False, label=gettext_lazy("程度"), choices=(ANY, *SEVERITIES.items()))

    def __init__(self, *args: Any, book: RuleBook, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "topic", (ANY, *((t.id, str(t.label)) for t in book.topics.values())))

    @property
    def more(self) -> list[forms.BoundField]:
        return [field for field in self if field.name != "q"]

    def fits(self, rule: Rule) -> bool:
        """Whether the rule answers every question that was asked; an answer that is none counts as not asked."""
        self.is_valid()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        text = asked.pop("q", "").casefold()
        return all(str(getattr(rule, name)) == value for name, value in asked.items()) and (
            not text
            or any(text in said.casefold() for said in (rule.id, rule.title.zh, rule.title.en, str(rule.title)))
        )


def _spoken(book: RuleBook, rule: Rule, area: Area | None) -> dict[str, Any]:
    return {
        "rule": rule,
        "topic": book.topics[rule.topic].label if rule.topic in book.topics else rule.topic,
        "purpose": PURPOSES[rule.purpose.value],
        "grain": GRAINS[rule.grain],
        "severity": SEVERITIES[rule.severity.value],
        "colour": shown.SEVERITY_COLOURS[rule.severity.value],
        "local": bool(rule.region),
    }


@require_safe
@needs("rules.view")
def rules(request: HttpRequest) -> HttpResponse:
    book, area = shown.book_for(request)
    form = RuleFilter(request.GET, book=book)
    purposes = list(PURPOSES)
    fitting = [rule for rule in book.rules.values() if form.fits(rule)]
    rows = [
        _spoken(book, rule, area) for rule in sorted(fitting, key=lambda r: (purposes.index(r.purpose.value), r.id))
    ]
    page = "rulebook/rule_list.html"
    context = {"form": form, "rows": rows, "area": area, "tabs": shown.tabs(request)}
    return render(request, f"{page}#rows" if asked_by_htmx(request, "rows") else page, context)


@require_safe
@needs("rules.view")
def rule(request: HttpRequest, rule: str) -> HttpResponse:
    book, area = shown.book_for(request)
    chosen = book.rules.get(rule)
    if chosen is None:
        raise Http404
    day = shown.day_of(request)
    cases = [
        {
            "name": c.name,
            "as_of": c.as_of,
            "outcome": OUTCOMES[c.expect[rule]][0],
            "colour": OUTCOMES[c.expect[rule]][1],
        }
        for c in book.cases
        if rule in c.expect
    ]
    context = _spoken(book, chosen, area) | {
        "words": shown.words_of(book, chosen),
        "figures": shown.figures_of(book, chosen, shown.place_code(area), day),
        "features": book.features_used(rule),
        "evidence": [book.meaning_of(chosen.grain, name) for name in chosen.evidence],
        "cases": cases,
        "day": day,
    }
    return render(request, "rulebook/rule.html", context)


@require_safe
@needs("rules.view")
def waiting(request: HttpRequest) -> HttpResponse:
    book, _area = shown.book_for(request)
    return render(
        request, "rulebook/waiting.html", {"waiting": list(book.waiting.values()), "tabs": shown.tabs(request)}
    )


@require_safe
@needs("rules.view")
def figures(request: HttpRequest) -> HttpResponse:
    book, area = shown.book_for(request)
    day, code = shown.day_of(request), shown.place_code(area)
    rows = []
    for each in book.figures.values():
        value = book.value_in_force(each.id, code, day)
        rows.append({"figure": each, "value": value, "local": value is not None and bool(value.region)})
    return render(
        request,
        "rulebook/figure_list.html",
        {"rows": rows, "day": day, "area": area, "tabs": shown.tabs(request)},
    )


@require_safe
@needs("rules.view")
def figure(request: HttpRequest, figure: str) -> HttpResponse:
    book, _area = shown.book_for(request)
    chosen = book.figures.get(figure)
    if chosen is None:
        raise Http404
    names = _names_of(officer_of(request), {v.region for v in chosen.values if v.region})
    values = [{"value": v, "where": _where(v.region, names)} for v in shown.values_in_order(chosen)]
    return render(
        request,
        "rulebook/figure.html",
        {
            "figure": chosen,
            "values": values,
            "rules": [r for r in book.rules.values() if figure in book.figures_used(r.id)],
            "may_propose": officer_of(request).has_perm("rules.propose"),
        },
    )


def _where(region: str, names: dict[str, str]) -> str:
    if not region:
        return _("全国")
    return names.get(region) or _("代码 {region} 开头的地区").format(region=region)


def _names_of(officer: Officer, regions: set[str]) -> dict[str, str]:
    """What the regions among them that the officer may see are called; the others go by their code."""
    whole = {region.ljust(12, "0"): region for region in regions}
    seen = Area.objects.visible_to(officer).current().filter(code__in=whole)
    return {whole[area.code]: area.name for area in seen}
