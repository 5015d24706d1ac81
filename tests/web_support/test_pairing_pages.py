"""Who helps whom, as pages: my households, the board, helpers, hand-over, import, proposals."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bangfu.support import services
from bangfu.support.models import Charge, Handover, Helper, Pairing, PairingImport, Proposal, Unit
from tests.support import making
from tests.support.making import days_ago

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate().isoformat()


def text(answer):
    return answer.content.decode()


@pytest.fixture
def charged(house, bureau):
    """The township sees the county's bureau, since it is in charge of a village there."""
    return services.put_in_charge(by=None, unit=bureau, village=house.village, on=days_ago(30))


@pytest.mark.req("C1")
def test_a_helper_is_chosen_for_a_household_and_the_board_shows_it(desk, house, homes, helper, charged):
    home, other = homes(2)
    assert "王建国" in text(desk.get(reverse("pair", args=[home.pk])))
    assert "王建国" in text(desk.get(reverse("pair", args=[home.pk]), {"q": "wjg"}))
    missing = desk.post(reverse("pair", args=[home.pk]), {"kind": "main", "starts_on": TODAY})
    assert missing.status_code == 422 and "请选择一名帮扶责任人" in text(missing)
    given = {"kind": "main", "starts_on": TODAY, "helper": helper.pk}
    assert desk.post(reverse("pair", args=[home.pk]), given).status_code == 302
    again = desk.post(reverse("pair", args=[home.pk]), given)
    assert again.status_code == 422 and "已结对" in text(again)
    board = text(desk.get(reverse("pairing-board"), {"area": house.village.pk}))
    assert "王建国" in board and "2 户" in board and "1 户还没有" in board
    assert other.head_name in text(desk.get(reverse("without-helper")))
    above = text(desk.get(reverse("pairing-board")))
    assert house.village.name in above
    shown = text(desk.get(reverse("household", args=[home.pk])))
    assert shown  # the page of the household stands; its Help tab shows the block
    pairing = Pairing.objects.get()
    ended = desk.post(reverse("pairing-end", args=[pairing.pk]), {"on": TODAY, "reason": "登记有误"})
    assert ended.status_code == 302
    pairing.refresh_from_db()
    assert pairing.ended_why == "登记有误"


def test_my_households_stand_there_with_the_last_visit_at_the_cost_of_a_page(client, house, homes, bureau):
    me = house.officer("helper", house.village)
    mine = making.helper(bureau, "赵敏", "party_member", officer=me)
    client.force_login(me, backend="django.contrib.auth.backends.ModelBackend")
    assert "还没有您帮扶的户" in text(client.get(reverse("my-households")))
    some = homes(3)
    services.pair_many(by=None, wishes=[services.Wish(home, mine, days_ago(3)) for home in some])
    with CaptureQueriesContext(connection) as few:
        page = text(client.get(reverse("my-households")))
    assert all(home.head_name in page for home in some) and "没有走访记录" in page
    services.pair_many(
        by=None, wishes=[services.Wish(home, mine, days_ago(3)) for home in homes(40)], beyond_limits=True
    )
    with CaptureQueriesContext(connection) as many:
        page = text(client.get(reverse("my-households")))
    assert len(many) <= len(few) + 1
    assert page.count("没有走访记录") == 30
    after = page.split("?after=")[1].split('"')[0]
    assert text(client.get(reverse("my-households"), {"after": after})).count("没有走访记录") == 13
    other = house.officer("township_station")
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    assert "没有登记为帮扶责任人" in text(client.get(reverse("my-households")))


@pytest.mark.req("C1")
def test_units_and_helpers_are_registered_changed_and_leave(desk, house):
    made = desk.post(
        reverse("unit-new"), {"name": "青禾乡人民政府", "level": "05", "area": house.township.pk, "phone": ""}
    )
    unit = Unit.objects.get()
    assert made.url == reverse("unit", args=[unit.pk])
    given = {
        "name": "孙立",
        "unit": unit.pk,
        "rank": "party_member",
        "position": "干事",
        "area": "",
        "phone": "13800002222",
    }
    assert desk.post(reverse("helper-new"), {**given, "username": "nobody-at-all"}).status_code == 422
    made = desk.post(reverse("helper-new"), {**given, "username": ""})
    found = Helper.objects.get()
    assert made.url == reverse("helper", args=[found.pk])
    page = text(desk.get(made.url))
    assert "138****2222" in page and "13800002222" not in page
    assert "13800002222" in text(desk.post(reverse("helper-phone", args=[found.pk])))
    assert "13800002222" not in text(desk.get(reverse("helper-edit", args=[found.pk])))
    desk.post(reverse("helper-edit", args=[found.pk]), {**given, "name": "孙立新", "phone": "", "username": ""})
    found.refresh_from_db()
    assert (found.name, found.phone) == ("孙立新", "13800002222")  # left empty: unchanged
    assert "孙立新" in text(desk.get(reverse("helper-list"), {"q": "slx"}))
    assert "孙立新" in text(desk.get(reverse("unit", args=[unit.pk])))
    desk.post(reverse("helper-leave", args=[found.pk]), {"on": TODAY, "reason": "退休"})
    assert "调离" in text(desk.get(reverse("helper", args=[found.pk])))


