"""A village meeting: who should come, who came, who stands aside, and what its votes amount to."""

from datetime import date

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bangfu.audit.models import Entry
from bangfu.casework import meeting_errors as errors
from bangfu.casework import services
from bangfu.casework.meetings import Expected, proposed_aside, tally
from bangfu.casework.procedures import MeetingRule
from bangfu.common.errors import NotAllowed
from bangfu.registry import services as registry
from bangfu.registry.models import Member
from tests.casework.making import days_ago, officer, opened, procedure
from tests.registry.making import household, member, person

RULE = {
    "quorum": {"numerator": 2, "denominator": 3},
    "majority": {"numerator": 1, "denominator": 2, "more_than": True},
    "of": "present",
    "stand_aside": ["self", "kin", "same_address"],
}
BY_MEETING = procedure(id="by_meeting", more={"propose": {"kind": "meeting", "meeting": RULE}})


@pytest.fixture
def case(db, people, home):
    return opened(people.village, home, BY_MEETING)


def call(people, *cases, on=None):
    return services.call_meeting(
        by=people.village, cases=list(cases), held_on=on or days_ago(10), chair="石书记", recorder="王会计"
    )


def everybody(number):
    return [Expected(f"代表{each}", "村民代表") for each in range(number)]


def held(people, *cases, expected=6, present=6, votes=(6, 0, 0), on=None):
    """A meeting held and closed, with the same votes for every case."""
    meeting = call(people, *cases, on=on)
    services.expect(meeting=meeting, by=people.village, people=everybody(expected))
    here = list(meeting.attendance.values_list("pk", flat=True))[:present]
    services.attend(meeting=meeting, by=people.village, present=here)
    for each in cases:
        yes, no, none = votes
        services.vote(meeting=meeting, case=each, by=people.village, in_favour=yes, against=no, abstained=none)
    return services.close_meeting(meeting=meeting, by=people.village, minutes="逐户介绍，逐户表决。")


def test_what_the_meeting_passed_may_go_on(people, case):
    held(people, case)
    assert services.move(case_id=case.pk, move="hand_in", by=people.village).step == "township"


def test_without_a_meeting_nothing_goes_on(people, case):
    with pytest.raises(errors.NotMet):
        services.move(case_id=case.pk, move="hand_in", by=people.village)
    call(people, case)  # called, yet not closed
    with pytest.raises(errors.NotMet):
        services.move(case_id=case.pk, move="hand_in", by=people.village)


def test_a_move_dated_before_the_meeting_does_not_rest_on_it(people, case):
    held(people, case, on=days_ago(5))
    with pytest.raises(errors.NotMet):
        services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(6))


def test_half_of_those_present_is_no_majority(people, case):
    held(people, case, votes=(3, 3, 0))
    with pytest.raises(errors.VotedDown):
        services.move(case_id=case.pk, move="hand_in", by=people.village)


def test_too_few_people_make_no_meeting(people, case):
    held(people, case, present=3, votes=(3, 0, 0))
    with pytest.raises(errors.NoQuorum):
        services.move(case_id=case.pk, move="hand_in", by=people.village)


def test_a_case_that_came_back_needs_a_new_meeting(people, case):
    held(people, case)
    services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(9))
    services.move(case_id=case.pk, move="back", by=people.township, on=days_ago(8), reason="票数不清")
    with pytest.raises(errors.NotMet):
        services.move(case_id=case.pk, move="hand_in", by=people.village)
    case.refresh_from_db()
    held(people, case, on=days_ago(7))
    services.move(case_id=case.pk, move="hand_in", by=people.village)


def test_more_votes_than_voters_are_refused_and_leave_no_trace(people, case):
    meeting = call(people, case)
    services.expect(meeting=meeting, by=people.village, people=everybody(5))
    services.attend(meeting=meeting, by=people.village, present=meeting.attendance.values_list("pk", flat=True))
    with pytest.raises(errors.VotesDoNotAddUp):
        services.vote(meeting=meeting, case=case, by=people.village, in_favour=6, against=0, abstained=0)
    with pytest.raises(errors.VotesDoNotAddUp):
        services.vote(meeting=meeting, case=case, by=people.village, in_favour=7, against=-2, abstained=0)
    assert meeting.votes.get().in_favour is None


def test_those_who_stand_aside_do_not_count_among_the_voters(people, case):
    meeting = call(people, case)
    services.expect(meeting=meeting, by=people.village, people=everybody(5))
    here = list(meeting.attendance.values_list("pk", flat=True))
    services.attend(meeting=meeting, by=people.village, present=here)
    aside = {here[0]: "本户成员"}
    with pytest.raises(errors.VotesDoNotAddUp):
        services.vote(meeting=meeting, case=case, by=people.village, in_favour=5, against=0, abstained=0, aside=aside)
    row = services.vote(meeting=meeting, case=case, by=people.village, in_favour=3, against=1, abstained=0, aside=aside)
    assert row.aside == [{"person": here[0], "reason": "本户成员"}]


