"""How long a proposal takes for a county: 60,000 households and 20,000 helpers of 900 units, three quarters of them
paired already, some helpers with too many. The limit is 30 seconds.

    PYTHONPATH=src python -m benchmarks.pairing [--households 60000] [--helpers 20000] [--runs 5]
"""

import argparse
import random
import resource
import statistics
import time

from bangfu.common.places import span
from bangfu.support.matching import Candidate, Matching, Needy, match

COUNTY = 99_01_001 * span(3)
TOWNS, VILLAGES, UNITS = 25, 16, 900
LIMIT_SECONDS = 30
# Of a hundred helpers: the limits of their rank (least, most).
RANKS = [(1, 1)] * 25 + [(2, 3)] * 40 + [(2, 4)] * 5 + [(1, 5)] * 30


def made(households: int, helpers: int, seed: int = 2020) -> tuple[list[Needy], list[Candidate]]:
    """An invented county. A third of the units has its seat in a township, the others in the county's; most are in
    charge of a village."""
    chance = random.Random(seed)
    towns = [COUNTY + (n + 1) * span(4) for n in range(TOWNS)]
    villages = [town + (n + 1) * span(5) for town in towns for n in range(VILLAGES)]
    units = []
    for unit in range(UNITS):
        places = {chance.choice(towns) if unit % 3 == 0 else COUNTY}
        if chance.random() < 0.8:
            places.add(chance.choice(villages))
        units.append((unit, frozenset(places)))
    candidates = []
    for id in range(1, helpers + 1):
        unit, places = chance.choice(units)
        least, most = chance.choice(RANKS)
        candidates.append(Candidate(id, unit, most, least, places))
    needy = []
    for id in range(1, households + 1):
        village = chance.choice(villages)
        helper = chance.randrange(1, helpers + 1) if chance.random() < 0.75 else None
        needy.append(Needy(id, village, helper))
    return needy, candidates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=60_000)
    parser.add_argument("--helpers", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    wanted = parser.parse_args()
    needy, candidates = made(wanted.households, wanted.helpers)
    room = sum(candidate.room for candidate in candidates)
    taken: list[float] = []
    found = Matching()
    for _run in range(wanted.runs):
        begun = time.perf_counter()
        found = match(needy, candidates)
        taken.append(time.perf_counter() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(needy):,} households, {len(candidates):,} helpers with room for {room:,}")
    lacking = sum(found.lacking.values())
    print(f"paired {len(found.pairs):,}, kept {found.kept:,}, steps {found.steps:,}, lacking {lacking:,}")
    median = statistics.median(taken)
    print(f"median {median:.1f} s of {len(taken)}, slowest {max(taken):.1f} s, peak memory {peak:.0f} MB")
    if median > LIMIT_SECONDS:
        raise SystemExit(f"more than {LIMIT_SECONDS} s")


if __name__ == "__main__":
    main()
