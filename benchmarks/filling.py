"""A house filled with generated counties through the registry's own writer, for measurements that need many rows.

Income is shortened to the latest year with one line a household (its sum): pages ask for no more, and a million
households are on file in minutes instead of an hour. `households` is rounded up to whole counties of 20,000.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

FOUNDED = date(2013, 1, 1)


def fill(households: int, seed: int = 1) -> None:
    """Areas from the generator's list, then county by county what it drew."""
    from bangfu.areas.models import Area
    from bangfu.common.places import Level
    from bangfu.registry import columns, services
    from bangfu.sample import streams

    with tempfile.TemporaryDirectory() as folder:
        for _done in streams.generate(Path(folder), households, seed):
            pass
        found_areas(pq.read_table(Path(folder) / "areas.parquet"))
        villages = dict(Area.objects.of_level(Level.VILLAGE).values_list("code", "pk"))
        schemas = {
            name: columns.tables()[name].schema for name in ("household", "member", "income_year", "income_item")
        }
        started = time.perf_counter()
        for number, county in enumerate(counties(Path(folder)), start=1):
            household = county["household"]
            ids = [villages[code] for code in household["village_code"].to_pylist()]
            county["household"] = household.append_column("village_id", pa.array(ids, pa.int32()))
            given = {name: fitted(county[name], schema) for name, schema in schemas.items()}
            services.take_over(given, by=None, reason="benchmark")
            print(f"{number} counties, {time.perf_counter() - started:.0f} s", file=sys.stderr)


def found_areas(listed: pa.Table) -> None:
    """Province, prefectures, counties, townships and villages at once, as from a division list."""
    from bangfu.areas import services
    from bangfu.areas.reading import Listing

    nothing = pa.nulls(len(listed), pa.string())
    rows = pa.table(
        {
            "code": [code.ljust(12, "0") for code in listed["code"].to_pylist()],
            "name": listed["name"],
            "parent_code": listed["parent_code"],
            "urban_rural_code": nothing,
            "level": listed["level"].cast(pa.string()),
            "row": pa.array(range(len(listed)), pa.int64()),
        }
    )
    taken = services.import_list(Listing("generated", rows, None, ()), on=FOUNDED, commit=True)
    if taken.refused_count:
        raise taken.refused[0].error


def counties(folder: Path) -> Iterator[dict[str, pa.Table]]:
    """The tables of one county after another: the generator writes a row group for each."""
    for file in sorted((folder / "household").glob("*.parquet")):
        opened = {
            name: pq.ParquetFile(folder / name / file.name)
            for name in ("household", "member", "income_year", "income_item")
        }
        for group in range(opened["household"].num_row_groups):
            county = {name: read.read_row_group(group) for name, read in opened.items()}
            yield {**county, **latest_income(county["income_year"], county["income_item"])}


def latest_income(years: pa.Table, items: pa.Table) -> dict[str, pa.Table]:
    """The statements of the latest year, each with one line: wages of the sum of its counted lines."""
    import duckdb

    engine: Any = duckdb.connect()
    engine.register("years", years)
    engine.register("items", items)
    latest = engine.sql("SELECT * FROM years WHERE year = (SELECT max(year) FROM years)").to_arrow_table()
    lines = engine.sql(
        "SELECT household_no, year, 1::INTEGER AS line, 'wage.migrant' AS code, sum(amount)::BIGINT AS amount "
        "FROM items WHERE year = (SELECT max(year) FROM years) AND code NOT LIKE '%expense%' GROUP BY ALL"
    ).to_arrow_table()
    engine.close()
    return {"income_year": latest, "income_item": lines}


def fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns that the writer knows, in its types."""
    names = [name for name in schema.names if name in table.column_names]
    return table.select(names).cast(pa.schema([schema.field(name) for name in names]))
