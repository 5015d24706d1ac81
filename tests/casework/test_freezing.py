"""What is approved is what was seen: frozen when handed in, compared when approved."""

import json

import pytest

from bangfu.casework import errors, freezing, services
from bangfu.casework.models import Case, CaseTransition
from bangfu.registry import services as registry
from tests.casework.making import opened, procedure
from tests.registry.making import id_no, member, person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture
def handed_in(people, home):
    case = opened(people.village, home)
    return services.move(case_id=case.pk, move="hand_in", by=people.village)


def change(by, home, **values):
    registry.save_household(by=by, household=home, values=values, reason="核实更正")


@pytest.mark.req("B3")
def test_an_approver_is_told_what_changed_since(people, home, handed_in):
    change(people.village, home, main_cause="01")
    with pytest.raises(errors.FactsChanged) as told:
        services.move(case_id=handed_in.pk, move="pass", by=people.township)
    assert told.value.facts["labels"] == "主要致贫原因"


@pytest.mark.req("B3")
def test_who_takes_note_of_the_change_may_approve_and_the_change_is_kept(people, home, handed_in):
    change(people.village, home, main_cause="01")
    services.move(case_id=handed_in.pk, move="pass", by=people.township, noted=True)
    noted = CaseTransition.objects.get(case=handed_in, move="pass").noted
    assert noted == [{"label": "主要致贫原因", "then": "未登记", "now": "因病"}]


def test_a_changed_case_may_always_be_sent_back(people, home, handed_in):
    change(people.village, home, main_cause="01")
    case = services.move(case_id=handed_in.pk, move="back", by=people.township, reason="户档有变化")
    again = services.move(case_id=case.pk, move="hand_in", by=people.village)
    assert again.facts_hash != handed_in.facts_hash
    services.move(case_id=case.pk, move="pass", by=people.township)


def test_what_was_changed_and_changed_back_is_no_change(people, home, handed_in):
    change(people.village, home, main_cause="01")
    change(people.village, home, main_cause=None)
    assert freezing.changes_since(Case.objects.get(pk=handed_in.pk)) == []


def test_people_who_come_go_or_change_are_told_by_name(people, home, handed_in):
    first, second = home.members.order_by("relation_to_head")
    member(people.village, home, **person(7, relation_to_head="21"))
    registry.member_leaves(by=people.village, member=second, kind="02", on=handed_in.opened_on, reason="迁出")
    registry.save_member(
        by=people.village, household=home, member=first, values={"labor_capacity": "03"}, reason="更正"
    )
    told = {each.label: (each.then, each.now) for each in freezing.changes_since(Case.objects.get(pk=handed_in.pk))}
    assert told[f"成员 {second.name}"] == ("在本户", "不在本户")
    assert any(label.startswith(f"成员 {first.name}：") for label in told)
    assert ("不在本户", "在本户") in told.values()


def test_neither_phone_nor_account_nor_a_whole_number_is_frozen(people, home):
    change(people.village, home, phone="13812345678", bank_account="6222020200112233445", bank_name="农村信用社")
    case = opened(people.village, home)
    case = services.move(case_id=case.pk, move="hand_in", by=people.village)
    text = json.dumps(case.facts, ensure_ascii=False)
    assert all(each not in text for each in ("13812345678", "6222020200112233445", "农村信用社"))
    assert all(each.id_no not in text for each in home.members.all())


def test_a_changed_identity_number_shows_although_it_is_not_kept(people, home, handed_in):
    first = home.members.order_by("person_no").first()
    values = {"id_no": id_no(333)}
    registry.save_member(by=people.village, household=home, member=first, values=values, reason="证件号登记有误")
    labels = [each.label for each in freezing.changes_since(Case.objects.get(pk=handed_in.pk))]
    assert any("证件号码" in label for label in labels)


def test_frozen_facts_that_were_altered_are_never_approved(people, handed_in):
    facts = {**handed_in.facts, "household": {**handed_in.facts["household"], "main_cause": "99"}}
    Case.objects.filter(pk=handed_in.pk).update(facts=facts)
    with pytest.raises(errors.FactsBroken):
        services.move(case_id=handed_in.pk, move="pass", by=people.township, noted=True)


def test_nothing_is_approved_that_was_not_handed_in(people, home):
    moves = [{"id": "go", "to": "township", "label": {"zh": "提交", "en": "go"}}]
    case = opened(people.village, home, procedure(more={"propose": {"moves": moves}}))
    services.move(case_id=case.pk, move="go", by=people.village)
    with pytest.raises(errors.NotHandedIn):
        services.move(case_id=case.pk, move="pass", by=people.township)


def test_a_column_that_came_later_is_no_change(people, handed_in):
    older = {**handed_in.facts, "household": {**handed_in.facts["household"]}}
    del older["household"]["main_cause"]
    Case.objects.filter(pk=handed_in.pk).update(facts=older, facts_hash=freezing.mark(older))
    assert freezing.changes_since(Case.objects.get(pk=handed_in.pk)) == []


def test_frozen_facts_can_be_read(handed_in):
    shown = dict(freezing.shown(handed_in.facts))
    assert ("户类型", "普通农户") in shown["户"]
