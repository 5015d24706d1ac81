"""The course of a target: the curve planned backwards from the deadline, how far behind it is, and what it will come
to. Amounts are Decimals in the target's unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from itertools import pairwise

from bangfu.plans.models.targets import Pace, Standing
from bangfu.plans.reading.found import Comparison
from bangfu.plans.targets.catalogue import Terms

WEEK = 7
CENT = Decimal("0.01")
Point = tuple[date, Decimal]


@dataclass(frozen=True)
class Course:
    """From `base` on `starts_on` to `amount` on the `deadline` (None: whenever). `nodes` are days with what is to be
    reached by then, rising in time. `amount_to` is the upper end of a range; `whole` things have no halves."""

    starts_on: date
    base: Decimal
    amount: Decimal
    deadline: date | None
    comparison: str
    pace: str = Pace.DAY
    nodes: tuple[Point, ...] = ()
    amount_to: Decimal | None = None
    whole: bool = False

    @property
    def falling(self) -> bool:
        """Whether less is better: a limit, or an exact figure below the base."""
        if self.comparison == Comparison.AT_MOST:
            return True
        return self.comparison == Comparison.EQUAL and self.amount < self.base

    @property
    def is_limit(self) -> bool:
        """A limit that is kept from the start has nothing to go towards."""
        return self.comparison == Comparison.AT_MOST and self.base <= self.amount

    def satisfied(self, value: Decimal) -> bool:
        if self.falling:
            return value <= self.amount
        return value >= self.amount and (self.amount_to is None or value <= self.amount_to)

    def reaches(self, value: Decimal, due: Decimal) -> bool:
        """Whether a value is as far as `due`."""
        return value <= due if self.falling else value >= due

    @property
    def points(self) -> tuple[Point, ...]:
        """The corners of the plan; empty without a deadline."""
        if self.deadline is None:
            return ()
        start = (self.starts_on, self.amount if self.is_limit else self.base)
        between = tuple(each for each in self.nodes if self.starts_on < each[0] < self.deadline)
        return (start, *between, (self.deadline, self.amount))

    def planned(self, day: date) -> Decimal | None:
        """What is to be reached by the end of a day: by days along the line, by weeks at the end of each week counted
        back from the deadline, by nodes when each has come. None without a deadline."""
        points = self.points
        if not points or self.deadline is None:
            return None
        if day >= self.deadline:
            return self.amount
        if day <= self.starts_on:
            return points[0][1]
        if self.pace == Pace.NODE:
            return [amount for on, amount in points if on <= day][-1]
        if self.pace == Pace.WEEK:
            weeks = -((self.deadline - day).days // -WEEK)
            day = max(self.deadline - timedelta(days=WEEK * weeks), self.starts_on)
        due = _between(points, day)
        return due.quantize(Decimal(1), ROUND_HALF_UP) if self.whole else due

    def percent(self, value: Decimal | None) -> int | None:
        """How much of the way is done, 0 to 100, rounded down so that 100 means reached; None: unknown, or a limit that
        is kept from the start, which has no way to go."""
        if value is None or self.is_limit:
            return None
        if self.satisfied(value):
            return 100
        way, gone = self.amount - self.base, value - self.base
        if self.amount_to is not None and value > self.amount_to:
            part = self.amount_to / value
        else:
            part = gone / way if way else Decimal(0)
        return min(max(int(part * 100), 0), 99)

    def kept(self, value: Decimal | None) -> bool | None:
        """Whether a limit is kept; None: unknown, no limit, or one that has not been come down to yet."""
        if value is None or self.comparison != Comparison.AT_MOST:
            return None
        if self.satisfied(value):
            return True
        return False if self.is_limit else None

    def used(self, value: Decimal) -> int:
        """How much of a limit is used up, in percent, 100 from the limit on. Of nothing anything is too much."""
        if self.amount <= 0:
            return 0 if value <= self.amount else 100
        return min(max(int(100 * value / self.amount), 0), 100)

    def days_behind(self, value: Decimal, day: date) -> int:
        """For how many days the plan has been further than the value is; 0 when it is not."""
        due, deadline = self.planned(day), self.deadline
        if due is None or deadline is None or self.satisfied(value):
            return 0
        if self.reaches(value, due):  # beyond the upper end of a range
            return max((day - deadline).days, 0)
        low, high = self.starts_on, min(day, deadline)
        while low < high:  # the first day on which the plan asks for more than there is
            middle = low + (high - low) // 2
            asked = self.planned(middle)
            if asked is not None and not self.reaches(value, asked):
                high = middle
            else:
                low = middle + timedelta(days=1)
        return max((day - low).days + 1, 1)

    def curve(self, most: int) -> list[Point]:
        """The plan as points to draw: a line by its corners, steps by both ends of each. Of weeks at most `most`."""
        points = list(self.points)
        if self.pace == Pace.DAY or not points or self.deadline is None:
            return points
        if self.pace == Pace.NODE:
            days = [on for on, _amount in points[1:]]
        else:
            weeks = min((self.deadline - self.starts_on).days // WEEK, most)
            days = [self.deadline - timedelta(days=WEEK * number) for number in range(weeks, -1, -1)]
        drawn = [points[0]]
        for on in days:
            due = self.planned(on)
            if due is not None:
                drawn += [(on, drawn[-1][1]), (on, due)]
        return drawn


def _between(points: Sequence[Point], day: date) -> Decimal:
    """On the line through the points, to two decimals."""
    for (first, low), (last, high) in pairwise(points):
        if day <= last:
            share = Decimal((day - first).days) / Decimal((last - first).days)
            return (low + (high - low) * share).quantize(CENT, ROUND_HALF_UP)
    return points[-1][1]


@dataclass(frozen=True)
class Outlook:
    """How a target stands on a day. `forecast`: what it comes to at the deadline; `forecast_on`: when it is reached;
    None: nobody can say, or never at this pace."""

    standing: Standing
    behind_days: int = 0
    forecast: Decimal | None = None
    forecast_on: date | None = None


def outlook(course: Course, past: Sequence[Point], day: date, terms: Terms) -> Outlook:
    """How a target stands by its values so far (earliest first; those after `day` are not looked at)."""
    known = [each for each in past if each[0] <= day]
    if not known:
        return Outlook(Standing.UNKNOWN)
    value = known[-1][1]
    if course.satisfied(value) and (not course.falling or not course.is_limit or _over(course, day)):
        return Outlook(Standing.REACHED, 0, value, known[-1][0])
    if course.deadline is None:
        return Outlook(Standing.UNKNOWN)
    behind = course.days_behind(value, day)
    forecast, on = _forecast(course, known, day, terms)
    if day > course.deadline or behind > terms.late_after_days:
        standing = Standing.LATE
    elif behind > terms.at_risk_after_days or _will_miss(course, forecast):
        standing = Standing.AT_RISK
    else:
        standing = Standing.ON_COURSE
    return Outlook(standing, behind, forecast, on)


def _over(course: Course, day: date) -> bool:
    return course.deadline is not None and day >= course.deadline


def _will_miss(course: Course, forecast: Decimal | None) -> bool:
    """Whether the forecast falls short. Steps from node to node foretell nothing."""
    return forecast is not None and course.pace != Pace.NODE and not course.satisfied(forecast)


def _forecast(course: Course, known: Sequence[Point], day: date, terms: Terms) -> tuple[Decimal | None, date | None]:
    """What the latest pace comes to: at the deadline, and when it reaches the amount. The pace is taken from the last
    days of policy; where these hold one value alone, from the start. Days of which nothing was told brought nothing."""
    if course.deadline is None or day > course.deadline:
        return None, None
    since = day - timedelta(days=terms.forecast_from_days)
    value = known[-1][1]
    window = [each for each in known if each[0] >= since]
    first = window[0] if len(window) > 1 else (course.starts_on, course.base)
    days = (day - first[0]).days
    if days < terms.forecast_needs_days:
        return None, None
    pace = (value - first[1]) / days
    forecast = (value + pace * (course.deadline - day).days).quantize(CENT, ROUND_HALF_UP)
    left = course.amount - value
    if course.satisfied(value) or not pace or (left > 0) != (pace > 0):
        return max(forecast, Decimal(0)), None
    needed = int((left / pace).to_integral_value(ROUND_CEILING))
    on = day + timedelta(days=needed) if needed < 36_500 else None
    return max(forecast, Decimal(0)), on
