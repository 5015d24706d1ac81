"""From a text to what it promises: every amount and every word for "all", told with what found it."""

import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from decimal import Decimal

from bangfu.plans.reading import coverage, differences, doubts, quantities, rhythm, tables
from bangfu.plans.reading.context import (
    Neighbours,
    People,
    area_of,
    paragraph_headings,
    quote_span,
    reaches,
    subject_of_all,
    subject_of_quantity,
)
from bangfu.plans.reading.counting import counts
from bangfu.plans.reading.dates import dates
from bangfu.plans.reading.deadlines import Deadlines, Due
from bangfu.plans.reading.found import (
    Beneficiary,
    Cadence,
    Comparison,
    Doubt,
    DoubtKind,
    Found,
    Kind,
    Number,
    Proposal,
    Reading,
)
from bangfu.plans.reading.kinds import Moods, is_fact, kind_of_quantity
from bangfu.plans.reading.layout import LONGEST_CLAUSE, Layout, Paragraph, Sentence, lay_out
from bangfu.plans.reading.masks import names
from bangfu.plans.reading.plain import plain
from bangfu.plans.reading.quantities import Quantity
from bangfu.plans.reading.rhythm import Rhythm
from bangfu.plans.reading.words import any_of, grammar

ALL, ONE, NONE, PERCENT = Decimal(100), Decimal(1), Decimal(0), "%"


def read_text(text: str, noted: tuple[Doubt, ...] = ()) -> Found:
    """Reads one text. `noted` are doubts that came up while the file was opened. Never raises; offsets are those of
    `text`."""
    return _Reader(text).read(noted)


