"""The rows of a part of a snapshot in memory: each column when it is first asked for, and never twice."""

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangfu.common.facts import FactColumn, Schema
from bangfu.screening.compiling import VILLAGE
from bangfu.screening.plan import LINK
from bangfu.screening.regions import COUNTY
from bangfu.screening.values import Bools, Numbers, Rows, Texts, Value, from_arrow
from bangfu.snapshot.store import ARROW_TYPES, Part, Snapshot

DICTIONARY = {"PLAIN_DICTIONARY", "RLE_DICTIONARY"}
NOWHERE = -1
KEPT_BYTES = 512 << 20  # the key columns of some six million people


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

    @cached_property
    def _file(self) -> Any:
        return pq.ParquetFile(self.path, metadata=self.metadata, read_dictionary=self._coded(), memory_map=False)

    def _coded(self) -> list[str]:
        """Texts that the file itself holds as numbers of a dictionary; the words of that are always told as PLAIN."""
        chunks = {name: [self.metadata.row_group(g).column(at) for g in self.groups] for name, at in self._at.items()}
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
        return sum(self.metadata.row_group(g).num_rows for g in self.groups)

    def column(self, name: str) -> Any:
        """An Arrow array; texts that the file holds by a dictionary as such."""
        found = self._all(name)
        return found if self._own is None else found.filter(pa.array(self._own))

    def _all(self, name: str) -> Any:
        read = self._file.read_row_groups(self.groups, [name], use_threads=False)[name]
        return read.unify_dictionaries().combine_chunks()

    def known_everywhere(self, name: str) -> bool:
        """Whether statistics say that no row lacks it."""
        columns = (self.metadata.row_group(g).column(self._at[name]).statistics for g in self.groups)
        return all(known is not None and known.null_count == 0 for known in columns)


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
        self.tables = {table: TableRows(part.path(table), area) for table in snapshot.tables}
        self._columns: dict[tuple[str, str], Value] = {}
        self._positions: dict[tuple[str, str], Rows] = {}
        self._sharing: dict[tuple[str, tuple[str, ...]], Any] = {}

    def size(self, table: str) -> int:
        return self.tables[table].size if table in self.tables else 0

    def column(self, table: str, name: str) -> Value:
        """A stored column; unknown in every row when the snapshot is older than the column."""
        key = (table, name)
        if key not in self._columns:
            column = next(c for c in self.schema.table(table).columns if c.name == name)
            there = name in self.snapshot.tables.get(table, {}) and self.tables[table].groups
            self._columns[key] = from_arrow(self._read(table, name)) if there else self._blank(column, table)
        return self._columns[key]

    def _read(self, table: str, name: str) -> Any:
        read = partial(self.tables[table].column, name)
        if self.kept is None:
            return read()
        return self.kept.column((self.part.number, table, name), read, again=self.again)

    def _blank(self, column: FactColumn, table: str) -> Value:
        kind: Any = ARROW_TYPES[column.sql_type]
        return from_arrow(pa.nulls(self.size(table), kind))

    def column_null(self, table: str, name: str) -> Bools | None:
        """Where a column is unknown; it is not read when its file says nowhere."""
        if name in self.snapshot.tables.get(table, {}) and self.tables[table].known_everywhere(name):
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
        found = self.column(table, name)
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
            at = _places(keys.values, wanted.values)
        else:
            known = np.append(np.flatnonzero(~keys.null), NOWHERE)
            at = known[_places(keys.values[known[:-1]], wanted.values)]
        return at if wanted.null is None else np.where(wanted.null, NOWHERE, at)


def _places(keys: Any, wanted: Any) -> Rows:
    """The place of every wanted key among the keys, or NOWHERE. Neighbours that want the same are looked up once."""
    if not len(keys) or not len(wanted):
        return np.full(len(wanted), NOWHERE, np.int64)
    order = None if bool(np.all(keys[1:] >= keys[:-1])) else np.argsort(keys, kind="stable")
    ordered = keys if order is None else keys[order]
    begins = np.concatenate([[0], np.flatnonzero(wanted[1:] != wanted[:-1]) + 1])
    few = wanted[begins]
    at = np.minimum(np.searchsorted(ordered, few), len(ordered) - 1)
    there = ordered[at] == few
    place = np.where(there, at if order is None else order[at], NOWHERE)
    return np.repeat(place, np.diff(np.concatenate([begins, [len(wanted)]])))
