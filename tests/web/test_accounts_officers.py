"""The pages of officers and posts: each only with its right and inside one's areas."""

import re
from datetime import date

import pytest

from bangfu.accounts import services
from bangfu.accounts.models import Officer, Post
from bangfu.audit.models import Entry

pytestmark = pytest.mark.req("H1")


@pytest.fixture
def zhang(house):
    made = services.create_officer(
        by=None, username="zhang", name="张伟", area=house.township, phone="13812345678"
    ).officer
    Post.objects.create(officer=made, role_id="helper", area=house.village, starts_on=date(2020, 1, 1))
    return made


@pytest.fixture
def foreigner(house):
    return services.create_officer(by=None, username="far", name="远方", area=house.neighbour_county).officer


def test_a_system_administrator_makes_an_account_and_sees_its_password_once(house):
    client = house.client("system_administrator")
    form = {"username": "li.na", "name": "李娜", "area": house.village.pk, "unit": "村委会", "phone": ""}
    page = client.post("/officers/new/", form)
    made = Officer.objects.get(username="li.na")
    password = re.search(r'id="initial-password">([^<]+)<', page.content.decode())[1]
    assert made.check_password(password) and made.area == house.village
    assert password not in client.get(f"/officers/{made.pk}/").content.decode()


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(house, zhang):
    client = house.client("system_administrator")
    page = client.post("/officers/new/", {"username": "zhang", "name": "另一位", "area": house.village.pk})
    assert "已有人使用" in page.content.decode() and "另一位" in page.content.decode()
    page = client.post("/officers/new/", {"username": "w.w", "name": "王五", "area": house.neighbour_county.pk})
    assert page.status_code == 200 and not Officer.objects.filter(username="w.w").exists()


def test_the_list_finds_by_name_role_and_state_inside_the_county(house, zhang, foreigner):
    client = house.client("system_administrator")
    found = {q: client.get(f"/officers/?{q}").content.decode() for q in ("", "q=zhang", "role=helper", "state=closed")}
    assert "张伟" in found[""] and "远方" not in found[""]
    assert "张伟" in found["q=zhang"] and "张伟" in found["role=helper"] and "张伟" not in found["state=closed"]
    assert "没有符合条件的人员" in found["state=closed"]
    assert "<html" not in client.get("/officers/?q=z", headers={"HX-Request": "true"}).content.decode()


def test_a_telephone_is_masked_on_the_page(house, zhang):
    page = house.client("audit_administrator").get(f"/officers/{zhang.pk}/").content.decode()
    assert "138****5678" in page and "13812345678" not in page


@pytest.mark.parametrize("role", ["county_office", "township_station", "village_committee", "province_office"])
def test_who_does_not_look_after_staff_does_not_see_the_pages(house, zhang, role):
    client = house.client(role)
    for address in ("/officers/", f"/officers/{zhang.pk}/", "/officers/new/", "/officers/areas/"):
        assert client.get(address).status_code == 403, address


@pytest.mark.parametrize(
    "what, data, allowed",
    [
        ("change", {"name": "张卫", "unit": "", "phone": ""}, "system_administrator"),
        ("close", {"reason": "调离"}, "system_administrator"),
        ("password", {}, "system_administrator"),
        ("unlock", {}, "security_administrator"),
        ("two-factor", {}, "security_administrator"),
        ("posts", {"role": "helper", "starts_on": "2026-01-01"}, "security_administrator"),
    ],
)
def test_each_deed_is_done_by_one_kind_of_administrator_only(house, zhang, what, data, allowed):
    data = {**data, "area": house.other_village.pk}
    for role in ("system_administrator", "security_administrator", "audit_administrator"):
        before = Entry.objects.count()
        answer = house.client(role).post(f"/officers/{zhang.pk}/{what}/", data)
        done = Entry.objects.count() > before
        assert (answer.status_code in (200, 302)) == done == (role == allowed), (role, answer.status_code)


def test_a_refused_post_says_why_and_opens_its_form_again(house, zhang):
    client = house.client("security_administrator")
    wrong = {"role": "county_office", "area": house.village.pk, "starts_on": "2026-01-01"}
    page = client.post(f"/officers/{zhang.pk}/posts/", wrong)
    assert page.status_code == 422 and "这一级没有这个岗位" in page.content.decode()
    elsewhere = {"role": "helper", "area": house.neighbour_county.pk, "starts_on": "2026-01-01"}
    assert client.post(f"/officers/{zhang.pk}/posts/", elsewhere).status_code == 422
    assert zhang.posts.count() == 1


def test_a_post_is_ended_on_a_day(house, zhang):
    client = house.client("security_administrator")
    post = zhang.posts.get()
    assert client.post(f"/officers/posts/{post.pk}/end/", {"on": "2026-03-31"}).status_code == 302
    post.refresh_from_db()
    assert post.ends_on == date(2026, 3, 31)
    early = client.post(f"/officers/posts/{post.pk}/end/", {"on": "2019-01-01"})
    assert early.status_code == 422 and "早于任职日期" in early.content.decode()


def test_the_areas_to_choose_from_are_searched_inside_the_county(house):
    client = house.client("security_administrator")

    def found(words):
        return client.get("/officers/areas/", {"area_words": words}).content.decode()

    assert "石桥村" in found("石桥") and "石桥村" in found("青禾") and "石桥村" in found("990121200201")
    assert "长滩县" not in found("") + found("长滩") + found("990122")
    assert "没有找到" in found("长滩")


def test_a_list_of_many_officers_asks_no_more_questions_than_one_of_few(
    house, zhang, client, django_assert_max_num_queries
):
    for number in range(40):
        made = Officer.objects.create(username=f"o{number}", name="人", area=house.village)
        Post.objects.create(officer=made, role_id="helper", area=house.village, starts_on=date(2020, 1, 1))
    browser = house.client("system_administrator")
    with django_assert_max_num_queries(16):
        page = browser.get("/officers/").content.decode()
    assert page.count('class="cell-title"') == 30 and "page=2" in page
