"""By when: the date of the clause, of the sentence, of the heading or stage above, else the document's own period."""

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cache

from bangfu.plans.reading.dates import DateFound, Role
from bangfu.plans.reading.found import Kind
from bangfu.plans.reading.layout import Heading, Layout, Paragraph, Sentence
from bangfu.plans.reading.words import any_of, grammar

_NODE = re.compile(r"(?:节点|阶段|步骤?|批)[,:(]?\Z")  # 第一节点,3月份…: the date holds up to the next
_HEAD = re.compile(r"(?:到|在|于|至|截至|力争|确保|争取|计划|要|须|[一二三四五六七八九十]是|[ ,:、(])*")
_STAGE = re.compile(r"阶段|步骤|节点|第[一二三四五六七八九十]年|时间")


@dataclass
class DocumentTime:
    """What a document says of its own time. `year` None: it names none (or only blanks)."""

    year: int | None = None
    period_end: str = ""
    period_blank: bool = False  # the document states its period, but a part is blanked out
    goals: list[tuple[str, str, str]] = field(default_factory=list)  # who, outcome, deadline


@dataclass(frozen=True)
class Due:
    """`deadline` is "" when there is none or it is unknown; `blank` says that one was written but cannot be known."""

    deadline: str = ""
    at: tuple[int, int] | None = None
    blank: bool = False
    by: str = ""
    own: bool = False  # from its own sentence


