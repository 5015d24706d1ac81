"""Records of what no visit shows: by whom they may be made, what refuses them, when they count."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from bangfu.areas.models import Area
from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed
from bangfu.plans import services
from bangfu.plans.duties import errors, selectors
from bangfu.plans.models import DutyPaper, DutyRecord
from bangfu.plans.services import Person
from tests.plans.making import officer, picture

pytestmark = pytest.mark.req("C3")
DAY = date(2026, 3, 10)
MEETING = "leaders_meeting_in_two_months"
QUARTERLY = "quarterly_meeting_with_the_village"


def meeting(help, by, **changes):
    given = {
        "by": by, "unit": help.bureau, "duties": [MEETING], "done_on": DAY, "title": "班子会",
        "people": [Person("李领导", "组长")],
    }  # fmt: skip
    return services.record_duty(**{**given, **changes})


def test_one_meeting_serves_two_duties_and_counts_for_each_when_its_four_papers_are_there(house, help):
    county = house.officer("county_office")
    made = meeting(help, county, duties=[MEETING, QUARTERLY])
    assert [each.complete for each in made.served.all()] == [False, False]
    for number, wanted in enumerate(("plan", "sign_in_sheet", "minutes")):
        services.add_paper(duty_record=made, by=county, wanted=wanted, upload=picture(number))
        assert not any(each.complete for each in made.served.all())
    last = services.add_paper(duty_record=made, by=county, wanted="photo", upload=picture(9), title="全景")
    assert all(each.complete for each in made.served.all())

    services.remove_paper(paper=last, by=county)
    assert not any(each.complete for each in made.served.all())
    with pytest.raises(errors.PaperGone):
        services.remove_paper(paper=last, by=county)
    assert DutyPaper.objects.filter(pk=last.pk, removed_at__isnull=False).exists()
    actions = Entry.objects.filter(subject_type="dutyrecord").order_by("number").values_list("action", flat=True)
    assert list(actions) == ["duty.recorded", *["duty.paper_added"] * 4, "duty.paper_removed"]


def test_what_needs_no_papers_counts_at_once(house, help):
    station = house.officer("township_station")
    made = services.record_duty(
        by=station, unit=help.township, duties=["news_of_townships"], done_on=DAY, title="春耕帮扶见闻"
    )
    assert made.served.get().complete
    assert made.place == house.township.place


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"unit": None}, errors.UnitOrTeamWanted),
        ({"duties": []}, errors.DutyMissing),
        ({"duties": ["news_of_townships"]}, errors.DutyNotHere),
        ({"duties": ["team_monthly_report"]}, errors.DutyNotHere),
        ({"duties": ["clerk_in_village"]}, errors.DutyNotHere),
        ({"duties": ["nothing_of_the_kind"]}, errors.DutyNotHere),
        ({"duties": [MEETING, "study_twice_a_year"]}, errors.DutiesNotAlike),
        ({"done_on": timezone.localdate() + timedelta(days=1)}, errors.DayInFuture),
        ({"about_on": DAY + timedelta(days=1)}, errors.AboutWrong),
        ({"about_on": date(2019, 12, 31)}, errors.DutyNotHere),
        ({"title": " \n"}, errors.TitleMissing),
        ({"people": [Person("  ")]}, errors.NobodyTookPart),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason_and_nothing_is_kept(house, help, changes, refusal):
    with pytest.raises(refusal):
        meeting(help, house.officer("county_office"), **changes)
    assert DutyRecord.objects.count() == 0


def test_the_same_thing_is_recorded_once_and_again_after_it_was_withdrawn(house, help):
    county = house.officer("county_office")
    first = meeting(help, county)
    with pytest.raises(errors.RecordedTwice, match="PLA-013"):
        meeting(help, county)
    with pytest.raises(errors.ReasonMissing):
        services.withdraw(duty_record=first, by=county, reason=" ")
    services.withdraw(duty_record=first, by=county, reason="日期写错")
    for again in (
        lambda: services.withdraw(duty_record=first, by=county, reason="再次"),
        lambda: services.add_paper(duty_record=first, by=county, wanted="plan", upload=picture()),
    ):
        with pytest.raises(errors.RecordWithdrawn):
            again()
    second = meeting(help, county)
    assert list(selectors.found_records(county)) == [second]
    assert list(selectors.found_records(county, state="withdrawn")) == [first]
    assert list(selectors.found_records(county, state="lacking", what="meeting", since=DAY, until=DAY)) == [second]
    with pytest.raises(errors.PaperNotWanted):
        services.add_paper(duty_record=second, by=county, wanted="certificate", upload=picture())


def test_only_those_in_charge_of_the_place_or_of_the_unit_record(house, help):
    outsider = officer("elsewhere", "township_station", house.neighbour_township)
    inspector = house.officer("inspector")
    village = house.officer("village_committee")
    for somebody in (outsider, inspector, village):
        with pytest.raises(NotAllowed):
            meeting(help, somebody)
    own = meeting(help, help.clerk_account)
    assert own.recorded_by == help.clerk_account
    assert own in selectors.records(help.leader_account)
    assert own not in selectors.records(village)
    with pytest.raises(NotAllowed):
        services.withdraw(duty_record=own, by=outsider, reason="不归我管")
    report = services.record_duty(
        by=help.secretary_account, team=help.team, duties=["team_monthly_report"], done_on=DAY, title="三月报告"
    )
    assert report in selectors.records(village)
    help.clerk_account.is_active = False
    with pytest.raises(NotAllowed):
        meeting(help, help.clerk_account, title="停用之后")


def test_records_follow_their_area(house, help):
    made = meeting(help, house.officer("county_office"))
    Area.objects.filter(pk=house.county.pk).update(place=house.county.place + 7)
    assert services.follow_areas(by=None, reason="划转") == 1
    made.refresh_from_db()
    assert made.place == house.county.place + 7
    assert services.follow_areas(by=None, reason="划转") == 0
