"""Reads the rows of a live database as Arrow tables of facts: by several readers that all see the database as it was in
one moment, while writers go on.

Both databases hand over a value at a time, which costs more than to find it, if they are asked for values. So they are
asked for texts (`texts`), which Arrow takes apart: no type is guessed, and codes come as numbers of a list.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import Protocol

import pyarrow as pa

from bangfu.snapshot.orders import ColumnOrder


class DatabaseFailed(Exception):
    """What the database said instead of an answer."""


class Reader(Protocol):
    """A connection in a transaction that only reads. Its answers raise DatabaseFailed."""

    def pairs(self, sql: str) -> list[tuple[int, int]]:
        """The answer to a SELECT of two whole numbers."""

    def facts(self, live: str, columns: Sequence[ColumnOrder]) -> pa.Table:
        """The rows of a SELECT of `columns`, each column in one piece, in the type and meaning of its kind. Raises
        ArrowInvalid for a value that is not of its kind."""


@contextmanager
def readers(kind: str, address: str, count: int) -> Iterator[Sequence[Reader]]:
    """At most `count` readers, at least one, that see the same state of the database until the block ends. Nobody waits
    for them: readers of SQLite's write-ahead log stop no writer, PostgreSQL keeps versions. Raises DatabaseFailed."""
    opened: AbstractContextManager[Sequence[Reader]] = import_module(f"bangfu.snapshot.{kind}").readers(address, count)
    with opened as found:
        yield found
