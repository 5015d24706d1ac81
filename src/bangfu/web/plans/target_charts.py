"""The curve of a target and the bars of the Gantt chart: inline SVG without script, readable on a phone of 390 px.

Colours are attributes. Everything written in it is escaped: it may be put into a page as it is.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from bangfu.plans.models import Stage, Target
from bangfu.plans.targets.courses import Course, Point
from bangfu.plans.targets.words import number_text

WIDTH, HEIGHT = 420, 250
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 26, 34
FONT = 13
PLAN, DONE, TODAY, LIMIT, QUIET, INK = "#8b97a8", "#1257b8", "#b45309", "#1b6b3a", "#e3e8ef", "#465164"
TICKS = 4


class _Scale:
    """Where days and amounts lie on the drawing."""

    def __init__(self, days: Sequence[date], amounts: Sequence[Decimal]) -> None:
        self.first, self.last = min(days), max(days)
        if self.last == self.first:
            self.last += timedelta(days=1)
        low, high = min(amounts), max(amounts)
        self.low = Decimal(0) if low >= 0 and low * 3 <= high else low
        self.high = high if high > self.low else self.low + 1

    def x(self, day: date) -> float:
        part = (day - self.first).days / (self.last - self.first).days
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    def y(self, amount: Decimal) -> float:
        part = float((amount - self.low) / (self.high - self.low))
        return round(HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM), 1)

    def path(self, points: Sequence[Point]) -> str:
        return " ".join(f"{self.x(day)},{self.y(amount)}" for day, amount in points)

    def ticks(self) -> list[Decimal]:
        step = (self.high - self.low) / TICKS
        return [(self.low + step * number).quantize(Decimal("0.01")) for number in range(TICKS + 1)]


def curve(course: Course, past: Sequence[Point], today: date, most: int, forecast: Decimal | None = None) -> SafeString:
    """The plan, what came of it so far, and where the pace leads. "" without a deadline and without any value."""
    plan = course.curve(most)
    if not plan and not past:
        return mark_safe("")
    days = [day for day, _amount in (*plan, *past)]
    amounts = [amount for _day, amount in (*plan, *past)] + [course.amount, course.base]
    if forecast is not None:
        amounts.append(forecast)
    scale = _Scale(days, amounts)
    parts = list(_grid(scale))
    parts.append(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{scale.y(course.amount)}" y2="{scale.y(course.amount)}" '
        f'stroke="{LIMIT}" stroke-dasharray="2 4"/>'
    )
    if plan:
        parts.append(f'<polyline points="{scale.path(plan)}" fill="none" stroke="{PLAN}" stroke-width="2.5"/>')
    if scale.first <= today <= scale.last:
        x = scale.x(today)
        parts.append(f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="{TODAY}"/>')
        parts.append(_text(min(max(x, LEFT + 14), WIDTH - RIGHT - 14), TOP - 8, _("今天"), TODAY, "middle"))
    if past:
        parts.append(f'<polyline points="{scale.path(past)}" fill="none" stroke="{DONE}" stroke-width="3"/>')
        day, amount = past[-1]
        parts.append(f'<circle cx="{scale.x(day)}" cy="{scale.y(amount)}" r="4.5" fill="{DONE}"/>')
        if forecast is not None and course.deadline is not None and day < course.deadline:
            ahead = scale.path([past[-1], (course.deadline, forecast)])
            parts.append(
                f'<polyline points="{ahead}" fill="none" stroke="{DONE}" stroke-width="2" stroke-dasharray="5 5"/>'
            )
    label = _("进度曲线：灰线为计划，蓝线为实际，虚线为按近期进度的预计。")
    return _svg(WIDTH, HEIGHT, "target-curve", label, parts)


def _grid(scale: _Scale) -> Sequence[str]:
    parts = []
    for amount in scale.ticks():
        y = scale.y(amount)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="{QUIET}"/>')
        parts.append(_text(LEFT - 6, y + 4, _short(amount), INK, "end"))
    for day, anchor in ((scale.first, "start"), (scale.last, "end")):
        parts.append(_text(scale.x(day), HEIGHT - 10, date_format(day, "Y-m-d"), INK, anchor))
    return parts


def _short(amount: Decimal) -> str:
    """An amount as it fits beside the axis: large ones in 万 or 亿."""
    for size, text in ((Decimal(10**8), _("{number}亿")), (Decimal(10**5), _("{number}万"))):
        if amount >= size:
            unit = Decimal(10**8) if size == 10**8 else Decimal(10**4)
            return text.format(number=number_text((amount / unit).quantize(Decimal("0.1"))))
    return number_text(amount if amount < 100 else amount.quantize(Decimal(1)))


def _text(x: float, y: float, text: str, colour: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" font-size="{FONT}" fill="{colour}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: int, height: int, name: str, label: str, parts: Sequence[str], ratio: str = "") -> SafeString:
    """Everything in `parts` is numbers of ours or escaped texts."""
    fit = f' preserveAspectRatio="{ratio}"' if ratio else ""
    head = f'<svg class="{name}" viewBox="0 0 {width} {height}" role="img" aria-label={quoteattr(label)}{fit}>'
    return mark_safe(head + "".join(parts) + "</svg>")


# --- the Gantt chart -------------------------------------------------------------------------------------------------

LANE, LANE_HEIGHT = 1000, 26
FILLS = {
    "red": ("#f5c2c2", "#c62828"),
    "orange": ("#ffd9a8", "#c25700"),
    "blue": ("#bcd7fb", "#1257b8"),
    "green": ("#bfe3c8", "#1b6b3a"),
    "": ("#dde3ea", "#566070"),
}


def lane(
    target: Target, stages: Sequence[Stage], percent: int | None, colour: str, span: tuple[date, date], today: date
) -> SafeString:
    """The bar of a target in a span of days: its time, how much of the way is done, the ends of its stages, today."""
    first, last = span
    length = max((last - first).days, 1)

    def x(day: date) -> float:
        return round(min(max((day - first).days / length, 0), 1) * LANE, 1)

    pale, full = FILLS[colour]
    start, end = x(target.starts_on), x(target.deadline or last)
    width = max(end - start, 4)
    parts = [
        f'<rect x="0" y="12" width="{LANE}" height="2" fill="{QUIET}"/>',
        f'<rect x="{start}" y="5" width="{width}" height="16" rx="3" fill="{pale}"/>',
        f'<rect x="{start}" y="5" width="{round(width * (percent or 0) / 100, 1)}" height="16" rx="3" fill="{full}"/>',
    ]
    for stage in stages:
        mark = "#1b6b3a" if stage.done_on else "#c62828" if stage.ends_on < today else "#ffffff"
        parts.append(
            f'<rect x="{round(x(stage.ends_on) - 3, 1)}" y="2" width="6" height="22" fill="{mark}" '
            f'stroke="{INK}" stroke-width="1"/>'
        )
    if first <= today <= last:
        parts.append(f'<rect x="{x(today)}" y="0" width="2" height="{LANE_HEIGHT}" fill="{TODAY}"/>')
    label = _("{title}：{first}至{last}").format(
        title=target.title,
        first=date_format(target.starts_on, "Y-m-d"),
        last=date_format(target.deadline, "Y-m-d") if target.deadline else "—",
    )
    return _svg(LANE, LANE_HEIGHT, "lane", label, parts, "none")
