"""Tables in the text: rows of cells parted by tabs or bars, with the units in the header."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from bangfu.plans.reading.context import subject_of_quantity
from bangfu.plans.reading.counting import counts
from bangfu.plans.reading.deadlines import Deadlines
from bangfu.plans.reading.found import Comparison, Kind, Proposal
from bangfu.plans.reading.layout import Layout, Paragraph
from bangfu.plans.reading.numerals import scaled, tidy, value
from bangfu.plans.reading.quantities import Quantity
from bangfu.plans.reading.words import any_of, grammar

_NUMBER = re.compile(
    r"\s*(?P<a>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)\s*(?P<s>[万亿千百]?)(?P<u>[一-龥%²㎡/]{0,6})\s*$"
)
_TOTAL = re.compile(r"合\s*计|总\s*计|小\s*计|共\s*计|总数")
_OWNER = re.compile(r"责任(?:单位|部门|人|领导)|牵头(?:单位|部门)|实施单位|负责人")
_DUE = re.compile(r"(?:完成)?(?:时限|时间|期限)|截止")
_ORDINAL = re.compile(r"序号|编号|备注|电话")
_UNITS = re.compile(r"(?:计量|计算)?单位$")  # a column that names the unit of its row
_BEFORE = re.compile(r"基期|基数|现状|上年|去年|实际|已完成|[0-9]{4}年底?(?:完成|现有)")  # a column of what already is
_MONEY = re.compile(r"投资|资金|金额|预算|经费|补助|收入|产值|贷款")
_CAPTION = re.compile(r"单位\s*:\s*(?P<unit>[一-龥%]{1,4})\s*[)]?\s*$")


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
    caption: str = ""  # the unit that a line above names for all of it (单位:万元)

    @property
    def header(self) -> tuple[Cell, ...]:
        return self.rows[0]


def tables(layout: Layout) -> list[Table]:
    """All tables of a text: two or more rows in a row, each of two cells or more."""
    found: list[Table] = []
    rows: list[tuple[Cell, ...]] = []
    first, barred = 0, False
    for number, paragraph in enumerate([*layout.paragraphs, None]):
        cells = _cells(layout.text, paragraph) if paragraph is not None else ()
        bars = paragraph is not None and "\t" not in layout.text[paragraph.start : paragraph.end]
        if len(cells) >= 2 and (not rows or bars == barred):
            first, barred = (number, bars) if not rows else (first, barred)
            rows.append(cells)
            continue
        if len(rows) >= 2:
            above = layout.paragraphs[first - 1] if first else None
            told = _CAPTION.search(layout.text[above.start : above.end]) if above is not None else None
            found.append(_table(rows, first, told["unit"] if told else ""))
        rows, first, barred = ([cells] if len(cells) >= 2 else []), number, bars
    return found


def _cells(text: str, paragraph: Paragraph) -> tuple[Cell, ...]:
    line = text[paragraph.start : paragraph.end]
    mark = "\t" if "\t" in line else "|" if line.count("|") >= 2 else ""
    if not mark or "\n" in line:
        return ()
    cells, at = [], paragraph.start
    for part in line.split(mark):
        left = len(part) - len(part.lstrip()) if part.strip() else 0
        cells.append(Cell(at + left, at + left + len(part.strip() or part), part.strip()))
        at += len(part) + 1
    if mark == "|":
        cells = cells[1 if not cells[0].text else 0 : len(cells) - (1 if not cells[-1].text else 0)]
    return tuple(cells)


def _table(rows: list[tuple[Cell, ...]], first: int, caption: str) -> Table:
    rows = [row for row in rows if not all(re.fullmatch(r":?-+:?|", cell.text) for cell in row)] or rows
    width = len(rows[0])
    rows = [_filled(row, width) for row in rows]
    broken = tuple((row[0].start, row[-1].end) for row in rows if len(row) != width)
    return Table(rows[0][0].start, rows[-1][-1].end, first, tuple(rows), broken, caption)


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
    number: Decimal
    unit: str


def amounts(table: Table) -> list[Amount]:
    """The numbers of a table whose unit is known from the cell or the header. Broken rows are left to a person."""
    found = []
    units = [_unit_of(cell.text) or _captioned(table, cell.text) for cell in table.header]
    unit_column = next((n for n, cell in enumerate(table.header) if _UNITS.match(cell.text)), None)
    scales = grammar().units.scales
    for n, row in enumerate(table.rows[1:], 1):
        if len(row) != len(table.header):
            continue
        of_row = _unit_pattern().match(row[unit_column].text) if unit_column is not None else None
        for column, cell in enumerate(row):
            match = _NUMBER.match(cell.text)
            if match is None or _ORDINAL.search(table.header[column].text):
                continue
            number = value(match["a"])
            own = _unit_of(f"({match['s']}{match['u']})") if match["u"] else None
            scale, unit = own or units[column] or (_scaled(of_row) if of_row else (1, ""))
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
    return _scaled(match)


def _scaled(match: re.Match[str]) -> tuple[int, str]:
    return grammar().units.scales.get(match["scale"] or "", 1), match["unit"]


def _captioned(table: Table, header: str) -> tuple[int, str] | None:
    """The unit of the line above the table: money is only of columns that are about money."""
    match = _unit_pattern().match(table.caption)
    if match is None or (match["unit"] in grammar().units.money and not _MONEY.search(header)):
        return None
    return _scaled(match)


def is_total(table: Table, row: int) -> bool:
    return any(_TOTAL.search(cell.text) for cell in table.rows[row][:2])


def proposals(
    table: Table, layout: Layout, text: str, quantities: Sequence[Quantity], deadlines: Deadlines
) -> list[Proposal]:
    """What the table promises, cell by cell: bare numbers, and amounts among the words of a cell (新建大棚20座). The
    row's first words are the area or the subject, a column may name who answers and by when."""
    found = [
        _of_number(table, text, amount, layout.paragraphs[table.paragraph], deadlines) for amount in amounts(table)
    ]
    within = [each for each in quantities if table.start <= each.start < table.end]
    for n, row in enumerate(table.rows[1:], 1):
        for column, cell in enumerate(row):
            if _NUMBER.match(cell.text) or (
                len(row) == len(table.header) and _tells_no_amount(table.header[column].text)
            ):
                continue
            inside = [each for each in within if cell.start <= each.start < cell.end and counts(layout.text, each)]
            found += [_in_words(table, layout, text, n, each, deadlines) for each in inside]
    return found


