"""What a phone asks and sends: every answer is JSON, whatever was sent."""

import json

import pytest
from django.test import Client

from bangfu.audit.models import Entry
from bangfu.registry import services as registry
from bangfu.support import services as support
from bangfu.visits import services
from bangfu.visits.models import Submission, Visit
from bangfu.web.visits import turns
from tests.support import making
from tests.support.giving import given, under_way
from tests.visits.making import note, payload, picture, recorded

pytestmark = [pytest.mark.django_db, pytest.mark.req("C4")]


def post(client, given, **more):
    body = given if isinstance(given, str | bytes) else json.dumps(given)
    return client.post("/visits/phone/send/", body, content_type="application/json", **more)


def put(client, uuid, content, first, total, given=None):
    last = first + len(content) - 1
    headers = {"Content-Range": given or f"bytes {first}-{last}/{total}"}
    return client.put(
        f"/visits/phone/photos/{uuid}/", content, content_type="application/octet-stream", headers=headers
    )


def test_a_phone_takes_along_its_own_households_and_no_whole_numbers(visiting, browsing):
    registry.save_household(
        by=visiting.secretary, household=visiting.home, values={"phone": "13812345678"}, reason="登记"
    )
    recorded(visiting.visitor, visiting.other)
    pack = browsing(visiting.visitor).get("/visits/phone/pack/").json()
    assert [each["id"] for each in pack["households"]] == [visiting.other.pk, visiting.home.pk]
    home = pack["households"][1]
    assert home["phone_masked"] == "138****5678" and home["last_visit"] is None
    assert home["facts"]["cultivated_land_mu"] == "3.50" and home["facts"]["phone"] == "138****5678"
    assert home["asked"]["six_checks.insurance"] == [member["id"] for member in home["members"]]
    text = json.dumps(pack)
    numbers = [m.id_no for m in visiting.home.members.all() if m.id_no]
    assert numbers and not [number for number in numbers if number in text] and "13812345678" not in text
    assert {each["id"] for each in pack["checklists"]} >= {"four_ones", "six_checks", "village_walk"}
    assert [each["name"] for each in pack["villages"]] == ["石桥村"]
    assert pack["wipe_after_days"] and pack["wrong_pins"]
    assert Entry.objects.filter(action="visit.taken_along").count() == 1
    chosen = browsing(visiting.visitor).get(f"/visits/phone/pack/?household={visiting.home.pk}&household=x").json()
    assert [each["id"] for each in chosen["households"]] == [visiting.home.pk]
    assert browsing(visiting.neighbour).get("/visits/phone/pack/").json()["households"] == []


def test_a_visit_and_its_photo_arrive_once(visiting, browsing):
    client = browsing(visiting.visitor, enforce_csrf_checks=True)
    token = client.get("/visits/phone/token/").json()["csrf"]
    content = picture(1)
    photo = note(content, "picture")
    given = payload(visiting.home, photos=[photo])
    assert post(client, given).status_code == 403
    first = post(client, given, headers={"X-CSRFToken": token}).json()
    assert first == {"uuid": given["uuid"], "state": "recorded", "problems": [], "photos": {photo["uuid"]: 0}}
    headers = {"X-CSRFToken": token, "Content-Range": f"bytes 0-99/{len(content)}"}
    address = f"/visits/phone/photos/{photo['uuid']}/"
    assert client.put(address, content[:100], "application/octet-stream", headers=headers).json() == {"received": 100}
    again = post(client, given, headers={"X-CSRFToken": token}).json()
    assert (again["state"], again["photos"]) == ("known", {photo["uuid"]: 100})
    client = browsing(visiting.visitor)
    assert put(client, photo["uuid"], content[500:600], 500, len(content)).json() == {"received": 100}
    assert put(client, photo["uuid"], content[100:], 100, len(content)).json() == {"received": len(content)}
    assert client.get(address).json() == {"received": len(content)}
    assert Visit.objects.get().photos.get().state == "arrived"
    services.look_at_arrived()
    assert Visit.objects.get().photos.get().state == "kept"


