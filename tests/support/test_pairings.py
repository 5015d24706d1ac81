"""One main helper for each household, nobody more than the rank allows, and what happens when people move."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed
from bangfu.registry.models import Household
from bangfu.support import errors, selectors, services
from bangfu.support.models import Handover, Pairing
from tests.support import making
from tests.support.making import days_ago

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 signed by both %%EOF"


def paired(by, household, helper, ago=100, **more):
    return services.pair(by=by, household=household, helper=helper, starts_on=days_ago(ago), **more)


@pytest.mark.req("C1")
@pytest.mark.databases
def test_a_household_has_one_main_helper_at_a_time_and_further_ones_besides(township, homes, bureau, helper):
    [home] = homes(1)
    first = paired(township, home, helper)
    other = making.helper(bureau, "李红梅")
    with pytest.raises(errors.MainHelperThere) as told:
        services.pair(by=township, household=home, helper=other)
    assert "王建国" in told.value.message
    paired(township, home, other, kind=Pairing.Kind.FURTHER)
    with pytest.raises(errors.PairedTwice):
        services.pair(by=township, household=home, helper=other, kind=Pairing.Kind.FURTHER)
    today = timezone.localdate()
    assert [h.name for h in selectors.helpers_of([home.pk], today)[home.pk]] == ["王建国", "李红梅"]
    with pytest.raises(IntegrityError), transaction.atomic():  # whoever writes, the database refuses
        Pairing.objects.create(household=home, helper=other, starts_on=today)
    with pytest.raises(IntegrityError), transaction.atomic():
        Pairing.objects.filter(pk=first.pk).update(ended_on=first.starts_on - timedelta(days=1))


@pytest.mark.req("C1")
def test_nobody_takes_on_more_households_than_the_rank_allows(township, homes, bureau):
    clerk, chief = making.helper(bureau, "张小兵", "clerk"), making.helper(bureau, "陈志远", "section_head")
    some = homes(5)
    paired(township, some[0], clerk)
    with pytest.raises(errors.LimitReached) as told:
        paired(township, some[1], clerk)
    assert "最多帮扶 1 户" in told.value.message
    done = services.pair_many(by=township, wishes=[services.Wish(home, chief, days_ago(9)) for home in some[1:]])
    assert len(done.made) == 3 and [type(fault) for _wish, fault in done.refused] == [errors.LimitReached]
    paired(township, some[4], clerk, kind=Pairing.Kind.FURTHER)  # helping besides does not count


def test_a_promotion_to_a_smaller_limit_is_shown_as_over_the_limit(township, homes, bureau, helper, house):
    for home in homes(3):
        paired(township, home, helper)
    today = timezone.localdate()
    assert not selectors.over_limit(township, today)
    services.save_helper(by=None, helper=helper, name=helper.name, unit=bureau, rank="clerk")
    [over] = selectors.over_limit(township, today)
    assert (over.helper, over.load, over.limit) == (helper, 3, 1)
    assert not selectors.over_limit(house.officer("township_station", house.neighbour_township), today)


@pytest.mark.req("C1")
def test_households_that_need_a_helper_and_have_none_are_listed(township, homes, helper, house):
    first, second = homes(2)
    plain = Household.objects.get(pk=homes(1)[0].pk)
    Household.objects.filter(pk=plain.pk).update(household_type="02")
    paired(township, first, helper)
    today = timezone.localdate()
    assert list(selectors.without_helper(township, today)) == [second]
    Household.objects.filter(pk=plain.pk).update(monitor_category="02")  # watched: needs one too
    assert set(selectors.without_helper(township, today)) == {second, plain}
    assert not selectors.without_helper(house.officer("township_station", house.neighbour_township), today)
    [line] = selectors.board(township, [house.village], today)
    assert (line.needing, line.without, line.paired) == (3, 2, 1)


@pytest.mark.req("C1")
@pytest.mark.databases
def test_a_hand_over_has_a_day_and_a_paper_and_leaves_the_history(township, homes, bureau, helper):
    some = homes(2)
    rows = [paired(township, home, helper) for home in some]
    successor = making.helper(bureau, "李红梅")
    paired(township, some[0], successor, kind=Pairing.Kind.FURTHER)
    on = days_ago(5)
    made = services.hand_over(
        by=township, helper=helper, pairings=rows, successor=successor, on=on, reason="工作调动",
        upload=SimpleUploadedFile("移交书.pdf", PDF), title="移交书",
    )  # fmt: skip
    assert (made.households, made.title, bool(made.sha256)) == (2, "移交书", True)
    for home in some:
        told = [(p.helper.name, p.starts_on, p.ended_on) for p in selectors.history_of(township, home.pk) if p.is_main]
        assert told == [("李红梅", on, None), ("王建国", days_ago(100), on)]
        before = selectors.helpers_of([home.pk], on - timedelta(days=1))[home.pk]
        assert before[0].name == "王建国"
        assert [h.name for h in selectors.helpers_of([home.pk], on)[home.pk]] == ["李红梅"]
    assert Entry.objects.filter(action="support.handed_over").count() == 1
    with pytest.raises(errors.PairingOver):
        services.end_pairing(by=township, pairing=rows[0], on=on, reason="重复")


def test_a_hand_over_that_would_be_too_much_for_the_successor_changes_nothing(township, homes, bureau, helper):
    rows = [paired(township, home, helper) for home in homes(3)]
    clerk = making.helper(bureau, "张小兵", "clerk")
    with pytest.raises(errors.LimitReached):
        services.hand_over(by=township, helper=helper, pairings=rows, successor=clerk, on=days_ago(1), reason="调动")
    assert Pairing.objects.filter(ended_on=None, helper=helper).count() == 3
    assert not Handover.objects.exists()


def test_who_leaves_hands_over_first_and_is_paired_no_more(township, homes, bureau, helper):
    [home] = homes(1)
    row = paired(township, home, helper)
    with pytest.raises(errors.StillHelping):
        services.helper_leaves(by=None, helper=helper, on=days_ago(0), reason="调离")
    services.hand_over(by=township, helper=helper, pairings=[row], successor=None, on=days_ago(2), reason="调离")
    assert list(selectors.without_helper(township, timezone.localdate())) == [home]
    services.helper_leaves(by=None, helper=helper, on=days_ago(0), reason="调离")
    with pytest.raises(errors.HelperLeft):
        services.pair(by=township, household=home, helper=helper)
    other = making.helper(bureau, "李红梅")
    with pytest.raises(errors.DayTooEarly):  # the one before was responsible until the day of the hand-over
        paired(township, home, other, ago=3)
    assert paired(township, home, other, ago=2).is_main


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"starts_on": days_ago(-1)}, errors.DayAhead),
        ({"ended": True}, errors.HouseholdGone),
        ({"neighbour": True}, errors.NotInYourPlace),
        ({"viewer": True}, NotAllowed),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(change, fault, township, homes, helper, house):
    [home] = homes(1, house.neighbour_village if change.get("neighbour") else None)
    if change.get("ended"):
        Household.objects.filter(pk=home.pk).update(ended_on=days_ago(1))
    by = house.officer("helper", house.village) if change.get("viewer") else township
    with pytest.raises(fault):
        services.pair(by=by, household=home, helper=helper, starts_on=change.get("starts_on"))


def test_a_cadre_is_in_charge_of_so_many_villages_as_the_rank_allows(house, bureau, helper):
    made = services.put_in_charge(by=None, helper=helper, village=house.village, on=days_ago(9))
    with pytest.raises(errors.ChargeThere):
        services.put_in_charge(by=None, helper=helper, village=house.village, on=days_ago(9))
    with pytest.raises(errors.VillagesReached):
        services.put_in_charge(by=None, helper=helper, village=house.other_village, on=days_ago(9))
    services.end_charge(by=None, charge=made, on=days_ago(1))
    services.put_in_charge(by=None, helper=helper, village=house.other_village, on=days_ago(1))
    services.put_in_charge(by=None, unit=bureau, village=house.village, on=days_ago(1))
    with pytest.raises(errors.NoVillage):
        services.put_in_charge(by=None, unit=bureau, village=house.township, on=days_ago(1))


def test_my_households_are_those_i_help_and_may_see(township, homes, bureau, house):
    me = house.officer("helper", house.village)
    mine = making.helper(bureau, "赵敏", "party_member", officer=me)
    here, there = homes(2)[0], homes(1, house.neighbour_village)[0]
    paired(township, here, mine)
    services.pair(by=None, household=there, helper=mine)
    today = timezone.localdate()
    assert list(selectors.households_of(me, today)) == [here.pk]
    assert selectors.my_households(me, today) == [here]
    assert selectors.my_households(me, today, after=(here.place, here.household_no)) == []
    assert selectors.helper_of(me) == mine


def test_two_of_one_name_in_a_unit_differ_by_their_phones(bureau, helper, house):
    with pytest.raises(errors.HelperThere):
        making.helper(bureau)
    making.helper(bureau, phone="13800001111")
    with pytest.raises(errors.PhoneWrong):
        making.helper(bureau, "孙立", phone="138")
    with pytest.raises(errors.UnitThere):
        making.unit(house.county)
    me = house.officer("helper", house.village)
    making.helper(bureau, "孙立", officer=me)
    with pytest.raises(errors.AccountTaken):
        making.helper(bureau, "周平", officer=me)
