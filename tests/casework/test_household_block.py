"""The household's page says as what it is recognised, since when, and by which case."""

from datetime import date

import pytest

from bangfu.casework.procedures import Effect
from bangfu.registry.models import Household
from tests.casework.test_recognising import WATCH, come_to
from tests.conftest import House


@pytest.mark.req("B7")
def test_the_page_tells_the_recognitions_of_a_household(house: House, home: Household) -> None:
    identified = come_to(home, Effect.IDENTIFY, date(2014, 3, 10), {})
    exited = come_to(home, Effect.EXIT, date(2016, 12, 1))
    come_to(home, Effect.WATCH, date(2021, 6, 1), WATCH | {"class": "01"})
    page = house.client("county_office").get(f"/households/{home.pk}/").content.decode()
    block = page[page.index('id="recognitions"') : page.index('id="members"')]
    for text in ("贫困户", "2014-03-10", "2016-11-30", "脱贫户", "脱贫不稳定户", "因病", "至今"):
        assert text in block
    assert identified.case_no in block and exited.case_no in block


def test_nothing_is_said_of_a_household_that_was_never_recognised(house: House, home: Household) -> None:
    page = house.client("county_office").get(f"/households/{home.pk}/").content.decode()
    assert 'id="recognitions"' not in page


@pytest.mark.req("B7")
def test_the_page_of_an_area_counts_its_watched_households(house: House, home: Household) -> None:
    come_to(home, Effect.WATCH, date(2021, 6, 1), WATCH)
    page = house.client("county_office").get(f"/areas/{house.village.pk}/").content.decode()
    block = page[page.index('id="watched"') :][:1500]
    assert "边缘易致贫户" in block and "2 人" in block
    other = house.client("county_office").get(f"/areas/{house.other_village.pk}/").content.decode()
    assert 'id="watched"' not in other


@pytest.mark.req("B7")
def test_the_form_of_a_household_does_not_ask_what_cases_decide(house: House, home: Household) -> None:
    client = house.client("county_office")
    page = client.get(f"/households/{home.pk}/edit/identification/").content.decode()
    assert "household_class" in page
    assert "poverty_status" not in page and "exited_on" not in page and "monitor_category" not in page
