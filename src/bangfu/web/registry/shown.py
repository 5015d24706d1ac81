"""How values of the registry are written for people: labels for codes, units for numbers, masks for personal data.

Unknown is said ("未采集"), never left blank: a question that nobody asked is not the answer "no".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.common.masking import mask_account, mask_id, mask_phone
from bangfu.common.policy import code_list
from bangfu.registry.columns import Column, Kind, tables

UNITS = {
    "CNY": gettext_lazy("元"),
    "mu": gettext_lazy("亩"),
    "m²": gettext_lazy("平方米"),
    "km": gettext_lazy("公里"),
}
MASKS = {"id_no": mask_id, "phone": mask_phone, "bank_account": mask_account}


@dataclass(frozen=True)
class Fact:
    """A label and what stands under it. `known` False: nobody has asked. `secret`: masked, full sight is a click."""

    name: str
    label: Any
    text: str
    unit: str = ""
    known: bool = True
    secret: bool = False


class Facts(list[Fact]):
    """Facts of one heading: those known, and those that nobody has asked."""

    @property
    def known(self) -> list[Fact]:
        return [fact for fact in self if fact.known]

    @property
    def unasked(self) -> list[Fact]:
        return [fact for fact in self if not fact.known]


def columns_of(table: str) -> dict[str, Column]:
    """The columns of a travelling table, by name."""
    return dict(tables()[table].columns)


def unit_of(column: Column) -> str:
    return str(UNITS.get(column.unit, column.unit))


def money(value: Decimal | int | None) -> str:
    """12345.5 -> 12,345.50; nothing for unknown."""
    return "" if value is None else f"{value:,.2f}"


def amount(value: Decimal) -> str:
    """Two decimals at most: 3 mu, 3.5 mu."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def flag(value: bool | None) -> str:
    return "" if value is None else _("是") if value else _("否")


def codes(list_id: str, value: str) -> str:
    """The label of a code, or of several joined by commas."""
    listed = code_list(list_id)
    return _("、").join(listed.label_of(code) for code in value.split(",") if code)


def text_of(column: Column, value: Any, *, masked: bool = True) -> str:
    """A value as people read it, "" when unknown; personal data masked unless told otherwise."""
    if value is None or value == "":
        return ""
    if column.kind in (Kind.CODE, Kind.SET):
        return codes(column.codes, str(value))
    if column.kind is Kind.FLAG:
        return flag(bool(value))
    if column.kind is Kind.HUNDREDTHS:
        return money(value) if column.unit == "CNY" else amount(Decimal(value))
    if column.kind is Kind.MONTH:
        return f"{value:%Y-%m}"
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if column.sensitive and masked:
        return str(MASKS[column.name](str(value)))
    return str(value)


def facts(record: Any, table: str, names: Iterable[str]) -> Facts:
    """The named columns of a record (a model instance, or None: nothing is known)."""
    known = columns_of(table)
    shown = Facts()
    for name in names:
        column = known[name]
        text = text_of(column, getattr(record, name, None))
        shown.append(Fact(name, column.label, text, unit_of(column) if text else "", bool(text), column.sensitive))
    return shown


def age(born: date | None, day: date) -> int | None:
    """Full years on a day; unknown when the birth date is."""
    if born is None or born > day:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
