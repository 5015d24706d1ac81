"""A backup carries everything, to either database and back, or says in one sentence why not (H8)."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.house.fill import PAPERS
from tests.house.homes import Home

# What backup and restore themselves write: one entry of the trail each, and where its end is.
TRAIL = ("audit_entry", "audit_chainhead")


@pytest.fixture(scope="module")
def origin(filled: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A SQLite home with rows in every table."""
    return filled.copied(tmp_path_factory.mktemp("origin") / "origin")


@pytest.fixture(scope="module")
def file(origin: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its backup."""
    file = tmp_path_factory.mktemp("backup") / "bangfu.zip"
    assert origin.facts("backup", file)["papers"] == len(PAPERS)
    return file


def contents(file: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of a backup by table; JSON compared by meaning, since PostgreSQL sorts its keys."""
    with zipfile.ZipFile(file) as archive:
        names = [n for n in archive.namelist() if n.startswith("tables/")]
        tables = {Path(n).stem: pq.read_table(pa.BufferReader(archive.read(n))).to_pylist() for n in names}
    for rows in tables.values():
        for row in rows:
            for column, value in row.items():
                if isinstance(value, str) and value.startswith(("{", "[")):
                    row[column] = json.loads(value)
    return tables


def manifest(file: Path) -> dict[str, Any]:
    with zipfile.ZipFile(file) as archive:
        found: dict[str, Any] = json.loads(archive.read("manifest.json"))
    return found


def rewritten(file: Path, to: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """A copy of a backup in which `change` replaces parts (None leaves one out)."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return to


def refused(home: Home, *words: Any) -> str:
    """What a refusing command says: one sentence with a code, no traceback, exit status 1."""
    done = home.bangfu(*words)
    assert done.returncode == 1, done.stdout + done.stderr
    said = done.stderr.strip()
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1, said
    return said


def tables_of(home: Home) -> list[str]:
    return [row[0] for row in home.sql("SELECT name FROM sqlite_master WHERE type = 'table'")]


@pytest.mark.req("H8")
def test_every_table_is_in_the_backup_and_no_row_is_missing(origin: Home, file: Path) -> None:
    held = set(tables_of(origin)) - {"django_migrations", "sqlite_sequence"}
    rows = contents(file)
    assert set(rows) == held
    empty = sorted(table for table in held if not rows[table])
    assert empty in ([], ["auth_group_permissions"], ["auth_group", "auth_group_permissions"])
    kept = sorted(held - set(TRAIL))
    counted = origin.sql(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in kept))
    assert dict(counted) == {table: len(rows[table]) for table in kept}


@pytest.mark.req("H8")
def test_a_backup_goes_to_postgresql_and_back_and_every_row_is_the_same(
    file: Path, tmp_path: Path, postgres_url: str
) -> None:
    postgres = Home(tmp_path / "postgres", postgres_url)
    postgres.facts("restore", file)
    assert manifest(file)["database"] == "sqlite"

    second = tmp_path / "second.zip"
    postgres.facts("backup", second)
    assert manifest(second)["database"] == "postgresql"
    sqlite = Home(tmp_path / "sqlite")
    sqlite.facts("restore", second)
    third = tmp_path / "third.zip"
    sqlite.facts("backup", third)

    first_rows, second_rows, third_rows = contents(file), contents(second), contents(third)
    for table in set(first_rows) - set(TRAIL):
        assert second_rows[table] == first_rows[table], table
        assert third_rows[table] == first_rows[table], table
    old = {row["number"]: row for row in first_rows["audit_entry"]}
    assert {row["number"]: row for row in third_rows["audit_entry"] if row["number"] in old} == old

    for home in (postgres, sqlite):
        assert home.faults("audit") == []
        assert home.faults("papers") == []
        for content in PAPERS:
            name = hashlib.sha256(content).hexdigest()
            assert (home.folder / "papers" / name[:2] / name[2:]).read_bytes() == content


@pytest.mark.req("H8")
def test_new_rows_after_a_restore_on_postgresql_get_numbers_of_their_own(
    file: Path, tmp_path: Path, postgres_url: str
) -> None:
    home = Home(tmp_path / "postgres", postgres_url)
    home.facts("restore", file)
    home.sql(
        'INSERT INTO areas_succession (kind, predecessor_id, successor_id, "on", document) '
        "SELECT kind, predecessor_id, successor_id, \"on\", 'new' FROM areas_succession LIMIT 1"
    )
    [(new,)] = home.sql("SELECT id FROM areas_succession WHERE document = 'new'")
    assert new > max(row["id"] for row in contents(file)["areas_succession"])


def test_a_restored_home_needs_no_further_migration_and_serves_the_same_officers(file: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.facts("restore", file)
    assert home.faults("database") == []
    names = [row["username"] for row in contents(file)["accounts_officer"]]
    assert sorted(row[0] for row in home.sql("SELECT username FROM accounts_officer")) == sorted(names)


def test_a_home_that_was_started_but_holds_nothing_can_be_restored_into(file: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    prepared = home.python(
        "-c", "import django; django.setup(); from bangfu.keeping.preparing import prepare; prepare()"
    )
    assert prepared.returncode == 0, prepared.stderr
    home.facts("restore", file)
    assert home.faults("audit") == []


def test_a_restore_never_touches_a_home_that_holds_data(origin: Home, file: Path) -> None:
    before = origin.sql("SELECT count(*) FROM areas_area")
    assert refused(origin, "restore", file).startswith("KEE-004")
    assert origin.sql("SELECT count(*) FROM areas_area") == before


def test_a_backup_never_overwrites_a_file_and_only_its_owner_may_read_it(origin: Home, file: Path) -> None:
    assert refused(origin, "backup", file).startswith("KEE-006")
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o077 == 0


def test_a_home_without_a_database_has_nothing_to_back_up_and_gets_none(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert refused(home, "backup", tmp_path / "x.zip").startswith("KEE-005")
    assert not (home.folder / "bangfu.sqlite3").exists()
    assert not (tmp_path / "x.zip").exists()


def test_a_backup_into_a_folder_that_is_not_there_is_refused(origin: Home, tmp_path: Path) -> None:
    assert refused(origin, "backup", tmp_path / "nowhere" / "x.zip").startswith("KEE-007")


def nothing_restored(home: Home) -> bool:
    return not tables_of(home) and not (home.folder / "papers").exists()


def test_a_file_of_another_kind_is_named_as_such(tmp_path: Path) -> None:
    home, text, other = Home(tmp_path / "home"), tmp_path / "letter.zip", tmp_path / "other.zip"
    text.write_text("您好")
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("letter.txt", "您好")
    assert refused(home, "restore", text).startswith("KEE-001")
    assert refused(home, "restore", other).startswith("KEE-001")
    assert refused(home, "restore", tmp_path / "none.zip").startswith("KEE-008")
    assert nothing_restored(home)


def test_a_file_cut_short_is_named_as_damaged(file: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(file.read_bytes()[:-5000])
    home = Home(tmp_path / "home")
    assert refused(home, "restore", cut).startswith("KEE-002")
    assert nothing_restored(home)


@pytest.mark.parametrize("part", ["tables/registry_household.parquet", "papers/"])
def test_a_single_altered_byte_anywhere_is_found_before_anything_is_written(
    file: Path, tmp_path: Path, part: str
) -> None:
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        info = next(i for i in archive.infolist() if i.filename.startswith(part))
    content[info.header_offset + 30 + len(info.filename) + 40] ^= 1
    altered = tmp_path / "altered.zip"
    altered.write_bytes(content)
    home = Home(tmp_path / "home")
    said = refused(home, "restore", altered)
    assert said.startswith("KEE-002")
    assert part in said
    assert nothing_restored(home)


@pytest.mark.parametrize("part", ["tables/areas_area.parquet", "papers/"])
def test_a_missing_part_is_found_before_anything_is_written(file: Path, tmp_path: Path, part: str) -> None:
    broken = rewritten(file, tmp_path / "b.zip", lambda name, content: None if name.startswith(part) else content)
    home = Home(tmp_path / "home")
    assert refused(home, "restore", broken).startswith("KEE-002")
    assert nothing_restored(home)


def test_a_backup_of_a_newer_program_asks_for_that_program(file: Path, tmp_path: Path) -> None:
    def with_change(**change: Any) -> Path:
        def newer(name: str, content: bytes) -> bytes:
            if name != "manifest.json":
                return content
            return json.dumps({**json.loads(content), "version": "9.9", **change}).encode()

        return rewritten(file, tmp_path / f"{len(list(tmp_path.iterdir()))}.zip", newer)

    home = Home(tmp_path / "home")
    for newer in (
        with_change(format=2),
        with_change(migrations=[*manifest(file)["migrations"], ["registry", "0999_of_the_future"]]),
    ):
        said = refused(home, "restore", newer)
        assert said.startswith("KEE-003")
        assert "9.9" in said
    assert nothing_restored(home)


def test_rows_that_point_to_nothing_are_refused_and_nothing_stays(file: Path, tmp_path: Path) -> None:
    """A file whose hashes are right, but from which someone has taken rows that others need."""

    def emptied(name: str, content: bytes) -> bytes:
        if name == "tables/areas_areaversion.parquet":
            table = pq.read_table(pa.BufferReader(content))
            column = table.schema.get_field_index("area_id")
            table = table.set_column(column, "area_id", pa.array([999] * table.num_rows, pa.int64()))
            sink = io.BytesIO()
            pq.write_table(table, sink)
            return sink.getvalue()
        return content

    changed = rewritten(file, tmp_path / "changed.zip", emptied)
    with zipfile.ZipFile(changed) as archive:
        digest = hashlib.sha256(archive.read("tables/areas_areaversion.parquet")).hexdigest()

    def right_hash(name: str, content: bytes) -> bytes:
        if name != "manifest.json":
            return content
        said = json.loads(content)
        for table in said["tables"]:
            if table["name"] == "areas_areaversion":
                table["sha256"] = digest
        return json.dumps(said).encode()

    home = Home(tmp_path / "home")
    said = refused(home, "restore", rewritten(changed, tmp_path / "again.zip", right_hash))
    assert said.startswith("KEE-012")
    assert nothing_restored(home)


def test_a_restore_killed_at_any_moment_leaves_an_empty_home_or_a_whole_one(file: Path, tmp_path: Path) -> None:
    def started(home: Home) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "bangfu", "restore", str(file)],
            env=home.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    whole = Home(tmp_path / "whole")
    begun = time.monotonic()
    assert started(whole).wait() == 0
    takes = time.monotonic() - begun
    came_to_nothing = []
    for step in range(3):
        home = Home(tmp_path / f"home{step}")
        running = started(home)
        time.sleep(takes * (0.5 + 0.18 * step))
        running.kill()
        running.wait()
        if not tables_of(home):
            came_to_nothing.append(home)
            continue
        assert home.faults("papers") == []
        assert home.sql("SELECT count(*) FROM areas_area") == whole.sql("SELECT count(*) FROM areas_area")
    assert came_to_nothing, "every kill came too late"
    home = came_to_nothing[-1]  # the one that got furthest
    home.facts("restore", file)  # and the second try succeeds
    assert home.faults("papers") == []
    assert home.sql("SELECT count(*) FROM areas_area") == whole.sql("SELECT count(*) FROM areas_area")


def test_a_paper_that_is_missing_or_altered_does_not_stop_a_backup_but_is_reported(
    origin: Home, tmp_path: Path
) -> None:
    copy = Home(tmp_path / "copy")
    shutil.copytree(origin.folder, copy.folder)
    names = [hashlib.sha256(content).hexdigest() for content in PAPERS]
    (copy.folder / "papers" / names[0][:2] / names[0][2:]).unlink()
    (copy.folder / "papers" / names[1][:2] / names[1][2:]).write_bytes(b"altered")
    file = tmp_path / "b.zip"
    assert copy.facts("backup", file)["papers_lost"] == sorted(names[:2])
    assert manifest(file)["papers"] == len(names) - 2
    restored = Home(tmp_path / "restored")
    restored.facts("restore", file)


@pytest.mark.req("H8")
def test_what_a_place_decided_and_lists_of_other_departments_travel_and_snapshots_do_not(
    origin: Home, tmp_path: Path
) -> None:
    home = origin.copied(tmp_path / "origin")
    kept = {"policy/places/990121/figures.yaml": b"figures: []\n", "lists/vehicle/2020-09-30.parquet": b"PAR1"}
    left = {"snapshots/2020-09-30-080000/manifest.json": b"{}", "lists/vehicle/.half": b"", "imports/a.xlsx": b"x"}
    for name, content in {**kept, **left}.items():
        (home.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (home.folder / name).write_bytes(content)
    home.facts("backup", tmp_path / "b.zip")
    fresh = Home(tmp_path / "fresh")
    fresh.facts("restore", tmp_path / "b.zip")
    assert {name: (fresh.folder / name).read_bytes() for name in kept} == kept
    assert not any((fresh.folder / name).exists() for name in left)


@pytest.mark.req("H8")
@pytest.mark.parametrize("change", ["altered", "outside"])
def test_a_file_of_the_home_that_was_altered_or_leads_elsewhere_is_refused(
    origin: Home, tmp_path: Path, change: str
) -> None:
    home = origin.copied(tmp_path / "origin")
    file = home.folder / "policy" / "places" / "990121" / "figures.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("figures: []\n")
    home.facts("backup", tmp_path / "b.zip")

    def spoil(name: str, content: bytes) -> bytes:
        if change == "altered" and name.startswith("home/"):
            return content.replace(b"[]", b"[1]")
        if change == "outside" and name == "manifest.json":
            return content.replace(b"policy/places/990121/figures.yaml", b"policy/places/../../../figures.yaml")
        return content

    spoilt = rewritten(tmp_path / "b.zip", tmp_path / "spoilt.zip", spoil)
    fresh = Home(tmp_path / "fresh")
    assert "figures.yaml" in refused(fresh, "restore", spoilt)
    assert not (fresh.folder / "policy").exists()
