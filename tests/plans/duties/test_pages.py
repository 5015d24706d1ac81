"""Pages of duties, as those who use them see them."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bangfu.audit.models import Entry
from bangfu.plans.models import DutyPaper, DutyRecord
from tests.plans.making import picture, present, visit

pytestmark = pytest.mark.req("C3")


def browser(who):
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(answer, status=200):
    assert answer.status_code == status
    shown = re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(shown).split())


def test_the_home_page_says_what_i_owe_and_my_month_shows_what_i_did(help):
    client, today = browser(help.clerk_account), timezone.localdate()
    assert "一般干部到村帮扶" in text(client.get("/"))
    visit(help.clerk_account, help.homes[0], today)
    shown = text(client.get(reverse("duty-mine")))
    assert "1 天，应 3 天" in shown
    assert "走访 1" in shown
    assert "县农业农村局" in shown  # what the unit owes, which its people may record
    old = text(client.get(reverse("duty-mine"), {"month": "2024-05"}))
    assert "2024年5月" in old
    assert "逾期未完成" in old
    for odd in ("2024-13", "x", "1800-01", "9999-12", "2024-1"):
        assert client.get(reverse("duty-mine"), {"month": odd}).status_code == 200


def test_whoever_has_nothing_to_do_is_told_so_and_nothing_stands_on_the_home_page(house, help):
    client = browser(house.officer("inspector"))
    assert "我要完成的履职" not in text(client.get("/"))
    assert "没有需要您完成的履职要求" in text(client.get(reverse("duty-mine")))
    assert browser(house.officer("system_administrator")).get(reverse("duty-mine")).status_code == 403


def test_a_unit_its_people_and_a_team_each_have_their_month(house, help):
    county = browser(house.officer("county_office"))
    unit = text(county.get(reverse("duty-unit", args=[help.bureau.pk]), {"month": "2025-06"}))
    assert "全单位" in unit
    assert "张帮扶" in unit
    assert "没有账号，无法统计" in unit
    present(help.secretary, *(date(2025, 6, day) for day in range(1, 21)))
    team = text(county.get(reverse("duty-team", args=[help.team.pk]), {"month": "2025-06"}))
    assert "石桥村驻村工作队" in team
    assert "20 天，应 20 天" in team
    person = text(county.get(reverse("duty-helper", args=[help.secretary.pk]), {"month": "2025-06"}))
    assert "王书记" in person
    assert "驻村 1" in person
    assert "现行的要求" in text(county.get(reverse("duty-rules")))
    for name, pk in (("duty-unit", 9_999), ("duty-team", 9_999), ("duty-area", 9_999), ("duty-helper", 9_999)):
        assert county.get(reverse(name, args=[pk])).status_code == 404


def test_a_member_of_a_unit_sees_what_the_unit_owes_and_not_what_colleagues_did(help):
    own = text(browser(help.clerk_account).get(reverse("duty-unit", args=[help.bureau.pk]), {"month": "2025-06"}))
    assert "全单位" in own
    assert "张帮扶" in own
    assert "周无号" not in own


def test_the_list_of_who_is_behind_leads_to_them_and_can_be_taken_as_a_file(house, help):
    officer = house.officer("county_office")
    county = browser(officer)
    shown = text(county.get(reverse("duty-behind")))
    assert "石桥村驻村工作队" in shown
    assert "点名通报" in shown
    part = county.get(reverse("duty-behind"), headers={"HX-Request": "true", "HX-Target": "rows"})
    assert "<html" not in part.content.decode()
    narrowed = text(county.get(reverse("duty-behind"), {"area": house.neighbour_township.pk}))
    assert "没有逾期的履职要求" in narrowed
    made = county.post(reverse("duty-export"), {"format": "csv"})
    assert "张帮扶" in made.content.decode("utf-8-sig")
    assert Entry.objects.filter(action="duties.exported", actor_id=officer.pk).count() == 1
    assert county.post(reverse("duty-export"), {"format": "exe"}).status_code in (400, 422)
    assert browser(house.officer("village_committee")).post(reverse("duty-export")).status_code == 403


def test_a_meeting_is_recorded_with_its_papers_and_withdrawn_when_it_was_wrong(help):
    client, today = browser(help.clerk_account), timezone.localdate()
    new = f"{reverse('duty-record-new')}?unit={help.bureau.pk}&duty=leaders_meeting_in_two_months"
    assert "领导班子专题会议" in text(client.get(new))
    given = {
        "duties": ["leaders_meeting_in_two_months", "quarterly_meeting_with_the_village"], "title": "研究帮扶工作",
        "done_on": today.isoformat(), "people": "李领导 组长\n外来人",
    }  # fmt: skip
    assert "晚于今天" in text(client.post(new, {**given, "done_on": today + timedelta(days=1)}), 422)
    assert "没有登记参加人员" in text(client.post(new, {**given, "people": ""}), 422)
    assert client.post(new, given).status_code == 302
    record = DutyRecord.objects.get()
    assert [person.officer for person in record.people.all()] == [help.leader_account, None]
    page = reverse("duty-record", args=[record.pk])
    assert "材料不齐，未计入" in text(client.get(page))

    papers = reverse("duty-paper-add", args=[record.pk])
    assert client.post(papers, {"wanted": "cake", "upload": picture()}).status_code == 422
    for number, wanted in enumerate(("plan", "sign_in_sheet", "minutes", "photo")):
        assert client.post(papers, {"wanted": wanted, "upload": picture(number)}).status_code == 302
    assert "已计入" in text(client.get(page))
    paper = DutyPaper.objects.order_by("pk").last()
    file = reverse("duty-paper", args=[record.pk, paper.pk])
    assert client.get(file)["Content-Type"] == "image/png"
    assert client.post(reverse("duty-paper-remove", args=[record.pk, paper.pk])).status_code == 302
    assert client.get(file).status_code == 404
    assert "材料不齐，未计入" in text(client.get(page))
    assert "研究帮扶工作" in text(client.get(reverse("duty-record-list"), {"state": "lacking", "what": "meeting"}))
    assert "研究帮扶工作" in text(client.get(reverse("duty-unit", args=[help.bureau.pk])))

    withdraw = reverse("duty-record-withdraw", args=[record.pk])
    assert client.post(withdraw, {"reason": ""}).status_code == 422
    assert client.post(withdraw, {"reason": "登错单位"}).status_code == 302
    assert "作废：登错单位" in text(client.get(page))
    assert "研究帮扶工作" not in text(client.get(reverse("duty-record-list")))


def test_nobody_records_for_a_unit_that_is_not_theirs(house, help):
    village = browser(house.officer("village_committee"))
    new = f"{reverse('duty-record-new')}?unit={help.bureau.pk}"
    assert village.get(new).status_code == 404
    assert village.get(reverse("duty-record-new")).status_code == 404
    assert village.get(f"{reverse('duty-record-new')}?team={help.team.pk}").status_code == 200
    inspector = browser(house.officer("inspector"))
    assert inspector.get(new).status_code == 403


@pytest.mark.parametrize("language", ["en", "zh-hant"])
def test_pages_are_there_in_the_other_languages(house, help, language):
    officer = house.officer("county_office")
    officer.language = language
    officer.save(update_fields=["language"])
    client = browser(officer)
    for address in ("duty-mine", "duty-behind", "duty-record-list", "duty-rules"):
        assert client.get(reverse(address)).status_code == 200
    assert client.get(reverse("duty-unit", args=[help.bureau.pk])).status_code == 200
