"""Households with findings, for the tests of the room."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bangfu.findings.models import Finding
from bangfu.registry import services as registry
from tests.conftest import House
from tests.findings.outcomes import absorbed
from tests.registry.making import household, person
from tests.registry.test_papers import photo
from tests.snapshot.at_hand import _copied_in_this_process  # noqa: F401


@pytest.fixture
def home(house: House) -> Any:
    return household(house.officer("county_office"), house.village, person(1), person(2))


@pytest.fixture
def next_door(house: House) -> Any:
    return household(house.officer("county_office"), house.neighbour_village, person(11))


@pytest.fixture
def proof(house: House, home: Any) -> Any:
    """A paper of the household, scanned before."""
    return registry.attach_paper(
        by=house.officer("county_office"),
        household=home,
        kind="02",
        title="身份证",
        upload=SimpleUploadedFile("a.png", photo()),
    )


@pytest.fixture
def finding(home: Any) -> Finding:
    """An open finding about the household."""
    absorbed(("T001", home, {"members_count": 2}))
    found: Finding = Finding.objects.get()
    return found
