"""What a reading finds: proposals, doubts, differences, and where in the text each stands, as `str` indices."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

Number = Decimal | tuple[Decimal, Decimal]  # exactly as written, up to six decimals


class Kind(StrEnum):
    TARGET = "target"  # to be reached
    DUTY = "duty"  # recurs with a rhythm
    STANDARD = "standard"  # an amount or norm per unit that applies to cases
    FACT = "fact"  # what already is


class Comparison(StrEnum):
    EQUAL = "eq"
    AT_LEAST = "ge"
    AT_MOST = "le"
    RANGE = "range"
    ALL = "all"


class DoubtKind(StrEnum):
    """Why a person should look before trusting the text."""

    MASKED = "masked"  # a number, month or year is blanked out: 20xx, x月, __
    YEAR_UNKNOWN = "year_unknown"  # a day without a year, and the document names none
    YEARS_CONFLICT = "years_conflict"  # one year stands for what must be several
    SEPARATOR_LOST = "separator_lost"  # a date or a range has lost its dots or dash
    SPUN = "spun"  # a word that text spinners put in place of another
    MOJIBAKE = "mojibake"  # characters decoded wrongly
    SCRAP = "scrap"  # a piece of HTML
    PICTURE = "picture"  # a page beside these words is a picture: what stands on it was not read
    ENCODING = "encoding"  # parts of the file are in different encodings
    BOUNDARY = "boundary"  # one document seems to end and another to begin
    TABLE = "table"  # rows of a table differ in the number of their cells
    UNIT_UNKNOWN = "unit_unknown"  # a number without a measure word
    PAGE = "page"  # text of the web page or of the print around the document
    ORDER = "order"  # a number larger than what it is part of


@dataclass(frozen=True, slots=True)
class Doubt:
    """`end` > `start`; `suggestion` is what might be meant ("" when nobody can say); of a page the number of the
    page."""

    kind: DoubtKind
    start: int
    end: int
    quote: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often: `times` a `period` (day, week, half-month, month, 2-month, quarter, half-year, year)."""

    times: Number
    period: str


@dataclass(frozen=True, slots=True)
class Beneficiary:
    number: Number
    unit: str
    who: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Another reading of an amount that is as likely."""

    number: Number
    unit: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing that may be tracked. `number` is in the base unit (万亩 counts 10,000), 100 and % for "all".

    `deadline` is a day, month or year as ISO text, "" when there is none; `pattern` names what found it; `document` is
    the place of its document in the file, from 1."""

    start: int
    end: int
    quote: str
    kind: Kind
    subject: str
    number: Number
    unit: str
    comparison: Comparison
    deadline: str = ""
    cadence: Cadence | None = None
    owner: str = ""
    area: str = ""
    beneficiaries: tuple[Beneficiary, ...] = ()
    alternatives: tuple[Reading, ...] = ()
    heading: tuple[str, ...] = ()
    document: int = 1
    pattern: str = ""
    doubts: tuple[Doubt, ...] = ()
    at: tuple[int, int] = (0, 0)  # the number itself, or the word for "all"


@dataclass(frozen=True, slots=True)
class Place:
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Two statements of the text that do not add up. `kind`: parts (parts against whole), repeated (one measure told
    twice), share (share against count), table (rows against the total), people (persons against households), roads
    (the ways out of poverty against the people to be lifted out). `expected` is what `first` says, `found` what the
    places in `others` come to."""

    kind: str
    unit: str
    expected: Decimal
    found: Decimal
    first: Place
    others: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One of the documents in a file: its title as far as there is one, and where it stands."""

    number: int
    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """All that a reading of one text gives."""

    text: str
    pieces: tuple[Piece, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    differences: tuple[Difference, ...] = ()
    headings: tuple[tuple[int, int, int, str], ...] = field(default=())  # level, start, end, title
