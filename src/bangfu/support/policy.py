"""What policy says about pairings and teams: who needs a helper, how much each rank takes on, when a team is complete.

    policy/china/pairing.yaml             the nation's
    policy/places/<code>/pairing.yaml     a place's own, which replaces it as a whole
    HOME/policy/places/<code>/…           the same, as put there in the house

Of several around an area that of the longest code holds. Files are read once and again when they change.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from pydantic import Field, model_validator

from bangfu.casework.loading import folders
from bangfu.common.places import Level
from bangfu.common.policy import Source, Strict, code_list, read_yaml
from bangfu.registry.lists import codes_with
from bangfu.rulebook import services as rulebook
from bangfu.rulebook.gathering import known_places

FILE = "pairing.yaml"


class NeededBy(Strict):
    """Whose households need a helper: those in the register of poor households, those being watched."""

    registered: bool
    watched: bool


class Load(Strict):
    """How many households a person of a rank looks after, both included."""

    at_least: int = Field(ge=0)
    at_most: int = Field(ge=1)

    @model_validator(mode="after")
    def _least_before_most(self) -> "Load":
        if self.at_least > self.at_most:
            raise ValueError("at_least is more than at_most")
        return self


class Villages(Strict):
    at_most: int = Field(ge=0)


class Rank(Strict):
    households: Load
    villages: Villages
    source: Source


class AtLeast(Strict):
    at_least: int = Field(ge=0)
    source: Source


class AtMost(Strict):
    at_most: int = Field(ge=0)
    source: Source


class TeamPolicy(Strict):
    """People of a team, months of a term, days in the village of a month and of a year, days of leave of a year."""

    people: AtLeast
    term_months: AtLeast
    days_a_month: AtLeast
    days_a_year: AtLeast
    leave_days_a_year: AtMost


class ProposalPolicy(Strict):
    """`farthest_level`: helper and household lie in one area of this level."""

    farthest_level: int = Field(ge=Level.PROVINCE, le=Level.VILLAGE)


class PairingPolicy(Strict):
    """A file `pairing.yaml`; its ranks are exactly those of the code list `helper_rank`."""

    source: Source
    needed_by: NeededBy
    ranks: Mapping[str, Rank]
    proposal: ProposalPolicy
    team: TeamPolicy

    @model_validator(mode="after")
    def _every_rank_has_its_limits(self) -> "PairingPolicy":
        known = {entry.code for entry in code_list("helper_rank").codes}
        if known != set(self.ranks):
            raise ValueError(f"ranks differ from the code list helper_rank: {sorted(known ^ set(self.ranks))}")
        return self

    def most_households(self, rank: str) -> int:
        """The main pairings a person of this rank may have; none for a rank that the policy no longer knows."""
        return self.ranks[rank].households.at_most if rank in self.ranks else 0

    def needing(self) -> Q:
        """The condition on households that need a helper."""
        asked = Q(pk__in=())
        if self.needed_by.registered:
            asked |= Q(household_type__in=codes_with("household_type", "registered"))
        if self.needed_by.watched:
            asked |= ~Q(monitor_category="")
        return asked


def policy(code: str = "") -> PairingPolicy:
    """What holds in the area of a code ("": the nation). Raises PolicyFileWrong, PlaceUnknown."""
    files = [folder.path / FILE for folder in folders(code)]
    return _read(_newest(next(file for file in reversed(files) if file.exists() or file is files[0])))


def every_policy() -> tuple[PairingPolicy, ...]:
    """The nation's policy and that of every place, for `bangfu check`. Raises PolicyFileWrong."""
    places = known_places((rulebook.policy() / "places", rulebook.home_places()))
    found = [path / FILE for paths in places.values() for path in paths if (path / FILE).exists()]
    return tuple(_read(_newest(file)) for file in (rulebook.policy() / "china" / FILE, *found))


def _newest(file: Path) -> tuple[Path, int]:
    return file, file.stat().st_mtime_ns if file.exists() else 0


@lru_cache(maxsize=64)
def _read(file: tuple[Path, int]) -> PairingPolicy:
    return read_yaml(file[0], PairingPolicy)


class Headers(Strict):
    """The file `policy/china/headers/pairing.yaml`: other names of the columns of a file of pairings, and what its
    cells of `kind` may say."""

    source: Source
    columns: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, tuple[str, ...]]


@cache
def headers() -> Headers:
    return read_yaml(Path(settings.POLICY) / "china" / "headers" / FILE, Headers)
