"""One measure: entering, changing, taking it on; and the same measure for many households at once."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.common.policy import code_list
from bangfu.registry.models import Household, Member, Paper
from bangfu.support import services
from bangfu.support.catalogue import Kind, catalogue
from bangfu.support.measure_checks import ENTRY_FIELDS, MAY_GO, proposed
from bangfu.support.models import Helper, Measure, State
from bangfu.support.selectors import helpers_of
from bangfu.support.services import Entry
from bangfu.web.forms import carried_out
from bangfu.web.guard import needs, officer_of
from bangfu.web.support.help_forms import AmountsForm, KindForm, MeasureForm, MoveForm, members_of
from bangfu.web.support.help_household import help_context, house_of
from bangfu.web.support.help_rows import household_name, measure_rows, number, state_tag

FIELD_LABELS = {field.name: field for field in Measure._meta.get_fields() if hasattr(field, "verbose_name")}
REFUSED_SHOWN = 20


@needs("support.edit")
def measure_new(request: HttpRequest, pk: int) -> HttpResponse:
    """First the kind, then the rest with what policy proposes for it."""
    house, officer, today = house_of(request, pk), officer_of(request), timezone.localdate()
    book = catalogue(house.village.code)
    kind = book.kinds.get(request.GET.get("kind", ""))
    context = help_context(request, house) | {"form_title": _("登记帮扶措施")}
    if kind is None:
        form: Any = KindForm(book=book, day=today)
        return render(request, "support/kind_form.html", context | {"form": form})
    form = MeasureForm(
        request.POST or None,
        kind=kind,
        members=members_of(house, officer),
        helpers=_helpers(house, officer, today),
        initial=_usual(house, kind, officer, today),
    )
    if form.is_valid():
        entry = Entry(household=house, kind=kind.code, **form.cleaned_data)
        made = carried_out(form, lambda: services.plan_measure(by=officer, entry=entry))
        if made:
            messages.success(request, _("帮扶措施已登记。"))
            return redirect("help-household", pk)
    context |= {"form": form, "kind": kind, "of_class": code_list("measure_class").label_of(kind.measure_class)}
    return render(request, "support/help_form.html", context, status=422 if form.is_bound else 200)


def _usual(house: Household, kind: Kind, viewer: Any, day: date) -> dict[str, Any]:
    now = helpers_of([house.pk], day).get(house.pk, [])
    people = list(members_of(house, viewer)[:2]) if kind.member else []
    return {
        **proposed(kind, house.village.code, day),
        "starts_on": day,
        "helper": now[0].pk if now else None,
        "member": people[0].pk if len(people) == 1 else None,
    }


def _helpers(house: Household, viewer: Any, day: date, *more: int | None) -> Any:
    now = [helper.pk for helper in helpers_of([house.pk], day).get(house.pk, [])]
    return Helper.objects.visible_to(viewer).filter(pk__in=[*now, *(pk for pk in more if pk)])


def measure_of(request: HttpRequest, pk: int) -> Measure:
    """The measure, if the officer may see it; otherwise there is no such page."""
    rows = Measure.objects.visible_to(officer_of(request))
    rows = rows.select_related("household__village__parent", "member", "helper", "officer", "proof", "entered_by")
    found: Measure = get_object_or_404(rows, pk=pk)
    return found


def _move_form(request: HttpRequest, found: Measure, data: Any = None) -> MoveForm:
    papers = Paper.objects.visible_to(officer_of(request)).filter(household=found.household_id, removed_on=None)
    initial = {"on": found.ends_on or timezone.localdate(), "result": found.result, "proof": found.proof_id}
    return MoveForm(data, possible=MAY_GO[State(found.state)], papers=papers, initial=initial)


@needs("support.view")
@require_safe
def measure(request: HttpRequest, pk: int) -> HttpResponse:
    """A measure with its whole history."""
    found = measure_of(request, pk)
    return _shown(request, found, _move_form(request, found))


def _shown(request: HttpRequest, found: Measure, form: MoveForm, status: int = 200) -> HttpResponse:
    house = house_of(request, found.household_id)
    changes = found.history.visible_to(officer_of(request)).select_related("actor").order_by("-number")
    context = help_context(request, house) | {
        "row": measure_rows([found], timezone.localdate())[0],
        "changes": [
            {"change": each, "state": state_tag(each.state), "values": _differences(found, each.values)}
            for each in changes
        ],
        "form": form,
    }
    return render(request, "support/measure.html", context, status=status)


def _differences(found: Measure, values: dict[str, Any]) -> list[dict[str, Any]]:
    """What a change changed, in words."""
    book, units = catalogue(found.household.village.code), code_list("measure_unit")
    words: Mapping[str, Callable[[str], str]] = {
        "kind": book.label_of,
        "unit": units.label_of,
        "quantity": lambda text: number(Decimal(text)),
        "money": lambda text: number(Decimal(text)),
    }

    def said(name: str, value: Any) -> str:
        return words[name](value) if name in words and value else str(value or "")

    return [
        {"label": FIELD_LABELS[name].verbose_name, "before": said(name, old), "after": said(name, new)}
        for name, (old, new) in values.items()
    ]


@needs("support.edit")
def measure_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what was entered, with the reason; the state is moved on the measure's own page."""
    found, officer, today = measure_of(request, pk), officer_of(request), timezone.localdate()
    house = house_of(request, found.household_id)
    kind = catalogue(house.village.code).kinds.get(found.kind)
    if kind is None:
        raise Http404
    initial = {name: getattr(found, name) for name in ENTRY_FIELDS} | {"changes": found.changes}
    form = MeasureForm(
        request.POST or None,
        kind=kind,
        members=members_of(house, officer) | _that_member(found, officer),
        helpers=_helpers(house, officer, today, found.helper_id),
        changing=True,
        initial=initial | {"member": found.member_id, "helper": found.helper_id},
    )
    if form.is_valid():
        values = dict(form.cleaned_data)
        reason = values.pop("reason")
        found.changes = _seen(request, found.changes)
        changed = carried_out(
            form,
            lambda: services.change_measure(by=officer, measure=found, values=values, reason=reason),
        )
        if changed:
            messages.success(request, _("修改已保存。"))
            return redirect("help-measure", pk)
    context = help_context(request, house) | {
        "form": form,
        "kind": kind,
        "of_class": code_list("measure_class").label_of(kind.measure_class),
        "form_title": _("修改帮扶措施"),
        "seen": found.changes,
        "measure": found,
    }
    return render(request, "support/help_form.html", context, status=422 if form.is_bound else 200)


