"""What was kept of a refusal, said again in the language of whoever reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bangfu.common.errors import BangfuError
from bangfu.registry.intake.remembering import unpack
from bangfu.visits import errors
from bangfu.visits.errors import Problem, unpacked
from bangfu.visits.models import Photo


def told(kept: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Problems as they were kept with a row."""
    return [problem for each in kept if (problem := unpacked(each))]


def refusal_of(photo: Photo) -> BangfuError:
    """Why a photo was refused, as it was said then."""
    return unpack(photo.code, photo.facts) or errors.PhotoDamaged(name=photo.name)
