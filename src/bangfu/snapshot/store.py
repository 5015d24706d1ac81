"""A snapshot on disk: dated, immutable, and checked before anything is read from it. Knows no database.

    <folder>/manifest.json
    <folder>/<table>/0000.parquet …     the same number holds the same few counties in every table

Rows are sorted by village_code and household_id; a household never spans two files. A column that the snapshot does
not have, because it is older than the column, is read as unknown.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from bangfu.common import duck
from bangfu.common.facts import SQL_TYPES, FactKind, Schema, day_numbers
from bangfu.common.policy import Strict
from bangfu.snapshot.errors import (
    ColumnOfAnotherType,
    FileDamaged,
    FileMissing,
    FormatUnknown,
    ManifestDamaged,
    SnapshotNotFound,
)

FORMAT = 1
MANIFEST = "manifest.json"
COUNTY_DIGITS = 6

# The Arrow type in which a Parquet file shows each SQL type.
ARROW_TYPES: Mapping[str, pa.DataType] = {
    "BIGINT": pa.int64(),
    "VARCHAR": pa.string(),
    "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int32(),
    "DECIMAL(14,2)": pa.decimal128(14, 2),
}


class StoredColumn(Strict):
    """A column as it was when the snapshot was taken; `meaning` in Simplified Chinese."""

    name: str
    kind: FactKind
    type: str
    meaning: str
    unit: str = ""
    codes: str = ""
    required: bool = False
    sensitive: bool = False


class StoredTable(Strict):
    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[StoredColumn, ...]


class StoredFile(Strict):
    """`path` is relative to the snapshot, with forward slashes."""

    path: str
    rows: int
    bytes: int
    sha256: str


class StoredPart(Strict):
    number: int
    counties: tuple[str, ...]
    files: Mapping[str, StoredFile]


class Manifest(Strict):
    """What a snapshot says of itself. `sha256` is the hash of its content: the day it stands for, its columns, its rows
    (by the hashes of its files). When and from where it was taken does not enter."""

    format: int
    as_of: date
    taken_at: datetime
    source: str
    tables: tuple[StoredTable, ...]
    parts: tuple[StoredPart, ...]
    sha256: str

    def content_hash(self) -> str:
        content = self.model_dump(mode="json", exclude={"sha256", "taken_at", "source"})
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Part:
    """The same few counties in all tables. `counties` are codes of six digits; "" stands for villages without a code
    (or, in the outcome of `parts`, for every place: nobody knows where they are)."""

    folder: Path
    stored: StoredPart

    @property
    def number(self) -> int:
        return self.stored.number

    @property
    def counties(self) -> tuple[str, ...]:
        return self.stored.counties

    @property
    def rows(self) -> Mapping[str, int]:
        return {name: file.rows for name, file in self.stored.files.items()}

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.stored.files.values())

    def path(self, table: str) -> Path:
        """The Parquet file of a table; raises KeyError for a table that the snapshot does not have."""
        return self.folder / self.stored.files[table].path

    def holds(self, place: str) -> bool:
        """Whether it may hold rows of an area, by the beginning of its code."""
        own = place[:COUNTY_DIGITS]
        return not place or any(not county or county.startswith(own) for county in self.counties)


class Snapshot:
    """An opened snapshot. Make one with `open`."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest

    @classmethod
    def open(cls, folder: Path, verify: bool = True) -> "Snapshot":
        """The snapshot in `folder`. With `verify` every file is read once and compared with its hash, and its columns
        with the manifest; without, only the manifest is looked at and that its files are there.

        Raises SnapshotNotFound, FormatUnknown, ManifestDamaged, FileMissing, FileDamaged, ColumnOfAnotherType.
        """
        snapshot = cls(folder, _manifest(folder))
        snapshot._find_files()
        if verify:
            snapshot.verify()
        return snapshot

    @property
    def as_of(self) -> date:
        return self.manifest.as_of

    @property
    def sha256(self) -> str:
        return self.manifest.sha256

    @cached_property
    def tables(self) -> Mapping[str, Mapping[str, StoredColumn]]:
        """The tables and columns that it has."""
        return {table.name: {column.name: column for column in table.columns} for table in self.manifest.tables}

    @property
    def rows(self) -> Mapping[str, int]:
        return {name: sum(part.rows[name] for part in self.parts()) for name in self.tables}

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts())

    def parts(self, place: str = "") -> tuple[Part, ...]:
        """The parts that may hold rows of an area (by the beginning of its code), all of them by default."""
        found = (Part(self.folder, stored) for stored in self.manifest.parts)
        return tuple(part for part in found if part.holds(place))

    def source_sql(
        self,
        part: Part | Sequence[Part],
        table: str,
        schema: Schema,
        columns: Iterable[str],
        *,
        as_of: date | None = None,
    ) -> str:
        """A SELECT in DuckDB's dialect of `columns` of a table, from the files of one or several parts.

        Every column has the type that `schema` gives it. A column that the snapshot lacks is NULL throughout; columns
        worked out from the day take `as_of`, by default the snapshot's own. A table that it lacks has no rows. Raises
        ColumnOfAnotherType when a column was stored in another type than it has now, KeyError for a column that
        `schema` does not know.
        """
        parts = [part] if isinstance(part, Part) else list(part)
        if table not in self.tables:
            return f"{self.select_sql('(SELECT 1)', table, schema, columns, as_of=as_of)} WHERE FALSE"
        files = ", ".join(duck.text(str(each.path(table).resolve())) for each in parts)
        return self.select_sql(f"read_parquet([{files}])", table, schema, columns, as_of=as_of)

    def select_sql(
        self, relation: str, table: str, schema: Schema, columns: Iterable[str], *, as_of: date | None = None
    ) -> str:
        """As `source_sql`, over rows of the table's files that the caller reads in a way of its own."""
        declared = {column.name: column for column in schema.table(table).columns}
        days = {f"${name}": str(number) for name, number in day_numbers(as_of or self.as_of).items()}
        stored = self.tables.get(table, {})
        asked = [declared[name] for name in dict.fromkeys(columns)]
        computed = {c.name: _filled(c.computed, days) for c in asked if c.computed}
        inputs = {name for expression in computed.values() for name in names_in(expression)}
        lacking = []
        for column in (c for c in declared.values() if c.stored and (c in asked or c.name in inputs)):
            if column.name not in stored:
                lacking.append(column)
            elif stored[column.name].type != column.sql_type:
                raise ColumnOfAnotherType(
                    folder=self.folder,
                    table=table,
                    column=column.name,
                    found=stored[column.name].type,
                    expected=column.sql_type,
                )
        if inputs & {column.name for column in lacking}:
            nulls = ", ".join(f"CAST(NULL AS {c.sql_type}) AS {c.name}" for c in lacking)
            relation, lacking = f"(SELECT *, {nulls} FROM {relation})", []
        absent = {column.name for column in lacking}
        listed = [
            f"CAST({computed[c.name]} AS {c.sql_type}) AS {c.name}"
            if c.computed
            else f"CAST(NULL AS {c.sql_type}) AS {c.name}"
            if c.name in absent
            else c.name
            for c in asked
        ]
        return f"SELECT {', '.join(listed)} FROM {relation}"

    def null_counts(self, part: Part, table: str) -> Mapping[str, int]:
        """How many rows of each stored column are NULL, from the file's own statistics. A column that is not among
        them is unknown in every row; one whose statistics are missing is taken for that as well."""
        metadata = pq.read_metadata(part.path(table))
        names = [metadata.schema.column(at).name for at in range(metadata.num_columns)]
        found = dict.fromkeys(names, 0)
        for group in range(metadata.num_row_groups):
            rows = metadata.row_group(group)
            for at, name in enumerate(names):
                known = rows.column(at).statistics
                nulls = None if known is None else known.null_count
                found[name] += rows.num_rows if nulls is None else nulls
        return found

    def verify(self) -> None:
        """Reads every file once. Raises FileMissing, FileDamaged, ColumnOfAnotherType."""
        with ThreadPoolExecutor(2) as pool:
            for _checked in pool.map(self._verify_file, *zip(*self._files(), strict=True)) if self._files() else ():
                pass

    def _files(self) -> list[tuple[str, StoredFile]]:
        return [(table, file) for part in self.manifest.parts for table, file in part.files.items()]

    def _find_files(self) -> None:
        for _table, file in self._files():
            if not (self.folder / file.path).is_file():
                raise FileMissing(folder=self.folder, file=file.path)

    def _verify_file(self, table: str, file: StoredFile) -> None:
        path = self.folder / file.path
        if path.stat().st_size != file.bytes or hash_of(path) != file.sha256:
            raise FileDamaged(folder=self.folder, file=file.path)
        check_types(self.folder, table, self.tables[table].values(), path)


