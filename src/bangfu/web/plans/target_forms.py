"""The forms of targets: entering and changing one, its stages, a breakdown, a report."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import Level
from bangfu.plans.models import Across, Pace, Stage, Target
from bangfu.plans.models.documents import COMPARISON_LABELS
from bangfu.plans.services import StageGiven
from bangfu.plans.targets.acting import EDIT
from bangfu.plans.targets.catalogue import catalogue
from bangfu.plans.targets.errors import OwnerNotHere
from bangfu.plans.targets.sharing import areas_below, ways, years_of
from bangfu.support.models import Unit
from bangfu.support.selectors import account
from bangfu.web.forms import TablerForm, choose
from bangfu.web.scope import tops_of
from bangfu.web.support.picking import AreaField

MOST_AREAS = 600
EMPTY_STAGES = 3


def amount_field(label: Any, **given: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=0, max_digits=16, decimal_places=2, **given)


def areas_of(officer: Officer) -> list[Area]:
    """The areas where the officer maintains plans, down to villages, as they lie."""
    inside = Q(pk__in=())
    for top in tops_of(officer, EDIT):
        inside |= Q(place__gte=top.reach.first, place__lte=top.reach.last)
    rows = Area.objects.visible_to(officer).current().filter(inside, level__lte=Level.VILLAGE)
    return list(rows.select_related("parent").order_by("place")[:MOST_AREAS])


class TargetForm(TablerForm):
    """A target; of an existing one with the reason of the change."""

    title = forms.CharField(
        label=gettext_lazy("目标名称"), max_length=200, widget=forms.TextInput(attrs={"data_wide": True})
    )
    area = AreaField(label=gettext_lazy("区域"))
    measure = forms.ChoiceField(
        label=gettext_lazy("计量口径"),
        required=False,
        help_text=gettext_lazy("选了口径，进展由系统每天从户档和帮扶记录里计算；留空则由责任单位报送。"),
    )
    comparison = forms.ChoiceField(label=gettext_lazy("要求"))
    amount = amount_field(gettext_lazy("目标值"))
    amount_to = amount_field(gettext_lazy("目标值上限"), required=False, help_text=gettext_lazy("要求为“介于”时填写。"))
    unit = forms.CharField(
        label=gettext_lazy("计量单位"), max_length=40, required=False, help_text=gettext_lazy("如：户、人、%、公里。")
    )
    starts_on = forms.DateField(label=gettext_lazy("开始日期"))
    base = amount_field(
        gettext_lazy("起点值"), required=False, help_text=gettext_lazy("开始时已有多少；由系统计量的可以不填。")
    )
    deadline = forms.DateField(label=gettext_lazy("完成期限"), required=False)
    pace = forms.ChoiceField(label=gettext_lazy("倒排方式"), choices=Pace.choices)
    owner_unit = forms.ModelChoiceField(label=gettext_lazy("责任单位"), queryset=Unit.objects.none(), required=False)
    owner = forms.CharField(label=gettext_lazy("责任人登录名"), max_length=60, required=False)
    reason = forms.CharField(
        label=gettext_lazy("变动理由"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"data_wide": True}),
    )

    def __init__(self, *args: Any, officer: Officer, target: Target | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "measure", [("", _("由责任单位报送")), *catalogue().choices()])
        choose(self, "comparison", [(each.value, label) for each, label in COMPARISON_LABELS.items()])
        units: Any = self.fields["owner_unit"]
        units.queryset = Unit.objects.visible_to(officer).filter(closed_on=None).order_by("name", "pk")
        if target is None:
            area: Any = self.fields["area"]
            area.offer(areas_of(officer))
            del self.fields["reason"], self.fields["pace"]
            return
        del self.fields["area"]
        self.fields["reason"].required = True
        if target.owner_unit_id is not None and not units.queryset.filter(pk=target.owner_unit_id).exists():
            del self.fields["owner_unit"]
        if target.parent_id is not None:
            for name in ("title", "measure", "comparison", "amount", "amount_to", "unit"):
                del self.fields[name]

    def values(self) -> dict[str, Any]:
        """What was entered, with the account of the person. Raises OwnerNotHere."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "reason"}
        login = given.pop("owner").strip()
        given["owner"] = account(login) if login else None
        if login and (given["owner"] is None or not given["owner"].is_active):
            raise OwnerNotHere(name=login)
        return given


def initial_of(target: Target) -> dict[str, Any]:
    names = (
        "title", "measure", "comparison", "amount", "amount_to", "unit", "starts_on", "base", "deadline", "pace",
        "owner_unit",
    )  # fmt: skip
    return {name: getattr(target, name) for name in names} | {"owner": target.owner.username if target.owner else ""}


