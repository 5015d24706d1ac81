"""The verbs on areas. The only writer of areas, their versions, figures and answers (with `importing`, its bulk form).

Every change has a day, a document and whoever made it, leaves versions that neither overlap nor gap, and one audit
entry. Whoever calls from above and keeps places in own tables (registry) must read them again after `move`, `merge`
and `split`, in the same transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from bangfu.areas import errors
from bangfu.areas.changing import Manager, allow, one_change_at_a_time
from bangfu.areas.codes import is_code, level_of, whole
from bangfu.areas.importing import Taken, take_in
from bangfu.areas.models import LEVEL_NAMES, Area, AreaVersion, ProfileFigure, StandardAnswer, Succession
from bangfu.areas.outlines.taking import bring_outlines, revoke_outlines
from bangfu.areas.profile import indicators
from bangfu.areas.reading import Listing
from bangfu.areas.standards import Item, Met, checklists
from bangfu.audit import services as audit
from bangfu.common.errors import NotAllowed
from bangfu.common.places import Level, range_of, room_below, span
from bangfu.common.staging import stage

# Of these verbs this is only the front door.
__all__ = ["bring_outlines", "revoke_outlines"]


@dataclass(frozen=True)
class Part:
    """A new area that comes out of a split; `children` are the ids of the lower areas that go with it."""

    name: str
    code: str = ""
    children: tuple[int, ...] = ()


@transaction.atomic
def found(
    *,
    by: Manager | None,
    parent: Area | None,
    name: str,
    on: date,
    code: str = "",
    urban_rural_code: str = "",
    document: str = "",
) -> Area:
    """A new area below `parent` (None: a province, which only the system may found), existing from `on`.

    Raises NotAllowed, AreaClosed, ParentTooYoung, ParentWrong, NameWrong, NameTaken, CodeWrong, CodeTaken, DayInFuture.
    """
    one_change_at_a_time()
    parent = _parent(by, parent, on)
    area = _create(parent, name, code, on, urban_rural_code)
    _versioned([area], on, document)
    audit.record(actor=by, action="area.founded", subject=area, name=area.name, code=area.code, on=on)
    return area


@transaction.atomic
def add_groups(*, by: Manager | None, village: Area, names: Sequence[str], on: date, document: str = "") -> list[Area]:
    """Villagers' groups of a village, in the order given. They have no national code. Raises as `found` does."""
    one_change_at_a_time()
    above = _parent(by, village, on)
    if above is None or above.level != Level.VILLAGE:
        raise _parent_wrong(village, names[0] if names else "", Level.GROUP)
    wanted = [_good_name(name) for name in names]
    taken = set(Area.objects.filter(parent=above, valid_to=None).values_list("name", flat=True))
    for position, name in enumerate(wanted):
        if name in taken or name in wanted[:position]:
            raise errors.NameTaken(parent=above.name, value=name)
    groups = [
        Area(parent=above, place=place, level=Level.GROUP, name=name, valid_from=on)
        for name, place in zip(wanted, _next_places(above, len(wanted)), strict=True)
    ]
    for group in groups:
        group.set_initials()
    Area.objects.bulk_create(groups)
    _versioned(groups, on, document)
    audit.record(actor=by, action="area.groups_added", subject=above, names=wanted, on=on)
    return groups


@transaction.atomic
def rename(*, by: Manager | None, area: Area, name: str, on: date, document: str = "") -> Area:
    """Another name from `on`. On the day an area was founded or last changed this corrects that change."""
    one_change_at_a_time()
    area = _living(by, area, on)
    name, before = _good_name(name), area.name
    if name == before:
        raise errors.NothingChanges(name=name)
    _name_is_free(area.parent, Level(area.level), name)
    area.name = name
    area.save(update_fields=["name", "initials"])
    _versioned([area], on, document)
    _succeeds(Succession.Kind.RENAMED, [area], area, on, document)
    audit.record(actor=by, action="area.renamed", subject=area, before=before, after=name, on=on, document=document)
    return area


@transaction.atomic
def recode(*, by: Manager | None, area: Area, code: str, on: date, document: str = "") -> Area:
    """Another official code from `on` ("": none any more). The old code still finds the area."""
    one_change_at_a_time()
    area = _living(by, area, on)
    before = area.code
    _set_code(area, code)
    if area.code == before:
        raise errors.NothingChanges(name=area.code or area.name)
    area.save(update_fields=["code"])
    _versioned([area], on, document)
    _succeeds(Succession.Kind.RECODED, [area], area, on, document)
    audit.record(actor=by, action="area.recoded", subject=area, before=before, after=area.code, on=on)
    return area