def _that_member(found: Measure, viewer: Any) -> Any:
    """The person whom the measure names, though they may have left since."""
    return Member.objects.visible_to(viewer).filter(pk=found.member_id, household=found.household_id)


def _seen(request: HttpRequest, now: int) -> int:
    """How many changes the officer had seen when the page was opened."""
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else now


@needs("support.edit")
@require_POST
def measure_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a measure on: begin it, finish it with its result and proof, give it up, or take that back."""
    found, officer = measure_of(request, pk), officer_of(request)
    form = _move_form(request, found, request.POST)
    if form.is_valid():
        values = form.cleaned_data
        found.changes = _seen(request, found.changes)
        moved = carried_out(
            form,
            lambda: services.move_measure(
                by=officer,
                measure=found,
                to=State(values["to"]),
                on=values["on"] if values["to"] == State.DONE else None,
                result=values["result"] if values["to"] == State.DONE else "",
                reason=values["reason"],
                proof=values["proof"],
            ),
        )
        if moved:
            messages.success(request, _("进展已更新。"))
            return redirect("help-measure", pk)
    return _shown(request, found, form, status=422)


@needs("support.edit")
def give(request: HttpRequest) -> HttpResponse:
    """The same kind of help for several households of the list: each gets a measure of its own, and those for whom it
    does not fit are named with the reason."""
    officer, today = officer_of(request), timezone.localdate()
    given = request.POST if request.method == "POST" else request.GET
    ids = [int(pk) for pk in given.getlist("household") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    houses = list(Household.objects.visible_to(officer).living().filter(pk__in=ids).select_related("village"))
    if not houses:
        messages.warning(request, _("请先勾选要登记措施的户。"))
        return redirect("help-lacking")
    place = houses[0].village.code
    book = catalogue(place)
    kind = book.kinds.get(given.get("kind", ""))
    context: dict[str, Any] = {"houses": houses, "names": [household_name(house) for house in houses]}
    if kind is None or kind.member:
        form: Any = KindForm(book=book, day=today)
        return render(request, "support/give.html", context | {"form": form, "personal": kind is not None})
    bound = request.POST if "starts_on" in request.POST else None
    form = AmountsForm(bound, kind=kind, initial={**proposed(kind, place, today), "starts_on": today})
    if form.is_valid():
        entries = [Entry(household=house, kind=kind.code, **form.cleaned_data) for house in houses]
        done = carried_out(form, lambda: services.plan_measures(by=officer, entries=entries))
        if done:
            if not done.refused:
                messages.success(request, _("已为 {number} 户登记。").format(number=len(done.measures)))
                return redirect("help-lacking")
            context["done"] = len(done.measures)
            context["refused"] = [
                {"household": houses[number], "message": fault.message}
                for number, fault in done.refused[:REFUSED_SHOWN]
            ]
            return render(request, "support/given.html", context | {"kind": kind})
    context |= {"form": form, "kind": kind, "of_class": code_list("measure_class").label_of(kind.measure_class)}
    return render(request, "support/give.html", context, status=422 if form.is_bound else 200)
