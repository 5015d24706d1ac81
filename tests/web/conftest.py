"""Households for the tests of pages, made by the registry's own writer."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.identity import check_digit
from bangfu.registry import services
from bangfu.registry.models import Household
from tests.conftest import House
from tests.registry.making import household

Maker = Callable[..., Household]


def id_number(born: date, serial: int) -> str:
    """A well-formed number of an invented division."""
    first = f"990121{born:%Y%m%d}{serial:03d}"
    return first + check_digit(first)


@pytest.fixture
def make_household(house: House) -> Maker:
    """`make_household("张春梅", village)`: a household with its head, and with everything that is named."""
    serial = iter(range(1, 1000))

    def make(head: str, village: Area | None = None, members: tuple[str, ...] = (), **values: Any) -> Household:
        by = house.officer("county_office")
        people = []
        for position, name in enumerate((head, *members)):
            born = date(1970 + position, 5, 1)
            number = next(serial)
            people.append(
                {
                    "name": name,
                    "sex": "1" if number % 2 else "2",
                    "id_type": "01",
                    "id_no": id_number(born, number),
                    "relation_to_head": "99" if position else "01",
                    "education_level": "03",
                    "labor_capacity": "01",
                }
            )
        return household(by, village or house.village, *people, reason="建档", **values)

    return make


def record_income(by: Officer, of: Household, year: int, wage: str) -> None:
    """A statement of that year with one wage line."""
    services.record_income(
        by=by,
        household=of,
        year=year,
        window_start=date(year - 1, 10, 1),
        window_end=date(year, 9, 30),
        members_counted=None,
        items=[{"code": "wage.migrant", "amount": Decimal(wage)}],
        reason="年度核算",
    )


@pytest.fixture
def with_income(house: House) -> Callable[[Household, int, str], None]:
    """`with_income(household, 2024, "12000")`: a statement of that year with one wage line."""

    def record(of: Household, year: int, wage: str) -> None:
        record_income(house.officer("county_office"), of, year, wage)

    return record
