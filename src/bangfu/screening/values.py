"""Columns of many rows as arrays, with what is unknown in them.

Flags have three values and so take two arrays: `true`, and `may` for TRUE or unknown. AND and OR are then one and the
same operation on both, and NOT swaps them. Where nothing is unknown both are the same array and are worked out once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[Any]  # 64 bits; Python's own whole numbers where a product needs more
Rows = npt.NDArray[np.int64]  # numbers of rows
LARGEST = 2**63 - 1
BYTES = 256  # words that a byte can tell apart
FEW_WORDS = 6  # so many are faster compared one by one than looked up


@dataclass(frozen=True, eq=False)
class Flags:
    """`true` implies `may`; a row in `may` alone is unknown."""

    true: Bools
    may: Bools

    @classmethod
    def of(cls, true: Bools, null: Bools | None = None) -> "Flags":
        """What a comparison says, unknown where a side of it is."""
        return cls(true, true) if null is None else cls(true & ~null, true | null)

    @property
    def null(self) -> Bools | None:
        return None if self.may is self.true else self.may & ~self.true

    def taken(self, at: Rows, lost: Bools | None) -> "Flags":
        """The values at these rows; unknown where `lost`."""
        true, may = (_at(self.true, at), None if self.may is self.true else _at(self.may, at))
        if lost is None:
            return Flags(true, true if may is None else may)
        return Flags(true & ~lost, (true if may is None else may) | lost)


UNKNOWN = Flags(np.zeros((), np.bool_), np.ones((), np.bool_))


@dataclass(frozen=True, eq=False)
class Numbers:
    """Whole numbers, or amounts in units of 10^-scale. What stands in an unknown row means nothing."""

    values: Ints
    null: Bools | None = None
    scale: int = 0

    @cached_property
    def low(self) -> int:
        return int(self.values.min()) if self.values.size else 0

    @cached_property
    def high(self) -> int:
        return int(self.values.max()) if self.values.size else 0

    @property
    def farthest(self) -> int:
        """The largest distance of a value from 0."""
        return max(-self.low, self.high)

    def taken(self, at: Rows, lost: Bools | None) -> "Numbers":
        return Numbers(_at(self.values, at), unknown_in(_maybe_at(self.null, at), lost), self.scale)

    def scaled(self, scale: int) -> Ints:
        """The values in units of 10^-scale, which is not coarser than its own."""
        if scale == self.scale:
            return self.values
        return product(self, Numbers(np.array(10 ** (scale - self.scale), np.int64)))


NOTHING = Numbers(np.zeros((), np.int64), np.ones((), np.bool_))


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts as Arrow holds them. `words` are the different ones and `at` tells which of them a row has; that costs a
    pass over texts that a file does not hold so already."""

    array: Any

    @classmethod
    def of(cls, words: Any, at: npt.NDArray[np.int32], null: Bools | None) -> "Texts":
        """Rows that each have one of some different words."""
        numbers: Any = pa.array(at, mask=null)
        return cls(pa.DictionaryArray.from_arrays(numbers, words, safe=False))

    @cached_property
    def null(self) -> Bools | None:
        return nulls_of(self.array)

    @property
    def coded(self) -> bool:
        """Whether it is known already which word each row has."""
        return bool(pa.types.is_dictionary(self.array.type))

    @cached_property
    def _coded(self) -> Any:
        return self.array if self.coded else self.array.dictionary_encode()

    @property
    def words(self) -> Any:
        return self._coded.dictionary

    @cached_property
    def at(self) -> npt.NDArray[np.int32]:
        """Means nothing where the text is unknown, but is the number of a word."""
        found: npt.NDArray[np.int32] = _whole(self._coded.indices, np.int32, self.null)
        return found

    @cached_property
    def _bytes(self) -> npt.NDArray[np.uint8]:
        """`at` where a byte holds it."""
        return self.at.astype(np.uint8)

    def which(self, listed: Bools) -> Bools:
        """Whether the word of a row is listed, by the number of the word. Means nothing where the text is unknown."""
        few = np.flatnonzero(listed)
        if not len(few):
            return np.zeros(len(self.at), np.bool_)
        short = len(listed) <= BYTES
        at = self._bytes if short else self.at
        if len(few) <= FEW_WORDS:
            found: Bools = at == at.dtype.type(few[0])
            for word in few[1:]:
                found |= at == at.dtype.type(word)
            return found
        if short:
            table = np.zeros(BYTES, np.bool_)
            table[: len(listed)] = listed
            return np.frombuffer(at.tobytes().translate(table.tobytes()), np.bool_)
        return listed.take(at)

    def taken(self, at: Rows | npt.NDArray[np.int32], lost: Bools | None) -> "Texts":
        if not self.coded:
            return Texts(self.array.take(pa.array(at, mask=lost)))
        if not len(self.words):
            return Texts(pa.nulls(len(at), self.array.type))
        return Texts.of(self.words, self.at.take(at, mode="clip"), unknown_in(_maybe_at(self.null, at), lost))

    def plain(self) -> Any:
        return self.array.cast(pa.string()) if self.coded else self.array


