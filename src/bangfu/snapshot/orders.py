"""What is to be copied out of a live database, told as JSON to the process that does it, and what that answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bangfu.common.facts import FactKind, FactTable

Fact = str | int | bool | None  # a value of a fact; an amount as a text


class Underivable(Exception):
    """What the engine said of a value from which a column was to be derived."""


@dataclass(frozen=True)
class ColumnOrder:
    """A column as it will stand in the file. One that is `coded` has few values, each of them many times; one that is
    not `given` is derived from those that are."""

    name: str
    kind: FactKind
    coded: bool
    given: bool


@dataclass(frozen=True)
class Found:
    """Columns that are taken from another table of the same part: of the row there whose `key` columns are what the
    columns `by` are here. `columns` gives the name there of each name here. Where a row is `needed`, which
    one number tells, this one belongs to the part in which that lies, and is left out where there is none."""

    table: str
    key: Sequence[str]
    by: Sequence[str]
    columns: Mapping[str, str]
    needed: bool = False


@dataclass(frozen=True)
class Silence:
    """As long as none of `tables` has a row, the columns of `same` are the same in every row, and less is asked."""

    tables: Sequence[str]
    same: Mapping[str, Fact]
    live: str
    derived: str


@dataclass(frozen=True)
class TableOrder:
    """A table to be written. `live` is a SELECT over the live database of the given columns, but for those that are
    `found` elsewhere or the `same` in every row, and of `helpers` that are needed to find; `derived` the one that
    works out the others, row by row, over a table `given` in the kinds of facts; "" when there are none."""

    name: str
    key: Sequence[str]
    columns: Sequence[ColumnOrder]
    live: str
    derived: str
    found: Sequence[Found] = ()
    helpers: Sequence[ColumnOrder] = ()
    silence: Silence | None = None
    same: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def read(self) -> list[ColumnOrder]:
        """The columns of `live`."""
        elsewhere = {name for found in self.found for name in found.columns} | self.same.keys()
        return [c for c in self.columns if c.given and c.name not in elsewhere] + list(self.helpers)

    @property
    def leader(self) -> Found | None:
        """What its rows hang on."""
        return next((found for found in self.found if found.needed), None)

    @property
    def others(self) -> list[Found]:
        """What is found besides."""
        return [found for found in self.found if not found.needed]

    def column(self, name: str) -> ColumnOrder:
        return next(column for column in self.columns if column.name == name)

    def silent(self) -> "TableOrder":
        """As it is while the tables of its silence are empty."""
        quiet = self.silence
        return replace(self, live=quiet.live, derived=quiet.derived, same=quiet.same, silence=None) if quiet else self


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

    def path(self, table: TableOrder, part: int) -> Path:
        return Path(self.folder) / table.name / f"{part:04d}.parquet"

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Order":
        facts = json.loads(text)
        return cls(**{**facts, "tables": [_table(table) for table in facts["tables"]]})


@dataclass(frozen=True)
class Copied:
    """A file of the order is written: of a table in a part. `done` files of `files` are."""

    table: str
    part: int
    done: int
    files: int


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
    silence = facts["silence"]
    return TableOrder(
        **{
            **facts,
            "columns": _columns(facts["columns"]),
            "helpers": _columns(facts["helpers"]),
            "found": [Found(**found) for found in facts["found"]],
            "silence": Silence(**silence) if silence else None,
        }
    )


def _columns(listed: list[dict[str, Any]]) -> list[ColumnOrder]:
    return [ColumnOrder(**{**column, "kind": FactKind(column["kind"])}) for column in listed]
