"""How a text is built: the web page around it, several documents in one file, headings, sentences, clauses."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from bangfu.plans.reading.found import Piece
from bangfu.plans.reading.words import Grammar, any_of, grammar

# The forms of numbering, from the top of a document down; `一是` numbers paragraphs and points inside them.
_NUMBERING = (
    (0, re.compile(r"\s*第[一二三四五六七八九十百]+(?:章|部分|编)[、.: ]*")),
    (1, re.compile(r"\s*第[一二三四五六七八九十百]+节[、.: ]*")),
    (2, re.compile(r"\s*(?P<top>[一二三四五六七八九十]{1,3})[、.．,](?![0-9]|[一二三四五六七八九十]+[、,年级])")),
    (3, re.compile(r"\s*\((?:[一二三四五六七八九十]{1,3})\)[、.,]?")),
    (4, re.compile(r"\s*(?:[0-9]{1,2}[.、．](?=[0-9]{4}年|[^0-9])|[a-zA-Z][、.](?=\s*[\u4e00-\u9fff]))")),
    (5, re.compile(r"\s*\([0-9]{1,2}\)[、.,]?")),
    (6, re.compile(r"\s*(?:[①-⓿][、.]?|[0-9]{1,2}\))")),
    (7, re.compile(r"\s*[一二三四五六七八九十](?:是(?:要)?|要|、?方面)")),
)
_ORDINALS = {word: n for n, word in enumerate("一 二 三 四 五 六 七 八 九 十 十一 十二 十三 十四 十五".split(), 1)}
_SENTENCE_END = re.compile(r"[。!！]+[”)〞]*|[?？]+[”)]*(?=\s|$)|\n")
LONGEST_CLAUSE = 300  # characters on either side of what a clause is asked for
CLAUSE_MARKS = ",;:。!?()\n\t|"


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of the text, or several that belong together. `body` is where it begins behind its numbering; `noise` says
    that it is no part of a document; `headings` are those above it and its own, outermost first."""

    start: int
    end: int
    body: int
    document: int
    headings: tuple[Heading, ...] = ()
    noise: bool = False
    title: bool = False
    heading: bool = False  # a line that is nothing but a heading
    unsure: bool = False  # a new document seems to begin here


@dataclass(frozen=True, slots=True)
class Sentence:
    start: int
    end: int
    paragraph: int


@dataclass(frozen=True)
class Layout:
    """A text in the form for matching, with its paragraphs, sentences and documents, each in the order of the text."""

    text: str
    paragraphs: tuple[Paragraph, ...]
    sentences: tuple[Sentence, ...]
    pieces: tuple[Piece, ...]

    def sentence_at(self, position: int) -> Sentence | None:
        """The sentence that holds this position; None in blank or foreign text."""
        index = bisect_right(self._starts(), position) - 1
        if index < 0 or position >= self.sentences[index].end:
            return None
        return self.sentences[index]

    def _starts(self) -> list[int]:
        starts: list[int] | None = self.__dict__.get("_sentence_starts")
        if starts is None:
            starts = [sentence.start for sentence in self.sentences]
            self.__dict__["_sentence_starts"] = starts
        return starts

    def clause(self, start: int, end: int, marks: str = CLAUSE_MARKS) -> tuple[int, int]:
        """The stretch between marks that holds `start` to `end`; a comma between digits parts nothing."""
        return clause(self.text, start, end, marks)


def clause(text: str, start: int, end: int, marks: str = CLAUSE_MARKS) -> tuple[int, int]:
    """Bounds of the stretch of `text` around `start`..`end` that none of `marks` interrupts, as far as clauses go."""
    left, right = start, end
    first, last = max(0, start - LONGEST_CLAUSE), min(len(text), end + LONGEST_CLAUSE)
    while left > first and (text[left - 1] not in marks or not _parts(text, left - 1)):
        left -= 1
    while right < last and (text[right] not in marks or not _parts(text, right)):
        right += 1
    return left, right


def _parts(text: str, at: int) -> bool:
    """Whether a mark parts clauses: the comma of 12,500 does not."""
    between_digits = 0 < at < len(text) - 1 and text[at - 1].isdigit() and text[at + 1 : at + 4].isdigit()
    return not (text[at] == "," and between_digits and len(text[at + 1 : at + 4]) == 3)


