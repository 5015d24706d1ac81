"""The page of a case: what may be done and what stands against it; nothing typed is lost, nobody overwrites another."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from bangfu.casework import eligibility, services
from bangfu.casework.models import Case, CasePaper, Check
from bangfu.casework.procedures import Channel
from bangfu.registry import services as registry
from bangfu.rulebook.models import Purpose
from tests.casework.making import days_ago, opened, procedure, words
from tests.registry.test_papers import photo
from tests.web_casework.conftest import text

pytestmark = [pytest.mark.req("B3"), pytest.mark.django_db]
QUESTIONS = [
    {"id": "ill", "label": words("家里有人生病吗"), "kind": "yes_no"},
    {"id": "spent", "label": words("花了多少钱"), "kind": "number", "required": False},
]


def pressed(case, move, **more):
    return {"move": move, "on": timezone.localdate().isoformat(), "seen": case.moves, **more}


def test_the_page_says_where_it_stands_who_acts_and_draws_the_way(people, client_of, case):
    page = text(client_of(people.village).get(f"/cases/{case.pk}/"))
    for told in (case.subject_name, case.case_no, "小程序", "村级提出", "现在要办", "<svg", "办理经过", "开案"):
        assert told in page
    assert page.count('name="move"') == 2


def test_a_move_goes_on_and_is_told(people, client_of, case):
    client = client_of(people.village)
    answer = client.post(f"/cases/{case.pk}/move/", pressed(case, "hand_in", reason="情况属实"), follow=True)
    case.refresh_from_db()
    assert case.step == "township"
    assert "已办理" in text(answer)
    assert "情况属实" in text(answer)
    assert "本环节由" in text(answer)


def test_what_stands_against_a_move_is_said_on_the_page_instead_of_a_button(people, client_of, home):
    paper = {"id": "form", "label": words("申请书")}
    case = opened(people.village, home, procedure(more={"propose": {"papers": [paper]}}))
    page = text(client_of(people.village).get(f"/cases/{case.pk}/"))
    assert "还不能办" in page
    assert "申请书" in page
    assert 'value="hand_in"' not in page
    assert 'value="withdraw"' in page


def test_a_refused_move_keeps_what_was_typed(people, client_of, home):
    case = opened(people.village, home, procedure(more={"propose": {"questions": QUESTIONS}}))
    answer = client_of(people.village).post(
        f"/cases/{case.pk}/move/", pressed(case, "hand_in", reason="说到一半", **{"answer-spent": "321.5"})
    )
    assert answer.status_code == 422
    assert "家里有人生病吗" in text(answer)
    assert "说到一半" in text(answer)
    assert 'value="321.5"' in text(answer)
    case.refresh_from_db()
    assert case.step == "propose"


def test_a_word_in_a_number_field_is_refused_under_the_field(people, client_of, home):
    case = opened(people.village, home, procedure(more={"propose": {"questions": QUESTIONS}}))
    answer = client_of(people.village).post(
        f"/cases/{case.pk}/move/", pressed(case, "hand_in", **{"answer-ill": "yes", "answer-spent": "很多"})
    )
    assert answer.status_code == 422
    assert "很多" in text(answer)


def test_answers_are_read_back_in_words(people, client_of, home):
    case = opened(people.village, home, procedure(more={"propose": {"questions": QUESTIONS}}))
    client = client_of(people.village)
    client.post(f"/cases/{case.pk}/move/", pressed(case, "hand_in", **{"answer-ill": "yes", "answer-spent": "12"}))
    page = text(client.get(f"/cases/{case.pk}/"))
    assert "家里有人生病吗" in page
    assert "<dd>是</dd>" in page


def test_the_second_of_two_officers_is_told_that_the_first_was_there(people, client_of, case):
    given = pressed(case, "hand_in")
    assert client_of(people.village).post(f"/cases/{case.pk}/move/", given).status_code == 302
    answer = client_of(people.secretary).post(f"/cases/{case.pk}/move/", given)
    assert answer.status_code == 422
    assert "已由他人办理" in text(answer)
    assert Case.objects.get(pk=case.pk).moves == case.moves + 1


def test_a_move_that_is_not_there_or_not_theirs_is_refused(people, client_of, case):
    assert client_of(people.village).post(f"/cases/{case.pk}/move/", pressed(case, "fly")).status_code == 422
    answer = client_of(people.township).post(f"/cases/{case.pk}/move/", pressed(case, "hand_in"))
    assert answer.status_code in (403, 422)
    assert Case.objects.get(pk=case.pk).step == "propose"


def test_a_reason_that_a_move_needs_is_asked_for(people, client_of, case):
    answer = client_of(people.village).post(f"/cases/{case.pk}/move/", pressed(case, "withdraw"))
    assert answer.status_code == 422
    client_of(people.village).post(f"/cases/{case.pk}/move/", pressed(case, "withdraw", reason="本人撤回"))
    page = text(client_of(people.village).get(f"/cases/{case.pk}/"))
    assert "撤回" in page
    assert "办结" in page
    assert 'name="move"' not in page


def test_what_changed_since_the_case_was_handed_in_is_shown_and_must_be_noted(people, client_of, at_township):
    (case,) = at_township(1)
    case.household.__class__.objects.filter(pk=case.household_id).update(address="新搬的地方", main_cause="01")
    client = client_of(people.township)
    page = text(client.get(f"/cases/{case.pk}/"))
    assert "提交以后户档有变化" in page
    assert 'name="noted"' in page
    assert client.post(f"/cases/{case.pk}/move/", pressed(case, "pass")).status_code == 422
    assert client.post(f"/cases/{case.pk}/move/", pressed(case, "pass", noted="on")).status_code == 302
    assert "已知悉" in text(client.get(f"/cases/{case.pk}/"))


def test_papers_are_added_seen_and_taken_away_with_a_reason(people, client_of, home):
    paper = {"id": "form", "label": words("申请书")}
    case = opened(people.village, home, procedure(more={"propose": {"papers": [paper]}}))
    client = client_of(people.village)
    given = {"wanted": "form", "title": "手写的申请", "upload": SimpleUploadedFile("a.png", photo())}
    assert client.post(f"/cases/{case.pk}/papers/", given).status_code == 302
    kept = CasePaper.objects.get()
    assert "手写的申请" in text(client.get(f"/cases/{case.pk}/"))
    shown = client.get(f"/cases/{case.pk}/papers/{kept.pk}/")
    assert shown.headers["Content-Type"] == "image/png"
    assert client_of(people.neighbour).get(f"/cases/{case.pk}/papers/{kept.pk}/").status_code == 404
    assert client.get(f"/cases/{case.pk}/papers/{kept.pk}/remove/").status_code == 200
    assert client.post(f"/cases/{case.pk}/papers/{kept.pk}/remove/", {"reason": ""}).status_code == 422
    assert client.post(f"/cases/{case.pk}/papers/{kept.pk}/remove/", {"reason": "传错了"}).status_code == 302
    assert client.get(f"/cases/{case.pk}/papers/{kept.pk}/").status_code == 404


def test_what_is_no_paper_is_refused_in_words(people, client_of, home):
    paper = {"id": "form", "label": words("申请书")}
    case = opened(people.village, home, procedure(more={"propose": {"papers": [paper]}}))
    given = {"wanted": "form", "title": "程序", "upload": SimpleUploadedFile("a.png", b"MZ not a picture")}
    answer = client_of(people.village).post(f"/cases/{case.pk}/papers/", given)
    assert answer.status_code == 422
    assert not CasePaper.objects.exists()


def test_exit_checks_are_shown_and_answered_with_their_evidence(people, client_of, home):
    case = opened(people.village, home, procedure(id="checked", more={"propose": {"checks": "household_exit"}}))
    client = client_of(people.village)
    page = text(client.get(f"/cases/{case.pk}/"))
    assert "不清楚" in page
    assert f'action="/cases/{case.pk}/checks/food/"' in page
    source = services_open_to(case, "food")
    given = {"check-food-met": "yes", "check-food-source": source, "check-food-on": days_ago(1).isoformat()}
    refused = client.post(f"/cases/{case.pk}/checks/food/", given)
    assert refused.status_code == 422
    given["check-food-evidence"] = "入户看过米缸"
    assert client.post(f"/cases/{case.pk}/checks/food/", given).status_code == 302
    assert Check.objects.get(item="food").met is True
    assert "入户看过米缸" in text(client.get(f"/cases/{case.pk}/"))


def services_open_to(case, name):
    from bangfu.casework.checks import items

    found = next(item for item in items(case) if item.item.id == name)
    return found.open_to[0].value


def test_an_item_that_is_not_on_the_list_is_refused(people, client_of, home):
    case = opened(people.village, home, procedure(id="checked", more={"propose": {"checks": "household_exit"}}))
    assert client_of(people.village).post(f"/cases/{case.pk}/checks/nonsense/", {}).status_code in (400, 404)


def test_a_case_that_was_granted_says_so_here_and_on_the_page_of_the_household(people, client_of, home):
    case = opened(people.village, home)
    services.move(case_id=case.pk, move="hand_in", by=people.village)
    services.move(case_id=case.pk, move="pass", by=people.township)
    services.move(case_id=case.pk, move="approve", by=people.county)
    client = client_of(people.village)
    assert "tag-green" in text(client.get(f"/cases/{case.pk}/"))
    household = text(client.get(f"/households/{home.pk}/"))
    assert case.case_no in household


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_the_page_opens_in_every_language(people, client_of, case, language):
    people.village.language = language
    people.village.save()
    answer = client_of(people.village).get(f"/cases/{case.pk}/")
    assert answer.status_code == 200
    assert f'lang="{language}"' in text(answer)


@pytest.mark.req("B2")
def test_the_page_tells_on_asking_which_rules_of_eligibility_apply_and_from_which_figures(people, client_of, home):
    registry.record_income(
        by=people.county,
        household=home,
        year=2020,
        window_start=date(2019, 10, 1),
        window_end=date(2020, 9, 30),
        members_counted=None,
        items=[{"code": "wage.local", "amount": Decimal(3000)}],
        reason="核算",
    )
    taken_in = services.open_case(by=people.village, procedure="identification", household=home, channel=Channel.SWEEP)
    reasons = eligibility.reasons(taken_in, date(2020, 10, 15))
    low = next(each for each in reasons[Purpose.ELIGIBILITY] if each.rule_id == "ELI-01")
    assert (low.applies, "1500" in low.why.replace(",", "")) == (True, True)
    assert {each.applies for each in reasons[Purpose.REFUSAL]} <= {True, False, None}
    assert len(reasons[Purpose.PRIORITY]) == 5
    assert len(reasons[Purpose.REFUSAL]) == 7
    client = client_of(people.village)
    page = text(client.get(f"/cases/{taken_in.pk}/"))
    assert f"/cases/{taken_in.pk}/eligibility/" in page
    part = text(client.get(f"/cases/{taken_in.pk}/eligibility/"))
    assert "当年的标准还没有公布" in part, "no line is known for today, and the page says so"
    assert part.count("check-row") == sum(map(len, eligibility.reasons(taken_in).values()))
    assert client_of(people.neighbour).get(f"/cases/{taken_in.pk}/eligibility/").status_code == 404


def test_a_case_that_takes_nobody_in_asks_for_no_eligibility(people, client_of, case):
    page = text(client_of(people.village).get(f"/cases/{case.pk}/"))
    assert "/eligibility/" not in page
