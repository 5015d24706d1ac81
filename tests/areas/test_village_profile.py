"""What a village reports of itself, and what it should have."""

from datetime import date
from decimal import Decimal

import pytest

from bangfu.areas import errors, services
from bangfu.areas.models import ProfileFigure, StandardAnswer
from bangfu.areas.profile import indicators, village_profile
from bangfu.areas.services import Answer
from bangfu.areas.standards import Measure, checklists
from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed
from bangfu.common.policy import Label
from tests.conftest import House

YEAR = date.today().year - 1
SOURCE = "农村经济统计年报"


@pytest.mark.req("A2")
def test_the_profile_asks_for_what_village_papers_print_and_each_indicator_names_a_unit():
    asked = {
        "area_km2", "villagers_groups", "natural_villages", "arable_mu", "paddy_mu", "forest_mu", "households",
        "people",        "labourers", "migrant_workers", "schools", "pupils", "school_age_children", "income_per_head",
        "low_income_households", "dibao_households", "dibao_people", "poor_households", "poor_people",
        "poverty_incidence", "collective_income", "village_doctors",
    }  # fmt: skip
    assert asked <= indicators().keys()
    assert village_profile().source.document
    assert all(i.unit.zh for i in indicators().values())


@pytest.mark.req("A2")
@pytest.mark.databases
def test_reported_figures_are_kept_exactly_with_year_and_source_and_changed_only_where_they_differ(house: House):
    clerk = house.officer("information_clerk", house.village)
    values = {"area_km2": Decimal("8.6"), "arable_mu": Decimal("1365.45"), "poverty_incidence": Decimal("17.8")}
    assert services.report_figures(by=clerk, area=house.village, year=YEAR, values=values, source=SOURCE) == 3
    assert services.report_figures(by=clerk, area=house.village, year=YEAR, values=values, source=SOURCE) == 0
    changed = services.report_figures(
        by=clerk, area=house.village, year=YEAR, values={"area_km2": Decimal("8.7"), "arable_mu": None}, source="村委会"
    )
    assert changed == 2
    kept = {f.indicator: (f.value, f.source) for f in ProfileFigure.objects.filter(area=house.village)}
    assert kept == {"area_km2": (Decimal("8.7"), "村委会"), "poverty_incidence": (Decimal("17.8"), SOURCE)}
    assert '["8.6", "8.7"]' in Entry.objects.order_by("-number")[0].detail


@pytest.mark.parametrize(
    ("values", "year", "source", "error"),
    [
        ({"happiness": Decimal(1)}, YEAR, SOURCE, errors.IndicatorUnknown),
        ({"people": Decimal(-1)}, YEAR, SOURCE, errors.FigureWrong),
        ({"people": Decimal("1.5")}, YEAR, SOURCE, errors.FigureWrong),
        ({"people": Decimal(1)}, 1900, SOURCE, errors.YearWrong),
        ({"people": Decimal(1)}, YEAR + 2, SOURCE, errors.YearWrong),
        ({"people": Decimal(1)}, YEAR, "  ", errors.SourceMissing),
    ],
)
def test_a_figure_that_cannot_be_is_refused_and_nothing_kept(house: House, values, year, source, error):
    with pytest.raises(error):
        services.report_figures(
            by=None, area=house.village, year=year, values={"schools": Decimal(1), **values}, source=source
        )
    assert not ProfileFigure.objects.exists()


def test_a_neighbouring_clerk_cannot_report_for_this_village(house: House):
    clerk = house.officer("information_clerk", house.neighbour_village)
    with pytest.raises(NotAllowed):
        services.report_figures(by=clerk, area=house.village, year=YEAR, values={}, source=SOURCE)
    with pytest.raises(NotAllowed):
        services.answer_standard(
            by=clerk, area=house.village, checklist="village_standard", year=YEAR, answer=Answer("power", "yes")
        )


@pytest.mark.req("A6")
def test_there_are_the_village_standard_the_five_haves_and_the_six_haves_each_with_its_source():
    listed = checklists()
    assert next(iter(listed)) == "village_standard"
    assert len(listed["village_standard"].items) == 10
    assert len(listed["one_low_five_haves"].items) == 6
    assert len(listed["six_haves"].items) == 6 and listed["six_haves"].of == "household"
    assert all(each.source.document for each in listed.values())


@pytest.mark.req("A6")
@pytest.mark.databases
@pytest.mark.parametrize(
    ("doctors", "people", "met"), [(2, 2552, "no"), (3, 2552, "yes"), (1, 1000, "yes"), (0, 0, "yes")]
)
def test_village_doctors_are_judged_per_thousand_residents(house: House, doctors, people, met):
    answer = Answer("village_doctor", value=Decimal(doctors), base=Decimal(people), evidence="卫健局名册")
    services.answer_standard(by=None, area=house.village, checklist="village_standard", year=YEAR, answer=answer)
    kept = StandardAnswer.objects.get()
    assert (kept.met, kept.value, kept.base) == (met, doctors, people)


@pytest.mark.req("A6")
def test_answers_of_a_year_stand_beside_those_of_other_years(house: House):
    for year, met in ((YEAR, "no"), (YEAR + 1, "yes"), (YEAR + 1, "yes")):
        services.answer_standard(
            by=None, area=house.village, checklist="village_standard", year=year, answer=Answer("hard_road", met)
        )
    assert list(StandardAnswer.objects.order_by("year").values_list("year", "met")) == [(YEAR, "no"), (YEAR + 1, "yes")]
    assert Entry.objects.filter(action="area.standards_answered").count() == 2


@pytest.mark.parametrize(
    ("checklist", "answer", "error"),
    [
        ("nothing", Answer("power"), errors.ChecklistUnknown),
        ("village_standard", Answer("palace"), errors.ChecklistUnknown),
        ("village_standard", Answer("village_doctor", "yes"), errors.MeasureMissing),
        ("village_standard", Answer("village_doctor", value=Decimal(1)), errors.MeasureMissing),
        ("six_haves", Answer("safe_house", "yes", Decimal(3)), errors.AnswerDisagrees),
    ],
)
def test_an_answer_that_its_measure_does_not_bear_is_refused(house: House, checklist, answer, error):
    with pytest.raises(error) as refusal:
        services.answer_standard(by=None, area=house.village, checklist=checklist, year=YEAR, answer=answer)
    assert "{" not in refusal.value.message
    assert not StandardAnswer.objects.exists()


def test_below_means_below():
    name = Label(zh="贫困发生率", en="incidence")
    limit = Measure(label=name, unit=Label(zh="%", en="%"), below=Decimal(3))
    assert limit.met_by(Decimal("2.99"), None) and not limit.met_by(Decimal(3), None)
