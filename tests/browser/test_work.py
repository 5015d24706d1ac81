"""A clerk's day in a browser: sign in, search, look, reveal, edit, import, switch the language, on desk and phone."""

import re
from typing import Any

import pytest
import xlsxwriter
from playwright.sync_api import expect

from bangfu.audit.models import Entry
from bangfu.registry.models import Household
from tests.browser.conftest import Site


def test_a_clerk_signs_in_and_sees_the_county(site: Site):
    page = site.page()
    expect(page.get_by_role("heading", level=1)).to_contain_text("您好")
    expect(page.get_by_role("heading", name="云岭县")).to_be_visible()


def test_a_wrong_password_is_said_and_lets_nobody_in(site: Site):
    site.house.officer("county_office")
    page = site.open_page(phone=False, bypass_csp=False)
    page.goto(f"{site.url}/households/")
    page.get_by_label("登录名").fill("nobody")
    page.locator("input[name=password]").fill("Wrong-2026!")
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile("/sign-in/"))
    expect(page.locator(".alert, .invalid-feedback").first).to_be_visible()


def test_searching_by_initials_changes_the_list_and_the_address_without_loading_anew(site: Site):
    page = site.page()
    page.goto(f"{site.url}/households/")
    expect(page.get_by_role("heading", name="共 3 户")).to_be_visible()
    page.get_by_label("搜索", exact=True).fill("zcm")
    expect(page.get_by_role("heading", name="共 1 户")).to_be_visible()
    expect(page).to_have_url(re.compile("q=zcm"))
    page.reload()
    expect(page.get_by_role("link", name="张春梅")).to_be_visible()


def test_a_filter_and_an_area_narrow_the_list(site: Site):
    page = site.page()
    page.goto(f"{site.url}/households/")
    page.get_by_text("筛选条件").click()
    page.get_by_label("监测对象类别").select_option("02")
    expect(page.get_by_role("heading", name="共 1 户")).to_be_visible()
    page.get_by_label("下一级区域").select_option(label="白水镇")
    expect(page.get_by_text("没有符合条件的户")).to_be_visible()


def test_a_full_number_appears_after_a_click_and_leaves_a_trace(site: Site, county: Household):
    page = site.page()
    page.goto(f"{site.url}/households/{county.pk}/")
    head = county.members.get(name="张春梅")
    assert head.id_no not in page.content()
    page.locator(f"#secret-{head.pk}").get_by_role("button", name="看全号").click()
    expect(page.get_by_text(head.id_no)).to_be_visible()
    assert Entry.objects.filter(action="registry.revealed").count() == 1


def test_an_edit_is_refused_with_words_then_saved_and_told_in_the_history(site: Site, county: Household):
    page = site.page()
    page.goto(f"{site.url}/households/{county.pk}/")
    page.get_by_role("link", name="修改居住条件").click()
    page.get_by_label("住房面积").fill("120.5")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("还没有保存")).to_be_visible()
    page.get_by_label("变更原因").fill("六月入户核实")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存。")).to_be_visible()
    expect(page.locator("#dwelling")).to_contain_text("120.5")
    page.get_by_role("link", name="变更记录").click()
    expect(page.get_by_text("六月入户核实")).to_be_visible()


def test_lines_are_added_to_a_statement_and_the_chart_is_drawn(site: Site, county: Household):
    page = site.page()
    page.goto(f"{site.url}/households/{county.pk}/income/")
    expect(page.locator("#income-chart svg")).to_be_visible()
    page.goto(f"{site.url}/households/{county.pk}/income/2024/edit/")
    page.get_by_role("button", name="再加一行").click()
    rows = page.locator("#lines tr")
    last = rows.nth(rows.count() - 1)
    last.get_by_label("收支项目").select_option("wage.local")
    last.get_by_label("金额（元）").fill("500")
    page.get_by_label("变更原因").fill("补记")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("36,500.50").first).to_be_visible()


def test_a_workbook_is_uploaded_rehearsed_and_confirmed(site: Site, county: Household, tmp_path: Any):
    file = tmp_path / "户.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("户")
        sheet.write_row(0, 0, ["户编号", "住址"])
        sheet.write_string(1, 0, county.household_no)
        sheet.write_string(1, 1, "导入的地址")
    page = site.page()
    page.goto(f"{site.url}/households/import/new/")
    page.locator("input[type=file]").set_input_files(str(file))
    page.locator("form:has(input[type=file]) button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"/import/\d+/"))
    page.get_by_role("button", name=re.compile("入库|确认")).first.click()
    expect(page.get_by_text("已入库").first).to_be_visible()
    county.refresh_from_db()
    assert county.address == "导入的地址"


def test_the_language_is_switched_and_stays(site: Site):
    page = site.page()
    page.locator("#officer-desk").click()
    page.locator(".officer:visible").get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(f"{site.url}/households/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("#officer-desk").click()
    page.locator(".officer:visible").get_by_role("button", name="繁體中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hant")


def test_on_a_phone_the_menu_opens_and_no_page_is_wider_than_the_screen(site: Site, county: Household):
    page = site.page(phone=True)
    page.get_by_role("button", name="打开菜单").click()
    page.get_by_role("link", name="户档").click()
    expect(page.get_by_role("heading", name="户档", level=1)).to_be_visible()
    tails = ("", "income/", "papers/", "history/", "edit/dwelling/", "members/add/", "income/add/", "split/", "merge/")
    for address in ("/", "/households/", *(f"/households/{county.pk}/{tail}" for tail in tails)):
        page.goto(site.url + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address


def test_a_session_that_ended_shows_the_sign_in_page_whole(site: Site):
    page = site.page()
    page.goto(f"{site.url}/households/")
    page.context.clear_cookies()
    page.get_by_label("搜索", exact=True).fill("zcm")
    expect(page).to_have_url(re.compile("/sign-in/"))
    expect(page.locator("input[name=password]")).to_be_visible()


def test_without_scripts_the_list_still_searches(site: Site, browser: Any):
    signed_in = site.page()
    context = browser.new_context(java_script_enabled=False, storage_state=signed_in.context.storage_state())
    page = context.new_page()
    page.goto(f"{site.url}/households/")
    page.get_by_label("搜索", exact=True).fill("张春梅")
    page.get_by_role("button", name="搜索").click()
    expect(page.get_by_role("heading", name="共 1 户")).to_be_visible()
    context.close()


@pytest.mark.parametrize("role", ["system_administrator", "security_administrator", "audit_administrator"])
def test_an_administrator_finds_the_own_work_at_home(site: Site, role: str):
    page = site.page(role)
    expect(page.get_by_role("heading", name="您可以办理")).to_be_visible()
