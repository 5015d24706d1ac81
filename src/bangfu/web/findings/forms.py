"""Forms of findings: what was found in the field, to whom a finding is given, and why it is sent back."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.common.policy import code_list
from bangfu.findings.models import Verification
from bangfu.web.forms import TablerForm, choose


class StepForm(TablerForm):
    """A form about a finding as it was when the form was opened: `seen` is the number of its latest step then."""

    seen = forms.IntegerField(required=False, min_value=0, max_value=2**62, widget=forms.HiddenInput)


class VerifyForm(StepForm):
    result = forms.ChoiceField(
        label=gettext_lazy("核实结果"),
        choices=Verification.Result.choices,
        widget=forms.RadioSelect(attrs={"data_wide": True}),
    )
    on = forms.DateField(label=gettext_lazy("核实日期"), required=False)
    note = forms.CharField(
        label=gettext_lazy("说明"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3, "data_wide": True}),
        help_text=gettext_lazy("写明何时入户、看了什么、结论是什么。"),
    )
    proof = forms.ChoiceField(label=gettext_lazy("已有的证明材料"), required=False)
    upload = forms.FileField(
        label=gettext_lazy("上传证明材料"),
        required=False,
        help_text=gettext_lazy("照片或 PDF，不超过 10 MB。手机上可以直接拍照。"),
        widget=forms.FileInput(attrs={"accept": "image/*,.pdf"}),
    )
    paper_kind = forms.ChoiceField(label=gettext_lazy("材料种类"), required=False)

    field_order = ("result", "on", "note", "proof", "upload", "paper_kind", "seen")

    def __init__(self, *args: Any, papers: Any, of_household: bool, photos: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()
        if not of_household:
            for name in ("proof", "upload", "paper_kind"):
                del self.fields[name]
            return
        kept = [(str(p.pk), f"{p.title} {p.added_on:%Y-%m-%d}") for p in papers]
        choose(self, "proof", [("", _("不选")), *photos, *kept])
        choose(self, "paper_kind", [("", _("请选择")), *code_list("paper_kind").choices()])

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("upload") and not given.get("paper_kind"):
            self.add_error("paper_kind", _("请选择上传材料的种类。"))
        return given


class AssignForm(StepForm):
    officer = forms.ChoiceField(label=gettext_lazy("核实人"), required=False)

    def __init__(self, *args: Any, officers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "officer", [("", _("由乡镇处理")), *((str(o.pk), f"{o.name} {o.unit}".strip()) for o in officers)])


class ReopenForm(StepForm):
    note = forms.CharField(label=gettext_lazy("退回的理由"), required=False, max_length=400)


class RunForm(TablerForm):
    area = forms.ChoiceField(label=gettext_lazy("区域"))
    as_of = forms.DateField(
        label=gettext_lazy("数据截止日"),
        help_text=gettext_lazy("年龄、学年和当日的政策标准都按这一天计算。"),
    )

    def __init__(self, *args: Any, areas: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "area", [(str(a.pk), a.name) for a in areas])
