"""What a write of many rows does differently from a write of one: room in memory, and indexes made afterwards.

The statements that write the rows are the same. Everything here is part of the caller's transaction: when it fails,
the indexes and constraints are what they were.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.db import OperationalError, connection, models, transaction

from bangfu.registry.ledger.sql import Workbench, on_postgresql, quote

# From so many new rows on indexes may be made anew, and statistics are renewed in the middle of a write.
BULK = 2_000
# PostgreSQL: a table is kept to ourselves only when it holds next to nothing, one row where so many are coming.
NEXT_TO_NOTHING = 10
# Rows that are worked out in memory at most: two million need about a gigabyte.
AT_MOST = 3_000_000
# How long PostgreSQL waits for those who are reading such a table; less than the second after which it looks for
# transactions that wait for each other.
PATIENCE = "500ms"


@contextmanager
def room(rows: int) -> Iterator[None]:
    """Memory for the sorts and pages of a write of so many rows, given back at its end."""
    with connection.cursor() as cursor:
        if on_postgresql():
            # Compiling the statements (JIT) takes longer than running them. The planner needs to know how many rows our
            # tables have, not which values are frequent: a tenth of the usual sample says that.
            cursor.execute(
                "SET LOCAL work_mem = '64MB'; SET LOCAL maintenance_work_mem = '128MB'; SET LOCAL jit = off; "
                "SET LOCAL default_statistics_target = 10"
            )
            yield
        elif rows < BULK:
            yield
        else:
            cursor.execute("PRAGMA cache_size")
            (before,) = cursor.fetchone()
            cursor.execute("PRAGMA cache_size = -196608")
            try:
                yield
            finally:
                cursor.execute(f"PRAGMA cache_size = {int(before)}")


def from_nothing(bench: Workbench, rows: int, tables: Iterable[type[models.Model]]) -> bool:
    """Whether a bulk of so many rows meets nothing on file: the tables (not their history) are empty, and nobody can
    add to them before this transaction ends. Then the rows may be worked out beside the database (`aside`)."""
    if not BULK <= rows <= AT_MOST or (on_postgresql() and not bench.waiting):
        return False
    present = " OR ".join(f"EXISTS (SELECT 1 FROM {quote(model._meta.db_table)})" for model in tables)
    return not bench.value(f"SELECT {present}")


@contextmanager
def filling(bench: Workbench, rows: Mapping[type[models.Model], int]) -> Iterator[None]:
    """PostgreSQL: tables that hold next to nothing are filled without indexes, without foreign keys among each other,
    and without keys that nothing else points to; all are made and checked over all rows afterwards, in a fifth of the
    time that they take row by row (of a new row's foreign key the server looks up, locks and logs the row it points
    to; of its own key it finds and logs the place).

    That needs the tables for ourselves until the transaction ends, so it is done only where nobody misses anything:
    in a house that is still empty. Where they cannot be had at once (somebody reads, or they belong to another role)
    every row takes its ordinary way. `rows` says how many are coming, at most, and names every table that is written.
    """
    if not on_postgresql() or max(rows.values(), default=0) < BULK or not (held := _hold(bench, rows)):
        yield
        return
    foreign = bench.rows(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s) AND confrelid::regclass::text = ANY(%s) "
        "ORDER BY 1, 2",
        [held, held],
    )
    for name, constraint, _definition in foreign:
        bench.run(f"ALTER TABLE {name} DROP CONSTRAINT {quote(constraint)}")
    for name in held:
        bench.waiting[name] = [*_drop_keys(bench, name), *_drop_indexes(bench, name)]
    yield
    for name in held:
        _make_again(bench, name)
    for name, constraint, definition in foreign:
        bench.run(f"ALTER TABLE {name} ADD CONSTRAINT {quote(constraint)} {definition}")
    bench.run("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def empty_unless_given(bench: Workbench, columns: Mapping[type[models.Model], Sequence[str]]) -> Iterator[None]:
    """PostgreSQL, tables that `filling` holds: a new row that leaves one of these columns out has "" there."""

    def each(what: str) -> None:
        for model, names in columns.items():
            if names:
                said = ", ".join(f"ALTER COLUMN {quote(name)} {what}" for name in names)
                bench.run(f"ALTER TABLE {quote(model._meta.db_table)} {said}")

    each("SET DEFAULT ''")
    yield
    each("DROP DEFAULT")


def _hold(bench: Workbench, rows: Mapping[type[models.Model], int]) -> list[str]:
    """The tables, by name, that are now ours alone: all of them, or none.

    All, so that every foreign key that stays leads to rows that were there before: it may be checked at once, and no
    index can be made nor table altered while a check is outstanding.
    """
    names = [model._meta.db_table for model in rows]
    nearly_empty = " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM {quote(name)} OFFSET {coming // NEXT_TO_NOTHING})"
        for name, coming in zip(names, rows.values(), strict=True)
    )
    ours = "SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM pg_class WHERE oid = ANY(%s::regclass[])"
    if not bench.value(f"SELECT {nearly_empty} AND ({ours})", [names]):
        return []
    try:
        with transaction.atomic():
            bench.run(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            bench.run(f"LOCK TABLE {', '.join(map(quote, names))} IN ACCESS EXCLUSIVE MODE")
            bench.run("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != "55P03":
            raise
        return []
    bench.run("SET CONSTRAINTS ALL IMMEDIATE")
    return names


def _drop_keys(bench: Workbench, name: str) -> list[str]:
    """Drop the primary key and what must be unique, where no foreign key leads there any more; the statements that make
    them again."""
    found = bench.rows(
        "SELECT c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.conrelid = %s::regclass "
        "AND c.contype IN ('p', 'u') AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' "
        "AND f.conindid = c.conindid) ORDER BY c.contype, c.conname",
        [name],
    )
    for constraint, _definition in found:
        bench.run(f"ALTER TABLE {name} DROP CONSTRAINT {quote(constraint)}")
    return [f"ALTER TABLE {name} ADD CONSTRAINT {quote(key)} {definition}" for key, definition in found]


def _drop_indexes(bench: Workbench, name: str) -> list[str]:
    """Drop the indexes that are no constraint's; the statements that make them again."""
    found = bench.rows(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE "
        "i.indrelid = %s::regclass AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid "
        "AND c.contype <> 'f') ORDER BY 1",
        [name],
    )
    for index, _made in found:
        bench.run(f"DROP INDEX {index}")
    return [made for _index, made in found]


