"""What snapshots and rules know of visits, and what other rooms are told."""

from datetime import date

import pytest
from django.db import connection

from bangfu.common.facts import schema
from bangfu.keeping.archive import HOME_FILE
from bangfu.keeping.papers import paper_hashes
from bangfu.visits import loading, photographs, selectors, services
from bangfu.visits.checklists import Checklist
from bangfu.visits.models import Photo
from tests.visits.making import note, picture, recorded

pytestmark = pytest.mark.django_db


@pytest.mark.databases
def test_a_snapshot_knows_the_last_visit_and_how_many_there_were_in_a_year(visiting):
    days = ["2020-01-05", "2020-09-01", "2020-09-30"]
    for day in days:
        recorded(visiting.visitor, visiting.home, visited_on=day)
    recorded(visiting.secretary, visiting.home, visited_on="2020-09-30")
    recorded(visiting.visitor, visiting.other, visited_on="2020-10-01")
    table = schema().table("household")
    columns = ["household_id", "last_visit_ymd", "visits_in_year", "visitors_in_year"]
    told = ", ".join(table.get(name).source for name in columns)

    def known(day):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {told} FROM {table.source(day)} ORDER BY t.id")
            return {row[0]: (str(row[1]) if row[1] else None, row[2], row[3]) for row in cursor.fetchall()}

    assert known(date(2020, 9, 30)) == {
        visiting.home.pk: ("2020-09-30", 4, 2), visiting.other.pk: (None, 0, 0),
    }  # fmt: skip
    assert known(date(2021, 9, 30))[visiting.home.pk] == ("2020-09-30", 0, 0)
    assert known(date(2021, 9, 29))[visiting.home.pk][1] == 2, "twelve months that end with the day"


def test_other_rooms_are_told_who_visited_whom_how_often(visiting):
    for day in ("2020-09-01", "2020-09-01", "2020-09-20"):
        recorded(visiting.visitor, visiting.home, visited_on=day)
    recorded(visiting.visitor, visiting.other, visited_on="2020-10-02", about="finding:12")
    ids = [visiting.home.pk, visiting.other.pk]
    assert selectors.last_visits(ids) == {ids[0]: date(2020, 9, 20), ids[1]: date(2020, 10, 2)}
    counts = selectors.visits_by([visiting.visitor.pk, visiting.secretary.pk], date(2020, 9, 1), date(2020, 9, 30))
    assert counts == {
        visiting.visitor.pk: selectors.Visited(3, 1, 2), visiting.secretary.pk: selectors.Visited(),
    }  # fmt: skip
    assert selectors.days_of(visiting.visitor.pk, date(2020, 9, 1), date(2020, 9, 30)) == [
        date(2020, 9, 1),
        date(2020, 9, 20),
    ]
    assert selectors.households_visited(visiting.visitor.pk, ids, date(2020, 9, 1), date(2020, 9, 30)) == {ids[0]: 3}
    (about,) = selectors.about(visiting.secretary, "finding:12")
    assert about.household == visiting.other
    assert selectors.about(visiting.neighbour, "finding:12") == []
    assert selectors.a_year_before(date(2020, 2, 29)) == date(2019, 3, 1)


def test_the_photos_of_visits_are_in_the_backup(visiting, settings):
    content = picture(8)
    done = recorded(visiting.visitor, visiting.home, photos=[note(content, "picture")])
    (uuid,) = done.photos_wanted
    services.add_photo_part(by=visiting.visitor, photo_uuid=uuid, offset=0, total=len(content), chunk=content)
    name = photographs.part_file(uuid).relative_to(settings.HOME).as_posix()
    assert HOME_FILE.fullmatch(name), "what nobody has looked at yet comes along as it was sent"
    services.look_at_arrived()
    assert Photo.objects.get().sha256 in paper_hashes() and "" not in paper_hashes()


def test_visits_follow_their_household_to_another_area(visiting, house):
    visit = recorded(visiting.visitor, visiting.home, photos=[note(b"x", "picture")]).visit
    moved = house.other_village
    type(visiting.home).objects.filter(pk=visiting.home.pk).update(village=moved, place=moved.place)
    assert services.follow_areas(by=None, reason="并村") == 1
    visit.refresh_from_db()
    assert (visit.place, visit.village, visit.photos.get().place) == (moved.place, moved, moved.place)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ({"kind": "flag", "corrects": "poverty_status"}, "不能由走访更正"),
        ({"kind": "flag", "corrects": "cultivated_land_mu"}, "类型不符"),
        ({"kind": "flag", "prefill": "nothing"}, "没有栏目"),
        ({"kind": "choice", "codes": "nothing"}, "没有代码表"),
    ],
)
def test_a_checklist_that_the_registry_cannot_follow_is_refused(question, reason):
    words = {"zh": "问", "en": "ask"}
    made = Checklist.model_validate(
        {
            "id": "small", "label": words, "about": "household", "source": {"document": "测试用"},
            "questions": [{"id": "one", "label": words, **question}],
        }
    )  # fmt: skip
    assert [reason in fault for fault in loading.faults(made)] == [True]


def test_a_place_has_checklists_of_its_own(settings, tmp_path):
    folder = tmp_path / "policy" / "places" / "990121" / "checklists" / "visits"
    folder.mkdir(parents=True)
    text = (settings.POLICY / "china" / "checklists" / "visits" / "four_ones.yaml").read_text("utf-8")
    (folder / "four_ones.yaml").write_text(text.replace("帮扶走访（“四个一”）", "本县走访"), "utf-8")
    loading.forget()
    assert loading.checklist("four_ones", "990121200201").label.zh == "本县走访"
    assert loading.checklist("four_ones", "990122").label.zh != "本县走访"
    assert {each.id for each in loading.check_files()} >= {"four_ones", "six_checks"}
