"""`bangfu measure` and `bangfu what-if`: answers, refusals in words, and exit statuses."""

import json
from pathlib import Path

import pytest

from tests.house.homes import Home

pytestmark = pytest.mark.req("B4")

AS_OF = "2020-09-30"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def snapshot(home: Home) -> Path:
    """A generated county as a snapshot, made without a database."""
    raw, out = home.folder / "raw", home.folder / "snapshot"
    for words in (
        ("generate", "--households", "600", "--seed", "5", "--out", raw),
        ("snapshot", "from", raw, "--out", out, "--as-of", AS_OF),
    ):
        done = home.bangfu(*words)
        assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_a_snapshot_is_measured_by_a_number_and_by_the_name_of_a_line(home: Home, snapshot: Path) -> None:
    by_number = home.facts("measure", "--snapshot", snapshot, "--line", "4000", "--by", "township")
    by_name = home.facts("measure", "--snapshot", snapshot, "--line", "exit_line", "--by", "township")
    assert by_number == by_name
    assert sum(group["people"] for group in by_number["groups"]) > 600
    (whole,) = home.facts("measure", "--snapshot", snapshot, "--line", "4000")["groups"]
    assert whole["poor_people"] == sum(group["poor_people"] for group in by_number["groups"])
    text = home.bangfu("measure", "--snapshot", snapshot, "--line", "4000").stdout
    assert f"{whole['people']:,.0f}" in text


def test_a_sheet_is_measured_with_its_weights_and_standard_errors(home: Home, tmp_path: Path) -> None:
    sheet = tmp_path / "a.csv"
    sheet.write_text("收入,权数\n50,1\n80,1\n100,1\n200,1\n", encoding="utf-8")
    (found,) = home.facts("measure", "--input", sheet, "--income", "收入", "--weight", "权数", "--line", "100")[
        "groups"
    ]
    assert (found["headcount_ratio"], found["poverty_gap"]) == (0.5, pytest.approx(0.175))
    assert found["standard_errors"]["headcount_ratio"] == pytest.approx(0.2887, abs=1e-4)


def test_the_index_is_measured_without_a_line(home: Home, snapshot: Path) -> None:
    found = home.facts("measure", "--snapshot", snapshot, "--index", "--by", "township")
    assert found["whole"]["people"] + found["whole"]["unknown_people"] > 600
    assert sum(area["people"] for area in found["areas"]) == found["whole"]["people"]


def test_another_line_tells_who_comes_in_and_at_what_cost(home: Home, snapshot: Path) -> None:
    words = ("what-if", "--snapshot", snapshot, "--set", "monitoring_line=9000", "--amount", "100")
    found = home.facts(*words)
    total = found["total"]
    assert total["people_in"] > 0
    assert float(found["cost"]) == 100 * (total["people_in"] - total["people_out"])
    assert f"新增 {total['households_in']:,} 户" in home.bangfu(*words).stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("measure", "--line", "exit_lime"), "SCR-061"),
        (("measure", "--line", "0"), "SCR-055"),
        (("measure", "--line", "4000", "--place", "980000"), "SCR-056"),
        (("what-if", "--set", "monitoring_line"), "SCR-062"),
        (("what-if", "--set", "monitoring_line=viel"), "SCR-062"),
        (("what-if", "--set", "no_such=1"), "SCR-061"),
        (("what-if", "--set", "monitoring_line=9000", "--rule", "Q028"), "SCR-063"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_sentence(
    home: Home, snapshot: Path, words: tuple[str, ...], code: str
) -> None:
    done = home.bangfu(*words, "--snapshot", snapshot)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(code)
    assert len(done.stderr.strip().splitlines()) == 1
    told = home.bangfu(*words, "--snapshot", snapshot, "--json")
    assert (told.returncode, json.loads(told.stdout)["error"]) == (1, code)


def test_without_a_snapshot_it_is_said_how_to_take_one(home: Home) -> None:
    for words in (("measure", "--line", "4000"), ("what-if", "--set", "monitoring_line=9000")):
        done = home.bangfu(*words)
        assert done.returncode == 1
        assert "快照" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("measure",),
        ("measure", "--line", "4000", "--by", "street"),
        ("measure", "--input", "a.csv", "--line", "4000"),
        ("measure", "--input", "a.csv", "--index"),
        ("measure", "--input", "a.csv", "--income", "x", "--line", "exit_line"),
        ("what-if",),
    ],
)
def test_wrong_words_are_told_from_refusals(home: Home, words: tuple[str, ...]) -> None:
    assert home.bangfu(*words).returncode == 2
