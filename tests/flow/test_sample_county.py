"""A year of the whole sample county: the screening finds, findings become cases, cases are posted and decided,
households leave poverty, one comes back, one is watched; after every step the counts are sums straight from the tables.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.audit.models import Entry
from bangfu.audit.selectors import chain_state
from bangfu.casework import services
from bangfu.casework.check_errors import CheckNotMet
from bangfu.casework.counting import disagreements, year_counts
from bangfu.casework.enacting import Stage, picture
from bangfu.casework.models import Case, CaseTransition, Posting
from bangfu.casework.recognising import recognised_on
from bangfu.common.places import Level
from bangfu.findings import running
from bangfu.findings import services as findings
from bangfu.findings.models import Finding
from bangfu.registry import services as registry
from bangfu.registry.models import Household
from bangfu.registry.selectors import counts_differ
from bangfu.sample import services as sample
from tests.casework.making import officer

YEARS = range(2013, 2022)
# Of how many clues of the first screening the test makes cases; each goes its whole way.
FOLLOWED = 6
AUTUMN, NEXT_AUTUMN = date(2020, 9, 30), date(2021, 9, 30)


@dataclass
class County:
    """The sample county and who acts in it: an officer for all villages, one for all townships, one who decides for the
    county, and another there who starts the yearly round."""

    village: Officer
    township: Officer
    county: Officer
    starter: Officer

    @property
    def stage(self) -> Stage:
        def category(case: Case) -> str:
            assert case.household is not None
            return "01" if case.household.first_identified else "02"

        answers: dict[str, Any] = {
            "monitor_category": category,
            "monitor_risk": ["01"],
            "risk_note": "家中有人住院，支出大。",
            "poverty_cause": "01",
            "first_checker": "甲",
            "second_checker": "乙",
        }
        return Stage([self.village, self.township, self.county], answers=answers)


@pytest.fixture
def it_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[date], None]:
    """Says what day it is, to everything that asks."""

    def turned(day: date) -> None:
        moment = datetime.combine(day, time(9), timezone.get_current_timezone())
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return turned


@pytest.fixture
def county(transactional_db: None, it_is: Callable[[date], None]) -> County:
    it_is(date(2020, 10, 9))
    loaded = sample.load_sample_county(800)
    services.take_over(risks=[services.OldRisk(number, code) for number, code in loaded.risks])

    def everywhere(name: str, role: str, level: Level) -> Officer:
        return officer(name, *((role, area) for area in Area.objects.filter(level=level)))

    return County(
        everywhere("villages", "village_committee", Level.VILLAGE),
        everywhere("townships", "township_station", Level.TOWNSHIP),
        everywhere("county", "county_office", Level.COUNTY),
        everywhere("starter", "county_office", Level.COUNTY),
    )


def one(sql: str, *values: Any) -> int:
    """A number straight from the tables."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


def agree() -> dict[int, tuple[int, int, int]]:
    """The yearly counts are the sums of the rows, everything else agrees with them; in, out, returned of each year."""
    began = "SELECT count(*) FROM casework_recognition WHERE NOT void AND kind = %s AND starts_on BETWEEN %s AND %s"
    stands = (
        "SELECT count(*) FROM casework_recognition WHERE NOT void AND kind IN (%s, %s) AND starts_on <= %s"
        " AND (ends_on IS NULL OR ends_on > %s)"
    )
    found = {}
    for told in year_counts(None, YEARS):
        first, last = date(told.year, 1, 1), date(told.year, 12, 31)
        rows = tuple(one(began, kind, first, last) for kind in ("poor", "exited", "returned"))
        assert (told.in_households, told.out_households, told.returned_households) == rows, told.year
        assert told.poor_households == one(stands, "poor", "returned", last, last), told.year
        found[told.year] = rows
    assert disagreements() == []
    assert list(counts_differ()) == []
    moves = one("SELECT count(*) FROM casework_casetransition WHERE number > 0")
    assert moves == one("SELECT count(*) FROM audit_entry WHERE action = 'case.moved'")
    return found


def confirmed(finding: Finding, by: Officer, on: date) -> Finding:
    """Two went there and it is so; their picture is kept with the household."""
    household = Household.objects.get(pk=finding.household_id)
    proof = registry.attach_paper(
        by=by, household=household, kind="99", title="入户照片", upload=picture(), reason="核实"
    )
    findings.verify(finding=finding, by=by, result="as_recorded", on=on, note="两人入户，情况属实", proof=proof)
    return Finding.objects.get(pk=finding.pk)


def earns(by: Officer, household: Household, year: int, yuan: int) -> None:
    """The income of a year for each head, all from work nearby."""
    registry.record_income(
        by=by,
        household=Household.objects.get(pk=household.pk),
        year=year,
        window_start=date(year - 1, 10, 1),
        window_end=date(year, 9, 30),
        members_counted=None,
        items=[{"code": "wage.local", "amount": Decimal(yuan * household.members_count)}],
        reason="核算",
    )


