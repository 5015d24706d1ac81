"""Checklists of `policy/china/checklists/`: what a village, or the households of a village, should have."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from bangfu.areas.models import StandardAnswer
from bangfu.common.errors import PolicyFileWrong
from bangfu.common.policy import Label, Source, Strict, read_yaml

Met = StandardAnswer.Met


class Measure(Strict):
    """A figure that decides an item: exactly one of at_least, at_most, below. With `base` the figure is set against
    another one: at_least 1 per 1000 people. `computed` is a measure the system counts itself."""

    label: Label
    unit: Label
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    below: Decimal | None = None
    per: Decimal | None = Field(default=None, gt=0)
    base: str | None = None
    computed: str | None = None

    @model_validator(mode="after")
    def _one_limit_and_a_whole_ratio(self) -> "Measure":
        if sum(limit is not None for limit in (self.at_least, self.at_most, self.below)) != 1:
            raise ValueError("exactly one of at_least, at_most, below")
        if (self.per is None) != (self.base is None):
            raise ValueError("per and base go together")
        return self

    def met_by(self, value: Decimal, base: Decimal | None) -> bool:
        """Whether the figure meets the limit; where the measure has a base, `base` must be given (0: nothing to do
        without anybody). Compared without dividing, so exactly: value × per against limit × base.

        >>> name = Label(zh="村医", en="doctors")
        >>> doctors = Measure(label=name, unit=name, at_least=Decimal(1), per=Decimal(1000), base="people")
        >>> doctors.met_by(Decimal(2), Decimal(2552)), doctors.met_by(Decimal(3), Decimal(2552))
        (False, True)
        """
        scaled, against = (value * self.per, base) if self.per is not None and base is not None else (value, Decimal(1))
        if self.at_least is not None:
            return scaled >= self.at_least * against
        if self.at_most is not None:
            return scaled <= self.at_most * against
        return scaled < (self.below or 0) * against

    @property
    def standard(self) -> str:
        """The limit in words."""
        if self.at_least is not None:
            words, limit = _("{label}不少于 {limit} {unit}"), self.at_least
        elif self.at_most is not None:
            words, limit = _("{label}不多于 {limit} {unit}"), self.at_most
        else:
            words, limit = _("{label}低于 {limit} {unit}"), self.below or Decimal(0)
        if self.per is not None:
            words = _("每 {per} 人{words}").format(per=self.per, words=words)
        return words.format(label=self.label, limit=limit, unit=self.unit).strip()


class Item(Strict):
    id: str
    label: Label
    measure: Measure | None = None


class Checklist(Strict):
    """`of` household: a village answers with the number of its households that fall short."""

    id: str
    label: Label
    of: Literal["village", "household"]
    source: Source
    items: tuple[Item, ...]

    @model_validator(mode="after")
    def _every_item_once(self) -> "Checklist":
        if len({item.id for item in self.items}) != len(self.items):
            raise ValueError("an item stands twice")
        return self

    def item(self, id: str) -> Item | None:
        return next((item for item in self.items if item.id == id), None)


@cache
def checklists() -> Mapping[str, Checklist]:
    """Every checklist by id (the file's name); those of villages first."""
    found = []
    for file in sorted((Path(settings.POLICY) / "china" / "checklists").glob("*.yaml")):
        listed = read_yaml(file, Checklist)
        if listed.id != file.stem:
            raise PolicyFileWrong(file=file, reason=f"id “{listed.id}” ≠ “{file.stem}”")
        found.append(listed)
    found.sort(key=lambda listed: (listed.of != "village", listed.id != "village_standard", listed.id))
    return {listed.id: listed for listed in found}
