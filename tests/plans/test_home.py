"""What the home page of the busiest officer costs: a first secretary with cases, findings, visits, duties, targets."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bangfu.accounts.models import Post
from bangfu.findings.models import Finding, Run
from bangfu.plans import services
from bangfu.plans.models import DutyRecord, Served, Target
from bangfu.plans.services import StageGiven
from bangfu.visits.models import Correction
from tests.casework.making import opened
from tests.plans.making import LONG_AGO, pair, present, visit
from tests.registry.making import household, person

pytestmark = [pytest.mark.req("C3")]
TODAY = timezone.localdate()
BLOCKS = ("等我办理的案件", "走访中等我处理的", "待我核实的疑点", "我要完成的履职", "我负责的目标", "农村户")


@pytest.fixture
def secretary(house, help):
    """Ten households of their own, each with a case, a finding and a visit that found something otherwise."""
    officer = help.secretary_account
    Post.objects.create(officer=officer, role_id="first_secretary", area=house.village, starts_on=LONG_AGO)
    by, reach = house.officer("county_office"), house.village.reach
    run = Run.objects.create(state="done", as_of=TODAY, place=reach.first, last_place=reach.last)
    for number in range(10):
        home = household(by, house.village, person(100 + number))
        pair(help.secretary, home)
        opened(officer, home)
        Finding.objects.create(
            rule_id="Q028", topic="x", grain="household", subject=home.pk, village=house.village, place=home.place,
            household=home, severity=1, evidence_hash="0" * 32, found_on=TODAY, due_on=TODAY, assigned_to=officer,
            first_run=run, last_run=run,
        )  # fmt: skip
        seen = visit(officer, home, TODAY - timedelta(days=number), doubtful=number % 2 == 0)
        Correction.objects.create(
            visit=seen, household=home, place=home.place, question="land", column="cultivated_land_mu", seen="3.00",
            found="2.50",
        )  # fmt: skip
    present(help.secretary, *(TODAY - timedelta(days=each) for each in range(60)))
    report = DutyRecord.objects.create(
        what="report", team=help.team, area=house.village, place=house.village.place, done_on=TODAY, title="月报"
    )
    Served.objects.create(record=report, duty="team_monthly_report", about_on=TODAY, complete=True)
    target(house, officer, "通组公路")
    return officer


def target(house, owner, title) -> Target:
    made = services.track(
        by=None, area=house.village, title=title, amount=30, unit="公里", comparison="ge", owner=owner,
        deadline=TODAY + timedelta(days=9), starts_on=TODAY - timedelta(days=100),
    )  # fmt: skip
    services.set_stages(target=made, by=None, stages=[StageGiven("验收", TODAY - timedelta(days=2))], reason="倒排")
    return made


def test_no_block_of_the_home_page_asks_twice_for_what_it_may_ask_once(house, secretary):
    client = Client()
    client.force_login(secretary, backend="django.contrib.auth.backends.ModelBackend")

    def page():
        with CaptureQueriesContext(connection) as asked:
            shown = client.get("/")
        return shown.content.decode(), [each["sql"] for each in asked]

    page()  # what is kept of policy and procedures is read once
    shown, queries = page()
    assert [each for each in BLOCKS if each not in shown] == []
    assert len(queries) <= 21, queries
    for number in range(8):
        target(house, secretary, f"目标{number}")
    shown, queries = page()
    assert "还有 3 项" in shown
    assert len(queries) <= 23, queries
