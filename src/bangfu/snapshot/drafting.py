"""Writing a snapshot: in a folder of its own beside the place where it will stand, moved there when it is whole.

Nobody ever sees half a snapshot. What a killed writer leaves behind is a hidden folder that the next writer removes.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Container, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

import pyarrow.parquet as pq
from django.utils import translation

from bangfu.common.facts import FactColumn, FactKind, FactTable, Schema
from bangfu.snapshot.errors import DiskRefused, FolderTaken
from bangfu.snapshot.orders import TableOrder, columns
from bangfu.snapshot.store import (
    COUNTY_DIGITS,
    FORMAT,
    MANIFEST,
    Manifest,
    Snapshot,
    StoredColumn,
    StoredFile,
    StoredPart,
    StoredTable,
    check_types,
    hash_of,
    names_in,
)

CLOSERS = 4  # files are hashed and brought to disk at a time; the disk is waited for most
PREFIX, LOCK = ".draft-", ".lock"

# How a registry's tables hold each kind of value, and the expression by which it becomes what a snapshot holds.
# Texts: "" is unknown. Amounts: whole hundredths. Days: dates.
_FROM_LIVE = {
    FactKind.KEY: "CAST({0} AS BIGINT)",
    FactKind.TEXT: "nullif(CAST({0} AS VARCHAR), '')",
    FactKind.CODE: "nullif(CAST({0} AS VARCHAR), '')",
    FactKind.FLAG: "CAST({0} AS BOOLEAN)",
    FactKind.WHOLE: "CAST({0} AS INTEGER)",
    FactKind.AMOUNT: "CAST(CAST({0} AS DECIMAL(14,0)) * CAST(0.01 AS DECIMAL(2,2)) AS DECIMAL(14,2))",
    FactKind.DAY: "CAST(year({0}) * 10000 + month({0}) * 100 + day({0}) AS INTEGER)",
}


def sources(table: FactTable) -> dict[str, str]:
    """The columns read from live tables: name and expression over them."""
    return {c.name: c.source or f"t.{c.name}" for c in table.columns if c.stored and not c.derived}


def given_sql(table: FactTable, relation: str) -> str:
    """A SELECT in DuckDB's dialect of the given columns of a table as facts, over rows as live tables hold them."""
    given = (c for c in table.columns if c.stored and not c.derived)
    return f"SELECT {', '.join(f'{_FROM_LIVE[c.kind].format(c.name)} AS {c.name}' for c in given)} FROM {relation}"


def derived_sql(table: FactTable, relation: str, only: Container[str] | None = None) -> str:
    """A SELECT of the derived columns of a table (of those in `only`), row by row over its given ones, in steps: each
    after those that it is made from. "" when there are none."""
    names, select = [], f"SELECT * FROM {relation}"
    for step in _steps(table, only):
        names += [column.name for column in step]
        derived = ", ".join(f"CAST({column.derived} AS {column.sql_type}) AS {column.name}" for column in step)
        select = f"SELECT *, {derived} FROM ({select}) given"
    return f"SELECT {', '.join(names)} FROM ({select}) given" if names else ""


def table_order(table: FactTable, live: str = "") -> TableOrder:
    """What it takes to write a table: see TableOrder."""
    return TableOrder(table.name, table.key, columns(table), live, derived_sql(table, "given"))


def _steps(table: FactTable, only: Container[str] | None) -> list[list[FactColumn]]:
    """The derived columns, those that are made from given columns alone first."""
    step: dict[str, int] = {}
    for column in table.columns:
        if column.derived and (only is None or column.name in only):
            step[column.name] = max((step[name] + 1 for name in names_in(column.derived) & step.keys()), default=0)
    steps = range(max(step.values(), default=-1) + 1)
    return [[c for c in table.columns if step.get(c.name) == number] for number in steps]


class Draft:
    """A snapshot in the making. Files go where `path` says; whoever has written one says so. `spill` is a folder for
    what does not fit in memory."""

    def __init__(self, folder: Path, schema: Schema, closers: Executor) -> None:
        self.folder, self.schema, self.spill = folder, schema, folder / "spill"
        self.spill.mkdir(mode=0o700)
        self._tables = {table.name: table for table in stored_tables(schema)}
        for name in self._tables:
            (folder / name).mkdir(mode=0o700)
        self._closers = closers
        self._closing: dict[tuple[str, int], Future[_Closed]] = {}

    def path(self, table: str, part: int) -> Path:
        return self.folder / table / f"{part:04d}.parquet"

    def wrote(self, table: str, part: int) -> None:
        """The file is whole. While others are written it is looked at, made read-only and brought to disk; what is
        wrong with it is told at the end."""
        self._closing[table, part] = self._closers.submit(self._closed, table, part)

    def _close(self, as_of: date, source: str) -> None:
        """Writes the manifest over the files, which are read-only from here on."""
        shutil.rmtree(self.spill)
        closed = {place: file.result() for place, file in self._closing.items()}
        stored = [
            StoredPart(
                number=part,
                counties=tuple(sorted(set().union(*(closed[table, part].counties for table in self._tables)))),
                files={table: closed[table, part].file for table in self._tables},
            )
            for part in sorted({part for _table, part in closed})
        ]
        manifest = Manifest(
            format=FORMAT,
            as_of=as_of,
            taken_at=datetime.now(UTC).replace(microsecond=0),
            source=source,
            tables=tuple(self._tables.values()),
            parts=tuple(stored),
            sha256="",
        )
        manifest = manifest.model_copy(update={"sha256": manifest.content_hash()})
        file = self.folder / MANIFEST
        file.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
        file.chmod(stat.S_IRUSR)

    def _closed(self, table: str, part: int) -> "_Closed":
        path = self.path(table, part)
        check_types(self.folder, table, self._tables[table].columns, path)
        _to_disk(path)
        path.chmod(stat.S_IRUSR)
        with pq.ParquetFile(path, read_dictionary=["village_code"]) as rows:
            stored = StoredFile(
                path=path.relative_to(self.folder).as_posix(),
                rows=rows.metadata.num_rows,
                bytes=path.stat().st_size,
                sha256=hash_of(path),
            )
            return _Closed(stored, _counties(rows))


