"""Outside lists as pages: taken in inside the own area, told by what became of the rows, taken away with a reason."""

import html
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from bangfu.audit.models import Entry
from bangfu.commands.lists import command
from bangfu.findings import outside
from bangfu.findings.outside import folder
from bangfu.screening import lists
from bangfu.screening.lists import stored
from bangfu.snapshot import services as snapshots
from tests.conftest import make_area
from tests.registry.making import household, person
from tests.snapshot.at_hand import standing

pytestmark = [pytest.mark.req("B5"), pytest.mark.django_db]

AS_OF = date(2020, 9, 30)
NEW = "/findings/lists/new/"
OWN = "vehicle-2020-09-01-990121"


def text(answer, status=200) -> str:
    assert answer.status_code == status
    return html.unescape(answer.content.decode())


def three_people(house):
    """Two people of the own county and one of the neighbouring county."""
    by = house.officer("county_office")
    far = make_area(make_area(house.neighbour_county, 1, "远乡", "990122100000"), 1, "远村", "990122100201")
    household(by, house.village, person(1), person(2))
    household(house.officer("county_office", house.neighbour_county), far, person(3))


@pytest.fixture(scope="module")
def counties(django_db_setup, django_db_blocker, tmp_path_factory):
    """Lists come and go; the people stay as they are, and one snapshot of them does for all."""
    with standing(django_db_blocker, tmp_path_factory.mktemp("counties"), three_people, AS_OF) as made:
        yield made


@pytest.fixture
def house(counties, db):
    return counties.house


@pytest.fixture
def people(counties, house):
    counties.handed_out()
    return [person(n)["id_no"] for n in (1, 2, 3)]


def sent(house, numbers, *, name="车辆.csv", role="county_office", area=None, of=None, content=None, **more):
    lines = "序号,证件号码,号牌\n" + "".join(f"{n},{number},贵A{n}\n" for n, number in enumerate(numbers))
    file = SimpleUploadedFile(name, lines.encode() if content is None else content)
    given = {"list": "vehicle", "area": (of or area or house.county).pk, "day": "2020-09-01", "file": file, **more}
    return house.client(role, area).post(NEW, given)


def held():
    return [each.name for each in stored(folder(), ["vehicle", "deaths"])]


def test_a_list_is_taken_in_and_the_page_tells_what_became_of_its_rows(house, people):
    answer = sent(house, [*people[:2], people[0][:15] + "000", "5.2E+17", ""])
    assert answer.status_code == 302
    page = text(house.client("county_office").get(answer["Location"]))
    for word in ("小汽车和货车登记名单", "云岭县", "2020-09-01", "车辆.csv", "科学记数法", "第 5 行", "Q181"):
        assert word in page
    (kept,) = stored(folder(), ["vehicle"])
    assert kept.about is not None
    assert (kept.about.rows, kept.about.people, sum(kept.about.refused.values())) == (4, 2, 2)
    assert Entry.objects.get(action="list.imported").place == house.county.place
    listing = text(house.client("policy_officer").get("/findings/lists/"))
    assert OWN in listing
    assert 'data-label="对上的人">2<' in listing


@pytest.mark.req("H1")
def test_of_people_elsewhere_nothing_is_kept_nor_counted(house, people):
    sent(house, people)
    (kept,) = stored(folder(), ["vehicle"])
    assert len(pq.read_table(kept.path)) == 2
    assert kept.about is not None
    assert (kept.about.people, list(kept.about.counties)) == (2, ["990121"])
    away = house.client("county_office", house.neighbour_county)
    assert OWN not in text(away.get("/findings/lists/"))
    assert away.get(f"/findings/lists/{OWN}/").status_code == 404
    assert away.post(f"/findings/lists/{OWN}/remove/", {"reason": "试试"}).status_code == 404
    assert held() == [OWN]


@pytest.mark.req("H1")
def test_an_area_that_is_not_ones_own_cannot_be_chosen(house, people):
    assert "选择" in text(sent(house, people, of=house.neighbour_county), 422)
    assert "选择" in text(sent(house, people, of=house.township), 422)  # lists come by county
    assert held() == []


