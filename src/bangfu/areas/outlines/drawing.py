"""What a map of areas is drawn from: the shape of each, real where it is known, schematic where it is not.

Real outlines come with the program by official code (`outlines.known`) or from files that the county itself brought
(`outlines.taking`), which go first. Where not one area of a map has any, all of them get schematic cells inside the
shape of the area around them. A drawing lies in a plane, y downwards, and is kept as long as nothing of it changes.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db.models import Max

from bangfu.areas.models import Area, Outline, OutlineSet, Succession
from bangfu.areas.outlines import known
from bangfu.areas.outlines.cells import around, cells, free_shape
from bangfu.areas.outlines.known import Line, Shape, polygons_of
from bangfu.common.places import Level

Position = tuple[float, float]
# As a rule maps are drawn flat at their own latitude; the nation by Albers, as national maps are.
STANDARD_PARALLELS, MERIDIAN, ORIGIN = (25.0, 47.0), 105.0, 35.0
NATION_IS_WIDER = 25.0
FINENESS = 1600
# A map of lines that belong to no area shows those within so much of its size.
BESIDE = 0.02


@dataclass(frozen=True)
class Flat:
    """How degrees become places in a plane."""

    middle: float = ORIGIN
    conic: bool = False

    def put(self, geometry: Any) -> Any:
        import shapely

        return shapely.transform(geometry, self.moved)

    def moved(self, given: Any) -> Any:
        import numpy as np

        if not self.conic:
            return np.column_stack([given[:, 0] * math.cos(math.radians(self.middle)), -given[:, 1]])
        first, second = (math.radians(each) for each in STANDARD_PARALLELS)
        n = (math.sin(first) + math.sin(second)) / 2
        c = math.cos(first) ** 2 + 2 * n * math.sin(first)
        rho = np.sqrt(c - 2 * n * np.sin(np.radians(given[:, 1]))) / n
        origin = math.sqrt(c - 2 * n * math.sin(math.radians(ORIGIN))) / n
        theta = n * np.radians(given[:, 0] - MERIDIAN)
        return np.degrees(np.column_stack([rho * np.sin(theta), rho * np.cos(theta) - origin]))


@dataclass(frozen=True)
class Drawing:
    """Shapes by area id, in a plane. `points`: areas that are drawn as points. `others`: shapes of areas nobody asks
    about, drawn without figures. `missing`: areas without a shape on a map of real ones. `real`: at least one outline
    is a real one, so the review number is owed; `schematic`: at least one is not, which must be said; `uploaded`: at
    least one was brought by a county. `flat`: how degrees come into this plane; None: no degrees do. `brought`,
    `walked`: how many areas lie where a county said, or where visits were made; `guessed`: those drawn as points of
    which nobody knows where they lie."""

    shapes: Mapping[int, Any] = field(default_factory=dict)
    points: Mapping[int, Position] = field(default_factory=dict)
    others: Sequence[Any] = ()
    lines: Sequence[Any] = ()
    missing: frozenset[int] = frozenset()
    real: bool = False
    schematic: bool = False
    uploaded: bool = False
    flat: Flat | None = None
    brought: int = 0
    walked: int = 0
    guessed: frozenset[int] = frozenset()


def edition() -> str:
    """Another one whenever somebody brings outlines or takes them back, or areas come and go: what was drawn before is
    then drawn anew."""
    sets = OutlineSet.objects.aggregate(last=Max("pk"), gone=Max("revoked_at"))
    areas, changes = Area.objects.aggregate(last=Max("pk")), Succession.objects.aggregate(last=Max("pk"))
    return f"{sets['last']} {sets['gone']} {areas['last']} {changes['last']}"


def drawing(
    units: Sequence[Area],
    parent: Area | None,
    inner: Sequence[Area] = (),
    tops: Iterable[Area] = (),
    walked: Mapping[int, Position] = MappingProxyType({}),
) -> Drawing:
    """The map of some areas that lie below `parent` (None: side by side anywhere). With `inner`, areas one level below
    these, it is those that have a figure: shapes inside the shapes, or points where they are villages. `tops` are the
    highest areas that the viewer looks after: how many there are beside them, no shape tells. `walked`: where areas lie
    by the visits to them, by id; it holds where nobody brought a point, and inside the outline around it."""
    return _drawn(
        str(settings.HOME),
        edition(),
        tuple(_Spot.of(each, walked.get(each.pk)) for each in units),
        parent and _Spot.of(parent),
        tuple(_Spot.of(each, walked.get(each.pk)) for each in inner),
        frozenset(each.pk for each in tops),
    )


@dataclass(frozen=True)
class _Spot:
    """What of an area its shape depends on."""

    pk: int
    place: int
    level: int
    code: str
    parent: int | None
    walked: Position | None = None

    @classmethod
    def of(cls, area: Area, walked: Position | None = None) -> "_Spot":
        return cls(area.pk, area.place, area.level, area.code, area.parent_id, walked)


@lru_cache(maxsize=200)
def _drawn(
    _home: str,
    _edition: str,
    units: tuple[_Spot, ...],
    parent: _Spot | None,
    inner: tuple[_Spot, ...],
    tops: frozenset[int],
) -> Drawing:
    if not units:
        return Drawing()
    found, uploaded = _real(units)
    base = _of_real(units, found, uploaded) if found else _schematic(units, parent, tops)
    return _with_inner(base, inner) if inner else base


def _of_real(units: Sequence[_Spot], found: Mapping[int, Shape], uploaded: bool) -> Drawing:
    national = all(each.level == Level.PROVINCE for each in units)
    source = known.below(known.NATION if national else known.significant(units[0].code)[:-2])
    others: list[Any] = []
    if national:  # whoever looks at several provinces sees the whole nation around them
        asked = {known.significant(each.code) for each in units}
        others = [polygons_of(shape) for code, shape in source.shapes.items() if code not in asked]
    polygons = {pk: polygons_of(shape) for pk, shape in found.items()}
    flat, box = _flat([*polygons.values(), *others])
    lines = [] if uploaded else _lines(source.lines, box)
    return Drawing(
        shapes={pk: flat.put(each) for pk, each in polygons.items()},
        others=[flat.put(each) for each in others],
        lines=[flat.put(each) for each in lines],
        missing=frozenset(each.pk for each in units if each.pk not in found),
        real=True,
        uploaded=uploaded,
        flat=flat,
    )


def _flat(polygons: Sequence[Any]) -> tuple[Flat, tuple[float, float, float, float]]:
    import shapely

    west, south, east, north = (float(each) for each in shapely.total_bounds(polygons))
    return Flat((south + north) / 2, conic=east - west > NATION_IS_WIDER), (west, south, east, north)


def _lines(lines: Sequence[Line], box: tuple[float, float, float, float]) -> list[Any]:
    from shapely.geometry import LineString
    from shapely.geometry import box as rectangle

    west, south, east, north = box
    rim = BESIDE * max(east - west, north - south)
    shown = rectangle(west - rim, south - rim, east + rim, north + rim)
    made = [LineString(each) for each in lines if len(each) > 1]
    return [each for each in made if shown.covers(each)]


# --- real outlines ---------------------------------------------------------------------------------------------------


def _real(spots: Sequence[_Spot]) -> tuple[dict[int, Shape], bool]:
    """The outlines that somebody knows, by area id; whether any of them was brought by a county."""
    found = _brought(spots)
    uploaded = bool(found)
    for each in spots:
        if each.pk not in found and each.level <= Level.COUNTY and (shape := known.outline_of(each.code)):
            found[each.pk] = shape
    return found, uploaded


def _brought(spots: Sequence[_Spot]) -> dict[int, Shape]:
    """The latest outlines in force of these areas that were uploaded, made as coarse as a screen shows them."""
    rows = Outline.objects.in_force().filter(area__in=[each.pk for each in spots], shape__isnull=False)
    latest = dict(rows.order_by("of_set_id").values_list("area_id", "shape"))
    return _as_coarse(latest) if latest else {}


def _as_coarse(shapes: dict[int, Shape]) -> dict[int, Shape]:
    import shapely

    polygons = [polygons_of(each) for each in shapes.values()]
    west, south, east, north = shapely.total_bounds(polygons)
    finer = shapely.coverage_simplify(polygons, max(east - west, north - south) / FINENESS)
    return {pk: known.plain_shape(each) for pk, each in zip(shapes, finer, strict=True)}


def positions(areas: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Longitude and latitude of areas that somebody brought points for, the latest in force."""
    rows = Outline.objects.in_force().filter(area__in=areas, longitude__isnull=False)
    return {pk: (x, y) for pk, x, y in rows.order_by("of_set_id").values_list("area_id", "longitude", "latitude")}