@transaction.atomic
def move(*, by: Manager | None, area: Area, to: Area, on: date, code: str = "", document: str = "") -> Area:
    """The area and all below it hang under another parent from `on` (划转); `code` is its new code if it got one.

    The places of the area and of everything below it change; codes below stay until they are recoded or imported.
    """
    one_change_at_a_time()
    area = _living(by, area, on)
    target = _parent(by, to, on)
    if target is None or target.level != area.level - 1:
        raise _parent_wrong(to, area.name, Level(area.level))
    if target.pk == area.parent_id:
        raise errors.NothingChanges(name=target.name)
    _name_is_free(target, Level(area.level), area.name)
    before = area.parent.name if area.parent else ""
    _rehang([area], target)
    area.refresh_from_db()
    if code:
        _set_code(area, code)
        area.save(update_fields=["code"])
    _versioned([area], on, document)
    _succeeds(Succession.Kind.MOVED, [area], area, on, document)
    audit.record(
        actor=by, action="area.moved", subject=area, before=before, after=target.name, on=on, document=document
    )
    return area


@transaction.atomic
def merge(
    *,
    by: Manager | None,
    areas: Sequence[Area],
    on: date,
    into: Area | None = None,
    name: str = "",
    code: str = "",
    document: str = "",
) -> Area:
    """Several areas of one level become one from `on`: `into`, or (into None) a new one called `name`.

    The merged areas are closed; what lived below them hangs under the successor. A new area stands under the parent of
    the first. It may take over the code of one of those merged.
    """
    one_change_at_a_time()
    merged = {area.pk: _living(by, area, on, closing=area.pk != getattr(into, "pk", None)) for area in areas}
    if into is not None:
        merged.pop(into.pk, None)
        successor = _living(by, into, on)
    if len(merged) < (1 if into is not None else 2):
        raise errors.MergeNeedsOthers()
    sources = list(merged.values())
    first = successor if into is not None else sources[0]
    for area in sources:
        if area.level != first.level:
            raise errors.LevelsDiffer(name=area.name, other=first.name)
    _closed(sources, on)
    if into is None:
        successor = _create(_parent(by, first.parent, on, asked=False), name, code, on, first.urban_rural_code)
        _versioned([successor], on, document)
    children = list(Area.objects.filter(parent__in=sources, valid_to=None).order_by("place"))
    _not_after(children, on)
    _rehang(children, successor)
    _versioned(list(Area.objects.filter(pk__in=[c.pk for c in children])), on, document)
    _succeeds(Succession.Kind.MERGED, sources, successor, on, document)
    successor.refresh_from_db()
    audit.record(
        actor=by, action="area.merged", subject=successor, merged=[a.name for a in sources], on=on, document=document
    )
    return successor


@transaction.atomic
def split(
    *, by: Manager | None, area: Area, parts: Sequence[Part], on: date, keeps: bool = False, document: str = ""
) -> list[Area]:
    """New areas beside the old one from `on`, each taking some of what lives below it.

    Without `keeps` the old area is closed and every area below it must go with a part; with it the old area lives on
    with what is left.
    """
    one_change_at_a_time()
    area = _living(by, area, on, closing=not keeps)
    if len(parts) < (1 if keeps else 2):
        raise errors.SplitNeedsParts(least=1 if keeps else 2)
    children = {child.pk: child for child in Area.objects.filter(parent=area, valid_to=None)}
    free = dict(children)
    for part in parts:
        for child in part.children:
            if free.pop(child, None) is None:
                raise errors.ChildNotHere(child=child, name=area.name)
    if free and not keeps:
        raise errors.ChildLeftOver(name=area.name, child=next(iter(free.values())).name)
    _not_after([child for pk, child in children.items() if pk not in free], on)
    if not keeps:
        _closed([area], on)
    parent = _parent(by, area.parent, on, asked=False)
    made = []
    for part in parts:
        new = _create(parent, part.name, part.code, on, area.urban_rural_code)
        _rehang([children[pk] for pk in part.children], new)
        made.append(new)
    _versioned(made, on, document)
    moved = [pk for part in parts for pk in part.children]
    _versioned(list(Area.objects.filter(pk__in=moved)), on, document)
    Succession.objects.bulk_create(
        Succession(kind=Succession.Kind.SPLIT, predecessor=area, successor=new, on=on, document=document)
        for new in made
    )
    audit.record(actor=by, action="area.split", subject=area, into=[a.name for a in made], on=on, document=document)
    return list(Area.objects.filter(pk__in=[a.pk for a in made]))


