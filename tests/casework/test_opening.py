"""Opening cases: who may, of whom, by what, and under which number."""

import json
import threading
from typing import Any

import pytest
from django.db import connection

from bangfu.audit.models import Entry
from bangfu.casework import errors, loading, services
from bangfu.casework.models import Case, ProcedureVersion, Recognition
from bangfu.casework.procedure_errors import ProcedureUnknown
from bangfu.casework.procedures import Channel
from bangfu.findings import services as findings
from bangfu.findings.models import Finding
from bangfu.registry.models import Household
from tests.casework.making import days_ago, officer, opened, procedure
from tests.findings.outcomes import absorbed
from tests.registry.making import household, person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def recognised(home: Household, kind: str, **more: Any) -> None:
    Recognition.objects.create(household=home, place=home.place, kind=kind, starts_on=days_ago(900), **more)


@pytest.mark.req("B1")
def test_cases_are_numbered_by_year_and_county_without_gaps(people, homes):
    numbers = [opened(people.village, home).case_no for home in homes(3)]
    year = days_ago(30).year
    assert numbers == [f"{year}-990121-00001", f"{year}-990121-00002", f"{year}-990121-00003"]


def test_a_case_that_is_refused_takes_no_number(people, homes):
    first, second = homes(2)
    opened(people.village, first)
    with pytest.raises(errors.AlreadyRunning):
        opened(people.village, first)
    assert opened(people.village, second).case_no.endswith("-00002")


def test_a_running_case_keeps_the_version_it_began_with(people, homes):
    first, second = homes(2)
    old = opened(people.village, first)
    new = opened(people.village, second, procedure(version="2"))
    assert (old.version.read.version, new.version.read.version) == ("1", "2")
    assert ProcedureVersion.objects.count() == 2
    services.move(case_id=old.pk, move="hand_in", by=people.village)
    assert Case.objects.get(pk=old.pk).version == old.version


def test_a_procedure_is_kept_once_however_many_cases_begin_with_it(people, homes):
    for home in homes(3):
        opened(people.village, home)
    assert ProcedureVersion.objects.get().sha256 == loading.version_of(procedure())


def test_a_household_is_never_in_two_running_cases_of_one_procedure(people, home):
    case = opened(people.village, home)
    with pytest.raises(errors.AlreadyRunning) as told:
        opened(people.secretary, home)
    assert told.value.facts["case_no"] == case.case_no
    services.move(case_id=case.pk, move="withdraw", by=people.village, reason="改日再办")
    opened(people.secretary, home)


def test_the_same_household_twice_in_one_go_is_opened_once(people, home):
    candidates = [services.Candidate(home.village, home), services.Candidate(home.village, home)]
    done = services.open_many(
        by=people.village, procedure=procedure(), candidates=candidates, channel=Channel.SWEEP, on=days_ago(1)
    )
    assert (len(done.cases), [fault.code for _c, fault in done.left_out]) == (1, ["CAS-027"])


class TestWho:
    def test_only_roles_of_the_procedure_open_it(self, house, home):
        with pytest.raises(errors.NotYourOpening):
            opened(house.officer("helper", house.village), home)

    def test_nobody_opens_for_a_village_next_door(self, people, home):
        with pytest.raises(errors.NotYourOpening):
            opened(people.neighbour, home)

    def test_the_house_itself_may_open(self, home):
        assert opened(None, home).opened_by is None

    def test_a_channel_that_the_procedure_does_not_take_is_refused(self, people, home):
        with pytest.raises(errors.ChannelClosed):
            opened(people.village, home, procedure(opening={"channels": ["finding"]}))

    def test_an_unknown_procedure_is_said_so(self, people, home):
        with pytest.raises(ProcedureUnknown):
            services.open_case(by=people.village, procedure="no_such", household=home, channel=Channel.SWEEP)


