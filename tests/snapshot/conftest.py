"""A small snapshot of two tables, made without any room or database."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from bangfu.common import duck
from bangfu.common.facts import FactColumn, FactKind, FactTable, Schema
from bangfu.snapshot import drafting
from bangfu.snapshot.store import Snapshot
from bangfu.snapshot.writing import engine, write

AS_OF = date(2020, 9, 30)


def _from(day: date) -> str:
    return "t"


def small_schema(*more: FactColumn) -> Schema:
    """Households and their people, with a column of every kind; `more` is added to the people."""
    place = FactColumn("village_code", FactKind.TEXT, "村")
    home = FactColumn("household_id", FactKind.KEY, "户", required=True)
    household = (home, place, FactColumn("land", FactKind.AMOUNT, "耕地", unit="mu"))
    member = (
        FactColumn("member_id", FactKind.KEY, "人", required=True),
        home,
        place,
        FactColumn("name", FactKind.TEXT, "姓名"),
        FactColumn("sex", FactKind.CODE, "性别", codes="sex"),
        FactColumn("birth_ymd", FactKind.DAY, "出生日期"),
        FactColumn("insured", FactKind.FLAG, "参保"),
        FactColumn("months", FactKind.WHOLE, "月数"),
        FactColumn("born", FactKind.WHOLE, "出生年", derived="birth_ymd // 10000"),
        FactColumn("born_even", FactKind.FLAG, "双年", derived="born % 2 = 0"),
        FactColumn("age", FactKind.WHOLE, "周岁", computed="($as_of_ymd - birth_ymd) // 10000"),
        FactColumn("school_age", FactKind.WHOLE, "9月1日周岁", computed="($school_day_ymd - birth_ymd) // 10000"),
        *more,
    )
    return Schema(
        {
            "household": FactTable("household", "户", ("household_id",), household, _from),
            "member": FactTable("member", "人", ("member_id",), member, _from),
        }
    )


HOUSEHOLD = {"household_id": "BIGINT", "village_code": "VARCHAR", "land": "BIGINT"}
MEMBER = {
    "member_id": "BIGINT", "household_id": "BIGINT", "village_code": "VARCHAR", "name": "VARCHAR", "sex": "VARCHAR",
    "birth_ymd": "DATE", "insured": "BOOLEAN", "months": "SMALLINT",
}  # fmt: skip
COUNTIES = ("990121", "990122")
ROWS = {
    "household": [
        [(2, "990121200202", None), (1, "990121200201", 1234)],
        [(3, "990122100201", 100), (4, "", 0)],
    ],
    "member": [
        [(12, 2, "990121200202", "李四", "", None, None, None),
         (11, 1, "990121200201", "张三", "1", "1990-09-15", True, 3)],
        [(13, 3, "990122100201", "王五", "2", "2014-09-02", False, 0)],
    ],
}  # fmt: skip


def relation(columns: dict[str, str], rows: Sequence[tuple[object, ...]]) -> str:
    values = ", ".join(
        "(" + ", ".join("NULL" if v is None else str(v) if isinstance(v, int) else f"'{v}'" for v in row) + ")"
        for row in rows
    )
    casts = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in columns.items())
    return f"(SELECT {casts} FROM (VALUES {values}) v({', '.join(columns)}))"


def fill_small(schema: Schema) -> Callable[[drafting.Draft], None]:
    def fill(draft: drafting.Draft) -> None:
        with duck.within(draft.folder) as connection, engine() as deriving:
            for number in range(len(COUNTIES)):
                for name, live in (("household", HOUSEHOLD), ("member", MEMBER)):
                    table = schema.table(name)
                    given = duck.arrow(connection, drafting.given_sql(table, relation(live, ROWS[name][number])))
                    write(given, drafting.table_order(table), draft.path(name, number), deriving)
                    draft.wrote(name, number)

    return fill


@pytest.fixture
def small(tmp_path: Path) -> Snapshot:
    schema = small_schema()
    return drafting.write(tmp_path / "small", AS_OF, "test", schema, fill_small(schema))
