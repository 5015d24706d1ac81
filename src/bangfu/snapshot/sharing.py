"""How rows are shared out among the parts of a snapshot: whole counties by their place, and rows that hang on those of
another table by the numbers of these."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from bangfu.snapshot.orders import TableOrder
from bangfu.snapshot.texts import Values

Orders = Mapping[str, TableOrder]
Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]

# A few counties: large enough to read and write fast, small enough for the memory of a small machine.
HOUSEHOLDS_A_PART = 60_000
# Numbers are given in the order in which rows arrive: those of a county lie together, but for what came later. To read
# what hangs on a stretch of numbers takes less than to look for what hangs on each.
STRETCHES = 50
WIDTH = 2  # times as wide may stretches be as so many numbers usually are: what else lies in them is read in vain
MOST = 20  # rows that hang on another on the average: people of a household, years, records of a person
NAMED = 20_000  # numbers in one question: SQLite takes a million signs at most
USUAL = 0.9  # of the steps from a number to the next, when they are put in order


def parts(counties: Sequence[tuple[int, int]], span: int) -> list[str]:
    """Conditions on `place` that share out all places: whole counties, in the order of places."""
    begins: list[int] = []
    held = 0
    for county, households in sorted(counties):
        if held >= HOUSEHOLDS_A_PART:
            begins.append(county * span)
            held = 0
        held += households
    edges = [None, *begins, None]
    return [
        " AND ".join([f"place >= {first}"] * (first is not None) + [f"place < {last}"] * (last is not None))
        for first, last in pairwise(edges)
    ]


def depth(table: TableOrder, orders: Orders) -> int:
    """How many tables a table hangs on, one on the other."""
    return 1 + depth(orders[table.leader.table], orders) if table.leader else 0


def selects(table: TableOrder, inside: str, leading: Values = None, *, scattered: bool = False) -> list[str]:
    """SELECTs that together give the rows of a table in the part `inside`. Where they hang on rows of another table,
    whose numbers in this part are `leading`, some of other parts may come with them, perhaps so many that the answer is
    `cut_off`; unless those numbers are `scattered` and every one is named."""
    if not inside:
        return [table.live]
    if not table.leader:
        return [_where(table, inside)]
    (by,), numbers = table.leader.by, leading.to_numpy()
    if scattered:
        return [_where(table, f"{by} IN ({listed})") for listed in _listed(numbers)]
    near = stretches(numbers) or [(0, -1)]
    found = " UNION ALL ".join(_where(table, f"{by} BETWEEN {first} AND {last}") for first, last in near)
    return [f"SELECT * FROM ({found}) near_ LIMIT {MOST * len(numbers) + 1}"]


def cut_off(inside: str, read: int, leading: int) -> bool:
    """Whether more than could be held in memory was found near the numbers of the part `inside`."""
    return bool(inside) and read > MOST * leading


def in_vain(read: int, kept: int) -> bool:
    """Whether so much of what was read belongs to other parts that numbers do not tell where rows are."""
    return read > WIDTH * kept


def stretches(numbers: Numbers) -> list[tuple[int, int]]:
    """Ranges that hold all the numbers, which are all different, and little more: the widest gaps are left out."""
    if len(numbers) < 2:
        return [(int(number), int(number)) for number in numbers]
    ordered = np.sort(numbers)
    steps = np.diff(ordered)
    widest = np.argsort(-steps, kind="stable")[: STRETCHES - 1]
    left = steps.sum() - np.concatenate([[0], np.cumsum(steps[widest])])
    enough = left <= WIDTH * len(steps) * np.quantile(steps, USUAL, method="lower")
    cuts = np.sort(widest[: np.argmax(enough) if enough.any() else len(widest)])
    return [
        (int(first), int(last)) for first, last in zip(ordered[[0, *(cuts + 1)]], ordered[[*cuts, -1]], strict=True)
    ]


def _listed(numbers: Numbers) -> list[str]:
    ordered = np.sort(numbers).tolist()
    return [", ".join(map(str, ordered[at : at + NAMED])) for at in range(0, len(ordered), NAMED)] or ["NULL"]


def _where(table: TableOrder, condition: str) -> str:
    return f"SELECT * FROM ({table.live}) rows_ WHERE {condition}"
