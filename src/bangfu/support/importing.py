"""Pairings from a file: verbs of `support.services` in a file of their own. All rows are taken in or none.

A file is read as the registry reads its files (.xlsx, .xls, .ods, .csv), every row is judged by being written in a
transaction that is then taken back: what the check says is what the writing will do. Helpers whom nobody has registered
come along with their rank; units do not, since nobody would notice a second spelling of a name.
"""

import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.accounts.models import Officer
from bangfu.audit.services import record
from bangfu.common.errors import BangfuError
from bangfu.common.names import normalise_name
from bangfu.common.policy import code_list, matching_key
from bangfu.registry.columns import Column, Kind
from bangfu.registry.intake import list_imports
from bangfu.registry.intake.cells import read_column
from bangfu.registry.intake.list_imports import kept, problems_of, rows_of
from bangfu.registry.intake.lists import ListRow
from bangfu.registry.models import Household
from bangfu.support import errors
from bangfu.support.acting import require
from bangfu.support.models import Helper, Pairing, PairingImport, Unit
from bangfu.support.pairings import PART, Channel, Wish, pair_many
from bangfu.support.policy import headers
from bangfu.support.replacing import Change, replace
from bangfu.support.units import save_helper

State = PairingImport.State
LABELS: Mapping[str, Any] = {
    "household_no": gettext_lazy("户编号"),
    "head_name": gettext_lazy("户主姓名"),
    "helper_name": gettext_lazy("帮扶责任人"),
    "unit_name": gettext_lazy("帮扶单位"),
    "rank": gettext_lazy("职级"),
    "phone": gettext_lazy("帮扶责任人电话"),
    "kind": gettext_lazy("结对类别"),
    "starts_on": gettext_lazy("结对日期"),
}
NEEDED = ("household_no", "helper_name", "unit_name")
_DAY = Column("starts_on", Kind.DAY, LABELS["starts_on"])


# --- reading ---------------------------------------------------------------------------------------------------------


def read_rows(path: Path, name: str) -> list[ListRow]:
    """The rows of a file of pairings. Raises what `list_imports.read_rows` raises."""
    return list_imports.read_rows(path, name, LABELS, headers().columns, NEEDED)


# --- judging ---------------------------------------------------------------------------------------------------------


@dataclass
class _Judged:
    """What came of the rows: those refused with column and reason, and how many were written or stood there before."""

    refused: list[tuple[ListRow, str, BangfuError]] = field(default_factory=list)
    made: int = 0
    unchanged: int = 0
    helpers: int = 0
    handed_over: int = 0


@dataclass(frozen=True)
class How:
    """How rows are taken: `beyond_limits` as an older list says though somebody has too many; `hand_over`: where a file
    names another main helper than the one who stands, the household is handed over, on the day of the row."""

    beyond_limits: bool = False
    hand_over: bool = False
    reason: str = ""


class _TakenBack(Exception):
    """The rehearsal is over: nothing of it stays."""


def _judge(by: Officer, rows: Sequence[ListRow], how: How, *, commit: bool) -> _Judged:
    """Write the rows, and take all of it back unless `commit` and every row is good."""
    done = _Judged()
    try:
        with transaction.atomic():
            _write(by, rows, how, done)
            if done.refused or not commit:
                raise _TakenBack
    except _TakenBack:
        pass
    done.refused.sort(key=lambda each: each[0].number)
    return done


