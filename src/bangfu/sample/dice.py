"""Chance that falls the same way on every machine: raw Philox bits and integer tables, never a float.

Every purpose ("sex", "monthly wage" …) has a stream of its own, keyed by (seed, chunk, purpose): a new column or
another number of workers does not move what the others draw. Only the raw bits of NumPy are used, which it promises to
keep; its distributions may change between versions, and logarithms differ by a bit between processors.
"""

import zlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FACES = 65536


def table(weights: Mapping[Any, int] | Sequence[tuple[int, int]]) -> Ints:
    """A table of 65,536 faces in which value v stands as often as its whole weight says (largest share takes the
    rounding rest), in the order given."""
    pairs = [(int(v), int(w)) for v, w in (weights.items() if isinstance(weights, Mapping) else weights)]
    total = sum(w for _, w in pairs)
    counts = [w * FACES // total for _, w in pairs]
    counts[max(range(len(pairs)), key=lambda i: counts[i])] += FACES - sum(counts)
    return np.repeat(np.array([v for v, _ in pairs], dtype=np.int64), counts)


def spread(points: Sequence[tuple[int, int]]) -> Ints:
    """A table for a broken line: `points` are (share in thousandths, value), rising in both; between them evenly."""
    faces = np.empty(FACES, dtype=np.int64)
    for (share, value), (next_share, next_value) in pairwise(points):
        first, last = share * FACES // 1000, next_share * FACES // 1000
        steps = np.arange(last - first, dtype=np.int64)
        faces[first:last] = value + steps * (next_value - value) // max(last - first, 1)
    return faces


class Dice:
    """The chance of one chunk of one seed."""

    def __init__(self, seed: int, chunk: int) -> None:
        self.seed, self.chunk = seed, chunk
        self._used: set[str] = set()

    def faces(self, purpose: str, count: int) -> Ints:
        """`count` whole numbers from 0 to 65,535. A purpose may be drawn once: a second draw would repeat the first."""
        if purpose in self._used:
            raise ValueError(f"“{purpose}” has been drawn")
        self._used.add(purpose)
        if not count:
            return np.zeros(0, dtype=np.int64)
        bits = np.random.Philox(key=[self.seed, self.chunk], counter=[0, 0, 0, zlib.crc32(purpose.encode())])
        raw = bits.random_raw(-(-count // 4)).astype("<u8")
        return raw.view("<u2")[:count].astype(np.int64)

    def chance(self, purpose: str, count: int, per_mille: int) -> Flags:
        """True in about `per_mille` of a thousand."""
        return np.asarray(self.faces(purpose, count) < per_mille * FACES // 1000)

    def between(self, purpose: str, low: int, high: int, count: int) -> Ints:
        """Whole numbers from `low` to `high`, both included, evenly."""
        return low + ((self.faces(purpose, count) * (high - low + 1)) >> 16)

    def of(self, purpose: str, faces: Ints, count: int) -> Ints:
        """Values of a `table` or `spread`."""
        return faces[self.faces(purpose, count)]

    def order(self, purpose: str, count: int) -> Ints:
        """The numbers 0 … count-1 in an order of chance."""
        high = self.faces(f"{purpose}/1", count) << 32
        low = self.faces(f"{purpose}/2", count) << 16
        return np.argsort(high + low + np.arange(count) % FACES, kind="stable")
