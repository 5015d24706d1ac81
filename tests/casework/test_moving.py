"""One function moves a case, and asks everything first."""

import pytest

from bangfu.audit.models import Entry
from bangfu.casework import services
from bangfu.casework.models import CaseTransition
from tests.casework.making import days_ago, opened

pytestmark = pytest.mark.django_db


def test_a_case_goes_from_the_village_to_an_approval_by_the_county(people, home):
    case = opened(people.village, home)
    case = services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(20))
    case = services.move(case_id=case.pk, move="pass", by=people.township, on=days_ago(10))
    case = services.move(case_id=case.pk, move="approve", by=people.county, on=days_ago(5))
    assert (case.step, case.closed_on, case.granted, case.moves) == ("done", days_ago(5), True, 3)
    steps = CaseTransition.objects.filter(case=case).values_list("number", "from_step", "to_step", "level", "actor_id")
    assert list(steps) == [
        (0, "", "propose", 5, people.village.pk),
        (1, "propose", "township", 5, people.village.pk),
        (2, "township", "county", 4, people.township.pk),
        (3, "county", "done", 3, people.county.pk),
    ]
    assert Entry.objects.filter(action="case.moved", subject_id=str(case.pk)).count() == 3


def test_a_case_handed_in_keeps_what_was_seen(people, home):
    case = services.move(case_id=opened(people.village, home).pk, move="hand_in", by=people.village)
    assert case.facts["household"]["household_type"] == "02"
    assert len(case.facts["members"]) == 2
    assert len(case.facts_hash) == 64
