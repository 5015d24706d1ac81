"""Beside the map: areas by their figure as bars, and the figure of the whole over time; inline SVG without script."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from bangfu.plans.targets.courses import Point
from bangfu.plans.targets.words import number_text, with_unit
from bangfu.plans.warroom.boards import Board, Figure
from bangfu.plans.warroom.terms import war_room_terms
from bangfu.web.warroom.maps import INK, told
from bangfu.web.warroom.shading import Shading

WIDTH = 440
NAME, VALUE, ROW = 124, 86, 28
BAR_FONT, LETTERS = 14, 8
LINE_HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 210, 58, 16, 16, 30
QUIET, DONE = "#e3e8ef", "#1257b8"
FONT = 13
TICKS = 4


def bars(board: Board, shading: Shading, link: Callable[[Figure], str], *, font: str = "") -> SafeString:
    """The highest areas; "" when nothing is known of any."""
    shown = [each for each in board.ranked if each.value is not None][: war_room_terms().bars]
    if not shown:
        return mark_safe("")
    most = max((each.value or Decimal(0) for each in shown), default=Decimal(0)) or Decimal(1)
    room = WIDTH - NAME - VALUE
    parts = []
    for number, each in enumerate(shown):
        y, value = number * ROW, each.value or Decimal(0)
        width = round(float(max(value, Decimal(0)) / most) * room, 1)
        name = each.area.name if len(each.area.name) <= LETTERS else f"{each.area.name[: LETTERS - 1]}…"
        drawn = (
            f'<rect x="0" y="{y}" width="{WIDTH}" height="{ROW}" fill="#ffffff" fill-opacity="0"/>'
            f'<text x="0" y="{y + 19}" font-size="{BAR_FONT}" fill="{INK}">{number + 1}. {escape(name)}</text>'
            f'<rect x="{NAME}" y="{y + 5}" width="{max(width, 1)}" height="{ROW - 10}" rx="2" '
            f'fill="{shading.of(each)}" stroke="#5d6b7e" stroke-width="0.8"/>'
            f'<text x="{NAME + max(width, 1) + 6}" y="{y + 19}" font-size="{BAR_FONT}" fill="{INK}">'
            f"{escape(with_unit(value, board.subject.unit))}</text>"
        )
        title, url = told(board, each), link(each)
        body = f"<title>{escape(title)}</title>{drawn}"
        parts.append(f"<a href={quoteattr(url)} aria-label={quoteattr(title)}>{body}</a>" if url else f"<g>{body}</g>")
    return _svg("war-bars", len(shown) * ROW, "group", _("各地排序"), parts, font)


def course_line(points: Sequence[Point], unit: str, *, font: str = "") -> SafeString:
    """Values by day as a line; "" for less than two."""
    if len(points) < 2:
        return mark_safe("")
    first, last = points[0][0], points[-1][0]
    values = [value for _day, value in points]
    low, high = min(values), max(values)
    low = Decimal(0) if low >= 0 and low * 2 <= high else low
    high = high if high > low else low + 1
    days = max((last - first).days, 1)

    def x(day: date) -> float:
        return round(LEFT + (day - first).days / days * (WIDTH - LEFT - RIGHT), 1)

    def y(value: Decimal) -> float:
        return round(LINE_HEIGHT - BOTTOM - float((value - low) / (high - low)) * (LINE_HEIGHT - TOP - BOTTOM), 1)

    parts = []
    for number in range(TICKS + 1):
        tick = (low + (high - low) * number / TICKS).quantize(Decimal("0.01") if high - low < TICKS else Decimal(1))
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick)}" y2="{y(tick)}" stroke="{QUIET}"/>')
        parts.append(_text(LEFT - 6, y(tick) + 4, number_text(tick), "end"))
    line = " ".join(f"{x(day)},{y(value)}" for day, value in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="{DONE}" stroke-width="3" stroke-linejoin="round"/>')
    parts.append(f'<circle cx="{x(last)}" cy="{y(values[-1])}" r="4.5" fill="{DONE}"/>')
    for day, anchor in ((first, "start"), (last, "end")):
        parts.append(_text(x(day), LINE_HEIGHT - 9, date_format(day, "Y-m-d"), anchor))
    label = _("{first}至{last}：由 {from_value} 到 {to_value}").format(
        first=date_format(first, "Y-m-d"),
        last=date_format(last, "Y-m-d"),
        from_value=with_unit(values[0], unit),
        to_value=with_unit(values[-1], unit),
    )
    return _svg("war-course", LINE_HEIGHT, "img", label, parts, font)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" font-size="{FONT}" fill="{INK}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(name: str, height: int, role: str, label: str, parts: Sequence[str], font: str) -> SafeString:
    """Everything in `parts` is numbers of ours or escaped texts."""
    face = f" font-family={quoteattr(font)}" if font else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" viewBox="0 0 {WIDTH} {height}" role="{role}" '
        f"aria-label={quoteattr(label)}{face}>"
    )
    return mark_safe(f"{head}{''.join(parts)}</svg>")
