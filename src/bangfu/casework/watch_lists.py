"""Lists of risks and contacts of watched households, as older systems give them: verbs of `casework.services` in a file
of their own. Every row is judged, and all are taken in or none.

What stands in a list adds to what is on file: a risk that is there stays as it is, an empty cell says nothing. A
household may stand in several rows, one for each risk, or have several risks in one cell or in several columns.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.audit.services import record
from bangfu.casework import recognition_errors as errors
from bangfu.casework.models import Recognition, Risk, WatchImport
from bangfu.casework.saying import DISASTER, RISK, needed
from bangfu.casework.texts import phone, plain
from bangfu.casework.watching import NAME_LIMIT, NOTE_LIMIT, choices
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.common.names import normalise_name
from bangfu.common.policy import Source, Strict, code_list, read_yaml
from bangfu.registry.columns import Column, Kind
from bangfu.registry.intake.cells import read_column
from bangfu.registry.intake.list_imports import kept, problems_of, read_rows, rows_of
from bangfu.registry.intake.lists import ListRow

State = WatchImport.State
RIGHT = "cases.bulk"
PART = 500
LABELS: Mapping[str, Any] = {
    "household_no": gettext_lazy("户编号"),
    "head_name": gettext_lazy("户主姓名"),
    "risk": gettext_lazy("返贫致贫风险"),
    "disaster": gettext_lazy("自然灾害种类"),
    "note": gettext_lazy("风险说明"),
    "found_on": gettext_lazy("发现日期"),
    "contact_name": gettext_lazy("监测联系人"),
    "contact_phone": gettext_lazy("监测联系人电话"),
}
NEEDED = ("household_no",)
_DAY = Column("found_on", Kind.DAY, LABELS["found_on"])
# How several risks are written into one cell.
_BETWEEN = re.compile(r"[,，、;；/|\n]+")


class WatchHeaders(Strict):
    """The file `policy/china/headers/watched.yaml`: other names of the columns of such a list."""

    source: Source
    columns: Mapping[str, tuple[str, ...]]


@cache
def headers() -> WatchHeaders:
    return read_yaml(Path(settings.POLICY) / "china" / "headers" / "watched.yaml", WatchHeaders)


# --- judging ---------------------------------------------------------------------------------------------------------


@dataclass
class _Judged:
    """What came of the rows: those refused with column and reason, the risks and contacts that would be new, and how
    many rows say only what is on file."""

    refused: list[tuple[ListRow, str, BangfuError]] = field(default_factory=list)
    risks: dict[tuple[int, str], Risk] = field(default_factory=dict)
    contacts: dict[int, tuple[Recognition, ListRow]] = field(default_factory=dict)
    unchanged: int = 0


def _judge(by: Officer, rows: Sequence[ListRow]) -> _Judged:
    """Every row against the watched households that the officer may see; nothing is written."""
    done = _Judged()
    watched = _watched(by, rows)
    on_file = set(
        Risk.objects.filter(recognition__in=[each.pk for each in watched.values()]).values_list("recognition", "code")
    )
    days = _days(rows)
    for row in rows:
        column = ["household_no"]
        try:
            home = _home(by, row, watched)
            before = len(done.risks) + len(done.contacts)
            _take_risks(row, home, days[row.number], on_file, done, column)
            _take_contact(row, home, done, column)
            done.unchanged += len(done.risks) + len(done.contacts) == before
        except BangfuError as fault:
            done.refused.append((row, column[0], fault))
    return done


def _watched(by: Officer, rows: Sequence[ListRow]) -> dict[str, Recognition]:
    """By household number the watch in force of every household in the list that the officer may see."""
    found: dict[str, Recognition] = {}
    numbers = sorted({row.text("household_no") for row in rows} - {""})
    in_force = Recognition.objects.visible_to(by).filter(kind=Recognition.Kind.WATCHED, void=False, ends_on=None)
    for first in range(0, len(numbers), PART):
        some = in_force.filter(household__household_no__in=numbers[first : first + PART])
        found |= {each.household.household_no: each for each in some.select_related("household")}
    return found


def _home(by: Officer, row: ListRow, watched: Mapping[str, Recognition]) -> Recognition:
    number = row.text("household_no")
    if not number:
        raise errors.WatchUnnumbered()
    found = watched.get(number)
    if found is None or not by.may(RIGHT, found.place):
        raise errors.WatchNotFound(number=number)
    given, on_file = normalise_name(row.text("head_name")), found.household.head_name
    if given and on_file and given != on_file:
        raise errors.WatchHeadDiffers(number=number, on_file=on_file, given=given)
    if not (row.text("risk") or row.text("contact_name") or row.text("contact_phone")):
        raise errors.WatchSaysNothing()
    return found


def _take_risks(
    row: ListRow,
    home: Recognition,
    day: date | BangfuError | None,
    on_file: set[tuple[int, str]],
    done: _Judged,
    column: list[str],
) -> None:
    """The risks of a row that are not on file. `column` is left naming where a fault lies."""
    column[0] = "found_on"
    if isinstance(day, BangfuError):
        raise day
    column[0] = "note"
    note = plain(row.text("note"), NOTE_LIMIT, str(LABELS["note"]))
    column[0] = "disaster"
    disaster = _coded(DISASTER, row.text("disaster")) if row.text("disaster") else ""
    column[0] = "risk"
    texts = [part for cell in row.cells.get("risk", ()) for part in _BETWEEN.split(cell) if part.strip()]
    taken: dict[tuple[int, str], Risk] = {}
    for code in dict.fromkeys(_coded(RISK, text) for text in texts):
        entry = code_list(RISK).get(code)
        assert entry is not None  # it was just found there
        if (home.pk, code) in on_file:
            continue
        if wanted := needed(entry, disaster, note):
            column[0] = "note" if entry.attributes.get("needs") == "note" else "disaster"
            raise errors.WatchNeeds(risk=entry.label, wanted=wanted)
        needs = entry.attributes.get("needs")
        taken[home.pk, code] = Risk(
            recognition=home,
            code=code,
            disaster=disaster if needs == "disaster" else "",
            note=note if needs == "note" else "",
            found_on=day,
        )
    for key, risk in taken.items():
        done.risks.setdefault(key, risk)


def _take_contact(row: ListRow, home: Recognition, done: _Judged, column: list[str]) -> None:
    """The contact that a row names, when it is another than on file."""
    column[0] = "contact_name"
    name = plain(normalise_name(row.text("contact_name")), NAME_LIMIT, str(LABELS["contact_name"]))
    column[0] = "contact_phone"
    number = phone(row.text("contact_phone"), str(LABELS["contact_phone"]))
    if not name and not number:
        return
    if not name or not number:
        raise errors.WatchContactHalf()
    if home.pk in done.contacts:
        known, other = done.contacts[home.pk]
        if (known.contact_name, known.contact_phone) != (name, number):
            raise errors.WatchContactTwice(other=other.number)
    elif (home.contact_name, home.contact_phone) != (name, number):
        home.contact_name, home.contact_phone = name, number
        done.contacts[home.pk] = (home, row)


def _coded(list_id: str, text: str) -> str:
    found = code_list(list_id).code_of(text)
    if found is None:
        raise errors.WatchCodeWrong(value=text[:40], field=code_list(list_id).label, choices=choices(list_id))
    return found


def _days(rows: Sequence[ListRow]) -> dict[int, date | BangfuError | None]:
    """By row the day on which its risks were found; the error where it is no day, or one to come."""
    texts = [row.text("found_on") for row in rows]
    read = read_column(_DAY, pa.chunked_array([texts], pa.string()))
    today = timezone.localdate()
    found: dict[int, date | BangfuError | None] = {}
    for position, (row, value) in enumerate(zip(rows, read.values.to_pylist(), strict=True)):
        wrong = position in read.faults or (value is not None and value > today)
        found[row.number] = errors.WatchDayWrong(value=texts[position][:40]) if wrong else value
    return found


# --- the verbs -------------------------------------------------------------------------------------------------------


def check_watch_list(*, by: Officer, path: Path, name: str, sha256: str) -> WatchImport:
    """Read and judge a list; nothing of it is written yet. Raises NotAllowed, ListColumnsMissing,
    NothingToImport, ListTooLong, and what cannot be opened at all."""
    areas = [post.area for post in by.posts_on() if RIGHT in post.rights] if by.is_active else []
    if not areas:
        raise NotAllowed(right=rights()[RIGHT].label)
    rows = read_rows(path, name, LABELS, headers().columns, NEEDED)
    judged = _judge(by, rows)
    with transaction.atomic():
        made: WatchImport = WatchImport.objects.create(
            state=State.REFUSED if judged.refused else State.CHECKED,
            place=min(areas, key=lambda area: (area.level, area.place)).place,
            file_name=name[:255],
            file_sha256=sha256,
            started_by=by,
            counts=_counts(rows, judged),
            problems=problems_of(judged.refused),
            rows=kept(rows),
        )
        record(
            actor=by,
            action="cases.watch_checked",
            subject=made,
            file_name=made.file_name,
            rows=len(rows),
            refused=len(judged.refused),
        )
    return made


def _counts(rows: Sequence[ListRow], judged: _Judged) -> dict[str, int]:
    return {
        "rows": len(rows),
        "risks": len(judged.risks),
        "contacts": len(judged.contacts),
        "unchanged": judged.unchanged,
        "refused": len(judged.refused),
    }


@transaction.atomic
def write_watch_list(*, by: Officer, batch: WatchImport) -> WatchImport:
    """Write what was checked: every row, or none when something has changed meanwhile: then it is refused and says of
    each row why. Raises WatchListOver, NotAllowed."""
    now = _held(by, batch, (State.CHECKED,))
    rows = rows_of(now)
    judged = _judge(by, rows)
    now.counts, now.problems = _counts(rows, judged), problems_of(judged.refused)
    now.state = State.REFUSED if judged.refused else State.DONE
    now.finished_at = timezone.now()
    if not judged.refused:
        Risk.objects.bulk_create(judged.risks.values(), batch_size=PART)
        named = [recognition for recognition, _row in judged.contacts.values()]
        Recognition.objects.bulk_update(named, ["contact_name", "contact_phone"], batch_size=PART)
        now.rows = []
    now.save(update_fields=["counts", "problems", "state", "finished_at", "rows"])
    record(
        actor=by,
        action="cases.watch_refused" if judged.refused else "cases.watch_written",
        subject=now,
        file_name=now.file_name,
        risks=len(judged.risks),
        contacts=len(judged.contacts),
        refused=len(judged.refused),
    )
    return now


@transaction.atomic
def drop_watch_list(*, by: Officer, batch: WatchImport) -> WatchImport:
    """Give up a list that was checked or refused; what was read is forgotten. Raises WatchListOver, NotAllowed."""
    now = _held(by, batch, (State.CHECKED, State.REFUSED))
    now.state, now.rows, now.finished_at = State.DROPPED, [], timezone.now()
    now.save(update_fields=["state", "rows", "finished_at"])
    record(actor=by, action="cases.watch_dropped", subject=now, file_name=now.file_name)
    return now


def _held(by: Officer, batch: WatchImport, states: Sequence[str]) -> WatchImport:
    now: WatchImport = WatchImport.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if not by.may(RIGHT, now.place):
        raise NotAllowed(right=rights()[RIGHT].label)
    if now.state not in states:
        raise errors.WatchListOver(file=now.file_name, state=now.get_state_display())
    return now


def template() -> bytes:
    """An empty file with our columns, and what the cells of risk and disaster may say."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    sheet, known = book.add_worksheet(_("监测对象")), book.add_worksheet(_("可填内容"))
    sheet.set_column(0, len(LABELS) - 1, 18, text)
    known.set_column(0, 1, 40)
    for position, label in enumerate(LABELS.values()):
        sheet.write_string(0, position, str(label), bold)
    for position, list_id in enumerate((RISK, DISASTER)):
        known.write_string(0, position, str(code_list(list_id).label), bold)
        for line, (_code, label) in enumerate(code_list(list_id).choices(), start=1):
            known.write_string(line, position, label)
    book.close()
    return out.getvalue()
