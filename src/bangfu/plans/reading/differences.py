"""What does not add up: parts against wholes, one measure told twice, shares against counts, tables against totals."""

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from bangfu.plans.reading import tables
from bangfu.plans.reading.found import Comparison, Difference, Kind, Place, Proposal
from bangfu.plans.reading.layout import Layout
from bangfu.plans.reading.words import any_of, grammar

_CLOSE = Decimal("0.000001")
_ROUNDED = Decimal("0.5")  # a share told in whole per cent may be off by half a per cent
_CLEAR = 5  # a shorter noun phrase says too little for two amounts to be of the same
_PER_HOUSEHOLD = 12  # more people than this in one household are looked at


def differences(
    text: str, plain: str, layout: Layout, proposals: list[Proposal], found_tables: list[tables.Table]
) -> Iterator[Difference]:
    """Everything that does not add up, with both places."""
    amounts = [p for p in proposals if not isinstance(p.number, tuple) and p.pattern != "table-cell"]
    yield from _parts(text, plain, layout, amounts)
    yield from _series(text, plain, layout, amounts)
    yield from _repeated(plain, amounts)
    yield from _shares(plain, layout, amounts)
    yield from _people(plain, amounts)
    yield from _table_totals(text, found_tables)
    yield from _text_and_table(text, layout, amounts, found_tables)


def _place(proposal: Proposal) -> Place:
    return Place(proposal.start, proposal.end, proposal.quote)


def _number(proposal: Proposal) -> Decimal:
    return proposal.number if not isinstance(proposal.number, tuple) else proposal.number[0]


def _unit(unit: str) -> str:
    return grammar().units.same.get(unit, unit)


def _differ(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) > _CLOSE * max(abs(one), abs(other), Decimal(1))


def _told(found: Decimal, places: int) -> Decimal:
    """With so many decimals at most; a number too large for that as it is."""
    try:
        return round(found, places)
    except InvalidOperation:
        return found


def _difference(kind: str, whole: Proposal, others: list[Proposal], found: Decimal) -> Difference:
    return Difference(
        kind, _unit(whole.unit), _number(whole), _told(found, 6), _place(whole), tuple(map(_place, others))
    )


def _parts(text: str, plain: str, layout: Layout, amounts: list[Proposal]) -> Iterator[Difference]:
    """T,其中 a, b, c: two parts or more come to the whole, one part is no more than it."""
    part_word = re.compile(rf"(?:{any_of(grammar().words.sums.part_words)}|[(])")
    for position, whole in enumerate(amounts):
        sentence = layout.sentence_at(whole.at[0])
        if sentence is None or whole.unit in ("%", "‰"):
            continue
        parts: list[Proposal] = []
        for other in amounts[position + 1 :]:
            if other.at[0] >= sentence.end or ";" in plain[whole.at[1] : other.at[0]]:
                break
            between = plain[(parts[-1] if parts else whole).at[1] : other.at[0]]
            if not parts and not part_word.search(between):
                break
            if parts and (
                re.search(any_of(grammar().words.sums.part_words), between) or _closed(plain, whole, parts[0], other)
            ):
                break
            if _unit(other.unit) != _unit(whole.unit):
                if not parts:
                    break
                continue
            if _number(other) > _number(whole) and parts:
                break
            parts.append(other)
        if parts and all(re.search(r"[0-9]{4}年", _lead(plain, part)) for part in parts):
            continue  # one measure year by year, not parts of it
        total = sum(map(_number, parts), Decimal(0))
        bracket = bool(parts) and "(" in plain[whole.at[1] : parts[0].at[0]]
        only = len(parts) == 1 and (bracket or "其中" in plain[whole.at[1] : parts[0].at[0]])
        if (len(parts) >= 2 and _differ(total, _number(whole))) or (only and total > _number(whole)):
            yield _difference("parts", whole, parts, total)


def _lead(plain: str, part: Proposal) -> str:
    """The few characters in front of an amount."""
    return plain[max(0, part.at[0] - 9) : part.at[0]]


