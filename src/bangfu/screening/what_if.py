"""What if a figure or a rule were different: who would be found that is not found today, who no longer, at what cost.

Two books are run over the same snapshot, only the rules in which they differ, and what they find is compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
from pyarrow import parquet

from bangfu.common.policy import Source
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import FigureValue
from bangfu.screening import engine
from bangfu.screening.outcomes import ROWS
from bangfu.screening.what_if_errors import FigureNotKnown, NothingDepends
from bangfu.snapshot.store import Snapshot

# The stubs of Arrow say of its functions what they take less truly than they do.
pc: Any = pyarrow.compute

SUBJECT = ("village_code", "household_id", "member_id", "record_id")


@dataclass(frozen=True)
class RuleChange:
    """What becomes of one rule: rows found before and after, and those that come in or go out."""

    rule: str
    before: int
    after: int
    entering: int
    leaving: int


@dataclass(frozen=True)
class AreaChange:
    """The same for an area (the first digits of its code) over the households touched, each counted once; `people` are
    the members of those households."""

    code: str
    households_in: int
    people_in: int
    households_out: int
    people_out: int


@dataclass(frozen=True)
class Change:
    """The whole answer. `cost` in yuan a year, None when no amount per head was given; it is below 0 where more people
    go out than come in."""

    rules: Sequence[RuleChange]
    areas: Sequence[AreaChange]
    total: AreaChange
    cost: Decimal | None
    not_run: Mapping[str, str]


def with_figures(book: RuleBook, values: Mapping[str, Decimal], region: str, day: date) -> RuleBook:
    """The book in which each figure has another value from `day` on, in `region` and everywhere below it.

    Raises FigureNotKnown.
    """
    figures = dict(book.figures)
    for name, value in values.items():
        if name not in figures:
            raise FigureNotKnown(figure=name, figures="、".join(sorted(figures)))
        supposed = FigureValue(value=value, region=region, **{"from": day}, source=Source(document="what-if"))
        kept = tuple(
            v for v in figures[name].values if not (v.region.startswith(region) and (v.end is None or v.end >= day))
        )
        figures[name] = figures[name].model_copy(update={"values": (*kept, supposed)})
    return replace(book, figures=figures, sha256="")


def differing(before: RuleBook, after: RuleBook) -> list[str]:
    """The rules that the two books do not hold alike: another text, another feature, or another value of a figure."""
    both = before.rules.keys() & after.rules.keys()
    return [
        rule
        for rule in sorted(before.rules.keys() | after.rules.keys())
        if rule not in both or _all_of(before, rule) != _all_of(after, rule)
    ]


def _all_of(book: RuleBook, rule: str) -> tuple[object, ...]:
    return (
        book.rules[rule],
        book.features_used(rule),
        tuple(book.figures[name] for name in sorted(book.figures_used(rule))),
        tuple(ending for ending in book.endings if ending.id == rule or ending.id in book.figures_used(rule)),
        {other.id for other in book.rules.values() if other.replaces == rule},
    )


def what_if(
    snapshot: Snapshot,
    before: RuleBook,
    after: RuleBook,
    *,
    as_of: date,
    folder: Path,
    place: str = "",
    lists: Path | None = None,
    rules: Sequence[str] | None = None,
    amount_per_head: Decimal | None = None,
    digits: int = 9,
) -> Change:
    """What `after` finds that `before` does not, and the other way round.

    `rules` narrows the comparison to some of the rules that differ; `digits` is how many digits of the area code tell
    the areas of the answer apart (6 counties, 9 townships, 12 villages). `folder` holds both runs and is the caller's
    to remove. Raises NothingDepends when no rule differs.
    """
    compared = [rule for rule in differing(before, after) if rules is None or rule in rules]
    if not compared:
        raise NothingDepends()
    then = _found(snapshot, before, as_of, folder / "before", place, lists, compared)
    now = _found(snapshot, after, as_of, folder / "after", place, lists, compared)
    coming, going = _only_in(now, then), _only_in(then, now)
    people = _people(snapshot, place)
    areas = _areas(coming, going, people, digits)
    total = _sum("", areas)
    return Change(
        rules=[
            RuleChange(rule, _count(then, rule), _count(now, rule), _count(coming, rule), _count(going, rule))
            for rule in compared
        ],
        areas=areas,
        total=total,
        cost=None if amount_per_head is None else amount_per_head * (total.people_in - total.people_out),
        not_run={},
    )


def _found(
    snapshot: Snapshot, book: RuleBook, as_of: date, folder: Path, place: str, lists: Path | None, rules: Sequence[str]
) -> pa.Table:
    counties = {county for part in snapshot.parts(place) for county in part.counties if county.startswith(place[:6])}
    held = {rule.id for county in counties for rule in book.in_force(as_of, max(county, place))}
    known = [rule for rule in rules if rule in held]
    if not known:
        return ROWS.empty_table().select(["rule", *SUBJECT])
    outcomes = engine.screen(snapshot, book, as_of=as_of, place=place, out=folder, lists=lists, rules=known)
    return outcomes.rows(place=place).select(["rule", *SUBJECT])


def _only_in(one: pa.Table, other: pa.Table) -> pa.Table:
    """The rows of one run that the other has not. Empty keys (a village has no household) are made comparable."""
    keys = ["rule", *SUBJECT]
    return _filled(one).join(_filled(other), keys=keys, join_type="left anti")


def _filled(rows: pa.Table) -> pa.Table:
    columns = [
        pc.fill_null(rows[name], "" if pa.types.is_string(rows.schema.field(name).type) else -1)
        for name in rows.column_names
    ]
    return pa.table(dict(zip(rows.column_names, columns, strict=True)))


def _count(rows: pa.Table, rule: str) -> int:
    return int(pc.sum(pc.equal(rows["rule"], rule)).as_py() or 0)


def _people(snapshot: Snapshot, place: str) -> dict[int, int]:
    """How many people live in each household of the place."""
    found: dict[int, int] = {}
    for part in snapshot.parts(place):
        table = parquet.read_table(part.path("household"), columns=["household_id", "members_count"])
        columns: list[Any] = [table[name].to_pylist() for name in table.column_names]
        found.update(zip(*columns, strict=True))
    return found


def _areas(coming: pa.Table, going: pa.Table, people: Mapping[int, int], digits: int) -> list[AreaChange]:
    households: list[dict[str, set[int]]] = []
    for rows in (coming, going):
        by_area: dict[str, set[int]] = {}
        columns: list[Any] = [rows[name].to_pylist() for name in ("village_code", "household_id")]
        for code, household in zip(*columns, strict=True):
            if household >= 0:
                by_area.setdefault(code[:digits], set()).add(household)
        households.append(by_area)
    coming_by, going_by = households
    return [
        AreaChange(
            code,
            len(coming_by.get(code, ())),
            sum(people.get(each, 0) for each in coming_by.get(code, ())),
            len(going_by.get(code, ())),
            sum(people.get(each, 0) for each in going_by.get(code, ())),
        )
        for code in sorted({*coming_by, *going_by})
    ]


def _sum(code: str, areas: Sequence[AreaChange]) -> AreaChange:
    return AreaChange(
        code,
        sum(a.households_in for a in areas),
        sum(a.people_in for a in areas),
        sum(a.households_out for a in areas),
        sum(a.people_out for a in areas),
    )
