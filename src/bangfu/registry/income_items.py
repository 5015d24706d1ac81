"""The items of the income ledger (`policy/china/income_items.yaml`) and where they count as stable income."""

from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from pydantic import model_validator

from bangfu.common.policy import Label, Source, Strict, code_list, matching_key, read_yaml, traditional


class LedgerItem(Strict):
    """An item: `field` is the national system's field (where known), `person` that its lines name one member,
    `counted` whether it counts as stable income where no region says otherwise."""

    code: str
    label: Label
    field: str = ""
    person: bool = False
    counted: bool = True
    aliases: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Its kind (`income_kind`): wage, production, production_expense, property, transfer, transfer_expense."""
        return self.code.partition(".")[0]


class RegionRule(Strict):
    """What a region counts otherwise, from `start` to `end` (both included; None is open)."""

    prefix: str
    name: str
    start: date | None = None
    end: date | None = None
    source: Source
    counted: Mapping[str, bool]

    def in_force(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


class Ledger(Strict):
    """The whole file."""

    source: Source
    items: tuple[LedgerItem, ...]
    regions: tuple[RegionRule, ...] = ()

    @model_validator(mode="after")
    def _codes_and_names_are_unique(self) -> "Ledger":
        kinds = {entry.code for entry in code_list("income_kind").codes}
        names: dict[str, str] = {}
        for item in self.items:
            if item.kind not in kinds or "." not in item.code:
                raise ValueError(f"“{item.code}” does not begin with a kind of income_kind")
            for name in {matching_key(name) for name in (item.code, item.label.zh, *item.aliases)}:
                if names.setdefault(name, item.code) != item.code:
                    raise ValueError(f"“{name}” stands for both {names[name]} and {item.code}")
        if len({item.code for item in self.items}) != len(self.items):
            raise ValueError("a code stands twice")
        for region in self.regions:
            if unknown := set(region.counted) - {item.code for item in self.items}:
                raise ValueError(f"{region.name} names unknown items: {', '.join(sorted(unknown))}")
        return self


@cache
def ledger() -> Ledger:
    """The file, read and checked once. Raises PolicyFileWrong."""
    return read_yaml(Path(settings.POLICY) / "china" / "income_items.yaml", Ledger)


@cache
def items() -> Mapping[str, LedgerItem]:
    """Every item by code, in the order of the file, which is the order of the form."""
    return {item.code: item for item in ledger().items}


def item(code: str) -> LedgerItem | None:
    """The item of that code; None when there is none."""
    return items().get(code)


def item_code(text: str) -> str | None:
    """The code for a code, a label in any of the three languages or an alias; None when unknown."""
    return _by_name().get(matching_key(text))


def label_of(code: str) -> str:
    """The label in the reader's language; an unknown code is shown as it is."""
    found = item(code)
    return str(found.label) if found else code


def counted_for(code: str, division_code: str, day: date) -> bool:
    """Whether an item counts as stable income for a household of that division on that day.

    Raises KeyError for a code that is no item: the checker refuses such lines before they come here.
    """
    return counted_items(division_code, day)[code]


def counted_items(division_code: str, day: date) -> Mapping[str, bool]:
    """Every item's code and whether it counts there and then; of the regions that fit the longest prefix decides."""
    return _counted(division_code, day)


@cache
def _by_name() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for each in ledger().items:
        for name in (each.code, each.label.zh, traditional(each.label.zh), each.label.en, *each.aliases):
            names.setdefault(matching_key(name), each.code)
    return names


@lru_cache(maxsize=4096)
def _counted(division_code: str, day: date) -> Mapping[str, bool]:
    counted = {each.code: each.counted for each in ledger().items}
    for rule in sorted(ledger().regions, key=lambda rule: len(rule.prefix)):
        if division_code.startswith(rule.prefix) and rule.in_force(day):
            counted |= rule.counted
    return counted