def _closed(plain: str, whole: Proposal, first: Proposal, other: Proposal) -> bool:
    """Whether a bracket that opened before the first part has closed before this one."""
    opened = "(" in plain[whole.at[1] : first.at[0]]
    return opened and ")" in plain[first.at[1] : other.at[0]]


def _series(text: str, plain: str, layout: Layout, amounts: list[Proposal]) -> Iterator[Difference]:
    """What yearly steps, or the ways out of poverty, come to, against the number of people that the document names."""
    people = set(grammar().units.people)
    by_document: dict[int, list[Proposal]] = defaultdict(list)
    for proposal in amounts:
        if proposal.unit in people:
            by_document[proposal.document].append(proposal)
    for group in by_document.values():
        totals = [
            p
            for p in group
            if p.kind is Kind.FACT and re.search(r"贫困人口|搬迁人口|脱贫人口|监测对象", plain[p.start : p.end + 8])
        ]
        totals = [p for p in totals if not re.search(r"实现脱贫|已脱贫|脱贫了|其中", plain[p.start - 4 : p.end + 6])]
        if not totals:
            continue
        for steps, kind in ((_steps(plain, layout, group), "parts"), (_roads(plain, layout, group), "roads")):
            if len(steps) >= 2:
                total = sum(map(_number, steps), Decimal(0))
                nearest = min(totals, key=lambda p: abs(_number(p) - total))
                if _differ(total, _number(nearest)):
                    yield _difference(kind, nearest, steps, total)


def _steps(plain: str, layout: Layout, group: list[Proposal]) -> list[Proposal]:
    """Amounts of one sentence that follow the same verb, each with a year of its own."""
    found: dict[tuple[int, str], list[Proposal]] = defaultdict(list)
    for proposal in group:
        sentence = layout.sentence_at(proposal.at[0])
        verb = re.search(r"年(?:度)?([一-龥]{2,4})$", plain[max(0, proposal.at[0] - 8) : proposal.at[0]])
        if sentence is not None and verb:
            found[(sentence.start, verb[1])].append(proposal)
    return max(found.values(), key=len, default=[])


def _roads(plain: str, layout: Layout, group: list[Proposal]) -> list[Proposal]:
    """The people of neighbouring points of one section, each point with a way out of poverty (…脱贫一批)."""
    found: dict[str, list[Proposal]] = defaultdict(list)
    for proposal in group:
        if proposal.heading and re.search(r"一批", proposal.heading[-1]) and proposal.kind is Kind.TARGET:
            found["/".join(proposal.heading[:-1])].append(proposal)
    return max(found.values(), key=len, default=[])


def _repeated(plain: str, amounts: list[Proposal]) -> Iterator[Difference]:
    """One measure, one deadline, one area, two values."""
    part = any_of((*grammar().words.sums.part_words, *grammar().words.subjects.beneficiary_words))
    first: dict[tuple[object, ...], Proposal] = {}
    for proposal in amounts:
        told = plain[max(0, proposal.start - 4) : proposal.end]
        everyone = proposal.comparison is Comparison.ALL and proposal.unit == "%"
        if (
            proposal.kind not in (Kind.TARGET, Kind.FACT)
            or len(proposal.subject) < _CLEAR
            or everyone
            or re.search(part, told)
        ):
            continue
        years = tuple(re.findall(r"(?:19|20)[0-9]{2}年", told))
        key = (proposal.document, proposal.kind, proposal.subject, _unit(proposal.unit), proposal.deadline, years)
        before = first.setdefault(key, proposal)
        if before is proposal or not _differ(_number(before), _number(proposal)):
            continue
        between = plain[before.at[1] : proposal.at[0]]
        if not re.match(r"[、(]|其中", between) and not re.search(
            r"(?:增加|提高|下降|减少|降|升|增长|增)[到至]", between[-16:]
        ):
            yield _difference("repeated", before, [proposal], _number(proposal))


