"""Four households whose incomes one can reckon with, as a snapshot, and a rulebook of two rules over them."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from bangfu.common.facts import schema
from bangfu.registry import services as registry
from bangfu.rulebook import loading
from bangfu.rulebook.book import RuleBook
from bangfu.snapshot import services as snapshots
from bangfu.snapshot.store import Snapshot
from tests.conftest import House, made_house
from tests.registry.making import household, person

REAL = Path(__file__).resolve().parents[2] / "policy" / "china"
AS_OF = date(2020, 9, 30)
SOURCE = "source: {document: 试行办法, checked_on: 2021-01-01}"
FIGURES = f"""
figures:
  - id: line
    label: {{zh: 收入线, en: Line}}
    unit: {{zh: 元/人·年, en: yuan a head and year}}
    values:
      - {{value: 5000, from: 2014-01-01, {SOURCE}}}
"""
RULES = f"""
topic: {{id: income, label: {{zh: 收入, en: Income}}}}
rules:
  - id: T01
    title: {{zh: 低于收入线, en: Below the line}}
    topic: income
    {SOURCE}
    grain: household
    condition: per_capita_net_income < $line
    evidence: [per_capita_net_income]
    severity: warning
    message: {{zh: 请核实。, en: Please check.}}
  - id: T02
    title: {{zh: 五口之家, en: Five people}}
    topic: income
    {SOURCE}
    grain: household
    condition: members_count = 5
    evidence: [members_count]
    severity: warning
    message: {{zh: 请核实。, en: Please check.}}
"""


@pytest.fixture
def book_with(tmp_path):
    """`book_with(rules, figures)`: the rulebook of these two texts."""

    def make(rules: str = RULES, figures: str = FIGURES) -> RuleBook:
        policy = tmp_path / f"policy-{len(list(tmp_path.glob('policy-*')))}"
        for name, text in (("figures/line.yaml", figures), ("rules/income.yaml", rules)):
            file = policy / "china" / name
            file.parent.mkdir(parents=True)
            file.write_text(text, encoding="utf-8")
        (policy / "china" / "codes").symlink_to(REAL / "codes")
        return loading.load(policy, schema())

    return make


@pytest.fixture(scope="session")
def homes(django_db_setup, django_db_blocker, tmp_path_factory) -> Snapshot:
    """In one township 3000 yuan a head (1 person), 4500 (2 people); in the other 9000 (1); and one unknown (3).

    The snapshot outlives the database it was taken from, which is empty again when a test looks at it."""
    with django_db_blocker.unblock(), override_settings(HOME=tmp_path_factory.mktemp("homes")):
        try:
            return _taken(made_house())
        finally:
            call_command("flush", interactive=False, verbosity=0)


def _taken(house: House) -> Snapshot:
    by = house.officer("county_office")
    number = 0
    for village, income, people, water in (
        (house.village, "3000", 1, False),
        (house.village, "4500", 2, True),
        (house.neighbour_village, "9000", 1, False),
        (house.neighbour_village, None, 3, True),
    ):
        home = household(by, village, *(person(number + n) for n in range(people)), safe_water_solved=water)
        number += people
        if income:
            registry.record_income(
                by=by, household=home, year=2020, window_start=date(2019, 10, 1), window_end=AS_OF,
                members_counted=None, reason="年度核算",
                items=[{"code": "wage.migrant", "amount": Decimal(income) * people}],
            )  # fmt: skip
    return snapshots.take(AS_OF)
