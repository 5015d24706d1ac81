"""How everybody stands: duties × periods × whoever owes them, each judged by what was really done."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bangfu.plans.doers import Doer, Wanted, doers
from bangfu.plans.duties import Duty
from bangfu.plans.duty_loading import Regimes, terms
from bangfu.plans.periods import Every, Period, period_of, periods_of, preceding
from bangfu.plans.sources import Real
from bangfu.plans.tallying import DutyDue, judged

# Which periods of a kind are asked about.
Periods = Callable[[Every], Iterable[Period]]


@dataclass(frozen=True)
class Asked:
    """One question: a duty of a doer in a period."""

    duty: Duty
    doer: Doer
    period: Period


def standing(wanted: Wanted, periods: Periods, day: date) -> list[DutyDue]:
    """How every duty of these doers stands on a day, in the periods asked about. Periods that they do not owe as a
    whole, and duties that ask nothing of them, are left out."""
    regimes = Regimes.now()
    spans = {every: list(periods(every)) for every in Every}
    everybody = doers(wanted, (duty.who for duty in regimes.shelf), day)
    asked = list(_asked(everybody, spans, regimes))
    if not asked:
        return []
    since = min(each.period.first for each in asked)
    until = max(each.period.last for each in asked)
    real = Real(wanted, everybody, since, until)
    soon = terms().due_soon_days
    found = (
        judged(each.duty, each.doer, each.period, real.done(each.duty, each.doer, each.period), day, soon)
        for each in asked
    )
    return [each for each in found if each is not None]


def _asked(everybody: Iterable[Doer], spans: Mapping[Every, Iterable[Period]], regimes: Regimes) -> Iterator[Asked]:
    """The duties of each doer in each period. What holds for one of a place, capacity and rank holds for all of them,
    and is looked up once."""
    known: dict[tuple[object, ...], list[tuple[Duty, Period]]] = {}
    for doer in everybody:
        key = (doer.place, doer.capacity, doer.value, doer.name if doer.names_itself else "")
        if key not in known:
            known[key] = list(_of_such(doer, spans, regimes))
        for duty, period in known[key]:
            if doer.owes(period):
                yield Asked(duty, doer, period)


def _of_such(doer: Doer, spans: Mapping[Every, Iterable[Period]], regimes: Regimes) -> Iterator[tuple[Duty, Period]]:
    for every, periods in spans.items():
        for period in periods:
            for duty in regimes.at(doer.place, period.first).values():
                if duty.often.every is every and duty.in_force.holds(period.last) and doer.meant_by(duty.who):
                    yield duty, period


def now_and_before(day: date) -> Periods:
    """The periods in which a day lies, and those right before them."""
    return lambda every: [preceding(period_of(every, day)), period_of(every, day)]


def within_days(since: date, until: date) -> Periods:
    """The periods that have a day between two days."""
    return lambda every: periods_of(every, since, until)


def over(day: date) -> Periods:
    """The periods that were over before a day, and not longer ago than undone duties stay on the lists."""
    since = day - timedelta(days=terms().listed_days)
    return lambda every: [period for period in periods_of(every, since, day) if period.last < day]