@dataclass(frozen=True)
class _Closed:
    """A file as the manifest tells of it, safe on disk, and the counties that occur in it (six digits, "" for none)."""

    file: StoredFile
    counties: set[str]


def _counties(rows: pq.ParquetFile) -> set[str]:
    villages = rows.read(columns=["village_code"]).column(0).unique().to_pylist()
    return {(village or "")[:COUNTY_DIGITS] for village in villages}


def stored_tables(schema: Schema) -> tuple[StoredTable, ...]:
    """The tables and columns of a snapshot taken now, told in Simplified Chinese."""
    with translation.override("zh-hans"):
        return tuple(
            StoredTable(
                name=table.name,
                grain=str(table.grain),
                key=table.key,
                columns=tuple(
                    StoredColumn(
                        name=c.name,
                        kind=c.kind,
                        type=c.sql_type,
                        meaning=str(c.meaning),
                        unit=c.unit,
                        codes=c.codes,
                        required=c.required,
                        sensitive=c.sensitive,
                    )
                    for c in table.columns
                    if c.stored
                ),
            )
            for table in schema.tables.values()
        )


def write(
    target: Path,
    as_of: date,
    source: str,
    schema: Schema,
    fill: Callable[[Draft], None],
    *,
    numbered: bool = False,
) -> Snapshot:
    """A new snapshot in the folder `target`: `fill` writes the files of all parts.

    Whatever goes wrong, nothing is left. With `numbered` a target that exists already gets a number behind its name
    (`…-2`): so two writers never meet. Raises FolderTaken, DiskRefused, and whatever `fill` raises.
    """
    if not numbered and target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FolderTaken(folder=target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _room_beside(target) as folder, ThreadPoolExecutor(CLOSERS) as closers:
            draft = Draft(folder, schema, closers)
            fill(draft)
            draft._close(as_of, source)
            place = _move(folder, target, numbered)
    except OSError as error:
        raise DiskRefused(folder=target, reason=error.strerror or error) from error
    return Snapshot.open(place, verify=False)


@contextmanager
def _room_beside(target: Path) -> Iterator[Path]:
    """A hidden folder on the same disk, for the owner's eyes only, gone afterwards unless it was moved. What killed
    writers left is removed first: their locks are free."""
    for left in target.parent.glob(f"{PREFIX}*"):
        if left.is_dir() and _abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
    handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=LOCK, dir=target.parent)
    folder = Path(name.removesuffix(LOCK))
    try:
        with os.fdopen(handle, "w") as lock:
            _lock(lock)
            folder.mkdir(mode=0o700)  # only now: whoever sees the folder finds its lock taken
            yield folder
    finally:
        _lock_file(folder).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _lock_file(folder: Path) -> Path:
    """Beside the folder, so that the folder holds nothing but the snapshot."""
    return folder.with_name(f"{folder.name}{LOCK}")


def _abandoned(folder: Path) -> bool:
    """Whether nobody writes there any more: nobody holds its lock. A folder that lost its lock file is just being moved
    or removed by its writer; one that stays like this goes after an hour."""
    try:
        with _lock_file(folder).open("r+") as lock:
            free = _lock(lock)
        if free:
            _lock_file(folder).unlink(missing_ok=True)
        return free
    except FileNotFoundError:
        return _older_than_an_hour(folder)
    except OSError:
        return False


def _older_than_an_hour(folder: Path) -> bool:
    try:
        return datetime.now(UTC).timestamp() - folder.stat().st_mtime > 3600
    except FileNotFoundError:
        return False


def _lock(stream: IO[Any]) -> bool:
    """Whether the lock could be taken; where files cannot be locked, nothing counts as abandoned."""
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _move(folder: Path, target: Path, numbered: bool) -> Path:
    """Moves the whole to where it will stand, in one step. A folder that holds anything is never replaced."""
    _to_disk(folder / MANIFEST)
    number, place = 1, target
    while True:
        try:
            if numbered and place.exists():
                raise FileExistsError
            folder.rename(place)
        except OSError as error:
            if not place.exists():
                raise
            if not numbered:
                raise FolderTaken(folder=target) from error
            number += 1
            place = target.with_name(f"{target.name}-{number}")
        else:
            if os.name == "posix":
                _to_disk(place.parent)
            return place


def _to_disk(path: Path) -> None:
    """What a power cut must not take."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
