"""The verbs of the household page: coming, leaving, splitting, merging, and two officers at one file."""

from datetime import date

import pytest

from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed
from bangfu.registry import errors, selectors, services
from bangfu.registry.errors import RowsRefused
from bangfu.registry.models import Change, Household, Member, MemberEvent
from tests.conftest import House
from tests.registry.making import household, member, person

DAY = date(2024, 5, 1)


def family(house: House, start: int = 0) -> Household:
    """A head, a spouse and a son."""
    by = house.officer("township_station", house.township)
    return household(
        by,
        house.village,
        person(start),
        person(start + 1, relation_to_head="02"),
        person(start + 2, relation_to_head="03"),
    )


def people(of: Household) -> list[tuple[str, str]]:
    found = Member.objects.present().filter(household=of).order_by("relation_to_head", "pk")
    return list(found.values_list("name", "relation_to_head"))


@pytest.mark.req("A3")
def test_a_new_household_gets_a_number_a_head_and_a_trail(house: House) -> None:
    made = family(house)
    assert made.household_no == "99012120020100001"
    assert (made.head_name, made.members_count) == ("张春梅", 3)
    entry = Entry.objects.order_by("number").first()
    assert entry is not None and entry.action == "registry.household_saved"
    assert "张春梅" not in "".join(Entry.objects.values_list("detail", flat=True))


@pytest.mark.req("A3")
def test_a_birth_is_an_event_with_its_day(house: House) -> None:
    made = family(house)
    by = house.officer("village_committee", house.village)
    child = services.save_member(
        by=by,
        household=made,
        member=None,
        event="01",
        on=DAY,
        reason="出生登记",
        values={"name": "张小宝", "birth_date": DAY, "sex": "1", "relation_to_head": "07", "student_status": "01"},
    )
    (event,) = MemberEvent.objects.filter(member=child)
    assert (event.joined, event.kind, event.on, event.change.reason) == (True, "01", DAY, "出生登记")
    made.refresh_from_db()
    assert made.members_count == 4


def test_a_new_person_needs_a_reason_and_a_day(house: House) -> None:
    made = family(house)
    by = house.officer("village_committee", house.village)
    with pytest.raises(errors.NewPersonWithoutReason):
        services.save_member(by=by, household=made, member=None, values=person(9), reason="x")
    with pytest.raises(errors.DayInFuture):
        services.save_member(
            by=by, household=made, member=None, values=person(9), reason="x", event="02", on=date(2999, 1, 1)
        )
    with pytest.raises(errors.EventUnknown):
        services.save_member(by=by, household=made, member=None, values=person(9), reason="x", event="21", on=DAY)


@pytest.mark.req("A3")
def test_who_leaves_stays_in_the_file_with_a_dated_event(house: House) -> None:
    made = family(house)
    by = house.officer("village_committee", house.village)
    son = Member.objects.get(household=made, relation_to_head="03")
    services.member_leaves(by=by, member=son, kind="02", on=DAY, reason="外地成家")
    son.refresh_from_db()
    assert (son.left_on, son.left_by) == (DAY, "02")
    assert MemberEvent.objects.filter(member=son, joined=False, kind="02", on=DAY).count() == 1
    made.refresh_from_db()
    assert made.members_count == 2
    with pytest.raises(errors.NotAMember):
        services.member_leaves(by=by, member=son, kind="02", on=DAY, reason="again")


def test_a_head_does_not_leave_without_an_heir(house: House) -> None:
    made = family(house)
    by = house.officer("village_committee", house.village)
    head, spouse, son = Member.objects.filter(household=made).order_by("pk")
    with pytest.raises(errors.NewHeadNeeded, match=head.name):
        services.member_leaves(by=by, member=head, kind="01", on=DAY, reason="去世")
    with pytest.raises(errors.RelationMissing, match=son.name):
        services.member_leaves(by=by, member=head, kind="01", on=DAY, reason="去世", new_head=spouse)
    services.member_leaves(
        by=by, member=head, kind="01", on=DAY, reason="去世", new_head=spouse, relations={son.pk: "03"}
    )
    made.refresh_from_db()
    assert (made.head_name, made.members_count) == (spouse.name, 2)
    assert people(made) == [(spouse.name, "01"), (son.name, "03")]


