"""The registry's tables straight from a folder: the same snapshot as by way of the database, and clear refusals."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bangfu.common import duck
from bangfu.common.facts import schema
from bangfu.sample import services as sample
from bangfu.sample import streams
from bangfu.snapshot import errors, services
from bangfu.snapshot.store import Snapshot

AS_OF = date(2020, 9, 30)
# Numbers of our own, which each way gives differently, and what only the list of areas in the database knows.
OUR_OWN = {"household_id", "member_id", "record_id", "village_id", "place"}
TELL_APART = {
    "village": "village_code",
    "household": "household_no",
    "member": "person_no",
    "work_record": "person_no, start_ymd, employer",
    "income_year": "household_no, year",
}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files of counties, the second with a county of two hundred households."""
    folder = tmp_path_factory.mktemp("generated") / "out"
    for _done in streams.generate(folder, 300, seed=7, workers=1):
        pass
    return folder


@pytest.fixture
def folder(generated: Path, tmp_path: Path) -> Path:
    """A copy that may be spoilt."""
    return Path(shutil.copytree(generated, tmp_path / "source"))


def rows(snapshot: Snapshot, table: str, columns: list[str]) -> pa.Table:
    sql = snapshot.source_sql(snapshot.parts(), table, schema(), columns)
    with duck.within(snapshot.folder) as reading:
        return duck.arrow(reading, f"SELECT * FROM ({sql}) ORDER BY {TELL_APART[table]}")


def write(folder: Path, tables: dict[str, pa.Table], codes: Any) -> None:
    """The sample county's tables as a folder; the village is told by its code instead of its id."""
    for name, table in tables.items():
        if name == "household":
            table = table.append_column("village_code", codes).drop_columns(["village_id"])
        (folder / name).mkdir(parents=True)
        pq.write_table(table, folder / name / "0000.parquet")


@pytest.mark.req("A7")
@pytest.mark.django_db(transaction=True)
def test_the_database_and_the_folder_make_the_same_snapshot(tmp_path: Path) -> None:
    county = sample.county_tables(households=600)
    loaded = sample.load_sample_county(households=600)
    refused = [problem for problem in loaded.written.problems if problem.refuses]
    codes = pc.take(pa.array([area.code for area in county.areas]), county.tables["household"]["village_id"])
    write(tmp_path / "tables", county.tables, codes)
    by_database = services.take(AS_OF)
    by_folder = services.from_folder(tmp_path / "tables", tmp_path / "by_folder", AS_OF)
    assert not refused
    for name in TELL_APART.keys() - {"village"}:  # the list of areas and the villages' figures are not in the folder
        table = schema().table(name)
        columns = [c.name for c in table.columns if c.name not in OUR_OWN]
        assert {c.name for added in table.added for c in added.columns} <= set(columns)
        one, other = (rows(snapshot, table.name, columns) for snapshot in (by_database, by_folder))
        assert one.num_rows == other.num_rows > 0
        different = [name for name in columns if not one[name].equals(other[name])]
        assert not different, f"{table.name}: {different}"


