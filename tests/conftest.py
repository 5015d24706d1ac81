"""Fixtures that every room's tests share: a small house of areas, and an officer for every role."""

import gc
import logging
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as examples

from bangfu.accounts.models import Officer, Post
from bangfu.accounts.roles import roles
from bangfu.areas.models import Area, AreaVersion
from bangfu.common.frames import with_room
from bangfu.common.places import Level, span
from bangfu.web.middleware import CLICKED
from tests.audit.emptying import _transactional_tests_may_empty_the_trail  # noqa: F401
from tests.databases.fixtures import _postgres_server, postgres_url  # noqa: F401  (fixtures for every room)

START = date(2014, 1, 1)

# How long an example takes, or the making of it, says how busy the machine is, and not whether the code is right.
examples.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("any machine")


# What takes longest begins first, so that no processor waits for another at the end.
LONGEST = (
    "databases/", "scope/", "browser/test_axe", "screening/", "browser/", "flow/", "house/", "registry/", "sample/",
    "findings/", "rulebook/",
)  # fmt: skip
# Files that go to one processor together: what one of them prepares, all of them look at.
TOGETHER = ("tests/screening/",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        return next((n for n, part in enumerate(LONGEST) if f"tests/{part}" in item.nodeid), len(LONGEST))

    items.sort(key=rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid))

    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> object:
    """Each test as pytest runs it, in memory for all that it calls: what makes its things is as deep as a page."""
    return with_room(item.config.pluginmanager.get_plugin("runner").pytest_runtest_protocol)(item, nextitem)


class StderrOfTheMoment:
    """What handlers of the log write to: each test has an stderr of its own, and after the last there may be none. A
    handler that holds on to the first would complain of a closed file."""

    def write(self, text: str) -> None:
        with suppress(ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(ValueError):
            sys.stderr.flush()


def pytest_sessionstart() -> None:
    loggers = [logging.root, *(each for each in logging.root.manager.loggerDict.values() if hasattr(each, "handlers"))]
    for handler in (handler for logger in loggers for handler in logger.handlers):
        if type(handler) is logging.StreamHandler:
            handler.setStream(StderrOfTheMoment())


def pytest_configure() -> None:
    """Until all tests are found nearly everything that is made stays: nobody need look for garbage."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Every page is loaded before a test replaces something: a page loaded meanwhile would keep the replacement under
    the name that it imported, for all tests after it. What was loaded so far stays to the end: nobody need look through
    it for garbage again and again."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def pytest_sessionfinish() -> None:
    gc.unfreeze()


def _skips_are_failures() -> bool:
    """Where everything is installed (`.ci/run`), a test that skips itself hides something: it fails there."""
    return os.environ.get("BANGFU_REQUIRE_ALL") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    if report.skipped and _skips_are_failures() and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but BANGFU_REQUIRE_ALL=1 wants every test to run: {report.longrepr[-1]}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    report = yield
    if report.skipped and _skips_are_failures():
        report.outcome = "failed"
        report.longrepr = f"skipped, but BANGFU_REQUIRE_ALL=1 wants every test to run: {report.longrepr[-1]}"
    return report


@pytest.fixture(autouse=True)
def _language_of_the_house() -> None:
    """Whatever language a page of the test before was asked for."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _home_of_its_own(settings: Any, tmp_path: Path) -> None:
    """Files that a test makes go to its own folder; pages need no collected static files; tasks run at once."""
    settings.HOME = tmp_path
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def make_area(parent: Area | None, ordinal: int, name: str, code: str = "") -> Area:
    """An area directly below `parent`, with its first version."""
    level = Level(parent.level + 1 if parent else 1)
    area = Area.objects.create(
        parent=parent,
        place=(parent.place if parent else 0) + ordinal * span(level),
        level=level,
        name=name,
        code=code,
        valid_from=START,
    )
    AreaVersion.objects.create(area=area, code=code, name=name, parent=parent, valid_from=START)
    return area


@dataclass
class House:
    """An invented county 云岭县 with two townships of two villages each, and a neighbouring county."""

    county: Area
    township: Area
    village: Area
    other_village: Area
    group: Area
    neighbour_township: Area
    neighbour_village: Area
    neighbour_county: Area
    officer: Callable[..., Officer]

    def client(self, role: str, area: Area | None = None) -> Client:
        """A browser in which an officer of that role has signed in."""
        client = Client()
        client.force_login(self.officer(role, area), backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session[CLICKED] = int(time.time())  # as the page of signing in leaves it: no page writes it soon
        session.save()
        return client


@pytest.fixture
def house(db: None) -> House:
    return made_house()


def made_house() -> House:
    province = make_area(None, 1, "样省", "990000000000")
    prefecture = make_area(province, 1, "样州", "990100000000")
    county = make_area(prefecture, 1, "云岭县", "990121000000")
    township = make_area(county, 1, "青禾乡", "990121200000")
    village = make_area(township, 1, "石桥村", "990121200201")
    other_village = make_area(township, 2, "柳坪村", "990121200202")
    group = make_area(village, 1, "一组")
    make_area(village, 2, "二组")
    neighbour_township = make_area(county, 2, "白水镇", "990121100000")
    neighbour_village = make_area(neighbour_township, 1, "梨园村", "990121100201")
    neighbour_county = make_area(prefecture, 2, "长滩县", "990122000000")
    home = {1: province, 2: prefecture, 3: county, 4: township, 5: village, 6: group}

    def officer(role: str, area: Area | None = None, username: str = "") -> Officer:
        """An officer holding `role` at `area`, by default in the own county at the highest level the role has."""
        held = roles()[role]
        area = area or home[max(held.levels) if 3 not in held.levels else 3]
        made, new = Officer.objects.get_or_create(
            username=username or f"{role}-{area.pk}", defaults={"name": held.label.zh[:4]}
        )
        if new:
            Post.objects.create(officer=made, role_id=role, area=area, starts_on=START)
        return made

    return House(
        county,
        township,
        village,
        other_village,
        group,
        neighbour_township,
        neighbour_village,
        neighbour_county,
        officer,
    )
