"""The pages of measures, plans and promises: what an officer sees, enters, and is told when it does not fit."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bangfu.registry.models import Household
from bangfu.support.models import Commitment, Measure, State, VillageProject
from tests.conftest import House
from tests.registry.making import household, person
from tests.support.giving import TODAY, days, given, poor, under_way, watched

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(house: House) -> Household:
    return household(house.officer("county_office"), house.village, person(1), person(2))


@pytest.fixture
def client(house: House) -> Any:
    return house.client("village_committee")


def page(client: Any, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def said(answer: Any) -> str:
    assert answer.status_code == 422
    return str(answer.content.decode())


@pytest.mark.req("C5")
def test_the_help_tab_shows_causes_with_their_measures_and_what_is_missing(client, home):
    poor(home, "01", "07")
    watched(home, "10")
    given(home, "0903", money=Decimal("1234.50"), quantity=None, starts_on=TODAY)
    given(home, "0501", starts_on=TODAY)
    text = page(client, "help-household", home.pk)
    assert "1,234.50" in text and text.count("还没有措施") == 2
    assert "对不上" in text and "危房改造" in text
    assert reverse("help-household", args=[home.pk]) in page(client, "household", home.pk)
    assert "还没有措施" in page(client, "help-household", home.pk, year=TODAY.year - 3)
    told = page(client, "help-should-have", home.pk)
    assert "Q130" in told and "Q129" not in told


@pytest.mark.req("C5")
def test_a_measure_is_entered_with_what_policy_proposes_and_refused_in_words(client, home):
    child = home.members.get(relation_to_head="21")
    address = reverse("help-measure-new", args=[home.pk])
    assert "选种类" in client.get(address).content.decode()
    text = page(client, "help-measure-new", home.pk, kind="0801")
    assert 'value="3000' in text and 'value="month" selected' in text
    values = {"starts_on": days(-3).isoformat(), "owner": "学校", "member": child.pk, "money": "3000", "unit": "month"}
    wrong = client.post(f"{address}?kind=0801", {**values, "ends_on": days(-9).isoformat()})
    assert "早于开始日期" in said(wrong)
    assert "未选" in said(client.post(f"{address}?kind=0801", {**values, "member": ""}))
    loan = {"starts_on": days(-3).isoformat(), "owner": "信用社", "money": "100000.01"}
    assert "超过政策上限" in said(client.post(f"{address}?kind=0301", loan))
    counted = {**values, "quantity": "2", "unit": "", "member": ""}
    assert "没有填计量单位" in said(client.post(f"{address}?kind=0102", counted))
    assert client.post(f"{address}?kind=0801", values).status_code == 302
    made = Measure.objects.get()
    assert (made.member, made.money, made.unit, made.owner) == (child, Decimal(3000), "", "学校")
    Household.objects.filter(pk=home.pk).update(ended_on=TODAY)
    assert "销户" in said(client.post(f"{address}?kind=0301", {**loan, "money": "1"}))


def test_a_measure_is_changed_and_taken_on_and_its_page_tells_everything(client, home):
    made = given(home, content="仔猪", ends_on=days(-1))
    text = page(client, "help-measure", made.pk)
    assert "已到期" in text and "仔猪" in text
    move = reverse("help-measure-move", args=[made.pk])
    assert "没有写明帮扶成效" in said(client.post(move, {"to": "done", "on": days(-1).isoformat(), "seen": 0}))
    change = reverse("help-measure-change", args=[made.pk])
    values = {"starts_on": made.starts_on.isoformat(), "ends_on": days(-1).isoformat(), "owner": "村委会",
              "quantity": "3", "unit": "head", "content": "仔猪", "reason": "多给一头", "seen": 0}  # fmt: skip
    assert client.post(change, values).status_code == 302
    assert "刚才已由" in said(client.post(change, {**values, "quantity": "4"}))
    result = {"to": "done", "on": days(-1).isoformat(), "result": "增收800元", "seen": 1}
    assert client.post(move, result).status_code == 302
    text = page(client, "help-measure", made.pk)
    assert "增收800元" in text and "2 → 3" in text and "多给一头" in text
    made.refresh_from_db()
    assert (made.state, made.quantity) == (State.DONE, 3)


@pytest.mark.req("C5")
def test_a_promise_is_entered_with_its_paper_and_later_settled(client, home):
    paper = SimpleUploadedFile("p.pdf", b"%PDF-1.4 promise %%EOF", "application/pdf")
    values = {"year": TODAY.year, "helper_name": "赵帮扶", "helper_promise": "帮卖猪", "household_promise": "养好猪",
              "helper_signed_on": TODAY.isoformat(), "household_signed_on": TODAY.isoformat(),
              "signer": home.head_name, "upload": paper}  # fmt: skip
    assert client.post(reverse("help-promise-new", args=[home.pk]), values).status_code == 302
    made = Commitment.objects.get()
    assert "赵帮扶" in page(client, "help-household", home.pk)
    address = reverse("help-promise", args=[made.pk])
    answer = client.post(address, {"helper_kept": "kept", "household_kept": "broken", "outcome": ""})
    assert "没有选择双方承诺" in said(answer)
    settled = {"helper_kept": "kept", "household_kept": "partly", "outcome": "死了一头"}
    assert client.post(address, settled).status_code == 302
    text = page(client, "help-promise", made.pk)
    assert "部分兑现" in text and "死了一头" in text and "登记兑现情况" not in text


@pytest.mark.req("C6")
def test_households_without_a_measure_are_listed_and_helped_together(client, house, home):
    by = house.officer("county_office")
    first, second = (poor(household(by, house.village, person(20 + n)), "07") for n in range(2))
    given(second, starts_on=TODAY, content="")
    text = page(client, "help-lacking")
    assert first.head_name in text and "缺技术" in text and f'value="{second.pk}"' not in text
    assert client.get(reverse("help-give")).status_code == 302  # nobody was ticked
    ids = {"household": [first.pk, second.pk]}
    assert "选择措施种类" in client.get(reverse("help-give"), ids).content.decode()
    assert "写明受益成员" in client.get(reverse("help-give"), {**ids, "kind": "0801"}).content.decode()
    values = {**ids, "kind": "0102", "starts_on": TODAY.isoformat(), "owner": "合作社", "quantity": "2", "unit": "head"}
    answer = client.post(reverse("help-give"), values).content.decode()
    assert second.head_name in answer and "已登记过同一天开始" in answer
    assert Measure.objects.filter(household=first).count() == 1
    assert first.head_name not in page(client, "help-lacking")


def test_the_list_of_measures_filters_and_sums(client, house, home):
    under_way(home, money=Decimal(500))
    given(home, "0903", money=Decimal("0.50"))
    other = household(house.officer("county_office"), house.neighbour_village, person(50))
    given(other, content="邻村的")
    text = page(client, "help-list")
    assert "共 2 条" in text and "邻村的" not in text and "产业帮扶" in text
    assert "共 1 条" in page(client, "help-list", measure_class="09")
    assert "没有符合条件" in page(client, "help-list", state="done")
    assert "共 2 条" in page(client, "help-list", state="nonsense", order="nonsense", page="9999999", year="x")


@pytest.mark.req("C6")
def test_a_village_s_plan_is_entered_and_adds_up(client, house, home):
    new = reverse("help-project-new", args=[house.village.pk])
    values = {"name": "6组通7组公路", "kind": "02", "year": TODAY.year, "quantity": "1.6", "unit": "km",
              "money": "480000", "households": "1", "people": "3", "state": "planned"}  # fmt: skip
    assert "超过" in said(client.post(new, {**values, "households": "16", "people": "130"}))
    assert client.post(new, values).status_code == 302
    given(home, starts_on=TODAY, money=Decimal(300))
    text = page(client, "help-village", house.village.pk)
    assert "6组通7组公路" in text and "1.6" in text and "480,000.00" in text
    made = VillageProject.objects.get()
    change = reverse("help-project", args=[made.pk])
    assert client.post(change, {**values, "state": "given_up", "seen": 1}).status_code == 422
    gone = {**values, "state": "given_up", "reason": "改道", "seen": 1}
    assert client.post(change, gone).status_code == 302
    assert "已取消的项目" in page(client, "help-village", house.village.pk)
    assert house.village.name in page(client, "help-villages")


def test_a_reader_sees_no_forms_and_may_not_post(house, home):
    made = given(home)
    reader = house.client("inspector", house.county)
    text = page(reader, "help-measure", made.pk)
    assert "更新进展" not in text
    assert reader.get(reverse("help-measure-new", args=[home.pk])).status_code == 403
    assert reader.post(reverse("help-measure-move", args=[made.pk]), {"to": "under_way"}).status_code == 403