def check_types(folder: Path, table: str, columns: Iterable[StoredColumn], path: Path) -> None:
    """Raises ColumnOfAnotherType when a file does not hold exactly these columns in their types, FileDamaged when it is
    no Parquet file."""
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError):
        raise FileDamaged(folder=folder, file=path.relative_to(folder).as_posix()) from None
    for column in columns:
        at = schema.get_field_index(column.name)
        found = schema.field(at).type if at >= 0 else None
        if found != ARROW_TYPES[column.type]:
            raise ColumnOfAnotherType(
                folder=folder, table=table, column=column.name, found=found or "-", expected=column.type
            )


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _manifest(folder: Path) -> Manifest:
    try:
        facts: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise SnapshotNotFound(folder=folder) from None
    except (OSError, ValueError) as error:
        raise ManifestDamaged(folder=folder, reason=error) from error
    if not isinstance(facts, dict) or not isinstance(facts.get("format"), int):
        raise ManifestDamaged(folder=folder, reason="format")
    if facts["format"] != FORMAT:
        raise FormatUnknown(folder=folder, found=facts["format"], known=FORMAT)
    try:
        manifest = Manifest.model_validate(facts)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise ManifestDamaged(folder=folder, reason=f"{where}: {fault['msg']}") from error
    if outside := next((path for path in _paths(manifest) if not _PATH.fullmatch(path)), None):
        raise ManifestDamaged(folder=folder, reason=outside)
    if manifest.content_hash() != manifest.sha256:
        raise ManifestDamaged(folder=folder, reason="sha256")
    return manifest


_PATH = re.compile(r"[a-z_]+/[0-9]{4,}\.parquet")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def _paths(manifest: Manifest) -> Iterator[str]:
    """Where a manifest says that files lie; anything outside the folder is not followed."""
    for part in manifest.parts:
        for file in part.files.values():
            yield file.path


def names_in(expression: str) -> set[str]:
    """The words of an expression: its columns are among them."""
    return set(_NAME.findall(expression))


def _filled(expression: str, days: Mapping[str, str]) -> str:
    for name, number in sorted(days.items(), reverse=True):
        expression = expression.replace(name, number)
    return expression


assert set(SQL_TYPES.values()) == set(ARROW_TYPES)
