"""The whole house into one file, and back into an empty one, whichever database it stood on or will stand on."""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.core.management.color import no_style
from django.core.management.sql import emit_post_migrate_signal
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

import bangfu
from bangfu.audit.services import record
from bangfu.common.staging import fill
from bangfu.keeping.archive import (
    FORMAT,
    HOME_FILE,
    HOME_FOLDERS,
    MANIFEST,
    Backup,
    HashingFile,
    HomeFile,
    Manifest,
    TableFile,
    opened,
    papers_digest,
)
from bangfu.keeping.errors import (
    BackupDamaged,
    BackupDisagrees,
    BackupNewer,
    FileExists,
    FileUnwritable,
    HomeNotEmpty,
    NothingToBackUp,
)
from bangfu.keeping.founding import found as found_at_one_go
from bangfu.keeping.papers import paper_hashes, sound_paper
from bangfu.keeping.tables import (
    Table,
    batches,
    ends_of,
    known_migrations,
    models_after,
    recorded_migrations,
    tables_of,
)

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Carried:
    """What a backup took along or a restore brought back. `papers_lost`: see `Manifest`."""

    file: Path
    tables: int
    rows: int
    papers: int
    papers_lost: tuple[str, ...]


def _silent(_step: str) -> None:
    return None


# ------------------------------------------------------------------------------------------------------ backup


def backup(file: Path, *, progress: Progress = _silent) -> Carried:
    """Write everything to `file`: all rows of one moment, and the papers they name.

    Others go on working meanwhile. The file appears under its name only when it is complete, and only its owner may
    read it: it holds personal data. Raises NothingToBackUp, FileExists, FileUnwritable.
    """
    if file.exists():
        raise FileExists(file=file)
    migrations = recorded_migrations() if _database_exists() else []
    if not migrations:
        raise NothingToBackUp(home=settings.HOME)
    part = file.with_name(f"{file.name}.part")
    try:
        # Made with the rights it shall keep: not even for a moment may others read it.
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            carried = _write(archive, file, migrations, progress)
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(file)
    except OSError as error:
        raise FileUnwritable(file=file, reason=error.strerror or error) from error
    finally:
        part.unlink(missing_ok=True)
    record(
        actor=None,
        action="house.backup",
        subject_type="house",
        subject_id=file.name,
        tables=carried.tables,
        rows=carried.rows,
        papers=carried.papers,
    )
    return carried


def _database_exists() -> bool:
    """Asking SQLite about a file that is not there would make it."""
    return (
        connection.vendor != "sqlite"
        or "memory" in str(connection.settings_dict["NAME"])
        or Path(connection.settings_dict["NAME"]).exists()
    )


def _write(archive: zipfile.ZipFile, file: Path, migrations: list[tuple[str, str]], progress: Progress) -> Carried:
    tables = tables_of(models_after(MigrationExecutor(connection), migrations))
    with one_view():
        written = [_write_table(archive, table, progress) for table in tables]
        wanted = paper_hashes()
    kept, lost = [], []
    for sha256 in wanted:
        paper = sound_paper(sha256)
        if paper:
            archive.write(paper, f"papers/{sha256[:2]}/{sha256[2:]}")
            kept.append(sha256)
        else:
            lost.append(sha256)
    manifest = Manifest(
        format=FORMAT,
        version=bangfu.__version__,
        made_at=datetime.now(UTC),
        database=connection.vendor,
        migrations=migrations,
        tables=written,
        papers=len(kept),
        papers_sha256=papers_digest(kept),
        papers_lost=lost,
        files=list(_write_files(archive)),
    )
    archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))
    return Carried(file, len(written), sum(t.rows for t in written), len(kept), tuple(lost))


