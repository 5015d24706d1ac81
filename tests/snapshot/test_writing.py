"""The file of a part: in the order of villages, with what is derived beside the row that it is derived from."""

from pathlib import Path

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


def written(given: pa.Table, path: Path) -> None:
    with engine() as connection:
        write(given, ORDER, path, connection)


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


def test_what_is_derived_stays_beside_its_row_among_many(tmp_path: Path) -> None:
    """Engines of several threads hand rows over in another order than they took them."""
    people = pa.array(range(400_000), pa.int64())
    written(pa.table({"member_id": people, "village_code": pa.nulls(len(people), pa.string())}), tmp_path / "f")
    found = pq.read_table(tmp_path / "f")
    assert found["twice"].to_pylist() == [2 * number for number in range(400_000)]
