"""Many at once: moved in bulk, drawn for a look; and the holidays that clocks are reckoned by."""

import pytest
from django.utils import timezone

from bangfu.casework import services
from bangfu.casework.models import BulkMove, Case, HolidayYear, SampleDraw
from tests.casework.making import days_ago
from tests.casework.test_sampling import SAMPLED
from tests.web_casework.conftest import text

pytestmark = [pytest.mark.req("B3"), pytest.mark.django_db]
HERE = "?procedure=small&step=township"


def sent(*cases, **more):
    today = timezone.localdate().isoformat()
    return {"move": "pass", "on": today, "seen": 0, "case": [case.pk for case in cases], **more}


def test_the_ticked_cases_are_moved_and_the_page_tells_how_far_it_is(
    people, client_of, at_township, django_capture_on_commit_callbacks
):
    first, second, third = at_township(3)
    client = client_of(people.township)
    page = text(client.get(f"/cases/bulk/new/{HERE}"))
    assert page.count('name="case"') == 3
    assert 'value="pass"' in page
    with django_capture_on_commit_callbacks(execute=False) as later:
        answer = client.post(f"/cases/bulk/new/{HERE}", sent(first, second))
    made = BulkMove.objects.get()
    assert answer.headers["Location"] == f"/cases/bulk/{made.pk}/"
    page = text(client.get(f"/cases/bulk/{made.pk}/"))
    assert "已处理 0 / 2 件" in page
    assert "hx-get" in page
    for callback in later:
        callback()
    progress = text(client.get(f"/cases/bulk/{made.pk}/progress/", headers={"HX-Request": "true"}))
    assert "hx-get" not in progress
    assert "已完成" in progress
    assert [case.step for case in Case.objects.order_by("pk")] == ["county", "county", "township"]
    third.refresh_from_db()
    assert third.step == "township"


def test_every_case_that_was_refused_is_named_with_the_reason(people, client_of, at_township):
    good, bad = at_township(2)
    bad.household.__class__.objects.filter(pk=bad.household_id).update(main_cause="01")
    made = services.start_bulk(by=people.township, case_ids=[good.pk, bad.pk], move="pass")
    services.run_bulk(made.pk)
    page = text(client_of(people.township).get(f"/cases/bulk/{made.pk}/"))
    assert "没有办的，及原因" in page
    assert bad.case_no in page
    assert good.case_no not in page
    assert client_of(people.neighbour).get(f"/cases/bulk/{made.pk}/").status_code == 404
    assert client_of(people.neighbour).get(f"/cases/bulk/{made.pk}/progress/").status_code == 404


def test_nothing_ticked_is_nothing_done(people, client_of, at_township):
    at_township(1)
    answer = client_of(people.township).post(f"/cases/bulk/new/{HERE}", sent())
    assert answer.status_code == 422
    assert not BulkMove.objects.exists()


def test_cases_of_others_are_not_moved_along(people, client_of, at_township, case):
    (own,) = at_township(1)
    client_of(people.township).post(f"/cases/bulk/new/{HERE}", sent(own, case))
    assert BulkMove.objects.get().case_ids == [own.pk]


def test_the_village_moves_nothing_in_bulk(people, client_of):
    assert client_of(people.village).get("/cases/bulk/new/").status_code == 403


# --- samples ---------------------------------------------------------------------------------------------------------


def test_a_sample_is_drawn_and_what_was_found_is_entered(house, people, client_of, at_township):
    at_township(6, SAMPLED)
    client = client_of(people.township)
    group = f"?procedure=sampled&step=township&area={house.township.pk}"
    assert "/cases/samples/new/?procedure=sampled" in text(client.get("/cases/samples/"))
    assert client.post(f"/cases/samples/new/{group}").status_code == 302
    made = SampleDraw.objects.get()
    page = text(client.get(f"/cases/samples/{made.pk}/"))
    assert made.seed in page
    assert "6 件中抽 2 件" in page
    row, _other = made.cases.filter(drawn=True).order_by("pk")
    address = f"/cases/samples/{made.pk}/{row.pk}/"
    name = f"check{row.pk}"
    assert client.post(address, {f"{name}-right": "yes"}).status_code == 422
    given = {f"{name}-right": "no", f"{name}-note": "收入少报", f"{name}-on": timezone.localdate().isoformat()}
    assert client.post(address, given).status_code == 302
    page = text(client.get(f"/cases/samples/{made.pk}/"))
    assert "收入少报" in page
    assert "情况不实" in text(client.get(f"/cases/{row.case_id}/"))
    near = client_of(people.neighbour)
    assert near.get(f"/cases/samples/{made.pk}/").status_code == 404
    assert near.post(address, given).status_code == 404
    assert near.post(f"/cases/samples/new/{group}").status_code == 404
    helper = house.client("helper", house.township.children.first())
    assert helper.post(f"/cases/samples/new/{group}").status_code == 403


# --- holidays --------------------------------------------------------------------------------------------------------


def test_the_county_enters_the_holidays_of_a_year_to_come(people, client_of):
    client = client_of(people.county)
    given = {"year": 2031, "document": "国办发明电", "holidays": "2031-01-01，2031-01-22至2031-01-28"}
    answer = client.post("/cases/holidays/", given, follow=True)
    assert answer.status_code == 200, text(answer)
    assert len(HolidayYear.objects.get().holidays) == 8
    assert "放假 8 天" in text(answer)


@pytest.mark.parametrize("wrong", ["元旦", "2031-01-28至2031-01-22", "2031-13-01", "2031-01-01至2031-12-31"])
def test_what_is_no_day_is_refused_and_stays(people, client_of, wrong):
    given = {"year": 2031, "document": "文", "holidays": wrong}
    answer = client_of(people.county).post("/cases/holidays/", given)
    assert answer.status_code == 422
    assert wrong in text(answer)
    assert not HolidayYear.objects.exists()


def test_others_only_read_the_holidays(people, client_of):
    page = text(client_of(people.village).get("/cases/holidays/"))
    assert "<textarea" not in page
    client_of(people.village).post("/cases/holidays/", {"year": 2031, "document": "文", "holidays": "2031-01-01"})
    assert not HolidayYear.objects.exists()


# --- procedures ------------------------------------------------------------------------------------------------------


def test_a_procedure_is_told_step_by_step(people, client_of):
    client = client_of(people.village)
    listed = text(client.get("/cases/procedures/"))
    assert "/cases/procedures/identification/" in listed
    page = text(client.get("/cases/procedures/identification/"))
    assert "<svg" in page
    assert "须答复" in page
    assert client.get("/cases/procedures/nonsense/").status_code == 404


def test_a_day_long_past_is_no_day_for_a_bulk_move(people, client_of, at_township):
    (case,) = at_township(1)
    client_of(people.township).post(f"/cases/bulk/new/{HERE}", sent(case, on=days_ago(400).isoformat()))
    case.refresh_from_db()
    assert case.step == "township"
