"""A household as one row of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bangfu.common.policy import code_list
from bangfu.registry.models import Household
from bangfu.web.registry.shown import codes, money

# A word's colour says how much attention it wants; the word alone says the same.
STATUS_COLOURS = {"0": "red", "1": "green", "2": "orange", "3": "red", "4": "green"}


@dataclass(frozen=True)
class Tag:
    text: str
    colour: str = ""


@dataclass(frozen=True)
class Row:
    household: Household
    where: str
    tags: Sequence[Tag]
    cause: str
    income: str
    income_year: int | None
    found: Sequence[str]


def tags_of(household: Household) -> list[Tag]:
    """Type, status, class and monitored class as words; an ordinary household has only its type."""
    tags = []
    if household.household_type:
        registered = (entry := code_list("household_type").get(household.household_type)) and entry.attributes.get(
            "registered"
        )
        tags.append(Tag(codes("household_type", household.household_type), "blue" if registered else ""))
    if household.poverty_status:
        tags.append(
            Tag(codes("poverty_status", household.poverty_status), STATUS_COLOURS.get(household.poverty_status, ""))
        )
    if household.monitor_category:
        tags.append(Tag(codes("monitor_category", household.monitor_category), "orange"))
    # The class repeats the type unless it says who is on relief.
    of_class = code_list("household_class").get(household.household_class)
    if of_class and (of_class.attributes.get("dibao") or of_class.attributes.get("tekun")):
        tags.append(Tag(codes("household_class", household.household_class)))
    return tags


def where_of(household: Household) -> str:
    """Township, village and group as far as they are known."""
    village = household.village
    names = [village.parent.name if village.parent else "", village.name]
    names.append(household.group.name if household.group else household.group_name)
    return " ".join(name for name in names if name)


def row_of(household: Household, found: Sequence[str] = ()) -> Row:
    income: Decimal | None = household.latest_per_capita_net_income
    return Row(
        household=household,
        where=where_of(household),
        tags=tags_of(household),
        cause=codes("poverty_cause", household.main_cause),
        income=money(income),
        income_year=household.latest_income_year,
        found=[name for name in found if name != household.head_name],
    )
