"""What waits for whom, what is late, and how many stand where; papers of a case."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bangfu.casework import errors, lists, selectors, services
from bangfu.casework.lists import Wanted
from bangfu.casework.models import Case
from bangfu.casework.policy import policy
from bangfu.common.errors import NotAllowed
from tests.casework.making import days_ago, opened, procedure, words
from tests.registry.test_papers import photo

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
TODAY = timezone.localdate


def ids(officer, **wanted):
    return set(lists.cases(officer, Wanted(**wanted), TODAY()).values_list("pk", flat=True))


@pytest.mark.req("B3")
def test_a_case_waits_for_those_who_may_act_at_its_step(house, people, home):
    case = opened(people.village, home)
    assert ids(people.village, whose="mine") == {case.pk}
    assert ids(people.township, whose="mine") == set()
    services.move(case_id=case.pk, move="hand_in", by=people.village)
    assert ids(people.village, whose="mine") == set()
    assert ids(people.township, whose="mine") == {case.pk}
    assert ids(people.neighbour, whose="mine") == set()
    assert ids(house.officer("helper", house.village), whose="mine") == set()


@pytest.mark.req("B3")
def test_what_is_late_rises_to_the_level_above_and_no_further(people, homes):
    late, in_time = homes(2)
    clock = {"propose": {"clocks": [{"maximum": 3}]}}
    case = opened(people.village, late, procedure(more=clock), on=days_ago(4))
    opened(people.village, in_time, procedure(more=clock), on=days_ago(3))
    assert ids(people.township, whose="risen") == {case.pk}
    assert ids(people.county, whose="risen") == set()
    assert ids(people.neighbour, whose="risen") == set()


@pytest.mark.parametrize(("left", "clock"), [(-1, "late"), (0, "due_soon"), ("soon", "due_soon"), ("later", "on_time")])
def test_a_case_is_late_only_after_its_last_day(people, home, left, clock):
    left = {"soon": policy().due_soon_days, "later": policy().due_soon_days + 1}.get(left, left)
    case = opened(people.village, home)
    type(case).objects.filter(pk=case.pk).update(due_on=TODAY() + timedelta(days=left))
    assert [each for each in ("late", "due_soon", "on_time") if ids(people.village, clock=each)] == [clock]


def test_a_board_counts_every_step_of_every_procedure(people, homes):
    first, second, third = (opened(people.village, home) for home in homes(3))
    services.move(case_id=first.pk, move="hand_in", by=people.village)
    services.move(case_id=second.pk, move="withdraw", by=people.village, reason="不再申请")
    (board,) = selectors.boards(people.county, None, TODAY())
    assert {each.step.id: each.number for each in board.steps} == {"propose": 1, "township": 1, "county": 0}
    assert (board.running, board.granted, board.ended) == (2, 0, 1)
    assert selectors.boards(people.neighbour, None, TODAY()) == []
    assert third.running


def test_what_lies_with_an_officer_is_what_the_lists_show(house, people, homes):
    late, soon, later, moved = (opened(people.village, home) for home in homes(4))
    soon_on = TODAY() + timedelta(days=policy().due_soon_days)
    for case, due_on in ((late, days_ago(1)), (soon, soon_on), (later, soon_on + timedelta(days=1))):
        Case.objects.filter(pk=case.pk).update(due_on=due_on)
    services.move(case_id=moved.pk, move="hand_in", by=people.village)
    for officer, counts in ((people.village, (3, 1, 1, 0)), (people.township, (1, 0, 0, 1))):
        found = lists.lying_with(officer, TODAY(), 5)
        assert (found.waiting, found.due_soon, found.late, found.risen) == counts
        shown = [ids(officer, whose="mine", clock=clock) for clock in ("", "due_soon", "late")]
        assert [*map(len, shown), len(ids(officer, whose="risen"))] == list(counts)
        assert {case.pk for case in found.urgent} <= shown[0]
    assert [case.pk for case in lists.lying_with(people.village, TODAY(), 2).urgent] == [late.pk, soon.pk]
    for officer in (people.neighbour, house.officer("helper", house.village)):
        found = lists.lying_with(officer, TODAY(), 5)
        assert (found.waiting, found.late, found.risen, list(found.urgent)) == (0, 0, 0, [])


def test_boards_and_my_work_cost_no_more_with_more_cases(people, homes):
    made = homes(9)

    def statements(some):
        for home in some:
            opened(people.village, home)
        with CaptureQueriesContext(connection) as asked:
            selectors.boards(people.village, None, TODAY())
            lists.lying_with(people.village, TODAY())
        return len(asked)

    statements(made[:1])
    assert statements(made[1:2]) == statements(made[2:])


class TestPapers:
    WANTED = words("入户调查表")

    def case(self, people, home):
        papers = [{"id": "form", "label": self.WANTED, "minimum": 2}]
        return opened(people.village, home, procedure(more={"propose": {"papers": papers}}))

    def upload(self):
        return SimpleUploadedFile("a.png", photo())

    def test_a_case_goes_on_when_its_papers_are_there(self, people, home):
        case = self.case(people, home)
        services.attach(case=case, by=people.village, wanted="form", upload=self.upload())
        with pytest.raises(errors.PaperMissing) as told:
            services.move(case_id=case.pk, move="hand_in", by=people.village)
        assert (told.value.facts["found"], told.value.facts["minimum"]) == (1, 2)
        services.attach(case=case, by=people.secretary, wanted="form", upload=self.upload())
        services.move(case_id=case.pk, move="hand_in", by=people.village)

    def test_a_paper_that_was_removed_counts_no_more(self, people, home):
        case = self.case(people, home)
        papers = [
            services.attach(case=case, by=people.village, wanted="form", upload=self.upload()) for _each in range(2)
        ]
        services.detach(paper=papers[0], by=people.village, reason="拍糊了")
        with pytest.raises(errors.PaperMissing):
            services.move(case_id=case.pk, move="hand_in", by=people.village)
        with pytest.raises(errors.PaperGone):
            services.detach(paper=papers[0], by=people.village, reason="拍糊了")

    def test_papers_of_a_step_that_is_done_stay(self, people, home):
        case = self.case(people, home)
        papers = [
            services.attach(case=case, by=people.village, wanted="form", upload=self.upload()) for _each in range(2)
        ]
        services.move(case_id=case.pk, move="hand_in", by=people.village)
        with pytest.raises(errors.PaperPassed):
            services.detach(paper=papers[0], by=people.village, reason="拍糊了")

    def test_a_paper_that_the_step_does_not_want_is_refused(self, people, home):
        with pytest.raises(errors.PaperNotWanted):
            services.attach(case=opened(people.village, home), by=people.village, wanted="form", upload=self.upload())

    def test_only_who_may_act_at_the_step_attaches(self, people, home):
        with pytest.raises(NotAllowed):
            services.attach(case=self.case(people, home), by=people.township, wanted="form", upload=self.upload())
