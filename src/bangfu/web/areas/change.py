"""Changes of areas by officers who maintain them: founding, renaming, recoding, moving, merging, splitting."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.areas import selectors, services
from bangfu.areas.changing import allow
from bangfu.areas.models import LEVEL_NAMES, Area
from bangfu.casework import services as casework
from bangfu.common.errors import BangfuError
from bangfu.common.places import Level
from bangfu.plans import services as duties
from bangfu.registry.services import follow_areas
from bangfu.support import services as support
from bangfu.visits import services as visits
from bangfu.web.areas.page import trail
from bangfu.web.forms import TablerForm, dress
from bangfu.web.guard import needs

PARTS = 4  # so many new areas can come out of one split on the page


class DatedForm(TablerForm):
    """Every change has a day and a document."""

    on = forms.DateField(label=gettext_lazy("生效日期"), initial=date.today)
    document = forms.CharField(
        label=gettext_lazy("批准文件"), max_length=120, help_text=gettext_lazy("文号或名称，如“县政发〔2019〕3号”。")
    )

    def __init__(self, *args: Any, area: Area, officer: Any, **kwargs: Any) -> None:
        self.area, self.officer = area, officer
        super().__init__(*args, **kwargs)
        self.prepare()
        self.order_fields([name for name in self.fields if name not in ("on", "document")])
        dress(self)

    def prepare(self) -> None:
        """Fields that depend on the area."""

    @property
    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Fields under their headings ("" for none), as the page shows them."""
        return [("", list(self))]

    def carry_out(self, **dated: Any) -> Area:
        """Does it; answers the area whose page comes next."""
        raise NotImplementedError


class CodeField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=15, required=False, widget=forms.TextInput(attrs={"inputmode": "numeric"}), **kwargs
        )


class FoundForm(DatedForm):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=60)
    code = CodeField(label=gettext_lazy("区划代码"), help_text=gettext_lazy("12 位；还没有代码的留空。"))

    def carry_out(self, **dated: Any) -> Area:
        given = self.cleaned_data
        return services.found(parent=self.area, name=given["name"], code=given["code"], **dated)


class GroupsForm(DatedForm):
    names = forms.CharField(
        label=gettext_lazy("村民小组名称"),
        widget=forms.Textarea(attrs={"rows": 6, "data_wide": True}),
        help_text=gettext_lazy("一行一个。"),
    )

    def carry_out(self, **dated: Any) -> Area:
        names = [line for line in self.cleaned_data["names"].splitlines() if line.strip()]
        services.add_groups(village=self.area, names=names, **dated)
        return self.area


class RenameForm(DatedForm):
    name = forms.CharField(label=gettext_lazy("新名称"), max_length=60)

    def carry_out(self, **dated: Any) -> Area:
        return services.rename(area=self.area, name=self.cleaned_data["name"], **dated)


class RecodeForm(DatedForm):
    code = CodeField(label=gettext_lazy("新代码"), help_text=gettext_lazy("旧代码以后仍可用来查找。"))

    def carry_out(self, **dated: Any) -> Area:
        return services.recode(area=self.area, code=self.cleaned_data["code"], **dated)


class AreaChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """An area with the one above it, since names repeat."""

    def label_from_instance(self, area: Any) -> str:
        return f"{area.parent.name} {area.name}" if area.parent else str(area.name)


class MoveForm(DatedForm):
    to = AreaChoice(label=gettext_lazy("划入"), queryset=Area.objects.none(), empty_label=gettext_lazy("请选择"))
    code = CodeField(label=gettext_lazy("新代码"), help_text=gettext_lazy("代码不变的留空。"))

    def prepare(self) -> None:
        choice: Any = self.fields["to"]
        choice.queryset = selectors.possible_parents(self.officer, self.area).select_related("parent")

    def carry_out(self, **dated: Any) -> Area:
        given = self.cleaned_data
        return services.move(area=self.area, to=given["to"], code=given["code"], **dated)


class MergeForm(DatedForm):
    others = forms.ModelMultipleChoiceField(
        label=gettext_lazy("一并合并的区划"),
        queryset=Area.objects.none(),
        widget=forms.CheckboxSelectMultiple(attrs={"data_wide": True}),
    )
    way = forms.ChoiceField(label=gettext_lazy("合并方式"), widget=forms.RadioSelect(attrs={"data_wide": True}))
    name = forms.CharField(
        label=gettext_lazy("新名称"), max_length=60, required=False, help_text=gettext_lazy("新设时填写。")
    )
    code = CodeField(label=gettext_lazy("新代码"), help_text=gettext_lazy("新设时填写，可沿用其中一个的代码。"))

    def prepare(self) -> None:
        others: Any = self.fields["others"]
        others.queryset = selectors.mergeable(self.officer, self.area)
        way: Any = self.fields["way"]
        way.choices = [
            ("into", _("并入{name}，{name}保留").format(name=self.area.name)),
            ("new", _("都撤销，新设一个")),
        ]
        way.initial = "into"

    def carry_out(self, **dated: Any) -> Area:
        given = self.cleaned_data
        if given["way"] == "into":
            return services.merge(areas=list(given["others"]), into=self.area, **dated)
        areas = [self.area, *given["others"]]
        return services.merge(areas=areas, name=given["name"], code=given["code"], **dated)


