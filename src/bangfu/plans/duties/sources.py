"""What was really done: visits, days in villages, records. Read from where each is kept, for everybody at once.

Nobody reports a visit or a day in the village a second time: a visit counts by the account of who made it, a day in the
village by attendance or by a visit on it. The number of questions put to the database depends on the kinds and periods
of duties, not on how many people owe them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Any, NamedTuple

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When

from bangfu.accounts.models import Post
from bangfu.common.places import within
from bangfu.plans.duties.doers import Capacity, Doer, Kind, Wanted
from bangfu.plans.duties.periods import Period
from bangfu.plans.duties.shapes import Counted, Duty, What
from bangfu.plans.duties.tallying import Done, due_on
from bangfu.plans.models import Served
from bangfu.support.models import DayInVillage, Helper, Pairing, TeamMember
from bangfu.visits.models import Suspicion, Visit

# Up to so many people are asked for by their ids; of more, all of the areas are asked for.
FEW = 400
NOBODY = (0, 0)

Counter = Callable[[Doer], Done]


# What is counted of visits.
_OF_VISITS = {Counted.VISITS: "pk", Counted.HOUSEHOLDS: "household_id", Counted.DAYS: "visited_on"}
# By what somebody was in a village on a day.
ATTENDED, VISITED, DOUBTED = range(3)


class Span(NamedTuple):
    """From a day to another, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record as it counts for a duty: the day of the period it is about, the day it was done, whether its papers are
    complete."""

    about_on: date
    done_on: date
    complete: bool


# What tells the visits, days or households of a duty in a period apart from others: the period, and whether doubtful
# visits count.
Key = tuple[Period, bool]


@dataclass
class Real:
    """What these doers really did in the periods asked about (`pairs`: duties and periods). Each kind of thing is read
    when it is first asked for, in one question for all of them and all periods."""

    wanted: Wanted
    doers: Sequence[Doer]
    pairs: Sequence[tuple[Duty, Period]]

    def counter(self, duty: Duty, period: Period) -> Counter:
        """What tells, of a duty in a period, what each doer did: what is the same for all is looked up here, once."""
        if duty.recorded:
            return self._records_of(duty, period)
        if duty.often.counted is Counted.EACH_HOUSEHOLD:
            return self._each_household(duty, period)
        everything = self._counted(duty, period, doubtful=True)
        if duty.flagged_count:
            return lambda doer: Done(everything(doer))
        sure = self._counted(duty, period, doubtful=False)
        return lambda doer: Done(sure(doer), held_back=everything(doer) - sure(doer))

    def _counted(self, duty: Duty, period: Period, *, doubtful: bool) -> Callable[[Doer], int]:
        """Visits or days; with doubtful visits, or without those that nobody has looked at."""
        if duty.what is What.VILLAGE_DAY:
            days = self._days[period, doubtful]
            return lambda doer: days.get(doer.id, 0) if doer.kind is Kind.HELPER else 0
        counts = self._visits[period, doubtful, duty.often.counted]
        if duty.who.persons:
            return lambda doer: counts.get(doer.officer_id or 0, 0)
        return lambda doer: sum(counts.get(each, 0) for each in self.officers_of_unit(doer.id))

    def _keys(self, what: Callable[[Duty], bool]) -> list[Key]:
        """The periods in which one of such duties is asked about, with doubtful visits and where a duty does not count
        these also without."""
        found = {(period, True): None for duty, period in self.pairs if what(duty)}
        found |= {(period, False): None for duty, period in self.pairs if what(duty) and not duty.flagged_count}
        return list(found)

    # Visits

    @cached_property
    def _visits(self) -> Mapping[tuple[Period, bool, Counted], Mapping[int, int]]:
        """The visits, households or days of visits in each period, by the account of who made them."""
        asked = [(*key, how) for how in _OF_VISITS for key in self._keys(partial(_counts, how))]
        if not asked:
            return {}
        period = _around(asked)
        counted: dict[str, Any] = {}
        for number, (each, doubtful, how) in enumerate(asked):
            meant = _inside("visited_on", each) & _sure(doubtful)
            counted[f"n{number}"] = Count(_OF_VISITS[how], distinct=how is not Counted.VISITS, filter=meant)
        officers = self._officer_ids(Kind.HELPER, Kind.OFFICER, Kind.UNIT)
        rows = (
            Visit.objects.filter(self._by_officers("officer", officers), _inside("visited_on", period))
            .alias(doubted=_doubted("pk"))
            .order_by()
            .values_list("officer_id")
            .annotate(**counted)
        )
        found: dict[tuple[Period, bool, Counted], dict[int, int]] = {key: {} for key in asked}
        for officer, *numbers in rows:
            for key, number in zip(asked, numbers, strict=True):
                if number:
                    found[key][officer] = number
        return found

    def _officer_ids(self, *kinds: Kind) -> Sequence[int] | None:
        """The accounts whose visits matter, when they are few; None for many."""
        ids = {doer.officer_id for doer in self.doers if doer.officer_id is not None and doer.kind in kinds}
        if Kind.UNIT in kinds:
            for doer in self.doers:
                if doer.kind is Kind.UNIT:
                    ids |= set(self.officers_of_unit(doer.id))
        return sorted(ids) if len(ids) <= FEW else None

    def _by_officers(self, name: str, officers: Sequence[int] | None) -> Q:
        if officers is not None:
            return Q(**{f"{name}__in": officers})
        if self.wanted.places is None:
            return Q(**{f"{name}__isnull": False})
        places = self.wanted.places
        helpers: QuerySet[Any] = Helper.objects.filter(
            within(places, "unit__area__place"), officer__isnull=False
        ).order_by()
        members = TeamMember.objects.filter(
            within(places, "team__village__place"), ended_on=None, helper__officer__isnull=False
        ).order_by()
        posts = Post.objects.filter(within(places, "area__place")).order_by()
        return (
            Q(**{f"{name}__in": helpers.values("officer_id")})
            | Q(**{f"{name}__in": members.values("helper__officer_id")})
            | Q(**{f"{name}__in": posts.values("officer_id")})
        )

    def officers_of_unit(self, unit: int) -> Sequence[int]:
        """The accounts of the helpers of a unit."""
        return self._of_units.get(unit, ())

    @cached_property
    def _of_units(self) -> Mapping[int, Sequence[int]]:
        units = {doer.id for doer in self.doers if doer.kind is Kind.UNIT}
        found: dict[int, list[int]] = defaultdict(list)
        rows = Helper.objects.filter(officer__isnull=False, left_on=None)
        if len(units) <= FEW:
            rows = rows.filter(unit__in=units)
        elif self.wanted.places is not None:
            rows = rows.filter(within(self.wanted.places, "unit__area__place"))
        for each, officer in rows.order_by().values_list("unit_id", "officer_id"):
            found[each].append(officer)
        return found

    # Every household that somebody is paired with

    def _each_household(self, duty: Duty, period: Period) -> Counter:
        times = duty.often.at_least
        everything = self._households[period, True, times]
        sure = self._households[period, duty.flagged_count, times]

        def count(doer: Doer) -> Done:
            paired, seen = everything.get(doer.id, NOBODY)
            certain = sure.get(doer.id, NOBODY)[1]
            return Done(certain, held_back=seen - certain, needed=paired)

        return count

    @cached_property
    def _households(self) -> Mapping[tuple[Period, bool, int], Mapping[int, tuple[int, int]]]:
        """In each period, by helper: with how many households they were paired throughout, and how many of these they
        visited at least so many times."""
        asked: dict[tuple[Period, bool, int], None] = {}
        for duty, period in self.pairs:
            if duty.often.counted is Counted.EACH_HOUSEHOLD:
                asked |= {(period, doubtful, duty.often.at_least): None for doubtful in {True, duty.flagged_count}}
        numbers: dict[str, Any] = {}
        for number, (period, doubtful, times) in enumerate(asked):
            paired = Q(starts_on__lte=period.first) & (Q(ended_on=None) | Q(ended_on__gt=period.last))
            numbers[f"paired{number}"] = Count("pk", filter=paired)
            numbers[f"seen{number}"] = Count("pk", filter=paired & Q(self._visited(period, doubtful, times)))
        whole = _around(asked)
        rows = (
            Pairing.objects.filter(
                Q(ended_on=None) | Q(ended_on__gt=whole.first),
                self._helpers("helper", "helper__unit__area__place"),
                starts_on__lte=whole.last,
            )
            .order_by()
            .values_list("helper_id")
            .annotate(**numbers)
        )
        found: dict[tuple[Period, bool, int], dict[int, tuple[int, int]]] = {key: {} for key in asked}
        for helper, *counts in rows:
            for key, paired, seen in zip(asked, counts[::2], counts[1::2], strict=True):
                found[key][helper] = (paired, seen)
        return found

    def _visited(self, period: Period, doubtful: bool, times: int) -> Any:
        """Whether the helper of a pairing visited its household so many times in a period."""
        visits = Visit.objects.filter(
            _inside("visited_on", period), household=OuterRef("household"), officer=OuterRef("helper__officer")
        ).order_by()
        if not doubtful:
            visits = visits.filter(~_doubted("pk"))
        if times == 1:
            return Exists(visits)
        return Exists(visits.values("household").annotate(number=Count("pk")).filter(number__gte=times))

    def _helpers(self, name: str, place: str) -> Q:
        ids = {doer.id for doer in self.doers if doer.kind is Kind.HELPER}
        if len(ids) <= FEW:
            return Q(**{f"{name}__in": sorted(ids)})
        return Q() if self.wanted.places is None else within(self.wanted.places, place)

    # Days in the village

    @cached_property
    def _days(self) -> Mapping[Key, Mapping[int, int]]:
        """In each period, by helper: on how many days they were in a village, as attendance or a visit says."""
        asked = self._keys(lambda duty: duty.what is What.VILLAGE_DAY)
        attended: list[tuple[int, date]] = []
        visited: list[tuple[int, date, bool]] = []
        for helper, day, way in self._day_rows(_around(asked)):
            if way == ATTENDED:
                attended.append((helper, day))
            else:
                visited.append((helper, day, way == DOUBTED))
        found = {}
        for period, doubtful in asked:
            days: dict[int, set[date]] = defaultdict(set)
            for helper, day in attended:
                if period.holds(day):
                    days[helper].add(day)
            for helper, day, doubted in visited:
                if helper in days and period.holds(day) and (doubtful or not doubted):
                    days[helper].add(day)
            # Whoever has no attendance was there on the days of visits.
            others = {
                doer.id: doer.officer_id
                for doer in self.doers
                if doer.kind is Kind.HELPER and doer.officer_id is not None and doer.id not in days
            }
            visits = self._visits[period, doubtful, Counted.DAYS] if others else {}
            counts = {helper: visits.get(officer, 0) for helper, officer in others.items()}
            found[period, doubtful] = counts | {helper: len(on) for helper, on in days.items()}
        return found

    def _day_rows(self, period: Span) -> Iterable[tuple[int, date, int]]:
        """The days on which members of teams were there by attendance or made a visit, and which of these it was."""
        attended = (
            DayInVillage.objects.filter(self._members("member__"), _inside("day", period))
            .order_by()
            .values_list("member__helper_id", "day", Value(ATTENDED))
        )
        members = TeamMember.objects.filter(self._members(""), helper__officer__isnull=False).order_by()
        visited = (
            Visit.objects.filter(_inside("visited_on", period), officer__in=members.values("helper__officer_id"))
            .order_by()
            .values_list(
                "officer__helper__pk",
                "visited_on",
                Case(When(_doubted("pk"), Value(DOUBTED)), default=Value(VISITED)),
            )
        )
        return attended.union(visited)

    def _members(self, name: str) -> Q:
        ids = {doer.id for doer in self.doers if doer.capacity is Capacity.TEAM_MEMBER}
        if len(ids) <= FEW:
            return Q(**{f"{name}helper__in": sorted(ids)})
        return Q() if self.wanted.places is None else within(self.wanted.places, f"{name}team__village__place")

    # Records

    def _records_of(self, duty: Duty, period: Period) -> Counter:
        records, last = self._records, due_on(duty, period)

        def count(doer: Doer) -> Done:
            rows = [row for row in records.get((duty.id, *doer.key), ()) if period.holds(row.about_on)]
            complete = [row for row in rows if row.complete]
            in_time = sum(1 for row in complete if row.done_on <= last)
            return Done(in_time, len(complete) - in_time, len(rows) - len(complete))

        return count

    @cached_property
    def _records(self) -> Mapping[tuple[str, Kind, int], Sequence[Recorded]]:
        """The records about days of the periods, by duty and by the unit or team they are of."""
        found: dict[tuple[str, Kind, int], list[Recorded]] = defaultdict(list)
        period = _around((each,) for duty, each in self.pairs if duty.recorded)
        rows = (
            Served.objects.filter(self._recorders(), _inside("about_on", period), record__withdrawn_at=None)
            .order_by()
            .values_list("duty", "record__unit_id", "record__team_id", "about_on", "record__done_on", "complete")
        )
        for duty, unit, team, *row in rows:
            key = (duty, Kind.UNIT, unit) if unit is not None else (duty, Kind.TEAM, team)
            found[key].append(Recorded(*row))
        return found

    def _recorders(self) -> Q:
        units, teams = (sorted({d.id for d in self.doers if d.kind is kind}) for kind in (Kind.UNIT, Kind.TEAM))
        if len(units) + len(teams) <= FEW:
            return Q(record__unit__in=units) | Q(record__team__in=teams)
        return Q() if self.wanted.places is None else within(self.wanted.places, "record__place")


def _counts(how: Counted, duty: Duty) -> bool:
    """Whether a duty is told by so counted visits: days in the village also by the days of visits."""
    return not duty.recorded and duty.often.counted is how


def _around(keys: Iterable[tuple[Any, ...]]) -> Span:
    """From the first to the last day of the periods that keys begin with."""
    periods = [key[0] for key in keys]
    return Span(min(each.first for each in periods), max(each.last for each in periods))


def _inside(field: str, days: Period | Span) -> Q:
    return Q(**{f"{field}__gte": days.first, f"{field}__lte": days.last})


def _sure(doubtful: bool) -> Q:
    """All visits, or those without a doubt."""
    return Q() if doubtful else Q(doubted=False)


def _doubted(visit: str) -> Exists:
    """Whether something about a visit is doubtful that nobody has looked into."""
    return Exists(Suspicion.objects.filter(visit=OuterRef(visit), explained_at=None))