@pytest.mark.req("H1")
def test_a_list_of_the_whole_house_counts_here_without_its_numbers(house, people, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("证件号码\n" + "\n".join(people), encoding="utf-8")
    outside.take_in(by=None, area=None, list="vehicle", day=date(2020, 9, 2), file=file, name="a.csv")
    client = house.client("county_office")
    listing = text(client.get("/findings/lists/"))
    assert "vehicle-2020-09-02" in listing
    assert "更大范围" in listing
    assert 'data-label="对上的人">—<' in listing
    page = text(client.get("/findings/lists/vehicle-2020-09-02/"))
    assert "a.csv" not in page
    assert "remove" not in page
    refused = client.post("/findings/lists/vehicle-2020-09-02/remove/", {"reason": "试试"})
    assert refused.status_code == 403
    assert held() == ["vehicle-2020-09-02"]


def test_the_command_takes_a_list_in_for_a_place_as_the_page_does(house, people, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("证件号码\n" + "\n".join(people), encoding="utf-8")
    words = ["import", "vehicle", str(file), "--as-of", "2020-09-01"]
    refused = CliRunner().invoke(command, [*words, "--place", "990199"])
    assert (refused.exit_code, held()) == (1, [])
    assert "990199000000" in refused.stderr
    assert CliRunner().invoke(command, [*words, "--place", "990121"], catch_exceptions=False).exit_code == 0
    assert held() == [OWN]
    (kept,) = stored(folder(), ["vehicle"])
    assert kept.about is not None
    assert kept.about.people == 2
    assert "a.csv" in text(house.client("county_office").get(f"/findings/lists/{OWN}/"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "姓名,车牌\n张三,贵A1\n".encode(), "没有证件号码一栏"),
        ("a.csv", "证件号码\n1.2E+17\n".encode(), "没有一个可用的证件号码"),
        ("a.csv", "证件号码\n".encode(), "没有一个可用的证件号码"),
        ("a.xlsx", b"PK\x03\x04 no more", "已损坏"),
        ("a.parquet", b"PAR1 no more", "读不出来"),
        ("a.pdf", b"%PDF-1.4 ...", "不是可以导入的文件"),
        ("长" * 120 + ".csv", "姓名\n张三\n".encode(), "没有证件号码一栏"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words_and_leaves_nothing(house, people, name, content, said):
    assert said in text(sent(house, (), name=name, content=content), 422)
    assert not folder().exists()
    assert not Entry.objects.filter(action="list.imported").exists()


def test_without_file_or_day_and_with_a_day_to_come_nothing_is_taken_in(house, people):
    client = house.client("county_office")
    page = text(client.post(NEW, {"list": "vehicle", "area": house.county.pk}), 422)
    assert page.count("invalid-feedback") == 2
    assert "晚于今天" in text(sent(house, people, day=str(date.today() + timedelta(days=2))), 422)
    assert held() == []


def test_a_list_that_is_too_large_is_refused(house, people, monkeypatch):
    monkeypatch.setattr("bangfu.web.findings.outside.MAX_BYTES", 10)
    assert "上限" in text(sent(house, people), 422)
    assert held() == []


def test_before_the_first_snapshot_the_page_says_what_to_do(house):
    assert "快照" in text(sent(house, [person(1)["id_no"]]), 422)


def test_a_second_list_of_the_day_takes_the_place_of_the_first_only_when_asked(house, people):
    sent(house, people[:1])
    assert "已经导入过" in text(sent(house, people[:2]), 422)
    assert sent(house, people[:2], replace="on").status_code == 302
    (kept,) = stored(folder(), ["vehicle"])
    assert kept.about is not None
    assert kept.about.people == 2


def test_a_list_is_removed_with_a_reason_that_the_trail_keeps(house, people):
    sent(house, people[:1])
    client = house.client("policy_officer")
    assert "没有填写移除" in text(client.post(f"/findings/lists/{OWN}/remove/", {"reason": " "}), 422)
    assert held() == [OWN]
    assert client.post(f"/findings/lists/{OWN}/remove/", {"reason": "传错了文件"}).status_code == 302
    assert held() == []
    assert "传错了文件" in Entry.objects.get(action="list.removed").detail
    assert client.get(f"/findings/lists/{OWN}/").status_code == 404


def test_a_deed_that_leaves_no_trace_does_not_happen(house, people, monkeypatch):
    def refuse(**_more):
        raise RuntimeError

    sent(house, people[:1])
    monkeypatch.setattr(outside, "record", refuse)
    client = house.client("county_office")
    client.raise_request_exception = False
    assert client.post(f"/findings/lists/{OWN}/remove/", {"reason": "试试"}).status_code == 500
    with pytest.raises(RuntimeError):
        outside.take_in(
            by=None, area=None, list="deaths", day=AS_OF, file=_csv(Path(settings.HOME), people), name="a.csv"
        )
    assert held() == [OWN]


def _csv(where: Path, numbers) -> Path:
    path = where / "a.csv"
    path.write_text("证件号码\n" + "\n".join(numbers), encoding="utf-8")
    return path


def test_what_if_and_trials_look_at_the_lists(house, people):
    sent(house, people[:1])
    with outside.for_run(snapshots.latest(), AS_OF, "990121") as found:
        assert list(lists.latest(found, ["vehicle", "deaths"], AS_OF)) == ["vehicle"]


@pytest.mark.parametrize(
    ("role", "status"),
    [("county_office", 200), ("policy_officer", 200), ("department", 403), ("township_station", 403)],
)
def test_every_role_opens_what_its_rights_allow(house, people, role, status):
    sent(house, people[:1])
    client = house.client(role)
    for page in ("/findings/lists/", NEW, f"/findings/lists/{OWN}/"):
        assert client.get(page).status_code == status
    assert ("外部名单" in client.get("/findings/").content.decode()) == (status == 200)


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
def test_pages_speak_three_languages(house, people, language):
    sent(house, [*people[:1], "5.2E+17"])
    client = house.client("county_office")
    client.post("/language/", {"language": language, "next": "/"})
    for page in ("/findings/lists/", NEW, f"/findings/lists/{OWN}/"):
        assert f'lang="{language}"' in text(client.get(page))
