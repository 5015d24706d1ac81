"""Reads procedures and lists of exit checks. Whatever is wrong is told with file, line, place and a proposal; a set of
files with a fault is no set.

    policy/china/procedures/            those of the nation
    policy/places/<code>/procedures/    those of a place, which replace the nation's of the same id as a whole
    HOME/policy/places/<code>/…         the same, as approved in the program

Of several that hold on a day the one of the longest code is taken. Lists of exit checks lie beside, in `exit_checks/`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from django.conf import settings
from django.utils.translation import gettext as _

from bangfu.accounts.roles import roles
from bangfu.casework.procedure_errors import ExitCheckUnknown, ProcedureUnknown, ProcedureWrong
from bangfu.casework.procedures import ExitCheck, Procedure, words
from bangfu.casework.sheets import COLUMNS
from bangfu.casework.soundness import Known, Problem, faults_of_exit_check, faults_of_procedure
from bangfu.common.policy import code_lists
from bangfu.rulebook import services as rulebook
from bangfu.rulebook.errors import RuleFileWrong
from bangfu.rulebook.gathering import known_places
from bangfu.rulebook.yamls import Document, Faults, read

Thing = TypeVar("Thing", Procedure, ExitCheck)
Stamp = tuple[tuple[str, int, int], ...]
MOST_KEPT = 16


@dataclass(frozen=True)
class Folder:
    """A folder of policy files, and the place it is of: "" the nation."""

    place: str
    path: Path


@dataclass(frozen=True)
class Kept(Generic[Thing]):
    """A thing that was read, where, and of which place."""

    value: Thing
    place: str
    file: str


@dataclass(frozen=True)
class Shelf:
    """All procedures and lists of checks of a set of folders: several of one id differ in place or in period."""

    procedures: tuple[Kept[Procedure], ...]
    exit_checks: tuple[Kept[ExitCheck], ...]

    def on(self, day: date) -> dict[str, Kept[Procedure]]:
        """Those in force on a day, by id, the nearest place before the wider."""
        return _nearest(kept for kept in self.procedures if kept.value.in_force(day))

    def checks(self) -> dict[str, Kept[ExitCheck]]:
        return _nearest(self.exit_checks)


def _nearest(kept: Iterable[Kept[Thing]]) -> dict[str, Kept[Thing]]:
    return {each.value.id: each for each in sorted(kept, key=lambda each: len(each.place))}


# Which there are


def procedures(place: str = "", day: date | None = None) -> Mapping[str, Procedure]:
    """The procedures in force on `day` (today) in the area of a code, by id in the order of their ids. Raises
    ProcedureWrong for the first fault of a file, PlaceUnknown for what is no code."""
    found = shelf(place).on(day or date.today())
    return {id: found[id].value for id in sorted(found)}


def procedure(id: str, place: str = "", day: date | None = None) -> Procedure:
    """One procedure in force. Raises ProcedureUnknown."""
    try:
        return procedures(place, day)[id]
    except KeyError:
        raise ProcedureUnknown(procedure=id) from None


def exit_checks(place: str = "") -> Mapping[str, ExitCheck]:
    """The lists of exit checks of an area, by id; of their items only those that are asked there."""
    code = rulebook.significant(place)
    return {id: kept.value.asked_in(code) for id, kept in sorted(shelf(place).checks().items())}


def exit_check(id: str, place: str = "") -> ExitCheck:
    """One list of exit checks as it is asked in an area. Raises ExitCheckUnknown."""
    try:
        return exit_checks(place)[id]
    except KeyError:
        raise ExitCheckUnknown(check=id) from None


def version_of(procedure: Procedure) -> str:
    """The mark of a procedure's content, by which a running case keeps what it began with."""
    plain = procedure.model_dump(mode="json")
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


# Keeping what was read until a file changes

_kept: dict[tuple[str, ...], tuple[Stamp, Shelf]] = {}
_lock = Lock()


def shelf(place: str = "") -> Shelf:
    """All procedures and lists of checks that may hold in the area of a code. Raises ProcedureWrong."""
    found = folders(place)
    key, stamp = tuple(str(folder.path) for folder in found), _stamp(found)
    with _lock:
        if key in _kept and _kept[key][0] == stamp:
            return _kept[key][1]
    made = load(found, known(place))
    with _lock:
        if len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = (stamp, made)
    return made


def forget() -> None:
    """Read everything anew when it is next asked for."""
    with _lock:
        _kept.clear()


def _stamp(found: Sequence[Folder]) -> Stamp:
    """What changes as soon as a file does."""
    return tuple(
        (str(file), told.st_mtime_ns, told.st_size)
        for folder in found
        for kind in ("procedures", "exit_checks")
        for file in sorted((folder.path / kind).glob("*.yaml"))
        for told in (file.stat(),)
    )


