"""Every table of the house, read from the models of whatever migrations a database has seen, in a form that both
databases share: a backup made on one can be restored on the other."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.apps import apps as todays_apps
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

Migration = tuple[str, str]

_ROWS = 20_000

_UTC = pa.timestamp("us", tz="UTC")
_ARROW: dict[str, pa.DataType] = {
    "AutoField": pa.int64(),
    "BigAutoField": pa.int64(),
    "SmallAutoField": pa.int64(),
    "BigIntegerField": pa.int64(),
    "IntegerField": pa.int64(),
    "SmallIntegerField": pa.int64(),
    "PositiveBigIntegerField": pa.int64(),
    "PositiveIntegerField": pa.int64(),
    "PositiveSmallIntegerField": pa.int64(),
    "BooleanField": pa.bool_(),
    "CharField": pa.string(),
    "TextField": pa.string(),
    "SlugField": pa.string(),
    "FileField": pa.string(),
    "GenericIPAddressField": pa.string(),
    "JSONField": pa.string(),
    "UUIDField": pa.string(),
    "FloatField": pa.float64(),
    "DateField": pa.date32(),
    "DateTimeField": _UTC,
}


@dataclass(frozen=True)
class Column:
    name: str
    internal_type: str

    @property
    def arrow(self) -> "pa.Field[Any]":
        return pa.field(self.name, _ARROW[self.internal_type])


@dataclass(frozen=True)
class Table:
    """One table: its columns, the key that its rows are ordered by, and the tables its rows point to."""

    name: str
    key: str
    columns: tuple[Column, ...]
    points_to: frozenset[str]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([column.arrow for column in self.columns])


def recorded_migrations() -> list[Migration]:
    """The migrations that this database has seen, in the order of their application; none for an empty one."""
    recorder = MigrationRecorder(connection)
    if not recorder.has_table():
        return []
    return list(recorder.migration_qs.order_by("id").values_list("app", "name"))


def known_migrations(executor: MigrationExecutor) -> set[Migration]:
    return set(executor.loader.disk_migrations or ())


def ends_of(executor: MigrationExecutor, migrations: list[Migration]) -> list[Migration]:
    """Of a set of migrations those on which none of the others builds: the targets that lead exactly to this set."""
    graph = executor.loader.graph
    inside = {each for each in migrations if each in graph.nodes}
    return sorted(each for each in inside if not any(child.key in inside for child in graph.node_map[each].children))


def models_after(executor: MigrationExecutor, migrations: list[Migration]) -> list[type[models.Model]]:
    """The models as they were after these migrations; today's own when these are all there are."""
    graph = executor.loader.graph
    everything = {each for each in graph.nodes if each in known_migrations(executor)}
    if everything <= set(migrations):
        found = todays_apps.get_models(include_auto_created=True)
    else:
        state = executor.loader.project_state(ends_of(executor, migrations))
        found = state.apps.get_models(include_auto_created=True)
    return [m for m in found if m._meta.managed and not m._meta.proxy and not m._meta.swapped]


def tables_of(found: list[type[models.Model]]) -> list[Table]:
    """Their tables, each after the tables that its rows point to (itself left aside)."""
    tables = {m._meta.db_table: _table(m) for m in found}
    ordered: list[Table] = []
    done: set[str] = set()
    waiting = sorted(tables.values(), key=lambda table: table.name)
    while waiting:
        ready = [t for t in waiting if t.points_to - {t.name} <= done] or waiting  # a ring: the database will judge
        ordered += ready
        done |= {t.name for t in ready}
        waiting = [t for t in waiting if t.name not in done]
    return ordered


def _table(model: type[models.Model]) -> Table:
    fields: list[Any] = [f for f in model._meta.local_concrete_fields if not getattr(f, "generated", False)]
    return Table(
        name=model._meta.db_table,
        key=str(model._meta.pk.column),
        columns=tuple(Column(f.column, _internal_type(f)) for f in fields),
        points_to=frozenset(
            f.remote_field.model._meta.db_table for f in fields if f.remote_field and getattr(f, "db_constraint", False)
        ),
    )


def _internal_type(field: Any) -> str:
    while field.remote_field:
        field = field.target_field
    kind = str(field.get_internal_type())
    if kind not in _ARROW:
        raise TypeError(f"{field}: a backup cannot carry a {kind} yet; give it an Arrow type in keeping/tables.py")
    return kind


def batches(table: Table) -> Iterator[pa.RecordBatch]:
    """All rows of a table in the order of its key, a bounded number at a time. Call it inside `one_view`."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(c.name) for c in table.columns)
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {quote(table.name)} ORDER BY {quote(table.key)}")
        while rows := cursor.fetchmany(_ROWS):
            arrays = [
                pa.array(_plain(column, values), column.arrow.type)
                for column, values in zip(table.columns, zip(*rows, strict=True), strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=table.schema)


def _plain(column: Column, values: tuple[Any, ...]) -> Any:
    """Values as the driver gives them in the one form that the file keeps."""
    if column.internal_type == "UUIDField":
        return [None if v is None else getattr(v, "hex", v) for v in values]
    if column.internal_type == "JSONField":
        return [v if v is None or isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in values]
    if column.internal_type == "GenericIPAddressField":
        return [None if v is None else str(v) for v in values]
    return values
