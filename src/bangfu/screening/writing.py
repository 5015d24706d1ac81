"""Writes the rows of a batch after those of the batch before, and counts them by rule and village.

Whatever engine made the rows, they are sorted and written here: so equal outcomes are equal files.
"""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangfu.screening.plan import ROW_KEYS, Plan

COLUMNS: list[tuple[str, pa.DataType]] = [
    ("rule", pa.string()),
    ("village_code", pa.string()),
    ("hits", pa.int64()),
    ("unknown", pa.int64()),
]
COUNTS = pa.schema(COLUMNS)
ROWS_A_GROUP = 122_880


def schema_of(grain: str, words: int) -> pa.Schema:
    keys: list[tuple[str, pa.DataType]] = [
        (key, pa.string() if key == "village_code" else pa.int64()) for key in ROW_KEYS[grain]
    ]
    bits: list[tuple[str, pa.DataType]] = [
        (f"{kind}{at}", pa.int64()) for at in range(words) for kind in ("hit", "unknown")
    ]
    return pa.schema(keys + bits)


class OutcomeWriter:
    """One file a grain. Use as a context; `counts` and `totals` hold what was written so far."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.plan = plan
        (folder / "outcomes").mkdir()
        self._schemas = {grain: schema_of(grain, len(plan.words(grain))) for grain in ROW_KEYS if plan.of_grain(grain)}
        self._writers = {
            grain: pq.ParquetWriter(
                folder / "outcomes" / f"{grain}.parquet",
                schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=_repeating(schema),
            )
            for grain, schema in self._schemas.items()
        }
        self._waiting: dict[str, list[pa.Table]] = {grain: [] for grain in self._writers}
        self._counts: list[pa.Table] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for grain, writer in self._writers.items():
            if error is None:
                self._write_groups(grain, rest=True)
            writer.close()

    def write(self, grain: str, rows: pa.Table, *, counted: bool = False) -> None:
        """Rows of a batch with their bits, in any order; those without a bit are left out. What is `counted` already
        is not counted again."""
        rows = _with_a_bit(rows)
        if not len(rows):
            return
        rows = _sorted(rows.select(self._schemas[grain].names).cast(self._schemas[grain]), ROW_KEYS[grain][-1])
        if not counted:
            self._count(grain, rows)
        self._waiting[grain].append(rows)
        self._write_groups(grain)

    def _write_groups(self, grain: str, *, rest: bool = False) -> None:
        """Writes what waits in groups of one size, so that files do not tell in which pieces rows came."""
        waiting = sum(map(len, self._waiting[grain]))
        ready = waiting if rest else waiting - waiting % ROWS_A_GROUP
        if not ready:
            return
        rows = pa.concat_tables(self._waiting[grain]).combine_chunks()
        self._writers[grain].write_table(rows.slice(0, ready), row_group_size=ROWS_A_GROUP)
        self._waiting[grain] = [rows.slice(ready)]

    def _count(self, grain: str, rows: pa.Table) -> None:
        """Rows of a village have few different words: each is counted once and then taken apart."""
        words = [name for name in rows.column_names if name.startswith(("hit", "unknown"))]
        grouped = rows.group_by(["village_code", *words], use_threads=False).aggregate([([], "count_all")])
        villages: Any = grouped["village_code"].combine_chunks().dictionary_encode()
        nowhere = len(villages.dictionary)
        at = pc.fill_null(villages.indices, nowhere).to_numpy(zero_copy_only=False)
        counted = grouped["count_all"].to_numpy()
        ids = list(self.plan.rules)
        numbers = {id: number for number, id in enumerate(ids)}
        found: list[npt.NDArray[np.int64]] = [np.empty((4, 0), np.int64)]
        for word, rules in enumerate(self.plan.words(grain)):
            for kind, column in (("hits", f"hit{word}"), ("unknown", f"unknown{word}")):
                bits = grouped[column].to_numpy()
                any_row = int(np.bitwise_or.reduce(bits))
                for bit, rule in enumerate(rules):
                    if any_row >> bit & 1:
                        chosen = (bits >> bit) & 1 == 1
                        sums = np.bincount(at[chosen], counted[chosen], nowhere + 1).astype(np.int64)
                        there = np.flatnonzero(sums)
                        none, sums = np.zeros(len(there), np.int64), sums[there]
                        pair = (sums, none) if kind == "hits" else (none, sums)
                        found.append(np.stack([np.full(len(there), numbers[rule.rule.id]), there, *pair]))
        rule_numbers, there, hits, unknown = np.concatenate(found, axis=1)
        named = villages.dictionary.take(pa.array(there, mask=there == nowhere))
        columns = [pa.array(ids, pa.string()).take(pa.array(rule_numbers)), named, pa.array(hits), pa.array(unknown)]
        self._counts.append(pa.Table.from_arrays(columns, schema=COUNTS))

    def carry(self, counts: pa.Table) -> None:
        """Takes over what was counted before, see COUNTS."""
        self._counts.append(counts.cast(COUNTS))

    def counts(self) -> pa.Table:
        """See COUNTS: by rule, then by village, those of no known village first."""
        summed: Any = [("hits", "sum"), ("unknown", "sum")]
        found = pa.concat_tables([COUNTS.empty_table(), *self._counts])
        found = found.group_by(["rule", "village_code"], use_threads=False).aggregate(summed)
        order: Any = [("rule", "ascending"), ("village_code", "ascending")]
        villages: Any = found["village_code"]
        first = found.set_column(1, "village_code", pc.fill_null(villages, ""))
        found = found.take(pc.sort_indices(first, sort_keys=order))
        return found.rename_columns(["rule", "village_code", "hits", "unknown"]).cast(COUNTS).combine_chunks()

    def totals(self) -> Mapping[str, tuple[int, int]]:
        """Hits and unknown by rule."""
        counts = self.counts()
        found = counts.group_by("rule").aggregate([("hits", "sum"), ("unknown", "sum")]).to_pydict()
        return dict(zip(found["rule"], zip(found["hits_sum"], found["unknown_sum"], strict=True), strict=True))


def _repeating(schema: pa.Schema) -> Any:
    """Columns that a file holds by numbers of its dictionary. The stubs of Arrow know only a flag."""
    return ["village_code", *(name for name in schema.names if name.startswith(("hit", "unknown")))]


def _with_a_bit(rows: pa.Table) -> pa.Table:
    some = np.zeros(len(rows), np.bool_)
    for name in rows.column_names:
        if name.startswith(("hit", "unknown")):
            some |= rows[name].to_numpy() != 0
    return rows if bool(some.all()) else rows.take(np.flatnonzero(some))


def _sorted(rows: pa.Table, key: str) -> pa.Table:
    """By the number of the row. Rows mostly come in that order already."""
    numbers = rows[key].to_numpy()
    if len(numbers) < 2 or bool(np.all(numbers[1:] > numbers[:-1])):
        return rows
    return rows.take(np.argsort(numbers, kind="stable"))
