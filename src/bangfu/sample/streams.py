"""Any number of invented counties as Parquet files, with bounded memory.

A file holds four counties, a county is a row group and a chunk of chance of its own: so the bytes depend on the seed
alone and not on the number of workers, and a worker holds one county at a time. The last county is smaller.

    DIR/areas.parquet, DIR/manifest.json
    DIR/<table>/0000.parquet …      household, member, work_record, income_year, income_item, truth
"""

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bangfu.sample import county_draft, tables
from bangfu.sample.data_files import county, places
from bangfu.sample.errors import FolderInUse, TooManyHouseholds
from bangfu.sample.people import Draft
from bangfu.sample.planting import NOBODY, Truth

COUNTY_HOUSEHOLDS = 20_000
COUNTIES_A_FILE = 4
# Counties 21-58 of prefectures 01-49: what keeps their codes, and the codes of those born elsewhere, apart.
COUNTIES_A_PREFECTURE, PREFECTURES = 38, 49
MOST_HOUSEHOLDS = COUNTY_HOUSEHOLDS * COUNTIES_A_PREFECTURE * PREFECTURES


@dataclass(frozen=True)
class Order:
    """What one worker is to make: file number `file` of the whole."""

    seed: int
    households: int
    per_kind: int
    folder: str
    file: int


def county_code(chunk: int) -> str:
    prefecture, number = divmod(chunk, COUNTIES_A_PREFECTURE)
    return f"{places().province.code}{prefecture + 1:02d}{number + 21:02d}"


def counties(households: int) -> list[int]:
    """The number of households of each county."""
    full, rest = divmod(households, COUNTY_HOUSEHOLDS)
    return [COUNTY_HOUSEHOLDS] * full + ([rest] if rest else [])


