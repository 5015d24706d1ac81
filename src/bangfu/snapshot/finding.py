"""Puts to the rows of one table what another table of the same part says of them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from bangfu.snapshot.orders import Found
from bangfu.snapshot.texts import Values

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
SPREAD = 16  # times as many numbers as keys fit into a list of all numbers


def completed(rows: pa.Table, found: Found, there: pa.Table) -> pa.Table:
    """The rows with the columns that are found in the table `there`; without those whose row there is needed, and is
    none."""
    at = places([rows[name] for name in found.by], [there[name] for name in found.key])
    if found.needed and at.null_count:
        rows, at = rows.filter(at.is_valid()).combine_chunks(), at.drop_null()
    for name, source in found.columns.items():
        rows = rows.append_column(name, there[source].combine_chunks().take(at))
    return rows


def places(rows: Sequence[Values], keys: Sequence[Values]) -> Values:
    """For every row where its key stands among `keys`, which are all different; null where it does not. Rows and keys
    are told by columns of whole numbers."""
    total = len(keys[0])
    if not total:
        return pa.nulls(len(rows[0]), pa.int64())
    own, there, size = np.zeros(len(rows[0]), np.int64), np.zeros(total, np.int64), 1
    known: Flags = np.ones(len(rows[0]), np.bool_)
    for row, key in zip(rows, keys, strict=True):
        numbers, ranks, width = _ranks(_whole(row), _whole(key))
        known &= _is_known(row) & (numbers >= 0)
        own, there, size = own * width + numbers, there * width + ranks, size * width
    own[~known] = 0
    found = _in_a_list(own, there, size) if size <= SPREAD * total else _sorted_out(own, there)
    known &= found >= 0
    return pa.array(found, pa.int64(), mask=~known)


def _ranks(rows: Numbers, keys: Numbers) -> tuple[Numbers, Numbers, int]:
    """Numbers from 0 on, below the third answer, that are the same for the same number; below 0 for one of the rows
    that is none of the keys."""
    least, most = int(keys.min()), int(keys.max())
    if most - least < SPREAD * len(keys):
        inside = (rows >= least) & (rows <= most)
        return np.where(inside, rows - least, -1), keys - least, most - least + 1
    different, ranks = np.unique(keys, return_inverse=True)
    at = np.minimum(np.searchsorted(different, rows), len(different) - 1)
    return np.where(different[at] == rows, at, -1), ranks, len(different)


def _in_a_list(rows: Numbers, keys: Numbers, size: int) -> Numbers:
    """Where each row stands among the keys, below 0 where it does not; all numbers are below `size`."""
    at = np.full(size, -1, np.int64)
    at[keys] = np.arange(len(keys))
    found: Numbers = at[rows]
    return found


def _sorted_out(rows: Numbers, keys: Numbers) -> Numbers:
    order = np.argsort(keys, kind="stable")
    at = np.minimum(np.searchsorted(keys[order], rows), len(keys) - 1)
    return np.where(keys[order][at] == rows, order[at], -1)


def _whole(values: Values) -> Numbers:
    filled: Values = values.fill_null(0)
    numbers: Numbers = filled.to_numpy().astype(np.int64)
    return numbers


def _is_known(values: Values) -> Flags:
    known: Flags = values.is_valid().to_numpy()
    return known
