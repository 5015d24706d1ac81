"""A place makes figures and rules of its own: checked, tried, decided by somebody else, then in force."""

from datetime import date
from decimal import Decimal

import pytest
import yaml

from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed
from bangfu.policymaking import errors, services
from bangfu.policymaking.models import Draft, Version
from bangfu.rulebook import services as rulebook

pytestmark = [pytest.mark.req("B2"), pytest.mark.usefixtures("book_files")]

DAY, LATER = date(2021, 1, 1), date(2022, 6, 30)
RULE = {
    "title": {"zh": "低龄老人在公益性岗位", "en": "Public job at an early old age"},
    "topic": "work",
    "source": {"document": "县政发〔2021〕5号", "checked_on": DAY},
    "in_force": {"from": DAY},
    "grain": "member",
    "applies": "",
    "condition": "public_job IS NOT NULL AND age >= 60",
    "evidence": ["age"],
    "severity": "information",
    "message": {"zh": "已 {age} 周岁，请核实。", "en": "Aged {age}: please check."},
}


@pytest.fixture
def proposer(house):
    return house.officer("policy_officer")


@pytest.fixture
def approver(house):
    return house.officer("county_office")


@pytest.fixture
def tried(monkeypatch):
    """Trying takes a snapshot, which other tests have; here it answers at once."""
    nothing = {"as_of": "2021-01-01", "rules": [], "areas": []}
    monkeypatch.setattr(services.trying, "what_changes", lambda draft: nothing)


def figure(proposer, area, value="65", start=DAY, **more):
    given = {"figure": "public_job_age_limit", "end": None, "reason": "本县规定"}
    given |= {"document": "县政发〔2021〕5号", "clause": ""}
    return services.propose_figure(by=proposer, area=area, value=Decimal(value), start=start, **{**given, **more})


def approved(draft, proposer, approver):
    services.try_out(by=proposer, draft=draft)
    services.submit(by=proposer, draft=draft)
    return services.decide(by=approver, draft=draft, approve=True, note="同意")


@pytest.mark.django_db(transaction=True)
def test_an_approved_figure_holds_in_its_county_from_its_day_and_nowhere_else(house, proposer, approver, tried):
    approved(figure(proposer, house.county), proposer, approver)
    book = rulebook.book()
    inside = [("990121", DAY), ("990121200201", LATER)]
    outside = [("990121", date(2020, 12, 31)), ("990122", LATER), ("", LATER)]
    assert [book.figure("public_job_age_limit", *each) for each in inside] == [65, 65]
    assert [book.figure("public_job_age_limit", *each) for each in outside] == [70, 70, 70]


@pytest.mark.django_db(transaction=True)
def test_an_approved_rule_runs_in_its_county_under_an_id_that_is_never_used_again(house, proposer, approver, tried):
    first = services.propose_rule(by=proposer, area=house.county, rule=RULE, cases="", reason="本县规定")
    services.withdraw(by=proposer, draft=first)
    second = services.propose_rule(by=proposer, area=house.county, rule=RULE, cases="", reason="本县规定")
    assert (first.subject, second.subject) == ("L990121-1", "L990121-2")
    approved(second, proposer, approver)
    book = rulebook.book()
    assert "L990121-2" in {rule.id for rule in book.in_force(LATER, "990121")}
    assert "L990121-2" not in {rule.id for rule in book.in_force(LATER, "990122")}


@pytest.mark.django_db(transaction=True)
def test_a_rule_that_a_county_ended_still_runs_next_door(house, proposer, approver, tried):
    draft = services.propose_end(
        by=proposer, area=house.county, subject="Q083", on=DAY, document="县政发〔2021〕5号", clause="", reason="另定"
    )
    approved(draft, proposer, approver)
    book = rulebook.book()
    assert [{r.id for r in book.in_force(LATER, p)} for p in ("990121", "990122")] == [set(), {"Q083"}]


@pytest.mark.django_db(transaction=True)
def test_every_approval_is_a_version_whose_files_are_those_in_force(house, proposer, approver, tried, settings):
    approved(figure(proposer, house.county), proposer, approver)
    approved(figure(proposer, house.county, "63", date(2022, 1, 1)), proposer, approver)
    last = Version.objects.get(area=house.county, number=2)
    folder = settings.HOME / "policy" / "places" / "990121"
    assert {f.name: f.read_text() for f in folder.iterdir()} == last.files
    values = yaml.safe_load(last.files["figures.yaml"])["figures"][0]["values"]
    assert [v["value"] for v in values] == ["65", "63"]


@pytest.mark.django_db(transaction=True)
def test_files_lost_with_a_home_come_back_from_the_versions(house, proposer, approver, tried, settings):
    approved(figure(proposer, house.county), proposer, approver)
    file = settings.HOME / "policy" / "places" / "990121" / "figures.yaml"
    file.unlink()
    assert services.write_all() == 1
    assert rulebook.book().figure("public_job_age_limit", "990121", DAY) == 65


@pytest.mark.django_db
def test_a_draft_that_the_checker_refuses_leaves_no_trace(house, proposer):
    for wrong, said in (
        ({"condition": "pubic_job IS NOT NULL"}, "public_job"),
        ({"condition": "age >= (SELECT 1)"}, ""),
        ({"condition": "read_csv('/etc/passwd') IS NULL"}, "read_csv"),
        ({"evidence": ["birthday"]}, "birthday"),
        ({"topic": "works"}, "work"),
        ({"message": {"zh": "{nothing}", "en": "{nothing}"}}, "nothing"),
    ):
        with pytest.raises(errors.DraftRefused, match="POM-002") as refused:
            services.propose_rule(by=proposer, area=house.county, rule={**RULE, **wrong}, cases="", reason="试")
        assert said in refused.value.message
        assert "/tmp" not in refused.value.message
    assert not Draft.objects.exists()


