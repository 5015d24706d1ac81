"""From a Word file to its text: what is written on the page, in the order of the document."""

from collections.abc import Callable, Iterator
from typing import Any

Label = Callable[[Any], str]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# Taken out or moved away by somebody whose changes nobody accepted yet, and what is drawn for programs that are older.
_NOT_THERE = frozenset(
    (f"{_W}del", f"{_W}moveFrom", "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")
)
_BOX = f"{_W}txbxContent"


def _unnumbered(_paragraph: Any) -> str:
    return ""


def lines_of(body: Any, label: Label = _unnumbered) -> Iterator[str]:
    """Paragraphs a line each, behind the number that Word gives them (`label`, see `numbering`), text boxes after the
    paragraph that holds them, rows of tables a line with tabs between cells. Whatever wraps them (fields to fill in,
    tags of dates and places, insertions nobody accepted yet) is no part of the text and is looked through."""
    for part in body:
        if part.tag == f"{_W}p":
            boxes: list[Any] = []
            yield label(part) + "".join(_written(part, boxes))
            for box in boxes:
                yield from lines_of(box, label)
        elif part.tag == f"{_W}tbl":
            yield from _rows(part, label)
        elif isinstance(part.tag, str) and part.tag not in _NOT_THERE:
            yield from lines_of(part, label)


def _written(part: Any, boxes: list[Any]) -> Iterator[str]:
    """What is written in a part of a paragraph; text boxes are put aside."""
    for inner in part:
        tag = inner.tag
        if tag == f"{_W}t":
            yield inner.text or ""
        elif tag == f"{_W}tab":
            # stops of a paragraph's tabs are called the same, and hold a place
            if inner.get(f"{_W}val") is None:
                yield "\t"
        elif tag == f"{_W}cr" or (tag == f"{_W}br" and inner.get(f"{_W}type", "textWrapping") == "textWrapping"):
            yield "\n"
        elif tag == f"{_W}noBreakHyphen":
            yield "-"
        elif tag == _BOX:
            boxes.append(inner)
        elif isinstance(tag, str) and tag not in _NOT_THERE:
            yield from _written(inner, boxes)


def _rows(table: Any, label: Label) -> Iterator[str]:
    """Rows with their cells; a cell that spans several columns is told once."""
    for row in _inside(table, f"{_W}tr"):
        yield "\t".join(" ".join(" ".join(lines_of(cell, label)).split()) for cell in _inside(row, f"{_W}tc"))


def _inside(part: Any, tag: str) -> Iterator[Any]:
    """The rows of a table or the cells of a row, whatever wraps them."""
    for inner in part:
        if inner.tag == tag:
            yield inner
        elif isinstance(inner.tag, str) and inner.tag not in _NOT_THERE:
            yield from _inside(inner, tag)
