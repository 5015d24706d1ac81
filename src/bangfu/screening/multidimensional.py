"""The multidimensional poverty index after Alkire and Foster (2011), over deprivations that policy files declare.

A person is deprived in an indicator when the condition of the household holds; the weights of the deprivations add up
to a score between 0 and 1; whoever scores at least the cut-off is poor.

    H   share of people who are poor            A   mean score of the poor
    M0  H · A, the index                        contribution of an indicator: its weighted share of M0
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

import numpy as np
import numpy.typing as npt

from bangfu.screening.measures import Floats, Whole, standard_error

DEPRIVED, NOT_DEPRIVED, UNKNOWN = 1, 0, -1


@dataclass(frozen=True)
class Index:
    """The index of a group. Households with an unknown indicator are left out, and counted in `unknown_people`.

    `headcounts` is the share deprived in each indicator whoever they are, `censored` that of people who are poor and
    deprived, `contributions` the share of the index due to it (all None where nobody is poor)."""

    name: str
    people: float
    poor_people: float
    unknown_people: float
    headcount_ratio: float | None
    intensity: float | None
    index: float | None
    headcounts: Mapping[str, float]
    censored: Mapping[str, float]
    contributions: Mapping[str, float | None]
    standard_errors: Mapping[str, float | None] = field(default_factory=dict)


def multidimensional(
    deprivations: npt.NDArray[np.int8],
    indicators: Mapping[str, Fraction],
    cutoff: Fraction,
    weight: Floats,
    group: Whole,
    names: Sequence[str],
    *,
    sample: bool = False,
    stratum: Whole | None = None,
    cluster: Whole | None = None,
) -> list[Index]:
    """The index of every group. `deprivations` has a row a household and a column an indicator (1 deprived, 0 not, −1
    unknown); `indicators` their weights, adding up to 1; `weight` people in the household, above 0.

    Scores are whole numbers of the smallest common part of the weights, so that a score equal to the cut-off is never
    missed by rounding.
    """
    if sum(indicators.values()) != 1:
        raise ValueError("the weights must add up to 1")
    parts = lcm(*(share.denominator for share in indicators.values()), cutoff.denominator)
    points = np.array([int(share * parts) for share in indicators.values()], dtype=np.int64)
    known = (deprivations != UNKNOWN).all(axis=1)
    score = np.where(deprivations == DEPRIVED, points, 0).sum(axis=1)
    poor = score >= int(cutoff * parts)
    found = []
    for number, name in enumerate(names):
        inside = group == number
        here = inside & known
        people = float(weight[here].sum())
        own, own_poor = weight[here], poor[here]
        shares = score[here] / parts
        count = float(own[own_poor].sum())
        ratio = count / people if people else None
        index = float((own * shares * own_poor).sum() / people) if people else None
        flags = deprivations[here] == DEPRIVED
        raw = {k: _share(own, flags[:, at], people) for at, k in enumerate(indicators)}
        censored = {k: _share(own, flags[:, at] & own_poor, people) for at, k in enumerate(indicators)}
        errors: dict[str, float | None] = {}
        if sample and people:
            strata = stratum[here] if stratum is not None else np.zeros(int(here.sum()), dtype=np.int64)
            clusters = cluster[here] if cluster is not None else np.arange(int(here.sum()), dtype=np.int64)
            for what, value, mean in (
                ("headcount_ratio", own_poor.astype(np.float64), ratio or 0.0),
                ("index", shares * own_poor, index or 0.0),
            ):
                errors[what] = standard_error((value - mean) * own / people, strata, clusters)
        found.append(
            Index(
                name=name,
                people=people,
                poor_people=count,
                unknown_people=float(weight[inside & ~known].sum()),
                headcount_ratio=ratio,
                intensity=index / ratio if index is not None and ratio else None,
                index=index,
                headcounts=raw,
                censored=censored,
                contributions={
                    k: float(share) * censored[k] / index if index else None for k, share in indicators.items()
                },
                standard_errors=errors,
            )
        )
    return found


def _share(weight: Floats, held: npt.NDArray[np.bool_], people: float) -> float:
    return float(weight[held].sum() / people) if people else 0.0
