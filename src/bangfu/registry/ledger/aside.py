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
from bangfu.common.carriers import Freight, freights, may_carry
from bangfu.common.staging import fill, fillings
from bangfu.registry.ledger import bulk, sql
from bangfu.registry.ledger.merging import MODELS
from bangfu.registry.ledger.trail import first_sql, history_of, write_first
from bangfu.registry.models import Change, MemberEvent

MEMORY = "2GB"
# Rows that are handed over at a time.
PIECE = 50_000
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

    def standing(self, model: type[models.Model]) -> tuple[list[str], list[str]]:
        """The columns of `model` in which anything stands, and those that hold "" in every row. (In the others every
        row has NULL.)"""
        fields = {f.column: f for f in _fields(model) if not f.primary_key and not f.has_db_default()}
        counted = ", ".join(
            f"count({sql.quote(column)}), "
            + (f"count(*) FILTER ({sql.quote(column)} = '')" if isinstance(field, models.CharField) else "0")
            for column, field in fields.items()
        )
        ((total, *counts),) = self.rows(f"SELECT count(*), {counted} FROM {sql.table(model)}")
        known = dict(zip(fields, zip(counts[::2], counts[1::2], strict=True), strict=True))
        empty = [column for column, (_known, empty) in known.items() if empty == total]
        left_out = {*empty, *(column for column, (known_in, _empty) in known.items() if not known_in)}
        return [f.column for f in _fields(model) if f.column not in left_out], empty

    def ready(self, model: type[models.Model], columns: Sequence[str] = ()) -> pa.RecordBatchReader:
        """The rows of `model`, in the order of their keys, piece by piece: these columns, or all. Those asked for
        before are forgotten."""
        if self.handed:
            self.drop(self.handed)
        self.handed = sql.table(model)
        listed = ", ".join(map(sql.quote, columns or _columns(model)))
        return duck.in_pieces(self.engine, f"SELECT {listed} FROM {sql.table(model)}", PIECE)


def hand_over(made: Aside, bench: sql.Workbench, touched: Sequence[type[models.Model]], change: Change) -> None:
    """The rows of these tables, still empty, to the database, each with its beginning in the history; then events."""
    made.forget()
    rows = sum(made.count(model) for model in touched)  # from here on another thread asks the engine
    if may_carry() and rows >= bulk.BULK:
        _by_carriers(made, bench, touched, change)
    elif sql.on_postgresql():
        _by_copy(made, bench, touched, change)
    else:
        for model in touched:
            with bulk.indexes_afterwards(bench, model, made.count(model)):
                fill(_target(model), made.ready(model).read_all())
            _follow(made, bench, model, change)
    if made.count(MemberEvent):
        fill(_target(MemberEvent), made.ready(MemberEvent).read_all())


def _target(model: type[models.Model], columns: Sequence[str] = ()) -> str:
    return f"{sql.table(model)} ({', '.join(map(sql.quote, columns or _columns(model)))})"


def _by_copy(made: Aside, bench: sql.Workbench, touched: Sequence[type[models.Model]], change: Change) -> None:
    """PostgreSQL: one table after the other. Columns in which nothing stands (a template has many that nobody fills
    in) need not travel, nor be taken apart by the server."""
    standing = {model: made.standing(model) for model in touched}
    loads = [(_target(model, columns), partial(made.ready, model, columns)) for model, (columns, _) in standing.items()]
    empty = {model: nothing for model, (_, nothing) in standing.items()}
    with bulk.empty_unless_given(bench, empty), fillings(loads) as filled:
        for model, _filled in zip(touched, filled, strict=True):
            _follow(made, bench, model, change)


def _follow(made: Aside, bench: sql.Workbench, model: type[models.Model], change: Change) -> None:
    """What follows when the rows of `model` are in: indexes that were taken away, the beginnings of their history."""
    bulk.make_indexes(bench, model)
    keys = [sql.quote(f.column) for f in _fields(model) if f.primary_key or f.is_relation]
    bench.analyze(f"{sql.table(model)} ({', '.join(keys)})")
    with bulk.indexes_afterwards(bench, history_of(model), made.count(model)):
        write_first(bench, model, change)


def _by_carriers(made: Aside, bench: sql.Workbench, touched: Sequence[type[models.Model]], change: Change) -> None:
    """SQLite: rows, history and their indexes are made in carriers, in tables defined by the same words as ours. These
    are then taken over as they lie there; the largest are begun first, so that none is waited for alone."""
    loads = []
    by_size = sorted(touched, key=lambda model: -made.count(model) * len(_fields(model)))
    for model in by_size:
        rows, history = (
            [text for (text,) in bench.rows(DEFINED, [each._meta.db_table])] for each in (model, history_of(model))
        )
        last = int(bench.value(LAST, [history_of(model)._meta.db_table]))
        first = first_sql(model, change, sql.table(model))
        loads.append(partial(_freight, made, model, (rows, history), last, first))
    with freights(loads) as arriving:
        for number, schema in arriving:
            for each in (by_size[number], history_of(by_size[number])):
                bench.run(f"INSERT INTO {sql.table(each)} SELECT * FROM {schema}.{sql.table(each)}")


def _freight(
    made: Aside,
    model: type[models.Model],
    defined: tuple[Sequence[str], Sequence[str]],
    last: int,
    first: tuple[str, Sequence[Any]],
) -> Freight:
    """The rows of `model` and its history, whose ids follow `last`, and the indexes of both."""
    (rows, *their_indexes), (history, *its_indexes) = defined
    statement, parameters = first
    return Freight(
        [rows, history],
        model._meta.db_table,
        made.ready(model),
        [
            ("INSERT INTO sqlite_sequence VALUES (?, ?)", [history_of(model)._meta.db_table, last]),
            (statement.replace("%s", "?"), parameters),
            *((index, ()) for index in (*their_indexes, *its_indexes)),
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


def _columns(model: type[models.Model]) -> list[str]:
    return [f.column for f in _fields(model)]


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
