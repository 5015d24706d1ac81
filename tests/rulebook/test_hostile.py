"""No hostile condition reaches the engine."""

import os
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bangfu.rulebook import building
from bangfu.rulebook.errors import ConditionWrong
from tests.rulebook import hostile, small

# BANGFU_HOSTILE=300000 makes a long night of it.
NUMBER = int(os.environ.get("BANGFU_HOSTILE", "12000"))
CHECKER = small.checker()
JUDGE = hostile.Judge(CHECKER)


@pytest.mark.req("B2")
def test_of_thousands_of_hostile_conditions_only_plain_ones_come_through():
    told = hostile.throw(NUMBER, run_one_in=5)
    assert told["tried"] == NUMBER == told["refused"] + told["accepted"]
    # Both sides are tried: a checker that refuses everything proves nothing.
    assert told["accepted"] > NUMBER / 50
    assert told["refused"] > NUMBER / 2
    assert told["run"] >= told["accepted"] // 5 > 100


@pytest.mark.parametrize("attack", [each for each in hostile.ATTACKS if each])
def test_no_attack_comes_through_by_itself_or_in_a_condition(attack):
    for hole in hostile.HOLES:
        try:
            JUDGE.judge(CHECKER.check(hole.replace("{}", attack), "member"))
        except ConditionWrong:
            continue


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(hostile.PIECES), max_size=12).map(" ".join)))
def test_any_text_at_all_is_refused_in_words_or_harmless(text):
    try:
        expression = CHECKER.check(text, "member")
    except ConditionWrong as refusal:
        assert refusal.message
    else:
        JUDGE.judge(expression)


@pytest.mark.parametrize("depth", [10, 23, 24, 25, 40, 100, 1000, 100_000])
@pytest.mark.parametrize("nest", hostile.NESTS)
def test_no_depth_of_nesting_runs_the_checker_out_of_its_stack(depth, nest):
    before, after = nest
    with suppress(ConditionWrong):
        JUDGE.judge(CHECKER.check(before * depth + "disabled" + after * depth, "member"))


def test_a_checker_that_let_something_through_would_be_noticed(monkeypatch):
    """The judge itself is tried: a node that the checker lets pass by mistake is an error here."""
    monkeypatch.setitem(building._HANDLERS, building.exp.Length, ("_let_pass", frozenset({"this"})))
    monkeypatch.setattr(
        building.Walk,
        "_let_pass",
        lambda walk, node: building.kinds.whole(building.exp.func("getenv", building.exp.Literal.string("HOME")), 0, 9),
        raising=False,
    )
    with pytest.raises(AssertionError):
        JUDGE.judge(small.checker().check("length(name) > 1", "member"))


def test_the_judge_s_database_can_open_nothing():
    with pytest.raises(Exception, match=r"disabled|Permission"):
        JUDGE.connection.execute("SELECT * FROM read_csv('/etc/passwd')")
