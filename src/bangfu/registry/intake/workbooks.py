"""Files as people bring them, opened as sheets of text: .xlsx, .xls, .ods, .csv, or a .zip of several of these.

Nothing is interpreted here. A sheet's cells become one Arrow table of text without any Python object per cell; what
text cannot carry (a formula that failed, a number too long to be exact) is found by a scan of the sheet's XML.
"""

import codecs
import csv
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import fastexcel
import pyarrow as pa
import python_calamine
from pyarrow import csv as arrow_csv

from bangfu.registry.file_errors import (
    CsvBroken,
    EncodingUnknown,
    FileEmpty,
    FileTooLarge,
    FileTypeUnknown,
    FileUnreadable,
    WorkbookDamaged,
    WorkbookEncrypted,
    WorkbookTooManyCells,
)

MB = 1024 * 1024
MAX_BYTES = 200 * MB
# What a workbook may unfold to: a real one of 200 MB holds about 2 GB of XML, a zip bomb any amount.
MAX_UNPACKED = 4096 * MB
_PIECE = 4 * MB

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


class Oddity(StrEnum):
    """What a cell's text does not tell."""

    NO_VALUE = "no_value"  # a formula whose result was never stored
    FAILED = "failed"  # #REF!, #DIV/0! …
    LONG_NUMBER = "long_number"  # a number of more than 15 digits: the rest of them is lost


@dataclass(frozen=True)
class Odd:
    oddity: Oddity
    value: str = ""


@dataclass
class RawSheet:
    """Cells as text; empty cells are null. The first row of `text` is row `first_row` (from 1) of the sheet, its first
    column is column `first_column` (from 0). `odd` is keyed by (row from 1, column from 0) of the sheet, as are the
    corners (row, column, row, column) of `merged`."""

    name: str
    file: str
    text: pa.Table
    first_row: int = 1
    first_column: int = 0
    odd: Mapping[tuple[int, int], Odd] = field(default_factory=dict)
    merged: tuple[tuple[int, int, int, int], ...] = ()
    separated: bool = False  # text whose cells are told apart by commas: one too many shifts the rest of its line


def check_file(path: Path, name: str) -> None:
    """Refuse before anything is opened what cannot be a file of ours: missing, empty, too large, of another kind."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise FileUnreadable(file=name) from error
    if size == 0:
        raise FileEmpty(file=name)
    if size > MAX_BYTES:
        raise FileTooLarge(file=name, size=-(-size // MB), limit=MAX_BYTES // MB)
    kind_of(head, name)


def kind_of(head: bytes, name: str) -> str:
    """zip, ole or text, by the first bytes; a name's ending proves nothing. Raises FileTypeUnknown."""
    if head.startswith(_ZIP):
        return "zip"
    if head.startswith(_OLE):
        return "ole"
    utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if (b"\0" in head and not utf16) or head.startswith((b"%PDF", b"{\\rtf", b"<!DOCTYPE", b"<html", b"<?xml")):
        raise FileTypeUnknown(file=name)
    return "text"


