"""How cases come to be on the pages: of a household, of a village, from a finding, from an application, in a round."""

import pytest
from django.utils import timezone

from bangfu.casework import services
from bangfu.casework.models import Application, Case, Recognition, Round
from bangfu.casework.procedures import Channel
from bangfu.findings.models import FindingStep
from tests.casework.making import days_ago, opened
from tests.registry.making import household, person
from tests.web_casework.conftest import text
from tests.web_findings.conftest import found  # noqa: F401

pytestmark = [pytest.mark.req("B3"), pytest.mark.django_db]


def today():
    return timezone.localdate().isoformat()


def test_a_case_of_a_household_is_opened_from_its_page(people, client_of, home, in_force):
    in_force()
    client = client_of(people.village)
    assert f"/cases/new/?household={home.pk}" in text(client.get(f"/households/{home.pk}/"))
    assert "小程序" in text(client.get(f"/cases/new/?household={home.pk}"))
    given = {"procedure": "small", "channel": "sweep", "on": today(), "note": "入户发现"}
    answer = client.post(f"/cases/new/?household={home.pk}", given, follow=True)
    case = Case.objects.get()
    assert (case.household, case.note) == (home, "入户发现")
    assert case.case_no in text(answer)


def test_a_second_case_of_the_same_procedure_is_refused_and_what_was_typed_stays(people, client_of, home, in_force):
    opened(people.village, home, in_force())
    given = {"procedure": "small", "channel": "sweep", "on": today(), "note": "又来"}
    answer = client_of(people.village).post(f"/cases/new/?household={home.pk}", given)
    assert answer.status_code == 422
    assert "又来" in text(answer)


def test_a_case_of_a_village_is_opened_by_a_procedure_of_villages(house, people, client_of, in_force):
    in_force(of="village")
    given = {"procedure": "small", "channel": "sweep", "on": today()}
    answer = client_of(people.village).post(f"/cases/new/?village={house.village.pk}", given)
    assert answer.status_code == 302
    assert Case.objects.get().subject_name == house.village.name


def test_nobody_opens_next_door(house, people, client_of, home, in_force):
    in_force()
    near = household(people.county, house.neighbour_village, person(70))
    client = client_of(people.village)
    assert client.get(f"/cases/new/?household={near.pk}").status_code == 404
    assert client.get(f"/cases/new/?village={house.neighbour_village.pk}").status_code == 404


def test_one_click_on_a_confirmed_finding_opens_its_case(people, client_of, home, found, in_force):  # noqa: F811
    in_force(opening={"rules": ["Q021"]})
    finding = found(home)
    client = client_of(people.village)
    address = f"/cases/from-finding/{finding.pk}/"
    assert address not in text(client.get(f"/findings/{finding.pk}/"))
    assert client.post(address, {"procedure": "small"}).status_code == 400
    seen = FindingStep.objects.filter(finding=finding).latest("pk").pk
    client.post(f"/findings/{finding.pk}/verify/", {"result": "mended", "note": "属实", "seen": seen})
    assert address in text(client.get(f"/findings/{finding.pk}/"))
    assert client.post(address, {"procedure": "small"}).status_code == 302
    case = Case.objects.get()
    assert case.finding == finding
    page = text(client.get(f"/findings/{finding.pk}/"))
    assert case.case_no in page
    assert address not in page
    assert f"/findings/{finding.pk}/" in text(client.get(f"/cases/{case.pk}/"))
    assert client_of(people.neighbour).post(address, {"procedure": "small"}).status_code == 404


# --- rounds ----------------------------------------------------------------------------------------------------------


def test_a_round_opens_a_case_for_everybody_it_is_for(house, people, client_of, homes, in_force):
    in_force(opening={"round_of": ["poor"]})
    poor, _other = homes(2)
    Recognition.objects.create(household=poor, place=poor.place, kind="poor", starts_on=days_ago(500))
    client = client_of(people.county)
    given = {"procedure": "small", "area": house.township.pk, "title": "秋季回头看", "on": today()}
    answer = client.post("/cases/rounds/new/", given, follow=True)
    made = Round.objects.get()
    assert (made.area, made.state, made.opened) == (house.township, "waiting", 0)
    assert "秋季回头看" in text(answer) and "hx-get" in text(answer), "the page asks how far it has come"
    services.run_round(made.pk)
    progress = text(client.get(f"/cases/rounds/{made.pk}/progress/"))
    assert "hx-get" not in progress and "已办结" in progress
    assert Round.objects.get().opened == 1
    assert "秋季回头看" in text(client.get("/cases/rounds/"))
    assert Case.objects.get().case_no in text(client.get(f"/cases/?whose=all&round={made.pk}"))
    near = client_of(people.neighbour)
    assert near.get(f"/cases/rounds/{made.pk}/").status_code == 404
    assert "秋季回头看" not in text(near.get("/cases/rounds/"))


