"""Findings as pages: found, filtered, verified, exported; runs started, watched and compared."""

import io
import re

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bangfu.audit.models import Entry
from bangfu.findings.models import Finding, FindingStep, Run
from tests.registry.test_papers import photo

pytestmark = [pytest.mark.req("B5"), pytest.mark.django_db]


@pytest.fixture
def zhang(make_household):
    return make_household("张春梅", members=("王小红",), phone="13800138000")


def text(answer) -> str:
    return answer.content.decode()


def seen(finding) -> int:
    return FindingStep.objects.filter(finding=finding).latest("pk").pk


# --- the list --------------------------------------------------------------------------------------------------------


def test_the_list_shows_what_is_doubtful_of_whom_and_until_when(house, zhang, found):
    finding = found(zhang)
    page = text(house.client("county_office").get("/findings/"))
    assert "户主不止一人" in page
    assert "张春梅户" in page
    assert f"{finding.due_on:%Y-%m-%d}" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", True),
        ("q=王小红", True),
        ("q=zcm", True),
        ("q=李", False),
        ("rule=Q021", True),
        ("rule=Q020", False),
        ("severity=1", True),
        ("severity=2", False),
        ("state=exempt", False),
        ("state=all", True),
        ("topic=composition", True),
        ("assigned=me", False),
        ("assigned=nobody", True),
        ("overdue=yes", False),
        ("age=30", False),
        ("new_in=1&order=-severity", True),
    ],
)
def test_the_list_answers_its_filters(house, zhang, found, query, shown):
    run = found(zhang).first_run
    page = text(house.client("county_office").get(f"/findings/?{query.replace('new_in=1', f'new_in={run.pk}')}"))
    assert ("张春梅户" in page) is shown


def test_htmx_gets_the_rows_alone(house, zhang, found):
    found(zhang)
    answer = house.client("county_office").get("/findings/", headers={"HX-Request": "true", "HX-Target": "rows"})
    assert text(answer).lstrip().startswith("<section")


def test_the_neighbouring_village_sees_nothing_of_it(house, zhang, found):
    finding = found(zhang)
    client = house.client("village_committee", house.other_village)
    assert "张春梅" not in text(client.get("/findings/?state=all"))
    assert client.get(f"/findings/{finding.pk}/").status_code == 404
    assert client.get("/findings/areas/").status_code == 200


def test_an_administrator_has_no_findings(house):
    assert house.client("system_administrator").get("/findings/").status_code == 403


# --- a finding -------------------------------------------------------------------------------------------------------


def test_the_page_says_the_rule_in_words_and_masks_what_is_sensitive(house, zhang, found):
    finding = found(zhang, "Q028", phone="13800138000", mobile_ok=False)
    page = text(house.client("county_office").get(f"/findings/{finding.pk}/"))
    assert "138****8000" in page
    assert "13800138000" not in page
    assert "手机号为11位有效号码" in page
    shown = text(
        house.client("county_office").post(
            f"/findings/{finding.pk}/reveal/", {"field": "phone"}, headers={"HX-Request": "true"}
        )
    )
    assert "13800138000" in shown
    assert Entry.objects.filter(action="finding.revealed").count() == 1


def test_without_the_right_no_full_number(house, zhang, found):
    finding = found(zhang, "Q028", phone="13800138000")
    answer = house.client("village_committee").post(f"/findings/{finding.pk}/reveal/", {"field": "phone"})
    assert answer.status_code == 403
    assert "13800138000" not in text(answer)


def test_an_officer_verifies_with_a_photo_as_proof(house, zhang, found):
    finding = found(zhang)
    given = {
        "result": "as_recorded",
        "note": "入户核对户口簿",
        "on": "2026-01-05",
        "upload": SimpleUploadedFile("a.png", photo()),
        "paper_kind": "01",
        "seen": seen(finding),
    }
    answer = house.client("village_committee").post(f"/findings/{finding.pk}/verify/", given)
    assert answer.status_code == 302
    finding.refresh_from_db()
    assert finding.state == "exempt"
    page = text(house.client("village_committee").get(f"/findings/{finding.pk}/"))
    assert "入户核对户口簿" in page
    assert "/papers/" in page


def test_what_is_refused_is_said_above_the_form_and_what_was_typed_stays(house, zhang, found):
    finding = found(zhang)
    answer = house.client("village_committee").post(
        f"/findings/{finding.pk}/verify/", {"result": "as_recorded", "note": "看过户口簿", "seen": seen(finding)}
    )
    assert answer.status_code == 422
    assert "须有证明材料" in text(answer)
    assert "看过户口簿" in text(answer)


