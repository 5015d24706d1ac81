"""How poor, how deep and how unequal: measures over incomes, for everybody or by group, for a census or a sample.

    headcount_ratio  H      share of people below the line (an income equal to the line is not below it)
    poverty_gap      P1     mean of the gap (line − income) / line, 0 for those who are not poor
    squared_gap      P2     mean of the squared gap                    (Foster, Greer and Thorbecke 1984)
    watts            W      mean of ln(line / income) of the poor      (Watts 1968), over positive incomes only
    sen              S      H · (I + (1 − I) · Gp), I the mean gap of the poor, Gp their Gini   (Sen 1976)
    sst              SST    P1 · (1 + Gini of the gaps)                (Sen-Shorrocks-Thon; Shorrocks 1995)
    gini             G      Gini of the incomes of all, unknown where their mean is not above 0

Every row is a household (or a person) that stands for `weight` people. Rows without an income are left out and counted
as unknown. Standard errors are of linearised values: the influence of every row on the measure (for the Gini after
Deville 1999), summed by cluster within stratum, as survey statistics does it; they mean something for samples only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
NAMES = ("headcount_ratio", "poverty_gap", "squared_gap", "watts", "sen", "sst", "gini")


@dataclass(frozen=True)
class Rows:
    """What is measured, one entry a row. `income` and `line` in yuan a head and year (NaN: unknown); `weight` the
    people the row stands for, above 0; `group` 0 … len(`names`) − 1. `stratum` and `cluster` say how a sample was
    drawn (whole numbers; None: every row by itself, in one stratum)."""

    income: Floats
    line: Floats
    weight: Floats
    group: Whole
    names: Sequence[str]
    stratum: Whole | None = None
    cluster: Whole | None = None


@dataclass(frozen=True)
class Measures:
    """The measures of a group. `people` with a known income, `poor_people` of them, `unknown_people` without;
    `not_positive_people` are those whose income the Watts measure cannot take; None is "not defined here"."""

    name: str
    rows: int
    people: float
    poor_people: float
    unknown_people: float
    not_positive_people: float
    values: Mapping[str, float | None]
    standard_errors: Mapping[str, float | None] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float | None:
        return self.values[name]


def measure(rows: Rows, *, sample: bool = False) -> list[Measures]:
    """The measures of every group, in the order of `names`. With `sample` their standard errors as well.

    Raises ValueError when a weight or a line is not above 0: a caller checks its data first.
    """
    known = ~np.isnan(rows.income)
    if (rows.weight <= 0).any() or (rows.line[known] <= 0).any():
        raise ValueError("weights and lines must be above 0")
    order = np.argsort(rows.group, kind="stable")
    edges = np.searchsorted(rows.group[order], np.arange(len(rows.names) + 1))
    found = []
    for number, name in enumerate(rows.names):
        chosen = order[edges[number] : edges[number + 1]]
        found.append(_of_group(name, rows, chosen, known[chosen], sample))
    return found


def _of_group(name: str, rows: Rows, chosen: Whole, known: npt.NDArray[np.bool_], sample: bool) -> Measures:
    here = chosen[known]
    income, line, weight = rows.income[here], rows.line[here], rows.weight[here]
    poor = income < line
    people = float(weight.sum())
    values: dict[str, float | None] = dict.fromkeys(NAMES)
    influences: dict[str, Floats] = {}
    if people > 0:
        for measured, (value, influence) in _all(income, line, weight, poor).items():
            values[measured] = value
            influences[measured] = influence
    errors: dict[str, float | None] = {}
    if sample:
        errors = dict.fromkeys(NAMES)
        strata = rows.stratum[here] if rows.stratum is not None else np.zeros(len(here), dtype=np.int64)
        clusters = rows.cluster[here] if rows.cluster is not None else np.arange(len(here), dtype=np.int64)
        for measured, influence in influences.items():
            errors[measured] = standard_error(influence * weight / people, strata, clusters)
    return Measures(
        name=name,
        rows=len(chosen),
        people=people,
        poor_people=float(weight[poor].sum()),
        unknown_people=float(rows.weight[chosen[~known]].sum()),
        not_positive_people=float(weight[income <= 0].sum()),
        values=values,
        standard_errors=errors,
    )


def _all(income: Floats, line: Floats, weight: Floats, poor: Any) -> dict[str, tuple[float, Floats]]:
    """Every measure that is defined, with each row's influence on it (their weighted mean is 0)."""
    gap = np.where(poor, (line - income) / line, 0.0)
    found = {
        "headcount_ratio": _mean(poor.astype(np.float64), weight),
        "poverty_gap": _mean(gap, weight),
        "squared_gap": _mean(gap**2, weight),
    }
    positive = income > 0
    if positive.any():
        logs = np.zeros(len(income))
        logs[poor & positive] = np.log(line[poor & positive] / income[poor & positive])
        found["watts"] = _ratio(logs * positive, positive.astype(np.float64), weight)
    found["sen"] = _sen(income / line, poor, weight, found["poverty_gap"])
    depth, depth_influence = found["poverty_gap"]
    gini_of_gaps = _gini(gap, weight)
    if gini_of_gaps is None:
        found["sst"] = (0.0, np.zeros(len(gap)))  # nobody is poor
    else:
        unequal, influence = gini_of_gaps
        found["sst"] = (depth * (1 + unequal), depth_influence * (1 + unequal) + depth * influence)
    gini = _gini(income, weight)
    if gini is not None:
        found["gini"] = gini
    return found


