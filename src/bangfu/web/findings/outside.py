"""Outside lists as pages: those held, one taken in with what became of its rows, one taken away."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.areas.models import Area
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.findings import errors, outside
from bangfu.findings.outside import Held
from bangfu.findings.reading import code_of
from bangfu.registry.intake.workbooks import MAX_BYTES, MB
from bangfu.rulebook import services as rulebook
from bangfu.rulebook.models import OutsideList, Rule
from bangfu.screening.importing import Fault
from bangfu.screening.lists import Stored
from bangfu.web.forms import TablerForm, choose
from bangfu.web.guard import needs, officer_of
from bangfu.web.uploads import on_disk


class ListForm(TablerForm):
    list = forms.ChoiceField(label=gettext_lazy("名单"))
    area = forms.ChoiceField(
        label=gettext_lazy("区域"), help_text=gettext_lazy("只与这个区域的人比对，也只在这里起作用。")
    )
    day = forms.DateField(
        label=gettext_lazy("名单日期"), help_text=gettext_lazy("名单反映的是哪一天的情况，不是收到的日子。")
    )
    file = forms.FileField(
        label=gettext_lazy("文件"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.xlsm,.xls,.ods,.parquet", "data_wide": True}),
    )
    replace = forms.BooleanField(label=gettext_lazy("代替同一天的名单"), required=False)

    def __init__(self, *args: Any, areas: Sequence[Area], lists: Mapping[str, OutsideList], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(
            self,
            "list",
            [
                ("", _("请选择")),
                *((id, _("{list}（{giver}）").format(list=each.label, giver=each.giver)) for id, each in lists.items()),
            ],
        )
        choose(self, "area", [(str(area.pk), area.name) for area in areas])


@needs(outside.RIGHT)
@require_safe
def outside_lists(request: HttpRequest) -> HttpResponse:
    """The lists that count in the officer's areas, and those that rules ask for in vain."""
    officer = officer_of(request)
    areas = outside.areas_of(officer)
    held = outside.held(officer)
    there = {each.stored.list for each in held}
    users = _users(areas)
    context = {
        "rows": [_row(each) for each in held],
        "missing": [
            {"id": id, "list": each, "rules": users.get(id, [])}
            for id, each in outside.known(areas).items()
            if id not in there
        ],
    }
    return render(request, "findings/outside_lists.html", context)


@needs(outside.RIGHT)
def outside_list_new(request: HttpRequest) -> HttpResponse:
    """Choose list, place, day and file; what is refused is said above the form, and nothing is kept of it."""
    areas = outside.areas_of(officer_of(request))
    if not areas:
        raise Http404
    form = ListForm(
        request.POST or None,
        request.FILES or None,
        areas=areas,
        lists=outside.known(areas),
        initial={"list": request.GET.get("list", ""), "area": str(areas[0].pk)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            stored = _taken_in(request, form.cleaned_data, areas)
        except NotAllowed:
            raise
        except BangfuError as error:
            form.add_error(None, error.message)
        else:
            return redirect("outside-list", stored.name)
    context = {"form": form, "limit": MAX_BYTES // MB}
    return render(request, "findings/outside_list_new.html", context, status=422 if form.is_bound else 200)


def _taken_in(request: HttpRequest, given: Mapping[str, Any], areas: Sequence[Area]) -> Stored:
    upload = given["file"]
    name, size = Path(upload.name or "").name, upload.size or 0
    if size > MAX_BYTES:
        raise errors.ListTooLarge(file=name, size=-(-size // MB), limit=MAX_BYTES // MB)
    area = next(each for each in areas if str(each.pk) == given["area"])
    with tempfile.TemporaryDirectory(prefix="bangfu-") as folder:
        taken = outside.take_in(
            by=officer_of(request),
            area=area,
            list=given["list"],
            day=given["day"],
            file=on_disk(upload, Path(folder) / "list"),
            name=name,
            replace=given["replace"],
        )
    return Stored(taken.list, taken.day, taken.path, taken.place)


def _held(request: HttpRequest, name: str) -> Held:
    """A list that the officer may see; any other does not exist."""
    found = outside.held_by_name(officer_of(request), name)
    if found is None:
        raise Http404
    return found


@needs(outside.RIGHT)
@require_safe
def outside_list(request: HttpRequest, held: str) -> HttpResponse:
    """What became of the rows of a list, the rules that look at it, and the way to take it away."""
    return render(request, "findings/outside_list.html", _context(request, _held(request, held)))


def _context(request: HttpRequest, held: Held) -> dict[str, Any]:
    areas = outside.areas_of(officer_of(request))
    row = _row(held)
    about = row["about"]
    return {
        "row": row,
        "rules": _users(areas).get(held.stored.list, []),
        "faults": [(Fault(fault).words, number) for fault, number in about.refused.items()] if about else [],
        "first": [(line, Fault(fault).words) for line, fault in about.first] if about else [],
        "unlisted": max(sum(about.refused.values()) - len(about.first), 0) if about else 0,
    }


@needs(outside.RIGHT)
@require_POST
def outside_list_remove(request: HttpRequest, held: str) -> HttpResponse:
    found = _held(request, held)
    try:
        outside.take_away(by=officer_of(request), held=found, reason=request.POST.get("reason", "")[:200])
    except NotAllowed:
        raise
    except BangfuError as error:
        context = _context(request, found) | {"error": error}
        return render(request, "findings/outside_list.html", context, status=422)
    messages.success(request, _("已移除。需要它的规则改用更早的名单，没有更早的就不运行。"))
    return redirect("outside-lists")


def _row(held: Held) -> dict[str, Any]:
    """A list as a page shows it; how many people are on it only to whoever may see all of them."""
    about = held.stored.about if held.is_own else None
    return {
        "held": held,
        "name": held.stored.name,
        "list": held.declared,
        "day": held.stored.day,
        "area": held.area.name if held.area else _("更大范围"),
        "about": about,
        "refused": sum(about.refused.values()) if about else 0,
        "at": datetime.fromisoformat(about.at) if about else None,
    }


def _users(areas: Sequence[Area]) -> dict[str, list[Rule]]:
    """The rules that look at each list, in these areas."""
    found: dict[str, dict[str, Rule]] = {}
    for area in areas:
        book = rulebook.book(code_of(area))
        for rule in book.rules.values():
            for feature in book.features_used(rule.id):
                if feature.on_list:
                    found.setdefault(feature.on_list, {})[rule.id] = rule
    return {name: [rules[id] for id in sorted(rules)] for name, rules in found.items()}
