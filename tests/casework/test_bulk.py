"""Many cases through one step in the background."""

import pytest

from bangfu.casework import bulk, errors, moving, selectors, services
from bangfu.casework.models import BulkMove, Case, CaseTransition
from bangfu.common.errors import NotAllowed
from tests.casework.making import days_ago, officer, opened, procedure

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture
def at_township(people, homes):
    """Cases that wait at the township."""

    def make(number: int, **changes):
        cases = [opened(people.village, home, procedure(**changes)) for home in homes(number)]
        services.move_many(case_ids=[case.pk for case in cases], move="hand_in", by=people.village, on=days_ago(20))
        return [case.pk for case in cases]

    return make


@pytest.mark.req("B3")
def test_many_cases_are_moved_in_the_background(people, at_township, django_capture_on_commit_callbacks):
    ids = at_township(4)
    with django_capture_on_commit_callbacks(execute=True):
        made = services.start_bulk(by=people.township, case_ids=ids, move="pass")
    made.refresh_from_db()
    assert (made.state, made.moved, made.refused) == ("done", 4, [])
    assert set(Case.objects.values_list("step", flat=True)) == {"county"}


def test_those_refused_are_listed_with_the_reason(people, home, at_township):
    ids = at_township(2)
    own = opened(people.township, home)
    services.move(case_id=own.pk, move="hand_in", by=people.village)
    made = services.start_bulk(by=people.township, case_ids=[*ids, own.pk], move="pass")
    done = services.run_bulk(made.pk)
    assert done.moved == 2
    ((case, why),) = selectors.refusals(done)
    assert case == own.pk
    assert "不能再审批" in why


def test_a_changed_case_is_not_approved_in_bulk(people, at_township):
    ids = at_township(2)
    Case.objects.get(pk=ids[0]).household.__class__.objects.filter(cases=ids[0]).update(main_cause="01")
    done = services.run_bulk(services.start_bulk(by=people.township, case_ids=ids, move="pass").pk)
    assert [each["code"] for each in done.refused] == ["CAS-017"]


def test_a_crash_in_the_middle_loses_nothing_and_does_nothing_twice(people, at_township, monkeypatch):
    monkeypatch.setattr(bulk, "PART", 2)
    ids = at_township(5)
    made = services.start_bulk(by=people.township, case_ids=ids, move="pass")
    real, calls = moving.move_many, []

    def dying(**given):
        calls.append(given["case_ids"])
        report = real(**given)
        if len(calls) == 2:
            raise KeyboardInterrupt  # as when the machine goes out: nothing is caught, nothing is tidied
        return report

    monkeypatch.setattr(bulk.moving, "move_many", dying)
    with pytest.raises(KeyboardInterrupt):
        services.run_bulk(made.pk)
    made.refresh_from_db()
    assert (made.state, made.moved) == ("running", 2)
    monkeypatch.setattr(bulk.moving, "move_many", real)
    assert services.recover() == 1  # tasks are done at once here
    made.refresh_from_db()
    assert (made.state, made.moved, made.refused) == ("done", 5, [])
    assert CaseTransition.objects.filter(move="pass").count() == 5


def test_a_fault_of_the_system_ends_it_and_what_was_moved_stays(people, at_township, monkeypatch):
    monkeypatch.setattr(bulk, "PART", 2)
    ids = at_township(3)
    made = services.start_bulk(by=people.township, case_ids=ids, move="pass")
    real, calls = moving.move_many, []

    def failing(**given):
        calls.append(1)
        if len(calls) == 2:
            raise ValueError
        return real(**given)

    monkeypatch.setattr(bulk.moving, "move_many", failing)
    with pytest.raises(errors.BulkFailed):
        services.run_bulk(made.pk)
    made.refresh_from_db()
    assert (made.state, made.moved) == ("failed", 2)
    assert CaseTransition.objects.filter(move="pass").count() == 2


def test_one_that_is_done_is_not_done_again(people, at_township):
    made = services.start_bulk(by=people.township, case_ids=at_township(1), move="pass")
    services.run_bulk(made.pk)
    with pytest.raises(errors.BulkBusy):
        services.run_bulk(made.pk)


class TestRefused:
    def test_no_cases(self, people):
        with pytest.raises(errors.BulkEmpty):
            services.start_bulk(by=people.township, case_ids=[], move="pass")

    def test_more_than_policy_allows(self, people):
        with pytest.raises(errors.BulkTooMany):
            services.start_bulk(by=people.township, case_ids=list(range(10_000)), move="pass")

    def test_cases_at_different_steps(self, people, home, at_township):
        with pytest.raises(errors.BulkMixed):
            services.start_bulk(
                by=people.county, case_ids=[*at_township(1), opened(people.village, home).pk], move="pass"
            )

    def test_somebody_without_the_right(self, house, people, homes):
        ids = [opened(people.village, home).pk for home in homes(2)]
        with pytest.raises(NotAllowed):
            services.start_bulk(by=people.village, case_ids=ids, move="hand_in")

    def test_cases_of_the_township_next_door(self, people, at_township):
        with pytest.raises(NotAllowed):
            services.start_bulk(by=people.neighbour, case_ids=at_township(1), move="pass")

    def test_a_move_that_the_step_does_not_have(self, people, at_township):
        with pytest.raises(errors.MoveNotThere):
            services.start_bulk(by=people.township, case_ids=at_township(1), move="approve")

    def test_a_day_to_come(self, people, at_township):
        with pytest.raises(errors.DayInFuture):
            services.start_bulk(by=people.township, case_ids=at_township(1), move="pass", on=days_ago(-1))


def test_the_bulk_move_is_seen_where_it_was_done(house, people, at_township):
    services.start_bulk(by=people.township, case_ids=at_township(1), move="pass")
    assert BulkMove.objects.visible_to(people.township).count() == 1
    assert BulkMove.objects.visible_to(people.neighbour).count() == 0
    assert BulkMove.objects.visible_to(officer("x", ("county_office", house.county))).count() == 1
