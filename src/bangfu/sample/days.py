"""Days as whole numbers since 1970-01-01, and the calendar by integer arithmetic."""

from datetime import date

import numpy as np

from bangfu.sample.dice import Ints

NEVER = -(2**31)  # no day: unknown
EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    return day.toordinal() - EPOCH


def ymd(days: Ints) -> Ints:
    """20200930 for a day number."""
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    month = months.astype(np.int64)
    day = days - months.astype("datetime64[D]").astype(np.int64) + 1
    result: Ints = (1970 + month // 12) * 10000 + (month % 12 + 1) * 100 + day
    return result


def age_on(birth_ymd: Ints, day: date) -> Ints:
    """Full years on a day, from birth dates written as 20200930."""
    result: Ints = (day.year * 10000 + day.month * 100 + day.day - birth_ymd) // 10000
    return result


def month_start(index: Ints) -> Ints:
    """Day number of the first day of a month counted from January 1970."""
    return index.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def month_of(day: date) -> int:
    """Months since January 1970."""
    return (day.year - 1970) * 12 + day.month - 1
