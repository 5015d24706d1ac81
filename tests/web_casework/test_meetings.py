"""A village meeting as it is entered on a phone: called, who should come, who came, the votes, the record closed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from bangfu.casework.models import Meeting
from tests.casework.making import days_ago, opened, procedure
from tests.casework.test_meetings import RULE
from tests.registry.making import household, person
from tests.registry.test_papers import photo
from tests.web_casework.conftest import text

pytestmark = [pytest.mark.req("B3"), pytest.mark.django_db]
BY_MEETING = procedure(id="by_meeting", more={"propose": {"kind": "meeting", "meeting": RULE}})


@pytest.fixture
def cases(house, people, home):
    by = house.officer("county_office")
    other = household(by, house.village, person(40))
    return [opened(people.village, each, BY_MEETING) for each in (home, other)]


def group(house):
    return f"?procedure=by_meeting&step=propose&area={house.village.pk}"


def called(client, house, *cases, on=None):
    given = {
        "held_on": (on or days_ago(2)).isoformat(),
        "held_at": "村委会",
        "chair": "石书记",
        "recorder": "王会计",
        "case": [case.pk for case in cases],
    }
    answer = client.post(f"/cases/meetings/new/{group(house)}", given)
    assert answer.status_code == 302, text(answer)
    return Meeting.objects.latest("pk")


def named(client, meeting, *people):
    return client.post(f"/cases/meetings/{meeting.pk}/people/", {"people": "\n".join(people)})


def came(client, meeting, number=None):
    pks = list(meeting.attendance.order_by("pk").values_list("pk", flat=True))[:number]
    return client.post(f"/cases/meetings/{meeting.pk}/present/", {"person": pks})


def voted(client, meeting, row, yes, no=0, none=0, **more):
    values = {"in_favour": yes, "against": no, "abstained": none, "note": "同意"}
    given = {f"vote{row.pk}-{name}": value for name, value in values.items()}
    return client.post(f"/cases/meetings/{meeting.pk}/votes/{row.pk}/", {**given, **more})


def test_the_list_says_what_waits_for_a_meeting(house, people, client_of, cases):
    page = text(client_of(people.village).get("/cases/meetings/"))
    assert house.village.name in page
    assert "/cases/meetings/new/?procedure=by_meeting" in page
    helper = text(house.client("helper", house.village).get("/cases/meetings/"))
    assert "/cases/meetings/new/" not in helper


def test_a_meeting_from_the_call_to_the_record(house, people, client_of, cases):
    client = client_of(people.village)
    assert cases[0].subject_name in text(client.get(f"/cases/meetings/new/{group(house)}"))
    meeting = called(client, house, *cases)
    assert named(client, meeting, "甲一 村民代表", "乙二 村民代表", "丙三", "丁四 驻村干部 列席").status_code == 302
    people_ = list(meeting.attendance.order_by("pk").values_list("name", "capacity", "votes"))
    assert people_ == [
        ("甲一", "村民代表", True),
        ("乙二", "村民代表", True),
        ("丙三", "", True),
        ("丁四", "驻村干部", False),
    ]
    assert came(client, meeting).status_code == 302
    for row in meeting.votes.all():
        assert voted(client, meeting, row, 3).status_code == 302
    upload = {"title": "签到表", "upload": SimpleUploadedFile("a.png", photo())}
    assert client.post(f"/cases/meetings/{meeting.pk}/papers/", upload).status_code == 302
    paper = meeting.papers.get()
    shown = client.get(f"/cases/meetings/{meeting.pk}/papers/{paper.pk}/")
    assert shown.headers["Content-Type"] == "image/png"
    answer = client.post(f"/cases/meetings/{meeting.pk}/close/", {"minutes": "逐户评议。"}, follow=True)
    page = text(answer)
    assert "已定稿" in page
    assert "逐户评议。" in page
    assert "赞成 3 · 反对 0 · 弃权 0" in page
    assert "保存表决" not in page
    assert 'value="hand_in"' in text(client.get(f"/cases/{cases[0].pk}/"))
    assert meeting.title in text(client.get("/cases/meetings/"))


def test_totals_that_do_not_add_up_are_refused_and_stay_as_typed(house, people, client_of, cases):
    client = client_of(people.village)
    meeting = called(client, house, *cases)
    named(client, meeting, "甲一", "乙二", "丙三")
    came(client, meeting)
    first, second = meeting.votes.order_by("number")
    answer = voted(client, meeting, first, 2, 0, 5)
    assert answer.status_code == 422
    assert f'name="vote{first.pk}-abstained" value="5"' in text(answer)
    first.refresh_from_db()
    assert first.in_favour is None
    assert voted(client, meeting, second, "很多").status_code == 422


def test_people_of_the_household_are_proposed_to_stand_aside(house, people, client_of, cases):
    client = client_of(people.village)
    meeting = called(client, house, *cases)
    head = cases[0].subject_name
    named(client, meeting, head, "乙二", "丙三")
    came(client, meeting)
    row = meeting.votes.get(case=cases[0])
    page = text(client.get(f"/cases/meetings/{meeting.pk}/"))
    assert "建议 1 人" in page
    person_ = meeting.attendance.get(name=head)
    assert voted(client, meeting, row, 2, aside=[person_.pk], **{f"reason-{person_.pk}": "本户"}).status_code == 302
    assert f"{head}（本户）" in text(client.get(f"/cases/meetings/{meeting.pk}/"))


def test_nobody_votes_before_it_is_known_who_came(house, people, client_of, cases):
    client = client_of(people.village)
    meeting = called(client, house, *cases)
    assert "保存表决" not in text(client.get(f"/cases/meetings/{meeting.pk}/"))
    assert named(client, meeting, " ").status_code == 422
    assert client.post(f"/cases/meetings/{meeting.pk}/close/", {"minutes": "没有开"}).status_code == 422


def test_a_meeting_of_tomorrow_takes_names_but_no_votes(house, people, client_of, cases):
    client = client_of(people.village)
    meeting = called(client, house, *cases, on=days_ago(-1))
    assert named(client, meeting, "甲一").status_code == 302
    assert came(client, meeting).status_code != 302
    assert "保存到会人员" not in text(client.get(f"/cases/meetings/{meeting.pk}/"))


def test_no_case_ticked_is_no_meeting(house, people, client_of, cases):
    answer = client_of(people.village).post(
        f"/cases/meetings/new/{group(house)}",
        {"held_on": timezone.localdate().isoformat(), "chair": "石书记", "recorder": "王会计"},
    )
    assert answer.status_code == 422
    assert not Meeting.objects.exists()


def test_the_neighbour_knows_nothing_of_a_meeting(house, people, client_of, cases):
    client = client_of(people.village)
    meeting = called(client, house, *cases)
    named(client, meeting, "甲一")
    near = client_of(people.neighbour)
    assert meeting.title not in text(near.get("/cases/meetings/"))
    assert near.get(f"/cases/meetings/new/{group(house)}").status_code == 404
    assert near.get(f"/cases/meetings/{meeting.pk}/").status_code == 404
    for part in ("people", "present", "close", "papers", f"votes/{meeting.votes.first().pk}"):
        assert near.post(f"/cases/meetings/{meeting.pk}/{part}/", {}).status_code == 404


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_the_page_opens_in_every_language(house, people, client_of, cases, language):
    client = client_of(people.village)
    meeting = called(client, house, *cases)
    named(client, meeting, "甲一 村民代表", "乙二 列席")
    came(client, meeting)
    people.village.language = language
    people.village.save()
    for address in (f"meetings/{meeting.pk}/", f"meetings/new/{group(house)}"):
        answer = client.get(f"/cases/{address}")
        assert answer.status_code == 200
        assert f'lang="{language}"' in text(answer)