def lacks_nothing(by: Officer, household: Household) -> None:
    """The house is safe, the water good, everybody insured."""
    good = {"house_grade": "A", "dangerous_house": False, "safe_water_solved": True, "water_difficult": False}
    water = {"water_litres_per_day": 80, "water_quality_ok": True, "water_round_trip_minutes": 1}
    registry.save_household(
        by=by,
        household=Household.objects.get(pk=household.pk),
        values={**good, **water, "water_reliability_percent": 95},
        reason="核实",
    )
    for member in household.members.filter(left_on=None):
        insured = {"resident_medical_insurance": True, "serious_illness_insurance": True}
        registry.save_member(by=by, household=household, member=member, values=insured, reason="核实")


def through(stage: Stage, cases: Iterable[Case]) -> list[Case]:
    """Cases taken to their end; all the states in between are asked for in passing."""
    ended = [stage.go(case) for case in cases]
    assert all(case.closed_on for case in ended), Counter(case.step for case in ended)
    return ended


@pytest.mark.req("B7")
@pytest.mark.req("F4")
@pytest.mark.req("A7")
def test_a_year_of_the_sample_county(county: County, it_is: Callable[[date], None]) -> None:
    before = agree()
    poor = list(Household.objects.filter(poverty_status="0").order_by("pk"))
    watched = Household.objects.exclude(monitor_category="").count()
    assert len(poor) > 2

    # Autumn: the screening finds who is near falling back; each is visited, and a confirmed finding opens a case.
    run = running.run_now(as_of=AUTUMN)
    assert run.counts["new"] == Finding.objects.count() == one("SELECT count(*) FROM findings_finding")
    open_clues = Finding.objects.filter(topic="monitoring", state=Finding.State.OPEN).order_by("pk")
    clues = list({clue.household_id: clue for clue in open_clues}.values())[:FOLLOWED]
    assert len(clues) == FOLLOWED
    it_is(date(2020, 12, 25))
    stage = county.stage
    for clue in clues:
        sure = confirmed(clue, county.village, date(2020, 10, 12))
        case = services.open_from_finding(
            finding=sure, procedure="monitoring_entry", by=county.village, on=date(2020, 10, 12)
        )
        assert (case.finding_id, case.household_id) == (clue.pk, clue.household_id)
    entries = through(stage, Case.objects.running().order_by("pk"))
    assert {case.step for case in entries} == {"watched"}
    now = Household.objects.exclude(monitor_category="").count()
    assert now == watched + FOLLOWED
    assert agree() == before, "being watched changes nobody's standing"

    # Help has worked for all but one of the poor. A round opens a case for each; that one's stands, and is refused.
    left, *rising = poor
    for household in rising:
        lacks_nothing(county.village, household)
        earns(county.village, household, 2020, 7_000)
    lacks_nothing(county.village, left)
    begun = services.start_round(
        by=county.starter,
        area=Area.objects.get(level=Level.COUNTY),
        procedure="household_exit",
        title="年度退出",
        on=date(2020, 10, 10),
    )
    begun.refresh_from_db()  # the worker has opened the cases
    assert (begun.state, begun.opened, begun.left_out) == ("done", len(poor), [])
    for case in Case.objects.running().exclude(household=left).order_by("pk"):
        through(stage, [case])
    stuck = Case.objects.running().get()
    with pytest.raises(CheckNotMet):
        stage.go(stuck)
    stuck.refresh_from_db()
    services.move(case_id=stuck.pk, move="refuse", by=county.village, on=date(2020, 11, 2), reason="收入不达标")
    after = agree()
    assert after[2020] == (before[2020][0], before[2020][1] + len(rising), before[2020][2])
    assert Household.objects.filter(poverty_status="0").get() == left
    assert Posting.objects.count() >= 3 * len(rising) + len(entries)

    # A year on one of them has lost it all again, and another is near it: the screening says so of both.
    fallen, shaky = rising[0], rising[-1]
    earns(county.village, fallen, 2021, 1_200)
    earns(county.village, shaky, 2021, 4_100)
    it_is(date(2021, 10, 9))
    running.run_now(as_of=NEXT_AUTUMN)
    it_is(date(2021, 12, 28))
    stage = county.stage
    for household, procedure in ((fallen, "return_to_poverty"), (shaky, "monitoring_entry")):
        clue = Finding.objects.get(household_id=household.pk, topic="monitoring", state=Finding.State.OPEN)
        sure = confirmed(clue, county.village, date(2021, 10, 12))
        case = services.open_from_finding(finding=sure, procedure=procedure, by=county.village, on=date(2021, 10, 12))
        through(stage, [case])
    last = agree()
    assert last[2021] == (0, 0, 1)
    assert last[2020] == after[2020]
    standing = dict(recognised_on(date(2021, 12, 31)).values_list("pk", "recognised"))
    assert (standing[left.pk], standing[fallen.pk], standing[shaky.pk]) == ("poor", "returned", "exited")
    shaky.refresh_from_db()
    assert shaky.monitor_category == "01"

    # What the next snapshot says is what was decided, and the whole trail is unbroken.
    assert not Case.objects.running().exists()
    assert CaseTransition.objects.count() > 50
    assert chain_state().broken_at is None
    assert Entry.objects.filter(action="case.opened").count() == Case.objects.count()
