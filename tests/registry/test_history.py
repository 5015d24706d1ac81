"""The household on any past day, and the story of its changes."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bangfu.registry import selectors, services
from bangfu.registry.models import Change, Household, Member
from tests.conftest import House
from tests.registry.making import household, person


def back_date(days: int) -> None:
    """Everything recorded so far was recorded so many days earlier."""
    shift = timedelta(days=days)
    for model in (Household, Member, Household.dwelling.related.related_model):
        history = model.history.model
        for row in history.objects.all():
            history.objects.filter(pk=row.pk).update(history_date=row.history_date - shift)
    for change in Change.objects.all():
        Change.objects.filter(pk=change.pk).update(at=change.at - shift)


@pytest.mark.req("A3")
@pytest.mark.databases
def test_a_household_is_seen_as_it_was_on_a_day(house: House) -> None:
    by = house.officer("township_station", house.township)
    made = household(by, house.village, person(0), person(1, relation_to_head="02"), address="老屋")
    back_date(10)
    services.save_household(by=by, household=made, values={"address": "新屋", "house_area_m2": 90}, reason="搬迁")
    wife = Member.objects.get(relation_to_head="02")
    services.member_leaves(by=by, member=wife, kind="01", on=timezone.localdate(), reason="去世")
    then = selectors.as_of(made, timezone.localdate() - timedelta(days=5))
    assert then.household is not None and then.dwelling is not None
    assert (then.household.address, then.household.members_count, then.dwelling.house_area_m2) == ("老屋", 2, None)
    assert [m.left_on for m in then.members] == [None, None]
    now = selectors.as_of(made, timezone.localdate())
    assert now.household is not None and now.household.address == "新屋"
    assert selectors.as_of(made, date(2000, 1, 1)).household is None
    assert isinstance(now.members[0], Member) and isinstance(timezone.now(), datetime)


@pytest.mark.req("A3")
def test_every_change_says_who_when_why_old_and_new(house: House) -> None:
    by = house.officer("township_station", house.township)
    made = household(by, house.village, person(0))
    services.save_household(
        by=by,
        household=made,
        reason="入户核实",
        values={"phone": "13812345678", "house_grade": "C", "is_martyr_family": True, "cultivated_land_mu": 3},
    )
    told = selectors.history_lines(by, made)[0]
    assert (told.who, told.reason) == (by.name, "入户核实")
    lines = {line.label: (line.old, line.new) for line in told.lines}
    assert lines["联系电话"] == ("", "138****5678")
    assert lines["是否军烈属"] == ("", "是") and lines["耕地面积"] == ("", "3.00")
    assert lines["危房级别"] == ("", "C级")
    stranger = house.officer("village_committee", house.other_village)
    assert selectors.history_lines(stranger, made) == []


def test_the_story_takes_as_many_queries_however_long_it_is(house: House) -> None:
    by = house.officer("township_station", house.township)
    made = household(by, house.village, person(0))
    with CaptureQueriesContext(connection) as short:
        selectors.history_of(made)
    with CaptureQueriesContext(connection) as short_past:
        selectors.as_of(made, timezone.localdate())
    for number in range(5):
        services.save_household(by=by, household=made, values={"address": f"{number}"}, reason="x")
        services.save_member(
            by=by,
            household=made,
            member=None,
            reason="x",
            event="02",
            on=date(2024, 1, 1),
            values=person(20 + number, relation_to_head="99"),
        )
    with CaptureQueriesContext(connection) as long:
        assert len(selectors.history_of(made)) >= 10
    with CaptureQueriesContext(connection) as long_past:
        assert len(selectors.as_of(made, timezone.localdate()).members) == 6
    assert (len(long), len(long_past)) == (len(short), len(short_past))