Value = Flags | Numbers | Texts


def unknown_in(one: Bools | None, other: Bools | None) -> Bools | None:
    """Unknown where either is."""
    if one is None or other is None:
        return other if one is None else one
    return one | other


def _at(array: Ints, at: Rows | npt.NDArray[np.int32]) -> Any:
    """-1 gives anything. What is the same everywhere is so at any rows."""
    if not array.ndim:
        return array
    return array.take(at, mode="wrap") if array.size else np.zeros(len(at), array.dtype)


def _maybe_at(array: Bools | None, at: Rows | npt.NDArray[np.int32]) -> Bools | None:
    return None if array is None else _at(array, at)


# Three-valued logic


def both(one: Flags, other: Flags) -> Flags:
    return _joined(np.logical_and, one, other)


def either(one: Flags, other: Flags) -> Flags:
    return _joined(np.logical_or, one, other)


def _joined(join: Callable[[Bools, Bools], Bools], one: Flags, other: Flags) -> Flags:
    true = join(one.true, other.true)
    if one.may is one.true and other.may is other.true:
        return Flags(true, true)
    return Flags(true, join(one.may, other.may))


def negated(flags: Flags) -> Flags:
    true = ~flags.may
    return Flags(true, true if flags.may is flags.true else ~flags.true)


def chosen(condition: Bools, one: Value, other: Value) -> Value:
    """`one` where the condition is TRUE, else `other`. Of flags and numbers; texts are left to the engine."""
    if isinstance(one, Flags) and isinstance(other, Flags):
        true = _picked(condition, one.true, other.true)
        plain = one.may is one.true and other.may is other.true
        return Flags(true, true if plain else _picked(condition, one.may, other.may))
    assert isinstance(one, Numbers) and isinstance(other, Numbers)
    scale = max(one.scale, other.scale)
    null = None
    if one.null is not None or other.null is not None:
        null = _picked(condition, _shown(one.null), _shown(other.null))
    return Numbers(np.where(condition, one.scaled(scale), other.scaled(scale)), null, scale)


def _picked(condition: Bools, one: Bools, other: Bools) -> Bools:
    """As `np.where`, which goes flag by flag where this joins sixty-four at a time."""
    return (condition & one) | (other & ~condition)


def _shown(null: Bools | None) -> Bools:
    return np.zeros((), np.bool_) if null is None else null


# Arithmetic, exact whatever the size


def total(one: Numbers, other: Numbers, sign: int = 1) -> Numbers:
    """The sum, or with sign -1 the difference."""
    scale = max(one.scale, other.scale)
    left, right = Numbers(one.scaled(scale)), Numbers(other.scaled(scale))
    a, b = _fitting(left.farthest + right.farthest, left.values, right.values)
    return Numbers(a + b if sign > 0 else a - b, unknown_in(one.null, other.null), scale)


def product(one: Numbers, other: Numbers) -> Ints:
    a, b = _fitting(one.farthest * other.farthest, one.values, other.values)
    found: Ints = a * b
    return found


def times(one: Numbers, other: Numbers) -> Numbers:
    return Numbers(product(one, other), unknown_in(one.null, other.null), one.scale + other.scale)


