"""Measures, suppositions, snapshots and the dictionary as pages: true to the snapshot, and inside one's own area."""

import html
import re
from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client

from bangfu.accounts.models import Post
from bangfu.rulebook import services as rulebook
from bangfu.screening.deprivations import deprivations, index_of_snapshot
from bangfu.screening.measures import measure
from bangfu.screening.measuring import rows_of_snapshot
from bangfu.web.measuring import remembering
from tests.conftest import START
from tests.registry.making import household, person
from tests.snapshot.at_hand import standing
from tests.web.conftest import record_income

pytestmark = [pytest.mark.req("B4"), pytest.mark.django_db]

AS_OF = date(2020, 9, 30)
PAGES = ("/measures/", "/measures/what-if/", "/measures/dictionary/", "/measures/snapshots/")


def text(answer) -> str:
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def four_homes(house):
    """Four households: 3000, 4500 (two people) and 9000 yuan a head, and one whose income is unknown."""
    by = house.officer("county_office")
    for number, (village, wage, people) in enumerate(
        ((house.village, "3000", 1), (house.village, "9000", 2), (house.neighbour_village, "9000", 1),
         (house.neighbour_village, None, 1))
    ):  # fmt: skip
        home = household(by, village, *(person(number * 10 + n) for n in range(people)))
        if wage:
            record_income(by, home, 2020, wage)


@pytest.fixture(scope="module")
def homes(django_db_setup, django_db_blocker, tmp_path_factory):
    """No test of a page changes the households: one snapshot does for all."""
    with standing(django_db_blocker, tmp_path_factory.mktemp("homes"), four_homes, AS_OF) as made:
        yield made


@pytest.fixture
def house(homes, db):
    return homes.house


@pytest.fixture
def snapshot(homes, house):
    return homes.handed_out()


def figures(page: str) -> list[str]:
    """The numbers of the cards at the top, in order."""
    return [re.sub(r"[^\d.—]", "", each) for each in re.findall(r'class="figure-value">([^<]*)', page)]


def test_the_page_says_what_the_measures_of_the_same_snapshot_say(house, snapshot):
    page = text(house.client("county_office").get("/measures/?line=exit_line"))
    (found,) = measure(rows_of_snapshot(snapshot, lambda _code: 4000.0, place="990121", digits=0))
    assert (found.people, found.poor_people, found.unknown_people) == (4, 1, 1)
    expected = [f"{(found[name] or 0) * 100:.2f}" for name in ("headcount_ratio", "poverty_gap", "squared_gap")]
    assert figures(page)[:3] == expected
    assert "1 / 4 人" in page
    assert "青禾乡" in page
    assert "白水镇" in page


def test_the_index_on_the_page_is_that_of_the_same_snapshot(house, snapshot):
    page = text(house.client("county_office").get("/measures/"))
    given = deprivations(settings.POLICY)
    found = index_of_snapshot(snapshot, rulebook.book("990121"), given, as_of=AS_OF, place="990121")
    assert f"{found.whole.unknown_people:,.0f}" == figures(page)[-1]
    assert all(each.label.zh in page for each in given.indicators().values())


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_pages_speak_three_languages(house, snapshot, language):
    client = house.client("county_office")
    client.post("/language/", {"language": language, "next": "/"})
    for page in PAGES:
        assert f'lang="{language}"' in text(client.get(page))


def test_before_the_first_snapshot_pages_say_what_to_do(house):
    client = house.client("county_office")
    for page in PAGES:
        assert "快照" in text(client.get(page))


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("county_office", (200, 200, 200, 200)),
        ("township_station", (200, 200, 200, 403)),
        ("helper", (200, 403, 403, 403)),
        ("system_administrator", (403, 403, 403, 403)),
    ],
)
def test_every_role_opens_what_its_rights_allow(house, role, seen):
    client = house.client(role)
    assert tuple(client.get(page).status_code for page in PAGES) == seen


@pytest.mark.req("H1")
def test_a_township_measures_itself_and_sees_no_other(house, snapshot):
    page = text(house.client("township_station", house.township).get("/measures/"))
    assert "1 / 3 人" in page
    assert "石桥村" in page
    assert "白水镇" not in page
    foreign = text(house.client("township_station", house.township).get(f"/measures/?area={house.county.pk}"))
    assert "1 / 3 人" in foreign


@pytest.mark.req("H1")
def test_whoever_has_a_group_only_is_not_shown_the_village_nor_the_whole_snapshot(house, snapshot):
    page = text(house.client("helper", house.group).get("/measures/"))
    assert "没有区划代码" in page
    assert figures(page) == []


@pytest.mark.req("H1")
def test_whoever_has_two_areas_is_asked_for_one_and_not_shown_the_whole_snapshot(house, snapshot):
    officer = house.officer("auditor", house.neighbour_township, "both")
    Post.objects.create(officer=officer, role_id="auditor", area=house.neighbour_county, starts_on=START)
    client = Client()
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    for page in ("/measures/", "/measures/what-if/?figure=exit_line&value=9999"):
        asked = text(client.get(page))
        assert "还没有选择" in asked
        assert "石桥村" not in asked
    assert "0 / 1 人" in text(client.get(f"/measures/?area={house.neighbour_township.pk}"))


