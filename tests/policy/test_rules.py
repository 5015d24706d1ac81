"""The nation's rules: all of the field's numbers are accounted for, and every example comes out as it says."""

from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from bangfu.common.facts import schema
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.loading import load
from bangfu.rulebook.models import Purpose

SAMPLE_COUNTY = "990121"
# The numbers that the field's rules carry; those between were never given out.
NUMBERS = (
    (1, 15), (20, 33), (40, 57), (60, 74), (80, 96), (100, 109), (120, 160), (170, 176), (180, 195)
)  # fmt: skip
FIELD = frozenset(f"Q{number:03}" for first, last in NUMBERS for number in range(first, last + 1))
# A refusal asks; the meeting answers.
QUESTION = "请说明"


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load(Path(settings.POLICY), schema())


@pytest.fixture(scope="module")
def book_of_the_sample_county() -> RuleBook:
    return load(Path(settings.POLICY), schema(), [Path(settings.POLICY) / "places" / SAMPLE_COUNTY])


@pytest.mark.req("B5")
def test_every_rule_of_the_field_runs_or_is_said_to_wait(book):
    runs, waits = FIELD & book.rules.keys(), FIELD & book.waiting.keys()
    assert runs | waits == FIELD
    assert not runs & waits
    assert {id for id in book.rules if id.startswith("Q")} <= FIELD


@pytest.mark.req("B5")
def test_at_least_90_rules_of_the_field_run(book):
    assert len(FIELD & book.rules.keys()) >= 90


@pytest.mark.req("B2")
def test_there_are_five_priorities_and_seven_refusals_and_each_refusal_is_a_question(book):
    of = {p: [r for r in book.rules.values() if r.purpose == p] for p in Purpose}
    assert len(of[Purpose.PRIORITY]) == 5
    assert len(of[Purpose.REFUSAL]) == 7
    assert all(r.title.zh.startswith(QUESTION) for r in of[Purpose.REFUSAL])


def test_a_rule_on_an_outside_list_rests_on_one_list_only(book):
    """One that is missing would otherwise stop a question that another could answer."""
    assert {id: lists for id in book.rules if len(lists := book.lists_used(id)) > 1} == {}


def test_what_lists_hold_raises_no_error_by_itself_against_those_who_own_something(book):
    """A car, a flat or a company in somebody's name is a question, for the name may have been lent."""
    owning = {"property", "vehicle", "machinery", "company", "payroll", "village_cadre", "employer_insurance"}
    asked = [rule for id, rule in book.rules.items() if book.lists_used(id) & owning]
    assert asked
    assert {rule.severity for rule in asked} <= {"warning", "information"}


def test_in_the_year_of_the_sample_its_county_adds_nothing_of_its_own(book, book_of_the_sample_county):
    day, place = date(2020, 9, 30), f"{SAMPLE_COUNTY}200201"
    assert {r.id for r in book_of_the_sample_county.in_force(day, place)} == {r.id for r in book.in_force(day, place)}
    assert all(
        book_of_the_sample_county.value_in_force(id, place, day) == book.value_in_force(id, place, day)
        for id in book.figures
    )


def test_from_2021_the_county_lowers_the_age_for_public_jobs_and_its_neighbour_does_not(book_of_the_sample_county):
    day = date(2021, 1, 1)
    assert book_of_the_sample_county.figure("public_job_age_limit", "990121200201", day) == 65
    assert book_of_the_sample_county.figure("public_job_age_limit", "990122200201", day) == 70
