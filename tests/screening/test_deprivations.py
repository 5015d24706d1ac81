"""The multidimensional index of a snapshot, against one reckoned by hand; unknown stays unknown."""

from pathlib import Path

import pytest

from bangfu.common.errors import PolicyFileWrong
from bangfu.rulebook import services as rulebook
from bangfu.rulebook.errors import ConditionWrong
from bangfu.screening.deprivations import Deprivations, check_files, deprivations, income_lines, index_of_snapshot
from bangfu.screening.measuring_errors import NothingToMeasure
from tests.screening.homes import AS_OF, FIGURES, REAL

# The homes are taken from a database, which is made only where some test says that it needs one.
pytestmark = [pytest.mark.req("B4"), pytest.mark.django_db]

WATER = "safe_water_solved IS NOT TRUE"


def two(income="per_capita_net_income < $line", water=WATER, cutoff=0.5) -> Deprivations:
    def dimension(name, condition):
        indicator = {"id": name, "label": {"zh": name, "en": name}, "weight": 0.5, "deprived": condition}
        return {"id": name, "label": {"zh": name, "en": name}, "weight": 0.5, "indicators": [indicator]}

    return Deprivations.model_validate(
        {
            "source": {"document": "试"},
            "cutoff": cutoff,
            "dimensions": [dimension("income", income), dimension("water", water)],
        }
    )


def test_the_index_of_four_people_is_the_one_worked_out_by_hand(homes, book_with):
    """Known are 1 person poor in both, 2 poor in income, 1 poor in water; 3 people of unknown income are left out."""
    found = index_of_snapshot(homes, book_with(), two(), as_of=AS_OF, place="990121", digits=9)
    whole = found.whole
    assert (whole.people, whole.poor_people, whole.unknown_people) == (4, 4, 3)
    assert (whole.headcount_ratio, whole.intensity, whole.index) == (1.0, 0.625, 0.625)
    assert whole.headcounts == {"income": 0.75, "water": 0.5}
    assert whole.contributions == pytest.approx({"income": 0.6, "water": 0.4})
    assert [(area.name, area.people, area.index) for area in found.areas] == [
        ("990121100", 1.0, 0.5),
        ("990121200", 3.0, pytest.approx(2 / 3)),
    ]
    strict = index_of_snapshot(homes, book_with(), two(cutoff=1.0), as_of=AS_OF, digits=0)
    assert (strict.whole.poor_people, strict.whole.index, strict.areas) == (1, 0.25, [])


def test_an_indicator_whose_figure_nobody_has_said_leaves_everybody_unknown_and_says_so(homes, book_with):
    later = FIGURES.replace("from: 2014-01-01", "from: 2030-01-01")
    found = index_of_snapshot(homes, book_with(figures=later), two(), as_of=AS_OF)
    assert list(found.not_run) == ["income"]
    assert "line" in found.not_run["income"]
    assert (found.whole.people, found.whole.unknown_people, found.whole.index) == (0, 7, None)


def test_a_place_of_which_the_snapshot_has_nobody_is_said(homes, book_with):
    with pytest.raises(NothingToMeasure, match="SCR-056"):
        index_of_snapshot(homes, book_with(), two(), as_of=AS_OF, place="990199")


def test_the_nations_measures_fit_the_nations_book():
    check_files(rulebook.book(), REAL.parent)
    given = deprivations(REAL.parent)
    assert sum(given.weights().values()) == 1
    for dimension in given.dimensions:
        assert sum(each.weight for each in dimension.indicators) == pytest.approx(dimension.weight)
    assert set(income_lines(REAL.parent)) <= rulebook.book().figures.keys()


def _spoilt(tmp_path: Path, before: str, after: str) -> Path:
    folder = tmp_path / "china" / "measures"
    folder.mkdir(parents=True)
    for file in (REAL / "measures").iterdir():
        text = file.read_text(encoding="utf-8")
        (folder / file.name).write_text(text.replace(before, after, 1), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("before", "after", "error"),
    [
        ("deprived: has_child_out_of_school", "deprived: has_child_out_of_shool", ConditionWrong),
        ("weight: 0.125", "weight: heavy", PolicyFileWrong),
        ("weight: 0.125", "weight: 0.2", PolicyFileWrong),
        ("cutoff: 0.33", "cutoff: 1.5", PolicyFileWrong),
        ("exit_line", "exit_lime", PolicyFileWrong),
    ],
)
def test_a_wrong_file_of_measures_is_refused(tmp_path, before, after, error):
    with pytest.raises(error):
        check_files(rulebook.book(), _spoilt(tmp_path, before, after))