def test_a_household_ends_with_its_last_person(house: House) -> None:
    by = house.officer("township_station", house.township)
    made = household(by, house.village, person(0))
    services.member_leaves(by=by, member=Member.objects.get(), kind="01", on=DAY, reason="去世")
    made.refresh_from_db()
    assert (made.ended_on, made.ended_reason, made.members_count) == (DAY, "02", 0)
    with pytest.raises(errors.HouseholdEnded):
        services.save_household(by=by, household=made, values={"address": "x"}, reason="x")


@pytest.mark.req("A3")
@pytest.mark.databases
def test_a_split_makes_a_household_and_both_keep_their_history(house: House) -> None:
    made = family(house)
    by = house.officer("township_station", house.township)
    head, spouse, son = Member.objects.filter(household=made).order_by("pk")
    new = services.split_household(
        by=by, household=made, members=[son], head=son, relations={son.pk: "01"}, on=DAY, reason="分家"
    )
    assert people(made) == [(head.name, "01"), (spouse.name, "02")]
    assert people(new) == [(son.name, "01")]
    assert (new.head_name, new.household_type, new.household_no) == (son.name, "02", "99012120020100002")
    kinds = set(MemberEvent.objects.filter(member=son, on=DAY).values_list("joined", "kind", "household_id"))
    assert kinds == {(False, "21", made.pk), (True, "21", new.pk)}
    before = selectors.as_of(made, Change.objects.earliest("pk").at.replace(year=2100))
    assert {m.pk for m in before.members} == {head.pk, spouse.pk}


def test_a_split_with_the_head_names_who_follows(house: House) -> None:
    made = family(house)
    by = house.officer("township_station", house.township)
    head, spouse, son = Member.objects.filter(household=made).order_by("pk")
    with pytest.raises(errors.NewHeadNeeded):
        services.split_household(by=by, household=made, members=[head], head=head, relations={}, on=DAY, reason="x")
    new = services.split_household(
        by=by, household=made, members=[head], head=head, relations={spouse.pk: "01", son.pk: "03"}, on=DAY, reason="x"
    )
    made.refresh_from_db()
    assert (made.head_name, new.head_name) == (spouse.name, head.name)
    with pytest.raises(errors.NobodyChosen):
        services.split_household(by=by, household=made, members=[], head=son, relations={}, on=DAY, reason="x")


@pytest.mark.req("B3")
@pytest.mark.databases
def test_a_merged_household_ends_and_points_to_the_other(house: House) -> None:
    into, other = family(house), family(house, 10)
    by = house.officer("township_station", house.township)
    relations = {m.pk: "99" for m in Member.objects.filter(household=other)}
    services.merge_households(by=by, into=into, other=other, relations=relations, on=DAY, reason="重复建档")
    other.refresh_from_db()
    assert (other.ended_on, other.merged_into_id, other.members_count) == (DAY, into.pk, 0)
    assert into.members_count == 6 and into.head_name == "张春梅"
    assert MemberEvent.objects.filter(household=into, joined=True, kind="22").count() == 3
    with pytest.raises(errors.SameHousehold):
        services.merge_households(by=by, into=into, other=into, relations={}, on=DAY, reason="x")


def test_a_merger_that_is_refused_moves_nobody(house: House) -> None:
    into, other = family(house), family(house, 10)
    by = house.officer("township_station", house.township)
    with pytest.raises(errors.RelationMissing):
        services.merge_households(by=by, into=into, other=other, relations={}, on=DAY, reason="x")
    assert Member.objects.filter(household=other).count() == 3


