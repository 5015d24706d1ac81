"""What is asked of a live database for a table of facts: no more than is not known already.

What another table of the same day says is taken from there. What rooms above say of a row is not asked as long as none
of their tables has a row: it is the same for everybody then, and so is what follows from it.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.apps import apps

from bangfu.common import duck
from bangfu.common.facts import FactColumn, FactKind, FactTable
from bangfu.snapshot import drafting
from bangfu.snapshot.orders import ColumnOrder, Fact, Found, Silence, TableOrder
from bangfu.snapshot.store import names_in


def live_order(table: FactTable, as_of: date) -> TableOrder:
    """What it takes to copy a table out of a live database."""
    found, helpers = _found(table)
    elsewhere = {name for each in found for name in each.columns}
    order = drafting.table_order(table, _live_sql(table, as_of, elsewhere, helpers))
    order = replace(order, found=found, helpers=[ColumnOrder(name, FactKind.KEY, False, True) for name in helpers])
    if not table.added:
        return order
    same = same_for_all(table, as_of)
    rest = {c.name for c in table.columns if c.derived} - same.keys()
    own = table.own or table
    return replace(
        order,
        silence=Silence(
            tables=sorted(_spoken_of(table, as_of)),
            same=same,
            live=_live_sql(own, as_of, {*elsewhere, *same}, helpers),
            derived=drafting.derived_sql(table, "given", rest),
        ),
    )


def _live_sql(table: FactTable, as_of: date, without: set[str], helpers: Mapping[str, str]) -> str:
    """A SELECT of given columns of a table over live tables, in SQL that every database reads."""
    asked = {name: source for name, source in drafting.sources(table).items() if name not in without}
    listed = ", ".join(f"{source} AS {name}" for name, source in {**asked, **helpers}.items())
    return f"SELECT {listed} FROM {(table.rest or table.source)(as_of)}"


def _found(table: FactTable) -> tuple[list[Found], dict[str, str]]:
    """How columns of other tables are found, and what must be read besides for that: names and expressions."""
    own = {source: name for name, source in drafting.sources(table).items()}
    helpers: dict[str, str] = {}
    found = []
    for number, repeated in enumerate(table.repeated):
        by = []
        for key, source in repeated.by.items():
            name = own.setdefault(source, f"by_{number}_{key}")
            if name == f"by_{number}_{key}":
                helpers[name] = source
            by.append(name)
        found.append(Found(repeated.table, tuple(repeated.by), tuple(by), dict(repeated.columns), repeated.needed))
    return found, helpers


def _spoken_of(table: FactTable, as_of: date) -> Iterator[str]:
    """The live tables of other rooms from which rooms above know of a table's rows."""
    own = table.own or table
    columns = " ".join(source for name, source in drafting.sources(table).items() if not own.get(name))
    words = names_in(f"{columns} {' '.join(added.joins(as_of) for added in table.added)}")
    room = _model(main_table(own, as_of))._meta.app_label
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table in words and model._meta.app_label != room:
            yield model._meta.db_table


def main_table(table: FactTable, as_of: date) -> str:
    """The live table whose rows `t` are those of the table."""
    return table.source(as_of).split(" ", 1)[0]


def _model(name: str) -> Any:
    return next(model for model in apps.get_models(include_auto_created=True) if model._meta.db_table == name)


# --- what is said of nobody ------------------------------------------------------------------------------------------


def said_of_nobody(table: FactTable, as_of: date) -> dict[str, str]:
    """What rooms above say of a row that none of their tables mentions, column by column as a constant of SQL.

    SQLite is asked once, over tables that are empty but for one row of nothing; to have DuckDB plan the whole of that
    for every file of a folder took minutes.
    """
    columns = _added(table)
    if not columns:
        return {}
    asked = ", ".join(drafting.sources(table)[column.name] for column in columns)
    main = main_table(table, as_of)
    select = f"SELECT {asked} FROM {main} t {' '.join(added.joins(as_of) for added in table.added)}"
    with closing(sqlite3.connect(":memory:")) as database:
        for model in apps.get_models(include_auto_created=True):
            name = model._meta.db_table
            if name in select:
                nothing = ", ".join(f'NULL AS "{field.column}"' for field in model._meta.concrete_fields)
                database.execute(f"CREATE TABLE {name} AS SELECT {nothing} WHERE {int(name == main)}")
        row = database.execute(select).fetchone()
    return {column.name: _constant(column.kind, value) for column, value in zip(columns, row, strict=True)}


def same_for_all(table: FactTable, as_of: date) -> dict[str, Fact]:
    """The facts of `said_of_nobody`, with what is derived from nothing but them."""
    said = ", ".join(f"{value} AS {name}" for name, value in said_of_nobody(table, as_of).items())
    columns = _added(table)
    known = {column.name for column in columns}
    everything = {column.name for column in table.columns}
    for column in table.columns:
        if column.derived and names_in(column.derived) & everything <= known:
            columns.append(column)
            known.add(column.name)
    given = drafting.given_sql(_of(table, columns), f"(SELECT {said}) live")
    derived = drafting.derived_sql(_of(table, columns), f"({given}) given")
    rows: dict[str, Any] = {}
    with duck.within(threads=1) as connection:
        for select in filter(None, (given, derived)):
            rows |= duck.arrow(connection, select).to_pylist()[0]
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in rows.items()}


def _added(table: FactTable) -> list[FactColumn]:
    """The columns that rooms above ask of the live database."""
    own = table.own or table
    return [c for c in table.columns if c.stored and not c.derived and not own.get(c.name)]


def _of(table: FactTable, columns: list[FactColumn]) -> FactTable:
    return replace(table, columns=tuple(columns))


def _constant(kind: FactKind, value: str | float | None) -> str:
    said = "NULL" if value is None else duck.text(value) if isinstance(value, str) else str(value)
    return f"CAST({said} AS DATE)" if kind is FactKind.DAY else said
