"""The war room: the map and its figures, from the county down to households, by days, on the wall and on paper."""

import json
import re
import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bangfu.accounts.models import Officer, Post
from bangfu.areas import services as area_services
from bangfu.areas.models import Area, OutlineSet
from bangfu.plans import services
from bangfu.plans.models import Across, DailyValue, Standing, Target, VillagePlace, Way
from bangfu.plans.targets.catalogue import catalogue
from bangfu.plans.warroom import counting, placing
from bangfu.plans.warroom.boards import Board, board, places_by_visits, subject_of
from bangfu.plans.warroom.terms import war_room_terms
from bangfu.registry.models import Household, Member
from bangfu.visits.models import ChecklistVersion, Suspicion, Visit
from bangfu.web.warroom.shading import UNKNOWN, shading
from tests.conftest import House, make_area
from tests.plans.making import household
from tests.plans.targets.test_verbs import homes, tracked  # noqa: F401

pytestmark = pytest.mark.req("E4")
TODAY = timezone.localdate()
SVG = "{http://www.w3.org/2000/svg}"


def opened(client: Client, query: str = "", name: str = "war-room") -> str:
    answer = client.get(f"{reverse(name)}?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def picture(page: str) -> ElementTree.Element:
    """The map of a page, as well-formed SVG."""
    start = page.index('<svg xmlns="http://www.w3.org/2000/svg" class="war-map')
    return ElementTree.fromstring(page[start : page.index("</svg>", start) + 6])


def links(page: str) -> dict[str, str]:
    return {each.get("aria-label", ""): each.get("href", "") for each in picture(page).iter(f"{SVG}a")}


def seen(house: House, key: str, area: Area | None = None, day: date = TODAY, **more: Any) -> Board:
    """A board as the county office sees it."""
    office, area = house.officer("county_office"), area or house.county
    subject = subject_of(office, key, date(TODAY.year, 1, 1))
    assert subject is not None
    units = list(Area.objects.current().filter(parent=area).order_by("place"))
    return board(office, subject, area, units, day, TODAY, **{"deeper": False, **more})


# --- figures ---------------------------------------------------------------------------------------------------------


@pytest.mark.databases
def test_a_share_is_counted_in_every_area_and_of_them_together(house, homes):  # noqa: F811
    found = seen(house, "insured_share")
    assert [(each.area.name, each.value) for each in found.ranked] == [
        ("青禾乡", Decimal("50.00")),
        ("白水镇", Decimal("0.00")),
    ]
    assert found.whole and found.whole.value == Decimal("40.00")
    deeper = seen(house, "insured_share", deeper=True)
    assert deeper.figures[house.village.pk].value == Decimal("66.66")
    assert deeper.whole and deeper.whole.value == Decimal("40.00")
    nothing = Area.objects.get(name="柳坪村")
    Household.objects.filter(village=nothing).update(ended_on=TODAY)
    assert seen(house, "insured_share", house.township).figures[nothing.pk].value is None  # of nobody: unknown
    assert seen(house, "people_on_file", house.township).figures[nothing.pk].value == 0


@pytest.mark.databases
def test_what_happens_by_dates_is_told_of_any_day_and_summed_up_over_time(house, homes):  # noqa: F811
    long_ago = TODAY - timedelta(days=60)
    Household.objects.filter(pk=homes[0].pk).update(exited_on=long_ago)
    Household.objects.filter(pk=homes[1].pk).update(exited_on=TODAY)
    office = house.officer("county_office")
    subject = subject_of(office, "households_out_of_poverty", date(2014, 1, 1))
    units = list(Area.objects.filter(parent=house.county))
    now = board(office, subject, house.county, units, TODAY, TODAY, deeper=False)
    before = board(office, subject, house.county, units, TODAY - timedelta(days=1), TODAY, deeper=False)
    assert (now.whole.value, before.whole.value) == (2, 1)
    assert now.days[0] < long_ago and now.days[1] == TODAY
    assert [value for _day, value in now.course][-1] == 2
    assert now.course[0][1] == 1


@pytest.mark.databases
def test_an_earlier_day_of_a_share_is_what_targets_kept_and_else_unknown(house, homes):  # noqa: F811
    yesterday = TODAY - timedelta(days=1)
    target = tracked(house.township, title="参保", measure="insured_share", amount=95, unit="%")
    DailyValue.objects.update_or_create(target=target, day=yesterday, defaults={"value": Decimal("44.5")})
    found = seen(house, "insured_share", day=yesterday)
    assert found.days == (yesterday, TODAY)
    assert found.figures[house.township.pk].value == Decimal("44.5")
    assert found.figures[house.neighbour_township.pk].value is None
    assert found.whole is not None and found.whole.value is None
    assert seen(house, "insured_share", house.township).course[0] == (yesterday, Decimal("44.5"))


@pytest.mark.databases
def test_a_target_shows_how_its_parts_stand_on_a_day(house, homes):  # noqa: F811
    whole = tracked(house.county, starts_on=TODAY - timedelta(days=100), deadline=TODAY + timedelta(days=10))
    townships = [house.township, house.neighbour_township]
    amounts = {each.pk: Decimal(50) for each in townships}
    services.break_down(
        by=None, target=whole, across=Across.AREAS, way=Way.HAND, amounts=amounts, areas=townships, reason="分工"
    )
    [near, far] = Target.objects.filter(parent=whole).order_by("place")
    for part, value in ((near, 50), (far, 1)):
        DailyValue.objects.update_or_create(target=part, day=TODAY, defaults={"value": value})
    DailyValue.objects.update_or_create(target=near, day=TODAY - timedelta(days=50), defaults={"value": 2})
    found = seen(house, f"t{whole.pk}")
    assert found.by_standing
    assert found.figures[house.township.pk].standing == Standing.REACHED
    assert found.figures[house.neighbour_township.pk].standing == Standing.LATE
    assert [meaning for _colour, meaning in shading(found).legend] == ["滞后", "已完成"]
    then = seen(house, f"t{whole.pk}", day=TODAY - timedelta(days=50))
    assert then.figures[house.township.pk].standing == Standing.LATE
    assert then.figures[house.neighbour_township.pk].standing == Standing.UNKNOWN


def test_what_read_many_rows_is_not_counted_again_for_some_minutes(house, homes, monkeypatch):  # noqa: F811
    measure, asked = catalogue()["people_on_file"], [house.township, house.neighbour_township]
    first, _at = counting.tallied(measure, asked, TODAY, TODAY)
    Member.objects.filter(household=homes[0]).update(left_on=TODAY)
    again, _at = counting.tallied(measure, asked, TODAY, TODAY)
    assert again[house.township.place][0] == first[house.township.place][0] - 1  # few rows: counted anew
    kept = war_room_terms().model_copy(update={"kept": war_room_terms().kept.model_copy(update={"rows": 1})})
    monkeypatch.setattr(counting, "war_room_terms", lambda: kept)
    counting.cache.clear()
    before, at = counting.tallied(measure, asked, TODAY, TODAY)
    Member.objects.filter(household=homes[1]).update(left_on=TODAY)
    assert counting.tallied(measure, asked, TODAY, TODAY) == (before, at)
    counting.cache.clear()
    assert counting.tallied(measure, asked, TODAY, TODAY)[0] != before


def test_shades_hold_about_as_many_areas_each_and_nothing_known_is_grey(house):
    for number in range(3, 14):
        place = make_area(house.county, number, f"第{number}乡", "")
        village = make_area(place, 1, "村")
        for one in range(number):
            household(village, str(one))
    found = seen(house, "households_on_file")
    shades = shading(found)
    colours = [shades.of(each) for each in found.ranked]
    assert len(set(colours)) == war_room_terms().shades
    assert max(colours.count(each) for each in set(colours)) <= 4
    nobody = seen(house, "insured_share")
    assert {shading(nobody).of(each) for each in nobody.shown} == {UNKNOWN}


# --- where villages lie ----------------------------------------------------------------------------------------------


def visited(village: Area, *fixes: tuple[float, float], **given: Any) -> list[Visit]:
    """Visits to a village with the positions they recorded."""
    form, _new = ChecklistVersion.objects.get_or_create(checklist="four_ones", version="1", defaults={"content": {}})
    usual = {"checklist": "four_ones", "form": form, "visited_on": TODAY, "received_at": timezone.now(), "accuracy": 12}
    return Visit.objects.bulk_create(
        Visit(
            uuid=uuid.uuid4(), village=village, place=village.place, channel="field", longitude=x, latitude=y,
            **usual | given,
        )
        for x, y in fixes
    )  # fmt: skip


@pytest.mark.databases
def test_a_village_lies_in_the_middle_of_good_positions_of_its_visits(house):
    around = [(109.05 + step / 1000, 27.05) for step in (-2, -1, 0, 1, 2)]
    visited(house.village, *around, (109.5, 27.9))
    visited(house.village, *[(100.0, 30.0)] * 9, accuracy=5000)  # the place of a mast
    visited(house.village, *[(100.0, 30.0)] * 9, accuracy=None)
    far = visited(house.village, *[(100.0, 30.0)] * 9)
    Suspicion.objects.bulk_create(Suspicion(visit=each, kind=Suspicion.Kind.FAR) for each in far)
    visited(house.other_village, *around[:4])  # too few
    visited(house.neighbour_village, *[(109 + step / 2, 27.0) for step in range(7)])  # too far apart
    elsewhere = make_area(house.township, 7, "远村", "")
    visited(elsewhere, *[(2.35, 48.85)] * 9)
    assert services.keep_places() == services.keep_places() == 1  # safe to repeat
    [found] = VillagePlace.objects.all()
    assert (found.area, found.fixes) == (house.village, 6)
    assert (found.longitude, found.latitude) == pytest.approx((109.0505, 27.05))
    assert places_by_visits(house.officer("township_station", house.neighbour_township), [house.village]) == {}
    assert list(places_by_visits(house.officer("county_office"), [house.township, house.village])) == [house.village.pk]
    Visit.objects.filter(village=house.village).update(accuracy=200)
    visited(house.other_village, (109.06, 27.06))
    assert services.keep_places() == 1
    assert VillagePlace.objects.get().area == house.other_village


@pytest.mark.databases
def test_of_very_many_visits_the_latest_say_where_a_village_lies(house, monkeypatch):
    monkeypatch.setattr(placing, "war_room_terms", lambda: war_room_terms().model_copy(
        update={"villages": war_room_terms().villages.model_copy(update={"latest": 6})}
    ))  # fmt: skip
    visited(house.village, *[(109.05, 27.05)] * 20, visited_on=TODAY - timedelta(days=9))
    visited(house.village, *[(109.06, 27.06)] * 6)
    services.keep_places()
    found = VillagePlace.objects.get()
    assert (found.longitude, found.fixes) == (109.06, 6)


def outlined(house: House, *, village_at: tuple[float, float]) -> None:
    """The township as a square of a tenth of a degree from 109° E, 27° N, with one of its villages."""
    corners = [[109, 27], [109.1, 27], [109.1, 27.1], [109, 27.1], [109, 27]]
    features = [
        {"type": "Feature", "properties": {"code": each.code}, "geometry": {"type": kind, "coordinates": shape}}
        for each, kind, shape in ((house.township, "Polygon", [corners]), (house.village, "Point", list(village_at)))
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    area_services.bring_outlines(
        by=None, area=house.county, source="县局", upload=SimpleUploadedFile("界线.geojson", content)
    )


def test_the_map_says_where_its_points_come_from(house):
    outlined(house, village_at=(109.02, 27.02))
    VillagePlace.objects.create(area=house.other_village, longitude=109.06, latitude=27.06, fixes=9)
    make_area(house.township, 8, "新村", "")
    page = opened(house.client("county_office"), "m=households_on_file&level=deeper")
    assert "村的位置：上传 1 个、走访定位 1 个、示意 1 个" in page
    dashed = [each.get("stroke-dasharray") for each in picture(page).iter(f"{SVG}circle")]
    assert sorted(dashed, key=str) == ["2 2", None, None]
    neighbour = opened(house.client("township_station", house.neighbour_township), "m=households_on_file")
    assert "走访定位" not in neighbour


def test_a_name_behind_points_stands_where_no_point_lies(house):
    outlined(house, village_at=(109.05, 27.05))  # in the very middle
    drawn = picture(opened(house.client("county_office"), "m=households_on_file&level=deeper"))
    [name] = [each for each in drawn.iter(f"{SVG}text") if "".join(each.itertext()) == "青禾乡"]
    [line] = name.iter(f"{SVG}tspan")
    size, x, y = (float(each) for each in (name.attrib["font-size"], line.attrib["x"], line.attrib["y"]))
    dots = [tuple(float(each.attrib[key]) for key in ("cx", "cy", "r")) for each in drawn.iter(f"{SVG}circle")]
    assert dots and all(abs(left - x) > 1.5 * size or abs(top - y + 0.35 * size) > size / 2 for left, top, _r in dots)


# --- pages -----------------------------------------------------------------------------------------------------------


def test_the_map_leads_down_to_the_households_behind_a_figure(house, homes):  # noqa: F811
    office = house.client("county_office")
    page = opened(office, "m=insured_share")
    assert "示意分区，非行政界线" in page and "审图号" not in page
    assert set(links(page)) == {"青禾乡：50%", "白水镇：0%"}
    township = office.get(links(page)["青禾乡：50%"].replace("&amp;", "&")).content.decode()
    assert "石桥村：66.66%" in links(township)
    behind = office.get(links(township)["石桥村：66.66%"]).content.decode()
    assert "共 2 户" in behind and homes[0].head_name in behind
    lacking = office.get(links(township)["石桥村：66.66%"] + "&side=lacking").content.decode()
    assert "共 1 户" in lacking
    table = page[page.index("war-table-title") :]
    assert table.index("青禾乡") < table.index("白水镇")  # the same figures as a table, the highest first


def test_a_province_is_drilled_down_to_a_household_by_the_links_of_its_maps(house, homes):  # noqa: F811
    client = house.client("province_office", house.county.parent.parent)
    page = opened(client, "m=insured_share")
    for name in (house.county.parent.name, house.county.name, "青禾乡", "石桥村"):
        [url] = [url for label, url in links(page).items() if label.startswith(f"{name}：")]
        page = client.get(url).content.decode()
    assert "数字背后的户" in page and homes[0].head_name in page
    [home] = set(re.findall(rf'href="(/households/{homes[0].pk}/)"', page))
    assert client.get(home).status_code == 200


def test_real_outlines_come_with_the_review_number_and_a_village_has_no_map_below_it(house):
    county = make_area(house.county.parent, 8, "真县", "520621000000")
    make_area(county.parent, 9, "另县", "520622000000")
    page = opened(house.client("prefecture_office", county.parent), "m=households_on_file")
    assert "审图号：GS(2024)0650号" in page
    assert "2 个区域没有界线" in page  # the invented counties beside
    alone = opened(house.client("village_committee", house.village), "m=households_on_file")
    assert set(links(alone)) == {"石桥村：0 户"}
    assert "/warroom/households/" in links(alone)["石桥村：0 户"]


def test_nobody_is_shown_the_figures_of_a_neighbour(house, homes):  # noqa: F811
    office = house.client("township_station", house.township)
    whole = tracked(house.neighbour_township, title="邻乡的目标")
    page = opened(office, f"m=t{whole.pk}&area={house.neighbour_village.pk}")
    assert "邻乡的目标" not in page and "白水镇" not in page and "梨园村" not in page
    assert office.get(f"/warroom/households/?m=insured_share&area={house.neighbour_village.pk}").status_code == 404
    owner = house.officer("township_station", house.township)
    Target.objects.filter(pk=whole.pk).update(owner=owner, measure="insured_share", unit="%")
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    page = opened(client, f"m=t{whole.pk}")
    assert "邻乡的目标" in page and "梨园村" not in page  # the own target, not the areas it is of


@pytest.mark.parametrize(
    "query",
    ["m=nothing", "m=t0", "m=t99999999999999999999", "day=2026-02-31", "day=1", "area=x", "since=never", "level=9",
     "m=insured_share&day=0001-01-01", "m=t1%00", "m=visits&since=all&day=9999-12-31"],
)  # fmt: skip
def test_odd_questions_are_answered_with_the_usual_board(house, query):
    client = house.client("county_office")
    assert "war-map" in opened(client, query)
    assert "wall-map" in opened(client, query.replace("m=", "show="), "war-room-wall")


def test_names_from_files_never_become_markup(house):
    Area.objects.filter(pk=house.township.pk).update(name='<b>"乡&')
    page = opened(house.client("county_office"), "m=households_on_file")
    assert "<b>" not in page
    assert '<b>"乡&：0 户' in links(page)


def test_the_wall_turns_from_picture_to_picture(house, homes):  # noqa: F811
    page = opened(house.client("county_office"), "show=insured_share&show=people_on_file", "war-room-wall")
    assert "基本医疗保险参保率" in page and "1 / 2" in page and "at=1" in page
    assert "sidebar" not in page and 'http-equiv="refresh"' in page
    turned = opened(house.client("county_office"), "show=insured_share&show=people_on_file&at=1", "war-room-wall")
    assert "在册人口" in turned and "at=0" in turned
    assert f"1 / {len(war_room_terms().wall.measures)}" in opened(house.client("county_office"), "", "war-room-wall")


def test_a_wall_that_turns_by_itself_puts_no_end_of_a_session_off_but_on_a_screen_where_nobody_sits(house, settings):
    settings.SESSION_WRITTEN_AFTER = 0
    wall = reverse("war-room-wall")

    def end_after(client: Client, address: str) -> Any:
        assert client.get(address).status_code == 200
        return Session.objects.get(pk=client.session.session_key).expire_date

    office = house.client("county_office")
    first = end_after(office, wall)
    turning = re.search(r'data-turning="([^"]*)"', office.get(wall).content.decode())
    assert turning is not None and "by_itself=1" in turning[1] and "at=1" in turning[1]
    first = end_after(office, wall)
    by_itself = wall + turning[1].replace("&amp;", "&")
    assert end_after(office, by_itself) == first
    page = office.get(by_itself).content.decode()
    assert re.findall(r'data-(?:next|before)="([^"]*)"', page) == ["?at=2", "?at=0"]  # a click remains a click
    assert first < end_after(office, wall)
    assert "30 分钟无人操作后停止更新" in page
    screen = house.client("wall_display")
    assert end_after(screen, wall) < end_after(screen, by_itself)
    shown = screen.get(by_itself).content.decode()
    assert "分钟无人操作" not in shown and "青禾乡" in shown
    Session.objects.filter(pk=office.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))
    refused = office.get(by_itself)
    assert refused.url.startswith("/sign-in/?ended=1&next=%2Fwarroom%2Fwall%2F")
    screen = house.officer("wall_display")
    Post.objects.create(officer=screen, role_id="inspector", area=house.county, starts_on=TODAY)
    assert not Officer.objects.get(pk=screen.pk).unattended  # whoever does other work as well is somebody


def test_the_board_is_printed_as_one_pdf(house, homes):  # noqa: F811
    from io import BytesIO

    from pypdf import PdfReader

    client = house.client("county_office")
    answer = client.get("/warroom/sheet/?m=insured_share")
    content = b"".join(answer.streaming_content)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    assert answer["Content-Type"] == "application/pdf"
    assert "青禾乡" in text and "示意分区" in text
    assert client.get("/warroom/sheet/").status_code == 302


def test_outlines_are_brought_and_taken_back_on_a_page_that_tells_every_fault(house):
    client, address = house.client("county_office"), f"/warroom/outlines/{house.county.pk}/"
    shape = [[[109, 27], [109.1, 27], [109.1, 27.1], [109, 27]]]
    one = {"type": "Feature", "properties": {"code": "x"}, "geometry": {"type": "Polygon", "coordinates": shape}}
    content = {"type": "FeatureCollection", "features": [one]}

    def send(**given: Any) -> Any:
        file = SimpleUploadedFile("界线.geojson", json.dumps(content).encode())
        return client.post(address, {"file": file, "source": "县局", **given})

    answer = send()
    assert answer.status_code == 422
    assert "第 1 个：“x”不是" in answer.content.decode()
    one["properties"]["code"] = house.township.code
    assert send().status_code == 302
    made = OutlineSet.objects.get()
    assert "界线.geojson" in client.get(address).content.decode()
    assert client.post(f"/warroom/outlines/sets/{made.pk}/revoke/", {"reason": "旧图"}).status_code == 302
    made.refresh_from_db()
    assert made.revoked_at and made.revoked_why == "旧图"
    assert client.post(address, {"source": "县局"}).status_code == 422
    assert house.client("township_station", house.township).get(address).status_code in (403, 404)