@pytest.mark.req("A7")
def test_generated_counties_become_a_snapshot_of_the_same_people(folder: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    snapshot = services.from_folder(folder, tmp_path / "made", AS_OF, progress=lambda *step: told.append(step))
    Snapshot.open(snapshot.folder)
    counted = streams.manifest(folder)["rows"]
    assert {name: counted[name] for name in ("household", "member", "work_record", "income_year")} == {
        name: snapshot.rows[name] for name in ("household", "member", "work_record", "income_year")
    }
    assert told == [(1, 1)]
    numbers = rows(snapshot, "member", ["person_no", "member_id", "household_no", "household_id"]).to_pylist()
    assert all(int(row["person_no"]) == row["member_id"] for row in numbers)
    assert all(int(row["household_no"]) == row["household_id"] for row in numbers)


def test_every_file_becomes_a_part_with_its_own_villages(folder: Path, tmp_path: Path) -> None:
    """A second file whose households have other numbers and lie in another county."""
    for table in ("household", "member", "work_record", "income_year", "income_item"):
        file = folder / table / "0000.parquet"
        rows = pq.read_table(file)
        for at, name in enumerate(rows.column_names):
            if name in ("household_no", "person_no", "village_code"):
                moved = pc.replace_substring(rows[name].cast(pa.string()), "990121", "990122", max_replacements=1)
                rows = rows.set_column(at, name, moved)
        pq.write_table(rows, folder / table / "0001.parquet")
    snapshot = services.from_folder(folder, tmp_path / "made", AS_OF)
    assert [part.counties for part in snapshot.parts()] == [("990121",), ("990122",)]
    first, second = snapshot.parts()
    assert first.rows["member"] == second.rows["member"] > 0
    villages = rows_of(snapshot, "village", "village_code", "village_name")
    assert len(villages) == len(set(villages))
    homes = rows_of(snapshot, "household", "household_id")
    assert len(homes) == len(set(homes)) == 600


def rows_of(snapshot: Snapshot, table: str, *columns: str) -> list[tuple[Any, ...]]:
    with duck.within(snapshot.folder) as reading:
        return reading.sql(snapshot.source_sql(snapshot.parts(), table, schema(), columns)).fetchall()


def change(file: Path, column: str, values: Any) -> None:
    rows = pq.read_table(file)
    pq.write_table(rows.set_column(rows.column_names.index(column), column, values(rows[column])), file)


def test_it_does_not_matter_in_which_order_rows_stand_or_which_columns_are_missing(
    folder: Path, tmp_path: Path
) -> None:
    in_order = services.from_folder(folder, tmp_path / "in_order", AS_OF)
    for table in ("household", "member", "work_record", "income_year", "income_item"):
        file = folder / table / "0000.parquet"
        rows_ = pq.read_table(file)
        rows_ = rows_.take(pa.array(range(len(rows_))[::-1]))
        pq.write_table(rows_.drop_columns(["phone"] if table == "member" else []), file)
    turned = services.from_folder(folder, tmp_path / "turned", AS_OF)
    for name in TELL_APART:
        table = schema().table(name)
        without = {"phone", "mobile_ok"} if name == "member" else set()
        columns = [c.name for c in table.columns if c.stored and c.name not in without]
        assert rows(turned, name, columns).equals(rows(in_order, name, columns)), name
    assert set(rows_of(turned, "member", "phone", "mobile_ok")) == {(None, None)}


def test_numbers_that_are_no_whole_numbers_are_counted_instead(folder: Path, tmp_path: Path) -> None:
    for table in ("household", "member", "income_year", "income_item"):
        change(
            folder / table / "0000.parquet",
            "household_no",
            lambda old: pc.binary_join_element_wise("H", old.cast(pa.string()), ""),
        )
    snapshot = services.from_folder(folder, tmp_path / "made", AS_OF)
    ids = [id for (id,) in rows_of(snapshot, "household", "household_id")]
    assert len(set(ids)) == 300
    people = rows_of(snapshot, "member", "household_id", "household_no", "member_id", "person_no")
    assert {row[0] for row in people} == set(ids)
    assert all(int(row[3]) == row[2] for row in people), "numbers of people are still whole"


def test_what_stands_below_a_head_in_the_ledger_is_rounded_down_to_the_fen(folder: Path, tmp_path: Path) -> None:
    snapshot = services.from_folder(folder, tmp_path / "made", AS_OF)
    with duck.within(snapshot.folder, folder) as reading:
        made = snapshot.source_sql(
            snapshot.parts(), "income_year", schema(), ["household_no", "year", "net_income", "per_capita_net_income"]
        )
        items = f"read_parquet('{folder}/income_item/*.parquet')"
        years = f"read_parquet('{folder}/income_year/*.parquet')"
        wrong = f"""
            SELECT * FROM ({made}) s JOIN (
                SELECT household_no, year, members_counted AS n, sum(CASE
                    WHEN code LIKE 'production_expense.%' THEN -amount
                    WHEN code LIKE 'transfer_expense.%' THEN 0 ELSE amount END) AS fen
                FROM {items} i JOIN {years} y USING (household_no, year) GROUP BY ALL) t USING (household_no, year)
            WHERE CAST(s.net_income * 100 AS BIGINT) <> fen
               OR CAST(floor(fen / n) AS BIGINT) <> CAST(s.per_capita_net_income * 100 AS BIGINT)"""
        assert reading.sql(wrong).fetchall() == []


def refuse(folder: Path, out: Path, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        services.from_folder(folder, out, AS_OF)
    assert not out.exists()
    assert list(out.parent.glob(".draft-*")) == []


@pytest.mark.parametrize("table", ["household", "income_item"])
def test_a_missing_table_is_named(folder: Path, tmp_path: Path, table: str) -> None:
    shutil.rmtree(folder / table)
    refuse(folder, tmp_path / "made", errors.SourceTableMissing, f"{table}/0000")


def test_an_empty_or_absent_folder_is_refused(tmp_path: Path) -> None:
    refuse(tmp_path / "nowhere", tmp_path / "made", errors.SourceTableMissing, "household")


def test_a_broken_file_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "member" / "0000.parquet").write_bytes(b"PAR1 no more")
    refuse(folder, tmp_path / "made", errors.SourceColumnWrong, "member/0000")


def test_a_column_of_another_type_is_named(folder: Path, tmp_path: Path) -> None:
    change(folder / "member" / "0000.parquet", "birth_date", lambda old: old.cast(pa.string()))
    refuse(folder, tmp_path / "made", errors.SourceColumnWrong, "birth_date")


def test_a_key_column_that_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    file = folder / "member" / "0000.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["household_no"]), file)
    refuse(folder, tmp_path / "made", errors.SourceColumnWrong, "household_no")


def test_people_of_a_household_that_is_not_there_are_refused(folder: Path, tmp_path: Path) -> None:
    file = folder / "household" / "0000.parquet"
    pq.write_table(pq.read_table(file).slice(1), file)
    refuse(folder, tmp_path / "made", errors.SourceRowsWrong, "member/0000")


def test_a_household_that_stands_twice_is_refused(folder: Path, tmp_path: Path) -> None:
    file = folder / "household" / "0000.parquet"
    rows = pq.read_table(file)
    pq.write_table(pa.concat_tables([rows, rows.slice(0, 1)]), file)
    refuse(folder, tmp_path / "made", errors.SourceRowsWrong, "household/0000")


def test_a_village_without_a_real_code_is_refused(folder: Path, tmp_path: Path) -> None:
    change(
        folder / "household" / "0000.parquet",
        "village_code",
        lambda old: pa.array(["石桥村", *old.cast(pa.string()).to_pylist()[1:]]),
    )
    refuse(folder, tmp_path / "made", errors.SourceRowsWrong, "household/0000")
