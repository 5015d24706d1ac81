"""From a plan to the households behind its figures, in a browser: read, ten things accepted, broken down, measured,
shown on the map, and down to the people whom it is about."""

import re
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bangfu.plans.models import Document, Proposal, Target
from bangfu.registry.models import Member
from tests.browser.conftest import Site

YEAR = date.today().year + 1
PLAN = f"""云岭县{YEAR}年巩固拓展脱贫攻坚成果工作要点

一、主要目标
{YEAR}年底前，全县基本医疗保险参保率不低于95%，农村自来水普及率达到93%。
二、重点工作
{YEAR}年底前，完成农村危房改造86户，新建集中供水工程14处，改造管网52.6公里，硬化通组路30公里。
全年开展技能培训2400人次以上，开发公益性岗位1350个，建设帮扶车间15家。
10月底前，新建标准化茶园8000亩，改造低产油茶林12000亩，发展林下养蜂6000群。
"""
SHARE = "参保率"
WANTED = 10


@pytest.mark.req("E1")
@pytest.mark.req("E2")
@pytest.mark.req("E4")
def test_a_plan_is_read_accepted_broken_down_measured_shown_on_the_map_and_followed_to_a_household(
    site: Site, county: Any, tmp_path: Any
):
    Member.objects.filter(name="张春梅").update(resident_medical_insurance=True)
    page = site.page()
    _hand_in(page, site.url, tmp_path)
    _accept(page, site.url)
    assert Target.objects.count() == WANTED
    whole = _break_down(page, site.url)
    share = Target.objects.get(pk=whole).value
    assert share is not None and 0 < share < 100  # measured, not entered

    page.goto(f"{site.url}/plans/targets/{whole}/")
    page.get_by_role("link", name="看地图").click()
    expect(page.get_by_text("示意分区，非行政界线")).to_be_visible()
    expect(page.locator(".war-number")).to_have_text(re.compile(r"\d+(\.\d+)?%"))
    township = page.locator(".war-map a[aria-label^='青禾乡']")
    expect(township).to_be_visible()
    township.click()
    village = page.locator(".war-map a[aria-label^='石桥村']")
    expect(village).to_be_visible()
    village.focus()
    page.keyboard.press("Enter")  # the map is walked by keyboard as well
    expect(page.get_by_role("heading", level=1)).to_have_text("数字背后的户")
    page.get_by_role("link", name="张春梅").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("张春梅")


def _hand_in(page: Page, url: str, folder: Any) -> None:
    file = folder / "工作要点.txt"
    file.write_text(PLAN, encoding="utf-8")
    page.goto(f"{url}/plans/documents/new/")
    page.get_by_label("文件", exact=True).set_input_files(str(file))
    page.get_by_role("button", name="上传并阅读").click()
    expect(page.get_by_role("heading", name="读出的事项")).to_be_visible()


def _accept(page: Page, url: str) -> None:
    """Nine on the desk by one click each; the share of the insured on its own page, with what it is measured by."""
    share = Proposal.objects.get(kind="target", quote__contains=SHARE)
    others = Proposal.objects.filter(kind="target").exclude(pk=share.pk).order_by("number_in_text")
    for each in others[: WANTED - 1]:
        card = page.locator(f"#p{each.pk}")
        card.get_by_role("button", name="采纳", exact=True).click()
        expect(page.locator(f"#p{each.pk}").get_by_role("link", name="看完成进度")).to_be_visible()
    page.goto(f"{url}/plans/proposals/{share.pk}/")
    form = page.locator("form", has=page.get_by_role("button", name="采纳并跟踪"))
    form.get_by_label("计量口径").select_option("insured_share")
    form.get_by_role("button", name="采纳并跟踪").click()
    expect(page.locator("#content")).to_contain_text("95%")
    assert Document.objects.get().proposals.filter(state="accepted").count() == WANTED


def _break_down(page: Page, url: str) -> int:
    """The share, to the townships; the target's number."""
    whole = Target.objects.get(measure="insured_share").pk
    page.goto(f"{url}/plans/targets/{whole}/break-down/")
    page.get_by_label("分解方向").select_option("areas")
    page.get_by_label("理由").fill("分到乡镇")
    page.get_by_role("button", name="保存分解").click()
    expect(page.get_by_text("已分解").first).to_be_visible()
    assert Target.objects.filter(parent=whole).count() == 2
    return whole


def test_days_are_dragged_through_and_the_wall_turns_by_itself(site: Site, county: Any):
    page = site.page()
    page.goto(f"{site.url}/warroom/?m=households_out_of_poverty&since=all")
    slider = page.get_by_label("拖动选择日期")
    expect(slider).to_be_visible()
    before = page.get_by_label("日期", exact=True).input_value()
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_label("日期", exact=True)).not_to_have_value(before)
    expect(page).to_have_url(re.compile("day="))
    page.clock.install()
    page.goto(f"{site.url}/warroom/wall/?show=people_on_file&show=households_on_file")
    expect(page.get_by_role("heading", level=1)).to_contain_text("在册人口")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1)).to_contain_text("在册户数")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", level=1)).to_contain_text("在册人口")
    assert page.locator("nav").count() == 0  # no menu on the wall
    page.clock.run_for(31_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text("在册户数")  # turned by itself
    assert "by_itself" not in page.url
    page.context.clear_cookies()
    page.clock.run_for(31_000)
    expect(page.get_by_role("alert")).to_contain_text("登录已经结束")
    page.get_by_role("link", name="重新登录，回到大屏").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")
    assert "next=%2Fwarroom%2Fwall%2F" in page.url
