"""What is due, done and late: read from visits, attendance and records, for one person and for a county."""

from datetime import date, timedelta

import pytest
import yaml
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bangfu.plans import services
from bangfu.plans.duties import loading as duty_loading
from bangfu.plans.duties import selectors
from bangfu.plans.duties.doers import GroupKind
from bangfu.plans.duties.tallying import State
from bangfu.support.models import TeamMember
from tests.plans.conftest import TODAY
from tests.plans.making import helper, household, pair, picture, present, unit, visit

pytestmark = pytest.mark.req("C3")
OCTOBER = [date(2026, 10, day) for day in range(1, 32)]


def of(found, duty, who=None):
    """The duties of an id among those found, of one person when named."""
    return [each for each in found if each.duty.id == duty and (who is None or each.doer.name == who)]


def of_group(house, *asked):
    """What the county sees of a group."""
    return selectors.of_group(house.officer("county_office"), *asked)


def now(account, duty):
    """How the one duty of that id stands this month (this half year …)."""
    [found] = [each for each in of(selectors.due(account, TODAY), duty) if each.period.holds(TODAY)]
    return found


def local(tmp_path, code, **content):
    """Duties of a place, kept beside the database."""
    folder = tmp_path / "policy" / "places" / code / "duties"
    folder.mkdir(parents=True, exist_ok=True)
    label = {"zh": "本地", "en": "local"}
    (folder / "own.yaml").write_text(yaml.safe_dump({"label": label, **content}, allow_unicode=True), encoding="utf-8")


def test_a_visit_counts_by_itself_and_several_on_one_day_are_one_trip(help):
    account, homes = help.clerk_account, help.homes
    before = now(account, "clerk_in_village")
    assert (before.done, before.needed, before.state) == (0, 3, State.OPEN)
    assert before.due_on == date(2026, 11, 30)

    for home in homes:
        visit(account, home, date(2026, 11, 3))
    one_trip = now(account, "clerk_in_village")
    assert one_trip.done == 1

    visit(account, homes[0], date(2026, 11, 4))
    visit(account, homes[0], date(2026, 11, 19))
    done = now(account, "clerk_in_village")
    assert (done.done, done.state) == (3, State.DONE)

    visit(account, homes[0], date(2026, 10, 31))
    visit(help.leader_account, homes[0], date(2026, 11, 5))
    assert now(account, "clerk_in_village").done == 3


def test_what_is_nearly_over_is_due_soon_and_what_is_over_is_late(help):
    account = help.clerk_account
    states = {
        day: {each.state for each in of(selectors.due(account, day), "clerk_in_village") if each.period.holds(day)}
        for day in (date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 30))
    }
    assert list(states.values()) == [{State.OPEN}, {State.DUE_SOON}, {State.DUE_SOON}]
    [missed] = [e for e in of(selectors.due(account, date(2026, 12, 1)), "clerk_in_village") if e.state is State.LATE]
    assert missed.period.last == date(2026, 11, 30)
    assert missed.days_late(date(2026, 12, 1)) == 1


def test_each_household_asks_for_all_that_were_paired_throughout_the_period(help):
    account, homes = help.clerk_account, help.homes
    first = now(account, "each_household_in_two_months")
    assert (first.done, first.needed) == (0, 2)
    visit(account, homes[0], date(2026, 11, 2))
    visit(account, homes[0], date(2026, 12, 2))
    visit(account, homes[2], date(2026, 11, 2))
    visit(help.leader_account, homes[1], date(2026, 11, 2))
    half = now(account, "each_household_in_two_months")
    assert (half.done, half.needed, half.state) == (1, 2, State.OPEN)

    pair(help.clerk, household(homes[0].village, "new"), since=date(2026, 11, 15))
    visit(account, homes[1], TODAY)
    all_seen = now(account, "each_household_in_two_months")
    assert (all_seen.done, all_seen.needed, all_seen.state) == (2, 2, State.DONE)


