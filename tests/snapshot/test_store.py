"""A snapshot is read only when it is whole, and stays readable when the program has learned more columns."""

import json
import stat
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangfu.common import duck
from bangfu.common.facts import FactColumn, FactKind, Schema
from bangfu.snapshot import drafting, errors
from bangfu.snapshot.store import Snapshot, hash_of
from tests.snapshot.conftest import AS_OF, fill_small, small_schema


def rows_of(snapshot: Snapshot, table: str, *columns: str, schema: Schema | None = None, **more: Any) -> list[Any]:
    sql = snapshot.source_sql(snapshot.parts(), table, schema or small_schema(), columns, **more)
    with duck.within(snapshot.folder) as connection:
        return connection.sql(sql).fetchall()


def writable(file: Path) -> Path:
    file.chmod(0o600)
    return file


def test_what_was_written_is_read_back_in_its_types_and_order(small: Snapshot) -> None:
    people = rows_of(small, "member", "member_id", "name", "sex", "birth_ymd", "insured", "months", "born_even")
    assert people == [
        (11, "张三", "1", 19900915, True, 3, True),
        (12, "李四", None, None, None, None, None),
        (13, "王五", "2", 20140902, False, 0, True),
    ]
    homes = rows_of(small, "household", "household_id", "village_code", "land")
    assert homes == [
        (1, "990121200201", Decimal("12.34")),
        (2, "990121200202", None),
        (3, "990122100201", Decimal("1.00")),
        (4, None, Decimal("0.00")),
    ]


def test_ages_follow_the_day_that_is_asked_for_and_are_not_stored(small: Snapshot) -> None:
    assert rows_of(small, "member", "age", "school_age") == [(30, 29), (None, None), (6, 5)]
    assert rows_of(small, "member", "age", "school_age", as_of=date(2021, 8, 31)) == [(30, 29), (None, None), (6, 5)]
    assert "age" not in small.tables["member"]


def test_opening_checks_every_file(small: Snapshot) -> None:
    again = Snapshot.open(small.folder)
    assert (again.as_of, again.sha256) == (AS_OF, small.sha256)
    assert again.rows == {"household": 4, "member": 3}


def test_a_damaged_file_is_told_by_its_name(small: Snapshot) -> None:
    file = writable(small.parts()[0].path("member"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(errors.FileDamaged, match=r"member/0000\.parquet"):
        Snapshot.open(small.folder)


def test_a_missing_file_is_told_even_without_verification(small: Snapshot) -> None:
    small.parts()[1].path("household").unlink()
    with pytest.raises(errors.FileMissing, match=r"household/0001\.parquet"):
        Snapshot.open(small.folder, verify=False)


def with_manifest(snapshot: Snapshot, change: Any, rehash: bool = False) -> None:
    file = writable(snapshot.folder / "manifest.json")
    facts = json.loads(file.read_text())
    change(facts)
    file.write_text(json.dumps(facts))
    if rehash:
        changed = snapshot.manifest.model_validate(facts)
        file.write_text(changed.model_copy(update={"sha256": changed.content_hash()}).model_dump_json())


def test_a_manifest_with_a_wrong_hash_is_refused(small: Snapshot) -> None:
    with_manifest(small, lambda facts: facts["parts"][0]["files"]["member"].update(rows=7))
    with pytest.raises(errors.ManifestDamaged):
        Snapshot.open(small.folder, verify=False)


def test_a_hash_that_does_not_fit_the_file_is_refused(small: Snapshot) -> None:
    with_manifest(small, lambda facts: facts["parts"][0]["files"]["member"].update(sha256="0" * 64), rehash=True)
    with pytest.raises(errors.FileDamaged):
        Snapshot.open(small.folder)


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "member/../../x/0000.parquet"])
def test_a_manifest_that_points_outside_its_folder_is_refused(small: Snapshot, path: str) -> None:
    with_manifest(small, lambda facts: facts["parts"][0]["files"]["member"].update(path=path), rehash=True)
    with pytest.raises(errors.ManifestDamaged):
        Snapshot.open(small.folder, verify=False)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 1}', "\0"])
def test_a_manifest_that_is_none_is_refused(small: Snapshot, content: str) -> None:
    writable(small.folder / "manifest.json").write_text(content)
    with pytest.raises(errors.ManifestDamaged):
        Snapshot.open(small.folder)