class TestOfWhom:
    def test_a_procedure_for_villages_takes_no_household(self, people, home):
        with pytest.raises(errors.SubjectWrong):
            opened(people.village, home, procedure(of="village"))

    def test_a_village_has_a_case_of_its_own(self, house, people):
        case = services.open_case(
            by=people.village, procedure=procedure(of="village"), village=house.village, channel=Channel.SWEEP
        )
        assert (case.household, case.subject_name, case.place) == (None, "石桥村", house.village.place)
        case = services.move(case_id=case.pk, move="hand_in", by=people.village)
        assert case.facts["village"]["village_name"] == "石桥村"

    def test_a_township_has_none(self, house, people):
        with pytest.raises(errors.SubjectWrong):
            services.open_case(
                by=people.county, procedure=procedure(of="village"), village=house.township, channel=Channel.SWEEP
            )

    def test_a_household_that_ended_has_none(self, people, home):
        Household.objects.filter(pk=home.pk).update(ended_on=days_ago(3), ended_reason="01")
        with pytest.raises(errors.HouseholdEnded):
            opened(people.village, Household.objects.get(pk=home.pk))

    @pytest.mark.parametrize(("kind", "fits"), [("poor", True), ("exited", False), ("", False)])
    def test_a_procedure_for_poor_households_takes_no_other(self, people, home, kind, fits):
        if kind:
            recognised(home, kind)
        wanted = procedure(opening={"recognised": ["poor"]})
        if fits:
            opened(people.village, home, wanted)
        else:
            with pytest.raises(errors.RecognitionUnfit):
                opened(people.village, home, wanted)

    @pytest.mark.parametrize("watched", [True, False])
    def test_a_procedure_for_watched_households_takes_no_other(self, people, home, watched):
        if watched:
            recognised(home, "watched", monitor_category="01")
        opened(people.village, home, procedure(opening={"watched": watched}))
        with pytest.raises(errors.WatchUnfit):
            opened(people.village, home, procedure(id="other", opening={"watched": not watched}))


class TestDays:
    def test_no_case_is_opened_tomorrow(self, people, home):
        with pytest.raises(errors.DayInFuture):
            opened(people.village, home, on=days_ago(-1))


class TestFindings:
    @pytest.fixture
    def finding(self, home: Household) -> Finding:
        absorbed(("T001", home, {"members_count": 2}))
        found: Finding = Finding.objects.get()
        return found

    def taking(self, finding: Finding) -> Any:
        return procedure(opening={"rules": [finding.rule_id]})

    @pytest.mark.req("B3")
    def test_a_confirmed_finding_opens_its_case_by_one_click(self, people, home, finding):
        findings.verify(by=people.village, finding=finding, result="mended", note="已入户核实")
        case = services.open_from_finding(finding=finding, procedure=self.taking(finding), by=people.village)
        assert (case.finding, case.household, case.channel) == (finding, home, "finding")

    def test_a_finding_that_nobody_looked_into_opens_none(self, people, finding):
        with pytest.raises(errors.FindingNotConfirmed):
            services.open_from_finding(finding=finding, procedure=self.taking(finding), by=people.village)

    def test_a_finding_of_a_wrong_rule_opens_none(self, people, finding):
        findings.verify(by=people.village, finding=finding, result="rule_wrong", note="规则没有考虑五保户")
        with pytest.raises(errors.FindingNotConfirmed):
            services.open_from_finding(finding=finding, procedure=self.taking(finding), by=people.village)

    def test_a_procedure_takes_only_findings_of_its_rules(self, people, finding):
        findings.verify(by=people.village, finding=finding, result="mended", note="已入户核实")
        with pytest.raises(errors.FindingUnfit):
            services.open_from_finding(finding=finding, procedure=procedure(), by=people.village)


def test_every_opening_leaves_an_entry(people, homes):
    homes = homes(3)
    services.open_many(
        by=people.village,
        procedure=procedure(),
        candidates=[services.Candidate(home.village, home) for home in homes],
        channel=Channel.SWEEP,
    )
    entries = Entry.objects.filter(action="case.opened").order_by("number")
    assert [json.loads(entry.detail)["case_no"][-5:] for entry in entries] == ["00001", "00002", "00003"]
    assert {entry.actor_id for entry in entries} == {people.village.pk}


@pytest.mark.django_db(transaction=True)
def test_openers_at_the_same_moment_never_get_the_same_number(house):
    if connection.vendor == "sqlite":
        return  # writers are alone there; the run on PostgreSQL lets them meet
    made = [household(house.officer("county_office"), house.village, person(n)) for n in range(6)]
    who = officer("opener", ("village_committee", house.village))
    numbers, faults = [], []

    def open_one(home: Household) -> None:
        try:
            numbers.append(opened(who, home).case_no)
        except Exception as error:  # the test tells what went wrong
            faults.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=open_one, args=(home,)) for home in made]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert faults == []
    assert sorted(number[-5:] for number in numbers) == [f"{n:05d}" for n in range(1, 7)]
