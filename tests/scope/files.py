"""What the walk meets besides rows: a snapshot of everybody there is just then, and lists of other departments.

The snapshot always holds a far county, too, so that it is never the own people alone; when something comes into being
next door, another snapshot takes its place, so that whatever is computed over all of it differs.
"""

import shutil
import tempfile
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from bangfu.screening.lists import About, described, file_of
from bangfu.snapshot import services as snapshots

AS_OF = date(2020, 9, 30)
LIST_DAY = date(2020, 6, 1)
FAR_AWAY = ("970101100201", 3, 100200)
# A village: its code, households, and what each of them earns in a year, in yuan.
Village = tuple[str, int, int]


def take_snapshot(villages: Sequence[Village]) -> None:
    """The snapshot of the house: of these villages and of one far away. It takes the place of an earlier one."""
    folder = snapshots.home() / f"{AS_OF.isoformat()}-120000"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_made((FAR_AWAY, *villages)), folder)


@cache
def _made(villages: tuple[Village, ...]) -> Path:
    root = Path(tempfile.mkdtemp(prefix="bangfu-walk-"))
    homes = [
        (f"{code}{at:02d}{n:03d}", code, wage * 100)
        for at, (code, households, wage) in enumerate(villages)
        for n in range(households)
    ]
    numbers, codes, wages = (list(column) for column in zip(*homes, strict=True))
    people = [f"{number}01" for number in numbers]
    years = pa.array([AS_OF.year] * len(homes), pa.int32())
    tables = {
        "household": {"household_no": numbers, "village_code": codes, "household_type": ["02"] * len(homes)},
        "member": {
            "person_no": people,
            "household_no": numbers,
            "name": ["某人"] * len(homes),
            "relation_to_head": ["01"] * len(homes),
            "birth_date": pa.array([date(1980, 1, 1)] * len(homes)),
        },
        "work_record": {"person_no": pa.array([], pa.string()), "start_month": pa.array([], pa.date32())},
        "income_year": {
            "household_no": numbers,
            "year": years,
            "members_counted": pa.array([1] * len(homes), pa.int32()),
        },
        "income_item": {
            "household_no": numbers,
            "year": years,
            "code": ["wage.local"] * len(homes),
            "amount": pa.array(wages, pa.int64()),
        },
    }
    for name, columns in tables.items():
        (root / "tables" / name).mkdir(parents=True)
        pq.write_table(pa.table(columns), root / "tables" / name / "0000.parquet")
    return snapshots.from_folder(root / "tables", root / "made", AS_OF).folder


def keep_list(county: str, mark: str, number: int) -> str:
    """A list of vehicles of a county; gives the name under which addresses know it."""
    path = file_of(Path(settings.HOME) / "lists", "vehicle", LIST_DAY, county)
    path.parent.mkdir(parents=True, exist_ok=True)
    about = About(
        [county], number, 0, {"other": number}, [(number, "other")], number, f"{mark}.xlsx", mark, "2020-06-01"
    )
    table = pa.table({"id_key": pa.array([number], pa.int64()), "_county": [county]})
    pq.write_table(table.replace_schema_metadata(described(about)), path)
    return f"vehicle-{path.stem}"
