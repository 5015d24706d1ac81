"""The multidimensional measure: its weights add up, and its conditions are conditions of households."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from bangfu.common.facts import schema
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.loading import load

FILE = "china/measures/multidimensional.yaml"


@pytest.fixture(scope="module")
def measure() -> Mapping[str, Any]:
    read: Mapping[str, Any] = yaml.safe_load((Path(settings.POLICY) / FILE).read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load(Path(settings.POLICY), schema())


def exact(number: float) -> Fraction:
    return Fraction(str(number))


def test_the_weights_of_indicators_add_up_to_their_dimension_and_all_to_one(measure):
    for dimension in measure["dimensions"]:
        assert sum(exact(each["weight"]) for each in dimension["indicators"]) == exact(dimension["weight"])
    assert sum(exact(dimension["weight"]) for dimension in measure["dimensions"]) == 1
    assert 0 < exact(measure["cutoff"]) <= 1


def test_education_health_living_standard_and_income_count_alike(measure):
    weights = {dimension["id"]: exact(dimension["weight"]) for dimension in measure["dimensions"]}
    assert weights == dict.fromkeys(("education", "health", "living", "income"), Fraction(1, 4))


def test_the_cutoff_needs_more_than_one_dimension_to_fail(measure):
    assert exact(measure["cutoff"]) > max(exact(dimension["weight"]) for dimension in measure["dimensions"])


def test_every_deprivation_is_a_condition_of_a_household(measure, book):
    indicators = [each for dimension in measure["dimensions"] for each in dimension["indicators"]]
    assert len({each["id"] for each in indicators}) == len(indicators)
    for each in indicators:
        assert book.checker.check(each["deprived"], "household").kind.value == "flag"