def _write(by: Officer, rows: Sequence[ListRow], how: How, done: _Judged) -> None:
    known = _Known(by, rows)
    wishes: list[Wish] = []
    changes: list[Change] = []
    of_wish: dict[int, ListRow] = {}
    seen: dict[tuple[int, int], int] = {}
    mains: dict[int, int] = {}
    for row in rows:
        try:
            column = "household_no"
            household = known.household(row)
            column = "helper_name"
            helper, new = known.helper(row)
            done.helpers += new
            column = "kind"
            kind = _kind(row.text("kind"))
            column = "starts_on"
            starts_on = known.days[row.number]
            if isinstance(starts_on, BangfuError):
                raise starts_on
            column = ""
            _once(row, household, helper, kind, seen, mains)
        except BangfuError as fault:
            done.refused.append((row, column, fault))
            continue
        if known.stands(household, helper, kind):
            done.unchanged += 1
            continue
        wish = Wish(household, helper, starts_on, kind)
        of_wish[id(wish)] = row
        standing = known.mains.get(household.pk) if how.hand_over and wish.main else None
        if standing is not None:
            changes.append(Change(wish, standing))
        else:
            wishes.append(wish)
    # What ends makes room for what begins.
    lost = replace(by=by, changes=changes, reason=how.reason, beyond_limits=how.beyond_limits)
    done.handed_over = len(changes) - len(lost)
    done.refused += [(of_wish[id(each.wish)], "", fault) for each, fault in lost]
    paired = pair_many(by=by, wishes=wishes, channel=Channel.IMPORT, beyond_limits=how.beyond_limits)
    done.made = len(paired.made)
    done.refused += [(of_wish[id(wish)], "", fault) for wish, fault in paired.refused]


def _once(
    row: ListRow,
    household: Household,
    helper: Helper,
    kind: str,
    seen: dict[tuple[int, int], int],
    mains: dict[int, int],
) -> None:
    """A file names two people for a household once, and one main helper for each. Raises RowTwiceInFile,
    TwiceInFile."""
    if other := seen.get((household.pk, helper.pk)):
        raise errors.RowTwiceInFile(other=other)
    seen[household.pk, helper.pk] = row.number
    if kind == Pairing.Kind.MAIN:
        if other := mains.get(household.pk):
            raise errors.TwiceInFile(other=other, household=household.head_name or household.household_no)
        mains[household.pk] = row.number


def _kind(text: str) -> str:
    """main or further. Raises CodeUnknown."""
    kinds = headers().kinds
    for kind, names in kinds.items():
        if matching_key(text) in {matching_key(each) for each in (kind, *names)}:
            return kind
    if text:
        choices = "、".join(names[0] for names in kinds.values())
        raise errors.CodeUnknown(field=LABELS["kind"], value=text, choices=choices)
    return str(Pairing.Kind.MAIN)


