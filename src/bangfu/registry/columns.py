"""The columns of the registry as they travel: in forms, workbooks, imports, exports and Arrow tables.

One catalogue, read from the models, so that a column cannot be writable here and unknown there. Arrow tables given to
`registry.ledger.writing` hold these columns (any subset besides the key), with these types:

    text, code, set     string        code: a code of the list `codes`; set: codes in ascending order joined by commas
    flag                bool
    whole               int32
    hundredths          int64         whole hundredths of the unit (fen, hundredths of a mu …)
    day, month          date32        a month is its first day

Null is "unknown"; an absent column is "not asked". Tables and their keys (a `row` column, int32, may number the rows
as the user sees them, for problems):

    household       household_no                  + village_id (Area id) for a new household; holds the dwelling columns
    member          person_no                     + household_no for a new person
    work_record     person_no, start_month, employer
    income_year     household_no, year
    income_item     household_no, year, line      the items of a household's year replace its former items
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import pyarrow as pa
from django.db import models

from bangfu.common.fields import HundredthsField
from bangfu.registry.models import Dwelling, Household, IncomeItem, IncomeYear, Member, WorkRecord


class Kind(StrEnum):
    TEXT = "text"
    CODE = "code"
    SET = "set"
    FLAG = "flag"
    WHOLE = "whole"
    HUNDREDTHS = "hundredths"
    DAY = "day"
    MONTH = "month"


ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.CODE: pa.string(),
    Kind.SET: pa.string(),
    Kind.FLAG: pa.bool_(),
    Kind.WHOLE: pa.int32(),
    Kind.HUNDREDTHS: pa.int64(),
    Kind.DAY: pa.date32(),
    Kind.MONTH: pa.date32(),
}


@dataclass(frozen=True)
class Column:
    """A column of a table. `codes` is the id of its code list, `sensitive` that it is masked by default, `length` the
    longest text (0: no text), `unit` that of a number."""

    name: str
    kind: Kind
    label: Any
    codes: str = ""
    unit: str = ""
    length: int = 0
    sensitive: bool = False
    model: type[models.Model] | None = None

    @property
    def arrow(self) -> pa.DataType:
        return ARROW_TYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """A table as it travels: its key columns first, then every column that may be given."""

    name: str
    label: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(c.name, c.arrow) for c in self.columns.values()])


# Which code list a column speaks when it is not of the column's own name.
CODE_LISTS = {
    "main_cause": "poverty_cause",
    "other_cause_1": "poverty_cause",
    "other_cause_2": "poverty_cause",
    "return_cause": "poverty_cause",
    "joined_by": "member_increase",
    "left_by": "member_decrease",
}
CODES = frozenset(
    "identification_standard household_type household_class poverty_status monitor_category main_cause other_cause_1 "
    "other_cause_2 return_cause not_exit_reason relocation_way resettlement_way resettlement_place house_structure "
    "house_grade access_road_type main_fuel sex id_type relation_to_head ethnicity political_status education_level "
    "student_status dropout_reason disability_category disability_grade labor_capacity dibao_status tekun_status "
    "public_job joined_by left_by employment_channel".split()
)
SETS = frozenset({"health_status"})
MONTHS = frozenset({"start_month", "end_month", "first_identified", "exited_on", "returned_on"})
SENSITIVE = frozenset({"id_no", "phone", "bank_account"})
# Set by the writer or by a verb of its own (split, merge, leave), never given as a column.
DERIVED = frozenset(
    "id place village group household income_year member head_name head_initials members_count anyone_able "
    "anyone_on_dibao name_initials id_key "
    "id_tail latest_income_year latest_per_capita_net_income ended_on ended_reason merged_into wage_income "
    "production_income production_expense property_income transfer_income transfer_expense net_income "
    "per_capita_net_income disposable_income per_capita_disposable_income per_capita_counted_income".split()
)


def _column(model: type[models.Model], field: Any) -> Column:
    name = field.name
    if name in SETS:
        kind = Kind.SET
    elif name in CODES:
        kind = Kind.CODE
    elif name in MONTHS:
        kind = Kind.MONTH
    elif isinstance(field, HundredthsField):
        kind = Kind.HUNDREDTHS
    elif isinstance(field, models.BooleanField):
        kind = Kind.FLAG
    elif isinstance(field, models.DateField):
        kind = Kind.DAY
    elif isinstance(field, models.IntegerField):
        kind = Kind.WHOLE
    else:
        kind = Kind.TEXT
    return Column(
        name=name,
        kind=kind,
        label=field.verbose_name,
        codes=CODE_LISTS.get(name, name) if kind in (Kind.CODE, Kind.SET) else "",
        unit=getattr(field, "unit", ""),
        length=getattr(field, "max_length", None) or 0,
        sensitive=name in SENSITIVE,
        model=model,
    )


def _of(*sources: type[models.Model]) -> dict[str, Column]:
    return {
        field.name: _column(model, field)
        for model in sources
        for field in model._meta.concrete_fields
        if field.name not in DERIVED
    }


@cache
def tables() -> Mapping[str, Table]:
    """Every table that may be given to the writer, by name."""
    household_no = _column(Household, Household._meta.get_field("household_no"))
    person_no = _column(Member, Member._meta.get_field("person_no"))
    year = _column(IncomeYear, IncomeYear._meta.get_field("year"))
    village = Column("village_id", Kind.WHOLE, Household._meta.get_field("village").verbose_name, model=Household)
    to_household, to_person = {"household_no": household_no}, {"person_no": person_no}
    found = (
        Table("household", "户", ("household_no",), {**_of(Household, Dwelling), "village_id": village}),
        Table("member", "家庭成员", ("person_no",), {**to_household, **_of(Member)}),
        Table("work_record", "务工记录", ("person_no", "start_month", "employer"), {**to_person, **_of(WorkRecord)}),
        Table("income_year", "年度收入", ("household_no", "year"), {**to_household, **_of(IncomeYear)}),
        Table(
            "income_item",
            "收支明细",
            ("household_no", "year", "line"),
            {**to_household, "year": year, **_of(IncomeItem), **to_person},
        ),
    )
    return {table.name: table for table in found}