def test_whoever_begins_in_the_middle_of_a_period_begins_with_the_next(house, help):
    new = helper(help.bureau, "新同志", "clerk")
    pair(new, household(house.village, "9"), since=date(2026, 10, 2))
    group = selectors.group_of(house.officer("county_office"), GroupKind.UNIT, help.bureau.pk)
    found = of_group(house, group, date(2026, 10, 1), date(2026, 12, 31), TODAY)
    assert [each.period.first for each in of(found, "clerk_in_village", "新同志")] == [
        date(2026, 11, 1),
        date(2026, 12, 1),
    ]
    nobody = helper(help.bureau, "未结对", "clerk")
    other = unit(house.neighbour_township, "白水镇人民政府", "05")
    helper(other, "也未结对", "clerk")
    found = of_group(house, group, date(2026, 11, 1), date(2026, 11, 30), TODAY)
    assert of(found, "clerk_in_village", nobody.name)[0].doer.since == date(2024, 1, 1)  # since the unit's charge
    elsewhere = selectors.group_of(house.officer("county_office"), GroupKind.UNIT, other.pk)
    assert of_group(house, elsewhere, date(2026, 11, 1), date(2026, 11, 30), TODAY) == []


def test_without_an_account_nothing_can_be_told_and_nothing_is_held_against_anybody(house, help):
    group = selectors.group_of(house.officer("county_office"), GroupKind.UNIT, help.bureau.pk)
    found = of_group(house, group, date(2026, 10, 1), date(2026, 10, 31), TODAY)
    assert {each.state for each in of(found, "clerk_in_village", "周无号")} == {State.UNKNOWN}
    behind = selectors.overdue_by_unit(house.officer("county_office"), TODAY)
    assert "周无号" not in {each.doer.name for row in behind for each in row.late}


def test_a_day_in_the_village_is_one_of_attendance_or_of_a_visit_and_counts_once(house, help):
    present(help.secretary, *OCTOBER[:15])
    for day in OCTOBER[10:19]:
        visit(help.secretary_account, help.homes[0], day)
    group = selectors.Group(GroupKind.TEAM, help.team.pk, "", help.homes[0].place, 5)
    [october] = of(of_group(house, group, OCTOBER[0], OCTOBER[-1], TODAY), "team_in_village")
    assert (october.done, october.needed, october.state) == (19, 20, State.LATE)
    visit(help.secretary_account, help.homes[0], OCTOBER[-1])
    [october] = of(of_group(house, group, OCTOBER[0], OCTOBER[-1], TODAY), "team_in_village")
    assert (october.done, october.state) == (20, State.DONE)


def test_days_asked_for_here_are_those_that_support_asks_of_a_team():
    here = duty_loading.shelf().on([], TODAY)["team_in_village"].often.at_least
    with (settings.POLICY / "china" / "pairing.yaml").open(encoding="utf-8") as file:
        assert here == yaml.safe_load(file)["team"]["days_a_month"]["at_least"]


def test_a_doubtful_visit_counts_unless_the_place_says_otherwise(house, help, tmp_path):
    account = help.clerk_account
    for day in (3, 4):
        visit(account, help.homes[0], date(2026, 11, day))
    odd = visit(account, help.homes[1], date(2026, 11, 5), doubtful=True)
    assert now(account, "clerk_in_village").done == 3
    assert now(account, "each_household_in_two_months").done == 2

    nation = duty_loading.shelf().on([], TODAY)
    strict = [
        {**nation[id].model_dump(mode="json", by_alias=True, exclude_none=True), "flagged_count": False}
        for id in ("clerk_in_village", "each_household_in_two_months")
    ]
    local(tmp_path, house.county.code[:6], duties=strict)
    trips = now(account, "clerk_in_village")
    each = now(account, "each_household_in_two_months")
    assert (trips.done, trips.held_back, trips.state) == (2, 1, State.OPEN)
    assert (each.done, each.held_back) == (1, 1)

    odd.suspicions.update(explained_at=odd.received_at, explanation="同一天两户合影")
    assert now(account, "clerk_in_village").state is State.DONE


