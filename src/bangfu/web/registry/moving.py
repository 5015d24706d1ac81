"""Forms for what changes who lives where: a new household, a new person, split and merger."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.areas.models import Area
from bangfu.common.policy import code_list
from bangfu.registry.models import Member
from bangfu.web.forms import choose, dress
from bangfu.web.registry.forms import ColumnsForm, ReasonForm, plain_events
from bangfu.web.registry.sections import HOUSEHOLD

HEAD = "01"


class VillageField(forms.ModelChoiceField):  # type: ignore[type-arg]
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
        choose(self, "event", [("", _("请选择")), *plain_events("member_increase")])

    @property
    def first(self) -> list[forms.BoundField]:
        return [self["event"], self["on"]]


class PeopleForm(ReasonForm):
    """A form with a line for each of several people: what they will be to the head of their household."""

    on = forms.DateField(label=gettext_lazy("日期"))

    def __init__(self, data: Any = None, *, people: Sequence[Member], chosen: bool = False, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.people = people
        relations = [("", _("请选择")), *code_list("relation_to_head").choices()]
        for person in people:
            if chosen:
                label = _("{name}分出").format(name=person.name)
                self.fields[f"go_{person.pk}"] = forms.BooleanField(label=label, required=False)
            label = _("{name}与户主的关系").format(name=person.name)
            self.fields[f"as_{person.pk}"] = forms.ChoiceField(label=label, choices=relations, required=False)
        dress(self)

    def lines(self) -> list[dict[str, Any]]:
        """The people as the template shows them."""
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

    def relation(self, person: Member) -> str:
        return str(self.cleaned_data.get(f"as_{person.pk}") or "")

    def relations(self) -> dict[int, str]:
        """What was chosen, by member id."""
        return {p.pk: self.relation(p) for p in self.people if self.relation(p)}

    def heads(self, people: Sequence[Member]) -> list[Member]:
        return [p for p in people if self.relation(p) == HEAD]

    def all_related(self, people: Sequence[Member]) -> None:
        """Everybody of these needs a relation."""
        for person in people:
            if not self.relation(person):
                self.add_error(f"as_{person.pk}", _("请选择与户主的关系。"))


class LeaveForm(PeopleForm):
    """Why and when a person leaves the household; when it is the head, who of those who stay follows."""

    kind = forms.ChoiceField(label=gettext_lazy("减少原因"))

    field_order = ("kind", "on", "reason")

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        choose(self, "kind", [("", _("请选择")), *plain_events("member_decrease")])
        self.fields["on"].label = _("离开日期")

    def rest(self) -> list[forms.BoundField]:
        return [self["kind"], self["on"], self["reason"]]

    def new_head(self) -> Member | None:
        return next(iter(self.heads(self.people)), None)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        self.all_related(self.people)
        if self.people and len(self.heads(self.people)) != 1:
            self.add_error(None, _("户主离开后，请在留下的成员中选一人为“户主”。"))
        return cleaned


class SplitForm(PeopleForm):
    """Who goes, and what everybody is to their head: those who go to the new one; those who stay only when the old head
    goes along."""

    def __init__(self, data: Any = None, *, people: Sequence[Member], **kwargs: Any) -> None:
        super().__init__(data, people=people, chosen=True, **kwargs)

    def leaving(self) -> list[Member]:
        return [p for p in self.people if self.cleaned_data.get(f"go_{p.pk}")]

    def staying(self) -> list[Member]:
        return [p for p in self.people if not self.cleaned_data.get(f"go_{p.pk}")]

    def head(self) -> Member:
        return self.heads(self.leaving())[0]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        leaving, staying = self.leaving(), self.staying()
        if not leaving:
            self.add_error(None, _("请勾选分出的成员。"))
            return cleaned
        if not staying:
            self.add_error(None, _("不能把全部成员分出，原户至少要留一人。"))
        self.all_related(leaving)
        if len(self.heads(leaving)) != 1:
            self.add_error(None, _("新户须有且只有一名户主，请在分出的成员中选一人为“户主”。"))
        if staying and any(p.relation_to_head == HEAD for p in leaving):
            self.all_related(staying)
            if len(self.heads(staying)) != 1:
                self.add_error(None, _("原户主分出后，请在留下的成员中选一人为“户主”，并选好其他人与其的关系。"))
        return cleaned


class MergeForm(PeopleForm):
    """The number of the household that joins, and what its people are to the head of this one."""

    other = forms.CharField(label=gettext_lazy("并入本户的户编号"), max_length=30)

    def __init__(self, data: Any = None, *, people: Sequence[Member], number: str, found: bool, **kwargs: Any) -> None:
        super().__init__(data, people=people, **kwargs)
        self.found = found
        self.fields["other"].initial = number

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.found:
            self.add_error("other", _("在您负责的区域内没有找到这个户编号的现存户，请核对。"))
        self.all_related(self.people)
        if self.heads(self.people):
            self.add_error(None, _("本户已有户主，并入的成员不能再选“户主”。"))
        return cleaned
