"""As what households are recognised, written into their files: a verb of `registry.services` in a file of its own.

Casework decides; this writes the columns and, for a household that left poverty more than once, the exits before the
latest, which the yearly counts want as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa
from django.db import connection, transaction

from bangfu.accounts.models import Officer
from bangfu.registry.columns import Kind, tables
from bangfu.registry.errors import RowsRefused
from bangfu.registry.ledger.planning import STATUS
from bangfu.registry.ledger.trail import ChangeInfo
from bangfu.registry.ledger.writing import Written, write
from bangfu.registry.models import Change, FormerExit

# What a decision may set beside the status itself.
BESIDE = ("household_type", "return_cause", "main_cause")
AT_ONCE = 500


@dataclass(frozen=True)
class Standing:
    """The status of a household from now on. `values` are columns of STATUS and BESIDE, None clears; what is not named
    stays. `former` are its exits before the latest, each with the return that ended it."""

    household_id: int
    household_no: str
    values: Mapping[str, Any]
    former: Sequence[tuple[date, date]] = field(default=())


def record(rows: Sequence[Standing], *, by: Officer | None, reason: str) -> Written:
    """Write the status of many households, with one change and their history. All or nothing.

    Raises RowsRefused when a household is no longer there. Must be called inside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("record() belongs inside transaction.atomic()")
    _keep_former(rows)
    known = tables()["household"].columns
    number = range(1, len(rows) + 1)
    columns: dict[str, Any] = {"household_no": pa.array([row.household_no for row in rows], pa.string())}
    columns["row"] = pa.array(number, pa.int32())
    clears: dict[str, list[int]] = {}
    for name in (*STATUS, *BESIDE):
        if not any(name in row.values for row in rows):
            continue
        values = [_month(known[name].kind, row.values.get(name)) for row in rows]
        columns[name] = pa.array(values, known[name].arrow)
        given = zip(number, rows, values, strict=True)
        clears[name] = [n for n, row, value in given if name in row.values and value is None]
    written = write(
        {"household": pa.table(columns)},
        change=ChangeInfo(Change.Kind.CASE, by, reason),
        blank_keeps=True,
        clears={"household": clears},
        decided=True,
        action="registry.status_recorded",
    )
    if written.problems:
        raise RowsRefused(written.problems)
    return written


def _month(kind: Kind, value: Any) -> Any:
    """A month is its first day; an empty text is unknown."""
    return value.replace(day=1) if kind is Kind.MONTH and value else value or None


def _keep_former(rows: Sequence[Standing]) -> None:
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        FormerExit.objects.filter(household__in=[row.household_id for row in some]).delete()
        FormerExit.objects.bulk_create(
            FormerExit(household_id=row.household_id, exited_on=exited, returned_on=returned)
            for row in some
            for exited, returned in row.former
        )
