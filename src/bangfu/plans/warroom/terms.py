"""How figures are shown on maps: the file `policy/china/warroom.yaml`."""

from datetime import date
from functools import cache
from typing import Annotated

from pydantic import Field

from bangfu.common.errors import PolicyFileWrong
from bangfu.common.policy import Source, Strict, policy_file, read_yaml
from bangfu.plans.targets.catalogue import catalogue

Positive = Annotated[int, Field(ge=1)]
FILE = "warroom.yaml"


class Wall(Strict):
    """What hangs on the wall: for how many seconds each picture stays, which measures by itself, how many at most."""

    seconds: Annotated[int, Field(ge=5)]
    measures: tuple[str, ...]
    most: Positive


class Kept(Strict):
    """What read at least so many rows is not counted again for so many seconds."""

    rows: Positive
    seconds: Positive


class PlacingTerms(Strict):
    """When positions of visits say where a village lies: at least so many `fixes`, each sure of so many metres, half of
    them within so many kilometres of the middle; of the `latest` ones."""

    fixes: Positive
    accuracy_metres: Positive
    spread_km: Positive
    latest: Positive


class WarRoomTerms(Strict):
    """The file as a whole."""

    source: Source
    earliest: date
    shades: Annotated[int, Field(ge=2, le=7)]
    bars: Positive
    months: Positive
    days: Positive
    kept: Kept
    villages: PlacingTerms
    wall: Wall


@cache
def war_room_terms() -> WarRoomTerms:
    """Raises PolicyFileWrong; for a measure that the catalogue does not have, too."""
    found = read_yaml(policy_file(FILE), WarRoomTerms)
    if unknown := [each for each in found.wall.measures if catalogue().get(each) is None]:
        raise PolicyFileWrong(file=policy_file(FILE), reason=f"wall.measures: {', '.join(unknown)}")
    return found