def test_a_place_takes_up_drops_and_adds_duties_and_its_neighbour_keeps_the_nations(house, help, tmp_path):
    here = duty_loading.Regimes.now()
    assert "weekly_inspection" not in here.at(house.neighbour_county.place, TODAY)
    own = duty_loading.shelf().on([], TODAY)["news_of_townships"]
    rewritten = own.model_dump(mode="json", by_alias=True, exclude_none=True)
    rewritten["often"]["at_least"] = 9
    local(
        tmp_path, house.neighbour_county.code[:6], takes_up=["study_every_month"], drops=["clerk_in_village"],
        duties=[rewritten],
    )  # fmt: skip
    there = duty_loading.Regimes.now().at(house.neighbour_county.place, TODAY)
    assert "study_every_month" in there
    assert "clerk_in_village" not in there
    assert there["news_of_townships"].often.at_least == 9
    here_now = duty_loading.Regimes.now().at(house.county.place, TODAY)
    assert here_now["news_of_townships"].often.at_least == 4
    assert "clerk_in_village" in here_now


@pytest.mark.req("F6")
def test_news_items_of_a_township_are_counted_and_two_missed_months_are_named(house, help):
    station = house.officer("township_station")
    for number in range(4):
        services.record_duty(
            by=station, unit=help.township, duties=["news_of_townships"], done_on=date(2026, 9, 3 + number),
            title=f"稿件{number}",
        )  # fmt: skip
    county = house.officer("county_office")

    def behind(day):
        rows = selectors.overdue_by_unit(county, day)
        row = next((row for row in rows if row.group.id == help.township.pk), None)
        return (of(row.late, "news_of_townships"), row.named) if row else ([], [])

    late, named = behind(TODAY)
    assert [each.period.first for each in late] == [date(2026, 8, 1), date(2026, 10, 1)]
    assert named == []
    late, named = behind(date(2026, 12, 20))
    assert [each.period.first for each in late] == [date(2026, 10, 1), date(2026, 11, 1)]
    assert [each.duty.id for each in named] == ["news_of_townships"]


def test_an_undone_duty_rises_to_the_level_above_after_the_days_of_policy(house, help):
    township, county = house.officer("township_station"), house.officer("county_office")
    waits = {rise.level: rise.after_days for rise in duty_loading.terms().rises}
    over = date(2026, 10, 31)

    def shows(viewer, day):
        rows = selectors.overdue_by_unit(viewer, day)
        return {
            each.duty.id for row in rows if row.group.kind is GroupKind.TEAM for each in row.late if each.due_on == over
        }

    village = house.officer("village_committee")
    assert "team_in_village" in shows(village, over + timedelta(days=1))
    for viewer, level in ((township, 4), (county, 3)):
        assert "team_in_village" not in shows(viewer, over + timedelta(days=waits[level] - 1))
        assert "team_in_village" in shows(viewer, over + timedelta(days=waits[level]))
    assert shows(county, over + timedelta(days=duty_loading.terms().listed_days + 1)) == set()


@pytest.mark.req("H1")
def test_nobody_sees_who_is_behind_next_door(house, help):
    other = unit(house.neighbour_township, "白水镇人民政府", "05")
    away = helper(other, "外乡干部", "clerk", house.officer("helper", house.neighbour_village))
    pair(away, household(house.neighbour_village))

    def names(viewer):
        return {each.doer.name for row in selectors.overdue_by_unit(viewer, TODAY) for each in row.late}

    assert "外乡干部" in names(house.officer("county_office"))
    own = house.officer("township_station")
    assert "外乡干部" not in names(own)
    assert "王书记" in names(own)
    assert selectors.group_of(own, GroupKind.UNIT, other.pk) is None
    assert selectors.group_of(own, GroupKind.UNIT, help.bureau.pk) is None
    assert selectors.group_of(help.clerk_account, GroupKind.UNIT, help.bureau.pk) is not None
    assert selectors.group_of(help.clerk_account, GroupKind.UNIT, other.pk) is None
    assert names(house.officer("system_administrator")) == set()


