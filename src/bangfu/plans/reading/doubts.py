"""What a person should look at before trusting the text. Nothing here corrects anything."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache

from bangfu.plans.reading import quantities, tables
from bangfu.plans.reading.dates import DateFound
from bangfu.plans.reading.found import Comparison, Doubt, DoubtKind, Kind, Proposal, Reading
from bangfu.plans.reading.layout import Layout
from bangfu.plans.reading.plain import scraps
from bangfu.plans.reading.quantities import Quantity
from bangfu.plans.reading.words import any_of, grammar


def doubts(
    text: str,
    plain: str,
    layout: Layout,
    dates: list[DateFound],
    named: bytearray,
    amounts: list[Quantity],
    proposals: list[Proposal],
) -> Iterator[Doubt]:
    """Every doubt about a text, in no order."""
    for date in dates:
        if date.blank:
            yield Doubt(DoubtKind.MASKED, date.start, date.end, text[date.start : date.end])
        if date.lost:
            meant = f"{date.year:04d}-{date.month:02d}-{date.day:02d}"
            yield Doubt(DoubtKind.SEPARATOR_LOST, date.start, date.end, text[date.start : date.end], meant)
    for start, end in quantities.blanks(plain, named):
        yield Doubt(DoubtKind.MASKED, start, end, text[start:end])
    for kind, pattern in _noise():
        for match in pattern.finditer(plain):
            yield Doubt(kind, match.start(), match.end(), text[match.start() : match.end()], _spun().get(match[0], ""))
    for match in scraps().finditer(text):
        yield Doubt(DoubtKind.SCRAP, match.start(), match.end(), match[0])
    for paragraph in layout.paragraphs:
        if paragraph.noise:
            yield Doubt(DoubtKind.PAGE, paragraph.start, paragraph.end, text[paragraph.start : paragraph.end])
        elif paragraph.unsure:
            yield Doubt(DoubtKind.BOUNDARY, paragraph.start, paragraph.end, text[paragraph.start : paragraph.end][:40])
    for table in tables.tables(layout):
        for start, end in table.broken:
            yield Doubt(DoubtKind.TABLE, start, end, text[start:end])
    yield from _conflicting_years(text, plain, dates)
    for proposal in proposals:
        if (both := lost_dash(proposal, proposals)) is not None:
            yield Doubt(DoubtKind.SEPARATOR_LOST, *proposal.at, text[slice(*proposal.at)], f"{both[0]}-{both[1]}")


@cache
def _noise() -> tuple[tuple[DoubtKind, re.Pattern[str]], ...]:
    noise = grammar().words.noise
    return (
        (DoubtKind.SPUN, re.compile(any_of(noise.spun))),
        (DoubtKind.MOJIBAKE, re.compile("|".join(noise.mojibake_patterns))),
    )


def _spun() -> dict[str, str]:
    return dict(grammar().words.noise.spun)


def _conflicting_years(text: str, plain: str, dates: list[DateFound]) -> Iterator[Doubt]:
    """One year with the same words and another amount cannot be right. Told at the second and later ones."""
    last: tuple[DateFound, str] | None = None
    for date in dates:
        if date.year is None or date.month:
            continue
        behind = re.match(r"[一-龥]{1,4}(?=[0-9])", plain[date.end : date.end + 8])
        deed = behind[0] if behind else ""
        if (
            last is not None
            and deed
            and last[1] == deed
            and last[0].year == date.year
            and date.start - last[0].end <= 24
            and "。" not in plain[last[0].end : date.start]
        ):
            yield Doubt(DoubtKind.YEARS_CONFLICT, date.start, date.end, text[date.start : date.end])
        last = (date, deed) if deed else None


def lost_dash(proposal: Proposal, others: list[Proposal]) -> tuple[Decimal, Decimal] | None:
    """24 where its neighbours of the same sentence are single figures may have been 2-4."""
    number = proposal.number
    if (
        proposal.kind is not Kind.STANDARD
        or isinstance(number, tuple)
        or number != number.to_integral_value()
        or not 12 <= number <= 98
    ):
        return None
    low, high = divmod(int(number), 10)
    near = [
        p
        for p in others
        if p is not proposal
        and p.kind is Kind.STANDARD
        and abs(p.start - proposal.start) <= 60
        and p.unit == proposal.unit
    ]
    single = [p for p in near if not isinstance(p.number, tuple) and p.number < 10]
    return (Decimal(low), Decimal(high)) if low < high and len(single) >= 2 else None


def attached(proposals: list[Proposal], found: list[Doubt]) -> list[Proposal]:
    """Proposals with the doubts that lie in their quote or touch it; an amount that may have lost its dash has the
    other reading."""
    kinds_of_text = {DoubtKind.PAGE, DoubtKind.PICTURE, DoubtKind.BOUNDARY, DoubtKind.ENCODING}
    near = [doubt for doubt in found if doubt.kind not in kinds_of_text]
    position = 0
    ordered = sorted(range(len(proposals)), key=lambda n: proposals[n].start)
    by_number: dict[int, Proposal] = {}
    for n in ordered:
        proposal = proposals[n]
        while position < len(near) and near[position].end < proposal.start - 200:
            position += 1
        own = []
        for doubt in near[position:]:
            if doubt.start > proposal.end:
                break
            if doubt.end > proposal.start - 1 and doubt.start <= proposal.end:
                own.append(doubt)
        alternatives = proposal.alternatives
        if any(doubt.kind is DoubtKind.SEPARATOR_LOST and (doubt.start, doubt.end) == proposal.at for doubt in own):
            meant = lost_dash(proposal, proposals)
            alternatives = (*alternatives, Reading(meant, proposal.unit, Comparison.RANGE)) if meant else alternatives
        by_number[n] = replace(
            proposal, doubts=tuple(dict.fromkeys((*proposal.doubts, *own))), alternatives=alternatives
        )
    return [by_number[n] for n in range(len(proposals))]
