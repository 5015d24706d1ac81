"""Outlines for the walk: a set that was brought and one that was taken back, with an outline and a point; and what the
war room is asked for."""

from typing import Any

from bangfu.areas.models import Outline, OutlineSet
from bangfu.common.places import Level
from bangfu.plans.models import VillagePlace

KINDS = ("outline_set", "outline", "village_place")
# Of the addresses of outlines, what their arguments stand for.
BY_ADDRESS = {("outlines", "pk"): "area", ("outlines-revoke", "pk"): "outline_set"}
SHAPE = [[[[109.0, 27.0], [109.1, 27.0], [109.1, 27.1], [109.0, 27.0]]]]


def questions(own: Any, foreign: Any) -> dict[str, tuple[str, ...]]:
    """`own` and `foreign` give the first id of a kind at home and next door."""
    return {
        "war-room": (
            f"m=t{own('target')}", f"m=t{foreign('target')}&area={foreign('area')}", "m=insured_share&level=deeper",
        ),
        "war-room-wall": (f"show=t{foreign('target')}&show=insured_share",),
        "war-room-sheet": ("m=registered_households",),
        "war-room-households": tuple(
            f"m=registered_households&area={area}"
            for area in (own("area") + Level.VILLAGE - 1, foreign("area"), foreign("area") + Level.VILLAGE - 1)
        ),
    }  # fmt: skip


def plant_outlines(keep: Any, ids: Any, here: Any, mark: str, number: str, moment: Any) -> None:
    """Rows of both tables in a branch: the outline of its county or its top, and a point of its foot; where that is a
    village also by visits."""
    top = next((area for area in here.chain if area.level == Level.COUNTY), here.chain[0])
    sets = keep(
        "outline_set",
        [
            OutlineSet(
                pk=ids("outline_set"), area=top, file_name=f"{mark}{number}.geojson", sha256="0" * 64,
                source=f"{mark}局", shapes=int(number), points=1, uploaded_by=f"{mark}人", uploaded_at=moment,
                revoked_at=gone, revoked_by=f"{mark}人" if gone else "", revoked_why=f"{mark}错" if gone else "",
            )
            for gone in (None, moment)
        ],
    )  # fmt: skip
    keep(
        "outline",
        [
            Outline(pk=ids("outline"), of_set=sets[0], area=top, shape=SHAPE),
            *(
                Outline(pk=ids("outline"), of_set=sets[0], area=area, longitude=109, latitude=27)
                for area in here.chain[-1:]
                if area != top
            ),
        ],
    )
    foot = here.chain[-1]
    if foot.level == Level.VILLAGE:
        keep("village_place", [VillagePlace(area=foot, longitude=109.05, latitude=27.05, fixes=9)])