def _mean(values: Floats, weight: Floats) -> tuple[float, Floats]:
    mean = float(np.average(values, weights=weight))
    return mean, values - mean


def _ratio(above: Floats, below: Floats, weight: Floats) -> tuple[float, Floats]:
    """The ratio of two means, linearised."""
    base = float(np.average(below, weights=weight))
    ratio = float(np.average(above, weights=weight)) / base
    return ratio, (above - ratio * below) / base


def _sen(relative: Floats, poor: Any, weight: Floats, gap: tuple[float, Floats]) -> tuple[float, Floats]:
    """Sen's measure from incomes as shares of the line: P1 + (mean income of the poor over everybody) · Gp."""
    depth, depth_influence = gap
    if not poor.any():
        return 0.0, np.zeros(len(relative))
    kept, kept_influence = _mean(np.where(poor, relative, 0.0), weight)
    among = _gini(relative[poor], weight[poor])
    if among is None:  # the poor have nothing at all, or less: there is nothing to be unequal in
        return depth, depth_influence
    unequal, influence_among = among
    influence = np.zeros(len(relative))
    influence[poor] = influence_among * (weight.sum() / weight[poor].sum())
    return depth + kept * unequal, depth_influence + unequal * kept_influence + kept * influence


def _gini(values: Floats, weight: Floats) -> tuple[float, Floats] | None:
    """The Gini of weighted values and each row's influence on it; None where the mean is not above 0.

    G = 2R/μ − 1 with R the mean of y·F(y), F taken at the middle of the row's own weight, so that splitting a row in
    two changes nothing.
    """
    total = weight.sum()
    mean = float((values * weight).sum() / total)
    if mean <= 0:
        return None
    order = np.argsort(values, kind="stable")
    sorted_values, sorted_weight = values[order], weight[order]
    rank = (np.cumsum(sorted_weight) - sorted_weight / 2) / total
    products = sorted_values * sorted_weight / total
    area = float((products * rank).sum())
    gini = 2 * area / mean - 1
    above = products.sum() - np.cumsum(products) + products / 2
    influence = np.empty(len(values))
    influence[order] = (2 / mean) * (sorted_values * rank + above - 2 * area) - (gini + 1) / mean * (
        sorted_values - mean
    )
    return gini, influence


def standard_error(linearised: Floats, stratum: Whole, cluster: Whole) -> float | None:
    """The standard error of a total of linearised values: their variance between clusters (drawn with replacement)
    within strata. None where a stratum has one cluster only: nothing can be said from it."""
    if not len(linearised):
        return None
    pairs = np.stack([stratum, cluster], axis=1)
    of_cluster, positions = np.unique(pairs, axis=0, return_inverse=True)
    totals = np.bincount(positions.ravel(), weights=linearised)
    _, strata = np.unique(of_cluster[:, 0], return_inverse=True)
    strata = strata.ravel()
    count = np.bincount(strata)
    if (count < 2).any():
        return None
    mean = np.bincount(strata, weights=totals) / count
    spread = np.bincount(strata, weights=(totals - mean[strata]) ** 2)
    return float(np.sqrt((spread * count / (count - 1)).sum()))
