"""Every planted fault is found and nothing else: recall 1.0 and precision 1.0, rule by rule."""

import pyarrow as pa
import pytest

from bangfu.rulebook.book import RuleBook
from bangfu.screening.outcomes import Outcomes
from tests.sample.conftest import truth_of
from tests.screening.conftest import found_by_rule

Found = dict[str, set[tuple[str, str]]]


def differences(found: Found, planted: Found) -> dict[str, tuple[set[tuple[str, str]], set[tuple[str, str]]]]:
    """Per rule: whom the screening finds beyond the list, and who is listed but not found."""
    return {
        rule: (found.get(rule, set()) - planted[rule], planted[rule] - found.get(rule, set()))
        for rule in sorted(planted)
        if found.get(rule, set()) != planted[rule]
    }


@pytest.mark.req("B5")
def test_in_generated_counties_exactly_the_planted_faults_are_found(
    outcomes: Outcomes, book: RuleBook, truth: pa.Table
) -> None:
    planted = truth_of(truth)
    assert planted.keys() <= book.rules.keys()
    assert len(planted) > 75
    found = found_by_rule(outcomes.rows(rules=sorted(planted)))
    assert differences(found, planted) == {}


def test_a_fault_that_is_not_found_and_one_that_is_not_there_are_both_noticed() -> None:
    assert differences({"Q001": {("1", "")}}, {"Q001": {("2", "")}}) == {"Q001": ({("1", "")}, {("2", "")})}
