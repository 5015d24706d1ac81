"""The exit checks on the page of a case: each condition with what it rests on, and a form for what is open."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.casework import loading, services
from bangfu.casework.checks import Item, items, source_label
from bangfu.casework.models import Case
from bangfu.web.forms import TablerForm, carried_out, choose
from bangfu.web.guard import officer_of


class CheckForm(TablerForm):
    met = forms.ChoiceField(
        label=gettext_lazy("结果"),
        choices=[("yes", gettext_lazy("达标")), ("no", gettext_lazy("未达标"))],
        widget=forms.RadioSelect,
    )
    source = forms.ChoiceField(label=gettext_lazy("依据来源"))
    evidence = forms.CharField(label=gettext_lazy("依据"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
    on = forms.DateField(label=gettext_lazy("核查日期"))

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "source", [(each.value, source_label(each)) for each in item.open_to])


def listed(case: Case, may_act: bool, sent: tuple[str, CheckForm] | None = None) -> list[dict[str, Any]]:
    """The items of the step where a case stands; those that may be answered with a form."""
    return [
        {
            "item": item,
            "source": source_label(item.source),
            "form": _form(item, sent) if may_act and item.open_to else None,
        }
        for item in (items(case) if case.running else ())
    ]


def kept(case: Case) -> list[dict[str, Any]]:
    """What was found when the case left the step with the list: as it was then."""
    rows = {row.item: row for row in case.checks.select_related("by")}
    if not rows:
        return []
    lists = {step.checks for step in case.version.read.steps if step.checks}
    labels = {item.id: item.label for name in lists for item in loading.exit_check(name, case.village.code).items}
    return [
        {
            "label": labels.get(name, name),
            "row": row,
            "source": source_label(row.source),
            "why": row.evidence.get("text", ""),
        }
        for name, row in sorted(rows.items(), key=lambda each: list(labels).index(each[0]) if each[0] in labels else 99)
    ]


def _form(item: Item, sent: tuple[str, CheckForm] | None) -> CheckForm:
    if sent and sent[0] == item.item.id:
        return sent[1]
    initial: dict[str, Any] = {"on": timezone.localdate(), "evidence": item.why if item.kept else ""}
    if item.kept:
        initial |= {"met": "yes" if item.met else "no", "source": item.source}
    return CheckForm(item=item, initial=initial, prefix=f"check-{item.item.id}")


def answered(request: HttpRequest, case: Case, name: str) -> tuple[str, CheckForm] | HttpResponse:
    """Takes an answer; gives the form back when it was refused."""
    item = next((each for each in items(case) if each.item.id == name), None)
    if item is None or not item.open_to:
        services.answer_check(case=case, item=name, by=officer_of(request), met=False, source="", evidence="")
    assert item is not None
    form = CheckForm(request.POST, item=item, prefix=f"check-{name}")
    if form.is_valid():
        given = form.cleaned_data
        if carried_out(
            form,
            lambda: services.answer_check(
                case=case,
                item=name,
                by=officer_of(request),
                met=given["met"] == "yes",
                source=given["source"],
                evidence=given["evidence"],
                on=given["on"],
            ),
        ):
            messages.success(request, _("“{item}”已登记。").format(item=item.item.label))
            return redirect("case", case.pk)
    return name, form