def _shares(plain: str, layout: Layout, amounts: list[Proposal]) -> Iterator[Difference]:
    """120户,占总户数200户的60%: the count against its whole and its share. The whole stands in the same clause, or the
    share names it (占总投资的40%) and it stood before."""
    share_word = re.compile(any_of(grammar().words.sums.share_words))
    for position, share in enumerate(amounts):
        if share.unit != "%" or position < 2:
            continue
        last = amounts[position - 1]
        said = share_word.search(plain[last.at[1] : share.at[0]])
        if said is not None and share.at[0] - last.at[1] <= 20:
            noun = plain[last.at[1] + said.end() : share.at[0]].strip("的,约达到为 ")
            before = [
                a for a in amounts[: position - 1] if a.document == share.document and last.at[0] - a.at[1] <= 120
            ]
            named = [
                a for a in before if len(noun) >= 2 and noun[-2:] in plain[a.start : a.at[0]] and a.unit == last.unit
            ]
            count, whole = last, named[-1] if named else None
        else:
            count, whole = amounts[position - 2], last
            if not share_word.search(plain[count.at[1] : whole.at[0]]) or share.at[0] - count.at[0] > 40:
                continue
        if whole is None or _unit(whole.unit) != _unit(count.unit) or whole.unit == "%" or _number(whole) <= 0:
            continue
        found = 100 * _number(count) / _number(whole)
        if "。" not in plain[count.at[0] : share.at[0]] and abs(found - _number(share)) > _ROUNDED:
            yield _difference("share", share, [count, whole], _told(found, 2))


def _people(plain: str, amounts: list[Proposal]) -> Iterator[Difference]:
    """143户482人: there are not fewer people than households, nor very many more."""
    people = set(grammar().units.people)
    for households, persons in pairwise(amounts):
        if households.unit != "户" or persons.unit not in people:
            continue
        between = plain[households.at[1] : persons.at[0]]
        if len(between) <= 8 and not re.search(r"[,;。其中(]", between):
            few, many = _number(persons) < _number(households), _number(persons) > _PER_HOUSEHOLD * _number(households)
            if few or many:
                yield _difference("people", households, [persons], _number(persons))


def _table_totals(text: str, found_tables: list[tables.Table]) -> Iterator[Difference]:
    """The rows of a table against its total."""
    for table in found_tables:
        columns: dict[int, list[tables.Amount]] = defaultdict(list)
        for amount in tables.amounts(table):
            columns[amount.column].append(amount)
        for column in columns.values():
            totals = [amount for amount in column if tables.is_total(table, amount.row)]
            rows = [amount for amount in column if not tables.is_total(table, amount.row)]
            if len(totals) == 1 and len(rows) >= 2 and totals[0].unit != "%":
                total = sum((amount.number for amount in rows), Decimal(0))
                if _differ(total, totals[0].number):
                    yield Difference(
                        "table",
                        _unit(totals[0].unit),
                        totals[0].number,
                        total,
                        _cell(text, totals[0]),
                        tuple(_cell(text, row) for row in rows),
                    )


def _text_and_table(
    text: str, layout: Layout, amounts: list[Proposal], found_tables: list[tables.Table]
) -> Iterator[Difference]:
    """The total of a table against what the text says of the same measure."""
    for table in found_tables:
        document = layout.paragraphs[table.paragraph].document
        beside = [proposal for proposal in amounts if proposal.document == document]
        for amount in tables.amounts(table):
            if not tables.is_total(table, amount.row):
                continue
            measure = re.sub(r"\([^)]*\)", "", table.header[amount.column].text).strip()
            for proposal in beside:
                same = len(proposal.subject) >= 2 and (measure in proposal.subject or proposal.subject in measure)
                told = len(measure) >= 2 and same and _unit(proposal.unit) == _unit(amount.unit)
                if told and _differ(_number(proposal), amount.number):
                    yield Difference(
                        "table",
                        _unit(amount.unit),
                        _number(proposal),
                        amount.number,
                        _place(proposal),
                        (_cell(text, amount),),
                    )


def _cell(text: str, amount: tables.Amount) -> Place:
    return Place(amount.cell.start, amount.cell.end, text[amount.cell.start : amount.cell.end])
