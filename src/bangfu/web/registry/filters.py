"""The search form above the list of households."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bangfu.areas.models import Area
from bangfu.common.policy import code_list
from bangfu.registry.columns import tables
from bangfu.registry.lists import CODE_FILTERS, UNKNOWN, Wanted
from bangfu.web.filters import ANY, YES_NO, Choice, ListFilter, order_choice, search_box

ORDER_LABELS = {
    "place": _("按所在地"),
    "head": _("按户主拼音"),
    "members": _("按人口，多的在前"),
    "income": _("按人均纯收入，低的在前"),
    "-place": _("按所在地，倒序"),
    "-head": _("按户主拼音，倒序"),
    "-members": _("按人口，少的在前"),
    "-income": _("按人均纯收入，高的在前"),
}


class HouseholdFilter(ListFilter):
    """Every question that the list of households answers."""

    q = search_box(_("姓名、拼音首字母、证件号后六位、户编号"))
    registered = Choice(label=_("建档立卡户"), required=False, choices=(ANY, *YES_NO))
    poor = Choice(label=_("未脱贫户"), required=False, choices=(ANY, *YES_NO))
    dangerous = Choice(label=_("危房户"), required=False, choices=(ANY, *YES_NO))
    safe_water = Choice(
        label=_("安全饮水"),
        required=False,
        choices=(ANY, ("yes", _("已解决")), ("no", _("未解决")), (UNKNOWN, _("未采集"))),
    )
    labour = Choice(label=_("劳动力"), required=False, choices=(ANY, ("able", _("有劳动力")), ("none", _("无劳动力"))))
    dibao = Choice(label=_("有人享受低保"), required=False, choices=(ANY, *YES_NO))
    order = order_choice(ORDER_LABELS)

    field_order = ("q", *CODE_FILTERS, "registered", "poor", "house_grade")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in (*CODE_FILTERS, "house_grade"):
            listed = code_list("poverty_cause" if name == "main_cause" else name)
            label = _("危房级别") if name == "house_grade" else tables()["household"].columns[name].label
            choices = [ANY, *((c.code, str(c.label)) for c in listed.codes), (UNKNOWN, _("未采集"))]
            field = Choice(label=label, required=False, choices=choices)
            field.widget.attrs["class"] = "form-select"
            self.fields[name] = field
        self.order_fields(self.field_order)

    def wanted(self, area: Area | None) -> Wanted:
        return Wanted(area=area, **{"order": "place", **self.answers()})


def read_filter(request: HttpRequest) -> HouseholdFilter:
    return HouseholdFilter(request.GET or {})
