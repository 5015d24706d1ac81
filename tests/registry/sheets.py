"""Files as clerks bring them, made for tests."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from bangfu.common.identity import check_digit

VILLAGE = "990121200201"
HOUSEHOLD = ["户编号", "行政村代码", "户类型"]
MEMBER = ["户编号", "人编号", "姓名", "证件号码", "与户主关系", "文化程度"]


def id_no(serial: int, born: str = "19850302", sex: int = 1) -> str:
    """A good identity number; serials of up to five digits give different people of that sex."""
    first = f"{990000 + serial // 500:06d}{born}{serial % 500 * 2 + (1 if sex == 1 else 0):03d}"
    return first + check_digit(first)


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """An .xlsx of rows as given: text as text, numbers as numbers, dates as dates."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, rows in sheets.items():
        page = book.add_worksheet(name)
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(line, column, value)
                elif isinstance(value, date):
                    page.write_datetime(line, column, value, day)
                elif value is not None:
                    page.write_number(line, column, value)
    book.close()
    return path


def households(count: int, first: int = 1, people: int = 1) -> dict[str, list[list[Any]]]:
    """Sheets of so many good households, each with a head and `people` - 1 others."""
    homes: list[list[Any]] = [list(HOUSEHOLD)]
    persons: list[list[Any]] = [list(MEMBER)]
    for number in range(first, first + count):
        homes.append([f"H{number:06d}", VILLAGE, "普通农户"])
        for which in range(people):
            serial = number * people + which
            relation = "户主" if which == 0 else "之子"
            persons.append([f"H{number:06d}", f"P{serial:07d}", "张小明", id_no(serial), relation, "小学"])
    return {"户": homes, "家庭成员": persons}
