"""Applications at the counter and by the public form."""

import pytest

from bangfu.audit.models import Entry
from bangfu.casework import errors, services
from bangfu.casework.models import Application, Case
from bangfu.casework.policy import policy
from bangfu.casework.procedures import Channel
from bangfu.common.errors import NotAllowed
from tests.casework.making import procedure
from tests.registry.making import household, person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
FORM = {"channel": Channel.PUBLIC_FORM, "head_name": "张三", "phone": "13812345678", "difficulty": "房屋漏雨"}


def sent(village, sender="a", **changes):
    return services.apply(by=None, village=village, **{**FORM, "sender": services.sender_mark(sender), **changes})


def at_the_counter(by, village, **changes):
    given = {**FORM, "channel": Channel.APPLICATION, "phone": "", **changes}
    return services.apply(by=by, village=village, **given)


@pytest.mark.req("B7")
def test_a_public_form_is_taken_in_without_the_address_it_came_from(house):
    made = sent(house.village, "203.0.113.7")
    assert made.state == "new"
    assert len(made.sender) == 32
    assert "203" not in made.sender
    assert Entry.objects.get(action="application.received").actor_id is None


def test_one_sender_an_hour_sends_only_so_many(house):
    most = policy().public_form.most_by_sender_an_hour
    taken = 0
    for _each in range(40):
        try:
            sent(house.village)
            taken += 1
        except errors.TooManyApplications:
            continue
    assert (taken, Application.objects.count()) == (most, most)
    sent(house.village, "somebody else")


def test_a_village_a_day_is_sent_only_so_many_whoever_sends(house, monkeypatch):
    form = policy().public_form.model_copy(update={"most_by_village_a_day": 7})
    monkeypatch.setattr(
        "bangfu.casework.applications.policy", lambda: policy().model_copy(update={"public_form": form})
    )
    for each in range(7):
        sent(house.village, str(each))
    with pytest.raises(errors.TooManyApplications):
        sent(house.village, "8")
    sent(house.other_village, "8")


def test_the_counter_has_no_limit(house, people):
    for _each in range(policy().public_form.most_by_sender_an_hour + 2):
        at_the_counter(people.village, house.village)
    assert Application.objects.count() == policy().public_form.most_by_sender_an_hour + 2


@pytest.mark.parametrize("field", ["head_name", "difficulty", "phone"])
def test_a_form_with_a_gap_is_refused(house, field):
    with pytest.raises(errors.ApplicationIncomplete):
        sent(house.village, **{field: " \n"})


@pytest.mark.parametrize("phone", ["abc", "1381234567813812345678", "<script>", "12", "138 1234 567x"])
def test_what_is_no_phone_is_refused(house, phone):
    with pytest.raises(errors.PhoneWrong):
        sent(house.village, phone=phone)


@pytest.mark.parametrize(
    "phone", ["13812345678", "138 1234 5678", "１３８１２３４５６７８", "0851-85281234", "+8613812345678"]
)
def test_phones_are_taken_as_people_write_them(house, phone):
    assert sent(house.village, phone=phone).phone.replace("-", "").lstrip("+").isdigit()


def test_markup_stays_text(house):
    text = "<img src=x onerror=alert(1)>"
    made = sent(house.village, head_name=text, difficulty=text)
    again = Application.objects.get(pk=made.pk)
    assert (again.head_name, again.difficulty) == (text, text)


def test_a_text_that_is_too_long_is_refused_not_cut(house):
    with pytest.raises(errors.TextTooLong):
        sent(house.village, difficulty="难" * 401)


def test_an_area_that_is_no_village_is_refused(house):
    with pytest.raises(errors.VillageWrong):
        sent(house.township)


def test_the_village_next_door_takes_nothing_in(house, people):
    with pytest.raises(NotAllowed):
        at_the_counter(people.village, house.neighbour_village)


@pytest.mark.req("B7")
def test_an_application_that_is_accepted_opens_a_case(house, people, home):
    made = sent(house.village)
    case = services.accept(application=made, by=people.village, household=home, procedure=procedure())
    made.refresh_from_db()
    assert (made.state, made.decided_by, made.household) == ("accepted", people.village, home)
    assert (case.application, case.channel, case.note) == (made, "public_form", "房屋漏雨")


def test_an_application_is_decided_once(house, people, home):
    made = sent(house.village)
    services.decline(application=made, by=people.village, note="与上次申请重复")
    with pytest.raises(errors.ApplicationDecided):
        services.accept(application=made, by=people.village, household=home, procedure=procedure())
    assert Case.objects.count() == 0


def test_declining_wants_a_reason(house, people):
    with pytest.raises(errors.ApplicationIncomplete):
        services.decline(application=sent(house.village), by=people.village, note="")


def test_an_application_is_not_accepted_for_a_household_elsewhere(house, people):
    elsewhere = household(house.officer("county_office"), house.other_village, person(50))
    with pytest.raises(errors.SubjectElsewhere):
        services.accept(application=sent(house.village), by=people.county, household=elsewhere, procedure=procedure())


def test_an_application_whose_case_is_refused_stays_new(house, people, home):
    made = sent(house.village)
    with pytest.raises(errors.RecognitionUnfit):
        services.accept(
            application=made,
            by=people.village,
            household=home,
            procedure=procedure(opening={"recognised": ["poor"]}),
        )
    made.refresh_from_db()
    assert made.state == "new"
