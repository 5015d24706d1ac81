"""What policy says about recognitions: when an exit is too soon, and what an end writes into the household's file."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.conf import settings
from pydantic import model_validator

from bangfu.casework.procedures import Effect
from bangfu.common.policy import Source, Strict, code_list, read_yaml

# What an end may write: these columns of the household, codes of the lists of these names.
WRITTEN = ("poverty_status", "household_type")


class RecognitionPolicy(Strict):
    """The file `policy/china/recognition.yaml`. `exit_years_after`: an exit lies at least so many years after the year
    of the identification or return before it."""

    source: Source
    exit_years_after: int
    status: Mapping[Effect, Mapping[str, str]]

    @model_validator(mode="after")
    def _codes_that_exist(self) -> "RecognitionPolicy":
        for effect, values in self.status.items():
            for column, code in values.items():
                if column not in WRITTEN:
                    raise ValueError(f"{effect}: {column} is not written by an end")
                if code and code_list(column).get(code) is None:
                    raise ValueError(f"{effect}: {column} has no code {code}")
        return self


@cache
def policy() -> RecognitionPolicy:
    return read_yaml(Path(settings.POLICY) / "china" / "recognition.yaml", RecognitionPolicy)
