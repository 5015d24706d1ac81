"""The page of an area: what it is, what it reports beside what is counted, its standards, its years, its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bangfu.areas import selectors
from bangfu.areas.models import Area, ProfileFigure, StandardAnswer
from bangfu.areas.profile import Indicator, village_profile
from bangfu.areas.standards import Checklist, Item, checklists
from bangfu.common.places import Level
from bangfu.web.areas.measures import Measure, measures, year_counts
from bangfu.web.casework.recognitions import watched_in
from bangfu.web.guard import needs
from bangfu.web.plans.target_blocks import targets_of_area

YEARS_SHOWN = 5  # of a checklist, side by side
ROWS_SHOWN = 6  # of the yearly counts; earlier years unfold


def shown(value: Decimal | None, decimals: int = 2) -> str:
    """A number for the eye: grouped, rounded half up, without needless zeros; "" when unknown."""
    if value is None:
        return ""
    text = f"{value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True)
class Line:
    """An indicator of the profile: what was reported, what is counted, and whether they lie too far apart."""

    indicator: Indicator
    figure: ProfileFigure | None
    measure: Measure | None

    @property
    def reported(self) -> str:
        return shown(self.figure.value if self.figure else None, self.indicator.decimals)

    @property
    def computed(self) -> str:
        """A ratio is shown to one decimal, with what it is made of beside it."""
        if self.measure is None:
            return ""
        return shown(self.measure.value, 1 if self.measure.denominator else self.indicator.decimals)

    @property
    def gap(self) -> str:
        """By how much the reported figure is too high (+) or too low (-); "" when the two agree or one is missing."""
        if self.figure is None or self.measure is None or self.figure.value is None:
            return ""
        if not self.indicator.differs(self.figure.value, self.measure.value):
            return ""
        difference = self.figure.value - self.measure.value
        sign = "+" if difference > 0 else "−"
        return sign + shown(abs(difference), 1 if self.measure.denominator else self.indicator.decimals)


@needs("areas.view")
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    officer: Any = request.user
    area = get_object_or_404(Area.objects.visible_to(officer), pk=pk)
    counts = year_counts(officer, area)
    figures = list(ProfileFigure.objects.visible_to(officer).filter(area=area).order_by("-year"))
    years = sorted({f.year for f in figures} | counts.keys(), reverse=True)
    year = year_asked(request, years) or (figures[0].year if figures else max(counts, default=date.today().year))
    rows = [{"year": y, **row} for y, row in sorted(counts.items(), reverse=True)]
    lines = _lines({f.indicator: f for f in figures if f.year == year}, measures(officer, area, year, counts))
    latest = max(counts, default=None)
    context = {
        "area": area,
        "trail": trail(officer, area),
        "day": date.today(),
        "heir": selectors.heir(area) if area.valid_to else None,
        "years": years,
        "year": year,
        "groups": lines,
        "gaps": sum(bool(line.gap) for _group, below in lines for line in below),
        "sources": sorted({f.source for f in figures if f.year == year}),
        "reported_any": any(f.year == year for f in figures),
        "latest": latest,
        "now": counts.get(latest) if latest is not None else None,
        "counts": rows[:ROWS_SHOWN],
        "earlier": rows[ROWS_SHOWN:],
        "chart": _chart(counts) if len(counts) > 1 else None,
        "watched": watched_in(request, area),
        "targets": targets_of_area(request, area),
        "standards": _standards_summary(officer, area) if area.level == Level.VILLAGE else [],
        "below": selectors.tree(officer, parent=area),
        "below_level": _level_below(area),
        "versions": selectors.history(area),
        "successions": selectors.successions(area),
        "may_report": officer.may("areas.profile", area.place) and not area.valid_to,
        "may_manage": officer.may("areas.manage", area.place) and not area.valid_to,
        "may_see_registry": officer.may("registry.view", area.place),
    }
    return render(request, "areas/page.html", context)


def trail(officer: Any, area: Area) -> list[tuple[Area, bool]]:
    """The areas above, with whether the officer may open them."""
    above = selectors.ancestors(area)
    reaches = officer.places_for("areas.view")
    return [(a, any(reach.holds(a.place) for reach in reaches)) for a in above]


def year_asked(request: HttpRequest, years: list[int]) -> int | None:
    text = request.GET.get("year", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 and int(text) in years else None


def _level_below(area: Area) -> int | None:
    return area.level + 1 if area.level < Level.GROUP else None


def _lines(figures: Mapping[str, ProfileFigure], known: Mapping[str, Measure]) -> list[tuple[Any, list[Line]]]:
    profile = village_profile()
    return [
        (
            group,
            [
                Line(i, figures.get(i.id), known.get(i.computed) if i.computed else None)
                for i in profile.indicators
                if i.group == group.id
            ],
        )
        for group in profile.groups
    ]


def _chart(counts: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """What the chart draws: bars of poor people and of those in, out and returned, the line of incidence."""
    rows = list(counts.values())
    bars = {
        _("贫困人数"): "poor_people",
        _("新识别人数"): "in_people",
        _("脱贫人数"): "out_people",
        _("返贫人数"): "returned_people",
    }
    return {
        "years": [str(year) for year in counts],
        "bars": [{"name": label, "data": [row[name] for row in rows]} for label, name in bars.items()],
        "line": {
            "name": _("贫困发生率（%）"),
            "data": [None if row["incidence"] is None else float(row["incidence"]) for row in rows],
        },
        "people": _("人"),
        "percent": "%",
    }


@dataclass(frozen=True)
class Cell:
    """An answer for a year; `answer` None: nobody has checked."""

    year: int
    answer: StandardAnswer | None
    item: Item

    @property
    def figure(self) -> str:
        """The figure that decided, with what it was set against."""
        if self.answer is None or self.answer.value is None or self.item.measure is None:
            return ""
        text = f"{shown(self.answer.value)} {self.item.measure.unit}".strip()
        if self.answer.base is None:
            return text
        return _("{value}，{base} 人").format(value=text, base=shown(self.answer.base))


@dataclass(frozen=True)
class Row:
    item: Item
    cells: list[Cell]


@dataclass(frozen=True)
class Sheet:
    """A checklist with its answers; `met` of `total` in the latest year answered."""

    checklist: Checklist
    rows: list[Row]
    years: list[int]

    @property
    def met(self) -> int:
        return sum(bool(r.cells[0].answer and r.cells[0].answer.met == "yes") for r in self.rows)

    @property
    def failed(self) -> list[Item]:
        return [r.item for r in self.rows if r.cells[0].answer and r.cells[0].answer.met == "no"]

    @property
    def answered(self) -> bool:
        return any(r.cells[0].answer for r in self.rows)


def sheets(officer: Any, area: Area) -> list[Sheet]:
    """Every checklist with the answers of the last years, newest first; one query."""
    answers: dict[str, dict[tuple[str, int], StandardAnswer]] = {}
    for answer in StandardAnswer.objects.visible_to(officer).filter(area=area):
        answers.setdefault(answer.checklist, {})[answer.item, answer.year] = answer
    found = []
    for listed in checklists().values():
        given = answers.get(listed.id, {})
        years = sorted({year for _item, year in given}, reverse=True)[:YEARS_SHOWN] or [date.today().year]
        rows = [Row(item, [Cell(y, given.get((item.id, y)), item) for y in years]) for item in listed.items]
        found.append(Sheet(listed, rows, years))
    return found


def _standards_summary(officer: Any, area: Area) -> list[Sheet]:
    return sheets(officer, area)


@needs("areas.view")
@require_safe
def standards(request: HttpRequest, pk: int) -> HttpResponse:
    """The checklists of a village: items down, years across; on phones a card an item."""
    officer: Any = request.user
    area = get_object_or_404(Area.objects.visible_to(officer), pk=pk)
    context = {
        "area": area,
        "trail": trail(officer, area),
        "sheets": sheets(officer, area),
        "year": date.today().year,
        "may_report": officer.may("areas.profile", area.place) and not area.valid_to,
    }
    return render(request, "areas/standards.html", context)
