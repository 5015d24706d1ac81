"""The reader of the trail."""

import csv
import io
import json

import pytest
from django.db import connection

from bangfu.audit.models import Entry
from bangfu.audit.services import record
from bangfu.web.audit.words import details_in_words
from tests.audit.emptying import PUT_BACK, TAKE_AWAY

pytestmark = pytest.mark.req("H2")


@pytest.fixture
def deeds(house):
    """Something done in the county, next door, in a place above, and by the system itself."""
    clerk = house.officer("township_station")
    record(actor=clerk, action="officer.changed", subject_type="officer", subject_id="12", place=house.village.place,
           fields=["name", "phone"], reason="本县的事")  # fmt: skip
    record(actor=clerk, action="officer.changed", subject_type="officer", subject_id="13",
           place=house.neighbour_county.place, reason="邻县的事")  # fmt: skip
    record(actor=None, action="audit.checked", subject_type="trail", subject_id="", reason="系统的事")


def text(client, **query):
    return client.get("/audit/", query).content.decode()


def test_an_audit_administrator_reads_the_own_county_only(house, deeds):
    page = text(house.client("audit_administrator"))
    assert "本县的事" in page and "邻县的事" not in page
    assert "系统的事" not in page, "where there are other counties, the system's own deeds are for the level above"
    above = text(house.client("audit_administrator", house.county.parent))
    assert "本县的事" in above and "邻县的事" in above and "系统的事" in above


def test_in_a_house_of_one_county_its_audit_administrator_reads_all(house, deeds):
    house.neighbour_county.delete()
    assert "系统的事" in text(house.client("audit_administrator"))


@pytest.mark.parametrize("role", ["system_administrator", "security_administrator", "county_office", "auditor"])
def test_nobody_else_reads_the_trail(house, deeds, role):
    client = house.client(role)
    for address in ("/audit/", "/audit/export/"):
        assert client.get(address).status_code == 403
    assert client.post("/audit/check/").status_code == 403


def test_entries_are_found_by_day_person_deed_and_subject(house, deeds):
    client = house.client("audit_administrator")
    clerk = house.officer("township_station")
    day = Entry.objects.get(number=1).at.astimezone().date().isoformat()
    for query in (
        {"first": day, "last": day}, {"person": clerk.name}, {"person": clerk.username},
        {"action": "officer.changed"}, {"subject_type": "officer", "subject_id": "12"},
    ):  # fmt: skip
        assert "本县的事" in text(client, **query), query
    for query in (
        {"last": "2020-01-01"}, {"person": "没有这人"}, {"action": "sign_in.out"}, {"subject_id": "99"},
        {"subject_type": "household"},
    ):  # fmt: skip
        assert "本县的事" not in text(client, **query), query
    for nonsense in ({"first": "x"}, {"before": "x"}, {"before": "9" * 30}, {"person": "\x00"}):
        assert client.get("/audit/", nonsense).status_code == 200


def test_details_are_read_in_words(house, deeds):
    page = text(house.client("audit_administrator"))
    assert "修改人员资料" in page and "改动的项目" in page and "名称、电话" in page


def test_what_the_registry_wrote_is_read_in_words():
    told = {"rows": {"household": [1, 2, 0]}, "full": True, "role": "helper", "reason": "", "unheard_of": 3}
    detail = json.dumps(told)
    assert details_in_words(detail) == [
        ("行数", "户：新增 1，修改 2，移除 0"), ("含完整个人信息", "是"), ("岗位", "帮扶责任人"), ("unheard_of", "3"),
    ]  # fmt: skip
    assert details_in_words("{broken") == [("", "{broken")]


def test_a_long_trail_turns_its_pages_by_number(house):
    for number in range(70):
        record(actor=None, action="officer.changed", subject_type="officer", subject_id=f"s{number}",
               place=house.village.place)  # fmt: skip
    client = house.client("audit_administrator")
    first = text(client)
    assert "s69" in first and "s39" not in first and "before=41" in first and "共 70 条" in first
    assert "s39" in text(client, before=41)


@pytest.mark.req("H3")
def test_an_export_holds_what_the_list_shows_who_took_it_and_is_written_down(house, deeds):
    client = house.client("audit_administrator")
    answer = client.get("/audit/export/?action=officer.changed")
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))
    me = house.officer("audit_administrator")
    assert me.name in rows[0][0] and "共 1 条" in rows[0][0]
    assert len(rows) == 3 and "本县的事" in rows[2][7] and "邻县的事" not in content
    assert rows[2][8] == Entry.objects.get(number=1).hash
    entry = Entry.objects.get(action="audit.exported")
    assert entry.actor_id == me.pk and json.loads(entry.detail) == {"filters": {"action": "officer.changed"}, "rows": 1}


def test_a_cell_that_a_spreadsheet_would_run_stays_text(house):
    record(actor=None, actor_name="=HYPERLINK(1)", action="officer.changed", subject_type="officer", subject_id="+1",
           place=house.village.place)  # fmt: skip
    content = b"".join(house.client("audit_administrator").get("/audit/export/").streaming_content).decode()
    assert "'=HYPERLINK" in content and "'+1" in content


def test_the_check_says_that_the_trail_is_whole_and_what_to_write_down(house, deeds):
    above = house.client("audit_administrator", house.county.parent)
    last = Entry.objects.order_by("number").last()
    page = above.post("/audit/check/", follow=True).content.decode()
    assert "留痕完整" in page and last.hash[:16] in page
    kept = above.post("/audit/check/", {"number": last.number, "hash": last.hash[:16]}, follow=True).content.decode()
    assert "留痕完整" in kept
    wrong = above.post("/audit/check/", {"number": last.number, "hash": "0" * 16}, follow=True).content.decode()
    assert "与您抄录的校验值不符" in wrong
    assert Entry.objects.filter(action="audit.checked").count() == 4


def test_the_check_names_the_first_broken_entry(house, deeds):
    alter = "UPDATE audit_entry SET actor_name = 'x' WHERE number = 2"
    with connection.cursor() as cursor:
        for statement in (*TAKE_AWAY[connection.vendor], alter, *PUT_BACK[connection.vendor]):
            cursor.execute(statement)
    page = house.client("audit_administrator").post("/audit/check/", follow=True).content.decode()
    assert "从第 2 条起" in page
