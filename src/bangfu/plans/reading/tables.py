"""Tables in the text: rows of cells parted by tabs or bars, with the units in the header."""

import re
from dataclasses import dataclass
from functools import cache

from bangfu.plans.reading.deadlines import Deadlines
from bangfu.plans.reading.found import Comparison, Kind, Proposal
from bangfu.plans.reading.layout import Layout, Paragraph
from bangfu.plans.reading.numerals import scaled, tidy, value
from bangfu.plans.reading.words import any_of, grammar

_NUMBER = re.compile(
    r"\s*(?P<a>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)\s*(?P<s>[万亿千百]?)(?P<u>[一-龥%²㎡/]{0,6})\s*$"
)
_TOTAL = re.compile(r"合\s*计|总\s*计|小\s*计|共\s*计|总数")
_OWNER = re.compile(r"责任(?:单位|部门|人|领导)|牵头(?:单位|部门)|实施单位|负责人")
_DUE = re.compile(r"(?:完成)?(?:时限|时间|期限)|截止")
_ORDINAL = re.compile(r"序号|编号|备注|电话")
_ORDINAL_CELLS = 3  # rows that number themselves 1, 2, 3 … in their first cell


@dataclass(frozen=True, slots=True)
class Cell:
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; the first is the header. `paragraph` is that of the first row; `broken` are rows whose number of
    cells differs from the header's."""

    start: int
    end: int
    paragraph: int
    rows: tuple[tuple[Cell, ...], ...]
    broken: tuple[tuple[int, int], ...]

    @property
    def header(self) -> tuple[Cell, ...]:
        return self.rows[0]


def tables(layout: Layout) -> list[Table]:
    """All tables of a text: two or more rows in a row, each of two cells or more."""
    found: list[Table] = []
    rows: list[tuple[Cell, ...]] = []
    first = 0
    for number, paragraph in enumerate([*layout.paragraphs, None]):
        cells = _cells(layout.text, paragraph) if paragraph is not None else ()
        if len(cells) >= 2:
            first = number if not rows else first
            rows.append(cells)
            continue
        if len(rows) >= 2:
            found.append(_table(rows, first))
        rows = []
    return found


def _cells(text: str, paragraph: Paragraph) -> tuple[Cell, ...]:
    line = text[paragraph.start : paragraph.end]
    mark = "\t" if "\t" in line else "|" if line.count("|") >= 2 else ""
    if not mark or "\n" in line:
        return ()
    cells, at = [], paragraph.start
    for part in line.split(mark):
        cells.append(Cell(at, at + len(part), part.strip()))
        at += len(part) + 1
    if mark == "|":
        cells = cells[1 if not cells[0].text else 0 : len(cells) - (1 if not cells[-1].text else 0)]
    return tuple(cells)


def _table(rows: list[tuple[Cell, ...]], first: int) -> Table:
    rows = [row for row in rows if not all(re.fullmatch(r":?-+:?|", cell.text) for cell in row)] or rows
    width = len(rows[0])
    rows = [_filled(row, width) for row in rows]
    broken = tuple((row[0].start, row[-1].end) for row in rows if len(row) != width)
    return Table(rows[0][0].start, rows[-1][-1].end, first, tuple(rows), broken)


def _filled(row: tuple[Cell, ...], width: int) -> tuple[Cell, ...]:
    """Cells that are blank at the end of a line are often left out."""
    last = row[-1].end
    return (
        (*row, *(Cell(last, last, "") for _ in range(width - len(row))))
        if row[0].text and len(row) >= width // 2
        else row
    )


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a table, with the unit of its column."""

    row: int
    column: int
    cell: Cell
    number: float
    unit: str


def amounts(table: Table) -> list[Amount]:
    """The numbers of a table whose unit is known from the cell or the header. Broken rows are left to a person."""
    found = []
    units = [_unit_of(cell.text) for cell in table.header]
    scales = grammar().units.scales
    for n, row in enumerate(table.rows[1:], 1):
        if len(row) != len(table.header):
            continue
        for column, cell in enumerate(row):
            match = _NUMBER.match(cell.text)
            if match is None or _ORDINAL.search(table.header[column].text):
                continue
            number = value(match["a"])
            own = _unit_of(f"({match['s']}{match['u']})") if match["u"] else None
            scale, unit = own or units[column] or (1, "")
            if number is not None and unit:
                times = scale if not match["s"] or own else scales[match["s"]]
                found.append(Amount(n, column, cell, tidy(scaled(number, times)), unit))
    return found


@cache
def _unit_pattern() -> re.Pattern[str]:
    units = grammar().units
    return re.compile(rf"^(?P<scale>{any_of(units.scales)})?(?P<unit>{any_of(units.every)}(?:/{any_of(units.per)})*)$")


def _unit_of(header: str) -> tuple[int, str] | None:
    """茶叶(万亩) -> (10000, 亩); 户数 -> (1, 户)."""
    bracketed = re.search(r"[(]\s*(?:单位[::]?)?([^()]{1,8})\s*[)]", header)
    word = bracketed[1].strip() if bracketed else ""
    if not word and (counted := re.search(r"(户|人|亩|个|头|公里)数?$", header)):
        word = counted[1]
    match = _unit_pattern().match(word)
    if match is None:
        return None
    return grammar().units.scales.get(match["scale"] or "", 1), match["unit"]


def is_total(table: Table, row: int) -> bool:
    return any(_TOTAL.search(cell.text) for cell in table.rows[row][:2])


def proposals(table: Table, text: str, paragraph: Paragraph, deadlines: Deadlines) -> list[Proposal]:
    """What the table promises, cell by cell; the row's first words are the area or the subject, a column may name who
    answers and by when."""
    time = deadlines.times[paragraph.document]
    headers = [cell.text for cell in table.header]
    found = []
    for amount in amounts(table):
        row = table.rows[amount.row]
        label = next((cell.text for cell in row if cell.text and not _NUMBER.match(cell.text)), "")
        measure = re.sub(r"\([^)]*\)", "", headers[amount.column]).strip()
        owner = next((row[n].text for n, name in enumerate(headers) if _OWNER.search(name)), "")
        due = next(
            (
                date
                for n, name in enumerate(headers)
                if _DUE.search(name)
                for date in deadlines.within(row[n].start, row[n].end)
            ),
            None,
        )
        deadline = due.last_day(time.year) if due else time.period_end
        area = label if re.search(rf"{any_of(grammar().words.areas.ends)}$", label) else ""
        subject = (
            measure
            if area or not label
            else f"{label}{measure}"
            if measure not in ("数量", "任务", "任务数", "目标", "目标值", "指标")
            else label
        )
        found.append(
            Proposal(
                start=amount.cell.start,
                end=amount.cell.end,
                quote=text[amount.cell.start : amount.cell.end],
                kind=Kind.TARGET,
                subject=subject,
                number=amount.number,
                unit=amount.unit,
                comparison=Comparison.ALL if amount.number == 100 and amount.unit == "%" else Comparison.EQUAL,
                deadline=deadline,
                owner=owner,
                area=area,
                heading=tuple(h.title for h in paragraph.headings),
                document=paragraph.document,
                pattern="table-cell",
                at=(amount.cell.start, amount.cell.end),
            )
        )
    return found
