"""Outside lists: vehicles, companies, deaths, dibao … as other departments hand them over.

A list is matched by identity number with the people of a snapshot as it comes in. Only those who are in both are kept,
as `<folder>/<list>/<day>.parquet`, or `<day>-<place>.parquet` when it was handed over for one place; of everybody else
nothing is stored. The file says of itself what it was made from (`About`).
"""

import json
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from bangfu.snapshot.store import Snapshot

# The stubs of Arrow say of its functions what they take less truly than they do.
pc: Any = pyarrow.compute

KEY = "id_key"
COUNTY = "_county"
COUNTY_DIGITS = 6
ABOUT = b"bangfu.list"
_STEM = re.compile(r"(\d{4}-\d\d-\d\d)(?:-(\d{2,12}))?", re.ASCII)
_NAME = re.compile(r"([a-z][a-z0-9_]*)-(.+)", re.ASCII)


@dataclass(frozen=True)
class About:
    """What a stored list says of how it came in: the counties whose people it was matched with, rows with a number,
    those converted from fifteen digits and those refused (why, how many, and the first by their row), people found."""

    counties: Sequence[str]
    rows: int
    converted: int
    refused: Mapping[str, int]
    first: Sequence[tuple[int, str]]
    people: int
    file: str
    by: str
    at: str


@dataclass(frozen=True)
class Stored:
    """A list as it was handed over on a day for a place ("" the whole house)."""

    list: str
    day: date
    path: Path
    place: str = ""

    @property
    def name(self) -> str:
        return f"{self.list}-{self.path.stem}"

    @cached_property
    def about(self) -> About | None:
        """None for a file that says nothing of itself."""
        told = (pq.read_schema(self.path).metadata or {}).get(ABOUT)
        return About(**json.loads(told)) if told else None

    def covers(self, county: str) -> bool:
        """Whether the people of a county were looked for on it."""
        return self.about is None or county in self.about.counties

    def keys(self, counties: Collection[str] | None = None) -> pa.Table:
        """The people on it (of some counties): k0, the `id_key` of each, once."""
        table = pq.read_table(self.path)
        if counties is not None and COUNTY in table.column_names:
            table = table.filter(pc.is_in(table[COUNTY], pa.array(sorted(counties), pa.string())))
        return pa.table({"k0": table[KEY].unique()})


def file_of(folder: Path, list: str, day: date, place: str = "") -> Path:
    return folder / list / f"{day.isoformat()}{'-' if place else ''}{place}.parquet"


def stored(folder: Path, lists: Collection[str]) -> Sequence[Stored]:
    """Every list that came in and is still held, by name, the last day first."""
    found = [each for list in sorted(lists) for each in _of(folder, list)]
    return sorted(found, key=lambda each: (each.list, -each.day.toordinal(), each.place))


def named(folder: Path, name: str) -> Stored | None:
    """The stored list of that `Stored.name`, if there is one."""
    parts = _NAME.fullmatch(name)
    found = _of(folder, parts[1]) if parts else ()
    return next((each for each in found if each.name == name), None)


def latest(folder: Path, lists: Collection[str], day: date) -> Mapping[str, Stored]:
    """Of every list the one of the last day not after `day`; lists that never came in are not there."""
    found: dict[str, Stored] = {}
    for each in reversed(stored(folder, lists)):
        if each.day <= day:
            found[each.list] = each
    return found


@contextmanager
def for_run(folder: Path, lists: Collection[str], snapshot: Snapshot, day: date, place: str = "") -> Iterator[Path]:
    """The lists as a screening of that place and day is to take them, each one file in a folder that lasts as long as
    the block.

    For every county it is the list of the last day not after `day` that covers it, of one day the one for the smallest
    place. A list that does not cover every county is not there: who was never looked for must not count as clear.
    """
    counties = sorted(
        {
            county
            for part in snapshot.parts(place)
            for county in part.counties
            if county.startswith(place[:COUNTY_DIGITS])
        }
    )
    with tempfile.TemporaryDirectory(prefix="bangfu-lists-") as made:
        for list in lists:
            chosen = [_chosen(_of(folder, list), county, day) for county in counties]
            taken = [each for each in chosen if each is not None]
            if not taken or len(taken) < len(counties):
                continue
            of_each = {
                each: {county for county, by in zip(counties, taken, strict=True) if by == each} for each in set(taken)
            }
            keys = pa.concat_tables([each.keys(own) for each, own in of_each.items()])
            path = file_of(Path(made), list, min(each.day for each in taken))
            path.parent.mkdir()
            pq.write_table(keys.rename_columns([KEY]), path)
        yield Path(made)


def _chosen(held: Collection[Stored], county: str, day: date) -> Stored | None:
    known = [each for each in held if each.day <= day and each.covers(county)]
    return max(known, key=lambda each: (each.day, len(each.place)), default=None)


def _of(folder: Path, list: str) -> Sequence[Stored]:
    found = []
    for path in (folder / list).glob("*.parquet"):
        parts = _STEM.fullmatch(path.stem)
        try:
            found.append(Stored(list, date.fromisoformat(parts[1] if parts else ""), path, (parts and parts[2]) or ""))
        except ValueError:
            continue  # not one of ours
    return found


def described(about: About) -> dict[bytes, bytes]:
    """What `about` says, as metadata of an Arrow schema."""
    return {ABOUT: json.dumps(asdict(about), ensure_ascii=False).encode()}
