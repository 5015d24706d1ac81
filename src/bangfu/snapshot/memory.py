"""Where Arrow's memory comes from while a snapshot is made."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

DECAY = 1000  # milliseconds until memory that is not asked for goes back to the system, as Arrow has it


@contextmanager
def kept_at_hand() -> Iterator[None]:
    """Memory that is given back is handed out again as it is, where Arrow brings an allocator that does so.

    Its usual one gives large pieces back to the system at once, which clears every page of the next one: five to eight
    hundredths of all the time, since columns of the same size come and go all along.
    """
    usual = pa.default_memory_pool()
    if "jemalloc" not in pa.supported_memory_backends():  # not on every system
        yield
        return
    pa.set_memory_pool(pa.jemalloc_memory_pool())
    pa.jemalloc_set_decay_ms(-1)
    try:
        yield
    finally:
        pa.jemalloc_set_decay_ms(DECAY)
        pa.set_memory_pool(usual)
