"""A proposal made from what is on file, and taken wholly, in part, or not at all."""

import pytest
from django.utils import timezone

from bangfu.support import errors, matching, proposals, selectors, services
from bangfu.support.models import Handover, Pairing, Proposal, ProposedPair
from tests.support import making
from tests.support.making import days_ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposed(township, house, homes, bureau, django_capture_on_commit_callbacks):
    """Five households and room for four: one keeps its helper, one must change since its helper works elsewhere."""
    here = homes(5)
    chief, clerk = making.helper(bureau), making.helper(bureau, "张小兵", "clerk")
    services.put_in_charge(by=None, unit=bureau, village=house.village, on=days_ago(9))
    away = making.helper(making.unit(house.neighbour_county, "长滩县林业局"), "郑和平", "clerk")
    services.pair(by=None, household=here[0], helper=chief, starts_on=days_ago(50))
    services.pair(by=None, household=here[1], helper=away, starts_on=days_ago(50))
    with django_capture_on_commit_callbacks(execute=True):
        made = services.propose(by=township, area=house.township)
    made.refresh_from_db()
    return made, here, chief, clerk, away


@pytest.mark.req("C1")
def test_a_proposal_keeps_old_pairs_says_what_is_new_and_where_helpers_lack(proposed, house, township):
    made, here, chief, *_others = proposed
    assert made.state == Proposal.State.READY
    assert {name: made.figures[name] for name in ("households", "kept", "new", "lacking")} == {
        "households": 5, "kept": 2, "new": 3, "lacking": 0,
    }  # fmt: skip
    rows = ProposedPair.objects.visible_to(township).filter(proposal=made)
    assert {row.household: row.helper for row in rows}[here[0]] == chief
    assert all(row.state == ProposedPair.State.TAKEN for row in rows if row.keeps)
    with pytest.raises(errors.ProposalOpen):
        services.propose(by=township, area=house.township)
    with pytest.raises(errors.NotInYourPlace):
        services.propose(by=township, area=house.county)


def test_where_helpers_do_not_suffice_the_village_is_named(
    township, house, homes, bureau, django_capture_on_commit_callbacks
):
    homes(4)
    making.helper(bureau)
    with django_capture_on_commit_callbacks(execute=True):
        made = services.propose(by=township, area=house.township)
    made.refresh_from_db()
    assert made.lacking == [[house.village.pk, 1]] or made.lacking == [[house.village.pk, 4]]
    assert made.figures["lacking"] == sum(number for _village, number in made.lacking)


@pytest.mark.req("C1")
def test_a_proposal_is_taken_in_part_and_the_rest_declined(proposed, township):
    made, *_people = proposed
    some = list(ProposedPair.objects.filter(proposal=made, state="open").order_by("pk"))
    done = services.take(by=township, proposal=made, pairs=[some[0].pk])
    assert (done.number, done.refused) == (1, [])
    assert selectors.helpers_of([some[0].household_id], timezone.localdate())[some[0].household_id] == [some[0].helper]
    assert services.decline(by=township, proposal=made) == len(some) - 1
    made.refresh_from_db()
    assert made.state == Proposal.State.CLOSED
    with pytest.raises(errors.ProposalUnready):
        services.take(by=township, proposal=made)


def test_what_changed_since_the_proposal_is_left_alone_and_said(proposed, township, bureau):
    made, *_rest = proposed
    row = ProposedPair.objects.filter(proposal=made, state="open").select_related("household").first()
    quick = making.helper(bureau, "李红梅")
    services.pair(by=township, household=row.household, helper=quick)
    done = services.take(by=township, proposal=made)
    assert [(each.pk, type(fault)) for each, fault in done.refused] == [(row.pk, errors.MainHelperThere)]
    row.refresh_from_db()
    assert row.state == ProposedPair.State.OVERTAKEN
    assert selectors.helpers_of([row.household_id], timezone.localdate())[row.household_id] == [quick]


def test_two_helpers_change_places_although_both_are_full(township, house, homes, bureau):
    """Each is at home where the other's household lies; both may have one household only."""
    first, second = homes(1)[0], homes(1, house.other_village)[0]
    one, two = making.helper(bureau, "张小兵", "clerk"), making.helper(bureau, "李红梅", "clerk")
    for home, helper in ((first, one), (second, two)):
        services.pair(by=None, household=home, helper=helper, starts_on=days_ago(9))
    made = Proposal.objects.create(area=house.township, on=timezone.localdate(), state="ready")
    for home, new, old in ((first, two, one), (second, one, two)):
        ProposedPair.objects.create(proposal=made, household=home, helper=new, before=old, steps=0)
    done = services.take(by=township, proposal=made)
    assert done.number == 2
    assert {p.household: p.helper for p in Pairing.objects.filter(ended_on=None)} == {first: two, second: one}
    assert Handover.objects.count() == 2


def test_who_cannot_be_paired_keeps_the_helper_of_before(township, house, homes, bureau, helper):
    [home] = homes(1)
    clerk = making.helper(bureau, "张小兵", "clerk")
    services.pair(by=None, household=home, helper=helper, starts_on=days_ago(9))
    services.pair(by=None, household=homes(1)[0], helper=clerk, starts_on=days_ago(9))
    made = Proposal.objects.create(area=house.township, on=timezone.localdate(), state="ready")
    ProposedPair.objects.create(proposal=made, household=home, helper=clerk, before=helper, steps=0)
    done = services.take(by=township, proposal=made)
    assert [type(fault) for _row, fault in done.refused] == [errors.LimitReached]
    assert Pairing.objects.get(household=home, ended_on=None).helper == helper
    assert not Handover.objects.exists()


def test_a_proposal_that_fails_says_so(township, house, homes, helper, monkeypatch):
    homes(1)
    made = Proposal.objects.create(area=house.township, made_by=township, on=timezone.localdate())
    monkeypatch.setattr(proposals, "match", lambda *_given: (_ for _ in ()).throw(matching.Unsolved("no")))
    with pytest.raises(errors.ProposalBroken):
        services.work_out(made.pk)
    made.refresh_from_db()
    assert (made.state, made.error_code) == (Proposal.State.FAILED, "SUP-027")


def test_where_nobody_needs_a_helper_there_is_nothing_to_propose(township, house):
    with pytest.raises(errors.NobodyToPair):
        services.propose(by=township, area=house.township)
