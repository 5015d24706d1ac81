"""What policy leaves to the place about casework: when something is due soon, how much at once, how often the public
form may be used."""

from functools import cache
from pathlib import Path
from typing import Annotated

from django.conf import settings
from pydantic import Field

from bangfu.common.policy import Source, Strict, read_yaml

Positive = Annotated[int, Field(ge=1)]


class PublicFormPolicy(Strict):
    """How many applications the public form takes in: of one sender in any hour, of one village on a day."""

    most_by_sender_an_hour: Positive
    most_by_village_a_day: Positive


class CaseworkPolicy(Strict):
    """The file `policy/china/casework.yaml`. `due_soon_days`: calendar days before a legal time runs out, from which it
    is called due soon; `most_at_once`: cases of one bulk move."""

    source: Source
    due_soon_days: Annotated[int, Field(ge=0)]
    most_at_once: Positive
    public_form: PublicFormPolicy


@cache
def policy() -> CaseworkPolicy:
    return read_yaml(Path(settings.POLICY) / "china" / "casework.yaml", CaseworkPolicy)