def make_indexes(bench: Workbench, model: type[models.Model]) -> None:
    """The indexes that `filling` took away from a table whose rows are now in."""
    _make_again(bench, model._meta.db_table)


def _make_again(bench: Workbench, name: str) -> None:
    for made in bench.waiting.pop(name, []):
        bench.run(made)


@contextmanager
def indexes_afterwards(bench: Workbench, model: type[models.Model], rows: int) -> Iterator[None]:
    """The rows of a table that goes in at once. On PostgreSQL the indexes that `filling` took away are made anew.

    SQLite: when a table at least doubles or so, its plain indexes are made anew after the rows are in, by one sort
    each, which is several times faster than finding the place of every row in each. Readers see the old state until
    the end all the same. Indexes of a few of the rows stay: little is saved there, and foreign keys look into them."""
    name = model._meta.db_table
    if bench.aside:
        yield
        return
    if on_postgresql():
        yield
        _make_again(bench, name)
        return
    if rows < BULK:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(rowid), 0) FROM {quote(name)}")
        (present,) = cursor.fetchone()
        found: list[tuple[str, str]] = []
        if present <= rows:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s "
                "AND sql LIKE 'CREATE INDEX%%' AND sql NOT LIKE '%% WHERE %%' ORDER BY name",
                [name],
            )
            found = list(cursor.fetchall())
        for index, _made in found:
            cursor.execute(f"DROP INDEX {quote(index)}")
        yield
        for _index, made in found:
            cursor.execute(made)