def _write_files(archive: zipfile.ZipFile) -> Iterator[HomeFile]:
    """The files of the home that are nowhere else. One that is being replaced just now is hidden, and left out."""
    home = Path(settings.HOME)
    for file in sorted(each for folder in HOME_FOLDERS for each in (home / folder).rglob("*")):
        name = file.relative_to(home).as_posix()
        if HOME_FILE.fullmatch(name) and file.is_file():
            try:
                content = file.read_bytes()
            except FileNotFoundError:
                continue  # looked at meanwhile: it lies among the papers now
            listed = HomeFile(name=name, sha256=hashlib.sha256(content).hexdigest())
            archive.writestr(listed.path, content)
            yield listed


def _write_table(archive: zipfile.ZipFile, table: Table, progress: Progress) -> TableFile:
    progress(table.name)
    rows = 0
    with archive.open(f"tables/{table.name}.parquet", "w", force_zip64=True) as member:
        target = HashingFile(member)
        with pq.ParquetWriter(pa.PythonFile(target, mode="w"), table.schema, compression="zstd") as writer:
            for batch in batches(table):
                writer.write_batch(batch)
                rows += batch.num_rows
    return TableFile(name=table.name, rows=rows, sha256=target.hash.hexdigest())


@contextmanager
def one_view() -> Iterator[None]:
    """One consistent look at all tables, as they are at its beginning; nobody has to wait for it."""
    if connection.in_atomic_block:
        yield  # the caller's transaction is the view
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")  # a reader: `transaction.atomic` would take the lock of writers here
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


# ----------------------------------------------------------------------------------------------------- restore


def restore(file: Path, *, progress: Progress = _silent) -> Carried:
    """Bring a backup back into an empty home and database, all of it or nothing.

    Everything is verified before anything is written; the rows arrive in one transaction: into the tables as they were
    when the backup was made, which then migrate to those of today. Raises FileUnreadable, NotABackup, BackupDamaged,
    BackupNewer, BackupDisagrees, HomeNotEmpty, FileUnwritable.
    """
    with opened(file) as found:
        executor = MigrationExecutor(connection)
        recorded = found.manifest.migrations
        if set(recorded) - known_migrations(executor):
            raise BackupNewer(file=file, version=found.manifest.version)
        _refuse_if_not_empty(executor)
        progress("SHA-256")
        found.verify()
        try:
            with _papers_unpacked(found) as papers, _whole():
                _drop_tables(executor)
                loaded = _load(found, recorded, progress)
                _migrate_to_today()
                _record(file, loaded)
                _place_papers(papers)  # before the rows are final: there is no moment with rows and without papers
                _place_files(found)
        except OSError as error:
            raise FileUnwritable(file=settings.HOME, reason=error.strerror or error) from error
        return loaded


def _refuse_if_not_empty(executor: MigrationExecutor) -> None:
    """Tables may stand there (a home that was started once), rows of the rooms may not."""
    recorded = recorded_migrations()
    existing = set(connection.introspection.table_names())
    if recorded and set(recorded) - known_migrations(executor):
        raise HomeNotEmpty(home=settings.HOME, table="django_migrations")
    for model in models_after(executor, recorded) if recorded else []:
        table = model._meta.db_table
        if (
            model.__module__.startswith("django.")
            or model._meta.app_label in _FILLED_BY_DJANGO
            or table not in existing
        ):
            continue
        if model._base_manager.exists():
            raise HomeNotEmpty(home=settings.HOME, table=table)


_FILLED_BY_DJANGO = {"contenttypes", "auth", "sessions"}


@contextmanager
def _whole() -> Iterator[None]:
    """One transaction around everything, tables included. SQLite cannot change tables while it watches foreign keys."""
    connection.disable_constraint_checking()
    try:
        with transaction.atomic():
            yield
    finally:
        connection.enable_constraint_checking()


def _drop_tables(executor: MigrationExecutor) -> None:
    """Away with the empty tables of a home that was started once, so that the recorded ones can be made."""
    ours = {m._meta.db_table for m in models_after(executor, recorded_migrations())} | {"django_migrations"}
    with connection.cursor() as cursor:
        for name in sorted(ours & set(connection.introspection.table_names(cursor))):
            quoted = connection.ops.quote_name(name)
            cursor.execute(f"DROP TABLE {quoted}{' CASCADE' if connection.vendor == 'postgresql' else ''}")


