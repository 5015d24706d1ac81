"""Lists with a few columns, as rooms above take them in beside the registry's own files: opened like those (.xlsx,
.xls, .ods, .csv), their columns found by name, every row as text with the number that the file gives it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from bangfu.registry.intake.cells import blank_to_null
from bangfu.registry.intake.headers import plain
from bangfu.registry.intake.workbooks import RawSheet, sheets_of

# Titles and explanations may stand above the headings, so many rows at most.
HEADER_ROWS = 20


@dataclass(frozen=True)
class ListRow:
    """A row of a list: the texts of a column, left to right (several columns may have one meaning: 风险1, 风险2)."""

    number: int
    cells: Mapping[str, Sequence[str]]

    def text(self, column: str) -> str:
        """The first text of a column; "" where there is none."""
        return next(iter(self.cells.get(column, ())), "")


@dataclass
class ReadList:
    """The rows of every sheet that has the columns that must be; `missing` are those which no sheet has."""

    rows: list[ListRow] = field(default_factory=list)
    missing: frozenset[str] = frozenset()


def read_list(path: Path, name: str, columns: Mapping[str, Collection[str]], needed: Collection[str]) -> ReadList:
    """The rows of a file. `columns`: the names under which each column may stand, besides its own; a number at the end
    of a heading is no part of the name. Raises what `sheets_of` raises."""
    names = {plain(each): column for column, others in columns.items() for each in (column, *others)}
    found = ReadList(missing=frozenset(needed))
    for sheet in sheets_of(path, name):
        at, positions = _headings(sheet, names)
        lost = frozenset(needed) - set(positions.values())
        if not lost:
            found.rows += _rows(sheet, at, positions)
        found.missing = min(found.missing, lost, key=len)
    return found


def _headings(sheet: RawSheet, names: Mapping[str, str]) -> tuple[int, dict[int, str]]:
    """The row of a sheet that names most of the columns, and which column stands where."""
    best: tuple[int, dict[int, str]] = (0, {})
    for at, cells in enumerate(sheet.text.slice(0, HEADER_ROWS).to_pylist()):
        positions = {}
        for position, text in enumerate(cells.values()):
            heading = plain(text) if text else ""
            column = names.get(heading) or names.get(heading.rstrip("0123456789"))
            if column is not None:
                positions[position] = column
        if len(set(positions.values())) > len(set(best[1].values())):
            best = (at, positions)
    return best


def _rows(sheet: RawSheet, at: int, positions: Mapping[int, str]) -> list[ListRow]:
    body = sheet.text.slice(at + 1)
    texts = {
        position: blank_to_null(body.column(position).combine_chunks().cast(pa.string())).to_pylist()
        for position in positions
    }
    found = []
    for number in range(body.num_rows):
        cells: dict[str, list[str]] = {}
        for position, column in positions.items():
            if text := texts[position][number]:
                cells.setdefault(column, []).append(text)
        if cells:
            found.append(ListRow(sheet.first_row + at + 1 + number, cells))
    return found