def import_list(
    listing: Listing,
    *,
    on: date,
    commit: bool,
    by: Manager | None = None,
    take_good: bool = False,
    progress: Callable[[str], None] = lambda step: None,
) -> Taken:
    """A whole division list at once; see `importing.take_in`."""
    return take_in(listing, on=on, commit=commit, by=by, take_good=take_good, progress=progress)


FIRST_YEAR = 1949


@transaction.atomic
def report_figures(
    *, by: Manager | None, area: Area, year: int, values: Mapping[str, Decimal | None], source: str
) -> int:
    """Figures that an area reports of itself for a year, by indicator id; None takes a figure back. Indicators not
    named stay as they are. Answers how many changed; the trail keeps old and new values.

    Raises NotAllowed, IndicatorUnknown, FigureWrong, YearWrong, SourceMissing.
    """
    allow(by, "areas.profile", area.place)
    _good_year(year)
    for name, value in values.items():
        indicator = indicators().get(name)
        if indicator is None:
            raise errors.IndicatorUnknown(value=name)
        if value is not None and (value < 0 or value >= 10**12 or round(value, indicator.decimals) != value):
            raise errors.FigureWrong(label=indicator.label, value=value, decimals=indicator.decimals)
    source = source.strip()
    if not source:
        raise errors.SourceMissing()
    rows = ProfileFigure.objects.select_for_update().filter(area=area, year=year, indicator__in=values)
    held = {figure.indicator: figure for figure in rows}
    changed: dict[str, Any] = {}
    kept = []
    for name, value in values.items():
        before = held[name].value if name in held else None
        if before == value:
            continue
        changed[name] = [before, value]
        if value is not None:
            kept.append(
                ProfileFigure(
                    area=area,
                    year=year,
                    indicator=name,
                    value=value,  # type: ignore[misc]
                    source=source,
                    recorded_on=date.today(),
                    recorded_by=by.name if by else "",
                )
            )
    if not changed:
        return 0
    rows.filter(indicator__in=changed).delete()
    ProfileFigure.objects.bulk_create(kept)
    audit.record(actor=by, action="area.figures_reported", subject=area, year=year, source=source, changed=changed)
    return len(changed)


@dataclass(frozen=True)
class Answer:
    """An answer to an item of a checklist. Where the item has a measure, `value` (and `base`, what it is set against)
    decides and `met` may be left UNKNOWN; without a value the answer is that nobody has checked."""

    item: str
    met: str = Met.UNKNOWN
    value: Decimal | None = None
    base: Decimal | None = None
    evidence: str = ""


def answer_standard(*, by: Manager | None, area: Area, checklist: str, year: int, answer: Answer) -> int:
    """One answer; see `answer_standards`."""
    return answer_standards(by=by, area=area, checklist=checklist, year=year, answers=[answer])


@transaction.atomic
def answer_standards(*, by: Manager | None, area: Area, checklist: str, year: int, answers: Sequence[Answer]) -> int:
    """Answers of an area to items of a checklist for a year, replacing former ones. Answers how many changed.

    Raises NotAllowed, ChecklistUnknown, MeasureMissing, AnswerDisagrees, YearWrong.
    """
    allow(by, "areas.profile", area.place)
    _good_year(year)
    listed = checklists().get(checklist)
    if listed is None:
        raise errors.ChecklistUnknown(value=checklist)
    names = [answer.item for answer in answers]
    rows = StandardAnswer.objects.select_for_update().filter(area=area, checklist=checklist, year=year, item__in=names)
    held = {row.item: row for row in rows}
    changed: dict[str, Any] = {}
    kept = []
    for answer in answers:
        item = listed.item(answer.item)
        if item is None:
            raise errors.ChecklistUnknown(value=answer.item)
        met = _judged(item, answer)
        now = (met, answer.value, answer.base if answer.value is not None else None, answer.evidence.strip()[:200])
        row = held.get(answer.item)
        before = (row.met, row.value, row.base, row.evidence) if row else (Met.UNKNOWN, None, None, "")
        if now == before:
            continue
        changed[answer.item] = [before[0], now[0]]
        kept.append(
            StandardAnswer(
                area=area,
                checklist=checklist,
                item=answer.item,
                year=year,
                met=now[0],
                value=now[1],  # type: ignore[misc]
                base=now[2],
                evidence=now[3],
                recorded_on=date.today(),
                recorded_by=by.name if by else "",
            )
        )
    if not changed:
        return 0
    rows.filter(item__in=changed).delete()
    StandardAnswer.objects.bulk_create(kept)
    audit.record(
        actor=by, action="area.standards_answered", subject=area, checklist=checklist, year=year, changed=changed
    )
    return len(changed)


