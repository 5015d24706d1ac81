"""What the registry says of a household and its people, written as answers are: shown on the form, compared with what
the visitor found, and what a confirmed correction puts back.

    flag true/false · whole 3 · hundredths "12.50" · day "2020-04-05" · code "01" · set ["02", "04"] · text

Unknown is None. Sensitive columns are given masked: a phone has no business with the whole number.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from bangfu.common.masking import mask_account, mask_id, mask_phone
from bangfu.common.policy import code_list
from bangfu.registry.columns import Column, Kind, tables
from bangfu.registry.models import Household, Member

# Columns that the registry derives: a form may show them, nothing corrects them.
SHOWN_ONLY: Mapping[str, Mapping[str, Kind]] = {
    "household": {
        "head_name": Kind.TEXT,
        "members_count": Kind.WHOLE,
        "latest_income_year": Kind.WHOLE,
        "latest_per_capita_net_income": Kind.HUNDREDTHS,
    },
    "member": {},
}
# What no visit corrects: the numbers of rows, who somebody is, accounts, and what casework decides.
NEVER_CORRECTED = frozenset(
    "household_no person_no village_id id_no id_type bank_account poverty_status first_identified exited_on "
    "returned_on monitor_category".split()
)
MASKS = {"id_no": mask_id, "phone": mask_phone, "bank_account": mask_account}


def kind_of(table: str, column: str) -> Kind:
    """The kind of a column that a form may show."""
    known = tables()[table].columns.get(column)
    return known.kind if known else SHOWN_ONLY[table][column]


def column_of(table: str, column: str) -> Column:
    """A column that can be corrected."""
    return tables()[table].columns[column]


def of_household(household: Household, columns: Iterable[str]) -> dict[str, Any]:
    """What the registry says of a household (and its dwelling) in these columns."""
    return {column: written("household", column, _raw(household, column)) for column in sorted(columns)}


def of_member(member: Member, columns: Iterable[str]) -> dict[str, Any]:
    return {column: written("member", column, getattr(member, column)) for column in sorted(columns)}


def _raw(household: Household, column: str) -> Any:
    if hasattr(household, column):
        return getattr(household, column)
    try:
        return getattr(household.dwelling, column)
    except ObjectDoesNotExist:
        return None


def written(table: str, column: str, value: Any) -> Any:
    """A value of the registry as an answer, masked where it is sensitive."""
    if value is None or value == "":
        return None
    if column in MASKS:
        return MASKS[column](str(value))
    match kind_of(table, column):
        case Kind.HUNDREDTHS:
            return f"{Decimal(value):.2f}"
        case Kind.DAY | Kind.MONTH:
            return value.isoformat()
        case Kind.SET:
            return str(value).split(",")
    return value


def unwritten(table: str, column: str, answer: Any) -> Any:
    """An answer as the registry's verbs take it."""
    match kind_of(table, column):
        case Kind.HUNDREDTHS:
            return Decimal(answer)
        case Kind.DAY | Kind.MONTH:
            return date.fromisoformat(answer)
        case Kind.SET:
            return ",".join(sorted(answer))
    return answer


def same(column: str, one: Any, other: Any) -> bool:
    """Whether two values of a column say the same; of a sensitive one as far as its mask tells."""
    if column in MASKS and one is not None and other is not None:
        return _masked(column, one) == _masked(column, other)
    if isinstance(one, list) and isinstance(other, list):
        return sorted(one) == sorted(other)
    return bool(one == other)


def _masked(column: str, value: Any) -> str:
    text = str(value)
    return text if "*" in text else MASKS[column](text)


def in_words(table: str, column: str, value: Any) -> str:
    """A value for people; "" for unknown."""
    if value is None:
        return ""
    known = tables()[table].columns.get(column)
    if known and known.codes:
        listed = code_list(known.codes)
        return "、".join(listed.label_of(code) for code in (value if isinstance(value, list) else [value]))
    if column in MASKS:
        return _masked(column, value)
    return str(value)
