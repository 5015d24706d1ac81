"""A county drafts by form, tries, hands in, and another officer decides; what is in force can be taken along."""

import html
import io
import zipfile
from datetime import date

import pytest
import yaml

from bangfu.audit.models import Entry
from bangfu.policymaking.models import Draft, Version
from bangfu.rulebook import services as rulebook
from bangfu.snapshot import services as snapshots
from tests.policymaking.conftest import book_files  # noqa: F401
from tests.registry.making import household, person

pytestmark = [pytest.mark.req("B2"), pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("book_files")]

AS_OF = date(2020, 9, 30)
SOURCED = {"document": "县政发〔2021〕5号", "clause": "第三条", "reason": "本县规定"}
FIGURE = {**SOURCED, "figure": "public_job_age_limit", "value": "60.00", "start": "2020-01-01"}
CASES = """
- name: 60 周岁，应列出
  as_of: 2020-09-30
  member: {birth_ymd: 19600101}
  expect: {RULE: hit}
"""
RULE = {
    **SOURCED,
    "title": "六十周岁以上人员",
    "topic": "work",
    "grain": "member",
    "severity": "information",
    "condition": "age >= 60",
    "evidence": "age，birth_ymd",
    "message": "已 {age} 周岁，请核实。",
    "start": "2020-01-01",
    "cases": CASES,
}


def text(answer, status=200) -> str:
    assert answer.status_code == status
    return html.unescape(answer.content.decode())


@pytest.fixture
def drafter(house):
    return house.client("policy_officer")


@pytest.fixture
def office(house):
    return house.client("county_office")


@pytest.fixture
def snapshot(house):
    by = house.officer("county_office")
    household(by, house.village, person(1, birth_date=date(1958, 3, 1), public_job="01", public_job_months=6,
              id_no="", name="老张"))  # fmt: skip
    household(by, house.neighbour_village, person(2))
    return snapshots.take(AS_OF)


def test_only_those_who_propose_find_the_forms(house, drafter, office):
    assert "起草数值" in text(drafter.get("/rules/local/"))
    assert "起草数值" not in text(office.get("/rules/local/"))
    for kind in ("figure", "rule", "end"):
        assert drafter.get(f"/rules/local/{kind}/").status_code == 200
        assert office.get(f"/rules/local/{kind}/").status_code == 403


def test_the_form_of_a_rule_lists_the_columns_to_write_it_with(drafter):
    page = text(drafter.get("/rules/local/rule/"))
    assert ">public_job</dt>" in page
    assert ">members_count</dt>" in page


@pytest.mark.parametrize(
    ("kind", "form", "subject"),
    [
        ("figure", FIGURE, "public_job_age_limit"),
        ("rule", RULE, "L990121-1"),
        ("end", {**SOURCED, "subject": "Q083", "on": "2021-01-01"}, "Q083"),
    ],
)
def test_a_draft_is_saved_and_shown(drafter, kind, form, subject):
    answer = drafter.post(f"/rules/local/{kind}/", form)
    assert answer.status_code == 302, html.unescape(answer.content.decode())
    draft = Draft.objects.get()
    assert answer["Location"] == f"/rules/local/{draft.pk}/"
    assert draft.kind == kind
    page = text(drafter.get(f"/rules/local/{draft.pk}/"))
    assert "县政发〔2021〕5号" in page
    assert draft.subject == subject
    assert subject in page


def test_a_figure_is_written_without_idle_zeros(drafter):
    drafter.post("/rules/local/figure/", FIGURE)
    assert Draft.objects.get().content["value"]["value"] == "60"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"condition": "agee >= 60"}, "age"),
        ({"condition": "age >= (SELECT 1)"}, "POM-002"),
        ({"evidence": "nothing_such"}, "nothing_such"),
        ({"cases": "- name: ["}, "YAML"),
        ({"cases": "name: x"}, "列表"),
        ({"cases": CASES.replace("19600101", "19700101")}, "示例“60 周岁，应列出”应为“列出”，试算为“不列”"),
        ({"cases": CASES.replace("birth_ymd", "birthday")}, "birthday"),
        ({"cases": CASES.replace("member: {birth_ymd: 19600101}", "household: {}")}, "没有写这条规则所查的对象"),
        ({"cases": CASES.replace("2020-09-30", "2019-09-30")}, "当日当地不执行"),
        ({"condition": ""}, "60"),
    ],
)
def test_a_refused_draft_keeps_the_form_and_says_why(drafter, wrong, said):
    page = text(drafter.post("/rules/local/rule/", {**RULE, **wrong}), 422)
    assert said.replace("POM-002", "草案未通过核对") in page
    assert "六十周岁以上人员" in page
    assert "/tmp" not in page
    assert not Draft.objects.exists()


