"""Division lists as they come: CSV in UTF-8 or GBK, workbooks, with the headers of whoever made them."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import fastexcel
import pyarrow as pa
from django.conf import settings
from pyarrow import csv

from bangfu.areas import errors
from bangfu.common.places import Level
from bangfu.common.policy import Source, Strict, read_yaml

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old .xls, and every workbook with a password
_ZIP = b"PK\x03\x04"
_LOOK_FOR_HEADERS = 20  # a title or a note may stand above the headers


class ParentColumn(Strict):
    header: tuple[str, ...]
    level: int | None = None


class Headers(Strict):
    """`policy/china/headers/areas.yaml`."""

    source: Source
    columns: Mapping[str, tuple[str, ...]]
    parents: tuple[ParentColumn, ...]
    levels: Mapping[int, tuple[str, ...]]
    urban_rural: tuple[str, ...]


@cache
def headers() -> Headers:
    return read_yaml(Path(settings.POLICY) / "china" / "headers" / "areas.yaml", Headers)


@dataclass(frozen=True)
class Listing:
    """A list as read, nothing judged yet: text columns code, name, parent_code, urban_rural_code, level (null where
    the file has none) and `row`, the row as the user sees it. `level` is that of all rows when the kind of file says
    it. `broken` are rows that could not be read: row, cells found, cells expected."""

    file: str
    rows: pa.Table
    level: Level | None
    broken: tuple[tuple[int, int, int], ...]


def read(path: Path) -> Listing:
    """Raises FileUnknown, FileEmpty, FileEncrypted, FileDamaged, ColumnsMissing."""
    try:
        content = path.read_bytes()
    except OSError:
        raise errors.FileUnknown(file=path.name) from None
    if not content.strip():
        raise errors.FileEmpty(file=path.name)
    if content.startswith(_OLE) and "EncryptedPackage".encode("utf-16-le") in content:
        raise errors.FileEncrypted(file=path.name)
    if content.startswith((_OLE, _ZIP)):
        return _workbook(path.name, content)
    return _text(path.name, content)


def _workbook(file: str, content: bytes) -> Listing:
    """The first sheet that has the headers."""
    try:
        book = fastexcel.read_excel(content)
        sheets = [book.load_sheet(n, header_row=None, skip_rows=0, dtypes="string") for n in book.sheet_names]
        tables = [pa.table(sheet.to_arrow()) for sheet in sheets]
    except Exception as fault:  # the library's own kinds and, for damaged archives, its panics
        if "assword" in str(fault):
            raise errors.FileEncrypted(file=file) from None
        raise (errors.FileDamaged if content.startswith(_ZIP) else errors.FileUnknown)(file=file) from None
    for table in tables:
        for line in range(min(_LOOK_FOR_HEADERS, table.num_rows)):
            names = [str(column[line].as_py() or "") for column in table.columns]
            if found := _recognised(names):
                body = table.slice(line + 1)
                numbers = pa.array(range(line + 2, line + 2 + body.num_rows), pa.int32())
                return _listing(file, body.columns, numbers, found, ())
    if not any(table.num_rows for table in tables):
        raise errors.FileEmpty(file=file)
    raise errors.ColumnsMissing(file=file)


def _text(file: str, content: bytes) -> Listing:
    if b"\x00" in content[:4096]:
        raise errors.FileUnknown(file=file)
    content = _as_utf8(file, content)
    lines = content.split(b"\n", _LOOK_FOR_HEADERS)[:_LOOK_FOR_HEADERS]
    for number, line in enumerate(lines):  # noqa: B007  used below: that many lines are skipped
        mark = "\t" if b"\t" in line and b"," not in line else ","
        names = [cell.strip().strip('"') for cell in line.decode().strip().split(mark)]
        if found := _recognised(names):
            break
    else:
        raise errors.ColumnsMissing(file=file)
    broken: list[tuple[int, int, int]] = []
    blank: set[int] = set()

    def unreadable(row: csv.InvalidRow) -> Literal["skip"]:
        at = row.number or 0
        if row.text.strip(f'{mark}" \r'):
            broken.append((at, row.actual_columns, row.expected_columns))
        else:
            blank.add(at)
        return "skip"

    try:
        table = csv.read_csv(
            io.BytesIO(content),
            csv.ReadOptions(
                use_threads=False,  # only then are unreadable rows numbered
                skip_rows=number + 1,
                column_names=[str(n) for n in range(len(names))],
            ),
            csv.ParseOptions(delimiter=mark, ignore_empty_lines=False, invalid_row_handler=unreadable),
            csv.ConvertOptions(
                column_types={str(n): pa.string() for n in range(len(names))},
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid:
        raise errors.FileDamaged(file=file) from None
    gone = blank | {at for at, _found, _expected in broken}
    total = table.num_rows + len(gone)
    numbers = pa.array((n for n in range(number + 2, number + 2 + total) if n not in gone), pa.int32())
    return _listing(file, table.columns, numbers, found, tuple(broken))


def _as_utf8(file: str, content: bytes) -> bytes:
    """The text in UTF-8 without its mark; what is neither UTF-8 nor GBK is no text of ours."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        content.decode("utf-8")
        return content
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("gb18030").encode()
    except UnicodeDecodeError:
        raise errors.FileUnknown(file=file) from None


@dataclass(frozen=True)
class _Found:
    """At which position of the file each of our columns stands."""

    positions: Mapping[str, int]
    level: Level | None


def _recognised(names: Sequence[str]) -> _Found | None:
    """Our columns among the headers of a file; None when code and name are not both there."""
    plain = ["".join(name.split()) for name in names]
    positions = {}
    for column, known in headers().columns.items():
        if at := [plain.index(name) for name in known if name in plain]:
            positions[column] = at[0]
    if not {"code", "name"} <= positions.keys():
        return None
    level = None
    for parent in headers().parents:
        if at := [plain.index(name) for name in parent.header if name in plain]:
            positions["parent_code"] = at[0]
            level = Level(parent.level) if parent.level else None
            break
    else:
        level = Level.PROVINCE if plain == ["code", "name"] else None
    return _Found(positions, level)


def _listing(
    file: str, columns: Sequence[Any], numbers: Any, found: _Found, broken: tuple[tuple[int, int, int], ...]
) -> Listing:
    """The file's columns under our names. A list of one province level (code,name) is only taken for one when its
    codes have two digits."""
    texts = {
        name: columns[found.positions[name]].cast(pa.string())
        if name in found.positions
        else pa.nulls(len(numbers), pa.string())
        for name in ("code", "name", "parent_code", "urban_rural_code", "level")
    }
    level = found.level if found.level != Level.PROVINCE else None
    return Listing(file, pa.table({"row": numbers, **texts}), level, broken)
