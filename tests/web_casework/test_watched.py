"""The list of watched households, the page of one, and lists of older systems."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bangfu.casework.models import Recognition, Risk, WatchImport
from tests.casework.making import days_ago
from tests.web_casework.conftest import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def watched(homes: Any) -> list[Recognition]:
    made = []
    for home, category in zip(homes(2), ("01", "02"), strict=True):
        made.append(
            Recognition.objects.create(
                household=home, place=home.place, kind="watched", monitor_category=category, starts_on=days_ago(200)
            )
        )
    Risk.objects.create(recognition=made[0], code="01", found_on=days_ago(200))
    Recognition.objects.filter(pk=made[0].pk).update(contact_name="王建国", contact_phone="13800001111")
    return made


def listed(page: str, *watched: Recognition) -> list[bool]:
    return [f"/cases/watched/{each.pk}/" in page for each in watched]


def test_watched_households_are_found_by_class_by_risk_and_by_what_they_lack(people, client_of, watched):
    client = client_of(people.village)
    for query, expected in (
        ("", [True, True]),
        ("?category=01", [True, False]),
        ("?risk=01", [True, False]),
        ("?lacks=risk", [False, True]),
        ("?lacks=contact", [False, True]),
        (f"?q={watched[1].household.household_no}", [False, True]),
        ("?lacks=nonsense&order=-place", [True, True]),
    ):
        assert listed(text(client.get(f"/cases/watched/{query}")), *watched) == expected, query
    assert listed(text(client_of(people.neighbour).get("/cases/watched/")), *watched) == [False, False]


def test_the_page_of_one_masks_the_phone_and_takes_a_contact_and_a_risk(people, client_of, watched):
    client, page = client_of(people.village), f"/cases/watched/{watched[1].pk}/"
    given = {"name": "李红", "number": "13800002222"}
    said = text(client.post(f"{page}contact/", given, follow=True))
    assert "李红" in said and "138****2222" in said
    said = text(
        client.post(f"{page}risks/", {"risk": "04", "disaster": "01", "found_on": str(days_ago(3))}, follow=True)
    )
    assert "因自然灾害" in said and watched[1].risks.get().disaster == "01"
    wrong = client.post(f"{page}risks/", {"risk": "99"})
    assert wrong.status_code == 422 and "还须填写说明" in text(wrong)
    wrong = client.post(f"{page}contact/", {"name": "李红", "number": "没有"})
    assert wrong.status_code == 422 and "不是电话号码" in text(wrong)
    assert client_of(people.neighbour).get(page).status_code == 404
    household = text(client.get(f"/households/{watched[1].household_id}/"))
    assert page in household


def test_a_list_of_an_older_system_is_checked_and_then_written(people, client_of, watched):
    client = client_of(people.township)

    def upload(*lines: str) -> Any:
        content = "\n".join(("户编号,返贫致贫风险,监测联系人,联系人电话", *lines)).encode()
        file = SimpleUploadedFile("监测.csv", content, "text/csv")
        return client.post("/cases/watch-lists/new/", {"upload": file}, follow=True)

    number = watched[1].household.household_no
    refused = text(upload(f"{number},因懒,,"))
    assert "因懒" in refused and "CAS-321" in refused
    first = WatchImport.objects.get()
    assert client.get(f"/cases/watch-lists/{first.pk}/report/").content[:2] == b"PK"
    client.post(f"/cases/watch-lists/{first.pk}/drop/")
    upload(f"{number},因病,李红,13800002222")
    second = WatchImport.objects.exclude(pk=first.pk).get()
    assert not watched[1].risks.exists()
    assert "1 项风险" in text(client.post(f"/cases/watch-lists/{second.pk}/write/", follow=True))
    assert watched[1].risks.get().code == "01"
    assert "监测.csv" in text(client.get("/cases/watch-lists/"))
    assert client.get("/cases/watch-lists/template/").content[:2] == b"PK"
    assert client_of(people.village).get("/cases/watch-lists/").status_code == 403
    assert client_of(people.neighbour).get(f"/cases/watch-lists/{second.pk}/").status_code == 404


def test_a_file_that_is_no_list_is_refused_on_the_form(people, client_of):
    file = SimpleUploadedFile("x.csv", "甲,乙\n1,2".encode(), "text/csv")
    answer = client_of(people.township).post("/cases/watch-lists/new/", {"upload": file})
    assert answer.status_code == 422 and "没有找到这些栏目" in text(answer)
