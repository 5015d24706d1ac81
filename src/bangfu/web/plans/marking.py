"""The text of a document with marks in place: what was read, doubts, and amounts that do not add up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

# How many characters around a quote are shown with it at most; of those its own line and the one before it.
AROUND = 200


@dataclass(frozen=True)
class Mark:
    """A stretch of the text with a class of the style sheet; `say` is what a pointer resting on it is told."""

    start: int
    end: int
    css: str
    say: str = ""


@dataclass
class Anchors:
    """What stands between two characters: names to jump to, and links (address, text, what it says to those who hear
    the page)."""

    names: list[str] = field(default_factory=list)
    links: list[tuple[str, str, str]] = field(default_factory=list)

    def html(self) -> SafeString:
        """The names first, then the links."""
        names = format_html_join("", '<span id="{}"></span>', ((name,) for name in self.names))
        links = format_html_join(
            "", '<a class="ref" href="{}" aria-label="{}">{}</a>', ((url, say, text) for url, text, say in self.links)
        )
        return names + links


def marked(text: str, start: int, end: int, marks: Iterable[Mark], anchors: dict[int, Anchors]) -> SafeString:
    """`text` from `start` to `end` as HTML. Marks may overlap: each piece between two borders wears the classes of all
    the marks around it. What lies outside the stretch is left out."""
    inside = [mark for mark in marks if mark.start < end and mark.end > start and mark.end > mark.start]
    borders = {start, end}
    for mark in inside:
        borders |= {max(mark.start, start), min(mark.end, end)}
    borders |= {at for at in anchors if start <= at <= end}
    ordered = sorted(borders)
    begins: dict[int, list[Mark]] = {}
    for mark in inside:
        begins.setdefault(max(mark.start, start), []).append(mark)
    parts: list[SafeString] = []
    around: list[Mark] = []
    for position, at in enumerate(ordered):
        if at in anchors:
            parts.append(anchors[at].html())
        if at >= end:
            break
        around = [mark for mark in around if mark.end > at] + begins.get(at, [])
        parts.append(_piece(text[at : ordered[position + 1]], around))
    return SafeString("".join(parts))


def _piece(text: str, around: Sequence[Mark]) -> SafeString:
    if not around:
        return format_html("{}", text)
    css = " ".join(dict.fromkeys(mark.css for mark in around))
    say = "\n".join(dict.fromkeys(mark.say for mark in around if mark.say))
    if say:
        return format_html('<mark class="{}" title="{}">{}</mark>', css, say, text)
    return format_html('<mark class="{}">{}</mark>', css, text)


def around(text: str, start: int, end: int, marks: Sequence[Mark]) -> SafeString:
    """A stretch of a text with its own line and the one before it, as far as they are not too long."""
    line = text.rfind("\n", 0, start)
    first = max(text.rfind("\n", 0, max(line, 0)) + 1, start - AROUND, 0)
    stop = text.find("\n", end)
    last = min(stop if stop >= 0 else len(text), end + AROUND)
    return marked(text, first, last, marks, {})
