"""The data files of the sample county, checked when read: names, places, published figures, distributions."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from pydantic import model_validator

from bangfu.common.policy import Source, Strict, read_yaml

DATA = Path(__file__).parent / "data"


class Names(Strict):
    source: Source
    surnames: Mapping[str, int]
    male: tuple[str, ...]
    female: tuple[str, ...]

    @model_validator(mode="after")
    def _no_character_is_for_both(self) -> "Names":
        if both := set(self.male) & set(self.female):
            raise ValueError(f"namesakes of both sexes would look like one person typed twice: {sorted(both)}")
        return self


class Coded(Strict):
    name: str
    code: str


class WorkPlace(Coded):
    share: int


class Places(Strict):
    source: Source
    province: Coded
    prefecture: Coded
    county: Coded
    beginnings: tuple[str, ...]
    endings: tuple[str, ...]
    groups: tuple[str, ...]
    work_places: tuple[WorkPlace, ...]
    industries: Mapping[str, int]
    employers: tuple[str, ...]
    banks: tuple[str, ...]


class Count(Strict):
    """Households and the people in them."""

    households: int
    people: int


class Registered(Count):
    not_out_households: int
    not_out_people: int
    source: str


class Township(Coded):
    villages: int
    published: tuple[str, ...] = ()


class PublishedVillage(Count):
    """A village whose figures a published paper prints; the sample is made to agree with them."""

    name: str
    groups: int
    poor_households: int
    poor_people: int
    dibao_households: int
    dibao_people: int
    dibao_among_poor: Count | None = None
    exits: Mapping[int, int]
    source: str
    year: int
    figures: Mapping[str, str]


class WatchedTownship(Count):
    not_out: Count
    watched: Count
    marginal: Count
    out: Count
    source: str


class Returned(Count):
    exited: int
    returned: int


class ExitingTownship(Strict):
    out: Mapping[int, Count]
    returned: Returned
    source: str


class DibaoShares(Strict):
    registered: int
    others: int


class County(Strict):
    day: date
    years: tuple[int, ...]
    exit_line: int
    watch_line: int
    households: int
    people_per_household: int
    registered: Registered
    marginal_elsewhere: Count
    exits: Mapping[int, int]
    dibao: DibaoShares
    townships: tuple[Township, ...]
    village_of_455: PublishedVillage
    village_of_1105: PublishedVillage
    township_of_330: WatchedTownship
    township_of_2500: ExitingTownship


class DemoOfficer(Strict):
    """Somebody to sign in as. `area` is the name of the place where the post is held."""

    username: str
    name: str
    role: str
    area: str
    unit: str


class DemoOfficers(Strict):
    password: str
    since: date
    officers: tuple[DemoOfficer, ...]


@cache
def officers() -> DemoOfficers:
    return read_yaml(DATA / "officers.yaml", DemoOfficers)


@cache
def names() -> Names:
    return read_yaml(DATA / "names.yaml", Names)


@cache
def places() -> Places:
    return read_yaml(DATA / "places.yaml", Places)


@cache
def county() -> County:
    return read_yaml(DATA / "county.yaml", County)
