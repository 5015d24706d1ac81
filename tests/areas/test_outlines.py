"""Outlines: those that come with the program, those that a county brings, and cells where nobody knows any."""

import json
from typing import Any

import numpy as np
import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from bangfu.areas import errors, services
from bangfu.areas.models import Area, Outline, OutlineSet
from bangfu.areas.outlines import known as outlines_known
from bangfu.areas.outlines.cells import cells, free_shape
from bangfu.areas.outlines.drawing import drawing
from bangfu.areas.outlines.policy import outline_policy
from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed
from tests.conftest import House, make_area

pytestmark = pytest.mark.req("E4")


def square(west: float, south: float, size: float = 0.1) -> list[list[list[float]]]:
    east, north = west + size, south + size
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def feature(code: str, coordinates: Any, kind: str = "Polygon", **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"code": code, **properties},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def geojson(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def bring(house: House, content: bytes, name: str = "乡镇.geojson", **more: Any) -> OutlineSet:
    given = {"by": None, "area": house.county, "source": "县自然资源局", **more}
    return services.bring_outlines(upload=SimpleUploadedFile(name, content), **given)


def refused(house: House, content: bytes, **more: Any) -> list[str]:
    """The codes of what a file is refused for; nothing was taken."""
    with pytest.raises(errors.OutlinesRefused) as refusal:
        bring(house, content, **more)
    assert not OutlineSet.objects.exists()
    assert "第" in refusal.value.facts["problems"][0].message
    return [each.error.code for each in refusal.value.facts["problems"]]


# --- villages by the visits to them ----------------------------------------------------------------------------------


def test_a_village_lies_where_visits_say_unless_somebody_brought_its_point_or_it_is_elsewhere(house):
    bring(house, geojson(
        feature(house.township.code, square(109.0, 27.0)), feature(house.neighbour_township.code, square(109.1, 27.0)),
        feature(house.village.code, [109.02, 27.02], "Point"),
    ))  # fmt: skip
    townships = [house.township, house.neighbour_township]
    villages = [house.village, house.other_village, house.neighbour_village]
    nobody = drawing(townships, house.county, villages)
    assert (nobody.brought, nobody.walked) == (1, 0)
    assert nobody.guessed == {house.other_village.pk, house.neighbour_village.pk}
    walked = {house.village.pk: (109.09, 27.09), house.other_village.pk: (109.05, 27.06)}
    found = drawing(townships, house.county, villages, walked=walked | {house.neighbour_village.pk: (109.03, 27.03)})
    assert found.points[house.village.pk] == nobody.points[house.village.pk]  # what was brought goes first
    assert (found.brought, found.walked) == (1, 1)
    assert found.guessed == {house.neighbour_village.pk}  # its visits lie in the township next door
    west, _south, east, _north = found.shapes[house.township.pk].bounds
    assert found.points[house.other_village.pk][0] == pytest.approx((west + east) / 2)
    inside = drawing(villages[:2], house.township, walked=walked)
    assert (inside.schematic, inside.brought, inside.walked) == (True, 1, 1)  # cells around their places
    here = inside.flat.moved(np.array([walked[house.other_village.pk]]))[0]
    assert inside.shapes[house.other_village.pk].contains(shapely.Point(here))
    OutlineSet.objects.update(revoked_at=timezone.now())
    assert drawing(townships, house.county, villages, walked=walked).walked == 0  # no map of real degrees


# --- those that come with the program --------------------------------------------------------------------------------


def test_real_codes_have_real_outlines_that_meet_and_invented_ones_have_none():
    prefecture = outlines_known.below("5206")
    assert sorted(prefecture.shapes) == ["520602", "520603", *(f"52062{number}" for number in range(1, 9))]
    counties = [outlines_known.polygons_of(each) for each in prefecture.shapes.values()]
    whole = shapely.union_all(counties)
    assert whole.area == pytest.approx(sum(each.area for each in counties), rel=1e-6)  # nobody lies on a neighbour
    assert outlines_known.outline_of("520621000000") == prefecture.shapes["520621"]
    assert outlines_known.outline_of("990121000000") is None
    assert outlines_known.outline_of("520621100000") is None  # townships have none
    assert outlines_known.outline_of("429000000000")  # one that only groups counties has theirs


def test_the_map_of_the_nation_holds_every_province_and_every_line(settings: Any):
    nation = outlines_known.below(outlines_known.NATION)
    assert set(nation.shapes) == set(outline_policy().regions)
    assert len(nation.lines) > 10  # the ten-dash line and its like
    south = min(y for line in nation.lines for _x, y in line)
    assert south < 5
    kept = list(settings.HOME.glob("outlines/*/nation.json"))
    assert kept
    before = kept[0].stat().st_mtime_ns
    outlines_known._kept.cache_clear()
    assert outlines_known.below(outlines_known.NATION).shapes.keys() == nation.shapes.keys()
    assert kept[0].stat().st_mtime_ns == before  # read, not made again


def test_a_broken_file_in_the_cache_is_made_again(settings: Any):
    outlines_known._kept.cache_clear()
    outlines_known.below("71")
    [kept] = settings.HOME.glob("outlines/*/71.json")
    kept.write_text("{")
    outlines_known._kept.cache_clear()
    assert outlines_known.below("71").shapes


@pytest.mark.django_db
def test_several_provinces_are_shown_inside_the_whole_nation():
    two = [make_area(None, number, name, f"{number}0000000000") for number, name in ((52, "黔"), (46, "琼"))]
    found = drawing(two, None)
    assert set(found.shapes) == {each.pk for each in two}
    assert len(found.others) == len(outline_policy().regions) - 2
    assert len(found.lines) > 10
    assert found.real and not found.schematic


# --- cells -----------------------------------------------------------------------------------------------------------


def test_cells_fill_the_ground_without_lying_on_each_other_and_come_out_alike():
    ground = free_shape(7)
    first, again = cells(ground, 17), cells(ground, 17)
    assert [each.wkb for each in first] == [each.wkb for each in again]
    assert sum(each.area for each in first) == pytest.approx(ground.area, rel=1e-9)
    sizes = [each.area for each in first]
    assert max(sizes) < 2.5 * min(sizes)
    assert [len(cells(ground, number)) for number in (0, 1, 2, 400)] == [0, 1, 2, 400]


def test_invented_codes_get_cells_that_say_so_and_no_shape_tells_of_a_neighbour(house: House):
    townships = list(Area.objects.filter(parent=house.county))
    found = drawing(townships, house.county)
    assert found.schematic and not found.real and set(found.shapes) == {each.pk for each in townships}
    inside = drawing([house.village, house.other_village], house.township, tops=[house.township])
    make_area(house.county, 9, "新设乡", "990121209000")
    assert drawing([house.village, house.other_village], house.township, tops=[house.township]).shapes == inside.shapes
    points = drawing(townships, house.county, [house.village, house.other_village])
    assert all(points.shapes[house.township.pk].contains(shapely.Point(each)) for each in points.points.values())


# --- those that a county brings --------------------------------------------------------------------------------------


def test_a_county_brings_outlines_and_points_and_takes_them_back(house: House):
    here, there = square(109.0, 27.0), square(109.1, 27.0)
    first = bring(
        house,
        geojson(
            feature(house.township.code, here),
            feature("", [there], "MultiPolygon", name="白水镇"),
            feature("156" + house.village.code[:9] + "201", [109.05, 27.05], "Point"),
        ),
    )
    assert (first.shapes, first.points) == (2, 1)
    townships = list(Area.objects.filter(parent=house.county))
    found = drawing(townships, house.county, [house.village])
    assert found.uploaded and found.real
    assert found.shapes[house.township.pk].contains(shapely.Point(found.points[house.village.pk]))
    later = bring(house, geojson(feature(house.township.code, square(109.0, 27.0, 0.05))))
    small = drawing(townships, house.county).shapes[house.township.pk].area
    assert small < found.shapes[house.township.pk].area / 3
    services.revoke_outlines(by=None, outline_set=later, reason="画错了")
    assert drawing(townships, house.county).shapes[house.township.pk].area > small * 3
    with pytest.raises(errors.OutlinesRevoked):
        services.revoke_outlines(by=None, outline_set=later, reason="再来")
    deeds = Entry.objects.filter(action__startswith="area.outlines").values_list("action", flat=True)
    assert sorted(deeds) == ["area.outlines_brought", "area.outlines_brought", "area.outlines_revoked"]


def test_points_come_from_a_list_too_in_the_encoding_of_old_tables(house: House):
    listed = "名称,经度,纬度\n石桥村,109.01,27.01\n柳坪村,109.02,27.02\n".encode("gb18030")
    assert bring(house, listed, "村.csv").points == 2
    assert Outline.objects.get(area=house.village).longitude == 109.01
    with pytest.raises(errors.OutlineColumnsMissing):
        bring(house, "村,经,纬\n".encode(), "村.csv")


def test_coordinates_of_web_maps_are_converted_when_asked(house: House):
    bring(house, geojson(feature(house.village.code, [109.19, 27.72], "Point")), gcj02=True)
    moved = Outline.objects.get(area=house.village)
    assert 0.001 < abs(moved.longitude - 109.19) < 0.01
    assert 0.001 < abs(moved.latitude - 27.72) < 0.01


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda house: feature("990121999000", square(109, 27)), "ARE-067"),
        (lambda house: feature("", square(109, 27)), "ARE-068"),
        (lambda house: feature(house.township.code, [[[y, x] for x, y in square(109, 27)[0]]]), "ARE-071"),
        (lambda house: feature(house.township.code, square(36_500_000, 3_050_000)), "ARE-072"),
        (lambda house: feature(house.township.code, square(-74, 40)), "ARE-072"),
        (
            lambda house: feature(house.township.code, [[[109, 27], [110, 28], [110, 27], [109, 28], [109, 27]]]),
            "ARE-073",
        ),
        (lambda house: feature(house.township.code, [[[109, 27], [110, 27], [110, 28], [109, 28]]]), "ARE-073"),
        (lambda house: feature(house.township.code, [[[109, 27], [110, 27], [111, 27], [109, 27]]]), "ARE-073"),
        (lambda house: feature(house.township.code, [[["109", None]] * 4]), "ARE-073"),
        (lambda house: feature(house.township.code, {"a": 1}), "ARE-073"),
        (lambda house: feature(house.township.code, [[109, 27], [110, 28]], "LineString"), "ARE-073"),
        (lambda house: {"type": "Feature", "geometry": None}, "ARE-073"),
    ],
)
def test_a_wrong_feature_is_told_with_its_number_and_nothing_is_taken(house: House, make: Any, code: str):
    good = feature(house.neighbour_township.code, square(110, 27))
    assert refused(house, geojson(good, make(house))) == [code]


