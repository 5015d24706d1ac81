"""What is measured: the columns of a file or of a snapshot as `measures.Rows`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from pyarrow import csv, dataset, parquet

from bangfu.screening.measures import Floats, Rows, Whole
from bangfu.screening.measuring_errors import (
    LineNotPositive,
    MeasuredColumnMissing,
    MeasuredColumnNotNumeric,
    MeasuredFileUnreadable,
    NothingToMeasure,
    WeightNotPositive,
)
from bangfu.snapshot.store import Snapshot

# The stubs of Arrow say of its functions what they take less truly than they do.
pc: Any = pyarrow.compute

UNKNOWN_CELLS = ["", "NA", "N/A", "NULL", "null", "NaN", "nan", "-", "—"]
ENCODINGS = ("utf-8", "gb18030")
# The name of the only group when nothing is told apart, and of rows that do not say where they belong.
ALL, NOWHERE = "", "?"


@dataclass(frozen=True)
class Columns:
    """Which columns of a file say what: `size` the people of a household, `weight` how many households like it the row
    stands for, `by` the groups to be told apart; "" is "there is none"."""

    income: str
    weight: str = ""
    size: str = ""
    by: str = ""
    stratum: str = ""
    cluster: str = ""

    def named(self) -> list[str]:
        return [name for name in (self.income, self.weight, self.size, self.by, self.stratum, self.cluster) if name]


def rows_of_file(file: Path, columns: Columns, line: float) -> Rows:
    """The rows of a Parquet file, a folder of them, or a CSV file. `line` in yuan a head and year.

    Raises MeasuredFileUnreadable, MeasuredColumnMissing, MeasuredColumnNotNumeric, WeightNotPositive, LineNotPositive
    or NothingToMeasure.
    """
    if not line > 0:
        raise LineNotPositive(line=line)
    table = _read(file, columns)
    if not table.num_rows:
        raise NothingToMeasure(file=file)
    people = np.ones(table.num_rows)
    for name in (columns.weight, columns.size):
        if name:
            given = _numbers(file, table, name)
            if wrong := int((~(given > 0)).sum()):  # NaN is not above 0 either
                raise WeightNotPositive(file=file, column=name, rows=wrong)
            people = people * given
    group, names = groups_of(table[columns.by]) if columns.by else one_group(table.num_rows)
    return Rows(
        income=_numbers(file, table, columns.income),
        line=np.full(table.num_rows, float(line)),
        weight=people,
        group=group,
        names=names,
        stratum=groups_of(table[columns.stratum])[0] if columns.stratum else None,
        cluster=groups_of(table[columns.cluster])[0] if columns.cluster else None,
    )


def rows_of_snapshot(snapshot: Snapshot, line_of: Callable[[str], float], *, place: str = "", digits: int = 6) -> Rows:
    """Every household of a snapshot with its latest income per head; it stands for the people who live in it.

    `line_of` gives the line of a village by its code; `digits` is how many digits of the code tell the groups apart
    (0: all in one). Households of nobody are left out. Raises NothingToMeasure.
    """
    wanted = ["village_code", "per_capita_net_income", "members_count"]
    tables = [parquet.read_table(part.path("household"), columns=wanted) for part in snapshot.parts(place)]
    found = pa.concat_tables(tables) if tables else pa.table({name: pa.array([]) for name in wanted})
    found = found.filter(pc.greater(found["members_count"], 0)) if found.num_rows else found
    if place and found.num_rows:
        found = found.filter(pc.fill_null(pc.starts_with(found["village_code"], place), False))
    if not found.num_rows:
        raise NothingToMeasure(file=snapshot.folder)
    villages: Any = pc.fill_null(found["village_code"], "").combine_chunks().dictionary_encode()
    lines = np.array([line_of(code) for code in villages.dictionary.to_pylist()])
    if digits:
        group, names = groups_of(pc.utf8_slice_codeunits(pc.fill_null(found["village_code"], NOWHERE), 0, digits))
    else:
        group, names = one_group(found.num_rows)
    return Rows(
        income=pc.cast(found["per_capita_net_income"], pa.float64()).to_numpy(),
        line=lines[villages.indices.to_numpy(zero_copy_only=False)],
        weight=pc.cast(found["members_count"], pa.float64()).to_numpy(),
        group=group,
        names=names,
    )


def one_group(count: int) -> tuple[Whole, Sequence[str]]:
    return np.zeros(count, dtype=np.int64), [ALL]


def groups_of(column: Any) -> tuple[Whole, Sequence[str]]:
    """The number of each row's group, and the groups' names in ascending order; without a value it is NOWHERE."""
    texts = pc.fill_null(pc.cast(column, pa.string()), NOWHERE).combine_chunks()
    encoded: Any = texts.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), dtype=np.int64)
    place[order] = np.arange(len(names))
    return place[encoded.indices.to_numpy(zero_copy_only=False)], [names[at] for at in order]


def _read(file: Path, columns: Columns) -> pa.Table:
    try:
        if file.suffix.lower() in (".csv", ".txt"):
            return _read_csv(file, columns)
        found = dataset.dataset(file, format="parquet")
        _require(file, columns, found.schema.names)
        return found.to_table(columns=list(dict.fromkeys(columns.named())))
    except (OSError, pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise MeasuredFileUnreadable(file=file, reason=_short(error)) from error


def _read_csv(file: Path, columns: Columns) -> pa.Table:
    """All as text: what is no number is told by its own value, not by a guess at the column's type."""
    for encoding in ENCODINGS:
        reading = csv.ReadOptions(encoding=encoding)
        try:
            with csv.open_csv(file, read_options=reading) as head:
                names = head.schema.names
            _require(file, columns, [name.lstrip("\ufeff") for name in names])
            wanted = list(dict.fromkeys(columns.named()))
            convert = csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.string()),
                null_values=UNKNOWN_CELLS,
                strings_can_be_null=True,
            )
            return csv.read_csv(file, read_options=reading, convert_options=convert)
        except (UnicodeDecodeError, pa.ArrowInvalid) as error:
            failed: Exception = error
    raise failed


def _require(file: Path, columns: Columns, present: Sequence[str]) -> None:
    for name in columns.named():
        if name not in present:
            raise MeasuredColumnMissing(file=file, column=name, columns="、".join(present))


def _numbers(file: Path, table: pa.Table, name: str) -> Floats:
    column = table[name]
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.utf8_trim_whitespace(column)
    try:
        found = pc.cast(column, pa.float64()).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise MeasuredColumnNotNumeric(file=file, column=name, reason=_short(error)) from error
    result: Floats = np.where(np.isinf(found), np.nan, found)
    return result


def _short(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
