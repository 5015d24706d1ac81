"""The ways through a procedure: what can be reached, what lies before what, and the least days a way takes."""

from collections.abc import Callable, Iterator
from functools import cached_property

from bangfu.casework.procedures import Move, MoveKind, Procedure, Span, Step, Unit

MOST_WAYS = 5_000  # no procedure of law comes near; a file that does is a mistake, and is looked at no further
WEEK = 7
WORKING_WEEK = 5


class Graph:
    """The steps of a procedure and the moves between them. Every move leads to a known step."""

    def __init__(self, procedure: Procedure) -> None:
        self.procedure = procedure
        self.moves = {step.id: step.moves for step in procedure.steps}
        self._reached: dict[str, frozenset[str]] = {}

    def forward(self, step: str) -> tuple[Move, ...]:
        return tuple(move for move in self.moves[step] if move.kind is MoveKind.FORWARD)

    def forwards_from(self, step: str, without: Callable[[Move], bool] = lambda _move: False) -> set[str]:
        """What can be reached from a step (itself included), moves back and those of `without` left out."""
        found, waiting = {step}, [step]
        while waiting:
            for move in self.moves[waiting.pop()]:
                if move.kind is not MoveKind.BACK and not without(move) and move.to not in found:
                    found.add(move.to)
                    waiting.append(move.to)
        return found

    def reached_from(self, step: str) -> frozenset[str]:
        """What can be reached from a step by going forward, itself included."""
        if step not in self._reached:
            self._reached[step] = frozenset(self.forwards_from(step))
        return self._reached[step]

    def forward_ends_from(self, step: str) -> list[str]:
        """The ends that a step leads to by forward moves alone."""
        found, waiting = {step}, [step]
        while waiting:
            for move in self.forward(waiting.pop()):
                if move.to not in found:
                    found.add(move.to)
                    waiting.append(move.to)
        return [id for id in found if self.procedure.step(id).is_end]

    def before(self, step: str) -> list[str]:
        """The steps from which this one can be reached by going forward, in the order of the file."""
        return [each.id for each in self.procedure.steps if each.id != step and step in self.reached_from(each.id)]

    def forward_circle(self) -> list[str]:
        """Steps that lead back to their first by forward moves; none in a sound procedure."""
        done: set[str] = set()
        for start in self.moves:
            trail: list[str] = []
            left: list[list[str]] = [[start]]  # for each depth, the steps that are still to be looked at
            while left:
                if not left[-1]:
                    left.pop()
                    if trail:
                        done.add(trail.pop())
                    continue
                step = left[-1].pop()
                if step in trail:
                    return [*trail[trail.index(step) :], step]
                if step not in done:
                    trail.append(step)
                    left.append([move.to for move in self.forward(step)])
        return []

    def ways(self, to: str, start: str = "") -> Iterator[tuple[Step, ...]]:
        """The ways from the first step (or `start`) to `to` by forward moves, `to` included; at most MOST_WAYS.
        Needs a procedure without forward circles."""
        reach = self._leading_to(to)
        waiting: list[tuple[str, ...]] = [(start or self.procedure.first.id,)]
        found = 0
        while waiting and found < MOST_WAYS:
            way = waiting.pop()
            if way[-1] == to:
                found += 1
                yield tuple(self.procedure.step(id) for id in way)
                continue
            waiting += [
                (*way, next_step) for next_step in {m.to: None for m in self.forward(way[-1])} if next_step in reach
            ]

    def _leading_to(self, to: str) -> set[str]:
        found = {to}
        while True:
            more = {s for s, _moves in self.moves.items() if any(m.to in found for m in self.forward(s))} - found
            if not more:
                return found
            found |= more

    @cached_property
    def order(self) -> list[str]:
        """The steps with those before them first, as the file has them where either would do."""
        return [step.id for step in sorted(self.procedure.steps, key=lambda step: len(self.before(step.id)))]


def shortest(graph: Graph, to: str, since: str = "opened") -> tuple[int, list[str]] | None:
    """The least calendar days from `since` to the completion of `to` in ordinary weeks, on the way that takes least,
    and that way; None when there is none. Days of postings and the minimums of the clocks count; a working day is the
    less than a calendar day the fewer weekends lie in between, so the fewest are taken."""
    best: tuple[int, list[str]] | None = None
    for way in graph.ways(to):
        ids = [step.id for step in way]
        done = _done(way)
        begin = (
            len(way) - 2 if since == "" else (-1 if since == "opened" else (ids.index(since) if since in ids else None))
        )
        if begin is None:
            continue
        days = done[-1] - (done[begin] if begin >= 0 else 0)
        if best is None or days < best[0]:
            best = (days, ids)
    return best


def _done(way: tuple[Step, ...]) -> list[int]:
    """On which day after the opening each step of a way is done at the earliest."""
    done: list[int] = []
    at: dict[str, int] = {"opened": 0}
    for step in way:
        before = done[-1] if done else 0
        days = before
        if step.posting is not None:
            days = max(days, before + earliest_days(step.posting.days, step.posting.unit))
        for span in step.clocks:
            days = max(days, _not_before(span, at, before))
        done.append(days)
        at[step.id] = days
    return done


def _not_before(span: Span, at: dict[str, int], before: int) -> int:
    since = at.get(span.since) if span.since else before
    if span.minimum is None or since is None:
        return 0
    return since + earliest_days(span.minimum, span.unit)


def earliest_days(days: int, unit: Unit) -> int:
    """The fewest calendar days in which so many days of the unit pass, in ordinary weeks: five working days fill
    Monday to Friday, the sixth is the Monday after.

    >>> [earliest_days(n, Unit.WORKING) for n in (0, 1, 5, 6, 10, 11)]
    [0, 1, 5, 8, 12, 15]
    """
    if unit is Unit.CALENDAR or days <= 0:
        return max(days, 0)
    return days + (WEEK - WORKING_WEEK) * ((days - 1) // WORKING_WEEK)