def _judged(item: Item, answer: Answer) -> str:
    """What an answer comes to: a measure decides by its figure, anything else is taken as said."""
    if item.measure is None:
        return Met(answer.met)
    if answer.value is None:
        if answer.met == Met.UNKNOWN:
            return Met.UNKNOWN
        raise errors.MeasureMissing(label=item.label, missing=item.measure.label)
    if item.measure.base is not None and answer.base is None:
        raise errors.MeasureMissing(label=item.label, missing=_("人口数"))
    met = Met.YES if item.measure.met_by(answer.value, answer.base) else Met.NO
    if answer.met not in (Met.UNKNOWN, met):
        raise errors.AnswerDisagrees(label=item.label, value=answer.value, standard=item.measure.standard)
    return met


def _good_year(year: int) -> None:
    if not FIRST_YEAR <= year <= date.today().year:
        raise errors.YearWrong(value=year, first=FIRST_YEAR, last=date.today().year)


def _living(by: Manager | None, area: Area, on: date, *, closing: bool = False) -> Area:
    """The area as it stands now, if it may be changed on `on`: allowed, alive, not before its last change (to close
    it: after the day it began)."""
    area = Area.objects.select_related("parent").get(pk=area.pk)
    allow(by, "areas.manage", area.place)
    if area.valid_to is not None:
        raise errors.AreaClosed(name=area.name, day=area.valid_to)
    if on > date.today():
        raise errors.DayInFuture(day=on)
    _not_after([area], on)
    if closing and on <= area.valid_from:
        raise errors.DayTooEarly(day=on, name=area.name, last=area.valid_from)
    return area


def _not_after(areas: Sequence[Area], on: date) -> None:
    """Refuses a day before the last change of any of the areas."""
    later = AreaVersion.objects.filter(area__in=[a.pk for a in areas], valid_to=None, valid_from__gt=on)
    if first := later.order_by("-valid_from").first():
        raise errors.DayTooEarly(day=on, name=first.name, last=first.valid_from)


def _parent(by: Manager | None, parent: Area | None, on: date, *, asked: bool = True) -> Area | None:
    """The area under which something is to hang from `on`. `asked`: the right is checked there, too."""
    if parent is None:
        if by is not None and asked:
            raise NotAllowed(right=_("维护区划"))
        return None
    parent = Area.objects.get(pk=parent.pk)
    if asked:
        allow(by, "areas.manage", parent.place)
    if parent.valid_to is not None:
        raise errors.AreaClosed(name=parent.name, day=parent.valid_to)
    if on > date.today():
        raise errors.DayInFuture(day=on)
    if parent.valid_from > on:
        raise errors.ParentTooYoung(name=parent.name, since=parent.valid_from, day=on)
    return parent


def _parent_wrong(parent: Area, name: str, level: Level) -> errors.ParentWrong:
    return errors.ParentWrong(
        parent=parent.name,
        parent_level=parent.get_level_display(),
        name=name,
        level=LEVEL_NAMES[level],
    )


def _create(parent: Area | None, name: str, code: str, on: date, urban_rural_code: str) -> Area:
    name = _good_name(name)
    if parent is not None and parent.level == Level.GROUP:
        raise _parent_wrong(parent, name, Level.GROUP)
    level = Level(parent.level + 1) if parent else Level.PROVINCE
    _name_is_free(parent, level, name)
    area = Area(parent=parent, level=level, name=name, urban_rural_code=urban_rural_code, valid_from=on)
    _set_code(area, code)
    [area.place] = _next_places(parent, 1)
    area.save(force_insert=True)
    return area


