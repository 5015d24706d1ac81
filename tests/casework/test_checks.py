"""An exit stands on every item of its list: rules decide as far as the files go, people answer the rest."""

from datetime import date

import pytest

from bangfu.casework import check_errors as errors
from bangfu.casework import checks, judging, services
from bangfu.casework.checks import items
from bangfu.casework.models import Case, Check
from bangfu.common.errors import NotAllowed
from bangfu.registry import services as registry
from tests.casework.making import days_ago, opened, procedure
from tests.registry.making import household, person

pytestmark = pytest.mark.django_db
CHECKED = procedure(id="checked", more={"propose": {"checks": "household_exit"}})
ANSWERS = ("food", "clothing", "measures", "consent")


@pytest.fixture
def case(people, home):
    return opened(people.village, home, CHECKED)


def by_id(case, on=None):
    return {item.item.id: item for item in items(case, on)}


def answered(people, case, name, met=True, source="", evidence="入户看过，有照片", **more):
    item = by_id(case)[name]
    return services.answer_check(
        case=case,
        item=name,
        by=people.village,
        met=met,
        source=source or item.open_to[0],
        evidence=evidence,
        **more,
    )


def against(case, step="propose", move="hand_in", on=None):
    case = Case.objects.select_related("version", "household", "village").get(pk=case.pk)
    place = case.version.read.step(step)
    return checks.obstacles([case], place, place.move(move), on or days_ago(0)).get(case.pk, [])


def test_what_nobody_knows_is_not_met_and_blocks(people, case):
    found = by_id(case)
    assert found["food"].met is None
    assert any(isinstance(each, errors.CheckUnknown) for each in against(case))
    with pytest.raises(errors.CheckUnknown):
        services.move(case_id=case.pk, move="hand_in", by=people.village)


def test_a_visit_answers_what_the_files_leave_open_with_its_evidence(people, case):
    answered(people, case, "food")
    item = by_id(case)["food"]
    assert (item.met, item.source, item.why) == (True, "visit", "入户看过，有照片")
    answered(people, case, "food", met=False, evidence="断粮")
    assert by_id(case)["food"].met is False
    assert any(isinstance(each, errors.CheckNotMet) and "不愁吃" in each.message for each in against(case))


def test_an_answer_without_evidence_or_from_elsewhere_is_refused(people, case):
    with pytest.raises(errors.CheckWithoutEvidence):
        answered(people, case, "food", evidence="  ")
    with pytest.raises(errors.CheckFromElsewhere):
        answered(people, case, "food", source="signature")
    with pytest.raises(errors.CheckNotAsked):
        services.answer_check(case=case, item="moon", by=people.village, met=True, source="visit", evidence="看过")
    with pytest.raises(NotAllowed):
        services.answer_check(case=case, item="food", by=people.township, met=True, source="visit", evidence="看过")
    assert not Check.objects.exists()


def test_what_a_rule_finds_is_mended_in_the_files_and_never_answered_away(people, house, home):
    by = house.officer("county_office")
    registry.save_household(
        by=by, household=home, values={"dangerous_house": True, "house_grade": "D"}, reason="入户登记"
    )
    registry_poor(home)
    case = opened(people.village, home, CHECKED)
    item = by_id(case, date(2020, 9, 30))["housing"]
    assert (item.met, item.source, item.open_to) == (False, "rule", ())
    with pytest.raises(errors.CheckByRule):
        services.answer_check(
            case=case,
            item="housing",
            by=people.village,
            met=True,
            source="department",
            evidence="其实没事",
            on=date(2020, 9, 30),
        )


def registry_poor(home):
    """As older files have it; casework takes it over."""
    type(home).objects.filter(pk=home.pk).update(
        household_type="01", poverty_status="0", first_identified=date(2016, 1, 1)
    )


def test_what_the_rules_said_is_kept_as_it_was_when_the_case_went_on(people, case):
    rows = [each for each in items(case) if each.source == checks.BY_RULE]
    checks.keep([case], CHECKED.step("propose"), days_ago(0), people.village)
    assert {row.item for row in Check.objects.filter(source="rule")} == {each.item.id for each in rows}
    checks.keep([case], CHECKED.step("propose"), days_ago(0), people.village)  # a second time changes nothing
    assert Check.objects.filter(source="rule").count() == len(rows)


def test_a_step_without_a_list_asks_nothing(people, home):
    case = opened(people.village, home)
    assert items(case) == []
    assert against(case) == []
    with pytest.raises(errors.CheckStepOver):
        services.answer_check(case=case, item="food", by=people.village, met=True, source="visit", evidence="看过")


@pytest.mark.parametrize(("labour", "stopped"), [("01", False), ("04", True)])
def test_a_stop_rule_forbids_the_approval_whatever_was_answered(people, house, labour, stopped):
    home = household(house.officer("county_office"), house.village, person(12, labor_capacity=labour))
    type(home).objects.filter(pk=home.pk).update(monitor_category="02")  # as older files have it
    case = opened(people.village, home, procedure(id="stopped", stop_rules=["MON-11"]))
    services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(9))
    told = against(case, "township", "pass")
    assert [type(each) for each in told] == ([errors.StopRuleHit] if stopped else [])
    assert against(case, "township", "back") == []


def test_a_stop_rule_that_nobody_can_answer_forbids_it_too(people, house):
    home = household(house.officer("county_office"), house.village, person(12, labor_capacity=""))
    type(home).objects.filter(pk=home.pk).update(monitor_category="02")
    case = opened(people.village, home, procedure(id="stopped", stop_rules=["MON-11"]))
    services.move(case_id=case.pk, move="hand_in", by=people.village, on=days_ago(9))
    assert [type(each) for each in against(case, "township", "pass")] == [errors.StopRuleUnknown]


def test_a_rule_that_counts_across_households_is_unknown_for_one_alone(case):
    judged = judging.judge([case], ["Q001"], date(2020, 9, 30))[case.pk]["Q001"]
    assert (judged.outcome, judged.why) == (judging.UNKNOWN, judging.ACROSS)


def test_many_households_are_judged_like_each_alone(people, homes):
    cases = [opened(people.village, home, CHECKED) for home in homes(5)]
    rules = ["EXI-03", "EXI-04", "EXI-06"]
    day = date(2020, 9, 30)
    together = judging.judge(cases, rules, day)
    for case in cases:
        alone = judging.judge([case], rules, day)[case.pk]
        assert {id: each.outcome for id, each in together[case.pk].items()} == {
            id: each.outcome for id, each in alone.items()
        }
