"""The list of planted faults says all of them and nothing else: an oracle of its own finds exactly these."""

from itertools import pairwise

import pytest

from bangfu.sample import county_draft, services
from bangfu.sample.services import SampleCounty
from tests.sample.conftest import truth_of
from tests.sample.oracle import RULES, find


def differences(county: SampleCounty) -> dict[str, tuple[set[tuple[str, str]], set[tuple[str, str]]]]:
    """Per rule: whom the oracle finds beyond the list, and who is listed but not found."""
    found, listed = find(county.tables), truth_of(county.truth)
    rules = found.keys() | listed.keys()
    return {
        rule: (found.get(rule, set()) - listed.get(rule, set()), listed.get(rule, set()) - found.get(rule, set()))
        for rule in sorted(rules)
        if found.get(rule, set()) != listed.get(rule, set())
    }


@pytest.mark.req("B5")
def test_the_oracle_finds_in_the_county_exactly_what_was_planted(county: SampleCounty) -> None:
    assert differences(county) == {}


@pytest.mark.parametrize("seed", [1, 7, 20260101])
def test_it_does_so_for_small_counties_of_other_seeds(seed: int) -> None:
    assert differences(services.county_tables(households=900, seed=seed)) == {}


def test_a_county_without_planted_faults_has_none() -> None:
    clean = services.county_tables(households=6000, seed=11, faults_per_10000=0)
    assert len(clean.truth) == 0
    assert {rule: rows for rule, rows in find(clean.tables).items() if rows} == {}


@pytest.mark.req("B5")
def test_faults_of_more_than_80_kinds_break_more_than_75_rules(county: SampleCounty) -> None:
    rules = truth_of(county.truth)
    assert len(county_draft.KINDS) >= 80
    assert len(rules) >= 75
    assert rules.keys() <= RULES.keys()
    assert min(len(rows) for rows in rules.values()) >= 5


def test_a_village_that_reports_another_incidence_than_its_figures_give_is_listed(county: SampleCounty) -> None:
    rows = [row for row in county.truth.to_pylist() if row["grain"] == "village"]
    assert [(row["rule"], row["household_no"]) for row in rows] == [("Q176", None)]


def test_a_household_carries_one_fault_at_most(county: SampleCounty) -> None:
    rows = [r for r in county.truth.to_pylist() if r["household_no"]]
    planted: dict[str, set[str]] = {}
    for row in rows:
        planted.setdefault(row["household_no"], set()).add(row["planted"].split("而")[0][:4])
    pairs = pairwise(sorted(rows, key=lambda r: (r["household_no"], r["rule"])))
    assert all(
        (a["household_no"], a["rule"], a["person_no"]) != (b["household_no"], b["rule"], b["person_no"])
        for a, b in pairs
    )
    assert len(planted) > 500
