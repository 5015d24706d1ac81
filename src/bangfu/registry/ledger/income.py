"""The sums of a household's income year, computed here and nowhere else, in whole fen (standards 1.5).

    total       = wage + production + property + transfer
    net         = total − production expense                                                       家庭纯收入
    disposable  = net − transfer expense (social insurance paid, tax, support given)                可支配收入
    counted     = the same as net, over those lines only that count as stable income where the household lives
    per head    = … / members counted, rounded down to the fen, also below zero
    monitored   = (net + insurance payout − compliant out-of-pocket expense) / members counted      监测口径

Rounding down keeps comparisons honest: a quotient is below a line exactly when its floor is.
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from django.conf import settings

from bangfu.common.policy import Source, Strict, code_list, read_yaml
from bangfu.registry.income_items import counted_for, items
from bangfu.registry.ledger import sql
from bangfu.registry.models import IncomeItem, IncomeYear

INCOME = ("wage", "production", "property", "transfer")
TOTALS = (
    "wage_income",
    "production_income",
    "production_expense",
    "property_income",
    "transfer_income",
    "transfer_expense",
    "net_income",
    "per_capita_net_income",
    "disposable_income",
    "per_capita_disposable_income",
    "per_capita_counted_income",
)


class IncomePolicy(Strict):
    """The file `policy/china/income.yaml`."""

    source: Source
    members_counted: Literal["registered", "living_together"]


@cache
def policy() -> IncomePolicy:
    return read_yaml(Path(settings.POLICY) / "china" / "income.yaml", IncomePolicy)


def members_counted_sql(member: str) -> str:
    """Whether a row of members, under the alias `member`, is counted when the statement does not say who is."""
    apart = (
        f" AND {sql.differs(f'{member}.living_together', 'FALSE')}" if policy().members_counted != "registered" else ""
    )
    return f"{member}.left_on IS NULL{apart}"


def kinds_sql() -> str:
    """A SELECT of every item's code and the number of its kind, for `totals_sql`: the kind of a line is looked up once,
    not searched among the codes of every kind."""
    return " UNION ALL ".join(
        f"SELECT CAST({sql.text_list([item.code])} AS text) AS code, {_numbers()[item.kind]} AS kind"
        for item in items().values()
    )


def totals_sql(years: str, kinds: str = "") -> str:
    """A SELECT of the sums for the statements in `years` (a table of `id`, unique, and `members`, at least 1), from the
    ledger lines on file: id and every column of TOTALS. `kinds` is a table made of `kinds_sql`, if there is one."""
    numbers, kinds = _numbers(), kinds or f"({kinds_sql()})"
    sums = ", ".join(
        f"{sql.whole_sum(f'CASE WHEN c.kind = {numbers[kind]} THEN k.amount END')} AS {column}"
        for kind, column in _totals().items()
    )
    gains = ", ".join(str(numbers[kind]) for kind in INCOME)
    counted = sql.whole_sum(
        f"CASE WHEN NOT k.counted THEN 0 WHEN c.kind IN ({gains}) THEN k.amount "
        f"WHEN c.kind = {numbers['production_expense']} THEN -k.amount END"
    )
    net = "wage_income + production_income + property_income + transfer_income - production_expense"
    return f"""
        SELECT id, wage_income, production_income, production_expense, property_income, transfer_income,
               transfer_expense, net_income, {sql.floor_divide("net_income", "members")} AS per_capita_net_income,
               disposable_income, {sql.floor_divide("disposable_income", "members")} AS per_capita_disposable_income,
               {sql.floor_divide("counted_income", "members")} AS per_capita_counted_income
        FROM (SELECT summed.*, {net} AS net_income, {net} - transfer_expense AS disposable_income
              FROM (SELECT y.id AS id, min(y.members) AS members, {sums}, {counted} AS counted_income
                    FROM {years} y LEFT JOIN {sql.table(IncomeItem)} k ON k.income_year_id = y.id
                    LEFT JOIN {kinds} c ON c.code = k.code
                    GROUP BY y.id) summed) figures
    """


def monitored_per_capita(statement: IncomeYear) -> int | None:
    """The figure by which a monitored household is judged, in whole fen per head; None without members counted.

    (net + insurance payout − compliant out-of-pocket expense) / members counted, rounded down. A payout or an expense
    that nobody asked for counts as none: the statement says what is known.
    """
    if not statement.members_counted:
        return None
    payout, expense = statement.insurance_payout or 0, statement.out_of_pocket_expense or 0
    return int((statement.net_income + payout - expense) * 100) // statement.members_counted


def counts_by_default(code: str, division_code: str, day: date) -> bool:
    """Whether a line counts as stable income where its form does not say: by the item file and the region's rule.
    An unknown item counts, so that taken-over ledgers keep their sums."""
    return counted_for(code, division_code, day) if code in items() else True


@cache
def _totals() -> dict[str, str]:
    """The sum that each kind of line goes into."""
    return {entry.code: str(entry.attributes["total"]) for entry in code_list("income_kind").codes}


def _numbers() -> dict[str, int]:
    """The kinds of lines, numbered for comparison."""
    return {kind: number for number, kind in enumerate(_totals(), start=1)}
