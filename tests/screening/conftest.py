"""Two generated counties with planted faults, as snapshots made without a database, screened once."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangfu.rulebook import services as rulebook
from bangfu.rulebook.book import RuleBook
from bangfu.sample import streams
from bangfu.screening.engine import screen
from bangfu.screening.outcomes import Outcomes
from bangfu.snapshot import services as snapshots
from bangfu.snapshot.store import Snapshot
from tests.screening.homes import book_with, homes  # noqa: F401

AS_OF = date(2020, 9, 30)
# A full county of so many households and a small one; as many faults in them as in a whole county of twenty thousand.
COUNTY_HOUSEHOLDS, HOUSEHOLDS = 4_000, 4_400
FAULTS_PER_10000 = 20
COUNTIES = ("990121", "990122")


@pytest.fixture(scope="session")
def book() -> RuleBook:
    return rulebook.book()


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """The tables of `bangfu generate` by seed, one county a file."""
    made: dict[int, Path] = {}

    def make(seed: int) -> Path:
        if seed not in made:
            made[seed] = tmp_path_factory.mktemp("raw") / str(seed)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(streams, "COUNTIES_A_FILE", 1)
                patch.setattr(streams, "COUNTY_HOUSEHOLDS", COUNTY_HOUSEHOLDS)
                for _done in streams.generate(made[seed], HOUSEHOLDS, seed, 1, FAULTS_PER_10000):
                    pass
        return made[seed]

    return make


@pytest.fixture(scope="session")
def snapshot(raw: Callable[[int], Path], tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return snapshots.from_folder(raw(7), tmp_path_factory.mktemp("snapshots") / "a", AS_OF)


@pytest.fixture(scope="session")
def changed(raw: Callable[[int], Path], tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The same first county; in the second one everything is different."""
    folder = tmp_path_factory.mktemp("changed") / "raw"
    shutil.copytree(raw(7), folder)
    for file in raw(8).rglob("0001.parquet"):
        shutil.copy(file, folder / file.relative_to(raw(8)))
    return snapshots.from_folder(folder, tmp_path_factory.mktemp("snapshots") / "b", AS_OF)


@pytest.fixture(scope="session")
def truth(raw: Callable[[int], Path]) -> pa.Table:
    return pq.read_table(raw(7) / "truth")


@pytest.fixture(scope="session")
def outcomes(snapshot: Snapshot, book: RuleBook, tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return screen(snapshot, book, as_of=AS_OF, out=tmp_path_factory.mktemp("screenings") / "a")


def found_by_rule(rows: pa.Table) -> dict[str, set[tuple[str, str]]]:
    """Who was found, as the list of planted faults names them: a work record counts for its person."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in rows.select(["rule", "household_no", "person_no"]).to_pylist():
        if row["household_no"]:
            found.setdefault(row["rule"], set()).add((row["household_no"], row["person_no"] or ""))
    return found