class _Known:
    """The households, units and helpers that the rows name, looked up together; helpers who are new are made once."""

    def __init__(self, by: Officer, rows: Sequence[ListRow]) -> None:
        self.by = by
        numbers = sorted({row.text("household_no") for row in rows if row.text("household_no")})
        self.households: dict[str, Household] = {}
        self.paired: dict[tuple[int, int], str] = {}
        self.mains: dict[int, Pairing] = {}
        for first in range(0, len(numbers), PART):
            some = Household.objects.visible_to(by).filter(household_no__in=numbers[first : first + PART])
            self.households |= {each.household_no: each for each in some}
        ids = [each.pk for each in self.households.values()]
        for first in range(0, len(ids), PART):
            standing = Pairing.objects.filter(household_id__in=ids[first : first + PART], ended_on=None)
            for row in standing.select_related("helper"):
                self.paired[row.household_id, row.helper_id] = row.kind
                if row.is_main:
                    self.mains[row.household_id] = row
        self.units: dict[str, list[Unit]] = defaultdict(list)
        for unit in Unit.objects.visible_to(by).filter(closed_on=None).select_related("area").order_by("pk"):
            self.units[matching_key(unit.name)].append(unit)
        self.people: dict[tuple[int, str], list[Helper]] = defaultdict(list)
        for helper in Helper.objects.visible_to(by).working().select_related("area", "unit").order_by("pk"):
            self.people[helper.unit_id, helper.name].append(helper)
        self.days = _days(rows)

    def stands(self, household: Household, helper: Helper, kind: str) -> bool:
        """Whether exactly this is on file already."""
        return self.paired.get((household.pk, helper.pk)) == kind

    def household(self, row: ListRow) -> Household:
        """Raises FieldMissing, HouseholdNotFound, HeadDiffers, NotInYourPlace."""
        number = row.text("household_no")
        if not number:
            raise errors.FieldMissing(field=LABELS["household_no"])
        found = self.households.get(number)
        if found is None:
            raise errors.HouseholdNotFound(number=number)
        require(self.by, found.place, found.head_name or number)
        given = normalise_name(row.text("head_name"))
        if given and found.head_name and given != found.head_name:
            raise errors.HeadDiffers(number=number, on_file=found.head_name, given=given)
        return found

    def helper(self, row: ListRow) -> tuple[Helper, bool]:
        """Who is meant, and whether they were registered just now. Raises FieldMissing, UnitNotFound, UnitsAlike,
        HelpersAlike, RankMissing, CodeUnknown, and what `save_helper` raises."""
        name, unit_name = normalise_name(row.text("helper_name")), row.text("unit_name")
        for column in ("helper_name", "unit_name"):
            if not row.text(column):
                raise errors.FieldMissing(field=LABELS[column])
        units = self.units.get(matching_key(unit_name), [])
        if not units:
            raise errors.UnitNotFound(unit=unit_name)
        phone = "".join(row.text("phone").split())
        people = [each for unit in units for each in self.people.get((unit.pk, name), [])]
        named = [each for each in people if each.phone == phone] if phone else people
        if not named and len(people) == 1 and not (phone and people[0].phone):
            named = people  # a phone that only one of the two sides knows tells nobody apart
        if len(named) > 1:
            raise errors.HelpersAlike(unit=unit_name, helper=name)
        if named:
            return named[0], False
        if len(units) > 1:
            raise errors.UnitsAlike(unit=unit_name)
        return self._new(units[0], name, phone, row.text("rank")), True

    def _new(self, unit: Unit, name: str, phone: str, rank: str) -> Helper:
        listed = code_list("helper_rank")
        choices = "、".join(label for _code, label in listed.choices())
        if not rank:
            raise errors.RankMissing(unit=unit.name, helper=name, choices=choices)
        code = listed.code_of(rank)
        if code is None:
            raise errors.CodeUnknown(field=LABELS["rank"], value=rank, choices=choices)
        made = save_helper(by=self.by, name=name, unit=unit, rank=code, phone=phone)
        self.people[unit.pk, name].append(made)
        return made


def _days(rows: Sequence[ListRow]) -> dict[int, date | BangfuError]:
    """By row the day from which a pairing holds: today where none is given; the error where it is no day."""
    texts = [row.text("starts_on") for row in rows]
    read = read_column(_DAY, pa.chunked_array([texts], pa.string()))
    values = read.values.to_pylist()
    today = timezone.localdate()
    found: dict[int, date | BangfuError] = {}
    for number, row in enumerate(rows):
        if number in read.faults:
            found[row.number] = errors.DayUnreadable(value=texts[number])
        else:
            found[row.number] = values[number] or today
    return found


# --- the verbs -------------------------------------------------------------------------------------------------------


def check_file(
    *, by: Officer, path: Path, name: str, sha256: str, beyond_limits: bool = False, hand_over: bool = False
) -> PairingImport:
    """Read and judge a file of pairings (see `How`); nothing of it is written yet. Raises NotAllowed, and what
    `read_rows` raises."""
    place = _place(by)
    rows = read_rows(path, name)
    how = How(beyond_limits, hand_over, _reason(name))
    judged = _judge(by, rows, how, commit=False)
    return _kept(by, place, name, sha256, rows, judged, how)


def _reason(file: str) -> str:
    return _("按结对名单“{file}”移交").format(file=file[:120])


