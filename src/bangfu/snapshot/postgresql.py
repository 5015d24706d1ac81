"""Readers of PostgreSQL, by asyncpg: its COPY hands over whole blocks of rows as text, and where a value holds a sign
that the text escapes, rows as CSV."""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import asyncpg
import pyarrow as pa

from bangfu.snapshot.orders import ColumnOrder
from bangfu.snapshot.reading import DatabaseFailed
from bangfu.snapshot.texts import FIELD, LIVE_TYPES, Indivisible, joined, taken_apart
from bangfu.snapshot.values import facts

Connection = Any  # of asyncpg, whose methods tell no types

PIECE = 16 << 20  # bytes of text that are taken apart at a time
# The server sends eight kilobytes at a time, of which each costs the event loop more than the rows in it. A block that
# is smaller than this came at once: a moment later there is more to be had.
SMALL = 100_000
PAUSE = 0.001  # seconds
ESCAPED = b"\\"
# Several readers ask at the same time already; a part is a small piece of every table, in the order of whose keys rows
# should meet rather than through a hash of the whole (and sums of upper rooms have no keys to be looked up by, so that
# merging must be left to the server); dates are written as Arrow reads them.
SETTINGS = {
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "enable_hashjoin": "off",
    "work_mem": "64MB",
    "datestyle": "ISO",
}
# Of what libpq is told, what asyncpg understands as well, and what must not be passed over in silence, since it says
# where the server is, or what it has to prove. The rest (how long to wait, how to keep a line alive) may be left out.
KNOWN = (
    "host", "port", "dbname", "user", "password", "passfile", "service", "sslmode", "sslcert", "sslkey",
    "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation", "ssl_min_protocol_version", "ssl_max_protocol_version",
    "target_session_attrs", "krbsrvname", "gsslib", "options",
)  # fmt: skip
NOT_KNOWN = ("hostaddr", "require_auth", "requirepeer")
NOT_REQUIRED = ("channel_binding", "gssencmode")


def address(given: Mapping[str, Any]) -> str:
    """The address of a database of which libpq would be told what is `given`. Raises DatabaseFailed for what readers
    could not keep to."""
    beyond = [key for key in NOT_KNOWN if given.get(key)]
    beyond += [f"{key}=require" for key in NOT_REQUIRED if given.get(key) == "require"]
    if beyond:
        raise DatabaseFailed(f"asyncpg does not know {', '.join(beyond)}")
    known = {key: given[key] for key in KNOWN if given.get(key) not in (None, "")}
    return f"postgresql://?{urlencode(known, quote_via=quote)}"


class _Loop:
    """An event loop in a thread of its own: whoever waits for its answers may have one running, too."""

    def __init__(self, stack: ExitStack) -> None:
        self._thread = stack.enter_context(ThreadPoolExecutor(1))
        self._runner = asyncio.Runner()
        stack.callback(lambda: self._thread.submit(self._runner.close).result())

    def answer(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self._thread.submit(self._runner.run, coroutine).result()


@dataclass(frozen=True)
class Reader:
    """See `reading.Reader`. It may be asked by one thread after another."""

    loop: _Loop
    connection: Connection

    def pairs(self, sql: str) -> list[tuple[int, int]]:
        with _said():
            return [(int(first), int(second)) for first, second in self.loop.answer(self.connection.fetch(sql))]

    def facts(self, live: str, columns: Sequence[ColumnOrder]) -> pa.Table:
        # Arrow leaves out a mark of the encoding at the beginning: nothing begins with a text.
        listed = sorted(columns, key=lambda column: LIVE_TYPES[column.kind] == pa.string())
        with _said():
            try:
                table = self._copied(live, listed, quoted=False)
            except Indivisible:
                table = self._copied(live, listed, quoted=True)
        return facts(table, columns)

    def _copied(self, live: str, columns: Sequence[ColumnOrder], *, quoted: bool) -> pa.Table:
        """Raises Indivisible, when values are not quoted."""
        taker = _Taker(columns, quoted)
        copied = self.connection.copy_from_query(
            f"SELECT {', '.join(column.name for column in columns)} FROM ({live}) rows_",
            output=taker.take, format="csv" if quoted else "text", delimiter=FIELD, null="",
        )  # fmt: skip
        self.loop.answer(copied)
        return taker.table()


class _Taker:
    """Takes the blocks of an answer and takes them apart on the way."""

    def __init__(self, columns: Sequence[ColumnOrder], quoted: bool) -> None:
        self._columns, self._quoted = columns, quoted
        self._blocks: list[bytes] = []
        self._held = 0
        self._tables: list[pa.Table] = []
        self._failure: Exception | None = None

    async def take(self, block: bytes) -> None:
        """Of whole rows. An answer that is broken off ends the transaction, so whatever is wrong is told at its end."""
        if len(block) < SMALL:
            await asyncio.sleep(PAUSE)
        if self._failure:
            return
        self._blocks.append(block)
        self._held += len(block)
        if self._held >= PIECE:
            try:
                self._take_apart()
            except (Indivisible, pa.ArrowException) as error:
                self._failure = error

    def table(self) -> pa.Table:
        """Raises Indivisible, ArrowInvalid."""
        if not self._failure and self._blocks:
            self._take_apart()
        if self._failure:
            raise self._failure
        return joined(self._tables, self._columns)

    def _take_apart(self) -> None:
        text = b"".join(self._blocks)
        self._blocks.clear()
        self._held = 0
        if not self._quoted and ESCAPED in text:
            raise Indivisible
        self._tables.append(taken_apart(text, self._columns, quoted=self._quoted))


@contextmanager
def readers(address: str, count: int) -> Iterator[list[Reader]]:
    """See `reading.readers`."""
    with ExitStack() as stack:
        with _said():
            opened = [stack.enter_context(_reader(address)) for _ in range(count)]
            for reader in opened:
                _do(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            ((state,),) = opened[0].loop.answer(opened[0].connection.fetch("SELECT pg_export_snapshot()"))
            for reader in opened[1:]:
                _do(reader, f"SET TRANSACTION SNAPSHOT '{state}'")
        yield opened


def _do(reader: Reader, sql: str) -> None:
    reader.loop.answer(reader.connection.execute(sql))


@contextmanager
def _reader(address: str) -> Iterator[Reader]:
    with ExitStack() as stack:
        loop = _Loop(stack)
        reader = Reader(loop, loop.answer(_connected(address)))
        try:
            yield reader
        finally:
            with suppress(*_ERRORS):
                loop.answer(reader.connection.close())


async def _connected(address: str) -> Connection:
    return await asyncpg.connect(address, server_settings=SETTINGS)


_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except _ERRORS as error:
        raise DatabaseFailed(str(error) or type(error).__name__) from error
