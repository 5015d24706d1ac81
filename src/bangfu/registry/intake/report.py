"""The report of an import: the uploaded sheets again, with every refused or doubtful cell coloured and a comment in it
that says what is wrong and how to mend it. A clerk mends the cells there and uploads the report itself.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter
from django.utils.translation import gettext as _

from bangfu.common.errors import CATALOGUE
from bangfu.registry.columns import tables
from bangfu.registry.errors import Problem
from bangfu.registry.intake.reading import ReadFile, Sheet
from bangfu.registry.models import ImportBatch

# A file of so many rows comes back whole; of a larger one only the rows that need work.
WHOLE_BELOW = 2_000
# More comments than this nobody mends by hand, and workbooks with more open slowly.
MOST_ROWS = 20_000
RED, YELLOW = "#FFC7CE", "#FFEB9C"


def write_report(
    path: Path,
    batch: ImportBatch,
    read: ReadFile,
    problems: Sequence[Problem],
    counts: Mapping[str, Any],
    *,
    kept: bool,
) -> None:
    """Write the workbook in the language now active. Every cell is text, so that no number loses a digit."""
    by_sheet: dict[int, dict[int, list[Problem]]] = defaultdict(lambda: defaultdict(list))
    general: list[Problem] = []
    for problem in problems:
        if problem.row is None:
            general.append(problem)
            continue
        sheet, _row = read.origin(problem.row)
        by_sheet[id(sheet)][problem.row].append(problem)
    beside = path.with_suffix(".part")
    book = xlsxwriter.Workbook(str(beside), {"constant_memory": True, "strings_to_formulas": False})
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#EEEEEE", "border": 1}),
        "text": book.add_format({"num_format": "@"}),
        "refuse": book.add_format({"num_format": "@", "bg_color": RED, "border": 1}),
        "warn": book.add_format({"num_format": "@", "bg_color": YELLOW, "border": 1}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
    }
    _summary(book, formats, batch, counts, general, kept)
    names: set[str] = {_("导入结果").casefold()}
    for sheet in read.sheets:
        _sheet(book, formats, sheet, by_sheet[id(sheet)], names)
    book.close()
    beside.replace(path)


def _summary(
    book: Any,
    formats: Mapping[str, Any],
    batch: ImportBatch,
    counts: Mapping[str, Any],
    general: Sequence[Problem],
    kept: bool,
) -> None:
    page = book.add_worksheet(_("导入结果"))
    page.set_column(0, 0, 22)
    page.set_column(1, 6, 14)
    page.write_string(0, 0, _("导入结果"), formats["title"])
    page.write_string(1, 0, _("文件：{file}").format(file=batch.file_name))
    page.write_string(
        2,
        0,
        _("好的行已经入库，有问题的行没有写入。")
        if kept
        else _("这是演练，没有写入任何数据。确认后好的行入库，有问题的行留下。"),
    )
    heads = [_("内容"), _("行数"), _("新增"), _("更新"), _("无变化"), _("未通过")]
    line = 4
    for column, text in enumerate(heads):
        page.write_string(line, column, text, formats["head"])
    for name, count in counts["tables"].items():
        line += 1
        page.write_string(line, 0, _(tables()[name].label))
        for column, key in enumerate(("rows", "added", "changed", "unchanged", "refused"), start=1):
            page.write_number(line, column, count[key])
    line += 2
    page.write_string(line, 0, _("红色单元格：没有通过，整行未入库。黄色单元格：已经接受，请核实。"))
    page.write_string(line + 1, 0, _("把鼠标放在有颜色的单元格上可看原因和改法；改好后直接上传本文件即可。"))
    line += 3
    for key, title in (("refusals", _("未通过的原因")), ("warnings", _("请核实的内容"))):
        if not counts[key]:
            continue
        page.write_string(line, 0, title, formats["head"])
        for code, number in sorted(counts[key].items(), key=lambda each: -each[1]):
            line += 1
            page.write_string(line, 0, code)
            page.write_number(line, 1, number)
            page.write_string(line, 2, _kind(code))
        line += 2
    for problem in general:
        page.write_string(line, 0, problem.message)
        line += 1


def _kind(code: str) -> str:
    """What a code is about, without the facts of one case."""
    error = CATALOGUE.get(code)
    return re.sub(r"[“（(]?\{\w+\}[”）)]?", "…", _(error.what)) if error else ""


def sheet_name(name: str, taken: set[str]) -> str:
    """A name that a workbook allows and that no other sheet has: 31 characters, none of []:*?/\\ and no quote first."""
    stem = re.sub(r"[\[\]:*?/\\]", " ", name.removesuffix(".csv")).strip("' ") or "Sheet"
    chosen, number = stem[:31], 1
    while chosen.casefold() in taken:
        number += 1
        chosen = f"{stem[: 30 - len(str(number))]} {number}"
    taken.add(chosen.casefold())
    return chosen


def _sheet(
    book: Any, formats: Mapping[str, Any], sheet: Sheet, problems: Mapping[int, Sequence[Problem]], names: set[str]
) -> None:
    """Headers and rows; comments where something is wrong. Rows keep their number in the last column but one."""
    text = sheet.raw.text
    width = text.num_columns
    whole = text.num_rows - sheet.start <= WHOLE_BELOW
    if not whole and not problems:
        return
    page = book.add_worksheet(sheet_name(sheet.name, names))
    page.set_comments_author(_("帮扶"))
    page.freeze_panes(1, 0)
    page.set_column(0, width, 16, formats["text"])
    page.set_column(width + 1, width + 1, 60)
    for position, header in enumerate(sheet.headers):
        page.write_string(0, position, header or "", formats["head"])
    page.write_string(0, width, _("原行号"), formats["head"])
    page.write_string(0, width + 1, _("问题说明"), formats["head"])
    if whole:
        positions = list(range(sheet.start, text.num_rows))
    else:
        first = sheet.row_number(0)
        positions = sorted(row - first for row in problems)[:MOST_ROWS]
    rows = text.take(pa.array(positions, pa.int64())).to_pylist()
    line = 0
    for position, row in zip(positions, rows, strict=True):
        cells = list(row.values())
        here = problems.get(sheet.row_number(position), ())
        if not here and not any(cells):
            continue
        line += 1
        marked = _by_cell(sheet, here)
        for column, value in enumerate(cells):
            about = marked.get(column)
            if about:
                kind = "refuse" if any(p.refuses for p in about) else "warn"
                page.write_string(line, column, value or "", formats[kind]) if value else page.write_blank(
                    line, column, None, formats[kind]
                )
                page.write_comment(line, column, _said(about), {"x_scale": 2.5, "y_scale": 1 + len(about) / 2})
            elif value:
                page.write_string(line, column, value, formats["text"])
        page.write_number(line, width, sheet.raw.first_row + position)
        if here:
            page.write_string(line, width + 1, _said(here), formats["wrap"])


def _by_cell(sheet: Sheet, problems: Sequence[Problem]) -> dict[int, list[Problem]]:
    """The problems of a row by the position of their column; those of no column of the sheet go to its first."""
    found: dict[int, list[Problem]] = defaultdict(list)
    first = next(iter(sheet.mapped.targets), 0)
    for problem in problems:
        position = sheet.position_of(problem.table, problem.column) if problem.column else None
        found[first if position is None else position].append(problem)
    return found


def _said(problems: Sequence[Problem]) -> str:
    """Every message once, with its code, so that it can be asked about."""
    return "\n".join(dict.fromkeys(f"{p.code} {p.message}" for p in problems))[:2000]
