"""A map of areas as inline SVG: a link on every area, names and figures where they fit, no script.

Colours are attributes, so that a printer draws the same. Everything written in it is escaped.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from bangfu.areas.outlines.drawing import Drawing
from bangfu.plans.targets.words import standing_label, with_unit
from bangfu.plans.warroom.boards import Board, Figure
from bangfu.web.warroom.shading import DARK, Shading

WIDTH, RIM = 1000, 14
FLATTEST, TALLEST = 0.5, 1.12
INK, EDGE, QUIET, GROUND = "#1d2735", "#5d6b7e", "#b6c0cc", "#f1f4f8"
# Letters of names: so large where there are at most so many areas; never smaller than the last.
LARGE = ((6, 40.0), (14, 30.0), (10_000, 24.0))
SMALL = 13.0
# A name looks for a free place so many times its half height around the middle, and keeps so far from a point.
STEPS, CLEAR = 16, 10.0
# A letter of a Chinese name is as wide as the font is high; a digit somewhat more than half of that.
NARROW = 0.58


@dataclass(frozen=True)
class _Fit:
    """From the plane of a drawing to the picture."""

    scale: float
    left: float
    top: float
    height: float

    def x(self, x: float) -> float:
        return round((x - self.left) * self.scale + RIM, 1)

    def y(self, y: float) -> float:
        return round((y - self.top) * self.scale + RIM, 1)

    def on_paper(self, shape: Any) -> Any:
        """A shape of the plane as it lies in the picture."""
        import numpy as np
        import shapely

        return shapely.transform(shape, lambda plane: (plane - np.array([self.left, self.top])) * self.scale + RIM)


def _fit(drawing: Drawing) -> _Fit:
    """As large as the picture allows, in the middle of it."""
    import shapely

    west, south, east, north = shapely.total_bounds([*drawing.shapes.values(), *drawing.others, *drawing.lines])
    width, height = max(east - west, 1e-9), max(north - south, 1e-9)
    room = WIDTH - 2 * RIM
    tall = min(max(height / width * room, FLATTEST * WIDTH), TALLEST * WIDTH)
    scale = min(room / width, tall / height)
    return _Fit(scale, west - (room / scale - width) / 2, south - (tall / scale - height) / 2, tall + 2 * RIM)


def map_of(
    board: Board,
    drawing: Drawing,
    shading: Shading,
    link: Callable[[Figure], str],
    *,
    font: str = "",
) -> SafeString:
    """`link`: where an area leads, "" for nowhere. `font`: of the letters, where the page does not say it."""
    if not drawing.shapes:
        return mark_safe("")
    fit = _fit(drawing)
    dashed = drawing.schematic and (not drawing.real or bool(board.inner))
    parts = [_plain(each, fit) for each in drawing.others]
    if drawing.points:
        parts += [_plain(each, fit, GROUND) for each in drawing.shapes.values()]
        names = {each.pk: each.name for each in board.units}
        spots = [(fit.x(x), fit.y(y)) for x, y in drawing.points.values()]
        parts.append(_names(_name(names[pk], shape, fit, spots) for pk, shape in drawing.shapes.items() if pk in names))
    unsure = drawing.guessed if len(drawing.guessed) < len(drawing.points) else frozenset()
    labels: list[str] = []
    for figure in board.shown:
        colour = shading.of(figure)
        pk = figure.area.pk
        if pk in drawing.points:
            x, y = drawing.points[pk]
            dots = ' stroke-dasharray="2 2"' if pk in unsure else ""
            drawn = (
                f'<circle cx="{fit.x(x)}" cy="{fit.y(y)}" r="{_radius(drawing)}" fill="{colour}" stroke="{INK}" '
                f'stroke-width="1.2"{dots}/>'
            )
        elif pk in drawing.shapes:
            drawn = _area(drawing.shapes[pk], fit, colour, dashed)
            labels.append(_label(board, figure, drawing.shapes[pk], fit, colour))
        else:
            continue
        parts.append(_linked(drawn, told(board, figure), link(figure)))
    parts += [_line(each, fit) for each in drawing.lines]
    crowded = " is-crowded" if len(drawing.shapes) > LARGE[1][0] else ""
    label = _("{title}分布图").format(title=board.subject.title)
    face = f" font-family={quoteattr(font)}" if font else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="war-map{crowded}" role="group" '
        f'viewBox="0 0 {WIDTH} {math.ceil(fit.height)}" '
        f"aria-label={quoteattr(label)}{face}>"
    )
    return mark_safe(f"{head}{''.join(parts)}{_names(labels)}</svg>")


def _names(labels: Iterable[str]) -> str:
    return f'<g class="war-names">{"".join(labels)}</g>'


def told(board: Board, figure: Figure) -> str:
    """An area in one line: 青禾乡：57.3%，滞后."""
    value = with_unit(figure.value, board.subject.unit) or _("没有数据")
    if figure.standing:
        standing = figure.limit or standing_label(figure.standing)
        return _("{name}：{value}，{standing}").format(name=figure.area.name, value=value, standing=standing)
    return _("{name}：{value}").format(name=figure.area.name, value=value)


def _linked(drawn: str, title: str, url: str) -> str:
    body = f"<title>{escape(title)}</title>{drawn}"
    return f"<a href={quoteattr(url)} aria-label={quoteattr(title)}>{body}</a>" if url else f"<g>{body}</g>"


# --- shapes ----------------------------------------------------------------------------------------------------------


def _path(shape: Any, fit: _Fit) -> str:
    """All rings of a shape; points that fall together are left out, islands never."""
    drawn: list[str] = []
    for part in getattr(shape, "geoms", [shape]):
        if part.geom_type != "Polygon" or part.is_empty:
            continue
        drawn += [_ring(ring.coords, fit) for ring in (part.exterior, *part.interiors)]
    return "".join(drawn)


def _ring(points: Any, fit: _Fit) -> str:
    kept: list[str] = []
    for x, y in points:
        place = f"{fit.x(x):g},{fit.y(y):g}"
        if not kept or kept[-1] != place:
            kept.append(place)
    return f"M{' '.join(kept)}Z"


def _area(shape: Any, fit: _Fit, colour: str, dashed: bool) -> str:
    dash = ' stroke-dasharray="7 4"' if dashed else ""
    return (
        f'<path d="{_path(shape, fit)}" fill="{colour}" fill-rule="evenodd" stroke="{EDGE}" stroke-width="1.6" '
        f'stroke-linejoin="round"{dash}/>'
    )


def _plain(shape: Any, fit: _Fit, colour: str = GROUND) -> str:
    """What is drawn for its shape only."""
    return (
        f'<path d="{_path(shape, fit)}" fill="{colour}" fill-rule="evenodd" stroke="{QUIET}" stroke-width="1.4" '
        'stroke-linejoin="round"/>'
    )


def _line(line: Any, fit: _Fit) -> str:
    points = " ".join(f"{fit.x(x):g},{fit.y(y):g}" for x, y in line.coords)
    return f'<polyline points="{points}" fill="none" stroke="{EDGE}" stroke-width="2"/>'


def _radius(drawing: Drawing) -> float:
    return round(min(max(90 / math.sqrt(len(drawing.points)), 4.5), 13), 1)


# --- letters ---------------------------------------------------------------------------------------------------------


def _largest(number: int) -> float:
    return next(size for most, size in LARGE if number <= most)


def _label(board: Board, figure: Figure, shape: Any, fit: _Fit, colour: str) -> str:
    """The name with the figure below it, as large as the area has room; where it has not, the name alone or nothing."""
    value = with_unit(figure.value, board.subject.unit) or "—"
    if figure.standing:
        value = f"{value} {standing_label(figure.standing)}"
    lines = [figure.area.name, value]
    place = _place(shape, fit)
    for shown in (lines, lines[:1]):
        size = min(place[2] / max(map(_width, shown)), place[3] / (1.25 * len(shown)), _largest(len(board.shown)))
        if size >= SMALL:
            ink, halo = ("#ffffff", "#16355c") if colour in DARK else (INK, "#ffffff")
            return _lines(shown, place[0], place[1], size, ink, halo)
    return ""


def _name(name: str, shape: Any, fit: _Fit, dots: Sequence[tuple[float, float]]) -> str:
    """The name of an area behind points, pale; beside the points where the area has a free place."""
    x, y, width, _height = _place(shape, fit)
    size = min(width / _width(name), LARGE[-1][1])
    if size < SMALL:
        return ""
    x, y = _beside(dots, fit.on_paper(shape), (x, y), (_width(name) * size / 2, size / 2))
    return _lines([name], x, y, size, "#526075")


def _beside(
    dots: Sequence[tuple[float, float]], area: Any, middle: tuple[float, float], half: tuple[float, float]
) -> tuple[float, float]:
    """The place nearest to the middle where letters, half so wide and so high, lie within the area and touch no dot;
    the middle where there is none."""
    import numpy as np
    import shapely

    (x, y), (wide, high) = middle, half
    steps = np.arange(-STEPS, STEPS + 1) * high
    across, down = (each.ravel() for each in np.meshgrid(x + steps, y + steps))
    nearest = np.argsort(np.hypot(across - x, down - y), kind="stable")
    across, down = across[nearest], down[nearest]
    points = np.asarray(dots)
    clear = ~(
        (np.abs(points[:, 0] - across[:, None]) < wide + CLEAR) & (np.abs(points[:, 1] - down[:, None]) < high + CLEAR)
    ).any(axis=1)
    letters = shapely.box(across - wide, down - high, across + wide, down + high)
    free = np.flatnonzero(clear & shapely.contains(area, letters))
    return (round(float(across[free[0]]), 1), round(float(down[free[0]]), 1)) if free.size else middle


def _place(shape: Any, fit: _Fit) -> tuple[float, float, float, float]:
    """The middle of the widest part of an area, with the room there."""
    import shapely

    largest = max(getattr(shape, "geoms", [shape]), key=lambda part: part.area)
    middle = shapely.centroid(largest)
    if not largest.contains(middle):
        middle = shapely.point_on_surface(largest)
    west, south, east, north = largest.bounds
    fill = largest.area / max((east - west) * (north - south), 1e-12)
    width, height = (east - west) * fit.scale * min(fill + 0.25, 0.95), (north - south) * fit.scale * fill
    return fit.x(middle.x), fit.y(middle.y), width, height


def _width(text: str) -> float:
    """In heights of the font."""
    return sum(1.0 if ord(letter) > 0x2E7F else NARROW for letter in text)


def _lines(lines: Sequence[str], x: float, y: float, size: float, colour: str = INK, halo: str = "#ffffff") -> str:
    size = round(size, 1)
    first = y + size * 0.35 - (len(lines) - 1) * size * 0.6
    rows = [
        f'<tspan x="{x}" y="{round(first + number * size * 1.2, 1)}">{escape(text)}</tspan>'
        for number, text in enumerate(lines)
    ]
    return (
        f'<text font-size="{size}" text-anchor="middle" fill="{colour}" stroke="{halo}" '
        f'stroke-width="{round(size / 6, 1)}" stroke-linejoin="round" paint-order="stroke">{"".join(rows)}</text>'
    )
