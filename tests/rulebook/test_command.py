"""`bangfu rules list|check|test`."""

import json

import pytest
from click.testing import CliRunner

from bangfu.commands.rules import command
from bangfu.rulebook import services
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import Case


def run(*words: str) -> tuple[int, dict]:
    answer = CliRunner().invoke(command, [*words, "--json"], catch_exceptions=False)
    return answer.exit_code, json.loads(answer.stdout)


def test_rules_in_force_are_listed_with_their_figures():
    code, told = run("list", "--as-of", "2020-09-30")
    assert code == 0
    rules = {rule["id"]: rule for rule in told["rules"]}
    assert rules["Q102"]["figures"]["monitoring_line"] == "5000"
    assert "人均纯收入小于" in rules["Q102"]["in_words"]
    assert told["waiting"] and told["sha256"] == services.book().sha256


def test_a_figure_that_is_not_known_on_the_day_is_named():
    _code, told = run("list", "--as-of", "1999-01-01")
    missing = [figure for rule in told["rules"] for figure in rule["missing"]]
    assert missing and all("1999-01-01" in figure["message"] for figure in missing)


def test_the_check_counts_what_it_found():
    code, told = run("check")
    assert (code, told["faults"], told["gaps"]) == (0, [], [])
    assert told["rules"] >= 90 and told["figures"] and told["cases"]


def test_the_check_tells_every_fault_of_a_place_and_fails(settings):
    own = services.home_places() / "977001"
    own.mkdir(parents=True)
    (own / "place.yaml").write_text("code: '977001'\nlabel: {zh: 云岭县, en: Yunling}\n", encoding="utf-8")
    (own / "rules.yaml").write_text("rules:\n\t- id: X\n", encoding="utf-8")
    code, told = run("check", "--place", "977001")
    assert code == 1
    assert [(fault["line"], fault["reason"]) for fault in told["faults"]] == [(2, "这一行用了制表符（Tab）缩进")]
    assert run("check", "--place", "977002")[0] == 0


@pytest.mark.req("B2")
def test_cases_are_tried_and_one_that_does_not_come_out_fails(monkeypatch):
    code, told = run("test", "--rule", "Q021")
    assert code == 0 and told["failed"] == [] and told["checks"] >= 3
    good = services.book()
    wrong = Case.model_validate(
        {
            "name": "只有一名户主",
            "as_of": "2020-09-30",
            "household": {"members": [{"relation_to_head": "01"}]},
            "expect": {"Q021": "hit"},
        }
    )
    other = RuleBook(**{**{name: getattr(good, name) for name in good.__dataclass_fields__}, "cases": (wrong,)})
    monkeypatch.setattr(services, "book", lambda place="": other)
    code, told = run("test")
    assert code == 1
    assert told["failed"] == [{"rule": "Q021", "case": "只有一名户主", "expected": "hit", "got": "clear"}]


def test_a_rule_that_does_not_exist_is_said_to_be_none():
    answer = CliRunner().invoke(command, ["test", "--rule", "Q999"])
    assert answer.exit_code == 1
    assert "没有规则 Q999" in answer.output