def test_a_draft_begins_from_another_with_everything_it_said(drafter):
    drafter.post("/rules/local/rule/", RULE)
    page = text(drafter.get(f"/rules/local/rule/?from={Draft.objects.get().pk}"))
    assert "RULE: hit" in page
    assert "990121000000" not in page
    assert "age birth_ymd" in page
    assert "六十周岁以上人员" in page


def test_a_link_from_a_figure_chooses_it_in_the_form(drafter):
    page = text(drafter.get("/rules/local/figure/?figure=public_job_age_limit"))
    assert '<option value="public_job_age_limit" selected>' in page


def through(drafter, form=FIGURE, kind="figure") -> Draft:
    drafter.post(f"/rules/local/{kind}/", form)
    draft = Draft.objects.latest("pk")
    for verb in ("try", "submit"):
        drafter.post(f"/rules/local/{draft.pk}/{verb}/")
    draft.refresh_from_db()
    return draft


@pytest.mark.databases
def test_trying_counts_who_would_be_found_and_another_officer_decides(house, drafter, office, snapshot):
    draft = through(drafter)
    assert draft.state == "submitted"
    found = {each["id"]: (each["before"], each["after"], each["entering"]) for each in draft.trial["rules"]}
    assert found["Q083"] == (0, 1, 1)
    page = text(drafter.get(f"/rules/local/{draft.pk}/"))
    assert "Q083" in page
    assert 'name="decision"' not in page  # not one's own
    assert 'name="decision"' in text(office.get(f"/rules/local/{draft.pk}/"))
    office.post(f"/rules/local/{draft.pk}/decide/", {"decision": "approve", "note": "同意"})
    draft.refresh_from_db()
    assert (draft.state, draft.decision_note) == ("approved", "同意")
    assert rulebook.book("990121").figure("public_job_age_limit", "990121", date(2020, 6, 1)) == 60
    assert "60 岁" in text(office.get("/rules/local/"))


def test_a_rule_of_ones_own_is_tried_on_the_snapshot(drafter, snapshot):
    draft = through(drafter, RULE, "rule")
    (change,) = draft.trial["rules"]
    assert (change["id"], change["before"], change["after"]) == (draft.subject, 0, 2)


def test_without_a_snapshot_trying_says_what_to_do(drafter):
    drafter.post("/rules/local/figure/", FIGURE)
    draft = Draft.objects.get()
    page = text(drafter.post(f"/rules/local/{draft.pk}/try/", follow=True))
    assert "快照" in page
    assert "disabled" in page  # it cannot be handed in untried
    text(drafter.post(f"/rules/local/{draft.pk}/submit/", follow=True))
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_what_is_returned_or_withdrawn_does_not_hold(drafter, office, snapshot):
    returned = through(drafter)
    office.post(f"/rules/local/{returned.pk}/decide/", {"decision": "return", "note": "依据不足"})
    assert "依据不足" in text(drafter.get(f"/rules/local/{returned.pk}/"))
    taken_back = through(drafter)
    drafter.post(f"/rules/local/{taken_back.pk}/withdraw/")
    taken_back.refresh_from_db()
    assert taken_back.state == "withdrawn"
    assert not Version.objects.exists()


def test_nobody_approves_their_own_draft_by_hand_made_request(drafter, snapshot):
    draft = through(drafter)
    page = text(drafter.post(f"/rules/local/{draft.pk}/decide/", {"decision": "approve"}, follow=True))
    assert "您自己起草" in page
    draft.refresh_from_db()
    assert draft.state == "submitted"


def test_the_export_holds_the_very_files_in_force(settings, drafter, office, snapshot):
    assert office.get("/rules/local/export/").status_code == 404
    for form, kind in ((FIGURE, "figure"), (RULE, "rule")):
        draft = through(drafter, form, kind)
        office.post(f"/rules/local/{draft.pk}/decide/", {"decision": "approve"})
    folder = settings.HOME / "policy" / "places"
    with zipfile.ZipFile(io.BytesIO(office.get("/rules/local/export/").content)) as packed:
        held = {name: packed.read(name).decode() for name in packed.namelist()}
    assert held == {f"990121/{file.name}": file.read_text() for file in (folder / "990121").iterdir()}
    assert yaml.safe_load(held["990121/rules.yaml"])["rules"][0]["condition"] == "age >= 60"
    assert Entry.objects.filter(action="rules.exported").count() == 1


@pytest.mark.req("H1")
def test_a_neighbouring_county_neither_sees_nor_decides(house, drafter, snapshot):
    draft = through(drafter)
    stranger = house.client("policy_officer", house.neighbour_county)
    assert draft.title not in text(stranger.get("/rules/local/"))
    address = f"/rules/local/{draft.pk}/"
    assert stranger.get(address).status_code == 404
    for verb in ("try", "submit", "withdraw", "decide"):
        assert stranger.post(f"{address}{verb}/", {"decision": "approve"}).status_code == 404
    assert stranger.get(f"/rules/local/figure/?from={draft.pk}").status_code == 404
