"""The history of a household told in words: who changed what, when and why, the old value and the new."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from bangfu.areas.models import Area
from bangfu.common.masking import mask_account, mask_id, mask_phone
from bangfu.common.policy import code_list
from bangfu.registry.columns import CODE_LISTS, CODES, SETS
from bangfu.registry.income_items import label_of
from bangfu.registry.models import (
    Change,
    Dwelling,
    Household,
    IncomeItem,
    IncomeYear,
    Member,
    Paper,
    WorkRecord,
)

# Derived for search and lists, or an address of our own: of no meaning to a reader.
SILENT = frozenset(
    [
        "id",
        "household",
        "place",
        "group",
        "head_initials",
        "name_initials",
        "id_key",
        "id_tail",
        "latest_income_year",
        "member",
        "income_year",
        "line",
        "latest_per_capita_net_income",
        "head_name",
        "members_count",
        "anyone_able",
        "anyone_on_dibao",
        "sha256",
        "size",
        "media_type",
    ]
)
MASKS = {"id_no": mask_id, "phone": mask_phone, "bank_account": mask_account}
# How many changes are told at once.
CHANGES = 100


@dataclass(frozen=True)
class Line:
    """One value that changed. `subject` is what it belongs to (the household, a person, a year's ledger); for a whole
    row that came or went `label` says so and `new` or `old` names it."""

    subject: str
    label: str
    old: str
    new: str


@dataclass
class Told:
    """A change with its lines; `who` is 系统 for the system's own changes."""

    change: Change
    who: str
    at: datetime
    reason: str
    kind: str
    lines: list[Line] = field(default_factory=list)


def tell(household: Household, number: int = CHANGES) -> list[Told]:
    """The latest changes of the household, newest first, in a fixed number of queries. Sensitive values are masked:
    whoever holds the right to see them in full sees the present ones, one by one, on the household page."""
    rows = _rows(household)
    ids = sorted({row.change_id for _model, row, _before in rows}, reverse=True)[:number]
    changes = Change.objects.filter(pk__in=ids).select_related("actor")
    told = {
        c.pk: Told(c, c.actor.name if c.actor else _("系统"), c.at, c.reason, c.get_kind_display()) for c in changes
    }
    names = _Names(rows)
    for model, row, before in rows:
        if row.change_id in told:
            told[row.change_id].lines += _lines(model, row, before, names)
    # A change that only moved what is derived (the head's name after a member's was corrected) has nothing to tell.
    return [told[id] for id in ids if told[id].lines]


def _rows(household: Household) -> list[tuple[Any, Any, Any]]:
    """Every history row of the household and of what belongs or once belonged to it, each with the row before it."""
    found: list[tuple[Any, Any, Any]] = []

    def add(model: Any, which: Q) -> set[int]:
        history = model.history.model.objects
        pk = model._meta.pk.attname
        earlier: dict[int, Any] = {}
        for row in history.filter(**{f"{pk}__in": history.filter(which).values(pk)}).order_by("history_id"):
            before = earlier.get(getattr(row, pk))
            # Of a person who has moved only the time here is told.
            here = [
                r for r in (row, before) if r is not None and getattr(r, "household_id", household.pk) == household.pk
            ]
            if here or model is Household:
                found.append((model, row, before))
            earlier[getattr(row, pk)] = row
        return set(earlier)

    own = Q(household_id=household.pk)
    add(Household, Q(id=household.pk))
    add(Dwelling, own)
    people = add(Member, own)
    years = add(IncomeYear, own)
    add(Paper, own)
    add(WorkRecord, Q(member_id__in=people))
    add(IncomeItem, Q(income_year_id__in=years))
    return found


class _Names:
    """What people, ledger years and villages are called in the lines."""

    def __init__(self, rows: Sequence[tuple[Any, Any, Any]]) -> None:
        self.people: dict[int, str] = {}
        self.years: dict[int, int] = {}
        villages: set[int] = set()
        households: set[int] = set()
        for model, row, _before in rows:
            if model is Member:
                self.people[row.id] = row.name
                households.add(row.household_id)
            elif model is IncomeYear:
                self.years[row.id] = row.year
            elif model is Household:
                villages.add(row.village_id)
                households |= {row.merged_into_id} if row.merged_into_id else set()
        self.villages = dict(Area.objects.filter(pk__in=villages).values_list("pk", "name"))
        self.households = dict(Household.objects.filter(pk__in=households).values_list("pk", "household_no"))

    def of(self, model: Any, row: Any) -> str:
        if model is Member:
            return str(row.name)
        if model is WorkRecord:
            return self.people.get(row.member_id, "")
        if model is IncomeYear:
            return _("{year} 年收入").format(year=row.year)
        if model is IncomeItem:
            year = self.years.get(row.income_year_id, "")
            return _("{year} 年收支：{item}").format(year=year, item=label_of(row.code))
        if model is Paper:
            return str(row.title)
        return str(model._meta.verbose_name)


def _lines(model: Any, row: Any, before: Any, names: _Names) -> list[Line]:
    subject = names.of(model, row)
    if row.history_type == "-":
        return [Line(subject, _("移除"), _whole(model, row, subject), "")]
    if before is None or before.history_type == "-":
        return [] if model is Dwelling else [Line(subject, _("新增"), "", _whole(model, row, subject))]
    lines = []
    for each in model._meta.concrete_fields:
        if each.name in SILENT and not (model is Member and each.name == "household"):
            continue
        old, new = getattr(before, each.attname), getattr(row, each.attname)
        if old != new:
            label = str(each.verbose_name)
            lines.append(Line(subject, label, _said(model, each, old, names), _said(model, each, new, names)))
    return lines


def _whole(model: Any, row: Any, subject: str) -> str:
    """What a row that came or went is known by."""
    if model is Household:
        return str(row.household_no)
    if model is IncomeItem:
        return f"{row.amount:.2f}"
    if model is IncomeYear:
        return f"{row.net_income:.2f}"
    if model is WorkRecord:
        return f"{row.start_month:%Y-%m} {row.employer}".strip()
    return subject


def _said(model: Any, each: models.Field[Any, Any], value: Any, names: _Names) -> str:
    """A value in words: codes as labels, sensitive numbers masked, unknown as nothing."""
    if value is None or value == "":
        return ""
    if each.name in MASKS:
        return MASKS[each.name](value)
    if each.name == "village":
        return str(names.villages.get(value, value))
    if each.name in ("household", "merged_into"):
        return str(names.households.get(value, value))
    if model is IncomeItem and each.name == "code":
        return label_of(value)
    if model is Paper and each.name == "kind":
        return code_list("paper_kind").label_of(value)
    if each.name == "ended_reason":
        return code_list("household_end").label_of(value)
    if each.name in CODES | SETS:
        listed = code_list(CODE_LISTS.get(each.name, each.name))
        return "、".join(listed.label_of(part) for part in str(value).split(","))
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
