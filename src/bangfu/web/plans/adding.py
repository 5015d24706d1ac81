"""Adding by hand what the reader missed: first the sentence, found in the text; then what it promises."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.plans import services
from bangfu.plans.documents.quoting import QUOTE_LIMIT, headings_at, quote_in, read_alone
from bangfu.plans.models import Document, Proposal
from bangfu.plans.models.documents import KIND_LABELS
from bangfu.plans.reading.found import Kind
from bangfu.web.forms import TablerForm, carried_out
from bangfu.web.guard import needs, officer_of
from bangfu.web.plans.documents import document_of
from bangfu.web.plans.marking import Mark, around
from bangfu.web.plans.proposal import MendForm, shown_value


class FindForm(TablerForm):
    """The sentence, as it stands in the text; `near` is where it was marked, when it was marked on the page."""

    quote = forms.CharField(
        label=gettext_lazy("漏读的原文"),
        max_length=QUOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("从正文中原样复制一句，须包含数量或“全部”等说法。"),
    )
    near = forms.IntegerField(required=False, widget=forms.HiddenInput)


class AddForm(MendForm):
    """What the sentence promises."""

    quote = forms.CharField(max_length=QUOTE_LIMIT, widget=forms.HiddenInput)
    near = forms.IntegerField(required=False, widget=forms.HiddenInput)


@needs("plans.edit")
def document_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Step by step: find the sentence, say what it promises."""
    found = document_of(request, pk)
    if request.method != "POST":
        return _page(request, found, FindForm(), None)
    if "kind" not in request.POST:
        find = FindForm(request.POST)
        span = carried_out(find, lambda: _found(found, find.cleaned_data)) if find.is_valid() else None
        if span is None:
            return _page(request, found, find, None)
        return _page(request, found, AddForm(initial=_read(found, span)), span)
    form = AddForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        made = carried_out(
            form,
            lambda: services.add_by_hand(
                by=officer_of(request), document=found, quote=values["quote"], values=values, near=values["near"]
            ),
        )
        if made:
            messages.success(request, _("已添加为第 {number} 项，请核对后采纳。").format(number=made.number_in_text))
            return redirect("plan-proposal", made.pk)
    quote = FindForm({"quote": request.POST.get("quote", ""), "near": request.POST.get("near", "")})
    span = carried_out(quote, lambda: _found(found, quote.cleaned_data)) if quote.is_valid() else None
    return _page(request, found, form if span else quote, span)


def _found(document: Document, given: dict[str, Any]) -> tuple[int, int]:
    return quote_in(document.text, given["quote"], given["near"])


def _read(document: Document, span: tuple[int, int]) -> dict[str, Any]:
    """How the form begins: with what the reader makes of the sentence alone."""
    told = read_alone(document, span)
    start = {"quote": document.text[slice(*span)], "near": span[0], "kind": Kind.TARGET.value, "comparison": "eq"}
    if told is None:
        return start
    low, high = told.number if isinstance(told.number, tuple) else (told.number, None)
    times = told.cadence.times if told.cadence else None
    read = {
        "kind": told.kind.value, "subject": told.subject, "comparison": told.comparison.value, "number": low,
        "number_to": high, "unit": told.unit, "deadline": told.deadline, "owner": told.owner, "area_name": told.area,
        "cadence_times": times[0] if isinstance(times, tuple) else times,
        "cadence_period": told.cadence.period if told.cadence else "",
    }  # fmt: skip
    return start | {name: shown_value(value) for name, value in read.items()}


def _page(request: HttpRequest, document: Document, form: forms.Form, span: tuple[int, int] | None) -> HttpResponse:
    context: dict[str, Any] = {"document": document, "form": form, "found": span is not None}
    if span is not None:
        near = Proposal.objects.visible_to(officer_of(request)).filter(
            document=document, start__lt=span[1], end__gt=span[0]
        )
        context["around"] = around(document.text, *span, [Mark(*span, "q q-target")])
        context["headings"] = headings_at(document, span[0])
        context["there"] = [
            {"proposal": each, "kind": KIND_LABELS[Kind(each.kind)]} for each in near.order_by("at_start", "start")
        ]
    return render(request, "plans/document_add.html", context, status=422 if form.errors else 200)
