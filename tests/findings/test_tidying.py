"""Old snapshots and outcomes go; what is looked back upon stays."""

import json
import os
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bangfu.audit.models import Entry
from bangfu.commands import snapshot as commands
from bangfu.findings import running, tidying
from bangfu.findings.models import Finding, Run
from bangfu.findings.policy import Keeping, policy
from bangfu.snapshot import services as snapshots
from tests.conftest import House
from tests.registry.making import household, person

pytestmark = [pytest.mark.req("B5"), pytest.mark.django_db(transaction=True)]
AS_OF = date(2020, 9, 30)
KEEP = Keeping(latest=2, months=0, hours=48)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the two newest stay."""
    monkeypatch.setattr(tidying, "policy", lambda: policy().model_copy(update={"keep": KEEP}))


@pytest.fixture
def run(house: House) -> Run:
    """A run with live findings, whose folders look as if they were old."""
    household(house.officer("county_office"), house.village, person(1))
    run = running.run_now(as_of=AS_OF)
    age()
    return run


def age() -> None:
    for folder in (*snapshots.home().glob("*/"), *running.folder().glob("*/")):
        os.utime(folder, (0, 0))


def copies(folder: Path, count: int) -> list[str]:
    """Later copies of a folder, old as well."""
    names = [f"{folder.name}-later-{number}" for number in range(count)]
    for name in names:
        shutil.copytree(folder, folder.with_name(name))
    age()
    return names


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.glob("*/")}


@pytest.mark.usefixtures("few")
def test_the_newest_stay_and_what_live_findings_rest_on(run: Run) -> None:
    assert Finding.objects.live().filter(last_run=run).exists()
    later = copies(snapshots.home() / run.snapshot, 4)
    outcomes = copies(running.folder() / run.outcomes, 4)
    rehearsed = tidying.tidy()
    assert (rehearsed.snapshots, rehearsed.screenings) == (tuple(later[:2]), tuple(outcomes[:2]))
    assert names(snapshots.home()) == {run.snapshot, *later}, "a rehearsal removes nothing"
    assert tidying.tidy(commit=True) == rehearsed
    assert names(snapshots.home()) == {run.snapshot, *later[2:]}
    assert names(running.folder()) == {run.outcomes, *outcomes[2:]}
    entry = Entry.objects.get(action="snapshots.tidied")
    assert json.loads(entry.detail)["snapshots"] == later[:2]
    assert tidying.tidy(commit=True).snapshots == ()
    assert Entry.objects.filter(action="snapshots.tidied").count() == 1


@pytest.mark.usefixtures("few")
def test_what_may_still_be_read_and_what_a_run_works_on_stays(run: Run) -> None:
    later = copies(snapshots.home() / run.snapshot, 4)
    os.utime(snapshots.home() / later[0])
    busy = Run.objects.create(as_of=AS_OF, place=0, last_place=1, state=Run.State.SCREENING, snapshot=later[1])
    assert tidying.tidy(commit=True).snapshots == ()
    busy.state = Run.State.FAILED
    busy.save()
    assert tidying.tidy(commit=True).snapshots == (later[1],)


def test_of_each_month_the_last_stays() -> None:
    days = {f"{day:%Y-%m-%d}": day for day in (AS_OF - timedelta(days=n) for n in range(100))}
    kept = tidying._kept(days, Keeping(latest=2, months=3, hours=1))
    assert sorted(kept) == ["2020-07-31", "2020-08-31", "2020-09-29", "2020-09-30"]


@pytest.mark.usefixtures("few")
def test_the_command_rehearses_unless_it_is_told_to_commit(run: Run) -> None:
    copies(snapshots.home() / run.snapshot, 3)
    for words, left in (([], 4), (["--commit"], 3)):
        answer: Any = CliRunner().invoke(commands.command, ["clean", "--json", *words])
        assert answer.exit_code == 0, answer.output
        assert len(json.loads(answer.output)["snapshots"]) == 1
        assert len(names(snapshots.home())) == left
