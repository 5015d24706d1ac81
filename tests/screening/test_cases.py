"""The examples of the rulebook, through the SQL that screens."""

from datetime import date

import pytest

from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import Case
from bangfu.screening.cases import run_cases
from bangfu.screening.errors import CaseWrong

DAY = date(2020, 9, 30)


def case(**given: object) -> Case:
    return Case.model_validate({"name": "一例", "as_of": DAY, "expect": {}, **given})


def outcome(book: RuleBook, rule: str, **given: object) -> str:
    [result] = run_cases(book, [case(**given, expect={rule: "hit"})])
    return result.got


@pytest.mark.req("B5")
def test_every_example_of_the_rulebook_comes_out_as_it_says(book: RuleBook) -> None:
    results = run_cases(book)
    assert len(results) > 400
    assert [(r.rule, r.case.name, r.expected, r.got) for r in results if not r.passed] == []


def test_two_heads_are_a_hit_one_is_clear_and_an_unknown_relation_is_unknown(book: RuleBook) -> None:
    heads = {"members": [{"relation_to_head": "01"}, {"relation_to_head": "01"}]}
    assert outcome(book, "Q021", household=heads) == "hit"
    assert (
        outcome(book, "Q021", household={"members": [{"relation_to_head": "01"}, {"relation_to_head": "02"}]})
        == "clear"
    )
    assert outcome(book, "Q021", household={"members": [{"relation_to_head": "01"}, {}]}) == "unknown"


def test_nobody_of_another_case_is_met(book: RuleBook) -> None:
    person = {"id_no": "99010119700101001X"}
    results = run_cases(book, [case(member=person, expect={"Q001": "clear"}) for _n in range(3)])
    assert [r.got for r in results] == ["clear"] * 3
    assert outcome(book, "Q001", household={"members": [person, person]}) == "hit"


def test_a_list_that_never_came_in_is_unknown_and_an_empty_one_is_known(book: RuleBook) -> None:
    person = {"id_no": "99010119700101001X"}
    home = {"household_type": "01", "members": [{**person, "relation_to_head": "01"}]}
    assert outcome(book, "Q181", household=home) == "unknown"
    assert outcome(book, "Q181", household=home, lists={"vehicle": []}) == "clear"
    assert outcome(book, "Q181", household=home, lists={"vehicle": [person]}) == "hit"


def test_a_case_without_a_row_of_the_grain_says_so(book: RuleBook) -> None:
    assert outcome(book, "Q021") == "none"


@pytest.mark.parametrize(
    "member", [{"no_such_column": 1}, {"birth_ymd": "spring"}, {"speaks_mandarin": "yes"}, {"age": 7}]
)
def test_a_column_that_is_not_there_or_a_wrong_value_is_refused(book: RuleBook, member: dict[str, object]) -> None:
    with pytest.raises(CaseWrong):
        outcome(book, "Q021", member=member)
