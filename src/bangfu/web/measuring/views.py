"""How poor a place is, what another line would change, and what the figures rest on: the latest snapshot."""

import tempfile
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from bangfu.accounts.models import Officer
from bangfu.areas.codes import ENDS
from bangfu.areas.models import Area
from bangfu.common.errors import BangfuError
from bangfu.common.facts import schema
from bangfu.common.places import Level
from bangfu.findings import outside
from bangfu.policymaking.files import code_of
from bangfu.rulebook import services as rulebook
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import Figure
from bangfu.screening.deprivations import deprivations, income_lines, index_of_snapshot
from bangfu.screening.measures import Measures, measure
from bangfu.screening.measuring import rows_of_snapshot
from bangfu.screening.measuring_errors import PlaceNotChosen, PlaceNotMeasured
from bangfu.screening.what_if import what_if, with_figures
from bangfu.snapshot import services as snapshot_services
from bangfu.snapshot.dictionary import dictionary as described
from bangfu.snapshot.errors import NoSnapshotYet
from bangfu.snapshot.store import Snapshot
from bangfu.web.forms import TablerForm, choose
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.measuring.remembering import remembered
from bangfu.web.scope import Scope, scope_of, tops_of

MOST_AREAS = 200


@dataclass(frozen=True)
class Place:
    """Where the officer looks, and by which areas the answer is told apart: those just below."""

    code: str
    digits: int


def _place(scope: Scope) -> Place:
    """Never the whole snapshot: it may hold more than the officer may see. Raises PlaceNotChosen, PlaceNotMeasured."""
    area = scope.here
    if area is None:
        raise PlaceNotChosen()
    if not area.code or area.level not in ENDS:
        raise PlaceNotMeasured(area=area.name)
    return Place(code_of(area), ENDS[Level(min(area.level + 1, Level.VILLAGE))])


def _holds_all(officer: Officer, snapshot: Snapshot, right: str) -> bool:
    """Whether the officer may see everybody in a snapshot, and so how many they are."""
    codes = tuple(code_of(area) for area in tops_of(officer, right) if area.code and area.level in ENDS)
    return all(county.startswith(codes) for part in snapshot.parts() for county in part.counties)


def _names(request: HttpRequest, codes: list[str]) -> dict[str, str]:
    """What areas are called, of those the officer may see."""
    whole = {code.ljust(12, "0"): code for code in codes}
    seen = Area.objects.visible_to(officer_of(request)).current().filter(code__in=whole)
    return {whole[area.code]: area.name for area in seen}


def lines_of(book: RuleBook, code: str, day: date) -> list[Figure]:
    """The lines of income that have a value in the place on the day; all of them where none has."""
    lines = [book.figures[name] for name in income_lines(Path(settings.POLICY)) if name in book.figures]
    return [line for line in lines if book.value_in_force(line.id, code, day)] or lines


class MeasureForm(TablerForm):
    line = forms.ChoiceField(label=gettext_lazy("标准线"), required=False)

    def __init__(self, *args: Any, lines: list[Figure], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "line", [(figure.id, str(figure.label)) for figure in lines])


@needs("registry.view")
@require_safe
def measures(request: HttpRequest) -> HttpResponse:
    scope = scope_of(request, "registry.view")
    context: dict[str, Any] = {"scope": scope, "area": scope.here}
    try:
        place = _place(scope)
        snapshot = snapshot_services.latest()
        book = rulebook.book(place.code)
        lines = lines_of(book, place.code, snapshot.as_of)
        form = MeasureForm(request.GET or None, lines=lines)
        chosen = request.GET.get("line", "")
        line = chosen if chosen in {figure.id for figure in lines} else lines[0].id
        context |= {"form": form, "snapshot": snapshot, "figure": book.figures[line]}
        whole, below = remembered(
            ("measures", line, place), snapshot, book, lambda: _measured(snapshot, book, line, place)
        )
        context |= {"whole": whole, "rows": _rows(request, below)} | _index(request, snapshot, book, place)
    except BangfuError as error:
        context["problem"] = error.message
    return render(request, "measuring/measures.html", context)


def _measured(snapshot: Snapshot, book: RuleBook, line: str, place: Place) -> tuple[Measures, list[Measures]]:
    lines: dict[str, float] = {}

    def line_of(code: str) -> float:
        region = code[: ENDS[Level.COUNTY]]
        if region not in lines:
            lines[region] = float(book.figure(line, region, snapshot.as_of))
        return lines[region]

    whole = rows_of_snapshot(snapshot, line_of, place=place.code, digits=0)
    return measure(whole)[0], measure(rows_of_snapshot(snapshot, line_of, place=place.code, digits=place.digits))