def sheets_of(path: Path, name: str) -> list[RawSheet]:
    """Every sheet of a file, or of every file in a .zip. Raises the errors REG-002 … REG-019."""
    check_file(path, name)
    with path.open("rb") as stream:
        kind = kind_of(stream.read(4096), name)
    if kind == "text":
        return [_csv(path, name)]
    if kind == "ole":
        return _old_workbook(path, name)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if unpacked > MAX_UNPACKED:
                raise WorkbookTooManyCells(file=name, size=unpacked // MB, limit=MAX_UNPACKED // MB)
            names = {entry.filename for entry in entries}
            if "xl/workbook.xml" in names:
                return _xlsx(path, name, archive)
            if "content.xml" in names:
                return _old_workbook(path, name)
            if any(entry.flag_bits & 1 for entry in entries):
                raise WorkbookEncrypted(file=name)
            return _bundle(archive, name)
    except (zipfile.BadZipFile, EOFError, OSError, zipfile.LargeZipFile) as error:
        raise WorkbookDamaged(file=name) from error


def bundle(files: list[tuple[str, Path]], target: Path) -> None:
    """Several files as one .zip, so that they are rehearsed, taken and undone together."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for number, (name, path) in enumerate(files):
            # Two files of one name stay two files.
            archive.write(path, name if number == [n for n, _ in files].index(name) else f"{number + 1}-{name}")


def _bundle(archive: zipfile.ZipFile, name: str) -> list[RawSheet]:
    found: list[RawSheet] = []
    members = [e for e in archive.infolist() if not e.is_dir() and not Path(e.filename).name.startswith((".", "__"))]
    if not any(Path(e.filename).suffix.lower() in {".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".txt"} for e in members):
        raise FileTypeUnknown(file=name)
    with tempfile.TemporaryDirectory(prefix="bangfu-") as folder:
        for number, entry in enumerate(members):
            path = Path(folder) / str(number)
            with archive.open(entry) as source, path.open("wb") as target:
                while piece := source.read(_PIECE):
                    target.write(piece)
            with path.open("rb") as stream:
                inner = stream.read(4)
            if inner == _ZIP and not _is_workbook(path):
                raise FileTypeUnknown(file=entry.filename)  # a .zip inside a .zip is nobody's table
            found += sheets_of(path, Path(entry.filename).name)
    return found


def _is_workbook(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return {"xl/workbook.xml", "content.xml"} & set(archive.namelist()) != set()


# --- workbooks -------------------------------------------------------------------------------------------------------


def _xlsx(path: Path, name: str, archive: zipfile.ZipFile) -> list[RawSheet]:
    try:
        parts = _sheet_parts(archive)
        reader = fastexcel.read_excel(str(path))
    except Exception as error:  # the reader's own errors have no common ancestor
        raise _workbook_error(error, name) from error
    wanted = [sheet for sheet in reader.sheet_names if sheet in parts]

    def load(sheet: str) -> pa.RecordBatch:
        # Each thread opens the file for itself; reading is outside Python's lock, so two sheets are read at once.
        return fastexcel.read_excel(str(path)).load_sheet(sheet, header_row=None, dtypes="string", eager=True)

    def together(sheet: str, batch: pa.RecordBatch, scan: _Scan) -> RawSheet | None:
        if batch.num_rows == 0 or scan.first_row == 0:
            return None
        text = pa.table({str(i): batch.column(i) for i in range(batch.num_columns)})
        return RawSheet(sheet, name, text, scan.first_row, scan.first_column, scan.odd, tuple(scan.merged))

    try:
        with ThreadPoolExecutor(max_workers=2) as pool:
            # The largest sheet first, and the scans last: what is short fills the time that the longest leaves over.
            order = sorted(wanted, key=lambda sheet: -archive.getinfo(parts[sheet]).file_size)
            loads = {sheet: pool.submit(load, sheet) for sheet in order}
            scans = {sheet: pool.submit(_scan, path, parts[sheet]) for sheet in order}
            found = (together(sheet, loads[sheet].result(), scans[sheet].result()) for sheet in wanted)
            return [sheet for sheet in found if sheet is not None]
    except Exception as error:
        raise _workbook_error(error, name) from error


def _workbook_error(error: Exception, name: str) -> Exception:
    words = str(error).lower()
    if "password" in words or "encrypt" in words:
        return WorkbookEncrypted(file=name)
    return WorkbookDamaged(file=name)


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Visible sheets and the part of the archive that holds each."""
    targets: dict[str, str] = {}
    for relation in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels")):
        target = relation.get("Target", "")
        targets[relation.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    found: dict[str, str] = {}
    for element in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        if element.tag.rpartition("}")[2] == "sheet" and element.get("state", "visible") == "visible":
            id = next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == "id"), "")
            if targets.get(id) in archive.namelist():
                found[element.get("name", "")] = targets[id]
    return found


@dataclass
class _Scan:
    """`first_row` (from 1; 0: no cell at all) and `first_column` (from 0) are those of the first cells with content,
    where the reader's range begins."""

    odd: dict[tuple[int, int], Odd] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    first_row: int = 0
    first_column: int = 0


