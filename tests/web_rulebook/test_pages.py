"""Rules and figures as pages: in words, by filter, as of a day, in three languages, for those who may see them."""

import html

import pytest
from django.test import Client

from bangfu.accounts.models import Post
from tests.conftest import START

pytestmark = [pytest.mark.req("B3"), pytest.mark.django_db]

SEEING = ("county_office", "policy_officer", "township_station", "village_committee", "province_office", "auditor")
BLIND = ("helper", "system_administrator", "audit_administrator")
PAGES = ("/rules/", "/rules/Q083/", "/rules/figures/", "/rules/figures/exit_line/", "/rules/waiting/", "/rules/local/")


def text(answer) -> str:
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


@pytest.mark.parametrize("role", SEEING)
def test_those_who_work_with_rules_see_every_page(house, role):
    client = house.client(role)
    assert [client.get(page).status_code for page in PAGES] == [200] * len(PAGES)


@pytest.mark.parametrize("role", BLIND)
def test_those_who_do_not_are_refused(house, role):
    client = house.client(role)
    assert {client.get(page).status_code for page in PAGES} == {403}


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_pages_speak_three_languages(house, language):
    client = house.client("county_office")
    client.post("/language/", {"language": language, "next": "/rules/"})
    said = {page: text(client.get(page)) for page in PAGES}
    assert all(f'lang="{language}"' in page for page in said.values())
    title = {"zh-hans": "公益性岗位人员超过年龄上限", "zh-hant": "公益性崗位人員超過年齡上限"}
    if language in title:
        assert title[language] in said["/rules/Q083/"]
    else:
        assert "公益性岗位人员" not in said["/rules/Q083/"]


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("q=Q083", "/rules/Q083/", "/rules/Q028/"),
        ("q=公益性岗位", "/rules/Q083/", "/rules/Q028/"),
        ("grain=household", "/rules/Q028/", "/rules/Q083/"),
        ("purpose=exit", "/rules/EXI-01/", "/rules/Q083/"),
        ("severity=warning&grain=member", "/rules/Q083/", "/rules/Q028/"),
        ("purpose=nonsense", "/rules/Q083/", "nothing of the kind"),
    ],
)
def test_filters_narrow_the_list(house, query, there, gone):
    page = text(house.client("county_office").get(f"/rules/?{query}"))
    assert there in page
    assert gone not in page


def test_htmx_gets_only_the_rows(house):
    headers = {"HX-Request": "true", "HX-Target": "rows"}
    part = text(house.client("county_office").get("/rules/?q=Q083", headers=headers))
    assert "<html" not in part
    assert "共 1 条规则" in part


def test_nothing_found_says_so(house):
    assert "没有符合条件的规则" in text(house.client("county_office").get("/rules/?q=没有这条"))


def test_a_rule_is_told_in_words_with_figures_source_examples_and_its_very_condition(house):
    page = text(house.client("county_office").get("/rules/Q083/"))
    for said in ("筛查日周岁不小于公益性岗位年龄上限", "公益性岗位已填写", "/rules/figures/public_job_age_limit/",
                 "$public_job_age_limit", "应查出", "核对"):  # fmt: skip
        assert said in page


def test_the_figure_of_a_rule_is_that_of_the_day_and_the_place(house):
    client = house.client("county_office")
    then, now = (text(client.get(f"/rules/Q083/?day={day}")) for day in ("2020-06-30", "2021-06-30"))
    assert "70 <span" in then  # the nation's
    assert "65 <span" in now  # this county's own, since 2021
    away = text(house.client("county_office", house.neighbour_county).get("/rules/Q083/?day=2021-06-30"))
    assert "70 <span" in away


def test_a_figure_that_does_not_hold_on_the_day_is_said_and_not_guessed(house):
    client = house.client("county_office")
    assert "当日当地没有" in text(client.get("/rules/figures/?day=1980-01-01"))
    assert "4,000" in text(client.get("/rules/figures/?day=2020-09-30"))
    assert text(client.get("/rules/figures/?day=yesterday"))


def test_a_figure_shows_its_history_with_sources_and_the_rules_that_use_it(house):
    page = text(house.client("county_office").get("/rules/figures/public_job_age_limit/"))
    assert "/rules/Q083/" in page
    assert "云岭县" in page  # whose own value it is, by name
    assert "全国" in page


@pytest.mark.parametrize("address", ["/rules/Q999/", "/rules/figures/no_such_figure/", "/rules/local/4711/"])
def test_what_does_not_exist_is_not_found(house, address):
    assert house.client("county_office").get(address).status_code == 404


def test_rules_of_a_neighbouring_county_are_not_listed(house):
    assert "L990121-1" in text(house.client("county_office").get("/rules/"))
    client = house.client("county_office", house.neighbour_county)
    assert "L990121-1" not in text(client.get("/rules/"))
    assert client.get("/rules/L990121-1/").status_code == 404


def test_rules_that_wait_say_what_for(house):
    page = text(house.client("county_office").get("/rules/waiting/"))
    assert page.count('class="cell-wide"') > 3


def test_an_officer_of_two_counties_sees_the_book_of_the_first_and_no_foreign_place(house):
    officer = house.officer("auditor", house.neighbour_county, "both")
    Post.objects.create(officer=officer, role_id="auditor", area=house.neighbour_township, starts_on=START)
    client = Client()
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    assert "L990121-1" not in text(client.get("/rules/"))
