"""The file of a part: in the order of villages, with what is derived beside the row that it is derived from."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangfu.common.facts import FactKind
from bangfu.snapshot.orders import ColumnOrder, TableOrder
from bangfu.snapshot.writing import engine, write

ORDER = TableOrder(
    "member",
    ("member_id",),
    [
        ColumnOrder("village_code", FactKind.TEXT, coded=True, given=True),
        ColumnOrder("twice", FactKind.KEY, coded=False, given=False),
        ColumnOrder("member_id", FactKind.KEY, coded=False, given=True),
    ],
    live="",
    derived="SELECT 2 * member_id AS twice FROM given",
)


def written(given: pa.Table, path: Path, order: TableOrder = ORDER) -> None:
    with engine() as connection:
        write(given, order, path, connection)


def test_rows_stand_in_the_order_of_villages_and_those_without_one_come_last(tmp_path: Path) -> None:
    villages, people = ["990121", None, "990101", "990121"], [7, 1, 9, 3]
    written(pa.table({"member_id": people, "village_code": villages}), tmp_path / "file.parquet")
    assert pq.read_table(tmp_path / "file.parquet").to_pydict() == {
        "village_code": ["990101", "990121", "990121", None],
        "twice": [18, 6, 14, 2],
        "member_id": [9, 3, 7, 1],
    }


@pytest.mark.parametrize("rows", [0, 1])
def test_a_part_may_hold_nobody(tmp_path: Path, rows: int) -> None:
    given = pa.table({"member_id": pa.array([1] * rows, pa.int64()), "village_code": pa.nulls(rows, pa.string())})
    written(given, tmp_path / "file.parquet")
    assert pq.read_metadata(tmp_path / "file.parquet").num_rows == rows


@pytest.mark.parametrize("pieces", [1, 40])
@pytest.mark.parametrize("moved", [0, 3, 50])
def test_what_is_derived_stays_beside_its_row_among_many(tmp_path: Path, pieces: int, moved: int) -> None:
    """Engines of several threads hand rows over in another order than they took them, and so does a join that finds a
    value in a long list, with pieces of few rows."""
    rows = 400_000
    people = np.arange(rows)
    for number in range(moved):
        at = 1 + number * 31
        people[[at, at + 1]] = people[[at + 1, at]]
    cuts = [0, *range(40, 40 * pieces, 40), rows]
    given = pa.concat_tables(
        pa.table({"member_id": people[begin:end], "village_code": pa.nulls(end - begin, pa.string())})
        for begin, end in pairwise(cuts)
    )
    listed = ", ".join(str(number) for number in range(0, 60, 2))
    derived = f"SELECT 2 * member_id + (member_id % 100 IN ({listed}))::INT AS twice FROM given"
    written(given, tmp_path / "f", replace(ORDER, derived=derived))
    found = pq.read_table(tmp_path / "f")
    assert found["member_id"].to_pylist() == list(range(rows))
    assert found["twice"].to_pylist() == [2 * n + (n % 100 < 60 and n % 2 == 0) for n in range(rows)]
