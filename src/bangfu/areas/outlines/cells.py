"""Schematic shapes where nobody knows the outlines: cells of about the same size inside one shape, one for each area.

They say which areas belong together and nothing of where these lie; every map that shows them says so (示意分区，
非行政界线). The same areas always get the same cells. Coordinates lie in a plane, y downwards.
"""

import math
import random
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

# A plane that no real map uses: schematic ones are some hundreds wide.
RADIUS = 300.0
STRETCH = 1.18
CORNERS = 180
# Seeds move to the middle of their cells so many times: cells then are about equally large.
ROUNDS = 14
TRIES = 400
# For those rounds the ground is made plainer by so much of its width.
PLAINER = 0.01


@lru_cache(maxsize=64)
def free_shape(seed: int) -> Any:
    """A shape of nothing in particular, with an uneven edge, always the same for one seed: the ground of a schematic
    map whose area has no outline either."""
    from shapely.geometry import Polygon

    chance = random.Random(seed)
    waves = [(k, chance.uniform(0.25, 1) * 0.2 / k, chance.uniform(0, math.tau)) for k in range(2, 9)]
    waves += [(k, chance.uniform(0.3, 1) * 0.012, chance.uniform(0, math.tau)) for k in range(13, 30, 4)]
    points = []
    for number in range(CORNERS):
        angle = math.tau * number / CORNERS
        radius = RADIUS * (1 + sum(height * math.cos(k * angle + shift) for k, height, shift in waves))
        points.append((radius * STRETCH * math.cos(angle), radius * math.sin(angle)))
    return Polygon(points).buffer(0)


def cells(ground: Any, number: int) -> list[Any]:
    """The ground cut into so many cells, from its upper left to its lower right."""
    if number <= 1:
        return [ground] * number
    # Seeds come to lie in the same places whether the ground has every bend or not; the last cut follows it.
    plain = ground.simplify(math.sqrt(ground.area) * PLAINER)
    parts: list[Any] = []
    for rough in (plain, ground):
        seeds = _scattered(rough, number)
        for _round in range(ROUNDS - 1):
            seeds = _middles(around(rough, seeds))
        parts = around(ground, seeds)
        if not any(part.is_empty for part in parts):
            break
    return [parts[place] for place in _reading_order(_middles(parts), ground)]


def _middles(parts: list[Any]) -> Any:
    import numpy as np
    import shapely

    middles = shapely.centroid(parts)
    return np.column_stack([shapely.get_x(middles), shapely.get_y(middles)])


def around(ground: Any, seeds: Any) -> list[Any]:
    """For each seed what of the ground lies nearer to it than to any other."""
    import shapely
    from shapely.geometry import MultiPoint

    found = shapely.voronoi_polygons(MultiPoint(seeds), extend_to=ground, ordered=True)
    return list(shapely.intersection(shapely.get_parts(found), ground))


def _scattered(ground: Any, number: int) -> Any:
    """Points inside the ground, spread by the golden ratio so that none lie together."""
    import numpy as np
    import shapely

    west, south, east, north = ground.bounds
    points: list[tuple[float, float]] = []
    shapely.prepare(ground)
    steps = number
    while len(points) < number:
        steps = steps * 2 + 8
        first = np.arange(1, steps + 1)
        x = west + (east - west) * ((first * 0.7548776662466927) % 1)
        y = south + (north - south) * ((first * 0.5698402909980532) % 1)
        points = [(float(a), float(b)) for a, b in zip(x, y, strict=True) if shapely.contains_xy(ground, a, b)]
        if steps > TRIES * number:  # a ground so thin that it holds no point
            middle = ground.representative_point()
            points += [(middle.x + n * 1e-6, middle.y) for n in range(number)]
    return np.array(points[:number])


def _reading_order(seeds: Any, ground: Any) -> Sequence[int]:
    """Row by row from the top, each row from the left."""
    _west, south, _east, north = ground.bounds
    rows = max(round(math.sqrt(len(seeds))), 1)
    height = (north - south) / rows or 1
    keys = [(int((y - south) / height), float(x)) for x, y in seeds]
    return sorted(range(len(seeds)), key=lambda place: keys[place])
