"""The rulebook that holds here: the nation's files, and those of places from `policy/places/` and from the home.

It is read once and kept until a file of it changes, is added or goes away.
"""

import re
from pathlib import Path
from threading import Lock

from django.conf import settings

from bangfu.common.facts import schema
from bangfu.rulebook import loading
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.errors import PlaceUnknown, RuleFileWrong
from bangfu.rulebook.gathering import known_places

_Stamp = tuple[tuple[str, int, int], ...]
_kept: dict[tuple[Path, ...], tuple[_Stamp, RuleBook]] = {}  # by the folders it is read from; last asked for, last
_lock = Lock()
MOST_KEPT = 16


def policy() -> Path:
    """The program's own policy files."""
    return Path(settings.POLICY)


def home_places() -> Path:
    """Where a place's figures and rules lie that were approved in the program: `<code>/` below it."""
    return Path(settings.HOME) / "policy" / "places"


def overlays(place: str = "") -> list[Path]:
    """The folders of overlays that matter for a place ("" all of them): those of the areas around it and of the areas
    in it, the wider first, the program's before the home's. Raises PlaceUnknown for what is no code."""
    place = significant(place)
    found = known_places((policy() / "places", home_places()))
    return [
        folder
        for code in sorted(found, key=lambda code: (len(code), code))
        if place.startswith(code) or code.startswith(place)
        for folder in found[code]
    ]


def significant(place: str) -> str:
    """The digits of an area's code that say where it is: 990121 of 990121000000. Raises PlaceUnknown."""
    if not re.fullmatch(r"\d{0,12}", place, re.ASCII) or len(place) == 1:
        raise PlaceUnknown(place=place)
    if len(place) != 12:
        return place
    for length, rest in ((2, 10), (4, 8), (6, 6), (9, 3)):
        if place.endswith("0" * rest):
            return place[:length]
    return place


def book(place: str = "") -> RuleBook:
    """The nation's book with the overlays that matter for `place`: a code, or its beginning; "" the whole nation with
    the overlays of all places. What of it holds in one place, `in_force` and `figure` tell. Raises RuleFileWrong."""
    folders = overlays(place)
    key = (policy(), *folders)
    stamp = _stamp(folders)
    with _lock:
        kept = _kept.pop(key, None)
        if kept and kept[0] == stamp:
            _kept[key] = kept  # the last that is forgotten
            return kept[1]
    made = loading.load(policy(), schema(), folders)
    with _lock:
        while len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = (stamp, made)
    return made


def look(place: str = "") -> tuple[RuleBook | None, list[RuleFileWrong]]:
    """The book as it is read just now, or everything that is wrong with its files."""
    return loading.look(policy(), schema(), overlays(place))


def forget() -> None:
    """Read everything anew when it is next asked for."""
    with _lock:
        _kept.clear()


def _stamp(folders: list[Path]) -> _Stamp:
    """What changes as soon as a file does: names, times and sizes; some fifty files, well under a millisecond."""
    roots = [policy() / "china" / "figures", policy() / "china" / "rules", policy() / "china" / "codes", *folders]
    return tuple(
        (str(file), told.st_mtime_ns, told.st_size)
        for root in roots
        for file in sorted(root.glob("*.yaml"))
        for told in (file.stat(),)
    )
