"""Measures are entered, changed and taken on; what does not fit is refused in so many words."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bangfu.accounts.models import Officer
from bangfu.audit.models import Entry as Trail
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.registry import services as registry
from bangfu.registry.models import Household, Member
from bangfu.support import measure_errors as errors
from bangfu.support import services
from bangfu.support.errors import ReasonNeeded, TextTooLong
from bangfu.support.models import Measure, State
from tests.conftest import House
from tests.registry.making import household, person
from tests.support.giving import TODAY, days, entry, given, under_way

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(house: House) -> Officer:
    return house.officer("village_committee")


@pytest.fixture
def home(house: House) -> Household:
    return household(house.officer("county_office"), house.village, person(1), person(2))


def head(home: Household) -> Member:
    found: Member = home.members.get(relation_to_head="01")
    return found


def scan() -> Any:
    return SimpleUploadedFile("paper.pdf", b"%PDF-1.4 proof %%EOF", "application/pdf")


@pytest.mark.req("C5")
@pytest.mark.databases
def test_a_measure_has_an_owner_an_amount_days_a_result_and_a_proof(home, clerk):
    measure = services.plan_measure(
        by=clerk, entry=entry(home, content="能繁母猪", money=Decimal("2400.55"), ends_on=days(-1)), reason="入户商定"
    )
    assert (measure.measure_class, measure.state, measure.money) == ("01", State.PLANNED, Decimal("2400.55"))
    paper = registry.attach_paper(by=clerk, household=home, kind="47", title="验收单", upload=scan())
    services.move_measure(by=clerk, measure=measure, to=State.UNDER_WAY)
    measure.refresh_from_db()
    services.move_measure(by=clerk, measure=measure, to=State.DONE, result="出栏两头，增收1200元", proof=paper)
    measure.refresh_from_db()
    assert (measure.state, measure.result, measure.proof) == (State.DONE, "出栏两头，增收1200元", paper)
    told = [(c.number, c.state, c.reason, sorted(c.values)) for c in measure.history.all()]
    assert told == [
        (0, "planned", "入户商定", []),
        (1, "under_way", "", []),
        (2, "done", "", ["proof", "result"]),
    ]
    trail = Trail.objects.filter(subject_type="measure").order_by("number")
    assert [e.action for e in trail] == ["measure.planned", "measure.moved", "measure.moved"]
    assert {e.place for e in trail} == {home.place}


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"kind": "7777"}, errors.KindUnknown),
        ({"ends_on": days(-31)}, errors.EndBeforeStart),
        ({"starts_on": days(3000)}, errors.StartTooFar),
        ({"unit": ""}, errors.QuantityWithoutUnit),
        ({"unit": "km"}, errors.UnitUnfit),
        ({"quantity": Decimal(0)}, errors.QuantityOutOfRange),
        ({"quantity": Decimal(100_001)}, errors.QuantityOutOfRange),
        ({"kind": "0302", "quantity": Decimal(1), "unit": "mu"}, errors.KindNotCounted),
        ({"money": Decimal("-0.01")}, errors.MoneyNegative),
        ({"kind": "0301", "money": Decimal("100000.01"), "quantity": None}, errors.MoneyBeyondLimit),
        ({"owner": "  "}, errors.OwnerMissing),
        ({"kind": "0801", "quantity": None}, errors.MemberMissing),
        ({"state": State.UNDER_WAY, "starts_on": days(1)}, errors.NotBegunYet),
        ({"state": State.DONE, "ends_on": days(1), "result": "好"}, errors.NotEndedYet),
        ({"state": State.DONE, "result": "好"}, errors.NotEndedYet),
        ({"state": State.DONE, "ends_on": TODAY}, errors.ResultMissing),
    ],
)
def test_what_does_not_fit_is_refused(home, clerk, values, error):
    with pytest.raises(error) as refused:
        services.plan_measure(by=clerk, entry=replace(entry(home), **values))
    assert "{" not in refused.value.message
    assert not Measure.objects.exists()


def test_what_is_just_within_the_limits_is_taken(home, clerk):
    given(home, "0301", money=Decimal(100_000))
    given(home, quantity=Decimal(100_000), ends_on=days(-30), content="一天")
    given(home, starts_on=date(TODAY.year + 5, 12, 31))
    assert Measure.objects.count() == 3


def test_a_household_that_left_or_a_member_of_another_gets_no_measure(home, clerk, house):
    other = household(house.officer("county_office"), house.village, person(9))
    with pytest.raises(errors.MemberElsewhere):
        services.plan_measure(by=clerk, entry=entry(home, member=head(other)))
    Member.objects.filter(pk=head(home).pk).update(left_on=days(-60))
    with pytest.raises(errors.PersonLeft):
        services.plan_measure(by=clerk, entry=entry(home, member=head(home)))
    given(home, member=head(home), starts_on=days(-61))
    Household.objects.filter(pk=home.pk).update(ended_on=days(-5))
    with pytest.raises(errors.HouseholdLeft) as refused:
        services.plan_measure(by=clerk, entry=entry(home))
    assert home.household_no in refused.value.message


def test_the_amounts_of_a_year_add_up_within_one_call_and_with_what_is_on_file(home, clerk, settings, tmp_path):
    folder = tmp_path / "policy" / "places" / "990121"
    folder.mkdir(parents=True)
    (folder / "place.yaml").write_text("code: '990121'\nlabel: {zh: 县, en: County}\n", encoding="utf-8")
    (folder / "help_measures.yaml").write_text(
        "source: {document: 县里的办法}\nkinds:\n  '0801': {amounts: [{from: 2015-01-01, per: year, most: 3000, "
        "region: '990121', source: {document: 县里的办法}}]}\n",
        encoding="utf-8",
    )
    child = entry(home, "0801", member=head(home), money=Decimal(1500), starts_on=date(2025, 3, 1))
    halves = [replace(child, content=f"第{n}学期") for n in (1, 2, 3)]
    done = services.plan_measures(by=clerk, entries=[*halves, replace(child, starts_on=date(2026, 3, 1))])
    assert [(number, type(fault)) for number, fault in done.refused] == [(2, errors.YearBeyondLimit)]
    with pytest.raises(errors.YearBeyondLimit):
        services.plan_measure(by=clerk, entry=replace(child, content="又一次", money=Decimal("0.01")))
    # Changing one of them counts it once; giving one up makes room.
    first = done.measures[0]
    services.change_measure(
        by=clerk, measure=first, values={"money": Decimal(1500), "content": "上学期"}, reason="改名"
    )
    with pytest.raises(errors.YearBeyondLimit):
        services.change_measure(
            by=clerk, measure=Measure.objects.get(pk=first.pk), values={"money": Decimal("1500.01")}, reason="多发"
        )
    services.move_measure(by=clerk, measure=done.measures[1], to=State.GIVEN_UP, reason="转学")
    assert services.plan_measure(by=clerk, entry=halves[2])


def test_the_same_measure_is_not_entered_twice(home, clerk):
    given(home)
    with pytest.raises(errors.MeasureTwice):
        services.plan_measure(by=clerk, entry=entry(home))
    done = services.plan_measures(by=clerk, entries=[entry(home, content="仔猪"), entry(home, content="仔猪")])
    assert [number for number, _fault in done.refused] == [1]


def test_only_an_officer_of_the_place_enters_or_changes(home, house, clerk):
    neighbour = house.officer("village_committee", house.neighbour_village)
    with pytest.raises(NotAllowed):
        services.plan_measure(by=neighbour, entry=entry(home))
    measure = given(home)
    for refused in (
        lambda: services.change_measure(by=neighbour, measure=measure, values={"content": "改"}, reason="改"),
        lambda: services.move_measure(by=neighbour, measure=measure, to=State.UNDER_WAY),
        lambda: services.plan_measure(by=house.officer("inspector", house.county), entry=entry(home, content="查")),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert Measure.objects.get().content == ""


def test_a_change_says_what_it_was_before_and_why(home, clerk):
    measure = given(home)
    with pytest.raises(ReasonNeeded):
        services.change_measure(by=clerk, measure=measure, values={"content": "仔猪"}, reason=" ")
    values = {"content": "仔猪", "money": Decimal("300.50"), "member": head(home), "ends_on": days(9)}
    services.change_measure(by=clerk, measure=measure, values=values, reason="补登")
    last = measure.history.last()
    assert last.values == {
        "content": ["", "仔猪"],
        "money": [None, "300.50"],
        "member": [None, head(home).name],
        "ends_on": [None, days(9).isoformat()],
    }
    assert (last.reason, last.actor) == ("补登", clerk)
    again = Measure.objects.get(pk=measure.pk)
    assert services.change_measure(by=clerk, measure=again, values=values, reason="再存一次") is None
    assert measure.history.count() == 2


def test_of_two_officers_the_second_is_told(home, house, clerk):
    seen = given(home)
    services.change_measure(by=clerk, measure=seen, values={"content": "仔猪"}, reason="补登")
    for late in (
        lambda: services.change_measure(by=clerk, measure=seen, values={"content": "羊"}, reason="改"),
        lambda: services.move_measure(by=clerk, measure=seen, to=State.UNDER_WAY),
    ):
        with pytest.raises(errors.MeasureChanged, match=clerk.name):
            late()
    assert Measure.objects.get().content == "仔猪"


def test_a_measure_goes_only_where_it_may_and_back_only_for_a_reason(home, clerk):
    measure = under_way(home)
    with pytest.raises(errors.StateUnfit, match="已完成"):
        services.move_measure(by=clerk, measure=measure, to=State.PLANNED)
    with pytest.raises(errors.ResultMissing):
        services.move_measure(by=clerk, measure=measure, to=State.DONE)
    with pytest.raises(errors.EndBeforeStart):
        services.move_measure(by=clerk, measure=measure, to=State.DONE, on=days(-31), result="好")
    done = services.move_measure(by=clerk, measure=measure, to=State.DONE, result="好")
    assert done.ends_on == TODAY
    with pytest.raises(ReasonNeeded):
        services.move_measure(by=clerk, measure=done, to=State.UNDER_WAY)
    back = services.move_measure(by=clerk, measure=done, to=State.UNDER_WAY, reason="还差一头")
    with pytest.raises(ReasonNeeded):
        services.move_measure(by=clerk, measure=back, to=State.GIVEN_UP)
    gone = services.move_measure(by=clerk, measure=back, to=State.GIVEN_UP, reason="户里不养了")
    given(home)
    with pytest.raises(errors.MeasureTwice):  # meanwhile the same was entered anew
        services.move_measure(by=clerk, measure=gone, to=State.PLANNED, reason="又养了")


def test_a_proof_is_a_paper_of_the_household(home, house, clerk):
    other = household(house.officer("county_office"), house.village, person(9))
    paper = registry.attach_paper(by=clerk, household=other, kind="47", title="别户的", upload=scan())
    with pytest.raises(errors.ProofElsewhere):
        services.move_measure(by=clerk, measure=under_way(home), to=State.DONE, result="好", proof=paper)


def test_a_text_too_long_is_refused_not_cut(home, clerk):
    with pytest.raises(TextTooLong):
        services.plan_measure(by=clerk, entry=entry(home, content="长" * 201))


def test_many_go_the_way_of_one_with_as_many_queries(house, clerk):
    by = house.officer("county_office")
    homes = [household(by, house.village, person(100 + each)) for each in range(12)]

    def queries(number: int, mark: str) -> int:
        entries = [entry(each, content=mark) for each in homes[:number]]
        with CaptureQueriesContext(connection) as asked:
            done = services.plan_measures(by=clerk, entries=entries)
            services.move_measures(by=clerk, measures=done.measures, to=State.UNDER_WAY)
        assert len(done.measures) == number
        return len(asked)

    queries(1, "暖身")
    assert queries(12, "多") <= queries(1, "少") + 1
    assert Measure.objects.filter(state=State.UNDER_WAY).count() == 14


def test_more_than_policy_allows_at_once_is_refused(home, clerk, monkeypatch):
    from bangfu.support import measures as module
    from bangfu.support.catalogue import catalogue

    book = catalogue()
    small = replace(book, limits=book.limits.model_copy(update={"together_most": 1}))
    monkeypatch.setattr(module, "catalogue", lambda code="": small)
    with pytest.raises(BangfuError) as refused:
        services.plan_measures(by=clerk, entries=[entry(home), entry(home, content="羊")])
    assert type(refused.value) is errors.TooManyTogether
