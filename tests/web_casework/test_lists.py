"""The list of cases and the boards: what waits for whom, filtered, timed, and never wider than an officer's areas."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bangfu.common import paging
from tests.casework.making import opened, procedure
from tests.registry.making import household, person
from tests.web_casework.conftest import late, text

pytestmark = [pytest.mark.req("B4"), pytest.mark.django_db]


def test_the_list_opens_with_what_waits_for_the_officer(people, client_of, case, at_township):
    (other,) = at_township(1)
    own = text(client_of(people.village).get("/cases/"))
    assert case.case_no in own
    assert other.case_no not in own
    assert "村级提出" in own
    assert other.case_no in text(client_of(people.township).get("/cases/"))


def test_everything_else_of_the_own_area_is_a_choice_away(people, client_of, case, at_township):
    (other,) = at_township(1)
    page = text(client_of(people.village).get("/cases/?whose=all"))
    assert case.case_no in page
    assert other.case_no in page


def test_who_may_only_look_sees_all_cases_and_no_forms(house, client_of, case):
    client = house.client("helper", house.village)
    page = text(client.get("/cases/"))
    assert case.case_no in page
    assert "登记申请" not in page
    assert "hx-get" in page
    inside = text(client.get(f"/cases/{case.pk}/"))
    assert "本环节由" in inside
    assert f'action="/cases/{case.pk}/move/"' not in inside
    for address in ("/cases/applications/new/", "/cases/new/", "/cases/bulk/new/", "/cases/rounds/new/"):
        assert client.get(address).status_code == 403


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("whose=mine", True),
        ("whose=risen", False),
        ("clock=late", True),
        ("clock=due_soon", False),
        ("clock=on_time", False),
        ("procedure=small", True),
        ("procedure=small&step=township", False),
        ("state=closed", False),
        ("state=all", True),
        ("channel=sweep", True),
        ("channel=application", False),
        ("q={name}", True),
        ("q={number}", True),
        ("q=查无此人", False),
        ("round=77", False),
        ("round=seven&order=nonsense&clock=never", True),
        ("page=0", True),
        ("page=x", True),
    ],
)
def test_the_list_answers_its_filters(people, client_of, case, query, shown):
    late(case)
    asked = query.format(name=case.subject_name, number=case.case_no)
    page = text(client_of(people.village).get(f"/cases/?{asked}"))
    assert (f'href="/cases/{case.pk}/"' in page) is shown


def test_a_search_among_the_own_cases_that_finds_nothing_offers_all_of_them(people, client_of, at_township):
    (other,) = at_township(1)
    page = text(client_of(people.village).get(f"/cases/?whose=mine&q={other.case_no}"))
    assert f"whose=all&amp;q={other.case_no}" in page


def test_the_field_shows_whose_cases_are_listed(people, client_of, case):
    client = client_of(people.village)
    assert '<option value="mine" selected>' in text(client.get("/cases/"))
    assert '<option value="all" selected>' in text(client.get(f"/cases/?q={case.subject_name}"))


def test_a_legal_time_is_told_in_days(people, client_of, case):
    client = client_of(people.village)
    for days, told in ((3, "超期 3 天"), (0, "今天到期"), (-2, "还有 2 天")):
        late(case, days=days)
        assert told in text(client.get("/cases/"))


def test_what_is_late_below_rises_to_the_level_above(people, client_of, case):
    late(case)
    assert case.case_no in text(client_of(people.township).get("/cases/?whose=risen"))
    assert "下级有 1 件超期" in text(client_of(people.township).get("/"))
    assert "1 件超期" in text(client_of(people.village).get("/"))


def test_htmx_gets_the_rows_alone(people, client_of, case):
    answer = client_of(people.village).get("/cases/", headers={"HX-Request": "true", "HX-Target": "rows"})
    assert text(answer).lstrip().startswith("<section")


def test_the_next_page_begins_where_the_first_ended(people, client_of, homes, monkeypatch):
    monkeypatch.setattr(paging, "ROWS", 2)
    numbers = [opened(people.village, each).case_no for each in homes(3)]
    client = client_of(people.village)
    first, second = text(client.get("/cases/?order=number")), text(client.get("/cases/?order=number&page=2"))
    assert [n for n in numbers if n in first] == numbers[:2]
    assert [n for n in numbers if n in second] == numbers[2:]


def test_more_rows_ask_no_more_of_the_database(people, client_of, homes):
    client, found = client_of(people.village), homes(9)
    counts = []
    for some in (found[:1], found[1:]):
        for each in some:
            opened(people.village, each)
        for address in ("/cases/", "/cases/boards/small/", "/cases/boards/"):
            client.get(address)
            with CaptureQueriesContext(connection) as asked:
                client.get(address)
            counts.append((address, len(asked)))
    assert counts[:3] == counts[3:]


# --- boards ----------------------------------------------------------------------------------------------------------


def test_boards_count_the_cases_at_every_step(people, client_of, case, at_township):
    at_township(2)
    late(case)
    page = text(client_of(people.county).get("/cases/boards/"))
    assert "小程序" in page
    assert "1 件超期" in page
    assert "step=township" in page
    board = text(client_of(people.county).get("/cases/boards/small/"))
    assert case.subject_name in board
    assert "超期 3 天" in board
    assert client_of(people.county).get("/cases/boards/unknown/").status_code == 404


def test_the_neighbour_sees_nothing_of_it(people, house, client_of, case):
    near = client_of(people.neighbour)
    assert case.case_no not in text(near.get("/cases/?whose=all&state=all"))
    assert "小程序" not in text(near.get("/cases/boards/"))
    assert near.get("/cases/boards/small/").status_code == 404
    assert near.get(f"/cases/{case.pk}/").status_code == 404
    assert near.post(f"/cases/{case.pk}/move/", {"move": "hand_in"}).status_code == 404
    own = opened(people.county, household(people.county, house.neighbour_village, person(50)), procedure())
    assert own.case_no in text(near.get("/cases/?whose=all"))


def test_an_administrator_has_no_cases(house):
    assert house.client("system_administrator").get("/cases/").status_code == 403


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
@pytest.mark.parametrize(
    "address",
    [
        "",
        "boards/",
        "boards/small/",
        "new/",
        "rounds/",
        "rounds/new/",
        "bulk/new/",
        "applications/",
        "applications/new/",
        "holidays/",
        "procedures/",
        "procedures/identification/",
        "procedures/household_exit/",
        "procedures/village_exit/",
        "meetings/",
        "postings/",
        "samples/",
    ],
)
def test_every_page_opens_in_every_language(people, client_of, case, language, address):
    people.county.language = language
    people.county.save()
    answer = client_of(people.county).get(f"/cases/{address}")
    assert answer.status_code == 200
    assert f'lang="{language}"' in text(answer)