def _index(request: HttpRequest, snapshot: Snapshot, book: RuleBook, place: Place) -> dict[str, Any]:
    given = deprivations(Path(settings.POLICY))
    found = remembered(
        ("index", given, place),
        snapshot,
        book,
        lambda: index_of_snapshot(snapshot, book, given, as_of=snapshot.as_of, place=place.code, digits=place.digits),
    )
    names = _names(request, [each.name for each in found.areas])
    areas = [{"name": names[each.name], "index": each} for each in found.areas if each.name in names]
    indicators = [
        {
            "dimension": dimension.label,
            "indicator": indicator,
            "headcount": found.whole.headcounts[indicator.id],
            "contribution": found.whole.contributions[indicator.id],
            "not_run": found.not_run.get(indicator.id, ""),
        }
        for dimension in given.dimensions
        for indicator in dimension.indicators
    ]
    return {"given": given, "index": found.whole, "indicators": indicators, "index_areas": areas[:MOST_AREAS]}


def _rows(request: HttpRequest, found: list[Measures]) -> list[dict[str, Any]]:
    names = _names(request, [each.name for each in found])
    shown: list[dict[str, Any]] = [{"name": names[each.name], "measures": each} for each in found if each.name in names]
    return sorted(shown, key=lambda row: -(row["measures"]["headcount_ratio"] or 0))[:MOST_AREAS]


@needs("rules.view")
@require_safe
def what_if_page(request: HttpRequest) -> HttpResponse:
    scope = scope_of(request, "registry.view")
    context: dict[str, Any] = {"scope": scope, "area": scope.here}
    try:
        place = _place(scope)
        snapshot = snapshot_services.latest()
        book = rulebook.book(place.code)
        context |= {"snapshot": snapshot, "figures": list(book.figures.values())}
        name = request.GET.get("figure", "")
        figure = book.figures.get(name) or lines_of(book, place.code, snapshot.as_of)[0]
        now = book.value_in_force(figure.id, place.code, snapshot.as_of)
        context |= {"figure": figure, "now": now.value if now else None, "slider": _slider(now.value if now else None)}
        value, amount = _number(request.GET.get("value", "")), _number(request.GET.get("amount", ""))
        if request.GET.get("of", figure.id) != figure.id:
            value = None  # the field still held what another figure had left in it
        elif value is None and request.GET.get("value"):
            context["problem"] = _("假设的数值要大于 0、小于 10 亿，例如 4500 或 0.35。")
        context |= {"value": value if value is not None else context["now"], "amount": amount}
        if value is not None:
            context |= _supposed(request, snapshot, book, figure, value, amount, place)
    except BangfuError as error:
        context["problem"] = error.message
    page = "measuring/what_if.html"
    return render(request, f"{page}#answer" if asked_by_htmx(request, "answer") else page, context)


def _supposed(
    request: HttpRequest,
    snapshot: Snapshot,
    book: RuleBook,
    figure: Figure,
    value: Decimal,
    amount: Decimal | None,
    place: Place,
) -> dict[str, Any]:
    after = with_figures(book, {figure.id: value}, place.code, snapshot.as_of)
    with (
        tempfile.TemporaryDirectory(prefix="bangfu-what-if-") as folder,
        outside.for_run(snapshot, snapshot.as_of, place.code) as lists,
    ):
        change = what_if(
            snapshot,
            book,
            after,
            as_of=snapshot.as_of,
            folder=Path(folder),
            place=place.code,
            lists=lists,
            amount_per_head=amount,
            digits=place.digits,
        )
    names = _names(request, [each.code for each in change.areas])
    touched = [each for each in change.rules if each.entering or each.leaving]
    return {
        "change": change,
        "rules": [
            {"rule": book.rules[each.rule], "change": each}
            for each in sorted(touched, key=lambda each: -(each.entering + each.leaving))
        ],
        "untouched": len(change.rules) - len(touched),
        "areas": [{"name": names[each.code], "change": each} for each in change.areas if each.code in names][
            :MOST_AREAS
        ],
    }


def _number(text: str) -> Decimal | None:
    """A number above nothing, or None."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 < value < Decimal(10) ** 9 else None


def _slider(now: Decimal | None) -> dict[str, Any]:
    """From half to twice what holds today, in steps that a finger can hit."""
    if now is None or now <= 0:
        return {"low": 0, "high": 20_000, "step": 100}
    step = Decimal(10) ** max(now.adjusted() - 1, 0)
    return {"low": now / 2 // step * step, "high": now * 2 // step * step, "step": step}


@needs("screening.run")
@require_safe
def snapshots(request: HttpRequest) -> HttpResponse:
    officer = officer_of(request)
    rows = [
        {"snapshot": each, "counted": _holds_all(officer, each, "screening.run")} for each in snapshot_services.listed()
    ]
    return render(request, "measuring/snapshots.html", {"snapshots": rows})


@needs("rules.view")
@require_safe
def dictionary(request: HttpRequest) -> HttpResponse:
    try:
        snapshot: Snapshot | None = snapshot_services.latest()
    except NoSnapshotYet:
        snapshot = None  # the columns are known all the same
    if snapshot is not None and not _holds_all(officer_of(request), snapshot, "registry.view"):
        snapshot = None
    return render(request, "measuring/dictionary.html", {"tables": described(schema(), snapshot), "snapshot": snapshot})
