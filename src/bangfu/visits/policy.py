"""What policy leaves to the place about visits: what a phone takes along and when it forgets, how photos are kept, and
what makes a visit look made up."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

from django.conf import settings
from pydantic import Field

from bangfu.common.policy import Label, Source, Strict, read_yaml

# Whoever holds this at a place may record visits there.
RIGHT = "visits.record"
Positive = Annotated[int, Field(ge=1)]


class PhonePolicy(Strict):
    """`households`: most that a phone takes along at once; `clock_seconds`: from which error on a phone's times are
    corrected by the house's."""

    households: Positive
    wipe_after_days: Positive
    wrong_pins: Positive
    clock_seconds: Positive


class PhotoPolicy(Strict):
    """Sizes in MB, millions of pixels, pixels of the longer side, and kB of a part; `types` by media type."""

    limit_mb: Positive
    megapixels: Positive
    longest_side: Positive
    quality: Annotated[int, Field(ge=30, le=95)]
    part_kb: Positive
    types: Mapping[str, Label]


class Many(Strict):
    households: Annotated[int, Field(ge=2)]
    minutes: Positive


class Far(Strict):
    km: Positive
    visits: Positive


class SamePhoto(Strict):
    bits: Annotated[int, Field(ge=0, le=16)]


class SameText(Strict):
    characters: Positive


class SuspicionPolicy(Strict):
    """See the file: what makes a visit look made up, compared with those of so many days before it."""

    many: Many
    far: Far
    photo: SamePhoto
    text: SameText
    look_back_days: Positive


class KeyPolicy(Strict):
    days: Positive


class VisitPolicy(Strict):
    """The file `policy/china/visits.yaml`."""

    source: Source
    earliest: date
    text_limit: Annotated[int, Field(ge=1, le=4000)]
    phone: PhonePolicy
    photos: PhotoPolicy
    suspicion: SuspicionPolicy
    keys: KeyPolicy


@cache
def policy() -> VisitPolicy:
    return read_yaml(Path(settings.POLICY) / "china" / "visits.yaml", VisitPolicy)