def test_a_village_starts_no_round(people, client_of):
    assert client_of(people.village).get("/cases/rounds/new/").status_code == 403


# --- applications ----------------------------------------------------------------------------------------------------


def asked(people, house, name, **more):
    given = {"phone": "13800138000", "difficulty": "房屋漏雨", **more}
    return services.apply(
        by=people.village, channel=Channel.APPLICATION, village=house.village, head_name=name, **given
    )


def test_an_application_is_taken_in_at_the_counter_for_any_of_the_own_villages(house, people, client_of):
    client = client_of(people.township)
    for village in (house.other_village, house.village):
        given = {"village": village.pk, "head_name": "周老五", "difficulty": "住院花费大"}
        assert client.post("/cases/applications/new/", given).status_code == 302
    assert {a.village for a in Application.objects.all()} == {house.village, house.other_village}
    page = text(client.get("/cases/applications/"))
    assert "周老五" in page
    assert "住院花费大" in page
    assert "2 份申请等待受理" in text(client.get("/"))


def test_an_application_without_a_name_is_refused_and_the_rest_stays(house, people, client_of):
    answer = client_of(people.village).post(
        "/cases/applications/new/", {"village": house.village.pk, "head_name": "", "difficulty": "漏雨"}
    )
    assert answer.status_code == 422
    assert "漏雨" in text(answer)
    assert not Application.objects.exists()


def test_accepting_opens_a_case_of_the_household_of_that_name(house, people, client_of, home, in_force):
    in_force()
    application = asked(people, house, home.head_name)
    client = client_of(people.village)
    assert home.household_no in text(client.get(f"/cases/applications/{application.pk}/"))
    given = {"household": home.pk, "procedure": "small", "note": "属实"}
    assert client.post(f"/cases/applications/{application.pk}/accept/", given).status_code == 302
    case = Case.objects.get()
    assert case.application == application
    page = text(client.get(f"/cases/applications/{application.pk}/"))
    assert case.case_no in page
    assert "受理并开案" not in page
    again = client.post(f"/cases/applications/{application.pk}/accept/", given)
    assert again.status_code == 422
    assert 'role="alert"' in text(again)
    assert Case.objects.count() == 1


def test_declining_needs_a_reason(house, people, client_of):
    application = asked(people, house, "无名氏")
    client = client_of(people.village)
    assert "没有叫“无名氏”的人" in text(client.get(f"/cases/applications/{application.pk}/"))
    address = f"/cases/applications/{application.pk}/decline/"
    assert client.post(address, {"note": " "}).status_code == 422
    assert client.post(address, {"note": "查无此人"}).status_code == 302
    application.refresh_from_db()
    assert application.state == "declined"
    assert "无名氏" not in text(client.get("/cases/applications/"))
    assert "无名氏" in text(client.get("/cases/applications/?state=all"))


def test_applications_are_their_villages_own(house, people, client_of, home):
    application = asked(people, house, home.head_name)
    near = client_of(people.neighbour)
    assert home.head_name not in text(near.get("/cases/applications/?state=all"))
    assert near.get(f"/cases/applications/{application.pk}/").status_code == 404
    for verb in ("accept", "decline"):
        assert near.post(f"/cases/applications/{application.pk}/{verb}/", {"note": "x"}).status_code == 404
    helper = house.client("helper", house.village)
    assert "受理并开案" not in text(helper.get(f"/cases/applications/{application.pk}/"))


def test_a_village_has_a_code_to_hang_up(house, people, client_of, settings):
    client = client_of(people.township)
    page = text(client.get(f"/cases/applications/villages/{house.village.pk}/"))
    assert f"/public/apply/{house.village.pk}/" in page
    assert "data:image/svg+xml" in page
    assert client.get(f"/cases/applications/villages/{house.neighbour_village.pk}/").status_code == 404
    listed = f"/cases/applications/?area={house.township.pk}"
    assert "各村申报码" in text(client.get(listed))
    settings.PUBLIC_APPLICATIONS = False
    assert "各村申报码" not in text(client.get(listed))
    assert client.get(f"/cases/applications/villages/{house.village.pk}/").status_code == 404