@pytest.mark.req("H2")
def test_who_may_not_change_a_place_changes_nothing_there(house: House) -> None:
    made = family(house)
    for by in (house.officer("helper", house.village), house.officer("village_committee", house.other_village)):
        with pytest.raises(NotAllowed):
            services.save_household(by=by, household=made, values={"address": "x"}, reason="x")
        with pytest.raises(NotAllowed):
            member(by, made, **person(30, relation_to_head="03"))
        with pytest.raises(NotAllowed):
            services.reveal(by=by, subject=made, field="phone")


def test_a_refusal_names_the_cell_and_leaves_nothing(house: House) -> None:
    made = family(house)
    by = house.officer("village_committee", house.village)
    before = Change.objects.count()
    with pytest.raises(RowsRefused) as refused:
        services.save_household(by=by, household=made, values={"phone": "12", "address": "新址"}, reason="改电话")
    assert [p.column for p in refused.value.problems] == ["phone"]
    made.refresh_from_db()
    assert made.address == "" and Change.objects.count() == before
    with pytest.raises(errors.ReasonMissing):
        services.save_household(by=by, household=made, values={"address": "新址"}, reason=" ")


@pytest.mark.req("A3")
def test_the_second_of_two_officers_does_not_overwrite_unseen(house: House) -> None:
    made = family(house)
    first, second = house.officer("village_committee", house.village), house.officer("township_station", house.township)
    seen = selectors.last_change(made)
    services.save_household(by=first, household=made, values={"address": "一号"}, reason="x", seen_change=seen)
    with pytest.raises(errors.ChangedMeanwhile, match=first.name):
        services.save_household(by=second, household=made, values={"address": "二号"}, reason="x", seen_change=seen)
    made.refresh_from_db()
    assert made.address == "一号"


def test_a_dwelling_is_not_overwritten_unseen_either(house: House) -> None:
    made = family(house)
    by = house.officer("township_station", house.township)
    services.save_household(by=by, household=made, values={"house_area_m2": 90}, reason="x")
    seen = selectors.last_change(made)
    services.save_household(by=by, household=made, values={"house_area_m2": 100}, reason="x", seen_change=seen)
    with pytest.raises(errors.ChangedMeanwhile):
        services.save_household(by=by, household=made, values={"house_area_m2": 110}, reason="x", seen_change=seen)


@pytest.mark.parametrize(("kind", "ended"), [("01", "02"), ("03", "03"), ("07", "04"), ("02", "99")])
def test_why_a_household_ends_follows_from_how_its_last_person_left(house: House, kind: str, ended: str) -> None:
    by = house.officer("township_station", house.township)
    made = household(by, house.village, person(0))
    services.member_leaves(by=by, member=Member.objects.get(), kind=kind, on=DAY, reason="核实")
    made.refresh_from_db()
    assert (made.ended_on, made.ended_reason) == (DAY, ended)


@pytest.mark.req("H3")
def test_a_look_at_a_full_number_leaves_an_entry_without_the_number(house: House) -> None:
    made = family(house)
    by = house.officer("township_station", house.township)
    head = Member.objects.filter(household=made).earliest("pk")
    assert services.reveal(by=by, subject=head, field="id_no") == head.id_no
    entry = Entry.objects.latest("number")
    assert entry.action == "registry.revealed" and head.id_no not in entry.detail


def test_work_is_recorded_by_start_and_employer(house: House) -> None:
    made = family(house)
    by = house.officer("village_committee", house.village)
    head = Member.objects.filter(household=made).earliest("pk")
    for income in (3000, 3500):
        record = services.save_work_record(
            by=by,
            member=head,
            reason="走访",
            values={"start_month": date(2024, 3, 15), "employer": "某厂", "monthly_income": income},
        )
    assert (record.start_month, record.monthly_income) == (date(2024, 3, 1), 3500)
    assert record.history.count() == 2