def ground_of(area: Area) -> Any:
    """The outline of an area in degrees, as a geometry; None when nobody knows it."""
    found, _uploaded = _real([_Spot.of(area)])
    return polygons_of(found[area.pk]).buffer(0) if found else None


# --- schematic cells -------------------------------------------------------------------------------------------------


def _schematic(units: Sequence[_Spot], parent: _Spot | None, tops: frozenset[int]) -> Drawing:
    """Cells for areas without an outline: around their places where all of these are known and the ground is real."""
    ground, flat, uploaded = _ground(parent, tops)
    brought, walked = _places(units, flat, lambda _spot: ground)
    spread = brought | walked
    around_places = len(spread) == len(units) > 1 and len(set(spread.values())) == len(units)
    if around_places:
        import numpy as np

        parts = around(ground, np.array([spread[each.pk] for each in units]))
    else:
        parts = cells(ground, len(units))
    return Drawing(
        {each.pk: part for each, part in zip(units, parts, strict=True)},
        real=flat is not None,
        schematic=True,
        uploaded=uploaded,
        flat=flat,
        brought=len(brought) if around_places else 0,
        walked=len(walked) if around_places else 0,
    )


def _places(
    spots: Sequence[_Spot], flat: Flat | None, ground: Callable[[_Spot], Any]
) -> tuple[dict[int, Position], dict[int, Position]]:
    """Where areas lie in a plane: as somebody said, and, of the others, as visits to them say, if that is inside the
    ground that they belong to."""
    if flat is None:
        return {}, {}
    brought = _moved(positions([each.pk for each in spots]), flat)
    rest = {each.pk: each.walked for each in spots if each.walked is not None and each.pk not in brought}
    walked = _moved(rest, flat)
    if walked:
        import shapely

        by_id = {each.pk: each for each in spots}
        walked = {pk: (x, y) for pk, (x, y) in walked.items() if shapely.contains_xy(ground(by_id[pk]), x, y)}
    return brought, walked


