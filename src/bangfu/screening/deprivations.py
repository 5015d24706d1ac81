"""The multidimensional index of a snapshot: deprivations declared in `policy/china/measures/`, found like rules.

Each indicator runs as a rule of grain household through the same engine, so that features, figures of the place and
unknown answers mean what they mean everywhere else.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from django.utils.translation import gettext as _
from pyarrow import parquet

from bangfu.common.errors import PolicyFileWrong
from bangfu.common.policy import Label, Source, Strict, read_yaml
from bangfu.rulebook.book import RuleBook, RuleParts
from bangfu.rulebook.models import Purpose, Rule, Severity
from bangfu.screening import engine
from bangfu.screening.measuring import NOWHERE, groups_of, one_group
from bangfu.screening.measuring_errors import NothingToMeasure
from bangfu.screening.multidimensional import DEPRIVED, NOT_DEPRIVED, UNKNOWN, Index, multidimensional
from bangfu.snapshot.store import Snapshot

# The stubs of Arrow say of its functions what they take less truly than they do.
pc: Any = pyarrow.compute

# The ids under which indicators run; no rule of a policy file looks like this.
PREFIX = "MPI-"


class Indicator(Strict):
    id: str
    label: Label
    weight: float
    deprived: str


class Dimension(Strict):
    id: str
    label: Label
    weight: float
    indicators: tuple[Indicator, ...]


class Deprivations(Strict):
    """The whole file: dimensions with their indicators, and the share of deprivations from which one is poor."""

    source: Source
    cutoff: float
    dimensions: tuple[Dimension, ...]

    def indicators(self) -> Mapping[str, Indicator]:
        return {each.id: each for dimension in self.dimensions for each in dimension.indicators}

    def weights(self) -> Mapping[str, Fraction]:
        """Exact shares: 0.05 is a twentieth, not the nearest binary number."""
        return {name: Fraction(str(each.weight)) for name, each in self.indicators().items()}


@dataclass(frozen=True)
class MeasuredIndex:
    """The index of everybody and by area; `not_run` are the indicators that lack a figure in a place, and why: with
    one of them nobody's score is known there."""

    deprivations: Deprivations
    whole: Index
    areas: Sequence[Index]
    not_run: Mapping[str, str]


def deprivations(policy: Path) -> Deprivations:
    """Raises PolicyFileWrong."""
    return read_yaml(policy / "china" / "measures" / "multidimensional.yaml", Deprivations)


def index_of_snapshot(
    snapshot: Snapshot, book: RuleBook, given: Deprivations, *, as_of: date, place: str = "", digits: int = 6
) -> MeasuredIndex:
    """The index over the people of a place, and of the areas told apart by so many digits of their codes.

    Raises NothingToMeasure, and whatever the screening raises.
    """
    homes = _homes(snapshot, place)
    if not homes.num_rows:
        raise NothingToMeasure(file=snapshot.folder)
    names = list(given.indicators())
    order = np.argsort(homes["household_id"].to_numpy())
    ids = homes["household_id"].to_numpy()[order]
    found = np.full((homes.num_rows, len(names)), NOT_DEPRIVED, dtype=np.int8)
    ruled, asked = _as_rules(book, given)
    with tempfile.TemporaryDirectory(prefix="bangfu-index-") as folder:
        outcomes = engine.screen(snapshot, ruled, as_of=as_of, place=place, out=Path(folder) / "run", rules=asked)
        for outcome, mark in (("hit", DEPRIVED), ("unknown", UNKNOWN)):
            for rule, keys in outcomes.keys(place=place, outcome=outcome):
                at = order[np.searchsorted(ids, keys["household_id"].to_numpy())]
                found[at, asked.index(rule)] = mark
        not_run = {
            names[asked.index(rule)]: "；".join(str(why) for why in run.not_run.values())
            for rule, run in outcomes.run.rules.items()
            if run.not_run
        }
    for name in not_run:
        found[:, names.index(name)] = UNKNOWN
    weight = pc.cast(homes["members_count"], pa.float64()).to_numpy()
    codes = pc.utf8_slice_codeunits(pc.fill_null(homes["village_code"], NOWHERE), 0, max(digits, 1))
    group, areas = groups_of(codes)
    alone, everybody = one_group(homes.num_rows)
    shares, cutoff = given.weights(), Fraction(str(given.cutoff))
    (whole,) = multidimensional(found, shares, cutoff, weight, alone, everybody)
    below = multidimensional(found, shares, cutoff, weight, group, areas) if digits else []
    return MeasuredIndex(given, whole, below, not_run)


def _homes(snapshot: Snapshot, place: str) -> pa.Table:
    wanted = ["household_id", "village_code", "members_count"]
    tables = [parquet.read_table(part.path("household"), columns=wanted) for part in snapshot.parts(place)]
    if not tables:
        return pa.table({name: pa.array([], pa.int64()) for name in wanted})
    found = pa.concat_tables(tables)
    found = found.filter(pc.greater(found["members_count"], 0))
    return found.filter(pc.fill_null(pc.starts_with(found["village_code"], place), False)) if place else found


def _as_rules(book: RuleBook, given: Deprivations) -> tuple[RuleBook, list[str]]:
    """The book with the indicators as rules of its own, and their ids in the order of the indicators."""
    rules, parts, ids = dict(book.rules), dict(book.rule_parts), []
    for number, indicator in enumerate(given.indicators().values(), start=1):
        name = f"{PREFIX}{number:02d}"
        condition = book.checker.check(indicator.deprived, "household")
        rules[name] = Rule(
            id=name,
            title=indicator.label,
            topic="measure",
            purpose=Purpose.ELIGIBILITY,
            source=given.source,
            grain="household",
            condition=indicator.deprived,
            evidence=("household_no",),
            severity=Severity.INFORMATION,
            message=indicator.label,
        )
        parts[name] = RuleParts(outcome=condition, condition=condition, applies=None, evidence={})
        ids.append(name)
    return replace(book, rules=rules, rule_parts=parts, sha256=""), ids


class Lines(Strict):
    """`lines.yaml`: the figures that serve as lines of income, the most usual first."""

    source: Source
    lines: tuple[str, ...]


def income_lines(policy: Path) -> Sequence[str]:
    """Raises PolicyFileWrong."""
    return read_yaml(policy / "china" / "measures" / "lines.yaml", Lines).lines


def check_files(book: RuleBook, policy: Path) -> Any:
    """Whether the files of measures can be used with the book. Raises PolicyFileWrong or ConditionWrong."""
    folder = policy / "china" / "measures"
    for line in income_lines(policy):
        if line not in book.figures:
            raise PolicyFileWrong(file=folder / "lines.yaml", reason=_("没有名为“{figure}”的标准").format(figure=line))
    given = deprivations(policy)
    if sum(given.weights().values()) != 1 or not 0 < given.cutoff <= 1:
        raise PolicyFileWrong(
            file=folder / "multidimensional.yaml", reason=_("各指标的权重之和应为 1，临界值应大于 0、不大于 1")
        )
    return _as_rules(book, given)
