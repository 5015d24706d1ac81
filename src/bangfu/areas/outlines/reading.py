"""Outlines as somebody brings them: GeoJSON with faces or points, or a list of points. Nothing is written here.

Every fault is told with the number of its feature (or row); a file with one fault is taken as a whole not at all.
"""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from bangfu.areas import errors
from bangfu.areas.models import Area
from bangfu.areas.outlines.known import Shape, polygons_of
from bangfu.areas.outlines.policy import UploadTerms, outline_policy
from bangfu.common.errors import BangfuError

MEGABYTE = 1 << 20
NATIONAL = "156"  # some write the country's number before a code
FACES, POINTS = ("Polygon", "MultiPolygon"), ("Point",)


@dataclass(frozen=True)
class Problem:
    """What is wrong with one feature (from 1, as the file has them)."""

    number: int
    error: BangfuError

    @property
    def message(self) -> str:
        return _("第 {number} 个：{message}").format(number=self.number, message=self.error.message)


@dataclass
class Feature:
    """One feature: `code` and `name` as written, either a shape or a point (longitude, latitude)."""

    number: int
    code: str
    name: str
    shape: Shape | None = None
    point: tuple[float, float] | None = None
    polygon: Any = None


@dataclass
class Brought:
    """What a file holds, by area."""

    shapes: dict[int, Shape] = field(default_factory=dict)
    points: dict[int, tuple[float, float]] = field(default_factory=dict)


