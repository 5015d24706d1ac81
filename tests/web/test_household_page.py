"""The page of a household: what is shown, masked, revealed, changed, refused, and how it was."""

import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bangfu.audit.models import Entry
from bangfu.registry import services
from bangfu.registry.models import Household, Member, Paper
from tests.conftest import House

pytestmark = pytest.mark.django_db
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.fixture
def zhang(make_household) -> Household:
    return make_household("张春梅", members=("王小红",), phone="13800138000", address="石桥路 12 号")


def text(page) -> str:
    return re.sub(r"\s+", " ", page.content.decode())


def form_data(page) -> dict:
    """What a browser would send back untouched."""
    form = page.context["form"]
    data = {}
    for field in form:
        value = field.value()
        if isinstance(value, date):
            value = field.field.widget.format_value(value)
        if value is not None and value is not False:
            data[field.html_name] = value
    return data


@pytest.mark.req("A3")
def test_the_page_shows_the_family_with_numbers_masked(house: House, zhang):
    page = house.client("county_office").get(f"/households/{zhang.pk}/")
    head = zhang.members.get(name="张春梅")
    assert "张春梅户" in text(page)
    assert "王小红" in text(page)
    assert head.id_no not in text(page)
    assert f"{head.id_no[:3]}***********{head.id_no[-4:]}" in text(page)
    assert "138****8000" in text(page)


@pytest.mark.req("H1")
@pytest.mark.parametrize("tail", ["", "income/", "papers/", "history/", "edit/dwelling/", "members/add/", "split/"])
def test_a_household_next_door_is_no_page_at_all(house: House, make_household, tail):
    other = make_household("李国强", house.neighbour_village)
    assert house.client("township_station", house.township).get(f"/households/{other.pk}/{tail}").status_code == 404


@pytest.mark.req("H3")
def test_a_full_number_costs_a_click_that_leaves_a_trace(house: House, zhang):
    head = zhang.members.get(name="张春梅")
    answer = house.client("county_office").post(
        f"/households/{zhang.pk}/members/{head.pk}/reveal/id_no/", headers={"HX-Request": "true"}
    )
    assert head.id_no in answer.content.decode()
    trace = Entry.objects.latest("number")
    assert trace.action == "registry.revealed"
    assert head.id_no not in trace.detail


