"""Postings: the list as it will hang, put up, photographed, objected to, answered, taken down; and read by anybody."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bangfu.casework import services
from bangfu.casework.models import Objection, Posting
from tests.casework.making import days_ago, opened
from tests.casework.test_postings import POSTED, photographed, put_up
from tests.registry.making import household, person
from tests.registry.test_papers import photo
from tests.web_casework.conftest import text

pytestmark = [pytest.mark.req("B3"), pytest.mark.django_db]


@pytest.fixture
def posted(people, home):
    return opened(people.village, home, POSTED)


@pytest.fixture
def hanging(people, posted):
    return put_up(people, posted, starts_on=days_ago(2))


def group(house):
    return f"?procedure=posted&step=propose&area={house.village.pk}"


def given(*cases, **more):
    values = {"board": "村委会公示栏", "hotline": "12317", "starts_on": days_ago(2).isoformat(), "on_the_web": "on"}
    return {**values, "case": [case.pk for case in cases], **more}


def sheet_of(page):
    return page[page.index('<article class="sheet"') : page.index("</article>")]


def test_the_preview_is_what_is_put_up(house, people, client_of, posted):
    client = client_of(people.village)
    assert "/cases/postings/new/?procedure=posted" in text(client.get("/cases/postings/"))
    address = f"/cases/postings/new/{group(house)}"
    assert "<article" not in text(client.get(address))
    preview = text(client.post(address, given(posted, preview="1")))
    assert not Posting.objects.exists()
    assert client.post(address, given(posted, put_up="1")).status_code == 302
    page = text(client.get(f"/cases/postings/{Posting.objects.get().pk}/"))
    assert sheet_of(preview) == sheet_of(page)
    assert posted.subject_name in sheet_of(page)
    assert "公示中" in page


def test_a_private_phone_as_hotline_is_refused_and_the_board_stays(house, people, client_of, posted):
    sent = given(posted, put_up="1", hotline="13800138000", board="东头公示栏")
    answer = client_of(people.village).post(f"/cases/postings/new/{group(house)}", sent)
    assert answer.status_code == 422
    assert "东头公示栏" in text(answer)
    assert not Posting.objects.exists()


def test_the_sheet_can_be_printed(people, client_of, hanging):
    answer = client_of(people.village).get(f"/cases/postings/{hanging.pk}/pdf/")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_a_photo_of_the_board_is_kept_and_shown(people, client_of, hanging):
    client = client_of(people.village)
    sent = {"view": "near", "taken_on": days_ago(1).isoformat(), "upload": SimpleUploadedFile("a.png", photo())}
    assert client.post(f"/cases/postings/{hanging.pk}/photos/", sent).status_code == 302
    kept = hanging.photos.get()
    assert f"/photos/{kept.pk}/" in text(client.get(f"/cases/postings/{hanging.pk}/"))
    shown = client.get(f"/cases/postings/{hanging.pk}/photos/{kept.pk}/")
    assert shown.headers["Content-Type"] == "image/png"
    sent = {"view": "far", "taken_on": days_ago(9).isoformat(), "upload": SimpleUploadedFile("a.png", photo())}
    assert client.post(f"/cases/postings/{hanging.pk}/photos/", sent).status_code == 422


def objection(**more):
    return {"text": "他家有小汽车", "on": days_ago(1).isoformat(), "by_name": "赵六", "contact": "石桥路口", **more}


def test_an_objection_against_one_of_several_households_is_taken_and_answered(house, people, client_of, posted):
    second = opened(people.village, household(people.county, house.village, person(41)), POSTED)
    posting = put_up(people, posted, second, starts_on=days_ago(2))
    client = client_of(people.village)
    answer = client.post(f"/cases/postings/{posting.pk}/objections/", objection(case=second.pk))
    assert answer.status_code == 302
    made = Objection.objects.get()
    assert made.case == second
    assert "他家有小汽车" in text(client.get("/cases/postings/"))
    assert "等待答复" in text(client.get(f"/cases/{second.pk}/"))
    address = f"/cases/postings/{posting.pk}/objections/{made.pk}/"
    assert client.post(address, {}).status_code == 422
    name = f"answer{made.pk}"
    sent = {f"{name}-text": "车是亲戚的", f"{name}-upheld": "no", f"{name}-on": days_ago(0).isoformat()}
    assert client.post(address, sent).status_code == 302
    page = text(client.get(f"/cases/postings/{posting.pk}/"))
    assert "车是亲戚的" in page
    assert "异议不成立" in page


def test_a_withheld_name_is_seen_by_those_who_answer_only(house, people, client_of, hanging):
    client = client_of(people.village)
    client.post(f"/cases/postings/{hanging.pk}/objections/", objection(withheld="on"))
    own = text(client.get(f"/cases/postings/{hanging.pk}/"))
    assert "赵六" in own
    assert "石桥路口" in own
    for other in (house.client("helper", house.village), client_of(people.township), client_of(people.county)):
        assert "他家有小汽车" in text(other.get(f"/cases/postings/{hanging.pk}/"))
        for address in (f"/cases/postings/{hanging.pk}/", "/cases/postings/", f"/cases/{hanging.cases.get().pk}/"):
            page = text(other.get(address))
            assert "赵六" not in page
            assert "石桥路口" not in page


def test_a_list_is_taken_down_with_a_reason(people, client_of, hanging):
    client = client_of(people.village)
    assert client.post(f"/cases/postings/{hanging.pk}/down/", {"reason": ""}).status_code == 422
    answer = client.post(f"/cases/postings/{hanging.pk}/down/", {"reason": "写错人数"}, follow=True)
    assert "写错人数" in text(answer)
    assert "已撤下" in text(answer)
    assert "撤下公示" not in text(answer)


def test_those_who_only_look_get_no_forms_and_the_neighbour_no_page(house, people, client_of, hanging):
    helper = text(house.client("helper", house.village).get(f"/cases/postings/{hanging.pk}/"))
    for form in ("photos", "objections", "down"):
        assert f'action="/cases/postings/{hanging.pk}/{form}/"' not in helper
    near = client_of(people.neighbour)
    assert hanging.title not in text(near.get("/cases/postings/"))
    assert near.get(f"/cases/postings/new/{group(house)}").status_code == 404
    for part in ("", "pdf/"):
        assert near.get(f"/cases/postings/{hanging.pk}/{part}").status_code == 404
    for part in ("photos", "objections", "down"):
        assert near.post(f"/cases/postings/{hanging.pk}/{part}/", {}).status_code == 404


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_the_sheet_is_chinese_whoever_reads_it(house, people, client_of, hanging, language):
    people.village.language = language
    people.village.save()
    page = text(client_of(people.village).get(f"/cases/postings/{hanging.pk}/"))
    assert f'<html lang="{language}"' in page
    assert "公示" in sheet_of(page)


# --- for anybody -----------------------------------------------------------------------------------------------------


def test_anybody_reads_the_lists_that_hang_with_masked_names(posted, hanging):
    client = Client()
    assert hanging.title in text(client.get("/public/postings/"))
    page = text(client.get(f"/public/postings/{hanging.pk}/"))
    name = posted.subject_name
    assert name not in page
    assert name[0] in sheet_of(page)
    assert "noindex" in page
    assert "/households/" not in page
    assert posted.case_no not in page


def test_a_list_is_gone_from_the_web_with_its_last_day(people, posted):
    over = photographed(people, put_up(people, posted, starts_on=days_ago(20)))
    client = Client()
    assert over.title not in text(client.get("/public/postings/"))
    assert client.get(f"/public/postings/{over.pk}/").status_code == 404


def test_a_list_taken_down_or_kept_off_the_web_is_not_there(house, people, posted, hanging):
    client = Client()
    services.take_down(posting=hanging, by=people.village, reason="写错")
    kept_off = put_up(people, posted, starts_on=days_ago(1), on_the_web=False)
    for posting in (hanging, kept_off):
        assert client.get(f"/public/postings/{posting.pk}/").status_code == 404
    assert "现在没有公示" in text(client.get("/public/postings/"))


def test_the_setting_closes_the_public_lists(settings, hanging):
    settings.PUBLIC_POSTINGS = False
    assert Client().get("/public/postings/").status_code == 404
    assert Client().get(f"/public/postings/{hanging.pk}/").status_code == 404


def test_anybody_may_choose_the_language_of_the_frame(hanging):
    client = Client()
    client.post("/language/", {"language": "en", "next": "/public/postings/"})
    answer = client.get("/public/postings/")
    assert answer.status_code == 200
