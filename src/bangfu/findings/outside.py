"""Outside lists of this house: taken in for a place, held, taken away. The only writer of `HOME/lists`.

`by` is the officer who acts; None is the house itself (a command on the server), which may act everywhere.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.common.errors import NotAllowed
from bangfu.common.places import Level
from bangfu.findings import errors
from bangfu.findings.reading import code_of
from bangfu.rulebook import services as rulebook
from bangfu.rulebook.models import OutsideList
from bangfu.screening import lists
from bangfu.screening.importing import Taken, prepare
from bangfu.screening.lists import Stored
from bangfu.snapshot import services as snapshots
from bangfu.snapshot.store import Snapshot

RIGHT = "screening.run"


def folder() -> Path:
    return Path(settings.HOME) / "lists"


def areas_of(officer: Officer) -> list[Area]:
    """The areas for which an officer may take lists in: of the posts that carry the right those of a county or more,
    and the counties below them. Lists come by county; whoever works in a part of one does not replace it."""
    tops = [post.area for post in officer.posts_on() if RIGHT in post.rights and post.area.level <= Level.COUNTY]
    reach = {area.pk: area for area in tops if code_of(area)}
    below = Area.objects.visible_to(officer).current().filter(level__lte=Level.COUNTY)
    for area in below:
        if code_of(area) and any(top.reach.holds(area.place) and top.level <= area.level for top in tops):
            reach[area.pk] = area
    return sorted(reach.values(), key=lambda area: (area.level, area.place))


def known(areas: Sequence[Area]) -> dict[str, OutsideList]:
    """The lists that rules of these places ask for."""
    return {id: each for area in areas for id, each in sorted(rulebook.book(code_of(area)).lists.items())}


@dataclass(frozen=True)
class Held:
    """A stored list as an officer may see it: `area` is its place, None where it was taken in for more than the
    officer's own areas; then its numbers are not for this officer, and it is not theirs to take away."""

    stored: Stored
    declared: OutsideList
    area: Area | None

    @property
    def is_own(self) -> bool:
        return self.area is not None


def held(officer: Officer) -> list[Held]:
    """The lists that count in the officer's areas, by name, the last day first."""
    areas = areas_of(officer)
    declared = known(areas)
    return list(_seen(lists.stored(folder(), declared), areas, declared))


def held_by_name(officer: Officer, name: str) -> Held | None:
    """The one of that name among `held`; None is also one that is not the officer's to see."""
    areas = areas_of(officer)
    found = lists.named(folder(), name)
    return next(_seen([found] if found else [], areas, known(areas)), None)


def _seen(stored: Sequence[Stored], areas: Sequence[Area], declared: dict[str, OutsideList]) -> Iterator[Held]:
    by_code = {code_of(area): area for area in areas}
    for each in stored:
        wider = any(code.startswith(each.place) for code in by_code)
        if each.list in declared and (wider or each.place in by_code):
            yield Held(each, declared[each.list], by_code.get(each.place))


def take_in(
    *,
    by: Officer | None,
    area: Area | None,
    list: str,
    day: date,
    file: Path,
    name: str,
    replace: bool = False,
    snapshot: Snapshot | None = None,
) -> Taken:
    """Match a file with the people of an area (None: everywhere) in a snapshot, by default the latest, and keep those
    who are on it; one entry in the trail.

    Raises NotAllowed, DayInFuture, NoSnapshotYet and what `importing.prepare` raises; then nothing is kept.
    """
    if by is not None and (area is None or area not in areas_of(by)):
        raise NotAllowed(right=rights()[RIGHT].label)
    if day > timezone.localdate():
        raise errors.ListOfFuture(day=day)
    place = code_of(area)
    prepared = prepare(
        rulebook.book(place),
        list,
        file,
        day,
        folder=folder(),
        snapshot=snapshot or snapshots.latest(),
        replace=replace,
        place=place,
        name=name,
    )
    taken = prepared.taken
    with transaction.atomic():
        record(
            actor=by,
            action="list.imported",
            subject_type="outside_list",
            subject_id=lists.Stored(list, day, taken.path, place).name,
            place=area.place if area else None,
            on=day,
            file_name=name,
            rows=taken.rows,
            refused=taken.refused,
            people=taken.people,
        )
        # Last, and inside: a list without its entry in the trail is not kept, nor an entry without its list.
        return prepared.store(by.name if by else "")


def take_away(*, by: Officer, held: Held, reason: str) -> None:
    """Remove a list; rules that need it use an earlier one, or do not run. Raises NotAllowed, ReasonMissing."""
    if held.area is None or held.area not in areas_of(by):
        raise NotAllowed(right=rights()[RIGHT].label)
    if not reason.strip():
        raise errors.ListReasonMissing(list=held.declared.label)
    with transaction.atomic():
        record(
            actor=by,
            action="list.removed",
            subject_type="outside_list",
            subject_id=held.stored.name,
            place=held.area.place,
            on=held.stored.day,
            reason=reason.strip(),
        )
        held.stored.path.unlink(missing_ok=True)


def for_run(
    snapshot: Snapshot, day: date, place: str = "", wanted: Collection[str] | None = None
) -> AbstractContextManager[Path]:
    """The lists of the house (those `wanted`, by default all that the rules of the place ask for) as a screening of
    that place (the beginning of its code) and day takes them."""
    return lists.for_run(folder(), rulebook.book(place).lists if wanted is None else wanted, snapshot, day, place)
