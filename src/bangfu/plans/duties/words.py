"""What duties, periods and the ways they stand are called, on every page alike."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bangfu.plans.duties.loading import Regimes, shelf
from bangfu.plans.duties.periods import Every, Period
from bangfu.plans.duties.shapes import Counted, Duty, Evidence, What
from bangfu.plans.duties.tallying import State
from bangfu.plans.models import DutyRecord
from bangfu.plans.models.duties import WHAT_LABELS


def what_label(what: str) -> str:
    return str(WHAT_LABELS[What(what)])


def state_label(state: State) -> str:
    return {
        State.DONE: _("已完成"),
        State.DONE_LATE: _("逾期完成"),
        State.OPEN: _("进行中"),
        State.DUE_SOON: _("快到期"),
        State.LATE: _("逾期未完成"),
        State.UNKNOWN: _("无法统计"),
    }[state]


def state_colour(state: State) -> str:
    """The colour of a tag; "" is grey."""
    return {
        State.DONE: "green",
        State.DONE_LATE: "blue",
        State.OPEN: "",
        State.DUE_SOON: "orange",
        State.LATE: "red",
        State.UNKNOWN: "",
    }[state]


def number_label(duty: Duty, number: int) -> str:
    """A number of what a duty counts, with its measure word."""
    counted = duty.often.counted
    if counted is Counted.ITEMS:
        text = {What.REPORT: _("{number} 份"), What.NEWS: _("{number} 条")}.get(duty.what, _("{number} 次"))
    else:
        text = {
            Counted.VISITS: _("{number} 次"),
            Counted.HOUSEHOLDS: _("{number} 户"),
            Counted.DAYS: _("{number} 天"),
            Counted.EACH_HOUSEHOLD: _("{number} 户"),
        }[counted]
    return text.format(number=number)


def every_label(every: Every) -> str:
    return {
        Every.WEEK: _("每周"),
        Every.HALF_MONTH: _("每半月"),
        Every.MONTH: _("每月"),
        Every.TWO_MONTHS: _("每两个月"),
        Every.QUARTER: _("每季度"),
        Every.HALF_YEAR: _("每半年"),
        Every.YEAR: _("每年"),
    }[every]


def often_label(duty: Duty) -> str:
    """How often, in words: 每月至少 3 天."""
    every, number = every_label(duty.often.every), duty.often.at_least
    if duty.often.counted is Counted.EACH_HOUSEHOLD:
        return _("{every}每户至少 {number} 次").format(every=every, number=number)
    return _("{every}至少 {number}").format(every=every, number=number_label(duty, number))


def period_label(period: Period) -> str:
    """The period in words: 2026年11月, 2026年第3季度, 2026年第47周."""
    year, number = period.year, period.number
    match period.every:
        case Every.WEEK:
            return _("{year}年第{number}周（{first}至{last}）").format(
                year=year, number=number, first=_day(period.first), last=_day(period.last)
            )
        case Every.HALF_MONTH if number == 1:
            return _("{year}年{month}月上半月").format(year=year, month=period.first.month)
        case Every.HALF_MONTH:
            return _("{year}年{month}月下半月").format(year=year, month=period.first.month)
        case Every.MONTH:
            return _("{year}年{number}月").format(year=year, number=number)
        case Every.TWO_MONTHS:
            return _("{year}年{first}至{last}月").format(year=year, first=period.first.month, last=period.last.month)
        case Every.QUARTER:
            return _("{year}年第{number}季度").format(year=year, number=number)
        case Every.HALF_YEAR if number == 1:
            return _("{year}年上半年").format(year=year)
        case Every.HALF_YEAR:
            return _("{year}年下半年").format(year=year)
        case _other:
            return _("{year}年").format(year=year)


def _day(day: object) -> str:
    return str(date_format(day, "m-d"))  # type: ignore[arg-type]


def duty_label(id: str) -> str:
    """The title of a duty, also of one that holds no longer; its id when no file knows it any more."""
    duty = shelf().everywhere().get(id)
    return str(duty.title) if duty else id


def evidence_of(record: DutyRecord) -> list[Evidence]:
    """The papers that belong to a record, by all duties it serves; of one kind the most that any of them asks for."""
    here = Regimes.now()
    found: dict[str, Evidence] = {}
    for served in record.served.all():
        duty: Duty | None = here.at(record.place, served.about_on).get(served.duty)
        for each in duty.evidence if duty else ():
            if each.id not in found or found[each.id].minimum < each.minimum:
                found[each.id] = each
    return list(found.values())
