"""Identity numbers by the column: the same judgement as `common.identity`, a million at a time.

Only numbers that are not plainly good are looked at one by one.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from bangfu.common.identity import Identity, IdFault, read
from bangfu.registry.intake.arrow import Values, pc

WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int32)
# The check character for a weighted sum modulo 11 (GB 11643).
CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
EPOCH = date(1970, 1, 1).toordinal()


@dataclass
class Identities:
    """What the numbers of a column say, row by row; null where a number is missing or faulty. `faults` by position."""

    birth_date: Values
    sex: Values
    category: Values
    grade: Values
    faults: dict[int, IdFault]


def read_column(numbers: Values) -> Identities:
    """The identities behind a column of numbers (text, null for unknown)."""
    whole = numbers.combine_chunks() if isinstance(numbers, pa.ChunkedArray) else numbers
    rows = len(whole)
    birth = np.zeros(rows, dtype=np.int32)
    sex = np.zeros(rows, dtype=np.uint8)
    good = np.zeros(rows, dtype=bool)
    plain = pc.fill_null(pc.match_substring_regex(whole, "^[0-9]{17}[0-9X]$"), False)
    at: Any = np.flatnonzero(plain.to_numpy(zero_copy_only=False))
    if len(at):
        born, sexes, fine = _judge(whole.take(pa.array(at, pa.int64())))
        birth[at], sex[at], good[at] = born, sexes, fine
    faults: dict[int, IdFault] = {}
    category: list[str | None] | None = None
    grade: list[str | None] = []
    present = pc.and_(pc.is_valid(whole), pc.not_equal(whole, "")).to_numpy(zero_copy_only=False)
    rest: Any = np.flatnonzero(present.astype(bool) & ~good)
    if len(rest):
        category, grade = [None] * rows, [None] * rows
        for position, text in zip(rest.tolist(), whole.take(pa.array(rest, pa.int64())).to_pylist(), strict=True):
            answer: Identity | IdFault = read(text)
            if isinstance(answer, IdFault):
                faults[position] = answer
                continue
            birth[position] = answer.birth_date.toordinal() - EPOCH
            sex[position] = int(answer.sex)
            good[position] = True
            category[position], grade[position] = answer.disability_category or None, answer.disability_grade or None
    empty: Any = pa.nulls(rows, pa.string())
    return Identities(
        birth_date=pa.array(birth, pa.int32(), mask=~good).cast(pa.date32()),
        sex=pa.DictionaryArray.from_arrays(pa.array(sex, pa.int8(), mask=~good), pa.array(["0", "1", "2"])).cast(
            pa.string()
        ),
        category=empty if category is None else pa.array(category, pa.string()),
        grade=empty if category is None else pa.array(grade, pa.string()),
        faults=faults,
    )


def _judge(numbers: Values) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days of birth since 1970, sexes, and whether good, of numbers that are 18 characters each."""
    compact = pa.concat_arrays([numbers])
    data = np.frombuffer(compact.buffers()[2], dtype=np.uint8)[: 18 * len(compact)].reshape(-1, 18)
    digits = (data[:, :17] - 48).astype(np.int32)
    right = CHECKS[(digits @ WEIGHTS) % 11] == data[:, 17]
    year = digits[:, 6] * 1000 + digits[:, 7] * 100 + digits[:, 8] * 10 + digits[:, 9]
    month, day = digits[:, 10] * 10 + digits[:, 11], digits[:, 12] * 10 + digits[:, 13]
    possible = (year >= 1900) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(possible, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    born = months.astype("datetime64[D]").astype(np.int32) + day - 1
    next_month = (months + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int32)
    today = date.today().toordinal() - EPOCH
    fine = right & possible & (born < next_month) & (born <= today)
    sexes = np.where(digits[:, 16] % 2 == 1, 1, 2)
    return born, sexes, fine
