"""The rows of a batch, out of a snapshot or out of tables made by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow.parquet as pq

from bangfu.common.facts import Schema
from bangfu.snapshot.store import Part, Snapshot


def in_place(place: str) -> str:
    """WHERE for the rows of an area, by the beginning of its code, so that whole row groups can be left out."""
    return f"village_code >= '{place}' AND village_code < '{place}:'" if place else ""


@dataclass
class SnapshotGround:
    """The rows of some parts of a snapshot, or of one place among them (`where`, see `in_place`)."""

    snapshot: Snapshot
    parts: Sequence[Part]
    schema: Schema
    counties: Sequence[str]
    where: str = ""
    reads: dict[str, set[str]] = field(default_factory=dict)

    def sql(self, table: str, columns: Iterable[str]) -> str:
        columns = set(columns)
        self.reads.setdefault(table, set()).update(columns)
        select = self.snapshot.source_sql(list(self.parts), table, self.schema, sorted(columns))
        if not self.where or table not in self.snapshot.tables:
            return select
        return f"{select} WHERE {self.where}"

    def not_null(self, table: str) -> frozenset[str]:
        return self._not_null.get(table, frozenset())

    @cached_property
    def _not_null(self) -> dict[str, frozenset[str]]:
        found = {}
        for table in self.snapshot.tables:
            kept = [self._without_nulls(part, table) for part in self.parts]
            found[table] = frozenset.intersection(*kept) if kept else frozenset()
        return found

    def _without_nulls(self, part: Part, table: str) -> frozenset[str]:
        return _without_nulls(str(part.path(table)))


def _without_nulls(path: str) -> frozenset[str]:
    """Columns of a file of which its statistics say that they are NULL in no row."""
    metadata = pq.read_metadata(path)
    full = {metadata.schema.column(at).name: at for at in range(metadata.num_columns)}
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group)
        for name, at in list(full.items()):
            known = rows.column(at).statistics
            if known is None or known.null_count is None or known.null_count > 0:
                del full[name]
    return frozenset(full)
