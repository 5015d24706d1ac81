"""`bangfu procedures list|check`."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from bangfu.casework import loading
from bangfu.commands.procedures import command
from bangfu.rulebook import services
from tests.casework.files import SMALL


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    loading.forget()


def run(*words: str) -> tuple[int, dict[str, Any]]:
    answer = CliRunner().invoke(command, [*words, "--json"], catch_exceptions=False)
    return answer.exit_code, json.loads(answer.stdout)


@pytest.mark.req("B1")
def test_procedures_of_a_place_and_day_are_listed_with_their_steps():
    code, told = run("list", "--place", "990121", "--as-of", "2020-09-30")
    assert code == 0
    procedures = {each["id"]: each for each in told["procedures"]}
    assert procedures["monitoring_entry"]["place"] == "990121"
    assert procedures["identification"]["place"] == ""
    steps = {step["id"]: step for step in procedures["monitoring_entry"]["steps"]}
    assert steps["village_posting"]["posting_days"] == 7
    assert {check["id"] for check in told["exit_checks"]} == {"household_exit", "village_exit"}


def test_the_check_counts_what_it_found():
    code, told = run("check")
    assert (code, told["faults"]) == (0, [])
    assert told["procedures"] >= 12


def test_the_check_tells_every_fault_with_its_place_and_fails(settings):
    own = services.home_places() / "977001" / "procedures"
    own.mkdir(parents=True)
    (own.parent / "place.yaml").write_text("code: '977001'\nlabel: {zh: 云岭县, en: Yunling}\n", encoding="utf-8")
    text = SMALL.replace("    checks: small_exit\n", "").replace("[county_office]", "[county_ofice]")
    (own / "small.yaml").write_text(text, encoding="utf-8")
    code, told = run("check")
    assert code == 1
    assert [(fault["where"], fault["proposal"]) for fault in told["faults"]] == [
        ("approval", "是否应为“county_office”")
    ]


def test_a_place_that_is_no_code_is_refused():
    answer = CliRunner().invoke(command, ["list", "--place", "云岭"])
    assert answer.exit_code == 1
    assert "RUL-006" in answer.output
