"""The sample county has somebody for nearly every household, and something for every list to show."""

import pytest
from django.utils import timezone

from bangfu.support import selectors
from bangfu.support.enacting import WAITING, enact
from bangfu.support.models import DayInVillage, Handover, Proposal
from bangfu.support.policy import policy

pytestmark = pytest.mark.django_db


def test_helpers_teams_and_those_who_lack_stand_there_and_a_second_time_nothing_happens(house, homes):
    homes(20)
    homes(20, house.neighbour_village)
    county = house.officer("county_office")
    officers = [county, house.officer("first_secretary"), house.officer("helper", house.village)]
    names = [officer.username for officer in officers]
    number = enact(names)
    today = timezone.localdate()
    assert number == 40 - WAITING == 40 - selectors.without_helper(county, today).count()
    [over] = selectors.over_limit(county, today)
    assert over.load > over.limit
    assert Handover.objects.exclude(sha256="").count() == 1
    assert Proposal.objects.get().state == Proposal.State.CLOSED
    teams = selectors.teams(county, None, today)
    assert all(line.first_secretary for line in teams)
    assert DayInVillage.objects.exists()
    assert selectors.my_households(officers[1], today)
    assert policy().team.people.at_least in {line.people for line in teams}
    assert enact(names) == 0
