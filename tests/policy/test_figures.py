"""The nation's figures: what is known for which year and place, and what nobody pretends to know."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings

from bangfu.common.facts import schema
from bangfu.rulebook import services
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.errors import FigureUnknown
from bangfu.rulebook.loading import load
from bangfu.rulebook.models import Figure

SAMPLE_DAY, TODAY = date(2020, 9, 30), date(2026, 11, 22)
NOWHERE, GUIZHOU, YUNNAN, SICHUAN, SHANDONG = (
    "990101001001",
    "520321105201",
    "530621100200",
    "511922100200",
    "371721100200",
)
# Lines that are no longer published, or that each province has to enter for itself.
LINES = frozenset({"statistics_line", "exit_line", "monitoring_line", "premium_aid_closes"})


@pytest.fixture(scope="module")
def book() -> RuleBook:
    """The nation's files alone: a county's own figures are its own matter."""
    return load(Path(settings.POLICY), schema())


def value(book: RuleBook, id: str, place: str, day: date) -> Decimal | None:
    try:
        return Decimal(book.figure(id, place, day))
    except FigureUnknown:
        return None


def national(figure: Figure) -> list[tuple[date, date | None]]:
    return [(each.start, each.end) for each in figure.values if not each.region]


def needed_but_unknown(book: RuleBook, day: date) -> dict[str, set[str]]:
    """Figures that rules in force want and that are not known on the day, with the rules that want them."""
    found: dict[str, set[str]] = {}
    for rule in book.in_force(day):
        for figure in book.figures_used(rule.id):
            if value(book, figure, NOWHERE, day) is None:
                found.setdefault(figure, set()).add(rule.id)
    return found


@pytest.mark.req("B2")
@pytest.mark.parametrize(
    ("place", "day", "expected"),
    [
        (NOWHERE, date(2020, 9, 30), 5000),
        (NOWHERE, date(2021, 5, 13), 5000),
        (NOWHERE, date(2021, 5, 14), 6000),
        (GUIZHOU, date(2021, 12, 31), 6000),
        (GUIZHOU, date(2023, 6, 30), 7300),
        (YUNNAN, date(2024, 6, 30), 8700),
        (NOWHERE, date(2020, 3, 19), None),  # before there was any monitoring
        (NOWHERE, date(2022, 1, 1), None),  # from here on each province sets its own
        (GUIZHOU, date(2022, 6, 30), None),
        (GUIZHOU, date(2024, 1, 1), None),
        (YUNNAN, date(2023, 6, 30), None),
        (NOWHERE, TODAY, None),
    ],
)
def test_the_monitoring_line_is_that_of_the_place_and_day_or_not_known(book, place, day, expected):
    assert value(book, "monitoring_line", place, day) == expected


@pytest.mark.parametrize(
    ("year", "statistics", "exit"),
    [
        (2007, None, None),
        (2008, 1196, None),
        (2009, 1196, None),
        (2010, 2300, None),
        (2011, 2536, 2536),
        (2012, 2625, None),  # the guide of 2012 is not known: that of 2011 does not stand in for it
        (2013, 2736, 2736),
        (2014, 2800, 2800),
        (2015, 2855, 2968),
        (2016, 2952, 3146),
        (2017, 2952, 3335),
        (2018, 2995, 3535),
        (2019, 3218, 3747),
        (2020, 4000, 4000),
        (2021, None, None),
    ],
)
def test_both_columns_of_the_poverty_line_stand_by_year(book, year, statistics, exit):
    for day in (date(year, 1, 1), date(year, 12, 31)):
        assert value(book, "statistics_line", NOWHERE, day) == statistics
        assert value(book, "exit_line", NOWHERE, day) == exit


def test_the_exit_line_grows_by_six_percent_a_year_from_2800(book):
    for year in range(2015, 2020):
        grown = Fraction(2800) * Fraction(106, 100) ** (year - 2014)
        assert abs(value(book, "exit_line", NOWHERE, date(year, 6, 30)) - Decimal(float(grown))) < 1


@pytest.mark.parametrize(
    ("place", "year", "expected"),
    [
        (SICHUAN, 2016, 3146),
        (SICHUAN, 2017, 3300),
        (SICHUAN, 2018, 3600),
        (SICHUAN, 2019, 3747),
        (SHANDONG, 2014, 3322),
    ],
)
def test_a_province_that_set_another_exit_line_has_it_in_that_year_only(book, place, year, expected):
    assert value(book, "exit_line", place, date(year, 6, 30)) == expected


def test_an_unknown_line_is_said_with_figure_place_and_day(book):
    with pytest.raises(FigureUnknown) as caught:
        book.figure("monitoring_line", NOWHERE, TODAY)
    assert {"2026", "990101"} <= {part[:6] if part.startswith("99") else part[:4] for part in _words(str(caught.value))}


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isdigit() else " " for letter in text).split()


def test_every_figure_that_a_rule_in_force_wants_is_known_in_the_sample_county(book):
    assert needed_but_unknown(book, SAMPLE_DAY) == {}


def test_today_only_lines_are_missing(book):
    assert needed_but_unknown(book, TODAY).keys() <= LINES


def test_values_of_one_region_follow_each_other_and_do_not_overlap(book):
    for figure in book.figures.values():
        for region in {each.region for each in figure.values}:
            spans = [(each.start, each.end) for each in figure.values if each.region == region]
            assert spans == sorted(spans), figure.id
            for (start, end), (following, _) in pairwise(spans):
                assert start < following, figure.id
                assert end is None or end < following, figure.id


def test_a_value_that_its_source_doubts_is_explained_beside_the_figure(book):
    doubted = [f for f in book.figures.values() if any("待核" in each.source.clause for each in f.values)]
    assert {figure.id for figure in doubted} >= {"statistics_line", "exit_line"}
    assert all(figure.note for figure in doubted)


def test_ages_fit_together(book):
    age = {id: value(book, id, NOWHERE, SAMPLE_DAY) for id in book.figures}
    assert age["working_age_to"] + 1 == age["old_age"] == age["pension_age"]
    assert age["working_age_from"] == age["pension_joining_age"] == age["left_early_age_low"]
    assert age["compulsory_age_low"] == age["primary_age_low"] < age["preschool_age_end"]
    stages = ("primary", "junior", "senior")
    assert all(age[f"{stage}_age_low"] < age[f"{stage}_age_high"] for stage in stages)
    assert age["primary_age_low"] < age["junior_age_low"] < age["senior_age_low"] < age["higher_age_low"]
    assert age["adult_age"] == age["higher_age_low"] < age["postgraduate_age_low"]
    assert age["parent_gap_low"] < age["parent_gap_high"]


def test_the_book_of_the_house_holds_the_same_national_figures(book):
    assert services.book().figures.keys() >= book.figures.keys()
