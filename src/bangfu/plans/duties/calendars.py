"""A month on one page: what was done on each day, and what was or is to be done by then."""

from calendar import Calendar
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count

from bangfu.plans.duties.doers import Capacity, Doer, Kind
from bangfu.plans.duties.tallying import DutyDue, State
from bangfu.plans.models import DutyRecord
from bangfu.support.models import DayInVillage, Leave
from bangfu.visits.models import Visit


@dataclass
class Day:
    """A day of a calendar: visits made, people who were in the village by attendance, people on leave, records; duties
    whose last day it is. `inside`: it belongs to the month."""

    on: date
    inside: bool
    visits: int = 0
    present: int = 0
    away: int = 0
    records: list[DutyRecord] = field(default_factory=list)
    due: list[DutyDue] = field(default_factory=list)

    @property
    def late(self) -> int:
        return sum(1 for each in self.due if each.state is State.LATE)

    @property
    def undone(self) -> int:
        """Duties whose last day it is that are not done, and can still be."""
        return sum(1 for each in self.due if each.state in (State.OPEN, State.DUE_SOON))

    @property
    def done(self) -> int:
        return sum(1 for each in self.due if each.met)

    @property
    def empty(self) -> bool:
        return not (self.visits or self.present or self.away or self.records or self.due)


@dataclass(frozen=True)
class Whose:
    """Whose days a calendar shows besides those of the doers of its duties: somebody who owes nothing in a month (they
    began in the middle of it) was out all the same."""

    officers: Collection[int] = ()
    helpers: Collection[int] = ()


def month_of(found: Sequence[DutyDue], day: date, whose: Whose | None = None) -> list[list[Day]]:
    """The weeks, from Monday, of the month that holds `day`, with the duties of `found` that fall due in it and what
    their doers, and those of `whose`, did. Five queries, however many they are."""
    weeks = [
        [Day(on, on.month == day.month) for on in week] for week in Calendar().monthdatescalendar(day.year, day.month)
    ]
    days = {each.on: each for week in weeks for each in week if each.inside}
    for each in found:
        if each.due_on in days:
            days[each.due_on].due.append(each)
    doers = list({each.doer.key: each.doer for each in found}.values())
    first, last = min(days), max(days)
    whose = whose or Whose()
    officers = {*whose.officers, *(doer.officer_id for doer in doers if doer.officer_id is not None)}
    helpers = {*whose.helpers, *(doer.id for doer in doers if doer.capacity is Capacity.TEAM_MEMBER)}
    for on, number in _visits(officers, first, last):
        days[on].visits += number
    for on, number in _present(helpers, first, last):
        days[on].present += number
    for leave in _leaves(helpers, first, last):
        for on, shown in days.items():
            shown.away += leave.first_day <= on <= leave.last_day
    for record in _records(doers, first, last):
        days[record.done_on].records.append(record)
    return weeks


def _visits(officers: Collection[int], first: date, last: date) -> Iterable[tuple[date, int]]:
    rows = Visit.objects.filter(officer__in=officers, visited_on__gte=first, visited_on__lte=last)
    return list(rows.order_by().values_list("visited_on").annotate(number=Count("pk")))


def _present(helpers: Collection[int], first: date, last: date) -> Iterable[tuple[date, int]]:
    rows = DayInVillage.objects.filter(member__helper__in=helpers, day__gte=first, day__lte=last)
    return list(rows.order_by().values_list("day").annotate(number=Count("pk")))


def _leaves(helpers: Collection[int], first: date, last: date) -> Iterable[Leave]:
    rows = Leave.objects.filter(member__helper__in=helpers, withdrawn_at=None)
    return list(rows.filter(first_day__lte=last, last_day__gte=first).order_by("pk"))


def _records(doers: Iterable[Doer], first: date, last: date) -> list[DutyRecord]:
    ids: dict[Kind, list[int]] = defaultdict(list)
    for doer in doers:
        ids[doer.kind].append(doer.id)
    rows = DutyRecord.objects.valid().filter(done_on__gte=first, done_on__lte=last)
    of_units, of_teams = rows.filter(unit__in=ids[Kind.UNIT]), rows.filter(team__in=ids[Kind.TEAM])
    return [*of_units.order_by("pk"), *of_teams.order_by("pk")]