class SplitForm(DatedForm):
    keeps = forms.BooleanField(label=gettext_lazy("原区划保留，只分出一部分"), required=False)

    def prepare(self) -> None:
        for number in range(1, PARTS + 1):
            self.fields[f"name_{number}"] = forms.CharField(
                label=_("新区划 {number} 名称").format(number=number), max_length=60, required=False
            )
            self.fields[f"code_{number}"] = CodeField(label=_("新区划 {number} 代码").format(number=number))
        choices = [("", _("留在原区划"))] + [
            (str(n), _("新区划 {number}").format(number=n)) for n in range(1, PARTS + 1)
        ]
        self.children = [node.area for node in selectors.tree(self.officer, parent=self.area)]
        for child in self.children:
            self.fields[f"child_{child.pk}"] = forms.ChoiceField(label=child.name, choices=choices, required=False)

    @property
    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        new = [self[f"{what}_{n}"] for n in range(1, PARTS + 1) for what in ("name", "code")]
        children = [self[f"child_{child.pk}"] for child in self.children]
        found = [
            (_("新区划"), new),
            (_("下级区划的去向"), children),
            ("", [self["keeps"], self["on"], self["document"]]),
        ]
        return [(title, fields) for title, fields in found if fields]

    def carry_out(self, **dated: Any) -> Area:
        given = self.cleaned_data
        parts = [
            services.Part(
                given[f"name_{n}"],
                given[f"code_{n}"],
                tuple(child.pk for child in self.children if given[f"child_{child.pk}"] == str(n)),
            )
            for n in range(1, PARTS + 1)
            if given[f"name_{n}"]
        ]
        services.split(area=self.area, parts=parts, keeps=given["keeps"], **dated)
        return self.area


@dataclass(frozen=True)
class Kind:
    """A change: its title, what it means, its form, and whether places move with it (households then follow)."""

    title: Any
    hint: Any
    form: Callable[..., DatedForm]
    places_move: bool = False


KINDS = {
    "found": Kind(gettext_lazy("新设下级区划"), gettext_lazy("在本区划之下新设一个区划。"), FoundForm),
    "groups": Kind(
        gettext_lazy("增设村民小组"), gettext_lazy("户档中写有同名小组的户会归入新设的小组。"), GroupsForm, True
    ),
    "rename": Kind(gettext_lazy("更名"), gettext_lazy("生效日以前仍用旧名称。"), RenameForm),
    "recode": Kind(gettext_lazy("变更代码"), gettext_lazy("生效日以前仍用旧代码。"), RecodeForm),
    "move": Kind(
        gettext_lazy("划转"),
        gettext_lazy("本区划连同全部下级和户档划入另一个上级，原上级的人员将不再看到。"),
        MoveForm,
        True,
    ),
    "merge": Kind(
        gettext_lazy("合并"),
        gettext_lazy("被撤销区划的下级和户档归入合并后的区划，旧名称和旧代码仍可查找。"),
        MergeForm,
        True,
    ),
    "split": Kind(
        gettext_lazy("拆分"),
        gettext_lazy("把下级区划分到新区划中；没有下级归属的户需要在户档中逐户选择所在村。"),
        SplitForm,
        True,
    ),
}


@needs("areas.manage")
def change(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    officer: Any = request.user
    area = get_object_or_404(Area.objects.visible_to(officer).select_related("parent"), pk=pk)
    allow(officer, "areas.manage", area.place)
    what = KINDS[kind]
    form = what.form(request.POST or None, area=area, officer=officer)
    if request.method == "POST" and form.is_valid():
        dated = {"by": officer, "on": form.cleaned_data["on"], "document": form.cleaned_data["document"]}
        try:
            with transaction.atomic():
                shown_next = form.carry_out(**dated)
                moved = 0
                if what.places_move:
                    reason = _("{change}（{document}）").format(change=what.title, document=dated["document"])
                    moved = follow_areas(by=officer, reason=reason)
                    visits.follow_areas(by=officer, reason=reason)
                    casework.follow_areas(by=officer, reason=reason)
                    support.follow_areas(by=officer, reason=reason)
                    duties.follow_areas(by=officer, reason=reason)
        except BangfuError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("已登记。"))
            if moved:
                messages.info(request, _("{number} 户的所在位置随之更新。").format(number=moved))
            return redirect("area-page", shown_next.pk)
    context = {"area": area, "trail": trail(officer, area), "kind": kind, "what": what, "form": form}
    if area.level < Level.GROUP:
        context["below"] = LEVEL_NAMES[area.level + 1]
    return render(request, "areas/change.html", context)
