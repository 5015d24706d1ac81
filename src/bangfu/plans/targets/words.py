"""What targets, their amounts and the ways they stand are called, on every page alike."""

from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bangfu.plans.models import Across, Pace, Standing, Target, TargetChange, Way
from bangfu.plans.models.documents import COMPARISON_LABELS
from bangfu.plans.reading.found import Comparison
from bangfu.plans.targets.catalogue import RATE, catalogue
from bangfu.plans.targets.courses import Course
from bangfu.plans.targets.values import course_of

COLOURS = {
    Standing.LATE: "red",
    Standing.AT_RISK: "orange",
    Standing.ON_COURSE: "blue",
    Standing.REACHED: "green",
    Standing.UNKNOWN: "",
}


def number_text(number: Decimal | None) -> str:
    """A number for the eye: grouped, without needless zeros; "" when unknown."""
    if number is None:
        return ""
    text = f"{number:,.2f}"
    return text.rstrip("0").rstrip(".")


def with_unit(number: Decimal | None, unit: str) -> str:
    """A number with its unit: 95%, 1,200 户."""
    text = number_text(number)
    if not text or not unit:
        return text
    return f"{text}{unit}" if unit == RATE else _("{number} {unit}").format(number=text, unit=unit)


def amount_text(target: Target) -> str:
    """What is to be reached, in words: 不低于 95%, 介于 10 至 20 户."""
    amount = with_unit(target.amount, target.unit)
    match target.comparison:
        case Comparison.AT_LEAST:
            return _("不低于 {amount}").format(amount=amount)
        case Comparison.AT_MOST:
            return _("不高于 {amount}").format(amount=amount)
        case Comparison.RANGE:
            upper = with_unit(target.amount_to, target.unit)
            return _("{low} 至 {high}").format(low=number_text(target.amount), high=upper)
        case Comparison.ALL:
            return _("全部（{amount}）").format(amount=amount)
        case _other:
            return amount


def limit_text(course: Course, value: Decimal | None, unit: str) -> str:
    """Whether a limit is kept, and how far a value is from it; "" of what is no limit, and without a value."""
    kept = course.kept(value)
    if kept is None or value is None:
        return ""
    distance = abs(course.amount - value)
    if not distance:
        return _("守住，正好到限值")
    # of a rate the distance is one of percentage points
    said = _("{number} 个百分点").format(number=number_text(distance)) if unit == RATE else with_unit(distance, unit)
    return (
        _("守住，离限值还有 {distance}").format(distance=said)
        if kept
        else _("突破，超过限值 {distance}").format(distance=said)
    )


def way_text(course: Course, value: Decimal | None, unit: str) -> str:
    """How far a value is, in words: of a limit whether it is kept, else how much of the way is done, told with where
    the way began unless that was nought (99.9% of people may be nothing of the way to 100%). "" without a value."""
    percent = course.percent(value)
    if percent is None:
        return limit_text(course, value, unit)
    if not course.base:
        return _("完成 {percent}%").format(percent=percent)
    if percent == 100:
        return _("已达到要求")
    return _("从 {base} 算起完成 {percent}%").format(base=with_unit(course.base, unit), percent=percent)


def measure_label(id: str) -> str:
    """By what a target is measured; its id when the catalogue no longer knows it; "" when its owner reports."""
    measure = catalogue().get(id)
    return str(measure.label) if measure else id


def part_label(part: Target) -> str:
    """Of what a part is: its year, or its area."""
    return _("{year}年").format(year=part.part_year) if part.part_year is not None else part.area.name


def owner_label(target: Target) -> str:
    """Who answers for a target: unit and person, else whom the document names; "" for nobody."""
    names = [each.name for each in (target.owner_unit, target.owner) if each is not None]
    return _("、").join(names) if names else target.owner_name


def standing_label(standing: str) -> str:
    return str(Standing(standing).label)


def standing_colour(standing: str) -> str:
    """The colour of a tag; "" is grey."""
    return COLOURS[Standing(standing)]


# --- the history of a target -----------------------------------------------------------------------------------------


def changes_of(change: TargetChange) -> list[dict[str, str]]:
    """What one line of a target's history changed: name, before, after, in words."""
    labels = {"broken": _("分解办法"), "parts": _("分解结果"), "stages": _("阶段"), "stage": _("阶段完成日期")}
    return [
        {
            "label": labels.get(name) or str(Target._meta.get_field(name).verbose_name),  # type: ignore[union-attr]
            "before": _said(name, before),
            "after": _said(name, after),
        }
        for name, (before, after) in change.values.items()
    ]


def _said(name: str, given: Any) -> str:
    if given in (None, ""):
        return ""
    text = str(given)
    if name == "comparison":
        return str(COMPARISON_LABELS[Comparison(text)])
    if name == "measure":
        return measure_label(text)
    if name == "pace":
        return str(Pace(text).label)
    if name == "broken":
        return _("、").join(_way(each) for each in text.split("/"))
    if name in ("amount", "amount_to", "base"):
        return number_text(Decimal(text))
    return text[:10] if name == "withdrawn_at" else text


def _way(word: str) -> str:
    """Across, way or figure of a breakdown."""
    if word in Across.values:
        return str(Across(word).label)
    if word in Way.values:
        return str(Way(word).label)
    return measure_label(word)


def forecast_text(target: Target) -> str:
    """What the latest pace comes to, in a sentence; "" when nobody can say."""
    if target.standing == Standing.REACHED or target.forecast is None or target.deadline is None:
        return ""
    due, course = with_unit(target.forecast, target.unit), course_of(target)
    day = date_format(target.forecast_on, "Y-m-d") if target.forecast_on is not None else ""
    if course.is_limit and day:
        return _("按近期进度，到期预计为 {amount}，{day} 回到限值以内。").format(amount=due, day=day)
    if day:
        return _("按近期进度，到期预计达到 {amount}，{day} 完成。").format(amount=due, day=day)
    if course.satisfied(target.forecast):
        return ""
    if course.is_limit:
        return _("按近期进度，到期预计为 {amount}，突破限值。").format(amount=due)
    if course.amount_to is not None and target.forecast > course.amount_to:
        return _("按近期进度，到期预计为 {amount}，超出要求的范围。").format(amount=due)
    return _("按近期进度，到期预计为 {amount}，完不成。").format(amount=due)