@transaction.atomic
def _kept(
    by: Officer,
    place: int,
    name: str,
    sha256: str,
    rows: Sequence[ListRow],
    judged: _Judged,
    how: How,
) -> PairingImport:
    made: PairingImport = PairingImport.objects.create(
        state=State.REFUSED if judged.refused else State.CHECKED,
        place=place,
        file_name=name[:255],
        file_sha256=sha256,
        started_by=by,
        counts=_counts(rows, judged, how),
        problems=problems_of(judged.refused),
        rows=kept(rows),
    )
    record(
        actor=by,
        action="support.import_checked",
        subject=made,
        file_name=made.file_name,
        rows=len(rows),
        refused=len(judged.refused),
    )
    return made


def _place(by: Officer) -> int:
    """Where an import is kept: at the officer's highest area with the right. Raises NotAllowed."""
    areas = [post.area for post in by.posts_on() if "support.edit" in post.rights]
    if not areas:
        require(by, by.place or 0, by.name)
    return min(areas, key=lambda area: (area.level, area.place)).place


def _counts(rows: Sequence[Any], judged: _Judged, how: How) -> dict[str, Any]:
    return {
        "rows": len(rows),
        "made": judged.made,
        "unchanged": judged.unchanged,
        "helpers": judged.helpers,
        "handed_over": judged.handed_over,
        "refused": len(judged.refused),
        "beyond_limits": how.beyond_limits,
        "hand_over": how.hand_over,
    }


@transaction.atomic
def write_import(*, by: Officer, batch: PairingImport) -> PairingImport:
    """Write what was checked: every row, or none when something has changed meanwhile: then it is refused and says of
    each row why. Raises ImportOver, NotAllowed."""
    now = _held(by, batch)
    asked = {name: bool(now.counts.get(name)) for name in ("beyond_limits", "hand_over")}
    how = How(asked["beyond_limits"], asked["hand_over"], _reason(now.file_name))
    rows = rows_of(now)
    judged = _judge(by, rows, how, commit=True)
    now.counts = _counts(rows, judged, how)
    now.problems = problems_of(judged.refused)
    now.state = State.REFUSED if judged.refused else State.DONE
    now.finished_at = timezone.now()
    if not judged.refused:
        now.rows = []
    now.save(update_fields=["counts", "problems", "state", "finished_at", "rows"])
    record(
        actor=by,
        action="support.import_written" if not judged.refused else "support.import_refused",
        subject=now,
        file_name=now.file_name,
        count=judged.made + judged.handed_over,
        refused=len(judged.refused),
    )
    return now


@transaction.atomic
def drop_import(*, by: Officer, batch: PairingImport) -> PairingImport:
    """Give up a file that was checked or refused; what was read of it is forgotten. Raises ImportOver, NotAllowed."""
    now = _held(by, batch, (State.CHECKED, State.REFUSED))
    now.state, now.rows, now.finished_at = State.DROPPED, [], timezone.now()
    now.save(update_fields=["state", "rows", "finished_at"])
    record(actor=by, action="support.import_dropped", subject=now, file_name=now.file_name)
    return now


def _held(by: Officer, batch: PairingImport, states: Sequence[str] = (State.CHECKED,)) -> PairingImport:
    now: PairingImport = PairingImport.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    require(by, now.place, now.file_name)
    if now.state not in states:
        raise errors.ImportOver(file=now.file_name, state=now.get_state_display())
    return now


# --- what comes back -------------------------------------------------------------------------------------------------


def template() -> bytes:
    """An empty file with our columns, and what the cells of rank and kind may say."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    sheet = book.add_worksheet(_("结对"))
    sheet.set_column(0, len(LABELS) - 1, 18, text)
    for position, label in enumerate(LABELS.values()):
        sheet.write_string(0, position, str(label), bold)
    places = list(LABELS)
    ranks = [label for _code, label in code_list("helper_rank").choices()]
    kinds = [names[0] for names in headers().kinds.values()]
    for column, choices in (("rank", ranks), ("kind", kinds)):
        at = places.index(column)
        sheet.data_validation(1, at, list_imports.MOST_ROWS, at, {"validate": "list", "source": choices})
    book.close()
    return out.getvalue()
