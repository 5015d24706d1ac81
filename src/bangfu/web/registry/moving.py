"""Forms for what changes who lives where: a new household, a new person, split and merger."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.areas.models import Area
from bangfu.common.policy import code_list
from bangfu.registry.models import Member
from bangfu.web.forms import dress
from bangfu.web.registry.forms import ColumnsForm, ReasonForm, plain_events
from bangfu.web.registry.sections import HOUSEHOLD

HEAD = "01"


class VillageField(forms.ModelChoiceField):
    """A village with its township, since villages share names."""

    def label_from_instance(self, area: Any) -> str:
        return f"{area.parent.name} {area.name}"


class NewHouseholdForm(ColumnsForm):
    """Where the household lives and what is known at the start."""

    village = VillageField(label=gettext_lazy("村"), queryset=Area.objects.none(), empty_label=gettext_lazy("请选择"))
    household_no = forms.CharField(
        label=gettext_lazy("户编号"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("国家系统已有编号的照填；没有的留空，由系统编号。"),
    )

    def __init__(self, data: Any = None, *, villages: Any) -> None:
        sections = [HOUSEHOLD[name] for name in ("contact", "identification", "causes")]
        super().__init__(data, sections=sections, records={})
        self.fields["village"].queryset = villages.select_related("parent")  # type: ignore[attr-defined]
        if len(self.fields["village"].queryset) == 1:  # type: ignore[attr-defined]
            self.fields["village"].initial = self.fields["village"].queryset[0]  # type: ignore[attr-defined]

    @property
    def first(self) -> list[forms.BoundField]:
        return [self["village"], self["household_no"]]

    def values(self) -> dict[str, Any]:
        number = self.cleaned_data["household_no"].strip()
        return super().values() | ({"household_no": number} if number else {})


class NewMemberForm(ColumnsForm):
    """A person and how they came."""

    event = forms.ChoiceField(label=gettext_lazy("增加原因"))
    on = forms.DateField(label=gettext_lazy("进入本户日期"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["event"].choices = [("", _("请选择")), *plain_events("member_increase")]  # type: ignore[attr-defined]

    @property
    def first(self) -> list[forms.BoundField]:
        return [self["event"], self["on"]]


class PeopleForm(ReasonForm):
    """A form with a line for each of several people: what they will be to the head."""

    on = forms.DateField(label=gettext_lazy("日期"))

    def __init__(self, data: Any = None, *, people: Sequence[Member], chosen: bool, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.people = people
        relations = [("", _("请选择")), *code_list("relation_to_head").choices()]
        for person in people:
            if chosen:
                self.fields[f"go_{person.pk}"] = forms.BooleanField(
                    label=_("{name} 分出").format(name=person.name), required=False
                )
            self.fields[f"as_{person.pk}"] = forms.ChoiceField(
                label=_("{name} 与新户主的关系").format(name=person.name), choices=relations, required=False
            )
        dress(self)

    def lines(self) -> list[dict[str, Any]]:
        relation = code_list("relation_to_head")
        return [
            {
                "person": person,
                "now": relation.label_of(person.relation_to_head),
                "go": self[f"go_{person.pk}"] if f"go_{person.pk}" in self.fields else None,
                "relation": self[f"as_{person.pk}"],
            }
            for person in self.people
        ]

    def rest(self) -> list[forms.BoundField]:
        return [self["on"], self["reason"]]

    def leaving(self) -> list[Member]:
        return [p for p in self.people if self.cleaned_data.get(f"go_{p.pk}", True)]

    def relations(self) -> dict[int, str]:
        return {p.pk: self.cleaned_data[f"as_{p.pk}"] for p in self.leaving()}

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for person in self.leaving():
            if not self.cleaned_data.get(f"as_{person.pk}"):
                self.add_error(f"as_{person.pk}", _("请选择与户主的关系。"))
        return cleaned


class SplitForm(PeopleForm):
    def __init__(self, data: Any = None, *, people: Sequence[Member], **kwargs: Any) -> None:
        super().__init__(data, people=people, chosen=True, **kwargs)

    def head(self) -> Member:
        return next(p for p in self.leaving() if self.cleaned_data[f"as_{p.pk}"] == HEAD)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        leaving = self.leaving()
        heads = [p for p in leaving if self.cleaned_data.get(f"as_{p.pk}") == HEAD]
        if not leaving:
            self.add_error(None, _("请勾选分出的成员。"))
        elif len(leaving) == len(self.people):
            self.add_error(None, _("不能把全部成员分出，原户至少要留一人。"))
        if leaving and len(heads) != 1:
            self.add_error(None, _("新户须有且只有一名户主，请在分出的成员中选一人为“户主”。"))
        return cleaned


class MergeForm(PeopleForm):
    other = forms.CharField(label=gettext_lazy("并入本户的户编号"), max_length=30)

    def __init__(self, data: Any = None, *, people: Sequence[Member], number: str, found: bool, **kwargs: Any) -> None:
        super().__init__(data, people=people, chosen=False, **kwargs)
        self.found = found
        self.fields["other"].initial = number

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.found:
            self.add_error("other", _("在您负责的区域内没有找到这个户编号的现存户，请核对。"))
        if any(self.cleaned_data.get(f"as_{p.pk}") == HEAD for p in self.people):
            self.add_error(None, _("并入后本户已有户主，并入的成员不能再选“户主”。"))
        return cleaned
