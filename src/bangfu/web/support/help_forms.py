"""Forms of measures, promises and projects. What policy limits is asked of the service; here only what can be typed."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.common.policy import code_list
from bangfu.registry.models import Household, Member, Paper
from bangfu.support.catalogue import Catalogue, Kind
from bangfu.support.models import Commitment, Helper, State
from bangfu.web.forms import TablerForm, choose

NONE = ("", gettext_lazy("未选"))
WIDE = {"rows": 2, "data_wide": True}


def amount_field(label: Any, unit: Any = "") -> Any:
    field = forms.DecimalField(label=label, required=False, max_digits=14, decimal_places=2)
    field.unit = unit  # type: ignore[attr-defined]  # the template of fields prints it
    return field


class KindForm(TablerForm):
    """Which kind of help: asked first, so that the rest can be filled in."""

    kind = forms.ChoiceField(label=gettext_lazy("措施种类"))

    def __init__(self, *args: Any, book: Catalogue, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "kind", book.choices(day))


class AmountsForm(TablerForm):
    """What is given, how much, when and by whom: for one household or for many."""

    content = forms.CharField(label=gettext_lazy("具体内容"), required=False, max_length=200)
    quantity = amount_field(gettext_lazy("数量"))
    unit = forms.ChoiceField(label=gettext_lazy("计量单位"), required=False)
    money = amount_field(gettext_lazy("金额"), gettext_lazy("元"))
    starts_on = forms.DateField(label=gettext_lazy("开始日期"))
    ends_on = forms.DateField(label=gettext_lazy("结束日期"), required=False)
    owner = forms.CharField(label=gettext_lazy("责任人或责任单位"), required=False, max_length=120)

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = code_list("measure_unit")
        choose(self, "unit", [NONE, *((unit, units.label_of(unit)) for unit in kind.units)])


class MeasureForm(AmountsForm):
    """One measure of a household; `reason` only where one on file is changed."""

    member = forms.ModelChoiceField(Member.objects.none(), label=gettext_lazy("受益成员"), required=False)
    helper = forms.ModelChoiceField(Helper.objects.none(), label=gettext_lazy("帮扶责任人"), required=False)
    reason = forms.CharField(label=gettext_lazy("修改原因"), max_length=200)
    field_order = (
        "content",
        "member",
        "quantity",
        "unit",
        "money",
        "starts_on",
        "ends_on",
        "helper",
        "owner",
        "reason",
    )

    def __init__(
        self, *args: Any, kind: Kind, members: Any, helpers: Any, changing: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, kind=kind, **kwargs)
        fields: Any = self.fields
        fields["member"].queryset, fields["helper"].queryset = members, helpers
        fields["member"].required = kind.member
        fields["member"].empty_label = str(NONE[1]) if kind.member else _("全户")
        fields["helper"].empty_label = str(NONE[1])
        if not changing:
            del fields["reason"]


class MoveForm(TablerForm):
    """Where a measure goes next, what came of it, and the proof."""

    to = forms.ChoiceField(label=gettext_lazy("改为"))
    on = forms.DateField(label=gettext_lazy("完成日期"), required=False)
    result = forms.CharField(
        label=gettext_lazy("帮扶成效"), required=False, max_length=400, widget=forms.Textarea(attrs=WIDE)
    )
    proof = forms.ModelChoiceField(Paper.objects.none(), label=gettext_lazy("佐证材料"), required=False)
    reason = forms.CharField(label=gettext_lazy("原因（取消或退回时填写）"), required=False, max_length=200)

    def __init__(self, *args: Any, possible: tuple[State, ...], papers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["proof"].queryset, fields["proof"].empty_label = papers, str(NONE[1])
        choose(self, "to", [(state.value, state.label) for state in possible])


class PromiseForm(TablerForm):
    """What both sides promise each other, with the signed paper."""

    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=2014, max_value=2100)
    helper = forms.ModelChoiceField(Helper.objects.none(), label=gettext_lazy("帮扶责任人"), required=False)
    helper_name = forms.CharField(label=gettext_lazy("帮扶责任人姓名（未结对时填写）"), required=False, max_length=60)
    helper_promise = forms.CharField(label=gettext_lazy("帮扶承诺"), max_length=400, widget=forms.Textarea(attrs=WIDE))
    helper_signed_on = forms.DateField(label=gettext_lazy("帮扶责任人签字日期"))
    household_promise = forms.CharField(
        label=gettext_lazy("户的承诺"), max_length=400, widget=forms.Textarea(attrs=WIDE)
    )
    signer = forms.CharField(label=gettext_lazy("户内签字人"), max_length=60)
    household_signed_on = forms.DateField(label=gettext_lazy("户内签字日期"))
    upload = forms.FileField(label=gettext_lazy("签字的承诺书"), help_text=gettext_lazy("照片或扫描件。"))

    def __init__(self, *args: Any, helpers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["helper"].queryset, fields["helper"].empty_label = helpers, str(NONE[1])


class SettleForm(TablerForm):
    """What came of a promise."""

    helper_kept = forms.ChoiceField(label=gettext_lazy("帮扶承诺"))
    household_kept = forms.ChoiceField(label=gettext_lazy("户的承诺"))
    outcome = forms.CharField(
        label=gettext_lazy("兑现情况"), required=False, max_length=400, widget=forms.Textarea(attrs=WIDE)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("helper_kept", "household_kept"):
            choose(self, name, [NONE, *((k.value, k.label) for k in Commitment.Kept if k.value)])


class ProjectForm(TablerForm):
    """A project of a village's plan; `reason` where one on file is changed."""

    name = forms.CharField(
        label=gettext_lazy("项目名称"), max_length=120, widget=forms.TextInput(attrs={"data_wide": True})
    )
    kind = forms.ChoiceField(label=gettext_lazy("项目种类"))
    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=1990, max_value=2100)
    quantity = amount_field(gettext_lazy("数量"))
    unit = forms.ChoiceField(label=gettext_lazy("计量单位"), required=False)
    money = amount_field(gettext_lazy("投资"), gettext_lazy("元"))
    households = forms.IntegerField(label=gettext_lazy("受益户数"), required=False, min_value=0, max_value=10**6)
    people = forms.IntegerField(label=gettext_lazy("受益人数"), required=False, min_value=0, max_value=10**7)
    state = forms.ChoiceField(label=gettext_lazy("进展"), choices=State.choices)
    note = forms.CharField(label=gettext_lazy("说明"), required=False, max_length=200)
    reason = forms.CharField(label=gettext_lazy("原因（取消时填写）"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "kind", code_list("project_kind").choices())
        choose(self, "unit", [NONE, *code_list("measure_unit").choices()])


def members_of(household: Household, viewer: Any) -> Any:
    """Who may be named as the person that help is for."""
    return Member.objects.visible_to(viewer).filter(household=household, left_on=None)
