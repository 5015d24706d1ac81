"""One function moves a case, and asks everything first."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bangfu.audit.models import Entry
from bangfu.casework import errors, services
from bangfu.casework.models import Case, CaseTransition
from tests.casework.making import VILLAGE, days_ago, officer, opened, procedure, words

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def at_county(people: Any, home: Any, **changes: Any) -> Case:
    case = opened(people.village, home, procedure(**changes))
    services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(20))
    return services.move(case_id=case.pk, move="pass", by=people.township, on=days_ago(10))


def asking(*questions: dict[str, Any]) -> Any:
    """The small procedure, whose first step asks these questions."""
    return procedure(more={"propose": {"questions": [{"label": words(q["id"]), **q} for q in questions]}})


@pytest.mark.req("B1")
def test_a_case_goes_from_the_village_to_an_approval_by_the_county(people, home):
    case = at_county(people, home)
    case = services.move(case_id=case.pk, move="approve", by=people.county, on=days_ago(5))
    assert (case.step, case.closed_on, case.granted, case.moves) == ("done", days_ago(5), True, 3)
    steps = CaseTransition.objects.filter(case=case).values_list("number", "from_step", "to_step", "level", "actor_id")
    assert list(steps) == [
        (0, "", "propose", 5, people.village.pk),
        (1, "propose", "township", 5, people.village.pk),
        (2, "township", "county", 4, people.township.pk),
        (3, "county", "done", 3, people.county.pk),
    ]
    assert Entry.objects.filter(action="case.moved", subject_id=str(case.pk)).count() == 3


@pytest.mark.req("B3")
def test_of_two_who_press_together_the_second_is_told(people, home):
    case = opened(people.village, home)
    services.move(case_id=case.pk, move="hand_in", by=people.village, seen=0)
    with pytest.raises(errors.CaseMoved):
        services.move(case_id=case.pk, move="hand_in", by=people.secretary, seen=0)
    assert CaseTransition.objects.filter(case=case).count() == 2


def test_a_form_of_before_the_case_came_back_is_told_too(people, home):
    case = opened(people.village, home)
    services.move(case_id=case.pk, move="hand_in", by=people.village)
    services.move(case_id=case.pk, move="back", by=people.township, reason="材料不全")
    with pytest.raises(errors.CaseMoved):
        services.move(case_id=case.pk, move="hand_in", by=people.secretary, seen=0)


def test_a_move_that_the_step_does_not_have_is_refused_with_those_it_has(people, home):
    case = opened(people.village, home)
    with pytest.raises(errors.MoveNotThere) as told:
        services.move(case_id=case.pk, move="approve", by=people.county)
    assert told.value.facts["moves"] == "hand_in、withdraw"


def test_a_closed_case_no_longer_moves(people, home):
    case = opened(people.village, home)
    services.move(case_id=case.pk, move="withdraw", by=people.village, reason="农户不再申请")
    with pytest.raises(errors.CaseClosed):
        services.move(case_id=case.pk, move="hand_in", by=people.village)


def test_a_case_that_is_not_there_is_said_so(people):
    with pytest.raises(errors.CaseUnknown):
        services.move(case_id=987654, move="hand_in", by=people.village)


class TestWho:
    def test_only_a_post_of_the_steps_role_and_level_may_act(self, people, home):
        case = opened(people.village, home)
        with pytest.raises(errors.NotYourStep):
            services.move(case_id=case.pk, move="hand_in", by=people.county)

    def test_the_township_next_door_may_not_act(self, people, home):
        case = opened(people.village, home)
        services.move(case_id=case.pk, move="hand_in", by=people.village)
        with pytest.raises(errors.NotYourStep):
            services.move(case_id=case.pk, move="pass", by=people.neighbour)

    def test_a_post_that_has_ended_may_not_act(self, people, home):
        case = opened(people.village, home)
        people.secretary.posts.update(ends_on=days_ago(1))
        with pytest.raises(errors.NotYourStep):
            services.move(case_id=case.pk, move="hand_in", by=people.secretary)

    @pytest.mark.req("B3")
    def test_whoever_handed_in_never_approves_whatever_posts_they_hold(self, house, people, home):
        both = officer("both", ("village_committee", house.village), ("township_station", house.township))
        case = opened(people.village, home)
        services.move(case_id=case.pk, move="hand_in", by=both)
        with pytest.raises(errors.ProposerApproves):
            services.move(case_id=case.pk, move="pass", by=both)

    @pytest.mark.req("B3")
    def test_whoever_opened_never_approves(self, people, home):
        case = opened(people.township, home)
        services.move(case_id=case.pk, move="hand_in", by=people.village)
        with pytest.raises(errors.ProposerApproves):
            services.move(case_id=case.pk, move="pass", by=people.township)

    @pytest.mark.req("B3")
    def test_who_passed_it_at_the_township_never_approves_at_the_county(self, house, people, home):
        both = officer("both", ("township_station", house.township), ("county_office", house.county))
        case = opened(people.village, home)
        services.move(case_id=case.pk, move="hand_in", by=people.village)
        services.move(case_id=case.pk, move="pass", by=both)
        with pytest.raises(errors.ActedElsewhere):
            services.move(case_id=case.pk, move="approve", by=both)
        services.move(case_id=case.pk, move="back", by=both, reason="发现有误")

    def test_who_approved_may_approve_again_at_the_same_level(self, people, home):
        case = at_county(people, home)
        services.move(case_id=case.pk, move="back", by=people.county, reason="再核")
        services.move(case_id=case.pk, move="hand_in", by=people.village)
        case = services.move(case_id=case.pk, move="pass", by=people.township)
        assert case.step == "county"


class TestDays:
    def test_no_move_is_dated_tomorrow(self, people, home):
        case = opened(people.village, home)
        with pytest.raises(errors.DayInFuture):
            services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(-1))

    def test_no_move_is_dated_before_the_one_it_follows(self, people, home):
        case = opened(people.village, home, on=days_ago(5))
        with pytest.raises(errors.DayBeforeLast):
            services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(6))

    @pytest.mark.req("B3")
    def test_a_legal_minimum_blocks_until_its_day(self, people, home):
        case = opened(people.village, home, procedure(more={"township": {"clocks": [{"minimum": 7}]}}))
        case = services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(20))
        assert case.not_before == days_ago(13)
        with pytest.raises(errors.TooEarly) as told:
            services.move(case_id=case.pk, move="pass", by=people.township, on=days_ago(14))
        assert told.value.facts["day"] == days_ago(13)
        services.move(case_id=case.pk, move="pass", by=people.township, on=days_ago(13))

    def test_a_legal_minimum_does_not_keep_a_case_from_going_back(self, people, home):
        case = opened(people.village, home, procedure(more={"township": {"clocks": [{"minimum": 7}]}}))
        services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(20))
        services.move(case_id=case.pk, move="back", by=people.township, on=days_ago(19), reason="材料不全")

    def test_a_legal_maximum_is_shown_and_never_blocks(self, people, home):
        case = opened(people.village, home, procedure(more={"township": {"clocks": [{"maximum": 3}]}}))
        case = services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(20))
        assert case.due_on == days_ago(17)
        services.move(case_id=case.pk, move="pass", by=people.township, on=days_ago(1))

    def test_the_whole_has_its_own_time_until_its_step_is_done(self, people, home):
        whole = [{"maximum": 25, "to": "township", "label": words("全程")}]
        case = opened(people.village, home, procedure(whole=whole))
        assert case.due_on == days_ago(5)
        services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(20))
        case = services.move(case_id=case.pk, move="pass", by=people.township, on=days_ago(10))
        assert case.due_on is None
        case = services.move(case_id=case.pk, move="back", by=people.county, on=days_ago(9), reason="再核")
        assert case.due_on == days_ago(5)

    def test_a_clock_may_run_from_an_earlier_step(self, people, home):
        clocks = [{"minimum": 7, "since": "propose"}]
        case = opened(people.village, home, procedure(more={"county": {"clocks": clocks}}))
        services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(20))
        case = services.move(case_id=case.pk, move="pass", by=people.township, on=days_ago(19))
        assert case.not_before == days_ago(13)

    def test_an_end_has_no_days(self, people, home):
        case = at_county(people, home, more={"county": {"clocks": [{"minimum": 1, "maximum": 2}]}})
        case = services.move(case_id=case.pk, move="approve", by=people.county)
        assert (case.not_before, case.due_on) == (None, None)


class TestAnswers:
    def test_a_required_answer_is_asked_for(self, people, home):
        case = opened(people.village, home, asking({"id": "agreed"}))
        with pytest.raises(errors.AnswerMissing):
            services.move(case_id=case.pk, move="hand_in", by=people.village)

    def test_unknown_is_no_answer(self, people, home):
        case = opened(people.village, home, asking({"id": "agreed"}))
        with pytest.raises(errors.AnswerMissing):
            services.move(case_id=case.pk, move="hand_in", by=people.village, answers={"agreed": "unknown"})

    def test_only_the_answer_that_must_be_lets_a_case_go_forward(self, people, home):
        case = opened(people.village, home, asking({"id": "agreed", "must_be": "yes"}))
        with pytest.raises(errors.AnswerForbids):
            services.move(case_id=case.pk, move="hand_in", by=people.village, answers={"agreed": "no"})
        services.move(case_id=case.pk, move="hand_in", by=people.village, answers={"agreed": "yes"})
        assert CaseTransition.objects.get(case=case, number=1).answers == {"agreed": "yes"}

    def test_an_answer_that_must_be_does_not_keep_a_case_from_being_withdrawn(self, people, home):
        case = opened(people.village, home, asking({"id": "agreed", "must_be": "yes"}))
        services.move(case_id=case.pk, move="withdraw", by=people.village, reason="不同意", answers={"agreed": "no"})

    @pytest.mark.parametrize(
        ("question", "answer"),
        [
            ({"kind": "yes_no"}, "maybe"),
            ({"kind": "number"}, "1e3"),
            ({"kind": "number"}, "NaN"),
            ({"kind": "day"}, "2016-02-30"),
            ({"kind": "day"}, "2016年2月3日"),
            ({"kind": "choice", "choices": {"a": words("甲")}}, "b"),
            ({"kind": "code", "code_list": "monitor_category"}, "99"),
        ],
    )
    def test_an_answer_of_another_kind_is_refused(self, people, home, question, answer):
        case = opened(people.village, home, asking({"id": "q", **question}))
        with pytest.raises(errors.AnswerWrong):
            services.move(case_id=case.pk, move="hand_in", by=people.village, answers={"q": answer})

    def test_a_question_nobody_asked_is_refused(self, people, home):
        case = opened(people.village, home)
        with pytest.raises(errors.AnswerUnasked):
            services.move(case_id=case.pk, move="hand_in", by=people.village, answers={"q": "yes"})

    def test_several_codes_are_kept_once_each(self, people, home):
        question = {"id": "q", "kind": "code", "code_list": "monitor_category", "several": True}
        case = opened(people.village, home, asking(question))
        services.move(case_id=case.pk, move="hand_in", by=people.village, answers={"q": ["02", "01", "02", ""]})
        assert CaseTransition.objects.get(case=case, number=1).answers == {"q": ["02", "01"]}


class TestTexts:
    @pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a & b < c", "{{ x }}{% y %}", "'; DROP TABLE--"])
    def test_markup_in_a_reason_stays_text(self, people, home, text):
        case = opened(people.village, home, note=text)
        services.move(case_id=case.pk, move="withdraw", by=people.village, reason=text)
        assert Case.objects.get(pk=case.pk).note == text
        assert CaseTransition.objects.get(case=case, number=1).reason == text

    def test_characters_that_no_database_keeps_are_left_out(self, people, home):
        case = opened(people.village, home)
        services.move(case_id=case.pk, move="withdraw", by=people.village, reason="不再\x00申请\ud800")
        assert CaseTransition.objects.get(case=case, number=1).reason == "不再申请"

    def test_a_text_that_is_too_long_is_refused_not_cut(self, people, home):
        case = opened(people.village, home)
        with pytest.raises(errors.TextTooLong):
            services.move(case_id=case.pk, move="withdraw", by=people.village, reason="理" * 401)

    def test_a_move_that_needs_a_reason_is_refused_without(self, people, home):
        case = opened(people.village, home)
        with pytest.raises(errors.ReasonMissing):
            services.move(case_id=case.pk, move="withdraw", by=people.village, reason=" \n ")


class TestPossible:
    def test_what_is_possible_says_what_stands_in_the_way(self, people, home):
        case = opened(people.village, home)
        mine = {each.move.id: each.allowed for each in services.possible(case, people.village)}
        assert mine == {"hand_in": True, "withdraw": True}
        theirs = services.possible(case, people.county)
        assert [type(each.obstacles[0]) for each in theirs] == [errors.NotYourStep, errors.NotYourStep]

    def test_what_has_yet_to_be_typed_is_no_obstacle(self, people, home):
        case = opened(people.village, home, asking({"id": "agreed"}))
        assert all(each.allowed for each in services.possible(case, people.village))

    def test_a_minimum_that_is_not_over_is_an_obstacle(self, people, home):
        small = procedure(more={"township": {"clocks": [{"minimum": 7}]}})
        case = opened(people.village, home, small, on=timezone.localdate())
        case = services.move(case_id=case.pk, move="hand_in", by=people.village)
        found = {each.move.id: each for each in services.possible(case, people.township)}
        assert found["pass"].obstacles[0].facts["day"] == timezone.localdate() + timedelta(days=7)
        assert found["back"].allowed


class TestMany:
    def test_those_that_can_go_on_do_and_the_others_say_why(self, people, homes):
        first, second, third = (opened(people.village, home) for home in homes(3))
        services.move(case_id=second.pk, move="hand_in", by=people.village)
        report = services.move_many(case_ids=[first.pk, second.pk, third.pk, 987654], move="hand_in", by=people.village)
        assert report.moved == [first.pk, third.pk]
        assert {pk: faults[0].code for pk, faults in report.refused.items()} == {
            second.pk: "CAS-002",
            987654: "CAS-018",
        }

    def test_every_case_of_many_has_its_transition_and_its_entry(self, people, homes):
        cases = [opened(people.village, home) for home in homes(3)]
        services.move_many(case_ids=[case.pk for case in cases], move="hand_in", by=people.village)
        assert CaseTransition.objects.filter(move="hand_in").count() == 3
        assert Entry.objects.filter(action="case.moved").count() == 3

    def test_many_cases_cost_no_more_statements_than_a_few(self, people, homes):
        waiting = [opened(people.village, home).pk for home in homes(14)]

        def statements(ids: list[int]) -> int:
            with CaptureQueriesContext(connection) as asked:
                assert len(services.move_many(case_ids=ids, move="hand_in", by=people.village).moved) == len(ids)
            return len(asked)

        assert statements(waiting[:2]) == statements(waiting[2:])


@pytest.mark.req("B3")
@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_the_same_moment_one_wins_and_the_other_is_told(house, people, home):
    if connection.vendor == "sqlite":
        return  # writers are alone there; the run on PostgreSQL lets them meet
    case = opened(people.village, home)
    told: list[Any] = []
    both = threading.Barrier(2)

    def press(by: Any) -> None:
        try:
            both.wait()
            services.move(case_id=case.pk, move="hand_in", by=by, seen=0)
            told.append("moved")
        except errors.CaseMoved as error:
            told.append(error.code)
        finally:
            connection.close()

    workers = [threading.Thread(target=press, args=(by,)) for by in (people.village, people.secretary)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(told) == ["CAS-001", "moved"]
    assert CaseTransition.objects.filter(case=case, move="hand_in").count() == 1


def test_a_step_that_only_others_may_see_to_has_a_level(people, home):
    assert opened(people.village, home).level == VILLAGE
