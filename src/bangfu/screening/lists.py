"""Outside lists: vehicles, companies, deaths, dibao … as other departments hand them over.

A list is matched by identity number with the people of a snapshot as it comes in. Only those who are in both are kept,
as `<folder>/<list>/<date>.parquet`; of everybody else nothing is stored.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

KEY = "id_key"


@dataclass(frozen=True)
class Stored:
    """A list as it was handed over on a day."""

    list: str
    day: date
    path: Path

    def keys(self) -> pa.Table:
        """The people on it: k0, the `id_key` of each, once."""
        return pa.table({"k0": pq.read_table(self.path, columns=[KEY])[KEY].unique()})


def latest(folder: Path, lists: Collection[str], day: date) -> Mapping[str, Stored]:
    """Of every list the one of the last day not after `day`; lists that never came in are not there."""
    found = {}
    for list in lists:
        days = sorted(_days(folder / list))
        known = [(on, path) for on, path in days if on <= day]
        if known:
            found[list] = Stored(list, *known[-1])
    return found


def _days(folder: Path) -> Collection[tuple[date, Path]]:
    found = []
    for path in folder.glob("*.parquet"):
        try:
            found.append((date.fromisoformat(path.stem), path))
        except ValueError:
            continue  # not one of ours
    return found
