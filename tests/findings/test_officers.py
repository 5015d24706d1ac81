"""What officers do with findings: who may, who is in charge, who was first."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from bangfu.accounts.models import Post
from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed
from bangfu.findings import errors, selectors, services
from bangfu.findings.models import Finding, FindingStep, Verification
from bangfu.registry import services as registry
from bangfu.registry.models import Household, Paper
from tests.findings.outcomes import absorbed
from tests.registry.test_papers import photo

pytestmark = [pytest.mark.req("B5"), pytest.mark.django_db]


@pytest.fixture
def clerk(house):
    return house.officer("village_committee")


def verify(by, finding, result="mended", **more):
    return services.verify(by=by, finding=finding, result=result, **{"note": "7月3日入户核对", **more})


# --- verifying -------------------------------------------------------------------------------------------------------


def test_a_verification_changes_the_state_and_leaves_step_and_trail(finding, clerk):
    verify(clerk, finding)
    finding.refresh_from_db()
    assert finding.state == "mended"
    step = FindingStep.objects.filter(finding=finding).order_by("-pk").first()
    assert (step.kind, step.from_state, step.to_state, step.actor) == ("verified", "open", "mended", clerk)
    entry = Entry.objects.get(action="finding.verified")
    assert (entry.actor_id, entry.subject_id, entry.place) == (clerk.pk, str(finding.pk), finding.place)


def test_no_verification_ever_changes_the_registry(finding, clerk, home):
    before = Household.history.filter(id=home.pk).count()
    verify(clerk, finding)
    assert Household.history.filter(id=home.pk).count() == before


def test_what_is_true_as_recorded_needs_proof(finding, clerk):
    with pytest.raises(errors.ProofMissing):
        verify(clerk, finding, "as_recorded")
    finding.refresh_from_db()
    assert finding.state == "open"


def test_an_uploaded_proof_becomes_a_paper_of_the_household(finding, clerk, home):
    upload = SimpleUploadedFile("proof.png", photo())
    done = verify(clerk, finding, "as_recorded", upload=upload, paper_kind="02")
    finding.refresh_from_db()
    assert (finding.state, finding.exempt_hash) == ("exempt", finding.evidence_hash)
    assert Paper.objects.get() == done.proof
    assert done.proof.household == home


def test_a_proof_of_another_household_is_refused(finding, clerk, next_door, house):
    other = registry.attach_paper(
        by=house.officer("county_office"),
        household=next_door,
        kind="02",
        title="身份证",
        upload=SimpleUploadedFile("b.png", photo(size=(30, 30))),
    )
    with pytest.raises(errors.ProofElsewhere):
        verify(clerk, finding, "as_recorded", proof=other)


def test_a_verification_without_a_note_is_refused(finding, clerk):
    with pytest.raises(errors.NoteMissing):
        verify(clerk, finding, note="  ")


def test_an_officer_of_another_village_cannot_verify(finding, house):
    stranger = house.officer("village_committee", house.other_village)
    with pytest.raises(NotAllowed):
        verify(stranger, finding)
    with pytest.raises(NotAllowed):
        verify(house.officer("helper", house.village), finding)  # sees findings, verifies none


@pytest.mark.databases
def test_of_two_officers_who_verify_together_one_wins_and_the_other_is_told(finding, clerk, house):
    seen = services.last_step(finding)
    other = house.officer("first_secretary", house.village)
    verify(clerk, finding, "rule_wrong", seen_step=seen)
    with pytest.raises(errors.FindingMoved) as told:
        verify(other, finding, "mended", seen_step=seen)
    assert "规则有误" in told.value.message
    assert Verification.objects.get().by == clerk


def test_what_is_settled_is_not_verified_again(finding, clerk, proof):
    verify(clerk, finding, "as_recorded", proof=proof)
    with pytest.raises(errors.FindingNotOpen):
        verify(clerk, finding, "mended")


# --- sending back ----------------------------------------------------------------------------------------------------


def test_the_township_sends_a_finding_back_with_new_days(finding, clerk, house, proof):
    verify(clerk, finding, "as_recorded", proof=proof)
    Finding.objects.filter(pk=finding.pk).update(due_on=timezone.localdate() - timedelta(days=3))
    services.reopen(by=house.officer("township_station"), finding=finding, note="照片看不清")
    finding.refresh_from_db()
    assert (finding.state, finding.exempt_hash) == ("open", "")
    assert finding.due_on > timezone.localdate()


def test_the_village_cannot_send_back_its_own(finding, clerk, proof):
    verify(clerk, finding, "as_recorded", proof=proof)
    with pytest.raises(NotAllowed):
        services.reopen(by=clerk, finding=finding, note="再看")


def test_a_report_that_a_rule_is_wrong_is_answered_by_the_policy_officer(finding, clerk, house):
    verify(clerk, finding, "rule_wrong")
    policy = house.officer("policy_officer")
    assert selectors.work_of(policy, timezone.localdate()).rule_wrong == 1
    services.reopen(by=policy, finding=finding, note="规则无误")
    finding.refresh_from_db()
    assert finding.state == "open"


# --- who is in charge ------------------------------------------------------------------------------------------------


@pytest.mark.databases
def test_a_new_finding_goes_to_the_first_secretary_else_to_the_information_clerk(house, home):
    information = house.officer("information_clerk", house.village)
    absorbed(("T001", home, {}))
    assert Finding.objects.get(rule_id="T001").assigned_to == information
    secretary = house.officer("first_secretary", house.village)
    absorbed(("T001", home, {}), ("T002", home, {}))
    assert Finding.objects.get(rule_id="T002").assigned_to == secretary


@pytest.mark.databases
def test_when_a_post_ends_the_finding_goes_to_the_township(house, home):
    secretary = house.officer("first_secretary", house.village)
    absorbed(("T001", home, {}))
    Post.objects.filter(officer=secretary).update(ends_on=timezone.localdate() - timedelta(days=1))
    assert services.follow_posts() == 1
    finding = Finding.objects.get()
    assert finding.assigned_to is None
    assert FindingStep.objects.filter(finding=finding, kind="assigned").count() == 1
    assert services.follow_posts() == 0
    assert selectors.work_of(house.officer("township_station"), timezone.localdate()).with_nobody == 1


def test_whoever_assigns_gives_a_finding_only_to_somebody_who_may_verify_there(finding, house):
    station = house.officer("township_station")
    with pytest.raises(errors.OfficerNotThere):
        services.assign(by=station, finding=finding, officer=house.officer("first_secretary", house.other_village))
    member = house.officer("team_member")
    services.assign(by=station, finding=finding, officer=member)
    finding.refresh_from_db()
    assert finding.assigned_to == member
    assert member in selectors.verifiers(finding)
    assert services.follow_posts() == 0  # who was chosen by hand keeps it


def test_a_village_clerk_cannot_assign(finding, clerk):
    with pytest.raises(NotAllowed):
        services.assign(by=clerk, finding=finding, officer=clerk)


# --- sensitive values ------------------------------------------------------------------------------------------------


def test_a_look_at_a_masked_value_is_recorded(house, home):
    absorbed(("T003", home.members.first(), {"id_no": "990121197001010012", "age": 50}))
    finding = Finding.objects.get()
    secretary = house.officer("first_secretary", house.village)
    text = services.reveal(by=secretary, finding=finding, field="id_no", secrets=["id_no"])
    assert text == "990121197001010012"
    assert Entry.objects.filter(action="finding.revealed", subject_id=str(finding.pk)).count() == 1
    with pytest.raises(errors.ValueNotSecret):
        services.reveal(by=secretary, finding=finding, field="age", secrets=["id_no"])
    with pytest.raises(NotAllowed):
        services.reveal(by=house.officer("village_committee"), finding=finding, field="id_no", secrets=["id_no"])


# --- who sees what ---------------------------------------------------------------------------------------------------


def test_everybody_sees_the_findings_of_the_own_places_only(house, home, next_door):
    absorbed(("T001", home, {}), ("T001", next_door, {}))
    seen = {
        role: Finding.objects.visible_to(house.officer(role)).count()
        for role in ("county_office", "township_station", "village_committee", "system_administrator")
    }
    assert seen == {"county_office": 2, "township_station": 1, "village_committee": 1, "system_administrator": 0}
