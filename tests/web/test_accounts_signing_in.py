"""Signing in and out as a browser does it."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp

from bangfu.accounts import services
from bangfu.accounts.models import Officer, Post
from bangfu.audit.models import Entry

pytestmark = pytest.mark.req("H1")
PASSWORD = "Kmpd-4827-qwxz"


@pytest.fixture
def officer(house):
    made = services.create_officer(
        by=None, username="zhang.wei", name="张伟", area=house.township, password=PASSWORD, must_change_password=False
    ).officer
    Post.objects.create(officer=made, role_id="township_station", area=house.township, starts_on="2020-01-01")
    return made


def sign_in(client, password=PASSWORD, username="zhang.wei", **more):
    return client.post("/sign-in/", {"username": username, "password": password, **more})


def actions():
    return list(Entry.objects.order_by("number").values_list("action", flat=True))


def test_an_officer_signs_in_and_lands_on_the_page_asked_for(officer):
    client = Client()
    asked = client.get("/my-account/?x=1")
    assert asked.url == "/sign-in/?next=%2Fmy-account%2F%3Fx%3D1"
    answer = sign_in(client, next="/my-account/?x=1")
    assert answer.url == "/my-account/?x=1"
    entry = Entry.objects.get(action="sign_in.done")
    assert (entry.actor_id, entry.place, entry.address) == (officer.pk, officer.area.place, "127.0.0.1")


def test_the_page_asked_for_is_one_of_this_site_or_the_home_page(officer):
    for bad in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"):
        assert sign_in(Client(), next=bad).url == "/", bad


def test_every_page_asks_for_signing_in_first(db):
    for address in ("/", "/my-account/", "/officers/", "/audit/", "/households/"):
        assert Client().get(address).url.startswith("/sign-in/"), address
    assert Client().post("/officers/new/", {}).url == "/sign-in/"


def test_a_part_fetched_by_htmx_sends_the_whole_page_to_sign_in(db):
    answer = Client().get(
        "/officers/?q=a", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/officers/?role=helper"}
    )
    assert answer.headers["HX-Redirect"] == "/sign-in/?next=%2Fofficers%2F%3Frole%3Dhelper"
    assert answer.content == b""


def test_a_wrong_password_says_so_in_words_and_leaves_a_trace(officer):
    page = sign_in(Client(), "falsch")
    assert page.status_code == 200 and "登录名或密码不对" in page.content.decode()
    unknown = sign_in(Client(), "falsch", username="nobody")
    assert "登录名或密码不对" in unknown.content.decode(), "the answer does not tell whether the name exists"
    assert actions()[-2:] == ["sign_in.failed", "sign_in.failed"]


def test_five_wrong_passwords_lock_the_account_and_the_page_says_how_long_and_whom_to_ask(officer, house):
    client = Client()
    for _ in range(4):
        assert sign_in(client, "falsch").status_code == 200
    locked = sign_in(client, "falsch")
    text = locked.content.decode()
    assert locked.status_code == 429
    assert re.search(r"约 (14|15) 分钟后", text) and "安全管理员" in text
    assert sign_in(client).status_code == 429, "the right password does not help while it is locked"
    assert actions()[-3:] == ["sign_in.failed", "sign_in.locked", "sign_in.while_locked"]
    services.unlock(by=house.officer("security_administrator"), officer=officer)
    assert sign_in(client).status_code == 302


def test_a_closed_account_does_not_get_in_and_one_signed_in_is_out_at_once(officer, house):
    client = Client()
    sign_in(client)
    assert client.get("/my-account/").status_code == 200
    services.close_account(by=house.officer("system_administrator"), officer=officer, reason="调离")
    assert client.get("/my-account/").url.startswith("/sign-in/")
    assert sign_in(client).status_code == 200


def test_half_an_hour_without_a_click_ends_the_session_and_the_sign_in_page_says_so(officer):
    client = Client()
    sign_in(client)
    assert settings.SESSION_COOKIE_AGE == 30 * 60
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    answer = client.get("/my-account/")
    assert answer.url == "/sign-in/?ended=1&next=%2Fmy-account%2F"
    assert "超过 30 分钟没有操作" in client.get(answer.url).content.decode()
    assert "超过 30 分钟没有操作" not in Client().get("/sign-in/").content.decode()


def test_a_click_puts_the_end_of_the_session_off_and_writes_it_once_in_a_minute(officer, settings):
    client = Client()
    sign_in(client)

    def end_after_a_click():
        assert client.get("/my-account/").status_code == 200
        return Session.objects.get().expire_date

    first = end_after_a_click()
    assert settings.SESSION_WRITTEN_AFTER == 60 and end_after_a_click() == first
    settings.SESSION_WRITTEN_AFTER = 0
    assert first < end_after_a_click() < end_after_a_click()


def test_signing_out_takes_a_post_and_leaves_a_trace(officer):
    client = Client()
    sign_in(client)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").url == "/sign-in/"
    assert client.get("/my-account/").url.startswith("/sign-in/")
    assert actions()[-1] == "sign_in.out"


def test_an_initial_password_is_changed_before_anything_else(officer):
    Officer.objects.update(must_change_password=True)
    client = Client()
    sign_in(client)
    assert client.get("/officers/").url == "/my-account/password/?next=%2Fofficers%2F"
    page = client.get("/my-account/password/").content.decode()
    assert "至少三种" in page, "the rules are shown"
    weak = client.post("/my-account/password/", {"current": PASSWORD, "new": "abc", "again": "abc"})
    assert weak.status_code == 200 and "这个密码不能使用" in weak.content.decode()
    differs = client.post("/my-account/password/", {"current": PASSWORD, "new": "Neu-4827-a", "again": "Neu-4827-b"})
    assert "两次输入的新密码不一致" in differs.content.decode()
    new = "Neu-4827-pass"
    done = client.post("/my-account/password/", {"current": PASSWORD, "new": new, "again": new, "next": "/my-account/"})
    assert done.url == "/my-account/"
    assert client.get("/my-account/").status_code == 200, "this session goes on"


def test_a_changed_password_ends_the_other_sessions(officer):
    here, there = Client(), Client()
    sign_in(here)
    sign_in(there)
    new = "Neu-4827-pass"
    here.post("/my-account/password/", {"current": PASSWORD, "new": new, "again": new})
    assert here.get("/my-account/").status_code == 200
    assert there.get("/my-account/").url.startswith("/sign-in/?ended=1")


def set_up_second_step(client):
    client.post("/my-account/two-factor/", {"do": "begin"})
    page = client.get("/my-account/two-factor/").content.decode()
    assert "data:image/svg+xml" in page
    device = Officer.objects.get(username="zhang.wei").totpdevice_set.get()
    done = client.post("/my-account/two-factor/", {"do": "confirm", "code": f"{totp(device.bin_key):06d}"})
    assert done.url == "/my-account/"
    return device


def test_with_a_second_step_no_page_but_the_code_page_opens_until_the_code_is_right(officer):
    client = Client()
    sign_in(client)
    device = set_up_second_step(client)
    assert client.get("/my-account/").status_code == 200, "this session has just proved it"

    other = Client()
    assert sign_in(other, next="/my-account/").url == "/sign-in/code/?next=%2Fmy-account%2F"
    for address in ("/", "/my-account/", "/officers/", "/households/", "/my-account/password/", "/sign-in/code/x"):
        answer = other.get(address)
        assert answer.status_code == 404 or answer.url.startswith("/sign-in/code/"), address
    part = other.get("/households/", headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"].startswith("/sign-in/code/")
    page = other.get("/sign-in/code/?next=/my-account/")
    assert page.status_code == 200 and "还差一步" in page.content.decode()
    assert "动态口令不对" in other.post("/sign-in/code/", {"code": "000000"}).content.decode()
    device.refresh_from_db()
    device.throttle_reset()
    device.last_t = -1
    device.save()
    code = f"{totp(device.bin_key):06d}"
    assert other.post("/sign-in/code/", {"code": code, "next": "/my-account/"}).url == "/my-account/"
    assert other.get("/my-account/").status_code == 200


def test_a_code_page_without_a_password_first_leads_to_signing_in(db):
    assert Client().get("/sign-in/code/").url == "/sign-in/"


def test_the_second_step_is_ended_with_the_password(officer):
    client = Client()
    sign_in(client)
    set_up_second_step(client)
    wrong = client.post("/my-account/two-factor/", {"do": "end", "password": "falsch"})
    assert "现在的密码不对" in wrong.content.decode()
    assert client.post("/my-account/two-factor/", {"do": "end", "password": PASSWORD}).url == "/my-account/"
    assert sign_in(Client()).url == "/"


def test_the_language_is_kept_with_the_officer_and_before_signing_in_in_the_browser(officer):
    client = Client()
    assert client.post("/language/", {"language": "en", "next": "/sign-in/"}).url == "/sign-in/"
    assert 'lang="en"' in client.get("/sign-in/").content.decode()
    sign_in(client)
    assert 'lang="zh-hans"' in client.get("/my-account/").content.decode(), "the officer's own choice goes first"
    client.post("/language/", {"language": "zh-hant", "next": "/my-account/"})
    assert 'lang="zh-hant"' in client.get("/my-account/").content.decode()
    assert Officer.objects.get(pk=officer.pk).language == "zh-hant"
    assert client.post("/language/", {"language": "xx"}).status_code == 400
    assert client.get("/language/").status_code == 405
    assert client.post("/language/", {"language": "en", "next": "https://evil.example/"}).url == "/"


def test_no_page_may_be_kept_by_a_browser_or_framed(officer):
    answer = Client().get("/sign-in/")
    assert "no-store" in answer.headers["Cache-Control"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