def test_the_second_of_two_officers_is_told_that_the_first_was_there(house, zhang, found):
    finding = found(zhang)
    before = seen(finding)
    given = {"result": "mended", "note": "已改", "seen": before}
    house.client("village_committee").post(f"/findings/{finding.pk}/verify/", given)
    answer = house.client("first_secretary", house.village).post(f"/findings/{finding.pk}/verify/", given)
    assert answer.status_code == 409
    assert "已由他人处理" in text(answer)
    assert finding.verifications.count() == 1


def test_the_township_assigns_and_sends_back(house, zhang, found):
    finding = found(zhang)
    clerk = house.officer("village_committee")
    station = house.client("township_station")
    station.post(f"/findings/{finding.pk}/assign/", {"officer": clerk.pk, "seen": seen(finding)})
    finding.refresh_from_db()
    assert finding.assigned_to == clerk
    assert "待我核实的疑点" in text(house.client("village_committee").get("/"))
    house.client("village_committee").post(
        f"/findings/{finding.pk}/verify/", {"result": "rule_wrong", "note": "规则不对", "seen": seen(finding)}
    )
    assert "被上报为规则有误" in text(house.client("policy_officer").get("/"))
    station.post(f"/findings/{finding.pk}/reopen/", {"note": "规则没错", "seen": seen(finding)})
    finding.refresh_from_db()
    assert finding.state == "open"


def test_the_household_page_lists_its_findings(house, zhang, found):
    found(zhang)
    assert "户主不止一人" in text(house.client("village_committee").get(f"/households/{zhang.pk}/"))


# --- totals and runs -------------------------------------------------------------------------------------------------


def test_totals_by_rule_and_by_area_open_their_rows(house, zhang, found):
    found(zhang)
    by_rule = text(house.client("county_office").get("/findings/rules/"))
    assert re.search(r'href="/findings/\?rule=Q021[^"]*">1<', by_rule)
    by_area = text(house.client("county_office").get("/findings/areas/"))
    assert re.search(rf'href="/findings/\?area={house.township.pk}">1<', by_area)
    assert re.search(rf'href="/findings/\?area={house.neighbour_township.pk}">0<', by_area)


def test_a_run_shows_its_counts_in_the_officers_areas_only(house, zhang, found):
    run = found(zhang).first_run
    own = text(house.client("county_office").get(f"/findings/runs/{run.pk}/"))
    assert "户主不止一人" in own
    other = text(house.client("village_committee", house.other_village).get(f"/findings/runs/{run.pk}/"))
    assert "户主不止一人" not in other


def test_two_runs_without_their_files_are_not_compared_but_said(house, zhang, found):
    first = found(zhang).first_run
    second = found(zhang, "Q020").first_run
    page = text(house.client("county_office").get(f"/findings/runs/compare/?first={first.pk}&second={second.pk}"))
    assert "FIN-011" in page


def test_the_export_holds_what_the_list_shows_with_its_mark_and_leaves_a_trail(house, zhang, found):
    found(zhang, "Q028", phone="13800138000")
    answer = house.client("county_office").post("/findings/export/?rule=Q028")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert "导出人" in rows[0][0]
    assert rows[3][0] == "Q028"
    assert "张春梅户" in rows[3]
    assert "13800138000" not in str(rows)
    assert Entry.objects.get(action="findings.exported").place is not None


def test_without_the_right_nothing_is_exported(house, zhang, found):
    found(zhang)
    assert house.client("village_committee").post("/findings/export/").status_code == 403


@pytest.mark.parametrize("role", ["village_committee", "township_station"])
def test_only_those_who_may_start_a_screening_can(house, role):
    assert house.client(role).get("/findings/runs/new/").status_code == 403


def test_a_day_in_the_future_is_refused_on_the_form(house):
    answer = house.client("county_office").post("/findings/runs/new/", {"area": house.county.pk, "as_of": "2099-01-01"})
    assert answer.status_code == 422
    assert not Run.objects.exists()


def test_pages_speak_english_to_those_who_chose_it(house, zhang, found):
    finding = found(zhang)
    officer = house.officer("county_office")
    officer.language = "en"
    officer.save()
    page = text(house.client("county_office").get(f"/findings/{finding.pk}/"))
    assert "More than one" in page
    assert Finding.objects.count() == 1
