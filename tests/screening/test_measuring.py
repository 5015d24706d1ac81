"""Figures of any file are measured, or refused in words."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from bangfu.screening.measures import measure
from bangfu.screening.measuring import Columns, rows_of_file
from bangfu.screening.measuring_errors import (
    LineNotPositive,
    MeasuredColumnMissing,
    MeasuredColumnNotNumeric,
    MeasuredFileUnreadable,
    NothingToMeasure,
    WeightNotPositive,
)

HEAD = "乡镇,人均收入,人口,权重\n"


@pytest.fixture
def sheet(tmp_path):
    def write(text, name="sample.csv", encoding="utf-8"):
        (tmp_path / name).write_bytes(text.encode(encoding))
        return tmp_path / name

    return write


WHOLE = Columns("人均收入", weight="权重", size="人口", by="乡镇")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_a_sheet_is_measured_by_township_with_weights_and_sizes(sheet, encoding):
    file = sheet(HEAD + "青禾乡,3000,4,2.5\n青禾乡,5000,1,10\n高坪乡,,3,1\n", encoding=encoding)
    first, second = measure(rows_of_file(file, WHOLE, 4000))
    assert (first.name, first.people, first.poor_people) == ("青禾乡", 20, 10)
    assert (second.name, second.people, second.unknown_people) == ("高坪乡", 0, 3)


def test_parquet_gives_what_the_same_sheet_gives(tmp_path, sheet):
    table = pa.table({"y": pa.array([1.5, None, 7], pa.float64()), "n": pa.array([1, 2, 3])})
    parquet.write_table(table, tmp_path / "a.parquet")
    (of_parquet,) = measure(rows_of_file(tmp_path / "a.parquet", Columns("y", size="n"), 5))
    (of_csv,) = measure(rows_of_file(sheet("y,n\n1.5,1\n,2\n7,3\n"), Columns("y", size="n"), 5))
    assert of_parquet == of_csv


def test_incomes_kept_as_exact_decimals_compare_exactly_with_the_line(tmp_path):
    exact = pa.array(["3999.99", "4000.00"]).cast(pa.decimal128(14, 2))
    parquet.write_table(pa.table({"y": exact}), tmp_path / "a.parquet")
    (found,) = measure(rows_of_file(tmp_path / "a.parquet", Columns("y"), 4000))
    assert found.poor_people == 1


def test_infinite_incomes_are_unknown(tmp_path):
    parquet.write_table(pa.table({"y": [1.0, float("inf")]}), tmp_path / "a.parquet")
    assert np.isnan(rows_of_file(tmp_path / "a.parquet", Columns("y"), 5).income[1])


@pytest.mark.parametrize(
    ("text", "columns", "line", "error", "said"),
    [
        (HEAD + "甲,1,1,1\n", Columns("收入"), 1, MeasuredColumnMissing, "人均收入"),
        (HEAD + "甲,三千,1,1\n", WHOLE, 1, MeasuredColumnNotNumeric, "三千"),
        (HEAD + "甲,1,0,1\n", WHOLE, 1, WeightNotPositive, "人口"),
        (HEAD + "甲,1,1,\n", WHOLE, 1, WeightNotPositive, "权重"),
        (HEAD, WHOLE, 1, NothingToMeasure, "sample.csv"),
        (HEAD + "甲,1,1,1\n", WHOLE, 0, LineNotPositive, "0"),
        (HEAD + "甲,1\n", WHOLE, 1, MeasuredFileUnreadable, "sample.csv"),
        ("", WHOLE, 1, MeasuredFileUnreadable, "sample.csv"),
    ],
)
def test_what_cannot_be_measured_is_said_with_the_place(sheet, text, columns, line, error, said):
    with pytest.raises(error) as refused:
        rows_of_file(sheet(text), columns, line)
    assert said in refused.value.message


def test_a_missing_file_and_one_that_is_no_table_are_said(tmp_path, sheet):
    for file in (tmp_path / "none.parquet", tmp_path / "none.csv", sheet("not parquet", name="x.parquet")):
        with pytest.raises(MeasuredFileUnreadable):
            rows_of_file(file, Columns("y"), 1)
