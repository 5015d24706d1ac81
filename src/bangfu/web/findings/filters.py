"""The search form above the list of findings."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.areas.models import Area
from bangfu.findings.lists import AGES, ALL, LIVE, ORDERS, REVERSED, Wanted
from bangfu.findings.models import Finding
from bangfu.rulebook.book import RuleBook
from bangfu.web.forms import TablerForm, choose

ANY = ("", gettext_lazy("不限"))
ORDER_LABELS = {
    "due": gettext_lazy("按核实期限，先到期的在前"),
    "found": gettext_lazy("按发现日期，早的在前"),
    "severity": gettext_lazy("按程度，错误在前"),
    "rule": gettext_lazy("按规则"),
    "place": gettext_lazy("按所在地"),
    "-due": gettext_lazy("按核实期限，后到期的在前"),
    "-found": gettext_lazy("按发现日期，新的在前"),
    "-severity": gettext_lazy("按程度，提示在前"),
    "-rule": gettext_lazy("按规则，倒序"),
    "-place": gettext_lazy("按所在地，倒序"),
}
STATES = (("", gettext_lazy("待处理")), (ALL, gettext_lazy("全部")), *Finding.State.choices)


class FindingFilter(TablerForm):
    """Every question that a list of findings answers; `wanted()` never fails: an answer that is none counts as not
    asked."""

    q = forms.CharField(
        label=gettext_lazy("搜索"),
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": gettext_lazy("姓名、拼音首字母、证件号后六位、户编号"),
                "autocomplete": "off",
                "enterkeyhint": "search",
            }
        ),
    )
    state = forms.ChoiceField(label=gettext_lazy("状态"), required=False, choices=STATES)
    severity = forms.ChoiceField(
        label=gettext_lazy("程度"),
        required=False,
        choices=(ANY, *((str(v), label) for v, label in Finding.Severity.choices)),
    )
    topic = forms.ChoiceField(label=gettext_lazy("类别"), required=False)
    rule = forms.ChoiceField(label=gettext_lazy("规则"), required=False)
    assigned = forms.ChoiceField(
        label=gettext_lazy("核实人"),
        required=False,
        choices=(ANY, ("me", gettext_lazy("分派给我的")), ("nobody", gettext_lazy("未分派到人的"))),
    )
    overdue = forms.ChoiceField(
        label=gettext_lazy("期限"), required=False, choices=(ANY, ("yes", gettext_lazy("已逾期")))
    )
    age = forms.ChoiceField(label=gettext_lazy("已过时间"), required=False)
    new_in = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)
    resolved_in = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)
    order = forms.ChoiceField(
        label=gettext_lazy("排序"),
        required=False,
        choices=[(way + o, ORDER_LABELS[way + o]) for o in ORDERS for way in ("", REVERSED)],
    )

    def __init__(self, *args: Any, book: RuleBook, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = [r for r in book.rules.values() if r.asks_somebody]
        topics = {r.topic for r in rules}
        choose(self, "topic", [ANY, *((t.id, str(t.label)) for t in book.topics.values() if t.id in topics)])
        choose(self, "rule", [ANY, *((r.id, f"{r.id} {r.title}") for r in sorted(rules, key=lambda r: r.id))])
        ages = [(str(days), _("超过 {days} 天").format(days=days)) for days in AGES]
        choose(self, "age", [ANY, *ages])

    def wanted(self, area: Area | None) -> Wanted:
        self.full_clean()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        anything = given.get("new_in") or given.get("resolved_in")
        return Wanted(area=area, **{"order": "due", "state": ALL if anything else LIVE, **given})

    @property
    def more(self) -> list[forms.BoundField]:
        """The questions besides the search box and the order."""
        return [self[name] for name in self.fields if name not in ("q", "order", "new_in", "resolved_in")]

    @property
    def asked(self) -> int:
        """How many of them are being asked, for the button that unfolds them on phones."""
        return sum(1 for field in self.more if self.cleaned_data.get(field.name))


def read_filter(request: HttpRequest, book: RuleBook) -> FindingFilter:
    return FindingFilter(request.GET or {}, book=book)
