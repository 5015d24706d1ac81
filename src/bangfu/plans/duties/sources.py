"""What was really done: visits, days in villages, records. Read from where each is kept, for everybody at once.

Nobody reports a visit or a day in the village a second time: a visit counts by the account of who made it, a day in the
village by attendance or by a visit on it. The number of questions put to the database depends on the kinds and periods
of duties, not on how many people owe them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

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


@dataclass(frozen=True, slots=True)
class Visits:
    """The visits of one account in a period: how many, to how many households, on how many days."""

    visits: int = 0
    households: int = 0
    days: int = 0

    def of(self, counted: Counted) -> int:
        if counted is Counted.DAYS:
            return self.days
        return self.households if counted is Counted.HOUSEHOLDS else self.visits


NO_VISITS = Visits()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record as it counts for a duty: the day of the period it is about, the day it was done, whether its papers are
    complete."""

    about_on: date
    done_on: date
    complete: bool


@dataclass
class Real:
    """What these doers really did between two days. Each kind of thing is read when it is first asked for, once for all
    of them; periods that are asked for lie between the two days."""

    wanted: Wanted
    doers: Sequence[Doer]
    since: date
    until: date
    _visits: dict[tuple[Period, bool], Mapping[int, Visits]] = field(default_factory=dict)
    _seen: dict[tuple[Period, bool, int], Mapping[int, tuple[int, int]]] = field(default_factory=dict)
    _days: dict[tuple[Period, bool], Mapping[int, int]] = field(default_factory=dict)
    _records: Mapping[tuple[str, Kind, int], list[Recorded]] | None = None
    _of_units: Mapping[int, list[int]] | None = None

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
            days = self.village_days(period, doubtful)
            return lambda doer: days.get(doer.id, 0) if doer.kind is Kind.HELPER else 0
        counts, counted = self.visits(period, doubtful), duty.often.counted
        if duty.who.persons:
            return lambda doer: counts.get(doer.officer_id or 0, NO_VISITS).of(counted)
        return lambda doer: sum(counts.get(each, NO_VISITS).of(counted) for each in self.officers_of_unit(doer.id))

    # Visits

    def visits(self, period: Period, doubtful: bool) -> Mapping[int, Visits]:
        """The visits in a period, by the account of who made them."""
        key = period, doubtful
        if key not in self._visits:
            rows = (
                self._visit_rows(period, doubtful, self._officer_ids(Kind.HELPER, Kind.OFFICER, Kind.UNIT))
                .values_list("officer_id")
                .annotate(Count("pk"), Count("household_id", distinct=True), Count("visited_on", distinct=True))
            )
            self._visits[key] = {officer: Visits(*numbers) for officer, *numbers in rows}
        return self._visits[key]

    def _visit_rows(self, period: Period, doubtful: bool, officers: Sequence[int] | None) -> QuerySet[Visit]:
        rows = Visit.objects.filter(
            self._by_officers("officer", officers), visited_on__gte=period.first, visited_on__lte=period.last
        )
        return (rows if doubtful else rows.filter(~_doubted("pk"))).order_by()

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
        if self._of_units is None:
            units = {doer.id for doer in self.doers if doer.kind is Kind.UNIT}
            found: dict[int, list[int]] = defaultdict(list)
            rows = Helper.objects.filter(officer__isnull=False, left_on=None)
            if len(units) <= FEW:
                rows = rows.filter(unit__in=units)
            elif self.wanted.places is not None:
                rows = rows.filter(within(self.wanted.places, "unit__area__place"))
            for each, officer in rows.order_by().values_list("unit_id", "officer_id"):
                found[each].append(officer)
            self._of_units = found
        return self._of_units.get(unit, ())

    # Every household that somebody is paired with

    def _each_household(self, duty: Duty, period: Period) -> Counter:
        times = duty.often.at_least
        everything = self.households(period, True, times)
        sure = everything if duty.flagged_count else self.households(period, False, times)

        def count(doer: Doer) -> Done:
            paired, seen = everything.get(doer.id, NOBODY)
            certain = sure.get(doer.id, NOBODY)[1]
            return Done(certain, held_back=seen - certain, needed=paired)

        return count

    def households(self, period: Period, doubtful: bool, times: int) -> Mapping[int, tuple[int, int]]:
        """By helper: with how many households they were paired throughout a period, and how many of these they visited
        at least so many times."""
        key = period, doubtful, times
        if key not in self._seen:
            rows = (
                Pairing.objects.filter(
                    Q(ended_on=None) | Q(ended_on__gt=period.last),
                    self._helpers("helper", "helper__unit__area__place"),
                    starts_on__lte=period.first,
                )
                .order_by()
                .alias(visited=self._visited(period, doubtful, times))
                .values("helper_id")
                .annotate(paired=Count("pk"), seen=Count("pk", filter=Q(visited=True)))
                .values_list("helper_id", "paired", "seen")
            )
            self._seen[key] = {helper: (paired, seen) for helper, paired, seen in rows}
        return self._seen[key]

    def _visited(self, period: Period, doubtful: bool, times: int) -> Any:
        """Whether the helper of a pairing visited its household so many times in a period."""
        visits = Visit.objects.filter(
            household=OuterRef("household"),
            officer=OuterRef("helper__officer"),
            visited_on__gte=period.first,
            visited_on__lte=period.last,
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

    def village_days(self, period: Period, doubtful: bool) -> Mapping[int, int]:
        """By helper: on how many days of a period they were in a village, as attendance or a visit says."""
        key = period, doubtful
        if key not in self._days:
            days: dict[int, set[date]] = defaultdict(set)
            for helper, day in self._attended(period):
                days[helper].add(day)
            if days:
                for helper, day in self._visited_by_members(period, doubtful):
                    if helper in days:
                        days[helper].add(day)
            # Whoever has no attendance was there on the days of visits, which are counted already.
            others = {
                doer.id: doer.officer_id
                for doer in self.doers
                if doer.kind is Kind.HELPER and doer.officer_id is not None and doer.id not in days
            }
            visits = self.visits(period, doubtful) if others else {}
            found = {helper: visits.get(officer, NO_VISITS).days for helper, officer in others.items()}
            self._days[key] = found | {helper: len(on) for helper, on in days.items()}
        return self._days[key]

    def _attended(self, period: Period) -> Iterable[tuple[int, date]]:
        """The days of a period on which members of teams were there by attendance."""
        rows = DayInVillage.objects.filter(
            self._members("member__"), day__gte=period.first, day__lte=period.last
        ).order_by()
        return rows.values_list("member__helper_id", "day")

    def _visited_by_members(self, period: Period, doubtful: bool) -> Iterable[tuple[int, date]]:
        """The days of a period on which members of teams made a visit."""
        members = TeamMember.objects.filter(self._members(""), helper__officer__isnull=False).order_by()
        rows = Visit.objects.filter(
            officer__in=members.values("helper__officer_id"),
            visited_on__gte=period.first,
            visited_on__lte=period.last,
        ).order_by()
        if not doubtful:
            rows = rows.filter(~_doubted("pk"))
        return rows.values_list("officer__helper__pk", "visited_on").distinct()

    def _members(self, name: str) -> Q:
        ids = {doer.id for doer in self.doers if doer.capacity is Capacity.TEAM_MEMBER}
        if len(ids) <= FEW:
            return Q(**{f"{name}helper__in": sorted(ids)})
        return Q() if self.wanted.places is None else within(self.wanted.places, f"{name}team__village__place")

    # Records

    def _records_of(self, duty: Duty, period: Period) -> Counter:
        records, last = self.records(), due_on(duty, period)

        def count(doer: Doer) -> Done:
            rows = [row for row in records.get((duty.id, *doer.key), ()) if period.holds(row.about_on)]
            complete = [row for row in rows if row.complete]
            in_time = sum(1 for row in complete if row.done_on <= last)
            return Done(in_time, len(complete) - in_time, len(rows) - len(complete))

        return count

    def records(self) -> Mapping[tuple[str, Kind, int], Sequence[Recorded]]:
        """The records between the two days, by duty and by the unit or team they are of."""
        if self._records is None:
            found: dict[tuple[str, Kind, int], list[Recorded]] = defaultdict(list)
            rows = (
                Served.objects.filter(
                    self._recorders(),
                    record__withdrawn_at=None,
                    about_on__gte=self.since,
                    about_on__lte=self.until,
                )
                .order_by()
                .values_list("duty", "record__unit_id", "record__team_id", "about_on", "record__done_on", "complete")
            )
            for duty, unit, team, *row in rows:
                key = (duty, Kind.UNIT, unit) if unit is not None else (duty, Kind.TEAM, team)
                found[key].append(Recorded(*row))
            self._records = found
        return self._records

    def _recorders(self) -> Q:
        units, teams = (sorted({d.id for d in self.doers if d.kind is kind}) for kind in (Kind.UNIT, Kind.TEAM))
        if len(units) + len(teams) <= FEW:
            return Q(record__unit__in=units) | Q(record__team__in=teams)
        return Q() if self.wanted.places is None else within(self.wanted.places, "record__place")


def _doubted(visit: str) -> Exists:
    """Whether something about a visit is doubtful that nobody has looked into."""
    return Exists(Suspicion.objects.filter(visit=OuterRef(visit), explained_at=None))
