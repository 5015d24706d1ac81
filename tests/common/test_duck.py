"""What the one door to DuckDB lets through."""

from pathlib import Path

import duckdb
import pytest

from bangfu.common import duck


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("a\n1\n")
    (folder / "mine.csv").write_text("a\n2\n")
    (folder / "way_out.csv").symlink_to(tmp_path / "secret.csv")
    return folder


def test_a_folder_that_was_given_is_read_and_written(inside: Path) -> None:
    with duck.within(inside) as connection:
        connection.execute(f"COPY (SELECT * FROM read_csv('{inside}/mine.csv')) TO '{inside}/copy.parquet'")
        assert connection.sql(f"SELECT a FROM read_parquet('{inside}/copy.parquet')").fetchall() == [(2,)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('{inside}/../secret.csv')",
        "SELECT * FROM read_csv('{inside}/way_out.csv')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '{inside}/../out.csv'",
        "ATTACH '{inside}/../other.duckdb'",
        "SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')",
        "SET threads = 8",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "INSTALL sqlite",
        "LOAD sqlite",
    ],
)
def test_nothing_else_can_be_reached(inside: Path, statement: str) -> None:
    with duck.within(inside) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement.format(inside=inside))
    assert sorted(f.name for f in inside.parent.iterdir()) == ["inside", "secret.csv"]


def test_a_folder_whose_name_begins_alike_is_another(inside: Path) -> None:
    other = inside.with_name("inside2")
    other.mkdir()
    (other / "x.csv").write_text("a\n3\n")
    with duck.within(inside) as connection, pytest.raises(duckdb.Error):
        connection.execute(f"SELECT * FROM read_csv('{other}/x.csv')")


def test_a_sort_larger_than_the_memory_goes_to_the_spill_folder(tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    spill.mkdir()
    with duck.within(memory="60MB", threads=1, spill=spill) as connection:
        rows = "SELECT range AS i, hash(range) AS h, 'a text of some length ' || range AS t FROM range(2000000)"
        (answer,) = connection.sql(f"SELECT count(*) FROM (SELECT * FROM ({rows}) ORDER BY h LIMIT 1900000)").fetchall()
        assert answer == (1_900_000,)


def test_whole_division_is_asked_for(tmp_path: Path) -> None:
    with duck.within(whole_division=True) as connection:
        assert connection.sql("SELECT 7 / 2, -7 / 2").fetchall() == [(3, -3)]
    with duck.within() as connection:
        assert connection.sql("SELECT 7 / 2").fetchall() == [(3.5,)]
