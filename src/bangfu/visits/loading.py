"""Reads checklists, and looks at what only the registry and the code lists can tell: whether the columns that a
question shows or corrects exist and take such answers.

    policy/china/checklists/visits/           those of the nation
    policy/places/<code>/checklists/visits/   those of a place, which replace the nation's of the same id as a whole
    HOME/policy/places/<code>/…               the same, in the house's own folder

Of several of one id the one of the longest code is taken.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.utils.translation import gettext as _

from bangfu.common.errors import PolicyFileWrong
from bangfu.common.policy import code_lists, read_yaml
from bangfu.registry.columns import Column, tables
from bangfu.registry.columns import Kind as ColumnKind
from bangfu.visits.checklists import CHOSEN, Checklist, Kind, Question
from bangfu.visits.errors import ChecklistUnknown
from bangfu.visits.known import NEVER_CORRECTED, SHOWN_ONLY

FOLDER = Path("checklists") / "visits"
# Which kinds of questions may correct which kinds of columns.
CORRECT = {
    Kind.TEXT: (ColumnKind.TEXT,),
    Kind.WHOLE: (ColumnKind.WHOLE,),
    Kind.AMOUNT: (ColumnKind.HUNDREDTHS,),
    Kind.DAY: (ColumnKind.DAY,),
    Kind.CHOICE: (ColumnKind.CODE,),
    Kind.MANY: (ColumnKind.SET,),
    Kind.FLAG: (ColumnKind.FLAG,),
}
Stamp = tuple[tuple[str, int, int], ...]
_kept: dict[str, tuple[Stamp, Mapping[str, Checklist]]] = {}
_lock = Lock()


@dataclass(frozen=True)
class Folder:
    """A folder of policy files and the code of the place it is of, without the zeros at its end; "" the nation."""

    place: str
    path: Path


def checklists(place: str = "", day: date | None = None) -> Mapping[str, Checklist]:
    """The checklists in force on `day` (today) in the area of a code, by id, in their order. Raises PolicyFileWrong."""
    found = _all(place)
    today = day or date.today()
    listed = sorted(found.values(), key=lambda each: (each.order, each.id))
    return {each.id: each for each in listed if each.in_force(today)}


def checklist(id: str, place: str = "", day: date | None = None) -> Checklist:
    """One checklist in force. Raises ChecklistUnknown."""
    try:
        return checklists(place, day)[id]
    except KeyError:
        raise ChecklistUnknown(checklist=id) from None


def check_files() -> list[Checklist]:
    """Every checklist of the nation and of all places. Raises PolicyFileWrong for the first fault."""
    return [_read(file) for folder in _folders() for file in _files(folder)]


def forget() -> None:
    """Read everything anew when it is next asked for."""
    with _lock:
        _kept.clear()


def _all(place: str) -> Mapping[str, Checklist]:
    folders = [folder for folder in _folders() if place.startswith(folder.place)]
    key = "|".join(str(folder.path) for folder in folders)
    stamp = tuple(
        (str(file), told.st_mtime_ns, told.st_size)
        for folder in folders
        for file in _files(folder)
        for told in (file.stat(),)
    )
    with _lock:
        if key in _kept and _kept[key][0] == stamp:
            return _kept[key][1]
    found = {made.id: made for folder in folders for made in map(_read, _files(folder))}
    with _lock:
        _kept[key] = (stamp, found)
    return found


def _files(folder: Folder) -> list[Path]:
    return sorted((folder.path / FOLDER).glob("*.yaml"))


def _folders() -> list[Folder]:
    """The nation's, then those of places, the wider first, the program's before the home's."""
    return [Folder("", Path(settings.POLICY) / "china"), *sorted(_places(), key=lambda each: len(each.place))]


def _places() -> Iterator[Folder]:
    for root in (Path(settings.POLICY) / "places", Path(settings.HOME) / "policy" / "places"):
        for path in sorted(root.glob("[0-9]*")):
            if path.is_dir() and (path / FOLDER).is_dir():
                yield Folder(path.name, path)


def _read(file: Path) -> Checklist:
    made = read_yaml(file, Checklist)
    if made.id != file.stem:
        raise PolicyFileWrong(file=file, reason=f"id “{made.id}” ≠ “{file.stem}”")
    for fault in faults(made):
        raise PolicyFileWrong(file=file, reason=fault)
    return made


def faults(made: Checklist) -> Iterator[str]:
    """What is wrong between a checklist and the registry, the first first."""
    for question in made.questions:
        if question.kind is Kind.MEMBERS:
            for inner in question.questions:
                yield from _faults_of(inner, "member")
        else:
            yield from _faults_of(question, "household")


def _faults_of(question: Question, table: str) -> Iterator[str]:
    if question.codes and question.codes not in code_lists():
        yield _("问题 {question}：没有代码表“{name}”").format(question=question.id, name=question.codes)
        return
    known = tables()[table].columns
    if question.prefill and question.prefill not in known and question.prefill not in SHOWN_ONLY[table]:
        yield _("问题 {question}：户档中没有栏目“{name}”").format(question=question.id, name=question.prefill)
    if question.corrects:
        column = known.get(question.corrects)
        if column is None or question.corrects in NEVER_CORRECTED:
            yield _("问题 {question}：户档的“{name}”不能由走访更正").format(
                question=question.id, name=question.corrects
            )
        elif not _takes(question, column):
            yield _("问题 {question}：答案与户档“{name}”的类型不符").format(
                question=question.id, name=question.corrects
            )


def _takes(question: Question, column: Column) -> bool:
    if column.kind not in CORRECT.get(question.kind, ()):
        return False
    return question.kind not in CHOSEN or question.codes == column.codes