def _moved(degrees: Mapping[int, Position], flat: Flat) -> dict[int, Position]:
    if not degrees:
        return {}
    import numpy as np

    moved = flat.moved(np.array(list(degrees.values())))
    return {pk: (float(x), float(y)) for pk, (x, y) in zip(degrees, moved, strict=True)}


def _ground(area: _Spot | None, tops: frozenset[int]) -> tuple[Any, Flat | None, bool]:
    """The shape of an area in which cells lie: its outline, else its own cell among its siblings, so that an area keeps
    its shape when one looks into it; with the plane it lies in when it is real, and whether a county brought it."""
    if area is None:
        return free_shape(0), None, False
    found, uploaded = _real([area])
    if found:
        polygon = polygons_of(found[area.pk])
        flat, _box = _flat([polygon])
        return flat.put(polygon), flat, uploaded
    if area.parent is None or area.pk in tops:
        return free_shape(area.place), None, False
    siblings = tuple(map(_Spot.of, Area.objects.current().filter(parent=area.parent).order_by("place")))
    above = _Spot.of(Area.objects.get(pk=area.parent))
    inside = _drawn(str(settings.HOME), edition(), siblings, above, (), tops)
    shape = inside.shapes.get(area.pk)
    return (shape, None, False) if shape is not None else (free_shape(area.place), None, False)


def _with_inner(base: Drawing, inner: Sequence[_Spot]) -> Drawing:
    """Areas inside the areas: outlines that are known, points for villages, cells where nothing is known."""
    below: dict[int, list[_Spot]] = {}
    for each in inner:
        if each.parent in base.shapes:
            below.setdefault(each.parent or 0, []).append(each)
    everybody = frozenset(each.pk for each in inner)
    if all(each.level >= Level.VILLAGE for each in inner):
        brought, walked, guessed = _points(base, below)
        points = guessed | walked | brought
        return replace(
            base,
            points=points,
            missing=everybody - points.keys(),
            schematic=base.schematic or bool(guessed),
            brought=len(brought),
            walked=len(walked),
            guessed=frozenset(guessed),
        )
    placed, cut, uploaded = _polygons(base, below)
    return replace(
        base,
        shapes=placed,
        others=[*base.others, *base.shapes.values()],
        missing=everybody - placed.keys(),
        schematic=base.schematic or cut,
        uploaded=base.uploaded or uploaded,
    )


def _polygons(base: Drawing, below: Mapping[int, Sequence[_Spot]]) -> tuple[dict[int, Any], bool, bool]:
    """By area its shape; whether any is a cell; whether any was brought by a county."""
    found, uploaded = _real([each for group in below.values() for each in group]) if base.flat else ({}, False)
    placed: dict[int, Any] = {pk: base.flat.put(polygons_of(shape)) for pk, shape in found.items() if base.flat}
    guessed = False
    for pk, group in below.items():
        if not any(each.pk in placed for each in group):
            parts = cells(base.shapes[pk], len(group))
            placed |= {each.pk: part for each, part in zip(group, parts, strict=True)}
            guessed = True
    return placed, guessed, uploaded


def _points(
    base: Drawing, below: Mapping[int, Sequence[_Spot]]
) -> tuple[dict[int, Position], dict[int, Position], dict[int, Position]]:
    """Points of areas: as somebody brought them, as visits say, and the middle of a cell for those that nobody knows.
    The ground of one is the outline around it, or, where that is a cell itself, all of the map."""
    import shapely

    whole = shapely.union_all(list(base.shapes.values())) if base.schematic else None
    spots = [each for group in below.values() for each in group]
    brought, walked = _places(spots, base.flat, lambda each: base.shapes[each.parent or 0] if whole is None else whole)
    guessed: dict[int, Position] = {}
    for pk, group in below.items():
        if all(each.pk in brought or each.pk in walked for each in group):
            continue
        for each, part in zip(group, cells(base.shapes[pk], len(group)), strict=True):
            if each.pk not in brought and each.pk not in walked:
                middle = shapely.point_on_surface(part)
                guessed[each.pk] = (middle.x, middle.y)
    return brought, walked, guessed
