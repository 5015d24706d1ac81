"""The search form above the list of findings."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.areas.models import Area
from bangfu.findings.lists import AGES, ALL, LIVE, Wanted
from bangfu.findings.models import Finding
from bangfu.rulebook.book import RuleBook
from bangfu.web.filters import ANY, Choice, ListFilter, number_asked, order_choice, search_box
from bangfu.web.forms import choose

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


class FindingFilter(ListFilter):
    """Every question that a list of findings answers."""

    q = search_box(gettext_lazy("姓名、拼音首字母、证件号后六位、户编号"))
    state = Choice(label=gettext_lazy("状态"), required=False, choices=STATES)
    severity = Choice(
        label=gettext_lazy("程度"),
        required=False,
        choices=(ANY, *((str(v), label) for v, label in Finding.Severity.choices)),
    )
    topic = Choice(label=gettext_lazy("类别"), required=False)
    rule = Choice(label=gettext_lazy("规则"), required=False)
    assigned = Choice(
        label=gettext_lazy("核实人"),
        required=False,
        choices=(ANY, ("me", gettext_lazy("分派给我的")), ("nobody", gettext_lazy("未分派到人的"))),
    )
    overdue = Choice(label=gettext_lazy("期限"), required=False, choices=(ANY, ("yes", gettext_lazy("已逾期"))))
    age = Choice(label=gettext_lazy("已过时间"), required=False)
    new_in = number_asked()
    resolved_in = number_asked()
    order = order_choice(ORDER_LABELS)

    def __init__(self, *args: Any, book: RuleBook, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = [r for r in book.rules.values() if r.asks_somebody]
        topics = {r.topic for r in rules}
        choose(self, "topic", [ANY, *((t.id, str(t.label)) for t in book.topics.values() if t.id in topics)])
        choose(self, "rule", [ANY, *((r.id, f"{r.id} {r.title}") for r in sorted(rules, key=lambda r: r.id))])
        ages = [(str(days), _("超过 {days} 天").format(days=days)) for days in AGES]
        choose(self, "age", [ANY, *ages])

    def wanted(self, area: Area | None) -> Wanted:
        given = self.answers()
        anything = given.get("new_in") or given.get("resolved_in")
        return Wanted(area=area, **{"order": "due", "state": ALL if anything else LIVE, **given})


def read_filter(request: HttpRequest, book: RuleBook) -> FindingFilter:
    return FindingFilter(request.GET or {}, book=book)
