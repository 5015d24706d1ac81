"""What is to be copied out of a live database, told as JSON to the process that does it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bangfu.common.facts import FactKind, FactTable


@dataclass(frozen=True)
class ColumnOrder:
    """A column as it will stand in the file. One that is `coded` has few values, each of them many times; one that is
    not `given` is derived from those that are."""

    name: str
    kind: FactKind
    coded: bool
    given: bool


@dataclass(frozen=True)
class TableOrder:
    """A table to be written. `live` is the SELECT of the given columns over the live database, `derived` the one that
    works out the others, row by row, over a table `given` in the kinds of facts; "" when there are none."""

    name: str
    key: Sequence[str]
    columns: Sequence[ColumnOrder]
    live: str
    derived: str

    @property
    def given(self) -> list[ColumnOrder]:
        return [column for column in self.columns if column.given]


@dataclass(frozen=True)
class Order:
    """Everything the copying process needs to know. `counties` is a SELECT of (county, households), where a county is
    a place divided by `span`; `readers` is how many may read and write at the same time."""

    kind: str
    address: str
    folder: str
    readers: int
    span: int
    counties: str
    tables: Sequence[TableOrder]

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Order":
        facts = json.loads(text)
        return cls(**{**facts, "tables": [_table(table) for table in facts["tables"]]})


def columns(table: FactTable) -> list[ColumnOrder]:
    """The stored columns of a table of facts. Codes and the place repeat, names and numbers do not."""
    return [
        ColumnOrder(
            name=column.name,
            kind=column.kind,
            coded=bool(column.codes) or column.kind is FactKind.CODE or column.name == "village_code",
            given=not column.derived,
        )
        for column in table.columns
        if column.stored
    ]


def _table(facts: dict[str, Any]) -> TableOrder:
    listed = [ColumnOrder(**{**column, "kind": FactKind(column["kind"])}) for column in facts["columns"]]
    return TableOrder(**{**facts, "columns": listed})
