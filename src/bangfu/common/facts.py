"""What a room lets others know: tables of facts, declared once, from which snapshots are written, rules are checked and
the data dictionary is made.

A room's `facts.py` holds `TABLES`, a tuple of `FactTable`, and may hold `ADDED`, columns that it knows of the rows of
a room below it. Rules may use only columns declared there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any


class FactKind(StrEnum):
    """What a column holds, and so its type in a snapshot."""

    KEY = "key"  # BIGINT, a number of our own that means nothing outside
    TEXT = "text"  # VARCHAR
    CODE = "code"  # VARCHAR, a code of the list `codes`
    FLAG = "flag"  # BOOLEAN
    WHOLE = "whole"  # INTEGER
    AMOUNT = "amount"  # DECIMAL(14,2): yuan, mu, km, m²
    DAY = "day"  # INTEGER, 20200930; a month is its first day


SQL_TYPES: Mapping[FactKind, str] = {
    FactKind.KEY: "BIGINT",
    FactKind.TEXT: "VARCHAR",
    FactKind.CODE: "VARCHAR",
    FactKind.FLAG: "BOOLEAN",
    FactKind.WHOLE: "INTEGER",
    FactKind.AMOUNT: "DECIMAL(14,2)",
    FactKind.DAY: "INTEGER",
}


SCHOOL_YEAR_BEGINS = (9, 1)


def day_numbers(as_of: date) -> Mapping[str, int]:
    """What every rule may ask of the day of the screening, by the name after the `$`: the day itself and the last
    1 September not after it as whole numbers like 20200930, and the year."""
    month, day = SCHOOL_YEAR_BEGINS
    school = date(as_of.year, month, day)
    school = school if school <= as_of else date(as_of.year - 1, month, day)
    return {"as_of_ymd": ymd(as_of), "as_of_year": as_of.year, "school_day_ymd": ymd(school)}


def ymd(day: date) -> int:
    """A day as it stands in a snapshot: 20200930."""
    return day.year * 10_000 + day.month * 100 + day.day


@dataclass(frozen=True)
class FactColumn:
    """A column of a fact table. NULL is "unknown" everywhere; `required` says that it never occurs.

    A column has one of three origins: `source`, an expression of SQL over the room's live tables (default: the column
    of that name of `t`, portable between SQLite, PostgreSQL and DuckDB; texts "" become NULL, hundredths become
    amounts, dates become whole numbers on the way into the snapshot); `derived`, an expression of DuckDB over columns
    that stand before it, written into the snapshot once; or `computed`, such an expression that depends on the day of
    the screening ($as_of_ymd, $as_of_year, $school_day_ymd) and is therefore never stored.
    """

    name: str
    kind: FactKind
    meaning: Any
    unit: str = ""
    codes: str = ""
    required: bool = False
    sensitive: bool = False
    source: str = ""
    derived: str = ""
    computed: str = ""

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.kind]

    @property
    def stored(self) -> bool:
        return not self.computed


@dataclass(frozen=True)
class Repeated:
    """Columns that say again what stands in another table, so that nobody need read it twice from a live database.

    `by` gives for every column of the other table's key an expression over this table's live row; `columns` the name
    there of each name here. Where no row is found they are unknown. When it is `needed`, which is told by one number,
    this row lies in the same file as that one, and is none where there is none.
    """

    table: str
    by: Mapping[str, str]
    columns: Mapping[str, str]
    needed: bool = False


@dataclass(frozen=True)
class FactTable:
    """Rows of one grain. `source` gives the FROM clause (and WHERE) over live tables for a day, in SQL that SQLite,
    PostgreSQL and DuckDB read alike; its main table has the alias `t`. `key` names the columns that identify a row.

    Every table of grain household, member or record carries `village_code`, `household_id` and is written so that a
    household never spans two files. `repeated` is what a snapshot may take from other tables of the same day, `rest`
    the source without what is only joined for that; `added` is what rooms above have put to it, `own` the table
    without that.
    """

    name: str
    grain: Any
    key: tuple[str, ...]
    columns: tuple[FactColumn, ...]
    source: Callable[[date], str]
    repeated: tuple[Repeated, ...] = ()
    rest: Callable[[date], str] | None = None
    added: "tuple[AddedColumns, ...]" = ()
    own: "FactTable | None" = None

    def get(self, name: str) -> FactColumn | None:
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class AddedColumns:
    """Columns that a room knows of the rows of a room below: of households, say, as what they are recognised.

    `joins` gives LEFT JOINs for a day that find at most one row for each row `t` of the table; the columns' sources
    name them.
    """

    table: str
    columns: tuple[FactColumn, ...]
    joins: Callable[[date], str]

    def to(self, table: FactTable) -> FactTable:
        """The table with these columns. Its source, and the rest of it, has one condition of its own, at its end."""

        def joined(source: Callable[[date], str]) -> Callable[[date], str]:
            def with_joins(day: date) -> str:
                tables, where = source(day).rsplit(" WHERE ", 1)
                return f"{tables} {self.joins(day)} WHERE {where}"

            return with_joins

        return replace(
            table,
            columns=(*table.columns, *self.columns),
            source=joined(table.source),
            rest=joined(table.rest) if table.rest else None,
            added=(*table.added, self),
            own=table.own or table,
        )


@dataclass(frozen=True)
class Schema:
    """The tables of facts by name: what rules are checked against. Made from the rooms, or by hand in tests."""

    tables: Mapping[str, FactTable] = field(default_factory=dict)

    def table(self, name: str) -> FactTable:
        return self.tables[name]


@cache
def schema() -> Schema:
    """The tables of all rooms, in the order of the rooms. Needs Django's list of rooms, not its database."""
    from django.apps import apps

    found: dict[str, FactTable] = {}
    for config in apps.get_app_configs():
        name = f"{config.name}.facts"
        if config.name.startswith("bangfu.") and find_spec(name):
            room = import_module(name)
            for table in _called(room.TABLES):
                if table.name in found:
                    raise ValueError(f"two tables of facts are called {table.name}")
                found[table.name] = table
            for added in _called(getattr(room, "ADDED", ())):
                found[added.table] = added.to(found[added.table])
    return Schema(found)


def _called(given: Any) -> Sequence[Any]:
    """A room may give what it declares as it is, or a function where it follows from policy files."""
    declared: Sequence[Any] = given() if callable(given) else given
    return declared