def _tells_no_amount(header: str) -> bool:
    """Columns whose numbers are no amounts: numbering, dates, telephone numbers, names."""
    return bool(_ORDINAL.search(header) or _DUE.search(header) or _OWNER.search(header) or _UNITS.match(header))


def _of_number(table: Table, text: str, amount: Amount, paragraph: Paragraph, deadlines: Deadlines) -> Proposal:
    row, headers = table.rows[amount.row], [cell.text for cell in table.header]
    label = next((cell.text for cell in row if cell.text and not _NUMBER.match(cell.text)), "")
    measure = re.sub(r"\([^)]*\)", "", headers[amount.column]).strip()
    area = label if re.search(rf"{any_of(grammar().words.areas.ends)}$", label) else ""
    vague = measure in ("数量", "任务", "任务数", "目标", "目标值", "指标") or re.search(r"[0-9]{4}年|基期", measure)
    subject = measure if area or not label else label if vague else f"{label}{measure}"
    fact = bool(_BEFORE.search(measure))
    return Proposal(
        start=amount.cell.start,
        end=amount.cell.end,
        quote=text[amount.cell.start : amount.cell.end],
        kind=Kind.FACT if fact else Kind.TARGET,
        subject=subject,
        number=amount.number,
        unit=amount.unit,
        comparison=Comparison.ALL if amount.number == 100 and amount.unit == "%" else Comparison.EQUAL,
        deadline="" if fact else _due(table, amount.row, amount.column, paragraph, deadlines),
        owner=_owner(table, amount.row),
        area=area,
        heading=tuple(h.title for h in paragraph.headings),
        document=paragraph.document,
        pattern="table-cell",
        at=(amount.cell.start, amount.cell.end),
    )


def _in_words(table: Table, layout: Layout, text: str, row: int, quantity: Quantity, deadlines: Deadlines) -> Proposal:
    paragraph = layout.paragraphs[table.paragraph]
    left, right = layout.clause(quantity.start, quantity.end, ",;:、。!?()\n\t|")
    left += len(layout.text[left:right]) - len(layout.text[left:right].lstrip())
    right -= len(layout.text[left:right]) - len(layout.text[left:right].rstrip())
    return Proposal(
        start=left,
        end=right,
        quote=text[left:right],
        kind=Kind.STANDARD if "/" in quantity.unit else Kind.TARGET,
        subject=subject_of_quantity(layout.text, quantity, left, right),
        number=quantity.number,
        unit=quantity.unit,
        comparison=quantity.comparison,
        deadline=_due(table, row, None, paragraph, deadlines),
        owner=_owner(table, row),
        heading=tuple(h.title for h in paragraph.headings),
        document=paragraph.document,
        pattern="table-words",
        at=(quantity.start, quantity.end),
    )


def _owner(table: Table, row: int) -> str:
    cells = zip(table.header, table.rows[row], strict=False)
    return next((cell.text for header, cell in cells if _OWNER.search(header.text)), "")


def _due(table: Table, row: int, column: int | None, paragraph: Paragraph, deadlines: Deadlines) -> str:
    """By when: as the row's own column says, else the head of the column, else the document."""
    time = deadlines.times[paragraph.document]
    cells = zip(table.header, table.rows[row], strict=False)
    told = [cell for header, cell in cells if _DUE.search(header.text)]
    heads = [table.header[column]] if column is not None else []
    for cell in (*told, *heads):
        if dates := deadlines.within(cell.start, cell.end):
            return dates[-1].last_day(time.year)
    return time.period_end