def test_who_listens_has_no_vote(people, case):
    meeting = call(people, case)
    guests = [Expected("驻村队员", "列席", votes=False)]
    services.expect(meeting=meeting, by=people.village, people=[*everybody(3), *guests])
    services.attend(meeting=meeting, by=people.village, present=meeting.attendance.values_list("pk", flat=True))
    with pytest.raises(errors.VotesDoNotAddUp):
        services.vote(meeting=meeting, case=case, by=people.village, in_favour=4, against=0, abstained=0)
    services.vote(meeting=meeting, case=case, by=people.village, in_favour=3, against=0, abstained=0)
    closed = services.close_meeting(meeting=meeting, by=people.village, minutes="记录")
    assert (closed.expected, closed.present) == (3, 3)


def test_nobody_votes_before_the_day_of_the_meeting(people, case):
    meeting = call(people, case, on=date.fromordinal(timezone.localdate().toordinal() + 1))
    services.expect(meeting=meeting, by=people.village, people=everybody(3))
    with pytest.raises(errors.MeetingInFuture):
        services.attend(meeting=meeting, by=people.village, present=[])


def test_a_closed_record_is_never_changed(people, case):
    meeting = held(people, case)
    for attempt in (
        lambda: services.expect(meeting=meeting, by=people.village, people=everybody(2)),
        lambda: services.attend(meeting=meeting, by=people.village, present=[]),
        lambda: services.vote(meeting=meeting, case=case, by=people.village, in_favour=0, against=6, abstained=0),
        lambda: services.close_meeting(meeting=meeting, by=people.village, minutes="改"),
    ):
        with pytest.raises(errors.MeetingClosed):
            attempt()
    assert meeting.votes.get().in_favour == 6


def test_a_record_without_votes_or_minutes_is_not_final(people, case):
    meeting = call(people, case)
    services.expect(meeting=meeting, by=people.village, people=everybody(3))
    services.attend(meeting=meeting, by=people.village, present=meeting.attendance.values_list("pk", flat=True))
    with pytest.raises(errors.VoteMissing):
        services.close_meeting(meeting=meeting, by=people.village, minutes="记录")
    with pytest.raises(errors.MinutesMissing):
        services.close_meeting(meeting=meeting, by=people.village, minutes="  ")


def test_a_meeting_takes_cases_of_one_village_at_one_step(people, house, case):
    elsewhere = officer("elsewhere", ("village_committee", house.other_village))
    other = opened(elsewhere, household(house.officer("county_office"), house.other_village, person(7)), BY_MEETING)
    with pytest.raises(errors.CasesNotTogether):
        call(people, case, other)
    with pytest.raises(errors.CasesNotTogether):
        services.call_meeting(by=people.village, cases=[], held_on=days_ago(1), chair="甲", recorder="乙")


def test_only_the_posts_of_the_step_hold_its_meeting(people, case):
    with pytest.raises(NotAllowed):
        services.call_meeting(by=people.township, cases=[case], held_on=days_ago(1), chair="甲", recorder="乙")


def test_kin_and_neighbours_under_one_roof_are_asked_to_stand_aside(people, house, home, case):
    by = house.officer("county_office")
    registry.save_household(by=by, household=home, values={"address": "石桥村1号"}, reason="入户登记")
    roof = household(by, house.village, person(31), address="石桥村1号")
    stranger = household(by, house.village, person(32))
    # The daughter married out: the same person was once of the household and is now of another.
    daughter = member(by, home, relation_to_head="21", **person(33))
    number, her_name = daughter.id_no, daughter.name
    registry.member_leaves(by=by, member=daughter, kind="02", on=date(2021, 1, 1), reason="出嫁")
    married = household(by, house.village, person(34))
    member(by, married, relation_to_head="21", **person(33))
    meeting = call(people, case)
    one = Member.objects.filter(household=home, left_on=None).first()
    kin = Member.objects.get(household=married, id_no=number)
    services.expect(
        meeting=meeting,
        by=people.village,
        people=[
            Expected(one.name, member=one.pk),
            Expected(her_name, member=kin.pk),
            Expected("同住", member=roof.members.first().pk),
            Expected("旁人", member=stranger.members.first().pk),
            Expected("外村人"),
        ],
    )
    case.refresh_from_db()
    proposed = {person.member_id: reason for person, reason in proposed_aside(meeting, case)}
    assert set(proposed) == {one.pk, kin.pk, roof.members.first().pk}
    assert proposed[one.pk] == "本户成员"


def test_each_deed_of_a_meeting_is_on_the_trail(people, case):
    held(people, case)
    deeds = set(Entry.objects.filter(action__startswith="cases.meeting").values_list("action", flat=True))
    assert deeds == {"cases.meeting_called", "cases.meeting_expected", "cases.meeting_attended", "cases.meeting_closed"}


numbers = st.integers(0, 60)


@given(expected=numbers, present=numbers, aside=numbers, yes=numbers, no=numbers)
def test_a_vote_passes_only_with_quorum_and_majority(expected, present, aside, yes, no):
    rule = MeetingRule.model_validate(RULE)
    voters = present - aside
    if present > expected or aside > present or yes + no > voters:
        return
    found = tally(rule, expected=expected, present=present, voters=voters, in_favour=yes, against=no, aside=aside)
    assert found.quorum == (expected > 0 and 3 * present >= 2 * expected)
    assert found.majority == (voters > 0 and 2 * yes > voters)
    assert found.passed == (found.quorum and found.majority)
