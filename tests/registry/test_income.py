"""Sums of a household's year against exact fractions, on both databases."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bangfu.registry import services
from bangfu.registry.income_items import items as ledger_items
from bangfu.registry.ledger import income
from bangfu.registry.models import Household, IncomeItem, IncomeYear
from tests.conftest import House
from tests.registry.making import household, person

CODES = sorted(ledger_items())
LINES = st.lists(
    st.tuples(st.sampled_from(CODES), st.integers(0, 10_000_000_00), st.booleans()), min_size=0, max_size=12
)


def oracle(lines: list[tuple[str, int, bool]], members: int) -> dict[str, int]:
    """Whole fen, by the formula of the field's standard, with fractions."""
    total = dict.fromkeys(("wage", "production", "property", "transfer", "production_expense", "transfer_expense"), 0)
    counted = 0
    for code, amount, counts in lines:
        kind = code.split(".")[0]
        total[kind] += amount
        if counts and kind != "transfer_expense":
            counted += -amount if kind == "production_expense" else amount
    net = total["wage"] + total["production"] + total["property"] + total["transfer"] - total["production_expense"]
    disposable = net - total["transfer_expense"]
    return {
        "net_income": net,
        "per_capita_net_income": floor(Fraction(net, members)),
        "disposable_income": disposable,
        "per_capita_disposable_income": floor(Fraction(disposable, members)),
        "per_capita_counted_income": floor(Fraction(counted, members)),
    }


@pytest.mark.req("A4")
@pytest.mark.databases
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, members=st.integers(1, 15))
def test_sums_are_exact_to_the_fen_also_below_zero(
    house: House, lines: list[tuple[str, int, bool]], members: int
) -> None:
    by = house.officer("township_station", house.township)
    made = Household.objects.first() or household(by, house.village, person(0))
    rows = [{"code": c, "amount": Decimal(a) / 100, "counted": k} for c, a, k in lines]
    statement = services.record_income(
        by=by,
        household=made,
        year=2025,
        window_start=date(2024, 10, 1),
        window_end=date(2025, 9, 30),
        members_counted=members,
        items=rows,
        reason="核算",
    )
    expected = oracle(lines, members)
    assert {name: getattr(statement, name) * 100 for name in expected} == expected
    assert IncomeItem.objects.filter(income_year=statement).count() == len(lines)
    made.refresh_from_db()
    assert made.latest_per_capita_net_income == statement.per_capita_net_income


@pytest.mark.req("A4")
def test_everybody_on_file_is_counted_unless_the_statement_says_otherwise(house: House) -> None:
    by = house.officer("township_station", house.township)
    made = household(by, house.village, person(0), person(1, relation_to_head="02"))
    statement = services.record_income(
        by=by,
        household=made,
        year=2025,
        window_start=date(2024, 10, 1),
        window_end=date(2025, 9, 30),
        members_counted=None,
        items=[{"code": "wage.migrant", "amount": Decimal("-0.00")}],
        reason="核算",
    )
    assert statement.members_counted == 2


def test_a_monitored_household_is_judged_after_payouts_and_own_expense(house: House) -> None:
    statement = IncomeYear(
        net_income=Decimal("100.00"),
        insurance_payout=Decimal("20.00"),
        out_of_pocket_expense=Decimal("200.01"),
        members_counted=2,
    )
    assert income.monitored_per_capita(statement) == -4001  # -80.01 / 2, rounded down
    statement.members_counted = 0
    assert income.monitored_per_capita(statement) is None


def test_whether_a_line_counts_follows_the_region(house: House) -> None:
    assert income.counts_by_default("transfer.donation", "990121200201", date(2025, 1, 1))
    assert not income.counts_by_default("transfer.donation", "450121200201", date(2025, 1, 1))
    house.village.code = "450121200201"
    house.village.save()
    by = house.officer("township_station", house.township)
    made = household(by, house.village, person(0))
    services.record_income(
        by=by,
        household=made,
        year=2025,
        window_start=date(2024, 10, 1),
        window_end=date(2025, 9, 30),
        members_counted=1,
        items=[{"code": "transfer.donation", "amount": 5}, {"code": "wage.local", "amount": 7}],
        reason="核算",
    )
    assert dict(IncomeItem.objects.values_list("code", "counted")) == {"transfer.donation": False, "wage.local": True}
    assert IncomeYear.objects.get().per_capita_counted_income == 7