def _load(found: Backup, recorded: list[tuple[str, str]], progress: Progress) -> Carried:
    if set(recorded) == set(MigrationExecutor(connection).loader.graph.nodes):
        found_at_one_go(connection)  # of today: there is nothing to replay
    executor = MigrationExecutor(connection)
    executor.recorder.ensure_schema()
    executor.migrate(ends_of(executor, recorded))
    models = models_after(MigrationExecutor(connection), recorded)
    tables = {table.name: table for table in tables_of(models)}
    files = {file.name: file for file in found.manifest.tables}
    if set(files) != set(tables):
        raise BackupDisagrees(file=found.file, reason=", ".join(sorted(set(files) ^ set(tables))))
    for name, table in tables.items():
        progress(name)
        _load_table(found, table, files[name])
    try:
        connection.check_constraints()
    except IntegrityError as error:
        raise BackupDisagrees(file=found.file, reason=error) from error
    _reset_sequences(models)
    manifest = found.manifest
    return Carried(
        found.file, len(files), sum(f.rows for f in files.values()), manifest.papers, tuple(manifest.papers_lost)
    )


def _load_table(found: Backup, table: Table, listed: TableFile) -> None:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        # Rows that a migration put there come back with the backup.
        cursor.execute(f"SELECT 1 FROM {quote(table.name)} LIMIT 1")
        if cursor.fetchone():
            cursor.execute(f"DELETE FROM {quote(table.name)}")
    try:
        parquet = pq.ParquetFile(pa.BufferReader(pa.py_buffer(found.part(listed.path))))
    except pa.ArrowException as error:
        raise BackupDamaged(file=found.file, part=listed.path) from error
    columns = parquet.schema_arrow.names
    target = f"{quote(table.name)} ({', '.join(quote(name) for name in columns)})"
    rows = 0
    try:
        for batch in parquet.iter_batches(batch_size=20_000):
            fill(target, pa.Table.from_batches([batch]))
            rows += batch.num_rows
        _settle_constraints()
    except DatabaseError as error:
        raise BackupDisagrees(file=found.file, reason=f"{table.name}: {str(error).strip().splitlines()[0]}") from error
    if rows != listed.rows:
        raise BackupDisagrees(file=found.file, reason=f"{table.name}: {rows} ≠ {listed.rows}")


def _settle_constraints() -> None:
    """PostgreSQL keeps a note for every row whose foreign keys it has still to look at: let it look, table by table."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _reset_sequences(models: list[Any]) -> None:
    """New rows are numbered after the restored ones (SQLite sees to that by itself)."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def _migrate_to_today() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)


def _record(file: Path, loaded: Carried) -> None:
    record(
        actor=None,
        action="house.restored",
        subject_type="house",
        subject_id=file.name,
        tables=loaded.tables,
        rows=loaded.rows,
        papers=loaded.papers,
    )


@contextmanager
def _papers_unpacked(found: Backup) -> Iterator[Path]:
    """The papers in a folder of their own, where nobody takes them for restored."""
    waiting = Path(settings.HOME) / "papers.restoring"
    shutil.rmtree(waiting, ignore_errors=True)
    try:
        for name in found.papers():
            target = waiting / name.removeprefix("papers/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(found.part(name))
        yield waiting
    finally:
        shutil.rmtree(waiting, ignore_errors=True)


def _place_papers(waiting: Path) -> None:
    """Named by their content: one that stands there already is the same, one too many does no harm."""
    for paper in sorted(waiting.glob("*/*")):
        target = Path(settings.HOME) / "papers" / paper.relative_to(waiting)
        target.parent.mkdir(parents=True, exist_ok=True)
        paper.replace(target)


def _place_files(found: Backup) -> None:
    """Files of the home, each whole under its name or not at all, for their owner only."""
    for file in found.manifest.files:
        target = Path(settings.HOME) / file.name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = target.with_name(f".{target.name}.part")
        part.touch(0o600)
        part.write_bytes(found.part(file.path))
        part.replace(target)