def divided(one: Numbers, other: Numbers, *, rest: bool) -> Numbers:
    """Whole division rounded towards zero, or its rest; unknown where the divisor is 0."""
    null, divisor = unknown_in(one.null, other.null), other.values
    if not (other.low > 0 or other.high < 0):
        null = unknown_in(null, divisor == 0)
        divisor = np.where(divisor == 0, 1, divisor)
    if one.low >= 0 and other.low > 0:
        return Numbers(one.values % divisor if rest else one.values // divisor, null)
    quotient = np.abs(one.values) // np.abs(divisor)
    quotient = np.where((one.values < 0) != (divisor < 0), -quotient, quotient)
    return Numbers(one.values - quotient * divisor if rest else quotient, null)


def _fitting(largest: int, one: Ints, other: Ints) -> tuple[Ints, Ints]:
    """Both as they are when results up to `largest` fit 64 bits, else as whole numbers of any size."""
    return (one, other) if largest <= LARGEST else (one.astype(object), other.astype(object))


def broad(value: Value, rows: int) -> Value:
    """A value that is the same everywhere, in every row."""
    if isinstance(value, Flags) and not value.true.ndim:
        true = np.full(rows, value.true)
        return Flags(true, true if value.may is value.true else np.full(rows, value.may))
    if isinstance(value, Numbers) and not value.values.ndim:
        null = None if value.null is None else np.full(rows, value.null)
        return Numbers(np.full(rows, value.values), null, value.scale)
    return value


# To and from Arrow


def unknown(kind: Any, rows: int) -> Value:
    """What is unknown in every row, by its Arrow type: but for texts one value for all of them."""
    if pa.types.is_string(kind):
        return Texts(pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int32()), pa.array([], kind)))
    if pa.types.is_boolean(kind):
        return UNKNOWN
    return Numbers(NOTHING.values, NOTHING.null, kind.scale if pa.types.is_decimal(kind) else 0)


def nulls_of(array: Any) -> Bools | None:
    if not array.null_count:
        return None
    kept = array.buffers()[0]
    if kept is None:  # an array of nothing but NULL has no list of what is known
        found: Bools = pc.is_null(array).to_numpy(zero_copy_only=False)
        return found
    return ~_bits(kept, array.offset, len(array))


def _bits(buffer: Any, offset: int, rows: int) -> Bools:
    """Arrow's bits as flags of a byte each."""
    first = offset // 8
    held = np.frombuffer(buffer, np.uint8, (offset + rows + 7) // 8 - first, first)
    return np.unpackbits(held, bitorder="little")[offset % 8 : offset % 8 + rows].view(np.bool_)


def from_arrow(array: Any) -> Value:
    """The values of an Arrow array of flags, whole numbers, decimals or texts."""
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_dictionary(kind):
        return Texts(array)
    null = nulls_of(array)
    if pa.types.is_boolean(kind):
        true = _bits(array.buffers()[1], array.offset, len(array)) if len(array) else np.zeros(0, np.bool_)
        return Flags.of(true, null)
    if pa.types.is_decimal(kind):
        return Numbers(_units(array), null, kind.scale)
    return Numbers(_whole(array, np.int64, null), null)


def _whole(array: Any, kind: Any, null: Bools | None) -> Any:
    """Whole numbers of an Arrow array, 0 in rows that are `null`."""
    if not len(array):
        return np.zeros(0, kind)
    if not pa.types.is_signed_integer(array.type):
        array = array.cast(pa.int64())
    width = np.dtype(f"i{array.type.bit_width // 8}")
    held = np.frombuffer(array.buffers()[1], width, len(array), array.offset * width.itemsize)
    if null is not None:
        held = held * (~null).view(np.int8)  # before they are widened: half the bytes
    return held.astype(kind, copy=False)


def _units(array: Any) -> Ints:
    """Decimals of 128 bits as multiples of their last digit."""
    if array.type.precision > 18:
        return np.array([0 if v is None else int(v.scaleb(array.type.scale)) for v in array.to_pylist()], object)
    if not len(array):
        return np.zeros(0, np.int64)
    halves = np.frombuffer(array.buffers()[1], "<i8")  # the lower half holds all of it
    units = halves[2 * array.offset : 2 * (array.offset + len(array)) : 2]
    null = nulls_of(array)
    return units.copy() if null is None else units * ~null


def to_arrow(value: Value, kind: pa.DataType | None = None) -> Any:
    """As an Arrow array of its own type or, where it is a number, of `kind`."""
    if isinstance(value, Texts):
        return value.plain()
    if isinstance(value, Flags):
        return pa.array(value.true, mask=value.null)
    if not value.scale:
        return pa.array(value.values, kind, mask=value.null)
    if value.values.dtype == object:
        exact = [Decimal(int(v)).scaleb(-value.scale) for v in value.values.tolist()]
        return pa.array(exact, pa.decimal128(38, value.scale), mask=value.null)
    halves: Any = np.empty((len(value.values), 2), "<i8")
    halves[:, 0], halves[:, 1] = value.values, value.values >> 63
    known = None if value.null is None else pa.array(~value.null).buffers()[1]
    return pa.Array.from_buffers(kind or pa.decimal128(18, value.scale), len(halves), [known, pa.py_buffer(halves)])
