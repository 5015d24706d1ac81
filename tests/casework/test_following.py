"""Whoever is in charge of a place goes on with its cases, also when areas merge or move."""

from typing import Any

import pytest
from django.utils import timezone

from bangfu.areas import services as areas
from bangfu.audit.models import Entry
from bangfu.casework import services
from bangfu.casework.models import Application, Case, Meeting, Posting, Recognition, Round, SampleDraw
from bangfu.casework.procedures import Channel
from bangfu.registry import services as registry
from tests.casework.making import days_ago, officer, opened, procedure

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def of_area(area: Any) -> dict[type, Any]:
    """One of everything that belongs to an area by itself."""
    here = {"area": area, "place": area.place}
    day = days_ago(9)
    return {
        Meeting: Meeting.objects.create(**here, procedure="p", step="s", title="会", held_on=day, chair="甲"),
        Posting: Posting.objects.create(
            **here, procedure="p", step="s", title="名单", sheet={}, sheet_hash="", starts_on=day, ends_on=days_ago(2)
        ),
        Round: Round.objects.create(**here, procedure="p", title="回头看", started_on=day),
        SampleDraw: SampleDraw.objects.create(**here, procedure="p", step="s", seed="1", among=[], drawn_on=day),
    }


@pytest.fixture
def everything(house, people, home):
    """A case of a household and one of its village, a recognition, applications, and what belongs to the village."""
    case = opened(people.village, home)
    of_village = services.open_case(
        by=None, procedure=procedure(id="of_village", of="village"), village=house.village, channel=Channel.SWEEP
    )
    Recognition.objects.create(household=home, place=home.place, kind="poor", starts_on=days_ago(500))
    given = {"channel": "application", "village": house.village, "place": house.village.place, "head_name": "王"}
    asked = {
        state: Application.objects.create(state=state, difficulty="漏雨", **given) for state in ("new", "declined")
    }
    return case, of_village, asked, of_area(house.village)


def test_cases_go_where_a_merged_village_goes_and_its_officers_see_them(house, people, home, everything):
    case, of_village, _asked, others = everything
    areas.merge(
        by=house.officer("county_office"), areas=[house.village], into=house.other_village, on=timezone.localdate(),
        document="民政〔2026〕1号",
    )  # fmt: skip
    assert registry.follow_areas(by=None, reason="合并") == 1
    assert services.follow_areas(by=None, reason="合并") == 2
    home.refresh_from_db()
    case.refresh_from_db()
    into = house.other_village
    assert (case.village, case.place) == (into, home.place)
    assert Recognition.objects.get().place == home.place
    heirs = officer("heirs", ("village_committee", into))
    for model in (Case, Application, Recognition, *others):
        assert set(model.objects.visible_to(heirs)) == set(model.objects.all()), model
    # What hung in the old village hung there; who waits is taken up in the new one.
    of_village.refresh_from_db()
    assert of_village.village == Posting.objects.get().area == house.village
    found = {each.state: each.village for each in Application.objects.all()}
    assert found == {"new": into, "declined": house.village}
    assert services.move(case_id=case.pk, move="hand_in", by=heirs).step == "township"
    assert Entry.objects.filter(action="cases.areas_followed").count() == 1
    assert services.follow_areas(by=None, reason="合并") == 0, "once followed, nothing is elsewhere"


def test_cases_go_along_when_their_village_moves_to_another_township(house, people, home, everything):
    case, _of_village, _asked, others = everything
    services.move(case_id=case.pk, move="hand_in", by=people.village)
    areas.move(
        by=house.officer("county_office"), area=house.village, to=house.neighbour_township, on=timezone.localdate(),
        document="民政〔2026〕2号",
    )  # fmt: skip
    registry.follow_areas(by=None, reason="划转")
    assert services.follow_areas(by=None, reason="划转") == 2
    for model in (Case, Application, Recognition, *others):
        assert not model.objects.visible_to(people.township).exists(), model
        assert set(model.objects.visible_to(people.neighbour)) == set(model.objects.all()), model
    assert services.move(case_id=case.pk, move="pass", by=people.neighbour).step == "county"
