"""One day's work of the whole house, in the order in which facts travel. Every step is safe to run again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bangfu.casework import services as casework
from bangfu.findings import running, services, tidying
from bangfu.findings.models import Run
from bangfu.plans import services as plans


@dataclass(frozen=True)
class Day:
    """What a day's work brought: the run, and how many findings passed to another officer because a post ended."""

    run: Run
    handed_over: int


def run_day(day: date, *, progress: Callable[[str], None] = lambda _step: None) -> Day:
    """Snapshot, screening, findings, each live finding with somebody who is still in charge, the values of targets, the
    places of villages, old files taken away.

    A second time the same day the same findings stand; nothing is found twice."""
    casework.take_over()
    run = running.run_now(as_of=day, progress=progress)
    handed_over = services.follow_posts()
    plans.keep_day()
    plans.keep_places()
    tidying.tidy(commit=True)
    return Day(run, handed_over)
