"""The rows of a part of a snapshot in memory: each column when it is first asked for, and never twice."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangfu.common.facts import FactColumn, Schema
from bangfu.screening.compiling import VILLAGE
from bangfu.screening.plan import LINK, Key
from bangfu.screening.regions import COUNTY
from bangfu.screening.values import Bools, Numbers, Rows, Texts, Value, broad, from_arrow, unknown
from bangfu.snapshot.store import ARROW_TYPES, Part, Snapshot

DICTIONARY = {"PLAIN_DICTIONARY", "RLE_DICTIONARY"}
NOWHERE = -1
KEPT_BYTES = 512 << 20  # the key columns of some six million people
DENSE = 16  # numbers that fill one of so many places are looked up in a table of all of them


class Area:
    """The rows of a place, by the beginning of its code; with `unplaced`, those whose village has no code."""

    def __init__(self, place: str = "", unplaced: bool = False) -> None:
        self.place, self.unplaced = place, unplaced

    @property
    def everything(self) -> bool:
        return not self.place and not self.unplaced

    def may_lie_in(self, group: Any, at: int) -> bool:
        """Whether a row group may hold rows of it, by the statistics of its village codes in column `at`."""
        known = group.column(at).statistics
        if self.everything or self.unplaced or known is None or not known.has_min_max:
            return True
        return bool(known.min < f"{self.place}:" and known.max >= self.place)

    def holds(self, codes: Texts) -> Bools:
        if self.unplaced:
            return np.zeros(len(codes.array), np.bool_) if codes.null is None else codes.null
        own: Any = pc.starts_with(codes.words, self.place)
        found = codes.which(own.to_numpy(zero_copy_only=False))
        return found if codes.null is None else found & ~codes.null


class TableRows:
    """The rows of one file that lie in an area."""

    def __init__(self, path: Path, area: Area) -> None:
        self.path, self.area = path, area
        self.metadata: Any = pq.read_metadata(path)
        self._at = {self.metadata.schema.column(at).name: at for at in range(self.metadata.num_columns)}
        code = self._at.get("village_code")
        groups = range(self.metadata.num_row_groups)
        self.groups = [g for g in groups if code is None or area.may_lie_in(self.metadata.row_group(g), code)]
        self._told = [self.metadata.row_group(g) for g in self.groups]

    @cached_property
    def _file(self) -> Any:
        # What is asked for is read at once: fetching ahead hands every column to another thread and back.
        coded = self._coded()
        return pq.ParquetFile(self.path, metadata=self.metadata, read_dictionary=coded, pre_buffer=False)

    def _coded(self) -> list[str]:
        """Texts that the file itself holds as numbers of a dictionary; the words of that are always told as PLAIN."""
        chunks = {name: [group.column(at) for group in self._told] for name, at in self._at.items()}
        return [
            name
            for name, columns in chunks.items()
            if columns and all(c.physical_type == "BYTE_ARRAY" and DICTIONARY & set(c.encodings) for c in columns)
        ]

    @cached_property
    def _own(self) -> Bools | None:
        """Which of the rows that are read lie in the area; None for all of them."""
        if self.area.everything or not self.groups:
            return None
        own = self.area.holds(Texts(self._all("village_code")))
        return None if bool(own.all()) else own

    @cached_property
    def size(self) -> int:
        if self._own is not None:
            return int(np.count_nonzero(self._own))
        return sum(group.num_rows for group in self._told)

    def column(self, name: str) -> Any:
        """An Arrow array; texts that the file holds by a dictionary as such."""
        found = self._all(name)
        return found if self._own is None else found.filter(pa.array(self._own))

    def _all(self, name: str) -> Any:
        read = self._file.read_row_groups(self.groups, [name], use_threads=False)[name]
        return read.unify_dictionaries().combine_chunks()

    def known_everywhere(self, name: str) -> bool:
        """Whether statistics say that no row lacks it."""
        return all(nulls == 0 for nulls, _rows in self._nulls(name))

    def known_nowhere(self, name: str) -> bool:
        """Whether statistics say that every row lacks it, so that it need not be read."""
        return all(nulls == rows for nulls, rows in self._nulls(name))

    def _nulls(self, name: str) -> Iterator[tuple[int | None, int]]:
        """How many rows of each row group lack it, if that is said, and how many rows there are."""
        for group in self._told:
            known = group.column(self._at[name]).statistics
            yield None if known is None else known.null_count, group.num_rows


class Kept:
    """Columns of whole parts that were read for their keys and will be read again for the rules, as long as there is
    room for them. What does not fit is read again."""

    def __init__(self, room: int = KEPT_BYTES) -> None:
        self._room = room
        self._held: dict[tuple[int, str, str], Any] = {}

    def column(self, key: tuple[int, str, str], read: Callable[[], Any], *, again: bool) -> Any:
        """An Arrow array by part, table and column; whether it will be asked for `again`."""
        held = self._held.get(key)
        found = read() if held is None else held
        if again and held is None and found.nbytes <= self._room:
            self._held[key] = found
            self._room -= found.nbytes
        if not again and held is not None:
            del self._held[key]
            self._room += held.nbytes
        return found


class StoredRows:
    """The tables of a part. Columns come from `kept` where they are; those of an area alone are not kept."""

    def __init__(
        self, snapshot: Snapshot, part: Part, schema: Schema, area: Area, kept: Kept | None = None, again: bool = False
    ) -> None:
        self.snapshot, self.part, self.schema = snapshot, part, schema
        self.kept, self.again = kept if area.everything else None, again
        self.area = area
        self._tables: dict[str, TableRows] = {}
        self._columns: dict[tuple[str, str], Value] = {}
        self._positions: dict[tuple[str, str], Rows] = {}
        self._sharing: dict[tuple[str, tuple[str, ...]], Any] = {}

    def _table(self, table: str) -> TableRows:
        if table not in self._tables:
            self._tables[table] = TableRows(self.part.path(table), self.area)
        return self._tables[table]

    def size(self, table: str) -> int:
        return self._table(table).size if table in self.snapshot.tables else 0

    def column(self, table: str, name: str) -> Value:
        """A stored column; unknown in every row when the snapshot is older than the column."""
        key = (table, name)
        if key not in self._columns:
            column = next(c for c in self.schema.table(table).columns if c.name == name)
            there = name in self.snapshot.tables.get(table, {}) and not self._table(table).known_nowhere(name)
            self._columns[key] = from_arrow(self._read(table, name)) if there else self._blank(column, table)
        return self._columns[key]

    @property
    def held(self) -> Collection[Key]:
        """The columns that are in memory."""
        return self._columns.keys()

    def forget(self, keys: Iterable[Key]) -> None:
        """Lets go of columns that nobody will ask for again, so that others take their room."""
        for key in keys:
            self._columns.pop(key, None)

    def _read(self, table: str, name: str) -> Any:
        read = partial(self._table(table).column, name)
        if self.kept is None:
            return read()
        return self.kept.column((self.part.number, table, name), read, again=self.again)

    def _blank(self, column: FactColumn, table: str) -> Value:
        return unknown(ARROW_TYPES[column.sql_type], self.size(table))

    def column_null(self, table: str, name: str) -> Bools | None:
        """Where a column is unknown; it is not read when its file says nowhere."""
        if name in self.snapshot.tables.get(table, {}) and self._table(table).known_everywhere(name):
            return None
        return self.column(table, name).null

    def sharing(self, table: str, counties: Sequence[str]) -> Any:
        """In which of these counties each row lies, by its number among them; -1 for none."""
        key = (table, tuple(counties))
        if key not in self._sharing:
            codes = self.column(table, "village_code")
            assert isinstance(codes, Texts)
            begins = {county: number for number, county in enumerate(counties) if county}
            of_words = [begins.get(word[:COUNTY], -1) for word in codes.words.to_pylist()]
            found = np.array([*of_words, -1], np.int16).take(codes.at)
            if codes.null is not None:
                found[codes.null] = counties.index("") if "" in counties else -1
            self._sharing[key] = found
        return self._sharing[key]

    # Links between tables

    def link(self, table: str, above: str) -> Numbers:
        """The number by which a row finds its row above, or is found itself; a village is found by its place."""
        if above != "village":
            return self._numbers(table, LINK[above])
        place = self._numbers(table, "place")
        return Numbers(place.values // VILLAGE, place.null)

    def _numbers(self, table: str, name: str) -> Numbers:
        found = broad(self.column(table, name), self.size(table))
        assert isinstance(found, Numbers)
        return found

    def positions(self, table: str, above: str) -> Rows:
        """For every row of a table where its row above stands, or NOWHERE."""
        if (table, above) not in self._positions:
            self._positions[table, above] = self.found(above, self.link(table, above))
        return self._positions[table, above]

    def found(self, table: str, wanted: Numbers) -> Rows:
        """Where the rows with these numbers stand."""
        keys = self.link(table, table)
        if keys.null is None:
            at = places_of(keys.values, wanted.values)
        else:
            known = np.append(np.flatnonzero(~keys.null), NOWHERE)
            at = known[places_of(keys.values[known[:-1]], wanted.values)]
        return at if wanted.null is None else np.where(wanted.null, NOWHERE, at)


def places_of(keys: Any, wanted: Any) -> Rows:
    """The place of every wanted key among the keys, or NOWHERE. Neighbours that want the same are looked up once."""
    if not len(keys) or not len(wanted):
        return np.full(len(wanted), NOWHERE, np.int64)
    begins = np.concatenate([[0], np.flatnonzero(wanted[1:] != wanted[:-1]) + 1])
    few = wanted[begins]
    low, high = int(keys.min()), int(keys.max())
    place = _by_table(keys, few, low, high) if high - low < DENSE * len(keys) else _by_order(keys, few)
    return np.repeat(place, np.diff(np.concatenate([begins, [len(wanted)]])))


def _by_table(keys: Any, wanted: Any, low: int, high: int) -> Rows:
    """As `places_of`, of numbers that lie close together."""
    table = np.full(high - low + 1, NOWHERE, np.int32)
    table[keys[::-1] - low] = np.arange(len(keys) - 1, -1, -1, dtype=np.int32)  # of equal numbers the first stands
    inside = (wanted >= low) & (wanted <= high)
    return np.where(inside, table.take(wanted - low, mode="clip"), NOWHERE).astype(np.int64)


def _by_order(keys: Any, wanted: Any) -> Rows:
    """As `places_of`, of any numbers."""
    order = None if bool(np.all(keys[1:] >= keys[:-1])) else np.argsort(keys, kind="stable")
    ordered = keys if order is None else keys[order]
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.where(ordered[at] == wanted, at if order is None else order[at], NOWHERE)
