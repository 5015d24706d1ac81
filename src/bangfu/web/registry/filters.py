"""The search form above the list of households."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from bangfu.areas.models import Area
from bangfu.common.policy import code_list
from bangfu.registry.columns import tables
from bangfu.registry.lists import CODE_FILTERS, ORDERS, REVERSED, UNKNOWN, Wanted
from bangfu.web.forms import TablerForm

ANY = ("", _("不限"))
YES_NO = (("yes", _("是")), ("no", _("否")))
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


class Choices(forms.Select):
    """A select without groups, written in one go: with a template for each option, as Django has it, the fourteen of
    this form took a quarter of the time of a page."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        chosen = set(self.format_value(value))
        options = format_html_join(
            "",
            "<option{}>{}</option>",
            ((flatatt({"value": code, "selected": str(code) in chosen}), label) for code, label in self.choices),
        )
        own = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        return format_html("<select{}>{}</select>", own, options)


class Choice(forms.ChoiceField):
    widget = Choices


class HouseholdFilter(TablerForm):
    """Every question a list answers; `wanted()` never fails: an answer that is none counts as not asked."""

    q = forms.CharField(
        label=_("搜索"),
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": _("姓名、拼音首字母、证件号后六位、户编号"),
                "autocomplete": "off",
                "enterkeyhint": "search",
            }
        ),
    )
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
    order = Choice(
        label=_("排序"),
        required=False,
        choices=[(way + o, ORDER_LABELS[way + o]) for o in ORDERS for way in ("", REVERSED)],
    )

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
        self.full_clean()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return Wanted(area=area, **{"order": "place", **given})

    @property
    def more(self) -> list[forms.BoundField]:
        """The questions besides the search box and the order."""
        return [self[name] for name in self.fields if name not in ("q", "order")]

    @property
    def asked(self) -> int:
        """How many of them are being asked, for the button that unfolds them on phones."""
        return sum(1 for field in self.more if self.cleaned_data.get(field.name))


def read_filter(request: HttpRequest) -> HouseholdFilter:
    return HouseholdFilter(request.GET or {})
