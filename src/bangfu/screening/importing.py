"""Taking in an outside list: find the identity numbers in whatever file was sent, and keep those of our people.

Of everybody who is not in the snapshot, or not in the place it was handed over for, nothing is stored. Numbers that
cannot be trusted (a spreadsheet has rounded them, digits are lost, the check digit is wrong) are refused row by row and
counted, never guessed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from django.utils.translation import gettext as _

from bangfu.common.identity import IdFault, check_digit, fault_of, normalise
from bangfu.common.masking import mask_id
from bangfu.common.policy import matching_key
from bangfu.registry.intake.headers import header_file
from bangfu.registry.intake.workbooks import sheets_of
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import OutsideList
from bangfu.screening.crossing import Keys, Sieve, key_column
from bangfu.screening.errors import ListHasNobody, ListIsThere, ListUnknown, ListUnreadable, NoIdColumn
from bangfu.screening.lists import COUNTY, COUNTY_DIGITS, KEY, About, described, file_of
from bangfu.snapshot.store import Snapshot

# The stubs of Arrow say of its functions what they take less truly than they do.
pc: Any = pyarrow.compute

HEADER_ROWS = 10  # titles and notes may stand above the headers
SAMPLES = 10
_LOST = re.compile(r"\d{15}000")  # a spreadsheet keeps fifteen digits of a number


class Fault(StrEnum):
    """Why a row of a list cannot be matched."""

    SCIENTIFIC = "scientific"
    LOST_DIGITS = "lost_digits"
    OTHER = "other"

    @property
    def words(self) -> str:
        return {
            Fault.SCIENTIFIC: _("号码成了科学记数法，后几位已丢失"),
            Fault.LOST_DIGITS: _("号码后三位变成了000，原号已丢失"),
            Fault.OTHER: _("不是有效的证件号码（位数、字符、日期或校验码不对）"),
        }[self]


@dataclass(frozen=True)
class Refused:
    """A row as the user sees it in the file; `value` is masked."""

    row: int
    value: str
    fault: Fault


@dataclass(frozen=True)
class Taken:
    """What is to become of a list: rows with a number, those converted and refused (why, how many, with samples),
    people of the snapshot found on it, and the file in which they are kept once it is stored."""

    list: str
    day: date
    place: str
    rows: int
    converted: int
    refused: int
    faults: Mapping[Fault, int]
    samples: Sequence[Refused]
    people: int
    path: Path


@dataclass(frozen=True)
class Prepared:
    """A list that was read and matched, and is not stored yet."""

    taken: Taken
    table: pa.Table
    file: str
    counties: Sequence[str]

    def store(self, by: str = "") -> Taken:
        """Keeps it, all at once, in the stead of one of the same day and place."""
        taken = self.taken
        about = About(
            counties=self.counties,
            rows=taken.rows,
            converted=taken.converted,
            refused={str(fault): number for fault, number in taken.faults.items()},
            first=[(each.row, str(each.fault)) for each in taken.samples],
            people=taken.people,
            file=self.file,
            by=by,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        _store(self.table.replace_schema_metadata(described(about)), taken.path)
        return taken


def import_list(
    book: RuleBook,
    list: str,
    file: Path,
    day: date,
    *,
    folder: Path,
    snapshot: Snapshot,
    replace: bool = False,
    place: str = "",
) -> Taken:
    """`prepare`, and stored at once."""
    return prepare(book, list, file, day, folder=folder, snapshot=snapshot, replace=replace, place=place).store()


def prepare(
    book: RuleBook,
    list: str,
    file: Path,
    day: date,
    *,
    folder: Path,
    snapshot: Snapshot,
    replace: bool = False,
    place: str = "",
    name: str = "",
) -> Prepared:
    """Reads the list `list` of the book from `file` (CSV, XLSX, Parquet; called `name`), as it stood on `day`, and
    finds those of its people who are in the snapshot, in one place of it if `place` names one. Stored it will lie at
    `lists.file_of(folder, list, day, place)`.

    Raises ListUnknown, ListIsThere (unless `replace`), NoIdColumn, ListUnreadable, ListHasNobody, and what the reader
    of workbooks says of a damaged file.
    """
    declared = book.lists.get(list)
    if declared is None:
        raise ListUnknown(list=list, known="、".join(sorted(book.lists)))
    path = file_of(folder, list, day, place)
    if path.exists() and not replace:
        raise ListIsThere(day=day.isoformat(), list=declared.label)
    name = name or file.name
    rows = _Rows(file, name, declared)
    numbers = [normalise(number or "") for number in rows.numbers]
    judged = [_key_of(number) for number in numbers]
    refused = [
        Refused(rows.first + at, mask_id(numbers[at]), found)
        for at, found in enumerate(judged)
        if isinstance(found, Fault)
    ]
    good = [at for at, found in enumerate(judged) if isinstance(found, int)]
    if not good:
        raise ListHasNobody(file=name, rows=sum(map(bool, numbers)), refused=len(refused))
    keys = np.array([judged[at] for at in good], np.int64)
    ours, counties = _people_of(snapshot, keys, place)
    given = pa.table(
        {KEY: pa.array(keys), **{each: column.take(pa.array(good, pa.int64())) for each, column in rows.more.items()}}
    )
    table = given.join(ours, keys=KEY, join_type="inner").sort_by([(KEY, "ascending"), (COUNTY, "ascending")])
    taken = Taken(
        list=list,
        day=day,
        place=place,
        rows=sum(map(bool, numbers)),
        converted=sum(1 for at in good if len(numbers[at]) == 15),
        refused=len(refused),
        faults=Counter(each.fault for each in refused),
        samples=refused[:SAMPLES],
        people=len(ours[KEY].unique()),
        path=path,
    )
    return Prepared(taken, table, name, counties)


def _key_of(number: str) -> int | Fault | None:
    """The `id_key` of a number; None for a blank cell. Numbers of fifteen digits, which were issued to people born in
    the twentieth century, get the century and the check digit that the law of 1999 gave them."""
    fault = fault_of(number)
    if fault is IdFault.EMPTY:
        return None
    if fault is IdFault.SCIENTIFIC:
        return Fault.SCIENTIFIC
    if fault is IdFault.OLD_15:
        number = f"{number[:6]}19{number[6:]}"
        number += check_digit(number)
        fault = fault_of(number)
    if fault is not None:
        return Fault.LOST_DIGITS if _LOST.fullmatch(number) else Fault.OTHER
    return int(number[:17]) * 11 + (10 if number[17] == "X" else int(number[17]))


def _people_of(snapshot: Snapshot, keys: Keys, place: str) -> tuple[pa.Table, Sequence[str]]:
    """Those of the keys that people of the snapshot have, each with the county where they live; and the counties that
    were looked through."""
    sieve, counties = Sieve(np.unique(keys)), set()
    found = [pa.table({KEY: pa.array([], pa.int64()), COUNTY: pa.array([], pa.string())})]
    for part in snapshot.parts(place):
        counties |= {county for county in part.counties if county.startswith(place[:COUNTY_DIGITS])}
        people = pq.read_table(part.path("member"), columns=[KEY, "village_code"])
        codes = pc.fill_null(people["village_code"], "")
        if place:
            here = pc.starts_with(codes, place)
            people, codes = people.filter(here), codes.filter(here)
        known = pc.is_in(people[KEY], pa.array(sieve.found_in(key_column(people, KEY)), pa.int64()))
        county = pc.utf8_slice_codeunits(codes.filter(known), 0, COUNTY_DIGITS)
        found.append(pa.table({KEY: people[KEY].filter(known), COUNTY: county}))
    return pa.concat_tables(found).group_by([KEY, COUNTY]).aggregate([]), sorted(counties)


def _store(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".draft")
    try:
        pq.write_table(table, draft, compression="zstd")
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


class _Rows:
    """The rows of a file: identity numbers as text, and the further columns that the list may keep. `first` is the
    number of the first row as the user sees it."""

    def __init__(self, file: Path, name: str, declared: OutsideList) -> None:
        headers: list[str] = []
        for names, columns, first in _tables(file, name):
            at = _position(names, _id_names())
            if at is None:
                headers = headers or [each for each in names if each]
                continue
            self.first = first
            self.numbers: Sequence[str | None] = columns[at].to_pylist()
            self.more: Mapping[str, Any] = {
                each: columns[position]
                for each, label in declared.columns.items()
                if (position := _position(names, (each, label.zh, label.en))) is not None
            }
            return
        raise NoIdColumn(file=name, headers="、".join(headers[:20]))


def _tables(file: Path, name: str) -> Iterator[tuple[list[str], list[Any], int]]:
    """Possible tables of a file: headers, columns of text, and the row at which the content begins."""
    if Path(name).suffix.lower() == ".parquet":
        try:
            table = pq.read_table(file)
            columns = [column.cast(pa.string()) for column in table.columns]
        except (pa.ArrowException, OSError) as error:
            raise ListUnreadable(file=name, reason=str(error).splitlines()[0]) from error
        yield table.column_names, columns, 1
        return
    for sheet in sheets_of(file, name):
        columns = list(sheet.text.columns)
        for at in range(min(HEADER_ROWS, sheet.text.num_rows)):
            names = [str(column[at].as_py() or "") for column in columns]
            if _position(names, _id_names()) is not None or at == 0:
                yield names, [column.slice(at + 1) for column in columns], sheet.first_row + at + 1


def _id_names() -> tuple[str, ...]:
    return ("id_no", "证件号码", *header_file().columns["member"]["id_no"])


def _position(names: Iterable[str], wanted: Iterable[str]) -> int | None:
    keys = {matching_key(name) for name in wanted}
    return next((at for at, name in enumerate(names) if matching_key(name) in keys), None)
