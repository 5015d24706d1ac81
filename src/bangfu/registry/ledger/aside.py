"""A bench beside the database: rows that meet nothing on file are worked out in memory, and arrive finished.

The writer's statements are the same. Where tables are empty nothing is compared, changed or removed, and a database
would only be kept busy with joining what it has just been handed: DuckDB does that by columns, on two threads, and the
database gets every row once, in the order of its key.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pyarrow as pa
from django.db import connection, models

from bangfu.areas.models import Area
from bangfu.common import duck
from bangfu.common.staging import Freight, columns_of, fill, freights, may_carry
from bangfu.registry.ledger import bulk, sql
from bangfu.registry.ledger.merging import MODELS
from bangfu.registry.ledger.trail import first_sql, history_of, write_first
from bangfu.registry.models import Change, MemberEvent

MEMORY = "2GB"
# Rows that are handed over at a time.
PIECE = 50_000
# The table of a carrier in which rows arrive.
POURED = "poured"
# How SQLite defines a table, and then its indexes; the last id of a table that counts them.
DEFINED = "SELECT sql FROM sqlite_master WHERE tbl_name = %s AND sql IS NOT NULL ORDER BY type = 'index', name"
LAST = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = %s"
# What is looked up in the tree of areas.
AREA = ("id", "parent_id", "level", "place", "name", "code", "valid_to")
AT_ONCE = 500


class Aside(sql.Workbench):
    """Empty tables like those of the database, and the areas that the rows speak of."""

    aside = True

    def __init__(self, engine: duck.Connection, last_ids: Mapping[type[models.Model], int]) -> None:
        self.engine = engine
        self.last_ids = last_ids
        self.made: list[str] = []
        self.waiting: dict[str, list[str]] = {}
        self.counted: dict[type[models.Model], int] = {}
        self.handed = ""

    def spoken(self) -> Any:
        return sql.for_aside(self.last_ids)

    def make(self, name: str, select: str, parameters: Sequence[Any] = (), *, key: str = "", index: str = "") -> None:
        self.engine.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select}", list(parameters))
        self.made.append(name)

    def take(self, name: str, table: pa.Table) -> None:
        """The rows of an Arrow table as a table of the bench, read where they lie."""
        self.engine.register(name, table)

    def note(self, name: str) -> None:
        self.make(name, "SELECT CAST(0 AS bigint) AS id WHERE 1 = 0")

    def index(self, name: str, columns: str) -> None:
        """Joins are made by hashing."""

    def add(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        self.engine.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)

    def analyze(self, name: str) -> None:
        """It knows its own tables."""

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        answer = self.engine.execute(statement, list(parameters)).fetchall()
        return int(answer[0][0]) if answer else 0

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.engine.execute(statement, list(parameters)).fetchall()

    def value(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        ((value,),) = self.rows(statement, parameters)
        return value

    def drop(self, name: str) -> None:
        self.engine.execute(f"DROP TABLE IF EXISTS {name}")

    def close(self) -> None:
        """The engine forgets everything by itself."""

    def empty(self, model: type[models.Model]) -> None:
        """A table like that of `model`, with nothing in it."""
        columns = ", ".join(f"{sql.quote(f.column)} {_kind(f)}" for f in _fields(model))
        self.engine.execute(f"CREATE TEMP TABLE {sql.table(model)} ({columns})")

    def count(self, model: type[models.Model]) -> int:
        """How many rows of `model` are ready."""
        if model not in self.counted:
            self.counted[model] = int(self.value(f"SELECT count(*) FROM {sql.table(model)}"))
        return self.counted[model]

    def forget(self) -> None:
        """Drop what only served to work the rows out."""
        while self.made:
            self.drop(self.made.pop())

    def ready(self, model: type[models.Model]) -> pa.RecordBatchReader:
        """The rows of `model`, in the order of their keys, piece by piece. Those asked for before are forgotten."""
        if self.handed:
            self.drop(self.handed)
        self.handed = sql.table(model)
        columns = ", ".join(sql.quote(f.column) for f in _fields(model))
        return duck.in_pieces(self.engine, f"SELECT {columns} FROM {sql.table(model)}", PIECE)


def hand_over(made: Aside, bench: sql.Workbench, touched: Sequence[type[models.Model]], change: Change) -> None:
    """The rows of these tables, still empty, to the database, each with its beginning in the history; then events."""
    made.forget()
    if may_carry() and sum(made.count(model) for model in touched) >= bulk.BULK:
        _by_carriers(made, bench, touched, change)
    else:
        for model in touched:
            with bulk.indexes_afterwards(bench, model, made.count(model)):
                _fill(model, made.ready(model).read_all())
            keys = [sql.quote(f.column) for f in _fields(model) if f.primary_key or f.is_relation]
            bench.analyze(f"{sql.table(model)} ({', '.join(keys)})")
            with bulk.indexes_afterwards(bench, history_of(model), made.count(model)):
                write_first(bench, model, change)
    if made.count(MemberEvent):
        _fill(MemberEvent, made.ready(MemberEvent).read_all())


def _fill(model: type[models.Model], rows: pa.Table) -> None:
    fill(f"{sql.table(model)} ({', '.join(map(sql.quote, rows.column_names))})", rows)


def _by_carriers(made: Aside, bench: sql.Workbench, touched: Sequence[type[models.Model]], change: Change) -> None:
    """SQLite: history and its indexes are made on another thread, in the carrier of the rows. A table without foreign
    keys is then taken over as it lies there, rows and indexes, because it is defined by the same words."""
    loads = []
    for model in touched:
        defined = [text for (text,) in bench.rows(DEFINED, [history_of(model)._meta.db_table])]
        last = bench.value(LAST, [history_of(model)._meta.db_table])
        loads.append(partial(_freight, made, model, defined, int(last), first_sql(model, change, POURED)))
    with freights(loads) as arriving:
        for model, schema in zip(touched, arriving, strict=True):
            name, history = sql.table(model), sql.table(history_of(model))
            columns = ", ".join(sql.quote(f.column) for f in _fields(model))
            with bulk.indexes_afterwards(bench, model, made.counted[model]):
                bench.run(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {schema}.{POURED}")
            bench.run(f"INSERT INTO {history} SELECT * FROM {schema}.{history}")


def _freight(
    made: Aside, model: type[models.Model], defined: Sequence[str], last: int, first: tuple[str, Sequence[Any]]
) -> Freight:
    """The rows of `model` and its history, whose ids follow `last`."""
    rows = made.ready(model)
    statement, parameters = first
    return Freight(
        [f"CREATE TABLE {POURED} ({columns_of(rows.schema)})", defined[0]],
        POURED,
        rows,
        [
            ("INSERT INTO sqlite_sequence VALUES (?, ?)", [history_of(model)._meta.db_table, last]),
            (statement.replace("%s", "?"), parameters),
            *((index, ()) for index in defined[1:]),
        ],
    )


@contextmanager
def workbench(bench: sql.Workbench, given: Mapping[str, pa.Table], rows: Mapping[Any, int]) -> Iterator[Aside]:
    """A bench beside the database with the tables that came in, the empty tables they are for, and their areas. `rows`
    says for every table how many ids may be taken: they are never given to anybody else."""
    last_ids = {model: _last_id(bench, model, coming) for model, coming in rows.items()}
    with duck.within(memory=MEMORY, whole_division=True) as engine:
        made = Aside(engine, last_ids)
        for name, table in given.items():
            made.take(f"in_{name}", table)
        tables: list[type[models.Model]] = [*MODELS.values(), MemberEvent]
        for model in tables:
            made.empty(model)
        made.take(Area._meta.db_table, _areas(bench, given))
        yield made


def _fields(model: type[models.Model]) -> list[Any]:
    """The columns that are handed over; an event is given its id by the database."""
    return [f for f in model._meta.concrete_fields if not (model is MemberEvent and f.primary_key)]


def _kind(field: Any) -> str:
    """The type of a column in the bench: wide enough, the database itself is exact about lengths."""
    field = getattr(field, "target_field", field)
    for known, kind in (
        (models.BooleanField, "boolean"),
        (models.CharField, "text"),
        (models.DateField, "date"),
        (models.IntegerField, "bigint"),
    ):
        if isinstance(field, known):
            return kind
    raise TypeError(f"a bench beside the database has no {type(field).__name__}")


def _last_id(bench: sql.Workbench, model: Any, rows: int) -> int:
    """The last id taken; the `rows` that follow it are ours."""
    name, pk = model._meta.db_table, model._meta.pk
    if not isinstance(pk, models.AutoField | models.BigAutoField):
        return 0
    if connection.vendor == "postgresql":
        counter = f"pg_get_serial_sequence('{sql.quote(name)}', '{pk.column}')::regclass"
        return int(bench.value(f"SELECT setval({counter}, nextval({counter}) + {rows - 1}) - {rows}"))
    return int(bench.value(LAST, [name]))


def _areas(bench: sql.Workbench, given: Mapping[str, pa.Table]) -> pa.Table:
    """The villages that households are in, and what lies in them."""
    homes = given.get("household")
    villages: list[int] = []
    if homes is not None and "village_id" in homes.column_names:
        villages = [int(village) for village in homes["village_id"].unique().to_pylist() if village is not None]
    found: list[tuple[Any, ...]] = []
    columns, name = ", ".join(map(sql.quote, AREA)), sql.table(Area)
    for start in range(0, len(villages), AT_ONCE):
        ids = ", ".join(str(village) for village in villages[start : start + AT_ONCE])
        found += bench.rows(f"SELECT {columns} FROM {name} WHERE id IN ({ids}) OR parent_id IN ({ids})")
    whole, text = pa.int64(), pa.string()
    kinds = dict(zip(AREA, (whole, whole, whole, whole, text, text, text), strict=True))
    values = list(zip(*found, strict=True)) or [()] * len(AREA)
    table = pa.table(
        {
            column: pa.array(
                [None if v is None else str(v) for v in each] if kinds[column] == text else each, kinds[column]
            )
            for column, each in zip(AREA, values, strict=True)
        }
    )
    at = table.column_names.index("valid_to")
    return table.set_column(at, "valid_to", table["valid_to"].cast(pa.date32()))
