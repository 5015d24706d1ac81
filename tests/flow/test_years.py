"""From opening to recognition, through the years: in, out, back again and watched, and at every step the counts are the
sums of what stands in the tables."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from bangfu.audit.models import Entry
from bangfu.casework import services
from bangfu.casework.check_errors import CheckNotMet
from bangfu.casework.counting import disagreements, year_counts
from bangfu.casework.enacting import Stage, picture
from bangfu.casework.errors import FindingNotConfirmed
from bangfu.casework.models import Case, CaseTransition, Posting, Recognition
from bangfu.casework.procedures import Channel
from bangfu.findings import running
from bangfu.findings import services as findings
from bangfu.findings.models import Finding
from bangfu.registry import services as registry
from bangfu.registry.models import Household
from bangfu.rulebook import services as rulebook
from tests.casework.conftest import People, people  # noqa: F401  (a fixture)
from tests.conftest import House
from tests.registry.making import household, person

YEARS = range(2016, 2022)
ANSWERS: dict[str, Any] = {
    "poverty_cause": "01",
    "monitor_category": "01",
    "monitor_risk": ["01"],
    "risk_note": "因病支出大",
}


def at_home(house: House, number: int) -> Household:
    """A household of two that lacks nothing but income."""
    insured = {"resident_medical_insurance": True, "serious_illness_insurance": True}
    dwelling = {
        "house_grade": "A",
        "dangerous_house": False,
        "safe_water_solved": True,
        "water_difficult": False,
        "water_litres_per_day": 80,
        "water_quality_ok": True,
        "water_round_trip_minutes": 1,
        "water_reliability_percent": 95,
        "living_power": True,
        "broadcast_tv": True,
    }
    by = house.officer("county_office")
    home = household(by, house.village, person(number, **insured), person(number + 1, **insured), phone="13800138000")
    registry.save_household(by=by, household=home, values=dwelling, reason="入户登记")
    return Household.objects.get(pk=home.pk)


def earns(house: House, home: Household, year: int, yuan: int) -> None:
    """The income of a year for each head."""
    registry.record_income(
        by=house.officer("county_office"),
        household=Household.objects.get(pk=home.pk),
        year=year,
        window_start=date(year - 1, 10, 1),
        window_end=date(year, 9, 30),
        members_counted=None,
        items=[{"code": "wage.local", "amount": Decimal(2 * yuan)}],
        reason="核算",
    )


def taken_through(stage: Stage, procedure: str, home: Household, on: date, **more: Any) -> Case:
    """A case from its opening to its end."""
    case = services.open_case(
        by=stage.officers[0],
        procedure=procedure,
        household=Household.objects.get(pk=home.pk),
        channel=more.pop("channel", Channel.SWEEP),
        on=on,
    )
    case = stage.go(case)
    assert case.closed_on is not None, f"{procedure}: {case.step} since {case.step_since}"
    return case


def summed() -> dict[int, Counter[str]]:
    """In, out and returned by year, counted row by row."""
    found: dict[int, Counter[str]] = {year: Counter() for year in YEARS}
    for row in Recognition.objects.filter(void=False):
        if row.starts_on:
            found[row.starts_on.year][{"poor": "in", "exited": "out"}.get(row.kind, row.kind)] += 1
    return found


def agree(house: House) -> None:
    """The counts say what the rows say, the files say what the recognitions say, every move is on the trail."""
    rows = summed()
    for told in year_counts(house.village, YEARS):
        told_in, told_out = told.in_households, told.out_households
        assert (told_in, told_out, told.returned_households) == (
            rows[told.year]["in"],
            rows[told.year]["out"],
            rows[told.year]["returned"],
        )
        standing = Recognition.objects.filter(void=False).on(date(told.year, 12, 31))
        assert told.poor_households == standing.filter(kind__in=("poor", "returned")).count()
        assert told.watched_households == standing.filter(kind="watched").count()
    assert disagreements() == []
    assert Entry.objects.filter(action="case.moved").count() == CaseTransition.objects.exclude(number=0).count()


@pytest.mark.django_db
@pytest.mark.req("B1")
@pytest.mark.req("B7")
@pytest.mark.req("F4")
def test_households_come_in_leave_return_and_are_watched_and_every_count_is_the_sum_of_its_rows(
    house: House,
    people: People,  # noqa: F811
) -> None:
    stage = Stage([people.village, people.township, people.county], answers=ANSWERS)
    homes = [at_home(house, number) for number in (1, 11, 21)]
    for home in homes:
        earns(house, home, 2016, 1800)
        taken_through(stage, "identification", home, date(2016, 3, 1), channel=Channel.APPLICATION)
    agree(house)
    assert [told.in_households for told in year_counts(house.village, [2016])] == [3]

    for home in homes[:2]:
        earns(house, home, 2019, 6000)
        taken_through(stage, "household_exit", home, date(2019, 9, 1))
    agree(house)
    homes[0].refresh_from_db()
    assert (homes[0].poverty_status, homes[0].exited_on is not None) == ("1", True)

    # The third earns too little: its case stands at the checks and nobody can pass it.
    earns(house, homes[2], 2019, 2000)
    stuck = services.open_case(
        by=people.village,
        procedure="household_exit",
        household=Household.objects.get(pk=homes[2].pk),
        channel=Channel.SWEEP,
        on=date(2019, 9, 1),
    )
    with pytest.raises(CheckNotMet):
        stage.go(stuck)
    services.move(
        case_id=stuck.pk, move="refuse", by=people.village, on=date(2019, 9, 30), reason="收入不达标，继续帮扶"
    )

    taken_through(stage, "return_to_poverty", homes[0], date(2020, 4, 1))
    taken_through(stage, "monitoring_entry", homes[1], date(2020, 4, 1))
    agree(house)
    now = {row.household_id: row.kind for row in Recognition.objects.on(date(2020, 12, 31)).exclude(kind="watched")}
    assert now == {homes[0].pk: "returned", homes[1].pk: "exited", homes[2].pk: "poor"}
    assert Recognition.objects.on(date(2020, 12, 31)).get(kind="watched").household_id == homes[1].pk

    # Out a second time: the first exit stays on file, and both are counted in their years.
    earns(house, homes[0], 2020, 9000)
    earns(house, homes[0], 2021, 9000)
    exits = Recognition.objects.filter(kind="exited", household=homes[0])
    assert exits.count() == 1
    assert Posting.objects.count() == sum(1 for case in Case.objects.all() for _each in case.postings.all())
    assert not Case.objects.running().exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.req("B7")
def test_a_screening_gives_the_clue_and_one_click_opens_the_case(
    house: House,
    people: People,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = rulebook.book()
    clue = "MON-02"
    monkeypatch.setattr(rulebook, "book", lambda place="": replace(whole, rules={clue: whole.rules[clue]}))
    home = at_home(house, 41)
    earns(house, home, 2020, 3000)
    running.run_now(as_of=date(2020, 9, 30))
    finding = Finding.objects.get(rule_id=clue)
    assert finding.household_id == home.pk
    with pytest.raises(FindingNotConfirmed):
        services.open_from_finding(finding=finding, procedure="monitoring_entry", by=people.village)
    proof = registry.attach_paper(
        by=people.village, household=home, kind="99", title="入户照片", upload=picture(), reason="核实"
    )
    findings.verify(
        finding=finding,
        by=people.village,
        result="as_recorded",
        on=timezone.localdate(),
        note="两人入户，收入确实不足",
        proof=proof,
    )
    monkeypatch.undo()
    case = services.open_from_finding(finding=finding, procedure="monitoring_entry", by=people.village)
    assert (case.finding, case.household_id, case.channel) == (finding, home.pk, "finding")
