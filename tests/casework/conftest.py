"""Who acts in the tests of casework: a person for each level, and another one to approve."""

from dataclasses import dataclass
from typing import Any

import pytest

from bangfu.accounts.models import Officer
from bangfu.registry.models import Household
from tests.casework.making import officer
from tests.conftest import House
from tests.registry.making import household, households, person
from tests.snapshot.at_hand import _copied_in_this_process  # noqa: F401


@dataclass
class People:
    """village proposes, township passes, county approves; neighbour is the township next door."""

    village: Officer
    secretary: Officer
    township: Officer
    county: Officer
    neighbour: Officer


@pytest.fixture
def people(house: House) -> People:
    return People(
        officer("village", ("village_committee", house.village)),
        officer("secretary", ("first_secretary", house.village)),
        officer("township", ("township_station", house.township)),
        officer("county", ("county_office", house.county)),
        officer("neighbour", ("township_station", house.neighbour_township)),
    )


@pytest.fixture
def home(house: House) -> Household:
    return household(house.officer("county_office"), house.village, person(1), person(2))


@pytest.fixture
def homes(house: House) -> Any:
    """Several households of the village."""

    def make(number: int) -> list[Household]:
        by = house.officer("county_office")
        return households(by, house.village, *((person(100 + each),) for each in range(number)))

    return make
