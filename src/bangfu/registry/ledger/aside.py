"""A bench beside the database: rows that meet nothing on file are worked out in memory, and arrive finished.

The writer's statements are the same. Where tables are empty nothing is compared, changed or removed, and a database
would only be kept busy with joining what it has just been handed: DuckDB does that by columns, on two threads, and the
database gets every row once, in the order of its key; the rows of a table as soon as they are finished, while those of
the next are still being worked out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from threading import Lock
from typing import Any, TypeVar

import pyarrow as pa
from django.db import connection, models

from bangfu.areas.models import Area
from bangfu.common import duck
from bangfu.common.carriers import Freight, Statement, freights, may_carry
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

Done = TypeVar("Done")


class Aside(sql.Workbench):
    """Empty tables like those of the database, and the areas that the rows speak of. One thread works on it, others
    read the tables that are finished."""

    aside = True

    def __init__(
        self,
        engine: duck.Connection,
        last_ids: Mapping[type[models.Model], int],
        coming: Mapping[type[models.Model], int],
    ) -> None:
        self.engine = engine
        self.last_ids = last_ids
        self.coming = coming
        self.made: list[str] = []
        self.waiting: dict[str, list[str]] = {}
        self.counted: dict[type[models.Model], int] = {}
        self.ready: SimpleQueue[type[models.Model] | None] = SimpleQueue()  # finished tables; None: there are no more
        self.handed: list[type[models.Model]] = []
        self.ended = False
        self.lock = Lock()

    def spoken(self) -> Any:
        return sql.for_aside(self.last_ids)

    def make(self, name: str, select: str, parameters: Sequence[Any] = (), *, key: str = "", index: str = "") -> None:
        self.engine.execute(f"CREATE OR REPLACE TABLE {name} AS {select}", list(parameters))
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
        self.engine.execute(f"CREATE TABLE {sql.table(model)} ({columns})")

    def finished(self, model: type[models.Model]) -> None:
        self.counted[model] = int(self.value(f"SELECT count(*) FROM {sql.table(model)}"))
        if self.counted[model]:
            self.ready.put(model)

    def end(self) -> None:
        """Nothing more is worked out: what only served to do it, and rows that were handed over, are forgotten."""
        while self.made:
            self.drop(self.made.pop())
        with self.lock:
            self.ended = True
            while self.handed:
                self.drop(sql.table(self.handed.pop()))

    def standing(self, model: type[models.Model]) -> list[str]:
        """The columns of `model` in which anything stands besides NULL and "". (A column of texts has no NULL.)"""
        fields = {f.column: f for f in _fields(model) if not f.primary_key and not f.has_db_default()}
        counted = ", ".join(
            f"count({sql.quote(column)})"
            + (f" FILTER ({sql.quote(column)} <> '')" if isinstance(field, models.CharField) else "")
            for column, field in fields.items()
        )
        with self.engine.cursor() as reader:
            (counts,) = reader.execute(f"SELECT {counted} FROM {sql.table(model)}").fetchall()
        empty = {column for column, count in zip(fields, counts, strict=True) if not count}
        return [f.column for f in _fields(model) if f.column not in empty]

    def rows_of(self, model: type[models.Model], columns: Sequence[str] = ()) -> pa.RecordBatchReader:
        """The rows of a finished table, in the order of their keys, piece by piece: these columns, or all. They are
        forgotten when they are read and nothing more is worked out from them."""
        listed = ", ".join(map(sql.quote, columns or _columns(model)))
        reader = self.engine.cursor()
        answer = duck.in_pieces(reader, f"SELECT {listed} FROM {sql.table(model)}", PIECE)

        def pieces() -> Iterator[pa.RecordBatch]:
            yield from answer
            with self.lock:
                if self.ended:
                    reader.execute(f"DROP TABLE {sql.table(model)}")
                else:
                    self.handed.append(model)
            reader.close()

        return pa.RecordBatchReader.from_batches(answer.schema, pieces())


def hand_over(made: Aside, bench: sql.Workbench, work: Callable[[], Done], change: Change) -> Done:
    """What `work` works out, to the database: the rows of every table with their beginnings in the history, as soon as
    they are finished; then events."""
    with _at_work(made, work) as (finished, done):
        if may_carry():
            _by_carriers(made, bench, finished, change)
        elif sql.on_postgresql():
            _by_copy(made, bench, finished, change)
        else:
            for model in finished:
                with bulk.indexes_afterwards(bench, model, made.counted[model]):
                    fill(_target(model), made.rows_of(model).read_all())
                _follow(made, bench, model, change)
        result = done.result()
    events = made.rows_of(MemberEvent).read_all()
    if len(events):
        fill(_target(MemberEvent), events)
    return result


@contextmanager
def _at_work(made: Aside, work: Callable[[], Done]) -> Iterator[tuple[Iterator[type[models.Model]], "Future[Done]"]]:
    """The tables that have rows, each as soon as it is finished by `work` on another thread; and what comes of it."""

    def finished() -> Iterator[type[models.Model]]:
        while model := made.ready.get():
            yield model

    def working() -> Done:
        try:
            return work()
        finally:
            made.ready.put(None)

    with ThreadPoolExecutor(max_workers=1) as pool:
        # The context says in which language and for whom the thread works.
        yield finished(), pool.submit(copy_context().run, working)


def _target(model: type[models.Model], columns: Sequence[str] = ()) -> str:
    return f"{sql.table(model)} ({', '.join(map(sql.quote, columns or _columns(model)))})"


def _by_copy(made: Aside, bench: sql.Workbench, finished: Iterator[type[models.Model]], change: Change) -> None:
    """PostgreSQL: one table after the other. Columns in which nothing stands (a template has many that nobody fills
    in) need not travel, nor be taken apart by the server."""

    def loads() -> Iterator[tuple[type[models.Model], str, Callable[[], pa.RecordBatchReader]]]:
        for model in finished:
            columns = made.standing(model)
            yield model, _target(model, columns), partial(made.rows_of, model, columns)

    texts = {m: [str(f.column) for f in _fields(m) if isinstance(f, models.CharField)] for m in made.coming}
    with bulk.empty_unless_given(bench, texts), fillings(loads()) as filled:
        for model in filled:
            _follow(made, bench, model, change)


def _follow(made: Aside, bench: sql.Workbench, model: type[models.Model], change: Change) -> None:
    """What follows when the rows of `model` are in: indexes that were taken away, the beginnings of their history."""
    bulk.make_indexes(bench, model)
    keys = [sql.quote(f.column) for f in _fields(model) if f.primary_key or f.is_relation]
    bench.analyze(f"{sql.table(model)} ({', '.join(keys)})")
    with bulk.indexes_afterwards(bench, history_of(model), made.counted[model]):
        write_first(bench, model, change)


def _by_carriers(made: Aside, bench: sql.Workbench, finished: Iterator[type[models.Model]], change: Change) -> None:
    """SQLite: rows, history and their indexes are made in carriers, in tables defined by the same words as ours. These
    are then taken over as they lie there. The history of the largest table comes in a carrier of its own, or the last
    one would be waited for alone."""
    largest = max(made.coming, key=lambda model: made.coming[model] * len(_fields(model)))
    known: dict[type[models.Model], Callable[[], Freight]] = {}
    for model in made.coming:
        rows, history = (
            [text for (text,) in bench.rows(DEFINED, [each._meta.db_table])] for each in (model, history_of(model))
        )
        last = int(bench.value(LAST, [history_of(model)._meta.db_table]))
        first = first_sql(model, change, sql.table(model))
        known[model] = partial(_freight, made, model, (rows, history), last, first, model is largest)
    brought = {model: (model,) if model is largest else (model, history_of(model)) for model in made.coming}
    with freights((brought[model], known[model]) for model in finished) as arriving:
        for tables, schema in arriving:
            for each in tables:
                bench.run(f"INSERT INTO {sql.table(each)} SELECT * FROM {schema}.{sql.table(each)}")


def _freight(
    made: Aside,
    model: type[models.Model],
    defined: tuple[Sequence[str], Sequence[str]],
    last: int,
    first: Statement,
    apart: bool,
) -> Freight:
    """The rows of `model` and its history, whose ids follow `last`, and the indexes of both; the history `apart`."""
    (rows, *their_indexes), (history, *its_indexes) = defined
    statement, parameters = first
    indexes = [(index, ()) for index in their_indexes]
    name, rows_in = model._meta.db_table, made.rows_of(model)
    trail: list[Statement] = [
        ("INSERT INTO sqlite_sequence VALUES (?, ?)", [history_of(model)._meta.db_table, last]),
        (statement.replace("%s", "?"), parameters),
        *((index, ()) for index in its_indexes),
    ]
    if not apart:
        return Freight([rows, history], name, rows_in, [*trail, *indexes])
    return Freight([rows], name, rows_in, indexes, onward=((history_of(model),), [(history, ()), *trail]))


@contextmanager
def workbench(bench: sql.Workbench, given: Mapping[str, pa.Table], rows: Mapping[Any, int]) -> Iterator[Aside]:
    """A bench beside the database with the tables that came in, the empty tables they are for, and their areas. `rows`
    says for every table how many ids may be taken: they are never given to anybody else."""
    last_ids = {model: _last_id(bench, model, coming) for model, coming in rows.items()}
    with duck.within(memory=MEMORY, whole_division=True) as engine:
        made = Aside(engine, last_ids, rows)
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
