"""How everybody stands: duties × periods × whoever owes them, each judged by what was really done."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta

from bangfu.plans.duties.doers import Doer, Wanted, doers
from bangfu.plans.duties.loading import Regimes, shelf, terms
from bangfu.plans.duties.periods import Every, Period, period_of, periods_of, preceding
from bangfu.plans.duties.shapes import Duty
from bangfu.plans.duties.sources import Counter, Real
from bangfu.plans.duties.tallying import DutyDue, due_on, judged

# Which periods of a kind are asked about, and of these which of a duty.
Periods = Callable[[Every], Iterable[Period]]
Keep = Callable[[Duty, Period], bool]


# One question: a duty of a doer in a period.
Asked = tuple[Duty, Doer, Period]


def standing(wanted: Wanted, periods: Periods, day: date, keep: Keep = lambda _duty, _period: True) -> list[DutyDue]:
    """How every duty of these doers stands on a day, in the periods asked about. Periods that they do not owe as a
    whole, and duties that ask nothing of them, are left out."""
    regimes = Regimes.now()
    spans = {every: list(periods(every)) for every in Every}
    everybody = doers(wanted, (duty.who for duty in regimes.shelf), day)
    asked = list(_asked(everybody, spans, regimes, keep))
    if not asked:
        return []
    pairs = {(id(duty), id(period)): (duty, period) for duty, _doer, period in asked}
    real = Real(wanted, everybody, list(pairs.values()))
    soon = terms().due_soon_days
    # Duties and periods are few and the same objects for everybody: what is counted for them is looked up once.
    counters: dict[tuple[int, int], Counter] = {}
    found = []
    for duty, doer, period in asked:
        key = id(duty), id(period)
        if key not in counters:
            counters[key] = real.counter(duty, period)
        stands = judged(duty, doer, period, counters[key](doer), day, soon)
        if stands is not None:
            found.append(stands)
    return found


def in_days(wanted: Wanted, since: date, until: date, day: date) -> list[DutyDue]:
    """The duties whose period ran, or whose last day was, between two days."""
    # the longest time that a report may be handed in after its period
    earliest = since - timedelta(days=max((duty.handed_in_days for duty in shelf()), default=0))
    return standing(
        wanted,
        lambda every: periods_of(every, earliest, until),
        day,
        lambda duty, period: due_on(duty, period) >= since,
    )


def over(wanted: Wanted, day: date) -> list[DutyDue]:
    """The duties whose last day was over before a day, and not longer ago than undone ones stay on the lists."""
    since = day - timedelta(days=terms().listed_days)
    return standing(
        wanted,
        lambda every: (period for period in periods_of(every, since, day) if period.last < day),
        day,
        lambda duty, period: since <= due_on(duty, period) < day,
    )


def now_and_before(wanted: Wanted, day: date) -> list[DutyDue]:
    """The duties of the periods in which a day lies, and of those right before them."""
    return standing(wanted, lambda every: [preceding(period_of(every, day)), period_of(every, day)], day)


Spans = Mapping[Every, Iterable[Period]]


def _asked(everybody: Iterable[Doer], spans: Spans, regimes: Regimes, keep: Keep) -> Iterator[Asked]:
    """The duties of each doer in each period. What holds for one of a capacity and rank holds for all of them around
    whom lie the same areas with duties of their own, and is looked up once."""
    known: dict[tuple[object, ...], list[tuple[Duty, Period]]] = {}
    for doer in everybody:
        key = (regimes.around(doer.place), doer.capacity, doer.value, doer.name if doer.names_itself else "")
        if key not in known:
            known[key] = [each for each in _of_such(doer, spans, regimes) if keep(*each)]
        for duty, period in known[key]:
            if doer.owes(period):
                yield duty, doer, period


def _of_such(doer: Doer, spans: Spans, regimes: Regimes) -> Iterator[tuple[Duty, Period]]:
    for every, periods in spans.items():
        for period in periods:
            for duty in regimes.at(doer.place, period.first).values():
                if duty.often.every is every and duty.in_force.holds(period.last) and doer.meant_by(duty.who):
                    yield duty, period
