"""A visit is taken once; what cannot be taken is kept whole."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed
from bangfu.visits import errors, services
from bangfu.visits.models import Channel, ChecklistVersion, Photo, Submission, Visit
from tests.casework.making import officer
from tests.visits.making import DAY, FOUR_ONES, note, payload, picture, recorded, sent, six

pytestmark = pytest.mark.django_db


def codes(done) -> set[str]:
    return {problem.code for problem in done.problems}


@pytest.mark.req("C4")
@pytest.mark.databases
def test_a_visit_sent_twice_is_one_visit_and_one_entry_in_the_trail(visiting):
    given = services.read_payload(payload(visiting.home, summary="身体都好"))
    first = services.record(by=visiting.visitor, payload=given, channel=Channel.FIELD)
    second = services.record(by=visiting.visitor, payload=given, channel=Channel.FIELD)
    assert (first.state, second.state, first.visit) == ("recorded", "known", second.visit)
    assert Visit.objects.count() == 1
    assert Entry.objects.filter(action="visit.recorded").count() == 1
    visit = first.visit
    assert (visit.officer, visit.place, visit.visited_on) == (visiting.visitor, visiting.home.place, DAY)
    assert visit.answers == FOUR_ONES and visit.form.read.id == "four_ones"


def test_what_cannot_be_taken_lies_whole_in_the_tray_and_comes_back_the_same(visiting):
    given = payload(visiting.home, visited_on="2999-01-01", answers={"talked": "vielleicht", "unasked": 1}, extra="x")
    done = sent(visiting.visitor, given)
    assert done.state == "tray" and Visit.objects.count() == 0
    assert codes(done) == {"VIS-014", "VIS-004", "VIS-003", "VIS-005"}
    assert done.refused.payload["answers"]["unasked"] == 1 and done.refused.payload["extra"] == "x"
    assert done.refused.place == visiting.home.place
    again = sent(visiting.visitor, given)
    assert again.refused == done.refused and codes(again) == codes(done)
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"visited_on": "2013-12-31"}, "VIS-015"),
        ({"visited_on": "2019-12-31"}, "VIS-016"),
        ({"visited_on": None}, "VIS-019"),
        ({"started_at": "2020-09-20T10:00:00+08:00", "ended_at": "2020-09-20T09:00:00+08:00"}, "VIS-018"),
        ({"checklist": "nothing"}, "VIS-001"),
        ({"version": "0" * 12}, "VIS-002"),
        ({"household": 999_999}, "VIS-012"),
        ({"household": 10**30}, "VIS-021"),
        ({"officer": 999_999}, "VIS-024"),
        ({"about": "<script>"}, "VIS-021"),
        ({"answers": []}, "VIS-021"),
        ({"answers": {**FOUR_ONES, "land": "1001"}}, "VIS-007"),
        ({"answers": {**FOUR_ONES, "land": "-1"}}, "VIS-006"),
        ({"answers": {**FOUR_ONES, "land": "1.234"}}, "VIS-004"),
        ({"answers": {**FOUR_ONES, "clean": ["windows", "moon"]}}, "VIS-004"),
        ({"answers": {**FOUR_ONES, "wishes": "长" * 1001}}, "VIS-008"),
        ({"uuid": "no uuid"}, "VIS-021"),
    ],
)
def test_each_fault_of_a_visit_is_named(visiting, changes, code):
    done = recorded(visiting.visitor, visiting.home, **changes)
    assert done.state == "tray"
    assert code in codes(done)
    assert all(problem.message and "{" not in problem.message for problem in done.problems)


def test_a_household_next_door_is_one_that_nobody_has(visiting):
    foreign = recorded(visiting.neighbour, visiting.home)
    nobodys = recorded(visiting.neighbour, None, household=999_999)
    assert foreign.state == "tray" and codes(foreign) == codes(nobodys)
    assert [p.message for p in foreign.problems] == [p.message for p in nobodys.problems]
    assert foreign.refused.place != visiting.home.place
    with pytest.raises(NotAllowed):
        recorded(officer("looker", ("inspector", visiting.home.village.parent)), visiting.home)


def test_a_number_that_another_officer_used_never_shows_or_changes_their_visit(visiting):
    first = recorded(visiting.visitor, visiting.home)
    number = str(first.visit.uuid)
    second = recorded(visiting.secretary, visiting.other, uuid=number)
    assert second.state == "tray" and codes(second) == {"VIS-023"}
    assert recorded(visiting.secretary, visiting.other, uuid=number).refused == second.refused
    done = services.settle(submission=second.refused, by=visiting.secretary, payload=second.refused.payload)
    assert done.visit.household == visiting.other and done.visit.officer == visiting.secretary
    assert Visit.objects.count() == 2


def test_times_of_a_phone_whose_clock_is_wrong_are_put_right(visiting):
    now = timezone.now()
    behind = now - timedelta(days=40)
    done = recorded(
        visiting.visitor,
        visiting.home,
        visited_on=timezone.localdate(behind).isoformat(),
        started_at=(behind - timedelta(minutes=30)).isoformat(),
        ended_at=behind.isoformat(),
        sent_at=behind.isoformat(),
    )
    assert done.state == "recorded"
    assert abs(done.visit.clock_skew - 40 * 86400) < 60
    assert done.visit.visited_on == timezone.localdate(now)
    assert abs(done.visit.ended_at - now) < timedelta(minutes=1)
    ahead = recorded(
        visiting.visitor,
        visiting.home,
        visited_on="2031-05-05",
        started_at="2031-05-05T10:00:00+08:00",
        sent_at="2031-05-05T10:30:00+08:00",
    )
    assert ahead.state == "recorded" and ahead.visit.visited_on <= timezone.localdate()


def test_a_position_of_nought_is_left_out_with_a_warning_and_the_visit_taken(visiting):
    done = recorded(visiting.visitor, visiting.home, latitude=0.0, longitude=0.0, accuracy=5)
    assert done.state == "recorded" and codes(done) == {"VIS-020"}
    assert (done.visit.latitude, done.visit.longitude) == (None, None)
    assert recorded(visiting.visitor, visiting.home, latitude=27.5, longitude=105.1).visit.longitude == 105.1
    assert codes(recorded(visiting.visitor, visiting.home, latitude=95, longitude=105)) == {"VIS-020"}


def test_a_form_that_has_changed_since_is_read_as_it_was(visiting, settings, tmp_path):
    done = recorded(visiting.visitor, visiting.home)
    old = done.visit.form
    content = {**old.content, "questions": [{**old.content["questions"][0], "id": "chatted"}]}
    earlier = ChecklistVersion.objects.create(checklist="four_ones", version="earlier", content=content)
    taken = recorded(visiting.visitor, visiting.home, version="earlier", answers={"chatted": True})
    assert taken.visit.form == earlier and taken.visit.answers == {"chatted": True}


def test_answers_about_people_are_kept_by_person_and_only_for_the_household(visiting):
    school = [{"member": visiting.child.pk, "student_status": "03", "school_name": "中心小学"}]
    done = recorded(
        visiting.visitor, visiting.home, checklist="six_checks", answers=six(visiting.home, schooling=school)
    )
    assert done.state == "recorded"
    assert done.visit.answers["schooling"] == school
    stranger = visiting.other.members.get()
    wrong = recorded(
        visiting.visitor,
        visiting.home,
        checklist="six_checks",
        answers=six(visiting.home, schooling=[{"member": stranger.pk, "student_status": "03"}, *school, *school]),
    )
    assert {"VIS-009", "VIS-010"} <= codes(wrong)
    missing = recorded(
        visiting.visitor, visiting.home, checklist="six_checks",
        answers=six(visiting.home, insurance=[{"member": visiting.child.pk}]),
    )  # fmt: skip
    assert [(p.question, p.member, p.code) for p in missing.problems] == [
        ("insurance.insured", visiting.child.pk, "VIS-005")
    ]


def test_what_was_not_asked_is_not_kept(visiting):
    answers = six(visiting.home, income_stable=True, income_risk=["job"], house_trouble="漏雨")
    done = recorded(visiting.visitor, visiting.home, checklist="six_checks", answers=answers)
    assert done.state == "recorded"
    assert not {"income_risk", "house_trouble"} & set(done.visit.answers)
    unstable = six(visiting.home, income_stable=False)
    assert codes(recorded(visiting.visitor, visiting.home, checklist="six_checks", answers=unstable)) == {"VIS-005"}


def test_a_visit_may_be_entered_for_who_went_if_they_may_visit_there(visiting):
    done = recorded(visiting.secretary, visiting.home, channel=Channel.PAPER, officer=visiting.visitor.pk)
    assert (done.visit.officer, done.visit.entered_by) == (visiting.visitor, visiting.secretary)
    strange = recorded(visiting.secretary, visiting.home, officer=visiting.neighbour.pk)
    assert codes(strange) == {"VIS-024"}


def test_a_walk_through_the_village_is_a_visit_to_no_household(visiting, house):
    answers = {"road_passable": True, "clean": ["roads"]}
    done = recorded(visiting.visitor, None, checklist="village_walk", village=house.village.pk, answers=answers)
    assert done.visit.household is None and done.visit.place == house.village.place
    elsewhere = recorded(
        visiting.visitor, None, checklist="village_walk", village=house.neighbour_village.pk, answers=answers
    )
    assert codes(elsewhere) == {"VIS-013"}


def test_an_entry_of_the_tray_becomes_a_visit_with_its_photos_when_mended(visiting):
    content = picture(5)
    done = recorded(visiting.visitor, visiting.home, visited_on="2999-01-01", photos=[note(content, "picture")])
    photo = Photo.objects.get()
    assert photo.submission == done.refused and done.photos_wanted == {str(photo.uuid): 0}
    services.add_photo_part(by=visiting.visitor, photo_uuid=photo.uuid, offset=0, total=len(content), chunk=content)
    services.look_at_arrived()
    with pytest.raises(errors.StillRefused) as left:
        services.settle(submission=done.refused, by=visiting.secretary, payload=done.refused.payload)
    assert [each.code for each in left.value.problems] == ["VIS-014"]
    mended = {**done.refused.payload, "visited_on": "2020-09-01"}
    settled = services.settle(submission=done.refused, by=visiting.secretary, payload=mended)
    assert settled.visit.officer == visiting.visitor and settled.visit.visited_on == date(2020, 9, 1)
    photo.refresh_from_db()
    assert photo.visit == settled.visit and photo.state == "kept"
    # the phone asks again: it is told that all has arrived
    again = services.record(
        by=visiting.visitor, payload=services.read_payload(done.refused.payload), channel=Channel.FIELD
    )
    assert (again.state, again.visit) == ("known", settled.visit)
    with pytest.raises(errors.SubmissionDecided):
        services.drop(submission=done.refused, by=visiting.secretary, reason="重复")


def test_an_entry_of_the_tray_that_comes_to_nothing_stays_on_file_with_the_reason(visiting):
    done = recorded(visiting.visitor, visiting.home, visited_on="2999-01-01")
    with pytest.raises(errors.ReasonMissing):
        services.drop(submission=done.refused, by=visiting.visitor, reason=" ")
    with pytest.raises(NotAllowed):
        services.drop(submission=done.refused, by=visiting.neighbour, reason="不关我事")
    services.drop(submission=done.refused, by=visiting.visitor, reason="重复填写")
    kept = Submission.objects.get()
    assert (kept.state, kept.note, kept.settled_by) == ("dropped", "重复填写", visiting.visitor)


def test_moments_without_an_offset_are_the_houses_own_time(visiting):
    done = recorded(visiting.visitor, visiting.home, visited_on=None, started_at="2020-09-20T00:30:00")
    assert done.visit.started_at == datetime(2020, 9, 19, 16, 30, tzinfo=UTC)
    assert done.visit.visited_on == date(2020, 9, 20)