def test_without_the_right_there_is_no_button_and_no_answer(house: House, zhang):
    client = house.client("village_committee")
    head = zhang.members.get(name="张春梅")
    assert "看全号" not in text(client.get(f"/households/{zhang.pk}/"))
    answer = client.post(f"/households/{zhang.pk}/members/{head.pk}/reveal/id_no/", headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert head.id_no not in answer.content.decode()


def test_only_what_is_sensitive_can_be_revealed_and_only_by_post(house: House, zhang):
    client = house.client("county_office")
    assert client.post(f"/households/{zhang.pk}/reveal/remark/").status_code == 404
    assert client.get(f"/households/{zhang.pk}/reveal/phone/").status_code == 405


def test_a_section_is_changed_with_a_reason_and_the_history_tells_it(house: House, zhang):
    client = house.client("county_office")
    address = f"/households/{zhang.pk}/edit/dwelling/"
    data = form_data(client.get(address)) | {"house_area_m2": "96.5", "dangerous_house": "no", "reason": "六月入户核实"}
    assert client.post(address, data).status_code == 302
    zhang.refresh_from_db()
    assert (zhang.dwelling.house_area_m2, zhang.dwelling.dangerous_house) == (pytest.approx(96.5), False)
    told = text(client.get(f"/households/{zhang.pk}/history/"))
    assert "六月入户核实" in told
    assert "住房面积" in told


def test_a_change_without_reason_is_refused_under_the_field(house: House, zhang):
    client = house.client("county_office")
    address = f"/households/{zhang.pk}/edit/contact/"
    page = client.post(address, form_data(client.get(address)) | {"address": "新村 1 号"})
    assert page.status_code == 422
    assert page.context["form"].errors.keys() == {"reason"}


def test_what_the_registry_refuses_stands_under_its_field(house: House, zhang):
    client = house.client("county_office")
    head = zhang.members.get(name="张春梅")
    address = f"/households/{zhang.pk}/members/{head.pk}/edit/"
    wrong = head.id_no[:-1] + ("1" if head.id_no[-1] != "1" else "2")
    page = client.post(address, form_data(client.get(address)) | {"id_no": wrong, "reason": "更正"})
    assert page.status_code == 422
    assert "id_no" in page.context["form"].errors
    assert "校验码" in text(page)


def test_nothing_changed_means_nothing_saved(house: House, zhang):
    client = house.client("county_office")
    address = f"/households/{zhang.pk}/edit/contact/"
    before = Household.history.filter(id=zhang.pk).count()
    page = client.post(address, form_data(client.get(address)) | {"reason": "看看"}, follow=True)
    assert "没有改动" in text(page)
    assert Household.history.filter(id=zhang.pk).count() == before


def test_personal_data_never_come_back_in_a_form_and_stay_when_left_empty(house: House, zhang):
    client = house.client("county_office")
    address = f"/households/{zhang.pk}/edit/contact/"
    page = client.get(address)
    assert "13800138000" not in text(page)
    assert "现为 138****8000" in text(page)
    client.post(address, form_data(page) | {"address": "新村 1 号", "reason": "搬家"})
    zhang.refresh_from_db()
    assert (zhang.phone, zhang.address) == ("13800138000", "新村 1 号")


def test_the_word_qingkong_clears_personal_data(house: House, zhang):
    client = house.client("county_office")
    address = f"/households/{zhang.pk}/edit/contact/"
    client.post(address, form_data(client.get(address)) | {"phone": "清空", "reason": "号码停用"})
    zhang.refresh_from_db()
    assert zhang.phone == ""


def _meanwhile(house: House, household: Household, **values) -> None:
    services.save_household(
        by=house.officer("township_station", house.township), household=household, values=values, reason="另一人先改"
    )


def test_two_officers_changing_one_field_are_shown_both_values(house: House, zhang):
    client = house.client("county_office")
    address = f"/households/{zhang.pk}/edit/contact/"
    opened = form_data(client.get(address))
    _meanwhile(house, zhang, address="他人写的地址")
    page = client.post(address, opened | {"address": "我写的地址", "reason": "核实"})
    assert page.status_code == 422
    assert "他人写的地址" in text(page)
    assert "我写的地址" in text(page)
    zhang.refresh_from_db()
    assert zhang.address == "他人写的地址"
    again = form_data(page)
    assert client.post(address, again | {"reason": "核实"}).status_code == 302
    zhang.refresh_from_db()
    assert zhang.address == "我写的地址"


def test_what_another_officer_changed_elsewhere_in_the_form_is_kept(house: House, zhang):
    client = house.client("county_office")
    address = f"/households/{zhang.pk}/edit/contact/"
    opened = form_data(client.get(address))
    _meanwhile(house, zhang, bank_name="农商行")
    assert client.post(address, opened | {"address": "我写的地址", "reason": "核实"}).status_code == 302
    zhang.refresh_from_db()
    assert (zhang.address, zhang.bank_name) == ("我写的地址", "农商行")


def test_a_new_household_is_registered_with_its_first_person(house: House):
    client = house.client("county_office")
    page = client.get("/households/add/", {"area": house.village.pk})
    answer = client.post(
        f"/households/add/?area={house.village.pk}",
        form_data(page) | {"village": house.village.pk, "household_type": "02", "reason": "新立户"},
    )
    made = Household.objects.get()
    assert answer.headers["Location"].startswith(f"/households/{made.pk}/")
    page = client.get(f"/households/{made.pk}/members/add/")
    data = form_data(page) | {
        "event": "20",
        "on": "2024-01-01",
        "name": "赵六",
        "relation_to_head": "01",
        "education_level": "03",
        "sex": "1",
        "reason": "新立户",
    }
    answer = client.post(f"/households/{made.pk}/members/add/", data)
    assert answer.status_code == 302, answer.context["form"].errors
    made.refresh_from_db()
    assert made.head_name == "赵六"


def test_a_person_who_leaves_stays_in_the_file(house: House, zhang):
    client = house.client("county_office")
    person = zhang.members.get(name="王小红")
    address = f"/households/{zhang.pk}/members/{person.pk}/leave/"
    answer = client.post(address, {"kind": "02", "on": "2024-05-01", "reason": "出嫁"})
    assert answer.status_code == 302
    assert "已离开本户 1 人" in text(client.get(f"/households/{zhang.pk}/"))


def test_when_the_head_leaves_somebody_follows(house: House, zhang):
    client = house.client("county_office")
    head, heir = zhang.members.get(name="张春梅"), zhang.members.get(name="王小红")
    address = f"/households/{zhang.pk}/members/{head.pk}/leave/"
    data = {"kind": "01", "on": "2024-05-01", "reason": "病故"}
    assert client.post(address, data).status_code == 422
    assert client.post(address, data | {f"as_{heir.pk}": "01"}).status_code == 302
    zhang.refresh_from_db()
    assert zhang.head_name == "王小红"


def test_a_household_is_split_and_another_merged(house: House, zhang, make_household):
    client = house.client("county_office")
    person = zhang.members.get(name="王小红")
    address = f"/households/{zhang.pk}/split/"
    answer = client.post(
        address, {f"go_{person.pk}": "on", f"as_{person.pk}": "01", "on": "2024-05-01", "reason": "成家"}
    )
    assert answer.status_code == 302, answer.context["form"].errors
    new = Household.objects.get(head_name="王小红")
    address = f"/households/{zhang.pk}/merge/"
    assert "王小红" in text(client.get(address, {"other": new.household_no}))
    answer = client.post(
        address, {"other": new.household_no, f"as_{person.pk}": "04", "on": "2024-06-01", "reason": "并户"}
    )
    assert answer.status_code == 302, answer.context["form"].errors
    new.refresh_from_db()
    assert (new.ended_on, new.merged_into_id) == (date(2024, 6, 1), zhang.pk)
    assert "销户" in text(client.get(f"/households/{new.pk}/"))


@pytest.mark.req("A5")
def test_an_income_statement_is_entered_by_lines_and_explains_itself(house: House, zhang):
    client = house.client("county_office")
    data = {
        "year": "2024", "window_start": "2023-10-01", "window_end": "2024-09-30", "members_counted": "2",
        "reason": "核算", "lines-TOTAL_FORMS": "3", "lines-INITIAL_FORMS": "0",
        "lines-0-code": "wage.migrant", "lines-0-amount": "24000.50",
        "lines-1-code": "production.crops", "lines-1-amount": "1000",
        "lines-2-code": "", "lines-2-amount": "",
    }  # fmt: skip
    answer = client.post(f"/households/{zhang.pk}/income/add/", data)
    assert answer.status_code == 302, (answer.context["form"].errors, answer.context["lines"].errors)
    page = text(client.get(f"/households/{zhang.pk}/income/"))
    assert "25,000.50" in page
    assert "25,000.50 ÷ 2 人" in page
    assert "12,500.25" in page


def test_a_wrong_line_is_marked_where_it_is_wrong(house: House, zhang):
    data = {
        "year": "2024", "window_start": "2023-10-01", "window_end": "2024-09-30", "reason": "核算",
        "lines-TOTAL_FORMS": "2", "lines-INITIAL_FORMS": "0", "lines-0-code": "wage.migrant", "lines-0-amount": "",
        "lines-1-code": "", "lines-1-amount": "5",
    }  # fmt: skip
    page = house.client("county_office").post(f"/households/{zhang.pk}/income/add/", data)
    assert page.status_code == 422
    assert [set(line) for line in page.context["lines"].errors] == [{"amount"}, {"code"}]


def test_a_paper_is_kept_shown_with_its_own_type_and_removed(house: House, zhang):
    client = house.client("county_office")
    upload = SimpleUploadedFile("户口簿.png", PNG, "text/html")
    answer = client.post(f"/households/{zhang.pk}/papers/add/", {"upload": upload, "kind": "01"})
    assert answer.status_code == 302, answer.context["form"].errors
    paper = Paper.objects.get()
    assert "户口簿" in text(client.get(f"/households/{zhang.pk}/papers/"))
    seen = client.get(f"/households/{zhang.pk}/papers/{paper.pk}/")
    assert (seen["Content-Type"], seen["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert b"".join(seen.streaming_content)[:4] == b"\x89PNG"
    client.post(f"/households/{zhang.pk}/papers/{paper.pk}/remove/", {"reason": "传错"})
    assert client.get(f"/households/{zhang.pk}/papers/{paper.pk}/").status_code == 404


def test_the_page_of_a_past_day_shows_what_was_on_record_and_nothing_to_change(house: House, zhang):
    client = house.client("county_office")
    yesterday = date.today() - timedelta(days=1)
    for model in (Household, Member):
        model.history.model.objects.update(history_date=f"{yesterday}T08:00:00+08:00")
    services.save_household(
        by=house.officer("county_office"), household=zhang, values={"address": "今天的地址"}, reason="今天改"
    )
    page = text(client.get(f"/households/{zhang.pk}/", {"on": str(yesterday)}))
    assert "石桥路 12 号" in page
    assert "今天的地址" not in page
    assert "只供查阅" in page
    assert "/edit/" not in page
    assert "还没有这一户" in text(client.get(f"/households/{zhang.pk}/", {"on": "2015-01-01"}))


def test_the_queries_of_the_page_do_not_grow_with_the_family(house: House, make_household, with_income):
    client = house.client("county_office")

    def queries(household: Household, tail: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/households/{household.pk}/{tail}").status_code == 200
        return len(asked)

    small, large = make_household("张一"), make_household("李一", members=("李二", "李三", "李四", "李五"))
    for household, years in ((small, 1), (large, 4)):
        for year in range(years):
            with_income(household, 2020 + year, "1000")
    for tail in ("", "income/", "papers/", "history/"):
        assert queries(small, tail) == queries(large, tail), tail


def test_home_counts_my_area_and_lists_my_work(house: House, zhang):
    page = text(house.client("county_office").get("/"))
    assert "青禾乡" in page
    assert "建档" in page
    assert f"/households/{zhang.pk}/" in page


def test_home_of_a_township_counts_only_the_township(house: House, make_household):
    make_household("张春梅")
    make_household("李国强", house.neighbour_village)
    client = house.client("township_station", house.township)
    assert client.get("/").status_code == 200
    assert re.search(r'figure-value">1<small>户', text(client.get("/")))
    assert "白水镇" not in text(client.get("/"))


def test_home_numbers_open_the_households_they_count(house: House, make_household):
    of_campaign = {"household_type": "01", "main_cause": "01", "poverty_status": "0"}
    make_household("张春梅", **of_campaign, first_identified=date(2015, 1, 1))
    make_household("李国强", house.neighbour_village)
    client = house.client("county_office")
    page = client.get("/")
    assert f"{date.today().year} 年" in text(page)
    links = dict(re.findall(r'href="(/households/\?[^"]+)">([\d,]+)</a>', page.content.decode()))
    assert sum(f"area={house.township.pk}" in link for link in links) == 4, "all, registered, poor, with allowance"
    for link, number in links.items():
        opened = client.get(link.replace("&amp;", "&")).context["count"]
        assert opened.number == int(number), f"{link}: every household here is one person"


def test_big_numbers_are_grouped_alike(house: House):
    from bangfu.registry.models import YearCount

    village = house.village
    figures = {"households": 12345, "people": 54321, "registered_people": 10000}
    YearCount.objects.create(village=village, place=village.place, year=date.today().year, **figures)
    client = house.client("county_office")
    for page in (client.get("/"), client.get(f"/areas/{village.pk}/")):
        assert "54,321" in text(page) and "10,000" in text(page)
        assert "54321" not in re.sub(r"<script.*?</script>|<[^>]*>", " ", text(page))


@pytest.mark.parametrize("role", ["system_administrator", "security_administrator", "audit_administrator"])
def test_home_of_an_administrator_says_what_they_can_do(house: House, role):
    page = text(house.client(role).get("/"))
    assert "您可以办理" in page and "您的岗位不经办户档" in page
    assert "人员、岗位与账号的登记情况" in page
    assert ("查看谁在何时做了什么" in page) == (role == "audit_administrator")
    assert "农村户" not in page and "这里还没有户档" not in page


def test_an_officer_who_comes_in_between_is_not_overwritten(house: House, zhang, monkeypatch):
    """The form has compared what was shown with what is on file; then, before it is saved, somebody else saves."""
    client = house.client("county_office")
    address = f"/households/{zhang.pk}/edit/dwelling/"
    data = form_data(client.get(address)) | {"house_area_m2": "96.5", "reason": "核实"}
    save = services.save_household

    def later(**how):
        monkeypatch.setattr(services, "save_household", save)
        _meanwhile(house, zhang, house_area_m2=80)
        return save(**how)

    monkeypatch.setattr(services, "save_household", later)
    page = client.post(address, data)
    assert page.status_code == 422
    assert "改过同一份记录" in text(page)
    zhang.refresh_from_db()
    assert zhang.dwelling.house_area_m2 == 80


def _statement(amount: str) -> dict:
    return {
        "year": "2024", "window_start": "2023-10-01", "window_end": "2024-09-30", "reason": "核算",
        "lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0",
        "lines-0-code": "wage.migrant", "lines-0-amount": amount,
    }  # fmt: skip


def test_two_officers_at_one_statement_are_shown_what_the_other_saved(house: House, zhang, with_income):
    with_income(zhang, 2024, "12000")
    client = house.client("county_office")
    address = f"/households/{zhang.pk}/income/2024/edit/"
    seen = client.get(address).context["form"]["seen"].value()
    with_income(zhang, 2024, "15000.50")
    page = client.post(address, _statement("9000") | {"seen": seen})
    assert page.status_code == 422
    assert "15,000.50" in text(page) and "9000" in text(page)
    assert zhang.income_years.get().net_income == pytest.approx(15000.5)
    again = client.post(address, _statement("9000") | {"seen": page.context["form"]["seen"].value()})
    assert again.status_code == 302
    assert zhang.income_years.get().net_income == 9000


def test_a_new_statement_does_not_take_the_place_of_one_on_file(house: House, zhang, with_income):
    with_income(zhang, 2024, "12000")
    page = house.client("county_office").post(f"/households/{zhang.pk}/income/add/", _statement("9000"))
    assert page.status_code == 422
    assert "year" in page.context["form"].errors


def test_when_the_old_head_splits_off_those_who_stay_choose_theirs(house: House, make_household):
    of = make_household("张春梅", members=("王小红", "王小明"))
    head, heir, child = of.members.order_by("pk")
    client = house.client("county_office")
    address = f"/households/{of.pk}/split/"
    data = {f"go_{head.pk}": "on", f"as_{head.pk}": "01", "on": "2024-05-01", "reason": "分户"}
    page = client.post(address, data)
    assert page.status_code == 422
    assert {f"as_{heir.pk}", f"as_{child.pk}"} <= set(page.context["form"].errors)
    assert client.post(address, data | {f"as_{heir.pk}": "01", f"as_{child.pk}": "99"}).status_code == 302
    of.refresh_from_db()
    assert (of.head_name, of.members_count) == ("王小红", 2)


@pytest.mark.req("H3")
def test_a_phone_is_revealed_in_the_page_for_its_officers_alone(house: House, zhang):
    assert "看全号" in text(house.client("county_office").get(f"/households/{zhang.pk}/"))
    client = house.client("township_station", house.neighbour_township)
    assert client.post(f"/households/{zhang.pk}/reveal/phone/").status_code == 404
    own = house.client("county_office").post(f"/households/{zhang.pk}/reveal/phone/", headers={"HX-Request": "true"})
    assert "13800138000" in own.content.decode()
    assert Entry.objects.filter(action="registry.revealed").count() == 1