@pytest.mark.django_db
def test_examples_that_are_no_yaml_are_refused_in_words(house, proposer):
    with pytest.raises(errors.DraftRefused):
        services.propose_rule(by=proposer, area=house.county, rule=RULE, cases="- name: [", reason="试")


@pytest.mark.django_db
def test_nobody_approves_what_they_proposed(house, proposer, tried):
    draft = figure(proposer, house.county)
    services.submit(by=proposer, draft=services.try_out(by=proposer, draft=draft))
    with pytest.raises(errors.SameOfficer, match="POM-005"):
        services.decide(by=proposer, draft=draft, approve=True, note="")
    draft.refresh_from_db()
    assert draft.state == Draft.State.SUBMITTED


@pytest.mark.django_db
def test_what_was_not_tried_cannot_be_handed_in(house, proposer):
    with pytest.raises(errors.DraftNotTried, match="POM-004"):
        services.submit(by=proposer, draft=figure(proposer, house.county))


@pytest.mark.django_db
def test_two_who_decide_together_do_not_both_succeed(house, proposer, approver, tried):
    draft = figure(proposer, house.county)
    services.submit(by=proposer, draft=services.try_out(by=proposer, draft=draft))
    services.decide(by=approver, draft=draft, approve=False, note="依据不足")
    with pytest.raises(errors.DraftNotOpen, match="POM-003"):
        services.decide(by=approver, draft=draft, approve=True, note="")
    assert not Version.objects.exists()


@pytest.mark.django_db
def test_a_county_decides_for_itself_only(house, proposer, tried):
    stranger = house.officer("policy_officer", house.neighbour_county)
    with pytest.raises(NotAllowed):
        figure(stranger, house.county)
    draft = figure(proposer, house.county)
    for act in (services.submit, services.withdraw):
        with pytest.raises(NotAllowed):
            act(by=stranger, draft=draft)
    services.submit(by=proposer, draft=services.try_out(by=proposer, draft=draft))
    with pytest.raises(NotAllowed):
        services.decide(by=house.officer("county_office", house.neighbour_county), draft=draft, approve=True, note="")


@pytest.mark.django_db
def test_a_colleague_does_not_hand_in_or_take_back_what_another_drafted(house, proposer, tried):
    colleague = house.officer("policy_officer", username="colleague")
    draft = services.try_out(by=proposer, draft=figure(proposer, house.county))
    for act in (services.submit, services.withdraw):
        with pytest.raises(NotAllowed):
            act(by=colleague, draft=draft)


@pytest.mark.django_db
def test_a_place_without_a_code_is_told_what_it_needs(house, proposer):
    house.county.code = ""
    with pytest.raises(errors.PlaceWithoutCode, match="POM-001"):
        figure(proposer, house.county)


@pytest.mark.django_db
def test_what_is_not_in_the_book_cannot_be_changed_or_ended(house, proposer):
    with pytest.raises(errors.NothingToEnd, match="POM-006"):
        figure(proposer, house.county, figure="no_such_figure")
    with pytest.raises(errors.NothingToEnd, match="POM-006"):
        services.propose_end(
            by=proposer, area=house.county, subject="Q999", on=DAY, document="x", clause="", reason="试"
        )


@pytest.mark.django_db(transaction=True)
def test_every_step_stands_in_the_trail(house, proposer, approver, tried):
    approved(figure(proposer, house.county), proposer, approver)
    assert list(Entry.objects.filter(action__startswith="rules.").order_by("pk").values_list("action", flat=True)) == [
        "rules.drafted", "rules.submitted", "rules.approved"
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_rule_is_never_given_the_number_of_one_kept_in_files_by_hand(house, proposer, book_files):
    kept = book_files / "places" / "990121"
    kept.mkdir(parents=True)
    own = {**RULE, "id": "L990121-4", "region": "990121"}
    (kept / "place.yaml").write_text("code: '990121'\nlabel: {zh: 云岭县, en: Yunling}\n", encoding="utf-8")
    (kept / "rules.yaml").write_text(yaml.safe_dump({"rules": [own]}, allow_unicode=True), encoding="utf-8")
    rulebook.forget()
    draft = services.propose_rule(by=proposer, area=house.county, rule=RULE, cases="", reason="试")
    assert draft.subject == "L990121-5"


@pytest.mark.django_db
@pytest.mark.parametrize(("born", "expected", "said"), [("19700101", "hit", "不列"), ("19600101", "clear", "列出")])
def test_an_example_that_comes_out_otherwise_is_refused_with_its_name(house, proposer, born, expected, said):
    cases = f"""
- name: 公益性岗位的老人
  as_of: 2021-06-30
  member: {{birth_ymd: {born}, public_job: "01"}}
  expect: {{RULE: {expected}}}
"""
    with pytest.raises(errors.DraftRefused) as refused:
        services.propose_rule(by=proposer, area=house.county, rule=RULE, cases=cases, reason="试")
    assert "公益性岗位的老人" in refused.value.message
    assert f"试算为“{said}”" in refused.value.message
    assert not Draft.objects.exists()