def folders(place: str = "") -> list[Folder]:
    """The nation's folder, then those of the areas around `place`, the wider first, the program's before the home's.
    A place that no area of the program lies around is nobody's. Raises PlaceUnknown."""
    code = rulebook.significant(place)
    return [Folder("", rulebook.policy() / "china"), *(each for each in _places() if code.startswith(each.place))]


def _places() -> list[Folder]:
    found = known_places((rulebook.policy() / "places", rulebook.home_places()))
    return [Folder(code, path) for code in sorted(found, key=lambda code: (len(code), code)) for path in found[code]]


def known(place: str = "") -> Known:
    """What procedures may name here. While the rulebook itself is wrong its rules are not asked after: that fault is
    told by its own check."""
    try:
        book = rulebook.book(place)
    except RuleFileWrong:
        rules = topics = None
    else:
        rules, topics = frozenset({*book.rules, *book.waiting}), frozenset(book.topics)
    return Known(
        roles={role.id: (frozenset(role.levels), role.rights) for role in roles().values()},
        code_lists={id: frozenset(code.code for code in listed.codes) for id, listed in code_lists().items()},
        columns=tuple(COLUMNS),
        rules=rules,
        topics=topics,
    )


# Reading


def load(found: Sequence[Folder], known: Known) -> Shelf:
    """What the folders hold. Raises ProcedureWrong for the first fault."""
    made, faults = look(found, known)
    if faults:
        raise faults[0]
    return made


def look_everywhere() -> tuple[Shelf, list[ProcedureWrong]]:
    """The files of the nation and of all places, and everything that is wrong with them."""
    return look([Folder("", rulebook.policy() / "china"), *_places()], known())


def look(found: Sequence[Folder], known: Known) -> tuple[Shelf, list[ProcedureWrong]]:
    """What the folders hold, and everything that is wrong with their files."""
    told = Faults(Path(settings.POLICY).resolve().parent, words=words())
    checks = _read(found, "exit_checks", ExitCheck, told)
    _twice(checks, told)
    for folder, document in checks:
        _tell(document, faults_of_exit_check(document.value, known, folder.place))
    asked = known.with_exit_checks(document.value for _folder, document in checks)
    documents = _read(found, "procedures", Procedure, told)
    _twice(documents, told)
    for _folder, read_procedure in documents:
        _tell(read_procedure, faults_of_procedure(read_procedure.value, asked))
    shelf = Shelf(tuple(_keep(documents)), tuple(_keep(checks)))
    return shelf, [ProcedureWrong.of(fault) for fault in told.found]


def check(procedure: Procedure, known: Known | None = None) -> list[Problem]:
    """What is wrong with a procedure as a whole; nothing for a sound one."""
    return list(faults_of_procedure(procedure, known or _everything()))


def _everything() -> Known:
    return known().with_exit_checks(kept.value for kept in shelf().exit_checks)


def _read(found: Sequence[Folder], kind: str, shape: type[Thing], told: Faults) -> list[tuple[Folder, Document[Thing]]]:
    return [
        (folder, document)
        for folder in found
        for file in sorted((folder.path.resolve() / kind).glob("*.yaml"))
        for document in (read(file, shape, told),)
        if document is not None
    ]


def _keep(found: Iterable[tuple[Folder, Document[Thing]]]) -> Iterable[Kept[Thing]]:
    return (Kept(document.value, folder.place, str(document.file)) for folder, document in found)


def _tell(document: Document[Thing], problems: Iterable[Problem]) -> None:
    for problem in problems:
        document.fault(problem.path, problem.where or document.value.id, problem.reason, problem.proposal)


def _twice(found: Sequence[tuple[Folder, Document[Thing]]], told: Faults) -> None:
    """In one folder an id stands once, or several times for periods apart."""
    seen: dict[tuple[Path, str], list[Document[Thing]]] = {}
    for folder, document in found:
        earlier = seen.setdefault((folder.path, document.value.id), [])
        for other in earlier:
            if _meet(other.value, document.value):
                document.fault(
                    ("id",),
                    document.value.id,
                    _("“{name}”已在 {file} 里，而且有效期重叠").format(name=document.value.id, file=other.file.name),
                    _("请另起编号，或用 start、end 把两个版本的有效期分开"),
                )
        earlier.append(document)


def _meet(one: Procedure | ExitCheck, other: Procedure | ExitCheck) -> bool:
    if isinstance(one, ExitCheck) or isinstance(other, ExitCheck):
        return True
    return (one.start or date.min) <= (other.end or date.max) and (other.start or date.min) <= (one.end or date.max)
