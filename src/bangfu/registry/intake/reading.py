"""A file to the canonical tables of `registry.columns`, each with a `row` column, and what could not be read.

`row` numbers are unique across all sheets of a file: a sheet's own row number plus the sheet's `base`, which is 0 for
the first sheet. `ReadFile.origin` leads back to sheet and row.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bangfu.common import duck
from bangfu.common.errors import BangfuError
from bangfu.common.policy import code_list
from bangfu.registry.columns import CODE_LISTS, Column, Kind, tables
from bangfu.registry.errors import (
    CellEmpty,
    FormulaFailed,
    FormulaWithoutValue,
    HouseholdContradicts,
    NumberNotText,
    OtherCausesTooMany,
    Problem,
    Severity,
)
from bangfu.registry.file_errors import (
    ColumnDerived,
    ColumnIgnored,
    ColumnTwice,
    CsvBroken,
    HeaderMerged,
    HeaderNotFound,
    KeyColumnsMissing,
    NothingToImport,
    SheetIgnored,
    YearMissing,
)
from bangfu.registry.intake import cells
from bangfu.registry.intake.arrow import Values, pc
from bangfu.registry.intake.headers import FEEDS, KEYS, Mapped, Use, header_file, known, label_of, mapped
from bangfu.registry.intake.limits import limits
from bangfu.registry.intake.workbooks import Odd, Oddity, RawSheet, sheets_of

HEADER_ROWS = 20
# A column whose every cell is wrong would otherwise make a problem for each of a million rows.
PROBLEMS_KEPT = 20_000


@dataclass
class Sheet:
    """A sheet that was understood: `targets` by position say what its columns mean; data start at position `start`
    of `raw.text`."""

    raw: RawSheet
    mapped: Mapped
    headers: list[str | None]
    start: int
    base: int = 0

    @property
    def name(self) -> str:
        return self.raw.name

    def row_number(self, position: int) -> int:
        """The `row` of the line at a position of `raw.text`."""
        return self.base + self.raw.first_row + position

    def position_of(self, table: str, column: str) -> int | None:
        """The position of the column that a problem is about."""
        targets = self.mapped.targets.items()
        if column in ("other_cause_1", "other_cause_2") and not self.mapped.has(column, table):
            column = "other_causes"
        if column == "village_id":
            column = next((t.column for _p, t in targets if t.column in ("division_code", "village_name")), column)
        exact = next((p for p, t in targets if t.column == column and t.table == table), None)
        return exact if exact is not None else next((p for p, t in targets if t.column == column), None)


@dataclass
class ReadFile:
    """What a file says. `clears` holds, per table and column, the rows whose cell says 清空. `problems` are those
    of cells that could not be read; their rows still stand in the tables, with null in that cell."""

    sheets: list[Sheet] = field(default_factory=list)
    tables: dict[str, pa.Table] = field(default_factory=dict)
    clears: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)  # households whose lines contradict each other

    def origin(self, row: int) -> tuple[Sheet, int]:
        """The sheet of a `row` and its number there."""
        bases = [sheet.base for sheet in self.sheets]
        sheet = self.sheets[max(bisect_right(bases, row - 1) - 1, 0)]
        return sheet, row - sheet.base


def read_file(path: Path, name: str) -> ReadFile:
    """Open, recognise and type a file. Raises REG-002 … REG-019 when it cannot be read at all."""
    found = ReadFile()
    base = 0
    for raw in sheets_of(path, name):
        if raw.name in header_file().silent_sheets:
            continue
        sheet = _recognise(raw, found)
        if sheet is None:
            continue
        sheet.base = base
        base += raw.first_row + raw.text.num_rows
        found.sheets.append(sheet)
    if not found.sheets:
        if found.problems:
            ignored = found.problems[0].fault.facts["sheet"]
            raise HeaderNotFound(sheet=ignored, rows=HEADER_ROWS)
        raise NothingToImport(file=name)
    parts: dict[str, list[pa.Table]] = {}
    clears: dict[str, list[tuple[int, str]]] = {}
    for sheet in found.sheets:
        for table, part in _tables_of(sheet, found, clears).items():
            parts.setdefault(table, []).append(part)
    for table in tables():
        if table in parts:
            found.tables[table] = pa.concat_tables(parts[table], promote_options="default")
    if not any(table.num_rows for table in found.tables.values()):
        raise NothingToImport(file=name)
    for table, key in (("household", ["household_no"]), ("income_year", ["household_no", "year"])):
        if table in found.tables:
            found.tables[table] = _one_row_each(table, key, found, clears)
    _number_items(found)
    found.rows = {name: table.num_rows for name, table in found.tables.items()} | found.rows
    for table, cleared in clears.items():
        for row, column in cleared:
            found.clears.setdefault(table, {}).setdefault(column, []).append(row)
    _without_keys(found)
    return found


def _without_keys(found: ReadFile) -> None:
    """A line without its household's number (or its year) says nothing about anybody."""
    needed = {"household": ("household_no",), "member": ("household_no",), "work_record": ("person_no", "start_month")}
    for table, whole in found.tables.items():
        for column in needed.get(table, ("household_no", "year")):
            if whole[column].null_count:
                known_bad = {(p.row, p.column) for p in found.problems if p.table == table}
                for row in whole["row"].filter(pc.is_null(whole[column])).to_pylist()[:PROBLEMS_KEPT]:
                    if (row, column) not in known_bad:
                        fault = CellEmpty(label=tables()[table].columns[column].label)
                        found.problems.append(Problem(table, row, column, fault))
                found.tables[table] = whole = whole.filter(pc.is_valid(whole[column]))


