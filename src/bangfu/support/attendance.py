"""How much a member of a team was in the village, and away, against what the policy of the place asks: by month and by
year. Only whole months and years of service are judged; what is not over is judged as soon as it cannot be made up."""

from calendar import monthrange
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bangfu.common.policy import code_list
from bangfu.support.models import DayInVillage, Leave, TeamMember
from bangfu.support.policy import TeamPolicy


class Standing(StrEnum):
    """met: enough; short: too little, or no longer to be reached; open: not over; partial: served only a part of it."""

    MET = "met"
    SHORT = "short"
    OPEN = "open"
    PARTIAL = "partial"


@dataclass(frozen=True)
class Presence:
    """Days in the village of a stretch of time, and the days that policy asks for."""

    first: date
    last: date
    days: int
    wanted: int
    standing: Standing


@dataclass(frozen=True)
class Away:
    """Days of leave of a year that count, and how many policy allows."""

    days: int
    allowed: int

    @property
    def too_many(self) -> bool:
        return self.days > self.allowed


@dataclass(frozen=True)
class Attended:
    """A member's year: its months as far as they have begun and the member served in them, the year, the leave."""

    member: TeamMember
    months: Sequence[Presence]
    year: Presence
    leave: Away


def attended(members: Iterable[TeamMember], year: int, policy: TeamPolicy, today: date) -> list[Attended]:
    """The year of each of these members. Two queries, however many there are."""
    rows = list(members)
    first, last = date(year, 1, 1), date(year, 12, 31)
    ids = [row.pk for row in rows]
    days: dict[int, list[date]] = {pk: [] for pk in ids}
    for pk, day in DayInVillage.objects.filter(member_id__in=ids, day__gte=first, day__lte=last).values_list(
        "member_id", "day"
    ):
        days[pk].append(day)
    away: dict[int, list[Leave]] = {pk: [] for pk in ids}
    for leave in Leave.objects.filter(
        member_id__in=ids, withdrawn_at=None, first_day__lte=last, last_day__gte=first
    ).order_by("first_day"):
        away[leave.member_id].append(leave)
    return [_year(row, year, days[row.pk], away[row.pk], policy, today) for row in rows]


def _year(
    member: TeamMember, year: int, days: Sequence[date], away: Sequence[Leave], policy: TeamPolicy, today: date
) -> Attended:
    months = []
    for month in range(1, 13):
        first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
        if first <= today and _overlaps(member, first, last):
            months.append(presence(member, first, last, days, policy.days_a_month.at_least, today))
    whole = presence(member, date(year, 1, 1), date(year, 12, 31), days, policy.days_a_year.at_least, today)
    leave = Away(days_of_leave(away, year), policy.leave_days_a_year.at_most)
    return Attended(member, months, whole, leave)


def _overlaps(member: TeamMember, first: date, last: date) -> bool:
    return member.starts_on <= last and (member.ended_on is None or member.ended_on > first)


def presence(member: TeamMember, first: date, last: date, days: Collection[date], wanted: int, today: date) -> Presence:
    """How often a member was there from `first` to `last`, and how that stands on `today`. Today itself may still be
    entered."""
    number = sum(first <= day <= last for day in days)
    whole = member.starts_on <= first and (member.ended_on is None or member.ended_on > last)
    still = max((last - max(today, first)).days + 1, 0) - (today in days and first <= today <= last)
    if number >= wanted:
        standing = Standing.MET
    elif not whole:
        standing = Standing.PARTIAL
    elif number + still < wanted:
        standing = Standing.SHORT
    else:
        standing = Standing.OPEN
    return Presence(first, last, number, wanted, standing)


def days_of_leave(leaves: Iterable[Leave], year: int) -> int:
    """Calendar days of leave inside a year, of the kinds that count."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    counted = {code.code for code in code_list("leave_kind").codes if code.attributes.get("counted")}
    return sum(
        (min(leave.last_day, last) - max(leave.first_day, first) + timedelta(days=1)).days
        for leave in leaves
        if leave.kind in counted and leave.first_day <= last and leave.last_day >= first
    )
