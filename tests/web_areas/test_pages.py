"""The pages of areas: a tree of any day, figures reported beside computed ones, changes that households follow."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bangfu.areas import services
from bangfu.areas.models import Area, ProfileFigure, StandardAnswer
from bangfu.registry.models import Household, YearCount
from tests.conftest import House

YEAR = date.today().year - 1
DAY = "2019-03-01"


def get(client: Client, name: str, area: Area | None = None, status: int = 200, **query: Any) -> str:
    answer = client.get(reverse(name, args=[area.pk] if area else []), query)
    assert answer.status_code == status
    return answer.content.decode()


def words_of(page: str) -> str:
    """What a page says, without its tags: tokens and ids in attributes hold any digits."""
    return re.sub(r"<[^>]*>", " ", page)


def count(village: Area, year: int = YEAR, **figures: int) -> YearCount:
    return YearCount.objects.create(village=village, place=village.place, year=year, **figures)


@pytest.mark.req("A1")
def test_the_tree_opens_step_by_step_and_shows_nothing_of_the_neighbour(house: House):
    client = house.client("township_station", house.township)
    page = get(client, "area-tree")
    assert "青禾乡" in page and "石桥村" in page
    assert "白水镇" not in page and "长滩县" not in page
    below = get(client, "area-below", house.village)
    assert "一组" in below and "二组" in below
    get(client, "area-below", house.neighbour_village, status=404)
    get(client, "area-page", house.neighbour_village, status=404)


def test_an_officer_of_two_neighbouring_villages_sees_both_as_tops(house: House):
    from bangfu.accounts.models import Post

    officer = house.officer("helper", house.village)
    Post.objects.create(officer=officer, role_id="helper", area=house.other_village, starts_on=date(2014, 1, 1))
    client = Client()
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    page = get(client, "area-tree")
    assert "石桥村" in page and "柳坪村" in page and "青禾乡" not in page


@pytest.mark.req("A1")
def test_the_tree_of_a_past_day_has_the_names_of_that_day(house: House):
    services.rename(by=None, area=house.village, name="石拱桥村", on=date(2019, 3, 1))
    client = house.client("township_station", house.township)
    assert "石桥村" in get(client, "area-tree", on="2019-02-28")
    today = get(client, "area-tree")
    assert "石拱桥村" in today and "石桥村" not in today


@pytest.mark.parametrize("text", ["石桥", "sqc", "9901212002", "石拱"])
def test_an_area_is_found_by_name_former_name_initials_and_code(house: House, text):
    services.rename(by=None, area=house.other_village, name="石拱村", on=date(2019, 3, 1))
    services.rename(by=None, area=house.other_village, name="柳坪新村", on=date(2019, 4, 1))
    found = get(house.client("county_office", house.county), "area-tree", q=text)
    assert ("石桥村" if text != "石拱" else "柳坪新村") in found
    assert "没有找到" in get(house.client("helper", house.neighbour_village), "area-tree", q=text)


def test_a_search_answers_htmx_with_the_part_alone(house: House):
    client = house.client("county_office", house.county)
    answer = client.get(reverse("area-tree"), {"q": "石桥"}, headers={"HX-Request": "true"})
    assert b"<html" not in answer.content and "石桥村" in answer.content.decode()


@pytest.mark.req("A2")
def test_a_reported_incidence_stands_beside_the_computed_one_and_the_difference_is_flagged(house: House):
    count(house.village, households=455, people=2552, poor_households=143, poor_people=482, dibao_households=53)
    values = {"poverty_incidence": Decimal("17.8"), "households": Decimal(455), "area_km2": Decimal("8.6")}
    services.report_figures(by=None, area=house.village, year=YEAR, values=values, source="村情概况")
    page = get(house.client("township_station", house.township), "area-page", house.village)
    assert "17.8" in page and "18.9" in page and "482 / 2,552" in page and "−1.1" in page
    assert page.count("tag-orange") == 1, "households agree, the area in km² is not counted"


@pytest.mark.req("A2")
def test_who_sees_no_registry_sees_what_was_reported_and_no_count(house: House):
    count(house.village, households=455, people=2552, poor_people=482)
    services.report_figures(by=None, area=house.village, year=YEAR, values={"people": Decimal(2500)}, source="村委会")
    page = get(house.client("system_administrator", house.county), "area-page", house.village)
    assert "2,500" in page
    assert not any(figure in words_of(page) for figure in ("2552", "2,552", "455", "482"))


@pytest.mark.req("A7")
def test_a_township_adds_up_its_villages_year_by_year_with_numerator_and_denominator(house: House):
    count(house.village, year=YEAR - 1, households=10, people=40, poor_people=10, in_people=3)
    count(house.village, households=10, people=40, poor_people=4, out_households=2, out_people=6)
    count(house.other_village, households=5, people=20, poor_people=2, returned_people=1)
    count(house.neighbour_village, households=777, people=7777, poor_people=7000)
    page = get(house.client("township_station", house.township), "area-page", house.township)
    assert "15 / 60" in page and "10.0%" in page and "6 / 60" in page and "25.0%" in page
    assert "777" not in words_of(page)
    assert "data-area-chart" in page


def test_a_clerk_reports_figures_and_bad_ones_come_back_with_the_field_marked(house: House):
    client = house.client("information_clerk", house.village)
    address = reverse("area-profile-edit", args=[house.village.pk])
    assert client.get(address).status_code == 200
    bad = client.post(address, {"year": YEAR, "source": "年报", "people": "-3"})
    assert bad.status_code == 200 and "has-error" in bad.content.decode() and not ProfileFigure.objects.exists()
    good = client.post(address, {"year": YEAR, "source": "年报", "people": "2552", "area_km2": "8.6"})
    assert good.status_code == 302
    assert ProfileFigure.objects.filter(area=house.village, recorded_by__gt="").count() == 2
    assert "8.6" in client.get(f"{address}?year={YEAR}").content.decode()


def test_nobody_reports_or_changes_next_door(house: House):
    clerk = house.client("information_clerk", house.neighbour_village)
    for name in ("area-profile-edit", "area-standards-edit"):
        assert clerk.post(reverse(name, args=[house.village.pk]), {"year": YEAR}).status_code == 404
    county = house.client("county_office", house.neighbour_county)
    station = house.client("township_station", house.township)
    for kind in ("found", "groups", "rename", "recode", "move", "merge", "split"):
        assert county.post(reverse(f"area-{kind}", args=[house.village.pk]), {}).status_code == 404
        assert station.get(reverse(f"area-{kind}", args=[house.village.pk])).status_code == 403


def test_only_who_may_sees_the_buttons(house: House):
    assert "区划变更" not in get(house.client("township_station", house.township), "area-page", house.village)
    assert "区划变更" in get(house.client("county_office", house.county), "area-page", house.village)
    assert "填报村情" not in get(house.client("helper", house.village), "area-page", house.village)


@pytest.mark.req("A6")
def test_village_doctors_are_judged_by_the_people_counted_and_years_stand_side_by_side(house: House):
    count(house.village, people=2552)
    client = house.client("information_clerk", house.village)
    address = reverse("area-standards-edit", args=[house.village.pk]) + f"?checklist=village_standard&year={YEAR}"
    assert 'value="2552"' in client.get(address).content.decode()
    answer = client.post(address, {"year": YEAR, "base": "2552", "value_village_doctor": "2", "met_power": "yes"})
    assert answer.status_code == 302
    assert dict(StandardAnswer.objects.values_list("item", "met")) == {"village_doctor": "no", "power": "yes"}
    services.answer_standard(
        by=None, area=house.village, checklist="village_standard", year=YEAR - 1, answer=services.Answer("power", "no")
    )
    page = get(client, "area-standards", house.village)
    assert "2 名，2,552 人" in page and f"{YEAR} 年" in page and f"{YEAR - 1} 年" in page
    assert "1<small>/ 10" in get(client, "area-page", house.village)


def household(village: Area, group: Area | None = None) -> Household:
    place = (group or village).place
    [made] = Household.objects.bulk_create(
        [Household(household_no=f"T{village.pk}", village=village, group=group, place=place)]
    )
    return made


@pytest.mark.req("A1")
@pytest.mark.databases
def test_households_follow_a_merger_of_their_village_in_the_same_step(house: House):
    own, grouped = household(house.other_village), household(house.village, house.group)
    client = house.client("county_office", house.county)
    answer = client.post(
        reverse("area-merge", args=[house.village.pk]),
        {"others": [house.other_village.pk], "way": "into", "on": DAY, "document": "县政发〔2019〕3号"},
    )
    assert answer.status_code == 302, answer.content.decode()
    own.refresh_from_db()
    grouped.refresh_from_db()
    assert own.village_id == house.village.pk and own.place == house.village.place
    assert grouped.place == house.group.place
    page = get(client, "area-page", house.other_village)
    assert "已撤销" in page and "石桥村" in page


@pytest.mark.databases
def test_households_follow_their_village_to_another_township_and_the_old_township_sees_them_no_more(house: House):
    own = household(house.village)
    client = house.client("county_office", house.county)
    form = {"to": house.neighbour_township.pk, "on": DAY, "document": "县政发〔2019〕4号"}
    assert client.post(reverse("area-move", args=[house.village.pk]), form).status_code == 302
    own.refresh_from_db()
    assert Area.objects.get(pk=house.neighbour_township.pk).reach.holds(own.place)
    get(house.client("township_station", house.township), "area-page", house.village, status=404)
    get(house.client("township_station", house.neighbour_township), "area-page", house.village)


def test_a_split_on_the_page_sends_each_group_where_it_was_told(house: House):
    one, two = Area.objects.filter(parent=house.village).order_by("place")
    client = house.client("county_office", house.county)
    form = {
        "name_1": "上桥村", "name_2": "下桥村", f"child_{one.pk}": "1", f"child_{two.pk}": "2",
        "on": DAY, "document": "县政发〔2019〕5号",
    }  # fmt: skip
    assert client.post(reverse("area-split", args=[house.village.pk]), form).status_code == 302
    assert Area.objects.get(pk=two.pk).parent.name == "下桥村"


def test_a_refused_change_comes_back_to_its_form_with_the_reason(house: House):
    client = house.client("county_office", house.county)
    form = {"name": "柳坪村", "on": DAY, "document": "县政发〔2019〕6号"}
    answer = client.post(reverse("area-rename", args=[house.village.pk]), form)
    assert answer.status_code == 200 and "已有名为“柳坪村”的区划" in answer.content.decode()
    assert Area.objects.get(pk=house.village.pk).name == "石桥村"


@pytest.mark.parametrize("kind", ["found", "groups", "rename", "recode", "move", "merge", "split"])
def test_every_form_of_change_opens(house: House, kind):
    get(house.client("county_office", house.county), f"area-{kind}", house.village)


def test_founding_and_groups_on_the_page(house: House):
    client = house.client("county_office", house.county)
    dated = {"on": DAY, "document": "县政发〔2019〕7号"}
    answer = client.post(
        reverse("area-found", args=[house.township.pk]), {"name": "新村", "code": "990121200299", **dated}
    )
    assert answer.status_code == 302 and Area.objects.get(code="990121200299").parent == house.township
    assert (
        client.post(reverse("area-groups", args=[house.village.pk]), {"names": "三组\n\n四组\n", **dated}).status_code
        == 302
    )
    assert Area.objects.filter(parent=house.village).count() == 4
    recoded = client.post(reverse("area-recode", args=[house.village.pk]), {"code": "990121200298", **dated})
    assert recoded.status_code == 302


def test_the_number_of_queries_does_not_grow_with_areas_years_or_figures(house: House, django_assert_max_num_queries):
    client = house.client("county_office", house.county)

    def page() -> None:
        get(client, "area-page", house.village)
        get(client, "area-tree")
        get(client, "area-below", house.village)
        get(client, "area-standards", house.village)
        get(client, "area-tree", q="组")

    page()
    with django_assert_max_num_queries(120) as few:
        page()
    services.add_groups(by=None, village=house.village, names=[f"{n}组" for n in range(3, 60)], on=date(2019, 1, 1))
    for back in range(8):
        count(house.village, year=YEAR - back, people=10 + back)
        services.report_figures(
            by=None,
            area=house.village,
            year=YEAR - back,
            values={"people": Decimal(9), "schools": Decimal(1)},
            source="年报",
        )
        for checklist, item in (("village_standard", "power"), ("one_low_five_haves", "clinic")):
            services.answer_standard(
                by=None, area=house.village, checklist=checklist, year=YEAR - back, answer=services.Answer(item, "yes")
            )
    for step in range(5):
        services.rename(by=None, area=house.village, name=f"新名{step}村", on=date(2020, 1, 1) + timedelta(days=step))
    with django_assert_max_num_queries(len(few.captured_queries) + 2):
        page()


@pytest.mark.req("A1")
@pytest.mark.req("H1")
def test_after_a_merger_the_officers_of_the_new_village_see_the_households_and_those_of_the_old_do_not(house: House):
    """The village moves to the neighbouring township by merging into one there."""
    own = household(house.neighbour_village)
    stays = household(house.village)
    county = house.client("county_office", house.county)
    form = {"to": house.township.pk, "on": DAY, "document": "县政发〔2019〕8号"}
    assert county.post(reverse("area-move", args=[house.neighbour_village.pk]), form).status_code == 302
    form = {"others": [house.neighbour_village.pk], "way": "into", "on": "2019-04-01", "document": "县政发〔2019〕9号"}
    assert county.post(reverse("area-merge", args=[house.village.pk]), form).status_code == 302
    list_page = county.get(reverse("household-list"), {"area": house.village.pk})
    assert {row.household.pk for row in list_page.context["rows"]} == {own.pk, stays.pk}
    page = reverse("household", args=[own.pk])
    for role, area, status in (
        ("information_clerk", house.village, 200),
        ("township_station", house.township, 200),
        ("information_clerk", house.neighbour_village, 404),
        ("township_station", house.neighbour_township, 404),
    ):
        assert house.client(role, area).get(page).status_code == status, (role, area.name)
    assert YearCount.objects.filter(village=house.village, year=YEAR + 1).get().households == 2


@pytest.mark.req("A2")
def test_an_allowance_reported_for_a_year_before_the_system_is_not_held_against_a_count(house: House):
    count(house.village, year=2016, households=455, people=2552)
    count(house.village, year=YEAR + 1, households=455, people=2552, dibao_households=53, dibao_people=105)
    reported = {"dibao_households": Decimal(53), "dibao_people": Decimal(105)}
    services.report_figures(by=None, area=house.village, year=2016, values=reported, source="村情概况")
    page = get(house.client("township_station", house.township), "area-page", house.village, year=2016)
    assert "tag-orange" not in page
