"""Who acts in the tests of support, and some registered households of the village."""

from typing import Any

import pytest

from bangfu.accounts.models import Officer
from bangfu.registry.models import Household
from bangfu.support.models import Helper, Unit
from tests.casework.making import officer
from tests.conftest import House
from tests.registry.making import NAMES
from tests.snapshot.at_hand import _copied_in_this_process  # noqa: F401
from tests.support import making


@pytest.fixture
def township(house: House) -> Officer:
    return officer("township", ("township_station", house.township))


@pytest.fixture
def bureau(house: House) -> Unit:
    return making.unit(house.county)


@pytest.fixture
def helper(bureau: Unit) -> Helper:
    return making.helper(bureau)


@pytest.fixture
def homes(house: House) -> Any:
    """`homes(3)`: so many registered households of the village; `homes(3, village)` of another."""
    made = [0]

    def make(number: int, village: Any = None) -> list[Household]:
        found = []
        for _each in range(number):
            made[0] += 1
            here = village or house.village
            values = {"head_name": NAMES[made[0] % len(NAMES)], "household_type": "01", "members_count": 1}
            row = Household(household_no=f"99012100{made[0]:04}", village=here, place=here.place, **values)
            found.append(row)
        return list(Household.objects.bulk_create(found))

    return make