@pytest.mark.req("C1")
def test_households_are_handed_over_with_a_paper(desk, township, homes, bureau, helper, charged):
    some = homes(2)
    rows = [services.pair(by=None, household=home, helper=helper, starts_on=days_ago(9)) for home in some]
    other = making.helper(bureau, "李红梅")
    page = text(desk.get(reverse("hand-over", args=[helper.pk])))
    assert "李红梅" in page and f'name="helper" value="{helper.pk}"' not in page
    given = {"on": TODAY, "reason": "工作调动", "title": "", "pairing": [rows[0].pk]}
    assert "请选择接手人" in text(desk.post(reverse("hand-over", args=[helper.pk]), given))
    paper = SimpleUploadedFile("a.pdf", b"%PDF-1.4 signed %%EOF")
    done = desk.post(reverse("hand-over", args=[helper.pk]), {**given, "helper": other.pk, "upload": paper})
    assert done.status_code == 302
    made = Handover.objects.get()
    assert (made.households, made.successor) == (1, other)
    answer = desk.get(reverse("handover-paper", args=[made.pk]))
    assert b"".join(answer.streaming_content) == b"%PDF-1.4 signed %%EOF"
    desk.post(reverse("hand-over", args=[helper.pk]), {**given, "pairing": [rows[1].pk], "helper": "nobody"})
    assert not Pairing.objects.filter(ended_on=None, helper=helper).exists()
    assert "移交记录" in text(desk.get(reverse("helper", args=[helper.pk])))


def test_a_village_is_put_in_charge_of_a_unit_or_a_cadre(desk, house, bureau, helper, charged):
    address = reverse("charge-new", args=[house.other_village.pk])
    assert desk.post(address, {"on": TODAY, "unit": "", "helper": ""}).status_code == 422
    assert desk.post(address, {"on": TODAY, "unit": bureau.pk, "helper": ""}).status_code == 302
    assert desk.post(address, {"on": TODAY, "unit": "", "helper": helper.pk}).status_code == 302
    page = text(desk.get(reverse("pairing-board"), {"area": house.other_village.pk}))
    assert bureau.name in page and "包村干部" in page
    made = Charge.objects.get(helper=helper)
    desk.post(reverse("charge-end", args=[made.pk]))
    assert Charge.objects.filter(helper=helper, ended_on=None).count() == 0


def test_who_has_too_many_is_listed(desk, homes, bureau, helper, charged):
    services.pair_many(by=None, wishes=[services.Wish(home, helper, days_ago(3)) for home in homes(3)])
    services.save_helper(by=None, helper=helper, name=helper.name, unit=bureau, rank="clerk")
    page = text(desk.get(reverse("over-limit")))
    assert "王建国" in page and "超限" in page


@pytest.mark.req("C1")
def test_a_file_is_checked_then_written_or_its_refused_rows_come_back(desk, homes, bureau, helper, charged):
    home = homes(1)[0]
    head = "户编号,帮扶责任人,帮扶单位\n"

    def upload(line: str):
        file = SimpleUploadedFile("结对.csv", (head + line).encode())
        return desk.post(reverse("pairing-import-new"), {"upload": file})

    bad = desk.get(upload(f"{home.household_no},王建国,没有的局").url)
    assert "SUP-055" in text(bad)
    batch = PairingImport.objects.latest("pk")
    report = desk.get(reverse("pairing-report", args=[batch.pk]))
    assert report["Content-Disposition"].startswith("attachment") and report.content[:2] == b"PK"
    desk.post(reverse("pairing-import-drop", args=[batch.pk]))
    good = upload(f"{home.household_no},王建国,{bureau.name}")
    assert "全部写入" in text(desk.get(good.url))
    batch = PairingImport.objects.latest("pk")
    desk.post(reverse("pairing-import-write", args=[batch.pk]))
    assert Pairing.objects.get().household == home
    assert "结对.csv" in text(desk.get(reverse("pairing-import-list")))
    assert desk.get(reverse("pairing-template")).content[:2] == b"PK"
    assert upload("").status_code == 422


@pytest.mark.req("C1")
def test_a_proposal_is_worked_out_looked_at_and_taken(
    desk, house, homes, helper, charged, django_capture_on_commit_callbacks
):
    homes(4)
    with django_capture_on_commit_callbacks(execute=True):
        begun = desk.post(reverse("proposal-new"), {"area": house.township.pk})
    page = text(desk.get(begun.url))
    assert "人手不够的村" in page and "缺 1 户" in page
    made = Proposal.objects.get()
    first, *_rest = made.pairs.order_by("pk")
    desk.post(reverse("proposal-decide", args=[made.pk]), {"take": "1", "pair": [first.pk]})
    assert Pairing.objects.filter(ended_on=None).count() == 1
    assert first.household.head_name in text(desk.get(begun.url, {"state": "taken"}))
    desk.post(reverse("proposal-decide", args=[made.pk]), {"decline_all": "1"})
    made.refresh_from_db()
    assert made.state == Proposal.State.CLOSED
    assert house.township.name in text(desk.get(reverse("proposal-list")))
    made.state = Proposal.State.RUNNING
    made.save()
    assert "正在计算" in text(desk.get(begun.url))


def test_who_may_only_look_is_offered_nothing_to_change(client, house, homes, helper, bureau, charged):
    home = homes(1)[0]
    viewer = house.officer("helper", house.village)
    client.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")
    board = text(client.get(reverse("pairing-board")))
    assert home.head_name in board and reverse("pair", args=[home.pk]) not in board
    assert client.get(reverse("pair", args=[home.pk])).status_code == 403
