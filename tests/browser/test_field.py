"""The phone in the field, in a real browser and over a wire that can be cut: nothing is lost, nothing is double."""

import hashlib
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone, translation
from PIL import Image
from playwright.sync_api import expect

from bangfu.registry.models import Household
from bangfu.visits.models import Photo, Submission, Visit
from bangfu.web.field import code
from bangfu.web.field.texts import TEXTS
from bangfu.web.visits import turns
from tests.browser.conftest import Site
from tests.browser.test_axe import faults
from tests.browser.wire import Wire

PIN = "482915"
WHO = "first_secretary"
ALL_ARRIVED = "全部已送达"


@pytest.fixture
def wire(site: Site) -> Iterator[Wire]:
    wire = Wire(site.url)
    site.watch.homes.add(urlsplit(wire.url).netloc)
    site.watch.cuts_wanted = True
    yield wire
    wire.close()


def picture(seed: int = 0, size: tuple[int, int] = (1200, 900)) -> dict[str, Any]:
    """A photo that does not shrink to nothing: noise, different for every seed."""
    noise = Image.effect_noise((size[0] // 2, size[1] // 2), 60 + seed).resize(size).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=90)
    return {"name": f"IMG_{seed}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def take_along(page: Any, wire: Wire) -> None:
    page.goto(f"{wire.url}/field/")
    page.get_by_label("新口令").fill(PIN)
    page.get_by_label("再输一遍").fill(PIN)
    page.get_by_role("button", name="设好口令").click()
    expect(page.get_by_text("已带走 2 户")).to_be_visible()


def unlock(page: Any, pin: str = PIN) -> None:
    page.get_by_label("手机口令").fill(pin)
    page.get_by_role("button", name="打开", exact=True).click()


def begin(page: Any, head: str = "张春梅", form: str = "四个一") -> None:
    page.get_by_role("link", name=re.compile(head)).click()
    page.get_by_role("button", name=re.compile(form)).click()
    expect(page.get_by_role("button", name="填完了")).to_be_visible()


def pick(page: Any, question: str, answer: str) -> None:
    page.locator(f"[data-question={question}]").get_by_text(answer, exact=True).click()


def fill_in(page: Any, wishes: str, *photos: dict[str, Any]) -> None:
    for question in ("talked", "measures_sorted", "data_checked", "tidied"):
        pick(page, question, "是")
    page.get_by_label("家里的想法和诉求").fill(wishes)
    for number, photo in enumerate(photos, 1):
        page.locator("input[type=file]").set_input_files(photo)
        expect(page.locator(".photos li")).to_have_count(number)


def finish(page: Any) -> None:
    page.get_by_role("button", name="填完了").click()
    expect(page.locator("#standing")).to_be_visible()


def everything_arrived(page: Any, timeout: float = 30_000) -> None:
    expect(page.locator("#standing")).to_contain_text(ALL_ARRIVED, timeout=timeout)


def kept_content(photo: Photo) -> bytes:
    return (Path(settings.HOME) / "papers" / photo.sha256[:2] / photo.sha256[2:]).read_bytes()


def on_the_phone(page: Any) -> str:
    """Everything that lies in the databases of this origin, bytes as letters: what a thief would read."""
    return str(
        page.evaluate(
            """async () => {
              const asked = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
              let text = "";
              const letters = (value) => {
                if (value instanceof ArrayBuffer) value = new Uint8Array(value);
                if (ArrayBuffer.isView(value)) return new TextDecoder("utf-8").decode(value);
                if (!value || typeof value !== "object") return String(value);
                return Object.entries(value).flat().map(letters).join(" ");
              };
              for (const { name } of await indexedDB.databases()) {
                const database = await asked(indexedDB.open(name));
                for (const store of database.objectStoreNames) {
                  const rows = await asked(database.transaction(store).objectStore(store).getAll());
                  text += rows.map(letters).join(" ");
                }
                database.close();
              }
              return text;
            }"""
        )
    )


@pytest.mark.req("C4")
@pytest.mark.req("H5")
def test_a_visit_filled_in_without_a_network_survives_closing_and_arrives_whole(site: Site, wire: Wire, county: Any):
    page = site.page(WHO, phone=True, url=wire.url)
    take_along(page, wire)
    wire.down()
    page.reload()  # no network: the page itself comes from the phone
    unlock(page)
    begin(page)
    pick(page, "cooperative", "是")
    fill_in(page, "想学养蜂", picture(1, (3000, 2000)))
    page.get_by_label("见到了谁").type("张春梅", delay=1)
    context = page.context
    page.close()  # the tab is killed in the middle of the form
    page = site.watch.over(context.new_page())
    page.goto(f"{wire.url}/field/")
    unlock(page)
    page.get_by_role("link", name="继续填写").click()
    expect(page.get_by_label("家里的想法和诉求")).to_have_value("想学养蜂")
    expect(page.get_by_label("见到了谁")).to_have_value("张春梅")
    expect(page.locator(".photos img")).to_have_count(1)
    finish(page)
    expect(page.locator("#standing")).to_contain_text("走访 1 次，照片 1 张")
    expect(page.locator("#field-net")).to_have_text("没有网络，都存在手机上")
    at_rest = on_the_phone(page)
    assert "waiting" in at_rest
    assert not [word for word in ("张春梅", "想学养蜂", county.household_no, "石桥", PIN) if word in at_rest]
    assert not Visit.objects.exists()
    wire.up()
    page.get_by_role("button", name="现在发送").click()
    everything_arrived(page)
    [visit] = Visit.objects.all()
    assert (visit.household_id, visit.channel, visit.met_with) == (county.pk, "field", "张春梅")
    assert visit.answers["wishes"] == "想学养蜂" and visit.answers["talked"] is True
    assert [(c.column, c.found) for c in visit.corrections.all()] == [("in_cooperative", True)]
    [photo] = Photo.objects.all()
    assert photo.state == Photo.State.KEPT
    assert max(Image.open(io.BytesIO(kept_content(photo))).size) == 1600  # shrunk on the phone
    assert photo.size < 700_000


def test_a_phone_that_is_told_to_come_later_comes_by_itself_until_it_is_its_turn(
    site: Site, wire: Wire, county: Household, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(turns, "AGAIN_AFTER", (1, 1))
    page = site.page(WHO, phone=True, url=wire.url)
    take_along(page, wire)
    begin(page)
    fill_in(page, "想学养蜂", picture(2))
    held = [turns._turns.acquire(blocking=False) for _each in range(turns.AT_ONCE)]
    try:
        with page.expect_response(lambda answer: answer.status == 503):
            finish(page)
        assert all(held) and not Visit.objects.exists()
    finally:
        for _each in held:
            turns._turns.release()
    everything_arrived(page, 10_000)  # far sooner than the pause after which a phone tries again otherwise
    assert Visit.objects.get().photos.get().state == Photo.State.KEPT


def test_a_form_asks_of_each_person_and_only_what_its_conditions_let_it_ask(site: Site, wire: Wire, county: Household):
    page = site.page(WHO, phone=True, url=wire.url)
    take_along(page, wire)
    begin(page, form="六项")
    finish_button = page.get_by_role("button", name="填完了")
    finish_button.click()
    expect(page.locator("#q-income_stable-fault")).to_have_text("这一项必须填写。")
    expect(page.locator("#q-income_stable-part")).to_be_in_viewport()
    expect(page.locator("[data-question=house_trouble]")).to_be_hidden()
    pick(page, "house_safe", "否")
    page.get_by_label("住房存在的问题").fill("漏雨")
    pick(page, "house_safe", "是")  # what was typed under the condition is not sent
    for question in ("income_stable", "food", "protein", "clothes", "water_quality"):
        pick(page, question, "是")
    pick(page, "pond", "否")
    page.get_by_label("人均日供水量").fill("２０００")
    page.get_by_label("预计今年人均纯收入").fill("一万")
    people = page.locator("[data-question=insurance] fieldset.person")
    expect(people).to_have_count(3)
    expect(page.locator("[data-question=schooling]").get_by_text("没有这样的人")).to_be_visible()
    for number in range(3):
        people.nth(number).locator("[data-question=insured]").get_by_text("是" if number else "否", exact=True).click()
    people.nth(0).get_by_label("外地参保的证明").fill("缴费单")
    finish_button.click()
    expect(page.locator("#q-water_litres-fault")).to_have_text("不能大于 1000。")
    expect(page.locator("#q-income_expected-fault")).to_contain_text("请填写数字")
    page.get_by_label("人均日供水量").fill("６０")
    page.get_by_label("预计今年人均纯收入").fill("12000.50")
    finish(page)
    everything_arrived(page)
    answers = Visit.objects.get().answers
    assert "house_trouble" not in answers and "schooling" not in answers
    assert (answers["water_litres"], answers["income_expected"]) == (60, "12000.50")
    insured = {line["member"]: line["insured"] for line in answers["insurance"]}
    assert set(insured) == set(county.members.values_list("pk", flat=True)) and sorted(insured.values()) == [
        False,
        True,
        True,
    ]
    assert [line["proof"] for line in answers["insurance"] if "proof" in line] == ["缴费单"]


@pytest.mark.req("H5")
def test_whatever_is_cut_and_whenever_each_visit_arrives_once(site: Site, wire: Wire):
    page = site.page(WHO, phone=True, url=wire.url)
    take_along(page, wire)
    wire.down()
    for number in range(3):
        begin(page, "张春梅" if number else "李国强")
        fill_in(page, f"第{number}次", picture(2 * number), picture(2 * number + 1))
        finish(page)
    expect(page.locator("#standing")).to_contain_text("走访 3 次，照片 6 张")
    send = page.get_by_role("button", name="现在发送")
    for size in (2_000, 60_000, 150_000, 280_000, 350_000):
        wire.up()
        wire.cut_after(size)
        send.click()
        expect(page.locator("#field-net")).to_have_text("没有网络，都存在手机上")
        wire.down()
    coming = Photo.objects.filter(state=Photo.State.COMING)
    assert Visit.objects.exists() and coming.exists()  # cut in the middle of it
    wire.up()
    wire.deafen()  # the site gets the next request, the phone never hears of it
    send.click()
    expect(page.locator("#field-net")).to_have_text("没有网络，都存在手机上")
    # The window is closed while it sends, and opened again.
    wire.up()
    wire.cut_after(300_000)
    context = page.context
    send.click()
    page.close()
    wire.up()
    page = site.watch.over(context.new_page())
    page.goto(f"{wire.url}/field/")
    unlock(page)
    everything_arrived(page)
    assert sorted(Visit.objects.values_list("answers__wishes", flat=True)) == ["第0次", "第1次", "第2次"]
    assert Photo.objects.filter(state=Photo.State.KEPT).count() == Photo.objects.count() == 6
    assert len(set(Photo.objects.values_list("sha256", flat=True))) == 6
    assert not Submission.objects.exists()
    assert "waiting" not in on_the_phone(page)


@pytest.mark.req("H5")
def test_a_server_that_restarts_and_has_forgotten_the_session_loses_nothing(site: Site, wire: Wire):
    page = site.page(WHO, phone=True, url=wire.url)
    take_along(page, wire)
    begin(page)
    fill_in(page, "会话结束", picture(7))
    wire.down()
    Session.objects.all().delete()
    finish(page)
    wire.up()
    page.get_by_role("button", name="现在发送").click()
    expect(page.locator("#field-net")).to_have_text("登录已结束")
    expect(page.locator("#standing")).to_contain_text("走访 1 次")
    page.reload()  # signed out, and still there
    unlock(page)
    page.get_by_role("link", name="登录后继续发送").click()
    page.get_by_label("登录名").fill(site.house.officer(WHO).username)
    page.locator("input[name=password]").fill("Bangfu-2026!")
    page.get_by_role("button", name="登录").click()
    unlock(page)
    everything_arrived(page)
    assert Visit.objects.get().answers["wishes"] == "会话结束"


@pytest.mark.req("H5")
def test_a_wrong_clock_is_said_and_put_right_by_the_server(site: Site, wire: Wire):
    page = site.page(WHO, phone=True, url=wire.url)
    page.clock.set_system_time(timezone.now() + timedelta(days=3, hours=1))
    take_along(page, wire)
    expect(page.get_by_text("时钟快了约 4380 分钟")).to_be_visible()
    begin(page)
    fill_in(page, "钟不准")
    finish(page)
    everything_arrived(page)
    visit = Visit.objects.get()
    assert visit.visited_on == timezone.localdate()
    assert visit.clock_skew == pytest.approx(-(3 * 24 + 1) * 3600, abs=60)
    assert visit.started_at <= visit.ended_at <= timezone.now()


@pytest.mark.req("H5")
def test_two_hundred_visits_with_photos_arrive_each_once_though_two_windows_send(site: Site, wire: Wire):
    page = site.page(WHO, phone=True, url=wire.url)
    take_along(page, wire)
    wire.down()
    page.evaluate(QUEUE_MANY, {"code": code.address(), "officer": site.house.officer(WHO).pk, "pin": PIN})
    other = site.watch.over(page.context.new_page())
    other.goto(f"{wire.url}/field/")
    expect(page.get_by_role("link", name="张春梅")).to_be_visible()
    wire.up()
    page.reload()
    unlock(other)
    unlock(page)
    everything_arrived(page, 90_000)
    assert Visit.objects.count() == 200
    assert len(set(Visit.objects.values_list("answers__wishes", flat=True))) == 200
    assert Photo.objects.filter(state=Photo.State.KEPT).count() == Photo.objects.count() == 50
    assert len(set(Photo.objects.values_list("sent_sha256", "visit"))) == 50


# What an officer does 200 times, by the page's own modules.
QUEUE_MANY = """async ({code, officer, pin}) => {
  const [{ Store }, { Vault }, { Visits }, { Pack }, { prefill }] = await Promise.all(
    ["store", "vault", "visits", "pack", "form"].map((name) => import(`${code}${name}.js`)));
  const store = await Store.of(officer);
  const vault = new Vault(store);
  await vault.openWithPin(pin);
  const visits = new Visits(store, vault);
  const pack = await new Pack(store, vault).unlock();
  const checklist = pack.checklists.find((each) => each.id === "four_ones");
  const said = { talked: true, measures_sorted: true, data_checked: true, tidied: true };
  const canvas = document.createElement("canvas");
  canvas.width = 64; canvas.height = 48;
  const draw = canvas.getContext("2d");
  for (let number = 0; number < 200; number += 1) {
    const household = pack.households[number % pack.households.length];
    const visit = visits.begin({ checklist, household });
    prefill(visit, household);
    Object.assign(visit.answers, said, { wishes: `第${number}次` });
    visit.visited_on = new Date().toISOString().slice(0, 10);
    if (number % 4 === 0) {
      draw.fillStyle = `hsl(${number} 80% 50%)`;
      draw.fillRect(0, 0, 64, 48);
      draw.fillStyle = "#fff";
      draw.fillText(String(number), 5, 30);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg"));
      const bytes = new Uint8Array(await blob.arrayBuffer());
      await visits.addPhoto(visit, "picture", { bytes, name: `${number}.jpg`, taken_at: new Date().toISOString() });
    }
    await visits.finish(visit);
  }
}"""


@pytest.mark.req("H5")
def test_a_full_phone_says_so_keeps_what_was_there_and_goes_on_when_there_is_room(site: Site, wire: Wire):
    page = site.page(WHO, phone=True, url=wire.url)
    line = page.context.new_cdp_session(page)
    line.send("Storage.overrideQuotaForOrigin", {"origin": wire.url, "quotaSize": 2_000_000})
    take_along(page, wire)
    begin(page)
    fill_in(page, "先写的")
    photos = page.locator(".photos li")
    full = page.locator("#field-told").get_by_text("存储空间已满")
    for number in range(4):
        page.locator("input[type=file]").set_input_files(picture(number, (2400, 1800)))
        expect(full.or_(photos.nth(number))).to_be_visible()
        if full.is_visible():
            break
    kept = photos.count()
    assert full.is_visible() and kept < 4
    line.send("Storage.overrideQuotaForOrigin", {"origin": wire.url})
    page.locator("input[type=file]").set_input_files(picture(9))
    expect(photos).to_have_count(kept + 1)
    finish(page)
    everything_arrived(page)
    assert Visit.objects.get().answers["wishes"] == "先写的"
    assert Photo.objects.filter(state=Photo.State.KEPT).count() == kept + 1


@pytest.mark.req("H5")
def test_wrong_pins_wipe_the_households_and_never_a_visit(site: Site, wire: Wire):
    page = site.page(WHO, phone=True, url=wire.url)
    take_along(page, wire)
    wire.down()
    begin(page)
    fill_in(page, "口令忘了")
    finish(page)
    page.reload()
    for left in (4, 3, 2, 1):
        unlock(page, "135790")
        expect(page.get_by_text(f"还可以再试 {left} 次")).to_be_visible()
    unlock(page, "135790")
    expect(page.get_by_text("带走的资料已经清除")).to_be_visible()
    at_rest = page.evaluate(LEFT_OF_THE_PACK)
    assert at_rest == {"pin": False, "pack": 0, "visits": 1}
    wire.up()
    page.reload()
    expect(page.get_by_role("button", name="设好口令")).to_be_visible()
    page.get_by_role("button", name="先不带走").click()
    everything_arrived(page)
    assert Visit.objects.get().answers["wishes"] == "口令忘了"


def test_households_are_wiped_after_so_many_days_without_a_word_from_the_server(site: Site, wire: Wire):
    page = site.page(WHO, phone=True, url=wire.url)
    take_along(page, wire)
    wire.down()
    page.clock.set_system_time(timezone.now() + timedelta(days=8))
    page.reload()
    expect(page.get_by_role("heading", name="请先登录")).to_be_visible()
    assert page.evaluate(LEFT_OF_THE_PACK) == {"pin": False, "pack": 0, "visits": 0}


LEFT_OF_THE_PACK = """async () => {
  const asked = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
  const { name } = (await indexedDB.databases()).find((each) => /-\\d+$/.test(each.name));
  const database = await asked(indexedDB.open(name));
  const all = (store) => asked(database.transaction(store).objectStore(store).getAll());
  const [keys, pack, visits] = await Promise.all(["keys", "pack", "visits"].map(all));
  database.close();
  return { pin: keys.some((key) => key.name === "pin"), pack: pack.length, visits: visits.length };
}"""


def test_without_https_no_household_is_kept_and_what_is_written_lies_sealed(site: Site, live_server: Any):
    url = f"http://bangfu.test:{urlsplit(live_server.url).port}"
    site.watch.homes.add(urlsplit(url).netloc)
    site.watch.cuts_wanted = True
    page = site.page(WHO, phone=True, url=url)
    page.goto(f"{url}/field/")
    assert page.evaluate("[isSecureContext, 'serviceWorker' in navigator, Boolean(crypto.subtle)]") == [False] * 3
    expect(page.get_by_text("不加密的 http 网址")).to_be_visible()
    begin(page)
    page.context.set_offline(True)
    fill_in(page, "没有 https", picture(5))
    finish(page)
    expect(page.locator("#standing")).to_contain_text("走访 1 次，照片 1 张")
    at_rest = on_the_phone(page)
    assert "waiting" in at_rest and not [word for word in ("没有 https", "张春梅", "石桥") if word in at_rest]
    assert page.evaluate(LEFT_OF_THE_PACK) == {"pin": False, "pack": 0, "visits": 1}
    context = page.context
    page.close()
    context.set_offline(False)
    page = site.watch.over(context.new_page())
    page.goto(f"{url}/field/")
    everything_arrived(page)
    visit = Visit.objects.get()
    assert visit.answers["wishes"] == "没有 https"
    photo = visit.photos.get()
    assert photo.state == Photo.State.KEPT
    # The house found the photo to be what the phone's own SHA-256 had announced.
    assert len(photo.sent_sha256) == hashlib.sha256().digest_size * 2


# What the finger must hit, and what a thumb's breadth of glass shows.
SMALL_OR_WIDE = """() => {
  const small = [...document.querySelectorAll("a, button, input, select, textarea, label.pick")]
    .filter((each) => each.checkVisibility() && !each.closest(".skip-link, .visually-hidden, label.pick > *"))
    .filter((each) => each.getBoundingClientRect().height < 44);
  return [small.map((each) => each.outerHTML.slice(0, 80)), document.documentElement.scrollWidth];
}"""


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_screen_is_readable_and_touchable_on_a_phone(site: Site, county: Household, language: str):
    officer = site.house.officer(WHO)
    officer.language = language
    officer.save()
    page = site.page(WHO, phone=True, bypass_csp=True)
    with translation.override(language):
        said = {name: str(text) for name, text in TEXTS.items()}
    wrong: dict[str, Any] = {}

    def look(screen: str) -> None:
        small, width = page.evaluate(SMALL_OR_WIDE)
        if found := [*faults(page), *small, *([width] if width > 390 else [])]:
            wrong[screen] = found

    page.goto(f"{site.url}/field/")
    expect(page.locator("#pin")).to_be_visible()
    look("first PIN")
    page.locator("#pin").fill(PIN)
    page.locator("#pin-again").fill(PIN)
    page.get_by_role("button", name=said["take_along"]).click()
    expect(page.locator("#households")).to_be_visible()
    look("home")
    page.goto(f"{site.url}/field/#household/{county.pk}")
    page.reload()
    look("PIN")
    page.locator("#pin").fill(PIN)
    page.get_by_role("button", name=said["open"], exact=True).click()
    expect(page.get_by_role("heading", name=said["which_form"])).to_be_visible()
    look("household")
    for form in range(2):
        page.goto(f"{site.url}/field/#household/{county.pk}")
        page.get_by_role("heading", name=said["which_form"]).wait_for()
        page.locator("#field-screen button").nth(form).click()
        page.locator("#finish").click()
        expect(page.locator(".fault:not(:empty)").first).to_be_visible()
        look(f"form {form} with faults")
    page.goto(f"{site.url}/field/#home")
    expect(page.locator("[data-state=draft]")).to_have_count(2)
    look("home with drafts")
    assert wrong == {}
