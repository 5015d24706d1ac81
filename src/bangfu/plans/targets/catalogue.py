"""What the progress of a target can be measured by, as data: the file `policy/china/target_measures.yaml`.

A measure says which rows it counts, on which conditions, and of what a share is a share. `measuring` turns that into
questions to the database; a column that is not there, or a code without such an attribute, is a fault of the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated

from pydantic import Field, model_validator

from bangfu.common.policy import Label, Source, Strict, policy_file, read_yaml

Positive = Annotated[int, Field(ge=1)]
RATE = "%"


class Rows(StrEnum):
    """What is counted."""

    HOUSEHOLD = "household"
    PERSON = "person"
    HELP = "help"
    PAIRING = "pairing"
    VISIT = "visit"
    CASE = "case"
    FINDING = "finding"
    PROJECT = "project"


class Named(StrEnum):
    """Conditions that no single column tells."""

    WITH_MAIN_HELPER = "with_main_helper"


class Age(Strict):
    """Years of age on the day, both included; None: open."""

    from_: Annotated[int | None, Field(alias="from", ge=0)] = None
    to: Annotated[int | None, Field(ge=0)] = None


class Condition(Strict):
    """One condition of a row; exactly one way of asking. Unknown values never fulfil one, except `known: false`."""

    column: str = ""
    is_: Annotated[tuple[str | bool | int, ...], Field(alias="is")] = ()
    attribute: str = ""
    known: bool | None = None
    age: Age | None = None
    holds: Named | None = None
    any: tuple["Condition", ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> "Condition":
        of_column = sum((bool(self.is_), bool(self.attribute), self.known is not None, self.age is not None))
        if self.column:
            if of_column != 1 or self.holds or self.any:
                raise ValueError("a column is asked for in one way: is, attribute, known or age")
        elif of_column or (self.holds is not None) == bool(self.any):
            raise ValueError("a condition has a column, or holds, or any")
        return self


class Measure(Strict):
    """One way of counting. `of` None: a number; a list (even an empty one): a share of the rows that fulfil it.
    `happens`: a date, or a year, by which a row has happened. `sum`: a column added up."""

    id: str
    label: Label
    unit: str
    rows: Rows
    where: tuple[Condition, ...] = ()
    of: tuple[Condition, ...] | None = None
    happens: str = ""
    distinct: bool = False
    sum: str = ""
    weighs: bool = False

    @property
    def is_share(self) -> bool:
        return self.of is not None

    @property
    def dated(self) -> bool:
        """Whether it can be told of earlier days, and counts from the start of a target."""
        return bool(self.happens)

    @model_validator(mode="after")
    def _consistent(self) -> "Measure":
        if self.is_share != (self.unit == RATE):
            raise ValueError(f"{self.id}: a share, and nothing else, is in {RATE}")
        if self.is_share and (self.happens or self.sum or self.distinct or self.weighs):
            raise ValueError(f"{self.id}: a share is of rows as they stand")
        if self.sum and self.distinct:
            raise ValueError(f"{self.id}: either a sum or distinct households")
        return self


class Terms(Strict):
    """How targets are followed up, in days. A target is at risk (late) when it is behind its plan by more than so many
    days; the forecast takes the pace of the last `forecast_from_days`, once there are `forecast_needs_days` of it."""

    at_risk_after_days: Positive
    late_after_days: Positive
    forecast_from_days: Positive
    forecast_needs_days: Positive
    stage_due_soon_days: Positive
    most_parts: Positive
    most_years: Positive
    curve_days: Positive
    ranked_most: Positive


class Catalogue(Strict):
    """The file as a whole."""

    source: Source
    terms: Terms
    units: tuple[tuple[str, ...], ...]
    whole_units: tuple[str, ...]
    measures: tuple[Measure, ...]

    @model_validator(mode="after")
    def _once(self) -> "Catalogue":
        ids = [each.id for each in self.measures]
        if len(set(ids)) != len(ids):
            raise ValueError("an id stands twice")
        words = [word for same in self.units for word in same]
        if len(set(words)) != len(words):
            raise ValueError("a unit stands twice")
        return self

    def get(self, id: str) -> Measure | None:
        return _by_id().get(id)

    def __getitem__(self, id: str) -> Measure:
        return _by_id()[id]

    def weighing(self) -> Iterator[Measure]:
        """What a target may be shared out by."""
        return (each for each in self.measures if each.weighs)

    def choices(self) -> Sequence[tuple[str, str]]:
        """For forms: the id and the label with its unit."""
        return [(each.id, f"{each.label} ({each.unit})") for each in self.measures]


@cache
def catalogue() -> Catalogue:
    """The catalogue of the nation. Raises PolicyFileWrong."""
    return read_yaml(policy_file("target_measures.yaml"), Catalogue)


@cache
def _by_id() -> Mapping[str, Measure]:
    return {each.id: each for each in catalogue().measures}


def terms() -> Terms:
    return catalogue().terms


def our_word(unit: str) -> str:
    """The unit by the word that we use: 名 and 人口 are 人."""
    known = unit.strip()
    return next((same[0] for same in catalogue().units if known in same), known)


def is_rate(unit: str) -> bool:
    """Whether amounts in this unit do not add up."""
    return our_word(unit) == RATE


def measures_in(unit: str) -> list[Measure]:
    """What a target in this unit may be measured by."""
    word = our_word(unit)
    return [each for each in catalogue().measures if each.unit == word]


def has_no_halves(unit: str) -> bool:
    """Whether things in this unit are counted whole: households, people."""
    return our_word(unit) in catalogue().whole_units


def quantum(unit: str, amount: Decimal) -> Decimal:
    """The smallest step in which an amount is shared out: whole things stay whole, others have two decimals."""
    return Decimal(1) if amount == amount.to_integral_value() and not is_rate(unit) else Decimal("0.01")
