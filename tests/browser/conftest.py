"""A real browser before a running site: Debian's Chromium, driven by Playwright.

Every page of a test is watched: a request to another host or an error in the console fails the test.
"""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.handlers.base import BaseHandler

from bangfu.accounts.models import Officer
from bangfu.registry.models import Household
from tests.conftest import House
from tests.web.conftest import make_household, with_income  # noqa: F401

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PASSWORD = "Bangfu-2026!"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
# Playwright's own loop counts as asynchronous; the database is used by the test itself, never inside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(
                    pytest.mark.skip(reason="没有 Chromium：请 apt-get install chromium fonts-noto-cjk 后重试。")
                )


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            # a name that is no loopback address: an origin that browsers do not take for secure
            "--host-resolver-rules=MAP bangfu.test 127.0.0.1",
        ],
    }


@pytest.fixture(autouse=True)
def _site_for_browsers(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.AXES_ENABLED = False
    # All threads of the test and its server share one connection to a database in memory: two transactions at once
    # would be one inside the other.
    one_at_a_time, answer = threading.Lock(), BaseHandler.get_response

    def in_turn(handler: BaseHandler, request: Any) -> Any:
        with one_at_a_time:
            return answer(handler, request)

    monkeypatch.setattr(BaseHandler, "get_response", in_turn)


@dataclass
class Watch:
    """What a page did besides showing itself."""

    homes: set[str]
    elsewhere: list[str] = field(default_factory=list)
    # Requests that fail because the network is gone are told in the console; there they are no errors.
    cuts_wanted: bool = False
    errors: list[str] = field(default_factory=list)

    def over(self, page: Any) -> Any:
        page.on("request", lambda request: self._request(request.url))
        page.on("console", lambda message: self._console(message))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc not in self.homes:
            self.elsewhere.append(url)

    def _console(self, message: Any) -> None:
        # A refused form answers 422 on purpose; the browser logs that as an error of its own.
        if self.cuts_wanted and re.search(r"net::ERR_|status of (401|503)|Cross-Origin-Opener-Policy", message.text):
            return
        if message.type == "error" and "favicon" not in message.text and "422" not in message.text:
            self.errors.append(message.text)


@dataclass
class Site:
    """A running site with a small county, and browsers that officers sit at."""

    house: House
    url: str
    open_page: Callable[..., Any]
    watch: Watch

    def page(
        self,
        role: str = "county_office",
        *,
        officer: Officer | None = None,
        phone: bool = False,
        bypass_csp: bool = False,
        url: str = "",
    ) -> Any:
        """A browser in which an officer (of that role, unless named) has signed in at the sign-in page, reached by
        `url`."""
        url = url or self.url
        officer = officer or self.house.officer(role)
        officer.set_password(PASSWORD)
        officer.password_changed_on = date.today()
        officer.save()
        page = self.open_page(phone=phone, bypass_csp=bypass_csp)
        page.goto(f"{url}/sign-in/")
        page.get_by_label("登录名").fill(officer.username)
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{url}/")
        return page


@pytest.fixture
def county(transactional_db: None, house: House, make_household: Any, with_income: Any) -> Household:  # noqa: F811
    """A few households, one of them with people, incomes of two years and a dwelling."""
    zhang = make_household(
        "张春梅",
        members=("王小红", "王建国"),
        phone="13800138000",
        address="石桥路 12 号",
        household_type="01",
        poverty_status="1",
        main_cause="01",
        house_area_m2=96,
        house_grade="B",
        cultivated_land_mu=3,
    )
    with_income(zhang, 2023, "30000")
    with_income(zhang, 2024, "36000.50")
    make_household("李国强", monitor_category="02")
    make_household("赵志明", house.neighbour_village)
    return zhang


@pytest.fixture
def site(county: Household, house: House, live_server: Any, browser: Any) -> Iterator[Site]:
    watch = Watch({urlsplit(live_server.url).netloc})
    contexts = []

    def open_page(*, phone: bool, bypass_csp: bool) -> Any:
        context = browser.new_context(
            viewport=PHONE if phone else DESK,
            is_mobile=phone,
            has_touch=phone,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            bypass_csp=bypass_csp,
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        return watch.over(context.new_page())

    yield Site(house, live_server.url, open_page, watch)
    for context in contexts:
        context.close()
    assert watch.elsewhere == []
    assert watch.errors == []
