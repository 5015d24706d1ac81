"""The search form above a long list: a search box, an order, and the questions that are folded away on phones."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from bangfu.common.paging import REVERSED
from bangfu.web.forms import TablerForm

ANY = ("", _("不限"))
YES_NO = (("yes", _("是")), ("no", _("否")))


class Choices(forms.Select):
    """A select without groups, written in one go: with a template for each option, as Django has it, the fourteen of
    the list of households took a quarter of the time of a page."""

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


def search_box(placeholder: Any) -> forms.CharField:
    return forms.CharField(
        label=_("搜索"),
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": placeholder, "autocomplete": "off", "enterkeyhint": "search"}
        ),
    )


def order_choice(labels: Mapping[str, Any]) -> Choice:
    """By the labels of each order and of its reverse, which stand beside each other."""
    straight = [order for order in labels if not order.startswith(REVERSED)]
    choices = [(way + order, labels[way + order]) for order in straight for way in ("", REVERSED)]
    return Choice(label=_("排序"), required=False, choices=choices)


def number_asked() -> forms.IntegerField:
    """The number of a row that other pages ask for; nobody types it."""
    return forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)


class ListFilter(TablerForm):
    """Every question that a list answers. It never fails: what is no answer counts as not asked.

    A list adds its questions, and `order` and `q` from `order_choice` and `search_box`.
    """

    # Questions whose answer is told anyhow: they do not count among those that narrow the list.
    told_anyhow: frozenset[str] = frozenset()

    def answers(self) -> dict[str, Any]:
        """What was asked, by name."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def more(self) -> list[forms.BoundField]:
        """The questions besides the search box and the order."""
        return [field for field in self.visible_fields() if field.name not in ("q", "order")]

    @property
    def asked(self) -> int:
        """How many of them are being asked, for the button that unfolds them on phones."""
        return sum(1 for each in self.more if each.name not in self.told_anyhow and self.cleaned_data.get(each.name))
