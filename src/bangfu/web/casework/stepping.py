"""The form of a step: what its questions ask, the day, the reason, and a button for every move."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.casework.procedures import Question, QuestionKind, Step
from bangfu.common.policy import code_list
from bangfu.web.forms import TablerForm, dress

ASKED = "answer-"


def refusals(*forms: Any) -> list[str]:
    """What a service said against forms that the page no longer shows: while they were filled in, somebody else was
    there, and the officer must be told."""
    return [str(error) for form in forms if form is not None for error in form.non_field_errors()]


class StepForm(TablerForm):
    """What the service asks is said by the service: a field left empty is refused there, in the words of the step."""

    on = forms.DateField(label=gettext_lazy("办理日期"))
    reason = forms.CharField(
        label=gettext_lazy("说明"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "data_wide": True}),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, step: Step, changed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.step = step
        for question in step.questions:
            self.fields[f"{ASKED}{question.id}"] = field_of(question)
        if changed:
            self.fields["noted"] = forms.BooleanField(label=_("已看到上面的变化，仍按现在的情况办理"), required=False)
        asked = [f"{ASKED}{question.id}" for question in step.questions]
        self.order_fields([*asked, "on", "reason", "noted", "seen"])
        dress(self)

    @property
    def answers(self) -> Mapping[str, Any]:
        """What was answered, by question; nothing of what was left empty."""
        given = self.cleaned_data
        return {
            question.id: given[f"{ASKED}{question.id}"]
            for question in self.step.questions
            if given.get(f"{ASKED}{question.id}") not in (None, "", [])
        }


def field_of(question: Question) -> forms.Field:
    """The field for a question; whether an answer is required is the service's to say."""
    given: dict[str, Any] = {"label": str(question.label), "required": False, "help_text": str(question.help or "")}
    match question.kind:
        case QuestionKind.YES_NO:
            choices = [("yes", _("是")), ("no", _("否"))]
            return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **given)
        case QuestionKind.CHOICE:
            return forms.ChoiceField(choices=[("", _("请选择")), *_labels(question)], **given)
        case QuestionKind.CODE if question.several:
            codes = code_list(question.code_list).choices()
            return forms.MultipleChoiceField(
                choices=codes, widget=forms.CheckboxSelectMultiple(attrs={"data_wide": True}), **given
            )
        case QuestionKind.CODE:
            return forms.ChoiceField(choices=[("", _("请选择")), *code_list(question.code_list).choices()], **given)
        case QuestionKind.NUMBER:
            return forms.DecimalField(max_digits=14, decimal_places=2, **given)
        case QuestionKind.DAY:
            return forms.DateField(**given)
        case QuestionKind.PHONE:
            return forms.CharField(max_length=60, widget=forms.TextInput(attrs={"inputmode": "tel"}), **given)
    return forms.CharField(max_length=1000, **given)


def _labels(question: Question) -> list[tuple[str, str]]:
    return [(key, str(label)) for key, label in question.choices.items()]
