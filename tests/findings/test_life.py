"""The life of a finding through runs: new, standing, verified, resolved, back."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bangfu.audit.models import Entry
from bangfu.findings import errors, services
from bangfu.findings.models import Finding, FindingStep, Run, RunCount
from bangfu.registry.models import Household
from tests.findings.outcomes import absorbed

pytestmark = [pytest.mark.req("B5"), pytest.mark.django_db]


def steps(finding: Finding) -> list[tuple[str, str]]:
    return list(FindingStep.objects.filter(finding=finding).order_by("pk").values_list("kind", "to_state"))


def found(home: Any) -> Finding:
    absorbed(("T001", home, {"members_count": 2}))
    finding: Finding = Finding.objects.get()
    return finding


@pytest.mark.databases
def test_a_finding_is_new_stands_is_resolved_when_mended_and_comes_back_with_its_history(home):
    hit = ("T001", home, {"members_count": 2})
    first = absorbed(hit)
    finding = Finding.objects.get()
    assert (finding.state, finding.first_run, finding.household) == ("open", first, home)
    assert finding.due_on == timezone.localdate() + timedelta(days=7)
    second = absorbed(hit)
    finding.refresh_from_db()
    assert (finding.first_run, finding.last_run, finding.state) == (first, second, "open")
    third = absorbed()
    finding.refresh_from_db()
    assert (finding.state, finding.resolved_run) == ("resolved", third)
    absorbed(hit)
    finding.refresh_from_db()
    assert (finding.state, finding.resolved_run) == ("open", None)
    assert Finding.objects.count() == 1
    assert steps(finding) == [("found", "open"), ("resolved", "resolved"), ("back", "open")]
    counts = [(c.new, c.standing, c.resolved) for c in RunCount.objects.order_by("run_id")]
    assert counts == [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0)]
    assert [r.counts["new"] for r in Run.objects.order_by("pk")] == [1, 0, 0, 1]


def test_a_correction_in_the_registry_is_looked_for_by_the_next_run(house, home):
    finding = found(home)
    clerk = house.officer("village_committee")
    services.verify(by=clerk, finding=finding, result="mended", note="入户核对，已改户档")
    finding.refresh_from_db()
    assert finding.state == "mended"
    absorbed()
    finding.refresh_from_db()
    assert finding.state == "resolved"


def test_what_was_said_to_be_mended_and_is_still_found_is_open_again(house, home):
    finding = found(home)
    services.verify(by=house.officer("village_committee"), finding=finding, result="mended", note="已改")
    absorbed(("T001", home, {"members_count": 2}))
    finding.refresh_from_db()
    assert finding.state == "open"
    assert steps(finding)[-1] == ("still", "open")


@pytest.mark.databases
def test_a_snapshot_from_before_the_verification_says_nothing_about_it(house, home):
    finding = found(home)
    taken = timezone.now()
    services.verify(by=house.officer("village_committee"), finding=finding, result="mended", note="已改")
    absorbed(("T001", home, {"members_count": 2}), taken_at=taken)
    finding.refresh_from_db()
    assert finding.state == "mended"


@pytest.mark.databases
def test_an_exemption_holds_until_the_evidence_changes(house, home, proof):
    finding = found(home)
    services.verify(
        by=house.officer("village_committee"), finding=finding, result="as_recorded", note="属实", proof=proof
    )
    absorbed(("T001", home, {"members_count": 2}))
    finding.refresh_from_db()
    assert finding.state == "exempt"
    absorbed(("T001", home, {"members_count": 3}))
    finding.refresh_from_db()
    assert (finding.state, finding.exempt_hash) == ("open", "")
    assert steps(finding)[-1] == ("changed", "open")
    assert list(RunCount.objects.order_by("run_id").values_list("new", flat=True)) == [1, 0, 0]


def test_that_time_passes_ends_no_exemption(house, home, proof):
    member = home.members.first()
    absorbed(("T003", member, {"id_no": member.id_no, "age": 50}))
    finding = Finding.objects.get()
    services.verify(
        by=house.officer("village_committee"), finding=finding, result="as_recorded", note="属实", proof=proof
    )
    absorbed(("T003", member, {"id_no": member.id_no, "age": 51}))
    finding.refresh_from_db()
    assert (finding.state, finding.values["age"]) == ("exempt", 51)


@pytest.mark.databases
def test_unknown_never_resolves(home):
    finding = found(home)
    member = home.members.first()
    absorbed(("T003", member, {"id_no": "x", "age": 1}), unknown=[("T001", home, {"members_count": None})])
    finding.refresh_from_db()
    assert finding.state == "open"
    absorbed(unknown=[("T003", member, {"id_no": None})])
    assert dict(Finding.objects.values_list("rule_id", "state")) == {"T001": "resolved", "T003": "open"}


@pytest.mark.databases
def test_a_rule_that_was_not_run_resolves_nothing(home):
    finding = found(home)
    absorbed(ran=("T002", "T003"))
    absorbed(ran=("T002",), not_run={"T001": {"": "figure:poverty_line"}})
    absorbed(ran=("T002",), not_run={"T001": {"990121200": "figure:poverty_line"}})
    finding.refresh_from_db()
    assert finding.state == "open"
    absorbed(ran=("T002",), not_run={"T001": {"990121100": "figure:poverty_line"}})
    finding.refresh_from_db()
    assert finding.state == "resolved"


def test_a_county_that_the_snapshot_does_not_hold_keeps_its_findings(home):
    finding = found(home)
    absorbed(counties=("990122",))
    finding.refresh_from_db()
    assert finding.state == "open"


@pytest.mark.databases
def test_a_run_of_one_place_touches_that_place_only(house, home, next_door):
    absorbed(("T001", home, {}), ("T001", next_door, {}))
    absorbed(area=house.township)
    assert dict(Finding.objects.values_list("household_id", "state")) == {home.pk: "resolved", next_door.pk: "open"}


def test_only_suspicions_become_findings(home):
    run = absorbed(("T004", home, {}))
    assert not Finding.objects.exists()
    assert RunCount.objects.get(run=run, rule_id="T004").hits == 1


def test_the_same_person_moving_keeps_the_finding(house, home, next_door):
    finding = found(home)
    Household.objects.filter(pk=home.pk).update(village=house.neighbour_village, place=house.neighbour_village.place)
    absorbed(("T001", home, {"members_count": 2}))
    finding.refresh_from_db()
    assert (finding.village, finding.place) == (house.neighbour_village, house.neighbour_village.place)


def test_what_the_registry_does_not_have_becomes_no_finding(home):
    stranger = type(home)(household_no="000000", village=home.village, place=home.place)
    run = absorbed(("T001", stranger, {}))
    assert (run.counts["unplaced"], Finding.objects.count()) == (1, 0)


def test_outcomes_of_an_older_snapshot_are_refused(home):
    now = timezone.now()
    absorbed(("T001", home, {}), taken_at=now)
    with pytest.raises(errors.OutcomesOlder):
        absorbed(taken_at=now - timedelta(minutes=1))
    assert Finding.objects.get().state == "open"
    assert Run.objects.count() == 1


def test_a_run_leaves_one_entry_in_the_trail(home):
    run = found(home).first_run
    entry = Entry.objects.get(action="findings.absorbed")
    assert (entry.subject_type, entry.subject_id) == ("run", str(run.pk))
