"""Posted lists: how long, photographed near and far, objections taken and answered before anything goes on."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from bangfu.casework import meeting_errors as errors
from bangfu.casework import services
from bangfu.casework.models import Objection, Posting, PostingPhoto
from bangfu.casework.postings import draft_sheet, on_the_web_on
from bangfu.common.errors import NotAllowed
from bangfu.registry import errors as registry_errors
from tests.casework.making import days_ago, opened, procedure
from tests.registry.making import household, person
from tests.registry.test_papers import photo

RULE = {
    "days": 7,
    "board": {"zh": "村公示栏", "en": "board"},
    "columns": ["head_name", "group", "people", "category"],
    "basis": {"zh": "根据意见。", "en": "By the rules."},
}
POSTED = procedure(id="posted", more={"propose": {"kind": "posting", "posting": RULE}})


@pytest.fixture
def case(db, people, home):
    return opened(people.village, home, POSTED)


def put_up(people, *cases, starts_on=None, **more):
    return services.put_up(
        by=people.village,
        cases=list(cases),
        board="村委会公示栏",
        hotline="12317",
        starts_on=starts_on or days_ago(20),
        **more,
    )


def picture(name="board.png"):
    return SimpleUploadedFile(name, photo())


def photographed(people, posting):
    for view in ("near", "far"):
        services.add_photo(posting=posting, by=people.village, view=view, upload=picture(), taken_on=posting.starts_on)
    return posting


def onward(people, case, **more):
    return services.move(case_id=case.pk, move="hand_in", by=people.village, **more)


def test_what_hung_long_enough_with_photos_and_no_objection_goes_on(people, case):
    posting = photographed(people, put_up(people, case))
    assert (posting.ends_on - posting.starts_on).days == 6  # the first day counts, and the last
    assert onward(people, case).step == "township"


def test_without_a_posting_nothing_goes_on(people, case):
    with pytest.raises(errors.NotPosted):
        onward(people, case)


def test_the_last_day_still_hangs_and_the_next_is_free(people, case):
    posting = photographed(people, put_up(people, case))
    with pytest.raises(errors.PostingRunning):
        onward(people, case, on=posting.ends_on)
    onward(people, case, on=posting.ends_on + timedelta(days=1))


def test_a_board_without_a_far_view_does_not_count(people, case):
    posting = put_up(people, case)
    services.add_photo(posting=posting, by=people.village, view="near", upload=picture(), taken_on=posting.starts_on)
    with pytest.raises(errors.PhotoMissing) as refused:
        onward(people, case)
    assert "远景" in refused.value.message


def test_a_posting_that_ends_before_its_time_is_refused(people, case):
    for days in (-1, 0, 5):
        with pytest.raises(errors.PostingEndsEarly):
            put_up(people, case, ends_on=days_ago(20) + timedelta(days=days))
    assert not Posting.objects.exists()
    assert put_up(people, case, ends_on=days_ago(20) + timedelta(days=9)).ends_on == days_ago(11)


def test_a_list_cannot_have_hung_before_the_case_came_nor_hang_tomorrow(people, case):
    with pytest.raises(errors.PostingInPast):
        put_up(people, case, starts_on=days_ago(31))
    with pytest.raises(errors.DayWrong):
        put_up(people, case, starts_on=days_ago(-1))


def test_an_objection_holds_the_case_until_it_is_answered(people, case):
    posting = photographed(people, put_up(people, case))
    objection = services.object_to(
        posting=posting, by=people.village, text="他家有车", on=posting.starts_on, case=case, withheld=True
    )
    with pytest.raises(errors.ObjectionOpen):
        onward(people, case)
    services.answer(objection=objection, by=people.village, text="车是亲戚的", upheld=False, on=days_ago(12))
    onward(people, case)


def test_an_objection_upheld_sends_the_case_back(people, case):
    posting = photographed(people, put_up(people, case))
    objection = services.object_to(posting=posting, by=people.village, text="他家有车", on=posting.ends_on, case=case)
    services.answer(objection=objection, by=people.village, text="属实", upheld=True, on=days_ago(10))
    with pytest.raises(errors.ObjectionUpheld):
        onward(people, case)
    services.move(case_id=case.pk, move="withdraw", by=people.village, reason="异议成立")


def test_an_objection_against_one_household_does_not_hold_the_others(people, house, case):
    other = opened(people.village, household(house.officer("county_office"), house.village, person(9)), POSTED)
    posting = photographed(people, put_up(people, case, other))
    services.object_to(posting=posting, by=people.village, text="不实", on=posting.starts_on, case=case)
    onward(people, other)
    with pytest.raises(errors.ObjectionOpen):
        onward(people, case)


def test_objections_come_within_the_days_of_the_posting(people, case):
    posting = put_up(people, case)
    with pytest.raises(errors.PostingOver):
        services.object_to(posting=posting, by=people.village, text="迟了", on=posting.ends_on + timedelta(days=1))
    with pytest.raises(errors.PostingNotBegun):
        services.object_to(posting=posting, by=people.village, text="早了", on=posting.starts_on - timedelta(days=1))
    with pytest.raises(errors.ObjectionEmpty):
        services.object_to(posting=posting, by=people.village, text="  ", on=posting.starts_on)
    assert not Objection.objects.exists()


def test_an_objection_is_answered_once_with_words_and_a_verdict(people, case):
    posting = put_up(people, case)
    objection = services.object_to(posting=posting, by=people.village, text="不实", on=posting.starts_on)
    with pytest.raises(errors.AnswerEmpty):
        services.answer(objection=objection, by=people.village, text="看过", upheld=None, on=days_ago(1))
    services.answer(objection=objection, by=people.village, text="看过", upheld=False, on=days_ago(1))
    with pytest.raises(errors.ObjectionAnswered):
        services.answer(objection=objection, by=people.village, text="又看", upheld=True, on=days_ago(1))


def test_a_list_taken_down_no_longer_counts_and_must_hang_anew(people, case):
    posting = photographed(people, put_up(people, case))
    with pytest.raises(errors.NoReason):
        services.take_down(posting=posting, by=people.village, reason=" ")
    services.take_down(posting=posting, by=people.village, reason="名单有误")
    with pytest.raises(errors.NotPosted):
        onward(people, case)
    with pytest.raises(errors.PostingDown):
        services.object_to(posting=posting, by=people.village, text="不实", on=posting.starts_on)
    photographed(people, put_up(people, case, starts_on=days_ago(9)))
    onward(people, case)


def test_a_case_hangs_on_one_list_at_a_time(people, case):
    put_up(people, case, starts_on=days_ago(2))
    with pytest.raises(errors.AlreadyPosted):
        put_up(people, case, starts_on=days_ago(1))


def test_a_photo_that_is_no_picture_leaves_no_trace(people, case):
    posting = put_up(people, case)
    for name, content in (("a.png", b"not a picture"), ("a.png", b"\x89PNG\r\n\x1a\n\0\0"), ("a.png", b"")):
        with pytest.raises(registry_errors.BangfuError), transaction.atomic():
            services.add_photo(
                posting=posting,
                by=people.village,
                view="near",
                upload=SimpleUploadedFile(name, content),
                taken_on=posting.starts_on,
            )
    pdf = SimpleUploadedFile("a.pdf", b"%PDF-1.4\n%%EOF\n")
    with pytest.raises(errors.PhotoNotPicture):
        services.add_photo(posting=posting, by=people.village, view="near", upload=pdf, taken_on=posting.starts_on)
    with pytest.raises(errors.DayWrong):
        services.add_photo(
            posting=posting,
            by=people.village,
            view="near",
            upload=picture(),
            taken_on=posting.ends_on + timedelta(days=1),
        )
    assert not PostingPhoto.objects.exists()


def test_only_the_posts_of_the_step_put_up_and_answer(people, case):
    with pytest.raises(NotAllowed):
        services.put_up(by=people.neighbour, cases=[case], board="栏", hotline="12317", starts_on=days_ago(9))
    posting = put_up(people, case)
    with pytest.raises(NotAllowed):
        services.object_to(posting=posting, by=people.county, text="不实", on=posting.starts_on)


@pytest.mark.parametrize("column", ["address", "phone", "remark", "bank_account"])
def test_nothing_of_the_household_but_its_name_group_size_and_class_reaches_the_list(people, house, column):
    secret = {
        "address": "秘密住址",
        "phone": "13812345678",
        "remark": "患艾滋病",
        "bank_account": "6222021234567890123",
    }
    home = household(house.officer("county_office"), house.village, person(3), **secret)
    posting = put_up(people, opened(people.village, home, POSTED, note="患重病，电话13812345678"))
    assert secret[column] not in str(posting.sheet)
    assert home.members.first().id_no not in str(posting.sheet)
    assert "13812345678" not in str(posting.sheet)


def test_a_group_named_like_a_phone_never_hangs(people, house):
    home = household(house.officer("county_office"), house.village, person(3), group_name="13812345678")
    with pytest.raises(errors.SheetHoldsNumbers):
        put_up(people, opened(people.village, home, POSTED))
    assert not Posting.objects.exists()


def test_what_a_list_says_of_each_case_stands_in_columns_too(people, house, case):
    other = opened(people.village, household(house.officer("county_office"), house.village, person(60)), POSTED)
    posting = put_up(people, case, other)
    told = {line.case_id: (line.head_name, line.people, line.monitor_category) for line in posting.lines.all()}
    assert told == {
        case.pk: (case.household.head_name, 2, ""),
        other.pk: (other.household.head_name, 1, ""),
    }


def test_the_draft_is_the_list_that_is_put_up(people, case):
    draft = draft_sheet([case], board="村委会公示栏", hotline="12317", starts_on=days_ago(20))
    assert put_up(people, case).sheet_hash == draft.sha256


def test_on_the_web_are_the_lists_that_hang_and_may_be_shown(people, house, case):
    posting = put_up(people, case, starts_on=days_ago(2))
    assert list(on_the_web_on(days_ago(0))) == [posting]
    assert not on_the_web_on(posting.ends_on + timedelta(days=1)).exists()
    services.take_down(posting=posting, by=people.village, reason="名单有误")
    put_up(people, case, starts_on=days_ago(1), on_the_web=False)
    assert not on_the_web_on(days_ago(0)).exists()
