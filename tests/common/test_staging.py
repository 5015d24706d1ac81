"""A staged table is the same table, on both databases, and leaves nothing behind."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from django.db import connection, transaction

from bangfu.common.carriers import carriers
from bangfu.common.staging import stage

ROWS = {
    "text": pa.array(["张·艾力", "", None, 'says "x", y\nz'], pa.string()),
    "whole": pa.array([1, -(2**40), None, 0], pa.int64()),
    "small": pa.array([1, 2, None, 0], pa.int32()),
    "flag": pa.array([True, False, None, True], pa.bool_()),
    "day": pa.array([date(2020, 2, 29), None, date(1900, 1, 1), date(2026, 1, 1)], pa.date32()),
    "at": pa.array([datetime(2026, 1, 2, 3, 4, 5, 678, UTC), None, None, None], pa.timestamp("us", "UTC")),
}


@pytest.mark.databases
@pytest.mark.django_db
def test_every_kind_of_value_arrives_as_it_was_and_empty_is_not_unknown():
    at = connection.ops.adapt_datetimefield_value(ROWS["at"][0].as_py())
    indexed = [("whole",), ("text", "day")]
    with (
        transaction.atomic(),
        stage("st_kinds", pa.table(ROWS), index=indexed) as name,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SELECT text, whole, small, day FROM {name}")
        rows = cursor.fetchall()
        cursor.execute(f"SELECT count(*) FROM {name} WHERE flag")
        assert cursor.fetchone() == (2,)
        cursor.execute(f"SELECT count(*) FROM {name} WHERE at = %s", [at])
        assert cursor.fetchone() == (1,)
    assert [r[0] for r in rows] == ROWS["text"].to_pylist()
    assert [r[1] for r in rows] == ROWS["whole"].to_pylist()
    assert [r[2] for r in rows] == ROWS["small"].to_pylist()
    assert [r[3] and date.fromisoformat(str(r[3])) for r in rows] == ROWS["day"].to_pylist()


@pytest.mark.databases
@pytest.mark.django_db
@pytest.mark.parametrize("rows", [0, 1, 50_000, 50_001])
def test_the_number_of_rows_makes_no_difference(rows):
    numbers = pa.table({"n": pa.array(range(rows), pa.int64())})
    with transaction.atomic(), stage("st_rows", numbers) as name, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), coalesce(max(n), -1) FROM {name}")
        assert cursor.fetchone() == (rows, rows - 1)


@pytest.mark.databases
@pytest.mark.django_db
def test_nothing_is_left_whether_it_went_well_or_not():
    for attempt in range(2):
        with pytest.raises(RuntimeError), transaction.atomic(), stage("st_left", pa.table({"n": [attempt]})):
            raise RuntimeError("stop")
    with transaction.atomic(), stage("st_left", pa.table({"n": [1, 2]})) as name, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {name}")
        assert cursor.fetchone() == (2,)
    assert not any("st_left" in t for t in connection.introspection.table_names())


@pytest.mark.django_db(transaction=True)
def test_staging_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError), stage("st_bare", pa.table({"n": [1]})):
        pass


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keep", [True, False])
def test_a_big_table_arrives_the_same_on_a_carrier_and_leaves_nothing_behind(tmp_path, keep):
    big = pa.concat_tables([pa.table(ROWS)] * 5_000)
    columns = ", ".join(f'"{column}"' for column in ROWS)
    arrived = []
    for way in (carriers(tmp_path), transaction.atomic()):
        with way:
            with stage("st_big", big, index=[["whole"]]) as name, connection.cursor() as cursor:
                assert not list(tmp_path.iterdir())
                cursor.execute(f"UPDATE {name} SET small = 7 WHERE small = 2")
                cursor.execute(f"SELECT {columns}, count(*) FROM {name} GROUP BY {columns} ORDER BY {columns}")
                arrived.append(cursor.fetchall())
            transaction.set_rollback(not keep)
    assert arrived[0] == arrived[1]
    assert [row[-1] for row in arrived[0]] == [5_000] * 4
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA database_list")
            assert not [name for _number, name, _file in cursor.fetchall() if name.startswith("carrier")]
