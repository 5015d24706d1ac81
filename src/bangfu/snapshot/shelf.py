"""What one table of a part says and another says again: laid down by who reads it, found by who needs it."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock

import numpy as np
import pyarrow as pa

from bangfu.snapshot.orders import Found, TableOrder
from bangfu.snapshot.texts import Values

Place = tuple[str, int]  # a table and a part


class Shelf:
    """Tables of parts, from when they are read until everybody who needs them has taken what they need."""

    def __init__(self, orders: Sequence[TableOrder]) -> None:
        self._wanted = Counter(name for order in orders for name in {found.table for found in order.found})
        self._laid: dict[Place, Future[pa.Table]] = {}
        self._takers: Counter[Place] = Counter()
        self._lock = Lock()

    def in_turn(self, orders: Sequence[TableOrder]) -> list[TableOrder]:
        """Those first that others wait for."""
        return sorted(orders, key=lambda order: order.name not in self._wanted)

    def lay(self, table: str, part: int, rows: pa.Table) -> None:
        if table in self._wanted:
            self._at((table, part)).set_result(rows)

    def fail(self, table: str, part: int, error: Exception) -> None:
        """Nobody shall wait for what never comes."""
        future = self._at((table, part))
        if table in self._wanted and not future.done():
            future.set_exception(error)

    def completed(self, rows: pa.Table, found: Sequence[Found], part: int) -> pa.Table:
        """The rows with the columns that are found in other tables."""
        for each in found:
            there = self._at((each.table, part)).result()
            at = places([rows[name] for name in each.by], [there[name] for name in each.key])
            for name, source in each.columns.items():
                rows = rows.append_column(name, there[source].combine_chunks().take(at))
        for table in {each.table for each in found}:
            self._taken((table, part))
        return rows

    def _at(self, place: Place) -> "Future[pa.Table]":
        with self._lock:
            return self._laid.setdefault(place, Future())

    def _taken(self, place: Place) -> None:
        with self._lock:
            self._takers[place] += 1
            if self._takers[place] == self._wanted[place[0]]:
                del self._laid[place]


def places(rows: Sequence[Values], keys: Sequence[Values]) -> Values:
    """For every row where its key stands among `keys`, which are all different; null where it does not. Rows and keys
    are told by columns of whole numbers."""
    joint_rows, joint_keys = np.zeros(len(rows[0]), np.int64), np.zeros(len(keys[0]), np.int64)
    known = np.ones(len(rows[0]), np.bool_)
    for row, key in zip(rows, keys, strict=True):
        own, there = _whole(row), _whole(key)
        different, ranks = np.unique(there, return_inverse=True)
        rank = np.searchsorted(different, own)
        rank[rank == len(different)] = 0
        known &= _is_known(row) & (different[rank] == own if len(different) else False)
        joint_rows, joint_keys = joint_rows * len(different) + rank, joint_keys * len(different) + ranks
    order = np.argsort(joint_keys, kind="stable")
    at = np.searchsorted(joint_keys[order], joint_rows)
    at[at == len(order)] = 0
    known &= (joint_keys[order][at] == joint_rows) if len(order) else False
    found = order[at] if len(order) else at
    return pa.array(found, pa.int64(), mask=~known)


def _whole(values: Values) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    filled: Values = values.fill_null(0)
    numbers: np.ndarray[tuple[int], np.dtype[np.int64]] = filled.to_numpy().astype(np.int64)
    return numbers


def _is_known(values: Values) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    known: np.ndarray[tuple[int], np.dtype[np.bool_]] = values.is_valid().to_numpy()
    return known
