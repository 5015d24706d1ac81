"""A village officer who visits, a household with a child, and the township next door."""

from dataclasses import dataclass
from datetime import date

import pytest

from bangfu.accounts.models import Officer
from bangfu.registry.models import Household, Member
from tests.casework.making import officer
from tests.conftest import House
from tests.registry.making import household, person


@dataclass
class Visiting:
    """`visitor` goes, `secretary` confirms, `neighbour` is of the township next door; `child` is nine in 2020."""

    visitor: Officer
    secretary: Officer
    neighbour: Officer
    home: Household
    other: Household
    child: Member

    @property
    def head(self) -> Member:
        return self.home.members.get(relation_to_head="01")


@pytest.fixture
def visiting(house: House) -> Visiting:
    by = house.officer("county_office")
    child = person(
        3, birth_date=date(2011, 3, 4), id_no="", education_level=None, student_status="03", labor_capacity=None
    )
    home = household(
        by,
        house.village,
        person(1),
        child,
        household_type="01",
        main_cause="01",
        safe_water_solved=True,
        cultivated_land_mu="3.50",
        sanitary_toilet=False,
    )
    other = household(by, house.village, person(2), household_type="01", main_cause="01")
    return Visiting(
        officer("visitor", ("team_member", house.village)),
        officer("secretary", ("first_secretary", house.village)),
        officer("neighbour", ("township_station", house.neighbour_township)),
        Household.objects.get(pk=home.pk),
        other,
        home.members.get(birth_date=date(2011, 3, 4)),
    )
