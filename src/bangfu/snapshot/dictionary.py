"""The data dictionary: every table and column that rules may use, with what is known of it, for a page or a print."""

from collections import Counter
from dataclasses import dataclass

from bangfu.common.facts import FactColumn, FactKind, Schema
from bangfu.snapshot.store import Snapshot


@dataclass(frozen=True)
class DictionaryColumn:
    """A column in the reader's language. `origin`: given (somebody filled it in), derived (worked out when a snapshot
    is taken) or computed (follows from the day of the screening). `unknown` is the share of rows (0 to 1) in which it
    is unknown, None without rows or for computed columns."""

    name: str
    type: str
    kind: FactKind
    meaning: str
    unit: str
    codes: str
    required: bool
    sensitive: bool
    origin: str
    unknown: float | None


@dataclass(frozen=True)
class DictionaryTable:
    """`rows` is None when there is no snapshot to count them in."""

    name: str
    grain: str
    key: tuple[str, ...]
    rows: int | None
    columns: tuple[DictionaryColumn, ...]


def dictionary(schema: Schema, snapshot: Snapshot | None = None) -> tuple[DictionaryTable, ...]:
    """The tables of `schema`, with how much is unknown in `snapshot`, from its files' own statistics. A column that
    the snapshot lacks is unknown in every row."""
    found = []
    for table in schema.tables.values():
        rows = snapshot.rows.get(table.name, 0) if snapshot else None
        nulls = _nulls(snapshot, table.name) if snapshot else Counter[str]()
        stored = snapshot.tables.get(table.name, {}) if snapshot else {}
        columns = []
        for column in table.columns:
            unknown = None
            if rows and column.stored:
                unknown = nulls[column.name] / rows if column.name in stored else 1.0
            columns.append(_column(column, unknown))
        found.append(DictionaryTable(table.name, str(table.grain), table.key, rows, tuple(columns)))
    return tuple(found)


def _nulls(snapshot: Snapshot, table: str) -> Counter[str]:
    found: Counter[str] = Counter()
    if table in snapshot.tables:
        for part in snapshot.parts():
            found.update(snapshot.null_counts(part, table))
    return found


def _column(column: FactColumn, unknown: float | None) -> DictionaryColumn:
    return DictionaryColumn(
        name=column.name,
        type=column.sql_type,
        kind=column.kind,
        meaning=str(column.meaning),
        unit=column.unit,
        codes=column.codes,
        required=column.required,
        sensitive=column.sensitive,
        origin="computed" if column.computed else "derived" if column.derived else "given",
        unknown=unknown,
    )
