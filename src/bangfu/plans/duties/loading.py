"""Reads duties, and says which hold where.

    policy/china/duties/            those of the nation; `usual` ones hold, the others may be taken up
    policy/places/<code>/duties/    a place takes up or drops duties of the nation, and adds its own; a duty of the
                                    same id replaces the wider one
    HOME/policy/places/<code>/…     the same, as kept beside the database

A wrong file is refused with its name (PolicyFileWrong). What was read is kept until a file changes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.utils.translation import gettext as _

from bangfu.accounts.roles import roles
from bangfu.areas.models import Area
from bangfu.common.errors import PolicyFileWrong
from bangfu.common.places import PlaceRange
from bangfu.common.policy import code_list, read_yaml
from bangfu.plans.duties.shapes import Duty, DutyFile, Terms
from bangfu.rulebook import services as rulebook
from bangfu.rulebook.gathering import known_places

WHOLE_CODE = 12


@cache
def terms() -> Terms:
    """How duties are followed up. Raises PolicyFileWrong."""
    return read_yaml(Path(settings.POLICY) / "china" / "duty_terms.yaml", Terms)


Versions = Mapping[str, tuple[Duty, ...]]


@dataclass(frozen=True)
class PlaceDuties:
    """What a place says of duties: all of its files together."""

    duties: Versions
    takes_up: frozenset[str]
    drops: frozenset[str]


@dataclass(frozen=True)
class Shelf:
    """Every duty there is: of the nation by id, and what places say, by their code. Several of one id follow each
    other in time."""

    nation: Versions
    places: Mapping[str, PlaceDuties]

    @property
    def codes(self) -> frozenset[str]:
        """The beginnings of codes on which it depends what holds."""
        return frozenset({duty.region for duty in self if duty.region} | set(self.places))

    def __iter__(self) -> Iterator[Duty]:
        for versions in (self.nation, *(place.duties for place in self.places.values())):
            for duties in versions.values():
                yield from duties

    def on(self, codes: Iterable[str], day: date) -> dict[str, Duty]:
        """The duties that hold on a day where the areas of these codes (of `self.codes`) lie around, by id."""
        around = sorted(codes, key=len)
        known = dict(self.nation)
        held = _usual(self.nation, day)
        for place in (self.places[code] for code in around if code in self.places):
            known |= place.duties
            held |= _usual(place.duties, day) | place.takes_up
            held -= place.drops
        found = {}
        for id in sorted(held):
            duty = _in_force(known[id], day)
            if duty is not None and (not duty.region or duty.region in around):
                found[id] = duty
        return found

    def everywhere(self) -> dict[str, Duty]:
        """The latest of every duty by id, whether it holds or not: to name what old records were made for."""
        return {duty.id: duty for duty in sorted(self, key=lambda duty: duty.in_force.start or date.min)}


def _in_force(versions: Iterable[Duty], day: date) -> Duty | None:
    return next((duty for duty in versions if duty.in_force.holds(day)), None)


def _usual(versions: Versions, day: date) -> set[str]:
    """The duties that hold on a day unless a place drops them."""
    return {id for id, each in versions.items() if (duty := _in_force(each, day)) is not None and duty.usual}


Stamp = tuple[tuple[str, int, int], ...]
_kept: dict[tuple[str, str], tuple[Stamp, Shelf]] = {}
_lock = Lock()


def shelf() -> Shelf:
    """Every duty of the nation and of all places. Raises PolicyFileWrong."""
    folders = _folders()
    key = (str(rulebook.policy()), str(rulebook.home_places()))
    stamp = tuple(
        (str(file), told.st_mtime_ns, told.st_size)
        for _code, folder in folders
        for file in sorted(folder.glob("*.yaml"))
        for told in (file.stat(),)
    )
    with _lock:
        if key in _kept and _kept[key][0] == stamp:
            return _kept[key][1]
    made = load(folders)
    with _lock:
        _kept.clear()
        _kept[key] = (stamp, made)
    return made


def _folders() -> list[tuple[str, Path]]:
    """The folders of duties with the place each is of, "" the nation."""
    places = known_places((rulebook.policy() / "places", rulebook.home_places()))
    found = [("", rulebook.policy() / "china" / "duties")]
    found += [
        (code, folder / "duties") for code in sorted(places, key=lambda c: (len(c), c)) for folder in places[code]
    ]
    return found


def load(folders: Sequence[tuple[str, Path]]) -> Shelf:
    """What the folders hold, those of one place taken together. Raises PolicyFileWrong for the first fault."""
    nation: dict[str, tuple[Duty, ...]] = {}
    own: dict[str, dict[str, tuple[Duty, ...]]] = {}
    takes_up: dict[str, set[str]] = {}
    drops: dict[str, set[str]] = {}
    for code, folder in folders:
        for file in sorted(folder.glob("*.yaml")):
            content = read_yaml(file, DutyFile)
            _check(content, file, code, nation)
            known = own.setdefault(code, {}) if code else nation
            for duty in content.duties:
                _enter(known, duty, file)
            takes_up.setdefault(code, set()).update(content.takes_up)
            drops.setdefault(code, set()).update(content.drops)
    return Shelf(
        nation, {code: PlaceDuties(own[code], frozenset(takes_up[code]), frozenset(drops[code])) for code in own}
    )


def _enter(known: dict[str, tuple[Duty, ...]], duty: Duty, file: Path) -> None:
    """A duty beside those of the same id, from which its time must be apart."""
    for other in known.get(duty.id, ()):
        first, second = other.in_force, duty.in_force
        if (first.start or date.min) <= (second.end or date.max) and (second.start or date.min) <= (
            first.end or date.max
        ):
            raise PolicyFileWrong(file=file, reason=_("“{name}”写了两次，而且有效期重叠").format(name=duty.id))
    known[duty.id] = (*known.get(duty.id, ()), duty)


def _check(content: DutyFile, file: Path, code: str, nation: Versions) -> None:
    """What the shape cannot tell: names that mean nothing, regions that are not the place's."""
    if not code and (content.takes_up or content.drops):
        raise PolicyFileWrong(file=file, reason=_("takes_up、drops 只写在地方的文件里"))
    for name in (*content.takes_up, *content.drops):
        if name not in nation:
            raise PolicyFileWrong(file=file, reason=_("没有编号为“{name}”的履职要求").format(name=name))
    ranks, levels = (code_list(id) for id in ("helper_rank", "unit_level"))
    for duty in content.duties:
        strange = [each for each in duty.who.ranks if ranks.get(each) is None]
        strange += [each for each in duty.who.unit_levels if levels.get(each) is None]
        strange += [each for each in duty.who.roles if each not in roles()]
        if strange:
            raise PolicyFileWrong(
                file=file, reason=_("“{duty}”的对象不存在：{names}").format(duty=duty.id, names="、".join(strange))
            )
        if code and duty.region and not duty.region.startswith(code):
            raise PolicyFileWrong(file=file, reason=_("“{duty}”的地区不在本地之内").format(duty=duty.id))