_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v[^>/]*>([^<]+)</")
_REFERENCE = re.compile(rb"""\br=["']([A-Z]+)([0-9]+)["']""")
_TYPE = re.compile(rb"""\bt=["'](\w+)["']""")
_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\s+ref=["']([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)["']""")
_LONG = re.compile(rb"v>[0-9]{16}")


def _suspect(piece: bytes) -> bool:
    """Whether a piece may hold an odd cell: a formula, an error, a number in E notation or of 16 digits and more. Plain
    searches, one after the other, are ten times faster than one expression for all."""
    return (
        b"<f" in piece
        or b":f>" in piece
        or b't="e"' in piece
        or b"t='e'" in piece
        or b"E+" in piece
        or b"e+" in piece
        or _LONG.search(piece) is not None
    )


def _scan(path: Path, part: str) -> _Scan:
    """Walk the sheet's XML in pieces cut at the end of a row: constant memory, and fast where nothing is odd."""
    scan = _Scan()
    columns: list[int] = []
    with zipfile.ZipFile(path) as archive, archive.open(part) as stream:
        rest = b""
        while True:
            piece = stream.read(_PIECE)
            text = rest + piece
            cut = text.rfind(b"</row>") if piece else len(text)
            if piece and cut < 0:
                # A row of another prefix, or longer than a piece: read on, within reason.
                cut = text.rfind(b"row>") if len(text) > 8 * _PIECE else -1
                if cut < 0:
                    rest = text
                    continue
            whole, rest = text[:cut], text[cut:]
            if not scan.first_row:
                _find_origin(whole, scan, columns)
            elif columns and min(columns) > 0:
                _widen(whole, columns)
            if _suspect(whole):
                _odd_cells(whole, scan.odd)
            if b"mergeCell" in whole:
                scan.merged += [
                    (int(r1), column_number(c1), int(r2), column_number(c2)) for c1, r1, c2, r2 in _MERGE.findall(whole)
                ]
            if not piece:
                break
    scan.first_column = min(columns, default=0)
    return scan


def _content(attributes: bytes, inner: bytes) -> bool:
    return b"<is>" in inner or b"<t" in inner or _VALUE.search(inner) is not None or b't="str"' in attributes


def _find_origin(piece: bytes, scan: _Scan, columns: list[int]) -> None:
    """The first row and leftmost column with content: that is where the reader's table starts."""
    for match in _CELL.finditer(piece):
        reference = _REFERENCE.search(match[1])
        if reference is None or not _content(match[1], match[2] or b""):
            continue
        if not scan.first_row:
            scan.first_row = int(reference[2])
        columns.append(column_number(reference[1]))
        if columns[-1] == 0:
            return


def _widen(piece: bytes, columns: list[int]) -> None:
    for match in _CELL.finditer(piece):
        reference = _REFERENCE.search(match[1])
        if reference and column_number(reference[1]) < min(columns) and _content(match[1], match[2] or b""):
            columns.append(column_number(reference[1]))
            if columns[-1] == 0:
                return


def _odd_cells(piece: bytes, odd: dict[tuple[int, int], Odd]) -> None:
    for match in _CELL.finditer(piece):
        attributes, inner = match[1], match[2] or b""
        kind = _TYPE.search(attributes)
        kind_text = kind[1] if kind else b"n"
        if kind_text in (b"s", b"inlineStr", b"b"):
            continue
        value = _VALUE.search(inner)
        found: Odd | None = None
        if kind_text == b"e":
            found = Odd(Oddity.FAILED, value[1].decode("utf-8", "replace") if value else "#VALUE!")
        elif value is None:
            if re.search(rb"<(?:\w+:)?f[\s>/]", inner) and kind_text != b"str":
                found = Odd(Oddity.NO_VALUE)
        elif kind_text == b"n" and _too_long(value[1]):
            found = Odd(Oddity.LONG_NUMBER, value[1].decode("ascii", "replace"))
        reference = _REFERENCE.search(attributes)
        if found and reference:
            odd[int(reference[2]), column_number(reference[1])] = found


def _too_long(number: bytes) -> bool:
    try:
        return abs(float(number)) >= 1e15
    except ValueError:
        return False


def column_number(letters: bytes) -> int:
    """Column letters as a number from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _old_workbook(path: Path, name: str) -> list[RawSheet]:
    """.xls and .ods: at most 65,536 rows or rarely large, so cells may pass through Python, which knows their types."""
    if path.stat().st_size and _holds(path, _ENCRYPTED_STREAM):
        raise WorkbookEncrypted(file=name)
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
        found = []
        for metadata in workbook.sheets_metadata:
            if metadata.visible is not python_calamine.SheetVisibleEnum.Visible:
                continue
            sheet = workbook.get_sheet_by_name(metadata.name)
            if sheet.start is None:
                continue
            first_row, first_column = sheet.start[0] + 1, sheet.start[1]
            found.append(_from_values(metadata.name, name, sheet.to_python(), first_row, first_column))
        return found
    except Exception as error:
        if isinstance(error, python_calamine.CalamineError | OSError | ValueError):
            raise _workbook_error(error, name) from error
        raise


def _from_values(sheet: str, file: str, rows: list[list[Any]], first_row: int, first_column: int) -> RawSheet:
    odd: dict[tuple[int, int], Odd] = {}
    width = max((len(row) for row in rows), default=0)
    columns: list[list[str | None]] = [[] for _ in range(width)]
    for number, row in enumerate(rows):
        for position in range(width):
            value = row[position] if position < len(row) else None
            if isinstance(value, float) and abs(value) >= 1e15:
                odd[first_row + number, first_column + position] = Odd(Oddity.LONG_NUMBER, f"{value:G}")
            columns[position].append(_as_text(value))
    text = pa.table({str(i): pa.array(column, pa.string()) for i, column in enumerate(columns)})
    return RawSheet(sheet, file, text, first_row, first_column, odd)


def _as_text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _holds(path: Path, needle: bytes) -> bool:
    with path.open("rb") as stream:
        before = b""
        while piece := stream.read(_PIECE):
            if needle in before + piece:
                return True
            before = piece[-len(needle) :]
    return False


# --- text ------------------------------------------------------------------------------------------------------------


def _csv(path: Path, name: str) -> RawSheet:
    encoding = _encoding(path, name)
    delimiter = _delimiter(path, encoding)
    width = _width(path, encoding, delimiter)
    try:
        table = _even(path, encoding, delimiter, width, threads=True)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        try:
            # Only who reads one line after the other can say which of them is broken.
            table = _even(path, encoding, delimiter, width, threads=False)
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            line = re.search(r"[Rr]ow #?(\d+)", str(error))
            raise CsvBroken(file=name, line=line[1] if line else "?") from error
    if table is None:
        table = _ragged(path, name, encoding, delimiter, width)
    return RawSheet(name, name, table, separated=True)


def _even(path: Path, encoding: str, delimiter: str, width: int, *, threads: bool) -> pa.Table | None:
    """The lines of a text as columns; None when they are not all of the same length."""
    uneven = False

    def note(_row: Any) -> Any:
        nonlocal uneven
        uneven = True
        return "skip"

    names = [str(i) for i in range(width)]
    table: pa.Table = arrow_csv.read_csv(
        path,
        read_options=arrow_csv.ReadOptions(
            column_names=names, encoding=encoding, block_size=8 * MB, use_threads=threads
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note, ignore_empty_lines=False
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
        ),
    )
    return None if uneven else table


def _ragged(path: Path, name: str, encoding: str, delimiter: str, width: int) -> pa.Table:
    """Lines of unequal length, one by one: missing cells at the end are blank; a line with more cells is refused."""
    columns: list[list[str | None]] = [[] for _ in range(width)]
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as stream:
        lines = csv.reader(stream, delimiter=delimiter, strict=True)
        try:
            for row in lines:
                if any(row[width:]):
                    raise CsvBroken(file=name, line=lines.line_num)
                for position in range(width):
                    columns[position].append(row[position] or None if position < len(row) else None)
        except csv.Error as error:
            raise CsvBroken(file=name, line=lines.line_num) from error
    return pa.table({str(i): pa.array(column, pa.string()) for i, column in enumerate(columns)})


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _encoding(path: Path, name: str) -> str:
    """By its mark, or the first of UTF-8 and GB18030 (which holds GBK and GB 2312) in which the whole file reads."""
    with path.open("rb") as stream:
        head = stream.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    furthest = 0
    for candidate in ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(candidate)()
        line = 1
        try:
            for piece in _pieces(path):
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError as error:
                    furthest = max(furthest, line + piece.count(b"\n", 0, error.start))
                    raise
                line += piece.count(b"\n")
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            furthest = max(furthest, 1)
            continue
        return candidate
    raise EncodingUnknown(file=name, line=furthest)


def _delimiter(path: Path, encoding: str) -> str:
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as stream:
        head = stream.read(16384)
    return max(",\t;", key=lambda mark: head.count(mark))


def _width(path: Path, encoding: str, delimiter: str) -> int:
    """Columns of the widest of the first lines: a title above the header may be shorter."""
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as stream:
        try:
            return max(len(row) for row, _ in zip(csv.reader(stream, delimiter=delimiter), range(30), strict=False))
        except (csv.Error, ValueError):
            return 1
