"""Which column of a sheet means what: our identifiers and labels, the national system's headers and field codes."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation

from bangfu.common.policy import Source, Strict, read_yaml, traditional
from bangfu.registry.columns import tables
from bangfu.registry.income_items import items


class HeaderFile(Strict):
    source: Source
    yes_words: tuple[str, ...]
    no_words: tuple[str, ...]
    clear_word: str
    blank_marks: tuple[str, ...]
    silent_sheets: tuple[str, ...]
    silent_columns: tuple[str, ...]
    sum_words: tuple[str, ...]
    example_mark: str
    columns: Mapping[str, Mapping[str, tuple[str, ...]]]
    totals: Mapping[str, tuple[str, ...]]
    derived: Mapping[str, tuple[str, ...]]


@cache
def header_file() -> HeaderFile:
    return read_yaml(Path(settings.POLICY) / "china" / "headers" / "registry.yaml", HeaderFile)


class Use(StrEnum):
    """What becomes of a column: a key shared by all tables fed from the sheet, a column of one table, the amount of
    one income item, a sum that stands for an item unless finer ones are there, or nothing (worked out by us)."""

    KEY = "key"
    COLUMN = "column"
    ITEM = "item"
    TOTAL = "total"
    DERIVED = "derived"


@dataclass(frozen=True)
class Target:
    use: Use
    table: str
    column: str


@dataclass
class Mapped:
    """The columns of a sheet by position, the tables they feed, and the headers that say nothing to us."""

    grain: str
    targets: dict[int, Target] = field(default_factory=dict)
    unknown: list[tuple[int, str]] = field(default_factory=list)
    twice: tuple[str, str, Target] | None = None

    def position(self, column: str, table: str = "") -> int | None:
        """Where a column stands; `table` "" looks among the keys."""
        return next((p for p, t in self.targets.items() if t.column == column and t.table == table), None)

    def has(self, column: str, table: str = "") -> bool:
        return self.position(column, table) is not None


# Columns that several tables share: they say which row of each table a line of the sheet belongs to.
KEYS = ("household_no", "person_no", "year")
# Read from a file and turned into other columns: they are no columns of the tables.
PLACE_COLUMNS = ("division_code", "county_name", "township_name", "village_name")
PSEUDO = {"household": (*PLACE_COLUMNS, "other_causes")}
# Tables that a sheet may feed, its own first: what a column means depends on what the sheet's rows are.
FEEDS: Mapping[str, Sequence[str]] = {
    "household": ("household", "income_year", "income_item"),
    "member": ("member", "household", "work_record", "income_year", "income_item"),
    "work_record": ("work_record",),
    "income_item": ("income_item", "income_year"),
}
# A remark of a person's line is no remark on the household.
_NOT_REPEATED = {("household", "remark")}

_BRACKETS = re.compile(r"[(\[{【〔][^)\]}】〕]*[)\]}】〕]")
_MARKS = re.compile(r"[*:、,.;。#•“”\"'‘’_\-—]")


def plain(header: str) -> str:
    """One form for one header: half-width, no blanks, no marks, lower case."""
    return _MARKS.sub("", "".join(unicodedata.normalize("NFKC", header).split())).casefold()


def _without_units(header: str) -> str:
    """`耕地面积（亩）` and `1.2 耕地面积` as `耕地面积`."""
    text = _BRACKETS.sub("", unicodedata.normalize("NFKC", header))
    return re.sub(r"^[0-9]+(?=[^0-9年月a-z])", "", plain(text))


@cache
def _index() -> Mapping[str, tuple[Target, ...]]:
    found: dict[str, list[Target]] = defaultdict(list)

    def enter(names: Sequence[str], target: Target) -> None:
        for name in names:
            for spelling in (name, traditional(name)):
                key = plain(spelling)
                if key and target not in found[key]:
                    found[key].append(target)

    written = header_file()
    with translation.override("zh-hans"):
        labels = {(t.name, c.name): str(c.label) for t in tables().values() for c in t.columns.values()}
    english: dict[tuple[str, str], str] = {}
    with translation.override("en"):
        english = {(t.name, c.name): str(c.label) for t in tables().values() for c in t.columns.values()}
    for name, table in tables().items():
        for column in (*table.columns, *PSEUDO.get(name, ())):
            if column == "village_id":
                continue
            aliases = written.columns.get(name, {}).get(column, ())
            key = column in KEYS and not (name == "work_record" and column == "year")
            target = Target(Use.KEY, "", column) if key else Target(Use.COLUMN, name, column)
            given = labels.get((name, column), ""), english.get((name, column), "")
            enter([column, *(n for n in given if n), *aliases], target)
    for code, item in items().items():
        names = [code, item.label.zh, item.label.en, *item.aliases]
        enter([*names, item.field] if item.field else names, Target(Use.ITEM, "income_item", code))
    for code, sums in written.totals.items():
        enter(sums, Target(Use.TOTAL, "income_item", code))
    for label, others in written.derived.items():
        enter([label, *others], Target(Use.DERIVED, "", label))
    return {key: tuple(targets) for key, targets in found.items()}


def candidates(header: str) -> tuple[Target, ...]:
    """Everything that a header may mean, whatever the sheet; the whole spelling before the one without units."""
    exact = _index().get(plain(header), ())
    return exact or _index().get(_without_units(header), ())


def known(headers: Sequence[str | None]) -> int:
    """How many of the texts are headers."""
    return sum(1 for h in headers if h and candidates(h))


def grain_of(headers: Sequence[str | None]) -> str:
    """What the rows of a sheet are, told from its columns: household, member, work_record or income_item."""
    meant: set[tuple[str, str]] = {(t.table, t.column) for h in headers if h for t in candidates(h)}

    def has(table: str, column: str) -> bool:
        return (table, column) in meant

    if has("income_item", "code") and has("income_item", "amount"):
        return "income_item"
    person = has("member", "name") and (has("member", "id_no") or has("member", "relation_to_head"))
    if has("work_record", "start_month") and not (person and has("member", "relation_to_head")):
        return "work_record"
    return "member" if person or has("", "person_no") else "household"


def mapped(headers: Sequence[str | None]) -> Mapped:
    """What each column of a sheet means. A header with one possible meaning chooses first, so that `联系电话` beside
    `本人联系电话` is the household's."""
    result = Mapped(grain_of(headers))
    feeds = FEEDS[result.grain]
    taken: dict[Target, str] = {}

    def possible(header: str) -> list[Target]:
        fitting = [t for t in candidates(header) if t.table in feeds or t.use in (Use.KEY, Use.DERIVED)]
        if result.grain != "household":
            fitting = [t for t in fitting if (t.table, t.column) not in _NOT_REPEATED]
        if result.grain != "income_item":
            fitting = [t for t in fitting if not (t.table == "income_item" and t.use is Use.COLUMN)]
        return sorted(fitting, key=lambda t: feeds.index(t.table) if t.table in feeds else -1)

    named = [(position, header) for position, header in enumerate(headers) if header]
    for position, header in sorted(named, key=lambda each: (len(possible(each[1])), each[0])):
        choices = possible(header)
        if not choices:
            # A column of another table is known, only not wanted here: no need to mention it.
            if not candidates(header) and header not in header_file().silent_columns:
                result.unknown.append((position, header))
            continue
        if choices[0].use is Use.DERIVED:
            result.targets[position] = choices[0]
            continue
        free = next((t for t in choices if t not in taken), None)
        if free is None:
            result.twice = result.twice or (taken[choices[0]], header, choices[0])
            continue
        taken[free] = header
        result.targets[position] = free
    result.unknown.sort()
    result.targets = dict(sorted(result.targets.items()))
    _drop_sums(result)
    return result


def _drop_sums(sheet: Mapped) -> None:
    """A sum stands for an item only when the sheet has no finer item of the same kind."""
    kinds = {t.column.partition(".")[0] for t in sheet.targets.values() if t.use is Use.ITEM}
    with translation.override("zh-hans"):
        for position, target in sheet.targets.items():
            if target.use is Use.TOTAL:
                kind, names = target.column.partition(".")[0], header_file().totals[target.column]
                sheet.targets[position] = (
                    Target(Use.DERIVED, "", names[0])
                    if kind in kinds
                    else Target(Use.ITEM, "income_item", target.column)
                )


def label_of(table: str, column: str) -> Any:
    """A column's label, said in the language of whoever reads it; what is no column has its first Chinese name."""
    found = tables()[table].columns.get(column) if table in tables() else None
    if found:
        return found.label
    names = header_file().columns.get(table, {}).get(column, ())
    return names[0] if names else column