# --- headers ---------------------------------------------------------------------------------------------------------


def _recognise(raw: RawSheet, found: ReadFile) -> Sheet | None:
    """The sheet with its columns mapped; None (and a warning) for a sheet without any header of ours."""
    head = [list(row.values()) for row in raw.text.slice(0, HEADER_ROWS + 1).to_pylist()]
    scores = [known(row) for row in head[:HEADER_ROWS]]
    best = max(scores, default=0)
    if best < 2:
        if raw.text.num_rows:
            found.problems.append(Problem("", None, "", SheetIgnored(sheet=raw.name), Severity.WARN))
        return None
    at = scores.index(best)
    headers, start = _whole_header(raw, head, at)
    result = mapped(headers)
    if result.twice:
        first, second, target = result.twice
        label = label_of(target.table or result.grain, target.column)
        raise ColumnTwice(sheet=raw.name, first=first, second=second, label=label)
    # A second line of headers, as exports that give the Chinese names and then the field codes.
    while start < len(head) and known(head[start]) >= max(2, best // 2):
        start += 1
    sheet = Sheet(raw, result, headers, start)
    _check_keys(sheet)
    if raw.separated:
        _check_width(sheet)
    for _position, header in result.unknown:
        problem = ColumnIgnored(sheet=raw.name, header=header)
        found.problems.append(Problem("", None, "", problem, Severity.WARN))
    for position, target in result.targets.items():
        if target.use is Use.DERIVED:
            fault = ColumnDerived(sheet=raw.name, header=headers[position], label=target.column)
            found.problems.append(Problem("", None, "", fault, Severity.WARN))
    return sheet


def _check_width(sheet: Sheet) -> None:
    """A line with more cells than the header has a comma too many: what follows it stands in the wrong column."""
    width = max(p for p, header in enumerate(sheet.headers) if header) + 1
    for position in range(width, sheet.raw.text.num_columns):
        extra = pc.is_valid(sheet.raw.text.column(position).slice(sheet.start))
        if pc.any(extra).as_py():
            first = sheet.start + pc.index(extra.combine_chunks(), True).as_py()
            raise CsvBroken(file=sheet.raw.file, line=sheet.raw.first_row + first)


def _whole_header(raw: RawSheet, head: list[list[str | None]], at: int) -> tuple[list[str | None], int]:
    """Names of the columns and where data start. A cell merged downwards gives its name to the line below; one merged
    sideways over columns without names of their own is refused."""
    headers, start = list(head[at]), at + 1
    line = raw.first_row + at
    for top, left, bottom, right in raw.merged:
        first, last = left - raw.first_column, right - raw.first_column
        if top < line <= bottom and left == right and 0 <= first < len(headers):
            headers[first] = headers[first] or head[max(top - raw.first_row, 0)][first]
        if top == line and bottom > line and left == right:
            start = max(start, bottom - raw.first_row + 1)
        if top <= line <= bottom and left < right and bottom == line:
            below = head[at + 1][first : last + 1] if at + 1 < len(head) else []
            if known(below) == 0 and known([headers[first]]):
                raise HeaderMerged(sheet=raw.name, cells=f"{_cell(top, left)}:{_cell(bottom, right)}")
            if known(below) == last - first + 1:
                headers[first : last + 1] = below
                start = max(start, at + 2)
    return headers, start


def _cell(row: int, column: int) -> str:
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def _check_keys(sheet: Sheet) -> None:
    """The columns without which a line says nothing about anybody; refused by name."""
    wanted: dict[str, tuple[str, ...]] = {
        "household": ("household_no",),
        "member": ("household_no",),
        "work_record": ("person_no",),
        "income_item": ("household_no", "year"),
    }
    missing = [c for c in wanted[sheet.mapped.grain] if not sheet.mapped.has(c)]
    if sheet.mapped.grain == "work_record":
        missing += [c for c in ("start_month",) if not sheet.mapped.has(c, "work_record")]
    if missing == ["year"]:
        raise YearMissing(sheet=sheet.name)
    if missing:
        labels = "、".join(str(label_of("member" if c == "person_no" else "household", c)) for c in missing)
        raise KeyColumnsMissing(sheet=sheet.name, columns=labels)
    incomes = any(t.table in ("income_year", "income_item") for t in sheet.mapped.targets.values())
    if incomes and not sheet.mapped.has("year"):
        raise YearMissing(sheet=sheet.name)


# --- columns ---------------------------------------------------------------------------------------------------------


def _tables_of(sheet: Sheet, found: ReadFile, clears: dict[str, list[tuple[int, str]]]) -> Mapping[str, pa.Table]:
    """The canonical tables that a sheet feeds."""
    text = sheet.raw.text.slice(sheet.start)
    rows: Values = pa.array(
        range(sheet.row_number(sheet.start), sheet.row_number(sheet.start) + text.num_rows), pa.int32()
    )
    text, rows = _without_empty_lines(sheet, text, rows)
    if not text.num_rows:
        return {}
    odd = {
        (base_row, position): odd
        for (line, column), odd in sheet.raw.odd.items()
        if (position := column - sheet.raw.first_column) in sheet.mapped.targets
        and (base_row := line + sheet.base) >= sheet.row_number(sheet.start)
    }
    made: dict[str, pa.Table] = {}
    keys = {name: sheet.mapped.position(name) for name in KEYS}
    for table in FEEDS[sheet.mapped.grain]:
        if table == "income_item" and sheet.mapped.grain != "income_item":
            part = _wide_items(sheet, text, rows, odd, found)
        else:
            part = _one_table(sheet, table, text, rows, odd, keys, found, clears)
        if part is not None:
            made[table] = part
    return made


def _without_empty_lines(sheet: Sheet, text: pa.Table, rows: Values) -> tuple[pa.Table, Values]:
    """Lines with nothing in any column of ours, and lines of sums, are no data."""
    filled: Any = None
    for position in sheet.mapped.targets:
        if filled is not None and pc.all(filled).as_py():
            break  # every line has something: mostly so after the first column, which is the household's number
        here = pc.is_valid(cells.blank_to_null(text.column(position)))
        filled = here if filled is None else pc.or_(filled, here)
    odd_rows = {line + sheet.base for line, _column in sheet.raw.odd}
    if odd_rows:
        filled = pc.or_(filled, pc.is_in(rows, value_set=pa.array(sorted(odd_rows), pa.int32())))
    for key in KEYS[:2]:
        if (at := sheet.mapped.position(key)) is not None:  # the example rows of our own template
            example = pc.starts_with(text.column(at), header_file().example_mark)
            filled = pc.and_(filled, pc.invert(pc.fill_null(example, False)))
    sums = pa.array(header_file().sum_words)
    for position in list(sheet.mapped.targets)[:3]:
        filled = pc.and_(filled, pc.invert(pc.is_in(pc.utf8_trim_whitespace(text.column(position)), value_set=sums)))
    mask = filled.combine_chunks() if isinstance(filled, pa.ChunkedArray) else filled
    return text.filter(mask), rows.filter(mask)


def _one_table(
    sheet: Sheet,
    table: str,
    text: pa.Table,
    rows: Values,
    odd: Mapping[tuple[int, int], Odd],
    keys: Mapping[str, int | None],
    found: ReadFile,
    clears: dict[str, list[tuple[int, str]]],
) -> pa.Table | None:
    catalogue = tables()[table].columns
    own = {t.column: p for p, t in sheet.mapped.targets.items() if t.table == table and t.use is Use.COLUMN}
    items = any(t.use is Use.ITEM for t in sheet.mapped.targets.values())
    # Ledger lines imply the statement that they belong to.
    if not own and not (table == "income_year" and (items or sheet.mapped.grain == "income_item")):
        return None
    wanted = {k: p for k in KEYS if (p := keys[k]) is not None and k in catalogue and table != "household"} | own
    if table == "household":
        wanted = {"household_no": keys["household_no"], **own}  # type: ignore[dict-item]
    if table == "income_year" and sheet.mapped.grain == "income_item":
        wanted = {k: p for k, p in wanted.items() if k != "person_no"}
    columns: dict[str, Values] = {"row": rows}
    known_as = {name: catalogue.get(name) or Column(name, Kind.TEXT, label_of(table, name)) for name in wanted}
    apart = {"other_causes", *(["code"] if table == "income_item" else [])}
    plain = [name for name in wanted if name not in apart]
    read_at_once = cells.read_columns([(known_as[name], text.column(wanted[name])) for name in plain])
    readings = dict(zip(plain, read_at_once, strict=True))
    for name, position in wanted.items():
        column = known_as[name]
        own_key = name not in KEYS or table == sheet.mapped.grain
        if name == "other_causes":
            columns |= _other_causes(table, text.column(position), rows, found)
            continue
        read = readings[name] if name in readings else cells.read_items(column, text.column(position))
        columns[name] = read.values
        if own_key:
            _report(table, name, read.faults, rows, found)
            # Keys cannot be emptied: the word stands for a missing key there, which the checker refuses.
            if name not in KEYS:
                clears.setdefault(table, []).extend((rows[i].as_py(), name) for i in read.cleared)
            columns[name] = _mark_odd(table, column, position, columns[name], rows, odd, found)
    made = pa.table(columns)
    if table == "work_record" and sheet.mapped.grain == "member":
        made = made.filter(pc.is_valid(made["start_month"])) if "start_month" in made.column_names else made.slice(0, 0)
    return made


def _report(table: str, column: str, faults: Mapping[int, BangfuError], rows: Values, found: ReadFile) -> None:
    for position, fault in faults.items():
        found.problems.append(Problem(table, rows[position].as_py(), column, fault))


def _mark_odd(
    table: str,
    column: Column,
    position: int,
    values: Values,
    rows: Values,
    odd: Mapping[tuple[int, int], Odd],
    found: ReadFile,
) -> Values:
    """Refuse cells that the text misrepresents; a long number matters only where every digit counts."""
    here = {row: each for (row, at), each in odd.items() if at == position}
    if not here:
        return values
    bad: list[int] = []
    for row, each in here.items():
        fault: BangfuError
        if each.oddity is Oddity.NO_VALUE:
            fault = FormulaWithoutValue()
        elif each.oddity is Oddity.FAILED:
            fault = FormulaFailed(value=each.value)
        elif column.kind is Kind.TEXT:
            fault = NumberNotText(label=column.label, value=each.value)
        else:
            continue
        bad.append(row)
        found.problems.append(Problem(table, row, column.name, fault))
    mask = pc.is_in(rows, value_set=pa.array(bad, pa.int32()))
    return pc.if_else(mask, pa.scalar(None, values.type), values)


def _other_causes(table: str, text: Values, rows: Values, found: ReadFile) -> dict[str, Values]:
    """One column of several causes as `other_cause_1` and `other_cause_2`."""
    as_set = Column("other_causes", Kind.SET, label_of(table, "other_causes"), codes=CODE_LISTS["other_cause_1"])
    read = cells.read_column(as_set, text)
    _report(table, "other_causes", read.faults, rows, found)
    parts = pc.split_pattern(read.values, ",")
    limit = limits().other_causes
    for position in pc.indices_nonzero(pc.greater(pc.list_value_length(parts), limit)).to_pylist():
        fault = OtherCausesTooMany(count=len(parts[position]), limit=limit)
        found.problems.append(Problem(table, rows[position].as_py(), "other_causes", fault))
    padded = parts.to_pylist() if pc.any(pc.is_valid(parts)).as_py() else [None] * len(rows)
    first = [p[0] if p else None for p in padded]
    second = [p[1] if p and len(p) > 1 else None for p in padded]
    return {
        "other_cause_1": pa.chunked_array([pa.array(first, pa.string())]),
        "other_cause_2": pa.chunked_array([pa.array(second, pa.string())]),
    }


def _wide_items(
    sheet: Sheet,
    text: pa.Table,
    rows: Values,
    odd: Mapping[tuple[int, int], Odd],
    found: ReadFile,
) -> pa.Table | None:
    """Columns that are income items as lines of items. Nothing and zero are no line."""
    positions = {p: t.column for p, t in sheet.mapped.targets.items() if t.use is Use.ITEM}
    household, year = sheet.mapped.position("household_no"), sheet.mapped.position("year")
    if not positions or household is None or year is None:
        return None
    catalogue = tables()["income_item"].columns
    number = cells.read_column(catalogue["household_no"], text.column(household)).values
    years = cells.read_column(catalogue["year"], text.column(year)).values
    amount = catalogue["amount"]
    parts = []
    readings = cells.read_columns([(amount, text.column(position)) for position in positions])
    for (position, code), read in zip(positions.items(), readings, strict=True):
        _report("income_item", code, read.faults, rows, found)
        named = Column(code, Kind.HUNDREDTHS, amount.label)
        values = _mark_odd("income_item", named, position, read.values, rows, odd, found)
        part = pa.table({"row": rows, "household_no": number, "year": years, "amount": values})
        part = part.filter(pc.fill_null(pc.not_equal(values, 0), False))
        parts.append(part.append_column("code", pa.array([code] * part.num_rows, pa.string())))
    together = pa.concat_tables(parts)
    if sheet.mapped.grain == "member" and together.num_rows:
        # A person's line repeats the household's income: it counts once.
        with duck.engine(items=together) as engine:
            together = duck.arrow(
                engine,
                """SELECT min(row)::INT AS row, household_no, year, amount, code FROM items
                   GROUP BY household_no, year, amount, code ORDER BY 1""",
            )
    return together


# --- rows ------------------------------------------------------------------------------------------------------------


def _one_row_each(table: str, key: list[str], found: ReadFile, clears: dict[str, list[tuple[int, str]]]) -> pa.Table:
    """Lines that speak of the same household (or of its same year) as one row; contradictions are refused."""
    whole = found.tables[table]
    others = [c for c in whole.column_names if c not in ("row", *key)]
    names = ", ".join(key)
    with duck.engine(lines=whole) as engine:
        twice = engine.sql(f"SELECT count(*) - count(DISTINCT ({names})) FROM lines").fetchall()[0][0]
        if not twice:
            return whole
        values = "".join(f', arg_min("{c}", row) FILTER ("{c}" IS NOT NULL) AS "{c}"' for c in others)
        differs = "".join(f', coalesce(min("{c}") <> max("{c}"), false) AS "differs {c}"' for c in others)
        merged = duck.arrow(
            engine, f"SELECT min(row) AS row, {names}{values}{differs} FROM lines GROUP BY {names} ORDER BY 1"
        )
        engine.register("merged", merged)
        on = " AND ".join(f"l.{k} IS NOT DISTINCT FROM m.{k}" for k in key)
        bad: set[int] = set()
        for column in others:
            label, show = label_of(table, column), shown(tables()[table].columns.get(column))
            for row, number, value, first, first_row in engine.sql(
                f"""SELECT l.row, l.household_no, l."{column}"::VARCHAR, m."{column}"::VARCHAR,
                           m.row FROM lines l JOIN merged m ON {on}
                    WHERE m."differs {column}" AND l."{column}" IS DISTINCT FROM m."{column}"
                      AND l."{column}" IS NOT NULL ORDER BY 1"""
            ).fetchall():
                fault = HouseholdContradicts(
                    household_no=number, label=label, first_row=first_row, first=show(first), value=show(value)
                )
                found.problems.append(Problem(table, row, column, fault))
                bad.add(first_row)
        moved = dict(engine.sql(f"SELECT l.row, m.row FROM lines l JOIN merged m ON {on}").fetchall())
    if table in clears:
        clears[table] = sorted({(moved.get(row, row), column) for row, column in clears[table]})
    found.rows[table] = merged.num_rows
    result = merged.select(["row", *key, *others]).cast(
        pa.schema([whole.schema.field(c) for c in ["row", *key, *others]])
    )
    # Problems found earlier in a repeated line are those of the one row that remains.
    for problem in found.problems:
        if problem.table == table and problem.row is not None and problem.refuses:
            bad.add(moved.get(problem.row, problem.row))
    contradicted = pc.is_in(result["row"], value_set=pa.array(sorted(bad), pa.int32()))
    if table == "household":
        found.left_out.update(str(n) for n in result["household_no"].filter(contradicted).drop_null().to_pylist())
    return result.filter(pc.invert(contradicted))


def shown(column: Column | None) -> Callable[[str], str]:
    """How a value of a column, as text, is shown to people: hundredths with a point, codes as labels."""
    if column is None or not column.codes:
        return (lambda text: f"{int(text) / 100:.2f}") if column and column.kind is Kind.HUNDREDTHS else str
    listed = code_list(column.codes)
    return lambda text: "、".join(listed.label_of(code) for code in text.split(","))


def _number_items(found: ReadFile) -> None:
    """Lines of a household's year are numbered as they stand, unless the file numbers them."""
    items = found.tables.get("income_item")
    if items is None:
        return
    if "line" in items.column_names and items["line"].null_count == 0:
        return
    rest = [c for c in items.column_names if c != "line"]
    if "income_year" in found.tables and "income_year" not in found.rows:
        # No two lines of the file speak of the same household's year: its items are those of one line.
        in_order = items.select(rest).sort_by([("row", "ascending"), ("code", "ascending")])
        rows, at = in_order["row"].to_numpy(), np.arange(len(items))
        first = np.maximum.accumulate(np.where(np.diff(rows, prepend=-1) != 0, at, 0))
        found.tables["income_item"] = in_order.append_column("line", pa.array(at - first + 1, pa.int32()))
        return
    with duck.engine(items=items) as engine:
        numbered = duck.arrow(
            engine,
            f"""SELECT {", ".join(f'"{c}"' for c in rest)},
                       row_number() OVER (PARTITION BY household_no, year ORDER BY row, code)::INT AS line
                FROM items ORDER BY row, line""",
        )
    found.tables["income_item"] = numbered
