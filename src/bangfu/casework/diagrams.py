"""Procedures as diagrams: inline SVG, from top to bottom, that can be read on a phone of 390 px and by a screen reader.

A box is a step; the further right it stands, the higher the level that acts. Forward moves go down, with the legal days
beside them; moves back are dashed, on the left; ways past other steps run on the right; what ends a case without
consent is written in the box (✕). No script, no style attribute; colours are attributes, and a dark page overrides them
by class (`diagram.css`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from unicodedata import east_asian_width
from xml.sax.saxutils import escape, quoteattr

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.areas.models import LEVEL_NAMES
from bangfu.casework.paths import Graph
from bangfu.casework.procedures import MoveKind, Procedure, Span, Step, StepKind, Unit
from bangfu.common.places import Level

WIDTH = 390
TOP = 12
BOX = 228
INDENT = 20  # to the right for each level up
BESIDE = 58  # left of the boxes of villages: room for moves back
FONT, SMALL = 16, 13
LINE, SMALL_LINE = 22, 18
PADDING = 10
GAP = 26
LANE = 10
MOST_LANES = 5
COLOURS = {  # of a level: stripe and ground
    Level.VILLAGE: ("#2f7d4f", "#f1f8f3"),
    Level.TOWNSHIP: ("#1257b8", "#eff5fd"),
    Level.COUNTY: ("#7a3fa0", "#f7f1fb"),
}
OTHER = ("#566070", "#f5f7fa")
KINDS = {
    StepKind.TASK: gettext_lazy("经办"),
    StepKind.MEETING: gettext_lazy("会议表决"),
    StepKind.POSTING: gettext_lazy("张榜"),
    StepKind.SAMPLE: gettext_lazy("随机抽查"),
    StepKind.DECISION: gettext_lazy("审核决定"),
}
INK, QUIET, STOP, GOOD, NOW = "#1f2937", "#566070", "#b3261e", "#1b6b3a", "#b45309"


@dataclass
class Box:
    """A step as it is drawn: where, how high, and its lines of text as (text, size, colour, bold)."""

    step: Step
    left: float
    top: float = 0.0
    height: float = 0.0
    lines: list[tuple[str, int, str, bool]] = field(default_factory=list)

    @property
    def right(self) -> float:
        return self.left + BOX

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def enters(self) -> float:
        """Where ways from the side come in; they leave lower down."""
        return self.top + min(self.height / 2, 18)

    @property
    def leaves(self) -> float:
        return self.bottom - min(self.height / 2, 14)


def diagram(procedure: Procedure, *, at: str = "", language: str = "") -> str:
    """The procedure as an SVG element, in a language (that of the request); the step `at` marked as where a case
    stands. Everything in it is escaped: it may be put into a page as it is."""
    language = language or translation.get_language() or "zh-hans"
    return _drawn(procedure.model_dump_json(), at, language)


@lru_cache(maxsize=256)
def _drawn(written: str, at: str, language: str) -> str:
    with translation.override(language):
        return _Drawing(Procedure.model_validate_json(written), at).svg()


class _Drawing:
    def __init__(self, procedure: Procedure, at: str) -> None:
        self.procedure = procedure
        self.at = at
        self.graph = Graph(procedure)
        rows = list(_in_rows(self.graph))
        self.boxes = {step.id: Box(step, self._left(step)) for step in rows}
        self.rows = list(self.boxes.values())
        self.labels = {step.id: list(self._days(step)) for step in rows}
        self.whole = [self._wrapped(text, WIDTH - 2 * PADDING, SMALL) for text in self._whole()]
        self.height = self._place()

    # Words

    def _left(self, step: Step) -> float:
        level = min(max(step.level or Level.VILLAGE, Level.COUNTY), Level.VILLAGE)
        return BESIDE + INDENT * (Level.VILLAGE - level)

    def _whole(self) -> Iterator[str]:
        for whole in self.procedure.whole:
            days = _number_of(whole.maximum, whole.unit)
            yield _("{what}：不超过{days}").format(what=whole.label, days=days)

    def _days(self, step: Step) -> Iterator[str]:
        """What stands beside the arrow that leaves a step: the days that must or may pass until then."""
        if step.posting is not None:
            days = _number_of(step.posting.days, step.posting.unit)
            yield (_("公告满{days}") if step.posting.announcement else _("公示满{days}")).format(days=days)
        for span in step.clocks:
            yield from self._days_of(span)

    def _days_of(self, span: Span) -> Iterator[str]:
        since = self._since(span)
        if span.minimum is not None:
            yield _("{since}至少{days}").format(since=since, days=_number_of(span.minimum, span.unit))
        if span.maximum is not None:
            yield _("{since}{days}之内").format(since=since, days=_number_of(span.maximum, span.unit))

    def _since(self, span: Span) -> str:
        if span.since == "opened":
            return _("开案后")
        if span.since:
            return _("“{step}”后").format(step=self.procedure.step(span.since).label)
        return _("上一环节后")

    def _lines(self, step: Step) -> Iterator[tuple[str, int, str, bool]]:
        room = BOX - 2 * PADDING
        colour = GOOD if step.is_end and step.granted else (QUIET if step.is_end else INK)
        for line in self._wrapped(str(step.label), room, FONT):
            yield line, FONT, colour, True
        if step.id == self.at:
            yield _("● 现在这里"), SMALL, NOW, True
        if not step.is_end:
            yield (
                _("{level} · {kind}").format(level=LEVEL_NAMES[Level(step.level)], kind=KINDS[step.kind]),
                SMALL,
                QUIET,
                False,
            )
        for end in dict.fromkeys(m.to for m in step.moves if m.kind in (MoveKind.REFUSE, MoveKind.WITHDRAW)):
            for line in self._wrapped("✕ " + str(self.procedure.step(end).label), room, SMALL):
                yield line, SMALL, STOP, False

    def _wrapped(self, text: str, room: float, size: int) -> list[str]:
        return list(_wrap(text, room / size))

    # Places

    def _place(self) -> float:
        top: float = TOP + sum(len(lines) for lines in self.whole) * SMALL_LINE + (6 if self.whole else 0)
        for box in self.rows:
            box.lines = list(self._lines(box.step))
            box.top = top
            box.height = 2 * PADDING - 4 + sum(LINE if size == FONT else SMALL_LINE for _t, size, _c, _b in box.lines)
            top = box.bottom + self._gap(box)
        return self.rows[-1].bottom + TOP

    def _gap(self, box: Box) -> float:
        return max(GAP, 12 + SMALL_LINE * len(self._beside(box))) if not box.step.is_end else GAP / 2

    def _beside(self, box: Box) -> list[str]:
        return [line for text in self.labels[box.step.id] for line in _wrap(text, (BOX - 40) / SMALL)]

    def _next(self, box: Box) -> Box | None:
        at = self.rows.index(box) + 1
        return self.rows[at] if at < len(self.rows) else None

    # Drawing

    def svg(self) -> str:
        title, told = str(self.procedure.label), " ".join(self._told())
        name = f"diagram-{self.procedure.id}"
        return "".join(
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" class="diagram" role="img" width="{WIDTH}" '
                f'height="{self.height:.0f}" viewBox="0 0 {WIDTH} {self.height:.0f}" '
                f'aria-labelledby="{name}-title {name}-told" font-family="inherit">',
                f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-told">{escape(told)}</desc>',
                *self._heading(),
                *self._backs(),
                *self._jumps(),
                *(part for box in self.rows for part in self._arrow(box)),
                *(part for box in self.rows for part in _box(box, box.step.id == self.at)),
                "</svg>",
            )
        )

    def _told(self) -> Iterator[str]:
        """The whole in words, for who cannot see it."""
        for number, box in enumerate((b for b in self.rows if not b.step.is_end), 1):
            moves = _("；").join(f"{move.label} → {self.procedure.step(move.to).label}" for move in box.step.moves)
            yield _("{number}. {step}：{moves}。").format(number=number, step=box.step.label, moves=moves)
        if self.at in self.boxes:
            yield _("现在：{step}。").format(step=self.boxes[self.at].step.label)

    def _heading(self) -> Iterator[str]:
        top: float = TOP + SMALL
        for line in (line for lines in self.whole for line in lines):
            yield _text(PADDING, top, line, SMALL, QUIET)
            top += SMALL_LINE

    def _arrow(self, box: Box) -> Iterator[str]:
        """The move down to the next row, and the days of every forward move."""
        following = self._next(box)
        x = box.left + 28
        if following is not None and any(m.to == following.step.id for m in self.graph.forward(box.step.id)):
            x = max(box.left, following.left) + 28
            yield _line(f"M{x:.1f} {box.bottom:.1f}V{following.top - 7:.1f}", "diagram-forward", INK)
            yield _head(x, following.top, "down", INK)
        for number, beside in enumerate(self._beside(box)):
            yield _text(x + 10, box.bottom + 4 + SMALL + number * SMALL_LINE, beside, SMALL, QUIET)

    def _backs(self) -> Iterator[str]:
        """Moves back: for each step that takes them one dashed way up on the left, with a branch from each sender."""
        wanted = [
            (
                target,
                [
                    box
                    for box in self.rows
                    if any(m.to == target.step.id and m.kind is MoveKind.BACK for m in box.step.moves)
                ],
            )
            for target in self.rows
        ]
        for lane, target, senders in _in_lanes(wanted):
            x = BESIDE - 12 - LANE * lane
            y = target.enters
            for box in senders:
                yield _line(_bend(box.left, box.leaves, x, y, target.left - 7), "diagram-back", STOP, dashed=True)
            yield _head(target.left, y, "right", STOP)

    def _jumps(self) -> Iterator[str]:
        """Forward moves past other rows, on the right."""
        wanted = [
            (
                target,
                [
                    box
                    for box in self.rows
                    if self._next(box) is not target
                    and any(m.to == target.step.id for m in self.graph.forward(box.step.id))
                ],
            )
            for target in self.rows
        ]
        for lane, target, senders in _in_lanes(wanted):
            x = BESIDE + 2 * INDENT + BOX + 14 + LANE * lane
            for box in senders:
                yield _line(_bend(box.right, box.leaves, x, target.enters, target.right + 7), "diagram-forward", INK)
            yield _head(target.right, target.enters, "left", INK)


def _in_rows(graph: Graph) -> Iterator[Step]:
    """The steps in the order of the file where that goes forward, else those first that lie before; each granted end
    below the last step that leads to it, where that step leads nowhere else; the other ends last."""
    procedure = graph.procedure
    ids = [step.id for step in procedure.steps]
    if any(ids.index(move.to) < ids.index(step) for step in ids for move in graph.forward(step)):
        ids = graph.order
    steps = [procedure.step(id) for id in ids if not procedure.step(id).is_end]
    ends = [procedure.step(id) for id in ids if procedure.step(id).is_end]
    for at, step in enumerate(steps):
        yield step
        leads_to = {move.to for move in graph.forward(step.id)}
        if at + 1 < len(steps) and leads_to & {later.id for later in steps}:
            continue
        later_ones = {move.to for later in steps[at + 1 :] for move in graph.forward(later.id)}
        for end in [end for end in ends if end.granted and end.id in leads_to - later_ones]:
            ends.remove(end)
            yield end
    yield from ends


def _in_lanes(wanted: Iterable[tuple[Box, list[Box]]]) -> Iterator[tuple[int, Box, list[Box]]]:
    """Lanes for ways between rows, so that those that run side by side do not lie on each other; short ones inside."""
    spans = [
        (
            min([target.top, *(b.top for b in senders)]),
            max([target.bottom, *(b.bottom for b in senders)]),
            target,
            senders,
        )
        for target, senders in wanted
        if senders
    ]
    taken: list[list[tuple[float, float]]] = []
    for top, bottom, target, senders in sorted(spans, key=lambda span: span[1] - span[0]):
        free = next((n for n, lane in enumerate(taken) if all(b <= top or a >= bottom for a, b in lane)), len(taken))
        if free == len(taken):
            taken.append([])
        taken[free].append((top, bottom))
        yield min(free, MOST_LANES - 1), target, senders


def _bend(x: float, y: float, lane: float, to_y: float, to_x: float) -> str:
    """A way out to a lane, along it, and back, with round corners."""
    out = 6 if lane > x else -6
    turn = 6 if to_y > y else -6
    return (
        f"M{x:.1f} {y:.1f}H{lane - out:.1f}Q{lane:.1f} {y:.1f} {lane:.1f} {y + turn:.1f}"
        f"V{to_y - turn:.1f}Q{lane:.1f} {to_y:.1f} {lane - out:.1f} {to_y:.1f}H{to_x:.1f}"
    )


def _line(path: str, name: str, colour: str, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<path class="{name}" d="{path}" fill="none" stroke="{colour}" stroke-width="1.4"{dash}/>'


HEADS = {"down": "l-4 -7h8z", "right": "l-7 -4v8z", "left": "l7 -4v8z"}


def _head(x: float, y: float, way: str, colour: str) -> str:
    name = "diagram-back-head" if colour == STOP else "diagram-forward-head"
    return f'<path class="{name}" d="M{x:.1f} {y:.1f}{HEADS[way]}" fill="{colour}"/>'


def _box(box: Box, current: bool) -> Iterator[str]:
    step = box.step
    stripe, ground = COLOURS.get(Level(step.level), OTHER) if step.level else OTHER
    name = "diagram-end" if step.is_end else f"diagram-level-{step.level}"
    if step.is_end:
        stripe, ground = (GOOD, "#e8f5ec") if step.granted else (QUIET, "#f1f3f6")
        name += " diagram-granted" if step.granted else ""
    edge = (NOW, 3.0) if current else (stripe, 1.0)
    radius = box.height / 2 if step.is_end and box.height < 48 else 6
    yield f'<g class="diagram-step{" diagram-now" if current else ""}" data-step={quoteattr(step.id)}>'
    yield (
        f'<rect class="{name}" x="{box.left:.1f}" y="{box.top:.1f}" width="{BOX}" height="{box.height:.1f}" '
        f'rx="{radius:.1f}" fill="{ground}" stroke="{edge[0]}" stroke-width="{edge[1]}"/>'
    )
    if not step.is_end:
        along = f"M{box.left + 3:.1f} {box.top + 6:.1f}v{box.height - 12:.1f}"
        yield f'<path class="diagram-stripe" d="{along}" stroke="{stripe}" stroke-width="3"/>'
    y = box.top + PADDING - 2
    for text, size, colour, bold in box.lines:
        y += LINE if size == FONT else SMALL_LINE
        yield _text(box.left + PADDING + 2, y - 5, text, size, colour, bold)
    yield "</g>"


NAMES = {INK: "ink", QUIET: "quiet", STOP: "stop", GOOD: "good", NOW: "here"}


def _text(x: float, y: float, text: str, size: int, colour: str, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text class="diagram-{NAMES[colour]}" x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}"{weight}>'
        f"{escape(text)}</text>"
    )


def _number_of(days: int, unit: Unit) -> str:
    told = (_("{days} 天") if unit is Unit.CALENDAR else _("{days} 个工作日")).format(days=days)
    return told.replace(" ", FIXED, 1)


def _wrap(text: str, room: float) -> Iterator[str]:
    """The text in lines of at most `room` widths of a Chinese character; Latin words are not cut."""
    line, width = "", 0.0
    for word in _words(text):
        wide = sum(_width(character) for character in word)
        if line and width + wide > room:
            yield line.rstrip()
            line, width, word = "", 0.0, word.lstrip()
            wide = sum(_width(character) for character in word)
        line, width = line + word, width + wide
    if line:
        yield line


def _words(text: str) -> Iterator[str]:
    """The pieces between which a line may end: Chinese characters, with the marks around them, and Latin words."""
    piece = ""
    for character in text:
        if piece and _may_break(piece[-1], character):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if before in OPENING or after in CLOSING or FIXED in (before, after):
        return False
    return after == " " or _width(after) == 1.0 or _width(before) == 1.0


FIXED = "\u00a0"  # a blank at which no line ends
OPENING = "“‘（《"
CLOSING = "，。；：、！？）》”’"


def _width(character: str) -> float:
    return 1.0 if east_asian_width(character) in "WFA" else 0.56
