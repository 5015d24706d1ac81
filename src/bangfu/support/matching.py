"""Who should help whom: an exact proposal for any number of households. Pure; nothing here knows of the database.

Every household gets exactly one main helper, nobody more than their rank allows. Of all such pairings the best is
wanted, by these questions in this order:

    1  as few households without a helper as possible
    2  as many pairs as possible that exist already
    3  helpers as near as possible: the sum of `steps`, where whoever is in charge of a village is at home in it, and
       with a unit all of its people: that keeps a unit together
    4  as few helpers as possible above the usual number of households of their rank while others are below

Households of a village are alike, and so are helpers of one unit with the same places: who is alike is counted
together. What is left is a flow from villages, up the tree of areas as far as need be, to groups of helpers. It is
solved by linear programming, question after question, each time holding on to the answers before. Such programmes are
networks, so their corners are whole numbers: the answer is the best there is, not an approximation. Within a group
neighbouring households then go to the same person.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bangfu.common.places import Level, span

if TYPE_CHECKING:
    from scipy.sparse import csr_array  # two seconds to import: only where a proposal is made

Vector = npt.NDArray[np.float64]


class Unsolved(RuntimeError):
    """The solver gave up, or gave what is no whole number: a fault of the program."""


@dataclass(frozen=True)
class Needy:
    """A household that needs a main helper: the place of its village, and the helper it has (None: nobody who counts).
    Those that come first keep their helper first, where a helper cannot keep all."""

    id: int
    village: int
    helper: int | None = None


@dataclass(frozen=True)
class Candidate:
    """A helper with room for so many of the households asked about. `least` is the usual number for the rank, `places`
    where the helper is at home: the own place, and the villages that the helper or the unit is in charge of."""

    id: int
    unit: int
    room: int
    least: int
    places: frozenset[int]


@dataclass(frozen=True)
class Pair:
    """Household, helper, and how far apart: 0 in the same village, 1 in the same township, 2 in the same county …"""

    household: int
    helper: int
    steps: int
    kept: bool


@dataclass
class Matching:
    """`lacking`: by the place of a village, how many of its households find nobody; empty when everybody has one."""

    pairs: list[Pair] = field(default_factory=list)
    lacking: dict[int, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        return sum(pair.kept for pair in self.pairs)

    @property
    def steps(self) -> int:
        return sum(pair.steps for pair in self.pairs)


def steps_between(village: int, places: Iterable[int]) -> int:
    """How many levels one must go up from a village until the area holds one of the places; 5 when not even the
    province does."""
    for level in range(Level.VILLAGE, 0, -1):
        width = span(level)
        if any(place // width == village // width for place in places):
            return Level.VILLAGE - level
    return int(Level.VILLAGE)


def match(needy: Sequence[Needy], candidates: Sequence[Candidate], farthest: int = Level.COUNTY) -> Matching:
    """The best pairing; new pairs lie within one area of level `farthest`. Raises Unsolved."""
    if not needy:
        return Matching()
    return _Problem(needy, candidates, farthest).solved()


# A group of helpers who are alike: the unit, and where they are at home.
_Key = tuple[int, frozenset[int]]
# An area above households: its level and place.
_Node = tuple[int, int]


@dataclass
class _Group:
    helpers: list[Candidate] = field(default_factory=list)
    room: int = 0
    free_usual: int = 0  # how many may be added before somebody has more than is usual


class _Columns:
    """The columns of a linear programme, as they are added: bounds, and the rows in which each stands."""

    def __init__(self) -> None:
        self.upper: list[float] = []
        self.entries: list[tuple[int, int, int]] = []

    def add(self, upper: float, *rows: tuple[int, int]) -> int:
        """A column from 0 to `upper` that stands in these (row, factor); its number."""
        number = len(self.upper)
        self.upper.append(upper)
        self.entries += [(row, number, factor) for row, factor in rows]
        return number


class _Problem:
    def __init__(self, needy: Sequence[Needy], candidates: Sequence[Candidate], farthest: int) -> None:
        self.needy, self.farthest = needy, min(farthest, int(Level.VILLAGE))
        self.by_id = {candidate.id: candidate for candidate in candidates}
        self.demand = Counter(each.village for each in needy)
        self.villages = sorted(self.demand)
        held: Counter[int] = Counter(each.helper for each in needy if each.helper in self.by_id)
        self.overfull = {id for id, number in held.items() if number > self.by_id[id].room}
        self.groups: dict[_Key, _Group] = defaultdict(_Group)
        for candidate in sorted(candidates, key=lambda each: each.id):
            group = self.groups[self.key(candidate)]
            group.helpers.append(candidate)
            group.room += candidate.room
            group.free_usual += max(min(candidate.least, candidate.room) - held[candidate.id], 0)
        self.keys = sorted(self.groups, key=lambda key: (key[0], sorted(key[1])))
        self.near: dict[tuple[int, frozenset[int]], int] = {}
        self._lay_out()

    @staticmethod
    def key(candidate: Candidate) -> _Key:
        return candidate.unit, candidate.places

    def steps(self, village: int, places: frozenset[int]) -> int:
        found = self.near.get((village, places))
        if found is None:
            found = self.near[village, places] = steps_between(village, places)
        return found

    def _lay_out(self) -> None:
        """Rows: one for each area (what comes in goes out), one for each group (what comes is usual or beyond), then
        the limits of groups and of helpers who have too many. Columns: what is kept, what goes from an area to a group,
        what goes up, what is usual and beyond, and who finds nobody."""
        levels = range(Level.VILLAGE, self.farthest - 1, -1)
        nodes: list[_Node] = sorted({(level, v - v % span(level)) for v in self.villages for level in levels})
        self.nodes = {node: row for row, node in enumerate(nodes)}
        balance = {key: len(nodes) + number for number, key in enumerate(self.keys)}
        equal = len(nodes) + len(self.keys)
        limit = {key: equal + number for number, key in enumerate(self.keys)}
        own = {id: equal + len(self.keys) + number for number, id in enumerate(sorted(self.overfull))}
        columns = _Columns()

        self.keeps: dict[tuple[int, _Key, int | None], int] = {}
        olds = Counter(
            (each.village, self.key(helper), each.helper if each.helper in self.overfull else None)
            for each in self.needy
            if each.helper is not None and (helper := self.by_id.get(each.helper))
        )
        self.keep_steps: dict[int, int] = {}
        for (village, key, id), number in sorted(olds.items(), key=lambda each: (each[0][0], each[0][1][0], str(each))):
            rows = [
                (self.nodes[Level.VILLAGE, village], 1),
                (limit[key], 1),
                *([(own[id], 1)] if id is not None else []),
            ]
            column = self.keeps[village, key, id] = columns.add(number, *rows)
            self.keep_steps[column] = self.steps(village, key[1])

        self.takes: dict[tuple[_Node, _Key], int] = {}
        for key in self.keys:
            for node in sorted({(level, place - place % span(level)) for place in key[1] for level in levels}):
                if node in self.nodes:
                    self.takes[node, key] = columns.add(np.inf, (self.nodes[node], 1), (balance[key], 1))
        self.ups: dict[_Node, int] = {}
        for level, place in nodes:
            above = (level - 1, place - place % span(level - 1))
            if above in self.nodes:
                self.ups[level, place] = columns.add(np.inf, (self.nodes[level, place], 1), (self.nodes[above], -1))
        self.beyond = []
        for key in self.keys:
            columns.add(self.groups[key].free_usual, (balance[key], -1), (limit[key], 1))
            self.beyond.append(columns.add(np.inf, (balance[key], -1), (limit[key], 1)))
        self.nobody = {v: columns.add(np.inf, (self.nodes[Level.VILLAGE, v], 1)) for v in self.villages}

        from scipy.sparse import csr_array

        self.upper = np.array(columns.upper)
        self.equal = equal
        at, cols, factors = zip(*columns.entries, strict=True)
        shape = (equal + len(limit) + len(own), len(columns.upper))
        self.matrix = csr_array((np.array(factors, float), (np.array(at), np.array(cols))), shape=shape)
        demand = [self.demand[place] if level == Level.VILLAGE else 0 for level, place in nodes]
        self.right = np.array(
            [*demand, *(0 for _ in self.keys), *(self.groups[key].room for key in self.keys)]
            + [self.by_id[id].room for id in own],
            float,
        )

    # --- the four questions ------------------------------------------------------------------------------------------

    def solved(self) -> Matching:
        counts = self._best(self._questions())
        kept, flows = self._read(counts)
        return self._named(kept, flows, counts)

    def _questions(self) -> Iterator[Vector]:
        """What is to be as small as possible: the four questions two by two, the first of two with a weight that the
        second can never make up for.

        Two answers differ by cycles through the network, each of which meets an area or a group at most once. Such a
        cycle saves one household from being without, for at most two pairs of each village it comes through; or one
        step, for one household beyond the usual of each group.
        """
        for first, second in (
            (dict.fromkeys(self.nobody.values(), 1), dict.fromkeys(self.keeps.values(), -1)),
            ({**dict.fromkeys(self.ups.values(), 1), **self.keep_steps}, dict.fromkeys(self.beyond, 1)),
        ):
            weight = 2 * max(len(self.villages), len(self.keys)) + 1
            cost = np.zeros(len(self.upper))
            for column, value in first.items():
                cost[column] += weight * value
            for column, value in second.items():
                cost[column] += value
            yield cost

    def _best(self, questions: Iterable[Vector]) -> npt.NDArray[np.int64]:
        from scipy.sparse import csr_array, vstack

        matrix, right = self.matrix[self.equal :], self.right[self.equal :]
        answer = np.zeros(len(self.upper))
        for cost in questions:
            answer = self._asked(cost, matrix, right)
            # Whatever is asked next, this answer must not get worse. It lies on a face of the network's polytope, the
            # corners of which are corners of the whole: they stay whole numbers.
            matrix = vstack([matrix, csr_array(cost.reshape(1, -1))], format="csr")
            right = np.append(right, float(cost @ answer))
        return answer.astype(np.int64)

    def _asked(self, cost: Vector, matrix: "csr_array", right: Vector) -> Vector:
        """A corner at which the cost is least, in whole numbers. The interior way is several times faster on a county;
        should it not end in a corner, the simplex does."""
        from scipy.optimize import linprog

        for method in ("highs-ipm", "highs-ds"):
            found = linprog(
                cost,
                A_ub=matrix,
                b_ub=right,
                A_eq=self.matrix[: self.equal],
                b_eq=self.right[: self.equal],
                bounds=np.column_stack([np.zeros(len(self.upper)), self.upper]),
                method=method,
            )
            if found.x is None:
                continue
            whole = np.rint(found.x)
            if abs(float(cost @ whole) - found.fun) < 0.5 and np.abs(self._off(whole)).max(initial=0.0) == 0:
                return np.asarray(whole)
        raise Unsolved(found.message)

    def _off(self, counts: Vector) -> Vector:
        """By how much each row is violated."""
        off = self.matrix @ counts - self.right
        off[self.equal :] = np.maximum(off[self.equal :], 0)
        return np.asarray(off)

    # --- from numbers to people --------------------------------------------------------------------------------------

    def _read(
        self, counts: npt.NDArray[np.int64]
    ) -> tuple[dict[tuple[int, _Key, int | None], int], dict[_Key, list[tuple[int, int]]]]:
        """How many pairs are kept, and for each group how many new households of which villages, as they lie."""
        kept = {old: int(counts[column]) for old, column in self.keeps.items()}
        by_node: dict[_Node, list[tuple[_Key, int]]] = defaultdict(list)
        for (node, key), column in self.takes.items():
            if counts[column]:
                by_node[node].append((key, int(counts[column])))
        waiting: dict[_Node, list[tuple[int, int]]] = defaultdict(list)
        leaving = Counter[int]()
        for (home, _key, _id), number in kept.items():
            leaving[home] += number
        for village in self.villages:
            free = self.demand[village] - leaving[village] - int(counts[self.nobody[village]])
            waiting[Level.VILLAGE, village] = [(village, free)]
        flows: dict[_Key, list[tuple[int, int]]] = defaultdict(list)
        for node in sorted(self.nodes, key=lambda node: (-node[0], node[1])):
            rest = [(village, number) for village, number in waiting[node] if number]
            for key, number in by_node[node]:
                taken, rest = _split(rest, number)
                flows[key] += taken
            level, place = node
            waiting[level - 1, place - place % span(level - 1)] += rest
        return kept, flows

    def _named(
        self,
        kept: Mapping[tuple[int, _Key, int | None], int],
        flows: Mapping[_Key, list[tuple[int, int]]],
        counts: npt.NDArray[np.int64],
    ) -> Matching:
        found = Matching()
        left = dict(kept)
        load: Counter[int] = Counter()
        free: dict[int, list[int]] = defaultdict(list)
        for each in self.needy:
            helper = self.by_id.get(each.helper) if each.helper is not None else None
            old = (
                (each.village, self.key(helper), helper.id if helper.id in self.overfull else None) if helper else None
            )
            if helper is not None and old is not None and left[old] > 0:
                left[old] -= 1
                load[helper.id] += 1
                found.pairs.append(Pair(each.id, helper.id, self.steps(each.village, helper.places), True))
            else:
                free[each.village].append(each.id)
        for key in self.keys:
            seats = _seats(self.groups[key].helpers, load)
            for village, number in sorted(flows.get(key, ())):
                homes, free[village] = free[village][:number], free[village][number:]
                steps = self.steps(village, key[1])
                found.pairs += [Pair(home, next(seats), steps, False) for home in homes]
        found.lacking = {v: int(counts[column]) for v, column in self.nobody.items() if counts[column]}
        return found


def _split(rows: list[tuple[int, int]], number: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The first `number` households of these (village, number), and the rest."""
    taken: list[tuple[int, int]] = []
    rest: list[tuple[int, int]] = []
    for village, here in rows:
        some = min(here, number)
        number -= some
        if some:
            taken.append((village, some))
        if here - some:
            rest.append((village, here - some))
    return taken, rest


def _seats(helpers: Sequence[Candidate], load: Mapping[int, int]) -> Iterator[int]:
    """Who takes the next household: everybody up to the usual number first, one person after the other, then up to the
    limit."""
    for helper in helpers:
        usual = min(helper.least, helper.room)
        yield from [helper.id] * max(usual - load.get(helper.id, 0), 0)
    for helper in helpers:
        usual = min(helper.least, helper.room)
        yield from [helper.id] * (helper.room - max(usual, load.get(helper.id, 0)))