class Deadlines:
    """The dates of a text, and the time of each of its documents."""

    def __init__(self, layout: Layout, found: list[DateFound]) -> None:
        self.layout, self.found = layout, found
        self._starts = [date.start for date in found]
        self.times = {piece.number: DocumentTime() for piece in layout.pieces}
        self._stages: dict[int, DateFound] = {}
        for number, time in self.times.items():
            self._learn(number, time)

    def within(self, start: int, end: int) -> list[DateFound]:
        return self.found[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def _learn(self, number: int, time: DocumentTime) -> None:
        text = self.layout.text
        own = [(n, p) for n, p in enumerate(self.layout.paragraphs) if p.document == number and not p.noise]
        title: DateFound | None = None
        for _, paragraph in own:
            if paragraph.title:
                title = self._title_date(paragraph) or title
        # Of a plan for several years a day without a year may be of any of them.
        title_year = title.year if title is not None and not title.span else None
        found = [date for _, p in own for date in self.within(p.start, p.end)]
        period = self._period([p for _, p in own])
        named = [date.year for date in found if date.year is not None and date.role is not Role.LABEL]
        with_month = [date.year for date in found if date.year is not None and date.month]
        if period is not None:
            time.period_blank = period.blank
            time.year = period.year
        time.year = time.year or title_year or _most(with_month) or (_most(named) if len(set(named)) == 1 else None)
        if period is not None:
            time.period_end = period.last_day(time.year)
        elif title is not None:
            time.period_end = f"{title.year:04d}"
        own_paragraphs = {n for n, _ in own}
        for sentence in self.layout.sentences:
            if sentence.paragraph in own_paragraphs:
                self._goals(text, sentence, time)

    def _title_date(self, paragraph: Paragraph) -> DateFound | None:
        """The year, or the end of the span, in the title of a plan (2021年度工作计划, …总结及2021年计划); a file's
        label (计划篇2) is no title of a plan."""
        line = self.layout.text[paragraph.start : paragraph.end]
        plans = list(re.finditer(any_of(grammar().words.periods.plan_titles), line))
        if not plans or re.search(r"篇\s*[0-9一二三四五六七八九十]|范文", line):
            return None
        dated = [date for date in self.within(paragraph.start, paragraph.end) if date.year]
        ahead = [date for date in dated if date.start < paragraph.start + plans[-1].end()]
        return (ahead or dated)[-1] if dated else None

    def _period(self, paragraphs: list[Paragraph]) -> DateFound | None:
        """The span that the document states for the whole: under a heading for it, in a line of its own, or in a
        sentence that says so."""
        text = self.layout.text
        headings = _period_heading()
        for position, paragraph in enumerate(paragraphs):
            spans = [date for date in self.within(paragraph.start, paragraph.end) if date.span]
            line = text[paragraph.body : paragraph.end].strip(" 。;")
            if (
                len(spans) == 1
                and spans[0].start <= paragraph.body + 2
                and len(line) - (spans[0].end - spans[0].start) <= 3
            ):
                above = paragraphs[position - 1] if position else None
                stage = (
                    above is not None
                    and _STAGE.search(text[above.body : above.end])
                    and not headings.fullmatch(text[above.body : above.end].strip(" :。"))
                )
                if not stage:
                    return spans[0]
            if paragraph.headings and headings.fullmatch(paragraph.headings[-1].title.strip(" :。")) and spans:
                return spans[0] if len(spans) == 1 else None
            if (
                spans
                and (said := _period_said().search(text[paragraph.body : spans[0].start]))
                and said.end() >= spans[0].start - paragraph.body - 2
            ):
                return spans[0]
        return None

    def _goals(self, text: str, sentence: Sentence, time: DocumentTime) -> None:
        """到2025年,…全部脱贫: the goal whose date holds for the parts that lead to it."""
        for match in _goal().finditer(text, sentence.start, sentence.end):
            before = [d for d in self.within(sentence.start, match.end()) if d.role is not Role.START]
            if before and (deadline := before[-1].last_day(time.year)):
                time.goals.append((match["who"], match["outcome"], deadline))

    def due(self, paragraph: Paragraph, sentence: Sentence, start: int, end: int, kind: Kind) -> Due:
        """The deadline of what stands at `start`..`end`. Facts have none, unless it is their own year's."""
        if kind is Kind.FACT:
            return Due()
        time = self.times[paragraph.document]
        own = self._own(sentence, start, end)
        if own is not None:
            deadline = own.last_day(self._year_before(own, sentence) or time.year)
            if own.role is Role.AT and not own.month and time.period_end.startswith(f"{deadline}-"):
                deadline = time.period_end  # the period's end lies in that year and is nearer
            missing = not deadline
            return Due(deadline, (own.start, own.end), missing, "sentence", True)
        if kind in (Kind.DUTY, Kind.STANDARD):
            return Due()
        stage = self._stage(paragraph, sentence)
        if stage is not None:
            deadline = stage.last_day(time.year)
            return Due(deadline, (stage.start, stage.end), not deadline, "heading")
        for who, outcome, deadline in time.goals:
            if self._heads(paragraph.headings, who, outcome):
                return Due(deadline, None, False, "goal")
        return Due(
            time.period_end, None, time.period_blank and not time.period_end, "period" if time.period_end else ""
        )

    def _year_before(self, date: DateFound, sentence: Sentence) -> int | None:
        """2021年6月底前…,年底前…: the year that the sentence named last before a date without one."""
        if date.year is not None or date.blank:
            return None
        named = [d.year for d in self.within(sentence.start, date.start) if d.year is not None and self._governs(d)]
        return named[-1] if named else None

    def _own(self, sentence: Sentence, start: int, end: int) -> DateFound | None:
        """The date that governs a stretch of its sentence: in its own clause, else the last one before it."""
        text = self.layout.text
        left, right = self.layout.clause(start, end, ",;。!?\n")
        clause_dates = [
            d
            for d in self.within(max(left, sentence.start), right)
            if self._governs(d) and not self._in_brackets(d, start)
        ]
        inside = [d for d in clause_dates if d.start < start] or [d for d in clause_dates if d.role is Role.DEADLINE]
        if inside:
            ahead = [d for d in inside if d.start < start]
            return ahead[-1] if ahead else inside[0]
        if (behind := self._behind(sentence, right)) is not None:
            return behind
        before = [d for d in self.within(sentence.start, left) if self._governs(d) and not self._in_brackets(d, start)]
        if not before:
            return None
        last = before[-1]
        told = text[last.start : start]
        if last.role is Role.AT and not self._leads(last, sentence):
            return None
        if (
            ";" in told
            and not _HEAD.fullmatch(text, sentence.start, last.start)
            and not _NODE.search(text[max(0, last.start - 8) : last.start])
        ):
            return None  # a date inside one part of a list says nothing of the next part
        return None if re.search(r"[。]", told) else last

    def _behind(self, sentence: Sentence, right: int) -> DateFound | None:
        """改造48户,6月底前完工: a clause behind that has a date and no amount of its own says by when."""
        text = self.layout.text
        if right >= sentence.end or text[right] != ",":
            return None
        _, stop = self.layout.clause(right + 1, right + 1, ",;。!?\n")
        head = re.match(r"\s*(?:于|在|并于|力争|确保|须于|应于|必须在)*", text[right + 1 : stop])
        found = [d for d in self.within(right + 1, stop) if d.role is Role.DEADLINE]
        if not found or head is None or found[0].start > right + 1 + head.end():
            return None
        rest = text[found[0].end : stop]
        return found[0] if re.fullmatch(r"[一-龥]{0,10}", rest) and not re.search(r"全部|所有|每", rest) else None

    def _governs(self, date: DateFound) -> bool:
        if date.role is Role.LABEL or date.role is Role.START:
            return False
        behind = self.layout.text[date.end : date.end + 4]
        if (
            date.role is Role.AT
            and self.layout.text[max(0, date.start - 1) : date.start] in tuple("对将把的据按超于与或")
            and date.start
        ):
            return False
        if date.role is Role.AT and behind.startswith(("的", "下达", "出台", "印发", "以来", "脱贫户", "退出")):
            return False
        return not (date.role is Role.AT and date.month == 0 and re.match(r"的?(?:第|[一二三四]季度)", behind))

    def _in_brackets(self, date: DateFound, start: int) -> bool:
        """A remark in brackets says nothing of what stands outside, unless it is the date alone (第一年(2021年):…)."""
        text = self.layout.text
        opening = text.rfind("(", max(0, date.start - 40), date.start)
        closing = text.find(")", date.end, date.end + 40)
        if opening == -1 or closing == -1 or ")" in text[opening : date.start] or "(" in text[date.end : closing]:
            return False
        return closing < start and not (opening == date.start - 1 and closing == date.end)

    def _leads(self, date: DateFound, sentence: Sentence) -> bool:
        """A plain date governs what follows only from the head of a clause, or when it ends one (2021年4月,…)."""
        text = self.layout.text
        head = text[max(sentence.start, date.start - 1) : date.start]
        return head in ("", ",", ";", ":", "(", " ") or text[date.end : date.end + 1] in (",", ":", ")")

    def _stage(self, paragraph: Paragraph, sentence: Sentence) -> DateFound | None:
        """The date in the innermost heading above, or in a first sentence that is nothing but a date."""
        text = self.layout.text
        for heading in reversed(paragraph.headings):
            line_end = text.find("\n", heading.start)
            line_end = len(text) if line_end == -1 else line_end
            in_title = [
                d
                for d in self.within(heading.start, min(heading.end + 1, line_end))
                if d.role in (Role.DEADLINE, Role.AT)
            ]
            if in_title and heading.end - heading.start <= 40:
                return in_title[-1]
            rest = self.within(heading.end, min(heading.end + 30, line_end))
            if (
                rest
                and rest[0].start <= heading.end + 2
                and (
                    text[rest[0].end : rest[0].end + 1] in ("。", ";", ":", "", "\n")
                    or (rest[0].span and text[rest[0].end] == ",")
                )
            ):
                return rest[0]
        if paragraph.start < sentence.start:
            first = self.within(paragraph.body, sentence.start)
            if (
                first
                and first[0].span
                and first[0].start <= paragraph.body + 1
                and text[first[0].end : first[0].end + 1] == "。"
            ):
                return first[0]
        return None

    @staticmethod
    def _heads(headings: tuple[Heading, ...], who: str, outcome: str) -> bool:
        return any(
            re.search(rf"{re.escape(who)}[一-龥]{{0,4}}{re.escape(outcome)}(?!攻坚)", heading.title)
            for heading in headings
        )


@cache
def _goal() -> re.Pattern[str]:
    outcome = any_of(grammar().words.periods.goal_words)
    return re.compile(
        r"(?P<who>(?:贫困|低收入|监测|边缘|危房|移民|搬迁)[一-龥]{0,4}?(?:人口|户|村|对象|县))[一-龥“]{0,4}(?:全部|全面|如期|稳定|实现)?"
        rf"“?(?P<outcome>{outcome})(?!攻坚)"
    )


@cache
def _period_heading() -> re.Pattern[str]:
    return re.compile(rf"(?:[一-龥]{{0,6}})?{any_of(grammar().words.periods.headings)}(?:及范围|与范围|范围)?")


@cache
def _period_said() -> re.Pattern[str]:
    return re.compile(
        rf"(?:{any_of(grammar().words.periods.headings)}(?:为|是|:|从|自)|活动(?:从|自)|行动(?:从|自)|攻坚(?:从|自)|(?:在全[县乡镇市区村州]|集中)(?:开展|利用).{{0,6}}(?:从|自)|^自|为期[^,。]{{1,6}}\()\s*$"
    )


def _most(years: list[int]) -> int | None:
    return max(sorted(set(years)), key=years.count) if years else None
