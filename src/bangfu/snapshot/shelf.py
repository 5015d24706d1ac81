"""Rows of a part that somebody else needs: laid down by who reads them, taken by who needs them."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock

import pyarrow as pa

from bangfu.snapshot.orders import TableOrder

Place = tuple[str, int]  # a table and a part


class Shelf:
    """Tables of parts, from when they are read until everybody who needs them has taken them: who writes them, and who
    finds something in them."""

    def __init__(self, orders: Sequence[TableOrder]) -> None:
        self._wanted = Counter(name for order in orders for name in _needs(order))
        self._laid: dict[Place, Future[pa.Table]] = {}
        self._takers: Counter[Place] = Counter()
        self._lock = Lock()

    def holds(self, table: str) -> bool:
        """Whether anybody finds something in a table."""
        return table in self._wanted

    def lay(self, table: str, part: int, rows: pa.Table) -> None:
        self._at((table, part)).set_result(rows)

    def fail(self, table: str, part: int, error: Exception) -> None:
        """Nobody shall wait for what never comes."""
        self._at((table, part)).set_exception(error)

    def take(self, table: str, part: int) -> pa.Table:
        """The rows, as soon as they are there; once for everybody."""
        place = (table, part)
        rows = self._at(place).result()
        with self._lock:
            self._takers[place] += 1
            if self._takers[place] > self._wanted[table]:
                del self._laid[place]
        return rows

    @property
    def held(self) -> int:
        """How many tables lie there or are waited for."""
        return len(self._laid)

    def _at(self, place: Place) -> "Future[pa.Table]":
        with self._lock:
            return self._laid.setdefault(place, Future())


def _needs(order: TableOrder) -> list[str]:
    """The tables that are taken for a table: one when its rows are read, the others when they are written."""
    return [*({order.leader.table} if order.leader else ()), *{found.table for found in order.others}]
