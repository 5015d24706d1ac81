"""What the writer's statements need to be the same on SQLite and PostgreSQL: names, comparisons, whole-number division.

The writer's statements are made from the column catalogue and run as they are, for one row or a million. Only names of
our own tables and columns are ever put into them; values travel in staged tables and as parameters.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any

from django.db import connection, models

from bangfu.common.places import PlaceRange

# While statements are made for a bench beside the database (`aside`): by model the last id that is taken there.
_aside: ContextVar[Mapping[type[models.Model], int] | None] = ContextVar("aside", default=None)


@contextmanager
def for_aside(last_ids: Mapping[type[models.Model], int]) -> Iterator[None]:
    """Statements made in this block are for DuckDB, whose SQL is that of PostgreSQL as far as the writer goes."""
    token = _aside.set(last_ids)
    try:
        yield
    finally:
        _aside.reset(token)


def quote(name: str) -> str:
    return str(connection.ops.quote_name(name))


def table(model: type[models.Model]) -> str:
    return quote(model._meta.db_table)


def on_postgresql() -> bool:
    return connection.vendor == "postgresql"


def on_sqlite() -> bool:
    """Whether statements are made for SQLite, whose SQL is the odd one out."""
    return connection.vendor == "sqlite" and _aside.get() is None


def differs(left: str, right: str) -> str:
    """Not the same value, NULL being a value like any other. SQLite knows IS DISTINCT FROM only since 3.39."""
    return f"{left} IS NOT {right}" if on_sqlite() else f"{left} IS DISTINCT FROM {right}"


def year_of(day: str) -> str:
    return f"CAST(substr({day}, 1, 4) AS integer)" if on_sqlite() else f"EXTRACT(YEAR FROM {day})::int"


def floor_divide(dividend: str, divisor: str) -> str:
    """Whole numbers, rounded down also below zero: both databases cut towards zero by themselves."""
    return (
        f"CASE WHEN {dividend} >= 0 THEN ({dividend}) / ({divisor}) "
        f"ELSE -((-({dividend}) + ({divisor}) - 1) / ({divisor})) END"
    )


def whole_sum(expression: str) -> str:
    """A sum of BIGINTs as BIGINT (PostgreSQL makes it NUMERIC, which would no longer divide as a whole number)."""
    return f"CAST(coalesce(sum({expression}), 0) AS bigint)"


def inside(ranges: Sequence[PlaceRange] | None, column: str) -> str:
    """Whether a place lies in any of the ranges; None is everywhere, no range at all is nowhere."""
    if ranges is None:
        return "TRUE"
    return "(" + (" OR ".join(f"{column} BETWEEN {int(r.first)} AND {int(r.last)}" for r in ranges) or "FALSE") + ")"


def text_list(values: Iterable[str]) -> str:
    """Codes of a policy file as an SQL list; never empty, because an empty list is no SQL."""
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values) or "''"


def day_value(day: date) -> str:
    return f"'{day.isoformat()}'" if on_sqlite() else f"DATE '{day.isoformat()}'"


def moment(at: datetime) -> Any:
    """A time as the database keeps it."""
    return connection.ops.adapt_datetimefield_value(at)


def new_id(model: type[models.Model], position: str) -> str:
    """An id that no row of `model` has or ever had; `position` numbers the rows of the statement from 0 upwards."""
    name = model._meta.db_table
    if (aside := _aside.get()) is not None:
        return f"({aside[model]} + 1 + {position})"
    if on_postgresql():
        # In a SELECT of its own the sequence is looked up once, not for every row.
        return f"nextval((SELECT pg_get_serial_sequence('{quote(name)}', '{model._meta.pk.column}')::regclass))"
    with connection.cursor() as cursor:
        # Writers are alone on SQLite, so the counter cannot move until these ids are taken.
        cursor.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = %s", [name])
        (last,) = cursor.fetchone()
    return f"({last} + 1 + {position})"


class Workbench:
    """Temporary tables of one write, dropped together at its end."""

    aside = False  # whether it stands beside the database, not in it

    def __init__(self) -> None:
        self.cursor = connection.cursor()
        self.made: list[str] = []
        self.waiting: dict[str, list[str]] = {}  # by table, the statements that make its indexes again (`bulk`)

    def make(self, name: str, select: str, parameters: Sequence[Any] = (), *, key: str = "", index: str = "") -> None:
        """TEMP TABLE `name` AS `select`; `key` is a unique whole number (or several columns that are unique together),
        `index` a column that is searched."""
        self.drop(name)
        if key and "," not in key and not on_postgresql():
            self._keyed(name, select, parameters, key)
            key = ""
        else:
            self.cursor.execute(f"CREATE TEMP TABLE {name} AS {select}", list(parameters) or None)
        self.made.append(name)
        if key:
            self.cursor.execute(f"CREATE UNIQUE INDEX {name}_key ON {name} ({key})")
        if index:
            self.cursor.execute(f"CREATE INDEX {name}_by ON {name} ({index})")
        self.analyze(name)

    def _keyed(self, name: str, select: str, parameters: Sequence[Any], key: str) -> None:
        """SQLite: the rows themselves lie in the order of the key, so that no index of it has to be made."""
        self.cursor.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM ({select}) x LIMIT 0", list(parameters) or None)
        self.cursor.execute(f"PRAGMA temp.table_info({name})")
        columns = [(str(column), str(kind)) for _number, column, kind, *_rest in self.cursor.fetchall()]
        self.drop(name)
        defined = (f"{quote(c)} {'integer PRIMARY KEY' if c == key else kind}" for c, kind in columns)
        self.cursor.execute(f"CREATE TEMP TABLE {name} ({', '.join(defined)})")
        self.cursor.execute(f"INSERT INTO {name} {select}", list(parameters) or None)

    def note(self, name: str) -> None:
        """TEMP TABLE `name` of ids that were touched, still empty. Its rows lie in the order of the ids: what is then
        copied in their order walks through both tables from one end to the other."""
        self.drop(name)
        self.cursor.execute(f"CREATE TEMP TABLE {name} (id {'bigint' if on_postgresql() else 'integer'} PRIMARY KEY)")
        self.made.append(name)

    def index(self, name: str, columns: str) -> None:
        """Another index of a table made before."""
        self.cursor.execute(f"CREATE INDEX {name}_by_{columns.replace(', ', '_')} ON {name} ({columns})")

    def add(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        """Some rows into a table made before."""
        marks = ", ".join(["%s"] * len(rows[0]))
        self.cursor.executemany(f"INSERT INTO {name} VALUES ({marks})", [list(row) for row in rows])

    @contextmanager
    def spoken(self) -> Iterator[None]:
        """Around the making of statements for this bench."""
        yield

    def finished(self, model: type[models.Model]) -> None:
        """No row of `model` is written any more by this write."""

    def analyze(self, name: str) -> None:
        """PostgreSQL takes a new table for a small one until it is told."""
        if on_postgresql():
            self.cursor.execute(f"ANALYZE {name}")

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """The number of rows touched."""
        self.cursor.execute(statement, list(parameters) or None)
        return max(int(self.cursor.rowcount), 0)

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self.cursor.execute(statement, list(parameters) or None)
        return list(self.cursor.fetchall())

    def value(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        self.cursor.execute(statement, list(parameters) or None)
        (value,) = self.cursor.fetchone()
        return value

    def drop(self, name: str) -> None:
        schema = "pg_temp" if on_postgresql() else "temp"
        self.cursor.execute(f"DROP TABLE IF EXISTS {schema}.{name}")

    def close(self) -> None:
        for name in reversed(self.made):
            self.drop(name)
        self.cursor.close()


@contextmanager
def workbench() -> Iterator[Workbench]:
    """Only tidied when all went well: after an error the transaction takes the temporary tables back by itself."""
    bench = Workbench()
    yield bench
    bench.close()