def lay_out(text: str) -> Layout:
    """The layout of a text in the form for matching."""
    words = grammar()
    lines = list(_lines(text))
    noise = _noise(text, lines, words)
    paragraphs = _tree(text, _joined(text, lines, noise), words)
    sentences = tuple(s for n, p in enumerate(paragraphs) if not p.noise for s in _sentences(text, p, n))
    return Layout(text, tuple(paragraphs), sentences, tuple(_pieces(text, paragraphs)))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Lines that are not blank, without the blanks around them."""
    for match in re.finditer(r"[^\r\n\f\v\x1c-\x1e\x85\u2028\u2029]+", text):
        line = match[0]
        left = len(line) - len(line.lstrip(" "))
        if line.strip():
            yield match.start() + left, match.start() + len(line.rstrip())


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    layout = grammar().words.layout
    return (
        re.compile(any_of(layout.page_words_strong)),
        re.compile(any_of(layout.page_words_weak)),
        re.compile("|".join(layout.page_line_patterns), re.IGNORECASE),
        re.compile(any_of(layout.title_words)),
        re.compile("|".join(layout.piece_patterns)),
    )


def _noise(text: str, lines: list[tuple[int, int]], words: Grammar) -> set[int]:
    """Lines that are of the web page or the print, not of a document."""
    strong, weak, whole_line, _, _ = _patterns()
    found = set()
    for number, (start, end) in enumerate(lines):
        line = text[start:end]
        if whole_line.match(line):
            found.add(number)
        elif end - start <= 160:
            hits = len(strong.findall(line))
            vague = len(set(weak.findall(line)))
            if (hits and (end - start <= 80 or hits > 1 or vague)) or (vague >= 2 and end - start <= 90):
                found.add(number)
    return found


def _joined(text: str, lines: list[tuple[int, int]], noise: set[int]) -> list[tuple[int, int, bool]]:
    """Lines that were broken in the middle of a sentence are one paragraph: (start, end, whether it is noise)."""
    found: list[tuple[int, int, bool]] = []
    for number, (start, end) in enumerate(lines):
        titled = bool(found) and _is_title(text[found[-1][0] : found[-1][1]], _patterns()[3])
        if found and number not in noise and not found[-1][2] and not titled and _goes_on(text, found[-1], start):
            found[-1] = (found[-1][0], end, False)
        else:
            found.append((start, end, number in noise))
    return found


def _goes_on(text: str, before: tuple[int, int, bool], start: int) -> bool:
    last_line = text.rfind("\n", before[0], before[1]) + 1 or before[0]
    above = text[last_line : before[1]]
    if len(above) < 24 or _number_of(text, start) or "\t" in above or above.count("|") >= 2:
        return False
    return text[before[1] - 1] not in "。!?;:；：)”〞" and text.count("\n", before[1], start) == 1


def _number_of(text: str, start: int) -> tuple[int, re.Match[str]] | None:
    for level, pattern in _NUMBERING:
        if match := pattern.match(text, start):
            return level, match
    return None


def _tree(text: str, stretches: list[tuple[int, int, bool]], words: Grammar) -> list[Paragraph]:
    found: list[Paragraph] = []
    above: list[Heading] = []
    document, top, started = 1, 0, False
    _, _, _, title_words, piece = _patterns()
    for start, end, noise in stretches:
        line = text[start:end]
        if noise:
            found.append(Paragraph(start, end, start, document, noise=True))
            continue
        if end - start <= 50 and piece.match(line) and not line.endswith(("。", ";", ",")):
            if started:
                document += 1
            above, top, started = [], 0, False
            found.append(Paragraph(start, end, start, document, title=True))
            continue
        numbered = _number_of(text, start)
        if numbered is None:
            title = _is_title(line, title_words)
            if title and top:
                document += 1
                above, top, started = [], 0, False
            if title:
                found.append(Paragraph(start, end, start, document, title=True))
            else:
                started = True
                short = end - start <= 18 and not re.search(r"[。;,!:|\t]|[0-9]", line) and above == []
                found.append(Paragraph(start, end, start, document, tuple(above), heading=short))
            continue
        level, match = numbered
        started = True
        unsure = False
        if level == 2:
            ordinal = _ORDINALS.get(match["top"], 0)
            chapter = any(heading.level <= 1 and heading.start > _last_top(above) for heading in above)
            if ordinal and ordinal <= top and not chapter:
                document, unsure = document + 1, True
                above = []
                _take_back(found, document, ordinal, text)
            top = ordinal or top
        if level <= 1:
            top = 0
        body = match.end()
        stop = _title_end(text, body, end)
        above = [heading for heading in above if heading.level < level]
        above.append(Heading(level, text[body:stop].strip(), body, stop))
        whole = stop >= end - 1
        found.append(
            Paragraph(start, end, body, document, tuple(above), heading=whole and end - body <= 40, unsure=unsure)
        )
    return found


def _last_top(above: list[Heading]) -> int:
    return max((heading.start for heading in above if heading.level == 2), default=-1)


def _take_back(found: list[Paragraph], document: int, ordinal: int, text: str) -> None:
    """What stands before the first numbered heading of a document belongs to it: a title line, or, when its first
    headings are lost (it begins with 二), the paragraph in front."""
    position = len(found) - 1
    while position >= 0 and found[position].noise:
        position -= 1
    if position < 0:
        return
    last = found[position]
    lead = ordinal > 1 and _number_of(text, last.start) is None
    if last.title or lead:
        found[position] = replace(last, document=document, headings=(), unsure=True)


def _is_title(line: str, title_words: re.Pattern[str]) -> bool:
    if len(line) > 45 or len(line) < 4 or line[-1] in "。;,:、" or "," in line or ":" in line or "\t" in line:
        return False
    line = re.sub(r"\s*\([^()]*\)\s*$", "", line)  # (2018-2020年), (征求意见稿)
    found = list(title_words.finditer(line))
    return bool(found) and found[-1].end() >= len(line.rstrip(")》 ")) - 6


def _title_end(text: str, body: int, end: int) -> int:
    """A heading ends with its line, or with the first full stop of a paragraph that begins with it."""
    stop = text.find("。", body, end)
    if stop == -1:
        stop = end
    colon = text.find(":", body, min(stop, body + 20))
    return colon if colon != -1 and stop - body > 30 else stop


def _sentences(text: str, paragraph: Paragraph, number: int) -> Iterator[Sentence]:
    start = paragraph.body
    for match in _SENTENCE_END.finditer(text, paragraph.body, paragraph.end):
        if match[0] == "\n":
            continue
        if match.end() > start:
            yield Sentence(start, match.end(), number)
        start = match.end()
    if start < paragraph.end:
        yield Sentence(start, paragraph.end, number)


def _pieces(text: str, paragraphs: list[Paragraph]) -> Iterator[Piece]:
    for document in sorted({p.document for p in paragraphs if not p.noise}):
        own = [p for p in paragraphs if p.document == document and not p.noise]
        titles = [text[p.start : p.end].strip() for p in own if p.title]
        yield Piece(document, titles[-1] if titles else "", own[0].start, own[-1].end)