def test_what_is_refused_is_said_in_json_with_a_status_that_tells_what_to_do(visiting, browsing):
    client = browsing(visiting.visitor)
    junk, wrong = b"no photo at all", picture(2)
    given = payload(visiting.home, photos=[note(junk, "picture"), note(wrong, "picture")])
    post(client, given)
    refused = put(client, given["photos"][0]["uuid"], junk, 0, len(junk))
    assert (refused.status_code, refused.json()["code"]) == (422, "VIS-042")
    assert given["photos"][0]["uuid"] not in post(client, given).json()["photos"], "it is not asked for again"
    changed = put(client, given["photos"][1]["uuid"], wrong[:-1] + b"x", 0, len(wrong))
    assert (changed.status_code, changed.json()["code"]) == (409, "VIS-045")
    assert put(client, given["photos"][1]["uuid"], wrong, 0, len(wrong), "bytes 0-5/9").status_code == 400
    other = browsing(visiting.secretary)
    assert put(other, given["photos"][1]["uuid"], wrong, 0, len(wrong)).status_code == 404
    assert browsing(visiting.secretary).get(f"/visits/phone/photos/{given['uuid']}/").status_code == 404


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", "3", '"x"', '{"a": NaN}', "[" * 100_000, b"\xff\xfe", '{"a":"' + "x" * 3_000_000]
)
def test_what_is_no_visit_at_all_is_an_error_in_words(visiting, browsing, body):
    answer = post(browsing(visiting.visitor), body)
    assert (answer.status_code, answer.json()["code"]) == (400, "VIS-022")
    assert not Submission.objects.exists() and not Visit.objects.exists()


def test_a_visit_that_cannot_be_taken_is_told_with_its_reasons(visiting, browsing):
    answer = post(browsing(visiting.visitor), payload(visiting.home, visited_on="2999-01-01")).json()
    assert answer["state"] == "tray"
    (problem,) = answer["problems"]
    assert (problem["code"], problem["question"]) == ("VIS-014", "visited_on") and "2999-01-01" in problem["message"]


def test_whoever_is_not_signed_in_is_told_so_and_who_may_not_is_refused(visiting, browsing, house):
    for name in ("pack", "token", "send"):
        answer = Client().get(f"/visits/phone/{name}/")
        assert (answer.status_code, answer.json()) == (401, {"signed_in": False})
    looker = browsing(house.officer("inspector", house.county))
    assert looker.get("/visits/phone/pack/").status_code == 403
    assert post(looker, payload(visiting.home)).json()["code"] == "COM-001"


def test_when_too_many_phones_send_at_once_the_next_is_told_when_to_come_again_and_pages_are_served(visiting, browsing):
    client, given = browsing(visiting.visitor), payload(visiting.home)
    held = [turns._turns.acquire(blocking=False) for _each in range(turns.AT_ONCE)]
    try:
        assert all(held)
        answer = post(client, given)
        assert (answer.status_code, answer.json()["code"]) == (503, "VIS-051")
        assert turns.AGAIN_AFTER[0] <= int(answer.headers["Retry-After"]) <= turns.AGAIN_AFTER[1]
        assert not Visit.objects.exists()
        assert client.get("/visits/phone/token/").status_code == 503, "who is about to send comes later as well"
        assert client.get("/visits/phone/pack/").status_code == 200 == client.get("/visits/").status_code
        turns._turns.release()
        held.pop()
        assert post(client, given).json()["state"] == "recorded"
        assert post(client, "{").status_code == 400 and post(client, given).json()["state"] == "known"
    finally:
        for _each in held:
            turns._turns.release()


def test_the_households_that_the_officer_helps_come_first_with_what_is_being_done_for_them(visiting, browsing, house):
    helper = making.helper(making.unit(house.county), officer=visiting.visitor)
    support.pair(by=None, household=visiting.other, helper=helper, starts_on=making.days_ago(30))
    under_way(visiting.other, starts_on=making.days_ago(1))
    given(visiting.home, kind="0102", starts_on=making.days_ago(800), ends_on=making.days_ago(790))
    recorded(visiting.visitor, visiting.home)
    first, second = browsing(visiting.visitor).get("/visits/phone/pack/").json()["households"]
    assert (first["id"], second["id"]) == (visiting.other.pk, visiting.home.pk)
    (measure,) = first["measures"]
    assert " 2 头" in measure["label"] and measure["state"] == "实施中"
    assert second["measures"] == [], "what was done in years past is not carried about"