@pytest.mark.req("H1")
def test_counts_of_a_snapshot_are_shown_to_whoever_may_see_all_of_it(house, snapshot):
    own = text(house.client("county_office").get("/measures/snapshots/"))
    assert f"{snapshot.sha256[:16]}" in own
    assert 'data-label="户">4<' in own
    away = text(house.client("county_office", house.neighbour_county).get("/measures/snapshots/"))
    assert 'data-label="户">—<' in away


@pytest.mark.req("H1")
def test_the_dictionary_counts_unknowns_only_for_whoever_may_see_everybody(house, snapshot):
    own = text(house.client("county_office").get("/measures/dictionary/"))
    township = text(house.client("township_station", house.township).get("/measures/dictionary/"))
    assert "per_capita_net_income" in own
    assert "per_capita_net_income" in township
    assert "4 行" in own
    assert " 行<" not in township


def test_another_line_is_counted_through_the_registry_and_told_by_area(house, snapshot):
    """Raised from 5000 to 9500 the monitoring line takes in the three people with 4500 and 9000 a head."""
    client = house.client("policy_officer")
    page = text(client.get("/measures/what-if/?figure=monitoring_line&value=9500&amount=100"))
    assert "5,000" in page
    assert 'name="of" value="monitoring_line"' in page
    assert "MON-02" in page
    households, people = (re.search(rf"{word}.*?([\d,]+)", page, re.DOTALL) for word in ("新增</div>", "新增人"))
    assert households is not None
    assert people is not None
    assert "费用变化" in page
    assert "青禾乡" in page


def test_htmx_gets_only_the_answer(house, snapshot):
    headers = {"HX-Request": "true", "HX-Target": "answer"}
    address = "/measures/what-if/?figure=monitoring_line&value=9500"
    part = text(house.client("policy_officer").get(address, headers=headers))
    assert part.strip().startswith('<div id="answer"')
    assert "<html" not in part


def test_a_value_left_from_another_figure_does_not_count(house, snapshot):
    page = text(house.client("policy_officer").get("/measures/what-if/?figure=old_age&of=monitoring_line&value=9500"))
    assert "填写或拖动数值" in page


@pytest.mark.parametrize("value", ["abc", "-1", "0", "NaN", "1e400"])
def test_a_value_that_is_no_number_is_not_counted_and_said(house, snapshot, value):
    page = text(house.client("policy_officer").get(f"/measures/what-if/?figure=monitoring_line&value={value}"))
    assert "要大于 0" in page
    assert "受影响的规则" not in page


def test_without_a_value_nothing_is_counted(house, snapshot):
    page = text(house.client("policy_officer").get("/measures/what-if/?figure=monitoring_line&value="))
    assert "填写或拖动数值" in page


def test_the_number_is_a_field_that_is_sent_without_any_script(house, snapshot):
    page = text(house.client("policy_officer").get("/measures/what-if/?figure=monitoring_line&value=9500.5"))
    (field,) = re.findall(r'<input[^>]*name="value"[^>]*>', page)
    assert 'type="number"' in field
    assert 'value="9500.5"' in field
    (slider,) = re.findall(r'<input[^>]*type="range"[^>]*>', page)
    assert " hidden " in slider
    assert "name=" not in slider


def test_the_same_question_is_computed_once(house, snapshot, monkeypatch):
    client = house.client("county_office")
    first = text(client.get("/measures/"))

    def never(*_args, **_more):
        raise AssertionError("computed again")

    monkeypatch.setattr("bangfu.web.measuring.views.measure", never)
    monkeypatch.setattr("bangfu.web.measuring.views.index_of_snapshot", never)
    assert figures(text(client.get("/measures/"))) == figures(first)


def test_what_is_remembered_is_bounded_and_keeps_places_books_and_snapshots_apart(monkeypatch):
    class Held:
        def __init__(self, sha256):
            self.sha256, self.folder = sha256, "f"

    monkeypatch.setattr(remembering, "MOST_KEPT", 2)
    monkeypatch.setattr(remembering, "_kept", {})
    asked = []

    def answer(what, snapshot="s", book="b"):
        return remembering.remembered(what, Held(snapshot), Held(book), lambda: asked.append(what) or len(asked))

    assert [answer("a"), answer("a"), answer("a", snapshot="t"), answer("a"), answer("a", book="c")] == [1, 1, 2, 1, 3]
    assert answer("a", snapshot="t") == 4  # longest unasked, so forgotten
    assert len(remembering._kept) == 2


def test_an_amount_a_head_gives_the_cost(house, snapshot):
    page = text(house.client("policy_officer").get("/measures/what-if/?figure=monitoring_line&value=9500&amount=250"))
    cost = re.search(r"费用变化.*?figure-value\">([\d,.-]+)", page, re.DOTALL)
    people = re.search(r"新增</div>.*?figure-note\">([\d,]+) 人", page, re.DOTALL)
    assert cost is not None
    assert people is not None
    assert Decimal(cost[1].replace(",", "")) == 250 * int(people[1])
    assert int(people[1]) > 0