@dataclass(frozen=True, slots=True)
class _Item:
    """A proposal in the making: an amount or a word for all, and its place."""

    start: int
    end: int
    sentence: Sentence
    paragraph: Paragraph
    quantity: Quantity | None = None
    covered: coverage.Covered | None = None
    every: bool = False  # an amount of which all is said
    rhythm: Rhythm | None = None


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.plain = plain(text)
        self.layout: Layout = lay_out(self.plain)
        self.dates = dates(self.plain)
        self.named = names(self.plain)
        for date in self.dates:
            self.named[date.start : date.end] = b"\x01" * (date.end - date.start)
        self.deadlines = Deadlines(self.layout, self.dates)
        self.moods = Moods(self.layout)
        self.people = People(self.layout)
        self.rhythms = rhythm.rhythms(self.plain)
        self._rhythm_starts = [one.start for one in self.rhythms]

    def read(self, noted: tuple[Doubt, ...]) -> Found:
        amounts = quantities.quantities(self.plain, self._names_and_rhythms())
        table_spans = tables.tables(self.layout)
        items = self._items(amounts, table_spans)
        proposals = [self._proposal(items, position) for position in range(len(items))]
        proposals = self._subjects_carried(proposals) + self._from_tables(table_spans, amounts)
        proposals = self._restated(self._with_beneficiaries(sorted(proposals, key=lambda p: (p.at, p.start))))
        all_doubts = [
            *noted,
            *doubts.doubts(self.text, self.plain, self.layout, self.dates, self.named, amounts, proposals),
        ]
        in_table = [(table.start, table.end) for table in table_spans]
        unknown = [q for q in amounts if not q.unit and self._is_own(q.start)]
        unknown = [q for q in unknown if not any(start <= q.start < end for start, end in in_table)]
        all_doubts += [self._doubt(DoubtKind.UNIT_UNKNOWN, q.start, q.end) for q in unknown]
        all_doubts.sort(key=lambda doubt: (doubt.start, doubt.end, doubt.kind))
        proposals = doubts.attached(proposals, all_doubts)
        return Found(
            self.text,
            tuple(
                replace(
                    piece,
                    title=self.text[piece.start : piece.end].split("\n")[0][:60] if not piece.title else piece.title,
                )
                for piece in self.layout.pieces
            ),
            tuple(proposals),
            tuple(all_doubts),
            tuple(differences.differences(self.text, self.plain, self.layout, proposals, table_spans)),
            tuple(
                (h.level, h.start, h.end, self.text[h.start : h.end])
                for p in self.layout.paragraphs
                for h in p.headings
                if h.start == p.body
            ),
        )

    def _names_and_rhythms(self) -> bytearray:
        covered = bytearray(self.named)
        for one in self.rhythms:
            covered[one.start : one.end] = b"\x01" * (one.end - one.start)
        return covered

    def _doubt(self, kind: DoubtKind, start: int, end: int, suggestion: str = "") -> Doubt:
        return Doubt(kind, start, end, self.text[start:end], suggestion)

    def _is_own(self, position: int) -> bool:
        """Whether the position is in a document's text, not in its title, the page around it, or a table."""
        sentence = self.layout.sentence_at(position)
        return sentence is not None and not self.layout.paragraphs[sentence.paragraph].title

    # what is in the text ------------------------------------------------------------------------------------------

    def _items(self, amounts: list[Quantity], table_spans: list[tables.Table]) -> list[_Item]:
        found: list[_Item] = []  # in the order of the text while amounts are added
        all_words = coverage.covered(self.plain, self.named)
        used: set[int] = set()
        in_table = [(table.start, table.end) for table in table_spans]
        for quantity in amounts:
            sentence = self.layout.sentence_at(quantity.start)
            if sentence is None or any(start <= quantity.start < end for start, end in in_table):
                continue
            paragraph = self.layout.paragraphs[sentence.paragraph]
            if paragraph.title or self._in_label(paragraph) or not counts(self.plain, quantity):
                continue
            every = self._all_of(quantity, all_words, used)
            found.append(
                _Item(
                    quantity.start,
                    quantity.end,
                    sentence,
                    paragraph,
                    quantity,
                    None,
                    every,
                    self._rhythm_of(sentence, quantity),
                )
            )
        statements: list[_Item] = []
        for position, one in enumerate(all_words):
            sentence = self.layout.sentence_at(one.start)
            if sentence is None or position in used or any(start <= one.start < end for start, end in in_table):
                continue
            paragraph = self.layout.paragraphs[sentence.paragraph]
            if paragraph.title or self._in_label(paragraph) or self._number_says_it(one, found):
                continue
            recurs = self._rhythm_of_all(sentence, one)
            statements.append(_Item(one.start, one.end, sentence, paragraph, None, one, False, recurs))
        found += statements
        found += self._bare_rhythms(found)
        return sorted(found, key=lambda item: (item.start, item.end))

    def _in_label(self, paragraph: Paragraph) -> bool:
        """责任单位:所有… names people, not an amount."""
        return bool(
            re.match(
                rf"\s*[(]?{any_of(grammar().words.owners.labels)}[::]",
                self.plain[paragraph.start : paragraph.start + 12],
            )
        )

    def _all_of(self, quantity: Quantity, all_words: list[coverage.Covered], used: set[int]) -> bool:
        """Whether the text says "all" of this very number: 9个项目全部开工, 所有12个村."""
        if (
            quantity.plain_unit not in grammar().units.countable
            or quantity.comparison is not Comparison.EQUAL
            or "/" in quantity.unit
        ):
            return False
        first = bisect_left(all_words, quantity.start - LONGEST_CLAUSE, key=lambda one: one.left)
        last = bisect_left(all_words, quantity.end, key=lambda one: one.left)
        for position, one in enumerate(all_words[first:last], first):
            if one.zero or not (one.left <= quantity.start and quantity.end <= one.right):
                continue
            word = self.plain[one.start : one.end]
            behind = one.end > quantity.end and re.search(
                r"全部|全覆盖|全面|全员|逐户", self.plain[quantity.end : one.end]
            )
            ahead = re.search(
                r"(?:所有|全部|全体)的?$|全面(?:解决|化解|消化)[一-龥]{0,4}$",
                self.plain[max(0, quantity.start - 8) : quantity.start],
            )
            if (behind and not word.startswith("每")) or ahead:
                used.add(position)
                return True
        _, right = self.layout.clause(quantity.start, quantity.end)
        return (
            bool(
                re.match(
                    r"[一-龥“”()0-9]{0,16}?(?<![人户村年月平亩])(?:均(?![衡等值分匀摊价收])|都(?![市会])|一律)(?=[一-龥])",
                    self.plain[quantity.end : right],
                )
            )
            and not quantity.chinese
        )

    def _number_says_it(self, one: coverage.Covered, found: list[_Item]) -> bool:
        """每个村都有1个…: the number is the statement, the word says of whom. And 100% needs no second "all"."""
        if one.zero:
            first = bisect_left(found, one.start - 40, key=lambda item: item.start)
            last = bisect_left(found, one.start + 1, key=lambda item: item.start)
            return any(item.quantity and one.start < item.end for item in found[first:last])
        word = self.plain[one.start : one.end]
        norm = re.match(r"每|所有|各|户户|村村|人人|逐|全体", word) and not re.search(r"全部|全面|全覆盖|全额", word)
        first = bisect_left(found, one.left, key=lambda item: item.start)
        for item in found[first : bisect_left(found, one.right, key=lambda item: item.start)]:
            quantity = item.quantity
            if quantity is None:
                continue
            if quantity.comparison is Comparison.ALL and quantity.plain_unit == PERCENT:
                return True
            if norm and item.start >= one.start and item.start - one.start <= 40:
                return True
        return False

    def _rhythm_of(self, sentence: Sentence, quantity: Quantity) -> Rhythm | None:
        """The rhythm that an amount recurs with: in its clause before it, or carried on from the clause before."""
        left, right = self.layout.clause(quantity.start, quantity.end, ",;:。!?\n")
        left = max(left, sentence.start)
        if "/" in quantity.unit:
            return None
        inside = [r for r in self._rhythms_within(left, quantity.start) if r.end <= quantity.start]
        if inside:
            return inside[-1]
        goes_on = re.match(rf"\s*{any_of(grammar().words.rhythm.goes_on)}", self.plain[left:right])
        occurs = quantity.plain_unit in grammar().units.occurrences and not re.search(
            r"[0-9]", self.plain[left : quantity.start]
        )
        before = self._rhythms_within(sentence.start, left)
        if before and left - before[-1].end <= 60:
            told = self.plain[before[-1].end : left]
            if goes_on and ";" not in told:
                return before[-1]
            if occurs and told.count(",") <= 1 and ";" not in told:
                return before[-1]
        return None

    def _rhythms_within(self, start: int, end: int) -> list[Rhythm]:
        return self.rhythms[bisect_left(self._rhythm_starts, start) : bisect_left(self._rhythm_starts, end)]

    def _rhythm_of_all(self, sentence: Sentence, one: coverage.Covered) -> Rhythm | None:
        """每月对所有…走访: the rhythm in front of the word for all, in its own clause or part of a list."""
        left, _ = self.layout.clause(one.start, one.end, ",;:。!?\n、“”")
        within = self._rhythms_within(max(left, sentence.start), one.start + 1)
        inside = [r for r in within if r.end <= one.start + 1]
        return inside[-1] if inside and not one.zero else None

    def _bare_rhythms(self, found: list[_Item]) -> list[_Item]:
        """每周一督查, 半月一调度: once a period, without a measure word."""
        more = []
        for one in self.rhythms:
            deed = rhythm.deed_after(self.plain, one)
            sentence = self.layout.sentence_at(one.start)
            if deed is None or sentence is None or self.layout.paragraphs[sentence.paragraph].title:
                continue
            quantity = Quantity(deed[0], deed[1], ONE, "次", "次", Comparison.EQUAL, True, "rhythm-and-deed")
            if not any(item.start < deed[1] and deed[0] < item.end for item in found):
                more.append(
                    _Item(
                        deed[0],
                        deed[1],
                        sentence,
                        self.layout.paragraphs[sentence.paragraph],
                        quantity,
                        None,
                        False,
                        one,
                    )
                )
        return more

    # what each of them says -----------------------------------------------------------------------------------------

    def _proposal(self, items: list[_Item], position: int) -> Proposal:
        item = items[position]
        neighbours = Neighbours(
            items[position - 1].end if position else 0,
            items[position + 1].start if position + 1 < len(items) else len(self.plain),
        )
        if item.quantity is not None:
            return self._of_quantity(item, item.quantity, neighbours)
        assert item.covered is not None
        return self._of_all(item, item.covered)

    def _of_quantity(self, item: _Item, quantity: Quantity, neighbours: Neighbours) -> Proposal:
        kind, rule = kind_of_quantity(
            self.layout, self.moods, item.sentence, item.paragraph, quantity, item.rhythm is not None
        )
        near = self.deadlines.within(item.sentence.start, item.end)
        left, right = quote_span(self.layout, item.start, item.end, neighbours, near)
        if (
            kind is Kind.DUTY
            and item.rhythm is not None
            and left > item.rhythm.start >= item.sentence.start
            and item.start - item.rhythm.start < 40
        ):
            left = item.rhythm.start
        due = self.deadlines.due(item.paragraph, item.sentence, item.start, item.end, kind)
        comparison = Comparison.ALL if item.every and kind is not Kind.STANDARD else quantity.comparison
        alternatives: tuple[Reading, ...] = (
            (Reading(ALL, PERCENT, Comparison.ALL),)
            if comparison is Comparison.ALL and quantity.plain_unit != PERCENT
            else ()
        )
        cadence = self._cadence(quantity, item.rhythm) if kind is Kind.DUTY and item.rhythm else None
        return self._made(
            item,
            left,
            right,
            kind,
            due,
            subject=subject_of_quantity(self.plain, quantity, left, right),
            number=quantity.number,
            unit=quantity.unit,
            comparison=comparison,
            alternatives=alternatives,
            cadence=cadence,
            pattern=f"{quantity.by}:{rule}",
        )

    @staticmethod
    def _cadence(quantity: Quantity, one: Rhythm) -> Cadence:
        counted = quantity.plain_unit in grammar().units.occurrences
        return Cadence(quantity.number if counted else ONE, one.period)

    def _of_all(self, item: _Item, one: coverage.Covered) -> Proposal:
        fact = is_fact(self.layout, self.moods, item.sentence, one.start, one.end)
        kind = Kind.FACT if fact else Kind.DUTY if item.rhythm is not None else Kind.TARGET
        rule = {Kind.FACT: "told-as-fact", Kind.DUTY: "rhythm", Kind.TARGET: "to-be-reached"}[kind]
        due = self.deadlines.due(item.paragraph, item.sentence, one.start, one.end, kind)
        near = self.deadlines.within(item.sentence.start, one.end)
        left, right = quote_span(self.layout, one.start, one.end, Neighbours(one.left, one.right), near)
        left = item.rhythm.start if item.rhythm is not None else max(left, one.left) if one.left <= one.start else left
        right = max(right, one.end)
        return self._made(
            item,
            min(left, one.start),
            right,
            kind,
            due,
            subject=subject_of_all(self.plain, one.start, one.end, left, right),
            number=NONE if one.zero else ALL,
            unit=one.unit,
            comparison=Comparison.EQUAL if one.zero else Comparison.ALL,
            alternatives=(Reading(ALL, PERCENT, Comparison.ALL),) if one.by == "none-left" else (),
            cadence=Cadence(ONE, item.rhythm.period) if kind is Kind.DUTY and item.rhythm is not None else None,
            pattern=f"{one.by}:{rule}",
        )

    def _made(
        self,
        item: _Item,
        left: int,
        right: int,
        kind: Kind,
        due: Due,
        *,
        subject: str,
        number: Number,
        unit: str,
        comparison: Comparison,
        alternatives: tuple[Reading, ...],
        cadence: Cadence | None,
        pattern: str,
    ) -> Proposal:
        blank: tuple[Doubt, ...] = ()
        if due.blank and due.at is not None:
            date = next(d for d in self.dates if d.start == due.at[0])
            blank = (self._doubt(DoubtKind.MASKED if date.blank else DoubtKind.YEAR_UNKNOWN, *due.at),)
        return Proposal(
            start=left,
            end=right,
            quote=self.text[left:right],
            kind=kind,
            subject=self._original(subject, left, right),
            number=number,
            unit=unit,
            comparison=comparison,
            deadline=due.deadline,
            cadence=cadence,
            owner=self.people.owner(item.sentence, item.start),
            area=area_of(self.plain, left, right),
            alternatives=alternatives,
            heading=paragraph_headings(item.paragraph),
            document=item.paragraph.document,
            pattern=pattern + (f":{due.by}" if due.by else ""),
            doubts=blank,
            at=(item.start, item.end),
        )

    def _original(self, noun: str, left: int, right: int) -> str:
        """The noun phrase as the text writes it."""
        at = self.plain.find(noun, left) if noun else -1
        return self.text[at : at + len(noun)] if at != -1 and at < right + 40 else noun

    # what concerns several of them ----------------------------------------------------------------------------------

    def _with_beneficiaries(self, proposals: list[Proposal]) -> list[Proposal]:
        """People whom a measure reaches are told with it too: 修路50公里,惠及3万人."""
        found = list(proposals)
        people = set(grammar().units.people) | {"户"}
        main: int | None = None
        sentence_of = None
        for position, proposal in enumerate(found):
            sentence = self.layout.sentence_at(proposal.at[0])
            if sentence != sentence_of:
                main, sentence_of = None, sentence
            left, _ = self.layout.clause(proposal.at[0], proposal.at[1])
            if (
                proposal.unit in people
                and main is not None
                and proposal.comparison is not Comparison.ALL
                and reaches(self.plain, left, proposal.at[0])
            ):
                reached = Beneficiary(proposal.number, proposal.unit, proposal.subject)
                found[main] = replace(found[main], beneficiaries=(*found[main].beneficiaries, reached))
            elif main is None or proposal.unit not in people:
                main = position if not found[position].unit.startswith(("%", "元")) or main is None else main
        return found

    def _subjects_carried(self, proposals: list[Proposal]) -> list[Proposal]:
        """8月底不低于70%、10月底不低于90%: an amount without a noun of its own is of what the one before it is of."""
        found: list[Proposal] = []
        for position, proposal in enumerate(proposals):
            before = found[-1] if found else None
            behind = proposals[position + 1] if position + 1 < len(proposals) else None
            if _no_noun(proposal):
                if behind and 0 <= behind.at[0] - proposal.at[1] <= 1 and not _no_noun(behind):
                    proposal = replace(proposal, subject=behind.subject)  # 20户65人未脱贫人口
                elif before and self._goes_with(before, proposal):
                    proposal = replace(proposal, subject=before.subject)
            found.append(proposal)
        return found

    def _goes_with(self, before: Proposal, proposal: Proposal) -> bool:
        """Whether an amount without a noun is of what the one before it is of: right behind it, or in the same unit."""
        apart = proposal.at[0] - before.at[1]
        same = proposal.unit == before.unit and "。" not in self.plain[before.at[1] : proposal.at[0]]
        return 0 <= apart <= 1 or (same and apart <= 16)

    def _restated(self, proposals: list[Proposal]) -> list[Proposal]:
        """A commitment that stands again later, without a date of its own, keeps the date it was first given."""
        first: dict[tuple[int, str, str, str], str] = {}
        found = []
        for proposal in proposals:
            key = self._commitment(proposal)
            own = ":sentence" in proposal.pattern
            if key and own and proposal.deadline:
                first.setdefault(key, proposal.deadline)
            elif key and key in first and not own and proposal.kind is Kind.TARGET:
                proposal = replace(proposal, deadline=first[key], pattern=proposal.pattern + ":restated")
            found.append(proposal)
        return found

    def _commitment(self, proposal: Proposal) -> tuple[int, str, str, str] | None:
        """What makes two statements about all the same one: the year it names, what is done, and to what."""
        if proposal.comparison is not Comparison.ALL:
            return None
        told = self.plain[proposal.start : proposal.end]
        left, _ = self.layout.clause(proposal.at[0], proposal.at[1], ",;:。!?\n")
        label = re.search(r"((?:19|20)[0-9]{2})年度", self.plain[left : proposal.end])
        deed = re.search(r"(?:全部|全面)([一-龥]{2})", told)
        what = re.search(r"([一-龥]{2})(?=(?:全部|全面))", told)
        if not (label and deed and what):
            return None
        return proposal.document, label[1], deed[1], what[1]

    def _from_tables(self, found: list[tables.Table], amounts: list[Quantity]) -> list[Proposal]:
        return [
            proposal
            for table in found
            if not self.layout.paragraphs[table.paragraph].noise
            for proposal in tables.proposals(table, self.layout, self.text, amounts, self.deadlines)
        ]


def _no_noun(proposal: Proposal) -> bool:
    """Whether nothing is left of the subject but words that compare."""
    compares = "不低于|不少于|不超过|不高于|达到?|至少|以上|以下|降到|降至|增加到"
    return not re.sub(rf"[^一-龥]|{compares}|[一二两三四五六七八九十百千万]+[户人个名]", "", proposal.subject)