class ReasonForm(TablerForm):
    reason = forms.CharField(
        label=gettext_lazy("理由"), max_length=200, widget=forms.TextInput(attrs={"data_wide": True})
    )


class BreakForm(ReasonForm):
    """In which direction, by what; with a field for each part when the amounts are entered by hand."""

    across = forms.ChoiceField(label=gettext_lazy("分解方向"), required=False)
    way = forms.ChoiceField(label=gettext_lazy("分解办法"), required=False)
    figure = forms.ChoiceField(label=gettext_lazy("占比依据"), required=False)

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target = target
        directions = [(each.value, each.label) for each in possible(target)]
        choose(self, "across", directions)
        known = dict.fromkeys(way for across, _label in directions for way in ways(target, across))
        choose(self, "way", [(each.value, each.label) for each in known])
        choose(self, "figure", [(each.id, str(each.label)) for each in catalogue().weighing()])
        self.order_fields(["across", "way", "figure", "reason"])

    @property
    def plan(self) -> tuple[str, str, str]:
        """Direction, way and figure as far as they are chosen; the first possible ones else."""
        across = self._choice("across")
        way = self._choice("way")
        allowed = ways(self.target, across) if across else []
        if allowed and way not in allowed:
            way = allowed[0].value
        return across, way, self._choice("figure")

    def _choice(self, name: str) -> str:
        field: Any = self.fields[name]
        known = [value for value, _label in field.choices]
        given = self.data.get(name, "") if self.is_bound else self.initial.get(name, "")
        return given if given in known else (known[0] if known else "")


def possible(target: Target) -> list[Across]:
    """The directions in which there is anything to break a target down to."""
    found = []
    if target.part_year is None or target.parent is not None:
        if areas_below(target):
            found.append(Across.AREAS)
        if len(years_of(target)) > 1:
            found.append(Across.YEARS)
    return found


def amounts_given(data: Any, keys: Sequence[int]) -> dict[int, Decimal]:
    """The amounts that were typed for parts (`part-<key>`); what is no number is left out."""
    found = {}
    for key in keys:
        field = forms.DecimalField(required=False, min_value=0, max_digits=16, decimal_places=2)
        try:
            number = field.clean(data.get(f"part-{key}", ""))
        except forms.ValidationError:
            continue
        if number is not None:
            found[key] = number
    return found


class StageForm(TablerForm):
    title = forms.CharField(label=gettext_lazy("阶段名称"), max_length=120, required=False)
    ends_on = forms.DateField(label=gettext_lazy("截止日期"), required=False)
    amount = amount_field(gettext_lazy("到期应达到"), required=False)
    done_on = forms.DateField(label=gettext_lazy("完成日期"), required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if any(given.values()) and not (given.get("title") and given.get("ends_on")) and not self.errors:
            self.add_error("title" if not given.get("title") else "ends_on", _("请把阶段名称和截止日期填齐。"))
        return given


class StageForms:
    """The stages of a target as rows of a form, with some empty ones; an emptied row is a stage taken away."""

    def __init__(self, data: Any, stages: Sequence[Stage]) -> None:
        given = [
            {"title": each.title, "ends_on": each.ends_on, "amount": each.amount, "done_on": each.done_on}
            for each in stages
        ]
        number = len(given) + EMPTY_STAGES
        self.rows = [
            StageForm(data, prefix=f"stage-{index}", initial=given[index] if index < len(given) else None)
            for index in range(number)
        ]

    def is_valid(self) -> bool:
        checked = [row.is_valid() for row in self.rows]  # every row shows its own faults
        return all(checked)

    def stages(self) -> list[StageGiven]:
        return list(self._entered())

    def _entered(self) -> Iterator[StageGiven]:
        for row in self.rows:
            if row.cleaned_data.get("title"):
                yield StageGiven(**row.cleaned_data)


class ReportForm(TablerForm):
    day = forms.DateField(label=gettext_lazy("截至日期"))
    value = amount_field(
        gettext_lazy("累计完成"),
        required=False,
        help_text=gettext_lazy("从目标开始到这一天一共完成多少，不是这一次新增多少。"),
    )
    upload = forms.FileField(
        label=gettext_lazy("佐证材料"), required=False, help_text=gettext_lazy("验收单、名册、照片等。")
    )
    reason = forms.CharField(
        label=gettext_lazy("进展说明"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "data_wide": True}),
        help_text=gettext_lazy("落后于计划的，请写明原因和下一步怎么办；会列入调度表。"),
    )

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if target.measure and catalogue().get(target.measure):
            del self.fields["value"]