def test_posts_owe_what_a_place_asks_of_them(house, help, tmp_path):
    duty = {
        "id": "grid_rounds", "title": {"zh": "网格走访", "en": "Rounds"}, "what": "visit",
        "who": {"roles": ["grid_worker"]}, "often": {"at_least": 5, "every": "half_month", "counted": "households"},
        "source": {"document": "县网格员管理办法"},
    }  # fmt: skip
    local(tmp_path, house.county.code[:6], duties=[duty])
    worker = house.officer("grid_worker", house.village)
    for home in help.homes:
        visit(worker, home, TODAY)
        visit(worker, home, TODAY)
    rounds = now(worker, "grid_rounds")
    assert (rounds.done, rounds.needed, rounds.due_on) == (3, 5, date(2026, 11, 30))
    groups = [row.group for row in selectors.overdue_by_unit(house.officer("county_office"), TODAY)]
    assert (GroupKind.AREA, house.village.pk) in {(group.kind, group.id) for group in groups}


def test_the_number_of_queries_does_not_grow_with_the_number_of_people(house, help):
    county = house.officer("county_office")
    for number in range(3):
        away = helper(help.township, f"干部{number}", "clerk", house.officer("helper", house.village, f"c{number}"))
        pair(away, household(house.village, f"a{number}"))

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            rows = selectors.overdue_by_unit(county, TODAY)
        return len(asked), sum(len(row.late) for row in rows)

    queries()  # what is kept for the officer and of policy is read once
    few = queries()
    for number in range(3, 20):
        away = helper(help.township, f"干部{number}", "clerk", house.officer("helper", house.village, f"c{number}"))
        pair(away, household(house.village, f"a{number}"))
    many = queries()
    assert many[0] == few[0] < 40
    assert many[1] >= few[1] + 17


def test_a_member_who_left_owes_nothing_of_the_month_in_which_they_left(house, help):
    TeamMember.objects.filter(helper=help.secretary).update(ended_on=date(2026, 11, 25))
    group = selectors.Group(GroupKind.TEAM, help.team.pk, "", help.homes[0].place, 5)
    found = of(
        of_group(house, group, date(2026, 10, 1), date(2026, 11, 30), TODAY),
        "team_in_village",
    )
    assert [each.period.last for each in found] == [date(2026, 10, 31)]


def test_a_record_counts_with_its_papers_in_the_period_it_is_about_and_late_ones_as_late(house, help):
    village = house.officer("village_committee")
    group = selectors.Group(GroupKind.TEAM, help.team.pk, "", house.village.place, 5)

    def september():
        found = of_group(house, group, date(2026, 9, 1), date(2026, 10, 20), TODAY)
        return next(each for each in of(found, "team_monthly_report") if each.period.first == date(2026, 9, 1))

    assert (september().state, september().due_on) == (State.LATE, date(2026, 10, 5))
    late = services.record_duty(
        by=village, team=help.team, duties=["team_monthly_report"], done_on=date(2026, 10, 6),
        about_on=date(2026, 9, 30), title="九月报告",
    )  # fmt: skip
    assert (september().done, september().held_back, september().state) == (0, 1, State.LATE)
    services.add_paper(duty_record=late, by=village, wanted="report", upload=picture())
    assert (september().done, september().held_back, september().state) == (1, 0, State.DONE_LATE)
    in_time = services.record_duty(
        by=village, team=help.team, duties=["team_monthly_report"], done_on=date(2026, 10, 5),
        about_on=date(2026, 9, 30), title="九月补充报告",
    )  # fmt: skip
    services.add_paper(duty_record=in_time, by=village, wanted="report", upload=picture(1))
    assert september().state is State.DONE