def test_what_lies_twice_or_on_another_is_refused(house: House):
    here = feature(house.township.code, square(109, 27))
    assert refused(house, geojson(here, here)) == ["ARE-070"]
    assert refused(house, geojson(here, feature(house.neighbour_township.code, square(109.01, 27)))) == ["ARE-075"]
    make_area(house.neighbour_township, 7, "石桥村", "990121201207")
    assert refused(house, geojson(feature("", square(109, 27), name="石桥村"))) == ["ARE-069"]


def test_an_outline_far_from_its_real_county_is_refused(house: House):
    county = make_area(house.county.parent, 8, "真县", "520621000000")
    township = make_area(county, 1, "真乡", "520621100000")
    far = geojson(feature(township.code, square(116, 39)))
    assert refused(house, far, area=county) == ["ARE-074"]
    middle = outlines_known.polygons_of(outlines_known.outline_of("520621") or []).representative_point()
    near = geojson(feature(township.code, square(middle.x, middle.y, 0.01)))
    assert bring(house, near, area=county).shapes == 1


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", errors.OutlineFileBroken),
        (b'{"type": "FeatureCollection", "features": [', errors.OutlineFileBroken),
        (b"[" * 100_000, errors.OutlineFileBroken),
        (b"1" * 5000, errors.OutlineFileBroken),
        (b"\xff\xfe\x00\x81", errors.OutlineFileBroken),
        (b'{"type": "FeatureCollection", "features": []}', errors.OutlineFileOther),
        (b'{"type": "FeatureCollection", "features": 5}', errors.OutlineFileOther),
        (b"[1]", errors.OutlineFileOther),
    ],
)
def test_a_broken_file_says_what_it_is(house: House, content: bytes, error: type[Exception]):
    with pytest.raises(error):
        bring(house, content)


def test_fifty_megabytes_and_endless_lines_are_refused_before_they_are_read(house: House):
    large = SimpleUploadedFile("大.geojson", b"{}")
    large.size = 50 << 20
    with pytest.raises(errors.OutlineFileTooLarge, match="50 MB"):
        services.bring_outlines(by=None, area=house.county, upload=large, source="局")
    with pytest.raises(errors.OutlineFileTooLarge):
        bring(house, b" " * ((outline_policy().upload.file_megabytes << 20) + 1))
    many = geojson(*[feature("1", [109, 27], "Point")] * (outline_policy().upload.features + 1))
    with pytest.raises(errors.OutlineTooMuch):
        bring(house, many)


def test_only_who_looks_after_the_areas_brings_outlines(house: House):
    content = geojson(feature(house.township.code, square(109, 27)))
    with pytest.raises(NotAllowed):
        bring(house, content, by=house.officer("helper", house.village))
    with pytest.raises(errors.OutlineSourceMissing):
        bring(house, content, source="  ")
    with pytest.raises(errors.OutlineFileMissing):
        services.bring_outlines(by=None, area=house.county, upload=None, source="局")
