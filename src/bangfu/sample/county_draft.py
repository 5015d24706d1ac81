"""A whole county from its plan to its last fault: the one generator of the sample county and of the streams."""

from bangfu.sample import faults_homes, faults_identity, faults_people, homes, money, people, plan
from bangfu.sample.dice import Dice
from bangfu.sample.people import Draft
from bangfu.sample.planting import Truth, plant

KINDS = (*faults_identity.KINDS, *faults_people.KINDS, *faults_homes.KINDS)


def draw(
    seed: int, chunk: int, county_code: str, county_name: str, households: int, per_kind: int, *, published: bool
) -> tuple[Draft, Truth]:
    """County number `chunk` of `seed`, with up to `per_kind` faults of each kind. The same arguments give the same
    county, on any machine."""
    dice = Dice(seed, chunk)
    settled = plan.make(dice, county_code, county_name, households, published=published)
    draft = people.make(dice, settled)
    homes.make(dice, draft)
    money.make(dice, draft)
    return draft, plant(dice, draft, per_kind, KINDS)
