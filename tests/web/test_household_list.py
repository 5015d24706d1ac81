"""The list of households: found by person and number, filtered, counted, paged, within the officer's places."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bangfu.common import paging
from bangfu.registry import lists
from bangfu.registry.lists import Wanted
from bangfu.registry.models import Household
from tests.conftest import House

pytestmark = pytest.mark.django_db


def heads(page) -> list[str]:
    return [row.household.head_name for row in page.context["rows"]]


@pytest.mark.req("A3")
@pytest.mark.databases
@pytest.mark.parametrize("words", ["张春梅", "张春", "zcm", "ZC", "z", "{tail}", "{id_no}", "{household_no}"])
@pytest.mark.parametrize("few", [True, False])
def test_a_household_is_found_by_name_initials_id_and_number(house: House, make_household, words, few, monkeypatch):
    """A name may be rare or common: its households are looked up in two ways."""
    if not few:
        for limit in ("FEW", "RARE"):
            monkeypatch.setattr(lists, limit, 0)
    wanted = make_household("张春梅")
    make_household("李国强")
    head = wanted.members.get()
    q = words.format(tail=head.id_tail, id_no=head.id_no, household_no=wanted.household_no)
    assert heads(house.client("county_office").get("/households/", {"q": q})) == ["张春梅"]


def test_a_search_finds_the_household_of_any_member_and_says_who_was_meant(house: House, make_household):
    make_household("李国强", members=("王小红",))
    page = house.client("county_office").get("/households/", {"q": "wxh"})
    assert heads(page) == ["李国强"]
    assert "家里有 王小红" in page.content.decode()


def test_a_single_letter_means_the_head(house: House, make_household):
    make_household("李国强", members=("王小红",))
    make_household("王建国", members=("王小明",))
    page = house.client("county_office").get("/households/", {"q": "w"})
    assert heads(page) == ["王建国"]
    assert "家里有" not in page.content.decode()


@pytest.mark.databases
@pytest.mark.parametrize("order", lists.ORDERS)
@pytest.mark.parametrize("q", ["张", "zc"])
def test_a_common_name_gives_the_same_list_as_a_rare_one(house: House, make_household, monkeypatch, q, order):
    """Each household once, however many of it are meant, in the same order, on every page, with the same count; not
    those who left the file, of another name, of another class or of the neighbour."""
    monkeypatch.setattr(paging, "ROWS", 2)
    for name in ("张春一", "张春二", "张春三", "张春四", "张春五"):
        make_household(name, members=("张春生", "张春红"), monitor_category="02")
    make_household("张春六")
    make_household("李国强", members=("王小红",), monitor_category="02")
    make_household("张春七", house.neighbour_village, monitor_category="02")
    gone = make_household("张春八", monitor_category="02")
    Household.objects.filter(pk=gone.pk).update(ended_on="2024-01-01")
    officer = house.officer("township_station", house.township)

    def seen(turned: str) -> list[object]:
        listing = lists.Listing(officer, Wanted(q=q, monitor_category="02", order=f"{turned}{order}"))
        pages = [[row.head_name for row in listing.page(number)] for number in (1, 2, 3)]
        return [listing.counted(), *pages, sorted(row.head_name for row in listing.rows)]

    told = [seen(""), seen("-")]
    monkeypatch.setattr(lists, "FEW", 3)
    assert [seen(""), seen("-")] == told
    assert told[0][0] == paging.Counted(5, False)
    assert sorted(told[0][1][:2] + told[0][2][:2] + told[0][3]) == sorted(f"张春{n}" for n in "一二三四五")


@pytest.mark.databases
def test_the_first_of_a_common_name_are_enough_to_know_that_a_list_is_long(house: House, make_household, monkeypatch):
    monkeypatch.setattr(lists, "FEW", 3)
    monkeypatch.setattr(lists, "DEEP_COUNT_UP_TO", 2)
    monkeypatch.setattr(lists, "ENOUGH", 3)
    for name in ("张一", "张二", "张三", "张四", "张五"):
        make_household(name)
    listing = lists.Listing(house.officer("county_office"), Wanted(q="张"))
    with CaptureQueriesContext(connection) as asked:
        assert listing.counted() == paging.Counted(2, True)
    assert not [query["sql"] for query in asked if "EXISTS" in query["sql"]]


@pytest.mark.databases
@pytest.mark.parametrize("few", [lists.FEW, 0])
def test_few_dwellings_and_many_are_looked_up_alike(house: House, make_household, monkeypatch, few):
    monkeypatch.setattr(lists, "FEW", few)
    for name in ("甲户主", "乙户主"):
        make_household(name, house_grade="D")
    make_household("丙户主", house_grade="C")
    make_household("丁户主", house.neighbour_village, house_grade="D")
    page = house.client("township_station", house.township).get("/households/", {"house_grade": "D"})
    assert sorted(heads(page)) == ["乙户主", "甲户主"]


@pytest.mark.databases
def test_the_end_of_an_id_and_the_beginning_of_a_number_are_both_looked_for(house: House, make_household):
    of_person, of_number = make_household("张春梅"), make_household("李国强")
    Household.objects.filter(pk=of_number.pk).update(household_no=of_person.members.get().id_tail + "77")
    page = house.client("county_office").get("/households/", {"q": of_person.members.get().id_tail})
    assert sorted(heads(page)) == ["张春梅", "李国强"]


def test_a_search_never_finds_people_of_the_neighbouring_township(house: House, make_household):
    make_household("张春梅", house.neighbour_village)
    page = house.client("township_station", house.township).get("/households/", {"q": "张春梅"})
    assert heads(page) == []
    assert "张春梅" not in page.content.decode().replace('value="张春梅"', "")


def test_an_area_of_somebody_else_counts_as_not_chosen(house: House, make_household):
    make_household("张春梅")
    make_household("李国强", house.neighbour_village)
    client = house.client("township_station", house.township)
    assert heads(client.get("/households/", {"area": house.neighbour_village.pk})) == ["张春梅"]


@pytest.mark.databases
@pytest.mark.parametrize(
    ("question", "found"),
    [
        ({"household_type": "01"}, "甲户主"),
        ({"registered": "yes"}, "甲户主"),
        ({"registered": "no"}, "乙户主"),
        ({"main_cause": "01"}, "甲户主"),
        ({"main_cause": "unknown"}, "乙户主"),
        ({"poor": "yes"}, "甲户主"),
        ({"monitor_category": "02"}, "乙户主"),
        ({"house_grade": "D"}, "甲户主"),
        ({"house_grade": "unknown"}, "乙户主"),
        ({"dangerous": "yes"}, "甲户主"),
        ({"safe_water": "no"}, "甲户主"),
        ({"safe_water": "unknown"}, "乙户主"),
        ({"dibao": "yes"}, "甲户主"),
        ({"dibao": "no"}, "乙户主"),
        ({"labour": "none"}, "甲户主"),
        ({"labour": "able"}, "乙户主"),
    ],
)
def test_every_filter_keeps_the_households_it_names(house: House, make_household, question, found):
    from bangfu.registry import services

    poor = make_household(
        "甲户主",
        household_type="01",
        poverty_status="0",
        main_cause="01",
        house_grade="D",
        dangerous_house=True,
        safe_water_solved=False,
    )
    make_household("乙户主", monitor_category="02")
    services.save_member(
        by=house.officer("county_office"),
        household=poor,
        member=poor.members.get(),
        values={"labor_capacity": "04", "dibao_status": "02"},
        reason="核实",
    )
    assert heads(house.client("county_office").get("/households/", question)) == [found]


@pytest.mark.databases
def test_an_older_file_learns_who_can_work_and_who_enjoys_dibao(house: House, make_household):
    from bangfu.registry import services

    able, helped = make_household("甲户主"), make_household("乙户主")
    services.save_member(
        by=house.officer("county_office"),
        household=helped,
        member=helped.members.get(),
        values={"labor_capacity": "04", "dibao_status": "02"},
        reason="核实",
    )
    for table in (Household.objects, Household.history):
        table.update(anyone_able=False, anyone_on_dibao=False)
    upgrade = import_module("bangfu.registry.migrations.0002_who_is_at_home")
    upgrade.fill(None, SimpleNamespace(connection=connection))
    for table in (Household.objects, Household.history):
        assert set(table.filter(id=able.pk).values_list("anyone_able", "anyone_on_dibao")) == {(True, False)}
        assert set(table.filter(id=helped.pk).values_list("anyone_able", "anyone_on_dibao")) == {(False, True)}


def test_a_question_that_is_none_is_not_asked(house: House, make_household):
    make_household("张春梅")
    client = house.client("county_office")
    for question in (
        {"household_type": "99"},
        {"order": "password"},
        {"page": "x"},
        {"area": "1'"},
        {"page": "9" * 30},
    ):
        assert client.get("/households/", question).status_code == 200


def test_the_lowest_income_comes_first_and_the_unknown_last(house: House, make_household, with_income):
    make_household("无收入")
    with_income(make_household("高收入"), 2024, "90000")
    with_income(make_household("低收入"), 2024, "3000")
    page = house.client("county_office").get("/households/", {"order": "income"})
    assert heads(page) == ["低收入", "高收入", "无收入"]


def test_pages_follow_each_other_without_gap_or_repetition(house: House, make_household, monkeypatch):
    monkeypatch.setattr(paging, "ROWS", 2)
    names = ["甲户主", "乙户主", "丙户主", "丁户主", "戊户主"]
    for name in names:
        make_household(name)
    client = house.client("county_office")
    seen, address = [], "/households/"
    while address:
        page = client.get(address)
        assert page.context["count"] == paging.Counted(5, False)
        seen += heads(page)
        address = page.context["page"]["next_url"]
    assert sorted(seen) == sorted(names)


def test_a_long_list_says_at_least_how_many_it_holds(house: House, make_household, monkeypatch):
    monkeypatch.setattr(paging, "COUNT_UP_TO", 2)
    monkeypatch.setattr(paging, "ROWS", 1)
    for name in ("甲户主", "乙户主", "丙户主"):
        make_household(name)
    page = house.client("county_office").get("/households/")
    assert page.context["count"] == paging.Counted(2, True)
    assert "2 户以上" in page.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_rows(house: House, make_household):
    client = house.client("county_office")

    def queries(address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    make_household("张一", members=("张二",))
    addresses = ["/households/", "/households/?q=zy", "/households/?labour=able&dibao=no", "/"]
    few = [queries(address) for address in addresses]
    for number in range(6):
        make_household("张" + "一二三四五六"[number], members=("张小", "张大"))
    assert [queries(address) for address in addresses] == few


def test_htmx_gets_the_rows_alone(house: House, make_household):
    make_household("张春梅")
    answer = house.client("county_office").get(
        "/households/", {"q": "zcm"}, headers={"HX-Request": "true", "HX-Target": "rows"}
    )
    text = answer.content.decode()
    assert "张春梅" in text
    assert "<html" not in text
    assert text.strip().startswith('<section class="card" id="rows"')


def test_a_merged_household_is_not_in_the_list(house: House, make_household):
    gone = make_household("张春梅")
    Household.objects.filter(pk=gone.pk).update(ended_on="2024-01-01")
    assert heads(house.client("county_office").get("/households/")) == []


def test_an_administrator_without_registry_is_told_so(house: House):
    page = house.client("system_administrator").get("/households/")
    assert page.status_code == 403
    assert "查看户档" in page.content.decode()


def test_a_search_for_something_that_is_no_name_and_no_number_means_nobody():
    assert lists.conditions("12") is None
    assert lists.conditions("!?") is None
    assert lists.conditions("   ") is None
    assert not Wanted().deep
    assert Wanted(q="张").deep


@pytest.mark.databases
@pytest.mark.parametrize("name", lists.ORDERS)
def test_a_click_on_a_heading_orders_and_another_turns_it_round(house: House, make_household, with_income, name):
    for head, others, wage in (("甲一", 0, "900"), ("乙二", 2, "9000"), ("丙三", 1, "")):
        made = make_household(head, members=tuple("丁四" for _ in range(others)))
        if wage:
            with_income(made, 2024, wage)
    client = house.client("county_office")
    first = client.get("/households/", {"order": name, "registered": "no"})
    again = client.get(first.context["heads"][name].url)
    known = 2 if name == "income" else 3
    assert heads(again)[:known] == heads(first)[:known][::-1]
    assert "registered=no" in first.context["heads"][name].url
    ways = [page.context["heads"][name].sort for page in (first, again)]
    assert ways == (["descending", "ascending"] if name == "members" else ["ascending", "descending"])
    assert 'aria-sort="' + ways[1] in again.content.decode() or name == "place"
    assert client.get(again.context["heads"][name].url).context["wanted"].order == name
    if name == "income":
        assert heads(first)[-1] == heads(again)[-1] == "丙三", "who has no statement stands last"
