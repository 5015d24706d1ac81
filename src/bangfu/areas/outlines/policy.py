"""What maps are drawn from, and what an uploaded file of outlines may hold: `policy/china/outlines.yaml`."""

from functools import cache
from typing import Annotated

from pydantic import Field

from bangfu.common.policy import Label, Source, Strict, policy_file, read_yaml

Positive = Annotated[int, Field(ge=1)]
Percent = Annotated[int, Field(ge=0, le=100)]


class Bounds(Strict):
    """A box of longitudes and latitudes in degrees."""

    west: float
    east: float
    south: float
    north: float

    def holds(self, longitude: float, latitude: float) -> bool:
        return self.west <= longitude <= self.east and self.south <= latitude <= self.north


class UploadTerms(Strict):
    """Limits of a file, and the names under which it tells of which area a feature is (small letters)."""

    file_megabytes: Positive
    features: Positive
    points: Positive
    outside_percent: Percent
    overlap_percent: Percent
    problems: Positive
    code: tuple[str, ...]
    name: tuple[str, ...]
    longitude: tuple[str, ...]
    latitude: tuple[str, ...]


class OutlinePolicy(Strict):
    """The file as a whole."""

    source: Source
    review_number: str
    notice: Label
    regions: tuple[str, ...]
    bounds: Bounds
    upload: UploadTerms


@cache
def outline_policy() -> OutlinePolicy:
    """Raises PolicyFileWrong."""
    return read_yaml(policy_file("outlines.yaml"), OutlinePolicy)
