"""Division lists taken in whole, one code path for ten rows and for every village of the country.

The list is judged by column in DuckDB, compared with what the database holds of it, and merged by a handful of
statements. Areas that the list does not name are reported, never closed: closing is a decision with a document.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa
from django.db import connection, transaction
from django.utils.translation import gettext as _

from bangfu.areas import errors
from bangfu.areas.changing import Manager, one_change_at_a_time
from bangfu.areas.codes import initials
from bangfu.areas.judging import judge
from bangfu.areas.models import LEVEL_NAMES
from bangfu.areas.reading import Listing
from bangfu.audit import services as audit
from bangfu.common.duck import Connection, workbench
from bangfu.common.errors import BangfuError
from bangfu.common.places import Level
from bangfu.common.staging import stage

MANY = 50_000  # new areas from which it pays to check their parents together
SHOWN = 200  # so many rows of a kind are named in a report; all are counted


@dataclass(frozen=True)
class Refused:
    """A row that was not taken, and why."""

    row: int
    code: str
    name: str
    error: BangfuError


@dataclass
class Taken:
    """What became of a list. `renamed` holds (row, code, before, after) of names and classes; `missing` (code, name)
    of living areas that the list passes over. Lists name the first rows, counts all of them."""

    written: bool = False
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused_count: int = 0
    missing_count: int = 0
    added_by_level: dict[int, int] = field(default_factory=dict)
    renamed: list[tuple[int, str, str, str]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)

    def text(self, *, commit: bool, take_good: bool) -> str:
        """The report as an operator reads it, in the language now active."""
        lines = [
            _("新增 {added} 个，变更 {changed} 个，不变 {unchanged} 个，有误 {refused} 行。").format(
                added=self.added, changed=self.changed, unchanged=self.unchanged, refused=self.refused_count
            )
        ]
        levels = [
            _("{level} {count} 个").format(level=LEVEL_NAMES[n], count=c)
            for n, c in sorted(self.added_by_level.items())
        ]
        lines += [f"  {line}" for line in levels]
        lines += [
            _("第 {row} 行 {code}：{before} 更名为 {after}").format(row=row, code=code, before=before, after=after)
            for row, code, before, after in self.renamed
        ]
        lines += [
            _("第 {row} 行 {code} {name}：{reason}").format(row=r.row, code=r.code, name=r.name, reason=r.error)
            for r in self.refused
        ]
        if self.refused_count > len(self.refused):
            lines.append(_("……其余 {count} 行有误，未一一列出。").format(count=self.refused_count - len(self.refused)))
        if self.missing_count:
            lines.append(
                _("另有 {count} 个现存区划不在名单中，未作改动；如已撤并，请登记合并，例如：").format(
                    count=self.missing_count
                )
            )
            lines += [f"  {code} {name}" for code, name in self.missing[:20]]
        if not (self.refused_count or self.added or self.changed):
            lines.append(_("名单与现有登记一致，没有需要写入的。"))
        elif self.written:
            lines.append(_("已写入。"))
        elif self.refused_count and not take_good:
            lines.append(_("有误的行须先改正，这次什么也没有写入；也可加 --take-good 留下有误的行，先办其余。"))
        elif not commit:
            lines.append(_("演练完毕，什么也没有写入。确认无误后加 --commit 再运行一次。"))
        return "\n".join(lines)


@transaction.atomic
def take_in(
    listing: Listing,
    *,
    on: date,
    commit: bool,
    by: Manager | None = None,
    take_good: bool = False,
    progress: Callable[[str], None] = lambda step: None,
) -> Taken:
    """Merge a list into the areas as of `on`; without `commit` everything is done and then undone.

    New codes become areas, other names and urban-rural classes become versions from `on`, the rest stays. When a row is
    refused nothing is written, unless `take_good` leaves the bad rows out (with whatever hangs below them).
    Officers have no right to this: it is the operator's (`by` names who is written into the trail).
    Raises DayInFuture.
    """
    if on > date.today():
        raise errors.DayInFuture(day=on)
    one_change_at_a_time()
    with workbench() as duck:
        progress("judge")
        judge(duck, listing, on=on)
        taken = _report(duck, listing)
        if taken.refused_count and not take_good:
            transaction.set_rollback(True)
            return taken
        if taken.added or taken.changed:
            progress("write")
            _add(duck, on, listing.file)
            _change(duck, on, listing.file)
    if taken.added or taken.changed:
        audit.record(
            actor=by,
            action="areas.imported",
            file=listing.file,
            on=on,
            added=taken.added,
            changed=taken.changed,
            unchanged=taken.unchanged,
            refused=taken.refused_count,
        )
    if not commit:
        transaction.set_rollback(True)
    taken.written = commit
    return taken


def _report(duck: Connection, listing: Listing) -> Taken:
    taken = Taken()
    for fate, level, count in duck.execute("SELECT fate, level, count(*) FROM rows GROUP BY ALL").fetchall():
        if fate == "new":
            taken.added += count
            taken.added_by_level[level] = count
        elif fate == "changed":
            taken.changed += count
        elif fate == "same":
            taken.unchanged += count
    faults = duck.execute(
        f"SELECT row, code, name, fault, facts FROM faults ORDER BY row, fault LIMIT {SHOWN}"
    ).fetchall()
    taken.refused = [
        Refused(row, code or "", name or "", _error(fault, json.loads(facts)))
        for row, code, name, fault, facts in faults
    ]
    taken.refused_count = _one(duck, "SELECT count(*) FROM faults")
    taken.renamed = duck.execute(
        "SELECT row, code, old_name, name FROM rows WHERE fate = 'changed' AND old_name <> name"
        f" ORDER BY row LIMIT {SHOWN}"
    ).fetchall()
    taken.missing = duck.execute(f"SELECT code, name FROM missing ORDER BY code LIMIT {SHOWN}").fetchall()
    taken.missing_count = _one(duck, "SELECT count(*) FROM missing")
    return taken


def _error(fault: str, facts: dict[str, Any]) -> BangfuError:
    if "level" in facts:
        facts["level"] = LEVEL_NAMES.get(facts["level"], "")
    kind: type[BangfuError] = getattr(errors, fault)
    return kind(**facts)


def _one(duck: Connection, query: str) -> Any:
    [[value]] = duck.execute(query).fetchall()
    return value


def _add(duck: Connection, on: date, source: str) -> None:
    """New areas, level by level because each needs the id of the one above, then their versions at once."""
    new: pa.Table = duck.sql(
        "SELECT place, level, parent_place, code, name, coalesce(urban_rural_code, '') AS urban_rural_code"
        " FROM rows WHERE fate = 'new' ORDER BY place"
    ).to_arrow_table()
    if not new.num_rows:
        return
    new = new.append_column("initials", _initials(new["name"]))
    levels = [int(level) for level in Level if int(level) in new["level"].unique().to_pylist()]
    used: pa.Table = duck.sql(
        "SELECT parent_place AS place, max((place - parent_place) // step) AS last_child"
        " FROM rows JOIN steps USING (level)"
        " WHERE fate = 'new' AND parent_place > 0 GROUP BY parent_place"
    ).to_arrow_table()
    with stage("areas_new", new) as staged, _parents_checked_at_once(new.num_rows), connection.cursor() as cursor:
        for level in levels:
            cursor.execute(
                "INSERT INTO areas_area (place, level, parent_id, code, name, initials, urban_rural_code, last_child,"
                " valid_from, valid_to)"
                " SELECT s.place, s.level, p.id, s.code, s.name, s.initials, s.urban_rural_code, 0, %s, NULL"
                f" FROM {staged} s LEFT JOIN areas_area p ON p.place = s.parent_place WHERE s.level = %s"
                " ORDER BY s.place",
                [on, level],
            )
        cursor.execute(
            "INSERT INTO areas_areaversion (area_id, code, name, parent_id, urban_rural_code, valid_from, valid_to,"
            " source) SELECT a.id, a.code, a.name, a.parent_id, a.urban_rural_code, a.valid_from, NULL, %s"
            f" FROM {staged} s JOIN areas_area a ON a.place = s.place ORDER BY a.id",
            [source[:120]],
        )
    with stage("areas_used", used) as staged, connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE areas_area SET last_child = s.last_child FROM {staged} s"
            " WHERE areas_area.place = s.place AND areas_area.last_child < s.last_child"
        )


@contextmanager
def _parents_checked_at_once(rows: int) -> Iterator[None]:
    """PostgreSQL looks up the parent of every new row by itself at the end, which for a whole country takes longer than
    all else. Above MANY rows the foreign keys are taken off and put back, which checks all rows by one join; whoever
    wants to read areas meanwhile waits until it is done."""
    if connection.vendor != "postgresql" or rows < MANY:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'f' AND conrelid IN ('areas_area'::regclass, 'areas_areaversion'::regclass)"
        )
        keys = cursor.fetchall()
        # What this transaction has still to check from before is checked now: nothing pending may hang on a key.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table, name, _definition in keys:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        yield
        for table, name, definition in keys:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _change(duck: Connection, on: date, source: str) -> None:
    """Other names and classes: the area as it stands, a version from the day, and what was renamed into what."""
    changed: pa.Table = duck.sql(
        "SELECT id, name, coalesce(urban_rural_code, old_urban_rural_code) AS urban_rural_code, name <> old_name AS"
        " renamed FROM rows WHERE fate = 'changed' ORDER BY id"
    ).to_arrow_table()
    if not changed.num_rows:
        return
    changed = changed.append_column("initials", _initials(changed["name"]))
    with stage("areas_changed", changed, index=[("id",)]) as staged, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE areas_area SET name = s.name, initials = s.initials, urban_rural_code = s.urban_rural_code"
            f" FROM {staged} s WHERE areas_area.id = s.id"
        )
        current = f"valid_to IS NULL AND area_id IN (SELECT id FROM {staged})"
        cursor.execute(f"DELETE FROM areas_areaversion WHERE valid_from = %s AND {current}", [on])
        cursor.execute(f"UPDATE areas_areaversion SET valid_to = %s WHERE {current}", [on])
        cursor.execute(
            "INSERT INTO areas_areaversion (area_id, code, name, parent_id, urban_rural_code, valid_from, valid_to,"
            " source) SELECT a.id, a.code, a.name, a.parent_id, a.urban_rural_code, %s, NULL, %s"
            f" FROM areas_area a JOIN {staged} s ON s.id = a.id",
            [on, source[:120]],
        )
        cursor.execute(
            'INSERT INTO areas_succession (kind, predecessor_id, successor_id, "on", document)'
            f" SELECT 'renamed', s.id, s.id, %s, %s FROM {staged} s WHERE s.renamed",
            [on, source[:120]],
        )


def _initials(names: Any) -> "pa.Array[Any]":
    return pa.array([initials(name) for name in names.to_pylist()], pa.string())
