"""Measures and plans as pages show them: codes in words, amounts grouped, states in colours."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bangfu.common.policy import code_list
from bangfu.registry.models import Household
from bangfu.support.catalogue import catalogue
from bangfu.support.models import Measure, State
from bangfu.web.registry.shown import money

COLOURS = {State.PLANNED: "blue", State.UNDER_WAY: "orange", State.DONE: "green", State.GIVEN_UP: ""}


@dataclass(frozen=True)
class Tag:
    text: str
    colour: str


def state_tag(state: str) -> Tag:
    return Tag(str(State(state).label), COLOURS[State(state)])


def number(value: Decimal | None) -> str:
    """A quantity as it is read: 2, not 2.00; "" for none."""
    if value is None:
        return ""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def quantity(value: Decimal | None, unit: str) -> str:
    return f"{number(value)} {code_list('measure_unit').label_of(unit)}" if value is not None else ""


def late(measure: Measure, day: date) -> bool:
    """Whether it should have begun, or been done, before `day`."""
    if measure.state == State.PLANNED:
        return measure.starts_on < day
    return measure.state == State.UNDER_WAY and measure.ends_on is not None and measure.ends_on < day


def measure_rows(measures: Iterable[Measure], day: date) -> list[dict[str, Any]]:
    """The rows of measures that come with their household, its village, and the person they are for."""
    return [
        {
            "measure": measure,
            "kind": catalogue(measure.household.village.code).label_of(measure.kind),
            "of_class": code_list("measure_class").label_of(measure.measure_class),
            "state": state_tag(measure.state),
            "quantity": quantity(measure.quantity, measure.unit),
            "money": money(measure.money),
            "late": late(measure, day),
        }
        for measure in measures
    ]


def household_name(household: Household) -> str:
    return household.head_name or household.household_no
