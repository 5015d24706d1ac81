"""The catalogue of measures: what each kind of help is for, in what it is counted, what it may cost.

    policy/china/help_measures.yaml              the nation's; names of classes and kinds: codes/measure_*.yaml
    policy/places/<code>/help_measures.yaml      what a place adds: amounts, kinds of its own, kinds out of use
    HOME/policy/places/<code>/…                  the same, as put there in the house

Files are read once and again when they change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from bangfu.casework.loading import folders
from bangfu.common.policy import CodeList, Label, Source, Strict, code_list, read_yaml
from bangfu.rulebook import services as rulebook
from bangfu.rulebook.gathering import known_places

FILE = "help_measures.yaml"
CLASS_DIGITS = 2
OTHER = "99"  # a cause or risk that is only described in words: any help may fit it
Per = Literal["measure", "quantity", "year"]
Need = tuple[Literal["cause", "risk"], str]


class Fit(Strict):
    """Which causes of poverty and which risks a class or kind is for; `all` of them."""

    causes: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    all: bool = False

    @model_validator(mode="after")
    def _of_the_code_lists(self) -> "Fit":
        _known("poverty_cause", self.causes)
        _known("monitor_risk", self.risks)
        return self


class Amount(Strict):
    """What a kind costs from a day to a day in the places whose code begins with `region`: `usual` is proposed, more
    than `most` is refused. Of one measure, of each unit of its quantity, or of all of one kind begun in a calendar
    year for the same person (the household, where the kind is for the household)."""

    start: date = Field(alias="from")
    end: date | None = Field(default=None, alias="to")
    region: str = Field(default="", pattern=r"^\d{0,12}$")
    per: Per
    usual: Decimal | None = Field(default=None, ge=0)
    most: Decimal | None = Field(default=None, ge=0)
    source: Source

    @model_validator(mode="after")
    def _says_something(self) -> "Amount":
        if self.usual is None and self.most is None:
            raise ValueError("neither usual nor most is given")
        if self.usual is not None and self.most is not None and self.usual > self.most:
            raise ValueError("usual is more than most")
        if self.end and self.end < self.start:
            raise ValueError("from is later than to")
        return self

    def holds(self, day: date, place: str) -> bool:
        return place.startswith(self.region) and self.start <= day and (self.end is None or day <= self.end)

    @property
    def basis(self) -> str:
        return self.source.document


class KindEntry(Fit):
    """A kind as a file gives it. `label`: only of a place's own kinds; `ended`: the first day without it."""

    label: Label | None = None
    units: tuple[str, ...] = ()
    member: bool = False
    amounts: tuple[Amount, ...] = ()
    ended: date | None = None

    @model_validator(mode="after")
    def _counted_in_known_units(self) -> "KindEntry":
        _known("measure_unit", self.units)
        return self


class Limits(Strict):
    """What no measure exceeds: its quantity, the years ahead of its start, letters of a text, measures at once; and
    for how many years a village plans."""

    quantity_most: int = Field(ge=1)
    years_ahead: int = Field(ge=1)
    plan_years: int = Field(ge=1)
    text_most: int = Field(ge=1, le=400)
    together_most: int = Field(ge=1)


class NeededBy(Strict):
    """Whose causes of poverty want a measure, by poverty_status; and whether open risks of watched households do."""

    poverty_status: tuple[str, ...]
    watched: bool

    @model_validator(mode="after")
    def _of_the_code_lists(self) -> "NeededBy":
        _known("poverty_status", self.poverty_status)
        return self


class MeasureFile(Strict):
    """`policy/china/help_measures.yaml`: every class and every kind of the code lists, and no other."""

    source: Source
    should_have: tuple[str, ...]
    needed_by: NeededBy
    limits: Limits
    classes: Mapping[str, Fit]
    kinds: Mapping[str, KindEntry]

    @model_validator(mode="after")
    def _of_the_code_lists(self) -> "MeasureFile":
        for name, given in (("measure_class", self.classes), ("measure_kind", self.kinds)):
            listed = {entry.code for entry in code_list(name).codes}
            if listed != set(given):
                raise ValueError(f"differs from the code list {name}: {sorted(listed ^ set(given))}")
        return self


class PlaceFile(Strict):
    """`policy/places/<code>/help_measures.yaml`."""

    source: Source
    kinds: Mapping[str, KindEntry]

    @model_validator(mode="after")
    def _kinds_below_classes(self) -> "PlaceFile":
        for code, entry in self.kinds.items():
            if code_list("measure_class").get(code[:CLASS_DIGITS]) is None:
                raise ValueError(f"{code}: the first two digits are no class")
            if (entry.label is None) == (code_list("measure_kind").get(code) is None):
                raise ValueError(f"{code}: a kind of one's own has a label, a kind of the nation has none")
        return self