def files_for(households: int) -> int:
    """How many files of each table so many households make."""
    return -(-len(counties(households)) // COUNTIES_A_FILE)


def manifest(folder: Path) -> dict[str, Any]:
    """What `generate` wrote down of itself: seed, rows of every table, SHA-256 of every file."""
    facts: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return facts


def generate(folder: Path, households: int, seed: int, workers: int = 0, faults_per_10000: int = 4) -> Iterator[int]:
    """Writes the files; yields the number of files of each table done after each, so that a command can show progress.

    What an earlier `generate` left in the folder is replaced. Raises TooManyHouseholds when the invented codes would
    run out, FolderInUse when the folder holds anything else.
    """
    if not 0 < households <= MOST_HOUSEHOLDS:
        raise TooManyHouseholds(households=households, most=MOST_HOUSEHOLDS)
    files = files_for(households)
    _clear(folder)
    orders = [Order(seed, households, faults_per_10000, str(folder), file) for file in range(files)]
    workers = min(workers or os.cpu_count() or 1, files)
    totals: dict[str, int] = {}
    areas: list[dict[str, Any]] = []

    def absorb(made: tuple[dict[str, int], list[dict[str, Any]]]) -> None:
        counts, rows = made
        for name, count in counts.items():
            totals[name] = totals.get(name, 0) + count
        areas.extend(rows)

    if workers == 1:
        for done, order in enumerate(orders, start=1):
            absorb(make_file(order))
            yield done
    else:
        # A fresh interpreter for each worker: Arrow's threads do not survive a fork.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for done, made in enumerate(pool.map(make_file, orders), start=1):
                absorb(made)
                yield done
    _write_areas(folder, areas)
    _write_manifest(folder, households, seed, faults_per_10000, totals)


def _clear(folder: Path) -> None:
    own = {*tables.TABLES, "truth", "areas.parquet", "manifest.json"}
    if (folder.exists() and not folder.is_dir()) or (folder.is_dir() and {f.name for f in folder.iterdir()} - own):
        raise FolderInUse(folder=folder)
    (folder / "manifest.json").unlink(missing_ok=True)  # written last: without it the rest is not whole
    for name in (*tables.TABLES, "truth"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for old in (folder / name).glob("*.parquet"):
            old.unlink()


def make_file(order: Order) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Writes one file of every table; answers the rows written and the areas of its counties."""
    pa.set_cpu_count(1)
    writers: dict[str, pq.ParquetWriter] = {}
    counts: dict[str, int] = {}
    areas: list[dict[str, Any]] = []
    todo = list(enumerate(counties(order.households)))[
        order.file * COUNTIES_A_FILE : (order.file + 1) * COUNTIES_A_FILE
    ]
    try:
        for chunk, households in todo:
            per_kind = max(1, households * order.per_kind // 10_000) if order.per_kind else 0
            draft, truth = county_draft.draw(
                order.seed, chunk, county_code(chunk), f"样县{chunk + 1:04d}", households, per_kind, published=False
            )
            areas += _areas(draft)
            shape = tables.Shape(draft)
            made = {name: make(shape) for name, make in tables.TABLES.items()}
            for name, found in {**made, "truth": truth_columns(shape, truth)}.items():
                table = pa.table(found)
                if name not in writers:
                    writers[name] = _writer(Path(order.folder) / name / f"{order.file:04d}.parquet", table)
                writers[name].write_table(table, row_group_size=max(len(table), 1))
                counts[name] = counts.get(name, 0) + len(table)
    finally:
        for writer in writers.values():
            writer.close()
    return counts, areas


# Numbers and lengths that seldom repeat: a dictionary would only cost time.
PLAIN_COLUMNS = {"id_no", "person_no", "phone", "bank_account", "amount", "name"}


def _writer(path: Path, table: pa.Table) -> pq.ParquetWriter:
    # Without Arrow's own schema beside it, a reader sees plain strings and not this writer's dictionaries.
    dictionaries: Any = [c for c in table.column_names if c not in PLAIN_COLUMNS]
    return pq.ParquetWriter(
        path, table.schema, compression="zstd", compression_level=1, use_dictionary=dictionaries, store_schema=False
    )


def truth_columns(shape: tables.Shape, truth: Truth) -> dict[str, tables.Column]:
    """One row a rule and offender: rule, grain, household_no, person_no (null for a household), what was planted."""
    home, person = np.array(truth.home, dtype=np.int64), np.array(truth.person, dtype=np.int64)
    numbers = tables.coded(person, shape.person_no).dictionary_decode()
    return {
        "rule": pa.array(truth.rule, pa.string()),
        "grain": pa.array(["household" if n == NOBODY else "member" for n in truth.person], pa.string()),
        "village_code": tables.coded(shape.draft.homes["village"][home], shape.village_codes).dictionary_decode(),
        "household_no": tables.coded(home, shape.household_no).dictionary_decode(),
        "person_no": numbers,
        "planted": pa.array(truth.planted, pa.string()),
    }


def _areas(draft: Draft) -> list[dict[str, Any]]:
    plan = draft.plan
    full = f"{plan.county_code}000000"
    prefecture = f"{plan.county_code[:4]}00000000"
    rows = [{"code": full, "name": plan.county_name, "level": 3, "parent_code": prefecture}]
    townships = dict.fromkeys((v.township_code, v.township) for v in plan.villages)
    rows += [{"code": code, "name": name, "level": 4, "parent_code": full} for code, name in townships]
    rows += [{"code": v.code, "name": v.name, "level": 5, "parent_code": v.township_code} for v in plan.villages]
    return rows


def _write_areas(folder: Path, below: list[dict[str, Any]]) -> None:
    province = places().province
    top = f"{province.code}0000000000"
    prefectures = sorted({row["parent_code"] for row in below if row["level"] == 3})
    rows = [{"code": top, "name": province.name, "level": 1, "parent_code": None}]
    rows += [{"code": c, "name": f"样州{c[2:4]}", "level": 2, "parent_code": top} for c in prefectures]
    columns: list[tuple[str, pa.DataType]] = [(name, pa.string()) for name in ("code", "name", "parent_code")]
    schema = pa.schema([*columns, ("level", pa.int32())])
    pq.write_table(pa.Table.from_pylist(rows + below, schema=schema), folder / "areas.parquet", compression="zstd")


def _write_manifest(folder: Path, households: int, seed: int, faults: int, totals: dict[str, int]) -> None:
    """What was asked for and written, with the SHA-256 of every file."""
    files = {
        str(file.relative_to(folder)): hashlib.file_digest(file.open("rb"), "sha256").hexdigest()
        for file in sorted(folder.rglob("*.parquet"))
    }
    facts = {
        "seed": seed, "households": households, "faults_per_10000": faults, "day": county().day.isoformat(),
        "rows": totals, "files": files,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