def check_files() -> None:
    """Reads everything of duties, for `bangfu check`. Raises PolicyFileWrong."""
    terms()
    load(_folders())


@dataclass
class Regimes:
    """Which duties hold where. Areas with a code of their own in the files are looked up once, when first asked for."""

    shelf: Shelf
    _found: dict[tuple[tuple[str, ...], date], dict[str, Duty]] = field(default_factory=dict)

    @classmethod
    def now(cls) -> "Regimes":
        return cls(shelf())

    @cached_property
    def reaches(self) -> Mapping[str, PlaceRange]:
        """Where the areas lie on whose code it depends what holds."""
        whole = {code.ljust(WHOLE_CODE, "0"): code for code in self.shelf.codes}
        areas = Area.objects.filter(code__in=whole, valid_to=None) if whole else Area.objects.none()
        return {whole[area.code]: area.reach for area in areas}

    def around(self, place: int) -> tuple[str, ...]:
        """The codes, of those on which it depends what holds, of the areas around a place."""
        return tuple(code for code, reach in self.reaches.items() if reach.holds(place))

    def at(self, place: int, day: date) -> dict[str, Duty]:
        """The duties that hold at a place on a day, by id."""
        around = self.around(place)
        if (around, day) not in self._found:
            self._found[around, day] = self.shelf.on(around, day)
        return self._found[around, day]