def test_a_newer_format_is_said_to_be_newer(small: Snapshot) -> None:
    with_manifest(small, lambda facts: facts.update(format=99))
    with pytest.raises(errors.FormatUnknown, match="99"):
        Snapshot.open(small.folder)


def test_a_folder_without_a_manifest_is_no_snapshot(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(errors.SnapshotNotFound):
            Snapshot.open(folder)


def test_a_column_of_another_type_is_refused_with_table_and_column(small: Snapshot) -> None:
    part = small.parts()[0]
    file = writable(part.path("member"))
    table = pq.read_table(file)
    at = table.schema.get_field_index("birth_ymd")
    pq.write_table(table.set_column(at, "birth_ymd", table["birth_ymd"].cast(pa.string())), file)
    with_manifest(
        small,
        lambda facts: facts["parts"][0]["files"]["member"].update(sha256=hash_of(file), bytes=file.stat().st_size),
        rehash=True,
    )
    with pytest.raises(errors.ColumnOfAnotherType, match="birth_ymd"):
        Snapshot.open(small.folder)


def test_a_column_that_has_changed_its_type_since_is_refused(small: Snapshot) -> None:
    member = small_schema().table("member")
    columns = tuple(c if c.name != "months" else FactColumn("months", FactKind.TEXT, "") for c in member.columns)
    now = Schema({"member": type(member)("member", "", member.key, columns, member.source)})
    with pytest.raises(errors.ColumnOfAnotherType, match="months"):
        small.source_sql(small.parts(), "member", now, ["months"])


def test_an_old_snapshot_reads_a_new_column_as_unknown(small: Snapshot) -> None:
    now = small_schema(
        FactColumn("phone", FactKind.TEXT, "电话"),
        FactColumn("died_ymd", FactKind.DAY, "死亡日期"),
        FactColumn("age_at_death", FactKind.WHOLE, "", computed="(died_ymd - birth_ymd) // 10000 + $as_of_year * 0"),
    )
    asked = ("phone", "died_ymd", "age_at_death", "age")
    sql = small.source_sql(small.parts(), "member", now, asked)
    with duck.within(small.folder) as connection:
        found = connection.sql(sql)
        assert [str(kind) for kind in found.types] == ["VARCHAR", "INTEGER", "INTEGER", "INTEGER"]
        assert found.fetchall() == [(None, None, None, 30), (None, None, None, None), (None, None, None, 6)]


def test_an_old_snapshot_has_no_rows_of_a_new_table(small: Snapshot) -> None:
    table = small_schema().table("member")
    now = Schema({"visit": type(table)("visit", "", table.key, table.columns, table.source)})
    with duck.within(small.folder) as connection:
        assert connection.sql(small.source_sql(small.parts(), "visit", now, ["name", "age"])).fetchall() == []


def test_an_unknown_column_is_the_callers_mistake(small: Snapshot) -> None:
    with pytest.raises(KeyError):
        small.source_sql(small.parts(), "member", small_schema(), ["nonsense"])


def test_parts_are_found_by_place(small: Snapshot) -> None:
    assert [part.counties for part in small.parts()] == [("990121",), ("", "990122")]
    assert [p.number for p in small.parts("990121200201")] == [0, 1]  # the village without a code may be anywhere
    assert [p.number for p in small.parts("99")] == [0, 1]
    assert [p.number for p in small.parts("990122")] == [1]


def test_null_counts_come_from_the_files_statistics(small: Snapshot) -> None:
    first, second = small.parts()
    assert small.null_counts(first, "member")["birth_ymd"] == 1
    assert small.null_counts(first, "member")["member_id"] == 0
    assert small.null_counts(second, "household")["village_code"] == 1
    assert "age" not in small.null_counts(first, "member")


def test_the_same_facts_have_the_same_hash(small: Snapshot, tmp_path: Path) -> None:
    schema = small_schema()
    again = drafting.write(tmp_path / "again", AS_OF, "elsewhere", schema, fill_small(schema))
    assert again.sha256 == small.sha256
    other = drafting.write(tmp_path / "other", date(2020, 10, 1), "test", schema, fill_small(schema))
    assert other.sha256 != small.sha256


def test_only_the_owner_may_look_and_nobody_may_write(small: Snapshot) -> None:
    folders = [small.folder, *(f for f in small.folder.iterdir() if f.is_dir())]
    assert {stat.S_IMODE(f.stat().st_mode) for f in folders} == {0o700}
    files = [f for f in small.folder.rglob("*") if f.is_file()]
    assert len(files) == 5
    assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o400}
