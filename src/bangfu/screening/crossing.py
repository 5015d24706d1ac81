"""Features across the whole snapshot: in how many rows a value stands, and how many rows nearly have it.

Most rows are alone with their value and need nothing but themselves. Those that are not are found by sorted arrays of
64-bit keys (a number as it is, anything else by its hash): sorting 90 million takes a second where a GROUP BY takes
fifteen. Only rows whose key occurs twice are then read in full and counted by their true values, so that two values
with the same hash cannot be taken for one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bangfu.common.facts import FactKind
from bangfu.rulebook.models import Aggregate
from bangfu.screening.compiling import Compiler
from bangfu.screening.plan import FeaturePlan, Plan

Keys = npt.NDArray[np.int64]
# A household, a village or a person lies in one part: rows that share one meet within a batch.
LOCAL = frozenset({"household_id", "village_code", "place", "member_id"})


def is_local(feature: FeaturePlan) -> bool:
    """Whether only rows of one household or village can meet."""
    return any(bool(LOCAL & {name for _table, name in same.columns}) for same in feature.same)


@dataclass(frozen=True)
class KeyGroup:
    """Features whose rows meet by the same key share its array."""

    name: str
    features: tuple[FeaturePlan, ...]

    @property
    def over(self) -> str:
        return self.features[0].over

    @property
    def bare(self) -> bool:
        """Whether the key is a whole number as it stands, and so needs no hash."""
        first = self.features[0]
        kind = first.value.kind if first.value is not None else None
        return not first.same and first.feature.aggregate is Aggregate.SHARED and kind is FactKind.KEY


def key_groups(plan: Plan, round: int) -> list[KeyGroup]:
    """The arrays to be made before the features of a round can be counted."""
    found: dict[tuple[str, ...], list[FeaturePlan]] = {}
    for feature in plan.cross:
        if feature.round == round and not is_local(feature) and feature.feature.aggregate is not Aggregate.LISTED:
            found.setdefault(_identity(feature), []).append(feature)
    return [KeyGroup(f"{group[0].over}_{group[0].feature.name}", tuple(group)) for group in found.values()]


def _identity(feature: FeaturePlan) -> tuple[str, ...]:
    """What two features must have in common to share an array."""
    value = feature.value if feature.feature.aggregate is Aggregate.SHARED else None
    keys = [value.text] if value is not None else []
    return (feature.over, *keys, *(same.text for same in feature.same))


# Rows that meet, and what they count


def rows_sql(compiler: Compiler, feature: FeaturePlan) -> str:
    """The rows that take part: k0 … (the key), w (whether the row counts; NULL unknown), d (what is counted once),
    v and apart (of `near`)."""
    table, needs = feature.over, compiler.cross_inputs(feature)
    keys = compiler.key_columns(feature)
    shown = [f"{key} AS k{at}" for at, key in enumerate(keys)] + [f"{compiler.counts(feature)} AS w"]
    if feature.distinct is not None:
        shown.append(f"{compiler.render(feature.distinct, table)} AS d")
    if feature.feature.aggregate is Aggregate.NEAR and feature.value is not None and feature.within is not None:
        shown.append(f"CAST({compiler.render(feature.value, table)} AS VARCHAR) AS v")
        shown.append(f"CAST({compiler.render(feature.within, table)} AS INTEGER) AS apart")
    known = " AND ".join(f"({key}) IS NOT NULL" for key in keys)
    return f"SELECT {', '.join(shown)} FROM {compiler.relation(table, needs)} WHERE {known}"


def counted_sql(feature: FeaturePlan, rows: str, keys: int) -> str:
    """The table x_…: k0 …, n for every key that more than one row has. `rows` is a relation of `rows_sql`."""
    if feature.feature.aggregate is Aggregate.NEAR:
        return _near_sql(rows, keys)
    listed = ", ".join(f"k{at}" for at in range(keys))
    counted = "count(DISTINCT d) FILTER (WHERE w)" if feature.distinct is not None else "count(*) FILTER (WHERE w)"
    n = f"CASE WHEN count(*) FILTER (WHERE w IS NULL) > 0 THEN NULL ELSE CAST({counted} AS INTEGER) END"
    return f"SELECT {listed}, {n} AS n FROM {rows} AS met GROUP BY {listed} HAVING count(*) > 1"


def _near_sql(rows: str, keys: int) -> str:
    """For every value of a key: how many rows with another value of as many digits differ in 1 to `apart` of them."""
    listed = ", ".join(f"k{at}" for at in range(keys))
    values = (
        f"SELECT {listed}, v, max(apart) AS apart, count(*) FILTER (WHERE w) AS sure, "
        f"count(*) FILTER (WHERE w IS NULL) AS unsure FROM {rows} AS met WHERE v IS NOT NULL GROUP BY {listed}, v"
    )
    on = " AND ".join(f"a.k{at} = b.k{at}" for at in range(keys))
    near = "a.v <> b.v AND length(a.v) = length(b.v) AND hamming(a.v, b.v) <= a.apart"
    shown = ", ".join(f"a.k{at}" for at in range(keys))
    return (
        f"SELECT {shown}, a.v AS k{keys}, CASE WHEN sum(b.unsure) > 0 THEN NULL ELSE CAST(sum(b.sure) AS INTEGER) END "
        f"AS n FROM ({values}) AS a JOIN ({values}) AS b ON {on} WHERE {near} GROUP BY {shown}, a.v"
    )


# Arrays of keys


class KeyStore:
    """The keys of every county, one file a group and county, kept so that one county can be screened again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, group: str, county: str, keys: Keys) -> None:
        (self.folder / group).mkdir(parents=True, exist_ok=True)
        np.save(self._file(group, county), keys)

    def read(self, group: str, county: str) -> Keys:
        found: Keys = np.load(self._file(group, county), allow_pickle=False)
        return found

    def counties(self, group: str) -> list[str]:
        return sorted(_county(file) for file in (self.folder / group).glob("*.npy"))

    def size(self, group: str) -> int:
        return sum(len(np.load(f, mmap_mode="r", allow_pickle=False)) for f in (self.folder / group).glob("*.npy"))

    def _file(self, group: str, county: str) -> Path:
        return self.folder / group / f"{county or 'none'}.npy"


