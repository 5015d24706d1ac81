"""The form of a visit in a browser: a question is in sight while it is asked, and the page works without a script."""

from typing import Any

from playwright.sync_api import expect

from bangfu.visits.models import Visit
from tests.browser.conftest import Site


def test_a_question_is_in_sight_while_it_is_asked_and_what_is_not_asked_is_not_kept(site: Site, county: Any):
    page = site.page("first_secretary")
    page.goto(f"{site.url}/visits/new/?household={county.pk}&checklist=finding_check")
    again = page.get_by_label("约定再次核实日期")
    expect(again).to_be_hidden()
    page.get_by_label("核实情况").select_option("not_clear")
    expect(again).to_be_visible()
    again.fill("2030-01-05")
    page.get_by_label("核实情况").select_option("as_recorded")
    expect(again).to_be_hidden()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator(".has-error").get_by_label("核实到的具体情况")).to_be_visible()
    expect(page.get_by_label("约定再次核实日期")).to_be_hidden()
    page.get_by_label("核实到的具体情况").fill("房屋已修好")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text("走访已登记。")).to_be_visible()
    assert Visit.objects.get().answers == {"result": "as_recorded", "found": "房屋已修好"}

    page.goto(f"{site.url}/visits/new/?household={county.pk}&checklist=six_checks")
    wrong = page.get_by_role("group", name="收入可能不达标的原因", include_hidden=True)
    assert wrong.count() == 1
    expect(wrong).to_be_hidden()
    page.get_by_label("人均收入稳定超过扶贫标准").select_option("false")
    expect(wrong).to_be_visible()
