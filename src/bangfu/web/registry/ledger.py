"""The income ledger as people read it: items by kind, and every figure with the sum that makes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from bangfu.common.policy import code_list
from bangfu.registry.income_items import item, label_of
from bangfu.registry.ledger.income import monitored_per_capita
from bangfu.registry.models import IncomeItem, IncomeYear
from bangfu.web.registry.shown import amount, money

KINDS = ("wage", "production", "property", "transfer", "production_expense", "transfer_expense")
GAINS = KINDS[:4]


@dataclass(frozen=True)
class Line:
    item: IncomeItem
    label: str
    quantity: str
    money: str


@dataclass(frozen=True)
class Kind:
    """Lines of one kind with their sum; `minus` for expenses."""

    id: str
    label: str
    lines: Sequence[Line]
    total: str
    minus: bool


@dataclass(frozen=True)
class Formula:
    """A figure, its name, and the sum that makes it, in numbers."""

    label: str
    sum: str
    figure: str
    unit: str


def kind_label(kind: str) -> str:
    return code_list("income_kind").label_of(kind)


def total_of(statement: IncomeYear, kind: str) -> Decimal:
    entry = code_list("income_kind").get(kind)
    return Decimal(getattr(statement, str(entry.attributes["total"]))) if entry else Decimal(0)


def kinds_of(statement: IncomeYear, lines: Sequence[IncomeItem]) -> list[Kind]:
    """The lines of a statement under their kinds; kinds without lines and without a sum are left out."""
    found = []
    for kind in KINDS:
        mine = [line for line in lines if line.code.partition(".")[0] == kind]
        total = total_of(statement, kind)
        if mine or total:
            shown = [
                Line(
                    line,
                    label_of(line.code),
                    f"{amount(line.quantity)} {line.quantity_unit}".strip() if line.quantity is not None else "",
                    money(line.amount),
                )
                for line in mine
            ]
            found.append(Kind(kind, kind_label(kind), shown, money(total), kind.endswith("expense")))
    return found


def formulas(statement: IncomeYear, lines: Sequence[IncomeItem]) -> list[Formula]:
    """How each figure of the statement comes about, with its numbers."""
    yuan, per_head, people = _("元"), _("元/人"), statement.members_counted
    gains = " + ".join(f"{kind_label(kind)} {money(total_of(statement, kind))}" for kind in GAINS)
    expense = f"{kind_label('production_expense')} {money(statement.production_expense)}"
    counted = _counted(lines)

    def divided(label: str, whole: Decimal, figure: Decimal) -> Formula:
        return Formula(label, _("{sum} ÷ {people} 人").format(sum=money(whole), people=people), money(figure), per_head)

    found = [
        Formula(_("家庭纯收入"), f"{gains} − {expense}", money(statement.net_income), yuan),
        divided(_("人均纯收入"), statement.net_income, statement.per_capita_net_income),
        Formula(
            _("可支配收入"),
            _("家庭纯收入 {net} − {expense_label} {expense}").format(
                net=money(statement.net_income),
                expense_label=kind_label("transfer_expense"),
                expense=money(statement.transfer_expense),
            ),
            money(statement.disposable_income),
            yuan,
        ),
        divided(_("人均可支配收入"), statement.disposable_income, statement.per_capita_disposable_income),
        divided(_("人均计入收入"), counted, statement.per_capita_counted_income),
    ]
    if statement.insurance_payout is not None or statement.out_of_pocket_expense is not None:
        found.append(_monitored(statement))
    return found


def _counted(lines: Sequence[IncomeItem]) -> Decimal:
    """Net income over the counted lines alone."""
    total = Decimal(0)
    for line in lines:
        kind = line.code.partition(".")[0]
        if line.counted and kind in GAINS:
            total += line.amount
        elif line.counted and kind == "production_expense":
            total -= line.amount
    return total


def _monitored(statement: IncomeYear) -> Formula:
    fen = monitored_per_capita(statement)
    return Formula(
        _("监测口径人均收入"),
        _("（家庭纯收入 {net} + 理赔收入 {payout} − 合规自付支出 {expense}）÷ {people} 人").format(
            net=money(statement.net_income),
            payout=money(statement.insurance_payout or Decimal(0)),
            expense=money(statement.out_of_pocket_expense or Decimal(0)),
            people=statement.members_counted,
        ),
        money(None if fen is None else Decimal(fen) / 100),
        _("元/人"),
    )


def chart_of(statements: Sequence[IncomeYear]) -> dict[str, Any]:
    """Sums by year and kind for the stacked chart, oldest year first; expenses below the line."""
    ordered = sorted(statements, key=lambda s: s.year)
    return {
        "years": [str(s.year) for s in ordered],
        "series": [
            {
                "name": kind_label(kind),
                "data": [float(total_of(s, kind) * (-1 if kind.endswith("expense") else 1)) for s in ordered],
            }
            for kind in KINDS
            if any(total_of(s, kind) for s in ordered)
        ],
        "line": {
            "name": _("人均纯收入"),
            "data": [float(s.per_capita_net_income) for s in ordered],
        },
        "unit": _("元"),
    }


def names_person(code: str) -> bool:
    """Whether the lines of an item name one member."""
    return bool((found := item(code)) and found.person)