def _county(file: Path) -> str:
    return "" if file.stem == "none" else file.stem


def twice(arrays: Iterable[Keys], size: int) -> Keys:
    """The keys that occur more than once, ascending. Takes 8 bytes a row; sorted in place."""
    every = np.empty(size, np.int64)
    at = 0
    for array in arrays:
        every[at : at + len(array)] = array
        at += len(array)
    every.sort()
    repeated = every[1:][every[1:] == every[:-1]]
    return np.unique(repeated)


class Sieve:
    """Finds which of some wanted keys stand in an array: a table of flags lets nearly all others through at once. It is
    as small as it can be and still lets few through in vain: a small one stays in the processor's own memory."""

    LEAST_BITS, MOST_BITS = 10, 24
    SLOTS_A_KEY = 32

    def __init__(self, wanted: Keys) -> None:
        self.wanted = wanted
        self.bits = min(max((len(wanted) * self.SLOTS_A_KEY).bit_length(), self.LEAST_BITS), self.MOST_BITS)
        self._table = np.zeros(1 << self.bits, np.bool_)
        self._table[self._slot(wanted)] = True

    def _slot(self, keys: Keys) -> npt.NDArray[np.uint64]:
        mixed = keys.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        found: npt.NDArray[np.uint64] = mixed >> np.uint64(64 - self.bits)
        return found

    def places(self, keys: Keys) -> npt.NDArray[np.int64]:
        """Where wanted keys stand in `keys`."""
        if not len(self.wanted):
            return np.empty(0, np.int64)
        likely = np.flatnonzero(self._table.take(self._slot(keys).view(np.int64)))
        at = np.minimum(np.searchsorted(self.wanted, keys[likely]), len(self.wanted) - 1)
        found: npt.NDArray[np.int64] = likely[self.wanted[at] == keys[likely]]
        return found

    def found_in(self, keys: Keys) -> Keys:
        """The wanted keys that occur in `keys`, ascending, each once."""
        found: Keys = np.unique(keys[self.places(keys)])
        return found


def key_column(table: pa.Table, name: str) -> Keys:
    """The known keys of a column."""
    column: Any = table[name].drop_null().combine_chunks()
    found: Keys = np.ascontiguousarray(column.to_numpy(zero_copy_only=False), dtype=np.int64)
    return found


def keys_of(feature: FeaturePlan) -> int:
    """How many columns k0 … name a key of a counted table, without that of the value of `near`."""
    shared = feature.feature.aggregate is Aggregate.SHARED and feature.value is not None
    return len(feature.same) + (1 if shared else 0)
