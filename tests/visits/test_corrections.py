"""What a visit found otherwise changes the registry when a person has confirmed it, and never what nobody had seen."""

import pytest

from bangfu.common.errors import NotAllowed
from bangfu.registry import services as registry
from bangfu.registry.errors import RowsRefused
from bangfu.registry.models import Household
from bangfu.visits import errors, services
from bangfu.visits.models import Correction
from tests.visits.making import FOUR_ONES, recorded, six

pytestmark = pytest.mark.django_db


def found(visiting, seen=None, by=None, **answers):
    done = recorded(by or visiting.visitor, visiting.home, answers={**FOUR_ONES, **answers}, seen=seen or {})
    assert done.state == "recorded", [p.message for p in done.problems]
    return list(done.corrections)


@pytest.mark.req("C4")
@pytest.mark.databases
def test_a_confirmed_correction_stands_in_the_registry_with_its_history(visiting):
    (land,) = found(visiting, seen={"cultivated_land_mu": "3.50"}, land="5", toilet=False)
    assert (land.column, land.seen, land.found, land.state) == ("cultivated_land_mu", "3.50", "5.00", "waiting")
    assert str(Household.objects.get(pk=visiting.home.pk).cultivated_land_mu) == "3.5"
    with pytest.raises(NotAllowed):
        services.confirm(correction=land, by=visiting.visitor)
    services.confirm(correction=land, by=visiting.secretary)
    home = Household.objects.get(pk=visiting.home.pk)
    assert home.cultivated_land_mu == 5
    past = home.history.latest("history_id")
    assert past.change.actor == visiting.secretary and "走访更正" in past.change.reason
    with pytest.raises(errors.CorrectionDecided):
        services.refuse(correction=land, by=visiting.secretary, reason="晚了")


def test_answers_about_people_correct_their_rows(visiting):
    school = [{"member": visiting.child.pk, "student_status": "04", "school_name": "中心初中"}]
    done = recorded(
        visiting.visitor, visiting.home, checklist="six_checks", answers=six(visiting.home, schooling=school),
        seen={f"{visiting.child.pk}.student_status": "03"},
    )  # fmt: skip
    mine = {c.column: c for c in done.corrections if c.question.startswith("schooling")}
    assert set(mine) == {"student_status", "school_name"}
    for correction in mine.values():
        services.confirm(correction=correction, by=visiting.secretary)
    visiting.child.refresh_from_db()
    assert (visiting.child.student_status, visiting.child.school_name) == ("04", "中心初中")


def test_what_agrees_with_the_registry_proposes_nothing(visiting):
    assert found(visiting, seen={"sanitary_toilet": True}, toilet=False, land="3.5") == []


def test_a_registry_that_changed_since_is_a_conflict_for_a_person(visiting):
    registry.save_household(
        by=visiting.secretary, household=visiting.home, values={"cultivated_land_mu": "4"}, reason="另有人改"
    )
    (land,) = found(visiting, seen={"cultivated_land_mu": "3.50"}, land="5")
    assert land.state == "conflict"
    with pytest.raises(errors.CorrectionOvertaken) as told:
        services.confirm(correction=land, by=visiting.secretary)
    assert "4.00" in told.value.message
    now = services.value_now(Household.objects.get(pk=visiting.home.pk), None, "cultivated_land_mu")
    services.confirm(correction=land, by=visiting.secretary, now=now)
    assert Household.objects.get(pk=visiting.home.pk).cultivated_land_mu == 5


def test_a_registry_that_changes_between_page_and_click_is_never_overwritten(visiting):
    (land,) = found(visiting, land="5")
    registry.save_household(
        by=visiting.secretary, household=visiting.home, values={"cultivated_land_mu": "4"}, reason="另有人改"
    )
    with pytest.raises(errors.CorrectionOvertaken):
        services.confirm(correction=land, by=visiting.secretary, now="3.50")
    assert Household.objects.get(pk=visiting.home.pk).cultivated_land_mu == 4
    assert Correction.objects.get().state == "conflict"


def test_two_visits_that_found_different_things_are_both_kept_and_both_conflicts(visiting):
    (first,) = found(visiting, land="5")
    (second,) = found(visiting, land="6", by=visiting.secretary)
    assert set(Correction.objects.values_list("state", flat=True)) == {"conflict"}
    services.confirm(correction=second, by=visiting.secretary)
    first.refresh_from_db()
    assert (first.state, Household.objects.get(pk=visiting.home.pk).cultivated_land_mu) == ("conflict", 6)
    services.refuse(correction=first, by=visiting.secretary, reason="以后来的为准")


def test_two_visits_that_found_the_same_are_settled_together(visiting):
    (first,) = found(visiting, land="5")
    (second,) = found(visiting, land="5", by=visiting.secretary)
    services.confirm(correction=first, by=visiting.secretary)
    second.refresh_from_db()
    assert second.state == "done" and second.note


def test_a_phone_number_is_corrected_without_ever_having_been_shown(visiting):
    registry.save_household(
        by=visiting.secretary, household=visiting.home, values={"phone": "13812345678"}, reason="登记"
    )
    visiting.home.refresh_from_db()
    (phone,) = found(visiting, seen={"phone": "138****5678"}, phone="13912345679")
    assert (phone.seen, phone.found, phone.state) == ("138****5678", "13912345679", "waiting")
    services.confirm(correction=phone, by=visiting.secretary)
    assert Household.objects.get(pk=visiting.home.pk).phone == "13912345679"


def test_what_the_registry_refuses_stays_waiting(visiting):
    (phone,) = found(visiting, phone="no number at all")
    with pytest.raises(RowsRefused):
        services.confirm(correction=phone, by=visiting.secretary)
    phone.refresh_from_db()
    assert phone.state == "waiting"
