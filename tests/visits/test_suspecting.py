"""What makes a visit look made up is told, with what it resembles; a person says what it was."""

from datetime import timedelta

import pytest
from django.utils.dateparse import parse_datetime

from bangfu.common.errors import NotAllowed
from bangfu.visits import services
from bangfu.visits.models import Suspicion
from tests.registry.making import household, person
from tests.visits.making import note, payload, picture, recorded, sent

pytestmark = [pytest.mark.django_db, pytest.mark.req("F6")]
START = parse_datetime("2020-09-20T09:00:00+08:00")


def kinds(visit) -> set[str]:
    return set(Suspicion.objects.filter(visit=visit).values_list("kind", flat=True))


def with_photo(by, home, content, **more):
    done = sent(by, payload(home, photos=[note(content, "picture")], **more))
    (uuid,) = done.photos_wanted
    services.add_photo_part(by=by, photo_uuid=uuid, offset=0, total=len(content), chunk=content)
    services.look_at_arrived()
    return done.visit


def test_the_same_photo_in_two_households_is_told_of_both(visiting):
    first = with_photo(visiting.visitor, visiting.home, picture(21, size=(1600, 1200)))
    same = with_photo(visiting.visitor, visiting.other, picture(21, size=(1600, 1200), quality=40))
    other = with_photo(visiting.visitor, visiting.other, picture(22))
    assert (kinds(first), kinds(same), kinds(other)) == ({"photo"}, {"photo"}, set())
    assert Suspicion.objects.get(visit=same).other == first


def test_one_photo_for_two_forms_of_one_visit_is_no_suspicion(visiting):
    first = with_photo(visiting.visitor, visiting.home, picture(23))
    second = with_photo(visiting.visitor, visiting.home, picture(23))
    assert kinds(first) | kinds(second) == set()


def test_many_households_in_few_minutes(visiting, house):
    by = house.officer("county_office")
    homes = [household(by, house.village, person(200 + n)) for n in range(6)]
    # five households in half an hour, from the policy; the first of six came an hour before
    starts = [START - timedelta(hours=1), *(START + timedelta(minutes=6 * n) for n in range(5))]
    made = [
        recorded(visiting.visitor, home, started_at=at.isoformat()).visit
        for home, at in zip(homes, starts, strict=True)
    ]
    assert [kinds(visit) for visit in made] == [set(), *[{"many"}] * 5]
    assert Suspicion.objects.filter(kind="many").first().facts["households"] == 5
    again = recorded(visiting.secretary, homes[0], started_at=START.isoformat()).visit
    assert kinds(again) == set()


def test_far_from_where_the_villages_other_visits_were(visiting):
    for n in range(5):
        near = recorded(visiting.visitor, visiting.home, latitude=27.5 + n / 1000, longitude=105.1).visit
        assert kinds(near) == set()
    far = recorded(visiting.visitor, visiting.other, latitude=27.9, longitude=105.1).visit
    assert kinds(far) == {"far"}
    assert 43 <= Suspicion.objects.get(visit=far).facts["km"] <= 46


def test_the_same_words_in_another_household(visiting):
    words = "该户生活稳定，住房安全，饮水达标，无其他困难，对帮扶工作满意。"
    first = recorded(visiting.visitor, visiting.home, summary=words).visit
    again = recorded(visiting.visitor, visiting.home, summary=words).visit
    assert kinds(first) | kinds(again) == set(), "one household may stay as it was"
    other = recorded(visiting.visitor, visiting.other, summary=f" {words}\n").visit
    assert kinds(other) == {"text"}
    assert kinds(recorded(visiting.secretary, visiting.other, summary=words).visit) == set()
    assert kinds(recorded(visiting.visitor, visiting.other, summary="都好。").visit) == set()


def test_somebody_else_than_the_visitor_says_what_it_was(visiting):
    with_photo(visiting.visitor, visiting.home, picture(24))
    with_photo(visiting.visitor, visiting.other, picture(24))
    suspicion = Suspicion.objects.first()
    for by in (visiting.visitor, visiting.neighbour):
        with pytest.raises(NotAllowed):
            services.explain(suspicion=suspicion, by=by, words="没事")
    services.explain(suspicion=suspicion, by=visiting.secretary, words="两户同院，拍在一张照片里。")
    suspicion.refresh_from_db()
    assert suspicion.explained_by == visiting.secretary
