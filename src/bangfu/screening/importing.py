"""Taking in an outside list: find the identity numbers in whatever file was sent, and keep those of our people.

Of everybody who is not in the snapshot nothing is stored. Numbers that cannot be trusted (a spreadsheet has rounded
them, digits are lost, the check digit is wrong) are refused row by row and counted, never guessed.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
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
from bangfu.screening.lists import KEY
from bangfu.snapshot.store import Snapshot

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
    """What became of a list: rows with a number, those refused (with samples), people of the snapshot found on it,
    and the file in which they are kept."""

    list: str
    day: date
    rows: int
    converted: int
    refused: int
    samples: Sequence[Refused]
    people: int
    path: Path


def import_list(
    book: RuleBook,
    list: str,
    file: Path,
    day: date,
    *,
    folder: Path,
    snapshot: Snapshot,
    replace: bool = False,
    trail: Callable[["Taken"], None] = lambda taken: None,
) -> Taken:
    """Takes the list `list` of the book in from `file` (CSV, XLSX, Parquet), as it stood on `day`, and keeps those of
    its people who are in the snapshot under `folder`/<list>/<day>.parquet. `trail` is told before anything is stored: a
    deed that leaves no trace does not happen.

    Raises ListUnknown, ListIsThere (unless `replace`), NoIdColumn, ListUnreadable, ListHasNobody, and what the reader
    of workbooks says of a damaged file; then nothing is stored.
    """
    declared = book.lists.get(list)
    if declared is None:
        raise ListUnknown(list=list, known="、".join(sorted(book.lists)))
    path = folder / list / f"{day.isoformat()}.parquet"
    if path.exists() and not replace:
        raise ListIsThere(day=day.isoformat(), list=declared.label)
    rows = _Rows(file, declared)
    numbers = [normalise(number or "") for number in rows.numbers]
    judged = [_key_of(number) for number in numbers]
    refused = [
        Refused(rows.first + at, mask_id(numbers[at]), found)
        for at, found in enumerate(judged)
        if isinstance(found, Fault)
    ]
    good = [at for at, found in enumerate(judged) if isinstance(found, int)]
    if not good:
        raise ListHasNobody(file=file.name, rows=sum(map(bool, numbers)), refused=len(refused))
    keys = np.array([judged[at] for at in good], np.int64)
    ours = _people_of(snapshot, keys)
    kept = np.isin(keys, ours)
    chosen = [at for at, yes in zip(good, kept.tolist(), strict=True) if yes]
    table = pa.table(
        {
            KEY: pa.array(keys[kept]),
            **{name: column.take(pa.array(chosen, pa.int64())) for name, column in rows.more.items()},
        }
    )
    taken = Taken(
        list=list,
        day=day,
        rows=sum(map(bool, numbers)),
        converted=sum(1 for at in good if len(numbers[at]) == 15),
        refused=len(refused),
        samples=refused[:SAMPLES],
        people=len(ours),
        path=path,
    )
    trail(taken)
    _store(table, path)
    return taken


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


def _people_of(snapshot: Snapshot, keys: Keys) -> Keys:
    """Those of the keys that people of the snapshot have."""
    sieve = Sieve(np.unique(keys))
    found = [
        sieve.found_in(key_column(pq.read_table(part.path("member"), columns=[KEY]), KEY)) for part in snapshot.parts()
    ]
    return np.unique(np.concatenate([np.empty(0, np.int64), *found]))


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

    def __init__(self, file: Path, declared: OutsideList) -> None:
        headers: list[str] = []
        for names, columns, first in _tables(file):
            at = _position(names, _id_names())
            if at is None:
                headers = headers or [name for name in names if name]
                continue
            self.first = first
            self.numbers: Sequence[str | None] = columns[at].to_pylist()
            self.more: Mapping[str, Any] = {
                name: columns[position]
                for name, label in declared.columns.items()
                if (position := _position(names, (name, label.zh, label.en))) is not None
            }
            return
        raise NoIdColumn(file=file.name, headers="、".join(headers[:20]))


def _tables(file: Path) -> Iterator[tuple[list[str], list[Any], int]]:
    """Possible tables of a file: headers, columns of text, and the row at which the content begins."""
    if file.suffix.lower() == ".parquet":
        try:
            table = pq.read_table(file)
        except (pa.ArrowException, OSError) as error:
            raise ListUnreadable(file=file.name, reason=str(error).splitlines()[0]) from error
        yield table.column_names, [column.cast(pa.string()) for column in table.columns], 1
        return
    for sheet in sheets_of(file, file.name):
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
