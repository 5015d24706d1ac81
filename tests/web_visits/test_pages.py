"""Pages of visits: the list, one visit, the form, corrections, the tray, the villages."""

import io
import re

import openpyxl
import pytest
from django.utils import timezone

from bangfu.registry.models import Household
from bangfu.visits.models import Correction, Submission, Suspicion, Visit
from bangfu.visits.selectors import VillageVisits
from bangfu.web.visits.lists import MAP_STEPS, on_map
from tests.visits.making import FOUR_ONES, picture, recorded, upload

pytestmark = pytest.mark.django_db


def shown(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def fields_of(answer) -> dict:
    """What a browsing would send back of a form: every field with its value."""
    form = answer.context["form"]
    found = {}
    for field in form:
        value = field.value()
        if value not in (None, "") and field.name not in {f"q-{q.id}" for q in form.checklist.photos}:
            found[field.html_name] = value
    return found


@pytest.mark.req("C4")
def test_a_visit_is_written_on_a_page_with_photos_and_shown(visiting, browsing):
    client = browsing(visiting.visitor)
    address = f"/visits/new/?household={visiting.home.pk}&checklist=four_ones"
    page = client.get(address)
    assert page.status_code == 200
    sent = fields_of(page)
    assert sent["q-land"] == "3.50"
    assert "“是否与户主或家人面对面交谈”是“是”时填写。" in shown(page)
    wrong = client.post(address, sent | {"q-land": "5000"})
    assert (
        wrong.status_code == 422
        and "大于允许的 1000" in shown(wrong)
        and "“已动员并帮助整治人居环境”没有填写" in shown(wrong)
    )
    assert not Visit.objects.exists() and not Submission.objects.exists()
    answers = {f"q-{name}": "true" for name in FOUR_ONES}
    given = (
        sent | answers | {"q-land": "5", "met_with": "户主", "q-picture": [upload(picture(1)), upload(b"no", "n.txt")]}
    )
    done = client.post(address, given, follow=True)
    visit = Visit.objects.get()
    assert done.redirect_chain[-1][0] == f"/visits/{visit.pk}/"
    text = shown(done)
    assert "走访已登记" in text and "“n.txt”不是照片" in text and "5.00" in text
    assert (visit.channel, visit.officer, visit.photos.filter(state="kept").count()) == ("web", visiting.visitor, 1)
    kept = visit.photos.get(state="kept")
    file = client.get(f"/visits/{visit.pk}/photos/{kept.pk}/")
    assert file["Content-Type"] == "image/jpeg" and b"".join(file.streaming_content)[:2] == b"\xff\xd8"
    refused = client.get(f"/visits/{visit.pk}/photos/{visit.photos.get(state='refused').pk}/")
    assert "attachment" in refused["Content-Disposition"]
    again = client.post(address, given | {"q-picture": [upload(picture(1))]}, follow=True)
    assert again.status_code == 200 and Visit.objects.count() == 1


def test_people_are_asked_one_by_one(visiting, browsing):
    client = browsing(visiting.visitor)
    address = f"/visits/new/?household={visiting.home.pk}&checklist=six_checks"
    page = client.get(address)
    for member in visiting.home.members.all():
        assert f"q-insurance-{member.pk}-insured" in page.context["form"].fields
    sent = fields_of(page) | {
        f"q-{name}": "true" for name in ("income_stable", "food", "protein", "clothes", "house_safe", "water_quality")
    } | {"q-pond": "false"}  # fmt: skip
    sent |= {f"q-insurance-{m.pk}-insured": "true" for m in visiting.home.members.all()}
    done = client.post(address, sent, follow=True)
    visit = Visit.objects.get()
    assert {each["member"] for each in visit.answers["insurance"]} == set(
        visiting.home.members.values_list("pk", flat=True)
    )
    assert visiting.child.name in shown(done)


def test_a_correction_is_decided_on_a_page(visiting, browsing):
    recorded(visiting.visitor, visiting.home, answers={**FOUR_ONES, "land": "5", "toilet": True})
    page = browsing(visiting.visitor).get("/visits/corrections/")
    assert "耕地面积" in shown(page) and "更正户档</button>" not in shown(page)
    client = browsing(visiting.secretary)
    rows = {row["correction"].column: row for row in client.get("/visits/corrections/").context["rows"]}
    land, toilet = rows["cultivated_land_mu"], rows["sanitary_toilet"]
    decide = "/visits/corrections/{}/".format
    client.post(decide(land["correction"].pk), {"do": "confirm", "sealed": land["sealed"]})
    assert Household.objects.get(pk=visiting.home.pk).cultivated_land_mu == 5
    empty = client.post(decide(toilet["correction"].pk), {"do": "refuse", "reason": ""}, follow=True)
    assert "没有写明理由" in shown(empty)
    client.post(decide(toilet["correction"].pk), {"do": "refuse", "reason": "复看没有"})
    assert set(Correction.objects.values_list("state", flat=True)) == {"done", "refused"}
    assert "复看没有" in shown(client.get("/visits/corrections/?all=1"))
    assert client.get("/visits/corrections/").context["number"] == 0


def test_an_entry_of_the_tray_is_mended_on_a_page(visiting, browsing):
    recorded(visiting.visitor, visiting.home, visited_on="2999-01-01", summary="都好")
    client = browsing(visiting.secretary)
    entry = Submission.objects.get()
    assert "2999-01-01" in shown(client.get("/visits/tray/"))
    address = f"/visits/tray/{entry.pk}/"
    page = client.get(address)
    sent = fields_of(page)
    assert sent["summary"] == "都好" and sent["q-talked"] == "true"
    assert client.post(address, sent).status_code == 422
    done = client.post(address, sent | {"visited_on": "2020-09-02"}, follow=True)
    visit = Visit.objects.get()
    assert done.redirect_chain[-1][0] == f"/visits/{visit.pk}/"
    assert (visit.officer, visit.entered_by) == (visiting.visitor, visiting.secretary)
    assert "转为走访记录" in shown(client.get(address))
    assert browsing(visiting.neighbour).get(address).status_code == 404


def test_an_entry_without_its_household_is_given_one_and_another_is_dropped(visiting, browsing):
    recorded(visiting.visitor, None, household=999_999)
    client = browsing(visiting.visitor)
    address = f"/visits/tray/{Submission.objects.get().pk}/"
    assert "请先填写您负责范围内的户编号" in shown(client.get(address))
    page = client.get(f"{address}?household_no={visiting.other.household_no}&checklist=four_ones")
    client.post(f"{address}?household_no={visiting.other.household_no}&checklist=four_ones", fields_of(page))
    assert Visit.objects.get().household == visiting.other
    recorded(visiting.visitor, None, household=999_999)
    last = Submission.objects.get(state="open")
    assert client.post(f"/visits/tray/{last.pk}/", {"do": "drop", "reason": ""}).status_code == 422
    client.post(f"/visits/tray/{last.pk}/", {"do": "drop", "reason": "重复"})
    last.refresh_from_db()
    assert (last.state, last.note) == ("dropped", "重复")


def test_the_list_finds_filters_sorts_counts_and_exports(visiting, browsing, house):
    first = recorded(visiting.visitor, visiting.home, visited_on="2020-09-01", summary="甲").visit
    second = recorded(visiting.secretary, visiting.other, visited_on="2020-09-10").visit
    Suspicion.objects.create(visit=second, kind="text", other=first)
    client = browsing(house.officer("county_office"))

    def listed(query=""):
        return [row["visit"].pk for row in client.get(f"/visits/{query}").context["rows"]]

    assert listed() == [second.pk, first.pk]
    assert listed("?order=-day") == [first.pk, second.pk]
    assert listed(f"?q={visiting.home.head_name}") == [first.pk]
    assert listed("?q=secretary") == [second.pk]
    assert listed("?since=2020-09-05") == [second.pk] and listed("?until=2020-09-05") == [first.pk]
    assert listed("?doubt=unexplained") == [second.pk]
    assert listed("?checklist=six_checks") == []
    assert listed("?since=nonsense&channel=nonsense&order=nonsense&page=x") == [second.pk, first.pk]
    part = client.get("/visits/", headers={"HX-Request": "true", "HX-Target": "rows"})
    assert b"<html" not in part.content and "共 2 次" in shown(part)
    book = client.post("/visits/export/?order=-day", {"format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[0]
    cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
    assert visiting.home.household_no in cells and "甲" in cells
    assert browsing(visiting.visitor).post("/visits/export/").status_code == 403
    assert browsing(visiting.neighbour).get("/visits/").context["rows"] == []


def test_somebody_else_explains_what_made_a_visit_look_made_up(visiting, browsing):
    visit = recorded(visiting.visitor, visiting.home).visit
    doubt = Suspicion.objects.create(visit=visit, kind="far", facts={"km": 40})
    own = browsing(visiting.visitor).get(f"/visits/{visit.pk}/")
    assert "约 40 公里" in shown(own) and "登记说明" not in shown(own)
    client = browsing(visiting.secretary)
    address = f"/visits/{visit.pk}/doubts/{doubt.pk}/"
    assert client.post(address, {"words": " "}).status_code == 422
    assert "该户住在镇上" in shown(client.post(address, {"words": "该户住在镇上"}, follow=True))


def test_how_far_each_village_has_come(visiting, browsing, house):
    recorded(visiting.visitor, visiting.home, visited_on="2020-09-01")
    page = browsing(house.officer("county_office")).get("/visits/villages/?since=2020-01-01&until=2020-12-31")
    (village,) = page.context["counts"]
    assert (village.owed, village.visited, village.due, village.visits, village.percent) == (2, 1, 1, 1, 50)
    later = browsing(visiting.visitor).get("/visits/villages/?since=2021-01-01&until=junk")
    assert later.context["counts"][0].visited == 0 and later.context["until"] == timezone.localdate()


def test_home_and_household_page_tell_of_visits(visiting, browsing):
    visit = recorded(visiting.visitor, visiting.home, answers={**FOUR_ONES, "land": "5"}).visit
    recorded(visiting.visitor, visiting.home, visited_on="2999-01-01")
    client = browsing(visiting.secretary)
    home = shown(client.get("/"))
    assert "1 项走访更正等待确认" in home and "1 份走访没有入库" in home
    page = shown(client.get(f"/households/{visiting.home.pk}/"))
    assert f"/visits/{visit.pk}/" in page and f"/visits/new/?household={visiting.home.pk}" in page


def test_what_to_write_a_visit_about_is_chosen_step_by_step(visiting, browsing, house):
    client = browsing(visiting.visitor)
    recorded(visiting.visitor, visiting.home)
    start = shown(client.get("/visits/new/"))
    assert visiting.home.head_name in start and f"?village={house.village.pk}" in start
    assert "没有这个户编号" in shown(client.get("/visits/new/?household_no=12345"))
    chosen = shown(client.get(f"/visits/new/?household_no={visiting.home.household_no}"))
    assert "checklist=six_checks" in chosen and "checklist=village_walk" not in chosen
    village = client.get(f"/visits/new/?village={house.village.pk}&checklist=village_walk")
    client.post(village.request["PATH_INFO"] + "?" + village.request["QUERY_STRING"],
                fields_of(village) | {"q-road_passable": "true"})  # fmt: skip
    assert Visit.objects.filter(household=None, village=house.village).exists()
    assert client.get(f"/visits/new/?village={house.neighbour_village.pk}").status_code == 404
    assert browsing(visiting.neighbour).get(f"/visits/new/?household={visiting.home.pk}").status_code == 404


def test_the_map_tells_a_village_with_nobody_visited_from_one_with_a_few_and_one_short_from_all(house):
    def line(village, owed, visited):
        return VillageVisits(village, owed, visited, visited, 0, None)

    here, there, next_door = house.village, house.other_village, house.neighbour_village
    towns = on_map([line(here, 900, 1), line(there, 0, 0), line(next_door, 900, 899)])
    assert [(town["township"], town["visited"], town["owed"]) for town in towns] == [
        (here.parent, 1, 900), (next_door.parent, 899, 900),
    ]  # fmt: skip
    assert [cell["step"] for town in towns for cell in town["cells"]] == [1, None, 3]
    none, whole = on_map([line(here, 5, 0), line(there, 5, 5)])[0]["cells"]
    assert (none["step"], whole["step"]) == (0, len(MAP_STEPS) - 1)
