"""A finding as one row of a list."""

from dataclasses import dataclass, field
from datetime import date

from bangfu.findings.models import Finding
from bangfu.findings.wording import sentence_of, subject_of, title_of
from bangfu.rulebook.book import RuleBook

# A word's colour says how much attention it wants; the word alone says the same.
SEVERITY_COLOURS = {Finding.Severity.ERROR: "red", Finding.Severity.WARNING: "orange"}
STATE_COLOURS = {"open": "orange", "mended": "blue", "resolved": "green"}


@dataclass(frozen=True)
class Row:
    finding: Finding
    title: str
    subject: str
    where: str
    days: int
    late: bool
    book: RuleBook = field(repr=False)

    @property
    def sentence(self) -> str:
        return sentence_of(self.finding, self.book, self.finding.last_run.as_of)

    @property
    def severity_colour(self) -> str:
        return SEVERITY_COLOURS.get(Finding.Severity(self.finding.severity), "")

    @property
    def state_colour(self) -> str:
        return STATE_COLOURS.get(self.finding.state, "")


def row_of(finding: Finding, book: RuleBook, today: date) -> Row:
    village = finding.village
    return Row(
        finding=finding,
        title=title_of(book, finding.rule_id),
        subject=subject_of(finding),
        where=" ".join(name for name in (village.parent.name if village.parent else "", village.name) if name),
        days=(today - finding.found_on).days,
        late=finding.live and finding.due_on < today,
        book=book,
    )