@dataclass(frozen=True)
class Kind:
    """A kind of help as it stands in a place."""

    code: str
    label: str | Label
    units: tuple[str, ...]
    member: bool
    causes: frozenset[str]
    risks: frozenset[str]
    all: bool
    amounts: tuple[Amount, ...]
    ended: date | None

    @property
    def measure_class(self) -> str:
        return self.code[:CLASS_DIGITS]

    def in_use(self, day: date) -> bool:
        return self.ended is None or day < self.ended

    def answers(self, needs: Iterable[Need]) -> frozenset[Need]:
        """Those of the needs that this kind is for. A need that is only described in words (99) may be met by any."""
        return frozenset(
            (sort, code)
            for sort, code in needs
            if self.all or code == OTHER or code in (self.causes if sort == "cause" else self.risks)
        )

    def amount(self, day: date, place: str) -> Amount | None:
        """What holds on a day in the place of a code: of several the nearest place's, then the latest."""
        fitting = [amount for amount in self.amounts if amount.holds(day, place)]
        return max(fitting, key=lambda amount: (len(amount.region), amount.start), default=None)


@dataclass(frozen=True)
class Catalogue:
    """All kinds that stand in a place, by code; `should_have` are rules that find help that is lacking."""

    kinds: Mapping[str, Kind]
    needed_by: NeededBy
    limits: Limits
    should_have: tuple[str, ...]

    @cached_property
    def by_class(self) -> Mapping[str, frozenset[str]]:
        """The kinds of each class."""
        found: dict[str, set[str]] = {}
        for kind in self.kinds.values():
            found.setdefault(kind.measure_class, set()).add(kind.code)
        return {each: frozenset(kinds) for each, kinds in found.items()}

    def answering(self, need: Need) -> tuple[str, ...]:
        """The kinds that are for a need."""
        return tuple(kind.code for kind in self.kinds.values() if kind.answers([need]))

    def label_of(self, code: str) -> str:
        """A kind's name in the reader's language; a code that is not known here is shown as it is."""
        kind = self.kinds.get(code)
        return str(kind.label) if kind else code_list("measure_kind").label_of(code)

    def choices(self, day: date) -> list[tuple[str, list[tuple[str, str]]]]:
        """The kinds in use on a day, under their classes, for forms."""
        return [
            (
                str(each.label),
                [(k.code, str(k.label)) for k in self.kinds.values() if k.measure_class == each.code and k.in_use(day)],
            )
            for each in code_list("measure_class").codes
        ]


def catalogue(code: str = "") -> Catalogue:
    """What stands in the area of a code ("": the nation). Raises PolicyFileWrong, PlaceUnknown."""
    nation, *places = (folder.path / FILE for folder in folders(code))
    return _made((_newest(nation), *(_newest(file) for file in places if file.exists())))


def every_catalogue() -> tuple[Catalogue, ...]:
    """The nation's and that of every place, for `bangfu check`. Raises PolicyFileWrong."""
    places = known_places((rulebook.policy() / "places", rulebook.home_places()))
    return tuple(catalogue(code) for code in ("", *sorted(places)))


def _newest(file: Path) -> tuple[Path, int]:
    return file, file.stat().st_mtime_ns if file.exists() else 0


@lru_cache(maxsize=64)
def _made(files: tuple[tuple[Path, int], ...]) -> Catalogue:
    nation = read_yaml(files[0][0], MeasureFile)
    kinds = {
        code: _kind(code, entry, nation.classes[code[:CLASS_DIGITS]]) for code, entry in sorted(nation.kinds.items())
    }
    for file, _when in files[1:]:
        for code, entry in read_yaml(file, PlaceFile).kinds.items():
            kinds[code] = _overlaid(kinds.get(code), code, entry, nation.classes[code[:CLASS_DIGITS]])
    return Catalogue({code: kinds[code] for code in sorted(kinds)}, nation.needed_by, nation.limits, nation.should_have)


def _kind(code: str, entry: KindEntry, of_class: Fit) -> Kind:
    return Kind(
        code=code,
        label=entry.label or _named(code_list("measure_kind"), code),
        units=entry.units,
        member=entry.member,
        causes=frozenset((*of_class.causes, *entry.causes)),
        risks=frozenset((*of_class.risks, *entry.risks)),
        all=of_class.all or entry.all,
        amounts=entry.amounts,
        ended=entry.ended,
    )


def _overlaid(kind: Kind | None, code: str, entry: KindEntry, of_class: Fit) -> Kind:
    """A kind with what a place says of it: its amounts stand beside the others, its units come first."""
    if kind is None:
        return _kind(code, entry, of_class)
    return replace(
        kind,
        units=tuple(dict.fromkeys((*entry.units, *kind.units))),
        causes=kind.causes | set(entry.causes),
        risks=kind.risks | set(entry.risks),
        all=kind.all or entry.all,
        amounts=(*kind.amounts, *entry.amounts),
        ended=entry.ended or kind.ended,
    )


def _named(listed: CodeList, code: str) -> Label:
    entry = listed.get(code)
    assert entry is not None, "the file was compared with its code list"
    return entry.label


def _known(list_id: str, codes: Iterable[str]) -> None:
    unknown = [code for code in codes if code_list(list_id).get(code) is None]
    if unknown:
        raise ValueError(f"{list_id} has no code {unknown[0]}")
