"""Figures and rules by region: what holds in which part of a batch, as literals where one value holds for all of it.

A place is told by the beginning of its village code. Places in which no figure and no rule differs form one class, so
that a province of a hundred counties costs no more than one county.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

from sqlglot import exp

from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.errors import FigureUnknown

COUNTY = 6  # digits of a county's code
Value = TypeVar("Value")


@dataclass(frozen=True)
class Split(Generic[Value]):
    """What holds where: `elsewhere` for all rows but those of the cases, in which the first that holds is taken.
    A case is a tuple of beginnings of village codes of one length ("" stands for a village without a code)."""

    elsewhere: Value
    cases: tuple[tuple[tuple[str, ...], Value], ...] = ()

    def choose(self, column: str, show: Callable[[Value], str]) -> str:
        """SQL for the value of a row whose village code stands in `column`."""
        if not self.cases:
            return show(self.elsewhere)
        whens = " ".join(f"WHEN {_in_place(column, places)} THEN {show(value)}" for places, value in self.cases)
        return f"(CASE {whens} ELSE {show(self.elsewhere)} END)"

    def values(self) -> list[Value]:
        return [self.elsewhere, *(value for _places, value in self.cases)]


def _in_place(column: str, places: tuple[str, ...]) -> str:
    known = [place for place in places if place]
    listed = ", ".join(f"'{place}'" for place in known)
    tests = [f"coalesce(substr({column}, 1, {len(known[0])}) IN ({listed}), FALSE)"] if known else []
    return " OR ".join([*tests, f"{column} IS NULL"] if "" in places else tests)


@dataclass
class Regions:
    """Looks figures and rules up by place, each class of places once."""

    book: RuleBook
    day: date
    _prefixes: frozenset[str] = field(init=False)
    _rules: dict[str, frozenset[str]] = field(init=False, default_factory=dict)
    _figures: dict[tuple[str, str], Decimal | None] = field(init=False, default_factory=dict)
    _classes: dict[tuple[str, ...], dict[str, list[str]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._prefixes = self.book.regions

    def figure(self, name: str, place: str) -> Decimal | None:
        """The figure in a place on the day; None when nobody has said what it is."""
        key = (name, self._class_of(place))
        if key not in self._figures:
            try:
                self._figures[key] = self.book.figure(name, place, self.day)
            except FigureUnknown:
                self._figures[key] = None
        return self._figures[key]

    def in_force(self, rule: str, place: str) -> bool:
        key = self._class_of(place)
        if key not in self._rules:
            self._rules[key] = frozenset(each.id for each in self.book.in_force(self.day, place))
        return rule in self._rules[key]

    def _class_of(self, place: str) -> str:
        """The longest of the regions in which the place lies stands for all places that lie in no longer one."""
        return max((p for p in self._prefixes if place.startswith(p)), key=len, default="")

    def classes(self, counties: Iterable[str]) -> dict[str, list[str]]:
        """The counties given, and regions within them, by class: class -> beginnings of codes."""
        given = tuple(sorted(set(counties)))
        if given not in self._classes:
            self._classes[given] = self._classed(given)
        return self._classes[given]

    def _classed(self, counties: Iterable[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for county in counties:
            found.setdefault(self._class_of(county), []).append(county)
            for region in sorted(self._prefixes):
                if county and len(region) > len(county) and region.startswith(county):
                    found.setdefault(region, []).append(region)
        return found

    def split(self, counties: Iterable[str], look_up: Callable[[str], Value]) -> Split[Value]:
        """`look_up(place)` for every class of places among the counties."""
        classes = self.classes(counties) or {"": [""]}
        values: Mapping[str, Value] = {name: look_up(places[0]) for name, places in classes.items()}
        most = max(
            (name for name in classes if any(len(p) <= COUNTY for p in classes[name])), key=lambda n: len(classes[n])
        )
        cases = [
            (tuple(places), values[name])
            for name, places in sorted(classes.items(), key=lambda item: -max(len(p) for p in item[1]))
            if values[name] != values[most] or any(len(place) > COUNTY for place in places)
        ]
        # Within a region that differs, a smaller one may be as everywhere else: kept only where any case differs.
        if all(value == values[most] for _places, value in cases):
            cases = []
        return Split(values[most], tuple(case for each in cases for case in _of_one_length(*each)))


def _of_one_length(places: tuple[str, ...], value: Value) -> list[tuple[tuple[str, ...], Value]]:
    """Codes of a county and shorter or longer beginnings are compared separately; longest first."""
    by_length: dict[int, list[str]] = {}
    for place in places:
        by_length.setdefault(len(place), []).append(place)
    blank = by_length.pop(0, [])
    found = [(tuple(by_length[length]), value) for length in sorted(by_length, reverse=True)]
    if blank:
        found = [*found, (("",), value)]
    return found


def number(value: Decimal | None) -> exp.Expr:
    """A figure as a literal; NULL where it is unknown (rules that need it do not run there)."""
    if value is None:
        return exp.Null()
    written = exp.Literal.number(f"{abs(value):f}")
    return exp.Paren(this=exp.Neg(this=written)) if value < 0 else written
