"""Lists with a few columns that are judged before they are written, all rows or none: what stays on file of one, and
what goes back to whoever sent it. Rooms above make a table of `ListImport` and judge the rows."""

import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from bangfu.common.errors import BangfuError
from bangfu.registry.file_errors import ListColumnsMissing, ListTooLong, NothingToImport
from bangfu.registry.intake.lists import HEADER_ROWS, ListRow, read_list
from bangfu.registry.intake.remembering import pack, unpack
from bangfu.registry.list_models import ListImport

# So many rows are judged in one transaction at most.
MOST_ROWS = 100_000


def read_rows(
    path: Path,
    name: str,
    labels: Mapping[str, Any],
    others: Mapping[str, Sequence[str]],
    needed: Collection[str],
    most: int = MOST_ROWS,
) -> list[ListRow]:
    """The rows of a file under these labels of columns, or what else policy calls them (`others`). Raises
    ListColumnsMissing for columns of `needed` that no sheet has, NothingToImport, ListTooLong for more than `most`
    rows, and what `sheets_of` raises."""
    found = read_list(path, name, names_of(labels, others), needed)
    if found.missing:
        raise ListColumnsMissing(file=name, columns=labels_of(labels, found.missing), rows=HEADER_ROWS)
    if not found.rows:
        raise NothingToImport(file=name)
    if len(found.rows) > most:
        raise ListTooLong(file=name, rows=len(found.rows), limit=most)
    return found.rows


def kept(rows: Iterable[ListRow]) -> list[dict[str, Any]]:
    """Rows as `ListImport.rows` keeps them."""
    return [{"number": row.number, "cells": row.cells} for row in rows]


def rows_of(batch: ListImport) -> list[ListRow]:
    """The rows as they were read; none once they are taken in or dropped."""
    return [ListRow(each["number"], each["cells"]) for each in batch.rows]


def problems_of(refused: Iterable[tuple[ListRow, str, BangfuError]]) -> list[dict[str, Any]]:
    """Refused rows, each with the column to be mended and the reason, as `ListImport.problems` keeps them."""
    return [
        {"row": row.number, "column": column, "code": fault.code, "facts": pack(fault.facts)}
        for row, column, fault in refused
    ]


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not taken in: as the file had it, which column is to be mended, and why."""

    row: ListRow
    column: str
    code: str
    reason: str


def refused_rows(batch: ListImport) -> list[RefusedRow]:
    """Every refused row with its reason in the reader's language."""
    by_number = {row.number: row for row in rows_of(batch)}
    found = []
    for each in batch.problems:
        error = unpack(each["code"], each["facts"])
        row = by_number.get(each["row"], ListRow(each["row"], {}))
        found.append(RefusedRow(row, each["column"], each["code"], error.message if error else each["code"]))
    return found


def report(batch: ListImport, labels: Mapping[str, Any]) -> bytes:
    """The refused rows as a workbook under the labels of the columns, with the reason beside each; mended, it can be
    uploaded itself."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet(_("未通过的行"))
    bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    red = book.add_format({"num_format": "@", "bg_color": "#FFC7CE"})
    sheet.set_column(0, len(labels), 16, text)
    sheet.set_column(len(labels) + 1, len(labels) + 1, 70)
    for position, label in enumerate((*map(str, labels.values()), _("原行号"), _("原因"))):
        sheet.write_string(0, position, label, bold)
    for line, each in enumerate(refused_rows(batch), start=1):
        for position, column in enumerate(labels):
            cell = "、".join(each.row.cells.get(column, ()))
            sheet.write_string(line, position, cell, red if column == each.column else text)
        sheet.write_number(line, len(labels), each.row.number)
        sheet.write_string(line, len(labels) + 1, f"{each.code} {each.reason}")
    book.close()
    return out.getvalue()


def names_of(labels: Mapping[str, Any], others: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """By column the names under which `read_list` may find it: our label, and what else policy calls it."""
    return {column: (str(label), *others.get(column, ())) for column, label in labels.items()}


def labels_of(labels: Mapping[str, Any], columns: Iterable[str]) -> str:
    """Labels of some columns in a sentence, in the order of the file."""
    wanted = set(columns)
    return "、".join(str(label) for column, label in labels.items() if column in wanted)
