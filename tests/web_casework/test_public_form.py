"""The public form of a village: anybody may tell a difficulty, nobody learns anything."""

import pytest
from django.test import Client

from bangfu.casework.models import Application
from bangfu.casework.policy import policy
from tests.web_casework.conftest import text

pytestmark = [pytest.mark.req("B7"), pytest.mark.django_db]
TOLD = {"head_name": "周老五", "phone": "13800138000", "difficulty": "房屋漏雨"}


def test_anybody_may_tell_a_difficulty_without_signing_in(house):
    client = Client()
    page = text(client.get(f"/public/apply/{house.village.pk}/"))
    assert house.village.name in page
    answer = client.post(f"/public/apply/{house.village.pk}/", TOLD)
    assert answer.status_code == 200
    assert "已收到" in text(answer)
    made = Application.objects.get()
    assert (made.village, made.channel, made.received_by) == (house.village, "public_form", None)


def test_the_answer_tells_nothing_about_anybody(house, home):
    client = Client()
    known = text(client.post(f"/public/apply/{house.village.pk}/", {**TOLD, "head_name": home.head_name}))
    unknown = text(client.post(f"/public/apply/{house.village.pk}/", {**TOLD, "head_name": "查无此人"}))
    for page in (known, unknown):
        assert home.household_no not in page
        assert "13800138000" not in page
    assert [line for line in known.splitlines() if "csrf" not in line] == [
        line for line in unknown.splitlines() if "csrf" not in line
    ]


@pytest.mark.parametrize("lacking", ["head_name", "phone", "difficulty"])
def test_what_is_lacking_is_said_and_the_rest_stays(house, lacking):
    answer = Client().post(f"/public/apply/{house.village.pk}/", {**TOLD, lacking: " "})
    assert answer.status_code == 422
    for name in {"head_name", "difficulty"} - {lacking}:
        assert TOLD[name] in text(answer)
    assert not Application.objects.exists()


def test_a_number_that_is_none_is_refused(house):
    assert Client().post(f"/public/apply/{house.village.pk}/", {**TOLD, "phone": "打给我"}).status_code == 422


def test_who_sends_too_often_is_told_so(house):
    client, most = Client(), policy().public_form.most_by_sender_an_hour
    answers = [client.post(f"/public/apply/{house.village.pk}/", TOLD) for _each in range(most + 1)]
    assert [answer.status_code for answer in answers] == [200] * most + [422]
    assert "12317" in text(answers[-1]) or "村委会" in text(answers[-1])
    assert Application.objects.count() == most


def test_what_looks_like_a_page_stays_text(house):
    script = "<script>alert(1)</script>"
    Client().post(f"/public/apply/{house.village.pk}/", {**TOLD, "head_name": "<b>周</b>", "difficulty": script})
    made = Application.objects.get()
    clerk = house.client("village_committee", house.village)
    for address in (f"/cases/applications/{made.pk}/", "/cases/applications/"):
        page = text(clerk.get(address))
        assert script not in page
        assert "<b>周</b>" not in page
        assert "&lt;b&gt;周" in page


def test_it_is_seen_in_its_own_village_and_above_only(house):
    Client().post(f"/public/apply/{house.village.pk}/", TOLD)
    made = Application.objects.get()
    above = house.client("township_station", house.township)
    assert "周老五" in text(above.get("/cases/applications/"))
    assert "13800138000" in text(above.get(f"/cases/applications/{made.pk}/"))
    for role, area in (("village_committee", house.other_village), ("township_station", house.neighbour_township)):
        other = house.client(role, area)
        assert "周老五" not in text(other.get("/cases/applications/?state=all"))
        assert other.get(f"/cases/applications/{made.pk}/").status_code == 404


def test_only_villages_have_a_form_and_the_setting_closes_it(house, settings):
    client = Client()
    assert client.get(f"/public/apply/{house.township.pk}/").status_code == 404
    assert client.get("/public/apply/987654/").status_code == 404
    settings.PUBLIC_APPLICATIONS = False
    assert client.get(f"/public/apply/{house.village.pk}/").status_code == 404
    assert client.post(f"/public/apply/{house.village.pk}/", TOLD).status_code == 404


def test_nothing_else_is_open_to_anybody(house, case):
    client = Client()
    for address in ("/cases/", f"/cases/{case.pk}/", "/cases/postings/", "/cases/meetings/", "/cases/applications/"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert "/sign-in/" in answer.headers["Location"]