def read(name: str, content: bytes, areas: Sequence[Area], within: Area, ground: Any, *, gcj02: bool) -> Brought:
    """The outlines and points of `areas`, which lie inside `within`; `ground` is its outline as a polygon, None when
    nobody knows it. Raises OutlineFileTooLarge, OutlineFileBroken, OutlineFileOther, OutlineTooMuch,
    OutlineColumnsMissing, OutlinesRefused."""
    limits = outline_policy().upload
    if len(content) > limits.file_megabytes * MEGABYTE:
        raise errors.OutlineFileTooLarge(file=name, size=-(-len(content) // MEGABYTE), limit=limits.file_megabytes)
    problems: list[Problem] = []
    make = _of_list if name.lower().endswith(".csv") else _of_geojson
    features = list(make(name, _decoded(name, content), limits, problems))
    if not features and not problems:
        raise errors.OutlineFileOther(file=name)
    if gcj02:
        _convert(features)
    whose = _Whose(areas, within)
    taken: dict[tuple[int, bool], Feature] = {}
    for feature in features:
        try:
            area = whose.of(feature)
            _judge(feature, area, within, ground)
        except BangfuError as error:
            problems.append(Problem(feature.number, error))
            continue
        key = (area.pk, feature.point is not None)
        if key in taken:
            twice = errors.OutlineAreaTwice(name=area.name, first=taken[key].number)
            problems.append(Problem(feature.number, twice))
        taken.setdefault(key, feature)
    problems += _overlaps(taken, {each.pk: each for each in areas}, limits)
    if problems:
        told = sorted(problems, key=lambda each: each.number)[: limits.problems]
        raise errors.OutlinesRefused(file=name, count=len(problems), problems=tuple(told))
    return Brought(
        {pk: each.shape for (pk, _point), each in taken.items() if each.shape is not None},
        {pk: each.point for (pk, _point), each in taken.items() if each.point is not None},
    )


def _decoded(name: str, content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise errors.OutlineFileBroken(file=name, reason=_("文字编码无法识别"))


# --- GeoJSON ---------------------------------------------------------------------------------------------------------


def _of_geojson(name: str, text: str, limits: UploadTerms, problems: list[Problem]) -> Iterator[Feature]:
    given = _parsed(name, text)
    if not isinstance(given, dict):
        raise errors.OutlineFileOther(file=name)
    listed = given.get("features") if given.get("type") == "FeatureCollection" else [given]
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise errors.OutlineFileOther(file=name)
    if len(listed) > limits.features:
        unit = _("个图形")
        raise errors.OutlineTooMuch(file=name, found=len(listed), limit=limits.features, unit=unit)
    points = 0
    for number, each in enumerate(listed, 1):
        try:
            feature = _feature(number, each, limits)
        except BangfuError as error:
            problems.append(Problem(number, error))
            continue
        points += sum(len(ring) for rings in feature.shape or () for ring in rings)
        if points > limits.points:
            raise errors.OutlineTooMuch(file=name, found=points, limit=limits.points, unit=_("个顶点"))
        yield feature


def _parsed(name: str, text: str) -> Any:
    if not text.strip():
        raise errors.OutlineFileBroken(file=name, reason=_("文件是空的"))
    try:
        return json.loads(text)
    except json.JSONDecodeError as fault:
        where = _("第 {line} 行第 {column} 个字符处断开").format(line=fault.lineno, column=fault.colno)
        raise errors.OutlineFileBroken(file=name, reason=where) from None
    except RecursionError:
        raise errors.OutlineFileBroken(file=name, reason=_("嵌套太深")) from None
    except ValueError:  # a whole number of thousands of digits
        raise errors.OutlineFileBroken(file=name, reason=_("有读不出的数字")) from None


def _feature(number: int, given: Mapping[str, Any], limits: UploadTerms) -> Feature:
    geometry, properties = given.get("geometry"), given.get("properties")
    if not isinstance(geometry, dict):
        raise errors.OutlineBroken(reason=_("没有图形"))
    said = properties if isinstance(properties, dict) else {}
    code, name = _said(said, limits.code), _said(said, limits.name)
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind in POINTS:
        return Feature(number, code, name, point=_position(coordinates))
    if kind not in FACES:
        raise errors.OutlineBroken(reason=_("既不是面也不是点"))
    shape = _shape([coordinates] if kind == "Polygon" else coordinates)
    return Feature(number, code, name, shape=shape, polygon=_sound(shape))


def _said(properties: Mapping[str, Any], names: Sequence[str]) -> str:
    """The first of the names that the feature fills in, as text."""
    lowered = {str(key).strip().lower(): value for key, value in properties.items()}
    for name in names:
        value = lowered.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""


def _shape(polygons: Any) -> Shape:
    if not isinstance(polygons, list) or not polygons:
        raise errors.OutlineBroken(reason=_("没有坐标"))
    return [_rings(each) for each in polygons]


def _rings(polygon: Any) -> list[list[list[float]]]:
    if not isinstance(polygon, list) or not polygon or not all(isinstance(ring, list) for ring in polygon):
        raise errors.OutlineBroken(reason=_("没有坐标"))
    rings = [[list(_position(each)) for each in ring] for ring in polygon]
    for ring in rings:
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise errors.OutlineBroken(reason=_("边界没有闭合，首尾两点必须相同"))
    return rings


def _position(given: Any) -> tuple[float, float]:
    """Raises OutlineBroken, OutlineCoordinatesSwapped, OutlineCoordinatesElsewhere."""
    if not isinstance(given, list) or len(given) < 2:
        raise errors.OutlineBroken(reason=_("坐标不是两个数字"))
    x, y = given[0], given[1]
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (x, y))
    if not numbers or not (abs(x) < 1e12 and abs(y) < 1e12):
        raise errors.OutlineBroken(reason=_("坐标不是两个数字"))
    return _checked(float(x), float(y))


def _checked(x: float, y: float) -> tuple[float, float]:
    bounds = outline_policy().bounds
    if math.isfinite(x) and math.isfinite(y) and bounds.holds(x, y):
        return round(x, 6), round(y, 6)
    swapped = errors.OutlineCoordinatesSwapped if bounds.holds(y, x) else errors.OutlineCoordinatesElsewhere
    raise swapped(x=f"{x:g}", y=f"{y:g}")


def _sound(shape: Shape) -> Any:
    """The shape as a geometry. Raises OutlineBroken where it crosses itself or covers nothing."""
    import shapely

    polygon = polygons_of(shape)
    if not polygon.is_valid:
        raise errors.OutlineBroken(reason=_why(shapely.is_valid_reason(polygon)))
    if not polygon.area:
        raise errors.OutlineBroken(reason=_("面积为零"))
    return polygon


def _why(reason: str) -> str:
    """What the library says of a broken shape, in words: Self-intersection[109.1 27.2]."""
    words, _bracket, where = reason.partition("[")
    if "intersection" not in words.lower():
        return _("各块之间或内外边界之间位置不对")
    return _("边界自相交，在 {where} 附近").format(where=", ".join(where.rstrip("]").split()))


# --- a list of points ------------------------------------------------------------------------------------------------


def _of_list(name: str, text: str, limits: UploadTerms, problems: list[Problem]) -> Iterator[Feature]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise errors.OutlineFileBroken(file=name, reason=_("引号没有成对")) from None
    heads = [head.strip().lower() for head in rows[0]] if rows else []
    code, called = _column(heads, limits.code), _column(heads, limits.name)
    east, north = _column(heads, limits.longitude), _column(heads, limits.latitude)
    if east is None or north is None or (code is None and called is None):
        raise errors.OutlineColumnsMissing(file=name)
    if len(rows) - 1 > limits.features:
        raise errors.OutlineTooMuch(file=name, found=len(rows) - 1, limit=limits.features, unit=_("行"))
    for number, row in enumerate(rows[1:], 1):
        if not any(cell.strip() for cell in row):
            continue
        try:
            point = _checked(_degrees(_cell(row, east)), _degrees(_cell(row, north)))
        except BangfuError as error:
            problems.append(Problem(number, error))
            continue
        yield Feature(number, _cell(row, code), _cell(row, called), point=point)


def _column(heads: Sequence[str], names: Sequence[str]) -> int | None:
    return next((heads.index(name) for name in names if name in heads), None)


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _degrees(text: str) -> float:
    try:
        return float(text.rstrip("°"))
    except ValueError:
        raise errors.OutlineBroken(reason=_("坐标不是两个数字")) from None


# --- judging ---------------------------------------------------------------------------------------------------------


class _Whose:
    """Of which area a feature is: by its code, else by its name when that is the only one."""

    def __init__(self, areas: Sequence[Area], within: Area) -> None:
        self.within = within
        self.by_code = {each.code: each for each in areas if each.code}
        self.by_name: dict[str, list[Area]] = {}
        for each in areas:
            self.by_name.setdefault(each.name, []).append(each)

    def of(self, feature: Feature) -> Area:
        if found := self._coded(feature.code):
            return found
        if not feature.code and not feature.name:
            raise errors.OutlineAreaUnsaid()
        if not feature.code:
            named = self.by_name.get(feature.name, [])
            if len(named) > 1:
                raise errors.OutlineNameTwice(area=self.within.name, count=len(named), value=feature.name)
            if named:
                return named[0]
        raise errors.OutlineAreaUnknown(value=feature.code or feature.name, area=self.within.name)

    def _coded(self, code: str) -> Area | None:
        plain = code.removeprefix(NATIONAL) if len(code) in (9, 15) else code
        return next((self.by_code[each] for each in (code, plain.ljust(12, "0"), plain) if each in self.by_code), None)


def _judge(feature: Feature, area: Area, within: Area, ground: Any) -> None:
    """Raises OutlineOutside where too much lies outside the area around."""
    if ground is None or area.pk == within.pk:
        return
    if feature.polygon is not None:
        outside = 100 * feature.polygon.difference(ground).area / feature.polygon.area
    else:
        from shapely.geometry import Point

        outside = 0.0 if ground.buffer(0.01).covers(Point(feature.point)) else 100.0
    if outside > outline_policy().upload.outside_percent:
        raise errors.OutlineOutside(name=area.name, percent=round(outside), area=within.name)


def _overlaps(
    taken: Mapping[tuple[int, bool], Feature], areas: Mapping[int, Area], limits: UploadTerms
) -> Iterator[Problem]:
    """Areas of the same level that lie on one another."""
    import shapely

    by_level: dict[int, list[tuple[Area, Feature]]] = {}
    for (pk, _point), feature in taken.items():
        if feature.polygon is not None:
            by_level.setdefault(areas[pk].level, []).append((areas[pk], feature))
    for same in by_level.values():
        tree = shapely.STRtree([feature.polygon for _area, feature in same])
        polygons = [feature.polygon for _area, feature in same]
        for first, second in zip(*tree.query(polygons, predicate="intersects"), strict=True):
            if first <= second:
                continue
            common = polygons[first].intersection(polygons[second]).area
            percent = 100 * common / min(polygons[first].area, polygons[second].area)
            if percent > limits.overlap_percent:
                area, feature = same[first]
                other = same[second][0].name
                yield Problem(
                    feature.number, errors.OutlinesOverlap(name=area.name, percent=round(percent), other=other)
                )


# --- coordinates of other maps ---------------------------------------------------------------------------------------


def _convert(features: Sequence[Feature]) -> None:
    """From GCJ-02, in which Chinese web maps are, to WGS-84."""
    from fast_geocn.coord import gcj02_to_wgs84

    def moved(x: float, y: float) -> tuple[float, float]:
        longitude, latitude = gcj02_to_wgs84(x, y)
        return round(longitude, 6), round(latitude, 6)

    for feature in features:
        if feature.point is not None:
            feature.point = moved(*feature.point)
        if feature.shape is not None:
            feature.shape = [[[list(moved(*each)) for each in ring] for ring in rings] for rings in feature.shape]
            feature.polygon = polygons_of(feature.shape)