def _good_name(name: str) -> str:
    good = "".join(name.split())
    if not 1 <= len(good) <= 60:
        raise errors.NameWrong(value=good[:80])
    return good


def _name_is_free(parent: Area | None, level: Level, name: str) -> None:
    if Area.objects.filter(parent=parent, level=level, name=name, valid_to=None).exists():
        raise errors.NameTaken(parent=parent.name if parent else _("全国"), value=name)


def _set_code(area: Area, code: str) -> None:
    code = code.strip()
    if not code:
        area.code = ""
        return
    if not is_code(code) or level_of(code) != area.level:
        raise errors.CodeWrong(value=code, level=area.get_level_display())
    code = whole(code)
    if other := Area.objects.filter(code=code, valid_to=None).exclude(pk=area.pk).first():
        raise errors.CodeTaken(value=code, name=other.name)
    area.code = code


def _next_places(parent: Area | None, count: int) -> list[int]:
    """Places for `count` new children; ordinals are never given twice."""
    level = Level(parent.level + 1) if parent else Level.PROVINCE
    base, room = (parent.place, room_below(parent.level)) if parent else (0, room_below(0))
    inside = Area.objects.filter(level=level)
    if parent:
        inside = inside.filter(place__gt=parent.place, place__lte=parent.reach.last)
    highest = inside.aggregate(highest=Max("place"))["highest"] or base
    last = max((highest - base) // span(level), parent.last_child if parent else 0)
    if last + count > room:
        raise errors.NoRoom(name=parent.name if parent else _("全国"), limit=room)
    if parent:
        parent.last_child = last + count
        Area.objects.filter(pk=parent.pk).update(last_child=parent.last_child)
    return [base + ordinal * span(level) for ordinal in range(last + 1, last + count + 1)]


def _rehang(areas: Sequence[Area], parent: Area) -> None:
    """Areas of one level, each with all that is below it, get places below `parent`: two statements, whatever hangs
    there. `place` of the objects given is stale afterwards."""
    if not areas:
        return
    left: dict[int, int] = {}
    for area in areas:
        ordinal = area.place % span(area.level - 1) // span(area.level)
        if area.parent_id is not None:
            left[area.parent_id] = max(ordinal, left.get(area.parent_id, 0))
    for former, ordinal in left.items():
        Area.objects.filter(pk=former, last_child__lt=ordinal).update(last_child=ordinal)
    shifts = []
    for area, place in zip(areas, _next_places(parent, len(areas)), strict=True):
        reach = range_of(area.place, area.level)
        shifts.append({"first": reach.first, "last": reach.last, "delta": place - area.place})
    with stage("area_shifts", pa.Table.from_pylist(shifts), index=[("first",)]) as table, connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE areas_area SET place = place + (SELECT s.delta FROM {table} s"
            " WHERE areas_area.place BETWEEN s.first AND s.last)"
            f" WHERE id IN (SELECT a.id FROM {table} s JOIN areas_area a ON a.place BETWEEN s.first AND s.last)"
        )
    Area.objects.filter(pk__in=[area.pk for area in areas]).update(parent=parent)


def _versioned(areas: Sequence[Area], on: date, source: str) -> None:
    """Begin a version of each area as it now stands; the one before ends. A second change on one day replaces the
    first: both could not hold on that day."""
    current = AreaVersion.objects.filter(area__in=[area.pk for area in areas], valid_to=None)
    current.filter(valid_from=on).delete()
    current.update(valid_to=on)
    AreaVersion.objects.bulk_create(
        AreaVersion(
            area=area,
            code=area.code,
            name=area.name,
            parent_id=area.parent_id,
            urban_rural_code=area.urban_rural_code,
            valid_from=on,
            source=source,
        )
        for area in areas
    )


def _closed(areas: Sequence[Area], on: date) -> None:
    current = AreaVersion.objects.filter(area__in=[area.pk for area in areas], valid_to=None)
    current.filter(valid_from=on).delete()
    current.update(valid_to=on)
    Area.objects.filter(pk__in=[area.pk for area in areas]).update(valid_to=on)


def _succeeds(kind: Succession.Kind, predecessors: Sequence[Area], successor: Area, on: date, document: str) -> None:
    Succession.objects.bulk_create(
        Succession(kind=kind, predecessor=area, successor=successor, on=on, document=document) for area in predecessors
    )
